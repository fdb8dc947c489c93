/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Asking ops.enqueue anew about tasks that wait in a DSQ. ops.cpu_release may have
 * it done at once for the local DSQ of its CPU, whose runqueue it holds;
 * everybody else leaves a note, and an interrupt on the DSQ's CPU does it soon.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

void scx_reenqueue_task(struct scx *scx, struct rq *rq, struct task_struct *p, u32 reason)
{
	if (scx->profile == KERNEL_6_12)
		reason = 0;
	p->scx.flags |= reason;
	scx_enqueue(scx, rq, p, SCX_ENQ_REENQ, -1);
	p->scx.flags &= ~SCX_TASK_REENQ_REASON_MASK;
}

/* The first one stays if the CPU takes it. */
static bool is_stranded(const struct scx_dispatch_q *local, const struct task_struct *p, bool first)
{
	const struct rq *rq = container_of(local, struct rq, scx.local_dsq);

	return (p->scx.flags & SCX_TASK_IMMED) && !(first && scx_rq_is_open(rq, 0));
}

/* Those that go are taken off first: the scheduler may put some back. */
static u32 reenqueue(struct scx *scx, struct scx_dispatch_q *dsq, u32 reason)
{
	struct list_head tasks = LIST_HEAD_INIT(tasks);
	struct task_struct *p, *next;
	bool first = true;
	u32 nr = 0;

	for (p = scx_dsq_next(dsq, NULL, false); p; p = next, first = false) {
		next = scx_dsq_next(dsq, &p->scx.dsq_list.node, false);
		if (reason == SCX_TASK_REENQ_IMMED && !is_stranded(dsq, p, first))
			continue;
		scx_dsq_remove(p);
		list_add_tail(&p->scx.dsq_list.node, &tasks);
	}
	while (!list_empty(&tasks)) {
		p = list_first_entry(&tasks, struct task_struct, scx.dsq_list.node);
		list_del_init(&p->scx.dsq_list.node);
		scx_reenqueue_task(scx, scx_task_rq(scx, p), p, reason);
		nr++;
	}
	return nr;
}

u32 scx_kf_reenqueue_local(struct scx *scx)
{
	return reenqueue(scx, &sched_cpu_rq(scx->m, sched_this_cpu(scx->m))->scx.local_dsq,
			 SCX_TASK_REENQ_KFUNC);
}

/* ---- later ---- */

void scx_reenq_work(struct machine *m, struct sched_irq_work *w)
{
	struct scx_cpu *c = container_of(w, struct scx_cpu, reenq_work);
	struct scx *scx = c->scx;
	struct scx_dispatch_q *dsq;
	u64 id;

	if (c->reenq_local) {
		c->reenq_local = false;
		if (scx->enabled)
			reenqueue(scx, &sched_cpu_rq(m, c->cpu)->scx.local_dsq,
				  SCX_TASK_REENQ_KFUNC);
	}
	if (c->reenq_immed) {
		c->reenq_immed = false;
		if (scx->enabled)
			reenqueue(scx, &sched_cpu_rq(m, c->cpu)->scx.local_dsq,
				  SCX_TASK_REENQ_IMMED);
	}
	while (c->nr_reenq) {
		id = c->reenq[--c->nr_reenq];
		dsq = scx->enabled ? scx_find_user_dsq(scx, id) : NULL;
		if (dsq)
			reenqueue(scx, dsq, SCX_TASK_REENQ_KFUNC);
	}
}

static void reenq_local_later(struct scx *scx, u32 cpu)
{
	struct scx_cpu *c = &scx->cpus[cpu];

	c->reenq_local = true;
	sched_irq_work_queue_on(scx->m, &c->reenq_work, cpu);
}

void scx_reenq_immed_later(struct scx *scx, u32 cpu)
{
	struct scx_cpu *c = &scx->cpus[cpu];

	c->reenq_immed = true;
	sched_irq_work_queue_on(scx->m, &c->reenq_work, cpu);
}

static void reenq_user_later(struct scx *scx, u64 dsq_id)
{
	struct scx_cpu *c = scx_this_cpu(scx);

	for (u32 i = 0; i < c->nr_reenq; i++)
		if (c->reenq[i] == dsq_id)
			return;
	if (c->nr_reenq == ARRAY_SIZE(c->reenq)) {
		scx_error(scx, reenq_many, ARRAY_SIZE(c->reenq));
		return;
	}
	c->reenq[c->nr_reenq++] = dsq_id;
	sched_irq_work_queue_on(scx->m, &c->reenq_work, c->cpu);
}

void scx_kf_reenqueue_local_later(struct scx *scx)
{
	reenq_local_later(scx, sched_this_cpu(scx->m));
}

void scx_kf_dsq_reenq(u64 dsq_id, u64 reenq_flags, struct scx *scx)
{
	if (reenq_flags & ~(u64)SCX_REENQ_ANY) {
		scx_error(scx, bad_reenq_flags, (unsigned long long)reenq_flags);
	} else if (dsq_id == SCX_DSQ_LOCAL) {
		reenq_local_later(scx, sched_this_cpu(scx->m));
	} else if ((dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON) {
		s32 cpu = dsq_id & SCX_DSQ_LOCAL_CPU_MASK;

		if (scx_cpu_valid(scx, cpu, "in a DSQ to re-enqueue"))
			reenq_local_later(scx, cpu);
	} else if ((dsq_id & SCX_DSQ_FLAG_BUILTIN) || !scx_find_user_dsq(scx, dsq_id)) {
		scx_error(scx, no_reenq, (unsigned long long)dsq_id);
	} else {
		reenq_user_later(scx, dsq_id);
	}
}
