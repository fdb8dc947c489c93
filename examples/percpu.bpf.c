/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * percpu: a queue for each CPU, tasks stay where they ran last, and a CPU that
 * runs dry takes from the longest queue of the others.
 */
#include "scx.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

const volatile u64 slice_ns = 10000000;

/* Tasks that a CPU took from another CPU's queue. */
u64 nr_stolen;

static u32 nr_cpus;

void OPS(percpu_enqueue, struct task_struct *p, u64 enq_flags)
{
	s32 cpu = scx_bpf_task_cpu(p), idle;

	scx_bpf_dispatch(p, cpu, slice_ns, enq_flags);
	/* Somebody who has nothing to do may come and take it. */
	idle = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
	if (idle >= 0)
		scx_bpf_kick_cpu(idle, 0);
}

static s32 longest_queue(s32 but)
{
	s32 most = 0, longest = -1, cpu;

	bpf_for(cpu, 0, nr_cpus) {
		s32 nr = scx_bpf_dsq_nr_queued(cpu);

		if (cpu != but && nr > most) {
			most = nr;
			longest = cpu;
		}
	}
	return longest;
}

void OPS(percpu_dispatch, s32 cpu, struct task_struct *prev)
{
	s32 victim;

	if (scx_bpf_consume(cpu))
		return;
	victim = longest_queue(cpu);
	if (victim >= 0 && scx_bpf_consume(victim))
		__sync_fetch_and_add(&nr_stolen, 1);
}

s32 OPS_SLEEPABLE(percpu_init)
{
	s32 cpu, err;

	nr_cpus = scx_bpf_nr_cpu_ids();
	bpf_for(cpu, 0, nr_cpus) {
		err = scx_bpf_create_dsq(cpu, -1);
		if (err)
			return err;
	}
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops percpu_ops = {
	.enqueue = (void *)percpu_enqueue,
	.dispatch = (void *)percpu_dispatch,
	.init = (void *)percpu_init,
	.name = "percpu",
};
