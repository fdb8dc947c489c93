/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "feed.h"
#include "trace/stats.h"

/*
 * CPU 0: a runs 0-100, is preempted by b (woken at 70) until 150, runs to 400.
 * CPU 1: idle but for c, 200-250, which then moves to CPU 0 and dies at 420.
 */
static void play(struct stats *s)
{
	struct task_struct idle0 = feed_task(0, "swapper/0", 0), idle1 = feed_task(0, "swapper/1", 0);
	struct task_struct a = feed_task(5, "a", 0), b = feed_task(900, "b", -3), c = feed_task(7, "c", 5);
	struct trace_sink *k = &s->sink;

	feed_wakeup_new(k, 0, 0, &idle0, &a, 0);
	feed_switch(k, 0, 0, &idle0, TRACE_STATE_RUNNING, &a);
	feed_wakeup(k, 1, 70, &idle1, &b, 0);
	feed_switch(k, 0, 100, &a, TRACE_STATE_PREEMPTED, &b);
	feed_wakeup(k, 0, 120, &b, &b, 0); /* while it runs: no wait follows */
	feed_switch(k, 0, 150, &b, TRACE_STATE_SLEEPING, &a);
	feed_wakeup(k, 1, 190, &idle1, &c, 1);
	feed_switch(k, 1, 200, &idle1, TRACE_STATE_RUNNING, &c);
	feed_switch(k, 1, 250, &c, TRACE_STATE_BLOCKED, &idle1);
	feed_migrate(k, 1, 260, &idle1, &c, 1, 0);
	feed_wakeup(k, 1, 260, &idle1, &c, 0);
	feed_switch(k, 0, 400, &a, TRACE_STATE_SLEEPING, &c);
	feed_switch(k, 0, 420, &c, TRACE_STATE_DEAD, &idle0);
}

static const struct stats_task *by_pid(const struct stats *s, s32 pid)
{
	for (u32 i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i]->pid == pid)
			return s->tasks[i];
	return NULL;
}

static void test_figures(void **state)
{
	const struct stats_task *a, *b, *c;
	struct stats_totals t;
	struct stats s;

	assert_int_equal(stats_init(&s, 2, 0), 0);
	play(&s);
	assert_int_equal(stats_settle(&s, 500), 0);
	a = by_pid(&s, 5);
	b = by_pid(&s, 900);
	c = by_pid(&s, 7);
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_int_equal(s.nr_tasks, 3);

	assert_int_equal(a->runtime_ns, 350);
	assert_int_equal(a->switches, 2);
	assert_int_equal(a->preemptions, 1);
	assert_int_equal(a->wakeups, 1);
	assert_int_equal(b->runtime_ns, 50);
	assert_int_equal(b->nice, -3);
	assert_int_equal(b->wakeups, 2);
	assert_int_equal(b->latency.count, 1);
	assert_int_equal(b->latency.max, 30);
	assert_int_equal(b->preemptions, 0);
	assert_int_equal(c->runtime_ns, 70);
	assert_int_equal(c->migrations, 1);
	assert_int_equal(c->switches, 2);
	assert_int_equal(c->latency.min, 10);
	assert_int_equal(c->latency.max, 140);
	assert_true(c->dead && !a->dead);

	assert_int_equal(s.cpus[0].busy_ns, 420);
	assert_int_equal(s.cpus[0].idle_ns, 80);
	assert_int_equal(s.cpus[1].busy_ns, 50);
	assert_int_equal(s.cpus[1].idle_ns, 450);

	assert_int_equal(stats_totals(&s, &t), 0);
	assert_int_equal(t.runtime_ns, t.busy_ns);
	assert_int_equal(t.busy_ns + t.idle_ns, 1000);
	/* 7 switches, 5 wake-ups, 1 migration; sched_waking is not counted */
	assert_int_equal(t.events, 13);
	assert_int_equal(t.wakeups, 5);
	assert_true(t.jain > 0.566 && t.jain < 0.567); /* 470^2 / (3 * 129900) */
	histogram_fini(&t.latency);
	stats_fini(&s);
}

static void test_settle_twice(void **state)
{
	struct task_struct idle = feed_task(0, "swapper/0", 0), a = feed_task(1, "a", 0);
	struct stats s;

	assert_int_equal(stats_init(&s, 1, 10), 0);
	feed_switch(&s.sink, 0, 20, &idle, TRACE_STATE_RUNNING, &a);
	assert_int_equal(stats_settle(&s, 50), 0);
	assert_int_equal(s.tasks[0]->runtime_ns, 30);
	assert_int_equal(stats_settle(&s, 60), 0);
	assert_int_equal(s.tasks[0]->runtime_ns, 40);
	assert_int_equal(s.cpus[0].idle_ns, 10);
	stats_fini(&s);
}

/* Woken or preempted, and without a CPU to the end. */
static void test_unfinished(void **state)
{
	struct task_struct idle = feed_task(0, "swapper/0", 0), a = feed_task(1, "a", 0),
			   b = feed_task(2, "b", 0);
	struct stats_totals t;
	struct stats s;

	assert_int_equal(stats_init(&s, 1, 0), 0);
	feed_wakeup(&s.sink, 0, 10, &idle, &a, 0);
	feed_switch(&s.sink, 0, 20, &idle, TRACE_STATE_RUNNING, &a);
	feed_wakeup(&s.sink, 0, 30, &a, &b, 0);
	assert_int_equal(stats_settle(&s, 100), 0);
	assert_int_equal(stats_totals(&s, &t), 0);
	assert_int_equal(t.unfinished, 1);
	assert_int_equal(t.longest_unfinished, 70);
	assert_int_equal(t.latency.max, 10);
	histogram_fini(&t.latency);
	feed_switch(&s.sink, 0, 120, &a, TRACE_STATE_PREEMPTED, &b);
	assert_int_equal(stats_settle(&s, 150), 0);
	assert_int_equal(stats_totals(&s, &t), 0);
	assert_int_equal(t.unfinished, 1);
	assert_int_equal(t.longest_unfinished, 30);
	histogram_fini(&t.latency);
	stats_fini(&s);
}

static void test_nothing(void **state)
{
	struct stats_totals t;
	struct stats s;

	assert_int_equal(stats_init(&s, 3, 0), 0);
	assert_int_equal(stats_settle(&s, 7), 0);
	assert_int_equal(stats_totals(&s, &t), 0);
	assert_int_equal(t.idle_ns, 21);
	assert_true(t.jain == 1);
	stats_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_settle_twice),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
