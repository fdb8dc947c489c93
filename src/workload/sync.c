/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "workload/run.h"

static u32 rank(const struct wl_thread *th)
{
	bool rt = th->policy == SCHED_FIFO || th->policy == SCHED_RR;

	return rt ? th->priority : 0;
}

void wl_queue_add(struct wl_queue *q, struct wl_thread *th)
{
	struct wl_thread **at = &q->first;

	while (*at && rank(*at) >= rank(th))
		at = &(*at)->next;
	th->next = *at;
	*at = th;
}

struct wl_thread *wl_queue_pop(struct wl_queue *q)
{
	struct wl_thread *th = q->first;

	if (th) {
		q->first = th->next;
		th->next = NULL;
	}
	return th;
}

bool wl_wake_one(struct machine *m, struct wl_queue *q)
{
	struct wl_thread *th = wl_queue_pop(q);

	if (th)
		task_wake(m, th->p);
	return th;
}

bool wl_wake_all(struct machine *m, struct wl_queue *q)
{
	bool any = false;

	while (wl_wake_one(m, q))
		any = true;
	return any;
}

bool wl_mutex_lock(struct wl_mutex *mtx, struct wl_thread *th)
{
	if (mtx->locked) {
		wl_queue_add(&mtx->waiters, th);
		return false;
	}
	mtx->locked = true;
	return true;
}

bool wl_mutex_unlock(struct machine *m, struct wl_mutex *mtx)
{
	mtx->locked = false;
	return wl_wake_one(m, &mtx->waiters);
}

bool wl_barrier_arrive(struct machine *m, struct wl_barrier *b, struct wl_thread *th)
{
	if (!b->missing) {
		wl_wake_all(m, &b->waiters);
		return true;
	}
	b->missing--;
	wl_queue_add(&b->waiters, th);
	return false;
}

void wl_barrier_leave(struct wl_barrier *b)
{
	b->missing++;
}

u64 wl_timer_next(struct wl_timer *t, u64 first, u64 period, u64 now, bool absolute)
{
	u64 when;

	if (!t->started) {
		t->started = true;
		t->next = first;
	}
	when = t->next += period;
	if (when <= now && !absolute)
		t->next = now;
	return when;
}
