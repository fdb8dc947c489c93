/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Kicking CPUs into the scheduler. The kicker collects what it wants in its own
 * per-CPU masks; an interrupt on its CPU carries it out when no op runs.
 *
 * SCX_KICK_WAIT: that interrupt spins until the kicked CPU has gone through its
 * scheduler. 6.12 takes that for done when the CPU leaves the class, to another one or
 * to idle: while it goes from one sched_ext task to the next, or idles anyway, the
 * kicker spins on. Later kernels count each pick, and don't wait for a CPU that runs
 * nothing of sched_ext's.
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

/* ---- waiting ---- */

static void wait_for(struct scx_cpu *c, u32 cpu)
{
	const struct rq *rq = sched_cpu_rq(c->scx->m, cpu);

	if (cpu == c->cpu || (c->scx->profile != KERNEL_6_12 && !scx_on_class(rq->curr)))
		return;
	cpumask_set_cpu(cpu, &c->awaited);
	if (!cpumask_test_cpu(c->cpu, &c->scx->waiters))
		c->scx->nr_waiters++;
	cpumask_set_cpu(c->cpu, &c->scx->waiters);
	sched_hold_cpu(c->scx->m, c->cpu);
}

static void stop_waiting(struct scx_cpu *c)
{
	cpumask_clear(&c->awaited);
	cpumask_clear_cpu(c->cpu, &c->scx->waiters);
	c->scx->nr_waiters--;
	sched_release_cpu(c->scx->m, c->cpu);
}

/* @cpu has done what those who kicked it wait for. */
void scx_end_waits_for(struct scx *scx, u32 cpu)
{
	u32 waiter;

	for_each_cpu(waiter, &scx->waiters) {
		struct scx_cpu *c = &scx->cpus[waiter];

		cpumask_clear_cpu(cpu, &c->awaited);
		if (cpumask_empty(&c->awaited))
			stop_waiting(c);
	}
}

/* The scheduler is gone: what it made wait goes on. */
void scx_end_all_waits(struct scx *scx)
{
	u32 waiter;

	for_each_cpu(waiter, &scx->waiters)
		stop_waiting(&scx->cpus[waiter]);
}

/* ---- kicking ---- */

static void kick_one(struct scx_cpu *c, u32 cpu)
{
	struct rq *rq = sched_cpu_rq(c->scx->m, cpu);

	if (can_kick(c, cpu)) {
		if (cpumask_test_cpu(cpu, &c->to_preempt) && scx_on_class(rq->curr))
			rq->curr->scx.slice = 0;
		if (cpumask_test_cpu(cpu, &c->to_wait))
			wait_for(c, cpu);
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
