/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* CFS, as before 6.6. */
#include "random_load.h"

static void start(struct lab *l, const char *cpus)
{
	struct machine_config cfg = lab_config();

	cfg.fair = FAIR_CFS;
	lab_init_cfg(l, cpus, cfg);
}

static void expect(struct lab *l, struct task_struct *p, double percent)
{
	double got = 100.0 * task_runtime(l->m, p) / machine_now(l->m);

	if (got < percent - 1 || got > percent + 1)
		fail_msg("%.2f %% of a CPU instead of %.2f %%", got, percent);
}

static void weights(void **state)
{
	struct task_struct *a, *b;
	struct lab l;

	start(&l, "1");
	a = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * MS)));
	b = lab_task(&l, (struct task_params){ .nice = 5 }, SCRIPT(0, RUN(100 * MS)));
	machine_run(l.m, 4000 * MS);
	lab_check(&l);
	expect(&l, a, 100 * 1024 / 1359.0);
	expect(&l, b, 100 * 335 / 1359.0);
	lab_fini(&l);
}

/*
 * Three hogs share the latency of 6 ms: slices of 2 ms, which end at the tick that
 * finds them exceeded. EEVDF would give 0.7 ms, that is 1 ms.
 */
static void slices(void **state)
{
	struct task_struct *p[3];
	struct lab l;

	start(&l, "1");
	for (u32 i = 0; i < 3; i++)
		p[i] = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * MS)));
	machine_run(l.m, 3000 * MS);
	for (u32 i = 0; i < 3; i++)
		assert_in_range(p[i]->nvcsw + p[i]->nivcsw, 310, 350);
	lab_fini(&l);
}

/* A sleeper comes back with a credit of half a period, and preempts. */
static void sleepers_credit(void **state)
{
	struct task_struct *hog, *io;
	struct lab l;

	start(&l, "1");
	hog = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * MS)));
	io = lab_task(&l, (struct task_params){}, SCRIPT(100, RUN(500 * US), SLEEP(10 * MS)));
	machine_run(l.m, 2000 * MS);
	lab_check(&l);
	/* never waits: 100 rounds of 10.5 ms */
	assert_int_not_equal(io->exit_state, 0);
	assert_in_range(task_runtime(l.m, io) / US, 50000, 50400);
	assert_in_range(hog->nivcsw, 95, 102);
	lab_fini(&l);
}

static void groups(void **state)
{
	struct task_struct *alone, *in[3];
	struct cgroup *g;
	struct err_msg e;
	struct lab l;

	start(&l, "1");
	assert_int_equal(machine_cgroup_create(l.m, machine_cgroup_root(l.m), "g", &e, &g), 0);
	alone = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * MS)));
	for (u32 i = 0; i < 3; i++)
		in[i] = lab_task(&l, (struct task_params){ .cgroup = g }, SCRIPT(0, RUN(100 * MS)));
	machine_run(l.m, 4000 * MS);
	lab_check(&l);
	expect(&l, alone, 50);
	for (u32 i = 0; i < 3; i++)
		expect(&l, in[i], 50 / 3.0);
	lab_fini(&l);
}

static void yields(void **state)
{
	struct task_struct *a, *b;
	struct lab l;

	start(&l, "1");
	a = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * US), YIELD));
	b = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * US), YIELD));
	machine_run(l.m, 100 * MS);
	assert_in_range(a->nvcsw + a->nivcsw, 400, 510);
	assert_in_range(b->nvcsw + b->nivcsw, 400, 510);
	lab_fini(&l);
}

/* All that random workloads, hot-plug, groups and policies can do to it. */
static void random_loads(void **state)
{
	struct random_load *r = calloc(1, sizeof(*r));
	u64 hash = 0;

	assert_non_null(r);
	for (u64 seed = 0; seed < 40; seed++) {
		r->fair = FAIR_CFS;
		rl_run(r, seed, 140 * MS, true);
		hash ^= r->hash;
	}
	r->fair = FAIR_EEVDF;
	rl_run(r, 39, 140 * MS, true);
	assert_int_not_equal(hash, 0);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights),	    cmocka_unit_test(slices),
		cmocka_unit_test(sleepers_credit), cmocka_unit_test(groups),
		cmocka_unit_test(yields),	    cmocka_unit_test(random_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
