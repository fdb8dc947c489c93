/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The idle class: one task per CPU, always there, never queued. */
#include "machine/internal.h"

static void notify_ext(struct machine *m, struct rq *rq, bool idle, bool notify)
{
	if (m->ext.update_idle)
		m->ext.update_idle(m->ext.priv, rq, idle, notify);
}

static void wakeup_preempt_idle(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	sched_resched_curr(m, rq);
}

static struct task_struct *pick_task_idle(struct machine *m, struct rq *rq)
{
	notify_ext(m, rq, true, false);
	return rq->idle;
}

static void put_prev_task_idle(struct machine *m, struct rq *rq, struct task_struct *p,
			       struct task_struct *next)
{
	notify_ext(m, rq, false, true);
}

static void set_next_task_idle(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	notify_ext(m, rq, true, true);
	p->se.exec_start = rq->clock_task;
}

static int select_task_rq_idle(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	return task_cpu(p);
}

const struct sched_class sched_class_idle = {
	.name = "idle",
	.rank = CLASS_IDLE,
	.wakeup_preempt = wakeup_preempt_idle,
	.pick_task = pick_task_idle,
	.put_prev_task = put_prev_task_idle,
	.set_next_task = set_next_task_idle,
	.select_task_rq = select_task_rq_idle,
};
