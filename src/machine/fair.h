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

/* eevdf.c: one cfs_rq's entities in virtual time */
u64 eevdf_avg_vruntime(struct cfs_rq *cfs);
bool eevdf_eligible(struct cfs_rq *cfs, const struct sched_entity *se);
void eevdf_insert(struct cfs_rq *cfs, struct sched_entity *se);
void eevdf_remove(struct cfs_rq *cfs, struct sched_entity *se);
struct sched_entity *eevdf_pick(struct cfs_rq *cfs);
s64 eevdf_lag(u64 avg, const struct sched_entity *se, u64 tick);
void eevdf_update_lag(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se);
void eevdf_place(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags);
bool eevdf_renew_deadline(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se);
void eevdf_reweight(struct machine *m, struct sched_entity *se, u64 avg, unsigned long weight);

u64 eevdf_min_slice(const struct cfs_rq *cfs);
void eevdf_slice_changed(struct sched_entity *se);

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
static inline bool eevdf_before(const struct sched_entity *a, const struct sched_entity *b)
{
	return (s64)(a->deadline - b->deadline) < 0;
}

/*
 * RUN_TO_PARITY: from the pick until its deadline moves, the running entity is
 * kept while it stays eligible. Its lag is of no use meanwhile, so vlag holds the
 * deadline that was current at the pick.
 */
static inline void eevdf_protect(struct sched_entity *se)
{
	se->vlag = se->deadline;
}

static inline bool eevdf_protected(const struct sched_entity *se)
{
	return (u64)se->vlag == se->deadline;
}

static inline void eevdf_unprotect(struct sched_entity *se)
{
	if (eevdf_protected(se))
		se->vlag = se->deadline + 1;
}

#endif
