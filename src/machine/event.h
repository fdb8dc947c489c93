/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The event queue: a 4-ary heap of timers that know their place in it, so that
 * any of them moves or leaves in O(log n).
 *
 * Order, which is part of the machine's specification: time; then the priority
 * class below, smallest first; then the CPU number; then the sequence number of
 * the arming. At one instant interrupts therefore come before the running
 * tasks' own doings, and timers before the tick, as they do in a Linux timer
 * interrupt that finds both due.
 *
 * The core's events are reserved when their owner (CPU, task) is created: arming
 * them can't fail. The queue holds borrowed pointers.
 */
#ifndef MACHINE_EVENT_H
#define MACHINE_EVENT_H

#include "machine/machine.h"

enum event_class {
	EVENT_TIMER, /* sleeps, machine_timers */
	EVENT_TICK, /* never in this queue: tick.c */
	EVENT_IPI,  /* irq work, reschedule interrupts */
	EVENT_TASK, /* a CPU's task context: a step ends, an idle CPU wakes up */
};

struct event_slot {
	u64 when;
	u64 key; /* class 4 bits, cpu 12 bits, sequence 48 bits */
	struct machine_timer *t;
};

struct event_queue {
	struct event_slot *heap;
	u32 nr, cap;
	u32 reserved;	 /* for events that the core owns */
	u32 nr_borrowed; /* queued ones that it doesn't */
	u64 seq;
	/*
	 * The first slot is that of the event being handled, and free: most
	 * handlers arm an event, which then sinks from there, instead of one
	 * event leaving through the bottom and another coming in.
	 */
	bool hole;
};

void event_queue_fini(struct event_queue *q);
/* Makes room for @n more core-owned events. -ENOMEM. */
int event_queue_reserve(struct event_queue *q, u32 n);
void event_queue_unreserve(struct event_queue *q, u32 n);

/* Arms or moves. The first cannot fail, the second may (-ENOMEM) if it isn't queued. */
void event_arm(struct event_queue *q, struct machine_timer *t, u64 when);
int event_arm_borrowed(struct event_queue *q, struct machine_timer *t, u64 when);
/* EVENT_TIMER events of @from become @to's. */
void event_rehome(struct event_queue *q, u32 from, u32 to);
bool event_cancel(struct event_queue *q, struct machine_timer *t);
static inline bool event_queued(const struct machine_timer *t)
{
	return t->heap_index >= 0;
}
void event_fill_hole(struct event_queue *q);
/* NULL: none */
static inline struct machine_timer *event_first(struct event_queue *q)
{
	if (q->hole)
		event_fill_hole(q);
	return q->nr ? q->heap[0].t : NULL;
}

/* Takes the first one off. */
void event_pop_first(struct event_queue *q);
static inline u32 event_count(const struct event_queue *q)
{
	return q->nr - q->hole;
}

#endif
