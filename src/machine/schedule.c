/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * schedule(): block the previous task if it asks for it, balance, pick over the
 * classes, switch. Takes no simulated time; the switch's cost delays the next
 * task (exec.c).
 */
#include "machine/cpufreq.h"
#include "machine/internal.h"

static bool core_is_idle(const struct machine *m, const cpumask_t *core)
{
	u32 cpu;

	for_each_cpu(cpu, core)
		if (cpumask_test_cpu(cpu, &m->online) && !cpumask_test_cpu(cpu, &m->avail))
			return false;
	return true;
}

static void update_idle_core(struct machine *m, u32 of)
{
	const cpumask_t *core = &m->topo->core_masks[m->topo->cpus[of].core];
	bool idle = core_is_idle(m, core);
	u32 cpu;

	for_each_cpu(cpu, core)
		if (idle && cpumask_test_cpu(cpu, &m->online))
			cpumask_set_cpu(cpu, &m->idle_cores);
		else
			cpumask_clear_cpu(cpu, &m->idle_cores);
}

/* The masks that say who could take a task at once. */
void sched_update_avail(struct machine *m, struct rq *rq)
{
	if (cpumask_test_cpu(rq->cpu, &m->idle) && !rq->nr_running &&
	    cpumask_test_cpu(rq->cpu, &m->online))
		cpumask_set_cpu(rq->cpu, &m->avail);
	else if (cpumask_test_cpu(rq->cpu, &m->avail))
		cpumask_clear_cpu(rq->cpu, &m->avail);
	else if (likely(rq->online))
		return;
	if (m->topo->smt)
		update_idle_core(m, rq->cpu);
}

void sched_add_nr_running(struct rq *rq, u32 n)
{
	struct machine *m = rq_mcpu(rq)->m;
	u32 before = rq->nr_running;

	rq->nr_running += n;
	m->nr_overloaded += before < 2 && rq->nr_running >= 2;
	if (!before)
		sched_update_avail(m, rq);
}

void sched_sub_nr_running(struct rq *rq, u32 n)
{
	struct machine *m = rq_mcpu(rq)->m;
	u32 before = rq->nr_running;

	BUG_ON(before < n);
	rq->nr_running -= n;
	m->nr_overloaded -= before >= 2 && rq->nr_running < 2;
	if (!rq->nr_running)
		sched_update_avail(m, rq);
}

void sched_enqueue_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (!(flags & ENQUEUE_NOCLOCK))
		sched_update_rq_clock(m, rq);
	p->sched_class->enqueue_task(m, rq, p, flags);
	if (unlikely(m->nr_cookies))
		core_sched_enqueued(m, rq, p);
}

bool sched_dequeue_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (!(flags & DEQUEUE_NOCLOCK))
		sched_update_rq_clock(m, rq);
	if (unlikely(m->nr_cookies))
		core_sched_dequeued(m, rq, p);
	return p->sched_class->dequeue_task(m, rq, p, flags);
}

void sched_activate_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (task_on_rq_migrating(p))
		flags |= ENQUEUE_MIGRATED;
	sched_enqueue_task(m, rq, p, flags);
	p->on_rq = TASK_ON_RQ_QUEUED;
}

void sched_deactivate_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	BUG_ON(flags & DEQUEUE_SLEEP);
	p->on_rq = TASK_ON_RQ_MIGRATING;
	sched_dequeue_task(m, rq, p, flags);
}

void sched_block_task(struct rq *rq, struct task_struct *p)
{
	p->on_rq = 0;
	if (p->sched_contributes_to_load)
		rq->nr_uninterruptible++;
}

static void block_prev(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	int flags = DEQUEUE_SLEEP | DEQUEUE_NOCLOCK;

	prev->sched_contributes_to_load = !!(prev->__state & TASK_UNINTERRUPTIBLE);
	if (prev->__state & TASK_DEAD)
		flags |= DEQUEUE_SPECIAL;
	if (sched_dequeue_task(m, rq, prev, flags))
		sched_block_task(rq, prev);
}

/* From @prev's class down, until one has something to run. */
void sched_balance_from(struct machine *m, struct rq *rq, struct task_struct *prev, bool scx)
{
	u32 rank = prev->sched_class->rank;

	if (scx) {
		rq->scx.flags |= SCX_RQ_BAL_PENDING;
		rank = min(rank, (u32)CLASS_EXT);
	}
	for (; rank < CLASS_IDLE; rank++) {
		const struct sched_class *class = m->classes[rank];

		if (!class || !class->balance || (rank == CLASS_EXT && !scx))
			continue;
		if (rank == CLASS_FAIR && ext_switched_all(m))
			continue;
		if (class->balance(m, rq, prev))
			break;
	}
}

void sched_put_prev_set_next(struct machine *m, struct rq *rq, struct task_struct *prev,
			     struct task_struct *next)
{
	if (next == prev)
		return;
	if (prev->sched_class == &sched_class_fair && next->sched_class == &sched_class_fair) {
		fair_put_prev_set_next(m, rq, prev, next);
		return;
	}
	if (prev->sched_class->put_prev_task)
		prev->sched_class->put_prev_task(m, rq, prev, next);
	if (next->sched_class->set_next_task)
		next->sched_class->set_next_task(m, rq, next, true);
}

/* All that is runnable here is fair: the usual case. */
static struct task_struct *pick_fair_or_idle(struct machine *m, struct rq *rq,
					     struct task_struct *prev)
{
	struct task_struct *p = sched_class_fair.pick_task(m, rq);

	if (!p && fair_newidle_balance(m, rq))
		p = sched_class_fair.pick_task(m, rq);
	if (!p)
		p = sched_class_idle.pick_task(m, rq);
	sched_put_prev_set_next(m, rq, prev, p);
	return p;
}

/* The same where sched_ext has all that is runnable; balance has been done. */
static struct task_struct *pick_ext_or_idle(struct machine *m, struct rq *rq,
					    struct task_struct *prev)
{
	const struct sched_class *ext = m->classes[CLASS_EXT];
	struct task_struct *p = ext ? ext->pick_task(m, rq) : NULL;

	if (!p)
		p = sched_class_idle.pick_task(m, rq);
	sched_put_prev_set_next(m, rq, prev, p);
	return p;
}

static struct task_struct *pick_next(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	const struct sched_class *class;
	struct task_struct *p;
	bool scx = ext_enabled(m);

	if (unlikely(m->nr_cookies))
		return core_sched_pick(m, rq, prev, scx);
	if (!scx && prev->sched_class->rank >= CLASS_FAIR && rq->nr_running == rq->cfs.h_nr_queued)
		return pick_fair_or_idle(m, rq, prev);
	sched_balance_from(m, rq, prev, scx);
	if (scx && rq->nr_running == rq->scx.nr_running)
		return pick_ext_or_idle(m, rq, prev);
	for_each_class(m, class) {
		if (class->rank == CLASS_EXT && !scx)
			continue;
		p = class->pick_task(m, rq);
		if (p) {
			sched_put_prev_set_next(m, rq, prev, p);
			return p;
		}
	}
	BUG_ON("the idle class always has a task");
	return NULL;
}

static enum trace_task_state trace_state(const struct task_struct *prev, bool preempt, u32 state)
{
	if (preempt)
		return TRACE_STATE_PREEMPTED;
	if (state & TASK_DEAD)
		return TRACE_STATE_DEAD;
	if (state & TASK_UNINTERRUPTIBLE)
		return TRACE_STATE_BLOCKED;
	if (state & TASK_INTERRUPTIBLE)
		return TRACE_STATE_SLEEPING;
	return TRACE_STATE_RUNNING;
}

static void switch_to(struct machine *m, struct mcpu *c, struct task_struct *prev,
		      struct task_struct *next, bool preempt, u32 prev_state)
{
	struct rq *rq = &c->rq;

	rq->nr_switches++;
	if (sched_traces(m, TRACE_sched_switch)) {
		struct trace_event ev = {
			.kind = TRACE_sched_switch,
			.sched_switch = {
				.prev = prev,
				.prev_state = trace_state(prev, preempt, prev_state),
				.next = next,
			},
		};

		sched_trace(m, &ev);
	}
	exec_switch(m, c, prev, next);
	prev->on_cpu = 0;
	next->on_cpu = 1;
	rq->curr = next;
	if (is_idle_task(next)) {
		cpumask_set_cpu(rq->cpu, &m->idle);
		sched_update_avail(m, rq);
	} else if (is_idle_task(prev)) {
		cpumask_clear_cpu(rq->cpu, &m->idle);
		sched_update_avail(m, rq);
		tick_start(m, c);
		cpufreq_update(m, rq->cpu);
	}
}

void sched_schedule(struct machine *m, u32 cpu, enum sched_mode mode)
{
	struct mcpu *c = &m->cpus[cpu];
	struct rq *rq = &c->rq;
	struct task_struct *prev = rq->curr, *next;
	u32 prev_state = prev->__state;
	bool voluntary = false;

	sched_update_rq_clock(m, rq);
	if (mode == SM_NONE && prev_state) {
		block_prev(m, rq, prev);
		voluntary = true;
	}
	if (mode == SM_IDLE && !rq->nr_running && !ext_enabled(m))
		next = prev;
	else
		next = pick_next(m, rq, prev);
	prev->thread_info.flags &= ~TIF_NEED_RESCHED;
	if (next != prev) {
		if (voluntary)
			prev->nvcsw++;
		else
			prev->nivcsw++;
		switch_to(m, c, prev, next, mode == SM_PREEMPT, prev_state);
	}
	sched_run_balance_callbacks(m, rq);
	if (next != prev && prev_state & TASK_DEAD && !prev->on_rq)
		task_exit(m, prev);
}

void sched_queue_balance_callback(struct machine *m, struct rq *rq, balance_callback fn)
{
	struct mcpu *c = rq_mcpu(rq);

	for (u32 i = 0; i < c->nr_callbacks; i++)
		if (c->callbacks[i] == fn)
			return;
	BUG_ON(c->nr_callbacks == NR_BALANCE_CALLBACKS);
	c->callbacks[c->nr_callbacks++] = fn;
}

void sched_run_balance_callbacks(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);

	while (c->nr_callbacks) {
		balance_callback fn = c->callbacks[0];

		c->nr_callbacks--;
		memmove(c->callbacks, c->callbacks + 1, c->nr_callbacks * sizeof(fn));
		fn(m, rq);
	}
}

void sched_wakeup_preempt(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	const struct sched_class *class = rq->curr->sched_class;

	if (p->sched_class == class) {
		if (class->wakeup_preempt)
			class->wakeup_preempt(m, rq, p, flags);
	} else if (sched_class_above(p->sched_class, class)) {
		sched_resched_curr(m, rq);
	}
}

const cpumask_t *sched_cpu_possible(const struct machine *m)
{
	return &m->possible;
}

const cpumask_t *sched_cpu_online(const struct machine *m)
{
	return &m->online;
}

struct rng *sched_rng(struct machine *m)
{
	return &m->rng;
}

bool sched_cpu_is_idle(struct machine *m, u32 cpu)
{
	return cpumask_test_cpu(cpu, &m->idle);
}
