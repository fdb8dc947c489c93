/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "machine/internal.h"

void sched_trace(struct machine *m, struct trace_event *ev)
{
	struct trace_sink *s, *next;

	ev->cpu = m->this_cpu;
	ev->time = m->now;
	ev->current = sched_current(m);
	for (s = m->sinks; s; s = next) {
		next = s->next;
		s->emit(s, ev);
	}
}

_Static_assert(NR_TRACE_EVENTS <= 32, "machine_head.traced, trace_sink.wants");

static void sum_up_wants(struct machine *m)
{
	m->traced = 0;
	for (const struct trace_sink *s = m->sinks; s; s = s->next)
		m->traced |= s->wants ?: ~0U;
}

int machine_add_sink(struct machine *m, struct trace_sink *sink)
{
	struct trace_sink **link = &m->sinks;

	while (*link)
		link = &(*link)->next;
	sink->next = NULL;
	*link = sink;
	sum_up_wants(m);
	return 0;
}

void machine_remove_sink(struct machine *m, struct trace_sink *sink)
{
	for (struct trace_sink **link = &m->sinks; *link; link = &(*link)->next) {
		if (*link == sink) {
			*link = sink->next;
			sum_up_wants(m);
			return;
		}
	}
}
