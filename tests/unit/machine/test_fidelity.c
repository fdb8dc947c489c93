/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shares of CPU time under the fair class against what Linux 6.12 gave (HZ=1000,
 * PREEMPT; percent of the time of these tasks): at most 3 points apart. The real
 * tasks are rt-app's, whose creator starts them 50 us or so after each other.
 */
#include "lab.h"

#define MAX_TASKS 5
#define GAP (50 * US)

struct wanted {
	s32 nice;
	bool io;
	double runtime_ms;
};

static void compare(const char *cpus, const struct wanted *w, u32 n)
{
	struct task_struct *p[MAX_TASKS];
	double real = 0, ours = 0;
	struct lab l;

	lab_init(&l, cpus, 1);
	for (u32 i = 0; i < n; i++) {
		struct lab_script *s = w[i].io ? SCRIPT(300, RUN(1 * MS), SLEEP(5 * MS)) :
						 SCRIPT(1, RUNTIME(4000 * MS));

		p[i] = task_get(lab_task(&l, (struct task_params){ .nice = w[i].nice,
								   .start = 10 * MS + i * GAP },
					 s));
	}
	assert_int_equal(machine_run(l.m, 4020 * MS), 0);
	lab_check(&l);
	for (u32 i = 0; i < n; i++) {
		real += w[i].runtime_ms;
		ours += task_runtime(l.m, p[i]);
	}
	for (u32 i = 0; i < n; i++) {
		double a = 100 * w[i].runtime_ms / real;
		double b = 100 * task_runtime(l.m, p[i]) / ours;

		print_message("# nice %3d: %5.2f%% wanted, %5.2f%% given, "
			      "%lu switches, %lu migrations\n", w[i].nice, a, b,
			      p[i]->nvcsw + p[i]->nivcsw, (unsigned long)p[i]->se.nr_migrations);
		if (a - b > 3 || b - a > 3)
			fail_msg("nice %d: %f%% instead of %f%%", w[i].nice, b, a);
		task_put(l.m, p[i]);
	}
	lab_fini(&l);
}

static void nice_1cpu(void **state)
{
	static const struct wanted w[] = {
		{ 0, false, 1643.47 }, { 5, false, 543.48 },
		{ 10, false, 176.47 }, { 0, false, 1644.55 },
	};

	compare("1", w, ARRAY_SIZE(w));
}

static void nice_2cpu(void **state)
{
	static const struct wanted w[] = {
		{ 0, false, 3298.03 }, { 5, false, 970.1 },
		{ 10, false, 367.3 }, { 0, false, 3379.9 },
	};

	compare("2", w, ARRAY_SIZE(w));
}

static void single_1cpu(void **state)
{
	static const struct wanted w[] = {
		{ 0, false, 1477.17 }, { 0, false, 1480.73 },
		{ 0, true, 350.33 }, { 0, true, 348.86 }, { 0, true, 348.47 },
	};

	compare("1", w, ARRAY_SIZE(w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nice_1cpu),
		cmocka_unit_test(nice_2cpu),
		cmocka_unit_test(single_1cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
