/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* SCX_KICK_WAIT: the kicker's CPU does nothing until the kicked one has scheduled. */
#include "csched.h"

#define US 1000ULL

/* Two pinned hogs, and a third task on CPU 1's queue; 20 ms slices. */
static struct world *world_waiting(enum kernel_profile profile, struct task_struct **hog)
{
	struct csched_ops ops = fifo_ops;
	struct world *w = world_new(2);
	cpumask_t cpu;

	w->scx->profile = profile;
	ops.fn[SCX_OP_select_cpu] = NULL;
	ops.data.timeout_ms = 300;
	assert_int_equal(csched_load(w, &ops), 0);
	for (u32 i = 0; i < 3; i++) {
		mask_init(&cpu, i ? 1 : 0, 1);
		hog[i] = spawn(w, (struct spawn){ .comm = "hog", .cpus = &cpu });
	}
	run_to(w, 5 * MS);
	return w;
}

/* As scx_bpf_kick_cpu(@cpu, @flags) from a callback on CPU @from. */
static void kick_from(struct world *w, u32 from, u32 cpu, u64 flags)
{
	struct scx_cpu *c = &w->scx->cpus[from];

	cpumask_set_cpu(cpu, &c->to_kick);
	cpumask_set_cpu(cpu, &c->to_wait);
	if (flags & SCX_KICK_PREEMPT)
		cpumask_set_cpu(cpu, &c->to_preempt);
	sched_irq_work_queue_on(w->m, &c->kick_work, from);
}

/* CPU 0 kicks CPU 1 and waits; @ns later, how long @on0 was on its CPU. */
static u64 kick(struct world *w, struct task_struct *on0, u64 flags, u64 ns)
{
	u64 before = task_runtime(w->m, on0);

	kick_from(w, 0, 1, flags);
	run_to(w, machine_now(w->m) + ns);
	return task_runtime(w->m, on0) - before;
}

/* Until the interrupt has reached CPU 1, which picks the next task. */
static void until_the_next_pick(void **state)
{
	struct task_struct *hog[3];
	struct world *w = world_waiting(KERNEL_7_1, hog);
	u64 other = task_runtime(w->m, hog[2]);

	/* its time goes on; that no work is done is the next test's */
	assert_int_equal(kick(w, hog[0], SCX_KICK_PREEMPT, 100 * US), 100 * US);
	assert_true(cpumask_empty(&w->scx->waiters));
	assert_true(task_runtime(w->m, hog[2]) > other + 90 * US);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_conserved(w);
	world_free(w);
}

/* 6.12 does not count that CPU 1 went from one task of the class to another. */
static void until_it_leaves_the_class(void **state)
{
	struct task_struct *hog[3], *rt, *p;
	struct world *w = world_waiting(KERNEL_6_12, hog);
	cpumask_t cpu0, cpu1;
	u64 end;

	mask_init(&cpu0, 0, 1);
	mask_init(&cpu1, 1, 1);
	kick(w, hog[0], SCX_KICK_PREEMPT, 50 * MS);
	assert_false(cpumask_empty(&w->scx->waiters));
	/* nothing gets CPU 0, however urgent, and no work is done there */
	p = spawn(w, (struct spawn){ .comm = "late", .policy = SCHED_FIFO, .rt_priority = 50,
				     .run = MS, .times = 1, .cpus = &cpu0 });
	run_to(w, 60 * MS);
	assert_int_equal(task_runtime(w->m, p), 0);
	assert_ptr_equal(sched_cpu_rq(w->m, 0)->curr, hog[0]);
	/* RT takes CPU 1: that counts */
	rt = spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 50,
				      .run = MS, .times = 1, .cpus = &cpu1 });
	end = machine_now(w->m) + 3 * MS;
	run_to(w, end);
	assert_true(cpumask_empty(&w->scx->waiters));
	assert_true(task_runtime(w->m, rt) >= MS);
	assert_true(task_runtime(w->m, p) >= MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_conserved(w);
	assert_int_equal(machine_check(w->m), 0);
	world_free(w);
}

/* No work: a task that needs 10 ms and is held for 5 takes 15. */
static void no_work_is_done(void **state)
{
	struct csched_ops ops = fifo_ops;
	struct world *w = world_new(2);
	struct task_struct *p;
	cpumask_t cpu;

	assert_int_equal(csched_load(w, &ops), 0);
	mask_init(&cpu, 1, 1);
	spawn(w, (struct spawn){ .comm = "hog", .cpus = &cpu });
	mask_init(&cpu, 0, 1);
	p = spawn(w, (struct spawn){ .run = 10 * MS, .times = 1, .cpus = &cpu });
	run_to(w, 2 * MS);
	kick(w, p, SCX_KICK_PREEMPT, 5 * MS);
	scx_end_all_waits(w->scx);
	run_to(w, 30 * MS);
	assert_in_range(task_runtime(w->m, p), 15 * MS, 15 * MS + 100 * US);
	world_free(w);
}

/* Two that wait for each other: the end of the scheduler is the end of that. */
static void deadlock(void **state)
{
	struct task_struct *hog[3];
	struct world *w = world_waiting(KERNEL_6_12, hog);
	u64 before;

	kick_from(w, 1, 0, 0);
	kick(w, hog[0], 0, SEC);
	/* the third task waits for CPU 1 */
	assert_exit(w, SCX_EXIT_ERROR_STALL, "hog[#] failed to run for 0.#s");
	assert_true(cpumask_empty(&w->scx->waiters));
	before = task_runtime(w->m, hog[2]);
	run_to(w, machine_now(w->m) + 100 * MS);
	assert_true(task_runtime(w->m, hog[2]) > before + 40 * MS);
	assert_conserved(w);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(until_the_next_pick),
		cmocka_unit_test(until_it_leaves_the_class),
		cmocka_unit_test(no_work_is_done),
		cmocka_unit_test(deadlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
