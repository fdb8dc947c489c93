/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Pulling tasks from a busy CPU, in one domain. */
#include "machine/fair_balance.h"

#define MIGRATION_COST_NS 500000
#define NR_MIGRATE 32
#define MAX_PINNED_INTERVAL 512 /* ms */

static bool cache_hot(const struct balance *b, const struct task_struct *p)
{
	if (p->policy == SCHED_IDLE || b->sd->level == DOMAIN_SMT)
		return false;
	return (s64)(b->m->now - p->se.exec_start) < MIGRATION_COST_NS;
}

static void note_pinned(struct balance *b, const struct task_struct *p)
{
	struct cpu_range group = b->sd->groups[b->sd->local];

	b->some_pinned = true;
	if (b->idle == BALANCE_NEWLY_IDLE || b->other_dst < NR_CPUS)
		return;
	for (u32 cpu = group.first; cpu < group.first + group.nr; cpu++) {
		if (cpumask_test_cpu(cpu, p->cpus_ptr) && cpumask_test_cpu(cpu, &b->cpus)) {
			b->other_dst = cpu;
			return;
		}
	}
}

/* Its group rests here or there. */
static bool throttled(struct machine *m, const struct task_struct *p, u32 src, u32 dst)
{
	return fair_tg_cfs(m, p->sched_task_group, src)->throttle_count ||
	       fair_tg_cfs(m, p->sched_task_group, dst)->throttle_count;
}

static bool may_pull(struct balance *b, const struct task_struct *p, u32 dst)
{
	if (throttled(b->m, p, b->src, dst))
		return false;
	if (!cpumask_test_cpu(dst, p->cpus_ptr) || is_migration_disabled(p)) {
		note_pinned(b, p);
		return false;
	}
	b->all_pinned = false;
	if (p->on_cpu)
		return false;
	return !cache_hot(b, p) || b->sd->nr_balance_failed > b->sd->cache_nice_tries;
}

/* Failed passes make us less choosy. */
static u64 relaxed(const struct balance *b, u64 v)
{
	return v >> min(b->sd->nr_balance_failed, 63U);
}

/* Takes @p's part off the imbalance; false: it is too big a part. */
static bool deduct(struct balance *b, const struct task_struct *p)
{
	s64 part;

	switch (b->unit) {
	case PULL_LOAD:
		part = max(fair_task_load(b->m, p), (u64)1);
		break;
	case PULL_UTIL:
		part = p->se.avg.util_avg;
		break;
	case PULL_MISFIT:
		b->imbalance = 0;
		return p->se.avg.util_avg * 1280 >= b->m->cpus[b->src].capacity * 1024UL;
	default:
		b->imbalance--;
		return true;
	}
	if ((s64)relaxed(b, part) > b->imbalance)
		return false;
	b->imbalance -= part;
	return true;
}

u32 balance_pull(struct balance *b, u32 dst)
{
	struct machine *m = b->m;
	struct mcpu *src = &m->cpus[b->src];
	u32 budget = min(src->rq.nr_running, (u32)NR_MIGRATE), moved = 0;
	struct task_struct *p;

	if (src->rq.nr_running <= 1) {
		b->all_pinned = false;
		return 0;
	}
	for (; budget && b->imbalance > 0 && !list_empty(&src->cfs_tasks); budget--) {
		if (b->idle != BALANCE_BUSY && src->rq.nr_running <= 1)
			break;
		p = list_last_entry(&src->cfs_tasks, struct task_struct, se.group_node);
		if (!may_pull(b, p, dst) || !deduct(b, p)) {
			/* Look at it last the next time. */
			list_del_init(&p->se.group_node);
			list_add(&p->se.group_node, &src->cfs_tasks);
			continue;
		}
		sched_move_queued(m, &src->rq, p, dst);
		moved++;
		if (b->idle == BALANCE_NEWLY_IDLE)
			break;
	}
	return moved;
}

/* Among the idle CPUs of our group only the first balances, among busy ones the first. */
static bool our_turn(const struct balance *b)
{
	struct machine *m = b->m;
	struct cpu_range group = b->sd->groups[b->sd->local];
	u32 idle_sibling = NR_CPUS, cpu;

	if (b->idle == BALANCE_NEWLY_IDLE)
		return !sched_cpu_rq(m, b->dst)->nr_running;
	for (cpu = cpumask_next_from(&m->avail, group.first); range_has(group, cpu);
	     cpu = cpumask_next_from(&m->avail, cpu + 1)) {
		if (b->sd->level != DOMAIN_SMT && m->topo->smt &&
		    !cpumask_test_cpu(cpu, &m->idle_cores)) {
			idle_sibling = min(idle_sibling, cpu);
			continue;
		}
		return cpu == b->dst;
	}
	if (idle_sibling < NR_CPUS)
		return idle_sibling == b->dst;
	return cpumask_next_from(&m->online, group.first) == b->dst;
}

/* Nothing that waits could be moved: should the stopper push the running task? */
static bool needs_push(const struct balance *b)
{
	if (b->unit == PULL_MISFIT)
		return true;
	return b->unit == PULL_TASKS && b->sd->nr_balance_failed > b->sd->cache_nice_tries + 2;
}

static bool push_running(struct balance *b)
{
	struct mcpu *src = &b->m->cpus[b->src];

	if (!cpumask_test_cpu(b->dst, src->rq.curr->cpus_ptr))
		return false;
	b->all_pinned = false;
	if (!src->active_balance)
		stop_queue_active_balance(b->m, b->src, b->dst);
	return true;
}

static void back_off(struct balance *b)
{
	struct sched_domain *sd = b->sd;

	if (b->idle == BALANCE_NEWLY_IDLE || b->unit == PULL_MISFIT)
		return;
	if ((b->all_pinned && sd->interval < MAX_PINNED_INTERVAL) ||
	    sd->interval < sd->max_interval)
		sd->interval *= 2;
}

static void flag_parent(struct balance *b, bool imbalanced)
{
	struct cpu_range group = b->sd->span;

	if (b->sd->parent)
		b->m->cpus[group.first].sd_imbalance[b->sd->parent->level] = imbalanced;
}

/* Pulls from b->src, for us and for CPUs of our group that pinned tasks may use. */
static u32 pull_from(struct balance *b)
{
	u32 moved, dst = b->dst;

	b->other_dst = NR_CPUS;
	moved = balance_pull(b, dst);
	while (b->other_dst < NR_CPUS && b->imbalance > 0) {
		cpumask_clear_cpu(dst, &b->cpus);
		dst = b->other_dst;
		b->other_dst = NR_CPUS;
		moved += balance_pull(b, dst);
	}
	if (b->some_pinned && b->imbalance > 0)
		flag_parent(b, true);
	return moved;
}

static bool only_group_left(const struct balance *b)
{
	struct cpu_range group = b->sd->groups[b->sd->local];
	u32 cpu;

	for_each_cpu(cpu, &b->cpus)
		if (!range_has(group, cpu))
			return false;
	return true;
}

static u32 balanced(struct balance *b)
{
	if (!b->all_pinned)
		flag_parent(b, false);
	b->sd->nr_balance_failed = 0;
	back_off(b);
	return 0;
}

/* The pass found an imbalance, and moved nothing. */
static bool failed(struct balance *b)
{
	if (b->idle != BALANCE_NEWLY_IDLE && b->unit != PULL_MISFIT)
		b->sd->nr_balance_failed++;
	return !needs_push(b) || push_running(b);
}

u32 balance_domain(struct machine *m, struct sched_domain *sd, u32 dst, enum balance_idle idle,
		   bool *go_on)
{
	struct balance b = { .m = m, .sd = sd, .dst = dst, .idle = idle };
	u32 moved = 0;

	for (u32 cpu = sd->span.first; cpu < sd->span.first + sd->span.nr; cpu++)
		if (cpumask_test_cpu(cpu, &m->online))
			cpumask_set_cpu(cpu, &b.cpus);
	if (!our_turn(&b)) {
		*go_on = false;
		return balanced(&b);
	}
	for (;;) {
		if (!balance_find_group(&b))
			return balanced(&b);
		b.src = balance_find_cpu(&b);
		if (b.src >= NR_CPUS)
			return balanced(&b);
		if (sched_cpu_rq(m, b.src)->nr_running <= 1)
			break;
		b.all_pinned = true;
		moved = pull_from(&b);
		if (!b.all_pinned)
			break;
		cpumask_clear_cpu(b.src, &b.cpus);
		if (only_group_left(&b)) {
			sd->nr_balance_failed = 0;
			back_off(&b);
			return 0;
		}
	}
	if (moved) {
		sd->nr_balance_failed = 0;
	} else if (!failed(&b)) {
		back_off(&b);
		return 0;
	}
	sd->interval = sd->min_interval;
	return moved;
}

/* The stopper of @cpu has the CPU: one of its tasks, not running now, goes to push_cpu. */
void fair_active_balance(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	struct task_struct *p;
	u32 budget = c->rq.cfs.h_nr_queued;

	if (c->rq.nr_running <= 1 || !cpumask_test_cpu(c->push_cpu, &m->online))
		return;
	for (struct list_head *at = c->cfs_tasks.prev; budget && at != &c->cfs_tasks;
	     at = at->prev, budget--) {
		p = list_entry(at, struct task_struct, se.group_node);
		if (p->on_cpu || is_migration_disabled(p) || throttled(m, p, cpu, c->push_cpu) ||
		    !cpumask_test_cpu(c->push_cpu, p->cpus_ptr))
			continue;
		sched_move_queued(m, &c->rq, p, c->push_cpu);
		return;
	}
}
