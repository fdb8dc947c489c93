/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * On which CPU a waking task should run: near the waker or where it was, and
 * there on an idle CPU of the same last-level cache if there is one. Unlike Linux
 * it knows which cores are idle instead of remembering whether some were.
 */
#include "machine/domain.h"
#include "machine/fair.h"

#define NO_CPU NR_CPUS

/* Counts how often a waker switches between wakees; halves every second. */
static void record_wakee(struct machine *m, struct mtask *waker, struct task_struct *p)
{
	if (sched_jiffies(m) > waker->wakee_flip_decay + m->cfg.hz) {
		waker->wakee_flips >>= 1;
		waker->wakee_flip_decay = sched_jiffies(m);
	}
	if (waker->last_wakee != p) {
		waker->last_wakee = p;
		waker->wakee_flips++;
	}
}

/* One waker of many, more than share a cache: don't pull them all to it. */
static bool wake_wide(struct machine *m, struct mtask *waker, struct mtask *wakee)
{
	u32 factor = this_mcpu(m)->sd_llc ? this_mcpu(m)->sd_llc->span.nr : 1;
	u32 master = max(waker->wakee_flips, wakee->wakee_flips);
	u32 slave = min(waker->wakee_flips, wakee->wakee_flips);

	return slave >= factor && master >= slave * factor;
}

static u32 affine_idle(struct machine *m, u32 cpu, u32 prev, bool sync)
{
	if (cpu_available(m, cpu) && cpus_share_llc(m, cpu, prev))
		return cpu_available(m, prev) ? prev : cpu;
	if (sync && sched_cpu_rq(m, cpu)->nr_running == 1)
		return cpu;
	return cpu_available(m, prev) ? prev : NO_CPU;
}

/* Would the waker's CPU, with the task, be less loaded than the previous one with it? */
static bool affine_weight(struct machine *m, const struct sched_domain *sd, struct task_struct *p,
			  u32 cpu, u32 prev, bool sync)
{
	s64 here = fair_cpu_load(m, cpu), there = fair_cpu_load(m, prev);
	s64 load = fair_task_load(m, p);

	if (sync) {
		s64 waker = fair_task_load(m, sched_current(m));

		if (waker > here)
			return true;
		here -= waker;
	}
	here = (here + load) * 100 * m->cpus[prev].capacity;
	there = (there - load) * (100 + (sd->imbalance_pct - 100) / 2) * m->cpus[cpu].capacity;
	return here < there + sync;
}

static u32 wake_affine(struct machine *m, const struct sched_domain *sd, struct task_struct *p,
		       u32 cpu, u32 prev, bool sync)
{
	u32 target = affine_idle(m, cpu, prev, sync);

	if (target != NO_CPU)
		return target;
	return affine_weight(m, sd, p, cpu, prev, sync) ? cpu : prev;
}

/* The first CPU after @from, cyclically, in @set, in @llc and in @p's mask. */
static u32 next_in(const cpumask_t *set, const cpumask_t *llc, const struct task_struct *p,
		   u32 from)
{
	cpumask_t usable;
	u32 cpu;

	if (!cpumask_and(&usable, set, llc) || !cpumask_and(&usable, &usable, p->cpus_ptr))
		return NO_CPU;
	cpu = cpumask_next_from(&usable, from);
	return cpu < NR_CPUS ? cpu : cpumask_first(&usable);
}

static bool fits(struct machine *m, const struct task_struct *p, u32 cpu)
{
	return p->se.avg.util_avg * 1280 < m->cpus[cpu].capacity * 1024UL;
}

static bool usable_idle(struct machine *m, const struct task_struct *p, u32 cpu)
{
	return cpu_available(m, cpu) && sched_cpu_allowed(m, p, cpu) &&
	       (!m->asym_capacity || fits(m, p, cpu));
}

/* Asymmetric capacities: an idle CPU that fits, else the biggest idle one. */
static u32 idle_capacity(struct machine *m, const struct task_struct *p, u32 target)
{
	u32 cpu, best = NO_CPU;

	for_each_cpu(cpu, &m->avail) {
		if (!sched_cpu_allowed(m, p, cpu))
			continue;
		if (fits(m, p, cpu))
			return cpu;
		if (best == NO_CPU || m->cpus[cpu].capacity > m->cpus[best].capacity)
			best = cpu;
	}
	return best;
}

/* CPUs below @end that are both in @llc and in @p's mask. */
static u32 count_below(const cpumask_t *llc, const struct task_struct *p, u32 end)
{
	u32 n = 0;

	for (u32 i = 0; i * 64 < end; i++) {
		u64 usable = llc->bits[i] & p->cpus_ptr->bits[i];

		if (end < (i + 1) * 64)
			usable &= (1ULL << end % 64) - 1;
		n += __builtin_popcountl(usable);
	}
	return n;
}

/* How many of these one looks at from @from on, cyclically, until one gets to @to. */
static u32 distance(const struct machine *m, const cpumask_t *llc, const struct task_struct *p,
		    u32 from, u32 to)
{
	u32 n = count_below(llc, p, to + 1) - count_below(llc, p, from);

	return to < from ? n + count_below(llc, p, m->nr_cpus) : n;
}

/* An idle CPU of @target's cache, if it isn't too far to look for it. */
static u32 search_llc(struct machine *m, const struct task_struct *p, const cpumask_t *llc,
		      u32 target)
{
	u32 scan = m->cpus[cpumask_first(llc)].nr_idle_scan, cpu;

	if (!scan)
		return NO_CPU;
	if (m->topo->smt) {
		cpu = next_in(&m->idle_cores, llc, p, target + 1);
		if (cpu != NO_CPU)
			return cpu;
	}
	cpu = next_in(&m->avail, llc, p, target + 1);
	if (cpu == NO_CPU || (m->topo->smt && cpumask_intersects(&m->idle_cores, llc)))
		return cpu;
	return distance(m, llc, p, target + 1, cpu) <= scan ? cpu : NO_CPU;
}

static u32 select_idle_sibling(struct machine *m, struct task_struct *p, u32 prev, u32 target)
{
	const struct topology *t = m->topo;
	const cpumask_t *llc = &t->llc_masks[t->cpus[target].llc];
	u32 recent = p->recent_used_cpu, cpu;

	if (usable_idle(m, p, target))
		return target;
	if (prev != target && cpus_share_llc(m, prev, target) && usable_idle(m, p, prev))
		return prev;
	p->recent_used_cpu = prev;
	if (recent != prev && recent != target && cpus_share_llc(m, recent, target) &&
	    usable_idle(m, p, recent))
		return recent;
	if (m->asym_capacity) {
		cpu = idle_capacity(m, p, target);
		return cpu == NO_CPU ? target : cpu;
	}
	if (t->smt && !cpumask_intersects(&m->idle_cores, llc) && cpus_share_llc(m, prev, target)) {
		cpu = next_in(&m->avail, &t->core_masks[t->cpus[prev].core], p, 0);
		if (cpu != NO_CPU)
			return cpu;
	}
	cpu = search_llc(m, p, llc, target);
	return cpu == NO_CPU ? target : cpu;
}

static u32 select_wake(struct machine *m, struct task_struct *p, u32 prev, bool sync)
{
	struct mtask *waker = to_mtask(sched_current(m));
	u32 cpu = m->this_cpu, target = prev;
	bool affine;

	record_wakee(m, waker, p);
	affine = !wake_wide(m, waker, to_mtask(p)) && cpumask_test_cpu(cpu, p->cpus_ptr);
	if (affine && cpu != prev) {
		for (struct sched_domain *sd = this_mcpu(m)->sd; sd; sd = sd->parent) {
			if (range_has(sd->span, prev)) {
				target = wake_affine(m, sd, p, cpu, prev, sync);
				break;
			}
		}
	}
	return select_idle_sibling(m, p, prev, target);
}

int fair_select_task_rq(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	if (flags & WF_TTWU)
		return select_wake(m, p, prev_cpu, flags & WF_SYNC);
	if (flags & (WF_FORK | WF_EXEC))
		return fair_idlest_cpu(m, p, m->this_cpu);
	return prev_cpu;
}
