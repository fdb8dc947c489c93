/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* scx_simple in C, against what the real one did on Linux 6.12 with HZ=1000. */
#include <math.h>

#include "csched.h"

/* A hog of rt-app's "runtime": on the CPU until 4 s after it started. */
struct hog {
	struct task_script script;
	bool ran;
};

static struct step hog_next(struct task_script *ts, struct machine *m, struct task_struct *p)
{
	struct hog *h = container_of(ts, struct hog, script);

	if (h->ran)
		return (struct step){ STEP_EXIT, 0 };
	h->ran = true;
	return (struct step){ STEP_RUNTIME, 4 * SEC };
}

static void hog_release(struct task_script *ts)
{
	free(container_of(ts, struct hog, script));
}

static struct task_struct *hog(struct world *w, const char *comm, s32 nice, const cpumask_t *cpus)
{
	struct hog *h = calloc(1, sizeof(*h));
	struct task_params params = {
		.comm = comm, .nice = nice, .cpus = cpus, .script = &h->script,
		.start = machine_now(w->m),
	};
	struct task_struct *p;

	h->script = (struct task_script){ hog_next, hog_release };
	assert_int_equal(task_create(w->m, &params, &w->e, &p), 0);
	return task_get(p);
}

struct expected {
	double ms;
	u32 switches;
};

/* Shares within 3 points of the CPUs' time, switches within 15%. */
static void check(struct world *w, struct task_struct **p, const struct expected *e, u32 n,
		  u32 nr_cpus, double window_ms)
{
	for (u32 i = 0; i < n; i++) {
		double points = (share_ms(w, p[i]) - e[i].ms) / window_ms * 100;
		double ratio = (double)switches(p[i]) / e[i].switches;

		printf("# %s[%d]: %.1f ms (Linux %.1f), %lu switches (Linux %u)\n", p[i]->comm,
		       p[i]->pid, share_ms(w, p[i]), e[i].ms, switches(p[i]), e[i].switches);
		assert_true(fabs(points) < 3);
		assert_true(ratio > 0.85 && ratio < 1.15);
	}
	assert_conserved(w);
	for (u32 i = 0; i < n; i++)
		task_put(w->m, p[i]);
}

static void simple_hogs_2cpu(void **state)
{
	static const struct expected e[] = { { 2688.9, 123 }, { 2653.2, 124 }, { 2683.4, 124 } };
	struct world *w = world_new(2);
	struct task_struct *p[3];

	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 5 * MS);
	for (u32 i = 0; i < 3; i++)
		p[i] = hog(w, "hog", 0, NULL);
	run_to(w, 6 * SEC);
	check(w, p, e, 3, 2, 4022);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	world_free(w);
}

static void nice_2cpu(const struct csched_ops *ops, const struct expected *e)
{
	static const s32 nice[] = { 0, 5, 10, 0 };
	static const char *const comm[] = { "n0", "n5", "n10", "m0" };
	struct world *w = world_new(2);
	struct task_struct *p[4];

	assert_int_equal(csched_load(w, ops), 0);
	run_to(w, 5 * MS);
	for (u32 i = 0; i < 4; i++)
		p[i] = hog(w, comm[i], nice[i], NULL);
	run_to(w, 6 * SEC);
	check(w, p, e, 4, 2, 4024);
	world_free(w);
}

static void simple_nice_2cpu(void **state)
{
	static const struct expected e[] = {
		{ 2733.7, 126 }, { 1923.6, 90 }, { 651.8, 32 }, { 2733.0, 126 },
	};

	nice_2cpu(&simple_ops, e);
}

static void fifo_nice_2cpu(void **state)
{
	static const struct expected e[] = {
		{ 1995.9, 93 }, { 1998.6, 91 }, { 2042.2, 93 }, { 2004.8, 94 },
	};

	nice_2cpu(&fifo_ops, e);
}

/* rt-app's "run": 1000, "sleep": 5000, until its "duration": 3 s is over. */
static void simple_single_1cpu(void **state)
{
	static const struct expected e[] = {
		{ 1814.9, 89 }, { 1807.8, 88 }, { 133.7, 127 }, { 134.5, 127 }, { 133.7, 126 },
	};
	struct world *w = world_new(1);
	struct task_struct *p[5];
	cpumask_t cpu0;

	mask_init(&cpu0, 0, 1);
	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 5 * MS);
	for (u32 i = 0; i < 2; i++)
		p[i] = hog(w, "hog", 0, &cpu0);
	for (u32 i = 2; i < 5; i++)
		p[i] = task_get(spawn(w, (struct spawn){
			.comm = "io", .cpus = &cpu0, .run = 1 * MS, .sleep = 5 * MS,
			.until = machine_now(w->m) + 3 * SEC }));
	run_to(w, machine_now(w->m) + 4026 * MS);
	check(w, p, e, 5, 1, 4026);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_hogs_2cpu),
		cmocka_unit_test(simple_nice_2cpu),
		cmocka_unit_test(fifo_nice_2cpu),
		cmocka_unit_test(simple_single_1cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
