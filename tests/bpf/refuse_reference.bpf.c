/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* References that are not given back, or are none. */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

/*
 * EXPECT task_kept: reject EINVAL
 * LOG Unreleased reference id=
 */
void OPS(task_kept, struct task_struct *p, u64 enq_flags)
{
	bpf_task_acquire(p);
}

/*
 * EXPECT mask_kept_on_one_path: reject EINVAL
 * LOG Unreleased reference id=
 */
void OPS(mask_kept_on_one_path, struct task_struct *p)
{
	const struct cpumask *idle = scx_bpf_get_idle_cpumask();

	if (p->pid == 1)
		return;
	scx_bpf_put_idle_cpumask(idle);
}

/*
 * EXPECT not_ones_own: reject EINVAL
 * LOG release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID
 */
void OPS(not_ones_own, struct task_struct *p)
{
	bpf_task_release(p);
}

struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_release(struct bpf_cpumask *m) __ksym;

struct bpf_cpumask mine;

/*
 * EXPECT never_created: reject EINVAL
 * LOG R1 must be referenced or trusted
 */
void OPS(never_created, struct task_struct *p, bool runnable)
{
	bpf_cpumask_release(bpf_cpumask_acquire(&mine));
}

/* EXPECT given_back: accept */
void OPS(given_back, struct task_struct *p)
{
	struct task_struct *again = bpf_task_acquire(p);

	if (again)
		bpf_task_release(again);
	scx_bpf_put_idle_cpumask(scx_bpf_get_idle_cpumask());
}

SEC(".struct_ops")
struct sched_ext_ops refuse_reference = {
	.enqueue = (void *)task_kept,
	.running = (void *)mask_kept_on_one_path,
	.tick = (void *)not_ones_own,
	.stopping = (void *)never_created,
	.runnable = (void *)given_back,
	.name = "refuse_reference",
};
