/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What `scxlab verify --explain` and `--dump xlated` have to talk about: names
 * with two meanings, in programs that share functions, and in one program whose
 * function runs both in the callback and in its timer.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

#define QUEUE 7

int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags) __ksym;
struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) __ksym;
void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) __ksym;
bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			       u64 enq_flags) __ksym;

struct task_struct *bpf_task_from_pid(s32 pid) __ksym;

struct timer_box {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct timer_box);
} timers SEC(".maps");

/* Direct in ops.enqueue, buffered in ops.dispatch. */
static __noinline void place(struct task_struct *p)
{
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, 1000000, 0);
}

/* EXPECT shared_enqueue: accept */
void OPS(shared_enqueue, struct task_struct *p, u64 enq_flags)
{
	place(p);
}

/*
 * Two meanings in one program: on the task that is being woken nothing is left to
 * check; whether the other one is that task shows when the call is made.
 *
 * EXPECT shared_select_cpu: accept
 */
s32 OPS(shared_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	struct task_struct *other = bpf_task_from_pid(1);

	if (other) {
		place(other);
		bpf_task_release(other);
	} else {
		place(p);
	}
	return prev_cpu;
}

/* With the runqueue locked in the callback, and without in its timer. */
static __noinline bool drain(u64 dsq)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	bool moved = false;

	if (!bpf_iter_scx_dsq_new(&it, dsq, 0)) {
		p = bpf_iter_scx_dsq_next(&it);
		if (p)
			moved = scx_bpf_dispatch_from_dsq(&it, p, SCX_DSQ_GLOBAL, 0);
	}
	bpf_iter_scx_dsq_destroy(&it);
	return moved;
}

static int on_timer(void *map, u32 *key, struct timer_box *box)
{
	drain(QUEUE);
	return 0;
}

/* EXPECT shared_dispatch: accept */
void OPS(shared_dispatch, s32 cpu, struct task_struct *prev)
{
	struct timer_box *box;
	u32 key = 0;

	box = bpf_map_lookup_elem(&timers, &key);
	if (box)
		bpf_timer_set_callback(&box->timer, on_timer);
	if (!drain(QUEUE) && prev)
		place(prev);
}

/*
 * Linux 6.12 loads this, and the whole machine hangs on the lock that the
 * callback's caller holds.
 *
 * EXPECT hang: reject EACCES
 * LOG scx_bpf_dispatch_from_dsq() may not be called from ops.cgroup_move (runqueue locked)
 */
void OPS(hang, struct task_struct *p, struct cgroup *from, struct cgroup *to)
{
	drain(QUEUE);
}

/*
 * EXPECT awake: reject EACCES
 * LOG program must be sleepable to call sleepable kfunc scx_bpf_create_dsq
 */
s32 OPS(awake)
{
	return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops")
struct sched_ext_ops explain = {
	.select_cpu = (void *)shared_select_cpu,
	.enqueue = (void *)shared_enqueue,
	.dispatch = (void *)shared_dispatch,
	.cgroup_move = (void *)hang,
	.init = (void *)awake,
	.name = "explain",
};
