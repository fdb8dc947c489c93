/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Kicking CPUs into the scheduler. The kicker collects what it wants in its own
 * per-CPU masks; an interrupt on its CPU carries it out when no op runs.
 *
 * SCX_KICK_WAIT: in Linux that interrupt spins until the kicked CPU has gone
 * through its scheduler. The simulated CPU keeps its task for that time too,
 * because nothing else can be scheduled on it before the interrupt has returned
 * and the kicked CPU's own interrupt is already on its way.
 */
#include "scx/internal.h"

/* Will the CPU go through a scheduling cycle before it idles? Then it needs no kick. */
static bool can_skip_idle_kick(const struct rq *rq)
{
	return !scx_rq_is_idle(rq) && !(rq->scx.flags & SCX_RQ_IN_BALANCE);
}

void scx_kick(struct scx *scx, u32 cpu, u64 flags)
{
	struct scx_cpu *c = scx_this_cpu(scx);

	if (scx_bypassing(sched_cpu_rq(scx->m, c->cpu)))
		return;
	if (flags & SCX_KICK_IDLE) {
		if (unlikely(flags & (SCX_KICK_PREEMPT | SCX_KICK_WAIT)))
			scx_error(scx, kick_idle);
		if (can_skip_idle_kick(sched_cpu_rq(scx->m, cpu)))
			return;
		cpumask_set_cpu(cpu, &c->to_kick_if_idle);
	} else {
		cpumask_set_cpu(cpu, &c->to_kick);
		if (flags & SCX_KICK_PREEMPT)
			cpumask_set_cpu(cpu, &c->to_preempt);
		if (flags & SCX_KICK_WAIT)
			cpumask_set_cpu(cpu, &c->to_wait);
	}
	sched_irq_work_queue_on(scx->m, &c->kick_work, c->cpu);
}

static bool can_kick(const struct scx_cpu *c, u32 cpu)
{
	return cpumask_test_cpu(cpu, sched_cpu_online(c->scx->m)) || cpu == c->cpu;
}

static void kick_one(struct scx_cpu *c, u32 cpu)
{
	struct rq *rq = sched_cpu_rq(c->scx->m, cpu);

	if (can_kick(c, cpu)) {
		if (cpumask_test_cpu(cpu, &c->to_preempt) && scx_on_class(rq->curr))
			rq->curr->scx.slice = 0;
		sched_resched_curr(c->scx->m, rq);
	}
	cpumask_clear_cpu(cpu, &c->to_preempt);
	cpumask_clear_cpu(cpu, &c->to_wait);
	cpumask_clear_cpu(cpu, &c->to_kick);
	cpumask_clear_cpu(cpu, &c->to_kick_if_idle);
}

static void kick_one_if_idle(struct scx_cpu *c, u32 cpu)
{
	struct rq *rq = sched_cpu_rq(c->scx->m, cpu);

	if (!can_skip_idle_kick(rq) && can_kick(c, cpu))
		sched_resched_curr(c->scx->m, rq);
	cpumask_clear_cpu(cpu, &c->to_kick_if_idle);
}

void scx_kick_work(struct machine *m, struct sched_irq_work *w)
{
	struct scx_cpu *c = container_of(w, struct scx_cpu, kick_work);
	u32 cpu;

	for_each_cpu(cpu, &c->to_kick)
		kick_one(c, cpu);
	for_each_cpu(cpu, &c->to_kick_if_idle)
		kick_one_if_idle(c, cpu);
}
