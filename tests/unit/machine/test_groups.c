/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Group scheduling of the fair class, and cpu.max. */
#include "lab.h"

static struct cgroup *group(struct lab *l, struct cgroup *parent, const char *name, u32 weight)
{
	struct cgroup *g = NULL;
	struct err_msg e;

	assert_int_equal(machine_cgroup_create(l->m, parent ? parent : machine_cgroup_root(l->m),
					       name, &e, &g), 0);
	assert_int_equal(machine_cgroup_set_weight(l->m, g, weight), 0);
	return g;
}

static struct task_struct *hog(struct lab *l, struct cgroup *g)
{
	return lab_task(l, (struct task_params){ .cgroup = g }, SCRIPT(0, RUN(1000 * MS)));
}

/* In percent of one CPU, from @since on; a point more or less is fine. */
static void expect_percent(struct lab *l, struct task_struct *p, u64 ran_before, u64 since,
			   double percent)
{
	double got = 100.0 * (task_runtime(l->m, p) - ran_before) / (machine_now(l->m) - since);

	if (got < percent - 1 || got > percent + 1)
		fail_msg("%.2f %% of a CPU instead of %.2f %%", got, percent);
}

static void expect(struct lab *l, struct task_struct *p, double percent)
{
	expect_percent(l, p, 0, 0, percent);
}

static void run(struct lab *l, u64 until)
{
	assert_int_equal(machine_run(l->m, until), 0);
	lab_check(l);
}

/* What a cgroup gets does not depend on how many tasks it has. */
static void weights_on_one_cpu(void **state)
{
	struct task_struct *a, *b[3];
	struct cgroup *ga, *gb;
	struct lab l;

	lab_init(&l, "1", 1);
	ga = group(&l, NULL, "a", 100);
	gb = group(&l, NULL, "b", 300);
	a = hog(&l, ga);
	for (u32 i = 0; i < 3; i++)
		b[i] = hog(&l, gb);
	run(&l, 4000 * MS);
	expect(&l, a, 25);
	for (u32 i = 0; i < 3; i++)
		expect(&l, b[i], 25);
	lab_fini(&l);
}

/* A task in the root competes with the groups beside it. */
static void tasks_beside_groups(void **state)
{
	struct task_struct *alone, *in[4];
	struct cgroup *g;
	struct lab l;

	lab_init(&l, "1", 1);
	g = group(&l, NULL, "g", 100);
	alone = hog(&l, NULL);
	for (u32 i = 0; i < 4; i++)
		in[i] = hog(&l, g);
	run(&l, 4000 * MS);
	expect(&l, alone, 50);
	for (u32 i = 0; i < 4; i++)
		expect(&l, in[i], 12.5);
	lab_fini(&l);
}

static void nested(void **state)
{
	struct task_struct *x, *y, *z;
	struct cgroup *a, *b;
	struct lab l;

	lab_init(&l, "1", 1);
	a = group(&l, NULL, "a", 200);
	b = group(&l, a, "b", 300);
	x = hog(&l, b);
	y = hog(&l, a);
	z = hog(&l, NULL);
	run(&l, 6000 * MS);
	/* a has two thirds, of which b has three quarters */
	expect(&l, x, 50);
	expect(&l, y, 100 / 6.0);
	expect(&l, z, 100 / 3.0);
	lab_fini(&l);
}

/* The shares follow the load to where it is: weights hold over all CPUs. */
static void weights_on_four_cpus(void **state)
{
	struct task_struct *a[4], *b[8];
	struct cgroup *ga, *gb;
	double sum_a = 0, sum_b = 0;
	struct lab l;

	lab_init(&l, "4", 1);
	ga = group(&l, NULL, "a", 100);
	gb = group(&l, NULL, "b", 300);
	for (u32 i = 0; i < 4; i++)
		a[i] = hog(&l, ga);
	for (u32 i = 0; i < 8; i++)
		b[i] = hog(&l, gb);
	run(&l, 4000 * MS);
	for (u32 i = 0; i < 4; i++)
		sum_a += task_runtime(l.m, a[i]);
	for (u32 i = 0; i < 8; i++)
		sum_b += task_runtime(l.m, b[i]);
	print_message("# %.1f %% and %.1f %% of four CPUs\n", sum_a / 160 / MS, sum_b / 160 / MS);
	assert_true(sum_a / 160 / MS > 22 && sum_a / 160 / MS < 28);
	lab_fini(&l);
}

static void moves_and_new_weights(void **state)
{
	struct task_struct *x, *y;
	struct cgroup *a, *b;
	struct lab l;
	u64 ran;

	lab_init(&l, "1", 1);
	a = group(&l, NULL, "a", 100);
	b = group(&l, NULL, "b", 300);
	x = hog(&l, a);
	y = hog(&l, a);
	run(&l, 1000 * MS);
	expect(&l, x, 50);
	/* one of the two runs at this moment, the other is queued: both ways of moving */
	assert_int_equal(machine_cgroup_move(l.m, b, x), 0);
	run(&l, 1010 * MS);
	assert_int_equal(machine_cgroup_move(l.m, a, x), 0);
	assert_int_equal(machine_cgroup_move(l.m, b, y), 0);
	ran = task_runtime(l.m, y);
	run(&l, 3010 * MS);
	expect_percent(&l, y, ran, 1010 * MS, 75);
	assert_int_equal(machine_cgroup_set_weight(l.m, b, 25), 0);
	ran = task_runtime(l.m, y);
	run(&l, 5010 * MS);
	expect_percent(&l, y, ran, 3010 * MS, 20);
	assert_int_equal(machine_cgroup_destroy(l.m, b), -EBUSY);
	assert_int_equal(machine_cgroup_move(l.m, machine_cgroup_root(l.m), y), 0);
	assert_int_equal(machine_cgroup_destroy(l.m, b), 0);
	run(&l, 5500 * MS);
	lab_fini(&l);
}

/* ---- cpu.max ---- */

static void quota_on_one_cpu(void **state)
{
	struct cgroup_cpu_stat st;
	struct task_struct *p;
	struct cgroup *g;
	struct lab l;

	lab_init(&l, "1", 1);
	g = group(&l, NULL, "g", 100);
	assert_int_equal(machine_cgroup_set_max(l.m, g, 20 * MS, 100 * MS, 0), 0);
	p = hog(&l, g);
	run(&l, 4000 * MS);
	expect(&l, p, 20);
	st = machine_cgroup_cpu_stat(g);
	assert_in_range(st.nr_periods, 39, 41);
	assert_in_range(st.nr_throttled, 38, 41);
	assert_in_range(st.throttled_ns / MS, 3100, 3250);
	lab_fini(&l);
}

/* The pool is the group's, not a CPU's. */
static void quota_over_four_cpus(void **state)
{
	struct task_struct *p[4];
	struct cgroup *g;
	u64 sum = 0;
	struct lab l;

	lab_init(&l, "4", 1);
	g = group(&l, NULL, "g", 100);
	assert_int_equal(machine_cgroup_set_max(l.m, g, 150 * MS, 100 * MS, 0), 0);
	for (u32 i = 0; i < 4; i++)
		p[i] = hog(&l, g);
	run(&l, 4000 * MS);
	for (u32 i = 0; i < 4; i++)
		sum += task_runtime(l.m, p[i]);
	assert_in_range(sum / MS, 1450 * 4, 1550 * 4);
	/* and without a limit they have it all */
	assert_int_equal(machine_cgroup_set_max(l.m, g, UINT64_MAX, 100 * MS, 0), 0);
	run(&l, 5000 * MS);
	for (u32 i = 0; i < 4; i++)
		sum -= task_runtime(l.m, p[i]);
	assert_in_range(-sum / MS, 3980, 4000);
	lab_fini(&l);
}

/* What others could have used while a group was throttled, they have. */
static void quota_beside_others(void **state)
{
	struct task_struct *p, *q;
	struct cgroup *g;
	struct lab l;

	lab_init(&l, "1", 1);
	g = group(&l, NULL, "g", 1000);
	assert_int_equal(machine_cgroup_set_max(l.m, g, 10 * MS, 50 * MS, 0), 0);
	p = hog(&l, g);
	q = hog(&l, NULL);
	run(&l, 4000 * MS);
	expect(&l, p, 20);
	expect(&l, q, 80);
	lab_fini(&l);
}

/* The narrower of two nested limits holds; a throttled parent takes its children with it. */
static void nested_quotas(void **state)
{
	struct task_struct *p, *q;
	struct cgroup *a, *b;
	struct lab l;

	lab_init(&l, "1", 1);
	a = group(&l, NULL, "a", 100);
	b = group(&l, a, "b", 100);
	assert_int_equal(machine_cgroup_set_max(l.m, a, 30 * MS, 100 * MS, 0), 0);
	assert_int_equal(machine_cgroup_set_max(l.m, b, 10 * MS, 100 * MS, 0), 0);
	p = hog(&l, b);
	q = hog(&l, a);
	run(&l, 4000 * MS);
	expect(&l, p, 10);
	expect(&l, q, 20);
	lab_fini(&l);
}

/* A task that sleeps and wakes up in a throttled group waits; so does one that comes to it. */
static void coming_and_going_while_throttled(void **state)
{
	struct task_struct *p, *q, *r;
	struct cgroup *g, *below;
	struct lab l;
	u64 ran;

	lab_init(&l, "2", 1);
	g = group(&l, NULL, "g", 100);
	assert_int_equal(machine_cgroup_set_max(l.m, g, 10 * MS, 1000 * MS, 0), 0);
	p = hog(&l, g);
	q = lab_task(&l, (struct task_params){ .cgroup = g },
		     SCRIPT(0, RUN(500 * US), SLEEP(30 * MS)));
	r = hog(&l, NULL);
	run(&l, 300 * MS);
	ran = task_runtime(l.m, p) + task_runtime(l.m, q);
	assert_in_range(ran / MS, 10, 25);
	below = group(&l, g, "below", 100);
	assert_int_equal(machine_cgroup_move(l.m, below, r), 0);
	run(&l, 310 * MS);
	ran += task_runtime(l.m, r);
	run(&l, 400 * MS);
	assert_int_equal(ran, task_runtime(l.m, p) + task_runtime(l.m, q) + task_runtime(l.m, r));
	assert_int_equal(machine_cgroup_move(l.m, machine_cgroup_root(l.m), p), 0);
	run(&l, 450 * MS);
	assert_in_range(task_runtime(l.m, p) / MS, 49, 75);
	/* a CPU that goes lets its throttled tasks out */
	assert_int_equal(machine_cpu_offline(l.m, 1), 0);
	run(&l, 460 * MS);
	assert_int_equal(machine_cpu_online(l.m, 1), 0);
	run(&l, 3000 * MS);
	lab_fini(&l);
}

static void refused(void **state)
{
	struct cgroup *g;
	struct lab l;

	lab_init(&l, "1", 1);
	g = group(&l, NULL, "g", 100);
	assert_int_equal(machine_cgroup_set_max(l.m, machine_cgroup_root(l.m), MS, MS, 0), -EINVAL);
	assert_int_equal(machine_cgroup_set_max(l.m, g, MS - 1, MS, 0), -EINVAL);
	assert_int_equal(machine_cgroup_set_max(l.m, g, MS, MS - 1, 0), -EINVAL);
	assert_int_equal(machine_cgroup_set_max(l.m, g, MS, 1000 * MS + 1, 0), -EINVAL);
	assert_int_equal(machine_cgroup_set_max(l.m, g, MS, MS, MS + 1), -EINVAL);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_on_one_cpu),
		cmocka_unit_test(tasks_beside_groups),
		cmocka_unit_test(nested),
		cmocka_unit_test(weights_on_four_cpus),
		cmocka_unit_test(moves_and_new_weights),
		cmocka_unit_test(quota_on_one_cpu),
		cmocka_unit_test(quota_over_four_cpus),
		cmocka_unit_test(quota_beside_others),
		cmocka_unit_test(nested_quotas),
		cmocka_unit_test(coming_and_going_while_throttled),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
