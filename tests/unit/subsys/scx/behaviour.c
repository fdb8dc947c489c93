/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What each op, flag and kfunc does, one test each, in small machines. */
#include "csched.h"

static struct csched_ops with(const struct csched_ops *base, enum scx_op op, cop_fn fn)
{
	struct csched_ops ops = *base;

	ops.fn[op] = fn;
	return ops;
}

/* ---- without callbacks: Linux's defaults ---- */

static void no_callbacks(void **state)
{
	static const struct csched_ops ops = { 0 };
	struct world *w = world_new(2);
	struct task_struct *p[3];

	for (u32 i = 0; i < 3; i++)
		p[i] = spawn(w, (struct spawn){ .run = 30 * MS, .sleep = MS });
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 3 * SEC);
	for (u32 i = 0; i < 3; i++) {
		assert_true(scx_on_class(p[i]));
		assert_in_range(task_runtime(w->m, p[i]), 1800 * MS, 2200 * MS);
	}
	assert_conserved(w);
	csched_unload(w);
	assert_exit(w, SCX_EXIT_UNREG, "");
	assert_string_equal(scx_exit_info(w->scx)->reason, "unregistered from user space");
	world_free(w);
}

static void one_at_a_time(void **state)
{
	struct world *w = world_new(1);
	struct csched second = { .scx = w->scx };
	struct st_ops_value v = { .kdata = &second.kdata };

	assert_int_equal(csched_load(w, &simple_ops), 0);
	assert_int_equal(scx_enable_seq(w->scx), 1);
	assert_int_equal(w->scx->type.reg(w->scx, &v, &w->e), -EBUSY);
	assert_string_equal(scx_ops_name(w->scx), "test");
	w->scx->type.unreg(w->scx, &v); /* not the attached one */
	assert_string_equal(scx_state_name(w->scx), "enabled");
	csched_unload(w);
	assert_int_equal(csched_load(w, &simple_ops), 0);
	assert_int_equal(scx_enable_seq(w->scx), 2);
	world_free(w);
}

/* ---- dispatch ---- */

static u64 always_local(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, 2 * MS, 0, s->scx);
	return a[1];
}

static void direct_from_select_cpu(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_select_cpu, always_local);
	struct world *w = world_new(2);

	assert_int_equal(csched_load(w, &ops), 0);
	spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 10 });
	run_to(w, 100 * MS);
	assert_int_equal(w->s.calls[SCX_OP_select_cpu], 10);
	assert_int_equal(w->s.calls[SCX_OP_enqueue], 0);
	world_free(w);
}

/* Enqueues are remembered; the order of ops.running is what the test looks at. */
static u64 log_running(struct csched *s, u64 *a)
{
	if (s->u[6] < 6)
		s->u[s->u[6]++] = TASK(a[0])->pid;
	return 0;
}

static u64 enqueue_by_nice(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_direct(TASK(a[0]), SHARED_DSQ, SCX_SLICE_DFL,
				     TASK(a[0])->static_prio, a[1], s->scx);
	return 0;
}

static u64 enqueue_head(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, SCX_SLICE_DFL, a[1] | SCX_ENQ_HEAD, s->scx);
	return 0;
}

/* Behind a busy task queue tasks with nice 3, 1, 2: in which order (of creation) do they run? */
static void check_order(cop_fn enqueue, u64 a, u64 b, u64 c)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_enqueue, enqueue);
	struct world *w = world_new(1);
	u64 first = machine_first_pid(w->m);

	ops.fn[SCX_OP_running] = log_running;
	assert_int_equal(csched_load(w, &ops), 0);
	spawn(w, (struct spawn){ .run = 10 * MS, .times = 1 });
	run_to(w, 2 * MS);
	for (u32 i = 0; i < 3; i++)
		spawn(w, (struct spawn){ .run = MS, .times = 1, .nice = i ? i : 3 });
	run_to(w, 100 * MS);
	assert_int_equal(w->s.u[1] - first, a);
	assert_int_equal(w->s.u[2] - first, b);
	assert_int_equal(w->s.u[3] - first, c);
	world_free(w);
}

static void queue_orders(void **state)
{
	check_order(fifo_enqueue, 1, 2, 3);
	check_order(enqueue_head, 3, 2, 1);
	check_order(enqueue_by_nice, 2, 3, 1);
}

static u64 hold_in_dsq(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_direct(TASK(a[0]), 9, SCX_SLICE_DFL, TASK(a[0])->static_prio, a[1],
				     s->scx);
	return 0;
}

static u64 init_dsq9(struct csched *s, u64 *a)
{
	scx_kf_create_dsq(SHARED_DSQ, -1, s->scx);
	return scx_kf_create_dsq(9, -1, s->scx);
}

static const struct csched_ops holding_ops = {
	.fn = { [SCX_OP_select_cpu] = nothing, [SCX_OP_enqueue] = hold_in_dsq,
		[SCX_OP_dispatch] = simple_dispatch, [SCX_OP_init] = init_dsq9 },
};

/* To a CPU that is not the waker's: deferred, and p runs there. */
static u64 enqueue_on_cpu3(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL_ON | 3, SCX_SLICE_DFL, a[1], s->scx);
	return 0;
}

static void local_on(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_enqueue, enqueue_on_cpu3);
	struct world *w = world_new(4);
	struct task_struct *p[2];

	ops.fn[SCX_OP_select_cpu] = nothing;
	assert_int_equal(csched_load(w, &ops), 0);
	for (u32 i = 0; i < 2; i++)
		p[i] = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	run_to(w, 100 * MS);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(task_cpu(p[i]), 3);
		assert_true(task_runtime(w->m, p[i]) > 30 * MS);
	}
	assert_true(machine_cpu_times(w->m, 0).busy_ns < 2 * MS);
	scx_check(w->scx);
	world_free(w);
}

static u64 enqueue_preempt(struct csched *s, u64 *a)
{
	u64 flag = TASK(a[0])->static_prio < 120 ? SCX_ENQ_PREEMPT : 0;

	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, SCX_SLICE_DFL, a[1] | flag, s->scx);
	return 0;
}

static void preempt(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_enqueue, enqueue_preempt);
	struct world *w = world_new(1);
	struct task_struct *p;

	assert_int_equal(csched_load(w, &ops), 0);
	spawn(w, (struct spawn){ 0 });
	spawn(w, (struct spawn){ 0 });
	p = spawn(w, (struct spawn){ .nice = -1, .run = MS, .sleep = 4 * MS });
	run_to(w, 100 * MS);
	/* never waits for anybody's slice */
	assert_in_range(task_runtime(w->m, p), 19 * MS, 21 * MS);
	world_free(w);
}

/* Names one task again and again: only the holding that it saw counts. */
static u64 dispatch_stale(struct csched *s, u64 *a)
{
	struct task_struct *p = s->priv;

	if (p) {
		scx_kf_dispatch_buffered(p, SCX_DSQ_LOCAL, 0, 0, s->scx);
		scx_kf_dispatch_buffered(p, SHARED_DSQ, 0, 0, s->scx);
		assert_false(scx_kf_consume(SHARED_DSQ, s->scx));
		assert_int_equal(scx_kf_dsq_nr_queued(SCX_DSQ_LOCAL, s->scx),
				 p->scx.dsq == &sched_cpu_rq(s->m, 0)->scx.local_dsq);
	}
	return 0;
}

static u64 enqueue_held(struct csched *s, u64 *a)
{
	s->priv = TASK(a[0]);
	return 0;
}

static void stale_dispatches(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_dispatch, dispatch_stale);
	struct world *w = world_new(1);
	struct task_struct *p;

	ops.fn[SCX_OP_enqueue] = enqueue_held;
	ops.fn[SCX_OP_select_cpu] = nothing;
	assert_int_equal(csched_load(w, &ops), 0);
	p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	run_to(w, 100 * MS);
	assert_in_range(task_runtime(w->m, p), 45 * MS, 51 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	world_free(w);
}

/* Always claims to have dispatched: the CPU must not hang in it. */
static u64 dispatch_for_ever(struct csched *s, u64 *a)
{
	scx_kf_dispatch_buffered(sched_cpu_rq(s->m, a[0])->stop, SCX_DSQ_LOCAL, 0, 0, s->scx);
	return 0;
}

static void endless_dispatch(void **state)
{
	struct csched_ops ops = with(&holding_ops, SCX_OP_dispatch, dispatch_for_ever);
	struct world *w = world_new(1);
	struct task_struct *p;

	ops.data.timeout_ms = 100;
	assert_int_equal(csched_load(w, &ops), 0);
	p = spawn(w, (struct spawn){ .comm = "t" });
	run_to(w, SEC);
	assert_exit(w, SCX_EXIT_ERROR_STALL, "t[#] failed to run for 0.#s");
	assert_true(task_runtime(w->m, p) > 800 * MS);
	world_free(w);
}

/* The same while a task runs there: it stays, for want of others. */
static void endless_dispatch_busy(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_dispatch, dispatch_for_ever);
	struct world *w = world_new(1);
	struct task_struct *p;

	ops.fn[SCX_OP_enqueue] = enqueue_preempt; /* to the local DSQ */
	assert_int_equal(csched_load(w, &ops), 0);
	p = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 200 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	assert_in_range(task_runtime(w->m, p), 190 * MS, 200 * MS);
	world_free(w);
}

/* ---- iterators ---- */

static struct world *world_holding(struct task_struct **p, u32 n)
{
	struct world *w = world_new(2);

	assert_int_equal(csched_load(w, &holding_ops), 0);
	for (u32 i = 0; i < n; i++)
		p[i] = spawn(w, (struct spawn){ .nice = (s32)((i * 7) % n), .run = MS });
	run_to(w, MS);
	assert_int_equal(scx_kf_dsq_nr_queued(9, w->scx), n);
	return w;
}

static void iterate(void **state)
{
	struct task_struct *p[5], *q, *late;
	struct world *w = world_holding(p, 5);
	struct bpf_iter_scx_dsq it;
	s32 prio = -1, n = 0;

	/* by vtime, and without the task that came after new() */
	assert_int_equal(scx_kf_iter_dsq_new(&it, 9, 0, w->scx), 0);
	late = spawn(w, (struct spawn){ .nice = 3, .run = MS });
	while ((q = scx_kf_iter_dsq_next(&it, w->scx))) {
		assert_ptr_not_equal(q, late);
		assert_true(q->static_prio >= prio);
		prio = q->static_prio;
		n++;
	}
	assert_int_equal(n, 5);
	assert_false(scx_kf_from_dsq_unlocked(&it, late, SHARED_DSQ, 0, w->scx));
	scx_kf_iter_dsq_destroy(&it, w->scx);

	assert_int_equal(scx_kf_iter_dsq_new(&it, 9, SCX_DSQ_ITER_REV, w->scx), 0);
	for (n = 0; (q = scx_kf_iter_dsq_next(&it, w->scx)); n++)
		if (n == 2)
			assert_true(scx_kf_from_dsq_unlocked(&it, q, SHARED_DSQ, 0, w->scx));
	assert_int_equal(n, 6);
	scx_kf_iter_dsq_destroy(&it, w->scx);
	assert_int_equal(scx_kf_dsq_nr_queued(9, w->scx), 5);
	assert_int_equal(scx_kf_dsq_nr_queued(SHARED_DSQ, w->scx), 1);

	assert_int_equal(scx_kf_iter_dsq_new(&it, 8, 0, w->scx), -ENOENT);
	assert_null(scx_kf_iter_dsq_next(&it, w->scx));
	assert_false(scx_kf_from_dsq_unlocked(&it, p[0], SHARED_DSQ, 0, w->scx));
	scx_kf_iter_dsq_destroy(&it, w->scx);
	assert_int_equal(scx_kf_iter_dsq_new(&it, 9, 1, w->scx), -EINVAL);
	scx_check(w->scx);
	world_free(w);
}

static void iterator_overrides(void **state)
{
	struct task_struct *p[2], *q;
	struct world *w = world_holding(p, 2);
	struct bpf_iter_scx_dsq it;

	assert_int_equal(scx_kf_iter_dsq_new(&it, 9, 0, w->scx), 0);
	q = scx_kf_iter_dsq_next(&it, w->scx);
	scx_kf_from_dsq_set_slice(&it, 123, w->scx);
	scx_kf_from_dsq_set_vtime(&it, 456, w->scx);
	assert_true(scx_kf_vtime_from_dsq_unlocked(&it, q, SHARED_DSQ, 0, w->scx));
	assert_int_equal(q->scx.slice, 123);
	assert_int_equal(q->scx.dsq_vtime, 456);
	q = scx_kf_iter_dsq_next(&it, w->scx);
	assert_true(scx_kf_vtime_from_dsq_unlocked(&it, q, SHARED_DSQ, 0, w->scx));
	assert_int_equal(q->scx.slice, SCX_SLICE_DFL);
	scx_kf_iter_dsq_destroy(&it, w->scx);
	scx_check(w->scx);
	world_free(w);
}

/* ---- slices, kicks ---- */

static u64 enqueue_infinite(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, SCX_SLICE_INF, a[1], s->scx);
	return 0;
}

static void infinite_slice(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_enqueue, enqueue_infinite);
	struct world *w = world_new(1);
	struct task_struct *p[2];

	ops.fn[SCX_OP_select_cpu] = nothing;
	assert_int_equal(csched_load(w, &ops), 0);
	for (u32 i = 0; i < 2; i++)
		p[i] = spawn(w, (struct spawn){ 0 });
	run_to(w, 500 * MS);
	assert_in_range(task_runtime(w->m, p[0]), 499 * MS, 500 * MS);
	assert_int_equal(task_runtime(w->m, p[1]), 0);
	scx_kf_kick_cpu(0, 0, w->scx); /* has slice: stays */
	run_to(w, 510 * MS);
	assert_int_equal(task_runtime(w->m, p[1]), 0);
	scx_kf_kick_cpu(0, SCX_KICK_PREEMPT, w->scx);
	run_to(w, 520 * MS);
	assert_in_range(task_runtime(w->m, p[1]), 9 * MS, 10 * MS);
	world_free(w);
}

/* A task in a DSQ that nobody looks at runs once its CPU is kicked. */
static void kick_idle(void **state)
{
	struct task_struct *p[1];
	struct world *w = world_holding(p, 1);
	struct bpf_iter_scx_dsq it;

	run_to(w, 100 * MS);
	assert_int_equal(task_runtime(w->m, p[0]), 0);
	scx_kf_iter_dsq_new(&it, 9, 0, w->scx);
	assert_true(scx_kf_from_dsq_unlocked(&it, scx_kf_iter_dsq_next(&it, w->scx), SHARED_DSQ, 0,
					     w->scx));
	scx_kf_iter_dsq_destroy(&it, w->scx);
	run_to(w, 200 * MS);
	assert_int_equal(task_runtime(w->m, p[0]), 0);
	scx_kf_kick_cpu(1, SCX_KICK_IDLE, w->scx);
	run_to(w, 210 * MS);
	assert_true(task_runtime(w->m, p[0]) > 0);
	assert_int_equal(task_cpu(p[0]), 1);
	assert_true(p[0]->se.nr_migrations > 0);
	world_free(w);
}

/* A task that yields is behind the others at once. */
struct yielder {
	struct task_script script;
	bool ran;
};

static struct step yielder_next(struct task_script *ts, struct machine *m, struct task_struct *p)
{
	struct yielder *y = container_of(ts, struct yielder, script);

	y->ran = !y->ran;
	return y->ran ? (struct step){ STEP_RUN, MS } : (struct step){ STEP_YIELD, 0 };
}

static u64 refuse_yield(struct csched *s, u64 *a)
{
	assert_ptr_equal(TASK(a[0]), sched_current(s->m));
	assert_int_equal(a[1], 0);
	return false;
}

static u64 yield_runtime(const struct csched_ops *ops)
{
	struct world *w = world_new(1);
	struct yielder y = { .script = { .next = yielder_next } };
	struct task_params params = { .comm = "y", .script = &y.script };
	struct task_struct *p;
	u64 ns;

	assert_int_equal(csched_load(w, ops), 0);
	assert_int_equal(task_create(w->m, &params, &w->e, &p), 0);
	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 210 * MS);
	ns = task_runtime(w->m, p);
	world_free(w);
	return ns;
}

static void yield(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_yield, refuse_yield);

	assert_in_range(yield_runtime(&fifo_ops), 8 * MS, 12 * MS);
	assert_in_range(yield_runtime(&ops), 90 * MS, 120 * MS);
}

static u64 note_last(struct csched *s, u64 *a)
{
	if (a[1] & SCX_ENQ_LAST)
		s->u[0]++;
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, SCX_SLICE_DFL, a[1], s->scx);
	return 0;
}

static void enq_last(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_enqueue, note_last);
	struct world *w = world_new(1);

	for (u32 flag = 0; flag < 2; flag++) {
		ops.data.flags = flag ? SCX_OPS_ENQ_LAST : 0;
		assert_int_equal(csched_load(w, &ops), 0);
		spawn(w, (struct spawn){ .run = 100 * MS, .times = 1 });
		run_to(w, machine_now(w->m) + 200 * MS);
		assert_string_equal(scx_state_name(w->scx), "enabled");
		if (flag)
			assert_in_range(w->s.u[0], 3, 5);
		else
			assert_int_equal(w->s.u[0], 0);
		csched_unload(w);
	}
	world_free(w);
}

/* A task that is exiting is not the scheduler's business, unless it asked for it. */
static void enq_exiting(void **state)
{
	struct csched_ops ops = fifo_ops;

	ops.fn[SCX_OP_select_cpu] = nothing;
	for (u32 flag = 0; flag < 2; flag++) {
		struct world *w = world_new(1);

		ops.data.flags = flag ? SCX_OPS_ENQ_EXITING : 0;
		assert_int_equal(csched_load(w, &ops), 0);
		spawn(w, (struct spawn){ .run = MS, .sleep = MS })->flags |= PF_EXITING;
		run_to(w, 100 * MS);
		if (flag)
			assert_true(w->s.calls[SCX_OP_enqueue] > 40);
		else
			assert_int_equal(w->s.calls[SCX_OP_enqueue], 1); /* the fork */
		world_free(w);
	}
}

static void enq_last_needs_enqueue(void **state)
{
	static const struct csched_ops ops = { .data = { .flags = SCX_OPS_ENQ_LAST } };
	struct world *w = world_new(1);

	assert_int_equal(csched_load(w, &ops), 0);
	assert_exit(w, SCX_EXIT_ERROR,
		    "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented");
	world_free(w);
}

/* ---- other classes ---- */

static u64 note_release(struct csched *s, u64 *a)
{
	const struct scx_cpu_release_args *args = (const void *)a[1];

	assert_int_equal(args->reason, SCX_CPU_PREEMPT_RT);
	assert_string_equal(args->task->comm, "rt");
	s->u[1] += scx_kf_reenqueue_local(s->scx);
	return 0;
}

static u64 note_reenq(struct csched *s, u64 *a)
{
	if (a[1] & SCX_ENQ_REENQ)
		s->u[2]++;
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_GLOBAL, 0, a[1], s->scx);
	return 0;
}

static void release_and_acquire(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_cpu_release, note_release);
	struct world *w = world_new(1);
	struct task_struct *p;

	ops.fn[SCX_OP_cpu_acquire] = nothing;
	ops.fn[SCX_OP_enqueue] = note_reenq;
	assert_int_equal(csched_load(w, &ops), 0);
	p = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 5 * MS);
	spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 1,
				 .run = 3 * MS, .sleep = 10 * MS, .times = 4 });
	run_to(w, 200 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_release], 4);
	assert_int_equal(w->s.calls[SCX_OP_cpu_acquire], 4);
	/* the preempted hog had slice left and so was first on the local DSQ */
	assert_int_equal(w->s.u[1], 4);
	assert_int_equal(w->s.u[2], 4);
	assert_in_range(task_runtime(w->m, p), 185 * MS, 189 * MS);
	world_free(w);
}

static void switch_partial(void **state)
{
	struct csched_ops ops = simple_ops;
	struct world *w = world_new(1);
	struct task_struct *fair, *ext;

	ops.data.flags = SCX_OPS_SWITCH_PARTIAL;
	assert_int_equal(csched_load(w, &ops), 0);
	assert_false(scx_switch_all(w->scx));
	fair = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	ext = spawn(w, (struct spawn){ .policy = SCHED_EXT, .run = MS, .sleep = MS });
	run_to(w, 10 * MS);
	assert_false(scx_on_class(fair));
	assert_true(scx_on_class(ext));
	assert_int_equal(task_set_policy(w->m, fair, SCHED_EXT, 0), 0);
	assert_int_equal(task_set_policy(w->m, ext, SCHED_NORMAL, 0), 0);
	assert_true(scx_on_class(fair));
	assert_false(scx_on_class(ext));
	run_to(w, 100 * MS);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	scx_check(w->scx);
	world_free(w);
}

/* ---- task properties ---- */

static u64 disallow_all(struct csched *s, u64 *a)
{
	TASK(a[0])->scx.disallow = true;
	return 0;
}

static void disallow(void **state)
{
	struct csched_ops ops = with(&simple_ops, SCX_OP_init_task, disallow_all);
	struct world *w = world_new(1);
	struct task_struct *p;

	ops.data.flags = SCX_OPS_SWITCH_PARTIAL;
	p = spawn(w, (struct spawn){ .policy = SCHED_EXT, .run = MS, .sleep = MS });
	run_to(w, 10 * MS);
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(p->policy, SCHED_NORMAL);
	assert_int_equal(scx_nr_rejected(w->scx), 1);
	assert_false(scx_on_class(p));
	assert_int_equal(task_set_policy(w->m, p, SCHED_EXT, 0), -EACCES);
	spawn(w, (struct spawn){ .comm = "new", .policy = SCHED_EXT, .run = MS, .sleep = MS });
	run_to(w, 20 * MS);
	assert_exit(w, SCX_EXIT_ERROR,
		    "ops.init_task() set task->scx.disallow for new[#] during fork");
	assert_int_equal(task_set_policy(w->m, p, SCHED_EXT, 0), 0);
	world_free(w);
}

static u64 note_weight(struct csched *s, u64 *a)
{
	s->u[1] = a[1];
	assert_int_equal(TASK(a[0])->scx.weight, a[1]);
	return 0;
}

static u64 note_mask(struct csched *s, u64 *a)
{
	s->u[2] = ((const struct cpumask *)a[1])->bits[0];
	return 0;
}

static void weight_and_mask(void **state)
{
	struct csched_ops ops = with(&simple_ops, SCX_OP_set_weight, note_weight);
	struct world *w = world_new(2);
	struct task_struct *p;
	cpumask_t cpu1;

	ops.fn[SCX_OP_set_cpumask] = note_mask;
	assert_int_equal(csched_load(w, &ops), 0);
	p = spawn(w, (struct spawn){ .run = MS, .sleep = MS, .nice = 5 });
	assert_int_equal(w->s.u[1], 33); /* 335 of 1024 */
	assert_int_equal(task_set_nice(w->m, p, 19), 0);
	assert_int_equal(w->s.u[1], 1); /* 15: to the nearest */
	assert_int_equal(task_set_nice(w->m, p, -20), 0);
	assert_int_equal(w->s.u[1], 8668);
	mask_init(&cpu1, 1, 1);
	assert_int_equal(task_set_affinity(w->m, p, &cpu1), 0);
	assert_int_equal(w->s.u[2], 2);
	run_to(w, 100 * MS);
	assert_int_equal(task_cpu(p), 1);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	world_free(w);
}

/* Of @p's own op: no check; root is the only group here. */
static u64 note_cgroup(struct csched *s, u64 *a)
{
	s->u[0] = scx_kf_task_cgroup_checked(TASK(a[0]), s->scx) ==
		  TASK(a[0])->sched_task_group->css.cgroup;
	return 0;
}

static u64 count_cgroup(struct csched *s, u64 *a)
{
	const struct scx_cgroup_init_args *args = (const void *)a[1];

	assert_int_equal(args->weight, 100);
	s->u[1]++;
	return 0;
}

static void cgroups(void **state)
{
	struct csched_ops ops = with(&simple_ops, SCX_OP_tick, note_cgroup);
	struct world *w = world_new(1);

	ops.fn[SCX_OP_cgroup_init] = count_cgroup;
	ops.fn[SCX_OP_cgroup_exit] = nothing;
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(w->s.u[1], 1);
	spawn(w, (struct spawn){ 0 });
	run_to(w, 10 * MS);
	assert_int_equal(w->s.u[0], 1);
	csched_unload(w);
	assert_int_equal(w->s.calls[SCX_OP_cgroup_exit], 1);
	assert_exit(w, SCX_EXIT_UNREG, "");
	world_free(w);
}

/* ---- idle CPUs ---- */

static void idle_masks(void **state)
{
	struct world *w = world_new_smt(4, 2);
	cpumask_t all;

	mask_init(&all, 0, 4);
	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 10 * MS);
	assert_int_equal(scx_kf_get_idle_cpumask(w->scx)->bits[0], 0xf);
	assert_int_equal(scx_kf_get_idle_smtmask(w->scx)->bits[0], 0xf);
	assert_true(scx_kf_test_and_clear_cpu_idle(1, w->scx));
	assert_false(scx_kf_test_and_clear_cpu_idle(1, w->scx));
	assert_int_equal(scx_kf_get_idle_cpumask(w->scx)->bits[0], 0xd);
	assert_int_equal(scx_kf_get_idle_smtmask(w->scx)->bits[0], 0xc);
	/* a whole core first, then what is left of cores */
	assert_in_range(scx_kf_pick_idle_cpu(&all, SCX_PICK_IDLE_CORE, w->scx), 2, 3);
	assert_int_equal(scx_kf_pick_idle_cpu(&all, SCX_PICK_IDLE_CORE, w->scx), -EBUSY);
	assert_true(scx_kf_pick_idle_cpu(&all, 0, w->scx) >= 0);
	assert_true(scx_kf_pick_idle_cpu(&all, 0, w->scx) >= 0);
	assert_int_equal(scx_kf_pick_idle_cpu(&all, 0, w->scx), -EBUSY);
	assert_true(scx_kf_pick_any_cpu(&all, 0, w->scx) >= 0);
	cpumask_clear(&all);
	assert_int_equal(scx_kf_pick_any_cpu(&all, 0, w->scx), -EBUSY);
	/* claimed, kicked and not used: idle again */
	for (u32 cpu = 0; cpu < 4; cpu++)
		scx_kf_kick_cpu(cpu, SCX_KICK_IDLE, w->scx);
	run_to(w, 20 * MS);
	assert_int_equal(scx_kf_get_idle_smtmask(w->scx)->bits[0], 0xf);
	world_free(w);
}

static void spread_over_cores(void **state)
{
	struct world *w = world_new_smt(8, 2);
	u32 cores = 0;

	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, MS);
	for (u32 i = 0; i < 4; i++) {
		struct task_struct *p = spawn(w, (struct spawn){ 0 });

		run_to(w, machine_now(w->m) + MS);
		cores |= 1 << w->topo.cpus[task_cpu(p)].core;
	}
	assert_int_equal(cores, 0xf);
	world_free(w);
}

/* A synchronous waker hands over its own CPU, if nobody waits there. */
static void wake_sync(void **state)
{
	struct world *w = world_new(4);
	struct task_struct *p;
	bool found;
	cpumask_t cpu2;

	assert_int_equal(csched_load(w, &simple_ops), 0);
	p = spawn(w, (struct spawn){ .start = SEC });
	run_to(w, MS);
	assert_int_equal(scx_select_cpu_dfl(w->scx, p, 2, SCX_WAKE_SYNC, &found),
			 sched_this_cpu(w->m));
	assert_true(found);
	assert_int_equal(scx_select_cpu_dfl(w->scx, p, 2, SCX_WAKE_TTWU, &found), 2);
	assert_true(found);
	mask_init(&cpu2, 2, 1);
	assert_int_equal(task_set_affinity(w->m, p, &cpu2), 0);
	assert_int_equal(scx_select_cpu_dfl(w->scx, p, 2, SCX_WAKE_SYNC, &found), 2);
	assert_false(found); /* claimed above */
	world_free(w);
}

static u64 note_idle(struct csched *s, u64 *a)
{
	s->u[a[1] ? 1 : 0]++;
	return 0;
}

static void update_idle(void **state)
{
	struct csched_ops ops = with(&fifo_ops, SCX_OP_update_idle, note_idle);
	struct world *w = world_new(1);

	ops.fn[SCX_OP_select_cpu] = nothing;
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, MS);
	spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 5 });
	run_to(w, 100 * MS);
	assert_int_equal(w->s.u[0], 5);
	assert_in_range(w->s.u[1], 5, 6);
	csched_unload(w);
	ops.data.flags = SCX_OPS_KEEP_BUILTIN_IDLE;
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 200 * MS);
	assert_int_equal(scx_kf_get_idle_cpumask(w->scx)->bits[0], 1);
	world_free(w);
}

/* ---- ends ---- */

static void hotplug(void **state)
{
	struct csched_ops ops = simple_ops;
	struct world *w = world_new(2);

	assert_int_equal(csched_load(w, &ops), 0);
	scx_hooks(w->scx).rq_deactivate(w->scx, sched_cpu_rq(w->m, 1));
	run_to(w, MS);
	assert_exit(w, SCX_EXIT_UNREG_KERN, "cpu 1 going offline, exiting scheduler");
	assert_int_equal(scx_exit_info(w->scx)->exit_code,
			 SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG);
	assert_int_equal(scx_hotplug_seq(w->scx), 1);

	ops.data.hotplug_seq = 7;
	assert_int_equal(csched_load(w, &ops), 0);
	assert_exit(w, SCX_EXIT_UNREG_KERN, "expected hotplug seq 7 did not match actual 1");

	ops.data.hotplug_seq = 1;
	ops.fn[SCX_OP_cpu_online] = ops.fn[SCX_OP_cpu_offline] = nothing;
	assert_int_equal(csched_load(w, &ops), 0);
	scx_hooks(w->scx).rq_deactivate(w->scx, sched_cpu_rq(w->m, 1));
	scx_hooks(w->scx).rq_activate(w->scx, sched_cpu_rq(w->m, 1));
	run_to(w, 10 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_online], 1);
	assert_int_equal(w->s.calls[SCX_OP_cpu_offline], 1);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	world_free(w);
}

static u64 dump_text(struct csched *s, u64 *a)
{
	scx_kf_dump_bstr("one ", NULL, 0, s->scx);
	scx_kf_dump_bstr("line\nand another", NULL, 0, s->scx);
	return 0;
}

static void dumps(void **state)
{
	struct csched_ops ops = with(&simple_ops, SCX_OP_dump, dump_text);
	struct world *w = world_new(2);
	const char *dump;

	ops.fn[SCX_OP_dump_cpu] = dump_text;
	ops.fn[SCX_OP_dump_task] = dump_text;
	assert_int_equal(csched_load(w, &ops), 0);
	for (u32 i = 0; i < 3; i++)
		spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 10 * MS);
	scx_kf_error_bstr("look", NULL, 0, w->scx);
	run_to(w, 11 * MS);
	dump = scx_exit_info(w->scx)->dump;
	assert_non_null(strstr(dump, "triggered exit kind 1025:\n  scx_bpf_error (look)\n\n"
				     "Backtrace:\n\none line\nand another\n\nCPU states\n"
				     "----------\n\nCPU 0   : nr_run="));
	assert_non_null(strstr(dump, "\n  one line\n  and another\n"));
	assert_non_null(strstr(dump, "          curr=hog["));
	assert_non_null(strstr(dump, "\n *R hog["));
	assert_non_null(strstr(dump, "\n  R hog["));
	assert_non_null(strstr(dump, "      cpus=3\n\n    one line\n    and another\n"));
	assert_non_null(strstr(dump, " dsq_id=0x0 dsq_vtime="));

	ops.data.exit_dump_len = 100;
	assert_int_equal(csched_load(w, &ops), 0);
	scx_kf_error_bstr("look", NULL, 0, w->scx);
	run_to(w, 20 * MS);
	dump = scx_exit_info(w->scx)->dump;
	assert_int_equal(strlen(dump), 99);
	assert_string_equal(dump + 99 - 22, "\n\n~~~~ TRUNCATED ~~~~\n");
	world_free(w);
}

static void sysrq(void **state)
{
	struct world *w = world_new(1);

	scx_sysrq_s(w->scx); /* nothing is attached */
	assert_int_equal(csched_load(w, &simple_ops), 0);
	scx_sysrq_d(w->scx);
	assert_string_equal(scx_state_name(w->scx), "enabled");
	scx_sysrq_s(w->scx);
	assert_exit(w, SCX_EXIT_SYSRQ, "");
	assert_string_equal(scx_exit_info(w->scx)->reason, "disabled by sysrq-S");
	world_free(w);
}

/* ---- what user space writes ---- */

static int set_member(struct world *w, struct sched_ext_ops *k, const struct sched_ext_ops *u,
		      size_t offset)
{
	struct btf_type t = { .info = BTF_KIND_STRUCT << 24 };
	struct btf_member m = { .offset = offset * 8 };

	return w->scx->type.init_member(w->scx, &t, &m, k, u);
}

#define SET(field) set_member(w, &k, &u, offsetof(struct sched_ext_ops, field))

static void data_members(void **state)
{
	struct sched_ext_ops u = { .name = "ok.name_1" }, k = { 0 };
	struct world *w = world_new(1);

	assert_int_equal(SET(name), 1);
	assert_string_equal(k.name, "ok.name_1");
	strcpy(u.name, "no-name");
	assert_int_equal(SET(name), -EINVAL);
	u.name[0] = '\0';
	assert_int_equal(SET(name), -EINVAL);
	memset(u.name, 'a', sizeof(u.name));
	assert_int_equal(SET(name), -EINVAL);
	u.dispatch_max_batch = 0x80000000;
	assert_int_equal(SET(dispatch_max_batch), -E2BIG);
	u.dispatch_max_batch = 7;
	assert_int_equal(SET(dispatch_max_batch), 1);
	u.flags = scx_tables_612.ops_flags;
	assert_int_equal(SET(flags), 1);
	u.flags = SCX_OPS_BUILTIN_IDLE_PER_NODE;
	assert_int_equal(SET(flags), -EINVAL);
	u.flags = 1ULL << 10;
	assert_int_equal(SET(flags), -EINVAL);
	u.timeout_ms = 30001;
	assert_int_equal(SET(timeout_ms), -E2BIG);
	u.timeout_ms = 30000;
	assert_int_equal(SET(timeout_ms), 1);
	assert_int_equal(SET(exit_dump_len), 1);
	assert_int_equal(k.exit_dump_len, 32768);
	u.hotplug_seq = 5;
	assert_int_equal(SET(hotplug_seq), 1);
	assert_int_equal(k.hotplug_seq, 5);
	assert_int_equal(SET(enqueue), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_callbacks),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(direct_from_select_cpu),
		cmocka_unit_test(queue_orders),
		cmocka_unit_test(local_on),
		cmocka_unit_test(preempt),
		cmocka_unit_test(stale_dispatches),
		cmocka_unit_test(endless_dispatch),
		cmocka_unit_test(endless_dispatch_busy),
		cmocka_unit_test(iterate),
		cmocka_unit_test(iterator_overrides),
		cmocka_unit_test(infinite_slice),
		cmocka_unit_test(kick_idle),
		cmocka_unit_test(yield),
		cmocka_unit_test(enq_last),
		cmocka_unit_test(enq_exiting),
		cmocka_unit_test(enq_last_needs_enqueue),
		cmocka_unit_test(release_and_acquire),
		cmocka_unit_test(switch_partial),
		cmocka_unit_test(disallow),
		cmocka_unit_test(weight_and_mask),
		cmocka_unit_test(cgroups),
		cmocka_unit_test(idle_masks),
		cmocka_unit_test(spread_over_cores),
		cmocka_unit_test(wake_sync),
		cmocka_unit_test(update_idle),
		cmocka_unit_test(hotplug),
		cmocka_unit_test(dumps),
		cmocka_unit_test(sysrq),
		cmocka_unit_test(data_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
