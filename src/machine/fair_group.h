/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the balancer and fork placement know about a group of CPUs. */
#ifndef MACHINE_FAIR_GROUP_H
#define MACHINE_FAIR_GROUP_H

#include "machine/domain.h"
#include "machine/fair.h"

/* From the one that takes tasks most gladly to the one that most needs to lose some. */
enum group_type {
	GROUP_HAS_SPARE,
	GROUP_FULLY_BUSY,
	GROUP_MISFIT,	  /* a task too big for its CPU */
	GROUP_IMBALANCED, /* affinities kept a lower level from balancing */
	GROUP_OVERLOADED,
};

struct group_stats {
	struct cpu_range cpus;
	enum group_type type;
	u64 load, util, runnable, capacity;
	u64 avg_load; /* of overloaded ones: group_avg_load() */
	u32 nr_running;	 /* of all classes */
	u32 nr_fair;
	u32 nr_online, idle_cpus;
	u64 misfit_load;
};

/* Sums over the allowed CPUs of @r; @without: a task that isn't to be counted. */
void group_sum(struct machine *m, struct cpu_range r, const struct task_struct *without,
	       struct group_stats *out);
/* Load per capacity, << 10 */
static inline u64 group_avg_load(const struct group_stats *s)
{
	return (s->load << SCHED_FIXEDPOINT_SHIFT) / s->capacity;
}
void group_classify(const struct sched_domain *sd, struct group_stats *s, bool imbalanced);

#endif
