/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* CPUs that go and come: nothing runs on one that is gone, and no task is lost. */
#include "lab.h"

static void only(cpumask_t *mask, u32 cpu)
{
	cpumask_clear(mask);
	cpumask_set_cpu(cpu, mask);
}

static void tasks_leave(void **state)
{
	struct task_struct *p[8];
	struct lab l;
	u64 busy;

	lab_init(&l, "4", 1);
	for (u32 i = 0; i < 8; i++)
		p[i] = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(10 * MS)));
	assert_int_equal(machine_run(l.m, 100 * MS), 0);
	assert_int_equal(machine_cpu_offline(l.m, 3), 0);
	assert_int_equal(machine_run(l.m, 101 * MS), 0);
	lab_check(&l);
	busy = machine_cpu_times(l.m, 3).busy_ns;
	assert_int_equal(machine_run(l.m, 600 * MS), 0);
	lab_check(&l);
	assert_int_equal(machine_cpu_times(l.m, 3).busy_ns, busy);
	for (u32 i = 0; i < 8; i++) {
		assert_true(task_cpu(p[i]) != 3);
		assert_true(task_runtime(l.m, p[i]) > 150 * MS);
	}
	assert_int_equal(machine_cpu_online(l.m, 3), 0);
	assert_int_equal(machine_run(l.m, 700 * MS), 0);
	lab_check(&l);
	assert_true(machine_cpu_times(l.m, 3).busy_ns - busy > 90 * MS);
	lab_fini(&l);
}

static void the_last_stays(void **state)
{
	struct lab l;

	lab_init(&l, "2", 1);
	assert_int_equal(machine_cpu_offline(l.m, 2), -EINVAL);
	assert_int_equal(machine_cpu_online(l.m, 2), -EINVAL);
	assert_int_equal(machine_cpu_offline(l.m, 0), 0);
	assert_int_equal(machine_cpu_offline(l.m, 0), 0);
	assert_int_equal(machine_cpu_offline(l.m, 1), -EBUSY);
	assert_int_equal(machine_cpu_online(l.m, 0), 0);
	assert_int_equal(machine_cpu_offline(l.m, 1), 0);
	lab_fini(&l);
}

/* Bound to the CPU that goes: running, waiting, and asleep. */
static void affinity_is_lost(void **state)
{
	struct task_struct *p[3];
	struct lab l;
	cpumask_t cpu1;

	only(&cpu1, 1);
	lab_init(&l, "2", 1);
	for (u32 i = 0; i < 2; i++)
		p[i] = lab_task(&l, (struct task_params){ .cpus = &cpu1 }, SCRIPT(0, RUN(MS)));
	p[2] = lab_task(&l, (struct task_params){ .cpus = &cpu1 },
			SCRIPT(0, RUN(MS), SLEEP(60 * MS)));
	assert_int_equal(machine_run(l.m, 50 * MS), 0);
	assert_int_equal(machine_cpu_offline(l.m, 1), 0);
	assert_int_equal(machine_run(l.m, 500 * MS), 0);
	lab_check(&l);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(task_cpu(p[i]), 0);
		assert_int_equal(p[i]->nr_cpus_allowed, 2);
		assert_true(task_runtime(l.m, p[i]) > 4 * MS);
	}
	lab_fini(&l);
}

static void rt_leaves(void **state)
{
	struct task_struct *p[2];
	struct lab l;

	lab_init(&l, "2", 1);
	for (u32 i = 0; i < 2; i++)
		p[i] = lab_task(&l, (struct task_params){ .policy = SCHED_RR, .rt_priority = 1 },
				SCRIPT(0, RUN(10 * MS)));
	assert_int_equal(machine_run(l.m, 50 * MS), 0);
	assert_int_equal(machine_cpu_offline(l.m, 0), 0);
	assert_int_equal(machine_run(l.m, 850 * MS), 0);
	lab_check(&l);
	for (u32 i = 0; i < 2; i++)
		assert_true(task_runtime(l.m, p[i]) > 300 * MS);
	lab_fini(&l);
}

/* CPUs come and go all the time, and the machine stays sound; SMT, nodes. */
static void storm(void **state)
{
	struct rng rng;
	struct lab l;

	rng_init(&rng, 7, 0);
	lab_init(&l, "node:2 l3:1 core:2 pu:2", 1);
	for (u32 i = 0; i < 20; i++)
		lab_task(&l, (struct task_params){ .policy = i % 5 ? SCHED_NORMAL : SCHED_FIFO,
						   .rt_priority = i % 5 ? 0 : 1 },
			 i % 3 && i % 5 ? SCRIPT(0, RUN(2 * MS)) :
					  SCRIPT(0, RUN(300 * US), SLEEP(MS)));
	for (u64 t = 0; t < 2000; t++) {
		u32 cpu = rng_u64(&rng) % 8;

		if (rng_u64(&rng) & 1)
			machine_cpu_offline(l.m, cpu);
		else
			machine_cpu_online(l.m, cpu);
		assert_int_equal(machine_run(l.m, t * 730 * US), 0);
		lab_check(&l);
	}
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_leave),	    cmocka_unit_test(the_last_stays),
		cmocka_unit_test(affinity_is_lost), cmocka_unit_test(rt_leaves),
		cmocka_unit_test(storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
