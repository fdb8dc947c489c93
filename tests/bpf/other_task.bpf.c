/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A kfunc that is for the callback's own task, on that one and on another. For the
 * first nothing is left to check; for the second it depends on the kernel.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

struct cgroup *scx_bpf_task_cgroup(struct task_struct *p) __ksym;
void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;

/* EXPECT own_task: accept */
void OPS(own_task, struct task_struct *p)
{
	bpf_cgroup_release(scx_bpf_task_cgroup(p));
}

/* EXPECT other_task: accept */
void OPS(other_task, struct task_struct *p, u64 enq_flags)
{
	struct task_struct *init = bpf_task_from_pid(1);

	if (!init)
		return;
	bpf_cgroup_release(scx_bpf_task_cgroup(init));
	bpf_task_release(init);
}

/* EXPECT either_task: accept */
void OPS(either_task, struct task_struct *p, bool runnable)
{
	struct task_struct *init = bpf_task_from_pid(1), *either = p;

	if (!init)
		return;
	if (runnable)
		either = init;
	barrier_var(either);
	bpf_cgroup_release(scx_bpf_task_cgroup(either));
	bpf_task_release(init);
}

SEC(".struct_ops")
struct sched_ext_ops other = {
	.enqueue = (void *)other_task,
	.running = (void *)own_task,
	.stopping = (void *)either_task,
	.name = "other_task",
};
