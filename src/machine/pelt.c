/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Load averages of entities and runqueues: geometric series over periods of
 * 1024 us (a us being 1024 ns) in which a period's weight halves every 32
 * periods. Three sums: load (queued, times weight), runnable (queued), util
 * (running). A full history sums up to SUM_MAX.
 *
 * A group's entity loads its parent's queue as the group's own queue is loaded:
 * what joins or leaves the latter is propagated upwards, level by level.
 *
 * Where Linux defers what leaves a runqueue with a migrating sleeper to that
 * queue's next update, we subtract at once. Utilisation is scaled by the CPU's
 * speed where it accrues; Linux slows the averages' clock down instead.
 */
#include "machine/fair.h"

#define HALF_LIFE 32
#define PERIOD 1024
#define SUM_MAX 47742
#define SUM_MIN (SUM_MAX - PERIOD)

/* 2^32 * 2^(-n/32) */
static const u32 decay_frac[HALF_LIFE] = {
	0xffffffff, 0xfa83b2db, 0xf5257d15, 0xefe4b99b,
	0xeac0c6e7, 0xe5b906e7, 0xe0ccdeec, 0xdbfbb797,
	0xd744fcca, 0xd2a81d91, 0xce248c15, 0xc9b9bd86,
	0xc5672a11, 0xc12c4cca, 0xbd08a39f, 0xb8fbaf47,
	0xb504f333, 0xb123f581, 0xad583eea, 0xa9a15ab4,
	0xa5fed6a9, 0xa2704303, 0x9ef53260, 0x9b8d39b9,
	0x9837f051, 0x94f4efa8, 0x91c3d373, 0x8ea4398b,
	0x8b95c1e3, 0x88980e80, 0x85aac367, 0x82cd8698,
};

static u64 decay(u64 sum, u64 periods)
{
	if (periods > HALF_LIFE * 63)
		return 0;
	sum >>= periods / HALF_LIFE;
	return ((unsigned __int128)sum * decay_frac[periods % HALF_LIFE]) >> 32;
}

static u32 divider(const struct sched_avg *a)
{
	return SUM_MIN + a->period_contrib;
}

/*
 * Adds the time up to @now with these values; false if no period has ended, so
 * that the averages need no division yet.
 */
static bool accrue(struct sched_avg *a, u64 now, u64 load, u64 runnable, u64 util)
{
	u64 us, periods, part;

	if (now <= a->last_update_time)
		return false;
	us = (now - a->last_update_time) >> 10;
	if (!us)
		return false;
	a->last_update_time += us << 10;
	part = us;
	us += a->period_contrib;
	periods = us / PERIOD;
	if (periods) {
		u64 head = PERIOD - a->period_contrib;

		a->load_sum = decay(a->load_sum, periods);
		a->runnable_sum = decay(a->runnable_sum, periods);
		a->util_sum = decay(a->util_sum, periods);
		us %= PERIOD;
		part = decay(head, periods) + SUM_MAX - decay(SUM_MAX, periods) - PERIOD + us;
	}
	a->period_contrib = us;
	a->load_sum += load * part;
	a->runnable_sum += runnable * part << SCHED_FIXEDPOINT_SHIFT;
	a->util_sum += util * part;
	return periods;
}

static void average(struct sched_avg *a, unsigned long weight)
{
	u32 d = divider(a);

	a->load_avg = weight * a->load_sum / d;
	a->runnable_avg = a->runnable_sum / d;
	a->util_avg = a->util_sum / d;
}

/* The averages of a throttled hierarchy stand still. */
static u64 cfs_clock(const struct cfs_rq *cfs)
{
	u64 now = cfs->throttle_count ? cfs->throttled_clock_pelt : cfs->rq->clock;

	return now - cfs->throttled_clock_pelt_time;
}

static u64 util_of_running(const struct cfs_rq *cfs)
{
	return rq_mcpu(cfs->rq)->speed;
}

static u64 runnable_of(const struct sched_entity *se)
{
	return se->my_q ? se->runnable_weight : se->on_rq && !se->sched_delayed;
}

static void update_se(struct cfs_rq *cfs, struct sched_entity *se, u64 now)
{
	if (accrue(&se->avg, now, se->on_rq, runnable_of(se),
		   cfs->curr == se ? util_of_running(cfs) : 0))
		average(&se->avg, se_weight(se));
}

bool pelt_update_cfs(struct cfs_rq *cfs)
{
	if (!accrue(&cfs->avg, cfs_clock(cfs), scale_load_down(cfs->load.weight),
		    cfs->h_nr_runnable, cfs->curr ? util_of_running(cfs) : 0))
		return false;
	average(&cfs->avg, 1);
	return true;
}

/* ---- what joins and leaves a queue ---- */

/* Adds signed amounts to an average and its sum, which stay in step and above zero. */
#define ADD_AVG(a, name, avg_delta, sum_delta)                                                     \
	do {                                                                                       \
		s64 _avg = (s64)(a)->name##_avg + (avg_delta);                                     \
		s64 _sum = (s64)(a)->name##_sum + (sum_delta);                                     \
		(a)->name##_avg = max(_avg, 0L);                                                   \
		(a)->name##_sum = max(_sum, (s64)(a)->name##_avg * SUM_MIN);                       \
	} while (0)

static s64 weighted_load_sum(const struct sched_entity *se)
{
	return se_weight(se) * se->avg.load_sum;
}

static void propagate_later(struct cfs_rq *cfs, s64 load_sum)
{
	cfs->propagate = 1;
	cfs->prop_runnable_sum += load_sum;
}

static void attach(struct cfs_rq *cfs, struct sched_entity *se)
{
	u32 d = divider(&cfs->avg);
	struct sched_avg *a = &se->avg;

	a->last_update_time = cfs->avg.last_update_time;
	a->period_contrib = cfs->avg.period_contrib;
	a->util_sum = a->util_avg * d;
	a->runnable_sum = a->runnable_avg * d;
	/* The weight may have changed since the average was taken: no more than a full history. */
	a->load_sum = clamp((u64)a->load_avg * d / se_weight(se), (u64)1, (u64)d);
	a->load_avg = se_weight(se) * a->load_sum / d;
	ADD_AVG(&cfs->avg, util, (s64)a->util_avg, (s64)a->util_sum);
	ADD_AVG(&cfs->avg, runnable, (s64)a->runnable_avg, (s64)a->runnable_sum);
	ADD_AVG(&cfs->avg, load, (s64)a->load_avg, weighted_load_sum(se));
	propagate_later(cfs, a->load_sum);
}

static void detach(struct cfs_rq *cfs, const struct sched_entity *se)
{
	const struct sched_avg *a = &se->avg;

	ADD_AVG(&cfs->avg, util, -(s64)a->util_avg, -(s64)a->util_sum);
	ADD_AVG(&cfs->avg, runnable, -(s64)a->runnable_avg, -(s64)a->runnable_sum);
	ADD_AVG(&cfs->avg, load, -(s64)a->load_avg, -weighted_load_sum(se));
	propagate_later(cfs, -(s64)a->load_sum);
}

/* ---- from a group's queue to its entity and to the queue that this one is on ---- */

static void propagate_util(struct cfs_rq *cfs, struct sched_entity *se, u32 d)
{
	s64 avg = (s64)se->my_q->avg.util_avg - (s64)se->avg.util_avg;
	s64 sum = (s64)(se->my_q->avg.util_avg * d) - (s64)se->avg.util_sum;

	if (!avg)
		return;
	se->avg.util_avg += avg;
	se->avg.util_sum += sum;
	ADD_AVG(&cfs->avg, util, avg, sum);
}

static void propagate_runnable(struct cfs_rq *cfs, struct sched_entity *se, u32 d)
{
	s64 avg = (s64)se->my_q->avg.runnable_avg - (s64)se->avg.runnable_avg;
	s64 sum = (s64)(se->my_q->avg.runnable_avg * d) - (s64)se->avg.runnable_sum;

	if (!avg)
		return;
	se->avg.runnable_avg += avg;
	se->avg.runnable_sum += sum;
	ADD_AVG(&cfs->avg, runnable, avg, sum);
}

/*
 * The entity is queued while any of the group's tasks is. What that makes of its
 * history when a task comes with or goes with its own can only be estimated: a
 * coming task's history adds up, to a full one at most; after a going one the
 * tasks that stay are taken for equally often runnable.
 */
static s64 estimate_load_sum(const struct sched_entity *se, s64 change, u32 d)
{
	const struct cfs_rq *q = se->my_q;
	u64 weight = scale_load_down(q->load.weight), each;
	s64 running = se->avg.util_sum >> SCHED_FIXEDPOINT_SHIFT, sum;

	if (change >= 0) {
		sum = min((s64)se->avg.load_sum + change, (s64)d);
	} else {
		each = weight ? q->avg.load_sum / weight : 0;
		sum = min((u64)se->avg.load_sum, each);
	}
	return max(sum, running);
}

static void propagate_load(struct cfs_rq *cfs, struct sched_entity *se, u32 d)
{
	s64 change = se->my_q->prop_runnable_sum, sum, avg, old_sum, old_avg;

	if (!change)
		return;
	se->my_q->prop_runnable_sum = 0;
	sum = estimate_load_sum(se, change, d);
	avg = se_weight(se) * sum / d;
	old_sum = weighted_load_sum(se);
	old_avg = se->avg.load_avg;
	if (avg == old_avg)
		return;
	se->avg.load_sum = sum;
	se->avg.load_avg = avg;
	ADD_AVG(&cfs->avg, load, avg - old_avg, weighted_load_sum(se) - old_sum);
}

static bool propagate(struct cfs_rq *cfs, struct sched_entity *se)
{
	u32 d = divider(&cfs->avg);

	if (!se->my_q || !se->my_q->propagate)
		return false;
	se->my_q->propagate = 0;
	propagate_later(cfs, se->my_q->prop_runnable_sum);
	propagate_util(cfs, se, d);
	propagate_runnable(cfs, se, d);
	propagate_load(cfs, se, d);
	return true;
}

void pelt_update(struct cfs_rq *cfs, struct sched_entity *se, u32 flags)
{
	bool attached = se->avg.last_update_time, changed;

	if (attached)
		update_se(cfs, se, cfs_clock(cfs));
	changed = pelt_update_cfs(cfs);
	changed |= propagate(cfs, se);
	if (!attached && flags & PELT_ATTACH) {
		attach(cfs, se);
		changed = true;
	} else if (attached && flags & PELT_DETACH) {
		detach(cfs, se);
		changed = true;
	}
	if (changed)
		fair_update_tg_load(cfs);
}

/* Tells all levels above @se's queue of what joined or left it. */
static void propagate_up(struct cfs_rq *cfs, struct sched_entity *se)
{
	fair_leaf_add(cfs);
	while (!cfs->throttled && (se = se->parent)) {
		cfs = se->cfs_rq;
		pelt_update(cfs, se, 0);
	}
}

/* A task that isn't queued comes to @cfs. */
void pelt_add(struct cfs_rq *cfs, struct sched_entity *se)
{
	pelt_update(cfs, se, PELT_ATTACH);
	propagate_up(cfs, se);
}

/* A task that isn't queued leaves @cfs (to sleep elsewhere, or for good). */
void pelt_remove(struct cfs_rq *cfs, struct sched_entity *se)
{
	if (!se->avg.last_update_time)
		return;
	pelt_update(cfs, se, PELT_DETACH);
	se->avg.last_update_time = 0;
	propagate_up(cfs, se);
}

void pelt_reweight_begin(struct cfs_rq *cfs, struct sched_entity *se)
{
	ADD_AVG(&cfs->avg, load, -(s64)se->avg.load_avg, -weighted_load_sum(se));
}

void pelt_reweight_end(struct cfs_rq *cfs, struct sched_entity *se)
{
	se->avg.load_avg = se_weight(se) * se->avg.load_sum / divider(&se->avg);
	ADD_AVG(&cfs->avg, load, (s64)se->avg.load_avg, weighted_load_sum(se));
}

bool pelt_decayed(const struct sched_avg *a)
{
	return !a->load_sum && !a->util_sum && !a->runnable_sum;
}

/* What accrues up to now accrues at the CPU's present speed. */
void pelt_settle(struct rq *rq)
{
	struct sched_entity *se = rq->cfs.curr ? &rq->curr->se : NULL;

	for (; se; se = se->parent)
		pelt_update(se->cfs_rq, se, 0);
}

void pelt_update_rt(struct rq *rq, bool running)
{
	struct mcpu *c = rq_mcpu(rq);

	if (accrue(&c->rt_avg, rq->clock, 0, 0, running ? c->capacity : 0))
		average(&c->rt_avg, 1);
}

u64 pelt_capacity_left(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];

	if (likely(!c->rt_avg.last_update_time))
		return c->capacity;
	sched_update_rq_clock(m, &c->rq);
	pelt_update_rt(&c->rq, c->rq.curr->sched_class == &sched_class_rt);
	return c->capacity > c->rt_avg.util_avg ? c->capacity - c->rt_avg.util_avg : 1;
}
