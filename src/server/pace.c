/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * When the machine goes on. With a pace its time follows the host's along a
 * straight line. Without one it stands still while a client's thread is at work,
 * and goes as fast as it can to the next moment at which one is to go on.
 */
#include "server/internal.h"

#define TICK_NS 1000000ULL	 /* wall: how often */
#define BUDGET_NS 2000000ULL	 /* wall: at most so long at a time */
#define LAG_MAX_NS 500000000ULL	 /* wall: more than that is given up */
#define CHUNK_NS 1000000ULL	 /* machine: between looks at the budget */
#define LOOK_MS 2

static u64 wall(const struct server *s)
{
	return s->cfg.hooks.wall_ns(s->cfg.hooks.priv);
}

static void begin_line(struct server *s)
{
	s->wall_start = wall(s);
	s->machine_start = machine_now(s->m);
}

void pace_init(struct server *s)
{
	begin_line(s);
}

/* machine_run(), which ends early when the last task of all has ended. */
static int run_until(struct server *s, u64 until)
{
	int err;

	s->woke = false;
	do
		err = machine_run(s->m, until);
	while (!err && !s->woke && machine_now(s->m) < until);
	objects_signal(s);
	return err;
}

static int follow_line(struct server *s, int *err)
{
	u64 begin = wall(s), passed = begin - s->wall_start;
	u64 target = s->machine_start + (u64)((double)passed * s->cfg.pace);
	u64 tick = (u64)((double)TICK_NS * s->cfg.pace);

	if (target < machine_now(s->m) + tick)
		return 1;
	while (!*err && machine_now(s->m) < target) {
		*err = run_until(s, min(target, machine_now(s->m) + CHUNK_NS));
		if (wall(s) - begin > BUDGET_NS) {
			if (target - machine_now(s->m) > LAG_MAX_NS * s->cfg.pace)
				begin_line(s);
			return 0;
		}
	}
	return 1;
}

int pace_advance(struct server *s, int *err)
{
	u64 begin = wall(s);

	*err = 0;
	if (s->cfg.pace) {
		clients_busy(s);
		return follow_line(s, err);
	}
	do {
		if (clients_busy(s))
			return LOOK_MS;
		*err = run_until(s, machine_now(s->m) + CHUNK_NS);
		if (!clients_sleep(s))
			return 1; /* they wait for the host: time passes as it does there */
	} while (!*err && wall(s) - begin < BUDGET_NS);
	return 0;
}
