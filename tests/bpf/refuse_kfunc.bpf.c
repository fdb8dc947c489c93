/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * kfuncs where they may not be called. Linux 6.12 loads all but the first and
 * the last, and ends the scheduler when the call is reached.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

/*
 * EXPECT sleepable_kfunc_in_enqueue: reject EACCES
 * LOG scx_bpf_create_dsq(1, -1);
 * LOG program must be sleepable to call sleepable kfunc scx_bpf_create_dsq
 */
void OPS(sleepable_kfunc_in_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_create_dsq(1, -1);
}

/*
 * EXPECT consume_in_select_cpu: reject EACCES
 * LOG scx_bpf_consume(0);
 * LOG calling kernel function scx_bpf_consume is not allowed
 */
s32 OPS(consume_in_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	scx_bpf_consume(0);
	return prev_cpu;
}

/*
 * EXPECT select_cpu_in_dispatch: reject EACCES
 * LOG scx_bpf_select_cpu_dfl(
 * LOG calling kernel function scx_bpf_select_cpu_dfl is not allowed
 */
void OPS(select_cpu_in_dispatch, s32 cpu, struct task_struct *prev)
{
	bool is_idle;

	if (prev)
		scx_bpf_select_cpu_dfl(prev, cpu, 0, &is_idle);
}

/*
 * EXPECT dispatch_in_running: reject EACCES
 * LOG scx_bpf_dispatch(
 * LOG calling kernel function scx_bpf_dispatch is not allowed
 */
void OPS(dispatch_in_running, struct task_struct *p)
{
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, 0, 0);
}

/*
 * EXPECT reenqueue_in_enable: reject EACCES
 * LOG scx_bpf_reenqueue_local();
 * LOG calling kernel function scx_bpf_reenqueue_local is not allowed
 */
void OPS(reenqueue_in_enable, struct task_struct *p)
{
	scx_bpf_reenqueue_local();
}

/* A subprogram is judged by who calls it. */
static __noinline void consume_for(u64 dsq)
{
	scx_bpf_consume(dsq);
}

/*
 * EXPECT consume_in_subprogram_of_tick: reject EACCES
 * LOG scx_bpf_consume(dsq);
 * LOG calling kernel function scx_bpf_consume is not allowed
 */
void OPS(consume_in_subprogram_of_tick, struct task_struct *p)
{
	consume_for(p->pid);
}

/* EXPECT consume_in_subprogram_of_dispatch: accept */
void OPS(consume_in_subprogram_of_dispatch, s32 cpu, struct task_struct *prev)
{
	consume_for(cpu);
}

SEC(".struct_ops")
struct sched_ext_ops refuse_kfunc = {
	.enqueue = (void *)sleepable_kfunc_in_enqueue,
	.select_cpu = (void *)consume_in_select_cpu,
	.dispatch = (void *)select_cpu_in_dispatch,
	.running = (void *)dispatch_in_running,
	.enable = (void *)reenqueue_in_enable,
	.tick = (void *)consume_in_subprogram_of_tick,
	.name = "refuse_kfunc",
};

SEC(".struct_ops")
struct sched_ext_ops refuse_kfunc2 = {
	.dispatch = (void *)consume_in_subprogram_of_dispatch,
	.name = "refuse_kfunc2",
};
