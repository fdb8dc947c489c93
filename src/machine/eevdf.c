/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * EEVDF, for the entities of one runqueue.
 *
 * Every entity i has a virtual runtime v_i that grows with its time on the CPU
 * divided by its weight w_i. V, the weighted mean of all v_i, is where an ideal
 * fluid schedule would have everybody; lag V - v_i is what entity i is owed. An
 * entity is eligible if it is owed something (lag >= 0). Each has a request (its
 * slice) and a virtual deadline, v_i at the request's start plus slice / w_i. The
 * eligible entity with the earliest deadline runs.
 *
 * So that V costs O(1), the runqueue keeps sum(w_i * (v_i - zero)) and sum(w_i)
 * over the entities in its tree; `zero` follows V so that the products stay
 * small. The running entity is not in the tree and is added where it counts.
 * The tree is ordered by deadline, and each node knows the smallest vruntime of
 * its subtree: a subtree holds an eligible entity if and only if that one is.
 */
#include "machine/fair.h"

static s64 key(const struct cfs_rq *cfs, const struct sched_entity *se)
{
	return se->vruntime - cfs->zero_vruntime;
}

static struct sched_entity *node_se(const struct rb_node *n)
{
	return rb_entry(n, struct sched_entity, run_node);
}

static bool less(const struct rb_node *a, const struct rb_node *b)
{
	return eevdf_before(node_se(a), node_se(b));
}

static void summarise(struct rb_node *n)
{
	struct sched_entity *se = node_se(n);

	se->min_vruntime = se->vruntime;
	se->min_slice = se->slice;
	for (u32 side = 0; side < 2; side++) {
		struct rb_node *c = side ? n->rb_right : n->rb_left;

		if (!c)
			continue;
		if ((s64)(node_se(c)->min_vruntime - se->min_vruntime) < 0)
			se->min_vruntime = node_se(c)->min_vruntime;
		se->min_slice = min(se->min_slice, node_se(c)->min_slice);
	}
}

void eevdf_insert(struct cfs_rq *cfs, struct sched_entity *se)
{
	unsigned long w = se_weight(se);

	cfs->avg_vruntime += key(cfs, se) * (s64)w;
	cfs->avg_load += w;
	rb_add_augmented_cached(&se->run_node, &cfs->tasks_timeline, less, summarise);
}

void eevdf_remove(struct cfs_rq *cfs, struct sched_entity *se)
{
	unsigned long w = se_weight(se);

	rb_erase_augmented_cached(&se->run_node, &cfs->tasks_timeline, summarise);
	cfs->avg_vruntime -= key(cfs, se) * (s64)w;
	cfs->avg_load -= w;
}

/* @se's slice is another one: the tree's summaries have to know. */
void eevdf_slice_changed(struct sched_entity *se)
{
	rb_update_augmented(&se->run_node, summarise);
}

static struct sched_entity *running(const struct cfs_rq *cfs)
{
	return cfs->curr && cfs->curr->on_rq ? cfs->curr : NULL;
}

u64 eevdf_min_slice(const struct cfs_rq *cfs)
{
	const struct rb_node *root = cfs->tasks_timeline.rb_root.rb_node;
	const struct sched_entity *curr = running(cfs);
	u64 slice = curr ? curr->slice : UINT64_MAX;

	return root ? min(slice, node_se(root)->min_slice) : slice;
}

/* V; `zero` moves there. */
u64 eevdf_avg_vruntime(struct cfs_rq *cfs)
{
	struct sched_entity *curr = running(cfs);
	s64 sum = cfs->avg_vruntime, load = cfs->avg_load, delta = 0;

	if (curr && load) {
		sum += key(cfs, curr) * (s64)se_weight(curr);
		load += se_weight(curr);
	} else if (curr) {
		sum = key(cfs, curr);
		load = 1;
	}
	if (load) {
		/* floor, for either sign */
		if (sum < 0)
			sum -= load - 1;
		delta = sum / load;
	}
	cfs->avg_vruntime -= (s64)cfs->avg_load * delta;
	cfs->zero_vruntime += delta;
	return cfs->zero_vruntime;
}

/* v <= V, without the division: sum >= (v - zero) * load. */
static bool vruntime_eligible(const struct cfs_rq *cfs, u64 vruntime)
{
	struct sched_entity *curr = running(cfs);
	s64 sum = cfs->avg_vruntime, load = cfs->avg_load;

	if (curr) {
		sum += key(cfs, curr) * (s64)se_weight(curr);
		load += se_weight(curr);
	}
	return sum >= (s64)(vruntime - cfs->zero_vruntime) * load;
}

bool eevdf_eligible(struct cfs_rq *cfs, const struct sched_entity *se)
{
	return vruntime_eligible(cfs, se->vruntime);
}

/* The eligible entity of the tree with the earliest deadline, or NULL. */
static struct sched_entity *earliest_eligible(struct cfs_rq *cfs)
{
	struct rb_node *n = rb_first_cached(&cfs->tasks_timeline);

	if (n && eevdf_eligible(cfs, node_se(n)))
		return node_se(n);
	n = cfs->tasks_timeline.rb_root.rb_node;
	while (n) {
		if (n->rb_left && vruntime_eligible(cfs, node_se(n->rb_left)->min_vruntime))
			n = n->rb_left;
		else if (eevdf_eligible(cfs, node_se(n)))
			return node_se(n);
		else
			n = n->rb_right;
	}
	return NULL;
}

/*
 * RUN_TO_PARITY: from the pick until its deadline moves, the running entity is
 * kept while it stays eligible. Its lag is of no use meanwhile, so vlag holds the
 * deadline that was current at the pick.
 */
static void protect(struct sched_entity *se)
{
	se->vlag = se->deadline;
}

static bool is_protected(const struct sched_entity *se)
{
	return (u64)se->vlag == se->deadline;
}

static struct sched_entity *pick(struct cfs_rq *cfs)
{
	struct sched_entity *curr = running(cfs), *best;

	if (cfs->nr_running == 1)
		return curr ? curr : node_se(rb_first_cached(&cfs->tasks_timeline));
	if (curr && !eevdf_eligible(cfs, curr))
		curr = NULL;
	if (curr && is_protected(curr))
		return curr;
	best = earliest_eligible(cfs);
	if (!best || (curr && eevdf_before(curr, best)))
		best = curr;
	return best;
}

/* What @se is owed in virtual time, bounded by two slices or a tick. */
static s64 lag_of(u64 avg, const struct sched_entity *se, u64 tick)
{
	s64 lag = avg - se->vruntime;
	s64 limit = fair_virtual(max(2 * se->slice, tick), se);

	return clamp(lag, -limit, limit);
}

void eevdf_update_lag(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	se->vlag = lag_of(eevdf_avg_vruntime(cfs), se, m->tick_ns);
}

/*
 * Gives an entity that comes to the queue its vruntime and deadline. It keeps
 * the lag that it left with; as its own arrival moves V towards it, which would
 * shrink the lag by w / (W + w), the lag is stretched by the inverse first.
 */
void eevdf_place(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	u64 avg = eevdf_avg_vruntime(cfs), vslice;
	s64 lag = 0;

	if (!se->custom_slice)
		se->slice = m->base_slice;
	vslice = fair_virtual(se->slice, se);
	if (cfs->nr_running) {
		s64 load = cfs->avg_load;

		if (running(cfs))
			load += se_weight(cfs->curr);
		lag = se->vlag * (s64)(load + se_weight(se)) / max(load, 1L);
	}
	se->vruntime = avg - lag;
	if (se->rel_deadline) {
		se->deadline += se->vruntime;
		se->rel_deadline = 0;
		return;
	}
	/* Newcomers find the others half way through their slices, on average. */
	if (flags & ENQUEUE_INITIAL)
		vslice /= 2;
	se->deadline = se->vruntime + vslice;
}

/* A consumed request is followed by the next; true if it was. */
static bool renew_deadline(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se)
{
	if ((s64)(se->vruntime - se->deadline) < 0)
		return false;
	if (!se->custom_slice)
		se->slice = m->base_slice;
	se->deadline = se->vruntime + fair_virtual(se->slice, se);
	eevdf_avg_vruntime(cfs);
	return true;
}

/*
 * A weight changes while @se is queued: w * lag stays, so distances from V in
 * virtual time scale by the old weight over the new one.
 */
static void reweight(struct machine *m, struct sched_entity *se, u64 avg, unsigned long weight)
{
	s64 old = se->load.weight, new = weight;

	if (avg != se->vruntime)
		se->vruntime = avg - lag_of(avg, se, m->tick_ns) * old / new;
	se->deadline = avg + (s64)(se->deadline - avg) * old / new;
}

/* ---- the policy ---- */

/* A request used up; or not protected any more (a shorter slice arrived), nor eligible. */
static bool ran(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr)
{
	if (renew_deadline(m, cfs, curr))
		return true;
	return !is_protected(curr) && !eevdf_eligible(cfs, curr);
}

static void tick(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr)
{
}

static bool delays(struct cfs_rq *cfs, const struct sched_entity *se)
{
	return !eevdf_eligible(cfs, se);
}

static void leave(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	eevdf_update_lag(m, cfs, se);
	if (flags & DEQUEUE_SLEEP)
		return;
	se->deadline -= se->vruntime;
	se->rel_deadline = 1;
}

static void left(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
}

static struct sched_entity *pick_or_buddy(struct machine *m, struct cfs_rq *cfs)
{
	return cfs->next && eevdf_eligible(cfs, cfs->next) ? cfs->next : pick(cfs);
}

/* May @se preempt a running entity with a longer slice before that slice ends? */
static bool short_preempts(struct cfs_rq *cfs, struct sched_entity *se, struct sched_entity *curr)
{
	if (se->slice >= curr->slice || !eevdf_eligible(cfs, se))
		return false;
	return eevdf_before(se, curr) || !eevdf_eligible(cfs, curr);
}

static bool preempts(struct machine *m, struct cfs_rq *cfs, struct sched_entity *se,
		     struct sched_entity *curr)
{
	if (short_preempts(cfs, se, curr))
		eevdf_unprotect(curr);
	return pick(cfs) == se;
}

/* Gives up the rest of its request. */
static void yield(struct machine *m, struct cfs_rq *cfs, struct sched_entity *curr)
{
	if (!eevdf_eligible(cfs, curr))
		return;
	curr->vruntime = curr->deadline;
	renew_deadline(m, cfs, curr);
}

const struct fair_policy fair_policy_eevdf = {
	.name = "eevdf",
	.ran = ran,
	.tick = tick,
	.place = eevdf_place,
	.delays = delays,
	.leave = leave,
	.left = left,
	.pick = pick_or_buddy,
	.set_next = protect,
	.preempts = preempts,
	.yield = yield,
	.reweight = reweight,
};
