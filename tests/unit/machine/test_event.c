/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lab.h"

#include "machine/event.h"

#define N 300

struct probe {
	struct machine_timer t;
	u32 id;
};

static u32 fired[4 * N], nr_fired;

static void fire(struct machine *m, struct machine_timer *t)
{
	fired[nr_fired++] = container_of(t, struct probe, t)->id;
}

/* Random arming, moving and removal; what comes out must be sorted. */
static void heap(void **state)
{
	static struct probe p[N];
	struct event_queue q = {};
	struct machine_timer *t, *last = NULL;
	struct rng rng;
	u32 queued = 0, seen = 0;

	rng_init(&rng, 3, 0);
	assert_int_equal(event_queue_reserve(&q, N), 0);
	for (u32 i = 0; i < N; i++) {
		machine_timer_init(&p[i].t, fire);
		p[i].t.owned = true;
	}
	for (u32 i = 0; i < 50 * N; i++) {
		struct machine_timer *x = &p[rng_below(&rng, N)].t;

		if (queued && !rng_below(&rng, 8)) {
			struct machine_timer *first = event_first(&q);

			event_pop_first(&q);
			assert_false(event_queued(first));
			queued--;
		} else if (rng_below(&rng, 3)) {
			queued += !event_queued(x);
			x->class = rng_below(&rng, 4);
			x->cpu = rng_below(&rng, 8);
			event_arm(&q, x, rng_below(&rng, 40));
		} else {
			queued -= event_cancel(&q, x);
		}
		assert_int_equal(event_count(&q), queued);
	}
	while ((t = event_first(&q))) {
		if (last)
			assert_true(last->when < t->when ||
				    (last->when == t->when && last->key < t->key));
		if (seen % 2)
			event_pop_first(&q);
		else
			assert_true(event_cancel(&q, t));
		assert_false(event_cancel(&q, t));
		last = t;
		seen++;
	}
	assert_int_equal(seen, queued);
	event_queue_fini(&q);
}

/* Time first, then the class, then the CPU, then who came first. */
static void order(void **state)
{
	static const struct { u64 when; u8 class; u32 cpu; } in[] = {
		{ 5, EVENT_TIMER, 0 }, { 4, EVENT_TASK, 1 }, { 4, EVENT_IPI, 3 },
		{ 4, EVENT_IPI, 2 },   { 4, EVENT_TICK, 7 }, { 4, EVENT_IPI, 2 },
		{ 4, EVENT_TIMER, 9 },
	};
	static const u32 out[] = { 6, 4, 3, 5, 2, 1, 0 };
	struct machine_timer t[ARRAY_SIZE(in)];
	struct event_queue q = {};

	for (u32 i = 0; i < ARRAY_SIZE(in); i++) {
		machine_timer_init(&t[i], fire);
		t[i].class = in[i].class;
		t[i].cpu = in[i].cpu;
		assert_int_equal(event_arm_borrowed(&q, &t[i], in[i].when), 0);
	}
	for (u32 i = 0; i < ARRAY_SIZE(out); i++) {
		assert_ptr_equal(event_first(&q), &t[out[i]]);
		event_cancel(&q, event_first(&q));
	}
	event_queue_fini(&q);
}

static void machine_timers(void **state)
{
	struct probe p[3] = { { .id = 0 }, { .id = 1 }, { .id = 2 } };
	struct lab l;

	lab_init(&l, "2", 0);
	nr_fired = 0;
	for (u32 i = 0; i < 3; i++)
		machine_timer_init(&p[i].t, fire);
	assert_true(machine_idle_for_ever(l.m));
	assert_int_equal(machine_timer_start(l.m, &p[0].t, 30, 0), 0);
	assert_int_equal(machine_timer_start(l.m, &p[1].t, 20, 1), 0);
	assert_int_equal(machine_timer_start(l.m, &p[2].t, 20, 0), 0);
	assert_false(machine_idle_for_ever(l.m));
	assert_int_equal(machine_timer_start(l.m, &p[2].t, 40, 0), 0);
	assert_int_equal(machine_timer_start(l.m, &p[2].t, 40, 2), -EINVAL);
	assert_int_equal(machine_run(l.m, 25), 0);
	assert_int_equal(nr_fired, 1);
	assert_int_equal(machine_timer_start(l.m, &p[1].t, 24, 0), -EINVAL);
	assert_true(machine_timer_cancel(l.m, &p[0].t));
	assert_false(machine_timer_cancel(l.m, &p[0].t));
	assert_int_equal(machine_run(l.m, 100), 0);
	assert_int_equal(nr_fired, 2);
	assert_int_equal(fired[0], 1);
	assert_int_equal(fired[1], 2);
	assert_int_equal(machine_now(l.m), 100);
	lab_fini(&l);
}

static u64 work_at[2];

static void work(struct machine *m, struct sched_irq_work *w)
{
	work_at[nr_fired++] = machine_now(m);
}

static void irq_work(void **state)
{
	struct sched_irq_work near, far;
	struct machine_config cfg;
	struct lab l;

	machine_config_init(&cfg);
	lab_init(&l, "2", 0);
	nr_fired = 0;
	sched_irq_work_init(&near, work);
	sched_irq_work_init(&far, work);
	sched_irq_work_queue_on(l.m, &far, 1);
	sched_irq_work_queue_on(l.m, &near, sched_this_cpu(l.m));
	sched_irq_work_queue_on(l.m, &far, 1); /* pending: once only */
	assert_int_equal(machine_run(l.m, 1 * MS), 0);
	assert_int_equal(nr_fired, 2);
	assert_int_equal(work_at[0], 0);
	assert_int_equal(work_at[1], cfg.costs.ipi_latency);
	assert_false(far.pending);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap),
		cmocka_unit_test(order),
		cmocka_unit_test(machine_timers),
		cmocka_unit_test(irq_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
