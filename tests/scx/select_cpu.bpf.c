/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * For 7.1, where scx_bpf_select_cpu_dfl() has come to ops.enqueue: what 6.12's own
 * test enq_select_cpu_fails does, and the same call from a callback in which no CPU
 * is being selected.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym __weak;

static __always_inline void select(struct task_struct *p)
{
	bool found = false;

	scx_bpf_select_cpu_dfl(p, 0, 0, &found);
}

void OPS(select_enqueue, struct task_struct *p, u64 enq_flags)
{
	select(p);
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void OPS(select_running, struct task_struct *p)
{
	select(p);
}

SEC(".struct_ops.link")
struct sched_ext_ops select_cpu = {
	.enqueue = (void *)select_enqueue,
	.running = (void *)select_running,
	.name = "select_cpu",
};
