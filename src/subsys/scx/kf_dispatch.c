/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * scx_bpf_dispatch() and its kin. The name has two meanings: in ops.select_cpu
 * and ops.enqueue a verdict on the one task that is being enqueued, in
 * ops.dispatch an entry in a buffer.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

static bool may_dispatch(struct scx *scx, const struct task_struct *p, u64 enq_flags)
{
	if (unlikely(!p)) {
		scx_error(scx, null_task);
		return false;
	}
	if (unlikely(enq_flags & __SCX_ENQ_INTERNAL_MASK)) {
		scx_error(scx, bad_enq_flags, (unsigned long long)enq_flags);
		return false;
	}
	if (unlikely((enq_flags & SCX_ENQ_IMMED) && scx->profile != KERNEL_6_12)) {
		scx_error(scx, immed);
		return false;
	}
	return true;
}

/* 0 keeps what is left, but never leaves nothing. */
static void set_slice(struct task_struct *p, u64 slice)
{
	p->scx.slice = slice ?: p->scx.slice ?: 1;
}

/* Once per callback, and for its own task only. */
static bool commit_direct(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_cpu *c = scx_this_cpu(scx);
	bool spent = c->ddsp_spent;

	BUG_ON(!c->ddsp_task);
	c->ddsp_spent = true;
	if (unlikely(spent)) {
		scx_error(scx, direct_twice, p->comm, p->pid);
		return false;
	}
	if (unlikely(p != c->ddsp_task)) {
		scx_error(scx, direct_other, c->ddsp_task->comm, c->ddsp_task->pid,
			  p->comm, p->pid);
		return false;
	}
	p->scx.ddsp_dsq_id = dsq_id;
	p->scx.ddsp_enq_flags = enq_flags;
	return true;
}

static bool commit_buffered(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;

	if (unlikely(dsp->cursor >= scx->dsp_max_batch)) {
		scx_error(scx, buf_overflow);
		return false;
	}
	dsp->buf[dsp->cursor++] = (struct scx_dsp_entry){
		.p = p,
		.qseq = p->scx.ops_state & SCX_OPSS_QSEQ_MASK,
		.dsq_id = dsq_id,
		.enq_flags = enq_flags,
	};
	return true;
}

/* ---- scx_bpf_dsq_insert(), which tells whether it worked ---- */

bool scx_kf_insert_direct(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			  struct scx *scx)
{
	if (!may_dispatch(scx, p, enq_flags))
		return false;
	set_slice(p, slice);
	return commit_direct(scx, p, dsq_id, enq_flags);
}

bool scx_kf_insert_buffered(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			    struct scx *scx)
{
	if (!may_dispatch(scx, p, enq_flags))
		return false;
	set_slice(p, slice);
	return commit_buffered(scx, p, dsq_id, enq_flags);
}

bool scx_kf_insert_vtime_direct(struct task_struct *p, struct scx_bpf_dsq_insert_vtime_args *args,
				struct scx *scx)
{
	if (!may_dispatch(scx, p, args->enq_flags))
		return false;
	set_slice(p, args->slice);
	p->scx.dsq_vtime = args->vtime;
	return commit_direct(scx, p, args->dsq_id, args->enq_flags | SCX_ENQ_DSQ_PRIQ);
}

bool scx_kf_insert_vtime_buffered(struct task_struct *p, struct scx_bpf_dsq_insert_vtime_args *args,
				  struct scx *scx)
{
	if (!may_dispatch(scx, p, args->enq_flags))
		return false;
	set_slice(p, args->slice);
	p->scx.dsq_vtime = args->vtime;
	return commit_buffered(scx, p, args->dsq_id, args->enq_flags | SCX_ENQ_DSQ_PRIQ);
}

/* ---- scx_bpf_dispatch(), and the first form of scx_bpf_dsq_insert() ---- */

void scx_kf_dispatch_direct(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			    struct scx *scx)
{
	scx_kf_insert_direct(p, dsq_id, slice, enq_flags, scx);
}

void scx_kf_dispatch_buffered(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			      struct scx *scx)
{
	scx_kf_insert_buffered(p, dsq_id, slice, enq_flags, scx);
}

void scx_kf_dispatch_vtime_direct(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
				  u64 enq_flags, struct scx *scx)
{
	struct scx_bpf_dsq_insert_vtime_args args = { dsq_id, slice, vtime, enq_flags };

	scx_kf_insert_vtime_direct(p, &args, scx);
}

void scx_kf_dispatch_vtime_buffered(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
				    u64 enq_flags, struct scx *scx)
{
	struct scx_bpf_dsq_insert_vtime_args args = { dsq_id, slice, vtime, enq_flags };

	scx_kf_insert_vtime_buffered(p, &args, scx);
}

u32 scx_kf_dispatch_nr_slots(struct scx *scx)
{
	return scx->dsp_max_batch - scx_this_cpu(scx)->dsp.cursor;
}

void scx_kf_dispatch_cancel(struct scx *scx)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;

	if (dsp->cursor)
		dsp->cursor--;
	else
		scx_error(scx, buf_underflow);
}

bool scx_kf_move_to_local(u64 dsq_id, u64 enq_flags, struct scx *scx)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;
	struct scx_dispatch_q *dsq;

	if (unlikely(enq_flags & (__SCX_ENQ_INTERNAL_MASK | SCX_ENQ_IMMED))) {
		scx_error(scx, bad_enq_flags, (unsigned long long)enq_flags);
		return false;
	}
	scx_flush_dispatches(scx, dsp->rq);
	dsq = scx_find_user_dsq(scx, dsq_id);
	if (unlikely(!dsq)) {
		scx_error(scx, bad_dsq, (unsigned long long)dsq_id);
		return false;
	}
	if (!scx_consume(scx, dsp->rq, dsq, enq_flags))
		return false;
	dsp->nr_tasks++; /* the loop must go on if the task is lost again */
	return true;
}

bool scx_kf_consume(u64 dsq_id, struct scx *scx)
{
	return scx_kf_move_to_local(dsq_id, 0, scx);
}

s32 scx_kf_create_dsq(u64 dsq_id, s32 node, struct scx *scx)
{
	if (node != -1 && (node < 0 || (u32)node >= scx->topo->nr_nodes))
		return -EINVAL;
	return scx_create_dsq(scx, dsq_id);
}

void scx_kf_destroy_dsq(u64 dsq_id, struct scx *scx)
{
	scx_destroy_dsq(scx, dsq_id);
}

s32 scx_kf_dsq_nr_queued(u64 dsq_id, struct scx *scx)
{
	struct scx_dispatch_q *dsq;

	if (dsq_id == SCX_DSQ_LOCAL)
		return sched_cpu_rq(scx->m, sched_this_cpu(scx->m))->scx.local_dsq.nr;
	if ((dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON) {
		s32 cpu = dsq_id & SCX_DSQ_LOCAL_CPU_MASK;

		if (!scx_cpu_valid(scx, cpu, NULL))
			return -ENOENT;
		return sched_cpu_rq(scx->m, cpu)->scx.local_dsq.nr;
	}
	dsq = scx_find_user_dsq(scx, dsq_id);
	return dsq ? (s32)dsq->nr : -ENOENT;
}
