/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CPUs in turn: the machine is a guest whose virtual CPUs share one thread of
 * its host, as under `qemu -accel tcg,thread=single -icount`, where the figures
 * of tests/scenario/fidelity come from. Interrupts are handled on all CPUs when
 * they are due, but only the CPU whose turn it is goes on after them. Elsewhere
 * a requested reschedule waits, and work stands still, though the clock and the
 * tasks' runtimes go on.
 *
 * A turn ends with each timer interrupt. The others handle theirs first, in
 * cyclic order, the CPU itself last; it goes on, unless the timer that it sets for
 * its next tick is earlier than those of all others, which ends its turn at once.
 * By how many ns these timers differ is rounding in the guest: drawn here. A CPU
 * that leaves idle takes the turn, one that goes idle passes it on.
 */
#include "machine/internal.h"

#define TURNS_STREAM 0x7475726e73 /* of the seed */

void turns_init(struct machine *m)
{
	rng_init(&m->turn_rng, m->cfg.seed, TURNS_STREAM);
}

static u32 nr_words(const struct machine *m)
{
	return DIV_ROUND_UP(m->nr_cpus, 64);
}

static void busy_cpus(const struct machine *m, cpumask_t *busy)
{
	cpumask_clear(busy);
	for (u32 i = 0; i < nr_words(m); i++)
		busy->bits[i] = m->possible.bits[i] & ~m->idle.bits[i];
}

/* The next busy CPU after @cpu, cyclically: @cpu itself if it is the only one. */
static u32 next_busy(const struct machine *m, u32 cpu)
{
	cpumask_t busy;
	u32 next;

	busy_cpus(m, &busy);
	next = cpumask_next_from(&busy, cpu + 1);
	return next < NR_CPUS ? next : min(cpumask_first(&busy), m->nr_cpus);
}

static void give(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];

	if (cpu == m->turn)
		return;
	exec_settle(m, &m->cpus[m->turn]);
	exec_settle(m, c);
	m->turn = cpu;
	event_arm(&m->eq, &c->task_ev, m->now);
}

/* Timer interrupts have been handled. */
void turns_interrupted(struct machine *m)
{
	cpumask_t busy;
	u32 nr;

	busy_cpus(m, &busy);
	nr = cpumask_weight(&busy);
	if (nr > 1 && !rng_below(&m->turn_rng, nr))
		give(m, next_busy(m, m->turn));
}

/* @cpu has left idle. */
void turns_take(struct machine *m, u32 cpu)
{
	give(m, cpu);
}

/* @cpu has nothing to do. */
void turns_release(struct machine *m, u32 cpu)
{
	u32 next = next_busy(m, cpu);

	if (cpu == m->turn && next < m->nr_cpus)
		give(m, next);
}
