/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tree of cgroups. What Linux spreads over a cgroup, its directory's node,
 * its css_set and its task group is one object here. A cgroup that is removed
 * leaves the tree; its memory stays until the machine's end, since programs may
 * hold on to it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "machine/internal.h"

#define WEIGHT_DFL 100

static struct mcgroup *to_mcgroup(struct cgroup *cgrp)
{
	return container_of(cgrp, struct mcgroup, cgroup);
}

static void init_css(struct mcgroup *g, struct cgroup_subsys_state *css,
		     struct cgroup_subsys_state *parent)
{
	*css = (struct cgroup_subsys_state){
		.cgroup = &g->cgroup, .parent = parent, .id = g->kn.id, .serial_nr = g->kn.id,
	};
	INIT_LIST_HEAD(&css->children);
	INIT_LIST_HEAD(&css->sibling);
	if (parent)
		list_add_tail(&css->sibling, &parent->children);
}

static void init_group(struct mcgroup *g, u64 id, const char *name, struct mcgroup *parent)
{
	struct cgroup *c = &g->cgroup;

	snprintf(g->name, sizeof(g->name), "%s", name);
	g->kn = (struct kernfs_node){
		.id = id, .name = g->name, .parent = parent ? &parent->kn : NULL,
	};
	init_css(g, &c->self, parent ? &parent->cgroup.self : NULL);
	init_css(g, &g->tg.css, parent ? &parent->tg.css : NULL);
	c->kn = &g->kn;
	c->max_depth = INT32_MAX;
	c->level = parent ? parent->cgroup.level + 1 : 0;
	for (int i = 0; i < c->level; i++)
		c->ancestors[i] = parent->cgroup.ancestors[i];
	c->ancestors[c->level] = c;
	g->css_set.dfl_cgrp = c;
	g->tg.parent = parent ? &parent->tg : NULL;
	g->tg.shares = scale_load(1024);
	g->tg.scx_weight = WEIGHT_DFL;
}

void cgroup_init_root(struct machine *m)
{
	INIT_LIST_HEAD(&m->cgroups);
	init_group(&m->root_group, 1, "", NULL);
	m->next_cgroup_id = 2;
}

void cgroup_fini_all(struct machine *m)
{
	struct mcgroup *g, *tmp;

	list_for_each_entry_safe(g, tmp, &m->cgroups, node) {
		fair_tg_free(g);
		free(g);
	}
}

struct cgroup *machine_cgroup_root(struct machine *m)
{
	return &m->root_group.cgroup;
}

static struct cgroup *child_named(struct cgroup *c, const char *name, size_t len)
{
	struct cgroup_subsys_state *css;

	list_for_each_entry(css, &c->self.children, sibling) {
		const char *n = css->cgroup->kn->name;

		if (!strncmp(n, name, len) && !n[len])
			return css->cgroup;
	}
	return NULL;
}

struct cgroup *machine_cgroup_child(struct cgroup *parent, const char *name)
{
	return child_named(parent, name, strlen(name));
}

struct cgroup *machine_cgroup_find(struct machine *m, const char *path)
{
	struct cgroup *c = &m->root_group.cgroup;

	while (c && *path) {
		size_t len = strcspn(path, "/");

		if (len)
			c = child_named(c, path, len);
		path += len + (path[len] == '/');
	}
	return c;
}

static void unlink_group(struct mcgroup *g)
{
	for (int i = 0; i < g->cgroup.level; i++)
		g->cgroup.ancestors[i]->nr_descendants--;
	list_del_init(&g->cgroup.self.sibling);
	list_del_init(&g->tg.css.sibling);
}

static int check_name(struct cgroup *parent, const char *name, struct err_msg *e)
{
	size_t len = strlen(name);

	if (!len || len >= CGROUP_NAME_LEN || strchr(name, '/') || name[0] == '.')
		return err_set(e, -EINVAL, "\"%.80s\" is no name of a cgroup", name);
	if (parent->level + 1 >= CGROUP_MAX_DEPTH)
		return err_set(e, -EAGAIN, "cgroup \"%s\" would be more than %d levels deep", name,
			       CGROUP_MAX_DEPTH - 1);
	if (child_named(parent, name, len))
		return err_set(e, -EEXIST, "cgroup \"%s\" exists", name);
	return 0;
}

int machine_cgroup_create(struct machine *m, struct cgroup *parent, const char *name,
			  struct err_msg *e, struct cgroup **out)
{
	struct mcgroup *g;
	int err = check_name(parent, name, e);

	if (err)
		return err;
	g = calloc(1, sizeof(*g));
	if (!g)
		return err_set(e, -ENOMEM, "out of memory");
	init_group(g, m->next_cgroup_id, name, to_mcgroup(parent));
	g->m = m;
	if (fair_tg_create(m, g)) {
		list_del_init(&g->cgroup.self.sibling);
		list_del_init(&g->tg.css.sibling);
		free(g);
		return err_set(e, -ENOMEM, "out of memory");
	}
	m->next_cgroup_id++;
	list_add_tail(&g->node, &m->cgroups);
	for (int i = 0; i < g->cgroup.level; i++)
		g->cgroup.ancestors[i]->nr_descendants++;
	if (m->ext.cgroup_online) {
		err = m->ext.cgroup_online(m->ext.priv, &g->tg);
		if (err) {
			fair_tg_offline(m, g);
			unlink_group(g);
			return err_set(e, err, "the scheduler refuses cgroup \"%s\"", name);
		}
	}
	*out = &g->cgroup;
	return 0;
}

int machine_cgroup_destroy(struct machine *m, struct cgroup *cgrp)
{
	struct mcgroup *g = to_mcgroup(cgrp);

	if (g == &m->root_group || g->css_set.nr_tasks || !list_empty(&cgrp->self.children))
		return -EBUSY;
	if (m->ext.cgroup_offline)
		m->ext.cgroup_offline(m->ext.priv, &g->tg);
	fair_tg_offline(m, g);
	unlink_group(g);
	return 0;
}

void cgroup_join(struct task_struct *p, struct cgroup *cgrp)
{
	struct mcgroup *g = to_mcgroup(cgrp);

	p->cgroups = &g->css_set;
	p->sched_task_group = &g->tg;
}

int machine_cgroup_move(struct machine *m, struct cgroup *cgrp, struct task_struct *p)
{
	struct cgroup *from = p->cgroups->dfl_cgrp;
	struct rq *rq = sched_task_rq(m, p);
	struct sched_change c;
	int err;

	if (from == cgrp)
		return 0;
	if (m->ext.cgroup_prep_move) {
		err = m->ext.cgroup_prep_move(m->ext.priv, p, from, cgrp);
		if (err) {
			if (m->ext.cgroup_cancel_move)
				m->ext.cgroup_cancel_move(m->ext.priv, p, cgrp);
			return err;
		}
	}
	p->cgroups->nr_tasks--;
	sched_change_begin(m, p, DEQUEUE_SAVE | DEQUEUE_MOVE, &c);
	cgroup_join(p, cgrp);
	fair_change_group(m, p);
	if (m->ext.cgroup_move)
		m->ext.cgroup_move(m->ext.priv, p);
	sched_change_end(&c);
	p->cgroups->nr_tasks++;
	/* An idle CPU would leave a task that comes out of a throttled group to its next interrupt. */
	if (c.running || (is_idle_task(rq->curr) && rq->nr_running))
		sched_resched_curr(m, rq);
	sched_run_balance_callbacks(m, rq);
	return 0;
}

int machine_cgroup_set_weight(struct machine *m, struct cgroup *cgrp, u32 weight)
{
	struct mcgroup *g = to_mcgroup(cgrp);

	if (g == &m->root_group)
		return -EINVAL;
	if (weight < 1 || weight > 10000)
		return -ERANGE;
	fair_set_shares(m, &g->tg, scale_load((weight * 1024UL + 50) / 100));
	if (m->ext.cgroup_set_weight)
		m->ext.cgroup_set_weight(m->ext.priv, &g->tg, weight);
	else
		g->tg.scx_weight = weight;
	return 0;
}

#define MIN_QUOTA_PERIOD NSEC_PER_MSEC
#define MAX_QUOTA_PERIOD NSEC_PER_SEC
#define MAX_QUOTA (((1ULL << 44) - 1) * 1000) /* ns: what a bandwidth of 20 fraction bits holds */

int machine_cgroup_set_max(struct machine *m, struct cgroup *cgrp, u64 quota, u64 period,
			   u64 burst)
{
	struct mcgroup *g = to_mcgroup(cgrp);
	bool limited = quota != UINT64_MAX;

	if (g == &m->root_group)
		return -EINVAL;
	if (quota < MIN_QUOTA_PERIOD || period < MIN_QUOTA_PERIOD || period > MAX_QUOTA_PERIOD)
		return -EINVAL;
	if (limited && (quota > MAX_QUOTA || burst > quota || burst + quota > MAX_QUOTA))
		return -EINVAL;
	fair_set_bandwidth(m, g, quota, period, burst);
	if (m->ext.cgroup_set_bandwidth)
		m->ext.cgroup_set_bandwidth(m->ext.priv, &g->tg, period / 1000,
					    limited ? quota / 1000 : UINT64_MAX, burst / 1000);
	return 0;
}

struct cgroup_cpu_stat machine_cgroup_cpu_stat(const struct cgroup *cgrp)
{
	return container_of(cgrp, const struct mcgroup, cgroup)->bw.stat;
}
