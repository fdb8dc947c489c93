/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CFS as of Linux 6.5, the last with it, for comparison: the entity with the least
 * virtual runtime runs, for its weight's part of a period in which all should
 * run once. min_vruntime follows the least vruntime, never backwards; who comes is
 * placed near it: a new task a slice later, one that slept up to half a period
 * earlier. A vruntime that leaves a queue is kept relative to it.
 *
 * The tree is EEVDF's, ordered by the deadlines: here these are the vruntimes.
 */
#include "machine/fair.h"

#define NR_LATENCY 8 /* more entities stretch the period */

static u64 scaled(const struct machine *m, u64 ns)
{
	return ns * m->fair_scale;
}

static u64 sched_latency(const struct machine *m)
{
	return scaled(m, 6000000);
}

static u64 min_granularity(const struct machine *m)
{
	return scaled(m, 750000);
}

static u64 wakeup_granularity(const struct machine *m)
{
	return scaled(m, 1000000);
}

static struct sched_entity *first(const struct cfs_rq *cfs)
{
	struct rb_node *n = rb_first_cached(&cfs->tasks_timeline);

	return n ? rb_entry(n, struct sched_entity, run_node) : NULL;
}

static s64 ahead(const struct sched_entity *a, const struct sched_entity *b)
{
	return a->vruntime - b->vruntime;
}

/* @se's part of the period, down through the groups that it is in. */
static u64 sched_slice(const struct machine *m, const struct sched_entity *se)
{
	u32 nr = se->cfs_rq->rq->cfs.h_nr_queued + !se->on_rq;
	u64 slice = nr > NR_LATENCY ? nr * min_granularity(m) : sched_latency(m);

	for (; se; se = se->parent) {
		u64 load = se->cfs_rq->load.weight + (se->on_rq ? 0 : se->load.weight);

		slice = (unsigned __int128)slice * se->load.weight / load;
	}
	return max(slice, min_granularity(m));
}

static void update_min_vruntime(struct cfs_rq *cfs)
{
	struct sched_entity *curr = cfs->curr && cfs->curr->on_rq ? cfs->curr : NULL;
	struct sched_entity *least = first(cfs);

	if (!least || (curr && ahead(curr, least) < 0))
		least = curr;
	if (least && (s64)(least->vruntime - cfs->min_vruntime) > 0)
		cfs->min_vruntime = least->vruntime;
}

static bool ran(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr)
{
	update_min_vruntime(cfs);
	eevdf_avg_vruntime(cfs); /* the tree's sums stay small */
	return false;
}

static bool used_up(const struct machine *m, const struct cfs_rq *cfs,
		    const struct sched_entity *curr)
{
	u64 ideal = min(sched_slice(m, curr), sched_latency(m));
	u64 delta = curr->sum_exec_runtime - curr->prev_sum_exec_runtime;
	const struct sched_entity *least = first(cfs);

	if (delta > ideal)
		return true;
	/* Far behind another one, but not so soon after the pick. */
	return delta >= min_granularity(m) && least && ahead(curr, least) > (s64)ideal;
}

static void tick(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr)
{
	if (cfs->nr_running <= 1 || !used_up(m, cfs, curr))
		return;
	sched_resched_curr(m, cfs->rq);
	fair_clear_buddies(curr);
}

static void place_at_least(struct sched_entity *se, u64 vruntime)
{
	if ((s64)(vruntime - se->vruntime) > 0)
		se->vruntime = vruntime;
}

static void place(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	u64 credit = fair_is_idle_entity(se) ? min_granularity(m) : sched_latency(m);

	if (!(flags & ENQUEUE_WAKEUP) || flags & ENQUEUE_MIGRATED)
		se->vruntime += cfs->min_vruntime;
	if (flags & ENQUEUE_WAKEUP)
		place_at_least(se, cfs->min_vruntime - credit / 2);
}

/* A new task starts a slice late, and not before its parent; relative until it is queued. */
static void forked(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	se->vruntime = cfs->min_vruntime;
	if (cfs->curr) {
		fair_update_curr(m, cfs);
		se->vruntime = cfs->curr->vruntime;
	}
	place_at_least(se, cfs->min_vruntime + fair_virtual(sched_slice(m, se), se));
	se->vruntime -= cfs->min_vruntime;
}

static bool delays(struct cfs_rq *cfs, const struct sched_entity *se)
{
	return false;
}

static void leave(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
}

static void left(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	if (!(flags & DEQUEUE_SLEEP))
		se->vruntime -= cfs->min_vruntime;
	/* What is back at once should find the queue as it was. */
	if ((flags & (DEQUEUE_SAVE | DEQUEUE_MOVE)) != DEQUEUE_SAVE)
		update_min_vruntime(cfs);
}

static void detach(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	se->vruntime -= cfs->min_vruntime;
}

static void attach(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	se->vruntime += cfs->min_vruntime;
}

/* Is @se so much behind @curr that it should run instead? */
static bool far_behind(const struct machine *m, const struct sched_entity *curr,
		       const struct sched_entity *se)
{
	return ahead(curr, se) > (s64)fair_virtual(wakeup_granularity(m), se);
}

static struct sched_entity *pick(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *curr = cfs->curr && cfs->curr->on_rq ? cfs->curr : NULL;
	struct sched_entity *least = first(cfs);

	if (!least || (curr && ahead(curr, least) < 0))
		least = curr;
	if (cfs->next && !far_behind(m, cfs->next, least))
		return cfs->next;
	return least;
}

static void set_next(struct sched_entity *se)
{
}

static bool preempts(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
		     struct sched_entity *curr)
{
	if (!far_behind(m, curr, se))
		return false;
	for (; se && se->on_rq && !fair_is_idle_entity(se); se = se->parent)
		se->cfs_rq->next = se;
	return true;
}

/* The next one goes first, unless it is far ahead of the one that yields. */
static void yield(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr)
{
	struct sched_entity *second = first(cfs);

	if (second && !far_behind(m, second, curr))
		cfs->next = second;
}

static void reweight(struct machine *m, struct sched_entity *se, u64 avg, unsigned long weight)
{
}

const struct fair_policy fair_policy_cfs = {
	.name = "cfs",
	.ran = ran,
	.tick = tick,
	.place = place,
	.delays = delays,
	.leave = leave,
	.left = left,
	.pick = pick,
	.set_next = set_next,
	.preempts = preempts,
	.yield = yield,
	.reweight = reweight,
	.detach = detach,
	.attach = attach,
	.fork = forked,
	.by_vruntime = true,
};
