/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Virtual CPUs that take turns on a real one. */
#include "random_load.h"

static void start(struct lab *l, const char *cpus)
{
	struct machine_config cfg = lab_config();

	cfg.cpus_in_turn = true;
	memset(&cfg.costs, 0, sizeof(cfg.costs));
	lab_init_cfg(l, cpus, cfg);
}

/* Work takes as many times as long as there are CPUs with work; a busy wait takes its time. */
static void work_is_shared(void **state)
{
	struct task_struct *p[3];
	struct lab l;
	u64 sum = 0;

	start(&l, "4");
	for (u32 i = 0; i < 3; i++)
		p[i] = task_get(lab_task(&l, (struct task_params){}, SCRIPT(1, RUN(100 * MS))));
	machine_run(l.m, 1000 * MS);
	lab_check(&l);
	for (u32 i = 0; i < 3; i++) {
		assert_int_not_equal(p[i]->exit_state, 0);
		sum = max(sum, task_runtime(l.m, p[i]));
		task_put(l.m, p[i]);
	}
	assert_int_equal(sum, 300 * MS);
	lab_fini(&l);
}

static void one_busy_cpu_is_alone(void **state)
{
	struct task_struct *p;
	struct lab l;

	start(&l, "4");
	p = task_get(lab_task(&l, (struct task_params){}, SCRIPT(10, RUN(10 * MS), SLEEP(5 * MS))));
	machine_run(l.m, 1000 * MS);
	lab_check(&l);
	assert_int_equal(task_runtime(l.m, p), 100 * MS);
	task_put(l.m, p);
	lab_fini(&l);
}

/* Both CPUs have their ticks, and slices end late, by one turn of the other on average. */
static void late_slices(void **state)
{
	struct task_struct *p[4];
	u64 switches = 0, runtime = 0;
	struct lab l;

	start(&l, "2");
	for (u32 i = 0; i < 4; i++)
		p[i] = lab_task(&l, (struct task_params){}, SCRIPT(0, RUNTIME(1000 * MS)));
	machine_run(l.m, 4000 * MS);
	lab_check(&l);
	for (u32 i = 0; i < 4; i++) {
		switches += p[i]->nvcsw + p[i]->nivcsw;
		runtime += task_runtime(l.m, p[i]);
	}
	assert_int_equal(runtime, 8000 * MS);
	/* slices of 2 ms where each CPU is its own */
	assert_in_range(8000 / switches, 2, 3);
	assert_in_range(switches, 2300, 3600);
	lab_fini(&l);
}

static void random_loads(void **state)
{
	struct random_load *r = calloc(2, sizeof(*r));

	assert_non_null(r);
	for (u64 seed = 0; seed < 30; seed++) {
		r[0].in_turn = r[1].in_turn = true;
		rl_run(&r[0], seed, 140 * MS, true);
		if (seed % 10)
			continue;
		rl_run(&r[1], seed, 140 * MS, true);
		assert_int_equal(r[0].hash, r[1].hash);
	}
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_shared),
		cmocka_unit_test(one_busy_cpu_is_alone),
		cmocka_unit_test(late_slices),
		cmocka_unit_test(random_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
