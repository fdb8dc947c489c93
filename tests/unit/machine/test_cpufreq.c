/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The governors, and that work takes as long as the frequency says. */
#include "lab.h"

#include "machine/cpufreq.h"

static const bool yes = true;

/* As if a sched_ext scheduler had all tasks; there is no class, so they stay fair. */
static const struct sched_ext_hooks all_ext = { .enabled = &yes, .switched_all = &yes };

static void start(struct lab *l, const char *topology, enum cpufreq_governor governor, bool ext)
{
	struct machine_config cfg = lab_config();

	cfg.governor = governor;
	/* Work alone takes time. */
	memset(&cfg.costs, 0, sizeof(cfg.costs));
	lab_init_cfg(l, topology, cfg);
	if (ext)
		sched_set_ext(l->m, NULL, &all_ext);
}

static void ask(struct lab *l, u32 cpu, u32 perf)
{
	sched_cpu_rq(l->m, cpu)->scx.cpuperf_target = perf;
	cpufreq_update(l->m, cpu);
}

/* How long 10 ms of work take now, on an idle CPU 0. */
static u64 time_of_work(struct lab *l)
{
	struct task_struct *p = task_get(lab_task(l, (struct task_params){}, SCRIPT(1, RUN(10 * MS))));
	u64 took;

	assert_int_equal(machine_run(l->m, machine_now(l->m) + 200 * MS), 0);
	assert_int_not_equal(p->exit_state, 0);
	took = task_runtime(l->m, p);
	task_put(l->m, p);
	return took;
}

static void cpuperf_sets_the_speed(void **state)
{
	struct lab l;

	start(&l, "1", GOVERNOR_cpuperf, true);
	ask(&l, 0, 1024);
	assert_int_equal(cpufreq_cur(l.m, 0), 1024);
	assert_int_equal(time_of_work(&l), 10 * MS);
	/* 410 and a quarter more: half speed. */
	ask(&l, 0, 410);
	assert_int_equal(cpufreq_cur(l.m, 0), 512);
	assert_int_equal(time_of_work(&l), 20 * MS);
	/* Nobody gets less than the lowest frequency. */
	machine_run(l.m, machine_now(l.m) + MS);
	ask(&l, 0, 0);
	assert_int_equal(cpufreq_cur(l.m, 0), CPUFREQ_MIN);
	assert_in_range(time_of_work(&l), 10 * MS * 1024 / CPUFREQ_MIN,
			10 * MS * 1024 / CPUFREQ_MIN + 1);
	lab_fini(&l);
}

static void a_change_under_way(void **state)
{
	struct lab l;
	struct task_struct *p;

	start(&l, "1", GOVERNOR_cpuperf, true);
	ask(&l, 0, 410);
	p = task_get(lab_task(&l, (struct task_params){}, SCRIPT(1, RUN(10 * MS))));
	machine_run(l.m, 10 * MS);
	ask(&l, 0, 1024);
	machine_run(l.m, 100 * MS);
	/* 5 of 10 ms at half speed, the rest at full speed: it ends before it had been armed for. */
	assert_int_equal(task_runtime(l.m, p), 15 * MS);
	task_put(l.m, p);
	lab_fini(&l);
}

static void too_early_a_request_waits(void **state)
{
	struct lab l;

	start(&l, "1", GOVERNOR_cpuperf, true);
	lab_task(&l, (struct task_params){}, SCRIPT(1, RUN(10 * MS)));
	machine_run(l.m, 2 * MS + 100 * US);
	ask(&l, 0, 410);
	assert_int_equal(cpufreq_cur(l.m, 0), 512);
	machine_run(l.m, 2 * MS + 200 * US);
	ask(&l, 0, 1024);
	assert_int_equal(cpufreq_cur(l.m, 0), 512);
	machine_run(l.m, 3 * MS);
	assert_int_equal(cpufreq_cur(l.m, 0), 1024);
	lab_fini(&l);
}

static void performance_is_deaf(void **state)
{
	struct lab l;

	start(&l, "1", GOVERNOR_performance, true);
	ask(&l, 0, 100);
	assert_int_equal(cpufreq_cur(l.m, 0), 1024);
	assert_int_equal(time_of_work(&l), 10 * MS);
	lab_fini(&l);
}

static void cpuperf_leaves_fair_alone(void **state)
{
	struct lab l;

	start(&l, "1", GOVERNOR_cpuperf, false);
	ask(&l, 0, 100);
	assert_int_equal(time_of_work(&l), 10 * MS);
	lab_fini(&l);
}

/* A hog's CPU comes to its highest frequency, that of a task which sleeps a lot doesn't. */
static void schedutil_follows_utilisation(void **state)
{
	struct lab l;

	start(&l, "1", GOVERNOR_schedutil, false);
	lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(500 * US), SLEEP(9500 * US)));
	machine_run(l.m, 1000 * MS);
	assert_in_range(cpufreq_cur(l.m, 0), CPUFREQ_MIN, 400);
	lab_task(&l, (struct task_params){}, SCRIPT(1, RUN(400 * MS)));
	machine_run(l.m, 1300 * MS);
	assert_int_equal(cpufreq_cur(l.m, 0), 1024);
	lab_check(&l);
	lab_fini(&l);
}

static void names(void **state)
{
	enum cpufreq_governor g;
	struct err_msg e;

	assert_int_equal(cpufreq_governor_parse("schedutil", &e, &g), 0);
	assert_int_equal(g, GOVERNOR_schedutil);
	assert_int_equal(cpufreq_governor_parse("ondemand", &e, &g), -EINVAL);
	assert_string_equal(e.text,
			    "\"ondemand\" is not one of cpuperf, schedutil, performance");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpuperf_sets_the_speed),
		cmocka_unit_test(a_change_under_way),
		cmocka_unit_test(too_early_a_request_waits),
		cmocka_unit_test(performance_is_deaf),
		cmocka_unit_test(cpuperf_leaves_fair_alone),
		cmocka_unit_test(schedutil_follows_utilisation),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
