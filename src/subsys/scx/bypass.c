/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bypass: while it is on, no callback decides anything, and every runnable task
 * makes progress in global FIFO order. It is on around enabling and disabling,
 * when the scheduler can't be trusted, and it nests.
 */
#include "scx/internal.h"

/* Puts every waiting task of @rq through dequeue and enqueue, which see the new state. */
static void requeue_all(struct scx *scx, struct rq *rq)
{
	struct list_head *pos = rq->scx.runnable_list.prev, *prev;

	/* Backwards: each task comes back at the tail. */
	for (; pos != &rq->scx.runnable_list; pos = prev) {
		struct task_struct *p = list_entry(pos, struct task_struct, scx.runnable_node);
		struct sched_change c;

		prev = pos->prev;
		sched_change_begin(scx->m, p, DEQUEUE_SAVE | DEQUEUE_MOVE, &c);
		sched_change_end(&c);
	}
}

void scx_bypass(struct scx *scx, bool bypass)
{
	scx->bypass_depth += bypass ? 1 : -1;
	BUG_ON(scx->bypass_depth < 0);
	if (scx->bypass_depth != (bypass ? 1 : 0))
		return;
	if (bypass) {
		scx->events.SCX_EV_BYPASS_ACTIVATE++;
		scx->bypass_since = sched_now(scx->m);
	} else {
		scx->events.SCX_EV_BYPASS_DURATION += sched_now(scx->m) - scx->bypass_since;
	}
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++) {
		struct rq *rq = sched_cpu_rq(scx->m, cpu);

		BUG_ON(scx_bypassing(rq) == bypass);
		rq->scx.flags ^= SCX_RQ_BYPASSING;
		if (!scx->enabled)
			continue;
		requeue_all(scx, rq);
		if (cpumask_test_cpu(cpu, sched_cpu_online(scx->m)) ||
		    cpu == sched_this_cpu(scx->m))
			sched_resched_curr(scx->m, rq);
	}
}
