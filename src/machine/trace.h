/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Typed events that the machine emits: machine/events.def has a row for each
 * (name, fields), and the event union, the names, ftrace's text and the
 * Perfetto packets expand from it. With no sink attached an emission is one
 * predictable branch.
 */
#ifndef MACHINE_TRACE_H
#define MACHINE_TRACE_H

#include "ktypes/sched.h"

#define TRACE_BIT(kind) (1U << TRACE_##kind)

enum trace_event_kind {
#define EVENT(name, ...) TRACE_##name,
#include "machine/events.def"
#undef EVENT
	NR_TRACE_EVENTS,
};

/* Task states as sched_switch shows them (R, S, D, X; + for preempted). */
enum trace_task_state {
	TRACE_STATE_RUNNING,
	TRACE_STATE_PREEMPTED, /* R+ */
	TRACE_STATE_SLEEPING,
	TRACE_STATE_BLOCKED,
	TRACE_STATE_DEAD,
};

struct trace_event {
	enum trace_event_kind kind;
	u32 cpu;  /* where it was recorded */
	u64 time; /* ns */
	/* The running task there: ftrace's left column. */
	const struct task_struct *current;
	union {
#define EVENT(name, ...) struct { __VA_ARGS__ } name;
#include "machine/events.def"
#undef EVENT
	};
};

struct trace_sink {
	void (*emit)(struct trace_sink *s, const struct trace_event *ev);
	u32 wants; /* TRACE_BIT() of the kinds that it wants, perhaps among others; 0: all */
	struct trace_sink *next; /* the machine's */
};

#endif
