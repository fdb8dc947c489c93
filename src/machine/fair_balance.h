/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One pass of load balancing: find out what to pull (fair_busiest.c), pull it
 * (fair_pull.c). When passes are made is in fair_balance.c.
 */
#ifndef MACHINE_FAIR_BALANCE_H
#define MACHINE_FAIR_BALANCE_H

#include "machine/fair_group.h"

enum balance_idle { BALANCE_BUSY, BALANCE_IDLE, BALANCE_NEWLY_IDLE };

/* In what unit the imbalance is. */
enum balance_unit { PULL_LOAD, PULL_UTIL, PULL_TASKS, PULL_MISFIT };

struct balance {
	struct machine *m;
	struct sched_domain *sd;
	u32 dst;
	enum balance_idle idle;
	cpumask_t cpus; /* still considered */
	enum balance_unit unit;
	s64 imbalance;
	struct group_stats busiest;
	u32 src;
	bool all_pinned, some_pinned;
	u32 other_dst; /* a CPU of our group that a pinned task could use, or NR_CPUS */
};

/* Fills unit, imbalance, busiest; false: balanced. */
bool balance_find_group(struct balance *b);
/* The CPU of the busiest group to pull from; NR_CPUS: none. */
u32 balance_find_cpu(struct balance *b);
/* Moves tasks from b->src to @dst; how many. */
u32 balance_pull(struct balance *b, u32 dst);
/* balance_find_group ... balance_pull; @go_on: should wider domains be tried? */
u32 balance_domain(struct machine *m, struct sched_domain *sd, u32 dst, enum balance_idle idle,
		   bool *go_on);

#endif
