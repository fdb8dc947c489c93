/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One object for every kernel, as schedulers are written: weak kfuncs under both
 * names, and whichever the kernel has is called.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_dispatch___old(struct task_struct *p, u64 dsq_id, u64 slice,
			    u64 enq_flags) __ksym __weak;
void scx_bpf_dsq_insert___new(struct task_struct *p, u64 dsq_id, u64 slice,
			      u64 enq_flags) __ksym __weak;
bool scx_bpf_consume___old(u64 dsq_id) __ksym __weak;
bool scx_bpf_dsq_move_to_local___new(u64 dsq_id) __ksym __weak;

/* EXPECT weak_enqueue: accept */
SEC("struct_ops/weak_enqueue")
void BPF_PROG(weak_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (bpf_ksym_exists(scx_bpf_dsq_insert___new))
		scx_bpf_dsq_insert___new(p, SCX_DSQ_GLOBAL, 1000000, enq_flags);
	else
		scx_bpf_dispatch___old(p, SCX_DSQ_GLOBAL, 1000000, enq_flags);
}

/* EXPECT weak_dispatch: accept */
SEC("struct_ops/weak_dispatch")
void BPF_PROG(weak_dispatch, s32 cpu, struct task_struct *prev)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___new))
		scx_bpf_dsq_move_to_local___new(7);
	else
		scx_bpf_consume___old(7);
}

SEC(".struct_ops")
struct sched_ext_ops weak = {
	.enqueue = (void *)weak_enqueue,
	.dispatch = (void *)weak_dispatch,
	.name = "weak",
};
