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
		scx_error(scx, "called with NULL task");
		return false;
	}
	if (unlikely(enq_flags & __SCX_ENQ_INTERNAL_MASK)) {
		scx_error(scx, "invalid enq_flags 0x%llx", (unsigned long long)enq_flags);
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
static void commit_direct(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_cpu *c = scx_this_cpu(scx);
	bool spent = c->ddsp_spent;

	BUG_ON(!c->ddsp_task);
	c->ddsp_spent = true;
	if (unlikely(spent)) {
		scx_error(scx, "%s[%d] already direct-dispatched", p->comm, p->pid);
	} else if (unlikely(p != c->ddsp_task)) {
		scx_error(scx, "scheduling for %s[%d] but trying to direct-dispatch %s[%d]",
			  c->ddsp_task->comm, c->ddsp_task->pid, p->comm, p->pid);
	} else {
		p->scx.ddsp_dsq_id = dsq_id;
		p->scx.ddsp_enq_flags = enq_flags;
	}
}

static void commit_buffered(struct scx *scx, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;

	if (unlikely(dsp->cursor >= scx->dsp_max_batch)) {
		scx_error(scx, "dispatch buffer overflow");
		return;
	}
	dsp->buf[dsp->cursor++] = (struct scx_dsp_entry){
		.p = p,
		.qseq = p->scx.ops_state & SCX_OPSS_QSEQ_MASK,
		.dsq_id = dsq_id,
		.enq_flags = enq_flags,
	};
}

void scx_kf_dispatch_direct(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			    struct scx *scx)
{
	if (!may_dispatch(scx, p, enq_flags))
		return;
	set_slice(p, slice);
	commit_direct(scx, p, dsq_id, enq_flags);
}

void scx_kf_dispatch_buffered(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			      struct scx *scx)
{
	if (!may_dispatch(scx, p, enq_flags))
		return;
	set_slice(p, slice);
	commit_buffered(scx, p, dsq_id, enq_flags);
}

void scx_kf_dispatch_vtime_direct(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
				  u64 enq_flags, struct scx *scx)
{
	if (!may_dispatch(scx, p, enq_flags))
		return;
	set_slice(p, slice);
	p->scx.dsq_vtime = vtime;
	commit_direct(scx, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ);
}

void scx_kf_dispatch_vtime_buffered(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
				    u64 enq_flags, struct scx *scx)
{
	if (!may_dispatch(scx, p, enq_flags))
		return;
	set_slice(p, slice);
	p->scx.dsq_vtime = vtime;
	commit_buffered(scx, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ);
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
		scx_error(scx, "dispatch buffer underflow");
}

bool scx_kf_consume(u64 dsq_id, struct scx *scx)
{
	struct scx_dsp *dsp = &scx_this_cpu(scx)->dsp;
	struct scx_dispatch_q *dsq;

	scx_flush_dispatches(scx, dsp->rq);
	dsq = scx_find_user_dsq(scx, dsq_id);
	if (unlikely(!dsq)) {
		scx_error(scx, "invalid DSQ ID 0x%016llx", (unsigned long long)dsq_id);
		return false;
	}
	if (!scx_consume(scx, dsp->rq, dsq))
		return false;
	dsp->nr_tasks++; /* the loop must go on if the task is lost again */
	return true;
}

/* The CPU is lost to a higher class: what waits on its local DSQ is asked about anew. */
u32 scx_kf_reenqueue_local(struct scx *scx)
{
	struct rq *rq = sched_cpu_rq(scx->m, sched_this_cpu(scx->m));
	struct list_head *local = &rq->scx.local_dsq.list, tasks = LIST_HEAD_INIT(tasks);
	struct task_struct *p;
	u32 nr = 0;

	/* All of them off first: the scheduler may put some back. */
	while (!list_empty(local)) {
		p = list_first_entry(local, struct task_struct, scx.dsq_list.node);
		scx_dsq_remove(p);
		list_add_tail(&p->scx.dsq_list.node, &tasks);
	}
	while (!list_empty(&tasks)) {
		p = list_first_entry(&tasks, struct task_struct, scx.dsq_list.node);
		list_del_init(&p->scx.dsq_list.node);
		scx_enqueue(scx, rq, p, SCX_ENQ_REENQ, -1);
		nr++;
	}
	return nr;
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
