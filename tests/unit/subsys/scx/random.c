/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * random [NR [FIRST]]: random scenarios, the first by the seed FIRST. A scheduler
 * that uses every way to dispatch runs tasks that come, go, sleep, change CPUs,
 * weight, class and cgroup, and are preempted by bursts of RT ones, on a machine
 * whose CPUs and cgroups come and go. It is ended in every way, attached again, and
 * sometimes fails in that. After each step every invariant of check.c and of the
 * machine holds, each task's and cgroup's callbacks have nested properly, and no
 * time is lost.
 */
#include "base/rng.h"
#include "csched.h"

#define NR_SCENARIOS 200 /* in the suite; 10,000 by: make random */
#define MAX_PID 1200
#define VTIME_DSQ 1
#define MAX_HELD 256
#define MAX_CGROUPS 512 /* ids */

/* What the scheduler has been told of a task. */
struct told {
	bool init, enabled, runnable, running;
	bool misplaced; /* its mask has changed: may run on until it is moved */
	bool custody;	/* 7.1: from ops.enqueue, if it keeps it, to ops.dequeue */
	u64 moving_to;	/* the cgroup, once the scheduler has agreed; 0: none */
};

/* What it does wrong, at the next chance. */
enum misdeed {
	NO_MISDEED,
	BAD_DSQ,
	DIRECT_TWICE,
	BAD_CPU,
	OVERFLOW,
	NR_MISDEEDS,
	/* while it is being enabled */
	FAIL_INIT = NR_MISDEEDS,
	FAIL_INIT_TASK,
	FAIL_CGROUP_INIT,
	NR_ALL_MISDEEDS,
};

struct random_sched {
	struct rng rng;
	struct told told[MAX_PID];
	struct task_struct *held[MAX_HELD];
	u32 nr_held;
	u32 nr_exits;
	bool cgroups[MAX_CGROUPS]; /* that it has been told of */
	enum misdeed misdeed;
	u32 countdown; /* of FAIL_INIT_TASK, FAIL_CGROUP_INIT */
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

static bool does(struct csched *s, enum misdeed d)
{
	if (rs(s)->misdeed != d)
		return false;
	rs(s)->misdeed = NO_MISDEED;
	return true;
}

static u64 r_init(struct csched *s, u64 *a)
{
	if (does(s, FAIL_INIT))
		return -EIO;
	assert_int_equal(scx_kf_create_dsq(SHARED_DSQ, -1, s->scx), 0);
	return scx_kf_create_dsq(VTIME_DSQ, -1, s->scx);
}

static u64 r_init_task(struct csched *s, u64 *a)
{
	assert_false(told(s, a[0])->init);
	assert_true(rs(s)->cgroups[TASK(a[0])->cgroups->dfl_cgrp->kn->id]);
	if (rs(s)->misdeed == FAIL_INIT_TASK && !rs(s)->countdown-- && does(s, FAIL_INIT_TASK))
		return -ENOMEM;
	told(s, a[0])->init = true;
	return 0;
}

static u64 r_exit_task(struct csched *s, u64 *a)
{
	struct told *t = told(s, a[0]);

	assert_true(t->init && !t->enabled && !t->runnable && !t->running && !t->custody);
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
	assert_false(told(s, a[0])->custody);
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
	s32 cpu;

	if (does(s, BAD_CPU))
		return 1234;
	cpu = scx_kf_select_cpu_dfl(TASK(a[0]), a[1], a[2], &idle, s->scx);

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
	u64 flags = a[1], cpu = some_cpu(s, p), immed = 0;
	struct random_sched *r = rs(s);
	bool since_71 = s->scx->profile != KERNEL_6_12;

	if (does(s, BAD_DSQ)) {
		scx_kf_dispatch_direct(p, 0xdead, slice(s), flags, s->scx);
		return 0;
	}
	if (does(s, DIRECT_TWICE)) {
		scx_kf_dispatch_direct(p, SCX_DSQ_LOCAL, slice(s), flags, s->scx);
		scx_kf_dispatch_direct(p, SCX_DSQ_GLOBAL, slice(s), flags, s->scx);
		return 0;
	}
	if (rng_below(&r->rng, 16) == 0)
		flags |= SCX_ENQ_PREEMPT;
	/* what comes back from such an attempt goes elsewhere */
	if (since_71 && !(a[1] & SCX_ENQ_REENQ) && rng_below(&r->rng, 3) == 0)
		immed = SCX_ENQ_IMMED;
	switch (rng_below(&r->rng, 6)) {
	case 0:
		scx_kf_dispatch_direct(p, SCX_DSQ_LOCAL, slice(s), flags | immed, s->scx);
		return 0;
	case 1:
		scx_kf_dispatch_direct(p, SCX_DSQ_GLOBAL, slice(s), flags, s->scx);
		break;
	case 2:
		if (p->migration_disabled)
			cpu = task_cpu(p);
		scx_kf_dispatch_direct(p, SCX_DSQ_LOCAL_ON | cpu, slice(s), flags | immed,
				       s->scx);
		return 0;
	case 3:
		told(s, a[0])->custody = since_71;
		scx_kf_dispatch_direct(p, SHARED_DSQ, slice(s), flags, s->scx);
		break;
	case 4:
		told(s, a[0])->custody = since_71;
		scx_kf_dispatch_vtime_direct(p, VTIME_DSQ, slice(s), p->scx.dsq_vtime, flags,
					     s->scx);
		break;
	case 5:
		assert_true(r->nr_held < MAX_HELD);
		told(s, a[0])->custody = since_71;
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
	u32 nr = r->nr_held;

	for (u32 i = 0; i < r->nr_held; i++) {
		if (r->held[i] == TASK(a[0])) {
			drop_held(r, i);
			break;
		}
	}
	assert_true(s->scx->profile == KERNEL_6_12 ? nr != r->nr_held : told(s, a[0])->custody);
	told(s, a[0])->custody = false;
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

	assert_true(cpumask_test_cpu(a[0], sched_cpu_online(s->m)));
	if (does(s, OVERFLOW)) {
		for (u32 i = 0; i <= s->scx->dsp_max_batch; i++)
			scx_kf_dispatch_buffered(sched_cpu_rq(s->m, a[0])->stop, SCX_DSQ_GLOBAL, 0,
						 0, s->scx);
		return 0;
	}
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

/* ---- cgroups and CPUs ---- */

static bool *cgroup_told(struct csched *s, u64 cgrp)
{
	u64 id = ((struct cgroup *)cgrp)->kn->id;

	assert_in_range(id, 1, MAX_CGROUPS - 1);
	return &rs(s)->cgroups[id];
}

static u64 r_cgroup_init(struct csched *s, u64 *a)
{
	const struct scx_cgroup_init_args *args = (const void *)a[1];

	assert_false(*cgroup_told(s, a[0]));
	assert_in_range(args->weight, 1, 10000);
	if (rs(s)->misdeed == FAIL_CGROUP_INIT && !rs(s)->countdown-- && does(s, FAIL_CGROUP_INIT))
		return -EPERM;
	*cgroup_told(s, a[0]) = true;
	return 0;
}

static u64 r_cgroup_exit(struct csched *s, u64 *a)
{
	assert_true(*cgroup_told(s, a[0]));
	*cgroup_told(s, a[0]) = false;
	return 0;
}

static u64 r_cgroup_prep_move(struct csched *s, u64 *a)
{
	struct told *t = told(s, a[0]);

	assert_true(t->init && !t->moving_to && *cgroup_told(s, a[1]) && *cgroup_told(s, a[2]));
	assert_ptr_equal((void *)a[1], TASK(a[0])->cgroups->dfl_cgrp);
	if (rng_below(&rs(s)->rng, 4) == 0)
		return -EAGAIN;
	t->moving_to = a[2];
	return 0;
}

static u64 r_cgroup_move(struct csched *s, u64 *a)
{
	struct told *t = told(s, a[0]);

	assert_true(t->moving_to == a[2] && !t->runnable);
	assert_ptr_equal((void *)a[2], TASK(a[0])->cgroups->dfl_cgrp);
	t->moving_to = 0;
	return 0;
}

static u64 r_cgroup_set_weight(struct csched *s, u64 *a)
{
	assert_true(*cgroup_told(s, a[0]));
	assert_in_range(a[1], 1, 10000);
	return 0;
}

static u64 r_cpu_online(struct csched *s, u64 *a)
{
	assert_true(cpumask_test_cpu(a[0], sched_cpu_online(s->m)));
	return 0;
}

static u64 r_cpu_offline(struct csched *s, u64 *a)
{
	assert_false(cpumask_test_cpu(a[0], sched_cpu_online(s->m)));
	return 0;
}

static u64 r_exit(struct csched *s, u64 *a)
{
	rs(s)->nr_exits++;
	for (u32 i = 0; i < MAX_PID; i++)
		assert_false(rs(s)->told[i].init);
	for (u32 i = 0; i < MAX_CGROUPS; i++)
		assert_false(rs(s)->cgroups[i]);
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
		[SCX_OP_cgroup_init] = r_cgroup_init,
		[SCX_OP_cgroup_exit] = r_cgroup_exit,
		[SCX_OP_cgroup_prep_move] = r_cgroup_prep_move,
		[SCX_OP_cgroup_move] = r_cgroup_move,
		[SCX_OP_cgroup_set_weight] = r_cgroup_set_weight,
		[SCX_OP_cpu_online] = r_cpu_online,
		[SCX_OP_cpu_offline] = r_cpu_offline,
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
		if (cpumask_test_cpu(cpumask_first(&one), sched_cpu_online(w->m)))
			sp.cpus = &one;
	}
	if (rng_below(r, 10) == 0) {
		sp.policy = SCHED_FIFO;
		sp.rt_priority = 10;
		sp.sleep = 20 * MS;
	}
	spawn(w, sp);
}

/* A CPU goes or comes back; at least one stays. */
static void plug(struct world *w, struct rng *r)
{
	u32 cpu = rng_below(r, w->topo.nr_cpus);

	if (!cpumask_test_cpu(cpu, sched_cpu_online(w->m)))
		assert_int_equal(machine_cpu_online(w->m, cpu), 0);
	else if (cpumask_weight(sched_cpu_online(w->m)) > 1)
		assert_int_equal(machine_cpu_offline(w->m, cpu), 0);
}

static struct cgroup *some_cgroup(struct world *w, struct rng *r)
{
	static const char *const paths[] = { "", "a", "b", "a/c", "b/c" };

	return machine_cgroup_find(w->m, paths[rng_below(r, ARRAY_SIZE(paths))]);
}

static void regroup(struct world *w, struct rng *r, struct task_struct *p)
{
	static const char *const names[] = { "a", "b", "c" };
	struct cgroup *c = some_cgroup(w, r), *made;

	if (!c)
		c = machine_cgroup_root(w->m);
	switch (rng_below(r, 8)) {
	case 0:
	case 1:
		if (c->level < 2 && c->kn->id < MAX_CGROUPS / 2)
			machine_cgroup_create(w->m, c, names[rng_below(r, 3)], &w->e, &made);
		break;
	case 2:
		machine_cgroup_destroy(w->m, c);
		break;
	case 3:
		machine_cgroup_set_weight(w->m, c, 1 + rng_below(r, 10000));
		break;
	default:
		if (p)
			machine_cgroup_move(w->m, c, p);
	}
}

/* Real-time tasks take most of the machine for some milliseconds. */
static void burst(struct world *w, struct rng *r)
{
	for (u32 i = rng_below(r, w->topo.nr_cpus + 1); i; i--)
		spawn(w, (struct spawn){ .comm = "burst", .policy = SCHED_FIFO,
					 .rt_priority = 1 + rng_below(r, 90),
					 .run = (1 + rng_below(r, 40)) * MS / 10, .times = 1 });
}

static void move_by_iterator(struct world *w, const struct task_struct *p)
{
	struct bpf_iter_scx_dsq it;

	if (!p || scx_state(w->scx) != SCX_OPS_ENABLED)
		return;
	scx_kf_iter_dsq_new(&it, SHARED_DSQ, 0, w->scx);
	if (scx_kf_iter_dsq_next(&it, w->scx) == p)
		scx_kf_from_dsq_unlocked(&it, (struct task_struct *)p, SCX_DSQ_GLOBAL, 0, w->scx);
	scx_kf_iter_dsq_destroy(&it, w->scx);
}

static void disturb(struct world *w, struct rng *r)
{
	struct task_struct *p = some_task(w, r);
	cpumask_t cpus;

	switch (rng_below(r, 12)) {
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
		move_by_iterator(w, p);
		break;
	case 5:
	case 6:
	case 7:
		regroup(w, r, p);
		break;
	case 8:
		plug(w, r);
		break;
	case 9:
		if (rng_below(r, 4) == 0)
			burst(w, r);
		break;
	case 10:
		if (p)
			task_set_core_cookie(w->m, p, rng_below(r, 3));
		break;
	}
}

/* ---- its end ---- */

/* The misdeed may take some time to come about; a scheduler that idles is ended from outside. */
static void misbehave(struct world *w, struct random_sched *state, struct rng *r)
{
	state->misdeed = 1 + rng_below(r, NR_MISDEEDS - 1);
	for (u32 i = 0; i < 50 && scx_state(w->scx) == SCX_OPS_ENABLED; i++) {
		spawn(w, (struct spawn){ .run = MS / 10, .times = 1 });
		run_to(w, machine_now(w->m) + MS);
	}
	if (scx_state(w->scx) == SCX_OPS_ENABLED)
		csched_unload(w);
	else
		assert_int_equal(scx_exit_info(w->scx)->kind, SCX_EXIT_ERROR);
	state->misdeed = NO_MISDEED;
}

static void end_sched(struct world *w, struct random_sched *state, struct rng *r)
{
	switch (rng_below(r, 5)) {
	case 0:
		csched_unload(w);
		break;
	case 1: /* found within the run, or between two */
		scx_kf_error_bstr("random end", NULL, 0, w->scx);
		run_to(w, machine_now(w->m) + MS);
		break;
	case 2:
		scx_kf_exit_bstr(1, "random end", NULL, 0, w->scx);
		run_to(w, machine_now(w->m) + MS);
		break;
	case 3:
		scx_sysrq_s(w->scx);
		break;
	case 4:
		misbehave(w, state, r);
		break;
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

/* It ends by itself where CPUs come or go and it does not want to know, or if attaching failed. */
static bool is_expected(struct world *w, bool plugs)
{
	const struct scx_exit_info *ei = scx_exit_info(w->scx);

	if (ei->kind == SCX_EXIT_UNREG_KERN)
		return !plugs && ei->exit_code == (s64)(SCX_ECODE_ACT_RESTART |
							SCX_ECODE_RSN_HOTPLUG);
	return strstr(ei->msg, "() failed (");
}

/* Sometimes it fails, and sometimes it has no ops.cpu_online and ops.cpu_offline. */
static void attach(struct world *w, struct random_sched *state, struct rng *r, bool *plugs)
{
	struct csched_ops ops = random_ops;
	u32 what = rng_below(r, 8);

	*state = (struct random_sched){ .rng = state->rng, .countdown = rng_below(r, 8) };
	if (what < NR_ALL_MISDEEDS - FAIL_INIT)
		state->misdeed = FAIL_INIT + what;
	*plugs = rng_below(r, 4);
	if (!*plugs)
		ops.fn[SCX_OP_cpu_online] = ops.fn[SCX_OP_cpu_offline] = NULL;
	w->priv = state;
	assert_int_equal(csched_load(w, &ops), 0);
	if (scx_state(w->scx) == SCX_OPS_ENABLED) {
		state->misdeed = NO_MISDEED;
		return;
	}
	assert_int_equal(scx_exit_info(w->scx)->kind, SCX_EXIT_ERROR);
	assert_int_equal(state->nr_exits, 1);
	assert_back_in_fair(w);
}

static void scenario(u64 seed, u64 *calls)
{
	struct random_sched *state = calloc(1, sizeof(*state));
	struct world *w;
	bool plugs = false;
	struct rng r;

	rng_init(&r, seed, 1);
	rng_init(&state->rng, seed, 2);
	w = world_new_smt(2 * (1 + rng_below(&r, 3)), 1 + rng_below(&r, 2));
	if (seed % 3 == 0)
		w->scx->profile = KERNEL_7_1;
	for (u32 i = 0; i < 8; i++)
		spawn_some(w, &r);
	for (u32 step = 0; step < 250; step++) {
		if (scx_state(w->scx) == SCX_OPS_DISABLED) {
			count_calls(w, calls);
			attach(w, state, &r, &plugs);
		}
		disturb(w, &r);
		run_to(w, machine_now(w->m) + rng_below(&r, 3 * MS));
		if (scx_state(w->scx) != SCX_OPS_ENABLED && !is_expected(w, plugs))
			fail_msg("seed %lu: %s", seed, scx_exit_info(w->scx)->msg);
		scx_check(w->scx);
		assert_int_equal(machine_check(w->m), 0);
		if (scx_state(w->scx) == SCX_OPS_ENABLED && rng_below(&r, 40) == 0)
			end_sched(w, state, &r);
	}
	assert_conserved(w);
	count_calls(w, calls);
	world_free(w);
	free(state);
}

static u64 nr_scenarios = NR_SCENARIOS, first_seed = 1;

/* All that the scheduler implements must have been called, or the test shows nothing. */
static void random_scenarios(void **state)
{
	u64 calls[SCX_NR_OPS] = { 0 };

	for (u64 seed = first_seed; seed < first_seed + nr_scenarios; seed++)
		scenario(seed, calls);
	for (u32 op = 0; op < SCX_NR_OPS && nr_scenarios >= NR_SCENARIOS; op++)
		if (random_ops.fn[op] && op != SCX_OP_yield)
			assert_true(calls[op] > 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_scenarios),
	};

	if (argc > 1)
		nr_scenarios = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
