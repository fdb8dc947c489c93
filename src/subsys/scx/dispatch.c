/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From a task that has become runnable to a DSQ.
 *
 * Direct dispatch: ops.select_cpu or ops.enqueue names a DSQ for the task they
 * were called with; the verdict is remembered in the task and acted on when the
 * callback has returned. A local DSQ of another CPU is deferred further, until
 * the enqueueing runqueue could be unlocked.
 *
 * Buffered dispatch: ops.dispatch names tasks that the BPF side holds. What it
 * says is collected and carried out when it returns, or calls something that
 * needs the result. It may name any task any number of times: ops_state says
 * whether the BPF side holds it, and the sequence number whether it is still
 * the same holding that the dispatch was meant for.
 *
 *	NONE ----------> QUEUEING ---------> QUEUED ---------> DISPATCHING -> NONE
 *	   ops.enqueue called    returned, no direct     buffer flushed
 */
#include "scx/internal.h"

void scx_clear_ddsp(struct task_struct *p)
{
	p->scx.ddsp_dsq_id = SCX_DSQ_INVALID;
	p->scx.ddsp_enq_flags = 0;
}

/*
 * How deferred work gets run depends on what @rq's CPU is in the middle of: a
 * wake-up and a balance end with a hook that does it.
 */
static void deferred_callback(struct machine *m, struct rq *rq)
{
	scx_run_deferred(scx_of(m), rq);
}

static void defer(struct scx *scx, struct rq *rq)
{
	if (rq->scx.flags & SCX_RQ_IN_WAKEUP)
		return;
	if (rq->scx.flags & SCX_RQ_IN_BALANCE)
		sched_queue_balance_callback(scx->m, rq, deferred_callback);
	else
		sched_irq_work_queue_on(scx->m, &scx->cpus[rq->cpu].deferred_work,
					sched_this_cpu(scx->m));
}

static void direct_dispatch(struct scx *scx, struct task_struct *p, u64 enq_flags)
{
	struct rq *rq = scx_task_rq(scx, p);
	struct scx_dispatch_q *dsq = scx_find_dsq_for(scx, rq, p->scx.ddsp_dsq_id, p);

	scx_touch_dispatched(scx, p);
	p->scx.ddsp_enq_flags |= enq_flags;
	if (dsq->id == SCX_DSQ_LOCAL && dsq != &rq->scx.local_dsq) {
		p->scx.ops_state = SCX_OPSS_NONE;
		BUG_ON(p->scx.dsq || !list_empty(&p->scx.dsq_list.node));
		list_add_tail(&p->scx.dsq_list.node, &rq->scx.ddsp_deferred_locals);
		defer(scx, rq);
		return;
	}
	enq_flags = p->scx.ddsp_enq_flags;
	scx_clear_ddsp(p);
	scx_dsq_insert(scx, dsq, p, enq_flags | SCX_ENQ_CLEAR_OPSS);
}

/* A number for this holding by the BPF side; 0 is what a task that it does not hold shows. */
static unsigned long next_qseq(struct task_struct *p)
{
	p->scx.ops_qseq = (p->scx.ops_qseq + 1) ?: 1;
	return (unsigned long)p->scx.ops_qseq << SCX_OPSS_QSEQ_SHIFT;
}

/* Hands @p to ops.enqueue; true if that direct-dispatched it. */
static bool enqueue_to_bpf(struct scx *scx, struct task_struct *p, u64 enq_flags)
{
	struct scx_cpu *c = scx_this_cpu(scx);
	unsigned long qseq = next_qseq(p);

	BUG_ON(p->scx.ops_state != SCX_OPSS_NONE || c->ddsp_task);
	p->scx.ops_state = SCX_OPSS_QUEUEING | qseq;
	c->ddsp_task = p;
	c->ddsp_spent = false;
	scx_op_enqueue(scx, p, enq_flags);
	c->ddsp_task = NULL;
	if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID)
		return true;
	p->scx.ops_state = SCX_OPSS_QUEUED | qseq;
	if (scx->profile != KERNEL_6_12)
		p->scx.flags |= SCX_TASK_IN_CUSTODY;
	return false;
}

/*
 * 7.1's ops.dequeue is the end of custody, which begins when ops.enqueue keeps the
 * task or puts it into a DSQ of the scheduler's own: it is called also when the task
 * goes from there to a CPU. A move between runqueues in the middle of that is no end.
 */
void scx_leave_custody(struct scx *scx, struct task_struct *p, u64 deq_flags)
{
	if (!(p->scx.flags & SCX_TASK_IN_CUSTODY) || p->scx.sticky_cpu >= 0)
		return;
	if (scx_has_op(scx, SCX_OP_dequeue))
		scx_op_dequeue(scx, p, deq_flags);
	p->scx.flags &= ~SCX_TASK_IN_CUSTODY;
}

enum verdict { TO_LOCAL, TO_LOCAL_NO_REFILL, TO_GLOBAL, TO_DIRECT, TO_BPF };

/* Who decides about @p? The order of these questions is part of the behaviour. */
static enum verdict where_to(struct scx *scx, struct rq *rq, struct task_struct *p, int sticky_cpu)
{
	if (sticky_cpu == rq->cpu)
		return TO_LOCAL_NO_REFILL;
	if (!scx_rq_online(scx, rq))
		return TO_LOCAL;
	if (scx_bypassing(rq))
		return TO_GLOBAL;
	if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID)
		return TO_DIRECT;
	if (!scx->enq_exiting && unlikely(p->flags & PF_EXITING)) {
		scx->events.SCX_EV_ENQ_SKIP_EXITING++;
		return TO_LOCAL;
	}
	if (scx->skip_migration_disabled && unlikely(p->migration_disabled)) {
		scx->events.SCX_EV_ENQ_SKIP_MIGRATION_DISABLED++;
		return TO_LOCAL;
	}
	if (!scx_has_op(scx, SCX_OP_enqueue))
		return TO_GLOBAL;
	return TO_BPF;
}

void scx_enqueue(struct scx *scx, struct rq *rq, struct task_struct *p, u64 enq_flags,
		 int sticky_cpu)
{
	struct scx_dispatch_q *dsq = &rq->scx.local_dsq;

	BUG_ON(!(p->scx.flags & SCX_TASK_QUEUED));
	if (sticky_cpu < 0)
		p->scx.flags &= ~SCX_TASK_IMMED;
	switch (where_to(scx, rq, p, sticky_cpu)) {
	case TO_BPF:
		if (!enqueue_to_bpf(scx, p, enq_flags))
			return;
		/* fall through */
	case TO_DIRECT:
		direct_dispatch(scx, p, enq_flags);
		return;
	case TO_GLOBAL:
		dsq = scx_global_dsq(scx, p);
		/* fall through */
	case TO_LOCAL:
		scx_touch_core_sched(scx, p);
		scx_refill_slice(scx, p);
		/* fall through */
	case TO_LOCAL_NO_REFILL:
		scx_clear_ddsp(p);
		scx_dsq_insert(scx, dsq, p, enq_flags);
	}
}

/* @p stops being runnable, or moves: the BPF side loses it if it holds it. */
void scx_ops_dequeue(struct scx *scx, struct task_struct *p, u64 deq_flags)
{
	list_del_init(&p->scx.runnable_node);
	switch (scx_opss_state(p)) {
	case SCX_OPSS_NONE:
		break;
	case SCX_OPSS_QUEUED:
		if (scx->profile == KERNEL_6_12 && scx_has_op(scx, SCX_OP_dequeue))
			scx_op_dequeue(scx, p, deq_flags);
		p->scx.ops_state = SCX_OPSS_NONE;
		break;
	default:
		BUG_ON(true); /* both other states end before anybody else runs */
	}
	scx_leave_custody(scx, p, deq_flags);
}

/* ---- moving between runqueues ---- */

/*
 * May the scheduler bring @p to another CPU? It may try offline ones: CPUs go
 * offline between its decision and here.
 */
static bool can_move_to(struct scx *scx, const struct task_struct *p, const struct rq *rq,
			bool is_error)
{
	if (unlikely(p->migration_disabled)) {
		if (is_error)
			scx_error(scx, move_disabled, p->comm, p->pid, task_cpu(p),
				  rq->cpu);
		return false;
	}
	if (!cpumask_test_cpu(rq->cpu, p->cpus_ptr)) {
		if (is_error)
			scx_error(scx, move_not_allowed, rq->cpu, p->comm, p->pid);
		return false;
	}
	return scx_rq_online(scx, rq);
}

/*
 * Takes @p, on whatever queue, from its runqueue to the local DSQ of @dst. The
 * class's enqueue sees the flags through extra_enq_flags (as in Linux, only
 * their lower half arrives).
 */
static void move_to_remote_local(struct scx *scx, struct task_struct *p, u64 enq_flags,
				 struct rq *src, struct rq *dst)
{
	if (scx->profile != KERNEL_6_12)
		p->scx.sticky_cpu = dst->cpu; /* before the dequeue: custody goes on */
	sched_deactivate_task(scx->m, src, p, 0);
	sched_set_task_cpu(scx->m, p, dst->cpu);
	p->scx.sticky_cpu = dst->cpu;
	BUG_ON(dst->scx.extra_enq_flags);
	dst->scx.extra_enq_flags = enq_flags;
	sched_activate_task(scx->m, dst, p, 0);
	dst->scx.extra_enq_flags = 0;
}

/* @p, just unlinked from a non-local DSQ, goes to the local DSQ of its own CPU. */
static void put_on_own_local(struct scx *scx, struct task_struct *p, u64 enq_flags, struct rq *rq)
{
	struct scx_dispatch_q *dsq = &rq->scx.local_dsq;

	if (enq_flags & (SCX_ENQ_HEAD | SCX_ENQ_PREEMPT))
		list_add(&p->scx.dsq_list.node, &dsq->list);
	else
		list_add_tail(&p->scx.dsq_list.node, &dsq->list);
	dsq->nr++;
	p->scx.dsq = dsq;
	scx_count_local(scx, rq, p, enq_flags);
	scx_local_dsq_added(scx, dsq, p, enq_flags);
}

void scx_move_between(struct scx *scx, struct task_struct *p, u64 enq_flags,
		      struct scx_dispatch_q *src, struct scx_dispatch_q *dst)
{
	struct rq *src_rq = scx_task_rq(scx, p), *dst_rq = src_rq;

	BUG_ON(src->id == SCX_DSQ_LOCAL);
	if (dst->id == SCX_DSQ_LOCAL) {
		dst_rq = scx_dsq_rq(dst);
		if (src_rq != dst_rq && !can_move_to(scx, p, dst_rq, true)) {
			dst = scx_global_dsq(scx, p);
			dst_rq = src_rq;
		}
	}
	if (src_rq != dst_rq) {
		move_to_remote_local(scx, p, enq_flags, src_rq, dst_rq);
		return;
	}
	scx_dsq_unlink(src, p);
	if (dst->id == SCX_DSQ_LOCAL) {
		put_on_own_local(scx, p, enq_flags, dst_rq);
	} else {
		p->scx.dsq = NULL;
		scx_dsq_insert(scx, dst, p, enq_flags);
	}
}

/* The first task that may run on @rq's CPU comes to its local DSQ. */
bool scx_consume(struct scx *scx, struct rq *rq, struct scx_dispatch_q *dsq, u64 enq_flags)
{
	struct task_struct *p = scx_dsq_next(dsq, NULL, false);

	for (; p; p = scx_dsq_next(dsq, &p->scx.dsq_list.node, false)) {
		struct rq *src = scx_task_rq(scx, p);

		if (src == rq) {
			scx_dsq_unlink(dsq, p);
			put_on_own_local(scx, p, enq_flags, rq);
			return true;
		}
		if (can_move_to(scx, p, rq, false)) {
			move_to_remote_local(scx, p, enq_flags, src, rq);
			return true;
		}
	}
	return false;
}

/* @p is on no DSQ; @dst is a local one. */
static void dispatch_to_local(struct scx *scx, struct scx_dispatch_q *dst, struct task_struct *p,
			      struct rq *rq, u64 enq_flags)
{
	struct rq *src_rq = scx_task_rq(scx, p), *dst_rq = scx_dsq_rq(dst);

	if (rq == src_rq && rq == dst_rq) {
		scx_dsq_insert(scx, dst, p, enq_flags | SCX_ENQ_CLEAR_OPSS);
		return;
	}
	if (src_rq != dst_rq && !can_move_to(scx, p, dst_rq, true)) {
		scx_dsq_insert(scx, scx_global_dsq(scx, p), p, enq_flags | SCX_ENQ_CLEAR_OPSS);
		return;
	}
	p->scx.ops_state = SCX_OPSS_NONE;
	if (src_rq == dst_rq)
		scx_dsq_insert(scx, dst, p, enq_flags);
	else
		move_to_remote_local(scx, p, enq_flags, src_rq, dst_rq);
	if (sched_class_above(p->sched_class, dst_rq->curr->sched_class))
		sched_resched_curr(scx->m, dst_rq);
}

/* The remote direct dispatches that @rq's enqueues have left behind. */
void scx_run_deferred(struct scx *scx, struct rq *rq)
{
	while (!list_empty(&rq->scx.ddsp_deferred_locals)) {
		struct task_struct *p = list_first_entry(&rq->scx.ddsp_deferred_locals,
							 struct task_struct, scx.dsq_list.node);
		struct scx_dispatch_q *dsq;
		u64 enq_flags = p->scx.ddsp_enq_flags, id = p->scx.ddsp_dsq_id;

		list_del_init(&p->scx.dsq_list.node);
		scx_clear_ddsp(p);
		dsq = scx_find_dsq_for(scx, rq, id, p);
		BUG_ON(dsq->id != SCX_DSQ_LOCAL);
		dispatch_to_local(scx, dsq, p, rq, enq_flags);
	}
}

void scx_deferred_work(struct machine *m, struct sched_irq_work *w)
{
	struct scx_cpu *c = container_of(w, struct scx_cpu, deferred_work);

	scx_run_deferred(c->scx, sched_cpu_rq(m, c->cpu));
}

/* ---- the dispatch buffer ---- */

static void finish_dispatch(struct scx *scx, struct rq *rq, const struct scx_dsp_entry *e)
{
	struct scx_dispatch_q *dsq;
	struct task_struct *p = e->p;

	scx_touch_dispatched(scx, p);
	BUG_ON(scx_opss_state(p) == SCX_OPSS_QUEUEING);
	if (scx_opss_state(p) != SCX_OPSS_QUEUED ||
	    (p->scx.ops_state & SCX_OPSS_QSEQ_MASK) != e->qseq)
		return;
	p->scx.ops_state = SCX_OPSS_DISPATCHING;
	BUG_ON(!(p->scx.flags & SCX_TASK_QUEUED));
	dsq = scx_find_dsq_for(scx, sched_cpu_rq(scx->m, sched_this_cpu(scx->m)), e->dsq_id, p);
	if (dsq->id == SCX_DSQ_LOCAL)
		dispatch_to_local(scx, dsq, p, rq, e->enq_flags);
	else
		scx_dsq_insert(scx, dsq, p, e->enq_flags | SCX_ENQ_CLEAR_OPSS);
}

void scx_flush_dispatches(struct scx *scx, struct rq *rq)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;

	for (u32 i = 0; i < dsp->cursor; i++)
		finish_dispatch(scx, rq, &dsp->buf[i]);
	dsp->nr_tasks += dsp->cursor;
	dsp->cursor = 0;
}
