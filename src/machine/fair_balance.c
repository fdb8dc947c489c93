/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * When the fair class balances: on a busy CPU's ticks, each domain at its own
 * interval; on a CPU that is about to go idle; and for CPUs that are idle and
 * have no tick, on one of them, which a busy CPU's tick interrupts (ilb).
 *
 * Linux measures what a newly idle CPU's search costs, and doesn't search when
 * that exceeds how long CPUs tend to stay idle. Here the cost is modelled. And it
 * searches a domain only as often as searches there use to find something.
 */
#include "machine/fair_balance.h"

#define BUSY_FACTOR 16
#define MIGRATION_COST_NS 500000
#define NEWIDLE_COST_NS 500	/* per domain */
#define NEWIDLE_COST_CPU_NS 100 /* per CPU of it: a few of its cache lines */

static u64 ms_to_jiffies(const struct machine *m, u64 ms)
{
	return DIV_ROUND_UP(ms * m->cfg.hz, 1000);
}

static u64 interval_of(const struct machine *m, const struct sched_domain *sd, bool busy)
{
	u64 ms = (u64)sd->interval * (busy ? BUSY_FACTOR : 1), jiffies;

	jiffies = ms_to_jiffies(m, ms);
	/* Odd multiples, so that levels don't all meet at the same tick. */
	if (busy)
		jiffies--;
	return clamp(jiffies, (u64)1, max((u64)m->cfg.hz * m->nr_cpus / 10, (u64)1));
}

/* All domains of @cpu that are due. */
static void balance_cpu(struct machine *m, u32 cpu, enum balance_idle idle)
{
	struct mcpu *c = &m->cpus[cpu];
	u64 now = sched_jiffies(m), next = now + 60 * m->cfg.hz, due;
	bool go_on = true, busy = idle == BALANCE_BUSY;

	fair_update_blocked(m, c);
	for (struct sched_domain *sd = c->sd; sd && go_on; sd = sd->parent) {
		if (now >= sd->last_balance + interval_of(m, sd, busy)) {
			if (balance_domain(m, sd, cpu, idle, &go_on)) {
				busy = !cpu_available(m, cpu);
				idle = busy ? BALANCE_BUSY : BALANCE_IDLE;
			}
			sd->last_balance = now;
		}
		due = sd->last_balance + interval_of(m, sd, busy);
		next = min(next, due);
	}
	c->rq.next_balance = next;
}

/* On the chosen idle CPU: all idle CPUs that are due balance, it last. */
static void balance_idle_cpus(struct machine *m, struct sched_irq_work *w)
{
	struct mcpu *c = container_of(w, struct mcpu, ilb);
	u64 now = sched_jiffies(m), next = now + 60 * m->cfg.hz;
	u32 me = c->rq.cpu, cpu;

	if (!cpu_available(m, me))
		return;
	for_each_cpu(cpu, &m->avail) {
		if (cpu != me && now >= m->cpus[cpu].rq.next_balance)
			balance_cpu(m, cpu, BALANCE_IDLE);
		next = min(next, (u64)m->cpus[cpu].rq.next_balance);
	}
	if (now >= c->rq.next_balance)
		balance_cpu(m, me, BALANCE_IDLE);
	m->nohz_next_balance = min(next, (u64)c->rq.next_balance);
}

static u32 llc_nr_busy(const struct machine *m, u32 cpu)
{
	const cpumask_t *llc = &m->topo->llc_masks[m->topo->cpus[cpu].llc];
	u32 busy = 0;

	for (u32 i = 0; i < DIV_ROUND_UP(m->nr_cpus, 64); i++)
		busy += __builtin_popcountl(llc->bits[i] & ~m->idle.bits[i]);
	return busy;
}

/* Should an idle CPU come to our help? */
static void kick_idle(struct machine *m, struct rq *rq)
{
	u32 cpu;

	if (sched_jiffies(m) < m->nohz_next_balance)
		return;
	if (rq->nr_running < 2 && !rq_mcpu(rq)->misfit_load && llc_nr_busy(m, rq->cpu) <= 1)
		return;
	cpu = cpumask_first(&m->avail);
	if (cpu < NR_CPUS)
		sched_irq_work_queue_on(m, &m->cpus[cpu].ilb, cpu);
}

static void update_misfit(struct machine *m, struct mcpu *c)
{
	struct task_struct *p = c->rq.curr;

	c->misfit_load = 0;
	if (p->sched_class != &sched_class_fair || p->nr_cpus_allowed == 1 ||
	    c->capacity == SCHED_CAPACITY_SCALE)
		return;
	if (p->se.avg.util_avg * 1280 >= c->capacity * 1024UL)
		c->misfit_load = max(fair_task_load(m, p), (u64)1);
}

void fair_balance_tick(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);

	if (!c->sd || !rq->online)
		return;
	if (m->asym_capacity)
		update_misfit(m, c);
	if (sched_jiffies(m) >= rq->next_balance)
		balance_cpu(m, rq->cpu, BALANCE_BUSY);
	kick_idle(m, rq);
}

static void note_next_balance(struct machine *m, struct rq *rq, const struct sched_domain *sd)
{
	u64 next = sd->last_balance + interval_of(m, sd, false);

	rq->next_balance = min((u64)rq->next_balance, next);
}

static void count_search(struct sched_domain *sd, u32 success)
{
	sd->newidle_call++;
	sd->newidle_success += success;
	if (sd->newidle_call < NEWIDLE_RATE_SCALE)
		return;
	sd->newidle_ratio = sd->newidle_success;
	sd->newidle_call /= 2;
	sd->newidle_success /= 2;
}

/* A domain's search by chance, as good as its rate; what it pulled. *@spent grows by its cost. */
static u32 newidle_search(struct machine *m, struct sched_domain *sd, u32 cpu, bool *go_on,
			  u64 *spent)
{
	u64 cost = NEWIDLE_COST_NS + (u64)sd->span.nr * NEWIDLE_COST_CPU_NS;
	u32 chance = 1 + sd->newidle_ratio, pulled;

	if (rng_below(&m->newidle_rng, NEWIDLE_RATE_SCALE) > chance) {
		count_search(sd, 0);
		return 0;
	}
	pulled = balance_domain(m, sd, cpu, BALANCE_NEWLY_IDLE, go_on);
	/* A search that was made stands for those that were not. */
	count_search(sd, pulled ? (NEWIDLE_RATE_SCALE + chance / 2) / chance : 0);
	sd->max_newidle_cost = max(sd->max_newidle_cost, cost);
	*spent += cost;
	return pulled;
}

int fair_newidle_balance(struct machine *m, struct rq *rq)
{
	struct mcpu *c = rq_mcpu(rq);
	struct sched_domain *sd = c->sd;
	u64 spent = 0;
	u32 pulled = 0;
	bool go_on = true;

	rq->idle_stamp = rq->clock;
	if (!sd || !rq->online)
		return 0;
	if (!m->nr_overloaded || rq->avg_idle < sd->max_newidle_cost) {
		note_next_balance(m, rq, sd);
		goto out;
	}
	fair_update_blocked(m, c);
	for (; sd && go_on && !pulled && !rq->nr_running; sd = sd->parent) {
		note_next_balance(m, rq, sd);
		if (rq->avg_idle < spent + sd->max_newidle_cost)
			break;
		pulled = newidle_search(m, sd, rq->cpu, &go_on, &spent);
	}
	c->max_idle_balance_cost = max(c->max_idle_balance_cost, spent);
out:
	m->nohz_next_balance = min(m->nohz_next_balance, (u64)rq->next_balance);
	if (rq->nr_running)
		rq->idle_stamp = 0;
	return rq->nr_running;
}

#define NEWIDLE_STREAM 0x6e6577 /* of the seed */

int fair_init(struct machine *m)
{
	u32 n = min(m->nr_cpus, 8U);
	int err = domain_init(m);

	rng_init(&m->newidle_rng, m->cfg.seed, NEWIDLE_STREAM);

	if (err)
		return err;
	m->fair_scale = 1 + (31 - __builtin_clz(n));
	m->base_slice = 700000ULL * m->fair_scale;
	m->fair = m->cfg.fair == FAIR_CFS ? &fair_policy_cfs : &fair_policy_eevdf;
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
		struct mcpu *c = &m->cpus[cpu];

		m->asym_capacity |= c->capacity != m->cpus[0].capacity;
		c->max_idle_balance_cost = MIGRATION_COST_NS;
		c->rq.avg_idle = 2 * MIGRATION_COST_NS;
		sched_irq_work_init(&c->ilb, balance_idle_cpus);
	}
	return 0;
}

void fair_fini(struct machine *m)
{
	domain_fini(m);
}
