/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The invariants of runqueues and masks, checked from scratch: what is counted
 * incrementally everywhere else is counted here from the tasks.
 */
#include <stdlib.h>

#include "machine/fair.h"
#include "machine/rt.h"

struct count {
	u32 queued, fair, delayed, rt;
	u64 weight;	/* of the fair ones */
	u64 tree_weight;
	s64 tree_sum; /* of weight * (vruntime - zero), over the tree */
};

static void count_fair(const struct rq *rq, const struct task_struct *p, struct count *c)
{
	const struct sched_entity *se = &p->se;
	s64 w = se_weight(se);

	BUG_ON(!se->on_rq);
	c->fair++;
	c->delayed += se->sched_delayed;
	c->weight += se->load.weight;
	if (rq->cfs.curr == se)
		return;
	c->tree_weight += w;
	c->tree_sum += (s64)(se->vruntime - rq->cfs.zero_vruntime) * w;
}

static void count_task(struct machine *m, const struct task_struct *p, struct count *counts)
{
	const struct rq *rq = sched_task_rq(m, p);
	struct count *c = &counts[task_cpu(p)];

	BUG_ON(p->on_cpu != (rq->curr == p));
	BUG_ON(task_on_rq_migrating(p));
	if (!p->on_rq) {
		BUG_ON(p->se.sched_delayed || p->se.on_rq || p->on_cpu);
		return;
	}
	BUG_ON(!p->se.sched_delayed && p->__state & TASK_DEAD);
	c->queued++;
	if (p->sched_class == &sched_class_fair)
		count_fair(rq, p, c);
	else if (p->sched_class == &sched_class_rt)
		c->rt++;
}

static u32 tree_size(const struct cfs_rq *cfs)
{
	u32 n = 0;

	for (struct rb_node *i = rb_first_cached(&cfs->tasks_timeline); i; i = rb_next(i))
		n++;
	return n;
}

static void check_rq(struct machine *m, struct mcpu *cpu, const struct count *c)
{
	struct rq *rq = &cpu->rq;
	struct cfs_rq *cfs = &rq->cfs;
	bool idle = rq->curr == rq->idle;

	BUG_ON(rq->nr_running != c->queued);
	BUG_ON(cfs->nr_running != c->fair || cfs->h_nr_queued != c->fair);
	BUG_ON(cfs->h_nr_delayed != c->delayed || cfs->h_nr_runnable != c->fair - c->delayed);
	BUG_ON(cfs->load.weight != c->weight);
	BUG_ON(cfs->avg_load != c->tree_weight || cfs->avg_vruntime != c->tree_sum);
	BUG_ON(tree_size(cfs) != c->fair - (cfs->curr && cfs->curr->on_rq));
	BUG_ON(cfs->curr && se_task(cfs->curr) != rq->curr);
	BUG_ON(rq->rt.rt_nr_running != c->rt);
	BUG_ON(!cpumask_test_cpu(rq->cpu, &m->rt_levels[MAX_RT_PRIO - rt_highest_prio(&rq->rt)]));
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->rt_overload) != !list_empty(&cpu->pushable));
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->idle) != idle);
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->avail) != (idle && !c->queued && rq->online));
	BUG_ON(!idle && !tick_queued(m, cpu->rq.cpu));
	BUG_ON(cpu->nr_callbacks);
}

int machine_check(struct machine *m)
{
	struct count *counts = calloc(m->nr_cpus, sizeof(*counts));
	struct task_struct *p;
	u32 overloaded = 0;

	if (!counts)
		return -ENOMEM;
	list_for_each_entry(p, &m->tasks, tasks)
		count_task(m, p, counts);
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
		check_rq(m, &m->cpus[cpu], &counts[cpu]);
		overloaded += counts[cpu].queued >= 2;
	}
	BUG_ON(overloaded != m->nr_overloaded);
	free(counts);
	return 0;
}
