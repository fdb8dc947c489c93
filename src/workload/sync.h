/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What tasks of a run share, with the behaviour of glibc's default objects over
 * futexes: an unlock frees the mutex and wakes the first waiter, which has to
 * win it again when it gets to run (whoever comes first has it); waiters queue
 * in order of arrival, real-time tasks before others by priority.
 */
#ifndef WORKLOAD_SYNC_H
#define WORKLOAD_SYNC_H

#include "workload/internal.h"

struct wl_thread;

struct wl_queue {
	struct wl_thread *first;
};

struct wl_mutex {
	bool locked;
	struct wl_queue waiters;
};

struct wl_cond {
	struct wl_queue waiters;
};

/*
 * rt-app's: missing counts down to 0 as instances arrive; who finds 0 wakes all
 * and goes on. Each woken one counts up again only when it gets to run.
 */
struct wl_barrier {
	s32 missing;
	struct wl_queue waiters;
};

struct wl_timer {
	bool started;
	u64 next;
};

void wl_queue_add(struct wl_queue *q, struct wl_thread *th);
struct wl_thread *wl_queue_pop(struct wl_queue *q);
/* True if there was somebody to wake. */
bool wl_wake_one(struct machine *m, struct wl_queue *q);
bool wl_wake_all(struct machine *m, struct wl_queue *q);

/* True: @th has it. False: @th queues and must block, then try again. */
bool wl_mutex_lock(struct wl_mutex *mtx, struct wl_thread *th);
bool wl_mutex_unlock(struct machine *m, struct wl_mutex *mtx); /* true if it woke a waiter */
/* True: @th was the last one. False: it must block, then call wl_barrier_leave(). */
bool wl_barrier_arrive(struct machine *m, struct wl_barrier *b, struct wl_thread *th);
void wl_barrier_leave(struct wl_barrier *b);
/* When the timer fires next, seen from @now; @first: where its periods began. <= @now: missed. */
u64 wl_timer_next(struct wl_timer *t, u64 first, u64 period, u64 now, bool absolute);

#endif
