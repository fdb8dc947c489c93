/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Schedulers that end. `mode` says how; the tests set it.
 *
 * EXPECT end_enqueue: accept
 * EXPECT end_dispatch: accept
 * EXPECT end_init: accept
 * EXPECT end_init_task: accept
 */
#include "test.bpf.h"

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
};

const volatile enum mode mode = MODE_NONE;
const volatile u32 after = 100; /* enqueues until it happens */

#define QUEUE 7

static u64 nr_enqueued;

void OPS(end_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 nr = __sync_fetch_and_add(&nr_enqueued, 1), dsq = SCX_DSQ_GLOBAL;

	if (nr >= after) {
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
	if (mode == MODE_NONE)
		scx_bpf_consume(QUEUE);
}

s32 OPS(end_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	return mode == MODE_INIT_TASK ? -12 : 0;
}

s32 OPS_SLEEPABLE(end_init)
{
	if (mode == MODE_INIT)
		return -22;
	return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops exit_error = {
	.enqueue = (void *)end_enqueue,
	.dispatch = (void *)end_dispatch,
	.init_task = (void *)end_init_task,
	.init = (void *)end_init,
	.timeout_ms = 500,
	.name = "exit_error",
};
