/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Context accesses that the callback's prototype does not allow. */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

/*
 * EXPECT fourth_argument: reject EACCES
 * LOG return (s32)ctx[3];
 * LOG func 'select_cpu' doesn't have 4-th argument
 * LOG invalid bpf_context access off=24 size=8
 */
SEC("struct_ops/fourth_argument")
int fourth_argument(u64 *ctx)
{
	return (s32)ctx[3];
}

/*
 * EXPECT written_to: reject EACCES
 * LOG ctx[1] = 0;
 * LOG invalid bpf_context access off=8 size=8
 */
SEC("struct_ops/written_to")
int written_to(u64 *ctx)
{
	ctx[1] = 0;
	return 0;
}

/*
 * EXPECT not_aligned: reject EACCES
 * LOG func 'running' offset 4 is not multiple of 8
 */
SEC("struct_ops/not_aligned")
int not_aligned(u64 *ctx)
{
	return *(volatile u32 *)((char *)ctx + 4);
}

/*
 * Of a task only slice, dsq_vtime and disallow may be written.
 *
 * EXPECT task_field: reject EACCES
 * LOG p->prio = 1;
 */
void OPS(task_field, struct task_struct *p)
{
	p->prio = 1;
}

/*
 * EXPECT beyond_the_task: reject EACCES
 * LOG access beyond struct task_struct at off
 */
void OPS(beyond_the_task, struct task_struct *p, u64 deq_flags)
{
	*(volatile u64 *)((char *)p + (1 << 20));
}

/* EXPECT slice: accept */
void OPS(slice, struct task_struct *p)
{
	p->scx.slice = 1000;
	p->scx.dsq_vtime = 1000;
}

SEC(".struct_ops")
struct sched_ext_ops refuse_ctx = {
	.select_cpu = (void *)fourth_argument,
	.enqueue = (void *)written_to,
	.running = (void *)not_aligned,
	.tick = (void *)task_field,
	.quiescent = (void *)beyond_the_task,
	.enable = (void *)slice,
	.name = "refuse_ctx",
};
