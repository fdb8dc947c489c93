/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The scheduling core from the inside: for scheduling classes, including the
 * sched_ext class that subsys/scx plugs in. Function names are Linux's with the
 * prefix sched_ where Linux has none; so are their moments and flags.
 *
 * "Locked" below means that Linux would hold that CPU's rq lock. The machine is
 * single-threaded, so locks are only tracked, to answer "which context is this".
 */
#ifndef MACHINE_SCHED_H
#define MACHINE_SCHED_H

#include "base/rng.h"
#include "machine/machine.h"

/*
 * How struct machine begins: what classes ask for all the time. The core alone
 * writes it.
 */
struct machine_head {
	u64 now;
	u64 jiffies, jiffy_end; /* of which now is part; when the next one begins */
	struct rq **rqs;	/* by CPU */
	void *ext_priv;		/* sched_ext_hooks.priv */
	u32 this_cpu;
	u32 traced; /* the events that sinks want, by enum trace_event_kind */
	u32 hz;
};

static inline const struct machine_head *machine_head(const struct machine *m)
{
	return (const struct machine_head *)m;
}

/* enqueue_task()/dequeue_task() flags, wake-up flags: 6.12 kernel/sched/sched.h */
#define DEQUEUE_SLEEP 0x01
#define DEQUEUE_SAVE 0x02
#define DEQUEUE_MOVE 0x04
#define DEQUEUE_NOCLOCK 0x08
#define DEQUEUE_SPECIAL 0x10
#define DEQUEUE_MIGRATING 0x100
#define DEQUEUE_DELAYED 0x200
#define ENQUEUE_WAKEUP 0x01
#define ENQUEUE_RESTORE 0x02
#define ENQUEUE_MOVE 0x04
#define ENQUEUE_NOCLOCK 0x08
#define ENQUEUE_HEAD 0x10
#define ENQUEUE_REPLENISH 0x20
#define ENQUEUE_MIGRATED 0x40
#define ENQUEUE_INITIAL 0x80
#define ENQUEUE_MIGRATING 0x100
#define ENQUEUE_DELAYED 0x200
#define ENQUEUE_RQ_SELECTED 0x400

#define WF_EXEC 0x02
#define WF_FORK 0x04
#define WF_TTWU 0x08
#define WF_SYNC 0x10
#define WF_MIGRATED 0x20
#define WF_CURRENT_CPU 0x40
#define WF_RQ_SELECTED 0x80

/* task_struct.on_rq */
#define TASK_ON_RQ_QUEUED 1
#define TASK_ON_RQ_MIGRATING 2

/* Highest first; `above` is a smaller number. */
enum sched_class_rank {
	CLASS_STOP,
	CLASS_DL,
	CLASS_RT,
	CLASS_FAIR,
	CLASS_EXT,
	CLASS_IDLE,
	NR_SCHED_CLASSES,
};

/* Linux's struct sched_class; a NULL member means that the class has no say. */
struct sched_class {
	const char *name;
	enum sched_class_rank rank;
	void (*enqueue_task)(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
	/* false: the task stays queued (delayed dequeue) */
	bool (*dequeue_task)(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
	void (*yield_task)(struct machine *m, struct rq *rq);
	bool (*yield_to_task)(struct machine *m, struct rq *rq, struct task_struct *p);
	void (*wakeup_preempt)(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
	/* non-zero: this class has (or just pulled) something to run */
	int (*balance)(struct machine *m, struct rq *rq, struct task_struct *prev);
	struct task_struct *(*pick_task)(struct machine *m, struct rq *rq);
	void (*put_prev_task)(struct machine *m, struct rq *rq, struct task_struct *p,
			      struct task_struct *next);
	void (*set_next_task)(struct machine *m, struct rq *rq, struct task_struct *p, bool first);
	int (*select_task_rq)(struct machine *m, struct task_struct *p, int prev_cpu, int flags);
	void (*migrate_task_rq)(struct machine *m, struct task_struct *p, int new_cpu);
	void (*task_woken)(struct machine *m, struct rq *rq, struct task_struct *p);
	/* The core has already updated p->cpus_mask and p->nr_cpus_allowed. */
	void (*set_cpus_allowed)(struct machine *m, struct task_struct *p, const cpumask_t *mask);
	void (*rq_online)(struct machine *m, struct rq *rq);
	void (*rq_offline)(struct machine *m, struct rq *rq);
	void (*task_tick)(struct machine *m, struct rq *rq, struct task_struct *p);
	void (*task_fork)(struct machine *m, struct task_struct *p);
	void (*task_dead)(struct machine *m, struct task_struct *p);
	void (*switching_to)(struct machine *m, struct rq *rq, struct task_struct *p);
	void (*switched_from)(struct machine *m, struct rq *rq, struct task_struct *p);
	void (*switched_to)(struct machine *m, struct rq *rq, struct task_struct *p);
	/* @lw is scaled up as in Linux on 64 bits: scale_load_down(lw->weight) is 15..88761 */
	void (*reweight_task)(struct machine *m, struct rq *rq, struct task_struct *p,
			      const struct load_weight *lw);
	void (*prio_changed)(struct machine *m, struct rq *rq, struct task_struct *p, int oldprio);
	void (*update_curr)(struct machine *m, struct rq *rq);
	/* The CPU goes from this class's task (or idle) to @next of a higher class. */
	void (*switch_class)(struct machine *m, struct rq *rq, struct task_struct *next);
};

/*
 * What the core asks of sched_ext beyond its class; the moments are those of
 * 6.12's kernel/sched/core.c, fork.c. All members are optional.
 */
struct sched_ext_hooks {
	void *priv;
	/* Does a task of that policy belong to the ext class now? (task_should_scx) */
	bool (*task_should_scx)(void *priv, int policy);
	/* scx_enabled(): balance must start at the ext class. NULL: never */
	const bool *enabled;
	/* scx_switched_all(): fair is out of the game. NULL: never */
	const bool *switched_all;
	int (*fork)(void *priv, struct task_struct *p);	       /* < 0: the fork fails */
	void (*post_fork)(void *priv, struct task_struct *p);
	void (*cancel_fork)(void *priv, struct task_struct *p);
	void (*free_task)(void *priv, struct task_struct *p);  /* sched_ext_free() */
	int (*check_setscheduler)(void *priv, struct task_struct *p, int policy);
	/*
	 * scx_update_idle(): (false, true) when the idle task is put, (true, true)
	 * when it is set next, (true, false) each time the idle class picks it.
	 */
	void (*update_idle)(void *priv, struct rq *rq, bool idle, bool notify);
	void (*tick)(void *priv, struct rq *rq);		   /* scx_tick() */
	void (*rq_activate)(void *priv, struct rq *rq);	/* hot-plug, after online */
	void (*rq_deactivate)(void *priv, struct rq *rq);
	int (*cgroup_online)(void *priv, struct task_group *tg);
	void (*cgroup_offline)(void *priv, struct task_group *tg);
	int (*cgroup_prep_move)(void *priv, struct task_struct *p, struct cgroup *from,
				struct cgroup *to);
	/* scx_prio_less(): may @b go before @a, by core scheduling? */
	bool (*prio_less)(void *priv, const struct task_struct *a, const struct task_struct *b);
	void (*cgroup_move)(void *priv, struct task_struct *p);
	void (*cgroup_cancel_move)(void *priv, struct task_struct *p, struct cgroup *to);
	void (*cgroup_set_weight)(void *priv, struct task_group *tg, u32 weight);
	/* scx_group_set_bandwidth() of 6.17 and later; UINT64_MAX: no quota */
	void (*cgroup_set_bandwidth)(void *priv, struct task_group *tg, u64 period_us,
				     u64 quota_us, u64 burst_us);
};

/* Plugs the ext class in (once, before any task exists). */
void sched_set_ext(struct machine *m, const struct sched_class *class,
		   const struct sched_ext_hooks *hooks);
static inline void *sched_ext_priv(struct machine *m)
{
	return machine_head(m)->ext_priv;
}

static inline struct rq *sched_cpu_rq(struct machine *m, u32 cpu)
{
	return machine_head(m)->rqs[cpu];
}

static inline u32 task_cpu(const struct task_struct *p) { return p->thread_info.cpu; }
static inline struct rq *sched_task_rq(struct machine *m, const struct task_struct *p)
{
	return sched_cpu_rq(m, task_cpu(p));
}

static inline bool task_on_rq_queued(const struct task_struct *p)
{
	return p->on_rq == TASK_ON_RQ_QUEUED;
}
static inline bool task_current(const struct rq *rq, const struct task_struct *p)
{
	return rq->curr == p;
}
/* The CPU on which the machine's code runs right now, and its current task. */
static inline u32 sched_this_cpu(const struct machine *m)
{
	return machine_head(m)->this_cpu;
}

static inline struct task_struct *sched_current(const struct machine *m)
{
	return machine_head(m)->rqs[sched_this_cpu(m)]->curr;
}

static inline u64 sched_now(const struct machine *m)
{
	return machine_head(m)->now;
}

static inline u64 sched_jiffies(const struct machine *m)
{
	return machine_head(m)->jiffies;
}

static inline u32 sched_hz(const struct machine *m)
{
	return machine_head(m)->hz;
}

const cpumask_t *sched_cpu_possible(const struct machine *m);
const cpumask_t *sched_cpu_online(const struct machine *m);
struct rng *sched_rng(struct machine *m);

static inline void sched_update_rq_clock(struct machine *m, struct rq *rq)
{
	rq->clock = rq->clock_task = sched_now(m);
}

/* Charges rq->curr up to now: se.exec_start, se.sum_exec_runtime; returns the delta (ns). */
static inline s64 sched_update_curr_common(struct machine *m, struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	s64 delta = rq->clock_task - se->exec_start;

	if (delta <= 0)
		return delta;
	se->exec_start = rq->clock_task;
	se->sum_exec_runtime += delta;
	return delta;
}

bool sched_core_enabled(const struct machine *m); /* some task has a cookie */
void sched_resched_curr(struct machine *m, struct rq *rq); /* local flag, or IPI to a remote CPU */
void sched_resched_cpu(struct machine *m, u32 cpu);
#define TIF_NEED_RESCHED BIT(3) /* in task_struct.thread_info.flags */
static inline bool sched_need_resched(const struct task_struct *p)
{
	return p->thread_info.flags & TIF_NEED_RESCHED;
}
void sched_activate_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
void sched_deactivate_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
/* Emits sched_migrate_task. */
void sched_set_task_cpu(struct machine *m, struct task_struct *p, u32 cpu);
void sched_wakeup_preempt(struct machine *m, struct rq *rq, struct task_struct *p, int flags);
void sched_add_nr_running(struct rq *rq, u32 n);
void sched_sub_nr_running(struct rq *rq, u32 n);
bool sched_cpu_is_idle(struct machine *m, u32 cpu); /* runs its idle task */
/* is_cpu_allowed() && in p's mask */
bool sched_cpu_allowed(struct machine *m, const struct task_struct *p, u32 cpu);

/*
 * dequeue/put_prev ... enqueue/set_next around a change of class, policy or
 * weight (6.12 sched_change pattern): begin, change fields, end.
 */
struct sched_change {
	struct machine *m;
	struct rq *rq;
	struct task_struct *p;
	bool queued, running;
	int flags;
};
void sched_change_begin(struct machine *m, struct task_struct *p, int flags,
			struct sched_change *c);
void sched_change_end(struct sched_change *c);
/* Class for p's policy and priority (__setscheduler_class), asking the ext hooks. */
const struct sched_class *sched_class_of(struct machine *m, const struct task_struct *p);
/* p->sched_class = @next between begin and end, with switching_to, switched_from, switched_to. */
void sched_switch_class(struct machine *m, struct task_struct *p, const struct sched_class *next);
static inline bool sched_class_above(const struct sched_class *a, const struct sched_class *b)
{
	return a->rank < b->rank;
}

/*
 * Runs @fn on @cpu in interrupt context as soon as possible (irq_work, IPI):
 * after costs.ipi_latency if that isn't this CPU.
 */
struct sched_irq_work {
	void (*fn)(struct machine *m, struct sched_irq_work *w);
	bool pending;
	struct list_head node; /* the core's: by due time */
	u64 due;
};
void sched_irq_work_init(struct sched_irq_work *w,
			 void (*fn)(struct machine *, struct sched_irq_work *));
void sched_irq_work_queue_on(struct machine *m, struct sched_irq_work *w, u32 cpu);

/*
 * From an interrupt on @cpu: it goes on spinning there, and the CPU does nothing else,
 * until somebody calls sched_release_cpu(). Not counted: one release is enough.
 */
void sched_hold_cpu(struct machine *m, u32 cpu);
void sched_release_cpu(struct machine *m, u32 cpu);

/* Balance callbacks run when the current scheduling operation on @rq drops the lock. */
void sched_queue_balance_callback(struct machine *m, struct rq *rq,
				  void (*fn)(struct machine *m, struct rq *rq));

#define SCHED_FIXEDPOINT_SHIFT 10
#define SCHED_CAPACITY_SCALE 1024UL
static inline unsigned long scale_load(unsigned long w) { return w << SCHED_FIXEDPOINT_SHIFT; }
static inline unsigned long scale_load_down(unsigned long w)
{
	return w ? max(2UL, w >> SCHED_FIXEDPOINT_SHIFT) : 0;
}

/* NICE level's weight and the scx weight scale (100 = nice 0). */
extern const int sched_prio_to_weight[40];
static inline unsigned long sched_weight_to_cgroup(unsigned long weight)
{
	return clamp((weight * 100UL + 512) / 1024, 1UL, 10000UL);
}

void sched_trace(struct machine *m, struct trace_event *ev); /* fills time, cpu, current */
/* Is @kind worth the making of an event? */
static inline bool sched_traces(const struct machine *m, enum trace_event_kind kind)
{
	return unlikely(machine_head(m)->traced >> kind & 1);
}

#endif
