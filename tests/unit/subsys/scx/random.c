/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Random scenarios: a scheduler that uses every way to dispatch, under tasks
 * that come, go, sleep, move, change class and are preempted by RT ones, with
 * schedulers that end in between. After each step every invariant of check.c
 * holds, each task's callbacks have nested properly, and no time is lost.
 */
#include "base/rng.h"
#include "csched.h"

#define NR_SCENARIOS 200
#define MAX_PID 1200
#define VTIME_DSQ 1
#define MAX_HELD 256

/* What the scheduler has been told of a task. */
struct told {
	bool init, enabled, runnable, running;
	bool misplaced; /* its mask has changed: may run on until it is moved */
};

struct random_sched {
	struct rng rng;
	struct told told[MAX_PID];
	struct task_struct *held[MAX_HELD];
	u32 nr_held;
	u32 nr_exits;
};

static struct random_sched *rs(struct csched *s)
{
	return s->priv;
}

static struct told *told(struct csched *s, u64 p)
{
	assert_in_range(TASK(p)->pid, 1, MAX_PID - 1);
	return &rs(s)->told[TASK(p)->pid];
}

static u64 r_init(struct csched *s, u64 *a)
{
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, -1, s->scx), 0);
	return scx_kf_create_dsq(VTIME_DSQ, -1, s->scx);
}

static u64 r_init_task(struct csched *s, u64 *a)
{
	assert_false(told(s, a[0])->init);
	told(s, a[0])->init = true;
	return 0;
}

static u64 r_exit_task(struct csched *s, u64 *a)
{
	struct told *t = told(s, a[0]);

	assert_true(t->init && !t->enabled && !t->runnable && !t->running);
	*t = (struct told){ 0 };
	return 0;
}

static u64 r_enable(struct csched *s, u64 *a)
{
	assert_true(told(s, a[0])->init && !told(s, a[0])->enabled);
	told(s, a[0])->enabled = true;
	TASK(a[0])->scx.dsq_vtime = 0;
	return 0;
}

static u64 r_disable(struct csched *s, u64 *a)
{
	assert_true(told(s, a[0])->enabled && !told(s, a[0])->runnable);
	told(s, a[0])->enabled = false;
	return 0;
}

static u64 r_runnable(struct csched *s, u64 *a)
{
	assert_true(told(s, a[0])->enabled && !told(s, a[0])->runnable);
	told(s, a[0])->runnable = true;
	return 0;
}

static u64 r_running(struct csched *s, u64 *a)
{
	struct task_struct *p = TASK(a[0]);

	assert_true(told(s, a[0])->runnable && !told(s, a[0])->running);
	if (cpumask_test_cpu(task_cpu(p), p->cpus_ptr))
		told(s, a[0])->misplaced = false;
	else
		assert_true(told(s, a[0])->misplaced);
	told(s, a[0])->running = true;
	return 0;
}

static u64 r_stopping(struct csched *s, u64 *a)
{
	assert_true(told(s, a[0])->runnable && told(s, a[0])->running);
	told(s, a[0])->running = false;
	TASK(a[0])->scx.dsq_vtime += 1000;
	return 0;
}

static u64 r_quiescent(struct csched *s, u64 *a)
{
	assert_true(told(s, a[0])->runnable && !told(s, a[0])->running);
	told(s, a[0])->runnable = false;
	return 0;
}

static u64 r_set_cpumask(struct csched *s, u64 *a)
{
	assert_ptr_equal((void *)a[1], TASK(a[0])->cpus_ptr);
	assert_true(told(s, a[0])->init);
	told(s, a[0])->misplaced = true;
	return 0;
}

static u64 slice(struct csched *s)
{
	return (1 + rng_below(&rs(s)->rng, 8)) * MS / 2;
}

static u64 some_cpu(struct csched *s, const struct task_struct *p)
{
	u32 cpu = cpumask_next_from(p->cpus_ptr, rng_below(&rs(s)->rng, s->scx->nr_cpus));

	return cpu < NR_CPUS ? cpu : cpumask_first(p->cpus_ptr);
}

static u64 r_select_cpu(struct csched *s, u64 *a)
{
	bool idle = false;
	s32 cpu = scx_kf_select_cpu_dfl(TASK(a[0]), a[1], a[2], &idle, s->scx);

	if (idle && rng_below(&rs(s)->rng, 2))
		scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL, slice(s), 0, s->scx);
	else if (rng_below(&rs(s)->rng, 8) == 0)
		scx_kf_dispatch_direct(TASK(a[0]), SCX_DSQ_LOCAL_ON | some_cpu(s, TASK(a[0])),
				       slice(s), 0, s->scx);
	return cpu;
}

static u64 r_enqueue(struct csched *s, u64 *a)
{
	struct task_struct *p = TASK(a[0]);
	u64 flags = a[1], cpu = some_cpu(s, p);
	struct random_sched *r = rs(s);

	if (rng_below(&r->rng, 16) == 0)
		flags |= SCX_ENQ_PREEMPT;
	switch (rng_below(&r->rng, 6)) {
	case 0:
		scx_kf_dispatch_direct(p, SCX_DSQ_LOCAL, slice(s), flags, s->scx);
		return 0;
	case 1:
		scx_kf_dispatch_direct(p, SCX_DSQ_GLOBAL, slice(s), flags, s->scx);
		break;
	case 2:
		if (p->migration_disabled)
			cpu = task_cpu(p);
		scx_kf_dispatch_direct(p, SCX_DSQ_LOCAL_ON | cpu, slice(s), flags, s->scx);
		return 0;
	case 3:
		scx_kf_dispatch_direct(p, SHARED_DSQ, slice(s), flags, s->scx);
		break;
	case 4:
		scx_kf_dispatch_vtime_direct(p, VTIME_DSQ, slice(s), p->scx.dsq_vtime, flags,
					     s->scx);
		break;
	case 5:
		assert_true(r->nr_held < MAX_HELD);
		r->held[r->nr_held++] = p;
		break;
	}
	scx_kf_kick_cpu(cpu, SCX_KICK_IDLE, s->scx);
	return 0;
}

static void drop_held(struct random_sched *r, u32 i)
{
	memmove(&r->held[i], &r->held[i + 1], (--r->nr_held - i) * sizeof(r->held[0]));
}

static u64 r_dequeue(struct csched *s, u64 *a)
{
	struct random_sched *r = rs(s);

	for (u32 i = 0; i < r->nr_held; i++) {
		if (r->held[i] == TASK(a[0])) {
			drop_held(r, i);
			return 0;
		}
	}
	fail_msg("dequeue of a task that was not held");
	return 0;
}

/* Moves some of the shared DSQ by iterator. */
static bool iterate(struct csched *s)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	bool moved = false;
	u64 rev = rng_below(&rs(s)->rng, 2) ? SCX_DSQ_ITER_REV : 0;

	assert_int_equal(scx_kf_iter_dsq_new(&it, VTIME_DSQ, rev, s->scx), 0);
	while ((p = scx_kf_iter_dsq_next(&it, s->scx))) {
		if (rng_below(&rs(s)->rng, 2))
			continue;
		scx_kf_from_dsq_set_slice(&it, slice(s), s->scx);
		moved |= scx_kf_from_dsq_in_balance(&it, p, SHARED_DSQ, 0, s->scx);
	}
	scx_kf_iter_dsq_destroy(&it, s->scx);
	return moved;
}

static u64 r_dispatch(struct csched *s, u64 *a)
{
	struct random_sched *r = rs(s);

	for (u32 i = r->nr_held; i-- > 0;) {
		struct task_struct *p = r->held[i];

		if (rng_below(&r->rng, 4) == 0 || !scx_kf_dispatch_nr_slots(s->scx))
			continue;
		scx_kf_dispatch_buffered(p, SCX_DSQ_LOCAL_ON | some_cpu(s, p), slice(s), 0, s->scx);
		if (rng_below(&r->rng, 8) == 0) {
			scx_kf_dispatch_cancel(s->scx);
			continue;
		}
		drop_held(r, i);
		if (rng_below(&r->rng, 8) == 0) /* spurious: it does no harm */
			scx_kf_dispatch_buffered(p, SHARED_DSQ, 0, 0, s->scx);
	}
	if (rng_below(&r->rng, 4) == 0)
		iterate(s);
	if (!scx_kf_consume(SHARED_DSQ, s->scx))
		scx_kf_consume(VTIME_DSQ, s->scx);
	return 0;
}

static u64 r_cpu_release(struct csched *s, u64 *a)
{
	scx_kf_reenqueue_local(s->scx);
	return 0;
}

static u64 r_yield(struct csched *s, u64 *a)
{
	TASK(a[0])->scx.slice = 0;
	return false;
}

static u64 r_exit(struct csched *s, u64 *a)
{
	rs(s)->nr_exits++;
	for (u32 i = 0; i < MAX_PID; i++)
		assert_false(rs(s)->told[i].init);
	return 0;
}

static const struct csched_ops random_ops = {
	.fn = {
		[SCX_OP_select_cpu] = r_select_cpu,
		[SCX_OP_enqueue] = r_enqueue,
		[SCX_OP_dequeue] = r_dequeue,
		[SCX_OP_dispatch] = r_dispatch,
		[SCX_OP_runnable] = r_runnable,
		[SCX_OP_running] = r_running,
		[SCX_OP_stopping] = r_stopping,
		[SCX_OP_quiescent] = r_quiescent,
		[SCX_OP_yield] = r_yield,
		[SCX_OP_set_cpumask] = r_set_cpumask,
		[SCX_OP_cpu_release] = r_cpu_release,
		[SCX_OP_init_task] = r_init_task,
		[SCX_OP_exit_task] = r_exit_task,
		[SCX_OP_enable] = r_enable,
		[SCX_OP_disable] = r_disable,
		[SCX_OP_init] = r_init,
		[SCX_OP_exit] = r_exit,
	},
	.data = { .timeout_ms = 2000 },
};

/* ---- the scenario ---- */

static struct task_struct *some_task(struct world *w, struct rng *r)
{
	s32 first = machine_first_pid(w->m);

	return task_find(w->m, first + rng_below(r, 24));
}

static void spawn_some(struct world *w, struct rng *r)
{
	struct spawn sp = {
		.run = (1 + rng_below(r, 60)) * MS / 10,
		.sleep = rng_below(r, 4) ? (1 + rng_below(r, 60)) * MS / 10 : 0,
		.times = 1 + rng_below(r, 200),
		.nice = (s32)rng_below(r, 40) - 20,
	};
	cpumask_t one;

	if (rng_below(r, 3) == 0) {
		mask_init(&one, rng_below(r, w->topo.nr_cpus), 1);
		sp.cpus = &one;
	}
	if (rng_below(r, 10) == 0) {
		sp.policy = SCHED_FIFO;
		sp.rt_priority = 10;
		sp.sleep = 20 * MS;
	}
	spawn(w, sp);
}

static void disturb(struct world *w, struct rng *r)
{
	struct task_struct *p = some_task(w, r);
	cpumask_t cpus;

	switch (rng_below(r, 6)) {
	case 0:
		spawn_some(w, r);
		break;
	case 1:
		mask_init(&cpus, rng_below(r, w->topo.nr_cpus), 1);
		cpumask_set_cpu(rng_below(r, w->topo.nr_cpus), &cpus);
		if (p)
			task_set_affinity(w->m, p, &cpus);
		break;
	case 2:
		if (p)
			task_set_nice(w->m, p, (s32)rng_below(r, 40) - 20);
		break;
	case 3:
		if (p && p->policy == SCHED_NORMAL)
			task_set_policy(w->m, p, SCHED_FIFO, 1 + rng_below(r, 50));
		else if (p)
			task_set_policy(w->m, p, SCHED_NORMAL, 0);
		break;
	case 4:
		if (p && scx_state(w->scx) == SCX_OPS_ENABLED) {
			struct bpf_iter_scx_dsq it;

			scx_kf_iter_dsq_new(&it, SHARED_DSQ, 0, w->scx);
			if (scx_kf_iter_dsq_next(&it, w->scx) == p)
				scx_kf_from_dsq_unlocked(&it, p, SCX_DSQ_GLOBAL, 0, w->scx);
			scx_kf_iter_dsq_destroy(&it, w->scx);
		}
		break;
	}
}

static void end_sched(struct world *w, struct random_sched *state, struct rng *r)
{
	if (rng_below(r, 2)) {
		csched_unload(w);
	} else { /* found within the run, or between two */
		scx_kf_error_bstr("random end", NULL, 0, w->scx);
		run_to(w, machine_now(w->m) + MS);
	}
	assert_int_equal(state->nr_exits, 1);
	assert_back_in_fair(w);
}

static void count_calls(struct world *w, u64 *calls)
{
	for (u32 op = 0; op < SCX_NR_OPS; op++) {
		calls[op] += w->s.calls[op];
		w->s.calls[op] = 0;
	}
}

static void scenario(u64 seed, u64 *calls)
{
	struct random_sched *state = calloc(1, sizeof(*state));
	struct world *w;
	struct rng r;

	rng_init(&r, seed, 1);
	rng_init(&state->rng, seed, 2);
	w = world_new_smt(2 * (1 + rng_below(&r, 3)), 1 + rng_below(&r, 2));
	for (u32 i = 0; i < 8; i++)
		spawn_some(w, &r);
	for (u32 step = 0; step < 250; step++) {
		if (scx_state(w->scx) == SCX_OPS_DISABLED) {
			count_calls(w, calls);
			*state = (struct random_sched){ .rng = state->rng };
			w->priv = state;
			assert_int_equal(csched_load(w, &random_ops), 0);
		}
		disturb(w, &r);
		run_to(w, machine_now(w->m) + rng_below(&r, 3 * MS));
		if (scx_state(w->scx) != SCX_OPS_ENABLED)
			fail_msg("seed %lu: %s", seed, scx_exit_info(w->scx)->msg);
		scx_check(w->scx);
		if (rng_below(&r, 40) == 0)
			end_sched(w, state, &r);
	}
	assert_conserved(w);
	count_calls(w, calls);
	world_free(w);
	free(state);
}

/* All that the scheduler implements must have been called, or the test shows nothing. */
static void random_scenarios(void **state)
{
	u64 calls[SCX_NR_OPS] = { 0 };

	for (u64 seed = 1; seed <= NR_SCENARIOS; seed++)
		scenario(seed, calls);
	for (u32 op = 0; op < SCX_NR_OPS; op++)
		if (random_ops.fn[op] && op != SCX_OP_yield)
			assert_true(calls[op] > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_scenarios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
