/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a task goes through its phases. What happens at once (a signal, a free
 * mutex) is done inside next() and costs nothing; the first thing that takes
 * time is the step. So that a loop of such things alone cannot hold time still,
 * an iteration that spent none ends with LOOP_NS of work.
 *
 * What wakes another task ends with an empty step: there the machine takes its
 * price, and there the woken one may preempt, before the waker's next event, as
 * it would on the way out of the system call.
 *
 * The end of the run is rt-app's: tasks look for it before each event. One that
 * holds mutexes then runs on through the locks and unlocks of its iteration, and
 * leaves when it holds none.
 */
#include "workload/run.h"

#define LOOP_NS 1000
#define FORKS_MAX 1024 /* per fork point: rt-app's limit */

static const struct wl_phase *phase_of(const struct wl_thread *th)
{
	return &th->task->phases[th->phase];
}

static void fail(struct wl_thread *th, int err, const char *what)
{
	struct workload_run *r = th->run;

	if (!r->error.text[0])
		err_set(&r->error, err, "%s: task \"%.64s\": %s", r->w->name, th->task->name, what);
	machine_stop(r->machine, err);
}

static void apply_policy(struct wl_thread *th, const struct wl_sched *s)
{
	u32 policy = s->has_policy ? s->policy : th->policy;
	bool rt = policy == SCHED_FIFO || policy == SCHED_RR;
	struct machine *m = th->run->machine;
	int err = 0;

	if (policy == th->policy && s->priority == th->priority)
		return;
	if (policy != th->policy || rt)
		err = task_set_policy(m, th->p, policy, rt ? s->priority : 0);
	if (!err && !rt && policy != SCHED_IDLE)
		err = task_set_nice(m, th->p, s->priority);
	if (err)
		fail(th, err, "the machine refused a change of policy");
	th->policy = policy;
	th->priority = s->priority;
}

static void apply_cpus(struct wl_thread *th, const struct wl_phase *ph)
{
	const cpumask_t *cpus = ph->sched.has_cpus	 ? &ph->sched.cpus :
				th->task->sched.has_cpus ? &th->task->sched.cpus :
							   NULL;
	cpumask_t all;
	int err;

	if (cpus == th->cpus || (cpus && th->cpus && cpumask_equal(cpus, th->cpus)))
		return;
	cpumask_setall(&all, machine_nr_cpus(th->run->machine));
	err = task_set_affinity(th->run->machine, th->p, cpus ? cpus : &all);
	if (err)
		fail(th, err, "the machine refused a change of affinity");
	th->cpus = cpus;
}

static void apply_taskgroup(struct wl_thread *th, const char *path)
{
	struct workload_run *r = th->run;
	struct cgroup *cgroup;
	int err = wl_cgroup_get(r->machine, path, &r->error, &cgroup);

	if (!err)
		err = machine_cgroup_move(r->machine, cgroup, th->p);
	if (err)
		fail(th, err, "the machine refused a move to a taskgroup");
}

/* False: the task has done all its loops, or shall end. */
static bool begin_iteration(struct wl_thread *th)
{
	const struct wl_phase *ph = phase_of(th);

	if (th->run->ending || th->loop == th->task->loop)
		return false;
	apply_cpus(th, ph);
	if (ph->sched.has_policy || ph->sched.has_priority)
		apply_policy(th, &ph->sched);
	if (ph->sched.taskgroup)
		apply_taskgroup(th, ph->sched.taskgroup);
	th->looping = true;
	th->spent = false;
	th->locks = 0;
	th->pc = 0;
	return true;
}

static void end_iteration(struct wl_thread *th)
{
	th->looping = false;
	if (++th->phase_loop != phase_of(th)->loop) {
		if (th->phase_loop == INT32_MAX)
			th->phase_loop = 0; /* for ever; a count would have ended it */
		return;
	}
	th->phase_loop = 0;
	if (++th->phase < th->task->nr_phases)
		return;
	th->phase = 0;
	if (++th->loop == INT32_MAX && th->task->loop < 0)
		th->loop = 0;
}

static void do_fork(struct wl_thread *th, const struct wl_op *op)
{
	struct workload_run *r = th->run;
	struct wl_fork *f = &r->forks[op->a];
	int err;

	if (f->nr == FORKS_MAX) {
		fail(th, -EAGAIN, "forked 1024 times, the limit of a fork event");
		return;
	}
	f->nr++;
	err = wl_thread_create(r, &r->w->tasks[r->w->res[WL_FORK].res[op->a].task], th->p,
			       &r->error);
	if (err)
		fail(th, err, "fork failed");
}

static u64 timer_when(struct wl_thread *th, const struct wl_op *op, u64 now)
{
	const struct wl_res_table *table = op->b ? &th->task->own_timers :
						   &th->run->w->res[WL_TIMER];
	struct wl_timer *t = op->b ? &th->timers[op->a] : &th->run->timers[op->a];

	return wl_timer_next(t, th->first, op->ns, now, table->res[op->a].absolute);
}

/* Does @op: true if *st is a step to take, false if it is done already. */
static bool do_op(struct wl_thread *th, const struct wl_op *op, struct step *st)
{
	struct workload_run *r = th->run;
	struct machine *m = r->machine;
	u64 now = machine_now(m);

	switch ((enum wl_opcode)op->code) {
	case OP_RUN:
		*st = (struct step){ STEP_RUN, op->ns };
		return op->ns;
	case OP_RUNTIME:
		*st = (struct step){ STEP_RUNTIME, op->ns };
		return op->ns;
	case OP_SLEEP:
		*st = (struct step){ STEP_SLEEP, now + op->ns };
		return op->ns;
	case OP_TIMER:
		*st = (struct step){ STEP_SLEEP, timer_when(th, op, now) };
		return st->ns > now;
	case OP_LOCK:
		if (wl_mutex_lock(&r->mutexes[op->a], th))
			return false;
		th->pc--; /* again, when woken */
		*st = (struct step){ STEP_BLOCK, 0 };
		return true;
	case OP_UNLOCK:
		*st = (struct step){ STEP_RUN, 0 };
		return wl_mutex_unlock(m, &r->mutexes[op->a]);
	case OP_COND_WAIT:
		wl_mutex_unlock(m, &r->mutexes[op->b]);
		wl_queue_add(&r->conds[op->a].waiters, th);
		*st = (struct step){ STEP_BLOCK, 0 };
		return true;
	case OP_SIGNAL:
		*st = (struct step){ STEP_RUN, 0 };
		return wl_wake_one(m, &r->conds[op->a].waiters);
	case OP_BROADCAST:
		*st = (struct step){ STEP_RUN, 0 };
		return wl_wake_all(m, &r->conds[op->a].waiters);
	case OP_BARRIER:
		th->left_early = wl_barrier_arrive(m, &r->barriers[op->a], th);
		*st = (struct step){ th->left_early ? STEP_RUN : STEP_BLOCK, 0 };
		return true;
	case OP_BARRIER_LEAVE:
		if (!th->left_early)
			wl_barrier_leave(&r->barriers[op->a]);
		return false;
	case OP_YIELD:
		*st = (struct step){ STEP_YIELD, 0 };
		return true;
	case OP_FORK:
		do_fork(th, op);
		*st = (struct step){ STEP_RUN, 0 };
		return true;
	}
	return false;
}

static s32 lock_delta(const struct wl_op *op)
{
	if (op->event == WL_EVENT_lock)
		return 1;
	return op->event == WL_EVENT_unlock ? -1 : 0;
}

/* True: *st is the iteration's next step. False: the iteration is over. */
static bool iterate(struct wl_thread *th, struct step *st)
{
	const struct wl_phase *ph = phase_of(th);
	bool skipping = false;

	while (th->pc < ph->nr_ops) {
		const struct wl_op *op = &ph->ops[th->pc];

		if (op->first) {
			skipping = th->run->ending && !lock_delta(op);
			if (th->run->ending && !th->locks)
				break;
		}
		th->pc++;
		if (skipping)
			continue;
		if (do_op(th, op, st)) {
			th->spent |= st->ns || st->kind == STEP_BLOCK;
			if (op->code != OP_LOCK)
				th->locks += lock_delta(op);
			return true;
		}
		th->locks += lock_delta(op);
	}
	return false;
}

struct step wl_thread_next(struct task_script *s, struct machine *m, struct task_struct *p)
{
	struct wl_thread *th = container_of(s, struct wl_thread, script);
	struct step st;

	th->p = p;
	if (!th->begun) {
		th->begun = true;
		if (th->first > machine_now(m))
			return (struct step){ STEP_SLEEP, th->first };
	}
	for (;;) {
		bool idle;

		if (!th->looping && !begin_iteration(th))
			return (struct step){ STEP_EXIT, 0 };
		if (iterate(th, &st))
			return st;
		idle = !th->spent;
		end_iteration(th);
		if (idle)
			return (struct step){ STEP_RUN, LOOP_NS };
	}
}
