/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cgroups: which ones the scheduler has been told of, and a task's way between them. */
#include "scx/internal.h"

#define CGROUP_WEIGHT_DFL 100
#define BW_PERIOD_DFL_US 100000

static struct task_group *css_tg(struct cgroup_subsys_state *css)
{
	return container_of(css, struct task_group, css);
}

static struct task_group *root_of(struct task_group *tg)
{
	while (tg && tg->parent)
		tg = tg->parent;
	return tg;
}

/* NULL where the machine has no cgroups. */
static struct task_group *root_group(struct scx *scx)
{
	if (list_empty(&scx->tasks))
		return NULL;
	return root_of(list_first_entry(&scx->tasks, struct task_struct, scx.tasks_node)
			       ->sched_task_group);
}

struct cgroup *scx_task_cgroup(struct scx *scx, const struct task_struct *p)
{
	return p->sched_task_group ? p->sched_task_group->css.cgroup : NULL;
}

static int init_one(struct scx *scx, struct task_group *tg)
{
	bool limited = tg->scx_bw_period_us;
	struct scx_cgroup_init_args args = {
		.weight = tg->scx_weight ?: CGROUP_WEIGHT_DFL,
		.bw_period_us = limited ? tg->scx_bw_period_us : BW_PERIOD_DFL_US,
		.bw_quota_us = limited ? tg->scx_bw_quota_us : UINT64_MAX,
		.bw_burst_us = tg->scx_bw_burst_us,
	};
	int err = 0;

	if (scx->progs[SCX_OP_cgroup_init])
		err = scx_op_cgroup_init(scx, tg->css.cgroup, &args);
	if (!err)
		tg->scx_flags |= SCX_TG_ONLINE | SCX_TG_INITED;
	return err;
}

/* Parents first. The core announces groups that come later; the root was there before. */
static int init_tree(struct scx *scx, struct task_group *tg)
{
	struct cgroup_subsys_state *child;
	int err;

	scx_warn_missing_weight(scx, tg);
	if (tg->parent && !(tg->scx_flags & SCX_TG_ONLINE))
		return 0;
	err = init_one(scx, tg);
	if (err) {
		scx_error(scx, cgroup_init, err);
		return err;
	}
	if (!tg->css.children.next)
		return 0;
	list_for_each_entry(child, &tg->css.children, sibling) {
		err = init_tree(scx, css_tg(child));
		if (err)
			return err;
	}
	return 0;
}

int scx_cgroups_init(struct scx *scx)
{
	struct task_group *root = root_group(scx);
	int err = root ? init_tree(scx, root) : 0;

	if (!err)
		scx->cgroup_enabled = true;
	return err;
}

/* Children first. */
static void exit_tree(struct scx *scx, struct task_group *tg)
{
	struct cgroup_subsys_state *child;

	if (tg->css.children.next)
		list_for_each_entry(child, &tg->css.children, sibling)
			exit_tree(scx, css_tg(child));
	if (!(tg->scx_flags & SCX_TG_INITED))
		return;
	tg->scx_flags &= ~SCX_TG_INITED;
	if (scx->progs[SCX_OP_cgroup_exit])
		scx_op_cgroup_exit(scx, tg->css.cgroup);
}

void scx_cgroups_exit(struct scx *scx)
{
	struct task_group *root = root_group(scx);

	scx->cgroup_enabled = false;
	if (root)
		exit_tree(scx, root);
}

/* ---- the core's moments ---- */

int scx_cgroup_online(void *priv, struct task_group *tg)
{
	struct scx *scx = priv;
	int err;

	if (!tg->scx_weight)
		tg->scx_weight = CGROUP_WEIGHT_DFL;
	scx_warn_missing_weight(scx, tg);
	if (!scx->cgroup_enabled) {
		tg->scx_flags |= SCX_TG_ONLINE;
		return 0;
	}
	err = init_one(scx, tg);
	return err ? scx_sanitize_err(scx, "cgroup_init", err) : 0;
}

void scx_cgroup_offline(void *priv, struct task_group *tg)
{
	struct scx *scx = priv;

	if ((tg->scx_flags & SCX_TG_INITED) && scx_has_op(scx, SCX_OP_cgroup_exit))
		scx_op_cgroup_exit(scx, tg->css.cgroup);
	tg->scx_flags &= ~(SCX_TG_ONLINE | SCX_TG_INITED);
}

int scx_cgroup_prep_move(void *priv, struct task_struct *p, struct cgroup *from,
			 struct cgroup *to)
{
	struct scx *scx = priv;
	int err;

	if (!scx->cgroup_enabled || from == to)
		return 0;
	if (scx_has_op(scx, SCX_OP_cgroup_prep_move)) {
		err = scx_op_cgroup_prep_move(scx, p, from, to);
		if (err)
			return scx_sanitize_err(scx, "cgroup_prep_move", err);
	}
	p->scx.cgrp_moving_from = from;
	return 0;
}

/* @p is in its new group already, and its runqueue is locked. */
void scx_cgroup_move(void *priv, struct task_struct *p)
{
	struct scx *scx = priv;

	if (!scx->cgroup_enabled)
		return;
	if (scx_has_op(scx, SCX_OP_cgroup_move) && p->scx.cgrp_moving_from)
		scx_op_cgroup_move(scx, p, p->scx.cgrp_moving_from, scx_task_cgroup(scx, p));
	p->scx.cgrp_moving_from = NULL;
}

void scx_cgroup_cancel_move(void *priv, struct task_struct *p, struct cgroup *to)
{
	struct scx *scx = priv;

	if (!scx->cgroup_enabled)
		return;
	if (scx_has_op(scx, SCX_OP_cgroup_cancel_move) && p->scx.cgrp_moving_from)
		scx_op_cgroup_cancel_move(scx, p, p->scx.cgrp_moving_from, to);
	p->scx.cgrp_moving_from = NULL;
}

void scx_cgroup_set_weight(void *priv, struct task_group *tg, u32 weight)
{
	struct scx *scx = priv;

	if (scx->cgroup_enabled && scx_has_op(scx, SCX_OP_cgroup_set_weight) &&
	    tg->scx_weight != weight)
		scx_op_cgroup_set_weight(scx, tg->css.cgroup, weight);
	tg->scx_weight = weight;
}

void scx_cgroup_set_bandwidth(void *priv, struct task_group *tg, u64 period_us, u64 quota_us,
			      u64 burst_us)
{
	struct scx *scx = priv;

	if (scx->cgroup_enabled && scx_has_op(scx, SCX_OP_cgroup_set_bandwidth) &&
	    (tg->scx_bw_period_us != period_us || tg->scx_bw_quota_us != quota_us ||
	     tg->scx_bw_burst_us != burst_us))
		scx_op_cgroup_set_bandwidth(scx, tg->css.cgroup, period_us, quota_us, burst_us);
	tg->scx_bw_period_us = period_us;
	tg->scx_bw_quota_us = quota_us;
	tg->scx_bw_burst_us = burst_us;
}

void scx_cgroup_set_idle(void *priv, struct task_group *tg, bool idle)
{
	struct scx *scx = priv;

	if (scx->cgroup_enabled && scx->profile == KERNEL_6_12 && idle)
		scx_warn_missing_idle(scx);
	else if (scx->cgroup_enabled && scx_has_op(scx, SCX_OP_cgroup_set_idle))
		scx_op_cgroup_set_idle(scx, tg->css.cgroup, idle);
}
