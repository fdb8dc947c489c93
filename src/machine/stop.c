/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The stop class and its one task per CPU, "migration/N", which nothing can
 * preempt: it takes running tasks off its CPU when they may not stay there, or
 * when the fair class's balancer wants a running task elsewhere. It does its
 * work at one instant; what it costs is two context switches.
 */
#include "machine/internal.h"

static void enqueue_task_stop(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	sched_add_nr_running(rq, 1);
}

static bool dequeue_task_stop(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	sched_sub_nr_running(rq, 1);
	return true;
}

static int balance_stop(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	return task_on_rq_queued(rq->stop);
}

static struct task_struct *pick_task_stop(struct machine *m, struct rq *rq)
{
	return task_on_rq_queued(rq->stop) ? rq->stop : NULL;
}

static void put_prev_task_stop(struct machine *m, struct rq *rq, struct task_struct *p,
			       struct task_struct *next)
{
	sched_update_curr_common(m, rq);
}

static void set_next_task_stop(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	p->se.exec_start = rq->clock_task;
}

static int select_task_rq_stop(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	return task_cpu(p);
}

static void update_curr_stop(struct machine *m, struct rq *rq)
{
	sched_update_curr_common(m, rq);
}

const struct sched_class sched_class_stop = {
	.name = "stop",
	.rank = CLASS_STOP,
	.enqueue_task = enqueue_task_stop,
	.dequeue_task = dequeue_task_stop,
	.balance = balance_stop,
	.pick_task = pick_task_stop,
	.put_prev_task = put_prev_task_stop,
	.set_next_task = set_next_task_stop,
	.select_task_rq = select_task_rq_stop,
	.update_curr = update_curr_stop,
};

static void wake_stopper(struct machine *m, struct mcpu *c)
{
	sched_ttwu(m, &c->stopper->t, TASK_INTERRUPTIBLE, 0);
}

void stop_queue_migration(struct machine *m, struct task_struct *p)
{
	struct mtask *t = to_mtask(p);
	struct mcpu *c = &m->cpus[task_cpu(p)];

	if (t->migration_pending)
		return;
	t->migration_pending = true;
	list_add_tail(&t->migration_node, &c->migrations);
	wake_stopper(m, c);
}

void stop_queue_active_balance(struct machine *m, u32 cpu, u32 push_cpu)
{
	struct mcpu *c = &m->cpus[cpu];

	c->active_balance = true;
	c->push_cpu = push_cpu;
	wake_stopper(m, c);
}

static void migrate_away(struct machine *m, struct mtask *t)
{
	struct task_struct *p = &t->t;
	u32 cpu;

	list_del_init(&t->migration_node);
	t->migration_pending = false;
	if (sched_cpu_allowed(m, p, task_cpu(p)) || is_migration_disabled(p))
		return;
	cpu = sched_any_allowed_cpu(m, p);
	if (cpu >= NR_CPUS)
		cpu = sched_select_fallback(m, p, task_cpu(p));
	if (task_on_rq_queued(p))
		sched_move_queued(m, sched_task_rq(m, p), p, cpu);
	else
		p->wake_cpu = cpu;
}

/* The stopper has got its CPU. */
void stop_run(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];

	while (!list_empty(&c->migrations))
		migrate_away(m, list_first_entry(&c->migrations, struct mtask, migration_node));
	if (c->active_balance) {
		fair_active_balance(m, cpu);
		c->active_balance = false;
	}
	c->stopper->t.__state = TASK_INTERRUPTIBLE;
	sched_schedule(m, cpu, SM_NONE);
}
