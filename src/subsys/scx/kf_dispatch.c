/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * scx_bpf_dispatch() and its kin. The name has two meanings: in ops.select_cpu
 * and ops.enqueue a verdict on the one task that is being enqueued, in
 * ops.dispatch an entry in a buffer.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

/*
 * What 7.1 makes of the flags of an insertion into DSQ @id: SCX_OPS_ALWAYS_ENQ_IMMED
 * adds one. False after an error of its own.
 */
bool scx_vet_enq_flags(struct scx *scx, u64 id, u64 *enq_flags)
{
	bool local = id == SCX_DSQ_LOCAL || (id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON;

	if (scx->profile == KERNEL_6_12)
		return true;
	if (local && (scx->ops.flags & SCX_OPS_ALWAYS_ENQ_IMMED))
		*enq_flags |= SCX_ENQ_IMMED;
	if (likely(local || !(*enq_flags & SCX_ENQ_IMMED)))
		return true;
	scx_error(scx, immed, (unsigned long long)id);
	return false;
}

static bool may_dispatch(struct scx *scx, const struct task_struct *p, u64 dsq_id, u64 *enq_flags)
{
	if (unlikely(!p)) {
		scx_error(scx, null_task);
		return false;
	}
	if (unlikely(*enq_flags & __SCX_ENQ_INTERNAL_MASK)) {
		scx_error(scx, bad_enq_flags, (unsigned long long)*enq_flags);
		return false;
	}
	return scx_vet_enq_flags(scx, dsq_id, enq_flags);
}

/* 0 keeps what is left, but never leaves nothing. */
static void set_slice(struct task_struct *p, u64 slice)
{
	p->scx.slice = slice ?: p->scx.slice ?: 1;
}

/* Once per callback. */
static bool commit_direct(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_cpu *c = scx_this_cpu(scx);

	BUG_ON(p != c->ddsp_task);
	if (unlikely(c->ddsp_spent)) {
		scx_error(scx, direct_twice, p->comm, p->pid);
		return false;
	}
	c->ddsp_spent = true;
	p->scx.ddsp_dsq_id = dsq_id;
	p->scx.ddsp_enq_flags = enq_flags;
	return true;
}

/* For a task which the text does not say to be the callback's own. */
static bool is_own(struct scx *scx, const struct task_struct *p)
{
	struct scx_cpu *c = scx_this_cpu(scx);

	BUG_ON(!c->ddsp_task);
	if (likely(p == c->ddsp_task))
		return true;
	if (c->ddsp_spent)
		scx_error(scx, direct_twice, p->comm, p->pid);
	else
		scx_error(scx, direct_other, c->ddsp_task->comm, c->ddsp_task->pid, p->comm, p->pid);
	c->ddsp_spent = true;
	return false;
}

static bool commit_checked(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	return is_own(scx, p) && commit_direct(scx, p, dsq_id, enq_flags);
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

typedef bool (*commit_fn)(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags);

static __always_inline bool insert(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 slice,
				   u64 enq_flags, commit_fn commit)
{
	if (!may_dispatch(scx, p, dsq_id, &enq_flags))
		return false;
	set_slice(p, slice);
	return commit(scx, p, dsq_id, enq_flags);
}

static __always_inline bool insert_vtime(struct scx *scx, struct task_struct *p, u64 dsq_id,
					 u64 slice, u64 vtime, u64 enq_flags, commit_fn commit)
{
	if (!may_dispatch(scx, p, dsq_id, &enq_flags))
		return false;
	set_slice(p, slice);
	p->scx.dsq_vtime = vtime;
	return commit(scx, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ);
}

/*
 * One meaning under each of its names: scx_bpf_dispatch() and the first form of
 * scx_bpf_dsq_insert(); the forms that tell whether it worked.
 */
#define MEANING(how, commit)                                                                       \
	bool scx_kf_insert_##how(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,      \
				 struct scx *scx)                                                  \
	{                                                                                          \
		return insert(scx, p, dsq_id, slice, enq_flags, commit);                           \
	}                                                                                          \
	void scx_kf_dispatch_##how(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,    \
				   struct scx *scx)                                                \
	{                                                                                          \
		insert(scx, p, dsq_id, slice, enq_flags, commit);                                  \
	}                                                                                          \
	bool scx_kf_insert_vtime_##how(struct task_struct *p,                                      \
				       struct scx_bpf_dsq_insert_vtime_args *a, struct scx *scx)   \
	{                                                                                          \
		return insert_vtime(scx, p, a->dsq_id, a->slice, a->vtime, a->enq_flags, commit);  \
	}                                                                                          \
	void scx_kf_dispatch_vtime_##how(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,  \
					 u64 enq_flags, struct scx *scx)                           \
	{                                                                                          \
		insert_vtime(scx, p, dsq_id, slice, vtime, enq_flags, commit);                     \
	}

MEANING(direct, commit_direct)
MEANING(direct_checked, commit_checked)
MEANING(buffered, commit_buffered)

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

	if (unlikely(enq_flags & __SCX_ENQ_INTERNAL_MASK)) {
		scx_error(scx, bad_enq_flags, (unsigned long long)enq_flags);
		return false;
	}
	scx_vet_enq_flags(scx, SCX_DSQ_LOCAL, &enq_flags);
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
