/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events by hand, for tests of sinks. */
#ifndef TESTS_TRACE_FEED_H
#define TESTS_TRACE_FEED_H

#include <stdio.h>

#include "machine/trace.h"

#define US 1000ULL

static inline struct task_struct feed_task(s32 pid, const char *comm, s32 nice)
{
	struct task_struct p = {
		.pid = pid,
		.tgid = pid,
		.prio = pid ? NICE_TO_PRIO(nice) : 120,
		.static_prio = NICE_TO_PRIO(nice),
	};

	snprintf(p.comm, sizeof(p.comm), "%s", comm);
	return p;
}

static inline void feed_switch(struct trace_sink *s, u32 cpu, u64 time,
			       const struct task_struct *prev, enum trace_task_state state,
			       const struct task_struct *next)
{
	struct trace_event ev = {
		.kind = TRACE_sched_switch,
		.cpu = cpu,
		.time = time,
		.current = prev,
		.sched_switch = { prev, state, next },
	};

	s->emit(s, &ev);
}

static inline void feed_wakeup(struct trace_sink *s, u32 cpu, u64 time,
			       const struct task_struct *current, const struct task_struct *p,
			       u32 target)
{
	struct trace_event ev = {
		.kind = TRACE_sched_waking,
		.cpu = cpu,
		.time = time,
		.current = current,
		.sched_waking = { p, target },
	};

	s->emit(s, &ev);
	ev.kind = TRACE_sched_wakeup;
	ev.sched_wakeup.p = p;
	ev.sched_wakeup.target_cpu = target;
	s->emit(s, &ev);
}

static inline void feed_wakeup_new(struct trace_sink *s, u32 cpu, u64 time,
				   const struct task_struct *current, const struct task_struct *p,
				   u32 target)
{
	struct trace_event ev = {
		.kind = TRACE_sched_wakeup_new,
		.cpu = cpu,
		.time = time,
		.current = current,
		.sched_wakeup_new = { p, target },
	};

	s->emit(s, &ev);
}

static inline void feed_migrate(struct trace_sink *s, u32 cpu, u64 time,
				const struct task_struct *current, const struct task_struct *p,
				u32 from, u32 to)
{
	struct trace_event ev = {
		.kind = TRACE_sched_migrate_task,
		.cpu = cpu,
		.time = time,
		.current = current,
		.sched_migrate_task = { p, from, to },
	};

	s->emit(s, &ev);
}

#endif
