/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Wake-ups. A woken task is put on the chosen CPU's runqueue at once, whoever
 * the waker is: Linux's detour over a remote wake list and an interrupt costs
 * here what it costs there, because a remote CPU notices a new task only when
 * the reschedule interrupt arrives.
 */
#include "machine/internal.h"

bool sched_cpu_allowed(struct machine *m, const struct task_struct *p, u32 cpu)
{
	return cpumask_test_cpu(cpu, p->cpus_ptr) &&
	       (cpumask_test_cpu(cpu, &m->online) || to_mtask(p)->is_stopper);
}

/* Some CPU that @p may use, another one each time. */
u32 sched_any_allowed_cpu(struct machine *m, const struct task_struct *p)
{
	cpumask_t usable;
	u32 cpu;

	if (!cpumask_and(&usable, p->cpus_ptr, &m->online))
		return NR_CPUS;
	cpu = cpumask_next_from(&usable, m->any_cpu + 1);
	if (cpu >= NR_CPUS)
		cpu = cpumask_first(&usable);
	m->any_cpu = cpu;
	return cpu;
}

u32 sched_select_fallback(struct machine *m, struct task_struct *p, u32 cpu)
{
	const cpumask_t *node = &m->topo->node_masks[m->topo->cpus[cpu].node];
	u32 dest;

	for_each_cpu(dest, node)
		if (sched_cpu_allowed(m, p, dest))
			return dest;
	dest = cpumask_first_and(p->cpus_ptr, &m->online);
	if (dest < NR_CPUS)
		return dest;
	/* Affine to nothing that is left: may run anywhere. */
	sched_set_cpus_allowed(m, p, &m->possible);
	return cpumask_first_and(p->cpus_ptr, &m->online);
}

static u32 select_task_rq(struct machine *m, struct task_struct *p, u32 cpu, int *wake_flags)
{
	if (p->nr_cpus_allowed > 1 && !is_migration_disabled(p)) {
		cpu = p->sched_class->select_task_rq(m, p, cpu, *wake_flags);
		*wake_flags |= WF_RQ_SELECTED;
	} else {
		cpu = cpumask_first(p->cpus_ptr);
	}
	if (!sched_cpu_allowed(m, p, cpu))
		cpu = sched_select_fallback(m, p, task_cpu(p));
	return cpu;
}

static void move_task_cpu(struct machine *m, struct task_struct *p, u32 cpu)
{
	p->thread_info.cpu = cpu;
	p->wake_cpu = cpu;
	fair_set_task_rq(m, p);
}

void sched_set_task_cpu(struct machine *m, struct task_struct *p, u32 cpu)
{
	struct mtask *t = to_mtask(p);
	u32 from = task_cpu(p);

	if (sched_traces(m, TRACE_sched_migrate_task))
		sched_trace(m, &(struct trace_event){
			.kind = TRACE_sched_migrate_task,
			.sched_migrate_task = { .p = p, .orig_cpu = from, .dest_cpu = cpu } });
	if (from == cpu)
		return;
	if (p->sched_class->migrate_task_rq)
		p->sched_class->migrate_task_rq(m, p, cpu);
	p->se.nr_migrations++;
	if (t->in_step && t->step.kind == STEP_RUN &&
	    m->topo->cpus[from].llc != m->topo->cpus[cpu].llc)
		t->work_left += m->cfg.costs.migration << SCHED_FIXEDPOINT_SHIFT;
	move_task_cpu(m, p, cpu);
}

static void trace_wake(struct machine *m, enum trace_event_kind kind, struct task_struct *p)
{
	/* The three wake-up rows have one shape. */
	if (sched_traces(m, kind))
		sched_trace(m, &(struct trace_event){
			.kind = kind, .sched_wakeup = { .p = p, .target_cpu = task_cpu(p) } });
}

static void woken(struct machine *m, struct task_struct *p)
{
	p->__state = TASK_RUNNING;
	trace_wake(m, TRACE_sched_wakeup, p);
}

static void end_idle_period(struct machine *m, struct rq *rq)
{
	u64 max_idle = 2 * rq_mcpu(rq)->max_idle_balance_cost;

	if (!rq->idle_stamp)
		return;
	rq->avg_idle += (s64)(rq->clock - rq->idle_stamp - rq->avg_idle) / 8;
	rq->avg_idle = min(rq->avg_idle, max_idle);
	rq->idle_stamp = 0;
}

/* Still queued: preempted before it slept, or its dequeue is delayed. */
static void wake_queued(struct machine *m, struct task_struct *p, int wake_flags)
{
	struct rq *rq = sched_task_rq(m, p);

	sched_update_rq_clock(m, rq);
	if (p->se.sched_delayed)
		sched_enqueue_task(m, rq, p, ENQUEUE_NOCLOCK | ENQUEUE_DELAYED);
	if (!p->on_cpu)
		sched_wakeup_preempt(m, rq, p, wake_flags);
	woken(m, p);
}

static void wake_sleeping(struct machine *m, struct task_struct *p, int wake_flags)
{
	int en_flags = ENQUEUE_WAKEUP | ENQUEUE_NOCLOCK;
	struct rq *rq;
	u32 cpu;

	p->__state = TASK_WAKING;
	cpu = select_task_rq(m, p, p->wake_cpu, &wake_flags);
	if (cpu != task_cpu(p)) {
		wake_flags |= WF_MIGRATED;
		en_flags |= ENQUEUE_MIGRATED;
		if (p->sched_contributes_to_load)
			sched_task_rq(m, p)->nr_uninterruptible--;
		sched_set_task_cpu(m, p, cpu);
	} else if (p->sched_contributes_to_load) {
		sched_cpu_rq(m, cpu)->nr_uninterruptible--;
	}
	if (wake_flags & WF_RQ_SELECTED)
		en_flags |= ENQUEUE_RQ_SELECTED;
	rq = sched_cpu_rq(m, cpu);
	rq->ttwu_count++;
	sched_update_rq_clock(m, rq);
	sched_activate_task(m, rq, p, en_flags);
	sched_wakeup_preempt(m, rq, p, wake_flags);
	woken(m, p);
	if (p->sched_class->task_woken)
		p->sched_class->task_woken(m, rq, p);
	end_idle_period(m, rq);
	sched_run_balance_callbacks(m, rq);
}

int sched_ttwu(struct machine *m, struct task_struct *p, u32 state, int wake_flags)
{
	if (!(p->__state & state))
		return false;
	event_cancel(&m->eq, &to_mtask(p)->timer);
	wake_flags |= WF_TTWU;
	trace_wake(m, TRACE_sched_waking, p);
	if (p == sched_current(m))
		woken(m, p);
	else if (p->on_rq)
		wake_queued(m, p, wake_flags);
	else
		wake_sleeping(m, p, wake_flags);
	exec_charge(m, this_mcpu(m), m->cfg.costs.wakeup);
	return true;
}

bool task_wake(struct machine *m, struct task_struct *p)
{
	return sched_ttwu(m, p, TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE, 0);
}

void sched_wake_up_new(struct machine *m, struct task_struct *p)
{
	int wake_flags = WF_FORK;
	struct rq *rq;

	to_mtask(p)->started = true;
	p->__state = TASK_RUNNING;
	p->recent_used_cpu = task_cpu(p);
	move_task_cpu(m, p, select_task_rq(m, p, task_cpu(p), &wake_flags));
	rq = sched_task_rq(m, p);
	sched_update_rq_clock(m, rq);
	fair_init_new_util(m, p);
	sched_activate_task(m, rq, p, ENQUEUE_NOCLOCK | ENQUEUE_INITIAL);
	trace_wake(m, TRACE_sched_wakeup_new, p);
	sched_wakeup_preempt(m, rq, p, wake_flags);
	if (p->sched_class->task_woken)
		p->sched_class->task_woken(m, rq, p);
	sched_run_balance_callbacks(m, rq);
	exec_charge(m, this_mcpu(m), m->cfg.costs.wakeup);
}

/* Moves a task that is queued and not running. */
void sched_move_queued(struct machine *m, struct rq *rq, struct task_struct *p, u32 new_cpu)
{
	struct rq *dst = sched_cpu_rq(m, new_cpu);

	sched_update_rq_clock(m, rq);
	sched_deactivate_task(m, rq, p, DEQUEUE_NOCLOCK);
	sched_set_task_cpu(m, p, new_cpu);
	sched_update_rq_clock(m, dst);
	sched_activate_task(m, dst, p, ENQUEUE_NOCLOCK);
	sched_wakeup_preempt(m, dst, p, 0);
}
