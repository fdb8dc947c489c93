/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bpf_timer and bpf_wq: a callback of a program that the environment fires.
 *
 * The field in the map value holds a pointer to a struct async, made by
 * *_init(). It keeps a reference of the program whose callback is set; the
 * map's record takes it apart (field_async.destroy) when the value goes.
 */
#include <stdlib.h>
#include <time.h>

#include "helpers/body.h"
#include "helpers/kfuncs.h"
#include "kobj/record.h"

#define MAX_CLOCKS 16

struct async {
	struct field_async field;
	struct run_timer timer;
	struct run_env *env;
	struct bpf_map *map; /* borrowed: the value lives in it */
	void *value;
	struct bpf_prog *prog; /* one reference, with callback; NULL: none set */
	u64 callback;
	u32 clock;
	bool running; /* inside the callback */
	bool dead;    /* destroyed while running: freed after it */
};

static void drop_callback(struct async *a)
{
	prog_put(a->prog);
	a->prog = NULL;
	a->callback = 0;
}

static void async_destroy(struct field_async *f)
{
	struct async *a = container_of(f, struct async, field);

	if (a->env->ops->timer_fini)
		a->env->ops->timer_fini(a->env, &a->timer);
	if (a->running) {
		a->dead = true;
		return;
	}
	drop_callback(a);
	free(a);
}

/* Arrays give the index, everything else the key, which lies before the value. */
static void *key_of(const struct async *a, u32 *index)
{
	struct bpf_map *map = a->map;

	if (map->map_type == BPF_MAP_TYPE_ARRAY) {
		u32 zero = 0;
		const u8 *base = map->ops->lookup(map, &zero, 0);

		*index = (u32)(((u8 *)a->value - base) / ALIGN_UP(map->value_size, 8u));
		return index;
	}
	return (u8 *)a->value - ALIGN_UP(map->key_size, 8u);
}

static void async_fire(struct run_timer *t, u32 cpu, void *current)
{
	struct async *a = container_of(t, struct async, timer);
	struct run_ctx rc = { .env = a->env, .cpu = cpu, .current = current };
	struct bpf_prog *prog;
	u32 index;

	if (!a->prog)
		return;
	prog = prog_get(a->prog);
	a->running = true;
	run_callback(prog, a->callback, &rc, (u64)a->map, (u64)key_of(a, &index), (u64)a->value, 0,
		     0);
	a->running = false;
	if (a->dead) {
		drop_callback(a);
		free(a);
	}
	prog_put(prog);
}

static struct async **field_of(void *field)
{
	return field;
}

static int async_init(void *field, struct bpf_map *map, int field_off, u32 clock,
		      struct run_ctx *rc)
{
	struct async *a;

	if (*field_of(field))
		return -EBUSY;
	if (!map->usercnt)
		return -EPERM;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->field.destroy = async_destroy;
	a->timer.fire = async_fire;
	a->env = rc->env;
	a->map = map;
	a->value = (u8 *)field - field_off;
	a->clock = clock;
	*field_of(field) = a;
	return 0;
}

static int async_set_callback(void *field, u64 callback, struct run_ctx *rc)
{
	struct async *a = *field_of(field);

	if (!a)
		return -EINVAL;
	if (!a->map->usercnt)
		return -EPERM;
	if (a->prog != rc->prog) {
		drop_callback(a);
		a->prog = prog_get((struct bpf_prog *)rc->prog);
	}
	a->callback = callback;
	return 0;
}

/* ---- bpf_timer ---- */

HELPER_BODY(timer_init)
{
	struct bpf_map *map = (struct bpf_map *)r2;

	if (r3 >= MAX_CLOCKS ||
	    (r3 != CLOCK_MONOTONIC && r3 != CLOCK_REALTIME && r3 != CLOCK_BOOTTIME))
		return ret_err(-EINVAL);
	if (!rc->env->ops->timer_start)
		return ret_err(-EOPNOTSUPP);
	return ret_err(async_init((void *)r1, map, map->record->timer_off, (u32)r3, rc));
}

HELPER_BODY(timer_set_callback)
{
	return ret_err(async_set_callback((void *)r1, r2, rc));
}

/* The monotonic time of @nsecs on the timer's clock. There is no wall clock to be absolute on. */
static int absolute_time(const struct async *a, u64 nsecs, u64 *out)
{
	struct run_env *env = a->env;

	if (a->clock == CLOCK_REALTIME)
		return -EOPNOTSUPP;
	*out = nsecs;
	if (a->clock == CLOCK_BOOTTIME)
		*out -= min(nsecs, env->ops->ktime_get_boot_ns(env) - env->ops->ktime_get_ns(env));
	return 0;
}

HELPER_BODY(timer_start)
{
	struct async *a = *field_of((void *)r1);
	u64 when, now = rc->env->ops->ktime_get_ns(rc->env);
	int err;

	if (r3 & ~(u64)(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN))
		return ret_err(-EINVAL);
	if (!a || !a->prog)
		return ret_err(-EINVAL);
	if (r3 & BPF_F_TIMER_ABS) {
		err = absolute_time(a, r2, &when);
		if (err)
			return ret_err(err);
	} else if (__builtin_add_overflow(now, r2, &when) || when > INT64_MAX) {
		when = INT64_MAX;
	}
	return ret_err(rc->env->ops->timer_start(rc->env, &a->timer, max(when, now),
						 r3 & BPF_F_TIMER_CPU_PIN ? (s32)rc->cpu : -1));
}

HELPER_BODY(timer_cancel)
{
	struct async *a = *field_of((void *)r1);

	if (!a)
		return ret_err(-EINVAL);
	if (a->running)
		return ret_err(-EDEADLK);
	drop_callback(a);
	return ret_err(rc->env->ops->timer_cancel(rc->env, &a->timer));
}

/* ---- bpf_wq ---- */

int kf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags, struct run_ctx *rc)
{
	struct bpf_map *map = p__map;

	if (flags)
		return -EINVAL;
	if (!rc->env->ops->work_queue)
		return -EOPNOTSUPP;
	return async_init(wq, map, map->record->wq_off, 0, rc);
}

int kf_wq_set_callback(struct bpf_wq *wq, int(callback_fn)(void *map, int *key, void *value),
		       unsigned int flags, void *aux__ign, struct run_ctx *rc)
{
	if (flags)
		return -EINVAL;
	return async_set_callback(wq, (u64)callback_fn, rc);
}

int kf_wq_start(struct bpf_wq *wq, unsigned int flags, struct run_ctx *rc)
{
	struct async *a = *field_of(wq);
	int err;

	if (flags || !a || !a->prog)
		return -EINVAL;
	err = a->env->ops->work_queue(a->env, &a->timer);
	return err == -EBUSY ? 0 : err; /* already pending is fine */
}
