/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The layout of struct scx, and what its files offer each other.
 *
 * Linux spreads this state over file-scope variables, per-CPU variables and
 * `current`; here all of it hangs off the machine's one struct scx. Linux's
 * locks are absent: the machine runs one thing at a time, so that what Linux
 * does between unlocking and re-locking (holding_cpu, waiting for an ops_state)
 * can't be observed. The order of effects is kept.
 */
#ifndef SCX_INTERNAL_H
#define SCX_INTERNAL_H

#include "ktypes/scx.h"
#include "machine/sched.h"
#include "machine/topology.h"
#include "scx/context.h"
#include "scx/needs.h"
#include "scx/ops.h"
#include "scx/scx.h"
#include "scx/tables.h"

/* What a scheduler can be told at its end. */
enum scx_text {
#define SCX_TEXT(name, since, fmt) SCX_TEXT_##name,
#include "scx/texts.def"
#undef SCX_TEXT
	SCX_NR_TEXTS,
};
#define SCX_TEXT(name, since, fmt) static const char scx_text_##name[] __unused = fmt;
#include "scx/texts.def"
#undef SCX_TEXT

#define SCX_DSQ_BUCKETS 256
#define SCX_NR_RUN_ROWS 38 /* kfuncs of 6.12 */
#define SCX_OPSS_STATE_MASK ((1UL << SCX_OPSS_QSEQ_SHIFT) - 1)
#define SCX_OPSS_QSEQ_MASK (~SCX_OPSS_STATE_MASK)

/* One scx_bpf_dispatch() of ops.dispatch, until the buffer is flushed. */
struct scx_dsp_entry {
	struct task_struct *p;
	unsigned long qseq; /* of @p at the time of the call */
	u64 dsq_id;
	u64 enq_flags;
};

struct scx_dsp {
	struct rq *rq;
	u32 cursor;
	u32 nr_tasks; /* moved since the current ops.dispatch began */
	struct scx_dsp_entry *buf; /* scx->dsp_max_batch of them */
};

/* What Linux keeps per CPU or in the task that executes. */
struct scx_cpu {
	struct scx *scx;
	u32 cpu;
	/* The tasks that the op in progress operates on; NULL where there is none. */
	const struct task_struct *subjects[2];
	/*
	 * The task for which ops.select_cpu or ops.enqueue runs, as long as it
	 * may be direct-dispatched; @ddsp_spent once that was tried.
	 */
	struct task_struct *ddsp_task;
	bool ddsp_spent;
	u32 kf_mask; /* enum scx_kf_mask of the ops in progress, in run-time mode: runtime.c */
	struct scx_dsp dsp;
	struct cpumask to_kick, to_kick_if_idle, to_preempt, to_wait;
	struct cpumask awaited; /* it spins until they have all been through their scheduler */
	struct sched_irq_work kick_work;     /* kick.c */
	struct sched_irq_work deferred_work; /* dispatch.c: remote direct dispatches */
	struct sched_irq_work resched_work;  /* class.c: reschedule after the switch */
	struct sched_irq_work reenq_work;    /* reenq.c */
	struct sched_irq_work perf_work;     /* kf_query.c: sets @perf_target where @perf_due */
	bool perf_due;
	u32 perf_target;
	bool reenq_local, reenq_immed;
	u64 reenq[32]; /* ids of DSQs */
	u32 nr_reenq;
	struct machine_timer redispatch;     /* balance.c: a new cycle after too many rounds */
	u32 pick_after; /* where the round-robin of idle picks goes on */
};

struct scx_dump_buf;

/* What ops.dump*() write through scx_bpf_dump() on its way to the dump. */
struct scx_dump {
	struct scx_dump_buf *out;
	s32 cpu; /* where ops.dump*() run; -1 outside of a dump */
	bool first;
	u32 cursor;
	const char *prefix;
	char line[SCX_EXIT_MSG_LEN];
};

struct scx {
	struct machine *m;
	struct run_env *env;
	const struct kbtf *kernel;
	const struct topology *topo; /* the machine's */
	u32 nr_cpus;
	struct scx_cpu *cpus;

	/* whose kernel this is: st_ops.c, kfuncs.c, runtime.c */
	enum kernel_profile profile;
	enum kfunc_resolution resolution;
	const struct scx_tables *tables; /* the profile's */
	u8 op_of[ST_OPS_MAX_MEMBERS];	 /* enum scx_op by index of member; SCX_NR_OPS: none */
	struct st_ops_type type;
	struct kfunc_set kfuncs;
	struct kfunc_row run_rows[SCX_NR_RUN_ROWS]; /* in place of the profile's, at run time */

	/* the attached scheduler: core.c */
	enum scx_ops_enable_state state;
	struct st_ops_value *value; /* NULL unless attached */
	struct bpf_prog *progs[SCX_NR_OPS]; /* of @value */
	struct sched_ext_ops ops;   /* data members only */
	u64 has_op;		    /* bit = enum scx_op; callbacks that may be called now */
	bool enabled;		    /* tasks may be on the class */
	bool switching_all, init_task_enabled, builtin_idle;
	bool switched_all; /* switching_all, and that is done */
	bool enq_last, enq_exiting, cpu_preempt;
	int bypass_depth;
	u32 dsp_max_batch;
	u64 nr_rejected, enable_seq, hotplug_seq;
	struct list_head tasks; /* scx.tasks_node; every task but idle ones */

	/* how it ends: exit.c */
	u32 exit_kind; /* claimed, but not yet carried out; NONE, or DONE when disabled */
	enum scx_text exit_text, last_exit_text;
	struct scx_backtrace *backtrace; /* of an error, for the dump; NULL while there is none */
	struct scx_exit_info exit;
	struct scx_exit_info last_exit;
	u64 exit_at, last_exit_at;
	struct sched_irq_work exit_work;
	bool dumped;
	struct scx_dump dump;

	/* DSQs: dsq.c */
	struct scx_dispatch_q *global_dsqs; /* by NUMA node */
	struct scx_dispatch_q *user_dsqs[SCX_DSQ_BUCKETS];
	struct scx_dispatch_q *dead_dsqs; /* freed when no program can hold them */
	struct sched_irq_work free_work;

	struct {
		bool zero_slice, cgroup_weight, cgroup_idle;
	} warned; /* console.c; since the scheduler was enabled */
	bool ever_used; /* SysRq-S has somebody to turn to */

	struct scx_event_stats events; /* since the scheduler was enabled */
	u64 bypass_since;
	bool skip_migration_disabled; /* such tasks go to the local DSQ */

	struct cpumask waiters; /* CPUs whose ->awaited isn't empty: kick.c */
	u32 nr_waiters;

	struct cpumask idle_cpus, idle_cores;	  /* idle.c; empty unless builtin_idle */
	bool idle_per_node;
	struct {
		struct cpumask cpus, cores;
	} *idle_nodes; /* the parts of these, with SCX_OPS_BUILTIN_IDLE_PER_NODE */
	struct machine_timer watchdog;		  /* watchdog.c */
	u64 watchdog_timeout, watchdog_timestamp; /* jiffies */
	bool cgroup_enabled;			  /* cgroup.c */
};

/* ---- small things ---- */

static inline struct scx *scx_of(struct machine *m)
{
	return sched_ext_priv(m);
}

static inline struct scx_cpu *scx_this_cpu(struct scx *scx)
{
	return &scx->cpus[sched_this_cpu(scx->m)];
}

static inline bool scx_has_op(const struct scx *scx, enum scx_op op)
{
	return scx->has_op >> op & 1;
}

static inline bool scx_bypassing(const struct rq *rq)
{
	return unlikely(rq->scx.flags & SCX_RQ_BYPASSING);
}

static inline struct rq *scx_task_rq(struct scx *scx, const struct task_struct *p)
{
	return sched_cpu_rq(scx->m, task_cpu(p));
}

static inline bool scx_on_class(const struct task_struct *p)
{
	return p->sched_class->rank == CLASS_EXT;
}

static inline bool scx_rq_is_idle(const struct rq *rq)
{
	return rq->curr == rq->idle;
}

static inline void scx_refill_slice(struct scx *scx, struct task_struct *p)
{
	p->scx.slice = SCX_SLICE_DFL;
	scx->events.SCX_EV_REFILL_SLICE_DFL++;
}

static inline unsigned long scx_opss_state(const struct task_struct *p)
{
	return p->scx.ops_state & SCX_OPSS_STATE_MASK;
}

static inline u64 scx_jiffies_to_ms(const struct scx *scx, u64 jiffies)
{
	return jiffies * 1000 / sched_hz(scx->m);
}

/* ---- check.c ---- */
/* Asserts the invariants of all queues; between events only. */
void scx_check(struct scx *scx);

/* ---- core.c ---- */
int scx_enable(struct scx *scx, struct st_ops_value *v);
/* Carries out a claimed exit: everything back to fair, ops.exit, forget the scheduler. */
void scx_disable(struct scx *scx);
void scx_init_entity(struct scx *scx, struct sched_ext_entity *e);

/* ---- task.c: a task's life under a scheduler ---- */
int scx_init_task(struct scx *scx, struct task_struct *p, bool fork);
void scx_enable_task(struct scx *scx, struct task_struct *p);
void scx_disable_task(struct scx *scx, struct task_struct *p);
void scx_exit_task(struct scx *scx, struct task_struct *p);
enum scx_task_state scx_task_state(const struct task_struct *p);
void scx_set_task_state(struct task_struct *p, enum scx_task_state state);
struct sched_ext_hooks scx_hooks(struct scx *scx);

/* ---- ops.c ---- */
/* A negative errno that a callback returned; anything else is an error of its own (-EPROTO). */
int scx_sanitize_err(struct scx *scx, const char *op, s32 err);
/* Is @cpu, a number made by BPF, a CPU? If not, that is an error. @where may be NULL. */
bool scx_cpu_valid(struct scx *scx, s32 cpu, const char *where);

/* ---- exit.c ---- */
/*
 * The first to claim the exit wins; it is carried out in an interrupt soon after.
 * @text names a row of texts.def.
 */
#define scx_exit_kind(scx, kind, code, text, ...)                                                  \
	scx_claim_exit(scx, kind, code, SCX_TEXT_##text, scx_text_##text, ##__VA_ARGS__)
#define scx_error(scx, text, ...) scx_exit_kind(scx, SCX_EXIT_ERROR, 0, text, ##__VA_ARGS__)
void scx_claim_exit(struct scx *scx, enum scx_exit_kind kind, s64 code, enum scx_text text,
		    const char *fmt, ...) __printf(5, 6);
/* Claims @kind (if nobody has claimed an exit before) and carries the exit out now. */
void scx_exit_now(struct scx *scx, enum scx_exit_kind kind);
/* Carries out what is claimed, now. */
void scx_exit_flush(struct scx *scx);
int scx_exit_alloc(struct scx_exit_info *ei, u32 dump_len);
void scx_exit_free(struct scx_exit_info *ei);
void scx_exit_work(struct machine *m, struct sched_irq_work *w);
const char *scx_exit_reason(enum scx_exit_kind kind);

/* ---- backtrace.c ---- */
struct scx_backtrace {
	u32 nr;
	char line[SCX_EXIT_BT_LEN][192];
};
/* Of the programs that run now, into @ei and scx->backtrace. Without memory there is none. */
void scx_backtrace_take(struct scx *scx, struct scx_exit_info *ei);

/* ---- dump.c ---- */
/* Text of a fixed size; what does not fit is dropped. */
struct scx_dump_buf {
	char *buf;
	u32 size, len;
	bool overflow;
};
void scx_dump_line(struct scx *scx, struct scx_dump_buf *t, const char *fmt, ...) __printf(3, 4);
void scx_dump_flush(struct scx *scx);
void scx_dump_state(struct scx *scx, const struct scx_exit_info *ei, u32 dump_len);

/* ---- console.c ---- */
void scx_printk(struct scx *scx, const char *fmt, ...) __printf(2, 3);
void scx_print_enabled(struct scx *scx);
void scx_print_disabled(struct scx *scx);
void scx_warn_zero_slice(struct scx *scx, const struct task_struct *p);
void scx_warn_missing_weight(struct scx *scx, const struct task_group *tg);
void scx_warn_missing_idle(struct scx *scx);

/* ---- bypass.c, watchdog.c ---- */
void scx_bypass(struct scx *scx, bool bypass);
void scx_watchdog_start(struct scx *scx);
void scx_watchdog_stop(struct scx *scx);
void scx_watchdog_fire(struct machine *m, struct machine_timer *t);
void scx_tick(void *priv, struct rq *rq);

/* ---- dsq.c ---- */
void scx_dsq_init(struct scx_dispatch_q *dsq, u64 id);
struct scx_dispatch_q *scx_global_dsq(struct scx *scx, const struct task_struct *p);
struct scx_dispatch_q *scx_find_user_dsq(struct scx *scx, u64 id);
/* The DSQ that a dispatch of @p names, seen from @rq; after an error, the global one. */
struct scx_dispatch_q *scx_find_dsq_for(struct scx *scx, struct rq *rq, u64 id,
					const struct task_struct *p);
int scx_create_dsq(struct scx *scx, u64 id);
void scx_destroy_dsq(struct scx *scx, u64 id);
void scx_destroy_all_dsqs(struct scx *scx);
void scx_free_all_dsqs(struct scx *scx);
void scx_free_dsqs_work(struct machine *m, struct sched_irq_work *w);
void scx_dsq_insert(struct scx *scx, struct scx_dispatch_q *dsq, struct task_struct *p,
		    u64 enq_flags);
void scx_dsq_unlink(struct scx_dispatch_q *dsq, struct task_struct *p);
/* Is @rq's CPU about to take what is on its local DSQ (now, or after a dispatch in progress)? */
bool scx_rq_is_open(const struct rq *rq, u64 enq_flags);
/* One more task is on the local DSQ of @rq. */
void scx_count_local(struct scx *scx, struct rq *rq, struct task_struct *p, u64 enq_flags);
/* Takes @p off whatever queue it is on: a DSQ, or the deferred direct dispatches. */
void scx_dsq_remove(struct task_struct *p);
/* After @p has come to a local DSQ: does its CPU have to look? */
void scx_local_dsq_added(struct scx *scx, struct scx_dispatch_q *dsq, struct task_struct *p,
			 u64 enq_flags);
/* The next task in a non-local DSQ after @pos (NULL: from the start), past cursors. */
struct task_struct *scx_dsq_next(struct scx_dispatch_q *dsq, struct list_head *pos, bool rev);
static inline struct rq *scx_dsq_rq(struct scx_dispatch_q *local)
{
	return container_of(local, struct rq, scx.local_dsq);
}

/* ---- kf_dispatch.c ---- */
bool scx_vet_enq_flags(struct scx *scx, u64 id, u64 *enq_flags);

/* ---- dispatch.c ---- */
/* 7.1: the BPF side, or a queue of its own, loses @p. */
void scx_leave_custody(struct scx *scx, struct task_struct *p, u64 deq_flags);
void scx_enqueue(struct scx *scx, struct rq *rq, struct task_struct *p, u64 enq_flags,
		 int sticky_cpu);
void scx_ops_dequeue(struct scx *scx, struct task_struct *p, u64 deq_flags);
void scx_clear_ddsp(struct task_struct *p);
void scx_run_deferred(struct scx *scx, struct rq *rq);
void scx_deferred_work(struct machine *m, struct sched_irq_work *w);
void scx_flush_dispatches(struct scx *scx, struct rq *rq);
bool scx_consume(struct scx *scx, struct rq *rq, struct scx_dispatch_q *dsq, u64 enq_flags);
/* Moves @p from non-local @src to @dst, which may be a local DSQ of another CPU. */
void scx_move_between(struct scx *scx, struct task_struct *p, u64 enq_flags,
		      struct scx_dispatch_q *src, struct scx_dispatch_q *dst);

/* ---- class.c, balance.c ---- */
extern const struct sched_class scx_sched_class;
void scx_update_curr(struct machine *m, struct rq *rq);
void scx_touch_core_sched(struct scx *scx, struct task_struct *p);
void scx_touch_dispatched(struct scx *scx, struct task_struct *p);
bool scx_prio_less(void *priv, const struct task_struct *a, const struct task_struct *b);
int scx_balance(struct machine *m, struct rq *rq, struct task_struct *prev);
struct task_struct *scx_pick_task(struct machine *m, struct rq *rq);
void scx_resched_work(struct machine *m, struct sched_irq_work *w);
bool scx_rq_online(struct scx *scx, const struct rq *rq);
void scx_redispatch_fire(struct machine *m, struct machine_timer *t);

/* ---- idle.c ---- */
extern const struct cpumask scx_no_cpus;
void scx_reset_idle(struct scx *scx, bool track, bool per_node);
void scx_update_idle(void *priv, struct rq *rq, bool idle, bool notify);
bool scx_test_and_clear_idle(struct scx *scx, u32 cpu);
s32 scx_pick_idle(struct scx *scx, const struct cpumask *allowed, u64 flags);
s32 scx_pick_any(struct scx *scx, const struct cpumask *allowed);
s32 scx_select_cpu_dfl(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
		       bool *found);

s32 scx_pick_idle_node(struct scx *scx, const struct cpumask *allowed, int node, u64 flags);
/* Since 6.16: an idle CPU of @allowed that @p may use, or -EBUSY. */
s32 scx_select_cpu_among(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			 const struct cpumask *allowed, u64 flags);

/* ---- kick.c ---- */
void scx_kick(struct scx *scx, u32 cpu, u64 flags);
void scx_kick_work(struct machine *m, struct sched_irq_work *w);
void scx_end_waits_for(struct scx *scx, u32 cpu);
void scx_end_all_waits(struct scx *scx);
/* pnt_seq counts what SCX_KICK_WAIT waits for. */
static inline void scx_count_pick(struct scx *scx, struct rq *rq)
{
	rq->scx.pnt_seq++;
	if (unlikely(scx->nr_waiters))
		scx_end_waits_for(scx, rq->cpu);
}

/* ---- cgroup.c ---- */
struct cgroup *scx_task_cgroup(struct scx *scx, const struct task_struct *p);
int scx_cgroups_init(struct scx *scx);
void scx_cgroups_exit(struct scx *scx);
int scx_cgroup_online(void *priv, struct task_group *tg);
void scx_cgroup_offline(void *priv, struct task_group *tg);
int scx_cgroup_prep_move(void *priv, struct task_struct *p, struct cgroup *from,
			 struct cgroup *to);
void scx_cgroup_move(void *priv, struct task_struct *p);
void scx_cgroup_cancel_move(void *priv, struct task_struct *p, struct cgroup *to);
void scx_cgroup_set_weight(void *priv, struct task_group *tg, u32 weight);
/* Since 6.17 and 7.0. */
void scx_cgroup_set_bandwidth(void *priv, struct task_group *tg, u64 period_us, u64 quota_us,
			      u64 burst_us);
void scx_cgroup_set_idle(void *priv, struct task_group *tg, bool idle);

/* ---- st_ops.c ---- */
void scx_init_st_ops(struct scx *scx);
/* The programs and data of @v, whatever its layout. */
void scx_read_value(struct scx *scx, const struct st_ops_value *v);
/* ---- kfuncs.c ---- */
void scx_init_kfuncs(struct scx *scx);
/* False after an error of its own. */
bool scx_cpuperf_valid(struct scx *scx, s32 cpu, u32 perf);
struct cgroup *scx_root_cgroup(struct scx *scx, struct task_struct *p);
/* ---- runtime.c ---- */
const struct kfunc_row *scx_runtime_rows(struct scx *scx);
u32 scx_kf_mask_of(u32 context);
/* ---- kf_tracked.c, reenq.c, kf_query.c ---- */
/* False after an error of its own. */
bool scx_idle_is_tracked(struct scx *scx);
void scx_reenq_work(struct machine *m, struct sched_irq_work *w);
/* SCX_TASK_IMMED tasks of that local DSQ that don't get the CPU go back to ops.enqueue soon. */
void scx_reenq_immed_later(struct scx *scx, u32 cpu);
/* @p, which is on no queue, through ops.enqueue, which can see why: SCX_TASK_REENQ_*. */
void scx_reenqueue_task(struct scx *scx, struct rq *rq, struct task_struct *p, u32 reason);
void scx_perf_work(struct machine *m, struct sched_irq_work *w);
/* ---- iter.c ---- */
/* False where bpf_iter_scx_dsq_new() has failed. */
bool scx_iter_has_dsq(const struct bpf_iter_scx_dsq *it);

#endif
