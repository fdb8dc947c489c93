/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One test per callback: called when, with which arguments, and in which context.
 * What Linux 6.12 has locked, and which tasks it says it operates on, is checked at
 * every call of every test. A row of ops.def without a test does not build.
 */
#include "csched.h"

#define MAX_CALLS 20000

struct call {
	enum scx_op op;
	u64 a[4];
	u32 cpu;
	u64 at;
};

struct log {
	struct call calls[MAX_CALLS];
	u32 nr;
};

/* ---- the context of a call ---- */

/* SCX_CALL_OP*(mask, ...) of 6.12: kf mask, tasks operated on, whether their rq is locked. */
static const struct {
	u32 mask, nr_tasks;
	bool rq_locked;
} facts[SCX_NR_OPS] = {
	[SCX_OP_select_cpu] = { 0xc, 1, false },
	[SCX_OP_enqueue] = { 0x4, 1, true },
	[SCX_OP_dequeue] = { 0x10, 1, true },
	[SCX_OP_dispatch] = { 0x2, 0, true },
	[SCX_OP_tick] = { 0x10, 1, true },
	[SCX_OP_runnable] = { 0x10, 1, true },
	[SCX_OP_running] = { 0x10, 1, true },
	[SCX_OP_stopping] = { 0x10, 1, true },
	[SCX_OP_quiescent] = { 0x10, 1, true },
	[SCX_OP_yield] = { 0x10, 2, true },
	[SCX_OP_core_sched_before] = { 0x10, 2, false },
	[SCX_OP_set_weight] = { 0x10, 1, false },
	[SCX_OP_set_cpumask] = { 0x10, 1, false },
	[SCX_OP_update_idle] = { 0x10, 0, true },
	[SCX_OP_cpu_acquire] = { 0x10, 0, true },
	[SCX_OP_cpu_release] = { 0x1, 0, true },
	[SCX_OP_exit_task] = { 0x10, 1, false },
	[SCX_OP_enable] = { 0x10, 1, false },
	[SCX_OP_disable] = { 0x10, 1, false },
	[SCX_OP_dump_cpu] = { 0x10, 0, false },
	[SCX_OP_dump_task] = { 0x10, 0, false },
	/* its mask is that of unlocked code, though the task's rq is locked */
	[SCX_OP_cgroup_move] = { 0, 1, false },
	/* all others: nothing locked, no task */
};

static const u32 nr_args[] = {
#define SCX_OP0(ret, name, ...) [SCX_OP_##name] = 0,
#define SCX_OP1(ret, name, ...) [SCX_OP_##name] = 1,
#define SCX_OP2(ret, name, ...) [SCX_OP_##name] = 2,
#define SCX_OP3(ret, name, ...) [SCX_OP_##name] = 3,
#define SCX_OP4(ret, name, ...) [SCX_OP_##name] = 4,
#include "scx/ops.def"
#undef SCX_OP0
#undef SCX_OP1
#undef SCX_OP2
#undef SCX_OP3
#undef SCX_OP4
};

static struct rq *locked_rq(struct csched *s, enum scx_op op, const u64 *a)
{
	return facts[op].nr_tasks ? scx_task_rq(s->scx, TASK(a[0])) : sched_cpu_rq(s->m, a[0]);
}

static void watch(struct csched *s, enum scx_op op, const u64 *a)
{
	const struct scx_cpu *c = scx_this_cpu(s->scx);
	struct log *l = s->priv;

	assert_int_equal(c->kf_mask & ~SCX_KF_CPU_RELEASE, facts[op].mask & ~SCX_KF_CPU_RELEASE);
	for (u32 i = 0; i < 2; i++)
		assert_ptr_equal(c->subjects[i],
				 i < facts[op].nr_tasks ? (void *)a[i] : NULL);
	assert_ptr_equal(c->ddsp_task,
			 op == SCX_OP_select_cpu || op == SCX_OP_enqueue ? (void *)a[0] : NULL);
	if (facts[op].rq_locked) /* and its clock up to date */
		assert_int_equal(locked_rq(s, op, a)->clock, machine_now(s->m));
	if (op == SCX_OP_dispatch)
		assert_true(sched_cpu_rq(s->m, a[0])->scx.flags & SCX_RQ_IN_BALANCE);
	assert_true(l->nr < MAX_CALLS);
	l->calls[l->nr] = (struct call){ .op = op, .cpu = c->cpu, .at = machine_now(s->m) };
	for (u32 i = 0; i < nr_args[op]; i++)
		l->calls[l->nr].a[i] = a[i];
	l->nr++;
}

/* ---- what the tests ask of the log ---- */

static struct log *log_of(struct world *w)
{
	return w->priv;
}

/* The first call of @op from @from on, for @p (NULL: for anybody); its index, or -1. */
static s32 find(struct world *w, u32 from, enum scx_op op, const struct task_struct *p)
{
	const struct log *l = log_of(w);

	for (u32 i = from; i < l->nr; i++)
		if (l->calls[i].op == op && (!p || TASK(l->calls[i].a[0]) == p))
			return i;
	return -1;
}

static const struct call *get(struct world *w, u32 from, enum scx_op op,
			      const struct task_struct *p)
{
	s32 i = find(w, from, op, p);

	if (i < 0)
		fail_msg("op %d was not called", op);
	return &log_of(w)->calls[i];
}

static u32 count(struct world *w, enum scx_op op, const struct task_struct *p)
{
	u32 n = 0;

	for (s32 i = -1; (i = find(w, i + 1, op, p)) >= 0;)
		n++;
	return n;
}

/* Asserts that @p's calls of these ops, from call @from on, are exactly @ops in this order. */
static void assert_story(struct world *w, u32 from, const struct task_struct *p,
			 const enum scx_op *ops, u32 nr)
{
	const struct log *l = log_of(w);
	u32 at = 0;

	for (u32 i = from; i < l->nr && at < nr; i++) {
		bool asked = false;

		for (u32 k = 0; k < nr; k++)
			asked |= ops[k] == l->calls[i].op;
		if (asked && TASK(l->calls[i].a[0]) == p)
			assert_int_equal(l->calls[i].op, ops[at++]);
	}
	assert_int_equal(at, nr);
}
#define STORY(w, from, p, ...)                                                                     \
	do {                                                                                       \
		static const enum scx_op story[] = { __VA_ARGS__ };                                \
		assert_story(w, from, p, story, ARRAY_SIZE(story));                                \
	} while (0)

/* ---- the scheduler: every callback, none of which does anything special ---- */

static u64 keep_cpu(struct csched *s, u64 *a)
{
	return a[1];
}

static const struct csched_ops every_op = {
	.fn = {
		[SCX_OP_select_cpu] = keep_cpu,
		[SCX_OP_enqueue] = fifo_enqueue,
		[SCX_OP_dequeue] = nothing,
		[SCX_OP_dispatch] = simple_dispatch,
		[SCX_OP_tick] = nothing,
		[SCX_OP_runnable] = nothing,
		[SCX_OP_running] = nothing,
		[SCX_OP_stopping] = nothing,
		[SCX_OP_quiescent] = nothing,
		[SCX_OP_yield] = nothing,
		[SCX_OP_core_sched_before] = nothing,
		[SCX_OP_set_weight] = nothing,
		[SCX_OP_set_cpumask] = nothing,
		[SCX_OP_update_idle] = nothing,
		[SCX_OP_cpu_acquire] = nothing,
		[SCX_OP_cpu_release] = nothing,
		[SCX_OP_init_task] = nothing,
		[SCX_OP_exit_task] = nothing,
		[SCX_OP_enable] = nothing,
		[SCX_OP_disable] = nothing,
		[SCX_OP_dump] = nothing,
		[SCX_OP_dump_cpu] = nothing,
		[SCX_OP_dump_task] = nothing,
		[SCX_OP_cgroup_init] = nothing,
		[SCX_OP_cgroup_exit] = nothing,
		[SCX_OP_cgroup_prep_move] = nothing,
		[SCX_OP_cgroup_move] = nothing,
		[SCX_OP_cgroup_cancel_move] = nothing,
		[SCX_OP_cgroup_set_weight] = nothing,
		[SCX_OP_cgroup_set_bandwidth] = nothing,
		[SCX_OP_cgroup_set_idle] = nothing,
		[SCX_OP_cpu_online] = nothing,
		[SCX_OP_cpu_offline] = nothing,
		[SCX_OP_init] = simple_init,
		[SCX_OP_exit] = nothing,
	},
	.data = { .flags = SCX_OPS_KEEP_BUILTIN_IDLE },
};

/* A machine on which nothing is loaded yet; contexts are checked as 6.12 does. */
static struct world *stage(u32 nr_cpus)
{
	struct world *w = world_new(nr_cpus);

	w->scx->resolution = KFUNC_AT_RUN;
	w->priv = calloc(1, sizeof(struct log));
	w->watch = watch;
	return w;
}

static struct world *stage_loaded(u32 nr_cpus, const struct csched_ops *ops)
{
	struct world *w = stage(nr_cpus);

	assert_int_equal(csched_load(w, ops), 0);
	run_to(w, MS);
	return w;
}

static void leave(struct world *w)
{
	void *log = w->priv;

	world_free(w);
	free(log);
}

static u32 now_nr(struct world *w)
{
	return log_of(w)->nr;
}

#define OP_TEST(name) static void test_##name(void **state)

/* ---- a task's wake-up, run and sleep ---- */

/* For each wake-up and fork, before the task is anywhere; not where there is no choice. */
OP_TEST(select_cpu)
{
	struct world *w = stage_loaded(2, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	const struct call *c;
	cpumask_t cpu1;
	u32 from;

	c = get(w, 0, SCX_OP_select_cpu, p);
	assert_true(c->a[2] & SCX_WAKE_FORK);
	run_to(w, 3 * MS);
	from = now_nr(w);
	run_to(w, 6 * MS);
	c = get(w, from, SCX_OP_select_cpu, p);
	assert_int_equal(c->a[1], task_cpu(p));
	assert_int_equal(c->a[2] & (SCX_WAKE_TTWU | SCX_WAKE_FORK), SCX_WAKE_TTWU);
	STORY(w, from, p, SCX_OP_select_cpu, SCX_OP_runnable, SCX_OP_enqueue, SCX_OP_running);
	mask_init(&cpu1, 1, 1);
	assert_int_equal(task_set_affinity(w->m, p, &cpu1), 0);
	run_to(w, 8 * MS);
	from = now_nr(w);
	run_to(w, 50 * MS);
	assert_int_equal(find(w, from, SCX_OP_select_cpu, p), -1);
	leave(w);
}

/* With what the task is enqueued for: woken up, or its slice is over. */
OP_TEST(enqueue)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = 30 * MS, .sleep = MS });
	const struct call *c;
	u32 from;

	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 45 * MS);
	from = find(w, find(w, 0, SCX_OP_stopping, p), SCX_OP_enqueue, p);
	assert_int_equal(log_of(w)->calls[from].a[1], 0); /* the end of a slice */
	run_to(w, 200 * MS);
	c = get(w, find(w, from, SCX_OP_runnable, p), SCX_OP_enqueue, p);
	assert_int_equal(c->a[1], SCX_ENQ_WAKEUP | ENQUEUE_NOCLOCK);
	assert_int_equal(p->scx.ops_state & SCX_OPSS_STATE_MASK, SCX_OPSS_NONE);
	leave(w);
}

/* Only for tasks that the BPF side holds, and before they are quiescent. */
OP_TEST(dequeue)
{
	struct csched_ops ops = every_op;
	struct task_struct *p;
	struct world *w;
	cpumask_t cpu0;

	ops.fn[SCX_OP_enqueue] = nothing;
	w = stage_loaded(2, &ops);
	p = spawn(w, (struct spawn){ .run = MS });
	run_to(w, 10 * MS);
	assert_int_equal(scx_opss_state(p), SCX_OPSS_QUEUED);
	mask_init(&cpu0, 0, 1);
	assert_int_equal(task_set_affinity(w->m, p, &cpu0), 0);
	assert_int_equal(get(w, 0, SCX_OP_dequeue, p)->a[1] & ~DEQUEUE_NOCLOCK, DEQUEUE_SAVE);
	STORY(w, find(w, 0, SCX_OP_enqueue, p), p, SCX_OP_enqueue, SCX_OP_dequeue,
	      SCX_OP_quiescent, SCX_OP_set_cpumask, SCX_OP_runnable, SCX_OP_enqueue);
	leave(w);

	w = stage_loaded(2, &every_op); /* holds nothing: all goes to a DSQ */
	p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 100 * MS);
	assert_int_equal(task_set_affinity(w->m, p, &cpu0), 0);
	assert_int_equal(w->s.calls[SCX_OP_dequeue], 0);
	leave(w);
}

/* When the CPU has nothing on its local DSQ, in balance; with the task that is running. */
OP_TEST(dispatch)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p[2];
	const struct call *c;

	assert_true(w->s.calls[SCX_OP_dispatch] >= 1);
	c = get(w, 0, SCX_OP_dispatch, NULL);
	assert_int_equal(c->a[0], 0);
	assert_int_equal(c->a[1], 0); /* what ran was not on sched_ext */
	for (u32 i = 0; i < 2; i++)
		p[i] = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 15 * MS);
	c = &log_of(w)->calls[now_nr(w)];
	run_to(w, 30 * MS); /* a slice ends */
	c = get(w, c - log_of(w)->calls, SCX_OP_dispatch, NULL);
	assert_ptr_equal(TASK(c->a[1]), p[0]);
	assert_int_equal(p[0]->scx.slice ? 0 : 1, task_current(sched_cpu_rq(w->m, 0), p[0]) ? 1 : 0);
	leave(w);
}

/* On every tick of the CPU, for the task that runs there. */
OP_TEST(tick)
{
	struct world *w = stage_loaded(2, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog" });

	run_to(w, 51 * MS);
	assert_in_range(count(w, SCX_OP_tick, p), 49, 51);
	assert_int_equal(w->s.calls[SCX_OP_tick], count(w, SCX_OP_tick, p));
	assert_int_equal(get(w, 0, SCX_OP_tick, p)->cpu, task_cpu(p));
	leave(w);
}

OP_TEST(runnable)
{
	struct world *w = stage_loaded(2, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 3 });
	u32 from;

	from = find(w, 0, SCX_OP_runnable, p);
	assert_true(log_of(w)->calls[from].a[1] & ENQUEUE_INITIAL);
	run_to(w, 50 * MS);
	assert_true(get(w, from + 1, SCX_OP_runnable, p)->a[1] & SCX_ENQ_WAKEUP);
	assert_int_equal(count(w, SCX_OP_runnable, p), count(w, SCX_OP_quiescent, p));
	STORY(w, from, p, SCX_OP_runnable, SCX_OP_running, SCX_OP_stopping, SCX_OP_quiescent,
	      SCX_OP_runnable, SCX_OP_running, SCX_OP_stopping, SCX_OP_quiescent);
	leave(w);
}

/* On the CPU that it runs on, once for each time that it gets it. */
OP_TEST(running)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p[2];

	for (u32 i = 0; i < 2; i++)
		p[i] = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 205 * MS);
	for (u32 i = 0; i < 2; i++) {
		assert_in_range(count(w, SCX_OP_running, p[i]), 5, 6);
		STORY(w, 0, p[i], SCX_OP_running, SCX_OP_stopping, SCX_OP_running,
		      SCX_OP_stopping, SCX_OP_running);
	}
	assert_int_equal(get(w, 0, SCX_OP_running, p[0])->cpu, task_cpu(p[0]));
	leave(w);
}

/* Says whether the task could go on; its slice tells how long it ran. */
OP_TEST(stopping)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS }), *hog;

	run_to(w, 2500 * MS / 1000);
	assert_int_equal(get(w, 0, SCX_OP_stopping, p)->a[1], false);
	hog = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 100 * MS);
	assert_int_equal(get(w, 0, SCX_OP_stopping, hog)->a[1], true);
	STORY(w, find(w, 0, SCX_OP_stopping, hog), hog, SCX_OP_stopping, SCX_OP_enqueue,
	      SCX_OP_running);
	leave(w);
}

OP_TEST(quiescent)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS }), *hog;
	u32 from;

	run_to(w, 4 * MS);
	assert_true(get(w, 0, SCX_OP_quiescent, p)->a[1] & SCX_DEQ_SLEEP);
	hog = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 10 * MS);
	from = now_nr(w);
	assert_int_equal(task_set_nice(w->m, hog, 3), 0); /* a change, not a sleep */
	assert_false(get(w, from, SCX_OP_quiescent, hog)->a[1] & SCX_DEQ_SLEEP);
	STORY(w, from, hog, SCX_OP_quiescent, SCX_OP_set_weight, SCX_OP_runnable);
	leave(w);
}

struct yielder {
	struct task_script script;
	u32 left;
	bool ran;
};

static struct step yielder_next(struct task_script *ts, struct machine *m, struct task_struct *p)
{
	struct yielder *y = container_of(ts, struct yielder, script);

	y->ran = !y->ran;
	if (!y->left)
		return (struct step){ STEP_EXIT, 0 };
	if (y->ran)
		return (struct step){ STEP_RUN, MS };
	y->left--;
	return (struct step){ STEP_YIELD, 0 };
}

/* sched_yield() names nobody, and what it returns is of no interest; yield_to() names a task. */
OP_TEST(yield)
{
	struct world *w = stage_loaded(1, &every_op);
	struct yielder y = { .script = { .next = yielder_next }, .left = 3 };
	struct task_params params = { .comm = "y", .script = &y.script };
	struct task_struct *p, *to;

	assert_int_equal(task_create(w->m, &params, &w->e, &p), 0);
	run_to(w, 2 * MS);
	to = spawn(w, (struct spawn){ .comm = "to" });
	assert_ptr_equal(sched_cpu_rq(w->m, 0)->curr, p);
	sched_update_rq_clock(w->m, sched_cpu_rq(w->m, 0));
	assert_false(scx_sched_class.yield_to_task(w->m, sched_cpu_rq(w->m, 0), to));
	assert_ptr_equal(TASK(get(w, 0, SCX_OP_yield, p)->a[1]), to);
	log_of(w)->nr = 0;
	run_to(w, 100 * MS);
	assert_int_equal(count(w, SCX_OP_yield, p), 3);
	assert_int_equal(get(w, 0, SCX_OP_yield, p)->a[1], 0);
	leave(w);
}

/* ---- what tasks are ---- */

OP_TEST(set_weight)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS, .nice = 5 });
	struct task_struct *idle = spawn(w, (struct spawn){ .policy = SCHED_IDLE, .run = MS });

	assert_int_equal(get(w, 0, SCX_OP_set_weight, p)->a[1], 33);
	STORY(w, find(w, 0, SCX_OP_init_task, p), p, SCX_OP_init_task, SCX_OP_enable,
	      SCX_OP_set_weight, SCX_OP_runnable);
	assert_int_equal(get(w, 0, SCX_OP_set_weight, idle)->a[1], 1); /* of 3/1024 */
	log_of(w)->nr = 0;
	assert_int_equal(task_set_nice(w->m, p, -20), 0);
	assert_int_equal(get(w, 0, SCX_OP_set_weight, p)->a[1], 8668);
	assert_int_equal(p->scx.weight, 8668);
	leave(w);
}

OP_TEST(set_cpumask)
{
	struct world *w = stage_loaded(2, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	cpumask_t cpu1;
	u32 from;

	run_to(w, 5 * MS);
	from = now_nr(w);
	mask_init(&cpu1, 1, 1);
	assert_int_equal(task_set_affinity(w->m, p, &cpu1), 0);
	assert_ptr_equal((void *)get(w, from, SCX_OP_set_cpumask, p)->a[1], p->cpus_ptr);
	assert_true(cpumask_equal(p->cpus_ptr, &cpu1));
	/* it may have changed while another class had the task */
	from = now_nr(w);
	assert_int_equal(task_set_policy(w->m, p, SCHED_FIFO, 1), 0);
	assert_int_equal(task_set_policy(w->m, p, SCHED_NORMAL, 0), 0);
	STORY(w, from, p, SCX_OP_disable, SCX_OP_enable, SCX_OP_set_cpumask);
	leave(w);
}

/* At each real change between idle and busy, on that CPU; never for a task after a task. */
OP_TEST(update_idle)
{
	struct world *w = stage_loaded(2, &every_op);
	u32 nr[2] = { 0 };

	spawn(w, (struct spawn){ .run = MS, .sleep = MS, .times = 5 });
	run_to(w, 50 * MS);
	for (u32 i = 0; i < now_nr(w); i++) {
		const struct call *c = &log_of(w)->calls[i];

		if (c->op != SCX_OP_update_idle)
			continue;
		assert_int_equal(c->a[0], c->cpu);
		nr[(bool)c->a[1]]++;
	}
	assert_int_equal(nr[0], 5);
	assert_in_range(nr[1], 5, 7);
	leave(w);
}

/* The CPU is back, before anything is dispatched there. */
OP_TEST(cpu_acquire)
{
	struct world *w = stage_loaded(1, &every_op);
	u32 from;

	spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 5 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_acquire], 0);
	spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO, .rt_priority = 1,
				 .run = 3 * MS, .times = 1 });
	run_to(w, 20 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_acquire], 1);
	from = find(w, 0, SCX_OP_cpu_acquire, NULL);
	assert_int_equal(log_of(w)->calls[from].a[0], 0);
	assert_int_equal(log_of(w)->calls[from].a[1], 0);
	assert_true(find(w, 0, SCX_OP_cpu_release, NULL) < (s32)from);
	assert_true(find(w, from, SCX_OP_running, NULL) > (s32)from);
	leave(w);
}

static u64 copy_reason(struct csched *s, u64 *a)
{
	const struct scx_cpu_release_args *args = (const void *)a[1];

	s->u[0] = args->reason;
	s->u[1] = args->task->pid;
	return 0;
}

/* A higher class takes it: once, however often its tasks change, until it is back. */
OP_TEST(cpu_release)
{
	struct csched_ops ops = every_op;
	struct task_struct *rt[2], *hog;
	struct world *w;

	ops.fn[SCX_OP_cpu_release] = copy_reason;
	w = stage_loaded(1, &ops);
	hog = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 5 * MS);
	for (u32 i = 0; i < 2; i++)
		rt[i] = spawn(w, (struct spawn){ .comm = "rt", .policy = SCHED_FIFO,
						 .rt_priority = 1, .run = 3 * MS, .times = 1 });
	run_to(w, 20 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_release], 1);
	assert_int_equal(w->s.u[0], SCX_CPU_PREEMPT_RT);
	assert_int_equal(w->s.u[1], rt[0]->pid);
	STORY(w, find(w, 0, SCX_OP_running, hog), hog, SCX_OP_running, SCX_OP_stopping,
	      SCX_OP_running);
	assert_true(find(w, 0, SCX_OP_stopping, hog) < find(w, 0, SCX_OP_cpu_release, NULL));
	leave(w);
}

/* ---- a task's life ---- */

static u64 copy_init(struct csched *s, u64 *a)
{
	const struct scx_init_task_args *args = (const void *)a[1];

	s->u[args->fork]++;
	assert_ptr_equal(args->cgroup, TASK(a[0])->cgroups->dfl_cgrp);
	return 0;
}

/* For all that are there, and for each that comes; before anything else of the task. */
OP_TEST(init_task)
{
	struct csched_ops ops = every_op;
	struct world *w = stage(1);
	struct task_struct *p;
	u32 nr = 0;

	ops.fn[SCX_OP_init_task] = copy_init;
	list_for_each_entry(p, &w->scx->tasks, scx.tasks_node)
		nr++;
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(w->s.u[0], nr); /* stopper and kernel threads, too */
	assert_int_equal(w->s.u[1], 0);
	p = spawn(w, (struct spawn){ .run = MS });
	assert_int_equal(w->s.u[1], 1);
	STORY(w, 0, p, SCX_OP_init_task, SCX_OP_enable, SCX_OP_runnable);
	p = spawn(w, (struct spawn){ .policy = SCHED_FIFO, .rt_priority = 1, .run = MS });
	assert_int_equal(w->s.u[1], 2); /* though it is of another class */
	assert_int_equal(find(w, 0, SCX_OP_enable, p), -1);
	leave(w);
}

static u64 copy_exit(struct csched *s, u64 *a)
{
	s->u[((const struct scx_exit_task_args *)a[1])->cancelled]++;
	return 0;
}

OP_TEST(exit_task)
{
	struct csched_ops ops = every_op;
	struct task_struct *p, q = { .comm = "unborn", .sched_class = &scx_sched_class };
	struct world *w;
	u32 nr = 0;

	ops.fn[SCX_OP_exit_task] = copy_exit;
	w = stage_loaded(1, &ops);
	p = spawn(w, (struct spawn){ .run = MS, .times = 1 });
	run_to(w, 10 * MS);
	assert_int_equal(w->s.u[0], 1);
	STORY(w, 0, p, SCX_OP_running, SCX_OP_stopping, SCX_OP_quiescent, SCX_OP_disable,
	      SCX_OP_exit_task);
	/* a fork that fails after ops.init_task */
	assert_int_equal(scx_hooks(w->scx).fork(w->scx, &q), 0);
	scx_hooks(w->scx).cancel_fork(w->scx, &q);
	assert_int_equal(w->s.u[1], 1);
	list_for_each_entry(p, &w->scx->tasks, scx.tasks_node)
		nr++;
	csched_unload(w);
	assert_int_equal(w->s.u[0], 1 + nr);
	leave(w);
}

/* It comes to the class: at its birth, or later. */
OP_TEST(enable)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .policy = SCHED_FIFO, .rt_priority = 1,
							 .run = MS, .sleep = MS });

	run_to(w, 10 * MS);
	assert_int_equal(find(w, 0, SCX_OP_enable, p), -1);
	assert_int_equal(task_set_policy(w->m, p, SCHED_NORMAL, 0), 0);
	assert_int_equal(count(w, SCX_OP_enable, p), 1);
	assert_int_equal(scx_task_state(p), SCX_TASK_ENABLED);
	leave(w);
}

OP_TEST(disable)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });

	run_to(w, 10 * MS);
	assert_int_equal(task_set_policy(w->m, p, SCHED_FIFO, 1), 0);
	assert_int_equal(count(w, SCX_OP_disable, p), 1);
	assert_int_equal(scx_task_state(p), SCX_TASK_READY);
	STORY(w, 0, p, SCX_OP_enable, SCX_OP_disable);
	leave(w);
}

/* ---- dumps ---- */

static u64 copy_ctx(struct csched *s, u64 *a)
{
	const struct scx_dump_ctx *ctx = (const void *)a[0];

	assert_int_equal(ctx->kind, SCX_EXIT_NONE);
	assert_string_equal(ctx->reason, "SysRq-D");
	assert_int_equal(ctx->at_ns, machine_now(s->m));
	assert_int_equal(ctx->at_jiffies, sched_jiffies(s->m));
	s->u[0]++;
	return 0;
}

static struct world *dumped(enum scx_op op, struct task_struct **hog)
{
	struct csched_ops ops = every_op;
	struct world *w;

	ops.fn[op] = copy_ctx;
	w = stage_loaded(3, &ops);
	*hog = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 10 * MS);
	log_of(w)->nr = 0;
	scx_sysrq_d(w->scx);
	return w;
}

/* Once per dump, and first. */
OP_TEST(dump)
{
	struct task_struct *hog;
	struct world *w = dumped(SCX_OP_dump, &hog);

	assert_int_equal(w->s.u[0], 1);
	assert_int_equal(find(w, 0, SCX_OP_dump, NULL), 0);
	leave(w);
}

/* For each CPU, and whether it is idle. */
OP_TEST(dump_cpu)
{
	struct task_struct *hog;
	struct world *w = dumped(SCX_OP_dump_cpu, &hog);
	s32 at = -1;

	assert_int_equal(w->s.u[0], 3);
	for (u32 cpu = 0; cpu < 3; cpu++) {
		at = find(w, at + 1, SCX_OP_dump_cpu, NULL);
		assert_int_equal(log_of(w)->calls[at].a[1], cpu);
		assert_int_equal(log_of(w)->calls[at].a[2], cpu != task_cpu(hog));
	}
	leave(w);
}

/* For each task that is on the class and runnable, the running one first. */
OP_TEST(dump_task)
{
	struct task_struct *hog;
	struct world *w = dumped(SCX_OP_dump_task, &hog);

	assert_int_equal(w->s.u[0], 1);
	assert_ptr_equal(TASK(get(w, 0, SCX_OP_dump_task, NULL)->a[1]), hog);
	leave(w);
}

/* ---- cgroups ---- */

#define CGROUP(x) ((struct cgroup *)(x))

static struct cgroup *group(struct world *w, const char *name)
{
	struct cgroup *c;

	assert_int_equal(machine_cgroup_create(w->m, machine_cgroup_root(w->m), name, &w->e, &c),
			 0);
	return c;
}

static u64 copy_weight(struct csched *s, u64 *a)
{
	const struct scx_cgroup_init_args *args = (const void *)a[1];

	s->u[s->u[7]++] = args->weight;
	assert_int_equal(args->bw_period_us, 100000);
	assert_int_equal(args->bw_quota_us, CGROUP(a[0])->level == 1 ? 50000 : UINT64_MAX);
	return 0;
}

/* Parents before children, for all that are there; then for each that comes. */
OP_TEST(cgroup_init)
{
	struct csched_ops ops = every_op;
	struct world *w = stage(1);
	struct cgroup *a = group(w, "a"), *b;

	ops.fn[SCX_OP_cgroup_init] = copy_weight;
	assert_int_equal(machine_cgroup_set_weight(w->m, a, 300), 0);
	assert_int_equal(machine_cgroup_set_max(w->m, a, 50 * MS, 100 * MS, 0), 0);
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(w->s.calls[SCX_OP_cgroup_init], 2);
	assert_ptr_equal(CGROUP(get(w, 0, SCX_OP_cgroup_init, NULL)->a[0]),
			 machine_cgroup_root(w->m));
	assert_int_equal(w->s.u[0], 100);
	assert_int_equal(w->s.u[1], 300);
	/* before any task: ops.init_task is told the cgroup */
	assert_true(find(w, 0, SCX_OP_cgroup_init, NULL) < find(w, 0, SCX_OP_init_task, NULL));
	assert_int_equal(machine_cgroup_create(w->m, a, "b", &w->e, &b), 0);
	assert_int_equal(w->s.calls[SCX_OP_cgroup_init], 3);
	assert_ptr_equal(CGROUP(log_of(w)->calls[now_nr(w) - 1].a[0]), b);
	leave(w);
}

/* Children before parents, when the scheduler goes; or the cgroup alone. */
OP_TEST(cgroup_exit)
{
	struct world *w = stage_loaded(1, &every_op);
	struct cgroup *a = group(w, "a"), *b = group(w, "b");
	u32 from;

	assert_int_equal(machine_cgroup_destroy(w->m, b), 0);
	assert_ptr_equal(CGROUP(get(w, 0, SCX_OP_cgroup_exit, NULL)->a[0]), b);
	from = now_nr(w);
	csched_unload(w);
	from = find(w, from, SCX_OP_cgroup_exit, NULL);
	assert_ptr_equal(CGROUP(log_of(w)->calls[from].a[0]), a);
	assert_ptr_equal(CGROUP(get(w, from + 1, SCX_OP_cgroup_exit, NULL)->a[0]),
			 machine_cgroup_root(w->m));
	assert_int_equal(w->s.calls[SCX_OP_cgroup_exit], 3);
	leave(w);
}

/* Asked first; it may say no. The task is where it was. */
OP_TEST(cgroup_prep_move)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	struct cgroup *a = group(w, "a");
	const struct call *c;

	assert_int_equal(machine_cgroup_move(w->m, a, p), 0);
	c = get(w, 0, SCX_OP_cgroup_prep_move, p);
	assert_ptr_equal(CGROUP(c->a[1]), machine_cgroup_root(w->m));
	assert_ptr_equal(CGROUP(c->a[2]), a);
	assert_int_equal(machine_cgroup_move(w->m, a, p), 0); /* is there already */
	assert_int_equal(w->s.calls[SCX_OP_cgroup_prep_move], 1);
	leave(w);
}

/* The task is in the new cgroup, and off its queues: quiescent, moved, runnable. */
OP_TEST(cgroup_move)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .comm = "hog" });
	struct cgroup *a = group(w, "a");
	const struct call *c;
	u32 from;

	run_to(w, 10 * MS);
	from = now_nr(w);
	assert_int_equal(machine_cgroup_move(w->m, a, p), 0);
	c = get(w, from, SCX_OP_cgroup_move, p);
	assert_ptr_equal(CGROUP(c->a[1]), machine_cgroup_root(w->m));
	assert_ptr_equal(CGROUP(c->a[2]), a);
	STORY(w, from, p, SCX_OP_cgroup_prep_move, SCX_OP_stopping, SCX_OP_quiescent,
	      SCX_OP_cgroup_move, SCX_OP_runnable, SCX_OP_running);
	leave(w);
}

/* What was prepared and does not come: another task of the same move was refused. */
OP_TEST(cgroup_cancel_move)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS, .sleep = MS });
	struct cgroup *a = group(w, "a"), *root = machine_cgroup_root(w->m);
	const struct call *c;

	assert_int_equal(scx_hooks(w->scx).cgroup_prep_move(w->scx, p, root, a), 0);
	scx_hooks(w->scx).cgroup_cancel_move(w->scx, p, a);
	c = get(w, 0, SCX_OP_cgroup_cancel_move, p);
	assert_ptr_equal(CGROUP(c->a[1]), root);
	assert_ptr_equal(CGROUP(c->a[2]), a);
	scx_hooks(w->scx).cgroup_cancel_move(w->scx, p, a); /* nothing was prepared */
	assert_int_equal(w->s.calls[SCX_OP_cgroup_cancel_move], 1);
	leave(w);
}

OP_TEST(cgroup_set_weight)
{
	struct world *w = stage_loaded(1, &every_op);
	struct cgroup *a = group(w, "a");
	const struct call *c;

	assert_int_equal(machine_cgroup_set_weight(w->m, a, 300), 0);
	c = get(w, 0, SCX_OP_cgroup_set_weight, NULL);
	assert_ptr_equal(CGROUP(c->a[0]), a);
	assert_int_equal(c->a[1], 300);
	assert_int_equal(machine_cgroup_set_weight(w->m, a, 300), 0); /* no change */
	assert_int_equal(w->s.calls[SCX_OP_cgroup_set_weight], 1);
	leave(w);
}

static struct task_group *tg_of(struct world *w, struct task_struct *p)
{
	return p->sched_task_group;
}

/* cpu.max and cpu.max.burst, in microseconds. */
OP_TEST(cgroup_set_bandwidth)
{
	struct csched_ops ops = every_op;
	struct world *w = stage(1);
	struct cgroup *a = group(w, "a");
	const struct call *c;

	w->scx->profile = KERNEL_7_1;
	assert_int_equal(csched_load(w, &ops), 0);
	assert_int_equal(machine_cgroup_set_max(w->m, a, 50 * MS, 100 * MS, 10 * MS), 0);
	c = get(w, 0, SCX_OP_cgroup_set_bandwidth, NULL);
	assert_ptr_equal(CGROUP(c->a[0]), a);
	assert_int_equal(c->a[1], 100000);
	assert_int_equal(c->a[2], 50000);
	assert_int_equal(c->a[3], 10000);
	leave(w);
}

OP_TEST(cgroup_set_idle)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p = spawn(w, (struct spawn){ .run = MS });
	const struct call *c;

	w->scx->profile = KERNEL_7_1;
	scx_cgroup_set_idle(w->scx, tg_of(w, p), true);
	c = get(w, 0, SCX_OP_cgroup_set_idle, NULL);
	assert_ptr_equal(CGROUP(c->a[0]), p->cgroups->dfl_cgrp);
	assert_int_equal(c->a[1], true);
	leave(w);
}

/*
 * ---- sub-schedulers ----
 * A scheduler that has these is refused when it is registered (tests/scx/stories.c);
 * whatever gets past that, nobody calls them.
 */

static void never_called(enum scx_op op)
{
	struct csched_ops ops = every_op;
	struct world *w;

	ops.fn[op] = nothing;
	w = stage_loaded(1, &ops);
	group(w, "a");
	csched_unload(w);
	assert_int_equal(w->s.calls[op], 0);
	leave(w);
}

OP_TEST(sub_attach)
{
	never_called(SCX_OP_sub_attach);
}

OP_TEST(sub_detach)
{
	never_called(SCX_OP_sub_detach);
}

/* ---- CPUs, beginning and end ---- */

OP_TEST(cpu_online)
{
	struct world *w = stage_loaded(2, &every_op);

	assert_int_equal(machine_cpu_offline(w->m, 1), 0);
	run_to(w, 2 * MS);
	assert_int_equal(w->s.calls[SCX_OP_cpu_online], 0);
	assert_int_equal(machine_cpu_online(w->m, 1), 0);
	assert_int_equal(get(w, 0, SCX_OP_cpu_online, NULL)->a[0], 1);
	assert_int_equal(w->s.calls[SCX_OP_cpu_online], 1);
	leave(w);
}

OP_TEST(cpu_offline)
{
	struct world *w = stage_loaded(2, &every_op);

	assert_int_equal(machine_cpu_offline(w->m, 1), 0);
	assert_int_equal(get(w, 0, SCX_OP_cpu_offline, NULL)->a[0], 1);
	assert_int_equal(machine_cpu_offline(w->m, 1), 0); /* is off already */
	assert_int_equal(w->s.calls[SCX_OP_cpu_offline], 1);
	leave(w);
}

/* First of all. */
OP_TEST(init)
{
	struct world *w = stage_loaded(1, &every_op);

	assert_int_equal(find(w, 0, SCX_OP_init, NULL), 0);
	assert_int_equal(w->s.calls[SCX_OP_init], 1);
	leave(w);
}

static u64 copy_exit_info(struct csched *s, u64 *a)
{
	const struct scx_exit_info *ei = (const void *)a[0];

	assert_int_equal(ei->kind, SCX_EXIT_UNREG_BPF);
	assert_int_equal(ei->exit_code, 7);
	assert_string_equal(ei->reason, "unregistered from BPF");
	assert_string_equal(ei->msg, "enough");
	return 0;
}

/* Last of all, and once, whoever ends it. */
OP_TEST(exit)
{
	struct csched_ops ops = every_op;
	struct world *w;

	ops.fn[SCX_OP_exit] = copy_exit_info;
	w = stage_loaded(1, &ops);
	scx_kf_exit_bstr(7, "enough", NULL, 0, w->scx);
	scx_kf_exit_bstr(8, "too late", NULL, 0, w->scx);
	run_to(w, 2 * MS);
	assert_int_equal(w->s.calls[SCX_OP_exit], 1);
	assert_int_equal(find(w, 0, SCX_OP_exit, NULL), now_nr(w) - 1);
	csched_unload(w);
	assert_int_equal(w->s.calls[SCX_OP_exit], 1);
	leave(w);
}

/* ---- core scheduling ---- */

OP_TEST(core_sched_before)
{
	struct world *w = stage_loaded(1, &every_op);
	struct task_struct *p[2];

	for (u32 i = 0; i < 2; i++)
		p[i] = spawn(w, (struct spawn){ .comm = "hog" });
	run_to(w, 5 * MS);
	scx_op_core_sched_before(w->scx, p[1], p[0]);
	assert_ptr_equal(TASK(get(w, 0, SCX_OP_core_sched_before, p[1])->a[1]), p[0]);
	leave(w);
}

#define SCX_OP0(ret, name, ...) cmocka_unit_test(test_##name),
#define SCX_OP1 SCX_OP0
#define SCX_OP2 SCX_OP0
#define SCX_OP3 SCX_OP0
#define SCX_OP4 SCX_OP0

int main(void)
{
	const struct CMUnitTest tests[] = {
#include "scx/ops.def"
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
