/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The timer tick: at every jiffy boundary, on all busy CPUs at once (Linux
 * without skew_tick). A CPU that goes idle stops its tick: the one that may
 * still be due then comes to nothing, which is cheaper than to take it back
 * each time a CPU is idle for less than a jiffy.
 *
 * Most events of a busy machine are ticks, and they need no queue. All that
 * are armed before a boundary are for that boundary, and those armed while it
 * is being handled are for the next one: two masks hold them all, and the
 * order of ticks at one instant, by CPU, is the order of the bits. In the
 * order of events they have a class of their own, EVENT_TICK.
 */
#include "machine/cpufreq.h"
#include "machine/internal.h"

void tick_start(struct machine *m, struct mcpu *c)
{
	struct tick_queue *q = &m->ticks;
	u32 cpu = (u32)c->rq.cpu;

	if (c->tick_queued)
		return;
	c->tick_queued = true;
	if (!q->nr++)
		q->at = m->jiffy_end;
	if (q->at == m->jiffy_end) {
		cpumask_set_cpu(cpu, &q->masks[q->due]);
		q->nr_due++;
	} else {
		cpumask_set_cpu(cpu, &q->masks[!q->due]);
	}
}

/* The CPU whose tick comes next. */
u32 tick_pop(struct machine *m)
{
	struct tick_queue *q = &m->ticks;
	unsigned long *due = q->masks[q->due].bits;
	u32 cpu;

	while (!due[q->word])
		q->word++;
	cpu = q->word * 64 + (u32)__builtin_ctzl(due[q->word]);
	due[q->word] &= due[q->word] - 1;
	m->cpus[cpu].tick_queued = false;
	q->nr--;
	if (--q->nr_due)
		return cpu;
	q->due = !q->due;
	q->nr_due = q->nr;
	q->word = 0;
	q->at += m->tick_ns;
	return cpu;
}

void tick_fire(struct machine *m, struct mcpu *c)
{
	struct rq *rq = &c->rq;
	struct task_struct *curr = rq->curr;

	if (is_idle_task(curr))
		return;
	tick_start(m, c);
	sched_update_rq_clock(m, rq);
	if (sched_traces(m, TRACE_sched_tick))
		sched_trace(m, &(struct trace_event){
			.kind = TRACE_sched_tick, .sched_tick.p = curr });
	if (curr->sched_class->task_tick)
		curr->sched_class->task_tick(m, rq, curr);
	if (unlikely(m->nr_cookies))
		core_sched_tick(m, rq);
	if (m->ext.tick)
		m->ext.tick(m->ext.priv, rq);
	cpufreq_update(m, rq->cpu);
	exec_charge(m, c, m->cfg.costs.tick);
	if (!ext_switched_all(m))
		fair_balance_tick(m, rq);
}
