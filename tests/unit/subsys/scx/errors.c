/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A scheduler that misbehaves is ended with the right kind and Linux's message,
 * its tasks go on under fair, and another scheduler can be loaded.
 */
#include <sys/mman.h>

#include "csched.h"

/* ---- one misdeed each ---- */

static u64 select_bad_cpu(struct csched *s, u64 *a)
{
	return 99;
}

static u64 enqueue_bad_dsq(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), 0xdead, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_twice(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_other(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct_checked(sched_cpu_rq(s->m, 0)->stop, SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_vtime_builtin(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, 5, a[1], s->scx);
	return 0;
}

static u64 enqueue_null(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct_checked(NULL, SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_internal_flag(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, SCX_ENQ_DSQ_PRIQ, s->scx);
	return 0;
}

static u64 enqueue_local_on_bad(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL_ON | 77, 0, a[1], s->scx);
	return 0;
}

/* To the CPU where @p is not; the test's tasks may use only their own. */
static u64 enqueue_local_on_other(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL_ON | !task_cpu(TASK(a[0])), 0, a[1],
			       s->scx);
	return 0;
}

static u64 enqueue_local_on_pinned(struct csched *s, u64 *a)
{
	TASK(a[0])->migration_disabled = 1;
	enqueue_local_on_other(s, a);
	return 0;
}

static u64 enqueue_fifo_then_vtime(struct csched *s, u64 *a)
{
	if (s->u[0]++)
		scx_kf_dispatch_vtime_direct(TASK(a[0]), SHARED_DSQ, 0, 5, a[1], s->scx);
	else
		scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_vtime_then_fifo(struct csched *s, u64 *a)
{
	if (!s->u[0]++)
		scx_kf_dispatch_vtime_direct(TASK(a[0]), SHARED_DSQ, 0, 5, a[1], s->scx);
	else
		scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, 0, a[1], s->scx);
	return 0;
}

static u64 enqueue_and_destroy(struct csched *s, u64 *a)
{
	if (scx_kf_dsq_nr_queued(SHARED_DSQ, s->scx))
		scx_kf_destroy_dsq(SHARED_DSQ, s->scx);
	return fifo_enqueue(s, a);
}

static u64 dispatch_overflow(struct csched *s, u64 *a)
{
	struct task_struct *p = sched_cpu_rq(s->m, a[0])->stop;

	assert_int_equal(scx_kf_dispatch_nr_slots(s->scx), 2);
	for (u32 i = 0; i < 3; i++)
		scx_kf_dispatch_buffered(p, SCX_DSQ_GLOBAL, 0, 0, s->scx);
	assert_int_equal(scx_kf_dispatch_nr_slots(s->scx), 0);
	return 0;
}

static u64 dispatch_underflow(struct csched *s, u64 *a)
{
	scx_kf_dispatch_buffered(sched_cpu_rq(s->m, a[0])->stop, SCX_DSQ_GLOBAL, 0, 0, s->scx);
	scx_kf_dispatch_cancel(s->scx);
	scx_kf_dispatch_cancel(s->scx);
	return 0;
}

static u64 dispatch_consume_bad(struct csched *s, u64 *a)
{
	assert_false(scx_kf_consume(0xbad, s->scx));
	return 0;
}

static u64 dispatch_null(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_buffered(NULL, SHARED_DSQ, 0, 0, 0, s->scx);
	return 0;
}

static u64 running_kick(struct csched *s, u64 *a)
{
	scx_kf_kick_cpu(0, SCX_KICK_IDLE | SCX_KICK_PREEMPT, s->scx);
	return 0;
}

static u64 running_kick_bad(struct csched *s, u64 *a)
{
	scx_kf_kick_cpu(-1, 0, s->scx);
	return 0;
}

static u64 running_cpuperf(struct csched *s, u64 *a)
{
	scx_kf_cpuperf_set(1, 1025, s->scx);
	return 0;
}

static u64 running_idle_mask(struct csched *s, u64 *a)
{
	assert_true(cpumask_empty(scx_kf_get_idle_cpumask_if_tracked(s->scx)));
	return 0;
}

static u64 running_pick_idle(struct csched *s, u64 *a)
{
	assert_int_equal(scx_kf_pick_idle_cpu_if_tracked(TASK(a[0])->cpus_ptr, 0, s->scx), -EBUSY);
	return 0;
}

static u64 running_dump(struct csched *s, u64 *a)
{
	scx_kf_dump_bstr_checked("x", NULL, 0, s->scx);
	return 0;
}

static u64 running_bad_data(struct csched *s, u64 *a)
{
	unsigned long long data = 0;

	scx_kf_error_bstr("x", &data, 7, s->scx);
	return 0;
}

/* Nobody has looked for the end of the format: here it is not mapped. */
static u64 running_endless(struct csched *s, u64 *a)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(page, MAP_FAILED);
	memset(page, 'x', 4096);
	assert_int_equal(munmap(page + 4096, 4096), 0);
	scx_kf_error_bstr(page + 4000, NULL, 0, s->scx);
	munmap(page, 4096);
	return 0;
}

static u64 running_error(struct csched *s, u64 *a)
{
	scx_kf_error_bstr("I give up", NULL, 0, s->scx);
	scx_error(s->scx, buf_underflow);
	return 0;
}

static u64 running_exit(struct csched *s, u64 *a)
{
	scx_kf_exit_bstr(42, "done", NULL, 0, s->scx);
	return 0;
}

static u64 running_foreign_cgroup(struct csched *s, u64 *a)
{
	scx_kf_task_cgroup_checked(sched_cpu_rq(s->m, 0)->stop, s->scx);
	return 0;
}

static u64 init_fails(struct csched *s, u64 *a)
{
	return -EIO;
}

static u64 init_positive(struct csched *s, u64 *a)
{
	return 7;
}

static u64 init_dsq(struct csched *s, u64 *a)
{
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, 0, s->scx), 0);
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, -1, s->scx), -EEXIST);
	assert_int_equal(scx_kf_create_dsq(SCX_DSQ_GLOBAL, -1, s->scx), -EINVAL);
	assert_int_equal(scx_kf_create_dsq(5, 1, s->scx), -EINVAL);
	assert_int_equal(scx_kf_create_dsq(5, -2, s->scx), -EINVAL);
	return 0;
}

static u64 init_task_fails(struct csched *s, u64 *a)
{
	return TASK(a[0])->pid >= 1000 ? -ENOMEM : 0;
}

/* ---- the table ---- */

struct misdeed {
	enum scx_op op;
	cop_fn fn;
	const char *msg;
	enum scx_exit_kind kind; /* 0: SCX_EXIT_ERROR */
	s64 code;
	bool pinned;	 /* tasks may use CPU 0 only */
	bool own_idle;	 /* has ops.update_idle without KEEP_BUILTIN_IDLE */
	bool no_dispatch;
	u32 batch;
};

#define SHARED_TEXT "0x0000000000000000"

static const struct misdeed misdeeds[] = {
	{ .op = SCX_OP_select_cpu, .fn = select_bad_cpu,
	  .msg = "invalid CPU 99 from ops.select_cpu()" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_bad_dsq, .msg = "non-existent DSQ 0xdead for t[#]" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_twice, .msg = "t[#] already direct-dispatched" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_other,
	  .msg = "scheduling for t[#] but trying to direct-dispatch migration/0[3]" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_vtime_builtin,
	  .msg = "cannot use vtime ordering for built-in DSQs" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_null, .msg = "called with NULL task" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_internal_flag,
	  .msg = "invalid enq_flags 0x200000000000000" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_local_on_bad,
	  .msg = "invalid CPU 77 in SCX_DSQ_LOCAL_ON dispatch verdict" },
	{ .op = SCX_OP_enqueue, .fn = enqueue_local_on_other,
	  .msg = "SCX_DSQ_LOCAL[_ON] target CPU 1 not allowed for t[#]", .pinned = true },
	{ .op = SCX_OP_enqueue, .fn = enqueue_local_on_pinned,
	  .msg = "SCX_DSQ_LOCAL[_ON] cannot move migration disabled t[#] from CPU 0 to 1",
	  .pinned = true },
	{ .op = SCX_OP_enqueue, .fn = enqueue_fifo_then_vtime,
	  .msg = "DSQ ID " SHARED_TEXT " already had FIFO-enqueued tasks", .no_dispatch = true },
	{ .op = SCX_OP_enqueue, .fn = enqueue_vtime_then_fifo,
	  .msg = "DSQ ID " SHARED_TEXT " already had PRIQ-enqueued tasks", .no_dispatch = true },
	{ .op = SCX_OP_enqueue, .fn = enqueue_and_destroy,
	  .msg = "attempting to destroy in-use dsq " SHARED_TEXT " (nr=1)", .no_dispatch = true },
	{ .op = SCX_OP_dispatch, .fn = dispatch_overflow,
	  .msg = "dispatch buffer overflow", .batch = 2 },
	{ .op = SCX_OP_dispatch, .fn = dispatch_underflow, .msg = "dispatch buffer underflow" },
	{ .op = SCX_OP_dispatch, .fn = dispatch_consume_bad,
	  .msg = "invalid DSQ ID 0x0000000000000bad" },
	{ .op = SCX_OP_dispatch, .fn = dispatch_null, .msg = "called with NULL task" },
	{ .op = SCX_OP_running, .fn = running_kick,
	  .msg = "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE" },
	{ .op = SCX_OP_running, .fn = running_kick_bad, .msg = "invalid CPU -1" },
	{ .op = SCX_OP_running, .fn = running_cpuperf,
	  .msg = "Invalid cpuperf target 1025 for CPU 1" },
	{ .op = SCX_OP_running, .fn = running_idle_mask,
	  .msg = "built-in idle tracking is disabled",
	  .own_idle = true },
	{ .op = SCX_OP_running, .fn = running_pick_idle,
	  .msg = "built-in idle tracking is disabled",
	  .own_idle = true },
	{ .op = SCX_OP_running, .fn = running_dump,
	  .msg = "scx_bpf_dump() must only be called from ops.dump() and friends" },
	{ .op = SCX_OP_running, .fn = running_bad_data,
	  .msg = "invalid data=(____ptrval____) and data__sz=7" },
	{ .op = SCX_OP_running, .fn = running_endless, .msg = "format preparation failed (-22)" },
	{ .op = SCX_OP_running, .fn = running_error,
	  .msg = "I give up", .kind = SCX_EXIT_ERROR_BPF },
	{ .op = SCX_OP_running, .fn = running_exit,
	  .msg = "done", .kind = SCX_EXIT_UNREG_BPF, .code = 42 },
	{ .op = SCX_OP_running, .fn = running_foreign_cgroup,
	  .msg = "called on a task not being operated on" },
	{ .op = SCX_OP_init, .fn = init_fails, .msg = "ops.init() failed (-5)" },
	{ .op = SCX_OP_init, .fn = init_positive, .msg = "ops.init() returned an invalid errno 7" },
	{ .op = SCX_OP_init_task, .fn = init_task_fails,
	  .msg = "ops.init_task() failed (-12) for t[#]" },
};

static u64 count_exit(struct csched *s, u64 *a)
{
	const struct scx_exit_info *ei = (const void *)a[0];

	s->u[7]++;
	assert_ptr_equal(ei->msg, s->scx->exit.msg);
	assert_int_equal(s->scx->state, SCX_OPS_DISABLING);
	return 0;
}

/* FIFO, but for what @d replaces. */
static struct csched_ops ops_of(const struct misdeed *d)
{
	struct csched_ops ops = { .fn = {
		[SCX_OP_enqueue] = fifo_enqueue,
		[SCX_OP_dispatch] = d->no_dispatch ? nothing : simple_dispatch,
		[SCX_OP_init] = init_dsq,
		[SCX_OP_exit] = count_exit,
	} };

	if (d->own_idle)
		ops.fn[SCX_OP_update_idle] = nothing;
	ops.fn[d->op] = d->fn;
	ops.data.dispatch_max_batch = d->batch;
	return ops;
}

/* Four times two runnable milliseconds and one asleep, for ever. */
static void spawn_four(struct world *w, const struct misdeed *d, struct task_struct **p)
{
	cpumask_t cpu0;

	mask_init(&cpu0, 0, 1);
	for (u32 i = 0; i < 4; i++) {
		/* Without a choice of CPUs ops.select_cpu isn't called: no direct dispatch. */
		p[i] = spawn(w, (struct spawn){ .comm = "t", .run = 2 * MS, .sleep = MS });
		if (d->pinned)
			assert_int_equal(task_set_affinity(w->m, p[i], &cpu0), 0);
	}
}

static void check_misdeed(const struct misdeed *d)
{
	const struct csched_ops ops = ops_of(d);
	struct world *w = world_new(2);
	const struct scx_exit_info *ei = scx_exit_info(w->scx);
	struct task_struct *p[4];
	u64 before[4];

	assert_int_equal(ei->kind, SCX_EXIT_NONE);
	spawn_four(w, d, p);
	run_to(w, 10 * MS);
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 100 * MS);
	assert_exit(w, d->kind ?: SCX_EXIT_ERROR, d->msg);
	assert_int_equal(ei->exit_code, d->code);
	assert_string_equal(ei->reason, scx_exit_reason(ei->kind));
	assert_int_equal(w->s.u[7], 1);
	assert_string_equal(scx_ops_name(w->scx), "");
	if (ei->kind >= SCX_EXIT_ERROR)
		assert_non_null(strstr(ei->dump, ei->msg));
	csched_unload(w); /* user space closes its link: nothing more happens */
	assert_int_equal(w->s.u[7], 1);

	for (u32 i = 0; i < 4; i++)
		before[i] = task_runtime(w->m, p[i]);
	run_to(w, 200 * MS);
	for (u32 i = 0; i < 4; i++) {
		assert_true(task_runtime(w->m, p[i]) > before[i] + 20 * MS);
		p[i]->migration_disabled = 0;
	}
	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 300 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_conserved(w);
	world_free(w);
}

static void every_misdeed(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(misdeeds); i++) {
		printf("# %s\n", misdeeds[i].msg);
		fflush(stdout);
		check_misdeed(&misdeeds[i]);
	}
}

/* ---- stalls ---- */

static void stalled_task(void **state)
{
	/* Takes every task and never gives one back. */
	static const struct csched_ops ops = {
		.fn = { [SCX_OP_enqueue] = nothing, [SCX_OP_exit] = count_exit,
			[SCX_OP_select_cpu] = nothing },
		.data = { .timeout_ms = 500 },
	};
	struct world *w = world_new(2);

	spawn(w, (struct spawn){ .comm = "t", .run = 2 * MS, .sleep = MS });
	run_to(w, 10 * MS);
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 500 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	run_to(w, 2 * SEC);
	assert_exit(w, SCX_EXIT_ERROR_STALL, "t[#] failed to run for 0.#s");
	assert_string_equal(scx_exit_info(w->scx)->reason, "runnable task stall");
	assert_int_equal(w->s.u[7], 1);
	assert_conserved(w);
	world_free(w);
}

static void stalled_watchdog(void **state)
{
	struct csched_ops ops = simple_ops;
	struct world *w = world_new(1);

	ops.data.timeout_ms = 200;
	spawn(w, (struct spawn){ .comm = "t" });
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 50 * MS);
	machine_timer_cancel(w->m, &w->scx->watchdog);
	run_to(w, SEC);
	assert_exit(w, SCX_EXIT_ERROR_STALL, "watchdog failed to check in for 0.201s");
	world_free(w);
}

/* ---- a DSQ that dies under a pointer to it ---- */

static void destroyed_dsq(void **state)
{
	struct world *w = world_new(1);
	struct scx_dispatch_q *dsq;
	struct task_struct *p;

	assert_int_equal(csched_load(w, &simple_ops), 0);
	p = spawn(w, (struct spawn){ .comm = "t", .start = SEC });
	assert_int_equal(scx_kf_create_dsq(77, -1, w->scx), 0);
	dsq = scx_find_user_dsq(w->scx, 77);
	scx_kf_destroy_dsq(77, w->scx);
	scx_kf_destroy_dsq(78, w->scx);
	assert_int_equal(scx_kf_dsq_nr_queued(77, w->scx), -ENOENT);
	scx_dsq_insert(w->scx, dsq, p, 0);
	assert_ptr_equal(p->scx.dsq, &w->scx->global_dsqs[0]);
	scx_dsq_remove(p);
	run_to(w, 10 * MS);
	assert_exit(w, SCX_EXIT_ERROR, "attempting to dispatch to a destroyed dsq");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_misdeed),
		cmocka_unit_test(stalled_task),
		cmocka_unit_test(stalled_watchdog),
		cmocka_unit_test(destroyed_dsq),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
