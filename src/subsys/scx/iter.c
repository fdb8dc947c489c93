/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The open-coded iterator over a DSQ. Its cursor stands in the queue's list, so
 * tasks may come and go around it; only tasks that were queued before it began
 * are shown, which bounds the loop.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

/* What struct bpf_iter_scx_dsq holds, opaque to BPF. */
struct dsq_iter {
	struct scx_dsq_list_node cursor; /* off the list before the start and after the end */
	struct scx_dispatch_q *dsq;	 /* NULL: new() has failed */
	u64 slice, vtime;
};
_Static_assert(sizeof(struct dsq_iter) <= sizeof(struct bpf_iter_scx_dsq), "iterator too small");

static struct dsq_iter *iter_of(struct bpf_iter_scx_dsq *it)
{
	return (struct dsq_iter *)it;
}

/* Queued after the iteration began? Sequence numbers wrap. */
static bool is_newer(const struct dsq_iter *it, const struct task_struct *p)
{
	return (s32)(it->cursor.priv - p->scx.dsq_seq) < 0;
}

int scx_kf_iter_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags, struct scx *scx)
{
	struct dsq_iter *i = iter_of(it);

	*i = (struct dsq_iter){ 0 };
	if (flags & ~(u64)__SCX_DSQ_ITER_USER_FLAGS)
		return -EINVAL;
	i->dsq = scx_find_user_dsq(scx, dsq_id);
	if (!i->dsq)
		return -ENOENT;
	INIT_LIST_HEAD(&i->cursor.node);
	i->cursor.flags = SCX_DSQ_LNODE_ITER_CURSOR | flags;
	i->cursor.priv = i->dsq->seq;
	return 0;
}

struct task_struct *scx_kf_iter_dsq_next(struct bpf_iter_scx_dsq *it, struct scx *scx)
{
	struct dsq_iter *i = iter_of(it);
	bool rev = i->cursor.flags & SCX_DSQ_ITER_REV;
	struct list_head *pos = NULL;
	struct task_struct *p;

	if (!i->dsq)
		return NULL;
	if (!list_empty(&i->cursor.node))
		pos = &i->cursor.node;
	while ((p = scx_dsq_next(i->dsq, pos, rev)) && is_newer(i, p))
		pos = &p->scx.dsq_list.node;
	list_del_init(&i->cursor.node);
	if (p && rev)
		list_add_tail(&i->cursor.node, &p->scx.dsq_list.node);
	else if (p)
		list_add(&i->cursor.node, &p->scx.dsq_list.node);
	return p;
}

void scx_kf_iter_dsq_destroy(struct bpf_iter_scx_dsq *it, struct scx *scx)
{
	struct dsq_iter *i = iter_of(it);

	if (!i->dsq)
		return;
	list_del_init(&i->cursor.node);
	i->dsq = NULL;
}

bool scx_iter_has_dsq(const struct bpf_iter_scx_dsq *it)
{
	return ((const struct dsq_iter *)it)->dsq;
}

/* ---- moving what an iterator has found ---- */

void scx_kf_from_dsq_set_slice(struct bpf_iter_scx_dsq *it, u64 slice, struct scx *scx)
{
	iter_of(it)->slice = slice;
	iter_of(it)->cursor.flags |= __SCX_DSQ_ITER_HAS_SLICE;
}

void scx_kf_from_dsq_set_vtime(struct bpf_iter_scx_dsq *it, u64 vtime, struct scx *scx)
{
	iter_of(it)->vtime = vtime;
	iter_of(it)->cursor.flags |= __SCX_DSQ_ITER_HAS_VTIME;
}

static bool move(struct scx *scx, struct dsq_iter *i, struct task_struct *p, u64 dsq_id,
		 u64 enq_flags)
{
	struct rq *this_rq = sched_cpu_rq(scx->m, sched_this_cpu(scx->m));
	bool ok = p->scx.dsq == i->dsq && !is_newer(i, p);

	if (ok && scx_vet_enq_flags(scx, dsq_id, &enq_flags)) {
		struct scx_dispatch_q *dst = scx_find_dsq_for(scx, this_rq, dsq_id, p);

		if (i->cursor.flags & __SCX_DSQ_ITER_HAS_VTIME)
			p->scx.dsq_vtime = i->vtime;
		if (i->cursor.flags & __SCX_DSQ_ITER_HAS_SLICE)
			p->scx.slice = i->slice;
		scx_move_between(scx, p, enq_flags, i->dsq, dst);
	}
	i->cursor.flags &= ~(__SCX_DSQ_ITER_HAS_SLICE | __SCX_DSQ_ITER_HAS_VTIME);
	return ok;
}

/* ops.dispatch: this CPU's runqueue is ours, and looks at its local DSQ when we return. */
static bool move_in_balance(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			    u64 enq_flags, struct scx *scx)
{
	BUG_ON(!(scx_this_cpu(scx)->dsp.rq->scx.flags & SCX_RQ_IN_BALANCE));
	return iter_of(it)->dsq && move(scx, iter_of(it), p, dsq_id, enq_flags);
}

/* Nobody holds a runqueue: the task's is entered, with all that goes with it. */
static bool move_unlocked(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			  u64 enq_flags, struct scx *scx)
{
	if (!iter_of(it)->dsq)
		return false;
	sched_update_rq_clock(scx->m, scx_task_rq(scx, p));
	return move(scx, iter_of(it), p, dsq_id, enq_flags);
}

bool scx_kf_from_dsq_in_balance(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
				u64 enq_flags, struct scx *scx)
{
	return move_in_balance(it, p, dsq_id, enq_flags, scx);
}

bool scx_kf_from_dsq_unlocked(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			      u64 enq_flags, struct scx *scx)
{
	return move_unlocked(it, p, dsq_id, enq_flags, scx);
}

bool scx_kf_vtime_from_dsq_in_balance(struct bpf_iter_scx_dsq *it, struct task_struct *p,
				      u64 dsq_id, u64 enq_flags, struct scx *scx)
{
	return move_in_balance(it, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ, scx);
}

bool scx_kf_vtime_from_dsq_unlocked(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
				    u64 enq_flags, struct scx *scx)
{
	return move_unlocked(it, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ, scx);
}
