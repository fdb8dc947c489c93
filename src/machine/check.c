/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The invariants of runqueues and masks, checked from scratch: what is counted
 * incrementally everywhere else is counted here from the tasks.
 */
#include <stdlib.h>

#include "machine/fair.h"
#include "machine/rt.h"

struct count {
	u32 queued, fair, rt; /* tasks that the CPU could run: none in throttled groups */
};

/* ---- one queue of the fair class ---- */

struct queue_sum {
	u32 nr, queued, runnable, delayed, idle;
	u64 weight, tree_weight;
	s64 tree_sum; /* of weight * (vruntime - zero), over the tree */
};

static void add_entity(const struct cfs_rq *cfs, struct sched_entity *se, struct queue_sum *sum)
{
	BUG_ON(!se->on_rq || se->cfs_rq != cfs);
	sum->nr++;
	sum->weight += se->load.weight;
	if (se->my_q) {
		BUG_ON(se->my_q->throttled || (se->sched_delayed && se->my_q->h_nr_queued));
		sum->queued += se->my_q->h_nr_queued;
		sum->runnable += se->my_q->h_nr_runnable;
		sum->delayed += se->my_q->h_nr_delayed;
		sum->idle += se->my_q->idle_h_nr_running;
	} else {
		sum->queued++;
		sum->runnable += !se->sched_delayed;
		sum->delayed += se->sched_delayed;
		sum->idle += se_task(se)->policy == SCHED_IDLE;
	}
}

/* By deadline; and every node knows the least of its subtree. */
static void check_tree(const struct cfs_rq *cfs, struct queue_sum *sum)
{
	const struct sched_entity *prev = NULL;

	for (struct rb_node *i = rb_first_cached(&cfs->tasks_timeline); i; i = rb_next(i)) {
		struct sched_entity *se = rb_entry(i, struct sched_entity, run_node);
		u64 least = se->vruntime;

		BUG_ON(se == cfs->curr);
		BUG_ON(prev && eevdf_before(se, prev));
		for (u32 side = 0; side < 2; side++) {
			struct rb_node *n = side ? i->rb_right : i->rb_left;
			u64 v = n ? rb_entry(n, struct sched_entity, run_node)->min_vruntime : least;

			least = (s64)(v - least) < 0 ? v : least;
		}
		BUG_ON(se->min_vruntime != least);
		prev = se;
		add_entity(cfs, se, sum);
		sum->tree_weight += se_weight(se);
		sum->tree_sum += (s64)(se->vruntime - cfs->zero_vruntime) * (s64)se_weight(se);
	}
}

static void check_queue(const struct cfs_rq *cfs)
{
	struct queue_sum sum = {};

	check_tree(cfs, &sum);
	if (cfs->curr && cfs->curr->on_rq)
		add_entity(cfs, cfs->curr, &sum);
	BUG_ON(cfs->nr_running != sum.nr || cfs->load.weight != sum.weight);
	BUG_ON(cfs->h_nr_queued != sum.queued || cfs->h_nr_runnable != sum.runnable);
	BUG_ON(cfs->h_nr_delayed != sum.delayed || cfs->idle_h_nr_running != sum.idle);
	BUG_ON(cfs->avg_load != sum.tree_weight || cfs->avg_vruntime != sum.tree_sum);
	BUG_ON(cfs->next && (cfs->next->cfs_rq != cfs || !cfs->next->on_rq));
	BUG_ON(cfs->throttled && !cfs->throttle_count);
}

static void check_groups(const struct machine *m)
{
	const struct mcgroup *g;

	list_for_each_entry(g, &m->cgroups, node) {
		bool removed = list_empty(&g->tg.css.sibling);

		for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
			const struct group_cpu *gc = &g->cpus[cpu];

			check_queue(&gc->cfs);
			BUG_ON(gc->cfs.throttled && gc->se.on_rq);
			BUG_ON(gc->cfs.nr_running && !gc->cfs.throttled && !gc->se.on_rq &&
			       !gc->cfs.throttle_count);
			BUG_ON(!removed && gc->cfs.throttle_count != gc->cfs.throttled +
								      gc->se.cfs_rq->throttle_count);
			BUG_ON(removed && (gc->cfs.nr_running || gc->se.on_rq || gc->cfs.on_list));
		}
	}
}

/* ---- tasks ---- */

static bool is_throttled(const struct task_struct *p)
{
	for (const struct sched_entity *se = &p->se; se; se = se->parent)
		if (se->cfs_rq->throttled)
			return true;
	return false;
}

static void count_task(struct machine *m, const struct task_struct *p, struct count *counts)
{
	const struct rq *rq = &m->cpus[task_cpu(p)].rq;
	struct count *c = &counts[task_cpu(p)];

	BUG_ON(p->on_cpu != (rq->curr == p));
	BUG_ON(task_on_rq_migrating(p));
	BUG_ON(p->se.cfs_rq != fair_tg_cfs(m, p->sched_task_group, task_cpu(p)));
	if (!p->on_rq) {
		BUG_ON(p->se.sched_delayed || p->se.on_rq || p->on_cpu);
		return;
	}
	BUG_ON(!p->se.sched_delayed && p->__state & TASK_DEAD);
	BUG_ON((p->sched_class == &sched_class_fair) != p->se.on_rq);
	if (p->sched_class == &sched_class_fair && is_throttled(p))
		return;
	c->queued++;
	if (p->sched_class == &sched_class_fair)
		c->fair++;
	else if (p->sched_class == &sched_class_rt)
		c->rt++;
}

/* From the root's running entity down to the task that runs. */
static void check_curr(const struct rq *rq)
{
	const struct sched_entity *se = rq->cfs.curr;

	while (se && se->my_q)
		se = se->my_q->curr;
	if (rq->cfs.curr)
		BUG_ON(se != &rq->curr->se);
	else
		BUG_ON(rq->curr->sched_class == &sched_class_fair && rq->curr != rq->idle);
}

static void check_rq(struct machine *m, struct mcpu *cpu, const struct count *c)
{
	struct rq *rq = &cpu->rq;
	bool idle = rq->curr == rq->idle;

	BUG_ON(rq->nr_running != c->queued);
	BUG_ON(rq->cfs.h_nr_queued != c->fair);
	check_queue(&rq->cfs);
	check_curr(rq);
	BUG_ON(rq->rt.rt_nr_running != c->rt);
	BUG_ON(!cpumask_test_cpu(rq->cpu, &m->rt_levels[MAX_RT_PRIO - rt_highest_prio(&rq->rt)]));
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->rt_overload) != !list_empty(&cpu->pushable));
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->idle) != idle);
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->avail) != (idle && !c->queued && rq->online));
	BUG_ON(!idle && !cpu->tick_queued);
	BUG_ON(cpu->nr_callbacks);
}

#ifdef MACHINE_INVARIANTS
#define EVENTS_PER_CHECK 1024 /* from one recount of everything to the next */

/* The task may be here, or is about to be taken away. */
static bool belongs_here(const struct machine *m, const struct task_struct *p, u32 cpu)
{
	const struct mtask *t = to_mtask(p);

	return is_idle_task(p) || t->is_stopper || t->migration_pending ||
	       is_migration_disabled(p) || p->__state == TASK_DEAD ||
	       (cpumask_test_cpu(cpu, p->cpus_ptr) && cpumask_test_cpu(cpu, &m->online));
}

/* An idle CPU to which a task has been given is on its way to it. */
static bool will_look(const struct mcpu *c)
{
	return c->held || sched_need_resched(c->rq.curr) || event_queued(&c->task_ev) ||
	       event_queued(&c->resched_ev);
}

/* What one CPU must look like after an event of its own; now and then, all of them. */
void check_event(struct machine *m, struct mcpu *c)
{
	struct rq *rq = &c->rq;
	bool idle = is_idle_task(rq->curr);

	BUG_ON(!rq->curr->on_cpu || task_cpu(rq->curr) != (u32)rq->cpu);
	BUG_ON(!belongs_here(m, rq->curr, rq->cpu));
	BUG_ON(cpumask_test_cpu(rq->cpu, &m->idle) != idle);
	/* What sched_ext leaves waiting is its own business. */
	BUG_ON(idle && (rq->cfs.h_nr_queued || rq->rt.rt_nr_running) && rq->online &&
	       !will_look(c) && !core_sched_forced_idle(m, rq));
	BUG_ON(!idle && !c->tick_queued);
	BUG_ON(rq->cfs.h_nr_queued + rq->rt.rt_nr_running > rq->nr_running);
	if (m->nr_events_checked++ % EVENTS_PER_CHECK == 0)
		machine_check(m);
}
#endif

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
	check_groups(m);
	core_sched_check(m);
	BUG_ON(overloaded != m->nr_overloaded);
	free(counts);
	return 0;
}
