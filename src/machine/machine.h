/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The simulated multi-CPU machine: a clock, an event queue, CPUs with a
 * topology, tasks that follow scripts, and Linux's scheduling core with its
 * classes in Linux's order. Knows nothing of BPF: sched_ext plugs in through
 * machine/sched.h.
 *
 * Deterministic: events are ordered by (time, priority class, cpu, sequence);
 * same configuration, seed and scripts -> the same events, on any host.
 * Single-threaded; two machines never share anything.
 *
 * Time is in ns since the machine's boot; work is in ns on a CPU of capacity
 * 1024 at full frequency.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "ktypes/sched.h"
#include "machine/trace.h"

struct machine;
struct topology;

#define MACHINE_PID_MAX (8 << 20) /* twice what Linux allows, so that there is room beside it */

/* What things cost, in ns: machine/costs.def has the rows, with defaults and meaning. */
struct machine_costs {
#define COST(name, dfl, text) u64 name;
#include "machine/costs.def"
#undef COST
};

/* Who chooses the CPUs' frequencies: machine/cpufreq.h. */
enum cpufreq_governor {
#define GOVERNOR(name) GOVERNOR_##name,
#include "machine/governors.def"
#undef GOVERNOR
};

/* How the fair class picks: 6.12's way, or that of 6.5 and before. */
enum machine_fair { FAIR_EEVDF, FAIR_CFS };

struct machine_config {
	const struct topology *topology; /* borrowed for the machine's life */
	u32 hz;				 /* 100..1000; 1000 by default */
	u64 seed;
	enum machine_fair fair;
	enum cpufreq_governor governor;
	bool cpus_in_turn; /* virtual CPUs on one real one: turns.c */
	/*
	 * The first stopper's pid, the other stoppers and all tasks without a pid of
	 * their own follow; for who knows that its own pids are smaller. 0: 3, and
	 * tasks from machine_first_pid().
	 */
	s32 first_pid;
	struct machine_costs costs;
};

/* Fills @cfg (but its topology) with the defaults. */
void machine_config_init(struct machine_config *cfg);
int machine_create(const struct machine_config *cfg, struct err_msg *e, struct machine **out);
void machine_destroy(struct machine *m);

u64 machine_now(const struct machine *m);
u32 machine_nr_cpus(const struct machine *m);
const struct topology *machine_topology(const struct machine *m);

/*
 * Runs until simulated time @until (ns), or no task is left, or machine_stop()
 * was called. 0, or the error given to machine_stop().
 */
int machine_run(struct machine *m, u64 until);
void machine_stop(struct machine *m, int err);
bool machine_idle_for_ever(const struct machine *m); /* no event but ticks is pending */

/* Between runs: what is done to the machine from now on is done on @cpu, if that is online. */
void machine_act_on(struct machine *m, u32 cpu);

/* ---- what a task does ---- */

enum step_kind {
	STEP_RUN,     /* execute @ns of work (scaled by the CPU's capacity and frequency) */
	STEP_RUNTIME, /* run, in any number of pieces, until wall time @ns after the step began */
	STEP_SLEEP,   /* sleep until absolute time @ns or task_wake(); in the past: not at all */
	STEP_BLOCK,   /* sleep until somebody calls task_wake() */
	STEP_YIELD,   /* sched_yield() */
	STEP_EXIT,
};

struct step {
	enum step_kind kind;
	u64 ns;
};

/*
 * A task's script. next() is called on the task's CPU, at the moment when the
 * previous step has ended; it may wake other tasks and create new ones.
 */
struct task_script {
	struct step (*next)(struct task_script *s, struct machine *m, struct task_struct *p);
	void (*release)(struct task_script *s); /* after the task's end; may be NULL */
};

struct task_params {
	const char *comm;
	u32 policy; /* SCHED_* */
	s32 nice;
	u32 rt_priority;	/* 1..99 for FIFO and RR */
	const cpumask_t *cpus; /* NULL: all */
	struct task_script *script;
	u64 start;		    /* absolute, not before now; 0: now */
	struct task_struct *parent; /* NULL: init (pid 1) */
	struct task_struct *leader; /* NULL: a process of its own */
	bool kthread;
	struct cgroup *cgroup; /* NULL: the parent's */
	s32 pid;	       /* 0: the next one; -EEXIST if a live task has it */
};

/*
 * Creates a new task and (at @start) wakes it up: fork() by the current context
 * now, first run later. -EINVAL with *e, -ENOMEM, or what sched_ext answered.
 * The script belongs to the machine on success only. Pids of created tasks count
 * up from machine_first_pid(); 1 is init, 2 kthreadd, then one stopper per CPU. All
 * pids are below MACHINE_PID_MAX.
 */
int task_create(struct machine *m, const struct task_params *params, struct err_msg *e,
		struct task_struct **out);
s32 machine_first_pid(const struct machine *m);
/* try_to_wake_up() from the context of @m's current CPU; true if it was asleep. */
bool task_wake(struct machine *m, struct task_struct *p);

int task_set_affinity(struct machine *m, struct task_struct *p, const cpumask_t *mask);
int task_set_nice(struct machine *m, struct task_struct *p, s32 nice);
int task_set_policy(struct machine *m, struct task_struct *p, u32 policy, u32 rt_priority);
/*
 * Core scheduling (prctl(PR_SCHED_CORE)): tasks whose cookies differ are never on the
 * CPUs of one core at a time. 0, as at birth: none. It is on while some task has one.
 */
void task_set_core_cookie(struct machine *m, struct task_struct *p, unsigned long cookie);
/*
 * CPU hot-plug, from an event or between runs. A CPU that is in that state
 * already is left alone. -EINVAL: no such CPU; -EBUSY: the last one that is
 * online. Tasks that may use no other CPU than one that goes lose their affinity.
 */
int machine_cpu_offline(struct machine *m, u32 cpu);
int machine_cpu_online(struct machine *m, u32 cpu);
/*
 * cgroups: a tree whose root is there from the start, with the cpu controller
 * everywhere. For the fair class a cgroup competes as one with its siblings, the
 * tasks and child groups of its parent.
 */
struct cgroup *machine_cgroup_root(struct machine *m);
/* "a/b" from the root; "" is the root itself. NULL: there is none. */
struct cgroup *machine_cgroup_find(struct machine *m, const char *path);
struct cgroup *machine_cgroup_child(struct cgroup *parent, const char *name);
/* -EINVAL, -EEXIST, -EAGAIN (too deep), -ENOMEM, or what sched_ext answered; with *e. */
int machine_cgroup_create(struct machine *m, struct cgroup *parent, const char *name,
			  struct err_msg *e, struct cgroup **out);
/* -EBUSY: it has tasks or children, or is the root. */
int machine_cgroup_destroy(struct machine *m, struct cgroup *cgrp);
/* Moves one task, as cgroup.threads does. What sched_ext answered. */
int machine_cgroup_move(struct machine *m, struct cgroup *cgrp, struct task_struct *p);
/* cpu.weight, 1..10000: else -ERANGE. The root has none: -EINVAL. */
int machine_cgroup_set_weight(struct machine *m, struct cgroup *cgrp, u32 weight);
/*
 * cpu.max and cpu.max.burst: @quota ns of CPU time in each @period, UINT64_MAX for
 * "max". -EINVAL: the root, less than 1 ms, a period above 1 s, a burst above the quota.
 */
int machine_cgroup_set_max(struct machine *m, struct cgroup *cgrp, u64 quota, u64 period,
			   u64 burst);
/* cpu.stat, as far as it is about cpu.max. */
struct cgroup_cpu_stat {
	u64 nr_periods, nr_throttled, throttled_ns;
};
struct cgroup_cpu_stat machine_cgroup_cpu_stat(const struct cgroup *cgrp);
struct task_struct *task_find(struct machine *m, s32 pid);
/* References keep the memory of a dead task (kernel: get/put_task_struct). */
struct task_struct *task_get(struct task_struct *p);
void task_put(struct machine *m, struct task_struct *p);

/* ---- events for others (timers, watchdog, scenario) ---- */

struct machine_timer {
	void (*fire)(struct machine *m, struct machine_timer *t);
	u64 when; /* valid while queued */
	u32 cpu;  /* whose interrupt it is */
	s32 heap_index; /* -1: not queued; the event queue's */
	u64 key;	/* the event queue's: priority class, cpu, sequence */
	u8 class;	/* the event queue's: enum event_class */
	bool owned;	/* the core's: its place in the queue is reserved */
};
void machine_timer_init(struct machine_timer *t,
			void (*fire)(struct machine *, struct machine_timer *));
/* (Re)arms; @when not before now. Runs in hard interrupt context of @cpu. -ENOMEM. */
int machine_timer_start(struct machine *m, struct machine_timer *t, u64 when, u32 cpu);
bool machine_timer_cancel(struct machine *m, struct machine_timer *t); /* was it queued? */

/* The interrupt being handled takes @ns more. */
void machine_charge(struct machine *m, u64 ns);

/* ---- observation ---- */

/* Sinks see every event, in order. Borrowed; detach before freeing. -ENOMEM. */
int machine_add_sink(struct machine *m, struct trace_sink *sink);
void machine_remove_sink(struct machine *m, struct trace_sink *sink);

struct cpu_times {
	u64 busy_ns, idle_ns; /* busy + idle = now */
};
struct cpu_times machine_cpu_times(const struct machine *m, u32 cpu);
/* Time on CPU, up to now. */
u64 task_runtime(const struct machine *m, const struct task_struct *p);
/*
 * All tasks that ever were, in the order of creation, until machine_destroy():
 * dead ones (__state == TASK_DEAD) included, init, kthreadd and the per-CPU
 * stoppers too; no idle tasks. The callback must not create tasks.
 */
void machine_for_each_task(struct machine *m, void (*cb)(void *priv, struct task_struct *p),
			   void *priv);
/* The same, a step at a time: @pos NULL gives the first; NULL is the end. */
struct task_struct *machine_next_task(struct machine *m, struct task_struct *pos);

/*
 * Built with -Dinvariants=true (the sanitizers' build is), the machine asserts
 * after every event that the CPU concerned looks right (no task runs twice or where
 * it may not, no idle CPU sleeps over a task), and this now and then.
 *
 * Asserts the invariants of runqueues, masks and queues (BUG_ON); between
 * events, for tests: it costs O(CPUs + tasks). -ENOMEM.
 */
int machine_check(struct machine *m);

#endif
