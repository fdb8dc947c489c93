/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which group has too much, how much of it should come here, and from which CPU. */
#include "machine/fair_balance.h"

struct census {
	struct group_stats local, busiest;
	u64 load, capacity, util;
	u64 avg_load;
	bool found;
	bool prefer_sibling; /* spread over groups before filling them */
};

static bool can_help_misfit(const struct balance *b, const struct group_stats *s,
			    const struct group_stats *local)
{
	return b->m->cpus[b->dst].capacity * 1024UL > s->capacity / s->cpus.nr * 1078 &&
	       local->type == GROUP_HAS_SPARE;
}

/* Is @s in more need of relief than what was found so far? */
static bool busier(const struct balance *b, const struct census *c, const struct group_stats *s)
{
	const struct group_stats *than = &c->busiest;

	if (!s->nr_fair)
		return false;
	if (s->type == GROUP_MISFIT && !can_help_misfit(b, s, &c->local))
		return false;
	if (b->m->asym_capacity && s->type <= GROUP_FULLY_BUSY &&
	    s->capacity / s->cpus.nr * 1024 > b->m->cpus[b->dst].capacity * 1078UL)
		return false;
	if (!c->found || s->type != than->type)
		return !c->found || s->type > than->type;
	switch (s->type) {
	case GROUP_OVERLOADED:
		return s->avg_load > than->avg_load;
	case GROUP_IMBALANCED:
		return false;
	case GROUP_MISFIT:
		return s->misfit_load > than->misfit_load;
	case GROUP_FULLY_BUSY:
		/* The first of cores, the last of others. */
		return !b->sd->child || b->sd->child->level != DOMAIN_SMT;
	default:
		if (s->idle_cpus != than->idle_cpus)
			return s->idle_cpus < than->idle_cpus;
		return s->nr_running > than->nr_running;
	}
}

/* The short way for a group of one CPU that has nothing to give. */
static bool add_idle_cpu(const struct balance *b, struct census *c, struct cpu_range r)
{
	const struct mcpu *cpu = &b->m->cpus[r.first];

	if (r.nr > 1 || cpu->rq.cfs.h_nr_queued)
		return false;
	if (!cpu->rq.online)
		return true;
	c->load += fair_cpu_load(b->m, r.first);
	c->util += fair_cpu_util(b->m, r.first);
	c->capacity += pelt_capacity_left(b->m, r.first);
	return true;
}

/*
 * The fuller a cache's CPUs, the less is a search for an idle one worth: from all
 * of them when nobody runs to none at the utilisation that makes a group overloaded.
 */
static void limit_idle_scan(const struct balance *b, const struct census *c)
{
	const struct sched_domain *sd = b->sd;
	u64 x = c->util / sd->span.nr * sd->imbalance_pct / 100;
	u64 y = SCHED_CAPACITY_SCALE - min(x * x / SCHED_CAPACITY_SCALE, SCHED_CAPACITY_SCALE);

	if (b->idle != BALANCE_NEWLY_IDLE && b->m->cpus[b->dst].sd_llc == sd)
		b->m->cpus[sd->span.first].nr_idle_scan = y * sd->span.nr / SCHED_CAPACITY_SCALE;
}

static void take_census(struct balance *b, struct census *c)
{
	struct sched_domain *sd = b->sd;
	struct group_stats s;

	*c = (struct census){
		.prefer_sibling = sd->child && sd->child->level != DOMAIN_NUMA,
	};
	group_sum(b->m, sd->groups[sd->local], NULL, &c->local);
	group_classify(sd, &c->local, false);
	c->load = c->local.load;
	c->util = c->local.util;
	c->capacity = c->local.capacity;
	for (u32 i = domain_next_group(sd, sd->local); i != sd->local;
	     i = domain_next_group(sd, i)) {
		if (add_idle_cpu(b, c, sd->groups[i]))
			continue;
		group_sum(b->m, sd->groups[i], NULL, &s);
		group_classify(sd, &s, sd->child &&
				       b->m->cpus[s.cpus.first].sd_imbalance[sd->level]);
		c->load += s.load;
		c->util += s.util;
		c->capacity += s.capacity;
		if (busier(b, c, &s)) {
			c->busiest = s;
			c->found = true;
		}
	}
	c->avg_load = (c->load << SCHED_FIXEDPOINT_SHIFT) / c->capacity;
	limit_idle_scan(b, c);
}

static u32 nr_cores(const struct machine *m, struct cpu_range r)
{
	const struct topology_cpu *t = m->topo->cpus;

	return t[r.first + r.nr - 1].core - t[r.first].core + 1;
}

/* How many tasks more per core the busiest group has, times two cores' worth. */
static s64 sibling_imbalance(const struct balance *b, const struct census *c)
{
	s64 busy_cores = nr_cores(b->m, c->busiest.cpus), our_cores = nr_cores(b->m, c->local.cpus);
	s64 theirs = c->busiest.nr_running, ours = c->local.nr_running, diff;

	if (b->idle == BALANCE_BUSY || !theirs)
		return 0;
	if (busy_cores == our_cores)
		return max(theirs - ours, 0L);
	diff = max(our_cores * theirs - busy_cores * ours, 0L);
	diff = (2 * diff + our_cores + busy_cores) / (our_cores + busy_cores);
	/* An empty core takes one of several tasks in any case. */
	if (diff <= 1 && !ours && theirs > 1)
		diff = 2;
	return diff;
}

static bool worth_it(const struct balance *b, const struct census *c)
{
	const struct group_stats *local = &c->local, *busiest = &c->busiest;

	if (busiest->type == GROUP_MISFIT || busiest->type == GROUP_IMBALANCED)
		return true;
	if (local->type > busiest->type)
		return false;
	if (local->type == GROUP_OVERLOADED &&
	    (local->avg_load >= busiest->avg_load || local->avg_load >= c->avg_load ||
	     100 * busiest->avg_load <= b->sd->imbalance_pct * local->avg_load))
		return false;
	if (c->prefer_sibling && local->type == GROUP_HAS_SPARE && sibling_imbalance(b, c) > 1)
		return true;
	if (busiest->type == GROUP_OVERLOADED)
		return true;
	if (b->idle == BALANCE_BUSY)
		return false;
	if (busiest->cpus.nr > 1 && local->idle_cpus <= busiest->idle_cpus + 1)
		return false;
	return busiest->nr_fair != 1;
}

/* Between nodes a small imbalance is left alone: a quarter of a node's CPUs. */
static s64 tolerate_numa(const struct balance *b, const struct census *c, s64 tasks)
{
	u32 tolerated = max(c->local.cpus.nr / 4, 1U);

	if (c->local.nr_running + 1 > tolerated)
		return tasks;
	return tasks <= 2 ? 0 : tasks;
}

static void fill_spare(struct balance *b, const struct census *c)
{
	const struct group_stats *local = &c->local, *busiest = &c->busiest;

	if (busiest->type > GROUP_FULLY_BUSY && !domain_shares_llc(b->sd)) {
		b->unit = PULL_UTIL;
		b->imbalance = max(local->capacity, local->util) - local->util;
		if (b->idle != BALANCE_BUSY && !b->imbalance) {
			b->unit = PULL_TASKS;
			b->imbalance = 1;
		}
		return;
	}
	b->unit = PULL_TASKS;
	if (busiest->cpus.nr == 1 || c->prefer_sibling)
		b->imbalance = sibling_imbalance(b, c);
	else
		b->imbalance = max((s64)local->idle_cpus - (s64)busiest->idle_cpus, 0L);
	if (b->sd->level == DOMAIN_NUMA)
		b->imbalance = tolerate_numa(b, c, b->imbalance);
	b->imbalance >>= 1;
}

static void quantify(struct balance *b, struct census *c)
{
	const struct group_stats *local = &c->local, *busiest = &c->busiest;
	u64 give, take;

	if (busiest->type == GROUP_MISFIT) {
		b->unit = PULL_MISFIT;
		b->imbalance = 1;
		return;
	}
	if (busiest->type == GROUP_IMBALANCED) {
		b->unit = PULL_TASKS;
		b->imbalance = 1;
		return;
	}
	if (local->type == GROUP_HAS_SPARE) {
		fill_spare(b, c);
		return;
	}
	b->unit = PULL_LOAD;
	b->imbalance = 0;
	c->local.avg_load = group_avg_load(local);
	if (local->avg_load >= busiest->avg_load || local->avg_load >= c->avg_load)
		return;
	give = (s64)(busiest->avg_load - c->avg_load) > 0 ?
		       (busiest->avg_load - c->avg_load) * busiest->capacity : 0;
	take = (c->avg_load - local->avg_load) * local->capacity;
	b->imbalance = min(give, take) / SCHED_CAPACITY_SCALE;
}

bool balance_find_group(struct balance *b)
{
	struct census c;

	take_census(b, &c);
	if (!c.found || !worth_it(b, &c))
		return false;
	quantify(b, &c);
	b->busiest = c.busiest;
	return b->imbalance > 0;
}

/* How much @cpu has of what is to be pulled; 0: not a candidate. */
static u64 pullable(const struct balance *b, u32 cpu)
{
	struct mcpu *c = &b->m->cpus[cpu];
	u32 nr = c->rq.cfs.h_nr_queued;

	if (!nr)
		return 0;
	/* A single task is not to be pulled by a smaller CPU. */
	if (b->m->asym_capacity && nr == 1 && c->capacity > b->m->cpus[b->dst].capacity)
		return 0;
	switch (b->unit) {
	case PULL_LOAD: {
		u64 load = fair_cpu_load(b->m, cpu);

		if (nr == 1 && load > (u64)b->imbalance)
			return 0;
		return (load << SCHED_FIXEDPOINT_SHIFT) / pelt_capacity_left(b->m, cpu);
	}
	case PULL_UTIL:
		return nr > 1 ? fair_cpu_util(b->m, cpu) : 0;
	case PULL_TASKS:
		return nr;
	case PULL_MISFIT:
		return c->misfit_load;
	}
	return 0;
}

u32 balance_find_cpu(struct balance *b)
{
	struct cpu_range r = b->busiest.cpus;
	u32 best = NR_CPUS;
	u64 most = 0, has;

	for (u32 cpu = r.first; cpu < r.first + r.nr; cpu++) {
		if (!cpumask_test_cpu(cpu, &b->cpus))
			continue;
		has = pullable(b, cpu);
		if (has > most) {
			most = has;
			best = cpu;
		}
	}
	return best;
}
