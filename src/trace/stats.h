/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Statistics of a run, from its events alone: what ftrace would have recorded is
 * enough to compute every figure here. Attach the sink before the first task
 * exists; then the runtimes of all tasks and the idle times add up to the
 * machine's CPUs times its time.
 */
#ifndef TRACE_STATS_H
#define TRACE_STATS_H

#include "machine/trace.h"
#include "trace/histogram.h"

struct stats_task {
	s32 pid;
	char comm[TASK_COMM_LEN];
	s32 nice;
	bool kthread, dead;
	u64 runtime_ns;
	u64 wakeups;	 /* sched_wakeup and sched_wakeup_new */
	u64 switches;	 /* times it got a CPU */
	u64 preemptions; /* times it lost one while runnable */
	u64 migrations;
	struct histogram latency; /* ns from a wake-up to the next switch-in */

	u64 since;	 /* on a CPU since then */
	u64 woken;	 /* waiting for a CPU since that wake-up */
	u64 queued;	 /* if it is @runnable: without a CPU since then, woken or preempted */
	bool running, waiting, runnable;
};

struct stats_cpu {
	u64 busy_ns, idle_ns;
	u64 switches;
	u64 since;	 /* busy or idle since then */
	bool busy;
};

struct stats_totals {
	u64 events; /* sched_switch, sched_wakeup(_new) and sched_migrate_task records */
	u64 runtime_ns, busy_ns, idle_ns;
	u64 wakeups, switches, preemptions, migrations;
	struct histogram latency; /* of waits that ended */
	u32 unfinished;		  /* tasks that wait for a CPU at the end */
	u64 longest_unfinished;	  /* ns that the first of them has waited */
	/*
	 * Jain's index of the runtimes of all tasks but kernel threads: 1 if all
	 * had the same, 1/n if one had all. Weights are not considered.
	 */
	double jain;
};

struct stats {
	struct trace_sink sink;
	u32 nr_cpus;
	struct stats_cpu *cpus;
	struct stats_task **by_pid;  /* sparse */
	u32 nr_pids;
	struct stats_task **tasks;   /* in order of appearance */
	u32 nr_tasks, cap_tasks;
	u64 events;
	u64 start, end; /* end: of the last stats_settle() */
	int err;		     /* the first failure: figures are incomplete */
};

int stats_init(struct stats *s, u32 nr_cpus, u64 now); /* -ENOMEM */
void stats_fini(struct stats *s);
/*
 * Closes the intervals that are open at @now; events may go on afterwards.
 * -ENOMEM if an event could not be counted.
 */
int stats_settle(struct stats *s, u64 now);
/* After stats_settle(); histogram_fini(&out->latency) is the caller's. -ENOMEM. */
int stats_totals(const struct stats *s, struct stats_totals *out);

#endif
