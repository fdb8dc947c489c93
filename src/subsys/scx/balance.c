/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A CPU looks for work: balance fills its local DSQ, or decides to keep the
 * current task; pick takes the first task of the local DSQ.
 */
#include "scx/internal.h"

/* Why balance ends; NOTHING leads to the question whether the current task may stay. */
enum outcome { KEEP_PREV, HAVE_LOCAL, NOTHING };

static void tell_acquired(struct scx *scx, struct rq *rq)
{
	if (!scx->cpu_preempt || likely(!rq->scx.cpu_released))
		return;
	if (scx_has_op(scx, SCX_OP_cpu_acquire))
		scx_op_cpu_acquire(scx, rq->cpu, NULL);
	rq->scx.cpu_released = false;
}

static bool consume_global(struct scx *scx, struct rq *rq)
{
	return scx_consume(scx, rq, &scx->global_dsqs[scx->topo->cpus[rq->cpu].node], 0);
}

/*
 * Linux goes for a new cycle at once, which takes time because ops.dispatch
 * does. Simulated callbacks take none; this is what so many rounds of a small
 * one would take, and keeps simulated time going.
 */
#define DISPATCH_ROUND_NS 1000ULL

static void redispatch_later(struct scx *scx, u32 cpu)
{
	u64 when = sched_now(scx->m) + SCX_DSP_MAX_LOOPS * DISPATCH_ROUND_NS;

	if (machine_timer_start(scx->m, &scx->cpus[cpu].redispatch, when, cpu))
		scx_kick(scx, cpu, 0);
}

void scx_redispatch_fire(struct machine *m, struct machine_timer *t)
{
	struct scx_cpu *c = container_of(t, struct scx_cpu, redispatch);

	scx_kick(c->scx, c->cpu, 0);
}

/*
 * Asks ops.dispatch until it yields something that can run here, or nothing at
 * all. It may go on producing tasks for elsewhere; after a while it gets a new
 * scheduling cycle, so that interrupts come through.
 */
static enum outcome dispatch_loop(struct scx *scx, struct rq *rq, struct task_struct *prev)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;
	bool prev_on_scx = scx_on_class(prev), prev_on_rq = prev->scx.flags & SCX_TASK_QUEUED;

	dsp->rq = rq;
	for (u32 loops = SCX_DSP_MAX_LOOPS;;) {
		dsp->nr_tasks = 0;
		scx_op_dispatch(scx, rq->cpu, prev_on_scx ? prev : NULL);
		scx_flush_dispatches(scx, rq);
		if (prev_on_rq && prev->scx.slice)
			return KEEP_PREV;
		if (rq->scx.local_dsq.nr || consume_global(scx, rq))
			return HAVE_LOCAL;
		if (!--loops) {
			redispatch_later(scx, rq->cpu);
			return NOTHING;
		}
		if (!dsp->nr_tasks)
			return NOTHING;
	}
}

static enum outcome find_work(struct scx *scx, struct rq *rq, struct task_struct *prev)
{
	bool prev_on_rq = prev->scx.flags & SCX_TASK_QUEUED;

	tell_acquired(scx, rq);
	if (scx_on_class(prev)) {
		scx_update_curr(scx->m, rq);
		if (prev_on_rq && prev->scx.slice && !scx_bypassing(rq))
			return KEEP_PREV;
	}
	if (rq->scx.local_dsq.nr || consume_global(scx, rq))
		return HAVE_LOCAL;
	if (scx_has_op(scx, SCX_OP_dispatch) && !scx_bypassing(rq) &&
	    (rq->scx.flags & SCX_RQ_ONLINE)) {
		enum outcome o = dispatch_loop(scx, rq, prev);

		if (o != NOTHING)
			return o;
	}
	/* Rather than to idle, unless the scheduler wants to hear of its last task. */
	if (prev_on_rq && (!scx->enq_last || scx_bypassing(rq))) {
		scx->events.SCX_EV_DISPATCH_KEEP_LAST++;
		return KEEP_PREV;
	}
	return NOTHING;
}

static bool balance_one(struct scx *scx, struct rq *rq, struct task_struct *prev)
{
	enum outcome o;

	rq->scx.flags |= SCX_RQ_IN_BALANCE;
	rq->scx.flags &= ~(SCX_RQ_BAL_PENDING | SCX_RQ_BAL_KEEP);
	o = find_work(scx, rq, prev);
	if (o == KEEP_PREV)
		rq->scx.flags |= SCX_RQ_BAL_KEEP;
	/* Who was promised the CPU while it looked for work, and does not get it. */
	if (unlikely(rq->scx.nr_immed) && (o == KEEP_PREV || rq->scx.local_dsq.nr > 1))
		scx_reenq_immed_later(scx, rq->cpu);
	rq->scx.flags &= ~SCX_RQ_IN_BALANCE;
	return o != NOTHING;
}

int scx_balance(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	const struct cpumask *core;
	struct scx *scx = scx_of(m);
	bool found = balance_one(scx, rq, prev);
	u32 cpu;

	if (likely(!sched_core_enabled(m)))
		return found;
	/* What it picks with core scheduling, it picks for its siblings too. */
	core = &scx->topo->core_masks[scx->topo->cpus[rq->cpu].core];
	for_each_cpu(cpu, core) {
		struct rq *sibling = sched_cpu_rq(m, cpu);

		if (sibling == rq || !scx_rq_online(scx, sibling))
			continue;
		sched_update_rq_clock(m, sibling);
		balance_one(scx, sibling, sibling->curr);
	}
	return found;
}

static struct task_struct *first_local(const struct rq *rq)
{
	const struct list_head *l = &rq->scx.local_dsq.list;

	return list_empty(l) ? NULL : list_first_entry(l, struct task_struct, scx.dsq_list.node);
}

/*
 * The core may pick without having balanced here: a higher class promised a
 * task and then had none. Then the current task stays if it can; if it can't,
 * the CPU is kicked so that it does not sleep over waiting work.
 */
struct task_struct *scx_pick_task(struct machine *m, struct rq *rq)
{
	struct scx *scx = scx_of(m);
	struct task_struct *prev = rq->curr, *p;
	bool keep = rq->scx.flags & SCX_RQ_BAL_KEEP;
	bool unbalanced = rq->scx.flags & SCX_RQ_BAL_PENDING;

	if (scx->profile != KERNEL_6_12)
		scx_count_pick(scx, rq);
	if (unlikely(unbalanced))
		keep = prev->scx.flags & SCX_TASK_QUEUED;
	else if (keep && !scx_on_class(prev))
		keep = false;
	p = keep ? prev : first_local(rq);
	if (!p) {
		if (unlikely(unbalanced))
			scx_kick(scx, rq->cpu, SCX_KICK_IDLE);
		return NULL;
	}
	if (unlikely(!p->scx.slice)) {
		if (!keep && !scx_bypassing(rq))
			scx_warn_zero_slice(scx, p);
		scx_refill_slice(scx, p);
	}
	return p;
}
