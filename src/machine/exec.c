/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a CPU does between interrupts: the steps of its current task.
 *
 * A CPU has one task-context event. While a task runs it stands for the end of
 * the task's step, or for the end of costs that must be paid before the step
 * may act; on an idle CPU for the end of the idle state after an interrupt.
 * It is allowed to be early (costs that arise meanwhile don't move it): when it
 * fires, exec_run() finds that the step isn't over and arms it again.
 *
 * run_from: costs push it into the future; the current step's work counts from
 * there on. It belongs to the CPU: a task that is preempted before it passes
 * leaves the rest to the next one.
 *
 * A CPU that is held spins in an interrupt until it is released: time passes for
 * its current task, but no work gets done, and nothing else gets the CPU.
 */
#include "machine/internal.h"

/* Books the work that the current task has done since run_from. */
void exec_settle(struct machine *m, struct mcpu *c)
{
	struct mtask *t = to_mtask(c->rq.curr);
	u64 done;

	if (m->now <= c->run_from)
		return;
	if (t->in_step && t->step.kind == STEP_RUN && !c->held && has_turn(m, c)) {
		done = (m->now - c->run_from) * c->speed;
		t->work_left -= min(done, t->work_left);
	}
	c->run_from = m->now;
}

void exec_charge(struct machine *m, struct mcpu *c, u64 ns)
{
	exec_settle(m, c);
	c->run_from = max(c->run_from, m->now) + ns;
}

void exec_switch(struct machine *m, struct mcpu *c, struct task_struct *prev,
		 struct task_struct *next)
{
	u64 ran = m->now - c->curr_since;

	exec_settle(m, c);
	if (is_idle_task(prev))
		c->idle_time += ran;
	to_mtask(prev)->cpu_time += ran;
	*(prev->flags & PF_KTHREAD ? &prev->stime : &prev->utime) += ran;
	c->curr_since = m->now;
	c->run_from = max(c->run_from, m->now);
	if (is_idle_task(next))
		event_cancel(&m->eq, &c->task_ev);
	else
		c->run_from += m->cfg.costs.context_switch;
}

static void too_many_steps(struct machine *m, struct mcpu *c)
{
	if (c->steps_at != m->now) {
		c->steps_at = m->now;
		c->steps_at_once = 0;
	}
	if (++c->steps_at_once > MAX_STEPS_AT_ONCE) {
		m->wedged = true;
		machine_stop(m, -ELOOP);
	}
}

static void begin_sleep(struct machine *m, struct mcpu *c, struct mtask *t)
{
	if (t->step.kind == STEP_SLEEP) {
		if (t->step.ns <= m->now) {
			t->in_step = false;
			exec_charge(m, c, m->cfg.costs.syscall);
			return;
		}
		t->timer.cpu = sched_timer_cpu(m, c->rq.cpu);
		event_arm(&m->eq, &t->timer, t->step.ns);
	}
	t->t.__state = TASK_INTERRUPTIBLE;
}

/* Asks the script for the next step and starts it. */
static void begin_step(struct machine *m, struct mcpu *c, struct mtask *t)
{
	too_many_steps(m, c);
	t->step = t->script ? t->script->next(t->script, m, &t->t) :
			      (struct step){ .kind = STEP_BLOCK };
	t->in_step = true;
	switch (t->step.kind) {
	case STEP_RUN:
		t->work_left = t->step.ns << SCHED_FIXEDPOINT_SHIFT;
		break;
	case STEP_RUNTIME:
		t->step.ns += m->now;
		break;
	case STEP_SLEEP:
	case STEP_BLOCK:
		begin_sleep(m, c, t);
		break;
	case STEP_YIELD:
	case STEP_EXIT:
		break;
	}
}

static void do_yield(struct machine *m, struct mcpu *c, struct mtask *t)
{
	struct rq *rq = &c->rq;

	t->in_step = false;
	sched_update_rq_clock(m, rq);
	if (t->t.sched_class->yield_task)
		t->t.sched_class->yield_task(m, rq);
	sched_schedule(m, rq->cpu, SM_NONE);
	if (rq->curr == &t->t)
		exec_charge(m, c, m->cfg.costs.syscall);
}

/* When the current step needs the CPU's attention next: a time, or now. */
static u64 step_due(struct machine *m, struct mcpu *c, struct mtask *t)
{
	switch (t->step.kind) {
	case STEP_RUN:
		return c->run_from + DIV_ROUND_UP(t->work_left, (u64)c->speed);
	case STEP_RUNTIME:
		return max(t->step.ns, c->run_from);
	default:
		return c->run_from;
	}
}

/* A faster CPU ends the step earlier than its event was armed for. */
void exec_speed_changed(struct machine *m, struct mcpu *c)
{
	struct mtask *t = to_mtask(c->rq.curr);

	if (t->in_step && t->step.kind == STEP_RUN && event_queued(&c->task_ev))
		event_arm(&m->eq, &c->task_ev, max(m->now, step_due(m, c, t)));
}

/* The current step has come to its end or to its action. */
static void finish_step(struct machine *m, struct mcpu *c, struct mtask *t)
{
	struct task_struct *p = &t->t;

	switch (t->step.kind) {
	case STEP_RUN:
	case STEP_RUNTIME:
		t->in_step = false;
		break;
	case STEP_SLEEP:
	case STEP_BLOCK:
		sched_schedule(m, c->rq.cpu, SM_NONE);
		break;
	case STEP_YIELD:
		do_yield(m, c, t);
		break;
	case STEP_EXIT:
		p->flags |= PF_EXITING;
		if (sched_traces(m, TRACE_sched_process_exit))
			sched_trace(m, &(struct trace_event){
				.kind = TRACE_sched_process_exit, .sched_process_exit.p = p });
		p->__state = TASK_DEAD;
		sched_schedule(m, c->rq.cpu, SM_NONE);
		break;
	}
}

/* A sleep has ended, perhaps before the task got around to leave the CPU. */
static bool has_woken_up(const struct mtask *t)
{
	return (t->step.kind == STEP_SLEEP || t->step.kind == STEP_BLOCK) && !t->t.__state;
}

static void leave_idle(struct machine *m, struct mcpu *c)
{
	sched_schedule(m, c->rq.cpu, SM_IDLE);
	if (unlikely(m->cfg.cpus_in_turn) && !is_idle_task(c->rq.curr))
		turns_take(m, c->rq.cpu);
}

/*
 * Runs the CPU's task context as far as it goes without time passing: until
 * its task-context event is armed, or the CPU is idle.
 */
void exec_run(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	struct rq *rq = &c->rq;
	struct mtask *t;
	u64 due;

	while (!m->wedged && !c->held) {
		t = to_mtask(rq->curr);
		if (is_idle_task(&t->t)) {
			if (!sched_need_resched(&t->t))
				break;
			leave_idle(m, c);
			continue;
		}
		if (unlikely(!has_turn(m, c)))
			return;
		if (sched_need_resched(&t->t)) {
			sched_schedule(m, cpu, SM_PREEMPT);
			continue;
		}
		exec_settle(m, c);
		if (t->is_stopper) {
			stop_run(m, cpu);
			continue;
		}
		if (!t->in_step || has_woken_up(t)) {
			begin_step(m, c, t);
			continue;
		}
		due = step_due(m, c, t);
		if (due > m->now) {
			event_arm(&m->eq, &c->task_ev, due);
			return;
		}
		finish_step(m, c, t);
	}
	if (unlikely(m->cfg.cpus_in_turn) && is_idle_task(rq->curr))
		turns_release(m, cpu);
}

void exec_task_event(struct machine *m, struct machine_timer *ev)
{
	struct mcpu *c = container_of(ev, struct mcpu, task_ev);

	if (c->held)
		return;
	if (is_idle_task(c->rq.curr))
		leave_idle(m, c);
	exec_run(m, c->rq.cpu);
}

/* Interrupt return: the moment when a requested reschedule takes place. */
void exec_irq_exit(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	struct task_struct *curr = c->rq.curr;

	if (!sched_need_resched(curr) || c->held)
		return;
	if (!is_idle_task(curr)) {
		/* Not before the interrupt's own cost is paid: a tick ends later than it began. */
		if (c->run_from > m->now)
			event_arm(&m->eq, &c->task_ev, c->run_from);
		else
			exec_run(m, cpu);
	} else if (!event_queued(&c->task_ev)) {
		event_arm(&m->eq, &c->task_ev, m->now + m->cfg.costs.idle_exit);
	}
}

void sched_hold_cpu(struct machine *m, u32 cpu)
{
	exec_settle(m, &m->cpus[cpu]);
	m->cpus[cpu].held = true;
}

void sched_release_cpu(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];

	if (!c->held)
		return;
	exec_settle(m, c);
	c->held = false;
	if (!is_idle_task(c->rq.curr) || sched_need_resched(c->rq.curr))
		event_arm(&m->eq, &c->task_ev, max(m->now, c->run_from));
}

u64 task_runtime(const struct machine *m, const struct task_struct *p)
{
	const struct mcpu *c = &m->cpus[task_cpu(p)];
	u64 t = to_mtask(p)->cpu_time;

	return c->rq.curr == p ? t + m->now - c->curr_since : t;
}

struct cpu_times machine_cpu_times(const struct machine *m, u32 cpu)
{
	const struct mcpu *c = &m->cpus[cpu];
	u64 idle = c->idle_time;

	if (is_idle_task(c->rq.curr))
		idle += m->now - c->curr_since;
	return (struct cpu_times){ .busy_ns = m->now - idle, .idle_ns = idle };
}
