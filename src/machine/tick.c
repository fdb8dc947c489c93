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

static u64 next_boundary(const struct machine *m)
{
	return (sched_jiffies(m) + 1) * m->tick_ns;
}

void tick_start(struct machine *m, struct mcpu *c)
{
	struct tick_queue *q = &m->ticks;
	u64 at = next_boundary(m);

	if (tick_queued(m, c->rq.cpu))
		return;
	if (!q->nr++)
		q->at = at;
	if (at == q->at) {
		cpumask_set_cpu(c->rq.cpu, &q->due);
		q->nr_due++;
		return;
	}
	BUG_ON(at != q->at + m->tick_ns);
	cpumask_set_cpu(c->rq.cpu, &q->next);
}

/* The CPU whose tick comes next. */
u32 tick_pop(struct machine *m)
{
	struct tick_queue *q = &m->ticks;
	u32 cpu = cpumask_next_from(&q->due, q->from);

	cpumask_clear_cpu(cpu, &q->due);
	q->from = cpu + 1;
	q->nr--;
	if (--q->nr_due)
		return cpu;
	q->due = q->next;
	cpumask_clear(&q->next);
	q->nr_due = q->nr;
	q->from = 0;
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
	if (m->ext.tick)
		m->ext.tick(m->ext.priv, rq);
	cpufreq_update(m, rq->cpu);
	exec_charge(m, c, m->cfg.costs.tick);
	if (!ext_switched_all(m))
		fair_balance_tick(m, rq);
}
