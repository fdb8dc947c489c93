/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The same call, reached in every way that there is: from where it stands, and
 * through whatever runs it. scx_bpf_dispatch_nr_slots() is for ops.dispatch only.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

u32 scx_bpf_dispatch_nr_slots(void) __ksym;
struct cgroup *scx_bpf_task_cgroup(struct task_struct *p) __ksym;
void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;
void bpf_throw(u64 cookie) __ksym;
int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*cb)(void *map, int *key, void *value),
			     unsigned int flags, void *aux__ign) __ksym;

#define EXCEPTION_CB(name) __attribute__((btf_decl_tag("exception_callback:" #name)))

const volatile bool never = false;

struct box {
	struct bpf_timer timer;
	struct bpf_wq wq;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct box);
} boxes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

static __noinline int slots(void)
{
	return scx_bpf_dispatch_nr_slots();
}

static struct box *box(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&boxes, &key);
}

/* ---- callbacks that run in their caller ---- */

static long count(struct bpf_map *map, u32 *key, u64 *val, void *ctx)
{
	*val = slots();
	return 0;
}

/* EXPECT each_dispatch: accept */
void OPS(each_dispatch, s32 cpu, struct task_struct *prev)
{
	bpf_for_each_map_elem(&counts, count, NULL, 0);
}

/*
 * EXPECT each_enqueue: reject EACCES
 * LOG scx_bpf_dispatch_nr_slots() may not be called from ops.enqueue, only from: ops.dispatch
 */
void OPS(each_enqueue, struct task_struct *p, u64 enq_flags)
{
	bpf_for_each_map_elem(&counts, count, NULL, 0);
}

static int counts_too(u32 i, void *ctx)
{
	return !slots();
}

static int does_nothing(u32 i, void *ctx)
{
	return 0;
}

/* EXPECT either_dispatch: accept */
void OPS(either_dispatch, s32 cpu, struct task_struct *prev)
{
	bpf_loop(3, cpu > 2 ? counts_too : does_nothing, NULL, 0);
}

/*
 * EXPECT either_enqueue: reject EACCES
 * LOG scx_bpf_dispatch_nr_slots() may not be called from ops.enqueue, only from: ops.dispatch
 */
void OPS(either_enqueue, struct task_struct *p, u64 enq_flags)
{
	bpf_loop(3, enq_flags > 2 ? counts_too : does_nothing, NULL, 0);
}

/* ---- callbacks that run later ---- */

static int on_timer(void *map, u32 *key, struct box *b)
{
	bpf_for_each_map_elem(&counts, count, NULL, 0);
	return 0;
}

/*
 * EXPECT timer_dispatch: reject EACCES
 * LOG scx_bpf_dispatch_nr_slots() may not be called from timer callback, only from: ops.dispatch
 */
void OPS(timer_dispatch, s32 cpu, struct task_struct *prev)
{
	struct box *b = box();

	if (b)
		bpf_timer_set_callback(&b->timer, on_timer);
}

static int on_work(void *map, int *key, void *value)
{
	slots();
	return 0;
}

/*
 * EXPECT work_dispatch: reject EACCES
 * LOG scx_bpf_dispatch_nr_slots() may not be called from workqueue callback, only from:
 */
void OPS(work_dispatch, s32 cpu, struct task_struct *prev)
{
	struct box *b = box();

	if (b)
		bpf_wq_set_callback_impl(&b->wq, on_work, 0, NULL);
}

static int creates(void *map, int *key, void *value)
{
	scx_bpf_create_dsq(9, -1);
	return 0;
}

/* A workqueue may sleep, whoever gave it the work. */
/* EXPECT work_sleeps: accept */
void OPS(work_sleeps, s32 cpu, struct task_struct *prev)
{
	struct box *b = box();

	if (b)
		bpf_wq_set_callback_impl(&b->wq, creates, 0, NULL);
}

/*
 * A timer may not, whoever armed it.
 *
 * EXPECT timer_sleeps: reject EACCES
 * LOG scx_bpf_create_dsq() may not be called from timer callback, only from:
 */
s32 OPS_SLEEPABLE(timer_sleeps)
{
	struct box *b = box();

	if (b)
		bpf_timer_set_callback(&b->timer, creates);
	return 0;
}

/* ---- exception callbacks: in place of the rest of the program ---- */

__noinline int caught(u64 cookie)
{
	return slots();
}

/* EXPECT throws_dispatch: accept */
SEC("struct_ops/throws_dispatch") EXCEPTION_CB(caught)
void BPF_PROG(throws_dispatch, s32 cpu, struct task_struct *prev)
{
	if (cpu == 99)
		bpf_throw(0);
}

/*
 * EXPECT throws_enqueue: reject EACCES
 * LOG scx_bpf_dispatch_nr_slots() may not be called from ops.enqueue, only from: ops.dispatch
 */
SEC("struct_ops/throws_enqueue") EXCEPTION_CB(caught)
void BPF_PROG(throws_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (enq_flags == 99)
		bpf_throw(0);
}

/* ---- global functions, and code that is dead ---- */

__noinline int global_slots(int n)
{
	return n ? scx_bpf_dispatch_nr_slots() : 0;
}

/* EXPECT global_dispatch: accept */
void OPS(global_dispatch, s32 cpu, struct task_struct *prev)
{
	global_slots(cpu);
}

/*
 * Verified by itself, for any argument.
 *
 * EXPECT global_enqueue: reject EACCES
 * LOG scx_bpf_dispatch_nr_slots() may not be called from ops.enqueue, only from: ops.dispatch
 */
void OPS(global_enqueue, struct task_struct *p, u64 enq_flags)
{
	global_slots(0);
}

/* EXPECT dead_enqueue: accept */
void OPS(dead_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (never)
		slots();
	if (never)
		global_slots(1);
}

/* ---- a task that hangs on the callback's own is another one ---- */

/* EXPECT parent_running: accept */
void OPS(parent_running, struct task_struct *p)
{
	bpf_rcu_read_lock();
	bpf_cgroup_release(scx_bpf_task_cgroup(p->real_parent));
	bpf_rcu_read_unlock();
}

#define VALUE(name_, ...)                                                                          \
	SEC(".struct_ops") struct sched_ext_ops name_ = { .name = #name_, __VA_ARGS__ }

VALUE(each, .dispatch = (void *)each_dispatch, .enqueue = (void *)each_enqueue);
VALUE(either, .dispatch = (void *)either_dispatch, .enqueue = (void *)either_enqueue);
VALUE(timers, .dispatch = (void *)timer_dispatch, .init = (void *)timer_sleeps);
VALUE(work, .dispatch = (void *)work_dispatch, .running = (void *)parent_running);
VALUE(sleeps, .dispatch = (void *)work_sleeps, .enqueue = (void *)dead_enqueue);
VALUE(throws, .dispatch = (void *)throws_dispatch, .enqueue = (void *)throws_enqueue);
VALUE(global, .dispatch = (void *)global_dispatch, .enqueue = (void *)global_enqueue);
