/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fair: CPU time in proportion to weight. Each task owns a virtual clock that
 * runs slower the heavier the task is; the queue is ordered by it. A task that
 * slept comes back at most one slice behind the queue's own clock, so that sleep
 * earns latency and no hoard of CPU time.
 */
#include "scx.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

#define QUEUE 0
#define NICE_0_WEIGHT 100

const volatile u64 slice_ns = 3000000;

struct task_state {
	u64 vtime;	/* virtual clock at the end of the last run */
	u64 started_at; /* when the current run began; wall time */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks SEC(".maps");

/* The furthest virtual clock that has been put on a CPU. */
static u64 queue_clock;

s32 OPS(fair_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);

	if (is_idle)
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, slice_ns, 0);
	return cpu;
}

void OPS(fair_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct task_state *t = bpf_task_storage_get(&tasks, p, 0, 0);
	u64 vtime = queue_clock;

	if (t) {
		if (time_before(t->vtime, queue_clock - slice_ns))
			t->vtime = queue_clock - slice_ns;
		vtime = t->vtime;
	}
	scx_bpf_dispatch_vtime(p, QUEUE, slice_ns, vtime, enq_flags);
}

void OPS(fair_dispatch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_consume(QUEUE);
}

void OPS(fair_running, struct task_struct *p)
{
	struct task_state *t = bpf_task_storage_get(&tasks, p, 0, 0);

	if (!t)
		return;
	t->started_at = bpf_ktime_get_ns();
	if (time_before(queue_clock, t->vtime))
		queue_clock = t->vtime;
}

void OPS(fair_stopping, struct task_struct *p, bool runnable)
{
	struct task_state *t = bpf_task_storage_get(&tasks, p, 0, 0);

	if (t)
		t->vtime += (bpf_ktime_get_ns() - t->started_at) * NICE_0_WEIGHT / p->scx.weight;
}

s32 OPS(fair_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	struct task_state *t =
		bpf_task_storage_get(&tasks, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!t)
		return -12; /* -ENOMEM */
	t->vtime = queue_clock;
	return 0;
}

s32 OPS_SLEEPABLE(fair_init)
{
	return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops fair_ops = {
	.select_cpu = (void *)fair_select_cpu,
	.enqueue = (void *)fair_enqueue,
	.dispatch = (void *)fair_dispatch,
	.running = (void *)fair_running,
	.stopping = (void *)fair_stopping,
	.init_task = (void *)fair_init_task,
	.init = (void *)fair_init,
	.name = "fair",
};
