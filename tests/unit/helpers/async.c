/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* bpf_timer, on an array of one value that is nothing but the timer and a counter. */
#include "fake_env.h"
#include "kobj/record.h"

struct value {
	struct bpf_timer timer;
	u64 fired;
	u64 seen_cpu;
};

struct fixture {
	struct world w;
	struct run_ctx rc;
	struct bpf_map map;
	struct btf_record rec;
	struct value values[2];
	struct program p;
};

static struct fixture *fixture_of(struct bpf_map *map)
{
	return container_of(map, struct fixture, map);
}

static void *lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	return &fixture_of(map)->values[*(const u32 *)key];
}

static const struct map_ops ops = { .lookup = lookup };

/* The callback: value->fired += *key + 1; then the target with (map, key, value). */
static const struct bpf_insn prog[] = {
	CALL_WITH_CALLBACK(4),
	{ 0x61, 4, 2, 0, 0 },
	{ 0x07, 4, 0, 0, 1 },
	{ 0x79, 5, 3, offsetof(struct value, fired), 0 },
	{ 0x0f, 5, 4, 0, 0 },
	{ 0x7b, 3, 5, offsetof(struct value, fired), 0 },
	{ 0x85, 0, 0, 0, 0 },
	{ 0xb7, 0, 0, 0, 0 },
	{ 0x95, 0, 0, 0, 0 },
};

static u64 arm(u64 cb, struct fixture *f, struct run_ctx *rc)
{
	u64 t = (u64)&f->values[1].timer, map = (u64)&f->map;

	assert_int_equal((s64)helper_timer_start(t, 100, 0, 0, 0, rc), -EINVAL);
	assert_int_equal((s64)helper_timer_cancel(t, 0, 0, 0, 0, rc), -EINVAL);
	assert_int_equal((s64)helper_timer_init(t, map, 2, 0, 0, rc), -EINVAL);
	assert_int_equal((s64)helper_timer_init(t, map, 16, 0, 0, rc), -EINVAL);
	f->map.usercnt = 0;
	assert_int_equal((s64)helper_timer_init(t, map, 1, 0, 0, rc), -EPERM);
	f->map.usercnt = 1;
	assert_int_equal((s64)helper_timer_init(t, map, 1, 0, 0, rc), 0);
	assert_int_equal((s64)helper_timer_init(t, map, 1, 0, 0, rc), -EBUSY);
	assert_int_equal((s64)helper_timer_start(t, 100, 0, 0, 0, rc), -EINVAL);
	assert_int_equal((s64)helper_timer_set_callback(t, cb, 0, 0, 0, rc), 0);
	assert_int_equal((s64)helper_timer_start(t, 100, 4, 0, 0, rc), -EINVAL);
	assert_int_equal((s64)helper_timer_start(t, 100, 0, 0, 0, rc), 0);
	return 0;
}

/* In the main program r1 is the callback; in the callback it is the map. */
static u64 target(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run_ctx *rc)
{
	struct world *w = world_of(rc->env);
	struct fixture *f = container_of(w, struct fixture, w);

	if (r1 != (u64)&f->map)
		return arm(r1, f, rc);
	f->values[1].seen_cpu = rc->cpu;
	assert_int_equal((s64)helper_timer_cancel((u64)&f->values[1].timer, 0, 0, 0, 0, rc), -EDEADLK);
	if (f->values[1].fired >= 4) {
		/* the value goes away under its own callback */
		struct field_async *a = *(struct field_async **)&f->values[1].timer;

		f->values[1].timer = (struct bpf_timer){ 0 };
		a->destroy(a);
		return 0;
	}
	return helper_timer_start((u64)&f->values[1].timer, w->now + 500,
				  BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN, 0, 0, rc);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	world_init(&f->w, &f->rc);
	f->map.ops = &ops;
	f->map.map_type = BPF_MAP_TYPE_ARRAY;
	f->map.value_size = sizeof(struct value);
	f->map.max_entries = 2;
	f->map.usercnt = 1;
	f->map.record = &f->rec;
	program_init(&f->p, prog, ARRAY_SIZE(prog), 4, target);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	program_fini(&f->p);
	free(f);
	return 0;
}

static void fire(struct fixture *f, u32 cpu)
{
	struct run_timer *t = f->w.timer;

	f->w.timer = NULL;
	f->w.now = f->w.expires;
	t->fire(t, cpu, &f->w.tasks[0]);
}

static void test_timer(void **state)
{
	struct fixture *f = *state;

	run_prog(&f->p.prog, NULL, &f->rc);
	assert_int_equal(f->w.expires, 1000000100);
	assert_int_equal(f->w.pin, -1);
	assert_int_equal(f->p.prog.obj.refs, 2);
	fire(f, 3);
	assert_int_equal(f->values[1].fired, 2);
	assert_int_equal(f->values[1].seen_cpu, 3);
	assert_int_equal(f->w.expires, 1000000600);
	assert_int_equal(f->w.pin, 3);
	fire(f, 1);
	assert_int_equal(f->values[1].fired, 4);
	assert_null(f->w.timer);
	assert_int_equal(f->w.nr_fini, 1);
	assert_int_equal(f->p.prog.obj.refs, 1);
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	struct field_async *a;
	u64 t = (u64)&f->values[1].timer;

	run_prog(&f->p.prog, NULL, &f->rc);
	assert_int_equal(helper_timer_cancel(t, 0, 0, 0, 0, &f->rc), 1);
	assert_int_equal(f->p.prog.obj.refs, 1);
	assert_int_equal(helper_timer_cancel(t, 0, 0, 0, 0, &f->rc), 0);
	/* its callback is gone with it, as in Linux */
	assert_int_equal((s64)helper_timer_start(t, 1, 0, 0, 0, &f->rc), -EINVAL);
	a = *(struct field_async **)t;
	a->destroy(a);
	assert_int_equal(f->w.nr_fini, 1);
}

static void test_wq_needs_a_world(void **state)
{
	struct fixture *f = *state;
	struct bpf_wq wq = { 0 };

	assert_int_equal(kf_wq_init(&wq, &f->map, 1, &f->rc), -EINVAL);
	assert_int_equal(kf_wq_init(&wq, &f->map, 0, &f->rc), -EOPNOTSUPP);
	assert_int_equal(kf_wq_start(&wq, 0, &f->rc), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_timer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wq_needs_a_world, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
