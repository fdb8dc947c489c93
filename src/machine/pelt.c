/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Load averages of entities and runqueues: geometric series over periods of
 * 1024 us (a us being 1024 ns) in which a period's weight halves every 32
 * periods. Three sums: load (queued, times weight), runnable (queued), util
 * (running). A full history sums up to SUM_MAX.
 *
 * Where Linux defers what leaves a runqueue with a migrating sleeper to that
 * queue's next update, we subtract at once. Utilisation is scaled by the CPU's
 * capacity where it accrues; Linux slows the averages' clock down instead.
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

static u64 util_of_running(const struct cfs_rq *cfs)
{
	return rq_mcpu(cfs->rq)->speed;
}

static void update_se(struct cfs_rq *cfs, struct sched_entity *se, u64 now)
{
	bool on = se->on_rq && !se->sched_delayed;

	if (accrue(&se->avg, now, se->on_rq, on, cfs->curr == se ? util_of_running(cfs) : 0))
		average(&se->avg, se_weight(se));
}

void pelt_update_cfs(struct cfs_rq *cfs)
{
	if (accrue(&cfs->avg, cfs->rq->clock, scale_load_down(cfs->load.weight),
		   cfs->h_nr_runnable, cfs->curr ? util_of_running(cfs) : 0))
		average(&cfs->avg, 1);
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
	cfs->avg.util_avg += a->util_avg;
	cfs->avg.util_sum += a->util_sum;
	cfs->avg.runnable_avg += a->runnable_avg;
	cfs->avg.runnable_sum += a->runnable_sum;
	cfs->avg.load_avg += a->load_avg;
	cfs->avg.load_sum += se_weight(se) * a->load_sum;
}

#define SUB_FLOOR(from, what) ((from) -= min((__typeof__(from))(what), (from)))

static void detach(struct cfs_rq *cfs, const struct sched_entity *se)
{
	SUB_FLOOR(cfs->avg.util_avg, se->avg.util_avg);
	SUB_FLOOR(cfs->avg.util_sum, se->avg.util_sum);
	SUB_FLOOR(cfs->avg.runnable_avg, se->avg.runnable_avg);
	SUB_FLOOR(cfs->avg.runnable_sum, se->avg.runnable_sum);
	SUB_FLOOR(cfs->avg.load_avg, se->avg.load_avg);
	SUB_FLOOR(cfs->avg.load_sum, se_weight(se) * se->avg.load_sum);
}

void pelt_update(struct cfs_rq *cfs, struct sched_entity *se, u32 flags)
{
	bool attached = se->avg.last_update_time;

	if (attached)
		update_se(cfs, se, cfs->rq->clock);
	pelt_update_cfs(cfs);
	if (!attached && flags & PELT_ATTACH)
		attach(cfs, se);
	else if (attached && flags & PELT_DETACH)
		detach(cfs, se);
}

/* A task that isn't queued leaves @cfs (to sleep elsewhere, or for good). */
void pelt_remove(struct cfs_rq *cfs, struct sched_entity *se)
{
	if (!se->avg.last_update_time)
		return;
	pelt_update(cfs, se, PELT_DETACH);
	se->avg.last_update_time = 0;
}

void pelt_reweight_begin(struct cfs_rq *cfs, struct sched_entity *se)
{
	SUB_FLOOR(cfs->avg.load_avg, se->avg.load_avg);
	SUB_FLOOR(cfs->avg.load_sum, se_weight(se) * se->avg.load_sum);
}

void pelt_reweight_end(struct cfs_rq *cfs, struct sched_entity *se)
{
	se->avg.load_avg = se_weight(se) * se->avg.load_sum / divider(&se->avg);
	cfs->avg.load_avg += se->avg.load_avg;
	cfs->avg.load_sum += se_weight(se) * se->avg.load_sum;
}

/* What accrues up to now accrues at the CPU's present speed. */
void pelt_settle(struct rq *rq)
{
	struct sched_entity *curr = rq->cfs.curr;

	if (curr)
		pelt_update(&rq->cfs, curr, 0);
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
