/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a parsed workload looks like. Events are compiled into operations, each
 * of which either takes time on the machine (one step of a task's script) or
 * happens at once; an event that may block in its middle becomes several.
 */
#ifndef WORKLOAD_INTERNAL_H
#define WORKLOAD_INTERNAL_H

#include "ktypes/sched.h"
#include "workload/workload.h"

enum wl_event {
#define EVENT(name, value, meaning) WL_EVENT_##name,
#include "workload/events.def"
#undef EVENT
	NR_WL_EVENTS,
};

extern const char *const wl_event_names[NR_WL_EVENTS];

enum wl_opcode {
	OP_RUN,		  /* ns */
	OP_RUNTIME,	  /* ns */
	OP_SLEEP,	  /* ns */
	OP_TIMER,	  /* a: timer, ns: period */
	OP_LOCK,	  /* a: mutex */
	OP_UNLOCK,	  /* a: mutex */
	OP_COND_WAIT,	  /* a: cond, b: mutex, released here; an OP_LOCK follows */
	OP_SIGNAL,	  /* a: cond */
	OP_BROADCAST,	  /* a: cond */
	OP_BARRIER,	  /* a: barrier */
	OP_BARRIER_LEAVE, /* a: barrier; behind an OP_BARRIER that blocked */
	OP_YIELD,
	OP_FORK,	  /* a: fork point */
};

struct wl_op {
	u8 code;      /* enum wl_opcode */
	bool first;   /* of its event: here the task looks whether it shall end */
	u8 event;     /* enum wl_event */
	u32 line;
	u32 a, b;
	u64 ns;
};

/* What a task or a phase says about scheduling; a phase may leave things out. */
struct wl_sched {
	bool has_policy, has_priority, has_cpus;
	u32 policy;	    /* SCHED_* */
	s32 priority;	    /* nice, or 1..99 */
	u32 cpus_line;
	cpumask_t cpus;
	char *taskgroup; /* a cgroup's path, "/" or "/a/b"; or NULL */
};

struct wl_phase {
	char *name;
	s32 loop; /* < 1: for ever */
	struct wl_sched sched;
	struct wl_op *ops;
	u32 nr_ops, cap_ops;
};

/*
 * Things that tasks share, by kind and name. Timers whose name begins with
 * "unique" are not shared: each instance has its own (OP_TIMER's b is 1).
 */
enum wl_res_kind {
	WL_MUTEX,
	WL_COND,
	WL_BARRIER,
	WL_TIMER,
	WL_FORK,
	NR_WL_RES_KINDS,
};

struct wl_res {
	char *name;
	u32 line;
	u32 users;	/* WL_BARRIER: instances that come */
	bool absolute;	/* WL_TIMER */
	u32 task;	/* WL_FORK: index of the task */
};

struct wl_res_table {
	struct wl_res *res;
	u32 nr, cap;
};

struct wl_scenario_event;

struct wl_task {
	char *name;
	u32 line;
	u32 instances;
	u64 delay;		/* ns */
	s32 loop;		/* < 0: for ever, 0: never */
	struct wl_sched sched;	/* complete but for cpus */
	struct wl_phase *phases;
	u32 nr_phases;
	struct wl_res_table own_timers; /* "unique...": each instance has its own */
	bool has_barrier;
	u32 twins; /* later tasks under the same key, renamed */
};

struct workload {
	char *name;
	struct wl_task *tasks;
	u32 nr_tasks;
	struct wl_scenario_event *events; /* by time */
	u32 nr_events;
	struct wl_res_table res[NR_WL_RES_KINDS];
	s64 duration; /* seconds; <= 0: never */
	bool has_duration;
	u32 default_policy;
	bool io_is_null;
	u64 mem_buffer_size;
};

/* The index of @name in @t, added if new. -ENOMEM, -ENOSPC. */
int wl_res_index(struct wl_res_table *t, const char *name, u32 line);
void wl_res_table_fini(struct wl_res_table *t);

#endif
