/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What each class owes its tasks. */
#include "lab.h"

static bool near(u64 have, u64 want, u64 slack)
{
	return have + slack >= want && have <= want + slack;
}

#define assert_near(have, want, slack)                                                             \
	do {                                                                                       \
		u64 _h = (have), _w = (want);                                                      \
		if (!near(_h, _w, slack))                                                          \
			fail_msg("%s: %lu instead of about %lu", #have, (unsigned long)_h,         \
				 (unsigned long)_w);                                               \
	} while (0)

#define HOG SCRIPT(0, RUN(1000 * MS))

static struct task_struct *hog(struct lab *l, u32 policy, u32 rt_priority)
{
	return lab_task(l, (struct task_params){ .policy = policy, .rt_priority = rt_priority },
			HOG);
}

static void fifo_keeps_the_cpu(void **state)
{
	struct task_struct *a, *b, *fair;
	struct lab l;

	lab_init(&l, "1", 0);
	fair = hog(&l, SCHED_NORMAL, 0);
	a = hog(&l, SCHED_FIFO, 10);
	b = hog(&l, SCHED_FIFO, 10);
	assert_int_equal(machine_run(l.m, 500 * MS), 0);
	assert_near(task_runtime(l.m, a), 500 * MS, 1 * MS);
	assert_int_equal(task_runtime(l.m, b), 0);
	assert_int_equal(task_runtime(l.m, fair), 0);
	lab_check(&l);
	lab_fini(&l);
}

static void fifo_priority_preempts(void **state)
{
	struct task_struct *low, *high;
	struct lab l;

	lab_init(&l, "1", 0);
	low = hog(&l, SCHED_FIFO, 10);
	high = lab_task(&l, (struct task_params){ .policy = SCHED_FIFO, .rt_priority = 11 },
			SCRIPT(0, RUN(2 * MS), SLEEP(8 * MS)));
	assert_int_equal(machine_run(l.m, 1000 * MS), 0);
	assert_near(task_runtime(l.m, high), 200 * MS, 2 * MS);
	assert_near(task_runtime(l.m, low), 800 * MS, 2 * MS);
	/* It preempts at once: as many wake-ups as fit in without waiting. */
	assert_near(high->nvcsw, 100, 1);
	assert_int_equal(high->nivcsw, 0);
	lab_check(&l);
	lab_fini(&l);
}

static void rr_takes_turns(void **state)
{
	struct task_struct *a, *b;
	struct lab l;

	lab_init(&l, "1", 0);
	a = hog(&l, SCHED_RR, 10);
	b = hog(&l, SCHED_RR, 10);
	assert_int_equal(machine_run(l.m, 1000 * MS), 0);
	assert_near(task_runtime(l.m, a), 500 * MS, 2 * MS);
	assert_near(task_runtime(l.m, b), 500 * MS, 2 * MS);
	assert_near(a->nivcsw, 5, 1);
	lab_check(&l);
	lab_fini(&l);
}

static void rt_tasks_spread(void **state)
{
	struct task_struct *p[4], *fair;
	struct lab l;

	lab_init(&l, "4", 0);
	fair = hog(&l, SCHED_NORMAL, 0);
	for (u32 i = 0; i < 4; i++)
		p[i] = hog(&l, SCHED_FIFO, 1 + i);
	assert_int_equal(machine_run(l.m, 100 * MS), 0);
	for (u32 i = 0; i < 4; i++)
		assert_near(task_runtime(l.m, p[i]), 100 * MS, 1 * MS);
	assert_near(task_runtime(l.m, fair), 0, 1 * MS);
	lab_check(&l);
	lab_fini(&l);
}

/* When a CPU's RT task sleeps, it pulls the waiting one of another CPU. */
static void rt_pull(void **state)
{
	struct task_struct *a, *b, *c;
	struct lab l;

	lab_init(&l, "2", 0);
	a = lab_task(&l, (struct task_params){ .policy = SCHED_FIFO, .rt_priority = 20 },
		     SCRIPT(0, RUN(50 * MS), SLEEP(50 * MS)));
	b = hog(&l, SCHED_FIFO, 20);
	c = hog(&l, SCHED_FIFO, 10);
	assert_int_equal(machine_run(l.m, 1000 * MS), 0);
	assert_near(task_runtime(l.m, b), 1000 * MS, 2 * MS);
	assert_near(task_runtime(l.m, a), 500 * MS, 2 * MS);
	assert_near(task_runtime(l.m, c), 500 * MS, 2 * MS);
	lab_check(&l);
	lab_fini(&l);
}

static void fair_weights(void **state)
{
	static const s32 nice[] = { -5, 0, 5 };
	struct task_struct *p[3];
	u64 total = 0, weights = 0;
	struct lab l;

	lab_init(&l, "1", 0);
	for (u32 i = 0; i < 3; i++) {
		p[i] = lab_task(&l, (struct task_params){ .nice = nice[i] }, HOG);
		weights += sched_prio_to_weight[nice[i] + 20];
	}
	assert_int_equal(machine_run(l.m, 3000 * MS), 0);
	for (u32 i = 0; i < 3; i++)
		total += task_runtime(l.m, p[i]);
	for (u32 i = 0; i < 3; i++)
		assert_near(task_runtime(l.m, p[i]),
			    total * sched_prio_to_weight[nice[i] + 20] / weights, 10 * MS);
	/* sum_exec_runtime is the classes' own count of the same. */
	for (u32 i = 0; i < 3; i++)
		assert_near(p[i]->se.sum_exec_runtime, task_runtime(l.m, p[i]), 2 * MS);
	lab_check(&l);
	lab_fini(&l);
}

static void fair_idle_policy_yields(void **state)
{
	struct task_struct *normal, *idle;
	struct lab l;

	lab_init(&l, "1", 0);
	normal = hog(&l, SCHED_NORMAL, 0);
	idle = hog(&l, SCHED_IDLE, 0);
	assert_int_equal(machine_run(l.m, 2000 * MS), 0);
	assert_near(task_runtime(l.m, normal), 2000 * MS * 1024 / 1027, 10 * MS);
	assert_true(task_runtime(l.m, idle) > 0);
	lab_check(&l);
	lab_fini(&l);
}

static void fair_uses_all_cpus(void **state)
{
	struct task_struct *p[12];
	struct lab l;

	lab_init(&l, "4", 0);
	for (u32 i = 0; i < 12; i++)
		p[i] = hog(&l, SCHED_NORMAL, 0);
	assert_int_equal(machine_run(l.m, 3000 * MS), 0);
	for (u32 i = 0; i < 12; i++)
		assert_near(task_runtime(l.m, p[i]), 1000 * MS, 60 * MS);
	for (u32 cpu = 0; cpu < 4; cpu++)
		assert_true(machine_cpu_times(l.m, cpu).idle_ns < 1 * MS);
	lab_check(&l);
	lab_fini(&l);
}

/* Two hogs held on CPU 0 and let go; @extra may keep CPU 1 busy for a while. */
static u64 freed_hogs_waste(bool extra, u64 seed)
{
	struct task_struct *p[2];
	cpumask_t one = {}, all;
	struct lab l;
	u64 idle;

	lab_init(&l, "2", seed);
	cpumask_set_cpu(0, &one);
	cpumask_setall(&all, 2);
	for (u32 i = 0; i < 2; i++)
		p[i] = lab_task(&l, (struct task_params){ .cpus = &one }, HOG);
	cpumask_clear(&one);
	cpumask_set_cpu(1, &one);
	if (extra)
		lab_task(&l, (struct task_params){ .cpus = &one, .start = 49 * MS },
			 SCRIPT(1, RUN(2 * MS)));
	assert_int_equal(machine_run(l.m, 50 * MS), 0);
	for (u32 i = 0; i < 2; i++)
		assert_int_equal(task_set_affinity(l.m, p[i], &all), 0);
	idle = machine_cpu_times(l.m, 1).idle_ns;
	assert_int_equal(machine_run(l.m, 1050 * MS), 0);
	idle = machine_cpu_times(l.m, 1).idle_ns - idle;
	lab_check(&l);
	lab_fini(&l);
	return idle;
}

/*
 * An idle CPU has no tick: the busy one's makes it balance. While all tasks were
 * pinned it backed off, but never for longer than 512 ms.
 */
static void fair_idle_balance(void **state)
{
	u64 idle = freed_hogs_waste(false, 0);

	assert_true(idle > 0);
	assert_true(idle < 520 * MS);
}

/*
 * A CPU takes one before it goes idle at all; but it looks for one only as often as
 * that has paid, which is taken for every other time at first.
 */
static void fair_newidle_pull(void **state)
{
	u32 at_once = 0;

	for (u64 seed = 0; seed < 40; seed++)
		at_once += !freed_hogs_waste(true, seed);
	assert_in_range(at_once, 12, 28);
}

/* Cores before siblings, LLCs before crowding. */
static void fair_spreads_over_topology(void **state)
{
	struct task_struct *p[4];
	u32 cores = 0, llcs = 0;
	struct lab l;

	lab_init(&l, "node:1 l3:2 core:2 pu:2", 0);
	for (u32 i = 0; i < 4; i++)
		p[i] = hog(&l, SCHED_NORMAL, 0);
	assert_int_equal(machine_run(l.m, 500 * MS), 0);
	for (u32 i = 0; i < 4; i++) {
		cores |= 1 << l.topo->cpus[task_cpu(p[i])].core;
		llcs |= 1 << l.topo->cpus[task_cpu(p[i])].llc;
		assert_near(task_runtime(l.m, p[i]), 500 * MS, 1 * MS);
	}
	assert_int_equal(cores, 0xf);
	assert_int_equal(llcs, 3);
	lab_fini(&l);
}

static void yield_lets_others_run(void **state)
{
	struct task_struct *a, *b;
	struct lab l;

	lab_init(&l, "1", 0);
	a = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * US), YIELD));
	b = hog(&l, SCHED_NORMAL, 0);
	assert_int_equal(machine_run(l.m, 500 * MS), 0);
	assert_true(task_runtime(l.m, a) < task_runtime(l.m, b));
	assert_true(task_runtime(l.m, a) > 10 * MS);
	lab_check(&l);
	lab_fini(&l);
}

static void affinity(void **state)
{
	struct task_struct *p, *q;
	cpumask_t one = {};
	struct lab l;

	lab_init(&l, "4", 0);
	cpumask_set_cpu(2, &one);
	p = lab_task(&l, (struct task_params){ .cpus = &one }, HOG);
	q = lab_task(&l, (struct task_params){ .cpus = &one },
		     SCRIPT(0, RUN(1 * MS), SLEEP(1 * MS)));
	assert_int_equal(machine_run(l.m, 100 * MS), 0);
	assert_int_equal(task_cpu(p), 2);
	assert_int_equal(task_cpu(q), 2);
	assert_near(machine_cpu_times(l.m, 2).busy_ns, 100 * MS, 1 * MS);
	/* The running one, and the sleeping one, are moved. */
	cpumask_clear(&one);
	cpumask_set_cpu(3, &one);
	assert_int_equal(task_set_affinity(l.m, p, &one), 0);
	assert_int_equal(task_set_affinity(l.m, q, &one), 0);
	assert_int_equal(machine_run(l.m, 200 * MS), 0);
	assert_int_equal(task_cpu(p), 3);
	assert_int_equal(task_cpu(q), 3);
	assert_near(machine_cpu_times(l.m, 3).busy_ns, 100 * MS, 1 * MS);
	cpumask_clear(&one);
	assert_int_equal(task_set_affinity(l.m, p, &one), -EINVAL);
	cpumask_set_cpu(77, &one);
	assert_int_equal(task_set_affinity(l.m, p, &one), -EINVAL);
	lab_check(&l);
	lab_fini(&l);
}

static void renice_and_policy(void **state)
{
	struct task_struct *a, *b;
	u64 before;
	struct lab l;

	lab_init(&l, "1", 0);
	a = hog(&l, SCHED_NORMAL, 0);
	b = hog(&l, SCHED_NORMAL, 0);
	assert_int_equal(machine_run(l.m, 500 * MS), 0);
	assert_int_equal(task_set_nice(l.m, a, 19), 0);
	before = task_runtime(l.m, a);
	assert_int_equal(machine_run(l.m, 2500 * MS), 0);
	assert_near(task_runtime(l.m, a) - before, 2000 * MS * 15 / 1039, 10 * MS);
	assert_int_equal(task_set_policy(l.m, a, SCHED_FIFO, 5), 0);
	before = task_runtime(l.m, a);
	assert_int_equal(machine_run(l.m, 3000 * MS), 0);
	assert_near(task_runtime(l.m, a) - before, 500 * MS, 1 * MS);
	assert_int_equal(task_set_policy(l.m, a, SCHED_NORMAL, 0), 0);
	assert_int_equal(task_set_nice(l.m, a, 0), 0);
	before = task_runtime(l.m, b);
	assert_int_equal(machine_run(l.m, 4000 * MS), 0);
	assert_near(task_runtime(l.m, b) - before, 500 * MS, 10 * MS);
	assert_int_equal(task_set_policy(l.m, a, SCHED_FIFO, 0), -EINVAL);
	assert_int_equal(task_set_policy(l.m, a, SCHED_DEADLINE, 0), -EINVAL);
	assert_int_equal(task_set_nice(l.m, a, 20), -EINVAL);
	lab_check(&l);
	lab_fini(&l);
}

/* A weight that changes outside of the fair class must not blow up the load average. */
static void load_average_is_bounded(void **state)
{
	struct task_struct *p;
	struct lab l;

	lab_init(&l, "1", 0);
	p = hog(&l, SCHED_NORMAL, 0);
	for (u32 i = 1; i <= 50; i++) {
		assert_int_equal(machine_run(l.m, i * 3 * MS), 0);
		assert_int_equal(task_set_nice(l.m, p, -20), 0);
		assert_int_equal(task_set_policy(l.m, p, SCHED_FIFO, 1), 0);
		assert_int_equal(task_set_nice(l.m, p, 19), 0);
		assert_int_equal(task_set_policy(l.m, p, SCHED_NORMAL, 0), 0);
		assert_in_range(p->se.avg.load_avg, 0, 88761);
		assert_in_range(sched_cpu_rq(l.m, 0)->cfs.avg.load_avg, 0, 2 * 88761);
	}
	lab_fini(&l);
}

/* One task wakes the other each round. */
static void wakeups(void **state)
{
	struct task_struct *waker, *wakee;
	struct lab_script *s = SCRIPT(0, RUN(10 * US), SLEEP(990 * US));
	struct lab l;

	lab_init(&l, "2", 0);
	wakee = lab_task(&l, (struct task_params){}, SCRIPT(0, BLOCK, RUN(100 * US)));
	s->wakes = wakee;
	waker = lab_task(&l, (struct task_params){ .start = 1 * MS }, s);
	assert_int_equal(machine_run(l.m, 101 * MS), 0);
	assert_near(wakee->nvcsw, 101, 3);
	assert_near(task_runtime(l.m, wakee), 100 * 100 * US, 500 * US);
	assert_near(waker->nvcsw, 100, 3);
	lab_check(&l);
	lab_fini(&l);
}

static bool released;

static void note_release(struct task_script *s)
{
	released = true;
}

static struct step exit_at_once(struct task_script *s, struct machine *m, struct task_struct *p)
{
	return (struct step){ .kind = STEP_EXIT };
}

static void lifecycle(void **state)
{
	struct task_script s = { .next = exit_at_once, .release = note_release };
	struct task_params params = { .comm = "a name that is much too long", .script = &s };
	struct task_struct *p, *out = NULL;
	struct err_msg e;
	struct lab l;
	s32 pid;

	lab_init(&l, "1", 0);
	assert_non_null(task_find(l.m, 1));
	assert_string_equal(task_find(l.m, 2)->comm, "kthreadd");
	assert_null(task_find(l.m, 2)->mm);
	assert_int_equal(task_create(l.m, &params, &e, &p), 0);
	pid = p->pid;
	assert_int_equal(pid, machine_first_pid(l.m));
	assert_int_equal(p->tgid, pid);
	assert_ptr_equal(p->real_parent, task_find(l.m, 1));
	assert_int_equal(strlen(p->comm), TASK_COMM_LEN - 1);
	task_get(p);
	assert_int_equal(machine_run(l.m, 1 * MS), 0);
	assert_true(released);
	assert_null(task_find(l.m, pid));
	assert_int_equal(p->__state, TASK_DEAD);
	assert_false(task_wake(l.m, p));
	task_put(l.m, p);
	/* nothing is left: the run ends there */
	assert_true(machine_now(l.m) < 1 * MS);
	params.nice = 40;
	assert_int_equal(task_create(l.m, &params, &e, &out), -EINVAL);
	params.nice = 0;
	params.policy = SCHED_DEADLINE;
	assert_int_equal(task_create(l.m, &params, &e, &out), -EINVAL);
	assert_null(out);
	lab_fini(&l);
}

struct forker {
	struct task_script s;
	struct task_struct *thread, *child;
	u32 step;
};

static struct step forker_next(struct task_script *ts, struct machine *m, struct task_struct *p)
{
	struct forker *f = container_of(ts, struct forker, s);
	struct task_params params = { .comm = "thread", .leader = p };

	if (f->step++)
		return (struct step){ .kind = STEP_EXIT };
	params.script = &SCRIPT(1, RUN(5 * MS))->s;
	assert_int_equal(task_create(m, &params, NULL, &f->thread), 0);
	params = (struct task_params){ .comm = "child", .parent = p,
				       .script = &SCRIPT(1, RUN(5 * MS))->s };
	assert_int_equal(task_create(m, &params, NULL, &f->child), 0);
	return (struct step){ STEP_RUN, 1 * MS };
}

/* A task that creates a thread and a child, and ends before them. */
static void families(void **state)
{
	struct forker f = { .s.next = forker_next };
	struct task_params params = { .comm = "parent", .script = &f.s };
	struct task_struct *p, *init;
	struct lab l;

	lab_init(&l, "1", 0);
	init = task_find(l.m, 1);
	assert_int_equal(task_create(l.m, &params, NULL, &p), 0);
	assert_int_equal(machine_run(l.m, 500 * US), 0);
	assert_ptr_equal(f.thread->group_leader, p);
	assert_int_equal(f.thread->tgid, p->pid);
	assert_ptr_equal(f.thread->mm, p->mm);
	assert_ptr_equal(f.thread->real_parent, init);
	assert_int_equal(p->signal->nr_threads, 2);
	assert_ptr_equal(f.child->real_parent, p);
	assert_int_equal(f.child->tgid, f.child->pid);
	assert_ptr_not_equal(f.child->mm, p->mm);
	while (task_find(l.m, p->pid))
		assert_int_equal(machine_run(l.m, machine_now(l.m) + 1 * MS), 0);
	assert_ptr_equal(f.child->real_parent, init);
	assert_int_equal(f.thread->signal->nr_threads, 1);
	assert_int_equal(machine_run(l.m, 1000 * MS), 0);
	assert_null(task_find(l.m, f.child->pid));
	assert_true(machine_now(l.m) < 20 * MS);
	lab_check(&l);
	lab_fini(&l);
}

static void configuration_is_checked(void **state)
{
	struct machine_config cfg = {};
	struct machine *m = NULL;
	struct topology *t;
	struct err_msg e;

	assert_int_equal(topology_create("1", &e, &t), 0);
	machine_config_init(&cfg);
	assert_int_equal(machine_create(&cfg, &e, &m), -EINVAL);
	cfg.topology = t;
	cfg.hz = 99;
	assert_int_equal(machine_create(&cfg, &e, &m), -EINVAL);
	cfg.hz = 1001;
	assert_int_equal(machine_create(&cfg, &e, &m), -EINVAL);
	assert_null(m);
	machine_destroy(NULL);
	topology_destroy(t);
}

static void stop_ends_the_run(struct machine *m, struct machine_timer *t)
{
	machine_stop(m, -EINTR);
	machine_stop(m, -EIO);
}

/* The first reason counts, and the machine can go on. */
static void stopping(void **state)
{
	struct machine_timer t;
	struct task_struct *p;
	struct lab l;

	lab_init(&l, "1", 0);
	p = hog(&l, SCHED_NORMAL, 0);
	machine_timer_init(&t, stop_ends_the_run);
	assert_int_equal(machine_timer_start(l.m, &t, 5 * MS, 0), 0);
	assert_int_equal(machine_run(l.m, 10 * MS), -EINTR);
	assert_int_equal(machine_now(l.m), 5 * MS);
	assert_int_equal(machine_run(l.m, 10 * MS), 0);
	assert_near(task_runtime(l.m, p), 10 * MS, 1 * US * 10);
	lab_check(&l);
	lab_fini(&l);
}

static struct step for_ever(struct task_script *s, struct machine *m, struct task_struct *p)
{
	return (struct step){ .kind = STEP_RUN };
}

static void steps_without_time_are_an_error(void **state)
{
	struct task_script s = { .next = for_ever };
	struct task_params params = { .comm = "loop", .script = &s };
	struct task_struct *p;
	struct lab l;

	lab_init(&l, "1", 0);
	assert_int_equal(task_create(l.m, &params, NULL, &p), 0);
	assert_int_equal(machine_run(l.m, 1 * MS), -ELOOP);
	lab_fini(&l);
}

/* Behind a real-time task that never sleeps waits one fair task: an idle CPU fetches it. */
static void fair_leaves_rt_hog(void **state)
{
	struct task_struct *fair;
	struct lab l;

	lab_init(&l, "16", 1);
	fair = lab_task(&l, (struct task_params){}, SCRIPT(0, SLEEP(1090 * US), RUN(3000 * MS)));
	lab_task(&l, (struct task_params){ .policy = SCHED_RR, .rt_priority = 1 },
		 SCRIPT(0, RUN(300 * MS)));
	assert_int_equal(machine_run(l.m, 2000 * MS), 0);
	assert_true(task_runtime(l.m, fair) > 1500 * MS);
	lab_check(&l);
	lab_fini(&l);
}

/* What is left to fair tasks beside a real-time one that never sleeps: 50 ms in each second. */
static void fair_server(void **state)
{
	struct task_struct *fair, *rt;
	struct lab l;
	u64 before;

	lab_init(&l, "1", 1);
	fair = lab_task(&l, (struct task_params){}, SCRIPT(0, RUN(100 * MS)));
	machine_run(l.m, 100 * MS);
	rt = lab_task(&l, (struct task_params){ .policy = SCHED_FIFO, .rt_priority = 50 },
		      SCRIPT(0, RUN(100 * MS)));
	before = task_runtime(l.m, fair);
	/* a period began when the fair task had last used up 50 ms: at 50 or at 100 ms */
	machine_run(l.m, 950 * MS);
	lab_check(&l);
	assert_in_range(task_runtime(l.m, fair) - before, 0, 50 * US);
	for (u32 s = 1; s <= 8; s++) {
		machine_run(l.m, (1000 + 1000 * s) * MS);
		lab_check(&l);
		assert_in_range((task_runtime(l.m, fair) - before) / US, s * 50000 - 1100,
				s * 50000 + 51000);
	}
	assert_true(task_runtime(l.m, rt) > 8400 * MS);
	lab_fini(&l);
}

/* A server that is not needed lets a machine without tasks come to rest. */
static void idle_server(void **state)
{
	struct lab l;

	lab_init(&l, "2", 1);
	lab_task(&l, (struct task_params){}, SCRIPT(1, RUN(1 * MS)));
	lab_task(&l, (struct task_params){}, SCRIPT(1, RUN(1 * MS), BLOCK));
	machine_run(l.m, 10 * MS);
	assert_true(machine_idle_for_ever(l.m));
	machine_run(l.m, 5000 * MS);
	lab_check(&l);
	assert_true(machine_idle_for_ever(l.m));
	lab_fini(&l);
}

/* Where a task wakes up that slept on CPU 0, if @hogs CPUs from there on are taken. */
static u32 wakes_up_on(u32 hogs)
{
	struct task_struct *p;
	cpumask_t one = {}, all;
	struct lab l;
	u32 cpu;

	lab_init(&l, "8", 0);
	for (u32 i = 0; i < hogs; i++) {
		cpumask_clear(&one);
		cpumask_set_cpu(i, &one);
		lab_task(&l, (struct task_params){ .cpus = &one }, HOG);
	}
	cpumask_clear(&one);
	cpumask_set_cpu(0, &one);
	p = lab_task(&l, (struct task_params){ .cpus = &one }, SCRIPT(0, BLOCK, RUN(10 * US)));
	assert_int_equal(machine_run(l.m, 500 * MS), 0);
	cpumask_setall(&all, 8);
	assert_int_equal(task_set_affinity(l.m, p, &all), 0);
	task_wake(l.m, p);
	cpu = task_cpu(p);
	assert_int_equal(machine_run(l.m, 600 * MS), 0);
	lab_check(&l);
	lab_fini(&l);
	return cpu;
}

/* Where nearly all CPUs of a cache are busy, nobody looks for one that is not. */
static void full_caches_are_not_searched(void **state)
{
	assert_int_equal(wakes_up_on(1), 1);
	assert_int_equal(wakes_up_on(3), 3);
	assert_int_equal(wakes_up_on(7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fifo_keeps_the_cpu),
		cmocka_unit_test(fifo_priority_preempts),
		cmocka_unit_test(rr_takes_turns),
		cmocka_unit_test(rt_tasks_spread),
		cmocka_unit_test(rt_pull),
		cmocka_unit_test(fair_weights),
		cmocka_unit_test(fair_idle_policy_yields),
		cmocka_unit_test(fair_uses_all_cpus),
		cmocka_unit_test(fair_idle_balance),
		cmocka_unit_test(fair_newidle_pull),
		cmocka_unit_test(fair_spreads_over_topology),
		cmocka_unit_test(yield_lets_others_run),
		cmocka_unit_test(affinity),
		cmocka_unit_test(renice_and_policy),
		cmocka_unit_test(load_average_is_bounded),
		cmocka_unit_test(wakeups),
		cmocka_unit_test(lifecycle),
		cmocka_unit_test(families),
		cmocka_unit_test(configuration_is_checked),
		cmocka_unit_test(stopping),
		cmocka_unit_test(steps_without_time_are_an_error),
		cmocka_unit_test(fair_leaves_rt_hog),
		cmocka_unit_test(fair_server),
		cmocka_unit_test(idle_server),
		cmocka_unit_test(full_caches_are_not_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
