/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Schedulers that end. `mode` says how; the tests set it.
 *
 * EXPECT end_select_cpu: accept
 * EXPECT end_enqueue: accept
 * EXPECT end_dispatch: accept
 * EXPECT end_init: accept
 * EXPECT end_init_task: accept
 * EXPECT end_cgroup_init: accept
 */
#include "test.bpf.h"

s32 scx_bpf_task_cpu(const struct task_struct *p) __ksym;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;

char _license[] SEC("license") = "GPL";

enum mode {
	MODE_NONE,
	MODE_ERROR,	   /* scx_bpf_error() */
	MODE_EXIT,	   /* scx_bpf_exit() */
	MODE_BOGUS_DSQ,	   /* dispatches to a queue that is not there */
	MODE_NO_DISPATCH,  /* keeps every task for itself */
	MODE_NO_CONSUME,   /* queues, and never takes from the queue */
	MODE_INIT,	   /* ops.init fails */
	MODE_INIT_TASK,	   /* ops.init_task fails */
	MODE_BOGUS_FLAGS,  /* dispatches with the kernel's own enq_flags */
	MODE_TWICE,	   /* dispatches the same task twice */
	MODE_BAD_CPU,	   /* ops.select_cpu names a CPU that is not there */
	MODE_WRONG_CPU,	   /* dispatches to a CPU that the task may not use */
	MODE_VTIME_LOCAL,  /* wants vtime order of a local queue */
	MODE_LOOP,	   /* ops.dispatch has always one more, which does not run */
	MODE_OVERFLOW,	   /* more than the dispatch buffer holds */
	MODE_DESTROY_USED, /* destroys a queue with tasks */
	MODE_STALL_ONE,	   /* forgets one task */
	MODE_CGROUP_INIT,  /* ops.cgroup_init fails */
	MODE_LEAK,	   /* makes queues, and destroys none */
};

const volatile enum mode mode = MODE_NONE;
const volatile u32 after = 100; /* enqueues until it happens */

#define QUEUE 7

static u64 nr_enqueued;
static s32 forgotten; /* pid */

s32 OPS(end_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return mode == MODE_BAD_CPU && nr_enqueued >= after ? 999 : prev_cpu;
}

/* Worse than naming no queue: what it says of @p is wrong. True: it is dealt with. */
static bool misplace(struct task_struct *p, u64 enq_flags)
{
	switch (mode) {
	case MODE_TWICE:
		scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
		return false;
	case MODE_WRONG_CPU:
		if (p->nr_cpus_allowed > 1)
			return false;
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL_ON | !scx_bpf_task_cpu(p), SCX_SLICE_DFL,
				 enq_flags);
		return true;
	case MODE_VTIME_LOCAL:
		scx_bpf_dispatch_vtime(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 5, enq_flags);
		return true;
	case MODE_DESTROY_USED:
		if (scx_bpf_dsq_nr_queued(QUEUE) > 0)
			scx_bpf_destroy_dsq(QUEUE);
		scx_bpf_dispatch(p, QUEUE, SCX_SLICE_DFL, enq_flags);
		return true;
	case MODE_STALL_ONE:
		if (!forgotten)
			forgotten = p->pid;
		return p->pid == forgotten;
	default:
		return false;
	}
}

void OPS(end_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 nr = __sync_fetch_and_add(&nr_enqueued, 1), dsq = SCX_DSQ_GLOBAL;

	if (nr >= after) {
		if (misplace(p, enq_flags))
			return;
		switch (mode) {
		case MODE_ERROR:
			FAIL("gave up after %llu enqueues", nr);
			break;
		case MODE_EXIT: {
			static char fmt[] = "done with %llu";
			unsigned long long args[] = { nr };

			scx_bpf_exit_bstr(42, fmt, args, sizeof(args));
			break;
		}
		case MODE_BOGUS_DSQ:
			dsq = 0xdead;
			break;
		case MODE_NO_DISPATCH:
			return;
		case MODE_NO_CONSUME:
		case MODE_LOOP:
			dsq = QUEUE;
			break;
		case MODE_BOGUS_FLAGS:
			enq_flags |= 1ULL << 56;
			break;
		default:
			break;
		}
	}
	scx_bpf_dispatch(p, dsq, SCX_SLICE_DFL, enq_flags);
}

void OPS(end_dispatch, s32 cpu, struct task_struct *prev)
{
	u32 nr = mode == MODE_LOOP ? 1 : mode == MODE_OVERFLOW ? 64 : 0;
	struct task_struct *p;
	u32 i;

	if (mode == MODE_NONE)
		scx_bpf_consume(QUEUE);
	if (!nr || nr_enqueued < after)
		return;
	p = bpf_task_from_pid(2); /* kthreadd, which sleeps */
	if (!p)
		return;
	for (i = 0; i < nr && i < 64; i++)
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	bpf_task_release(p);
}

s32 OPS(end_cgroup_init, struct cgroup *cgrp, struct scx_cgroup_init_args *args)
{
	return mode == MODE_CGROUP_INIT ? -1 : 0;
}

s32 OPS(end_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	return mode == MODE_INIT_TASK ? -12 : 0;
}

s32 OPS_SLEEPABLE(end_init)
{
	u64 id;

	if (mode == MODE_INIT)
		return -22;
	for (id = 100; mode == MODE_LEAK && id < 120; id++)
		if (scx_bpf_create_dsq(id, -1))
			return -17; /* somebody has left one behind */
	return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops exit_error = {
	.select_cpu = (void *)end_select_cpu,
	.enqueue = (void *)end_enqueue,
	.dispatch = (void *)end_dispatch,
	.init_task = (void *)end_init_task,
	.cgroup_init = (void *)end_cgroup_init,
	.init = (void *)end_init,
	.timeout_ms = 500,
	.name = "exit_error",
};
