/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What keeps real-time tasks from starving fair ones: a deadline server per CPU,
 * which may give the fair class 50 ms in each second, above all real-time tasks,
 * but as late as possible. Linux 6.12 has this in place of throttling.
 *
 * It is one reservation of a deadline scheduler, the only one here:
 *
 *   init      no fair task is known to be there
 *   waiting   throttled until there is no more time to lose: until the deadline
 *             less the runtime that is left. What fair tasks get meanwhile, without
 *             its help, counts; with all of it used up, a new period begins
 *   running   queued: the CPU's fair tasks go first
 *   spent     throttled until the deadline; then a new period, and running again
 *
 * From waiting it goes to running, and on between running and spent until the
 * fair tasks got their part without it. It returns to init when it should run
 * and finds nothing.
 */
#include "machine/fair.h"

#define RUNTIME_NS (50 * NSEC_PER_MSEC)
#define PERIOD_NS (1000 * NSEC_PER_MSEC)
#define MIN_RES_NS NSEC_PER_MSEC /* less background runtime doesn't move the timer */

static void new_period(struct fair_server *s, u64 now)
{
	s->deadline = now + PERIOD_NS;
	s->runtime = RUNTIME_NS;
	if (!s->starving)
		s->throttled = s->armed = true;
}

/* Would what is left until the deadline be more than the server's part of that time? */
static bool overflows(const struct fair_server *s, u64 now)
{
	return (s64)((s->deadline - now) >> 10) * (s64)(RUNTIME_NS >> 10) <
	       (s64)(PERIOD_NS >> 10) * (s->runtime >> 10);
}

/* false: that moment is over. */
static bool start_timer(struct machine *m, struct mcpu *c)
{
	struct fair_server *s = &c->server;
	u64 when = s->armed ? s->deadline - s->runtime : s->deadline;

	if (when < m->now)
		return false;
	if (!event_queued(&s->timer)) {
		s->timer.cpu = sched_timer_cpu(m, c->rq.cpu);
		event_arm(&m->eq, &s->timer, when);
		m->nr_server_timers++;
	}
	return true;
}

static void stop_timer(struct machine *m, struct fair_server *s)
{
	m->nr_server_timers -= event_cancel(&m->eq, &s->timer);
}

/* Queued, or throttled with a timer. */
static void enqueue(struct machine *m, struct mcpu *c)
{
	struct fair_server *s = &c->server;

	if (s->throttled && start_timer(m, c))
		return;
	if (s->throttled) {
		stop_timer(m, s);
		s->armed = s->throttled = false;
	}
	s->queued = true;
}

/* It was away: does its old period still hold? */
static void wake_up(struct fair_server *s, u64 now)
{
	bool over = s->deadline < now;

	if (!over && !overflows(s, now)) {
		if (!s->starving)
			s->armed = s->throttled = true;
		return;
	}
	if (s->starving && !over) {
		s->runtime = (s->deadline - now) * RUNTIME_NS / PERIOD_NS;
		return;
	}
	s->starving = false;
	new_period(s, now);
}

static void replenish(struct machine *m, struct mcpu *c)
{
	struct fair_server *s = &c->server;
	bool was_armed = s->armed;

	if (s->armed && overflows(s, m->now)) {
		s->deadline = m->now + PERIOD_NS;
		s->runtime = RUNTIME_NS;
	}
	while (s->runtime <= 0) {
		s->deadline += PERIOD_NS;
		s->runtime += RUNTIME_NS;
	}
	if (s->deadline < m->now)
		new_period(s, m->now);
	s->throttled = s->armed = false;
	if (!was_armed && !s->starving && m->now < s->deadline - s->runtime)
		s->throttled = s->armed = true;
}

/* The first fair task has come to the CPU. */
void fair_server_start(struct machine *m, struct mcpu *c)
{
	struct fair_server *s = &c->server;

	if (s->active || !c->rq.online)
		return;
	if (!s->deadline)
		new_period(s, m->now);
	s->active = true;
	wake_up(s, m->now);
	enqueue(m, c);
	sched_resched_curr(m, &c->rq);
}

void fair_server_stop(struct machine *m, struct mcpu *c)
{
	struct fair_server *s = &c->server;

	stop_timer(m, s);
	s->queued = s->armed = s->throttled = s->active = false;
}

/* A fair task has run for @delta, by the server's doing or not. */
void fair_server_update(struct machine *m, struct mcpu *c, u64 delta)
{
	struct fair_server *s = &c->server;

	s->runtime -= delta;
	if (s->runtime > 0)
		return;
	if (s->throttled) {
		/* Nobody starves. */
		s->starving = false;
		stop_timer(m, s);
		new_period(s, m->now);
		start_timer(m, c);
		return;
	}
	s->throttled = true;
	s->queued = false;
	if (!start_timer(m, c)) {
		replenish(m, c);
		enqueue(m, c);
	}
	sched_resched_curr(m, &c->rq);
}

/* The CPU was idle until now: the fair class could have had that time. */
void fair_server_update_idle(struct mcpu *c)
{
	struct fair_server *s = &c->server;
	struct task_struct *idle = c->rq.curr;
	s64 delta = c->rq.clock_task - idle->se.exec_start;

	if (s->runtime < 0 || delta < 0)
		return;
	s->runtime -= delta;
	if (s->runtime < 0) {
		s->starving = false;
		s->runtime = 0;
	}
	idle->se.exec_start = c->rq.clock_task;
}

static void timer_fire(struct machine *m, struct machine_timer *t)
{
	struct mcpu *c = container_of(t, struct mcpu, server.timer);
	struct fair_server *s = &c->server;

	m->nr_server_timers--;
	if (!s->throttled)
		return;
	sched_update_rq_clock(m, &c->rq);
	if (s->armed) {
		/* Part of the runtime was had in the meantime: there is more time to lose. */
		if (m->now < s->deadline - s->runtime - MIN_RES_NS) {
			start_timer(m, c);
			return;
		}
		s->starving = true;
	}
	replenish(m, c);
	enqueue(m, c);
	sched_resched_curr(m, &c->rq);
}

/* ---- the deadline class: nothing but the servers ---- */

static int balance_dl(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	return rq_mcpu(rq)->server.queued;
}

static struct task_struct *pick_task_dl(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);
	struct task_struct *p;

	if (likely(!c->server.queued))
		return NULL;
	p = sched_class_fair.pick_task(m, rq);
	if (!p)
		fair_server_stop(m, c);
	return p;
}

const struct sched_class sched_class_dl = {
	.name = "dl",
	.rank = CLASS_DL,
	.balance = balance_dl,
	.pick_task = pick_task_dl,
};

void fair_server_init(struct mcpu *c)
{
	machine_timer_init_owned(&c->server.timer, timer_fire, c->rq.cpu, EVENT_TIMER);
}
