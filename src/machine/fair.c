/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The fair class: queueing, delayed dequeue, preemption. Virtual time is in
 * eevdf.c and cfs.c, averages in pelt.c, the choice of a CPU in fair_select.c,
 * the balancing between CPUs in fair_balance.c.
 *
 * Delayed dequeue: a task that goes to sleep while it has run more than its
 * share (negative lag) stays queued, marked sched_delayed, so that the lag wears
 * off while it competes. It leaves for good when it is picked, or is revived
 * when it wakes up before that.
 */
#include "machine/fair.h"

void fair_update_curr(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *curr = cfs->curr;
	bool resched;
	s64 delta;

	if (!curr)
		return;
	delta = cfs->rq->clock_task - curr->exec_start;
	if (delta <= 0)
		return;
	curr->exec_start = cfs->rq->clock_task;
	curr->sum_exec_runtime += delta;
	curr->vruntime += fair_virtual(delta, curr);
	resched = m->fair->ran(m, cfs, curr);
	if (!curr->my_q && rq_mcpu(cfs->rq)->server.active)
		fair_server_update(m, rq_mcpu(cfs->rq), delta);
	if (cfs->runtime_enabled)
		fair_account_runtime(m, cfs, delta);
	if (resched && cfs->nr_running != 1) {
		sched_resched_curr(m, cfs->rq);
		fair_clear_buddies(curr);
	}
}

/* ---- counting tasks, level by level ---- */

/* What an operation adds to, or takes from, the counts of each level. */
struct fair_counts {
	u32 queued, runnable, delayed, idle;
};

static struct fair_counts counts_of_task(const struct task_struct *p, bool delayed)
{
	return (struct fair_counts){ 1, !delayed, delayed, p->policy == SCHED_IDLE };
}

static struct fair_counts counts_of_queue(const struct cfs_rq *cfs)
{
	return (struct fair_counts){ cfs->h_nr_queued, cfs->h_nr_runnable, cfs->h_nr_delayed,
				     cfs->idle_h_nr_running };
}

static void add_counts(struct cfs_rq *cfs, const struct fair_counts *n)
{
	cfs->h_nr_queued += n->queued;
	cfs->h_nr_runnable += n->runnable;
	cfs->h_nr_delayed += n->delayed;
	cfs->idle_h_nr_running += n->idle;
}

static void sub_counts(struct cfs_rq *cfs, const struct fair_counts *n)
{
	cfs->h_nr_queued -= n->queued;
	cfs->h_nr_runnable -= n->runnable;
	cfs->h_nr_delayed -= n->delayed;
	cfs->idle_h_nr_running -= n->idle;
}

/* A delayed group has no tasks that could be counted. */
static void set_delayed(struct sched_entity *se, bool delayed)
{
	int d = delayed ? 1 : -1;

	se->sched_delayed = delayed;
	if (se->my_q)
		return;
	for (; se; se = se->parent) {
		se->cfs_rq->h_nr_runnable -= d;
		se->cfs_rq->h_nr_delayed += d;
		if (se->cfs_rq->throttled)
			break;
	}
}

/* ---- one entity on its queue ---- */

static void insert(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	if (m->fair->by_vruntime)
		se->deadline = se->vruntime;
	eevdf_insert(cfs, se);
}

void fair_clear_buddies(struct sched_entity *se)
{
	for (; se && se->cfs_rq->next == se; se = se->parent)
		se->cfs_rq->next = NULL;
}

/* Wakes up before its lag has worn off: compete again, without a credit. */
static void requeue_delayed(struct machine *m, struct sched_entity *se)
{
	struct cfs_rq *cfs = se->cfs_rq;

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
	set_delayed(se, false);
}

static void update_runnable(struct sched_entity *se)
{
	if (se->my_q)
		se->runnable_weight = se->my_q->h_nr_runnable;
}

static void enqueue_entity(struct machine *m, struct sched_entity *se, int flags)
{
	struct cfs_rq *cfs = se->cfs_rq;
	bool curr = cfs->curr == se;

	if (curr)
		m->fair->place(m, cfs, se, flags);
	fair_update_curr(m, cfs);
	pelt_update(cfs, se, PELT_ATTACH);
	update_runnable(se);
	fair_update_shares(m, se);
	if (!curr)
		m->fair->place(m, cfs, se, flags);
	cfs->load.weight += se->load.weight;
	cfs->nr_running++;
	if (!se->my_q)
		list_add(&se->group_node, &rq_mcpu(cfs->rq)->cfs_tasks);
	if (flags & ENQUEUE_MIGRATED)
		se->exec_start = 0;
	if (!curr)
		insert(m, cfs, se);
	se->on_rq = 1;
	if (cfs->nr_running == 1) {
		fair_throttle_on_enqueue(m, cfs);
		fair_leaf_add(cfs);
	}
}

static void finish_delayed(struct sched_entity *se)
{
	set_delayed(se, false);
	se->vlag = min(se->vlag, (s64)0);
}

/* false: the entity stays, delayed. */
static bool dequeue_entity(struct machine *m, struct sched_entity *se, int flags)
{
	struct cfs_rq *cfs = se->cfs_rq;
	bool sleep = flags & DEQUEUE_SLEEP;
	u32 pelt = !se->my_q && task_on_rq_migrating(se_task(se)) ? PELT_DETACH : 0;

	fair_update_curr(m, cfs);
	fair_clear_buddies(se);
	if (sleep && !(flags & (DEQUEUE_DELAYED | DEQUEUE_SPECIAL)) && m->fair->delays(cfs, se)) {
		pelt_update(cfs, se, 0);
		set_delayed(se, true);
		return false;
	}
	pelt_update(cfs, se, pelt);
	update_runnable(se);
	m->fair->leave(m, cfs, se, flags);
	if (se != cfs->curr)
		eevdf_remove(cfs, se);
	se->on_rq = 0;
	cfs->load.weight -= se->load.weight;
	if (!se->my_q)
		list_del_init(&se->group_node);
	cfs->nr_running--;
	if (!cfs->nr_running)
		fair_return_runtime(m, cfs);
	fair_update_shares(m, se);
	m->fair->left(m, cfs, se, flags);
	if (flags & DEQUEUE_DELAYED)
		finish_delayed(se);
	return true;
}

/* What changed below changes the weight and the slice of a group that stays queued. */
static void refresh_group(struct machine *m, struct sched_entity *se, u64 slice)
{
	struct cfs_rq *cfs = se->cfs_rq;

	pelt_update(cfs, se, 0);
	update_runnable(se);
	fair_update_shares(m, se);
	se->slice = slice;
	if (se != cfs->curr)
		eevdf_slice_changed(se);
}

/* ---- tasks, on all levels ---- */

/* The CPU has tasks for the fair class, and had none. */
static void first_task(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);

	if (!rq->nr_running && is_idle_task(rq->curr))
		fair_server_update_idle(c);
	fair_server_start(m, c);
}

static void enqueue_task_fair(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct sched_entity *se = &p->se;
	struct fair_counts n;
	u64 slice = 0;

	if (flags & ENQUEUE_DELAYED) {
		requeue_delayed(m, se);
		return;
	}
	/* A delayed task that is moved or changed stays delayed. */
	n = counts_of_task(p, se->sched_delayed);
	for (; se && !se->on_rq; se = se->parent) {
		/* A group is as urgent as the most urgent of what it holds. */
		if (slice) {
			se->slice = slice;
			se->custom_slice = 1;
		}
		enqueue_entity(m, se, flags);
		slice = eevdf_min_slice(se->cfs_rq);
		add_counts(se->cfs_rq, &n);
		if (se->cfs_rq->throttled)
			return;
		flags = ENQUEUE_WAKEUP;
	}
	if (se && se->sched_delayed)
		requeue_delayed(m, se);
	for (; se; se = se->parent) {
		refresh_group(m, se, slice);
		slice = eevdf_min_slice(se->cfs_rq);
		add_counts(se->cfs_rq, &n);
		if (se->cfs_rq->throttled)
			return;
	}
	if (rq->cfs.h_nr_queued == n.queued)
		first_task(m, rq);
	sched_add_nr_running(rq, 1);
}

/* The group that a task left for a short sleep should go on, if it is its turn at all. */
static void set_next_buddy(struct sched_entity *se)
{
	for (; se && se->on_rq; se = se->parent)
		se->cfs_rq->next = se;
}

/*
 * Takes @se off, and groups that become empty by that; any of them may stay
 * delayed. false: @se itself did.
 */
static bool dequeue_entities(struct machine *m, struct rq *rq, struct sched_entity *se, int flags)
{
	struct sched_entity *first = se;
	bool sleep = flags & DEQUEUE_SLEEP;
	struct fair_counts n = {};
	u64 slice = 0;

	if (!se->my_q)
		n = counts_of_task(se_task(se), se->sched_delayed && !(flags & DEQUEUE_DELAYED));
	for (; se; se = se->parent) {
		struct cfs_rq *cfs = se->cfs_rq;

		if (!dequeue_entity(m, se, flags)) {
			if (se == first)
				return false;
			slice = eevdf_min_slice(cfs);
			break;
		}
		sub_counts(cfs, &n);
		if (cfs->throttled)
			return true;
		if (cfs->load.weight) {
			slice = eevdf_min_slice(cfs);
			se = se->parent;
			if (sleep && se && !cfs->throttle_count)
				set_next_buddy(se);
			break;
		}
		flags |= DEQUEUE_SLEEP;
		flags &= ~(DEQUEUE_DELAYED | DEQUEUE_SPECIAL);
	}
	for (; se; se = se->parent) {
		refresh_group(m, se, slice);
		slice = eevdf_min_slice(se->cfs_rq);
		sub_counts(se->cfs_rq, &n);
		if (se->cfs_rq->throttled)
			return true;
	}
	sched_sub_nr_running(rq, n.queued);
	return true;
}

static bool dequeue_task_fair(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (!dequeue_entities(m, rq, &p->se, flags))
		return false;
	/* What block_prev() left undone when the dequeue was delayed. */
	if (flags & DEQUEUE_DELAYED)
		sched_block_task(rq, p);
	return true;
}

void fair_drop_delayed_group(struct machine *m, struct sched_entity *se)
{
	dequeue_entities(m, se->cfs_rq->rq, se, DEQUEUE_SLEEP | DEQUEUE_DELAYED);
}

/* NULL: what was picked was a delayed entity, which is gone now. */
static struct sched_entity *pick_entity(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *se = m->fair->pick(m, cfs);

	if (!se->sched_delayed)
		return se;
	if (se->my_q)
		fair_drop_delayed_group(m, se);
	else
		dequeue_task_fair(m, cfs->rq, se_task(se), DEQUEUE_SLEEP | DEQUEUE_DELAYED);
	return NULL;
}

static struct task_struct *pick_task_fair(struct machine *m, struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se;

	while (cfs->nr_running) {
		if (cfs->curr && cfs->curr->on_rq)
			fair_update_curr(m, cfs);
		se = fair_throttle_on_pick(m, cfs) ? NULL : pick_entity(m, cfs);
		if (!se)
			cfs = &rq->cfs;
		else if (!se->my_q)
			return se_task(se);
		else
			cfs = se->my_q;
	}
	return NULL;
}

static void put_prev_entity(struct machine *m, struct sched_entity *se)
{
	struct cfs_rq *cfs = se->cfs_rq;

	if (se->on_rq)
		fair_update_curr(m, cfs);
	fair_throttle_on_pick(m, cfs);
	if (se->on_rq) {
		insert(m, cfs, se);
		pelt_update(cfs, se, 0);
	}
	cfs->curr = NULL;
}

static void set_next_entity(struct machine *m, struct sched_entity *se)
{
	struct cfs_rq *cfs = se->cfs_rq;

	fair_clear_buddies(se);
	if (se->on_rq) {
		eevdf_remove(cfs, se);
		pelt_update(cfs, se, 0);
		m->fair->set_next(se);
	}
	se->exec_start = cfs->rq->clock_task;
	cfs->curr = se;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
}

static void put_prev_task_fair(struct machine *m, struct rq *rq, struct task_struct *p,
			       struct task_struct *next)
{
	for (struct sched_entity *se = &p->se; se; se = se->parent)
		put_prev_entity(m, se);
}

/* The least recently run tasks are at the end, where the balancer takes from. */
static void move_to_front(struct rq *rq, struct task_struct *p)
{
	if (!task_on_rq_queued(p))
		return;
	list_del_init(&p->se.group_node);
	list_add(&p->se.group_node, &rq_mcpu(rq)->cfs_tasks);
}

static void set_next_task_fair(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	for (struct sched_entity *se = &p->se; se; se = se->parent) {
		set_next_entity(m, se);
		if (se->cfs_rq->runtime_enabled)
			fair_account_runtime(m, se->cfs_rq, 0);
	}
	move_to_front(rq, p);
}

/* From one fair task to another: groups that both are in just go on running. */
void fair_put_prev_set_next(struct machine *m, struct rq *rq, struct task_struct *prev,
			    struct task_struct *next)
{
	struct sched_entity *put = &prev->se, *set = &next->se;

	while (put->cfs_rq != set->cfs_rq) {
		int put_depth = put->depth, set_depth = set->depth;

		if (set_depth <= put_depth) {
			put_prev_entity(m, put);
			put = put->parent;
		}
		if (set_depth >= put_depth) {
			set_next_entity(m, set);
			set = set->parent;
		}
	}
	put_prev_entity(m, put);
	set_next_entity(m, set);
	move_to_front(rq, next);
}

static void task_tick_fair(struct machine *m, struct rq *rq, struct task_struct *p)
{
	for (struct sched_entity *se = &p->se; se; se = se->parent) {
		fair_update_curr(m, se->cfs_rq);
		pelt_update(se->cfs_rq, se, 0);
		fair_update_shares(m, se);
		m->fair->tick(m, se->cfs_rq, se);
	}
}

/* ---- throttling: a group leaves the queues above it, and comes back ---- */

void fair_dequeue_throttled(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *se = fair_tg_se(cfs->tg, cfs->rq->cpu);
	struct fair_counts n = counts_of_queue(cfs);

	for (; se; se = se->parent) {
		int flags = DEQUEUE_SLEEP | DEQUEUE_SPECIAL;

		if (!se->on_rq)
			return;
		if (se->sched_delayed)
			flags |= DEQUEUE_DELAYED;
		dequeue_entity(m, se, flags);
		sub_counts(se->cfs_rq, &n);
		if (se->cfs_rq->load.weight) {
			se = se->parent;
			break;
		}
	}
	for (; se; se = se->parent) {
		if (!se->on_rq)
			return;
		pelt_update(se->cfs_rq, se, 0);
		update_runnable(se);
		sub_counts(se->cfs_rq, &n);
	}
	sched_sub_nr_running(cfs->rq, n.queued);
}

void fair_enqueue_unthrottled(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *se = fair_tg_se(cfs->tg, cfs->rq->cpu);
	struct fair_counts n = counts_of_queue(cfs);

	for (; se; se = se->parent) {
		if (se->sched_delayed)
			dequeue_entity(m, se, DEQUEUE_SLEEP | DEQUEUE_DELAYED);
		else if (se->on_rq)
			break;
		enqueue_entity(m, se, ENQUEUE_WAKEUP);
		add_counts(se->cfs_rq, &n);
		if (se->cfs_rq->throttled)
			return;
	}
	for (; se; se = se->parent) {
		pelt_update(se->cfs_rq, se, 0);
		update_runnable(se);
		add_counts(se->cfs_rq, &n);
		if (se->cfs_rq->throttled)
			return;
	}
	if (cfs->rq->cfs.h_nr_queued == n.queued)
		fair_server_start(m, rq_mcpu(cfs->rq));
	sched_add_nr_running(cfs->rq, n.queued);
}

/* ---- preemption ---- */

/* Up to where both are on one queue: there they compete. */
static void find_competitors(struct sched_entity **a, struct sched_entity **b)
{
	while ((*a)->depth > (*b)->depth)
		*a = (*a)->parent;
	while ((*b)->depth > (*a)->depth)
		*b = (*b)->parent;
	while ((*a)->cfs_rq != (*b)->cfs_rq) {
		*a = (*a)->parent;
		*b = (*b)->parent;
	}
}

static void wakeup_preempt_fair(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct sched_entity *curr = &rq->curr->se, *se = &p->se;
	struct cfs_rq *cfs;
	bool curr_idle, idle;

	if (curr == se || se->cfs_rq->throttle_count || sched_need_resched(rq->curr))
		return;
	find_competitors(&curr, &se);
	curr_idle = fair_is_idle_entity(curr);
	idle = fair_is_idle_entity(se);
	if (curr_idle && !idle) {
		eevdf_unprotect(curr);
		sched_resched_curr(m, rq);
		return;
	}
	if (curr_idle != idle || p->policy != SCHED_NORMAL)
		return;
	cfs = se->cfs_rq;
	fair_update_curr(m, cfs);
	if (m->fair->preempts(m, cfs, se, curr))
		sched_resched_curr(m, rq);
}

static void yield_task_fair(struct machine *m, struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	struct cfs_rq *cfs = se->cfs_rq;

	if (rq->nr_running == 1)
		return;
	fair_clear_buddies(se);
	sched_update_rq_clock(m, rq);
	fair_update_curr(m, cfs);
	m->fair->yield(m, cfs, se);
}

void fair_reweight(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
		   const struct load_weight *lw)
{
	bool attached = se->avg.last_update_time;

	if (se->on_rq) {
		u64 avg;

		fair_update_curr(m, cfs);
		avg = eevdf_avg_vruntime(cfs);
		if (cfs->curr != se)
			eevdf_remove(cfs, se);
		cfs->load.weight -= se->load.weight;
		m->fair->reweight(m, se, avg, lw->weight);
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
			insert(m, cfs, se);
	}
}

static void reweight_task_fair(struct machine *m, struct rq *rq, struct task_struct *p,
			       const struct load_weight *lw)
{
	fair_reweight(m, p->se.cfs_rq, &p->se, lw);
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

/* A queued task's dequeue has made its virtual time relative already. */
static void detach_sleeper(struct machine *m, struct task_struct *p)
{
	if (m->fair->detach && !p->on_rq)
		m->fair->detach(m, p->se.cfs_rq, &p->se);
}

static void attach_sleeper(struct machine *m, struct task_struct *p)
{
	if (m->fair->attach && !p->on_rq)
		m->fair->attach(m, p->se.cfs_rq, &p->se);
}

static void switched_from_fair(struct machine *m, struct rq *rq, struct task_struct *p)
{
	detach_sleeper(m, p);
	pelt_remove(p->se.cfs_rq, &p->se);
}

static void switched_to_fair(struct machine *m, struct rq *rq, struct task_struct *p)
{
	pelt_add(p->se.cfs_rq, &p->se);
	attach_sleeper(m, p);
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
		detach_sleeper(m, p);
		pelt_remove(p->se.cfs_rq, &p->se);
	}
	p->se.avg.last_update_time = 0;
}

static void task_dead_fair(struct machine *m, struct task_struct *p)
{
	struct rq *rq = sched_task_rq(m, p);

	sched_update_rq_clock(m, rq);
	pelt_remove(p->se.cfs_rq, &p->se);
}

/* The task is off the queue, or about to be put on another: it goes to @tg with its load. */
void fair_change_group(struct machine *m, struct task_struct *p)
{
	bool attached = p->se.avg.last_update_time;

	if (attached) {
		detach_sleeper(m, p);
		pelt_remove(p->se.cfs_rq, &p->se);
	}
	fair_set_task_rq(m, p);
	if (attached) {
		pelt_add(p->se.cfs_rq, &p->se);
		attach_sleeper(m, p);
	}
}

static void task_fork_fair(struct machine *m, struct task_struct *p)
{
	if (!m->fair->fork)
		return;
	sched_update_rq_clock(m, sched_task_rq(m, p));
	m->fair->fork(m, p->se.cfs_rq, &p->se);
}

static int balance_fair(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	return rq->cfs.nr_running || fair_newidle_balance(m, rq) != 0;
}

static void update_curr_fair(struct machine *m, struct rq *rq)
{
	fair_update_curr(m, rq->curr->se.cfs_rq);
}

static void rq_online_fair(struct machine *m, struct rq *rq)
{
	fair_enable_runtime(m, rq);
}

static void rq_offline_fair(struct machine *m, struct rq *rq)
{
	fair_unthrottle_all(m, rq);
	fair_server_stop(m, rq_mcpu(rq));
	fair_clear_tg_loads(m, rq);
}

void fair_init_rq(struct machine *m, struct mcpu *c)
{
	fair_init_cfs(&c->rq.cfs, &c->rq, &m->root_group.tg);
	INIT_LIST_HEAD(&c->cfs_tasks);
	INIT_LIST_HEAD(&c->leaves);
	fair_init_bandwidth_cpu(c);
	fair_server_init(c);
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
	struct cfs_rq *cfs = p->se.cfs_rq;
	s64 cap = ((s64)cfs->rq->cpu_capacity - (s64)cfs->avg.util_avg) / 2;
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
	.rq_online = rq_online_fair,
	.rq_offline = rq_offline_fair,
	.task_fork = task_fork_fair,
	.task_dead = task_dead_fair,
	.switched_from = switched_from_fair,
	.switched_to = switched_to_fair,
	.reweight_task = reweight_task_fair,
	.prio_changed = prio_changed_fair,
	.update_curr = update_curr_fair,
};
