/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Events on a machine whose own costs are nil: what tasks do to each other, and
 * when they are done, to the nanosecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine/machine.h"
#include "machine/topology.h"
#include "workload/workload.h"

#define MS 1000000ULL
#define TASKS_MAX 2048

struct seen {
	char comm[TASK_COMM_LEN];
	s32 pid;
	u32 policy;
	u64 end, wakeups;
	u32 switches;
};

/* A played workload: when the machine had no task left, and what was seen of each. */
struct play {
	struct trace_sink sink;
	struct seen tasks[TASKS_MAX];
	u32 nr;
	u64 end;
	int err;
	bool stuck;
	struct err_msg error;
};

static struct seen *see(struct play *pl, const struct task_struct *p)
{
	u32 i;

	for (i = 0; i < pl->nr && pl->tasks[i].pid != p->pid; i++)
		;
	assert_true(i < TASKS_MAX);
	if (i == pl->nr) {
		pl->nr++;
		pl->tasks[i].pid = p->pid;
	}
	memcpy(pl->tasks[i].comm, p->comm, sizeof(p->comm));
	pl->tasks[i].policy = p->policy;
	return &pl->tasks[i];
}

static void on_event(struct trace_sink *s, const struct trace_event *ev)
{
	struct play *pl = container_of(s, struct play, sink);

	if (ev->kind == TRACE_sched_wakeup && ev->sched_wakeup.p->pid)
		see(pl, ev->sched_wakeup.p)->wakeups++;
	if (ev->kind != TRACE_sched_switch)
		return;
	if (ev->sched_switch.next->pid)
		see(pl, ev->sched_switch.next)->switches++;
	if (ev->sched_switch.prev_state == TRACE_STATE_DEAD)
		see(pl, ev->sched_switch.prev)->end = ev->time;
}

/* @limit: absolute end if the tasks don't end; @soft: the run's duration. */
static void play(struct play *pl, const char *json, const char *topology, u64 soft, u64 limit)
{
	struct machine_config cfg;
	struct topology *topo;
	struct workload_run *run;
	struct workload *w;
	struct machine *m;

	*pl = (struct play){ .sink.emit = on_event };
	assert_int_equal(workload_parse(json, strlen(json), "w.json", &pl->error, &w), 0);
	assert_int_equal(topology_create(topology, &pl->error, &topo), 0);
	machine_config_init(&cfg);
	cfg.topology = topo;
	cfg.costs = (struct machine_costs){};
	assert_int_equal(machine_create(&cfg, &pl->error, &m), 0);
	assert_int_equal(machine_add_sink(m, &pl->sink), 0);
	assert_int_equal(workload_run_create(w, m, soft, &pl->error, &run), 0);
	assert_int_equal(workload_run_start(run, &pl->error), 0);
	pl->err = machine_run(m, limit);
	pl->end = machine_now(m);
	pl->stuck = pl->end == limit;
	if (pl->err)
		err_set(&pl->error, pl->err, "%s", workload_run_error(run));
	machine_remove_sink(m, &pl->sink);
	machine_destroy(m);
	workload_run_destroy(run);
	workload_destroy(w);
	topology_destroy(topo);
}

static const struct seen *task(const struct play *pl, const char *comm, u32 nth)
{
	for (u32 i = 0; i < pl->nr; i++)
		if (!strcmp(pl->tasks[i].comm, comm) && !nth--)
			return &pl->tasks[i];
	fail_msg("no task %s", comm);
	return NULL;
}

static void test_run_sleep_loop(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'loop':3,'run':2000,'sleep':5000}}}", "1", 0, 100 * MS);
	assert_int_equal(pl.end, 21 * MS);
	assert_int_equal(task(&pl, "t", 0)->wakeups, 3);
}

static void test_delay(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'loop':1,'delay':7000,'run':2000}}}", "1", 0, 100 * MS);
	assert_int_equal(pl.end, 9 * MS);
}

/* "runtime" counts time, preempted or not; "run" counts work. */
static void test_run_and_runtime(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'instance':2,'loop':1,'runtime':20000}}}", "1", 0, 100 * MS);
	assert_true(pl.end >= 20 * MS && pl.end <= 24 * MS);
	play(&pl, "{'tasks':{'t':{'instance':2,'loop':1,'run':20000}}}", "1", 0, 100 * MS);
	assert_int_equal(pl.end, 40 * MS);
}

static void test_phases(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'loop':2,'phases':{"
		  "'a':{'loop':3,'run':1000},'b':{'sleep':2000}}}}}", "1", 0, 100 * MS);
	assert_int_equal(pl.end, 10 * MS);
}

/* The figures of rt-app's tutorial: a 30 ms run among 10 ms ones, period 20 ms. */
#define TIMER(mode)                                                                                \
	"{'tasks':{'t':{'loop':1,'phases':{"                                                       \
	"'a':{'loop':2,'run':10000,'timer':{'ref':'unique','period':20000,'mode':'" mode "'}},"    \
	"'b':{'run':30000,'timer':{'ref':'unique','period':20000,'mode':'" mode "'}},"             \
	"'c':{'loop':2,'run':10000,'timer':{'ref':'unique','period':20000,'mode':'" mode "'}}}}}}"

static void test_timer_modes(void **state)
{
	struct play pl;

	play(&pl, TIMER("relative"), "1", 0, 500 * MS);
	assert_int_equal(pl.end, 110 * MS);
	play(&pl, TIMER("absolute"), "1", 0, 500 * MS);
	assert_int_equal(pl.end, 100 * MS);
}

/* A timer without "unique" is one for all: two users see every second period. */
static void test_shared_timer(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'instance':2,'loop':3,'run':1000,"
		  "'timer':{'ref':'tick','period':10000}}}}", "2", 0, 500 * MS);
	assert_int_equal(pl.end, 60 * MS);
	play(&pl, "{'tasks':{'t':{'instance':2,'loop':3,'run':1000,"
		  "'timer':{'ref':'unique','period':10000}}}}", "2", 0, 500 * MS);
	assert_int_equal(pl.end, 30 * MS);
}

static void test_mutex_excludes(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'instance':4,'loop':1,"
		  "'lock':'m','run':10000,'unlock':'m'}}}", "4", 0, 500 * MS);
	assert_int_equal(pl.end, 40 * MS);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(task(&pl, "t", i)->end, (i + 1) * 10 * MS);
}

static void test_mutex_order(void **state)
{
	struct play pl;

	/* a holds it till 10; b comes at 1, c at 2, and the real-time r at 3 */
	play(&pl, "{'tasks':{"
		  "'a':{'loop':1,'cpus':[0],'lock':'m','run':10000,'unlock':'m'},"
		  "'b':{'loop':1,'cpus':[1],'delay':1000,'lock':'m','run':10000,'unlock':'m'},"
		  "'c':{'loop':1,'cpus':[2],'delay':2000,'lock':'m','run':10000,'unlock':'m'},"
		  "'r':{'loop':1,'cpus':[3],'delay':3000,'policy':'SCHED_FIFO',"
		  "'lock':'m','run':10000,'unlock':'m'}}}", "4", 0, 500 * MS);
	assert_int_equal(task(&pl, "a", 0)->end, 10 * MS);
	assert_int_equal(task(&pl, "r", 0)->end, 20 * MS);
	assert_int_equal(task(&pl, "b", 0)->end, 30 * MS);
	assert_int_equal(task(&pl, "c", 0)->end, 40 * MS);
}

/* An unlocker that locks again at once has the mutex before the waiter runs. */
static void test_mutex_barges(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{"
		  "'a':{'loop':3,'lock':'m','run':10000,'unlock':'m'},"
		  "'b':{'loop':1,'delay':1000,'lock':'m','run':1000,'unlock':'m'}}}", "2", 0, 500 * MS);
	assert_int_equal(task(&pl, "a", 0)->end, 30 * MS);
	assert_int_equal(task(&pl, "b", 0)->end, 31 * MS);
}

static void test_cond(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{"
		  "'w':{'instance':3,'loop':1,'lock':'m','wait':{'ref':'c','mutex':'m'},"
		  "'unlock':'m','run':1000},"
		  "'s':{'loop':1,'sleep':5000,'signal':'c','sleep':5000,'broad':'c'}}}", "4", 0,
	     500 * MS);
	assert_int_equal(task(&pl, "w", 0)->end, 6 * MS);
	assert_int_equal(task(&pl, "w", 1)->end, 11 * MS);
	assert_int_equal(task(&pl, "w", 2)->end, 11 * MS);
}

/* A woken waiter needs the mutex before it goes on. */
static void test_cond_reacquires(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{"
		  "'w':{'loop':1,'lock':'m','wait':{'ref':'c','mutex':'m'},'unlock':'m','run':1000},"
		  "'s':{'loop':1,'sleep':5000,'lock':'m','signal':'c','run':20000,'unlock':'m'}}}",
	     "2", 0, 500 * MS);
	assert_int_equal(task(&pl, "w", 0)->end, 26 * MS);
}

static void test_sync(void **state)
{
	struct play pl;

	/* each signals the other and waits: they take turns */
	play(&pl, "{'tasks':{"
		  "'a':{'loop':2,'lock':'m','run':3000,'sync':{'ref':'c','mutex':'m'},'unlock':'m'},"
		  "'b':{'loop':2,'delay':1000,'lock':'m','run':3000,'signal':'c','unlock':'m',"
		  "'sleep':1000}}}", "2", 0, 500 * MS);
	assert_int_equal(task(&pl, "b", 0)->end, 12 * MS + 1 * MS);
	assert_false(pl.stuck);
}

static void test_suspend_resume(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{"
		  "'t':{'loop':2,'suspend':'t','run':1000},"
		  "'r':{'loop':2,'sleep':5000,'resume':'t'}}}", "2", 0, 500 * MS);
	assert_int_equal(pl.end, 11 * MS);
	/* a resume that comes first is lost */
	play(&pl, "{'tasks':{"
		  "'t':{'loop':1,'delay':9000,'suspend':''},"
		  "'r':{'loop':1,'sleep':5000,'resume':'t'}}}", "2", 0, 500 * MS);
	assert_true(pl.stuck);
}

static void test_barrier(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{"
		  "'a':{'instance':2,'loop':2,'run':2000,'barrier':'b'},"
		  "'c':{'loop':2,'run':7000,'barrier':'b'}}}", "3", 0, 500 * MS);
	assert_int_equal(pl.end, 14 * MS);
	for (u32 i = 0; i < pl.nr; i++)
		assert_int_equal(pl.tasks[i].end, 14 * MS);
}

static void test_fork(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{"
		  "'p':{'loop':3,'sleep':10000,'fork':'c'},"
		  "'c':{'instance':0,'loop':1,'run':1000}}}", "2", 0, 500 * MS);
	assert_int_equal(pl.nr, 4);
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(task(&pl, "c", i)->end, (10 * (i + 1) + 1) * MS);
}

static void test_fork_limit(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'p':{'fork':'c'},'c':{'instance':0,'loop':0,'phases':{'x':{'run':1}}}}}",
	     "1", 0, 500 * MS);
	assert_int_equal(pl.err, -EAGAIN);
	assert_non_null(strstr(pl.error.text, "1024"));
}

/* What takes no time must not hold it still. */
static void test_timeless_loops(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'loop':1000,'yield':''},'u':{'loop':500,'signal':'c','run':0}}}",
	     "2", 0, 500 * MS);
	assert_int_equal(task(&pl, "t", 0)->end, 1 * MS);
	assert_int_equal(task(&pl, "u", 0)->end, MS / 2);
}

static void test_mem_iorun(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'loop':1,'mem':10000000,'iorun':8000000}},"
		  "'global':{'mem_buffer_size':1000000}}", "1", 0, 500 * MS);
	assert_int_equal(pl.end, 1 * MS + 8 * 500);
}

static void test_policy_and_affinity_by_phase(void **state)
{
	struct play pl;

	/* the phase's FIFO keeps the other task off their only common CPU */
	play(&pl, "{'tasks':{"
		  "'t':{'loop':1,'cpus':[1],'phases':{"
		  "'a':{'run':5000,'cpus':[0]},"
		  "'b':{'policy':'SCHED_FIFO','priority':7,'run':20000}}},"
		  "'u':{'loop':1,'cpus':[1],'delay':1000,'run':20000}}}", "2", 0, 500 * MS);
	assert_int_equal(task(&pl, "t", 0)->policy, SCHED_FIFO);
	assert_int_equal(task(&pl, "t", 0)->end, 25 * MS);
	assert_int_equal(task(&pl, "u", 0)->end, 41 * MS);
}

static void test_missing_cpu(void **state)
{
	static const char json[] = "{'tasks':{'t':{'run':1,\n'cpus':[0,5]}}}";
	struct err_msg e = {};
	struct machine_config cfg;
	struct topology *topo;
	struct workload_run *run;
	struct workload *w;
	struct machine *m;

	assert_int_equal(workload_parse(json, strlen(json), "w.json", &e, &w), 0);
	assert_int_equal(topology_create("2", &e, &topo), 0);
	machine_config_init(&cfg);
	cfg.topology = topo;
	assert_int_equal(machine_create(&cfg, &e, &m), 0);
	assert_int_equal(workload_run_create(w, m, 0, &e, &run), -EINVAL);
	assert_string_equal(e.text, "w.json:2: key \"cpus\": task \"t\" wants CPU 5, but the machine "
				    "has only CPUs 0-1");
	machine_destroy(m);
	workload_destroy(w);
	topology_destroy(topo);
}

/* The end of the duration lets events finish, and locks be given back. */
static void test_duration(void **state)
{
	struct play pl;

	play(&pl, "{'tasks':{'t':{'loop':-1,'run':3000}}}", "1", 10 * MS, 500 * MS);
	assert_int_equal(pl.end, 12 * MS);
	play(&pl, "{'tasks':{"
		  "'a':{'loop':-1,'lock':'m','run':4000,'sleep':50000,'unlock':'m','run':9000},"
		  "'b':{'loop':-1,'delay':1000,'lock':'m','run':1000,'unlock':'m'},"
		  "'s':{'suspend':'s'},'z':{'barrier':'x'},'y':{'delay':20000,'barrier':'x'}}}", "4",
	     2 * MS, 500 * MS);
	assert_int_equal(task(&pl, "a", 0)->end, 4 * MS);
	assert_int_equal(task(&pl, "b", 0)->end, 4 * MS);
	assert_int_equal(task(&pl, "s", 0)->end, 2 * MS);
	assert_int_equal(pl.end, 20 * MS);
}

/* Three of a group beside one of another: each group has half; from 100 ms on nothing is alike. */
static void test_taskgroup(void **state)
{
	struct play pl;

	play(&pl,
	     "{'tasks':{'a':{'loop':1,'run':50000,'taskgroup':'/a'},"
	     "'b':{'loop':1,'instance':3,'run':30000,'taskgroup':'/b/c'}}}",
	     "1", 0, 1000 * MS);
	assert_int_equal(pl.end, 140 * MS);
	assert_in_range(task(&pl, "a", 0)->end / MS, 95, 105);
}

static void test_taskgroup_by_phase(void **state)
{
	struct play pl;

	play(&pl,
	     "{'tasks':{'a':{'loop':1,'phases':{'one':{'run':10000},"
	     "'two':{'run':10000,'taskgroup':'/a'}}},'h':{'loop':1,'run':100000}},"
	     "'events':[{'at':0,'do':'cgroup_create','cgroup':'a'},"
	     "{'at':0,'do':'cgroup_max','cgroup':'a','quota':2000,'period':20000}]}",
	     "1", 0, 1000 * MS);
	/* 20 ms at half speed, then 2 ms in each of five periods */
	assert_in_range(task(&pl, "a", 0)->end / MS, 20 + 4 * 20, 20 + 6 * 20);
}

static void test_cgroup_max_wrong(void **state)
{
	struct play pl;

	play(&pl,
	     "{'tasks':{'a':{'loop':1,'run':10000}},"
	     "'events':[{'at':5,'do':'cgroup_max','cgroup':'x','quota':'max'}]}",
	     "1", 0, 1000 * MS);
	assert_int_equal(pl.err, -ENOENT);
	assert_non_null(strstr(pl.error.text, "cgroup_max"));
}

/* On one core of two CPUs: half of the time for each, and for both again without cookies. */
static void test_core_cookie(void **state)
{
	struct play pl;

	play(&pl,
	     "{'tasks':{'a':{'loop':1,'run':50000,'cpus':[0]},'b':{'loop':1,'run':50000,'cpus':[1]}},"
	     "'events':[{'at':0,'do':'core_cookie','task':'a','cookie':1},"
	     "{'at':40000,'do':'core_cookie','task':'a','cookie':0}]}",
	     "core:1 pu:2", 0, 1000 * MS);
	assert_in_range(task(&pl, "a", 0)->end / MS, 65, 75);
	assert_in_range(task(&pl, "b", 0)->end / MS, 65, 75);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_sleep_loop),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_run_and_runtime),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_timer_modes),
		cmocka_unit_test(test_shared_timer),
		cmocka_unit_test(test_mutex_excludes),
		cmocka_unit_test(test_mutex_order),
		cmocka_unit_test(test_mutex_barges),
		cmocka_unit_test(test_cond),
		cmocka_unit_test(test_cond_reacquires),
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_suspend_resume),
		cmocka_unit_test(test_barrier),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_fork_limit),
		cmocka_unit_test(test_timeless_loops),
		cmocka_unit_test(test_mem_iorun),
		cmocka_unit_test(test_policy_and_affinity_by_phase),
		cmocka_unit_test(test_missing_cpu),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_taskgroup),
		cmocka_unit_test(test_taskgroup_by_phase),
		cmocka_unit_test(test_cgroup_max_wrong),
		cmocka_unit_test(test_core_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
