/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * RT tasks over CPUs: the highest-priority ones should run, wherever that is.
 * A CPU pushes tasks that it can't run now to CPUs that run something lower,
 * and a CPU about to run something lower pulls from overloaded ones. Which CPU
 * runs what is kept as one CPU mask per level, lowest first: level 0 is "no RT
 * task", level n holds the CPUs whose highest RT task has priority 100 - n.
 */
#include "machine/rt.h"

static u32 level_of(u32 prio)
{
	return MAX_RT_PRIO - prio;
}

void rt_update_level(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);
	u32 level = level_of(rt_highest_prio(&rq->rt));

	if (level == c->rt_level)
		return;
	cpumask_clear_cpu(rq->cpu, &m->rt_levels[c->rt_level]);
	cpumask_set_cpu(rq->cpu, &m->rt_levels[level]);
	c->rt_level = level;
}

static void update_overload(struct machine *m, struct rq *rq)
{
	rq->rt.overloaded = !list_empty(&rq_mcpu(rq)->pushable);
	if (rq->rt.overloaded)
		cpumask_set_cpu(rq->cpu, &m->rt_overload);
	else
		cpumask_clear_cpu(rq->cpu, &m->rt_overload);
}

/* By priority, first come first. */
void rt_pushable_add(struct machine *m, struct rq *rq, struct task_struct *p)
{
	struct list_head *head = &rq_mcpu(rq)->pushable, *at;

	list_del_init(&to_mtask(p)->pushable_node);
	for (at = head->prev; at != head; at = at->prev)
		if (list_entry(at, struct mtask, pushable_node)->t.prio <= p->prio)
			break;
	list_add(&to_mtask(p)->pushable_node, at);
	update_overload(m, rq);
}

void rt_pushable_del(struct machine *m, struct rq *rq, struct task_struct *p)
{
	list_del_init(&to_mtask(p)->pushable_node);
	update_overload(m, rq);
}

/* Of @usable, the CPU closest to where @p was. */
static u32 closest(struct machine *m, const struct task_struct *p, const cpumask_t *usable)
{
	const struct topology *t = m->topo;
	u32 home = task_cpu(p), cpu;

	if (cpumask_test_cpu(home, usable))
		return home;
	if (cpumask_test_cpu(m->this_cpu, usable) &&
	    t->cpus[home].llc == t->cpus[m->this_cpu].llc)
		return m->this_cpu;
	cpu = cpumask_first_and(usable, &t->core_masks[t->cpus[home].core]);
	if (cpu >= NR_CPUS)
		cpu = cpumask_first_and(usable, &t->llc_masks[t->cpus[home].llc]);
	if (cpu >= NR_CPUS)
		cpu = cpumask_first_and(usable, &t->node_masks[t->cpus[home].node]);
	return cpu < NR_CPUS ? cpu : cpumask_first(usable);
}

/* A CPU that runs something lower than @p, the lowest first; NR_CPUS: none. */
static u32 find_lowest(struct machine *m, const struct task_struct *p)
{
	cpumask_t usable;

	if (p->nr_cpus_allowed == 1)
		return NR_CPUS;
	for (u32 level = 0; level < level_of(p->prio); level++) {
		if (!cpumask_and(&usable, &m->rt_levels[level], p->cpus_ptr))
			continue;
		if (cpumask_and(&usable, &usable, &m->online))
			return closest(m, p, &usable);
	}
	return NR_CPUS;
}

static bool rt_task(const struct task_struct *p)
{
	return rt_prio(p->prio);
}

static bool movable(const struct task_struct *p)
{
	return p->nr_cpus_allowed > 1 && !is_migration_disabled(p);
}

/* Moves the first pushable task to a CPU that would run it; false: no more to do. */
static bool push_one(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);
	struct task_struct *p;
	u32 cpu;

	if (list_empty(&c->pushable))
		return false;
	p = &list_first_entry(&c->pushable, struct mtask, pushable_node)->t;
	if (p->prio < rq->curr->prio) {
		sched_resched_curr(m, rq);
		return false;
	}
	if (is_migration_disabled(p))
		return false;
	cpu = find_lowest(m, p);
	if (cpu >= NR_CPUS || cpu == (u32)rq->cpu)
		return false;
	sched_move_queued(m, rq, p, cpu);
	return true;
}

static void push_tasks(struct machine *m, struct rq *rq)
{
	while (push_one(m, rq))
		;
}

/* The best pushable task of @src that may come to @cpu and beats @prio. */
static struct task_struct *pullable(struct mcpu *src, u32 cpu, u32 prio)
{
	struct mtask *t;

	list_for_each_entry(t, &src->pushable, pushable_node) {
		struct task_struct *p = &t->t;

		if (p->prio >= (int)prio)
			return NULL;
		/* About to preempt at home: leave it. */
		if (p->prio < src->rq.curr->prio)
			continue;
		if (cpumask_test_cpu(cpu, p->cpus_ptr) && !is_migration_disabled(p))
			return p;
	}
	return NULL;
}

static void pull_tasks(struct machine *m, struct rq *rq)
{
	u32 cpu;

	if (!rq->online)
		return;
	for_each_cpu(cpu, &m->rt_overload) {
		struct mcpu *src = &m->cpus[cpu];
		struct task_struct *p;

		if (cpu == (u32)rq->cpu)
			continue;
		p = pullable(src, rq->cpu, rt_highest_prio(&rq->rt));
		if (p)
			sched_move_queued(m, &src->rq, p, rq->cpu);
	}
}

void rt_queue_push(struct machine *m, struct rq *rq)
{
	if (rq->rt.overloaded)
		sched_queue_balance_callback(m, rq, push_tasks);
}

void rt_queue_pull(struct machine *m, struct rq *rq)
{
	if (!cpumask_empty(&m->rt_overload))
		sched_queue_balance_callback(m, rq, pull_tasks);
}

/* Equal priority: if only the running one can go elsewhere, let it. */
void rt_preempt_equal(struct machine *m, struct rq *rq, struct task_struct *p)
{
	if (!movable(rq->curr) || find_lowest(m, rq->curr) >= NR_CPUS)
		return;
	if (p->nr_cpus_allowed != 1 && find_lowest(m, p) < NR_CPUS)
		return;
	rt_requeue(rq, p, true);
	sched_resched_curr(m, rq);
}

int rt_balance(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	/* An RT task goes to sleep, and nothing here is as high. */
	if (rt_task(prev) && !prev->rt.on_rq && (int)rt_highest_prio(&rq->rt) > prev->prio)
		pull_tasks(m, rq);
	return task_on_rq_queued(rq->stop) || rq->rt.rt_nr_running;
}

static bool curr_keeps_cpu(const struct task_struct *curr, const struct task_struct *p)
{
	return rt_task(curr) && (!movable(curr) || curr->prio <= p->prio);
}

int rt_select_task_rq(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	u32 cpu;

	if (!(flags & (WF_TTWU | WF_FORK)))
		return prev_cpu;
	if (!curr_keeps_cpu(sched_cpu_rq(m, prev_cpu)->curr, p) &&
	    cpumask_test_cpu(prev_cpu, p->cpus_ptr))
		return prev_cpu;
	cpu = find_lowest(m, p);
	return cpu < NR_CPUS ? (int)cpu : prev_cpu;
}

void rt_task_woken(struct machine *m, struct rq *rq, struct task_struct *p)
{
	if (!p->on_cpu && !sched_need_resched(rq->curr) && p->nr_cpus_allowed > 1 &&
	    curr_keeps_cpu(rq->curr, p))
		push_tasks(m, rq);
}
