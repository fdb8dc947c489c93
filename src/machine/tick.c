/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The timer tick: at every jiffy boundary, on all busy CPUs at once (Linux
 * without skew_tick). A CPU that goes idle stops its tick: the one event that
 * may still be queued then comes to nothing, which is cheaper than to dequeue
 * it each time a CPU is idle for less than a jiffy.
 */
#include "machine/cpufreq.h"
#include "machine/internal.h"

void tick_start(struct machine *m, struct mcpu *c)
{
	if (event_queued(&c->tick_ev))
		return;
	event_arm(&m->eq, &c->tick_ev, (m->now / m->tick_ns + 1) * m->tick_ns);
	m->nr_ticks_queued++;
}

void tick_fire(struct machine *m, struct machine_timer *t)
{
	struct mcpu *c = container_of(t, struct mcpu, tick_ev);
	struct rq *rq = &c->rq;
	struct task_struct *curr = rq->curr;
	struct trace_event ev = { .kind = TRACE_sched_tick, .sched_tick.p = curr };

	m->nr_ticks_queued--;
	if (is_idle_task(curr))
		return;
	tick_start(m, c);
	sched_update_rq_clock(m, rq);
	if (sched_tracing(m))
		sched_trace(m, &ev);
	if (curr->sched_class->task_tick)
		curr->sched_class->task_tick(m, rq, curr);
	if (m->ext.tick)
		m->ext.tick(m->ext.priv, rq);
	cpufreq_update(m, rq->cpu);
	exec_charge(m, c, m->cfg.costs.tick);
	if (!ext_switched_all(m))
		fair_balance_tick(m, rq);
}

u64 sched_jiffies(const struct machine *m)
{
	return m->now / m->tick_ns;
}

u32 sched_hz(const struct machine *m)
{
	return m->cfg.hz;
}
