/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Each program is fine by itself; together they are not: ops.update_idle turns off
 * the idle tracking that ops.enqueue asks. Refused when the scheduler is registered.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags) __ksym;

/* EXPECT need_enqueue: accept */
void OPS(need_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, 0, 0);
}

/* EXPECT need_update_idle: accept */
void OPS(need_update_idle, s32 cpu, bool idle)
{
}

/*
 * EXPECT refuse_value: reject EACCES
 * LOG SCX_OPS_KEEP_BUILTIN_IDLE
 */
SEC(".struct_ops.link")
struct sched_ext_ops refuse_value = {
	.enqueue = (void *)need_enqueue,
	.update_idle = (void *)need_update_idle,
	.name = "refuse_value",
};
