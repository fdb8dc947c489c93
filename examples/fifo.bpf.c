/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fifo: the smallest scheduler that does something of its own. An idle CPU gets
 * the waking task at once; everybody else waits in one queue, first come, first
 * served, for slices of slice_ns.
 *
 *	scxlab run fifo.bpf.o --set slice_ns=5000000
 */
#include "scx.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

#define QUEUE 0

const volatile u64 slice_ns = SCX_SLICE_DFL;

s32 OPS(fifo_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);

	if (is_idle)
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, slice_ns, 0);
	return cpu;
}

void OPS(fifo_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, QUEUE, slice_ns, enq_flags);
}

void OPS(fifo_dispatch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_consume(QUEUE);
}

s32 OPS_SLEEPABLE(fifo_init)
{
	return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops fifo_ops = {
	.select_cpu = (void *)fifo_select_cpu,
	.enqueue = (void *)fifo_enqueue,
	.dispatch = (void *)fifo_dispatch,
	.init = (void *)fifo_init,
	.name = "fifo",
};
