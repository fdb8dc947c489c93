/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One test per flag, exit kind and well-known number: each enumerator of the kernel's
 * enums that schedulers use (all of "next", from its BTF) has a row here that shows
 * what it does. The program fails for one that has none.
 */
#include "../unit/subsys/scx/csched.h"
#include "kernel/btf_image.h"

/* ---- stages ---- */

enum { NR, A, B, C }; /* csched.u */

static struct csched_ops with(enum scx_op op, cop_fn fn, u64 flags)
{
	struct csched_ops ops = fifo_ops;

	ops.fn[SCX_OP_select_cpu] = NULL;
	ops.fn[op] = fn;
	ops.data.flags = flags;
	ops.data.timeout_ms = 1000;
	return ops;
}

static struct world *stage(u32 cpus, enum kernel_profile p, const struct csched_ops *ops)
{
	struct world *w = world_new_smt(cpus, cpus == 4 ? 2 : 1);

	w->scx->profile = p;
	assert_int_equal(csched_load(w, ops), 0);
	run_to(w, MS);
	return w;
}

static void leave(struct world *w)
{
	assert_string_equal(scx_state_name(w->scx), "enabled");
	scx_check(w->scx);
	assert_conserved(w);
	world_free(w);
}

static struct task_struct *hog(struct world *w)
{
	return spawn(w, (struct spawn){ .comm = "hog" });
}

static struct task_struct *sleeper(struct world *w)
{
	return spawn(w, (struct spawn){ .comm = "t", .run = MS, .sleep = MS });
}

/* ---- scx_ops_flags ---- */

static void keep_builtin_idle(void)
{
	for (u32 keep = 0; keep < 2; keep++) {
		struct csched_ops ops = with(SCX_OP_update_idle, nothing,
					     keep ? SCX_OPS_KEEP_BUILTIN_IDLE : 0);
		struct world *w = stage(2, KERNEL_6_12, &ops);

		run_to(w, 5 * MS);
		assert_int_equal(scx_kf_get_idle_cpumask(w->scx)->bits[0], keep ? 3 : 0);
		leave(w);
	}
}

static u64 count_last(struct csched *s, u64 *a)
{
	s->u[NR] += !!(a[1] & SCX_ENQ_LAST);
	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, SCX_SLICE_DFL, a[1], s->scx);
	return 0;
}

/* The only task comes back to ops.enqueue at the end of its slice, or just goes on. */
static void enq_last(void)
{
	for (u32 on = 0; on < 2; on++) {
		struct csched_ops ops = with(SCX_OP_enqueue, count_last, on ? SCX_OPS_ENQ_LAST : 0);
		struct world *w = stage(1, KERNEL_6_12, &ops);

		hog(w);
		run_to(w, 100 * MS);
		assert_in_range(w->s.u[NR], on ? 3 : 0, on ? 5 : 0);
		leave(w);
	}
}

static void enq_exiting(void)
{
	for (u32 on = 0; on < 2; on++) {
		struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue,
					     on ? SCX_OPS_ENQ_EXITING : 0);
		struct world *w = stage(1, KERNEL_6_12, &ops);

		sleeper(w)->flags |= PF_EXITING;
		run_to(w, 50 * MS);
		assert_in_range(w->s.calls[SCX_OP_enqueue], on ? 10 : 1, on ? 50 : 1);
		leave(w);
	}
}

static void switch_partial(void)
{
	for (u32 on = 0; on < 2; on++) {
		struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue,
					     on ? SCX_OPS_SWITCH_PARTIAL : 0);
		struct world *w = stage(1, KERNEL_6_12, &ops);
		struct task_struct *fair = sleeper(w);
		struct task_struct *ext = spawn(w, (struct spawn){ .policy = SCHED_EXT, .run = MS });

		assert_int_equal(scx_on_class(fair), !on);
		assert_true(scx_on_class(ext));
		assert_int_equal(scx_switch_all(w->scx), !on);
		leave(w);
	}
}

/* Since 6.15 such a task goes to the local DSQ, unless the scheduler wants it. */
static void enq_migration_disabled(void)
{
	for (u32 on = 0; on < 2; on++) {
		struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue,
					     on ? SCX_OPS_ENQ_MIGRATION_DISABLED : 0);
		struct world *w = stage(1, KERNEL_7_1, &ops);
		struct task_struct *p = sleeper(w);

		run_to(w, 5 * MS);
		p->migration_disabled = 1;
		w->s.calls[SCX_OP_enqueue] = 0;
		run_to(w, 50 * MS);
		assert_in_range(w->s.calls[SCX_OP_enqueue], on ? 10 : 0, on ? 50 : 0);
		p->migration_disabled = 0;
		leave(w);
	}
}

/* No wake-up is queued to another CPU here: ops.select_cpu is asked each time, either way. */
static void allow_queued_wakeup(void)
{
	for (u32 on = 0; on < 2; on++) {
		struct csched_ops ops = with(SCX_OP_select_cpu, simple_select_cpu,
					     on ? SCX_OPS_ALLOW_QUEUED_WAKEUP : 0);
		struct world *w = stage(2, KERNEL_7_1, &ops);

		spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 10 });
		run_to(w, 50 * MS);
		assert_int_equal(w->s.calls[SCX_OP_select_cpu], 10);
		leave(w);
	}
}

static void idle_per_node(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue, SCX_OPS_BUILTIN_IDLE_PER_NODE);
	struct world *w = stage(2, KERNEL_7_1, &ops);
	cpumask_t all;

	mask_init(&all, 0, 2);
	run_to(w, 5 * MS);
	assert_int_equal(scx_kf_get_idle_cpumask_node(0, w->scx)->bits[0], 3);
	assert_true(scx_kf_pick_idle_cpu_node(&all, 0, SCX_PICK_IDLE_IN_NODE, w->scx) >= 0);
	leave(w);
}

/* A trace sink for the kernel's log. */
struct console {
	struct trace_sink sink;
	u32 nr;
	const char *want;
};

static void on_console(struct trace_sink *s, const struct trace_event *ev)
{
	struct console *c = container_of(s, struct console, sink);

	c->nr += ev->kind == TRACE_console && strstr(ev->console.text, c->want);
}

/* 6.12 says once that nobody looks at weights, unless the scheduler says that it does. */
static void has_cgroup_weight(void)
{
	for (u32 on = 0; on < 2; on++) {
		struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue,
					     on ? SCX_OPS_HAS_CGROUP_WEIGHT : 0);
		struct console c = { .sink = { .emit = on_console },
				     .want = "does not implement cgroup cpu.weight" };
		struct world *w = world_new(1);
		struct cgroup *cgrp;

		machine_add_sink(w->m, &c.sink);
		assert_int_equal(csched_load(w, &ops), 0);
		for (u32 i = 0; i < 2; i++)
			assert_int_equal(machine_cgroup_create(w->m, machine_cgroup_root(w->m),
							       i ? "a" : "b", &w->e, &cgrp), 0);
		assert_int_equal(c.nr, !on);
		machine_remove_sink(w->m, &c.sink);
		leave(w);
	}
}

static void all_ops_flags(void)
{
	assert_int_equal(SCX_OPS_ALL_FLAGS,
			 SCX_OPS_KEEP_BUILTIN_IDLE | SCX_OPS_ENQ_LAST | SCX_OPS_ENQ_EXITING |
				 SCX_OPS_SWITCH_PARTIAL | SCX_OPS_ENQ_MIGRATION_DISABLED |
				 SCX_OPS_ALLOW_QUEUED_WAKEUP | SCX_OPS_BUILTIN_IDLE_PER_NODE |
				 SCX_OPS_ALWAYS_ENQ_IMMED | SCX_OPS_HAS_CGROUP_WEIGHT);
	assert_int_equal(scx_tables_612.ops_flags, 0x1000f);
	assert_int_equal(scx_tables_701.ops_flags, 0xff);
}

/* ---- scx_enq_flags ---- */

static u64 note_flags(struct csched *s, u64 *a)
{
	s->u[NR] |= a[1];
	s->u[A] += !!(a[1] & SCX_ENQ_WAKEUP);
	return fifo_enqueue(s, a);
}

static u64 stay(struct csched *s, u64 *a)
{
	return a[1];
}

static void enq_wakeup(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, note_flags, 0);
	struct world *w;

	ops.fn[SCX_OP_select_cpu] = stay;
	w = stage(2, KERNEL_6_12, &ops);
	spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 10 });
	run_to(w, 50 * MS);
	assert_int_equal(w->s.u[A], 9); /* the first is the fork */
	assert_true(w->s.u[NR] & SCX_ENQ_CPU_SELECTED);
	leave(w);
}

static u64 insert_head(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, SCX_SLICE_DFL,
			       s->u[A] ? SCX_ENQ_HEAD : 0, s->scx);
	return 0;
}

static void enq_head(void)
{
	for (u32 head = 0; head < 2; head++) {
		struct csched_ops ops = with(SCX_OP_enqueue, insert_head, 0);
		struct world *w = stage(1, KERNEL_6_12, &ops);
		struct task_struct *p[2];

		w->s.u[A] = head;
		hog(w);
		run_to(w, 2 * MS);
		for (u32 i = 0; i < 2; i++)
			p[i] = spawn(w, (struct spawn){ .run = MS });
		assert_ptr_equal(scx_dsq_next(scx_find_user_dsq(w->scx, SHARED_DSQ), NULL, false),
				 p[head]);
		leave(w);
	}
}

static u64 insert_preempt(struct csched *s, u64 *a)
{
	u64 preempt = TASK(a[0])->static_prio < 120 ? SCX_ENQ_PREEMPT : 0;

	scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, SCX_SLICE_DFL, preempt, s->scx);
	return 0;
}

static void enq_preempt(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, insert_preempt, 0);
	struct world *w = stage(1, KERNEL_6_12, &ops);
	struct task_struct *p;

	hog(w);
	run_to(w, 2 * MS);
	p = spawn(w, (struct spawn){ .nice = -1 });
	run_to(w, 3 * MS);
	assert_ptr_equal(sched_cpu_rq(w->m, 0)->curr, p);
	leave(w);
}

/* @immed: from ops.enqueue, but for what has come back. */
static u64 insert_immed(struct csched *s, u64 *a)
{
	struct task_struct *p = TASK(a[0]);

	s->u[NR]++;
	if (a[1] & SCX_ENQ_REENQ) {
		s->u[A]++;
		s->u[B] = p->scx.flags & SCX_TASK_REENQ_REASON_MASK;
		scx_kf_dispatch_direct(p, SHARED_DSQ, SCX_SLICE_DFL, 0, s->scx);
		return 0;
	}
	scx_kf_dispatch_direct(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, s->u[C], s->scx);
	return 0;
}

/* On an idle CPU it runs; on a busy one it is back at once; preempted, it is back, too. */
static void check_immed(u64 ops_flags, u64 enq_flags)
{
	struct csched_ops ops = with(SCX_OP_enqueue, insert_immed, ops_flags);
	struct world *w = stage(1, KERNEL_7_1, &ops);
	struct task_struct *p;

	w->s.u[C] = enq_flags;
	p = hog(w);
	run_to(w, 2 * MS);
	assert_int_equal(w->s.u[A], 0);
	assert_ptr_equal(sched_cpu_rq(w->m, 0)->curr, p);
	hog(w);
	run_to(w, 3 * MS);
	assert_int_equal(w->s.u[A], 1);
	assert_int_equal(w->s.u[B], SCX_TASK_REENQ_IMMED);
	assert_int_equal(scx_kf_dsq_nr_queued(SHARED_DSQ, w->scx), 1);
	spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 1, .run = MS,
				 .times = 1 });
	run_to(w, 3500 * MS / 1000);
	assert_int_equal(w->s.u[A], 2);
	assert_int_equal(w->s.u[B], SCX_TASK_REENQ_PREEMPTED);
	run_to(w, 100 * MS);
	leave(w);
}

static void enq_immed(void)
{
	check_immed(0, SCX_ENQ_IMMED);
}

static void always_enq_immed(void)
{
	check_immed(SCX_OPS_ALWAYS_ENQ_IMMED, 0);
}

static u64 reenqueue(struct csched *s, u64 *a)
{
	scx_kf_reenqueue_local(s->scx);
	return 0;
}

static void enq_reenq(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, note_flags, 0);
	struct world *w;

	ops.fn[SCX_OP_cpu_release] = reenqueue;
	w = stage(1, KERNEL_6_12, &ops);
	hog(w);
	run_to(w, 3 * MS);
	assert_false(w->s.u[NR] & SCX_ENQ_REENQ);
	spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 1, .run = MS,
				 .times = 1 });
	run_to(w, 10 * MS);
	assert_true(w->s.u[NR] & SCX_ENQ_REENQ);
	leave(w);
}

static u64 insert_internal(struct csched *s, u64 *a)
{
	scx_kf_dispatch_direct(TASK(a[0]), SHARED_DSQ, 0, s->u[A], s->scx);
	return 0;
}

/* Not for programs: each of the eight ends the scheduler. */
static void internal_enq_flags(void)
{
	assert_int_equal(SCX_ENQ_CLEAR_OPSS & ~__SCX_ENQ_INTERNAL_MASK, 0);
	assert_int_equal(SCX_ENQ_DSQ_PRIQ & ~__SCX_ENQ_INTERNAL_MASK, 0);
	for (u32 bit = 56; bit < 64; bit++) {
		struct csched_ops ops = with(SCX_OP_enqueue, insert_internal, 0);
		struct world *w = stage(1, KERNEL_6_12, &ops);

		w->s.u[A] = 1ULL << bit;
		hog(w);
		run_to(w, 5 * MS);
		assert_int_equal(scx_exit_info(w->scx)->kind, SCX_EXIT_ERROR);
		assert_non_null(strstr(scx_exit_info(w->scx)->msg, "invalid enq_flags 0x"));
		world_free(w);
	}
}

/* ---- scx_deq_flags ---- */

static u64 note_quiescent(struct csched *s, u64 *a)
{
	s->u[NR] |= a[1];
	return 0;
}

static void deq_flags(void)
{
	for (u32 since = 0; since < 2; since++) {
		struct csched_ops ops = with(SCX_OP_quiescent, note_quiescent, 0);
		struct world *w = stage(1, since ? KERNEL_7_1 : KERNEL_6_12, &ops);
		struct task_struct *p = sleeper(w);

		run_to(w, 4 * MS);
		assert_true(w->s.u[NR] & SCX_DEQ_SLEEP);
		assert_false(w->s.u[NR] & (SCX_DEQ_SCHED_CHANGE | SCX_DEQ_CORE_SCHED_EXEC));
		w->s.u[NR] = 0;
		p = hog(w);
		run_to(w, 10 * MS);
		w->s.u[NR] = 0;
		assert_int_equal(task_set_nice(w->m, p, 3), 0);
		assert_int_equal(!!(w->s.u[NR] & SCX_DEQ_SCHED_CHANGE), since);
		assert_false(w->s.u[NR] & SCX_DEQ_SLEEP);
		leave(w);
	}
}

static u64 note_dequeue(struct csched *s, u64 *a)
{
	s->u[NR]++;
	s->u[A] = a[1];
	return 0;
}

static u64 keep(struct csched *s, u64 *a)
{
	s->u[B] = a[0];
	return 0;
}

/* Core scheduling runs a task that the BPF side still holds. */
static void deq_core_sched_exec(void)
{
	struct csched_ops ops = with(SCX_OP_dequeue, note_dequeue, 0);
	struct world *w;
	struct rq *rq;

	ops.fn[SCX_OP_enqueue] = keep;
	w = stage(1, KERNEL_6_12, &ops);
	spawn(w, (struct spawn){ .run = MS });
	run_to(w, 2 * MS);
	assert_int_equal(scx_opss_state(TASK(w->s.u[B])), SCX_OPSS_QUEUED);
	rq = sched_cpu_rq(w->m, 0);
	scx_ops_dequeue(w->scx, TASK(w->s.u[B]), SCX_DEQ_CORE_SCHED_EXEC);
	assert_int_equal(w->s.u[NR], 1);
	assert_int_equal(w->s.u[A], SCX_DEQ_CORE_SCHED_EXEC);
	assert_int_equal(scx_opss_state(TASK(w->s.u[B])), SCX_OPSS_NONE);
	list_add_tail(&TASK(w->s.u[B])->scx.runnable_node, &rq->scx.runnable_list);
	scx_dsq_insert(w->scx, &rq->scx.local_dsq, TASK(w->s.u[B]), 0);
	run_to(w, 5 * MS);
	world_free(w);
}

/* ---- scx_wake_flags ---- */

static u64 note_wake(struct csched *s, u64 *a)
{
	s->u[NR] |= a[2];
	s->u[A] += !!(a[2] & SCX_WAKE_FORK);
	s->u[B] += !!(a[2] & SCX_WAKE_TTWU);
	return a[1];
}

static void wake_flags(void)
{
	struct csched_ops ops = with(SCX_OP_select_cpu, note_wake, 0);
	struct world *w = stage(2, KERNEL_6_12, &ops);

	spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 10 });
	run_to(w, 50 * MS);
	assert_int_equal(w->s.u[A], 1);
	assert_int_equal(w->s.u[B], 9);
	leave(w);
}

static void wake_sync(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue, 0);
	struct world *w = stage(4, KERNEL_6_12, &ops);
	struct task_struct *p = spawn(w, (struct spawn){ .start = SEC });
	bool found;

	assert_int_equal(scx_select_cpu_dfl(w->scx, p, 3, SCX_WAKE_SYNC, &found),
			 sched_this_cpu(w->m));
	assert_int_equal(scx_select_cpu_dfl(w->scx, p, 3, 0, &found), 3);
	leave(w);
}

/* ---- scx_pick_idle_cpu_flags: two cores of two CPUs, one node ---- */

static void pick_idle(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue, 0);
	struct world *w = stage(4, KERNEL_6_12, &ops);
	cpumask_t all;

	mask_init(&all, 0, 4);
	run_to(w, 5 * MS);
	scx_test_and_clear_idle(w->scx, 0);
	assert_in_range(scx_kf_pick_idle_cpu(&all, SCX_PICK_IDLE_CORE, w->scx), 2, 3);
	assert_int_equal(scx_kf_pick_idle_cpu(&all, SCX_PICK_IDLE_CORE, w->scx), -EBUSY);
	assert_in_range(scx_kf_pick_idle_cpu(&all, 0, w->scx), 1, 3);
	leave(w);
}

/* ---- scx_kick_flags ---- */

static void kick(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, fifo_enqueue, 0);
	struct world *w = stage(2, KERNEL_7_1, &ops);
	struct task_struct *p = hog(w);
	u32 busy, asked;

	run_to(w, 5 * MS);
	busy = task_cpu(p);
	asked = w->s.calls[SCX_OP_dispatch];
	scx_kf_kick_cpu(busy, SCX_KICK_IDLE, w->scx);
	run_to(w, 5 * MS + 20000);
	assert_int_equal(w->s.calls[SCX_OP_dispatch], asked);
	scx_kf_kick_cpu(!busy, SCX_KICK_IDLE, w->scx);
	run_to(w, 5 * MS + 40000);
	assert_int_equal(w->s.calls[SCX_OP_dispatch], asked + 1);
	scx_kf_kick_cpu(busy, SCX_KICK_PREEMPT, w->scx);
	run_to(w, 5 * MS + 60000);
	assert_int_equal(w->s.calls[SCX_OP_dispatch], asked + 2);
	scx_kf_kick_cpu(busy, SCX_KICK_WAIT, w->scx); /* more in wait.c */
	run_to(w, 6 * MS);
	assert_int_equal(w->scx->nr_waiters, 0);
	leave(w);
}

/* ---- scx_dsq_iter_flags ---- */

static void dsq_iter(void)
{
	struct csched_ops ops = with(SCX_OP_dispatch, nothing, 0);
	struct world *w = stage(1, KERNEL_6_12, &ops);
	struct bpf_iter_scx_dsq it;
	struct task_struct *p[2];

	for (u32 i = 0; i < 2; i++)
		p[i] = spawn(w, (struct spawn){ .run = MS });
	run_to(w, 2 * MS);
	for (u32 rev = 0; rev < 2; rev++) {
		scx_kf_iter_dsq_new(&it, SHARED_DSQ, rev ? SCX_DSQ_ITER_REV : 0, w->scx);
		assert_ptr_equal(scx_kf_iter_dsq_next(&it, w->scx), p[rev]);
		scx_kf_iter_dsq_destroy(&it, w->scx);
	}
	/* the iterator's own: not to be passed */
	assert_int_equal(__SCX_DSQ_ITER_USER_FLAGS, SCX_DSQ_ITER_REV);
	assert_int_equal((u32)__SCX_DSQ_ITER_ALL_FLAGS,
			 (u32)SCX_DSQ_ITER_REV | (u32)__SCX_DSQ_ITER_HAS_SLICE |
				 (u32)__SCX_DSQ_ITER_HAS_VTIME);
	assert_int_equal(scx_kf_iter_dsq_new(&it, SHARED_DSQ, __SCX_DSQ_ITER_HAS_SLICE, w->scx),
			 -EINVAL);
	assert_int_equal(scx_kf_iter_dsq_new(&it, SHARED_DSQ, (u32)__SCX_DSQ_ITER_HAS_VTIME,
					     w->scx),
			 -EINVAL);
	world_free(w);
}

static void reenq_any(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, note_flags, 0);
	struct world *w = stage(1, KERNEL_7_1, &ops);

	for (u32 i = 0; i < 3; i++)
		hog(w);
	run_to(w, 5 * MS);
	assert_false(w->s.u[NR] & SCX_ENQ_REENQ);
	scx_kf_dsq_reenq(SHARED_DSQ, SCX_REENQ_ANY, w->scx);
	run_to(w, 6 * MS);
	assert_true(w->s.u[NR] & SCX_ENQ_REENQ);
	leave(w);
}

/* ---- exit kinds and codes ---- */

static u64 count_exit(struct csched *s, u64 *a)
{
	s->u[NR]++;
	s->u[A] = ((const struct scx_exit_info *)a[0])->kind;
	s->u[B] = ((const struct scx_exit_info *)a[0])->exit_code;
	return 0;
}

/* One end: ops.exit once, with that; every task in fair; and it can be loaded again. */
static void ends(enum scx_exit_kind kind, const char *reason, s64 code, void (*how)(struct world *))
{
	struct csched_ops ops = with(SCX_OP_exit, count_exit, 0);
	struct world *w = world_new(2);
	const struct scx_exit_info *ei = scx_exit_info(w->scx);

	ops.data.timeout_ms = 50;
	assert_int_equal(ei->kind, SCX_EXIT_NONE);
	assert_int_equal(w->scx->exit_kind, SCX_EXIT_DONE);
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(w->scx->exit_kind, SCX_EXIT_NONE);
	for (u32 i = 0; i < 3; i++)
		hog(w);
	run_to(w, 10 * MS);
	how(w);
	run_to(w, 200 * MS);
	assert_int_equal(w->s.u[NR], 1);
	assert_int_equal(w->s.u[A], kind);
	assert_int_equal(w->s.u[B], code);
	assert_int_equal(ei->kind, kind);
	assert_string_equal(ei->reason, reason);
	assert_int_equal(!!ei->dump[0], kind >= SCX_EXIT_ERROR);
	assert_back_in_fair(w);
	assert_int_equal(w->scx->exit_kind, SCX_EXIT_DONE);
	assert_int_equal(csched_load(w, &simple_ops), 0);
	run_to(w, 300 * MS);
	leave(w);
}

static void by_user(struct world *w) { csched_unload(w); }
static void by_bpf(struct world *w) { scx_kf_exit_bstr(5, "x", NULL, 0, w->scx); }
static void by_hotplug(struct world *w) { machine_cpu_offline(w->m, 1); }
static void by_sysrq(struct world *w) { scx_sysrq_s(w->scx); }
static void by_error(struct world *w) { scx_kf_kick_cpu(99, 0, w->scx); }
static void by_bpf_error(struct world *w) { scx_kf_error_bstr("x", NULL, 0, w->scx); }
static void by_watchdog(struct world *w) { machine_timer_cancel(w->m, &w->scx->watchdog); }

static void exit_unreg(void)
{
	ends(SCX_EXIT_UNREG, "unregistered from user space", 0, by_user);
}

static void exit_unreg_bpf(void)
{
	ends(SCX_EXIT_UNREG_BPF, "unregistered from BPF", 5, by_bpf);
}

static void exit_unreg_kern(void)
{
	ends(SCX_EXIT_UNREG_KERN, "unregistered from the main kernel",
	     SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG, by_hotplug);
}

static void exit_sysrq(void)
{
	ends(SCX_EXIT_SYSRQ, "disabled by sysrq-S", 0, by_sysrq);
}

static void exit_error(void)
{
	ends(SCX_EXIT_ERROR, "runtime error", 0, by_error);
}

static void exit_error_bpf(void)
{
	ends(SCX_EXIT_ERROR_BPF, "scx_bpf_error", 0, by_bpf_error);
}

static void exit_error_stall(void)
{
	ends(SCX_EXIT_ERROR_STALL, "runnable task stall", 0, by_watchdog);
}

/* ---- scx_cpu_preempt_reason ---- */

static u64 note_reason(struct csched *s, u64 *a)
{
	s->u[NR] |= 1 << ((const struct scx_cpu_release_args *)a[1])->reason;
	return 0;
}

static u64 released_by(u64 flags, void (*how)(struct world *, struct task_struct *))
{
	struct csched_ops ops = with(SCX_OP_cpu_release, note_reason, flags);
	struct world *w = stage(2, KERNEL_6_12, &ops);
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog", .policy = SCHED_EXT });
	u64 seen;

	run_to(w, 5 * MS);
	how(w, p);
	run_to(w, 20 * MS);
	seen = w->s.u[NR];
	leave(w);
	return seen;
}

static void rt_comes(struct world *w, struct task_struct *p)
{
	for (u32 i = 0; i < 2; i++)
		spawn(w, (struct spawn){ .policy = SCHED_FIFO, .rt_priority = 1, .run = MS });
}

static void stopper_comes(struct world *w, struct task_struct *p)
{
	cpumask_t other;

	mask_init(&other, !task_cpu(p), 1);
	assert_int_equal(task_set_affinity(w->m, p, &other), 0);
}

static void fair_comes(struct world *w, struct task_struct *p)
{
	for (u32 i = 0; i < 2; i++)
		hog(w);
}

static void preempt_rt(void)
{
	assert_int_equal(released_by(0, rt_comes), 1 << SCX_CPU_PREEMPT_RT);
}

static void preempt_stop(void)
{
	assert_int_equal(released_by(0, stopper_comes), 1 << SCX_CPU_PREEMPT_STOP);
}

/* Neither: a fair task, where the scheduler has only some of them. */
static void preempt_unknown(void)
{
	assert_int_equal(released_by(SCX_OPS_SWITCH_PARTIAL, fair_comes),
			 1 << SCX_CPU_PREEMPT_UNKNOWN);
}

/* There are no deadline tasks: such a policy is refused. */
static void preempt_dl(void)
{
	struct world *w = world_new(1);
	struct task_struct *p = sleeper(w);

	assert_true(task_set_policy(w->m, p, SCHED_DEADLINE, 0) < 0);
	assert_int_equal(SCX_CPU_PREEMPT_DL, 1);
	world_free(w);
}

/* ---- numbers of DSQs ---- */

static u64 insert_at(struct csched *s, u64 *a)
{
	s->u[B]++;
	scx_kf_dispatch_direct(TASK(a[0]), s->u[A] ?: SCX_DSQ_GLOBAL, MS, 0, s->scx);
	return 0;
}

static void dsq_ids(void)
{
	static const u64 ids[] = { SCX_DSQ_GLOBAL, SCX_DSQ_LOCAL, SCX_DSQ_LOCAL_ON | 1 };

	assert_int_equal(SCX_DSQ_LOCAL_ON, SCX_DSQ_FLAG_BUILTIN | SCX_DSQ_FLAG_LOCAL_ON);
	assert_int_equal(SCX_DSQ_LOCAL_CPU_MASK, 0xffffffff);
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		struct csched_ops ops = with(SCX_OP_enqueue, insert_at, 0);
		struct task_struct *p;
		struct world *w;

		ops.fn[SCX_OP_select_cpu] = stay;
		w = stage(2, KERNEL_6_12, &ops);
		w->s.u[A] = ids[i];
		p = sleeper(w);
		hog(w);
		run_to(w, 50 * MS);
		assert_true(w->s.u[B] > 10 && task_runtime(w->m, p) > 10 * MS);
		if (ids[i] > SCX_DSQ_LOCAL_ON)
			assert_int_equal(task_cpu(p), 1);
		assert_int_equal(scx_kf_create_dsq(ids[i], -1, w->scx), -EINVAL);
		leave(w);
	}
}

static void dsq_invalid(void)
{
	struct csched_ops ops = with(SCX_OP_enqueue, insert_at, 0);
	struct world *w = stage(1, KERNEL_6_12, &ops);

	w->s.u[A] = SCX_DSQ_FLAG_BUILTIN | 7;
	hog(w);
	run_to(w, 5 * MS);
	assert_exit(w, SCX_EXIT_ERROR, "non-existent DSQ 0x8000000000000007 for hog[#]");
	assert_int_equal(scx_kf_create_dsq(SCX_DSQ_INVALID, -1, w->scx), -EINVAL);
	world_free(w);
}

/* ---- the table ---- */

struct row {
	const char *type, *name;
	void (*test)(void);
};

#define OPS_FLAG(name, test) { "scx_ops_flags", "SCX_OPS_" #name, test }
#define ENQ(name, test) { "scx_enq_flags", #name, test }
#define ITER(name) { "scx_dsq_iter_flags", #name, dsq_iter }
#define EXIT(name, test) { "scx_exit_kind", "SCX_EXIT_" #name, test }
#define DSQ(name, test) { "scx_dsq_id_flags", "SCX_DSQ_" #name, test }

static const struct row rows[] = {
	OPS_FLAG(KEEP_BUILTIN_IDLE, keep_builtin_idle),
	OPS_FLAG(ENQ_LAST, enq_last),
	OPS_FLAG(ENQ_EXITING, enq_exiting),
	OPS_FLAG(SWITCH_PARTIAL, switch_partial),
	OPS_FLAG(ENQ_MIGRATION_DISABLED, enq_migration_disabled),
	OPS_FLAG(ALLOW_QUEUED_WAKEUP, allow_queued_wakeup),
	OPS_FLAG(BUILTIN_IDLE_PER_NODE, idle_per_node),
	OPS_FLAG(ALWAYS_ENQ_IMMED, always_enq_immed),
	OPS_FLAG(HAS_CGROUP_WEIGHT, has_cgroup_weight),
	OPS_FLAG(ALL_FLAGS, all_ops_flags),
	ENQ(SCX_ENQ_WAKEUP, enq_wakeup),
	ENQ(SCX_ENQ_CPU_SELECTED, enq_wakeup),
	ENQ(SCX_ENQ_HEAD, enq_head),
	ENQ(SCX_ENQ_PREEMPT, enq_preempt),
	ENQ(SCX_ENQ_IMMED, enq_immed),
	ENQ(SCX_ENQ_REENQ, enq_reenq),
	ENQ(SCX_ENQ_LAST, enq_last),
	ENQ(__SCX_ENQ_INTERNAL_MASK, internal_enq_flags),
	ENQ(SCX_ENQ_CLEAR_OPSS, internal_enq_flags),
	ENQ(SCX_ENQ_DSQ_PRIQ, internal_enq_flags),
	{ "scx_deq_flags", "SCX_DEQ_SLEEP", deq_flags },
	{ "scx_deq_flags", "SCX_DEQ_CORE_SCHED_EXEC", deq_core_sched_exec },
	{ "scx_deq_flags", "SCX_DEQ_SCHED_CHANGE", deq_flags },
	{ "scx_wake_flags", "SCX_WAKE_FORK", wake_flags },
	{ "scx_wake_flags", "SCX_WAKE_TTWU", wake_flags },
	{ "scx_wake_flags", "SCX_WAKE_SYNC", wake_sync },
	{ "scx_pick_idle_cpu_flags", "SCX_PICK_IDLE_CORE", pick_idle },
	{ "scx_pick_idle_cpu_flags", "SCX_PICK_IDLE_IN_NODE", idle_per_node },
	{ "scx_kick_flags", "SCX_KICK_IDLE", kick },
	{ "scx_kick_flags", "SCX_KICK_PREEMPT", kick },
	{ "scx_kick_flags", "SCX_KICK_WAIT", kick },
	ITER(SCX_DSQ_ITER_REV),
	ITER(__SCX_DSQ_ITER_HAS_SLICE),
	ITER(__SCX_DSQ_ITER_HAS_VTIME),
	ITER(__SCX_DSQ_ITER_USER_FLAGS),
	ITER(__SCX_DSQ_ITER_ALL_FLAGS),
	{ "scx_reenq_flags", "SCX_REENQ_ANY", reenq_any },
	EXIT(NONE, exit_unreg),
	EXIT(DONE, exit_unreg),
	EXIT(UNREG, exit_unreg),
	EXIT(UNREG_BPF, exit_unreg_bpf),
	EXIT(UNREG_KERN, exit_unreg_kern),
	EXIT(SYSRQ, exit_sysrq),
	EXIT(ERROR, exit_error),
	EXIT(ERROR_BPF, exit_error_bpf),
	EXIT(ERROR_STALL, exit_error_stall),
	{ "scx_exit_code", "SCX_ECODE_RSN_HOTPLUG", exit_unreg_kern },
	{ "scx_exit_code", "SCX_ECODE_ACT_RESTART", exit_unreg_kern },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_RT", preempt_rt },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_DL", preempt_dl },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_STOP", preempt_stop },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_UNKNOWN", preempt_unknown },
	DSQ(FLAG_BUILTIN, dsq_ids),
	DSQ(FLAG_LOCAL_ON, dsq_ids),
	DSQ(INVALID, dsq_invalid),
	DSQ(GLOBAL, dsq_ids),
	DSQ(LOCAL, dsq_ids),
	DSQ(LOCAL_ON, dsq_ids),
	DSQ(LOCAL_CPU_MASK, dsq_ids),
};

static bool has_row(const char *type, const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].type, type) && !strcmp(rows[i].name, name))
			return true;
	return false;
}

static const char *enumerator(const struct kbtf *btf, const struct btf_type *t, u32 i)
{
	return kbtf_name(btf, BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64 ?
				      ((const struct btf_enum64 *)(t + 1))[i].name_off :
				      ((const struct btf_enum *)(t + 1))[i].name_off);
}

static void check_enum(const struct kbtf *btf, const char *type)
{
	s32 id = kbtf_find(btf, type, BTF_KIND_ENUM);
	const struct btf_type *t;

	if (id < 0)
		id = kbtf_find(btf, type, BTF_KIND_ENUM64);
	if (id < 0)
		fail_msg("the kernel BTF has no enum %s", type);
	t = kbtf_type(btf, id);
	assert_true(kbtf_vlen(t) > 0);
	for (u32 i = 0; i < kbtf_vlen(t); i++)
		if (!has_row(type, enumerator(btf, t, i)))
			fail_msg("no test for %s", enumerator(btf, t, i));
}

/* And nothing is tested that is not there. */
static void every_enumerator(void **state)
{
	const void *image;
	struct kbtf *btf;
	u32 size;

	image = kernel_btf_image(KERNEL_NEXT, &size);
	assert_int_equal(kbtf_parse(image, size, true, NULL, &btf), 0);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		check_enum(btf, rows[i].type);
	kbtf_put(btf);
}

static void every_row(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		printf("# %s\n", rows[i].name);
		fflush(stdout);
		rows[i].test();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_enumerator),
		cmocka_unit_test(every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
