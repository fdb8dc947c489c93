/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Group statistics, and fork placement, which goes down the domains by them. */
#include "machine/fair_group.h"

#define REFRESH_NS (1024 * 1024) /* averages move once in a period */

/* An idle CPU's blocked load goes on decaying; bring it up to date first. */
static struct cfs_rq *fresh_cfs(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	const struct sched_avg *a = &c->rq.cfs.avg;

	if (cpumask_test_cpu(cpu, &m->idle) && (a->load_avg | a->util_avg | a->runnable_avg) &&
	    m->now - a->last_update_time >= REFRESH_NS)
		fair_update_blocked(m, c);
	return &c->rq.cfs;
}

u64 fair_cpu_load(struct machine *m, u32 cpu)
{
	return fresh_cfs(m, cpu)->avg.load_avg;
}

u64 fair_cpu_util(struct machine *m, u32 cpu)
{
	return min((u64)fresh_cfs(m, cpu)->avg.util_avg, (u64)m->cpus[cpu].capacity);
}

static u64 less(u64 from, u64 what)
{
	return from > what ? from - what : 0;
}

void group_sum(struct machine *m, struct cpu_range r, const struct task_struct *without,
	       struct group_stats *out)
{
	*out = (struct group_stats){ .cpus = r };
	for (u32 cpu = r.first; cpu < r.first + r.nr; cpu++) {
		struct rq *rq = &m->cpus[cpu].rq;
		const struct sched_avg *a;
		bool here;

		if (!rq->online)
			continue;
		a = &fresh_cfs(m, cpu)->avg;
		out->nr_online++;
		here = without && task_cpu(without) == cpu && without->se.avg.last_update_time;

		out->load += less(a->load_avg, here ? fair_task_load(m, without) : 0);
		out->util += less(a->util_avg, here ? without->se.avg.util_avg : 0);
		out->runnable += less(a->runnable_avg, here ? without->se.avg.runnable_avg : 0);
		out->capacity += pelt_capacity_left(m, cpu);
		out->nr_running += rq->nr_running;
		out->nr_fair += rq->cfs.h_nr_queued;
		out->idle_cpus += !rq->nr_running && cpumask_test_cpu(cpu, &m->idle);
		if (m->asym_capacity)
			out->misfit_load = max(out->misfit_load, m->cpus[cpu].misfit_load);
	}
	out->capacity = max(out->capacity, (u64)1);
}

static bool overloaded(const struct sched_domain *sd, const struct group_stats *s)
{
	if (s->nr_running <= s->nr_online)
		return false;
	return s->capacity * 100 < s->util * sd->imbalance_pct ||
	       s->capacity * sd->imbalance_pct < s->runnable * 100;
}

static bool has_spare(const struct sched_domain *sd, const struct group_stats *s)
{
	if (s->nr_running < s->nr_online)
		return true;
	if (s->capacity * sd->imbalance_pct < s->runnable * 100)
		return false;
	return s->capacity * 100 > s->util * sd->imbalance_pct;
}

void group_classify(const struct sched_domain *sd, struct group_stats *s, bool imbalanced)
{
	if (overloaded(sd, s)) {
		s->type = GROUP_OVERLOADED;
		s->avg_load = group_avg_load(s);
	} else if (imbalanced) {
		s->type = GROUP_IMBALANCED;
	} else if (s->misfit_load) {
		s->type = GROUP_MISFIT;
	} else {
		s->type = has_spare(sd, s) ? GROUP_HAS_SPARE : GROUP_FULLY_BUSY;
	}
}

static bool group_allowed(const struct task_struct *p, struct cpu_range r)
{
	u32 cpu = cpumask_next_from(p->cpus_ptr, r.first);

	return range_has(r, cpu);
}

static bool idler(const struct group_stats *a, const struct group_stats *b)
{
	if (a->type != b->type)
		return a->type < b->type;
	if (a->type != GROUP_HAS_SPARE)
		return a->avg_load < b->avg_load;
	if (a->idle_cpus != b->idle_cpus)
		return a->idle_cpus > b->idle_cpus;
	return a->util < b->util;
}

/* Is @best so much better than the local group that the task should go there? */
static bool worth_leaving(const struct sched_domain *sd, const struct group_stats *local,
			  const struct group_stats *best)
{
	u64 margin = 1024 * (sd->imbalance_pct - 100) / 100;

	if (local->type != best->type)
		return best->type < local->type;
	if (local->type == GROUP_HAS_SPARE)
		return best->idle_cpus > local->idle_cpus;
	if (sd->level == DOMAIN_NUMA && best->avg_load + margin >= local->avg_load)
		return false;
	if (best->avg_load >= local->avg_load + margin)
		return false;
	return 100 * local->avg_load > sd->imbalance_pct * best->avg_load;
}

/* The group to go to, or NULL: stay in the local one. */
static const struct cpu_range *idlest_group(struct machine *m, const struct sched_domain *sd,
					    const struct task_struct *p)
{
	struct group_stats s, best = {}, local = {};
	const struct cpu_range *to = NULL;
	bool may_stay = false;

	for (u32 n = 0, i = sd->local; n < sd->nr_groups; n++, i = domain_next_group(sd, i)) {
		if (!group_allowed(p, sd->groups[i]))
			continue;
		group_sum(m, sd->groups[i], p, &s);
		if (!s.nr_online)
			continue;
		group_classify(sd, &s, false);
		s.avg_load = group_avg_load(&s);
		if (i == sd->local) {
			local = s;
			may_stay = true;
		} else if (!to || idler(&s, &best)) {
			best = s;
			to = &sd->groups[i];
		}
	}
	return to && may_stay && !worth_leaving(sd, &local, &best) ? NULL : to;
}

/* An idle CPU of @r, the one that became idle last; else the least loaded. */
static u32 idlest_in(struct machine *m, const struct task_struct *p, struct cpu_range r, u32 dfl)
{
	u32 idle = NR_CPUS, least = dfl;
	u64 latest = 0, load, min_load = UINT64_MAX;

	for (u32 cpu = r.first; cpu < r.first + r.nr; cpu++) {
		if (!sched_cpu_allowed(m, p, cpu))
			continue;
		if (cpu_available(m, cpu)) {
			if (idle == NR_CPUS || m->cpus[cpu].curr_since > latest) {
				idle = cpu;
				latest = m->cpus[cpu].curr_since;
			}
		} else if (idle == NR_CPUS) {
			load = fair_cpu_load(m, cpu);
			if (load < min_load) {
				min_load = load;
				least = cpu;
			}
		}
	}
	return idle < NR_CPUS ? idle : least;
}

/* From the widest domain down: into the idlest group, to its idlest CPU, and on from there. */
u32 fair_idlest_cpu(struct machine *m, struct task_struct *p, u32 cpu)
{
	struct sched_domain *sd = m->cpus[cpu].sd;
	const struct cpu_range *group;
	u32 weight, next;

	while (sd && sd->parent)
		sd = sd->parent;
	while (sd) {
		group = idlest_group(m, sd, p);
		next = group ? idlest_in(m, p, *group, cpu) : cpu;
		if (!group || next == cpu) {
			sd = sd->child;
			continue;
		}
		cpu = next;
		weight = sd->span.nr;
		for (sd = m->cpus[cpu].sd; sd && sd->parent && sd->parent->span.nr < weight;)
			sd = sd->parent;
		if (sd && sd->span.nr >= weight)
			sd = NULL;
	}
	return cpu;
}
