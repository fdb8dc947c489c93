/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Core scheduling: tasks whose cookies differ never run on the CPUs of one core at a
 * time. Whoever of them schedules picks for all: the most urgent task of the core
 * decides the cookie, each CPU gets its best task with that cookie, or is forced to
 * idle, and is told to take it. Requirements, as in Linux:
 *
 *  1. a pick holds until a task of the core comes or goes (task_seq), then it is void;
 *  2. a CPU that finds a valid pick made for it takes that, and picks nothing itself;
 *  3. priorities of one class compare across CPUs: prio_less(), and for sched_ext
 *     ops.core_sched_before or the order of arrival.
 *
 * What is left out: a forced-idle CPU does not look for tasks with the core's cookie
 * elsewhere, and forced idle time is not accounted for.
 */
#include "machine/fair.h"
#include "machine/rt.h"

static struct core_sched *core_of(struct machine *m, const struct rq *rq)
{
	return &m->cores[m->topo->cpus[rq->cpu].core];
}

static const cpumask_t *siblings(const struct machine *m, const struct rq *rq)
{
	return &m->topo->core_masks[m->topo->cpus[rq->cpu].core];
}

bool sched_core_enabled(const struct machine *m)
{
	return m->nr_cookies;
}

bool core_sched_forced_idle(struct machine *m, const struct rq *rq)
{
	return m->nr_cookies && core_of(m, rq)->forced_idle;
}

/* ---- which tasks are there ---- */

void core_sched_enqueued(struct machine *m, struct rq *rq, struct task_struct *p)
{
	core_of(m, rq)->task_seq++;
	if (p->core_cookie && !p->se.sched_delayed && list_empty(&to_mtask(p)->core_node))
		list_add_tail(&to_mtask(p)->core_node, &rq_mcpu(rq)->cookied);
}

void core_sched_dequeued(struct machine *m, struct rq *rq, struct task_struct *p)
{
	core_of(m, rq)->task_seq++;
	list_del_init(&to_mtask(p)->core_node);
}

/* Before the first cookie: what was picked under earlier ones is void. */
static void enable(struct machine *m)
{
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		m->cpus[cpu].core_pick = NULL;
	for (u32 i = 0; i < m->topo->nr_cores; i++)
		m->cores[i].forced_idle = false;
}

/* After the last one: nobody has to idle any more. */
static void disable(struct machine *m)
{
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		if (m->cpus[cpu].rq.online)
			sched_resched_cpu(m, cpu);
}

static void change_cookie(struct machine *m, struct task_struct *p, unsigned long cookie)
{
	if (cookie && !p->core_cookie && !m->nr_cookies++)
		enable(m);
	if (!cookie && p->core_cookie && !--m->nr_cookies)
		disable(m);
	p->core_cookie = cookie;
}

void core_sched_fork(struct machine *m, struct task_struct *p)
{
	change_cookie(m, p, p->real_parent->core_cookie);
}

void core_sched_task_dead(struct machine *m, struct task_struct *p)
{
	change_cookie(m, p, 0);
}

void task_set_core_cookie(struct machine *m, struct task_struct *p, unsigned long cookie)
{
	struct rq *rq = sched_task_rq(m, p);
	struct sched_change c;

	if (p->core_cookie == cookie || p->__state & TASK_DEAD)
		return;
	sched_change_begin(m, p, DEQUEUE_SAVE, &c);
	change_cookie(m, p, cookie);
	sched_change_end(&c);
	if (rq->online)
		sched_resched_curr(m, rq);
	sched_run_balance_callbacks(m, rq);
}

/* ---- which is more urgent ---- */

static int prio_of(const struct task_struct *p)
{
	switch (p->sched_class->rank) {
	case CLASS_STOP:
		return -2;
	case CLASS_RT:
		return p->prio;
	case CLASS_FAIR:
		return MAX_RT_PRIO + 19;
	case CLASS_EXT:
		return MAX_RT_PRIO + 20;
	default:
		return MAX_RT_PRIO + 40; /* idle */
	}
}

/*
 * Each runqueue has a fair clock of its own: what counts is how far a task has come
 * since somebody on the core had to idle.
 */
static s64 fair_progress(struct machine *m, const struct task_struct *p)
{
	const struct sched_entity *se = &p->se;

	while (se->parent)
		se = se->parent;
	return (s64)(se->vruntime - rq_mcpu(sched_task_rq(m, p))->fi_vruntime);
}

static bool prio_less(struct machine *m, struct task_struct *a, struct task_struct *b)
{
	int pa = prio_of(a), pb = prio_of(b);

	if (pa != pb)
		return pa > pb;
	if (a->sched_class->rank == CLASS_FAIR)
		return fair_progress(m, a) > fair_progress(m, b);
	if (a->sched_class->rank == CLASS_EXT && m->ext.prio_less)
		return m->ext.prio_less(m->ext.priv, a, b);
	return false;
}

/* ---- picking ---- */

static struct task_struct *pick_alone(struct machine *m, struct rq *rq, bool scx)
{
	const struct sched_class *class;
	struct task_struct *p;

	for_each_class(m, class) {
		if (class->rank == CLASS_EXT && !scx)
			continue;
		p = class->pick_task(m, rq);
		if (p)
			return p;
	}
	return rq->idle;
}

static struct task_struct *idle_of(struct machine *m, struct rq *rq)
{
	return sched_class_idle.pick_task(m, rq);
}

static bool is_throttled(const struct task_struct *p)
{
	return p->sched_class->rank == CLASS_FAIR && p->se.cfs_rq->throttle_count;
}

/* The most urgent queued task of @rq with that cookie, or its idle task. */
static struct task_struct *pick_with(struct machine *m, struct rq *rq, unsigned long cookie)
{
	struct task_struct *best = NULL;
	struct mtask *t;

	list_for_each_entry(t, &rq_mcpu(rq)->cookied, core_node)
		if (t->t.core_cookie == cookie && !is_throttled(&t->t) && (!best || prio_less(m, best, &t->t)))
			best = &t->t;
	return best ?: idle_of(m, rq);
}

/* Every online CPU of @rq's core gets its own best; which is the most urgent of them? */
static struct task_struct *pick_apart(struct machine *m, struct rq *rq, bool scx)
{
	bool forced_idle = core_of(m, rq)->forced_idle;
	struct task_struct *max = NULL;
	u32 cpu;

	for_each_cpu(cpu, siblings(m, rq)) {
		struct mcpu *c = &m->cpus[cpu];

		c->core_pick = NULL;
		if (!c->rq.online && &c->rq != rq)
			continue;
		if (&c->rq != rq)
			sched_update_rq_clock(m, &c->rq);
		if (!forced_idle)
			c->fi_vruntime = c->rq.cfs.zero_vruntime;
		c->core_pick = pick_alone(m, &c->rq, scx);
		if (!max || prio_less(m, max, c->core_pick))
			max = c->core_pick;
	}
	return max;
}

/* Fills core_pick of every CPU of @rq's core that is online. */
static void pick_for_core(struct machine *m, struct rq *rq, bool scx)
{
	unsigned long cookie = pick_apart(m, rq, scx)->core_cookie;
	struct core_sched *core = core_of(m, rq);
	u32 cpu;

	core->forced_idle = false;
	for_each_cpu(cpu, siblings(m, rq)) {
		struct mcpu *c = &m->cpus[cpu];

		if (!c->core_pick)
			continue;
		if (c->core_pick->core_cookie != cookie)
			c->core_pick = cookie ? pick_with(m, &c->rq, cookie) : idle_of(m, &c->rq);
		core->forced_idle |= is_idle_task(c->core_pick) && c->rq.nr_running;
	}
}

/* The others take what was picked for them; those that have it already stay. */
static void tell_siblings(struct machine *m, struct rq *rq)
{
	u32 cpu;

	for_each_cpu(cpu, siblings(m, rq)) {
		struct mcpu *c = &m->cpus[cpu];

		if (&c->rq == rq || !c->core_pick)
			continue;
		if (c->rq.curr == c->core_pick)
			c->core_pick = NULL;
		else
			sched_resched_curr(m, &c->rq);
	}
}

struct task_struct *core_sched_pick(struct machine *m, struct rq *rq, struct task_struct *prev,
				    bool scx)
{
	struct core_sched *core = core_of(m, rq);
	struct mcpu *c = rq_mcpu(rq);
	struct task_struct *next;

	if (core->pick_seq == core->task_seq && c->core_pick) {
		next = c->core_pick;
	} else {
		sched_balance_from(m, rq, prev, scx);
		core->task_seq++;
		pick_for_core(m, rq, scx);
		core->pick_seq = core->task_seq;
		next = c->core_pick;
		tell_siblings(m, rq);
	}
	c->core_pick = NULL;
	sched_put_prev_set_next(m, rq, prev, next);
	return next;
}

/* A CPU alone with its task has nobody to give way to, but the forced-idle one waits for it. */
void core_sched_tick(struct machine *m, struct rq *rq)
{
	const struct task_struct *curr = rq->curr;
	u64 ran;

	if (!core_of(m, rq)->forced_idle || curr->sched_class->rank != CLASS_FAIR ||
	    rq->cfs.h_nr_queued != 1)
		return;
	ran = curr->se.sum_exec_runtime - curr->se.prev_sum_exec_runtime;
	if (ran >= curr->se.slice / 2)
		sched_resched_curr(m, rq);
}

/* ---- for tests ---- */

void core_sched_check(struct machine *m)
{
	u32 nr = 0;
	struct task_struct *p;

	list_for_each_entry(p, &m->tasks, tasks) {
		nr += p->core_cookie != 0;
		BUG_ON(!list_empty(&to_mtask(p)->core_node) &&
		       (!p->core_cookie || !task_on_rq_queued(p) || p->se.sched_delayed));
		BUG_ON(m->nr_cookies && p->core_cookie && task_on_rq_queued(p) &&
		       !p->se.sched_delayed && list_empty(&to_mtask(p)->core_node));
	}
	BUG_ON(nr != m->nr_cookies);
}
