/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "machine/domain.h"

static struct cpu_range mask_range(const cpumask_t *mask)
{
	return (struct cpu_range){ cpumask_first(mask), cpumask_weight(mask) };
}

static struct cpu_range level_range(const struct topology *t, enum domain_level level, u32 cpu)
{
	switch (level) {
	case DOMAIN_SMT:
		return mask_range(&t->core_masks[t->cpus[cpu].core]);
	case DOMAIN_LLC:
		return mask_range(&t->llc_masks[t->cpus[cpu].llc]);
	case DOMAIN_NODE:
		return mask_range(&t->node_masks[t->cpus[cpu].node]);
	default:
		return (struct cpu_range){ 0, t->nr_cpus };
	}
}

static void init_domain(struct sched_domain *sd, enum domain_level level, struct cpu_range span)
{
	*sd = (struct sched_domain){
		.level = level,
		.span = span,
		.imbalance_pct = level == DOMAIN_SMT ? 110 : 117,
		.cache_nice_tries = (const u32[]){ 0, 1, 1, 2 }[level],
		.min_interval = span.nr,
		.max_interval = 2 * span.nr,
		.interval = span.nr,
		.newidle_call = NEWIDLE_RATE_SCALE / 2,
		.newidle_success = NEWIDLE_RATE_SCALE / 4,
		.newidle_ratio = NEWIDLE_RATE_SCALE / 2,
	};
}

static void set_local(struct sched_domain *sd, u32 cpu)
{
	while (!range_has(sd->groups[sd->local], cpu))
		sd->local++;
}

static void link_cpu(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	struct sched_domain *own = &m->domains[cpu * NR_DOMAIN_LEVELS], *below = NULL;

	for (u32 level = 0; level < NR_DOMAIN_LEVELS; level++) {
		struct sched_domain *sd = &own[level];

		if (!sd->nr_groups)
			continue;
		set_local(sd, cpu);
		sd->child = below;
		if (below)
			below->parent = sd;
		else
			c->sd = sd;
		if (domain_shares_llc(sd)) {
			c->sd_llc = sd;
			c->nr_idle_scan = sd->span.nr;
		}
		below = sd;
	}
}

/*
 * Level by level from below, so that a level's groups are what was built so far:
 * `spans` holds for each CPU the range of the highest domain yet.
 */
static void build_level(struct machine *m, enum domain_level level, struct cpu_range *spans,
			struct cpu_range *pool, u32 *used)
{
	for (u32 cpu = 0; cpu < m->nr_cpus;) {
		struct cpu_range r = level_range(m->topo, level, cpu);
		const struct cpu_range *groups = pool + *used;
		u32 nr = 0;

		for (u32 at = r.first; at < r.first + r.nr; at += spans[at].nr) {
			pool[(*used)++] = spans[at];
			nr++;
		}
		if (nr == 1) {
			(*used)--;
			cpu += r.nr;
			continue;
		}
		for (u32 end = cpu + r.nr; cpu < end; cpu++) {
			struct sched_domain *sd = &m->domains[cpu * NR_DOMAIN_LEVELS + level];

			init_domain(sd, level, r);
			sd->groups = groups;
			sd->nr_groups = nr;
			spans[cpu] = r;
		}
	}
}

int domain_init(struct machine *m)
{
	struct cpu_range *spans;
	u32 used = 0;

	m->domains = calloc(m->nr_cpus * NR_DOMAIN_LEVELS, sizeof(*m->domains));
	m->groups = calloc(m->nr_cpus * NR_DOMAIN_LEVELS, sizeof(*m->groups));
	spans = calloc(m->nr_cpus, sizeof(*spans));
	if (!m->domains || !m->groups || !spans) {
		free(spans);
		return -ENOMEM;
	}
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		spans[cpu] = (struct cpu_range){ cpu, 1 };
	for (u32 level = 0; level < NR_DOMAIN_LEVELS; level++)
		build_level(m, level, spans, m->groups, &used);
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		link_cpu(m, cpu);
	free(spans);
	return 0;
}

void domain_fini(struct machine *m)
{
	free(m->domains);
	free(m->groups);
}
