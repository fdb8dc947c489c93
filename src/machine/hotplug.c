/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CPUs go and come. A CPU that goes is closed to new tasks at once; what is
 * queued there moves, and its stopper takes the running task away when the
 * interrupt arrives. From then on it is idle for good. Sleeping tasks stay where
 * they are: they find another CPU when they wake up.
 */
#include "machine/internal.h"

static bool stays(const struct task_struct *p)
{
	return to_mtask(p)->is_stopper || is_idle_task(p);
}

static void leave(struct machine *m, struct rq *rq, struct task_struct *p)
{
	if (p->se.sched_delayed)
		sched_dequeue_task(m, rq, p, DEQUEUE_SLEEP | DEQUEUE_DELAYED);
	else if (task_current(rq, p))
		stop_queue_migration(m, p);
	else if (task_on_rq_queued(p))
		sched_move_queued(m, rq, p, sched_select_fallback(m, p, rq->cpu));
}

/* In the order of creation, so that it is always the same. */
static void leave_all(struct machine *m, struct rq *rq)
{
	struct task_struct *p;

	list_for_each_entry(p, &m->tasks, tasks)
		if (task_cpu(p) == (u32)rq->cpu && p->on_rq && !stays(p))
			leave(m, rq, p);
}

/* The core's other CPUs may be an idle core without (or no idle core with) this one. */
static void refresh_core(struct machine *m, u32 cpu)
{
	u32 sibling;

	sched_update_avail(m, &m->cpus[cpu].rq);
	for_each_cpu(sibling, &m->topo->core_masks[m->topo->cpus[cpu].core])
		sched_update_avail(m, &m->cpus[sibling].rq);
}

int machine_cpu_offline(struct machine *m, u32 cpu)
{
	const struct sched_class *class;
	struct rq *rq;

	if (cpu >= m->nr_cpus)
		return -EINVAL;
	if (!cpumask_test_cpu(cpu, &m->online))
		return 0;
	if (cpumask_weight(&m->online) == 1)
		return -EBUSY;
	rq = &m->cpus[cpu].rq;
	cpumask_clear_cpu(cpu, &m->online);
	rq->online = 0;
	refresh_core(m, cpu);
	sched_update_rq_clock(m, rq);
	for_each_class(m, class)
		if (class->rq_offline)
			class->rq_offline(m, rq);
	leave_all(m, rq);
	event_rehome(&m->eq, cpu, cpumask_first(&m->online));
	if (m->ext.rq_deactivate)
		m->ext.rq_deactivate(m->ext.priv, rq);
	sched_run_balance_callbacks(m, rq);
	return 0;
}

int machine_cpu_online(struct machine *m, u32 cpu)
{
	const struct sched_class *class;
	struct rq *rq;

	if (cpu >= m->nr_cpus)
		return -EINVAL;
	if (cpumask_test_cpu(cpu, &m->online))
		return 0;
	rq = &m->cpus[cpu].rq;
	cpumask_set_cpu(cpu, &m->online);
	rq->online = 1;
	refresh_core(m, cpu);
	sched_update_rq_clock(m, rq);
	if (m->ext.rq_activate)
		m->ext.rq_activate(m->ext.priv, rq);
	for_each_class(m, class)
		if (class->rq_online)
			class->rq_online(m, rq);
	/* It looks for work when it comes up. */
	sched_resched_curr(m, rq);
	return 0;
}
