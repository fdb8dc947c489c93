/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One test per kfunc: what it does, in each context that gives it a meaning of its
 * own. They are called by way of the table that programs are bound by, so that two
 * names of one thing are both looked at. A row of kfuncs.def without a test does not
 * build.
 */
#include "csched.h"

/* What @kfunc is in @ctx, for the op's own task. */
static kfunc_fn impl(const char *kfunc, enum scx_context ctx)
{
	const struct scx_tables *t = &scx_tables_next;

	for (u32 i = 0; i < t->nr_rows; i++) {
		if (strcmp(t->rows[i].name, kfunc))
			continue;
		for (u32 k = 0; k < KFUNC_MAX_CASES && t->rows[i].cases[k].fn; k++)
			if (t->rows[i].cases[k].contexts >> ctx & 1)
				return t->rows[i].cases[k].fn;
	}
	fail_msg("%s means nothing in context %d", kfunc, ctx);
	return NULL;
}
/* CALL(ret, kfunc, context, (types), arguments...) */
#define UNPACK(...) __VA_ARGS__
#define CALL(ret, kfunc, ctx, types, ...)                                                          \
	((ret (*)(UNPACK types, struct scx *))impl(#kfunc, SCX_CTX_##ctx))(__VA_ARGS__, s->scx)
#define CALL0(ret, kfunc, ctx)                                                                     \
	((ret (*)(struct scx *))impl(#kfunc, SCX_CTX_##ctx))(s->scx)

#define TASK_P struct task_struct *
#define MASK_P const struct cpumask *

/* ---- a scheduler with one callback that is of interest ---- */

enum { RAN, A, B, C }; /* csched.u */

static struct world *stage(u32 nr_cpus, enum scx_op op, cop_fn fn)
{
	struct csched_ops ops = fifo_ops;
	struct world *w = world_new_smt(nr_cpus, nr_cpus == 4 ? 2 : 1);

	w->scx->profile = KERNEL_NEXT;
	ops.fn[SCX_OP_select_cpu] = NULL;
	if (fn)
		ops.fn[op] = fn;
	ops.data.timeout_ms = 1000;
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, MS);
	return w;
}

/* One task that runs and sleeps, and a hog beside it; 50 ms of them. */
static struct world *played(u32 nr_cpus, enum scx_op op, cop_fn fn)
{
	struct world *w = stage(nr_cpus, op, fn);

	spawn(w, (struct spawn){ .comm = "t", .run = MS, .sleep = MS });
	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 50 * MS);
	assert_true(w->s.u[RAN] > 0);
	return w;
}

static void leave(struct world *w)
{
	assert_string_equal(scx_state_name(w->scx), "enabled");
	scx_check(w->scx);
	assert_conserved(w);
	world_free(w);
}

#define KFUNC_TEST(name) static void test_##name(void **state)

/* ---- choosing a CPU ---- */

static u64 do_select_dfl(struct csched *s, u64 *a)
{
	bool idle = true;
	s32 cpu = CALL(s32, scx_bpf_select_cpu_dfl, SELECT_CPU, (TASK_P, s32, u64, bool *),
		       TASK(a[0]), a[1], a[2], &idle);

	s->u[RAN]++;
	s->u[idle ? A : B]++;
	assert_true(cpumask_test_cpu(cpu, TASK(a[0])->cpus_ptr));
	if (!idle)
		assert_int_equal(cpu, a[1]);
	return cpu;
}

KFUNC_TEST(scx_bpf_select_cpu_dfl)
{
	struct world *w = played(2, SCX_OP_select_cpu, do_select_dfl);

	assert_true(w->s.u[A] > 10); /* the sleeper finds one of two idle */
	leave(w);
	w = stage(2, SCX_OP_select_cpu, do_select_dfl);
	for (u32 i = 0; i < 4; i++)
		spawn(w, (struct spawn){ .run = 5 * MS, .sleep = MS });
	run_to(w, 50 * MS);
	assert_true(w->s.u[B] > 3); /* all are busy: where it was */
	leave(w);
}

/* Of @mask only, or -EBUSY. */
static u64 do_select_and(struct csched *s, u64 *a)
{
	cpumask_t cpu1;
	s32 cpu;

	mask_init(&cpu1, 1, 1);
	cpu = CALL(s32, scx_bpf_select_cpu_and, SELECT_CPU, (TASK_P, s32, u64, MASK_P, u64),
		   TASK(a[0]), a[1], a[2], &cpu1, 0);
	assert_true(cpu == 1 || cpu == -EBUSY);
	s->u[RAN]++;
	s->u[cpu == 1 ? A : B]++;
	return a[1];
}

KFUNC_TEST(scx_bpf_select_cpu_and)
{
	struct world *w = played(2, SCX_OP_select_cpu, do_select_and);

	assert_true(w->s.u[A] && w->s.u[B]);
	leave(w);
}

static u64 do_select_and_args(struct csched *s, u64 *a)
{
	struct scx_bpf_select_cpu_and_args args = { .prev_cpu = a[1], .wake_flags = a[2] };
	cpumask_t cpu1;
	s32 cpu;

	mask_init(&cpu1, 1, 1);
	cpu = CALL(s32, __scx_bpf_select_cpu_and, SELECT_CPU,
		   (TASK_P, MASK_P, struct scx_bpf_select_cpu_and_args *), TASK(a[0]), &cpu1,
		   &args);
	assert_true(cpu == 1 || cpu == -EBUSY);
	s->u[RAN]++;
	s->u[cpu == 1 ? A : B]++;
	return a[1];
}

KFUNC_TEST(__scx_bpf_select_cpu_and)
{
	struct world *w = played(2, SCX_OP_select_cpu, do_select_and_args);

	assert_true(w->s.u[A] && w->s.u[B]);
	leave(w);
}

/* ---- direct dispatch in ops.enqueue, and buffered dispatch in ops.dispatch ---- */

/* The one task that @s holds back in ops.enqueue. */
static u64 hold(struct csched *s, u64 *a)
{
	s->u[C] = a[0];
	return 0;
}

#define INSERTING(kfunc, ret, args, ...)                                                           \
	static u64 kfunc##_direct(struct csched *s, u64 *a)                                        \
	{                                                                                          \
		struct task_struct *p = TASK(a[0]);                                                \
                                                                                                   \
		s->u[RAN]++;                                                                       \
		CALL(ret, kfunc, ENQUEUE, args, __VA_ARGS__);                                      \
		assert_int_equal(p->scx.ddsp_dsq_id, SHARED_DSQ);                                  \
		assert_int_equal(p->scx.slice, 3 * MS);                                            \
		return 0;                                                                          \
	}                                                                                          \
	static u64 kfunc##_buffered(struct csched *s, u64 *a)                                      \
	{                                                                                          \
		struct task_struct *p = TASK(s->u[C]);                                             \
                                                                                                   \
		if (!p)                                                                            \
			return 0;                                                                  \
		s->u[RAN]++;                                                                       \
		s->u[C] = 0;                                                                       \
		CALL(ret, kfunc, DISPATCH, args, __VA_ARGS__);                                     \
		assert_int_equal(scx_this_cpu(s->scx)->dsp.cursor, 1);                             \
		assert_int_equal(p->scx.ddsp_dsq_id, SCX_DSQ_INVALID);                             \
		scx_kf_consume(SHARED_DSQ, s->scx);                                                \
		return 0;                                                                          \
	}                                                                                          \
	KFUNC_TEST(kfunc)                                                                          \
	{                                                                                          \
		struct world *w = played(1, SCX_OP_enqueue, kfunc##_direct);                       \
                                                                                                   \
		leave(w);                                                                          \
		inserting_buffered(kfunc##_buffered);                                              \
	}

static void inserting_buffered(cop_fn fn)
{
	struct world *w = stage(1, SCX_OP_dispatch, fn);
	struct csched_ops ops = w->s.c;
	struct task_struct *p;

	csched_unload(w);
	ops.fn[SCX_OP_enqueue] = hold;
	assert_int_equal(csched_load(w, &ops), 0);
	p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	run_to(w, 50 * MS);
	assert_true(w->s.u[RAN] > 10 && task_runtime(w->m, p) > 10 * MS);
	leave(w);
}

#define INSERT_ARGS (TASK_P, u64, u64, u64)
INSERTING(scx_bpf_dispatch, void, INSERT_ARGS, p, SHARED_DSQ, 3 * MS, 0)
INSERTING(scx_bpf_dsq_insert, void, INSERT_ARGS, p, SHARED_DSQ, 3 * MS, 0)
INSERTING(scx_bpf_dsq_insert___v2, bool, INSERT_ARGS, p, SHARED_DSQ, 3 * MS, 0)
#define VTIME_ARGS (TASK_P, u64, u64, u64, u64)
INSERTING(scx_bpf_dispatch_vtime, void, VTIME_ARGS, p, SHARED_DSQ, 3 * MS, 5, 0)
INSERTING(scx_bpf_dsq_insert_vtime, void, VTIME_ARGS, p, SHARED_DSQ, 3 * MS, 5, 0)
#define STRUCT_ARGS (TASK_P, struct scx_bpf_dsq_insert_vtime_args *)
INSERTING(__scx_bpf_dsq_insert_vtime, bool, STRUCT_ARGS, p,
	  &(struct scx_bpf_dsq_insert_vtime_args){ SHARED_DSQ, 3 * MS, 5, 0 })

/* ---- the dispatch buffer ---- */

static u64 do_nr_slots(struct csched *s, u64 *a)
{
	struct task_struct *p = sched_cpu_rq(s->m, a[0])->stop;
	u32 all = CALL0(u32, scx_bpf_dispatch_nr_slots, DISPATCH);

	s->u[RAN]++;
	assert_int_equal(all, SCX_DSP_DFL_MAX_BATCH);
	scx_kf_dispatch_buffered(p, SCX_DSQ_GLOBAL, 0, 0, s->scx);
	assert_int_equal(CALL0(u32, scx_bpf_dispatch_nr_slots, DISPATCH), all - 1);
	CALL0(void, scx_bpf_dispatch_cancel, DISPATCH);
	assert_int_equal(CALL0(u32, scx_bpf_dispatch_nr_slots, DISPATCH), all);
	return simple_dispatch(s, a);
}

KFUNC_TEST(scx_bpf_dispatch_nr_slots)
{
	leave(played(1, SCX_OP_dispatch, do_nr_slots));
}

/* The newest goes; the task is still ours. */
static u64 do_cancel(struct csched *s, u64 *a)
{
	struct task_struct *p = TASK(s->u[C]);

	if (!p)
		return 0;
	scx_kf_dispatch_buffered(p, SCX_DSQ_LOCAL, MS, 0, s->scx);
	if (s->u[RAN]++ % 2 == 0) {
		CALL0(void, scx_bpf_dispatch_cancel, DISPATCH);
		scx_flush_dispatches(s->scx, sched_cpu_rq(s->m, a[0]));
		assert_int_equal(scx_opss_state(p), SCX_OPSS_QUEUED);
		scx_kf_dispatch_buffered(p, SCX_DSQ_LOCAL, MS, 0, s->scx);
	}
	s->u[C] = 0;
	return 0;
}

KFUNC_TEST(scx_bpf_dispatch_cancel)
{
	inserting_buffered(do_cancel);
}

static bool do_move_to_local(struct csched *s, u64 *a, const char *kfunc)
{
	struct rq *rq = sched_cpu_rq(s->m, a[0]);
	struct task_struct *first = scx_dsq_next(scx_find_user_dsq(s->scx, SHARED_DSQ), NULL, false);
	kfunc_fn fn = impl(kfunc, SCX_CTX_DISPATCH);
	bool moved = strstr(kfunc, "v2") ?
			     ((bool (*)(u64, u64, struct scx *))fn)(SHARED_DSQ, 0, s->scx) :
			     ((bool (*)(u64, struct scx *))fn)(SHARED_DSQ, s->scx);

	s->u[RAN]++;
	assert_int_equal(moved, !!first);
	if (moved) {
		s->u[A]++;
		assert_ptr_equal(first->scx.dsq, &rq->scx.local_dsq);
		assert_int_equal(scx_this_cpu(s->scx)->dsp.nr_tasks, 1);
	}
	return 0;
}

#define MOVING(kfunc)                                                                              \
	static u64 do_##kfunc(struct csched *s, u64 *a)                                            \
	{                                                                                          \
		return do_move_to_local(s, a, #kfunc);                                             \
	}                                                                                          \
	KFUNC_TEST(kfunc)                                                                          \
	{                                                                                          \
		struct world *w = played(1, SCX_OP_dispatch, do_##kfunc);                          \
                                                                                                   \
		assert_true(w->s.u[A] > 3 && w->s.u[RAN] > w->s.u[A]);                             \
		leave(w);                                                                          \
	}
MOVING(scx_bpf_consume)
MOVING(scx_bpf_dsq_move_to_local)
MOVING(scx_bpf_dsq_move_to_local___v2)

/* Who calls it is refused when it is registered (tests/scx/stories.c): nobody gets here. */
KFUNC_TEST(scx_bpf_sub_dispatch)
{
	const struct scx_tables *t = &scx_tables_next;

	for (u32 i = 0; i < t->nr_rows; i++)
		if (!strcmp(t->rows[i].name, "scx_bpf_sub_dispatch"))
			assert_true(t->rows[i].needs & SCX_NEEDS_SUB_SCHEDS);
}

/* ---- iterators, and moves by them ---- */

#define DSQ9 9

/* Two tasks wait in DSQ 9, of vtime 7 and 3; nobody looks there. */
static u64 into_dsq9(struct csched *s, u64 *a)
{
	scx_kf_dispatch_vtime_direct(TASK(a[0]), DSQ9, MS, s->u[C] ? 3 : 7, 0, s->scx);
	s->u[C]++;
	return 0;
}

static struct world *waiting(struct task_struct **first)
{
	struct world *w = stage(1, SCX_OP_enqueue, into_dsq9);
	struct csched *s = &w->s;

	assert_int_equal(CALL(s32, scx_bpf_create_dsq, UNLOCKED_SLEEPABLE, (u64, s32), DSQ9, -1), 0);
	spawn(w, (struct spawn){ .run = MS });
	*first = spawn(w, (struct spawn){ .run = MS });
	run_to(w, 2 * MS);
	return w;
}

#define ITER_P struct bpf_iter_scx_dsq *

KFUNC_TEST(bpf_iter_scx_dsq_new)
{
	struct task_struct *p;
	struct world *w = waiting(&p);
	struct bpf_iter_scx_dsq it;
	struct csched *s = &w->s;

#define NEW(id, flags) CALL(int, bpf_iter_scx_dsq_new, TASK_OP, (ITER_P, u64, u64), &it, id, flags)
	assert_int_equal(NEW(DSQ9, 0), 0);
	scx_kf_iter_dsq_destroy(&it, s->scx);
	assert_int_equal(NEW(DSQ9, SCX_DSQ_ITER_REV), 0);
	scx_kf_iter_dsq_destroy(&it, s->scx);
	assert_int_equal(NEW(8, 0), -ENOENT);
	assert_int_equal(NEW(SCX_DSQ_GLOBAL, 0), -ENOENT);
	assert_int_equal(NEW(DSQ9, 1), -EINVAL);
	assert_int_equal(NEW(DSQ9, 1U << 31), -EINVAL);
#undef NEW
	leave(w);
}

KFUNC_TEST(bpf_iter_scx_dsq_next)
{
	struct task_struct *first, *p;
	struct world *w = waiting(&first);
	struct bpf_iter_scx_dsq it;
	struct csched *s = &w->s;

	for (u32 rev = 0; rev < 2; rev++) {
		scx_kf_iter_dsq_new(&it, DSQ9, rev ? SCX_DSQ_ITER_REV : 0, s->scx);
		p = CALL(TASK_P, bpf_iter_scx_dsq_next, TASK_OP, (ITER_P), &it);
		assert_int_equal(p == first, !rev); /* by vtime, not by age */
		p = CALL(TASK_P, bpf_iter_scx_dsq_next, TASK_OP, (ITER_P), &it);
		assert_int_equal(p == first, rev);
		assert_null(CALL(TASK_P, bpf_iter_scx_dsq_next, TASK_OP, (ITER_P), &it));
		scx_kf_iter_dsq_destroy(&it, s->scx);
	}
	scx_kf_iter_dsq_new(&it, 8, 0, s->scx); /* is not there */
	assert_null(CALL(TASK_P, bpf_iter_scx_dsq_next, TASK_OP, (ITER_P), &it));
	leave(w);
}

/* Its cursor leaves the queue. */
KFUNC_TEST(bpf_iter_scx_dsq_destroy)
{
	struct task_struct *first;
	struct world *w = waiting(&first);
	struct bpf_iter_scx_dsq it;
	struct csched *s = &w->s;

	scx_kf_iter_dsq_new(&it, DSQ9, 0, s->scx);
	scx_kf_iter_dsq_next(&it, s->scx);
	assert_ptr_not_equal(first->scx.dsq_list.node.next->next, &first->scx.dsq->list);
	CALL(void, bpf_iter_scx_dsq_destroy, TASK_OP, (ITER_P), &it);
	assert_ptr_equal(first->scx.dsq_list.node.next->next, &first->scx.dsq->list);
	scx_kf_iter_dsq_new(&it, 8, 0, s->scx);
	CALL(void, bpf_iter_scx_dsq_destroy, TASK_OP, (ITER_P), &it);
	leave(w);
}

/* What a move sets lasts for that move. */
#define SETTING(kfunc, move, dsq, field, want, kept)                                               \
	KFUNC_TEST(kfunc)                                                                          \
	{                                                                                          \
		struct task_struct *first, *p;                                                     \
		struct world *w = waiting(&first);                                                 \
		struct bpf_iter_scx_dsq it;                                                        \
		struct csched *s = &w->s;                                                          \
                                                                                                   \
		scx_kf_iter_dsq_new(&it, DSQ9, 0, s->scx);                                         \
		p = scx_kf_iter_dsq_next(&it, s->scx);                                             \
		CALL(void, kfunc, DISPATCH, (ITER_P, u64), &it, want);                             \
		assert_true(CALL(bool, move, TIMER_CB, (ITER_P, TASK_P, u64, u64), &it, p, dsq, 0)); \
		assert_int_equal(p->scx.field, want);                                              \
		p = scx_kf_iter_dsq_next(&it, s->scx);                                             \
		assert_true(CALL(bool, move, TIMER_CB, (ITER_P, TASK_P, u64, u64), &it, p, dsq, 0)); \
		assert_int_equal(p->scx.field, kept);                                              \
		scx_kf_iter_dsq_destroy(&it, s->scx);                                              \
		assert_int_equal(scx_kf_dsq_nr_queued(DSQ9, s->scx), 0);                           \
		assert_int_equal(scx_kf_dsq_nr_queued(SHARED_DSQ, s->scx), 2);                     \
		leave(w);                                                                          \
	}
SETTING(scx_bpf_dispatch_from_dsq_set_slice, scx_bpf_dispatch_from_dsq, SHARED_DSQ, slice, 123, MS)
SETTING(scx_bpf_dsq_move_set_slice, scx_bpf_dsq_move, SHARED_DSQ, slice, 123, MS)
SETTING(scx_bpf_dispatch_from_dsq_set_vtime, scx_bpf_dispatch_vtime_from_dsq, SHARED_DSQ, dsq_vtime,
	456, 7)
SETTING(scx_bpf_dsq_move_set_vtime, scx_bpf_dsq_move_vtime, SHARED_DSQ, dsq_vtime, 456, 7)

/* In ops.dispatch, all that waits in DSQ 9 moves to the global DSQ, or by vtime to another. */
static u64 move_all(struct csched *s, u64 *a, const char *kfunc)
{
	bool (*fn)(ITER_P, TASK_P, u64, u64, struct scx *) = (void *)impl(kfunc, SCX_CTX_DISPATCH);
	bool vtime = strstr(kfunc, "vtime");
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;

	if (scx_kf_iter_dsq_new(&it, DSQ9, 0, s->scx))
		return 0;
	while ((p = scx_kf_iter_dsq_next(&it, s->scx))) {
		s->u[RAN]++;
		assert_true(fn(&it, p, vtime ? SHARED_DSQ : SCX_DSQ_GLOBAL, 0, s->scx));
		assert_false(fn(&it, p, SCX_DSQ_GLOBAL, 0, s->scx)); /* is there no more */
		assert_int_equal(!!(p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ), vtime);
	}
	scx_kf_iter_dsq_destroy(&it, s->scx);
	if (vtime)
		scx_kf_consume(SHARED_DSQ, s->scx);
	return 0;
}

#define MOVING_ALL(kfunc)                                                                          \
	static u64 all_##kfunc(struct csched *s, u64 *a)                                           \
	{                                                                                          \
		return move_all(s, a, #kfunc);                                                     \
	}                                                                                          \
	KFUNC_TEST(kfunc)                                                                          \
	{                                                                                          \
		moving_all(all_##kfunc);                                                           \
	}

static void moving_all(cop_fn fn)
{
	struct csched_ops ops = fifo_ops;
	struct world *w = world_new(1);

	w->scx->profile = KERNEL_NEXT;
	ops.fn[SCX_OP_select_cpu] = NULL;
	ops.fn[SCX_OP_enqueue] = into_dsq9;
	ops.fn[SCX_OP_dispatch] = fn;
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(scx_kf_create_dsq(DSQ9, -1, w->scx), 0);
	for (u32 i = 0; i < 3; i++)
		spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	run_to(w, 50 * MS);
	assert_true(w->s.u[RAN] > 20);
	leave(w);
}
MOVING_ALL(scx_bpf_dispatch_from_dsq)
MOVING_ALL(scx_bpf_dispatch_vtime_from_dsq)
MOVING_ALL(scx_bpf_dsq_move)
MOVING_ALL(scx_bpf_dsq_move_vtime)

/* ---- enqueueing anew ---- */

static u64 do_reenqueue(struct csched *s, u64 *a)
{
	u32 waiting = sched_cpu_rq(s->m, a[0])->scx.local_dsq.nr;

	s->u[RAN]++;
	assert_int_equal(CALL0(u32, scx_bpf_reenqueue_local, CPU_RELEASE), waiting);
	assert_int_equal(sched_cpu_rq(s->m, a[0])->scx.local_dsq.nr, 0);
	s->u[A] += waiting;
	return 0;
}

KFUNC_TEST(scx_bpf_reenqueue_local)
{
	struct world *w = stage(1, SCX_OP_cpu_release, do_reenqueue);

	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 5 * MS);
	spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 1, .run = MS,
				 .sleep = 3 * MS });
	run_to(w, 50 * MS);
	assert_true(w->s.u[RAN] > 5 && w->s.u[A] == w->s.u[RAN]);
	leave(w);
}

static u64 count_reenq(struct csched *s, u64 *a)
{
	s->u[A] += !!(a[1] & SCX_ENQ_REENQ);
	scx_kf_dispatch_direct(TASK(a[0]), s->u[B] ? SHARED_DSQ : SCX_DSQ_LOCAL, MS, 0, s->scx);
	return 0;
}

KFUNC_TEST(scx_bpf_reenqueue_local___v2)
{
	struct world *w = stage(1, SCX_OP_enqueue, count_reenq);
	struct csched *s = &w->s;

	for (u32 i = 0; i < 3; i++)
		spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 10 * MS);
	CALL0(void, scx_bpf_reenqueue_local___v2, TIMER_CB);
	assert_int_equal(s->u[A], 0); /* a moment later */
	run_to(w, 11 * MS);
	assert_int_equal(s->u[A], 2);
	leave(w);
}

KFUNC_TEST(scx_bpf_dsq_reenq)
{
	struct world *w = stage(1, SCX_OP_enqueue, count_reenq);
	struct csched *s = &w->s;

	s->u[B] = 1;
	for (u32 i = 0; i < 3; i++)
		spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 10 * MS);
	assert_int_equal(scx_kf_dsq_nr_queued(SHARED_DSQ, s->scx), 2);
	CALL(void, scx_bpf_dsq_reenq, TIMER_CB, (u64, u64), SHARED_DSQ, SCX_REENQ_ANY);
	run_to(w, 10 * MS + 10);
	assert_int_equal(s->u[A], 2);
	leave(w);
}

/* ---- DSQs ---- */

KFUNC_TEST(scx_bpf_create_dsq)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;

#define CREATE(id, node) CALL(s32, scx_bpf_create_dsq, UNLOCKED_SLEEPABLE, (u64, s32), id, node)
	assert_int_equal(CREATE(5, -1), 0);
	assert_int_equal(CREATE(6, 0), 0);
	assert_int_equal(CREATE(5, -1), -EEXIST);
	assert_int_equal(CREATE(7, 1), -EINVAL); /* there is one node */
	assert_int_equal(CREATE(7, -2), -EINVAL);
	assert_int_equal(CREATE(SCX_DSQ_GLOBAL, -1), -EINVAL);
	assert_int_equal(CREATE(SCX_DSQ_LOCAL_ON, -1), -EINVAL);
	assert_int_equal(CREATE(SCX_DSQ_FLAG_BUILTIN | 77, -1), -EINVAL);
#undef CREATE
	leave(w);
}

KFUNC_TEST(scx_bpf_dsq_nr_queued)
{
	struct task_struct *first;
	struct world *w = waiting(&first);
	struct csched *s = &w->s;

#define QUEUED(id) CALL(s32, scx_bpf_dsq_nr_queued, TASK_OP, (u64), id)
	assert_int_equal(QUEUED(DSQ9), 2);
	assert_int_equal(QUEUED(SHARED_DSQ), 0);
	assert_int_equal(QUEUED(8), -ENOENT);
	assert_int_equal(QUEUED(SCX_DSQ_LOCAL), 0);
	assert_int_equal(QUEUED(SCX_DSQ_LOCAL_ON | 0), 0);
	assert_int_equal(QUEUED(SCX_DSQ_GLOBAL), -ENOENT); /* 6.12 has several of them */
#undef QUEUED
	leave(w);
}

KFUNC_TEST(scx_bpf_destroy_dsq)
{
	struct world *w = stage(1, SCX_OP_init, NULL);
	struct csched *s = &w->s;

	CALL(void, scx_bpf_destroy_dsq, TASK_OP, (u64), SHARED_DSQ);
	assert_int_equal(scx_kf_dsq_nr_queued(SHARED_DSQ, s->scx), -ENOENT);
	CALL(void, scx_bpf_destroy_dsq, TASK_OP, (u64), SHARED_DSQ); /* is gone: no matter */
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, -1, s->scx), 0);
	leave(w);
}

KFUNC_TEST(scx_bpf_dsq_peek)
{
	struct task_struct *first;
	struct world *w = waiting(&first);
	struct csched *s = &w->s;

	assert_ptr_equal(CALL(TASK_P, scx_bpf_dsq_peek, TASK_OP, (u64), DSQ9), first);
	assert_null(CALL(TASK_P, scx_bpf_dsq_peek, TASK_OP, (u64), SHARED_DSQ));
	leave(w);
}

/* ---- CPUs ---- */

KFUNC_TEST(scx_bpf_kick_cpu)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog" });
	u32 cpu, asked;

	run_to(w, 5 * MS);
	cpu = task_cpu(p);
	asked = s->calls[SCX_OP_dispatch];
#define KICK(cpu, flags) CALL(void, scx_bpf_kick_cpu, TASK_OP, (s32, u64), cpu, flags)
	KICK(cpu, SCX_KICK_IDLE); /* is busy: nothing */
	run_to(w, 5 * MS + 10000);
	assert_int_equal(s->calls[SCX_OP_dispatch], asked);
	KICK(!cpu, SCX_KICK_IDLE);
	run_to(w, 5 * MS + 20000);
	assert_int_equal(s->calls[SCX_OP_dispatch], asked + 1);
	KICK(cpu, 0); /* goes through the scheduler, and has slice left */
	run_to(w, 5 * MS + 30000);
	assert_int_equal(s->calls[SCX_OP_dispatch], asked + 1);
	assert_in_range(p->scx.slice, 1, SCX_SLICE_DFL - 1);
	KICK(cpu, SCX_KICK_PREEMPT);
	run_to(w, 5 * MS + 40000);
	assert_int_equal(s->calls[SCX_OP_dispatch], asked + 2);
	KICK(cpu, SCX_KICK_WAIT);
	run_to(w, 10 * MS);
#undef KICK
	leave(w);
}

KFUNC_TEST(scx_bpf_nr_cpu_ids)
{
	struct world *w = stage(3, SCX_OP_init, NULL);
	struct csched *s = &w->s;

	assert_int_equal(CALL0(u32, scx_bpf_nr_cpu_ids, TASK_OP), 3);
	leave(w);
}

static u64 only_count(struct csched *s, u64 *a)
{
	s->u[RAN]++;
	return 0;
}

/* With ops.cpu_offline, so that the scheduler lives on. */
static struct world *without_cpu1(void)
{
	struct world *w = stage(2, SCX_OP_cpu_offline, only_count);

	assert_int_equal(machine_cpu_offline(w->m, 1), 0);
	run_to(w, 2 * MS);
	return w;
}

KFUNC_TEST(scx_bpf_get_possible_cpumask)
{
	struct world *w = without_cpu1();
	struct csched *s = &w->s;

	assert_int_equal(CALL0(MASK_P, scx_bpf_get_possible_cpumask, TASK_OP)->bits[0], 3);
	leave(w);
}

KFUNC_TEST(scx_bpf_get_online_cpumask)
{
	struct world *w = without_cpu1();
	struct csched *s = &w->s;

	assert_int_equal(CALL0(MASK_P, scx_bpf_get_online_cpumask, TASK_OP)->bits[0], 1);
	leave(w);
}

/* Masks are not counted: giving one back changes nothing. */
KFUNC_TEST(scx_bpf_put_cpumask)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;
	MASK_P mask = CALL0(MASK_P, scx_bpf_get_online_cpumask, TASK_OP);

	CALL(void, scx_bpf_put_cpumask, TASK_OP, (MASK_P), mask);
	assert_int_equal(mask->bits[0], 3);
	leave(w);
}

KFUNC_TEST(scx_bpf_task_running)
{
	struct task_struct *first, *p;
	struct world *w = waiting(&first);
	struct csched *s = &w->s;

	assert_false(CALL(bool, scx_bpf_task_running, TASK_OP, (TASK_P), first));
	p = sched_cpu_rq(w->m, 0)->curr;
	assert_true(CALL(bool, scx_bpf_task_running, TASK_OP, (TASK_P), p));
	leave(w);
}

KFUNC_TEST(scx_bpf_task_cpu)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog" });
	cpumask_t cpu1;

	mask_init(&cpu1, 1, 1);
	assert_int_equal(task_set_affinity(w->m, p, &cpu1), 0);
	run_to(w, 5 * MS);
	assert_int_equal(CALL(s32, scx_bpf_task_cpu, TASK_OP, (TASK_P), p), 1);
	leave(w);
}

KFUNC_TEST(scx_bpf_cpu_rq)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;

	assert_ptr_equal(CALL(struct rq *, scx_bpf_cpu_rq, TASK_OP, (s32), 1),
			 sched_cpu_rq(w->m, 1));
	leave(w);
}

KFUNC_TEST(scx_bpf_cpu_curr)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog" });

	run_to(w, 5 * MS);
	assert_ptr_equal(CALL(TASK_P, scx_bpf_cpu_curr, TASK_OP, (s32), task_cpu(p)), p);
	assert_ptr_equal(CALL(TASK_P, scx_bpf_cpu_curr, TASK_OP, (s32), !task_cpu(p)),
			 sched_cpu_rq(w->m, !task_cpu(p))->idle);
	leave(w);
}

/* That of the op's task, or of the op's CPU. */
static u64 do_locked_rq(struct csched *s, u64 *a)
{
	s->u[RAN]++;
	assert_ptr_equal(CALL0(struct rq *, scx_bpf_locked_rq, TASK_OP),
			 scx_task_rq(s->scx, TASK(a[0])));
	return 0;
}

static u64 do_locked_rq_of_cpu(struct csched *s, u64 *a)
{
	s->u[RAN]++;
	assert_ptr_equal(CALL0(struct rq *, scx_bpf_locked_rq, DISPATCH),
			 sched_cpu_rq(s->m, a[0]));
	return simple_dispatch(s, a);
}

KFUNC_TEST(scx_bpf_locked_rq)
{
	leave(played(2, SCX_OP_running, do_locked_rq));
	leave(played(2, SCX_OP_dispatch, do_locked_rq_of_cpu));
}

/* ---- how fast CPUs run ---- */

KFUNC_TEST(scx_bpf_cpuperf_cap)
{
	struct world *w = stage(2, SCX_OP_init, NULL);
	struct csched *s = &w->s;

	assert_int_equal(CALL(u32, scx_bpf_cpuperf_cap, TASK_OP, (s32), 1),
			 w->topo.cpus[1].capacity);
	leave(w);
}

static u64 halve(struct csched *s, u64 *a)
{
	s->u[RAN]++;
	CALL(void, scx_bpf_cpuperf_set, TASK_OP, (s32, u32), task_cpu(TASK(a[0])), 512);
	return 0;
}

/* Half the performance is asked for, a quarter more is given: work takes 1.6 times as long. */
KFUNC_TEST(scx_bpf_cpuperf_set)
{
	struct world *w = stage(1, SCX_OP_running, halve);
	struct task_struct *p = spawn(w, (struct spawn){ .run = 50 * MS, .times = 1 });

	run_to(w, 200 * MS);
	assert_true(w->s.u[RAN] > 0);
	assert_in_range(task_runtime(w->m, p), 79 * MS, 82 * MS);
	assert_int_equal(sched_cpu_rq(w->m, 0)->scx.cpuperf_target, 512);
	leave(w);
}

KFUNC_TEST(scx_bpf_cpuperf_cur)
{
	struct world *w = stage(1, SCX_OP_running, halve);
	struct csched *s = &w->s;

	assert_int_equal(CALL(u32, scx_bpf_cpuperf_cur, TASK_OP, (s32), 0), SCX_CPUPERF_ONE);
	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 5 * MS);
	assert_int_equal(CALL(u32, scx_bpf_cpuperf_cur, TASK_OP, (s32), 0), 640);
	leave(w);
}

/* ---- idle CPUs: four, two per core ---- */

static struct world *idle4(struct csched **s)
{
	struct world *w = stage(4, SCX_OP_init, NULL);

	run_to(w, 5 * MS);
	*s = &w->s;
	return w;
}

KFUNC_TEST(scx_bpf_get_idle_cpumask)
{
	struct csched *s;
	struct world *w = idle4(&s);

	assert_int_equal(CALL0(MASK_P, scx_bpf_get_idle_cpumask, TASK_OP)->bits[0], 0xf);
	scx_test_and_clear_idle(w->scx, 2);
	assert_int_equal(CALL0(MASK_P, scx_bpf_get_idle_cpumask, TASK_OP)->bits[0], 0xb);
	leave(w);
}

KFUNC_TEST(scx_bpf_get_idle_smtmask)
{
	struct csched *s;
	struct world *w = idle4(&s);

	scx_test_and_clear_idle(w->scx, 2);
	assert_int_equal(CALL0(MASK_P, scx_bpf_get_idle_smtmask, TASK_OP)->bits[0], 0x3);
	leave(w);
	w = stage(2, SCX_OP_init, NULL); /* without SMT: each CPU is a core */
	run_to(w, 5 * MS);
	s = &w->s;
	scx_test_and_clear_idle(w->scx, 0);
	assert_int_equal(CALL0(MASK_P, scx_bpf_get_idle_smtmask, TASK_OP)->bits[0], 0x2);
	leave(w);
}

KFUNC_TEST(scx_bpf_put_idle_cpumask)
{
	struct csched *s;
	struct world *w = idle4(&s);
	MASK_P mask = CALL0(MASK_P, scx_bpf_get_idle_cpumask, TASK_OP);

	CALL(void, scx_bpf_put_idle_cpumask, TASK_OP, (MASK_P), mask);
	assert_int_equal(mask->bits[0], 0xf);
	leave(w);
}

KFUNC_TEST(scx_bpf_test_and_clear_cpu_idle)
{
	struct csched *s;
	struct world *w = idle4(&s);

	assert_true(CALL(bool, scx_bpf_test_and_clear_cpu_idle, TASK_OP, (s32), 1));
	assert_false(CALL(bool, scx_bpf_test_and_clear_cpu_idle, TASK_OP, (s32), 1));
	leave(w);
}

/* Whole cores first; with SCX_PICK_IDLE_CORE nothing else. Each CPU once. */
KFUNC_TEST(scx_bpf_pick_idle_cpu)
{
	struct csched *s;
	struct world *w = idle4(&s);
	cpumask_t all;
	u32 got = 0;

	mask_init(&all, 0, 4);
#define PICK(flags) CALL(s32, scx_bpf_pick_idle_cpu, TASK_OP, (MASK_P, u64), &all, flags)
	got |= 1 << PICK(SCX_PICK_IDLE_CORE);
	got |= 1 << PICK(SCX_PICK_IDLE_CORE);
	assert_int_equal(PICK(SCX_PICK_IDLE_CORE), -EBUSY);
	got |= 1 << PICK(0);
	got |= 1 << PICK(0);
	assert_int_equal(PICK(0), -EBUSY);
	assert_int_equal(got, 0xf);
#undef PICK
	leave(w);
}

KFUNC_TEST(scx_bpf_pick_any_cpu)
{
	struct csched *s;
	struct world *w = idle4(&s);
	cpumask_t two;

	mask_init(&two, 1, 2);
#define PICK() CALL(s32, scx_bpf_pick_any_cpu, TASK_OP, (MASK_P, u64), &two, 0)
	assert_in_range(PICK() + PICK(), 3, 3); /* the idle ones, one after the other */
	assert_in_range(PICK(), 1, 2);		/* then any */
	cpumask_clear(&two);
	assert_int_equal(PICK(), -EBUSY);
#undef PICK
	leave(w);
}

/* ---- NUMA nodes: one here ---- */

static struct world *noded(struct csched **s)
{
	struct world *w = stage(4, SCX_OP_init, NULL);
	struct csched_ops ops = w->s.c;

	csched_unload(w);
	ops.data.flags = SCX_OPS_BUILTIN_IDLE_PER_NODE;
	assert_int_equal(csched_load(w, &ops), 0);
	run_to(w, 5 * MS);
	*s = &w->s;
	return w;
}

KFUNC_TEST(scx_bpf_nr_node_ids)
{
	struct csched *s;
	struct world *w = noded(&s);

	assert_int_equal(CALL0(u32, scx_bpf_nr_node_ids, TASK_OP), 1);
	leave(w);
}

KFUNC_TEST(scx_bpf_cpu_node)
{
	struct csched *s;
	struct world *w = noded(&s);

	assert_int_equal(CALL(int, scx_bpf_cpu_node, TASK_OP, (s32), 3), 0);
	leave(w);
}

KFUNC_TEST(scx_bpf_get_idle_cpumask_node)
{
	struct csched *s;
	struct world *w = noded(&s);

	assert_int_equal(CALL(MASK_P, scx_bpf_get_idle_cpumask_node, TASK_OP, (int), 0)->bits[0],
			 0xf);
	assert_true(cpumask_empty(CALL(MASK_P, scx_bpf_get_idle_cpumask_node, TASK_OP, (int), -1)));
	leave(w);
}

KFUNC_TEST(scx_bpf_get_idle_smtmask_node)
{
	struct csched *s;
	struct world *w = noded(&s);

	scx_test_and_clear_idle(w->scx, 3);
	assert_int_equal(CALL(MASK_P, scx_bpf_get_idle_smtmask_node, TASK_OP, (int), 0)->bits[0],
			 0x3);
	leave(w);
}

KFUNC_TEST(scx_bpf_pick_idle_cpu_node)
{
	struct csched *s;
	struct world *w = noded(&s);
	cpumask_t cpu2;

	mask_init(&cpu2, 2, 1);
#define PICK(node)                                                                                 \
	CALL(s32, scx_bpf_pick_idle_cpu_node, TASK_OP, (MASK_P, int, u64), &cpu2, node,            \
	     SCX_PICK_IDLE_IN_NODE)
	assert_int_equal(PICK(-1), -ENOENT);
	assert_int_equal(PICK(0), 2);
	assert_int_equal(PICK(0), -EBUSY);
#undef PICK
	leave(w);
}

KFUNC_TEST(scx_bpf_pick_any_cpu_node)
{
	struct csched *s;
	struct world *w = noded(&s);
	cpumask_t cpu2;

	mask_init(&cpu2, 2, 1);
	for (u32 i = 0; i < 2; i++) /* idle, then not */
		assert_int_equal(CALL(s32, scx_bpf_pick_any_cpu_node, TASK_OP, (MASK_P, int, u64),
				      &cpu2, 0, 0),
				 2);
	leave(w);
}

/* ---- tasks ---- */

KFUNC_TEST(scx_bpf_task_set_slice)
{
	struct task_struct *first;
	struct world *w = waiting(&first);
	struct csched *s = &w->s;

	assert_true(CALL(bool, scx_bpf_task_set_slice, TASK_OP, (TASK_P, u64), first, 77));
	assert_int_equal(first->scx.slice, 77);
	leave(w);
}

KFUNC_TEST(scx_bpf_task_set_dsq_vtime)
{
	struct world *w = stage(1, SCX_OP_init, NULL);
	struct csched *s = &w->s;
	struct task_struct *p = spawn(w, (struct spawn){ .start = SEC });

	assert_true(CALL(bool, scx_bpf_task_set_dsq_vtime, TASK_OP, (TASK_P, u64), p, 77));
	assert_int_equal(p->scx.dsq_vtime, 77);
	leave(w);
}

static u64 do_task_cgroup(struct csched *s, u64 *a)
{
	s->u[RAN]++;
	assert_ptr_equal(CALL(struct cgroup *, scx_bpf_task_cgroup, TASK_OP, (TASK_P), TASK(a[0])),
			 TASK(a[0])->cgroups->dfl_cgrp);
	return 0;
}

KFUNC_TEST(scx_bpf_task_cgroup)
{
	struct world *w = played(1, SCX_OP_running, do_task_cgroup);
	struct cgroup *c;

	assert_int_equal(machine_cgroup_create(w->m, machine_cgroup_root(w->m), "a", &w->e, &c), 0);
	assert_int_equal(machine_cgroup_move(w->m, c, task_find(w->m, machine_first_pid(w->m))), 0);
	run_to(w, 100 * MS);
	leave(w);
}

/* ---- time and counters ---- */

KFUNC_TEST(scx_bpf_now)
{
	struct world *w = stage(1, SCX_OP_init, NULL);
	struct csched *s = &w->s;

	run_to(w, 7 * MS);
	assert_int_equal(CALL0(u64, scx_bpf_now, TASK_OP), 7 * MS);
	leave(w);
}

KFUNC_TEST(scx_bpf_events)
{
	struct world *w = stage(1, SCX_OP_init, NULL);
	struct csched *s = &w->s;
	struct scx_event_stats ev;

	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 100 * MS);
	memset(&ev, 0xff, sizeof(ev));
	CALL(void, scx_bpf_events, TASK_OP, (struct scx_event_stats *, size_t), &ev, sizeof(ev));
	assert_in_range(ev.SCX_EV_DISPATCH_KEEP_LAST, 4, 5); /* five slices of 20 ms */
	assert_int_equal(ev.SCX_EV_BYPASS_ACTIVATE, 1);
	assert_int_equal(ev.SCX_EV_SELECT_CPU_FALLBACK, 0);
	leave(w);
}

/* ---- text ---- */

#define BSTR_ARGS (char *, unsigned long long *, u32)

KFUNC_TEST(scx_bpf_exit_bstr)
{
	struct world *w = stage(1, SCX_OP_init, NULL);
	unsigned long long data[] = { 5, (u64)"ok" };
	struct csched *s = &w->s;

	CALL(void, scx_bpf_exit_bstr, TASK_OP, (s64, char *, unsigned long long *, u32), -3,
	     "n=%d %s", data, sizeof(data));
	run_to(w, 2 * MS);
	assert_exit(w, SCX_EXIT_UNREG_BPF, "n=5 ok");
	assert_int_equal(scx_exit_info(w->scx)->exit_code, -3);
	world_free(w);
}

KFUNC_TEST(scx_bpf_error_bstr)
{
	struct world *w = stage(1, SCX_OP_init, NULL);
	unsigned long long data[] = { 0xbad };
	struct csched *s = &w->s;

	CALL(void, scx_bpf_error_bstr, TASK_OP, BSTR_ARGS, "oh %x", data, sizeof(data));
	run_to(w, 2 * MS);
	assert_exit(w, SCX_EXIT_ERROR_BPF, "oh bad");
	world_free(w);
}

static u64 do_dump(struct csched *s, u64 *a)
{
	unsigned long long data[] = { s->u[RAN]++ };

	CALL(void, scx_bpf_dump_bstr, DUMP, BSTR_ARGS, "dump %d\n", data, sizeof(data));
	return 0;
}

KFUNC_TEST(scx_bpf_dump_bstr)
{
	struct world *w = stage(1, SCX_OP_dump, do_dump);

	scx_kf_error_bstr("end", NULL, 0, w->scx);
	run_to(w, 2 * MS);
	assert_int_equal(w->s.u[RAN], 1);
	assert_non_null(strstr(scx_exit_info(w->scx)->dump, "\n\ndump 0\n\nCPU states\n"));
	world_free(w);
}

/* ---- all of them ---- */

#define KFUNC(ret, name, ...) cmocka_unit_test(test_##name),

int main(void)
{
	const struct CMUnitTest tests[] = {
#include "scx/kfuncs.def"
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
