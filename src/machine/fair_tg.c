/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Task groups: a cgroup competes on each CPU as one entity, whose weight is the
 * part of the cgroup's shares that falls to this CPU, by where its load is. The
 * entities of its tasks and child groups compete on a queue of its own there.
 *
 * Each CPU has a list of the group queues that have any load ("leaves"), children
 * before their parents, so that one pass brings a CPU's averages up to date.
 */
#include <stdlib.h>

#include "machine/fair.h"

#define MIN_SHARES 2UL
#define MAX_SHARES (1UL << 18)
#define TG_LOAD_UPDATE_NS NSEC_PER_MSEC /* a CPU tells its group of changes this often */

static struct mcgroup *tg_group(struct task_group *tg)
{
	return container_of(tg, struct mcgroup, tg);
}

struct cfs_rq *fair_tg_cfs(struct machine *m, struct task_group *tg, u32 cpu)
{
	struct mcgroup *g = tg_group(tg);

	return g->cpus ? &g->cpus[cpu].cfs : &m->cpus[cpu].rq.cfs;
}

/* The entity that stands for @tg on @cpu; NULL: the root, which nothing stands for. */
struct sched_entity *fair_tg_se(struct task_group *tg, u32 cpu)
{
	struct mcgroup *g = tg_group(tg);

	return g->cpus ? &g->cpus[cpu].se : NULL;
}

void fair_init_cfs(struct cfs_rq *cfs, struct rq *rq, struct task_group *tg)
{
	cfs->rq = rq;
	cfs->tg = tg;
	cfs->zero_vruntime = -(1ULL << 20); /* wraps soon, as in Linux: bugs show early */
	cfs->min_vruntime = cfs->zero_vruntime;
	cfs->last_h_load_update = -1;
	INIT_LIST_HEAD(&cfs->leaf_cfs_rq_list);
	INIT_LIST_HEAD(&cfs->throttled_list);
	INIT_LIST_HEAD(&cfs->throttled_csd_list);
}

static void set_weight(struct sched_entity *se, unsigned long weight)
{
	se->load.weight = weight;
	se->load.inv_weight = UINT32_MAX / scale_load_down(weight);
}

static void init_group_cpu(struct machine *m, struct mcgroup *g, u32 cpu)
{
	struct group_cpu *gc = &g->cpus[cpu];
	struct rq *rq = &m->cpus[cpu].rq;

	fair_init_cfs(&gc->cfs, rq, &g->tg);
	fair_init_bandwidth_cfs(g, &gc->cfs);
	gc->se.parent = fair_tg_se(g->tg.parent, cpu);
	gc->se.depth = gc->se.parent ? gc->se.parent->depth + 1 : 0;
	gc->se.cfs_rq = fair_tg_cfs(m, g->tg.parent, cpu);
	gc->se.my_q = &gc->cfs;
	set_weight(&gc->se, NICE_0_LOAD);
	RB_CLEAR_NODE(&gc->se.run_node);
	INIT_LIST_HEAD(&gc->se.group_node);
	sched_update_rq_clock(m, rq);
	pelt_add(gc->se.cfs_rq, &gc->se);
}

int fair_tg_create(struct machine *m, struct mcgroup *g)
{
	int err = fair_bandwidth_init(m, g);

	if (err)
		return err;
	g->cpus = calloc(m->nr_cpus, sizeof(*g->cpus));
	if (!g->cpus) {
		fair_bandwidth_fini(m, g);
		return -ENOMEM;
	}
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		init_group_cpu(m, g, cpu);
	return 0;
}

/* It is empty; what of its load has not decayed yet goes with it. */
void fair_tg_offline(struct machine *m, struct mcgroup *g)
{
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
		struct group_cpu *gc = &g->cpus[cpu];

		sched_update_rq_clock(m, &m->cpus[cpu].rq);
		if (gc->se.on_rq)
			fair_drop_delayed_group(m, &gc->se);
		pelt_remove(gc->se.cfs_rq, &gc->se);
		list_del_init(&gc->cfs.leaf_cfs_rq_list);
		gc->cfs.on_list = 0;
	}
	fair_bandwidth_fini(m, g);
}

void fair_tg_free(struct mcgroup *g)
{
	free(g->cpus);
}

/* @p is on another CPU now, or in another group. */
void fair_set_task_rq(struct machine *m, struct task_struct *p)
{
	struct task_group *tg = p->sched_task_group;
	u32 cpu = task_cpu(p);

	p->se.cfs_rq = fair_tg_cfs(m, tg, cpu);
	p->se.parent = fair_tg_se(tg, cpu);
	p->se.depth = p->se.parent ? p->se.parent->depth + 1 : 0;
}

/* ---- the list of leaves ---- */

void fair_leaf_add(struct cfs_rq *cfs)
{
	struct cfs_rq *parent;
	struct list_head *before;

	if (cfs == &cfs->rq->cfs || cfs->on_list || cfs->throttle_count)
		return;
	parent = fair_tg_se(cfs->tg, cfs->rq->cpu)->cfs_rq;
	fair_leaf_add(parent);
	before = parent->on_list ? &parent->leaf_cfs_rq_list : &rq_mcpu(cfs->rq)->leaves;
	list_add_tail(&cfs->leaf_cfs_rq_list, before);
	cfs->on_list = 1;
}

void fair_leaf_del(struct cfs_rq *cfs)
{
	list_del_init(&cfs->leaf_cfs_rq_list);
	cfs->on_list = 0;
}

static bool has_leaf_child(const struct mcpu *c, const struct cfs_rq *cfs)
{
	const struct list_head *prev = cfs->leaf_cfs_rq_list.prev;

	return prev != &c->leaves &&
	       list_entry(prev, struct cfs_rq, leaf_cfs_rq_list)->tg->parent == cfs->tg;
}

static bool idle_for_good(const struct mcpu *c, const struct cfs_rq *cfs)
{
	return !cfs->load.weight && pelt_decayed(&cfs->avg) && !cfs->tg_load_avg_contrib &&
	       !has_leaf_child(c, cfs);
}

/* All averages of the CPU, up to now; what has decayed to nothing is not looked at again. */
void fair_update_blocked(struct machine *m, struct mcpu *c)
{
	struct cfs_rq *cfs, *tmp;

	sched_update_rq_clock(m, &c->rq);
	list_for_each_entry_safe(cfs, tmp, &c->leaves, leaf_cfs_rq_list) {
		struct sched_entity *se = fair_tg_se(cfs->tg, c->rq.cpu);

		if (pelt_update_cfs(cfs))
			fair_update_tg_load(cfs);
		if (se->avg.load_avg || se->avg.util_avg || cfs->propagate)
			pelt_update(se->cfs_rq, se, 0);
		if (idle_for_good(c, cfs))
			fair_leaf_del(cfs);
	}
	pelt_update_cfs(&c->rq.cfs);
}

/* ---- shares ---- */

void fair_update_tg_load(struct cfs_rq *cfs)
{
	struct rq *rq = cfs->rq;
	s64 delta;

	if (cfs == &rq->cfs || !rq->online ||
	    rq->clock - cfs->last_update_tg_load_avg < TG_LOAD_UPDATE_NS)
		return;
	delta = (s64)cfs->avg.load_avg - (s64)cfs->tg_load_avg_contrib;
	if ((delta < 0 ? -delta : delta) <= (s64)cfs->tg_load_avg_contrib / 64)
		return;
	cfs->tg->load_avg += delta;
	cfs->tg_load_avg_contrib = cfs->avg.load_avg;
	cfs->last_update_tg_load_avg = rq->clock;
}

/* A CPU that goes offline has no part in any group's load. */
void fair_clear_tg_loads(struct machine *m, struct rq *rq)
{
	struct mcgroup *g;

	list_for_each_entry(g, &m->cgroups, node) {
		struct cfs_rq *cfs = &g->cpus[rq->cpu].cfs;

		g->tg.load_avg -= cfs->tg_load_avg_contrib;
		cfs->tg_load_avg_contrib = 0;
		cfs->last_update_tg_load_avg = rq->clock;
	}
}

/* The group's shares times the part of its load that is here, this CPU's part being exact. */
static unsigned long group_shares(const struct cfs_rq *cfs)
{
	unsigned long shares = cfs->tg->shares;
	s64 load = max(scale_load_down(cfs->load.weight), cfs->avg.load_avg);
	s64 sum = cfs->tg->load_avg - (s64)cfs->tg_load_avg_contrib + load;

	if (sum > 0)
		return clamp(shares * load / sum, MIN_SHARES, shares);
	return clamp(shares * load, MIN_SHARES, shares);
}

void fair_update_shares(struct machine *m, struct sched_entity *se)
{
	unsigned long shares;
	struct load_weight lw;

	if (!se->my_q || !se->my_q->load.weight || se->my_q->throttle_count)
		return;
	shares = group_shares(se->my_q);
	if (shares == se->load.weight)
		return;
	lw = (struct load_weight){ shares, UINT32_MAX / scale_load_down(shares) };
	fair_reweight(m, se->cfs_rq, se, &lw);
}

void fair_set_shares(struct machine *m, struct task_group *tg, unsigned long shares)
{
	tg->shares = clamp(shares, scale_load(MIN_SHARES), scale_load(MAX_SHARES));
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
		sched_update_rq_clock(m, &m->cpus[cpu].rq);
		for (struct sched_entity *se = fair_tg_se(tg, cpu); se; se = se->parent) {
			pelt_update(se->cfs_rq, se, 0);
			fair_update_shares(m, se);
		}
	}
}

/* ---- how much a task adds to the CPU's load, at the root ---- */

static void update_h_load(struct machine *m, struct cfs_rq *cfs)
{
	struct sched_entity *se = fair_tg_se(cfs->tg, cfs->rq->cpu);
	u64 now = sched_jiffies(m);

	if (cfs->last_h_load_update == now)
		return;
	cfs->h_load_next = NULL;
	for (; se; se = se->parent) {
		cfs = se->cfs_rq;
		cfs->h_load_next = se;
		if (cfs->last_h_load_update == now)
			break;
	}
	if (!se) {
		cfs->h_load = cfs->avg.load_avg;
		cfs->last_h_load_update = now;
	}
	for (; (se = cfs->h_load_next); cfs = se->my_q) {
		cfs->h_load_next = NULL;
		se->my_q->h_load = cfs->h_load * se->avg.load_avg / (cfs->avg.load_avg + 1);
		se->my_q->last_h_load_update = now;
	}
}

u64 fair_task_load(struct machine *m, const struct task_struct *p)
{
	struct cfs_rq *cfs = p->se.cfs_rq;

	update_h_load(m, cfs);
	return p->se.avg.load_avg * cfs->h_load / (cfs->avg.load_avg + 1);
}
