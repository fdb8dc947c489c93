/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Between the files of the fair class. */
#ifndef MACHINE_FAIR_H
#define MACHINE_FAIR_H

#include "machine/internal.h"

#define NICE_0_LOAD (1UL << (10 + SCHED_FIXEDPOINT_SHIFT))

static inline struct task_struct *se_task(struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

static inline unsigned long se_weight(const struct sched_entity *se)
{
	return scale_load_down(se->load.weight);
}

/* @delta of time on a CPU as virtual time of @se. */
static inline u64 fair_virtual(u64 delta, const struct sched_entity *se)
{
	if (se->load.weight == NICE_0_LOAD)
		return delta;
	return ((unsigned __int128)delta * 1024 * se->load.inv_weight) >> 32;
}

/* pelt.c: load averages; the first brings @se, its queue, and what the queue owes upwards up to date */
#define PELT_ATTACH BIT(0) /* join the cfs_rq's sums if not in them */
#define PELT_DETACH BIT(1)
void pelt_update(struct cfs_rq *cfs, struct sched_entity *se, u32 flags);
bool pelt_update_cfs(struct cfs_rq *cfs); /* has an average moved? */
void pelt_add(struct cfs_rq *cfs, struct sched_entity *se);
void pelt_remove(struct cfs_rq *cfs, struct sched_entity *se);
void pelt_settle(struct rq *rq);
bool pelt_decayed(const struct sched_avg *a);
void pelt_reweight_begin(struct cfs_rq *cfs, struct sched_entity *se);
void pelt_reweight_end(struct cfs_rq *cfs, struct sched_entity *se);

/*
 * How the entities of one queue compete: EEVDF, or CFS, which was before it. A
 * queued entity is in the queue's tree unless it runs.
 */
struct fair_policy {
	const char *name;
	/* The running entity's vruntime has grown; should the CPU reschedule? */
	bool (*ran)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr);
	void (*tick)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr);
	/* A place in virtual time, for an entity that is about to be queued; ENQUEUE_ flags */
	void (*place)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags);
	/* Goes to sleep, but should stay queued for now? */
	bool (*delays)(struct cfs_rq *cfs, const struct sched_entity *se);
	/* Leaves: what it takes along; DEQUEUE_ flags. Still in the tree. */
	void (*leave)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags);
	/* Out of the tree, and no longer counted. */
	void (*left)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags);
	struct sched_entity *(*pick)(struct machine *m, struct cfs_rq *cfs);
	void (*set_next)(struct sched_entity *se);
	/* @se has come or woken up: should it preempt @curr? */
	bool (*preempts)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
			 struct sched_entity *curr);
	void (*yield)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr);
	/* Queued, but out of the tree: its weight is about to be @weight; @avg: eevdf_avg_vruntime() */
	void (*reweight)(struct machine *m, struct sched_entity *se, u64 avg,
			 unsigned long weight);
	/*
	 * A task that isn't queued leaves the queue, whose virtual time means nothing
	 * to others, or comes; @se is made. NULL: they need nothing done.
	 */
	void (*detach)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se);
	void (*attach)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se);
	void (*fork)(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se);
	bool by_vruntime; /* the tree is ordered by vruntime, not by deadline */
};
extern const struct fair_policy fair_policy_eevdf, fair_policy_cfs;

static inline bool fair_is_idle_entity(const struct sched_entity *se)
{
	return !se->my_q && container_of(se, struct task_struct, se)->policy == SCHED_IDLE;
}

/* eevdf.c: one cfs_rq's entities in virtual time */
u64 eevdf_avg_vruntime(struct cfs_rq *cfs);
bool eevdf_eligible(struct cfs_rq *cfs, const struct sched_entity *se);
void eevdf_insert(struct cfs_rq *cfs, struct sched_entity *se);
void eevdf_remove(struct cfs_rq *cfs, struct sched_entity *se);
void eevdf_update_lag(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se);
void eevdf_place(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags);
u64 eevdf_min_slice(const struct cfs_rq *cfs);
void eevdf_slice_changed(struct sched_entity *se);
static inline bool eevdf_before(const struct sched_entity *a, const struct sched_entity *b)
{
	return (s64)(a->deadline - b->deadline) < 0;
}

/* fair.c */
void fair_update_curr(struct machine *m, struct cfs_rq *cfs);
void fair_clear_buddies(struct sched_entity *se);
void fair_reweight(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
		   const struct load_weight *lw);
void fair_drop_delayed_group(struct machine *m, struct sched_entity *se);
void fair_dequeue_throttled(struct machine *m, struct cfs_rq *cfs);
void fair_enqueue_unthrottled(struct machine *m, struct cfs_rq *cfs);

/* fair_tg.c: task groups */
void fair_init_cfs(struct cfs_rq *cfs, struct rq *rq, struct task_group *tg);
struct cfs_rq *fair_tg_cfs(struct machine *m, struct task_group *tg, u32 cpu);
struct sched_entity *fair_tg_se(struct task_group *tg, u32 cpu);
void fair_leaf_add(struct cfs_rq *cfs);
void fair_leaf_del(struct cfs_rq *cfs);
void fair_update_blocked(struct machine *m, struct mcpu *c);
void fair_update_tg_load(struct cfs_rq *cfs);
void fair_clear_tg_loads(struct machine *m, struct rq *rq);
void fair_update_shares(struct machine *m, struct sched_entity *se);
u64 fair_task_load(struct machine *m, const struct task_struct *p);

/* fair_server.c */
void fair_server_init(struct mcpu *c);
void fair_server_start(struct machine *m, struct mcpu *c);
void fair_server_stop(struct machine *m, struct mcpu *c);
void fair_server_update(struct machine *m, struct mcpu *c, u64 delta);
void fair_server_update_idle(struct mcpu *c);

/* fair_bandwidth.c: cpu.max */
int fair_bandwidth_init(struct machine *m, struct mcgroup *g);
void fair_bandwidth_fini(struct machine *m, struct mcgroup *g);
void fair_init_bandwidth_cfs(struct mcgroup *g, struct cfs_rq *cfs);
void fair_init_bandwidth_cpu(struct mcpu *c);
void fair_account_runtime(struct machine *m, struct cfs_rq *cfs, u64 delta);
void fair_return_runtime(struct machine *m, struct cfs_rq *cfs);
void fair_throttle_on_enqueue(struct machine *m, struct cfs_rq *cfs);
bool fair_throttle_on_pick(struct machine *m, struct cfs_rq *cfs);
void fair_enable_runtime(struct machine *m, struct rq *rq);
void fair_unthrottle_all(struct machine *m, struct rq *rq);

/* An idle-class entity has no right to finish its slice. */
static inline void eevdf_unprotect(struct sched_entity *se)
{
	if ((u64)se->vlag == se->deadline)
		se->vlag = se->deadline + 1;
}

#endif
