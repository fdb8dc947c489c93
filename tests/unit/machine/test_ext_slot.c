/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A scheduling class of our own in the ext slot: one FIFO for all CPUs with a
 * slice, tasks move to whatever CPU asks. The least that sched_ext needs from
 * the core, and when the core calls what.
 */
#include "lab.h"

#define SLICE (5 * MS)

struct toy {
	struct list_head fifo; /* scx.dsq_list.node */
	struct lab lab;
	bool on;
	u32 nr_queued, forks, post_forks, freed, idle_in, idle_out, ticks, wakeups_selected;
	int fork_err;
	bool saw_pending;
};

static struct toy *toy_of(struct machine *m)
{
	return sched_ext_priv(m);
}

static void toy_enqueue(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct toy *t = toy_of(m);

	sched_add_nr_running(rq, 1);
	if (!(flags & ENQUEUE_RESTORE) || !task_current(rq, p))
		list_add_tail(&p->scx.dsq_list.node, &t->fifo);
	t->nr_queued++;
	if (flags & ENQUEUE_RQ_SELECTED)
		t->wakeups_selected++;
}

static bool toy_dequeue(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (task_current(rq, p))
		sched_update_curr_common(m, rq);
	list_del_init(&p->scx.dsq_list.node);
	sched_sub_nr_running(rq, 1);
	toy_of(m)->nr_queued--;
	return true;
}

/* Brings the first task of the FIFO that may run here to this runqueue. */
static int toy_balance(struct machine *m, struct rq *rq, struct task_struct *prev)
{
	struct toy *t = toy_of(m);
	struct task_struct *p;

	t->saw_pending |= rq->scx.flags & SCX_RQ_BAL_PENDING;
	rq->scx.flags &= ~SCX_RQ_BAL_PENDING;
	list_for_each_entry(p, &t->fifo, scx.dsq_list.node) {
		if (!sched_cpu_allowed(m, p, rq->cpu))
			continue;
		if (task_cpu(p) != (u32)rq->cpu) {
			sched_deactivate_task(m, sched_task_rq(m, p), p, 0);
			sched_set_task_cpu(m, p, rq->cpu);
			sched_activate_task(m, rq, p, 0);
			list_del_init(&p->scx.dsq_list.node);
			list_add(&p->scx.dsq_list.node, &t->fifo);
		}
		return 1;
	}
	return prev->sched_class->rank == CLASS_EXT && task_on_rq_queued(prev);
}

static struct task_struct *toy_pick(struct machine *m, struct rq *rq)
{
	struct toy *t = toy_of(m);
	struct task_struct *p, *curr = rq->curr;

	if (curr->sched_class->rank == CLASS_EXT && curr->on_rq && curr->scx.slice)
		return curr;
	list_for_each_entry(p, &t->fifo, scx.dsq_list.node)
		if (task_cpu(p) == (u32)rq->cpu)
			return p;
	return curr->sched_class->rank == CLASS_EXT && curr->on_rq ? curr : NULL;
}

static void toy_set_next(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	list_del_init(&p->scx.dsq_list.node);
	p->se.exec_start = rq->clock_task;
	p->scx.slice = SLICE;
}

static void toy_put_prev(struct machine *m, struct rq *rq, struct task_struct *p,
			 struct task_struct *next)
{
	sched_update_curr_common(m, rq);
	if (p->on_rq && next)
		list_add_tail(&p->scx.dsq_list.node, &toy_of(m)->fifo);
}

static void toy_tick(struct machine *m, struct rq *rq, struct task_struct *p)
{
	s64 delta = sched_update_curr_common(m, rq);

	p->scx.slice -= min(p->scx.slice, (u64)max(delta, (s64)0));
	if (!p->scx.slice)
		sched_resched_curr(m, rq);
}

static int toy_select(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	u32 cpu;

	for_each_cpu(cpu, sched_cpu_online(m))
		if (sched_cpu_is_idle(m, cpu) && sched_cpu_allowed(m, p, cpu) &&
		    !sched_cpu_rq(m, cpu)->nr_running)
			return cpu;
	return prev_cpu;
}

static const struct sched_class toy_class = {
	.name = "toy",
	.rank = CLASS_EXT,
	.enqueue_task = toy_enqueue,
	.dequeue_task = toy_dequeue,
	.balance = toy_balance,
	.pick_task = toy_pick,
	.put_prev_task = toy_put_prev,
	.set_next_task = toy_set_next,
	.select_task_rq = toy_select,
	.task_tick = toy_tick,
};

static bool should_scx(void *priv, int policy)
{
	return ((struct toy *)priv)->on;
}

static int on_fork(void *priv, struct task_struct *p)
{
	struct toy *t = priv;

	t->forks++;
	return t->fork_err;
}

static void on_post_fork(void *priv, struct task_struct *p)
{
	((struct toy *)priv)->post_forks++;
}

static void on_free(void *priv, struct task_struct *p)
{
	((struct toy *)priv)->freed++;
}

static void on_idle(void *priv, struct rq *rq, bool idle, bool notify)
{
	struct toy *t = priv;

	if (!notify)
		return;
	if (idle)
		t->idle_in++;
	else
		t->idle_out++;
}

static void on_tick(void *priv, struct rq *rq)
{
	((struct toy *)priv)->ticks++;
}

static void toy_init(struct toy *t, const char *cpus, bool on)
{
	struct sched_ext_hooks hooks = {
		.priv = t,
		.task_should_scx = should_scx,
		.enabled = &t->on,
		.switched_all = &t->on,
		.fork = on_fork,
		.post_fork = on_post_fork,
		.free_task = on_free,
		.update_idle = on_idle,
		.tick = on_tick,
	};

	*t = (struct toy){ .on = on };
	INIT_LIST_HEAD(&t->fifo);
	lab_init(&t->lab, cpus, 0);
	sched_set_ext(t->lab.m, &toy_class, &hooks);
}

static void runs_tasks(void **state)
{
	struct task_struct *p[6];
	struct toy t;

	toy_init(&t, "2", true);
	for (u32 i = 0; i < 6; i++)
		p[i] = lab_task(&t.lab, (struct task_params){}, SCRIPT(0, RUN(1000 * MS)));
	assert_int_equal(t.forks, 6);
	assert_int_equal(t.post_forks, 6);
	assert_int_equal(machine_run(t.lab.m, 3000 * MS), 0);
	lab_check(&t.lab);
	for (u32 i = 0; i < 6; i++) {
		u64 ran = task_runtime(t.lab.m, p[i]);

		assert_ptr_equal(p[i]->sched_class, &toy_class);
		assert_true(ran > 980 * MS && ran < 1020 * MS);
		/* slices end at ticks: 5 ms are used up after 5 or 6 */
		assert_in_range(p[i]->nivcsw, 150, 210);
	}
	assert_true(t.saw_pending);
	assert_in_range(t.ticks, 5990, 6000);
	lab_fini(&t.lab);
	assert_int_equal(t.freed, 6 + 2 + 2);
}

static void wakes_and_idles(void **state)
{
	struct task_struct *p;
	struct toy t;

	toy_init(&t, "2", true);
	p = lab_task(&t.lab, (struct task_params){}, SCRIPT(100, RUN(1 * MS), SLEEP(1 * MS)));
	task_get(p);
	assert_int_equal(machine_run(t.lab.m, 1000 * MS), 0);
	assert_int_equal(p->nvcsw, 101);
	assert_int_equal(t.idle_out, 101);
	assert_int_equal(t.idle_in, 101);
	assert_int_equal(t.wakeups_selected, 100);
	assert_int_equal(t.freed, 0);
	task_put(t.lab.m, p);
	assert_int_equal(t.freed, 1);
	lab_check(&t.lab);
	lab_fini(&t.lab);
}

static void rt_and_stop_come_first(void **state)
{
	struct task_struct *p, *rt;
	cpumask_t one = {};
	struct toy t;

	toy_init(&t, "2", true);
	p = lab_task(&t.lab, (struct task_params){}, SCRIPT(0, RUN(1000 * MS)));
	assert_int_equal(machine_run(t.lab.m, 10 * MS), 0);
	cpumask_set_cpu(!task_cpu(p), &one);
	assert_int_equal(task_set_affinity(t.lab.m, p, &one), 0);
	assert_int_equal(machine_run(t.lab.m, 11 * MS), 0);
	assert_true(cpumask_test_cpu(task_cpu(p), &one));
	assert_int_equal(p->on_cpu, 1);
	rt = lab_task(&t.lab, (struct task_params){ .policy = SCHED_FIFO, .rt_priority = 1,
						    .cpus = &one },
		      SCRIPT(0, RUN(1000 * MS)));
	assert_int_equal(machine_run(t.lab.m, 500 * MS), 0);
	assert_true(task_runtime(t.lab.m, p) < 12 * MS);
	assert_true(task_runtime(t.lab.m, rt) > 488 * MS);
	lab_check(&t.lab);
	lab_fini(&t.lab);
}

static void collect(void *priv, struct task_struct *p)
{
	struct toy *t = priv;

	if (p->__state != TASK_DEAD)
		sched_switch_class(t->lab.m, p, sched_class_of(t->lab.m, p));
}

/* All tasks change over, forth and back, while they run, wait and sleep. */
static void enable_and_disable(void **state)
{
	struct task_struct *p[8];
	struct toy t;

	toy_init(&t, "2", false);
	for (u32 i = 0; i < 8; i++)
		p[i] = lab_task(&t.lab, (struct task_params){ .nice = i },
				i % 2 ? SCRIPT(0, RUN(3 * MS)) :
					SCRIPT(0, RUN(1 * MS), SLEEP(2 * MS)));
	for (u32 round = 1; round <= 40; round++) {
		assert_int_equal(machine_run(t.lab.m, round * 7 * MS + round * 130 * US), 0);
		lab_check(&t.lab);
		t.on = !t.on;
		machine_for_each_task(t.lab.m, collect, &t);
		for (u32 i = 0; i < 8; i++)
			assert_int_equal(p[i]->sched_class->rank, t.on ? CLASS_EXT : CLASS_FAIR);
		assert_int_equal(task_find(t.lab.m, 3)->sched_class->rank, CLASS_STOP);
	}
	assert_int_equal(machine_run(t.lab.m, 1000 * MS), 0);
	for (u32 i = 0; i < 8; i++)
		assert_true(task_runtime(t.lab.m, p[i]) > 30 * MS);
	lab_check(&t.lab);
	lab_fini(&t.lab);
}

static void fork_refused(void **state)
{
	struct task_params params = { .comm = "no" };
	struct task_struct *p = NULL;
	struct toy t;

	toy_init(&t, "1", true);
	t.fork_err = -EACCES;
	assert_int_equal(task_create(t.lab.m, &params, NULL, &p), -EACCES);
	assert_null(p);
	assert_int_equal(t.post_forks, 0);
	lab_fini(&t.lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_tasks),
		cmocka_unit_test(wakes_and_idles),
		cmocka_unit_test(rt_and_stop_come_first),
		cmocka_unit_test(enable_and_disable),
		cmocka_unit_test(fork_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
