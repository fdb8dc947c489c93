/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cpu.max: a group may use `quota` of CPU time in each `period`, over all CPUs.
 *
 * The group has a pool, which a timer refills each period. Its queue on a CPU
 * takes pieces of 5 ms from the pool, uses them up, and is throttled when there
 * is nothing left: its entity leaves the queue above, with all that is on it.
 * The refill lets throttled queues go on, in the order in which they were
 * throttled. A queue that becomes empty gives back all but 1 ms of its piece; if
 * that is needed elsewhere, a second timer hands it out 5 ms later.
 */
#include "machine/fair.h"

#define SLICE_NS (5 * NSEC_PER_MSEC)
#define PERIOD_DFL_NS (100 * NSEC_PER_MSEC)
#define MIN_KEPT_NS (1 * NSEC_PER_MSEC)	   /* by a queue that has become empty */
#define MIN_EXPIRATION_NS (2 * NSEC_PER_MSEC) /* a refill this near makes slack pointless */
#define SLACK_PERIOD_NS (5 * NSEC_PER_MSEC)
#define EVENTS_PER_GROUP 2
#define NO_QUOTA UINT64_MAX

static struct mcgroup *cfs_group(const struct cfs_rq *cfs)
{
	return container_of(cfs->tg, struct mcgroup, tg);
}

static void refill(struct bandwidth *b)
{
	if (b->quota == NO_QUOTA)
		return;
	b->runtime = min(b->runtime + b->quota, b->quota + b->burst);
}

/* The timer's next expiry after now; how many periods have passed. */
static u64 forward_period(struct machine *m, struct bandwidth *b)
{
	u64 periods;

	if (m->now < b->period_expires)
		return 0;
	periods = (m->now - b->period_expires) / b->period + 1;
	b->period_expires += periods * b->period;
	return periods;
}

static void arm_period(struct machine *m, struct bandwidth *b)
{
	b->period_timer.cpu = sched_timer_cpu(m, m->this_cpu);
	event_arm(&m->eq, &b->period_timer, b->period_expires);
}

static void start_period(struct machine *m, struct bandwidth *b)
{
	if (b->period_active)
		return;
	b->period_active = true;
	/* The first expiry is drawn for a machine that has been up for a while. */
	if (b->period_expires > m->now + b->period)
		b->period_expires = m->now + (b->period_expires - m->now) % b->period;
	forward_period(m, b);
	arm_period(m, b);
}

/* Takes @target more than nothing from the pool; does the queue have any now? */
static bool take(struct machine *m, struct cfs_rq *cfs, u64 target)
{
	struct bandwidth *b = &cfs_group(cfs)->bw;
	u64 wanted = target - cfs->runtime_remaining, got = 0;

	if (b->quota == NO_QUOTA) {
		got = wanted;
	} else {
		start_period(m, b);
		got = min(b->runtime, wanted);
		b->runtime -= got;
		if (got)
			b->idle = false;
	}
	cfs->runtime_remaining += got;
	return cfs->runtime_remaining > 0;
}

void fair_account_runtime(struct machine *m, struct cfs_rq *cfs, u64 delta)
{
	cfs->runtime_remaining -= delta;
	if (cfs->runtime_remaining > 0 || cfs->throttled)
		return;
	if (!take(m, cfs, SLICE_NS) && cfs->curr)
		sched_resched_curr(m, cfs->rq);
}

/* ---- throttling ---- */

/* @fn for @tg and all below it. */
static void for_each_below(struct machine *m, struct task_group *tg, struct rq *rq,
			   void (*fn)(struct cfs_rq *cfs))
{
	struct cgroup_subsys_state *css;

	fn(fair_tg_cfs(m, tg, rq->cpu));
	list_for_each_entry(css, &tg->css.children, sibling)
		for_each_below(m, container_of(css, struct task_group, css), rq, fn);
}

static void stop_clock(struct cfs_rq *cfs)
{
	if (!cfs->throttle_count) {
		cfs->throttled_clock_pelt = cfs->rq->clock;
		fair_leaf_del(cfs);
	}
	cfs->throttle_count++;
}

static void start_clock(struct cfs_rq *cfs)
{
	if (--cfs->throttle_count)
		return;
	cfs->throttled_clock_pelt_time += cfs->rq->clock - cfs->throttled_clock_pelt;
	if (cfs->load.weight || !pelt_decayed(&cfs->avg) || cfs->tg_load_avg_contrib)
		fair_leaf_add(cfs);
}

static bool throttle(struct machine *m, struct cfs_rq *cfs)
{
	struct bandwidth *b = &cfs_group(cfs)->bw;

	if (take(m, cfs, 1))
		return false;
	list_add_tail(&cfs->throttled_list, &b->throttled);
	for_each_below(m, cfs->tg, cfs->rq, stop_clock);
	fair_dequeue_throttled(m, cfs);
	cfs->throttled = 1;
	if (cfs->nr_running)
		cfs->throttled_clock = cfs->rq->clock;
	return true;
}

static void unthrottle(struct machine *m, struct cfs_rq *cfs)
{
	struct bandwidth *b = &cfs_group(cfs)->bw;
	struct rq *rq = cfs->rq;

	cfs->throttled = 0;
	sched_update_rq_clock(m, rq);
	if (cfs->throttled_clock)
		b->stat.throttled_ns += rq->clock - cfs->throttled_clock;
	cfs->throttled_clock = 0;
	list_del_init(&cfs->throttled_list);
	for_each_below(m, cfs->tg, rq, start_clock);
	if (cfs->load.weight)
		fair_enqueue_unthrottled(m, cfs);
	if (is_idle_task(rq->curr) && rq->cfs.nr_running)
		sched_resched_curr(m, rq);
}

void fair_throttle_on_enqueue(struct machine *m, struct cfs_rq *cfs)
{
	/* A queue that runs is looked at when it is put. */
	if (!cfs->runtime_enabled || cfs->curr || cfs->throttled)
		return;
	fair_account_runtime(m, cfs, 0);
	if (cfs->runtime_remaining <= 0)
		throttle(m, cfs);
}

/* Out of runtime, and therefore throttled now? */
bool fair_throttle_on_pick(struct machine *m, struct cfs_rq *cfs)
{
	if (likely(!cfs->runtime_enabled || cfs->runtime_remaining > 0))
		return false;
	return cfs->throttled || throttle(m, cfs);
}

/* ---- letting go on ---- */

/* On the CPU of the queues that have got runtime. */
static void unthrottle_here(struct machine *m, struct sched_irq_work *w)
{
	struct mcpu *c = container_of(w, struct mcpu, unthrottle_work);

	while (!list_empty(&c->unthrottle)) {
		struct cfs_rq *cfs = list_first_entry(&c->unthrottle, struct cfs_rq,
						      throttled_csd_list);

		list_del_init(&cfs->throttled_csd_list);
		if (cfs->throttled)
			unthrottle(m, cfs);
	}
}

static void unthrottle_soon(struct machine *m, struct cfs_rq *cfs)
{
	struct mcpu *c = rq_mcpu(cfs->rq);

	list_add_tail(&cfs->throttled_csd_list, &c->unthrottle);
	sched_irq_work_queue_on(m, &c->unthrottle_work, c->rq.cpu);
}

/* Each throttled queue gets what it owes and 1 ns, as far as the pool goes. */
static void distribute(struct machine *m, struct bandwidth *b)
{
	struct cfs_rq *cfs, *tmp;

	list_for_each_entry_safe(cfs, tmp, &b->throttled, throttled_list) {
		u64 owed = 1 - cfs->runtime_remaining, got = min(owed, b->runtime);

		if (!b->runtime)
			break;
		if (!list_empty(&cfs->throttled_csd_list))
			continue;
		b->runtime -= got;
		cfs->runtime_remaining += got;
		if (cfs->runtime_remaining <= 0)
			continue;
		if ((u32)cfs->rq->cpu == m->this_cpu)
			unthrottle(m, cfs);
		else
			unthrottle_soon(m, cfs);
	}
}

/* false: nobody uses the group's time, the timer need not go on. */
static bool next_period(struct machine *m, struct bandwidth *b, u64 periods)
{
	bool throttled = !list_empty(&b->throttled);

	if (b->quota == NO_QUOTA)
		return false;
	b->stat.nr_periods += periods;
	refill(b);
	if (b->idle && !throttled)
		return false;
	b->idle = !throttled;
	if (throttled) {
		b->stat.nr_throttled += periods;
		distribute(m, b);
	}
	return true;
}

static void period_fire(struct machine *m, struct machine_timer *t)
{
	struct bandwidth *b = container_of(t, struct bandwidth, period_timer);

	if (next_period(m, b, forward_period(m, b)))
		arm_period(m, b);
	else
		b->period_active = false;
}

static bool refill_within(struct machine *m, const struct bandwidth *b, u64 ns)
{
	return b->period_expires <= m->now + ns;
}

static void slack_fire(struct machine *m, struct machine_timer *t)
{
	struct bandwidth *b = container_of(t, struct bandwidth, slack_timer);

	b->slack_started = false;
	if (!refill_within(m, b, MIN_EXPIRATION_NS) && b->quota != NO_QUOTA &&
	    b->runtime > SLICE_NS)
		distribute(m, b);
}

static void start_slack(struct machine *m, struct bandwidth *b)
{
	if (b->slack_started || refill_within(m, b, SLACK_PERIOD_NS + MIN_EXPIRATION_NS))
		return;
	b->slack_started = true;
	b->slack_timer.cpu = sched_timer_cpu(m, m->this_cpu);
	event_arm(&m->eq, &b->slack_timer, m->now + SLACK_PERIOD_NS);
}

void fair_return_runtime(struct machine *m, struct cfs_rq *cfs)
{
	s64 slack = cfs->runtime_remaining - (s64)MIN_KEPT_NS;
	struct bandwidth *b;

	if (!cfs->runtime_enabled || slack <= 0)
		return;
	b = &cfs_group(cfs)->bw;
	if (b->quota != NO_QUOTA) {
		b->runtime += slack;
		if (b->runtime > SLICE_NS && !list_empty(&b->throttled))
			start_slack(m, b);
	}
	cfs->runtime_remaining -= slack;
}

/* ---- life ---- */

void fair_set_bandwidth(struct machine *m, struct mcgroup *g, u64 quota, u64 period, u64 burst)
{
	struct bandwidth *b = &g->bw;
	u32 cpu;

	b->quota = quota;
	b->period = period;
	b->burst = burst;
	refill(b);
	if (quota != NO_QUOTA)
		start_period(m, b);
	for_each_cpu(cpu, &m->online) {
		struct cfs_rq *cfs = &g->cpus[cpu].cfs;

		cfs->runtime_enabled = quota != NO_QUOTA;
		cfs->runtime_remaining = 0;
		if (cfs->throttled)
			unthrottle(m, cfs);
	}
}

/* Groups' timers are out of step with each other, and with the tick. */
static u64 random_offset(const struct machine *m, const struct mcgroup *g)
{
	struct rng rng;

	rng_init(&rng, m->cfg.seed, g->kn.id);
	return rng_below(&rng, PERIOD_DFL_NS);
}

int fair_bandwidth_init(struct machine *m, struct mcgroup *g)
{
	struct bandwidth *b = &g->bw;

	b->quota = NO_QUOTA;
	b->period = PERIOD_DFL_NS;
	b->period_expires = random_offset(m, g);
	INIT_LIST_HEAD(&b->throttled);
	machine_timer_init_owned(&b->period_timer, period_fire, 0, EVENT_TIMER);
	machine_timer_init_owned(&b->slack_timer, slack_fire, 0, EVENT_TIMER);
	return event_queue_reserve(&m->eq, EVENTS_PER_GROUP);
}

void fair_bandwidth_fini(struct machine *m, struct mcgroup *g)
{
	for (u32 cpu = 0; g->cpus && cpu < m->nr_cpus; cpu++) {
		struct cfs_rq *cfs = &g->cpus[cpu].cfs;

		list_del_init(&cfs->throttled_list);
		list_del_init(&cfs->throttled_csd_list);
		cfs->throttled = 0;
		cfs->runtime_enabled = 0;
	}
	g->bw.quota = NO_QUOTA;
	event_cancel(&m->eq, &g->bw.period_timer);
	event_cancel(&m->eq, &g->bw.slack_timer);
	event_queue_unreserve(&m->eq, EVENTS_PER_GROUP);
}

/* A new group below a throttled one is throttled with it. */
void fair_init_bandwidth_cfs(struct mcgroup *g, struct cfs_rq *cfs)
{
	struct cfs_rq *parent = fair_tg_cfs(g->m, g->tg.parent, cfs->rq->cpu);

	cfs->throttle_count = parent->throttle_count;
	cfs->throttled_clock_pelt = cfs->rq->clock;
}

void fair_init_bandwidth_cpu(struct mcpu *c)
{
	INIT_LIST_HEAD(&c->unthrottle);
	sched_irq_work_init(&c->unthrottle_work, unthrottle_here);
}

void fair_enable_runtime(struct machine *m, struct rq *rq)
{
	struct mcgroup *g;

	list_for_each_entry(g, &m->cgroups, node)
		g->cpus[rq->cpu].cfs.runtime_enabled = g->bw.quota != NO_QUOTA;
}

/* The CPU goes offline: what is throttled there must be able to leave. */
void fair_unthrottle_all(struct machine *m, struct rq *rq)
{
	struct mcgroup *g;

	list_for_each_entry(g, &m->cgroups, node) {
		struct cfs_rq *cfs = &g->cpus[rq->cpu].cfs;

		if (!cfs->runtime_enabled)
			continue;
		cfs->runtime_remaining = 1;
		cfs->runtime_enabled = 0;
		if (cfs->throttled)
			unthrottle(m, cfs);
	}
}
