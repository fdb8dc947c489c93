/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Random workloads, and a sink that checks what every trace must obey. */
#ifndef TEST_MACHINE_RANDOM_LOAD_H
#define TEST_MACHINE_RANDOM_LOAD_H

#include "lab.h"

#include <stdio.h>

#define MAX_LOAD_TASKS 64
#define MAX_LOAD_CPUS 64
#define MAX_PIDS 4096
#define NR_LOAD_GROUPS 6

/* Steps drawn at random; each script has a stream of its own. */
struct random_script {
	struct task_script s;
	struct rng rng;
	u32 steps_left;
	struct random_load *load;
};

struct watch {
	s32 cpu;	   /* running there, or -1 */
	u64 since;	   /* switched in, or began to wait */
	bool waiting;
	u64 ran;
};

struct random_load {
	struct trace_sink sink;
	struct lab lab;
	struct machine_timer meddle;
	struct rng rng;
	struct task_struct *tasks[MAX_LOAD_TASKS];
	u32 nr;
	struct cgroup *groups[NR_LOAD_GROUPS]; /* or NULL; they nest */
	u32 next_group;
	struct watch watch[MAX_PIDS];
	s32 running[MAX_LOAD_CPUS]; /* pid */
	u64 switched_at[MAX_LOAD_CPUS];
	u64 hash, events;
	u64 worst_wait; /* of a task beside an idle CPU that it may use */
	bool meddles;
	enum machine_fair fair; /* these two are the caller's */
	bool in_turn;
};

static inline void rl_mix(struct random_load *r, u64 v)
{
	r->hash = (r->hash ^ v) * 0x100000001b3ULL;
}

static void rl_switch(struct random_load *r, const struct trace_event *ev)
{
	const struct task_struct *prev = ev->sched_switch.prev, *next = ev->sched_switch.next;
	struct watch *w;

	assert_int_equal(r->running[ev->cpu], prev->pid);
	assert_ptr_not_equal(prev, next);
	if (prev->pid) {
		w = &r->watch[prev->pid];
		assert_int_equal(w->cpu, ev->cpu);
		w->ran += ev->time - r->switched_at[ev->cpu];
		w->cpu = -1;
		w->since = ev->time;
		w->waiting = ev->sched_switch.prev_state == TRACE_STATE_RUNNING ||
			     ev->sched_switch.prev_state == TRACE_STATE_PREEMPTED;
	}
	if (next->pid) {
		w = &r->watch[next->pid];
		assert_int_equal(w->cpu, -1);
		assert_true(cpumask_test_cpu(ev->cpu, next->cpus_ptr));
		w->cpu = ev->cpu;
		w->waiting = false;
	}
	r->running[ev->cpu] = next->pid;
	r->switched_at[ev->cpu] = ev->time;
}

static void rl_emit(struct trace_sink *s, const struct trace_event *ev)
{
	struct random_load *r = container_of(s, struct random_load, sink);

	r->events++;
	rl_mix(r, ev->kind);
	rl_mix(r, ev->cpu);
	rl_mix(r, ev->time);
	rl_mix(r, ev->current->pid);
	switch (ev->kind) {
	case TRACE_sched_switch:
		rl_mix(r, ev->sched_switch.next->pid);
		rl_mix(r, ev->sched_switch.prev_state);
		rl_switch(r, ev);
		break;
	case TRACE_sched_wakeup:
	case TRACE_sched_wakeup_new:
		rl_mix(r, ev->sched_wakeup.p->pid);
		if (r->watch[ev->sched_wakeup.p->pid].cpu < 0) {
			r->watch[ev->sched_wakeup.p->pid].waiting = true;
			r->watch[ev->sched_wakeup.p->pid].since = ev->time;
		}
		break;
	case TRACE_sched_migrate_task:
		rl_mix(r, ev->sched_migrate_task.dest_cpu);
		break;
	default:
		break;
	}
}

static struct step rl_next(struct task_script *ts, struct machine *m, struct task_struct *p)
{
	struct random_script *s = container_of(ts, struct random_script, s);
	struct random_load *r = s->load;

	if (!s->steps_left--)
		return (struct step){ .kind = STEP_EXIT };
	switch (rng_below(&s->rng, 8)) {
	case 0:
		return (struct step){ STEP_RUN, rng_below(&s->rng, 20 * MS) };
	case 1:
		return (struct step){ STEP_RUNTIME, rng_below(&s->rng, 3 * MS) };
	case 2:
	case 3:
		return (struct step){ STEP_SLEEP, machine_now(m) + rng_below(&s->rng, 5 * MS) };
	case 4:
		return (struct step){ STEP_YIELD, 0 };
	case 5:
		task_wake(m, r->tasks[rng_below(&s->rng, r->nr)]);
		return (struct step){ STEP_RUN, rng_below(&s->rng, 100 * US) };
	case 6:
		return (struct step){ STEP_SLEEP, machine_now(m) - min(machine_now(m), 5UL) };
	default:
		return (struct step){ STEP_RUN, rng_below(&s->rng, 2 * MS) };
	}
}

static void rl_release(struct task_script *ts)
{
	free(container_of(ts, struct random_script, s));
}

static void rl_random_mask(struct rng *rng, u32 nr_cpus, cpumask_t *mask)
{
	cpumask_clear(mask);
	cpumask_set_cpu(rng_below(rng, nr_cpus), mask);
	for (u32 n = rng_below(rng, nr_cpus); n; n--)
		cpumask_set_cpu(rng_below(rng, nr_cpus), mask);
}

static void rl_add_task(struct random_load *r, bool fair_only)
{
	struct random_script *s = calloc(1, sizeof(*s));
	struct task_params params = { .comm = "random", .script = &s->s };
	cpumask_t mask;

	assert_non_null(s);
	*s = (struct random_script){
		.s = { .next = rl_next, .release = rl_release },
		.load = r,
		.steps_left = rng_below(&r->rng, 4) ? UINT32_MAX : 50,
	};
	rng_init(&s->rng, rng_u64(&r->rng), 1);
	params.nice = (s32)rng_below(&r->rng, 40) - 20;
	params.start = machine_now(r->lab.m) + rng_below(&r->rng, 3) * 700 * US;
	if (!rng_below(&r->rng, 3)) {
		rl_random_mask(&r->rng, machine_nr_cpus(r->lab.m), &mask);
		params.cpus = &mask;
	}
	if (!fair_only && !rng_below(&r->rng, 5)) {
		params.policy = rng_below(&r->rng, 2) ? SCHED_RR : SCHED_FIFO;
		params.rt_priority = 1 + rng_below(&r->rng, 5);
	} else if (!rng_below(&r->rng, 8)) {
		params.policy = rng_below(&r->rng, 2) ? SCHED_BATCH : SCHED_IDLE;
	}
	assert_int_equal(task_create(r->lab.m, &params, NULL, &r->tasks[r->nr]), 0);
	task_get(r->tasks[r->nr++]);
}

/* A queued task waits and a CPU that it may use idles: for how long, both? */
static void rl_look_for_waste(struct random_load *r)
{
	struct machine *m = r->lab.m;
	u64 now = machine_now(m);

	for (u32 cpu = 0; cpu < machine_nr_cpus(m); cpu++) {
		if (r->running[cpu])
			continue;
		for (u32 i = 0; i < r->nr; i++) {
			struct task_struct *p = r->tasks[i];
			struct watch *w = &r->watch[p->pid];

			if (w->waiting && p->on_rq && cpumask_test_cpu(cpu, p->cpus_ptr))
				r->worst_wait = max(r->worst_wait,
						    min(now - w->since, now - r->switched_at[cpu]));
		}
	}
}

/* A cgroup of the tree, or its root. */
static struct cgroup *rl_any_group(struct random_load *r)
{
	struct cgroup *g = r->groups[rng_below(&r->rng, NR_LOAD_GROUPS)];

	return g ? g : machine_cgroup_root(r->lab.m);
}

static void rl_meddle_groups(struct random_load *r, struct task_struct *p)
{
	struct cgroup **slot = &r->groups[rng_below(&r->rng, NR_LOAD_GROUPS)];
	struct machine *m = r->lab.m;
	struct err_msg e;
	char name[16];
	u64 period;

	switch (*slot ? rng_below(&r->rng, 8) : 8) {
	case 0:
		if (!machine_cgroup_destroy(m, *slot))
			*slot = NULL;
		break;
	case 1:
		assert_int_equal(machine_cgroup_set_weight(m, *slot,
							   1 + rng_below(&r->rng, 10000)), 0);
		break;
	case 2:
	case 3:
		period = MS + rng_below(&r->rng, 30 * MS);
		assert_int_equal(machine_cgroup_set_max(m, *slot, MS + rng_below(&r->rng, period),
							period, rng_below(&r->rng, 2) * MS), 0);
		break;
	case 4:
		assert_int_equal(machine_cgroup_set_max(m, *slot, UINT64_MAX, 100 * MS, 0), 0);
		break;
	case 8:
		snprintf(name, sizeof(name), "g%u", r->next_group++);
		assert_int_equal(machine_cgroup_create(m, rl_any_group(r), name, &e, slot), 0);
		break;
	default:
		assert_int_equal(machine_cgroup_move(m, rl_any_group(r), p), 0);
		break;
	}
}

static void rl_meddle(struct machine *m, struct machine_timer *t)
{
	struct random_load *r = container_of(t, struct random_load, meddle);
	struct task_struct *p = r->tasks[rng_below(&r->rng, r->nr)];
	cpumask_t mask;

	rl_look_for_waste(r);
	assert_int_equal(machine_check(m), 0);
	if (r->meddles && p->__state != TASK_DEAD) {
		switch (rng_below(&r->rng, 9)) {
		case 4:
		case 5:
		case 6:
			rl_meddle_groups(r, p);
			break;
		case 7:
			machine_cpu_offline(m, rng_below(&r->rng, machine_nr_cpus(m)));
			break;
		case 8:
			for (u32 cpu = 0; cpu < machine_nr_cpus(m); cpu++)
				machine_cpu_online(m, cpu);
			break;
		case 0:
			rl_random_mask(&r->rng, machine_nr_cpus(m), &mask);
			task_set_affinity(m, p, &mask);
			break;
		case 1:
			task_set_nice(m, p, (s32)rng_below(&r->rng, 40) - 20);
			break;
		case 2:
			task_set_policy(m, p, SCHED_FIFO, 1 + rng_below(&r->rng, 50));
			break;
		default:
			task_set_policy(m, p, rng_below(&r->rng, 2) ? SCHED_NORMAL : SCHED_IDLE, 0);
			break;
		}
	}
	assert_int_equal(machine_timer_start(m, t, machine_now(m) + 1 + rng_below(&r->rng, 2 * MS),
					     rng_below(&r->rng, machine_nr_cpus(m))), 0);
}

static void rl_check(struct random_load *r)
{
	struct machine *m = r->lab.m;

	lab_check(&r->lab);
	for (u32 i = 0; i < r->nr; i++) {
		struct watch *w = &r->watch[r->tasks[i]->pid];
		u64 ran = w->ran;

		if (w->cpu >= 0)
			ran += machine_now(m) - r->switched_at[w->cpu];
		assert_int_equal(ran, task_runtime(m, r->tasks[i]));
	}
}

/* Runs @seed's workload for @duration; @r holds the findings. */
static inline void rl_run(struct random_load *r, u64 seed, u64 duration, bool meddles)
{
	static const char *const specs[] = {
		"1", "2", "4", "7", "l3:2 core:2 pu:2", "node:2 l3:2 core:2 pu:2", "16",
	};
	static const u32 hz[] = { 1000, 100, 250, 300, 997 };
	struct machine_config cfg = lab_config();
	const char *spec;
	u32 nr;

	cfg.fair = r->fair;
	cfg.cpus_in_turn = r->in_turn;
	memset(r, 0, sizeof(*r));
	rng_init(&r->rng, seed, 9);
	spec = specs[rng_below(&r->rng, ARRAY_SIZE(specs))];
	cfg.seed = seed;
	cfg.hz = hz[meddles ? rng_below(&r->rng, ARRAY_SIZE(hz)) : 0];
	lab_init_cfg(&r->lab, spec, cfg);
	for (u32 i = 0; i < MAX_PIDS; i++)
		r->watch[i].cpu = -1;
	r->hash = 0xcbf29ce484222325ULL;
	r->meddles = meddles;
	r->sink.emit = rl_emit;
	assert_int_equal(machine_add_sink(r->lab.m, &r->sink), 0);
	nr = 1 + rng_below(&r->rng, 30);
	for (u32 i = 0; i < nr; i++)
		rl_add_task(r, !meddles);
	machine_timer_init(&r->meddle, rl_meddle);
	assert_int_equal(machine_timer_start(r->lab.m, &r->meddle, 1, 0), 0);
	for (u64 at = duration / 7; at <= duration; at += duration / 7) {
		assert_int_equal(machine_run(r->lab.m, at), 0);
		rl_check(r);
	}
	for (u32 i = 0; i < r->nr; i++)
		task_put(r->lab.m, r->tasks[i]);
	lab_fini(&r->lab);
}

#endif
