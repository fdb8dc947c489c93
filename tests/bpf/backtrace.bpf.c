/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Gives up far from where it was called: ops.cpu_release, which has a task enqueued
 * anew; ops.enqueue of that; a function; a loop's callback; another function.
 *
 * EXPECT bt_enqueue: accept
 * EXPECT bt_cpu_release: accept
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

static __attribute__((noinline)) int give_up(u32 i)
{
	if (i == 2)
		FAIL("gave up at %llu", (u64)i); /* here: give_up */
	return 0;
}

static long each(u32 i, void *ctx)
{
	return give_up(i); /* here: each */
}

static __attribute__((noinline)) int walk(u64 nr)
{
	return bpf_loop(nr, each, NULL, 0); /* here: walk */
}

void OPS(bt_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (enq_flags & SCX_ENQ_REENQ)
		walk(5); /* here: bt_enqueue */
	scx_bpf_dispatch(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
}

void OPS(bt_cpu_release, s32 cpu, struct scx_cpu_release_args *args)
{
	scx_bpf_reenqueue_local(); /* here: bt_cpu_release */
}

SEC(".struct_ops.link")
struct sched_ext_ops backtrace = {
	.enqueue = (void *)bt_enqueue,
	.cpu_release = (void *)bt_cpu_release,
	.name = "backtrace",
};
