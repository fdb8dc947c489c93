/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A task's life under a scheduler:
 *
 *	NONE --init_task--> INIT --> READY --enable--> ENABLED
 *	  <----exit_task----------------- <--disable------
 *
 * Every task is at least READY while a scheduler is attached; ENABLED means
 * that it is on the ext class.
 */
#include "base/rbtree.h"
#include "scx/internal.h"

void scx_init_entity(struct scx *scx, struct sched_ext_entity *e)
{
	*e = (struct sched_ext_entity){
		.sticky_cpu = -1,
		.holding_cpu = -1,
		.runnable_at = sched_jiffies(scx->m),
		.ddsp_dsq_id = SCX_DSQ_INVALID,
		.slice = SCX_SLICE_DFL,
	};
	INIT_LIST_HEAD(&e->dsq_list.node);
	INIT_LIST_HEAD(&e->runnable_node);
	INIT_LIST_HEAD(&e->tasks_node);
	RB_CLEAR_NODE(&e->dsq_priq);
}

enum scx_task_state scx_task_state(const struct task_struct *p)
{
	return (p->scx.flags & SCX_TASK_STATE_MASK) >> SCX_TASK_STATE_SHIFT;
}

void scx_set_task_state(struct task_struct *p, enum scx_task_state state)
{
	enum scx_task_state old = scx_task_state(p);

	BUG_ON(state == SCX_TASK_INIT && old != SCX_TASK_NONE);
	BUG_ON(state == SCX_TASK_READY && old == SCX_TASK_NONE);
	BUG_ON(state == SCX_TASK_ENABLED && old != SCX_TASK_READY);
	p->scx.flags &= ~SCX_TASK_STATE_MASK;
	p->scx.flags |= state << SCX_TASK_STATE_SHIFT;
}

/* ops.init_task may say that @p must never be SCHED_EXT; while forking it is too late for that. */
static void apply_disallow(struct scx *scx, struct task_struct *p, bool fork)
{
	if (!p->scx.disallow || p->policy != SCHED_EXT)
		return;
	if (fork) {
		scx_error(scx, disallow_fork, p->comm, p->pid);
		return;
	}
	p->policy = SCHED_NORMAL;
	scx->nr_rejected++;
}

int scx_init_task(struct scx *scx, struct task_struct *p, bool fork)
{
	struct scx_init_task_args args = { .fork = fork, .cgroup = scx_task_cgroup(scx, p) };
	int err;

	p->scx.disallow = false;
	if (scx_has_op(scx, SCX_OP_init_task)) {
		err = scx_op_init_task(scx, p, &args);
		if (err)
			return scx_sanitize_err(scx, "init_task", err);
	}
	scx_set_task_state(p, SCX_TASK_INIT);
	apply_disallow(scx, p, fork);
	p->scx.flags |= SCX_TASK_RESET_RUNNABLE_AT;
	return 0;
}

#define WEIGHT_IDLEPRIO 3

void scx_enable_task(struct scx *scx, struct task_struct *p)
{
	unsigned long weight = p->policy == SCHED_IDLE ?
				       WEIGHT_IDLEPRIO :
				       sched_prio_to_weight[p->static_prio - MAX_RT_PRIO];

	p->scx.weight = sched_weight_to_cgroup(weight);
	if (scx_has_op(scx, SCX_OP_enable))
		scx_op_enable(scx, p);
	scx_set_task_state(p, SCX_TASK_ENABLED);
	if (scx_has_op(scx, SCX_OP_set_weight))
		scx_op_set_weight(scx, p, p->scx.weight);
}

void scx_disable_task(struct scx *scx, struct task_struct *p)
{
	BUG_ON(scx_task_state(p) != SCX_TASK_ENABLED);
	scx_clear_ddsp(p);
	if (scx_has_op(scx, SCX_OP_disable))
		scx_op_disable(scx, p);
	scx_set_task_state(p, SCX_TASK_READY);
}

void scx_exit_task(struct scx *scx, struct task_struct *p)
{
	struct scx_exit_task_args args = { .cancelled = scx_task_state(p) == SCX_TASK_INIT };

	if (scx_task_state(p) == SCX_TASK_NONE)
		return;
	if (scx_task_state(p) == SCX_TASK_ENABLED)
		scx_disable_task(scx, p);
	if (scx_has_op(scx, SCX_OP_exit_task))
		scx_op_exit_task(scx, p, &args);
	scx_set_task_state(p, SCX_TASK_NONE);
}

/* ---- what the core asks when tasks come and go ---- */

static bool task_should_scx(void *priv, int policy)
{
	struct scx *scx = priv;

	if (!scx->enabled || scx->state == SCX_OPS_DISABLING)
		return false;
	return scx->switching_all || policy == SCHED_EXT;
}

static int fork_task(void *priv, struct task_struct *p)
{
	struct scx *scx = priv;

	scx_init_entity(scx, &p->scx);
	return scx->init_task_enabled ? scx_init_task(scx, p, true) : 0;
}

static void post_fork(void *priv, struct task_struct *p)
{
	struct scx *scx = priv;

	if (scx->init_task_enabled) {
		scx_set_task_state(p, SCX_TASK_READY);
		if (scx_on_class(p))
			scx_enable_task(scx, p);
	}
	list_add_tail(&p->scx.tasks_node, &scx->tasks);
}

static void cancel_fork(void *priv, struct task_struct *p)
{
	struct scx *scx = priv;

	if (scx->init_task_enabled)
		scx_exit_task(scx, p);
}

static void free_task(void *priv, struct task_struct *p)
{
	list_del_init(&p->scx.tasks_node);
	scx_exit_task(priv, p);
	storage_free(&p->bpf_storage);
}

static int check_setscheduler(void *priv, struct task_struct *p, int policy)
{
	struct scx *scx = priv;

	if (scx->enabled && p->scx.disallow && p->policy != (u32)policy && policy == SCHED_EXT)
		return -EACCES;
	return 0;
}

/* ---- hot-plug ---- */

static void hotplug(struct scx *scx, struct rq *rq, bool online)
{
	enum scx_op op = online ? SCX_OP_cpu_online : SCX_OP_cpu_offline;

	scx->hotplug_seq++;
	if (!scx_has_op(scx, op))
		scx_exit_kind(scx, SCX_EXIT_UNREG_KERN,
			      SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG, hotplug,
			      rq->cpu, online ? "online" : "offline");
	else if (online)
		scx_op_cpu_online(scx, rq->cpu);
	else
		scx_op_cpu_offline(scx, rq->cpu);
}

static void rq_activate(void *priv, struct rq *rq)
{
	hotplug(priv, rq, true);
}

static void rq_deactivate(void *priv, struct rq *rq)
{
	hotplug(priv, rq, false);
}

static const struct sched_ext_hooks hooks_template = {
	.task_should_scx = task_should_scx,
	.fork = fork_task,
	.post_fork = post_fork,
	.cancel_fork = cancel_fork,
	.free_task = free_task,
	.check_setscheduler = check_setscheduler,
	.update_idle = scx_update_idle,
	.tick = scx_tick,
	.rq_activate = rq_activate,
	.rq_deactivate = rq_deactivate,
	.cgroup_online = scx_cgroup_online,
	.cgroup_offline = scx_cgroup_offline,
	.prio_less = scx_prio_less,
	.cgroup_prep_move = scx_cgroup_prep_move,
	.cgroup_move = scx_cgroup_move,
	.cgroup_cancel_move = scx_cgroup_cancel_move,
	.cgroup_set_weight = scx_cgroup_set_weight,
	.cgroup_set_bandwidth = scx_cgroup_set_bandwidth,
};

struct sched_ext_hooks scx_hooks(struct scx *scx)
{
	struct sched_ext_hooks h = hooks_template;

	h.priv = scx;
	h.enabled = &scx->enabled;
	h.switched_all = &scx->switched_all;
	return h;
}
