/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The fair class: queueing, delayed dequeue, preemption. Virtual time is in
 * eevdf.c, averages in pelt.c, the choice of a CPU in fair_select.c, the
 * balancing between CPUs in fair_balance.c.
 *
 * Delayed dequeue: a task that goes to sleep while it has run more than its
 * share (negative lag) stays queued, marked sched_delayed, so that the lag wears
 * off while it competes. It leaves for good when it is picked, or is revived
 * when it wakes up before that.
 */
#include "machine/fair.h"

static struct cfs_rq *task_cfs(struct machine *m, struct task_struct *p)
{
	return &sched_task_rq(m, p)->cfs;
}

void fair_update_curr(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *curr = cfs->curr;
	bool renewed;
	s64 delta;

	if (!curr)
		return;
	delta = cfs->rq->clock_task - curr->exec_start;
	if (delta <= 0)
		return;
	curr->exec_start = cfs->rq->clock_task;
	curr->sum_exec_runtime += delta;
	curr->vruntime += fair_virtual(delta, curr);
	renewed = eevdf_renew_deadline(m, cfs, curr);
	if (cfs->nr_running == 1)
		return;
	/* Not protected any more (a shorter slice arrived), and no longer eligible. */
	if (renewed || (!eevdf_protected(curr) && !eevdf_eligible(cfs, curr)))
		sched_resched_curr(m, cfs->rq);
}

static void set_delayed(struct cfs_rq *cfs, struct sched_entity *se, bool delayed)
{
	int d = delayed ? 1 : -1;

	se->sched_delayed = delayed;
	cfs->h_nr_runnable -= d;
	cfs->h_nr_delayed += d;
}

/* Wakes up before its lag has worn off: compete again, without a credit. */
static void requeue_delayed(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	eevdf_update_lag(m, cfs, se);
	if (se->vlag > 0) {
		cfs->nr_running--;
		if (se != cfs->curr)
			eevdf_remove(cfs, se);
		se->vlag = 0;
		eevdf_place(m, cfs, se, 0);
		if (se != cfs->curr)
			eevdf_insert(cfs, se);
		cfs->nr_running++;
	}
	pelt_update(cfs, se, 0);
	set_delayed(cfs, se, false);
}

static void enqueue_entity(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
			   int flags)
{
	bool curr = cfs->curr == se;

	if (curr)
		eevdf_place(m, cfs, se, flags);
	fair_update_curr(m, cfs);
	pelt_update(cfs, se, PELT_ATTACH);
	if (!curr)
		eevdf_place(m, cfs, se, flags);
	cfs->load.weight += se->load.weight;
	cfs->nr_running++;
	if (flags & ENQUEUE_MIGRATED)
		se->exec_start = 0;
	if (!curr)
		eevdf_insert(cfs, se);
	se->on_rq = 1;
}

static void enqueue_task_fair(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (flags & ENQUEUE_DELAYED) {
		requeue_delayed(m, cfs, se);
		return;
	}
	enqueue_entity(m, cfs, se, flags);
	/* A delayed task that is moved or changed stays delayed. */
	cfs->h_nr_queued++;
	if (se->sched_delayed)
		cfs->h_nr_delayed++;
	else
		cfs->h_nr_runnable++;
	cfs->idle_h_nr_running += p->policy == SCHED_IDLE;
	list_add(&se->group_node, &rq_mcpu(rq)->cfs_tasks);
	sched_add_nr_running(rq, 1);
}

/* false: the entity stays, delayed. */
static bool dequeue_entity(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
			   int flags)
{
	bool sleep = flags & DEQUEUE_SLEEP;
	u32 pelt = task_on_rq_migrating(se_task(se)) ? PELT_DETACH : 0;

	fair_update_curr(m, cfs);
	if (sleep && !(flags & (DEQUEUE_DELAYED | DEQUEUE_SPECIAL)) && !eevdf_eligible(cfs, se)) {
		pelt_update(cfs, se, 0);
		set_delayed(cfs, se, true);
		return false;
	}
	pelt_update(cfs, se, pelt);
	eevdf_update_lag(m, cfs, se);
	if (!sleep) {
		se->deadline -= se->vruntime;
		se->rel_deadline = 1;
	}
	if (se != cfs->curr)
		eevdf_remove(cfs, se);
	se->on_rq = 0;
	cfs->load.weight -= se->load.weight;
	cfs->nr_running--;
	return true;
}

static bool dequeue_task_fair(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (!dequeue_entity(m, cfs, se, flags))
		return false;
	cfs->h_nr_queued--;
	if (se->sched_delayed)
		cfs->h_nr_delayed--;
	else
		cfs->h_nr_runnable--;
	cfs->idle_h_nr_running -= p->policy == SCHED_IDLE;
	list_del_init(&se->group_node);
	sched_sub_nr_running(rq, 1);
	if (flags & DEQUEUE_DELAYED) {
		/* What block_prev() left undone when the dequeue was delayed. */
		se->sched_delayed = 0;
		se->vlag = min(se->vlag, (s64)0);
		sched_block_task(rq, p);
	}
	return true;
}

static struct task_struct *pick_task_fair(struct machine *m, struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se;

	while (cfs->nr_running) {
		if (cfs->curr && cfs->curr->on_rq)
			fair_update_curr(m, cfs);
		se = eevdf_pick(cfs);
		if (!se->sched_delayed)
			return se_task(se);
		dequeue_task_fair(m, rq, se_task(se), DEQUEUE_SLEEP | DEQUEUE_DELAYED);
	}
	return NULL;
}

static void put_prev_task_fair(struct machine *m, struct rq *rq, struct task_struct *p,
			       struct task_struct *next)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (se->on_rq) {
		fair_update_curr(m, cfs);
		eevdf_insert(cfs, se);
		pelt_update(cfs, se, 0);
	}
	cfs->curr = NULL;
}

static void set_next_task_fair(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (se->on_rq) {
		eevdf_remove(cfs, se);
		pelt_update(cfs, se, 0);
		eevdf_protect(se);
		list_del_init(&se->group_node);
		list_add(&se->group_node, &rq_mcpu(rq)->cfs_tasks);
	}
	se->exec_start = rq->clock_task;
	cfs->curr = se;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
}

static void task_tick_fair(struct machine *m, struct rq *rq, struct task_struct *p)
{
	fair_update_curr(m, &rq->cfs);
	pelt_update(&rq->cfs, &p->se, 0);
}

/* May @se preempt a running entity with a longer slice before that slice ends? */
static bool short_preempts(struct cfs_rq *cfs, struct sched_entity *se, struct sched_entity *curr)
{
	if (se->slice >= curr->slice || !eevdf_eligible(cfs, se))
		return false;
	return eevdf_before(se, curr) || !eevdf_eligible(cfs, curr);
}

static void wakeup_preempt_fair(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct task_struct *curr = rq->curr;
	struct cfs_rq *cfs = &rq->cfs;
	bool idle = p->policy == SCHED_IDLE, curr_idle = curr->policy == SCHED_IDLE;

	if (curr == p || sched_need_resched(curr))
		return;
	if (curr_idle && !idle) {
		eevdf_unprotect(&curr->se);
		sched_resched_curr(m, rq);
		return;
	}
	if (curr_idle != idle || p->policy != SCHED_NORMAL)
		return;
	fair_update_curr(m, cfs);
	if (short_preempts(cfs, &p->se, &curr->se))
		eevdf_unprotect(&curr->se);
	if (eevdf_pick(cfs) == &p->se)
		sched_resched_curr(m, rq);
}

static void yield_task_fair(struct machine *m, struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &rq->curr->se;

	if (rq->nr_running == 1)
		return;
	sched_update_rq_clock(m, rq);
	fair_update_curr(m, cfs);
	/* Gives up the rest of its request. */
	if (eevdf_eligible(cfs, se)) {
		se->vruntime = se->deadline;
		eevdf_renew_deadline(m, cfs, se);
	}
}

static void reweight_task_fair(struct machine *m, struct rq *rq, struct task_struct *p,
			       const struct load_weight *lw)
{
	struct cfs_rq *cfs = task_cfs(m, p);
	struct sched_entity *se = &p->se;
	bool attached = se->avg.last_update_time;

	if (se->on_rq) {
		u64 avg;

		fair_update_curr(m, cfs);
		avg = eevdf_avg_vruntime(cfs);
		if (cfs->curr != se)
			eevdf_remove(cfs, se);
		cfs->load.weight -= se->load.weight;
		eevdf_reweight(m, se, avg, lw->weight);
	} else {
		se->vlag = se->vlag * (s64)se->load.weight / (s64)lw->weight;
	}
	if (attached)
		pelt_reweight_begin(cfs, se);
	else
		se->avg.load_avg = se->avg.load_avg * lw->weight / se->load.weight;
	se->load = *lw;
	if (attached)
		pelt_reweight_end(cfs, se);
	if (se->on_rq) {
		cfs->load.weight += se->load.weight;
		if (cfs->curr != se)
			eevdf_insert(cfs, se);
	}
}

static void prio_changed_fair(struct machine *m, struct rq *rq, struct task_struct *p, int oldprio)
{
	if (!task_on_rq_queued(p) || rq->cfs.nr_running == 1)
		return;
	if (!task_current(rq, p))
		sched_wakeup_preempt(m, rq, p, 0);
	else if (p->prio > oldprio)
		sched_resched_curr(m, rq);
}

static void switched_from_fair(struct machine *m, struct rq *rq, struct task_struct *p)
{
	pelt_remove(&rq->cfs, &p->se);
}

static void switched_to_fair(struct machine *m, struct rq *rq, struct task_struct *p)
{
	pelt_update(&rq->cfs, &p->se, PELT_ATTACH);
	if (!task_on_rq_queued(p))
		return;
	if (task_current(rq, p))
		sched_resched_curr(m, rq);
	else
		sched_wakeup_preempt(m, rq, p, 0);
}

static void migrate_task_rq_fair(struct machine *m, struct task_struct *p, int new_cpu)
{
	struct rq *rq = sched_task_rq(m, p);

	/* A queued task has been detached by its dequeue. */
	if (!task_on_rq_migrating(p)) {
		sched_update_rq_clock(m, rq);
		pelt_remove(&rq->cfs, &p->se);
	}
	p->se.avg.last_update_time = 0;
}

static void task_dead_fair(struct machine *m, struct task_struct *p)
{
	struct rq *rq = sched_task_rq(m, p);

	sched_update_rq_clock(m, rq);
	pelt_remove(&rq->cfs, &p->se);
}

static int balance_fair(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	return rq->cfs.nr_running || fair_newidle_balance(m, rq) != 0;
}

static void update_curr_fair(struct machine *m, struct rq *rq)
{
	fair_update_curr(m, &rq->cfs);
}

void fair_init_rq(struct machine *m, struct mcpu *c)
{
	struct cfs_rq *cfs = &c->rq.cfs;

	cfs->rq = &c->rq;
	cfs->tg = &m->root_group.tg;
	cfs->zero_vruntime = -(1ULL << 20); /* wraps soon, as in Linux: bugs show early */
	INIT_LIST_HEAD(&c->cfs_tasks);
}

/* Before its first run a task counts as fully loading, of unknown utilisation. */
void fair_init_task(struct machine *m, struct task_struct *p)
{
	p->se.avg = (struct sched_avg){ .load_avg = se_weight(&p->se) };
	p->se.slice = m->base_slice;
}

/* A new task's utilisation: its share of the queue's, at most half of what is free. */
void fair_init_new_util(struct machine *m, struct task_struct *p)
{
	struct rq *rq = sched_task_rq(m, p);
	struct cfs_rq *cfs = &rq->cfs;
	s64 cap = ((s64)rq->cpu_capacity - (s64)cfs->avg.util_avg) / 2;
	struct sched_avg *a = &p->se.avg;

	a->load_avg = se_weight(&p->se);
	if (cap > 0) {
		a->util_avg = cap;
		if (cfs->avg.util_avg)
			a->util_avg = min((u64)cap, cfs->avg.util_avg * se_weight(&p->se) /
							    (cfs->avg.load_avg + 1));
	}
	a->runnable_avg = a->util_avg;
}

const struct sched_class sched_class_fair = {
	.name = "fair",
	.rank = CLASS_FAIR,
	.enqueue_task = enqueue_task_fair,
	.dequeue_task = dequeue_task_fair,
	.yield_task = yield_task_fair,
	.wakeup_preempt = wakeup_preempt_fair,
	.balance = balance_fair,
	.pick_task = pick_task_fair,
	.put_prev_task = put_prev_task_fair,
	.set_next_task = set_next_task_fair,
	.select_task_rq = fair_select_task_rq,
	.migrate_task_rq = migrate_task_rq_fair,
	.task_tick = task_tick_fair,
	.task_dead = task_dead_fair,
	.switched_from = switched_from_fair,
	.switched_to = switched_to_fair,
	.reweight_task = reweight_task_fair,
	.prio_changed = prio_changed_fair,
	.update_curr = update_curr_fair,
};
