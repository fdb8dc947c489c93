/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Random rt-app workloads. The same number gives the same text; every text is
 * legal, ends by its duration, and uses each kind of event now and then.
 */
#ifndef TESTS_RAND_WORKLOAD_H
#define TESTS_RAND_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

struct rand_workload {
	char *text;
	int nr_cpus;
	int duration_ms;
	int nr_tasks;
	/* Tasks are named "ta", "tb" ...; what such a task and its instances may use. */
	uint64_t allowed[26];
	bool pinned; /* some may not use all CPUs */
	bool rt;     /* some are SCHED_FIFO or SCHED_RR */
};

enum rand_workload_flags {
	RAND_PINNED = 1, /* with affinities */
	RAND_RT = 2,	 /* with real-time tasks */
	RAND_SYNC = 4,	 /* with locks, conditions, barriers, suspension, fork */
};

void rand_workload_make(struct rand_workload *w, uint64_t nr, unsigned int flags);
void rand_workload_fini(struct rand_workload *w);
/* For replay_rules: @priv is the workload. */
uint64_t rand_workload_allowed(void *priv, const char *comm);

#endif
