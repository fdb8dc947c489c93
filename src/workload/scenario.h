/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* "events": what happens to the machine, its tasks and its scheduler at given times. */
#ifndef WORKLOAD_SCENARIO_H
#define WORKLOAD_SCENARIO_H

#include "workload/internal.h"

struct parse;
struct json_val;
struct workload_run;

enum wl_scenario_kind {
#define SCENARIO(name, required, optional, meaning) WL_DO_##name,
#include "workload/scenario.def"
#undef SCENARIO
	NR_WL_DO,
};

struct wl_scenario_event {
	enum wl_scenario_kind kind;
	u32 line;
	u64 at; /* ns since the run's start */
	u32 cpu, task, weight, policy, cookie;
	s32 nice, priority;
	u64 ns, period, cost; /* cgroup_max: quota, period, burst */
	bool has_priority;
	cpumask_t *cpus; /* NULL: not given */
	char *cgroup, *object;
};

extern const char *const wl_scenario_names[NR_WL_DO];

/* The key "events", after the tasks. */
int parse_scenario(struct parse *p, const struct json_val *events);
void wl_scenario_fini(struct workload *w);
/* Is every CPU that is named there? */
int wl_scenario_check(const struct workload *w, u32 nr_cpus, struct err_msg *e);
/* Arms the first event. -ENOMEM. */
int wl_scenario_start(struct workload_run *r);
void wl_scenario_run_fini(struct workload_run *r);

#endif
