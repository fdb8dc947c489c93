/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Scheduling domains: for each CPU the nested sets in which the fair class
 * balances (SMT core, LLC, node, machine), each split into groups, which are the
 * domains of the next lower level. CPUs are numbered so that a set is always a
 * range (topology.c). A level whose set equals the next lower one's is left out.
 */
#ifndef MACHINE_DOMAIN_H
#define MACHINE_DOMAIN_H

#include "machine/internal.h"

enum domain_level { DOMAIN_SMT, DOMAIN_LLC, DOMAIN_NODE, DOMAIN_NUMA, NR_DOMAIN_LEVELS };

#define NEWIDLE_RATE_SCALE 1024

struct cpu_range {
	u32 first, nr;
};

struct sched_domain {
	enum domain_level level;
	struct sched_domain *parent, *child;
	struct cpu_range span;
	const struct cpu_range *groups; /* in order; the one with our CPU is `local` */
	u32 nr_groups, local;
	u32 imbalance_pct;
	u32 cache_nice_tries;
	u32 min_interval, max_interval, interval; /* ms */
	u64 last_balance;			  /* jiffies */
	u32 nr_balance_failed;

	u64 max_newidle_cost; /* ns */
	/* Of so many newly idle searches that many found something; the last known rate, of 1024 */
	u32 newidle_call, newidle_success, newidle_ratio;
};

int domain_init(struct machine *m);
void domain_fini(struct machine *m);

static inline bool range_has(struct cpu_range r, u32 cpu)
{
	return cpu - r.first < r.nr;
}

/* Round the ring of groups; passes start at the local one, so that ties differ by CPU. */
static inline u32 domain_next_group(const struct sched_domain *sd, u32 i)
{
	return i + 1 == sd->nr_groups ? 0 : i + 1;
}

static inline bool domain_shares_llc(const struct sched_domain *sd)
{
	return sd->level <= DOMAIN_LLC;
}

static inline bool cpus_share_llc(const struct machine *m, u32 a, u32 b)
{
	return m->topo->cpus[a].llc == m->topo->cpus[b].llc;
}

#endif
