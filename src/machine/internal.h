/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The layout of the machine, shared by its files and by nobody else. */
#ifndef MACHINE_INTERNAL_H
#define MACHINE_INTERNAL_H

#include "base/rbtree.h"
#include "machine/event.h"
#include "machine/sched.h"
#include "machine/topology.h"

#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL
#define PID_INIT 1
#define PID_KTHREADD 2
#define PID_STOPPER0 3
#define PIDS_PER_PAGE 4096
#define PID_PAGES (MACHINE_PID_MAX / PIDS_PER_PAGE)
#define NR_BALANCE_CALLBACKS 4
/* Steps that a task may take at one instant, without any time passing. */
#define MAX_STEPS_AT_ONCE 100000

struct cpu_range;
struct fair_policy;
struct sched_domain;

/* A task: what BPF programs see, then what they don't. */
struct mtask {
	struct task_struct t; /* first: a task_struct * is an mtask * */
	struct mm_struct mm;
	struct signal_struct sig;
	struct machine *m;
	struct task_script *script;
	struct machine_timer timer; /* start, then sleeps */
	struct step step;
	bool in_step;	 /* step has begun and not ended */
	bool started;	 /* wake_up_new_task() was called */
	bool is_stopper;
	u64 work_left;	 /* STEP_RUN: ns << 10, at capacity 1024 */
	u64 cpu_time;	 /* on CPUs, up to the last switch-out */
	/* A migration asked of the stopper of the CPU that the task runs on. */
	struct list_head migration_node;
	struct list_head core_node; /* core_sched.c: mcpu.cookied */
	bool migration_pending;
	/* rt: the list of tasks that other CPUs may pull */
	struct list_head pushable_node;
	/* fair: wake_wide() */
	u32 wakee_flips;
	u64 wakee_flip_decay; /* jiffies */
	struct task_struct *last_wakee;
};

#define CGROUP_NAME_LEN 64

/* cpu.max: fair_bandwidth.c. */
struct bandwidth {
	u64 quota, period, burst; /* ns; quota UINT64_MAX: no limit */
	u64 runtime; /* left in the pool */
	bool idle, period_active, slack_started;
	struct machine_timer period_timer, slack_timer;
	u64 period_expires;
	struct list_head throttled; /* cfs_rq.throttled_list */
	struct cgroup_cpu_stat stat;
};

/* What a cgroup is on one CPU: the queue of its members, and the entity that stands for it. */
struct group_cpu {
	struct cfs_rq cfs;
	struct sched_entity se;
};

/* A cgroup and all that belongs to it. */
struct mcgroup {
	struct cgroup cgroup;
	struct kernfs_node kn;
	struct css_set css_set;
	struct task_group tg;
	struct machine *m;
	struct group_cpu *cpus; /* NULL: the root */
	struct bandwidth bw;
	struct list_head node; /* machine.cgroups */
	char name[CGROUP_NAME_LEN];
};

/* fair_server.c */
struct fair_server {
	u64 deadline;
	s64 runtime;	/* left until the deadline */
	bool active;	/* there may be fair tasks */
	bool queued;	/* they go before all real-time tasks */
	bool throttled; /* until the timer */
	bool armed;	/* ... which stands for the last moment, not for the next period */
	bool starving;	/* fair tasks needed its help last */
	struct machine_timer timer;
};

typedef void (*balance_callback)(struct machine *m, struct rq *rq);

/* Of a core, with core scheduling: core_sched.c. */
struct core_sched {
	u64 task_seq, pick_seq; /* equal: the picks are valid */
	bool forced_idle;	/* a CPU idles although it has tasks */
};

struct mcpu {
	struct rq rq;
	struct machine *m;
	struct machine_timer task_ev; /* the running task's step ends; idle: wake up */
	bool tick_queued; /* tick.c */
	struct machine_timer resched_ev;
	struct machine_timer irq_ev; /* for the first of irq_works */
	struct list_head irq_works;
	u64 run_from;	/* until then the current task pays costs, not its step */
	struct list_head cookied;      /* core_sched.c: queued tasks with a cookie */
	struct task_struct *core_pick; /* what another CPU of the core has picked for this one */
	bool held;	/* spins in an interrupt: sched_hold_cpu() */
	u64 curr_since; /* rq.curr is on the CPU since then */
	u64 idle_time;	/* up to curr_since */
	u32 capacity;	/* at its highest frequency */
	u32 freq, speed; /* cpufreq.c */
	u64 freq_changed;
	u64 freq_util; /* what was asked for last; the frequency for that */
	u32 freq_wanted;
	u32 steps_at_once;
	u64 steps_at;

	balance_callback callbacks[NR_BALANCE_CALLBACKS];
	u32 nr_callbacks;

	struct mtask *idle_task, *stopper;
	struct list_head migrations; /* the stopper's work: mtask.migration_node */
	bool active_balance;	     /* the stopper's work: push rq.curr's kind to push_cpu */
	u32 push_cpu;

	/* fair */
	struct fair_server server;
	struct list_head cfs_tasks; /* most recently run first */
	struct list_head leaves;    /* cfs_rq.leaf_cfs_rq_list */
	struct list_head unthrottle; /* cfs_rq.throttled_csd_list: to be let go on here */
	struct sched_irq_work unthrottle_work;
	struct sched_domain *sd;    /* the smallest */
	struct sched_domain *sd_llc;
	u32 nr_idle_scan; /* of the LLC, at its first CPU: fair_select.c may look at so many */
	u64 fi_vruntime; /* core_sched.c: where the fair clock was when forced idle began */
	bool sd_imbalance[4]; /* by domain_level, at a range's first CPU: affinities in the way */
	u64 max_idle_balance_cost;
	u64 misfit_load; /* of the running task, if it is too big for this CPU */
	struct sched_irq_work ilb;  /* balance on behalf of the idle CPUs */

	/* rt */
	struct sched_avg rt_avg;   /* pelt.c: util_avg only; what RT tasks take of the CPU */
	struct list_head pushable; /* by priority */
	u32 rt_level;
};

/* tick.c. Invariant: every queued tick is due at @at, or one jiffy later. */
struct tick_queue {
	u64 at;		/* if nr */
	cpumask_t masks[2]; /* [due]: at @at; the other: after it */
	u32 due;
	u32 nr, nr_due;
	u32 word; /* no bit of masks[due] is below it */
};

struct machine {
	struct machine_head; /* first: what sched.h shows of it */
	struct machine_config cfg;
	const struct topology *topo;
	u32 nr_cpus;
	u64 tick_ns;
	struct event_queue eq;
	u64 nr_events_checked; /* check.c, with -Dinvariants=true */
	u32 turn; /* turns.c: whose it is; without them, nobody looks */
	struct rng turn_rng;
	u32 nr_server_timers; /* armed: they keep no machine busy */
	struct tick_queue ticks;
	struct mcpu *cpus;
	cpumask_t possible, online;
	cpumask_t idle;	 /* runs its idle task */
	cpumask_t avail; /* ... and nothing is queued there */
	cpumask_t idle_cores; /* with SMT: avail, and so are its siblings */
	u32 nr_overloaded; /* CPUs with two or more runnable tasks */
	bool stopped;
	bool all_ended; /* the last scripted task has */
	bool wedged; /* a script never lets time pass: nothing can go on */
	int stop_err;
	struct trace_sink *sinks;

	const struct sched_class *classes[NR_SCHED_CLASSES]; /* [CLASS_EXT] may be NULL */
	struct sched_ext_hooks ext;

	struct list_head tasks; /* task_struct.tasks, by creation */
	struct task_struct **by_pid[PID_PAGES]; /* pages of PIDS_PER_PAGE, or NULL */
	s32 next_pid;
	u32 nr_scripted; /* tasks with a script that have not ended */
	struct task_struct *init, *kthreadd;

	struct mcgroup root_group;
	struct list_head cgroups; /* mcgroup.node: all others, removed ones too */
	u64 next_cgroup_id;

	u32 nr_cookies; /* tasks with a core-scheduling cookie */
	struct core_sched *cores;

	struct rng rng;
	u32 any_cpu; /* rotates: cpumask_any_and_distribute */

	/* fair */
	const struct fair_policy *fair;
	u32 fair_scale; /* of all slices: grows with the number of CPUs */
	u64 base_slice;
	bool asym_capacity;
	struct sched_domain *domains; /* domain.h */
	struct cpu_range *groups;
	u64 nohz_next_balance; /* jiffies */
	struct rng newidle_rng;
	/* rt */
	cpumask_t rt_overload; /* CPUs with an RT task that another could run */
	cpumask_t rt_levels[MAX_RT_PRIO + 1]; /* rt_push.c */
};

static inline struct mtask *to_mtask(const struct task_struct *p)
{
	return (struct mtask *)p;
}

static inline struct mcpu *rq_mcpu(const struct rq *rq)
{
	return container_of(rq, struct mcpu, rq);
}

static inline struct mcpu *this_mcpu(struct machine *m)
{
	return &m->cpus[m->this_cpu];
}

static inline bool is_idle_task(const struct task_struct *p)
{
	return p->flags & PF_IDLE;
}

static inline bool is_migration_disabled(const struct task_struct *p)
{
	return p->migration_disabled;
}

static inline bool task_on_rq_migrating(const struct task_struct *p)
{
	return p->on_rq == TASK_ON_RQ_MIGRATING;
}

static inline bool rt_prio(int prio)
{
	return prio < MAX_RT_PRIO;
}

/* No other task wants this CPU, and it isn't about to run one. */
static inline bool cpu_available(const struct machine *m, u32 cpu)
{
	return cpumask_test_cpu(cpu, &m->avail);
}

static inline bool ext_enabled(const struct machine *m)
{
	return *m->ext.enabled;
}

static inline bool ext_switched_all(const struct machine *m)
{
	return *m->ext.switched_all;
}

#define for_each_class(m, class)                                                                   \
	for (u32 _r = 0; _r < NR_SCHED_CLASSES; _r++)                                              \
		if (((class) = (m)->classes[_r]))

extern const struct sched_class sched_class_stop, sched_class_dl, sched_class_rt,
	sched_class_fair, sched_class_idle;
extern const u32 sched_prio_to_wmult[40];

/* schedule.c */
enum sched_mode { SM_NONE, SM_PREEMPT, SM_IDLE };
void sched_schedule(struct machine *m, u32 cpu, enum sched_mode mode);
void sched_update_avail(struct machine *m, struct rq *rq);
void sched_run_balance_callbacks(struct machine *m, struct rq *rq);
void sched_enqueue_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
bool sched_dequeue_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
/* p leaves the runqueue for good (on_rq = 0): the end of a dequeue for sleep. */
void sched_block_task(struct rq *rq, struct task_struct *p);
void sched_put_prev_set_next(struct machine *m, struct rq *rq, struct task_struct *prev,
			     struct task_struct *next);

void sched_balance_from(struct machine *m, struct rq *rq, struct task_struct *prev, bool scx);

/* core_sched.c; enqueued to pick: while some task has a cookie */
void core_sched_fork(struct machine *m, struct task_struct *p);
void core_sched_task_dead(struct machine *m, struct task_struct *p);
void core_sched_enqueued(struct machine *m, struct rq *rq, struct task_struct *p);
void core_sched_dequeued(struct machine *m, struct rq *rq, struct task_struct *p);
void core_sched_tick(struct machine *m, struct rq *rq);
struct task_struct *core_sched_pick(struct machine *m, struct rq *rq, struct task_struct *prev,
				    bool scx);
/* Some CPU of @rq's core may not run the tasks that it has. */
bool core_sched_forced_idle(struct machine *m, const struct rq *rq);
void core_sched_check(struct machine *m);

/* wakeup.c */
int sched_ttwu(struct machine *m, struct task_struct *p, u32 state, int wake_flags);
void sched_wake_up_new(struct machine *m, struct task_struct *p);
u32 sched_select_fallback(struct machine *m, struct task_struct *p, u32 cpu);
void sched_move_queued(struct machine *m, struct rq *rq, struct task_struct *p, u32 new_cpu);
u32 sched_any_allowed_cpu(struct machine *m, const struct task_struct *p);

/* change.c */
int sched_check_policy(u32 policy, u32 rt_priority, struct err_msg *e);
void sched_apply_policy(struct machine *m, struct task_struct *p, u32 policy, u32 rt_priority);
void sched_set_cpus_allowed(struct machine *m, struct task_struct *p, const cpumask_t *mask);
void sched_set_cpus_allowed_common(struct task_struct *p, const cpumask_t *mask);

/* exec.c: the running task's steps */
void exec_charge(struct machine *m, struct mcpu *c, u64 ns);
void exec_settle(struct machine *m, struct mcpu *c);
void exec_switch(struct machine *m, struct mcpu *c, struct task_struct *prev,
		 struct task_struct *next);
void exec_run(struct machine *m, u32 cpu);
void exec_irq_exit(struct machine *m, u32 cpu);
void exec_task_event(struct machine *m, struct machine_timer *t);

/* The CPU's speed is another one; its work is settled up to now. */
void exec_speed_changed(struct machine *m, struct mcpu *c);

/* check.c */
#ifdef MACHINE_INVARIANTS
void check_event(struct machine *m, struct mcpu *c);
#else
static inline void check_event(struct machine *m, struct mcpu *c)
{
}
#endif

/* turns.c */
void turns_init(struct machine *m);
void turns_interrupted(struct machine *m);
void turns_take(struct machine *m, u32 cpu);
void turns_release(struct machine *m, u32 cpu);
static inline bool has_turn(const struct machine *m, const struct mcpu *c)
{
	return likely(!m->cfg.cpus_in_turn) || (u32)c->rq.cpu == m->turn;
}

/* cpufreq.c */
void cpufreq_init_cpu(struct machine *m, struct mcpu *c);

/* tick.c, irq.c */
void tick_start(struct machine *m, struct mcpu *c);
void tick_fire(struct machine *m, struct mcpu *c);
u32 tick_pop(struct machine *m);
u32 sched_timer_cpu(const struct machine *m, u32 cpu);
void irq_resched_fire(struct machine *m, struct machine_timer *t);
void irq_work_fire(struct machine *m, struct machine_timer *t);
void machine_timer_init_owned(struct machine_timer *t,
			      void (*fire)(struct machine *, struct machine_timer *), u32 cpu,
			      enum event_class class);

/* task.c */
int task_init_all(struct machine *m, struct err_msg *e);
void task_fini_all(struct machine *m);
void task_exit(struct machine *m, struct task_struct *p);
void sched_set_load_weight(struct machine *m, struct task_struct *p, bool update);

/* cgroup.c */
void cgroup_init_root(struct machine *m);
void cgroup_fini_all(struct machine *m);
void cgroup_join(struct task_struct *p, struct cgroup *cgrp);

/* stop.c */
void stop_queue_migration(struct machine *m, struct task_struct *p);
void stop_queue_active_balance(struct machine *m, u32 cpu, u32 push_cpu);
void stop_run(struct machine *m, u32 cpu);

/* rt.c */
void rt_init_rq(struct mcpu *c);

/* pelt.c: up to now, with or without an RT task running since the last call */
void pelt_update_rt(struct rq *rq, bool running);
/* What RT tasks leave of the CPU's capacity, at least 1. */
u64 pelt_capacity_left(struct machine *m, u32 cpu);

/* fair */
int fair_init(struct machine *m);
void fair_fini(struct machine *m);
void fair_init_rq(struct machine *m, struct mcpu *c);
void fair_put_prev_set_next(struct machine *m, struct rq *rq, struct task_struct *prev,
			    struct task_struct *next);
int fair_tg_create(struct machine *m, struct mcgroup *g);
void fair_tg_offline(struct machine *m, struct mcgroup *g);
void fair_tg_free(struct mcgroup *g);
void fair_set_shares(struct machine *m, struct task_group *tg, unsigned long shares);
/* @p's queue and parent, from its CPU and its group. */
void fair_set_task_rq(struct machine *m, struct task_struct *p);
void fair_change_group(struct machine *m, struct task_struct *p);
void fair_set_bandwidth(struct machine *m, struct mcgroup *g, u64 quota, u64 period, u64 burst);
void fair_init_task(struct machine *m, struct task_struct *p);
void fair_init_new_util(struct machine *m, struct task_struct *p);
int fair_select_task_rq(struct machine *m, struct task_struct *p, int prev_cpu, int flags);
u32 fair_idlest_cpu(struct machine *m, struct task_struct *p, u32 cpu);
u64 fair_cpu_load(struct machine *m, u32 cpu);
u64 fair_cpu_util(struct machine *m, u32 cpu);
int fair_newidle_balance(struct machine *m, struct rq *rq);
void fair_balance_tick(struct machine *m, struct rq *rq);
void fair_active_balance(struct machine *m, u32 cpu);

#endif
