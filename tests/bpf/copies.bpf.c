/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A scheduler whose functions need copies, and run: drain() works for
 * ops.dispatch, with the runqueue locked, and for a timer's callback, without;
 * step() is the callback of a bpf_loop in both. It ends with an error if one of
 * the ways is never taken, or if tasks get stuck on the way.
 *
 * EXPECT copies_enqueue: accept
 * EXPECT copies_dispatch: accept
 * EXPECT copies_init: accept
 * EXPECT copies_tick: accept
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

#define QUEUE 7
#define PERIOD_NS 1000000
#define ENOUGH 20

int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags) __ksym;
struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) __ksym;
void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) __ksym;
bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			       u64 enq_flags) __ksym;

struct timer_box {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct timer_box);
} timers SEC(".maps");

static u64 moved_by_dispatch, moved_by_timer, nr_ticks;
static bool armed;

struct way {
	u64 moved;
	bool in_timer;
};

static __noinline bool drain(bool to_global)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	bool moved = false;

	if (!bpf_iter_scx_dsq_new(&it, QUEUE, 0)) {
		p = bpf_iter_scx_dsq_next(&it);
		if (p)
			moved = scx_bpf_dispatch_from_dsq(&it, p, to_global ? SCX_DSQ_GLOBAL :
									      SCX_DSQ_LOCAL, 0);
	}
	bpf_iter_scx_dsq_destroy(&it);
	return moved;
}

static int step(u32 idx, struct way *way)
{
	if (!drain(way->in_timer))
		return 1;
	way->moved++;
	return 0;
}

static int on_timer(void *map, u32 *key, struct timer_box *box)
{
	struct way way = { .in_timer = true };

	bpf_loop(2, step, &way, 0);
	moved_by_timer += way.moved;
	nr_ticks++;
	bpf_timer_start(&box->timer, PERIOD_NS, 0);
	return 0;
}

void OPS(copies_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, QUEUE, 1000000, enq_flags);
}

void OPS(copies_dispatch, s32 cpu, struct task_struct *prev)
{
	struct way way = {};
	struct timer_box *box;
	u32 key = 0;

	box = bpf_map_lookup_elem(&timers, &key);
	if (box && !armed) {
		armed = true;
		bpf_timer_set_callback(&box->timer, on_timer);
		bpf_timer_start(&box->timer, PERIOD_NS, 0);
	}
	/* every other period is left to the timer */
	if (nr_ticks & 1)
		return;
	bpf_loop(1, step, &way, 0);
	moved_by_dispatch += way.moved;
}

s32 OPS_SLEEPABLE(copies_init)
{
	struct timer_box *box;
	u32 key = 0;
	s32 err;

	err = scx_bpf_create_dsq(QUEUE, -1);
	if (err)
		return err;
	box = bpf_map_lookup_elem(&timers, &key);
	return box ? bpf_timer_init(&box->timer, &timers, 1 /* CLOCK_MONOTONIC */) : -2;
}

/* After so many ticks of the timer both ways must have been taken. */
void OPS(copies_tick, struct task_struct *p)
{
	if (nr_ticks < 5 * ENOUGH)
		return;
	if (moved_by_dispatch < ENOUGH)
		FAIL("ops.dispatch moved %llu tasks only", moved_by_dispatch);
	else if (moved_by_timer < ENOUGH)
		FAIL("the timer moved %llu tasks only", moved_by_timer);
}

SEC(".struct_ops.link")
struct sched_ext_ops copies = {
	.enqueue = (void *)copies_enqueue,
	.dispatch = (void *)copies_dispatch,
	.tick = (void *)copies_tick,
	.init = (void *)copies_init,
	.name = "copies",
};
