/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "machine/event.h"

#define ARITY 4
#define CPU_SHIFT 48
#define CLASS_SHIFT 60
/* What stands behind the last slot: after every event. */
#define NEVER ((struct event_slot){ .when = ~0ULL, .key = ~0ULL })

/* One comparison of both words: which of two events is first is hard to predict. */
static unsigned __int128 rank(const struct event_slot *s)
{
	return (unsigned __int128)s->when << 64 | s->key;
}

static bool before(const struct event_slot *a, const struct event_slot *b)
{
	return rank(a) < rank(b);
}

/* Reads past the last slot, where there are only NEVERs. */
static const struct event_slot *first_of_four(const struct event_slot *c)
{
	const struct event_slot *a = before(c + 1, c) ? c + 1 : c;
	const struct event_slot *b = before(c + 3, c + 2) ? c + 3 : c + 2;

	return before(b, a) ? b : a;
}

static void put(struct event_queue *q, u32 i, struct event_slot s)
{
	q->heap[i] = s;
	s.t->heap_index = i;
}

static void sift_up(struct event_queue *q, u32 i, struct event_slot s)
{
	while (i) {
		u32 up = (i - 1) / ARITY;

		if (!before(&s, &q->heap[up]))
			break;
		put(q, i, q->heap[up]);
		i = up;
	}
	put(q, i, s);
}

static void sift_down(struct event_queue *q, u32 i, struct event_slot s)
{
	for (u32 first; (first = i * ARITY + 1) < q->nr;) {
		const struct event_slot *c = &q->heap[first], *best = first_of_four(c);

		if (!before(best, &s))
			break;
		put(q, i, *best);
		i = first + (u32)(best - c);
	}
	put(q, i, s);
}

/* @s belongs somewhere on the path through slot @i, which is free. */
static void settle(struct event_queue *q, u32 i, struct event_slot s)
{
	if (i && before(&s, &q->heap[(i - 1) / ARITY]))
		sift_up(q, i, s);
	else
		sift_down(q, i, s);
}

static int grow(struct event_queue *q, u32 need)
{
	struct event_slot *heap;
	u32 cap = q->cap ? q->cap : 64;

	if (need <= q->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	heap = realloc(q->heap, (cap + ARITY) * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	for (u32 i = q->nr; i < cap + ARITY; i++)
		heap[i] = NEVER;
	q->heap = heap;
	q->cap = cap;
	return 0;
}

void event_queue_fini(struct event_queue *q)
{
	free(q->heap);
}

int event_queue_reserve(struct event_queue *q, u32 n)
{
	int err = grow(q, q->reserved + q->nr_borrowed + n);

	if (!err)
		q->reserved += n;
	return err;
}

void event_queue_unreserve(struct event_queue *q, u32 n)
{
	q->reserved -= n;
}

void event_arm(struct event_queue *q, struct machine_timer *t, u64 when)
{
	struct event_slot s = {
		.when = when,
		.key = (u64)t->class << CLASS_SHIFT | (u64)t->cpu << CPU_SHIFT | q->seq++,
		.t = t,
	};

	t->when = when;
	t->key = s.key;
	if (event_queued(t)) {
		settle(q, t->heap_index, s);
		return;
	}
	if (!t->owned)
		q->nr_borrowed++;
	if (q->hole) {
		q->hole = false;
		sift_down(q, 0, s);
		return;
	}
	BUG_ON(q->nr >= q->cap);
	q->nr++;
	sift_up(q, q->nr - 1, s);
}

int event_arm_borrowed(struct event_queue *q, struct machine_timer *t, u64 when)
{
	int err = 0;

	if (!event_queued(t))
		err = grow(q, q->reserved + q->nr_borrowed + 1);
	if (!err)
		event_arm(q, t, when);
	return err;
}

/* The last slot is given up; what was in it. */
static struct event_slot take_last(struct event_queue *q)
{
	struct event_slot s = q->heap[--q->nr];

	q->heap[q->nr] = NEVER;
	return s;
}

void event_fill_hole(struct event_queue *q)
{
	struct event_slot last = take_last(q);

	q->hole = false;
	if (q->nr)
		sift_down(q, 0, last);
}

void event_pop_first(struct event_queue *q)
{
	struct machine_timer *t = event_first(q);

	t->heap_index = -1;
	if (!t->owned)
		q->nr_borrowed--;
	/* Nothing sorts before it, so nothing moves up into it. */
	q->heap[0] = (struct event_slot){};
	q->hole = true;
}

bool event_cancel(struct event_queue *q, struct machine_timer *t)
{
	u32 i = t->heap_index;
	struct event_slot last;

	if (!event_queued(t))
		return false;
	last = take_last(q);
	t->heap_index = -1;
	if (!t->owned)
		q->nr_borrowed--;
	if (i < q->nr)
		settle(q, i, last);
	return true;
}

void event_rehome(struct event_queue *q, u32 from, u32 to)
{
	event_first(q);
	for (u32 i = 0; i < q->nr; i++) {
		struct event_slot *s = &q->heap[i];

		if (s->t->class != EVENT_TIMER || s->t->cpu != from)
			continue;
		s->t->cpu = to;
		s->key = (u64)EVENT_TIMER << CLASS_SHIFT | (u64)to << CPU_SHIFT |
			 (s->key & ((1ULL << CPU_SHIFT) - 1));
		s->t->key = s->key;
	}
	for (u32 i = q->nr; i--;)
		sift_down(q, i, q->heap[i]);
}
