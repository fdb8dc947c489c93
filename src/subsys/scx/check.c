/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The invariants of the queues, for tests and debugging: what must hold between
 * any two events of the machine.
 *
 *  - a DSQ's nr counts the tasks of its list, each of which points back at it;
 *  - a priority queue's list is in the order of vtime, and of its tree;
 *  - a runqueue's runnable list holds its waiting tasks of the class, which are
 *    queued there, and its current task is not among them;
 *  - a waiting task is in exactly one place: on a DSQ, with the BPF side, or
 *    among the deferred direct dispatches;
 *  - a CPU does not idle over its local DSQ: it has been told to look, or core scheduling
 *    has it idle;
 *  - a task of the class is ENABLED, any other one is not.
 */
#include "scx/internal.h"

static void check_dsq(struct scx_dispatch_q *dsq)
{
	struct task_struct *p = NULL, *prev = NULL;
	u32 nr = 0;

	while ((p = scx_dsq_next(dsq, p ? &p->scx.dsq_list.node : NULL, false))) {
		bool on_priq = p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ;

		BUG_ON(p->scx.dsq != dsq);
		BUG_ON(!(p->scx.flags & SCX_TASK_QUEUED));
		BUG_ON(p->scx.ops_state != SCX_OPSS_NONE);
		BUG_ON(on_priq != !!dsq->priq.rb_node);
		if (on_priq && prev)
			BUG_ON((s64)(p->scx.dsq_vtime - prev->scx.dsq_vtime) < 0);
		prev = p;
		nr++;
	}
	BUG_ON(nr != dsq->nr);
}

static void check_immed(const struct rq *rq)
{
	u32 nr = 0;
	struct task_struct *p;

	list_for_each_entry(p, &rq->scx.local_dsq.list, scx.dsq_list.node)
		nr += !!(p->scx.flags & SCX_TASK_IMMED);
	BUG_ON(nr != rq->scx.nr_immed);
}

static void check_waiting(struct scx *scx, struct rq *rq, struct task_struct *p)
{
	bool deferred = !p->scx.dsq && !list_empty(&p->scx.dsq_list.node);
	bool in_bpf = scx_opss_state(p) == SCX_OPSS_QUEUED;

	BUG_ON(!scx_on_class(p) || !(p->scx.flags & SCX_TASK_QUEUED));
	BUG_ON(task_cpu(p) != (u32)rq->cpu || p == rq->curr);
	BUG_ON(!!p->scx.dsq + deferred + in_bpf != 1);
	if (p->scx.dsq && p->scx.dsq->id == SCX_DSQ_LOCAL)
		BUG_ON(p->scx.dsq != &rq->scx.local_dsq);
}

static void check_rq(struct scx *scx, struct rq *rq)
{
	bool curr_counts = scx_on_class(rq->curr) && (rq->curr->scx.flags & SCX_TASK_QUEUED);
	struct task_struct *p;
	u32 waiting = 0;

	list_for_each_entry(p, &rq->scx.runnable_list, scx.runnable_node) {
		check_waiting(scx, rq, p);
		waiting++;
	}
	BUG_ON(rq->scx.nr_running != waiting + curr_counts);
	BUG_ON(rq->scx.flags & (SCX_RQ_IN_BALANCE | SCX_RQ_IN_WAKEUP));
	BUG_ON(rq->scx.extra_enq_flags);
	BUG_ON(scx_rq_is_idle(rq) && rq->scx.local_dsq.nr && !sched_need_resched(rq->curr) &&
	       !sched_core_enabled(scx->m));
	check_dsq(&rq->scx.local_dsq);
	check_immed(rq);
}

void scx_check(struct scx *scx)
{
	struct task_struct *p;

	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++) {
		struct scx_cpu *c = &scx->cpus[cpu];

		BUG_ON(c->ddsp_task || c->subjects[0] || c->subjects[1] || c->dsp.cursor);
		check_rq(scx, sched_cpu_rq(scx->m, cpu));
	}
	for (u32 i = 0; i < scx->topo->nr_nodes; i++)
		check_dsq(&scx->global_dsqs[i]);
	for (u32 i = 0; i < SCX_DSQ_BUCKETS; i++)
		for (struct scx_dispatch_q *d = scx->user_dsqs[i]; d; d = d->hash_next)
			check_dsq(d);
	list_for_each_entry(p, &scx->tasks, scx.tasks_node)
		BUG_ON(scx_on_class(p) != (scx_task_state(p) == SCX_TASK_ENABLED));
}
