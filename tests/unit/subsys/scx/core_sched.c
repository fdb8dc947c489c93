/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Core scheduling: who may be on one core at a time, and whom sched_ext lets go first. */
#include "csched.h"

#define SLOTS 4

/* How much of the time two CPUs of one core ran tasks that must not meet. */
struct mixing {
	u64 samples, mixed, forced;
};

static void sample(struct world *w, struct mixing *x)
{
	for (u32 cpu = 0; cpu < w->topo.nr_cpus; cpu += 2) {
		const struct rq *a = sched_cpu_rq(w->m, cpu), *b = sched_cpu_rq(w->m, cpu + 1);
		bool idle_a = a->curr == a->idle, idle_b = b->curr == b->idle;

		x->samples++;
		x->mixed += !idle_a && !idle_b && a->curr->core_cookie != b->curr->core_cookie;
		x->forced += (idle_a && a->nr_running) || (idle_b && b->nr_running);
	}
}

static struct mixing watch(struct world *w, u64 until)
{
	struct mixing x = {};

	/* at no multiple of a tick: nobody is on its way to a pick */
	for (u64 at = machine_now(w->m) + 77777; at < until; at += 133331) {
		run_to(w, at);
		assert_int_equal(machine_check(w->m), 0);
		sample(w, &x);
	}
	return x;
}

/* @nr hogs on each CPU; those of CPU c have the cookie @cookies[c]. */
static void hogs(struct world *w, u32 nr, const unsigned long *cookies, struct task_struct **p)
{
	for (u32 cpu = 0; cpu < w->topo.nr_cpus; cpu++) {
		cpumask_t mask;

		mask_init(&mask, cpu, 1);
		for (u32 i = 0; i < nr; i++, p++) {
			*p = spawn(w, (struct spawn){ .comm = "hog", .cpus = &mask });
			task_set_core_cookie(w->m, *p, cookies[cpu]);
		}
	}
}

static void check_apart(struct world *w, u32 nr, bool taking_turns)
{
	static const unsigned long cookies[] = { 1, 2, 7, 7 };
	struct task_struct *p[SLOTS * 4];
	struct mixing x;

	hogs(w, nr, cookies, p);
	x = watch(w, SEC);
	assert_int_equal(x.mixed, 0);
	assert_true(x.forced > x.samples * 4 / 10); /* all the time on core 0, never on core 1 */
	for (u32 i = 0; i < 4 * nr; i++) {
		double whole = 1000.0 / nr, want = i < 2 * nr ? whole / 2 : whole;

		if (taking_turns)
			assert_true(share_ms(w, p[i]) > want * 0.85 && share_ms(w, p[i]) < want * 1.15);
	}
	assert_conserved(w);
}

static void fair_tasks_take_turns(void **state)
{
	for (u32 nr = 1; nr <= 3; nr++) {
		struct world *w = world_new_smt(4, 2);

		check_apart(w, nr, true);
		world_free(w);
	}
}

/* By the time since which they wait, so that nobody is forgotten. */
static void tasks_of_the_class_take_turns(void **state)
{
	for (u32 nr = 1; nr <= 3; nr++) {
		struct world *w = world_new_smt(4, 2);

		assert_int_equal(csched_load(w, &fifo_ops), 0);
		check_apart(w, nr, true);
		assert_string_equal(scx_state_name(w->scx), "enabled");
		csched_unload(w);
		assert_back_in_fair(w);
		world_free(w);
	}
}

/* ---- ops.core_sched_before ---- */

static struct {
	u64 asked;
	s32 favourite; /* pid */
} order;

static u64 favour(struct csched *s, u64 *a)
{
	const struct task_struct *x = TASK(a[0]), *y = TASK(a[1]);

	order.asked++;
	assert_true(scx_on_class(x) && scx_on_class(y) && x != y);
	return x->pid == order.favourite && y->pid != order.favourite;
}

static struct world *world_favouring(struct task_struct **p)
{
	static const unsigned long cookies[] = { 1, 2 };
	struct csched_ops ops = fifo_ops;
	struct world *w = world_new_smt(2, 2);

	ops.fn[SCX_OP_core_sched_before] = favour;
	ops.data.timeout_ms = 30000;
	order.asked = 0;
	order.favourite = -1;
	assert_int_equal(csched_load(w, &ops), 0);
	hogs(w, 1, cookies, p);
	return w;
}

static void the_scheduler_says_who_goes_first(void **state)
{
	struct task_struct *p[2];
	struct world *w = world_favouring(p);
	u64 before;

	for (u32 i = 0; i < 2; i++) {
		order.favourite = p[i]->pid;
		run_to(w, machine_now(w->m) + 100 * MS); /* a slice may have to end */
		before = task_runtime(w->m, p[i]);
		run_to(w, machine_now(w->m) + 300 * MS);
		assert_int_equal(task_runtime(w->m, p[i]) - before, 300 * MS);
	}
	assert_true(order.asked > 20);
	world_free(w);
}

/* In bypass mode it is not asked: both get on. */
static void nobody_is_asked_in_bypass_mode(void **state)
{
	struct task_struct *p[2];
	struct world *w = world_favouring(p);
	u64 before[2], asked;

	order.favourite = p[0]->pid;
	run_to(w, 200 * MS);
	scx_bypass(w->scx, true);
	asked = order.asked;
	for (u32 i = 0; i < 2; i++)
		before[i] = task_runtime(w->m, p[i]);
	run_to(w, 400 * MS);
	assert_int_equal(order.asked, asked);
	for (u32 i = 0; i < 2; i++)
		assert_true(task_runtime(w->m, p[i]) - before[i] > 60 * MS);
	scx_bypass(w->scx, false);
	world_free(w);
}

/* ---- SCX_DEQ_CORE_SCHED_EXEC ---- */

static struct task_struct *kept;
static u64 taken_with;

static void keep(struct csched *s, struct task_struct *p)
{
	kept = p;
}

static u64 enqueue_keeping(struct csched *s, u64 *a)
{
	if (TASK(a[0])->core_cookie == 2)
		keep(s, TASK(a[0]));
	else
		scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, SCX_SLICE_DFL, a[1], s->scx);
	return 0;
}

static u64 see_dequeue(struct csched *s, u64 *a)
{
	if (TASK(a[0]) == kept)
		taken_with = a[1];
	return 0;
}

/* The scheduler holds a task; the core takes it, as the sibling runs one with its cookie. */
static void a_held_task_is_taken(void **state)
{
	struct csched_ops ops = { .fn = { [SCX_OP_enqueue] = enqueue_keeping,
					  [SCX_OP_dequeue] = see_dequeue } };
	struct world *w = world_new_smt(2, 2);
	struct task_struct *rt, *held, *other;
	cpumask_t cpu[2];

	for (u32 i = 0; i < 2; i++)
		mask_init(&cpu[i], i, 1);
	kept = NULL;
	taken_with = 0;
	assert_int_equal(csched_load(w, &ops), 0);
	held = spawn(w, (struct spawn){ .comm = "held", .cpus = &cpu[1] });
	task_set_core_cookie(w->m, held, 2);
	other = spawn(w, (struct spawn){ .comm = "other", .cpus = &cpu[1] });
	run_to(w, 5 * MS);
	assert_ptr_equal(kept, held);
	assert_int_equal(task_runtime(w->m, held), 0);
	rt = spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 5,
				      .cpus = &cpu[0], .run = 10 * MS, .times = 1 });
	task_set_core_cookie(w->m, rt, 2);
	run_to(w, 12 * MS);
	assert_int_equal(taken_with, SCX_DEQ_CORE_SCHED_EXEC);
	assert_true(task_runtime(w->m, held) > 4 * MS);
	assert_true(task_runtime(w->m, other) < 6 * MS);
	world_free(w);
}

/* ---- cookies come and go ---- */

static void the_last_cookie_ends_it(void **state)
{
	static const unsigned long cookies[] = { 1, 0 };

	for (u32 scx = 0; scx < 2; scx++) {
		struct world *w = world_new_smt(2, 2);
		struct task_struct *p[2];
		u64 before[2];

		if (scx)
			assert_int_equal(csched_load(w, &fifo_ops), 0);
		hogs(w, 1, cookies, p);
		assert_int_equal(watch(w, 300 * MS).mixed, 0);
		task_set_core_cookie(w->m, p[0], 0);
		assert_false(sched_core_enabled(w->m));
		run_to(w, machine_now(w->m) + MS);
		for (u32 i = 0; i < 2; i++)
			before[i] = task_runtime(w->m, p[i]);
		run_to(w, machine_now(w->m) + 100 * MS);
		for (u32 i = 0; i < 2; i++)
			assert_int_equal(task_runtime(w->m, p[i]) - before[i], 100 * MS);
		/* ... also when its task dies */
		task_set_core_cookie(w->m, p[0], 3);
		assert_true(sched_core_enabled(w->m));
		task_set_core_cookie(w->m, p[1], 3);
		run_to(w, machine_now(w->m) + MS);
		before[1] = task_runtime(w->m, p[1]);
		run_to(w, machine_now(w->m) + 100 * MS);
		assert_int_equal(task_runtime(w->m, p[1]) - before[1], 100 * MS);
		world_free(w);
	}
}

static void a_dead_task_has_none(void **state)
{
	struct world *w = world_new_smt(2, 2);
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "brief", .run = MS, .times = 1 });

	task_set_core_cookie(w->m, p, 9);
	assert_true(sched_core_enabled(w->m));
	assert_int_equal(p->core_cookie, 9);
	run_to(w, 10 * MS);
	assert_false(sched_core_enabled(w->m));
	world_free(w);
}

static void children_inherit(void **state)
{
	struct world *w = world_new_smt(2, 2);
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "parent" }), *child;
	struct looper l = { .script = { looper_next, NULL }, .run = MS, .left = 1 };

	task_set_core_cookie(w->m, p, 5);
	assert_int_equal(task_create(w->m,
				     &(struct task_params){ .comm = "child", .parent = p,
							    .script = &l.script },
				     &w->e, &child), 0);
	assert_int_equal(child->core_cookie, 5);
	run_to(w, 10 * MS);
	assert_int_equal(machine_check(w->m), 0);
	assert_true(sched_core_enabled(w->m)); /* the parent has it still */
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fair_tasks_take_turns),
		cmocka_unit_test(tasks_of_the_class_take_turns),
		cmocka_unit_test(the_scheduler_says_who_goes_first),
		cmocka_unit_test(nobody_is_asked_in_bypass_mode),
		cmocka_unit_test(a_held_task_is_taken),
		cmocka_unit_test(the_last_cookie_ends_it),
		cmocka_unit_test(a_dead_task_has_none),
		cmocka_unit_test(children_inherit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
