/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table of kfuncs, and those bodies that ask and do one small thing. */
#include "machine/cpufreq.h"
#include "calls/form.h"
#include "scx/kfuncs.h"
#include "scx/internal.h"

/* Linux's ids. */
static const struct helper_rule helper_rules[] = {
	{ 156 /* bpf_task_storage_get */, SCX_ALL_CONTEXTS },
	{ 157 /* bpf_task_storage_delete */, SCX_ALL_CONTEXTS },
};

static bool keeps_builtin_idle(void *priv, const struct kfunc_need *n, const struct st_ops_view *v)
{
	return !st_ops_has(v, "update_idle") ||
	       (st_ops_u64(v, "flags") & SCX_OPS_KEEP_BUILTIN_IDLE);
}

static bool keeps_idle_per_node(void *priv, const struct kfunc_need *n, const struct st_ops_view *v)
{
	return keeps_builtin_idle(priv, n, v) &&
	       (st_ops_u64(v, "flags") & SCX_OPS_BUILTIN_IDLE_PER_NODE);
}

static bool keeps_no_nodes(void *priv, const struct kfunc_need *n, const struct st_ops_view *v)
{
	return !(st_ops_u64(v, "flags") & SCX_OPS_BUILTIN_IDLE_PER_NODE);
}

/* Not built; ops.sub_attach is refused for the same reason. */
static bool has_sub_scheds(void *priv, const struct kfunc_need *n, const struct st_ops_view *v)
{
	return false;
}

static bool has_enqueue(void *priv, const struct kfunc_need *n, const struct st_ops_view *v)
{
	return st_ops_has(v, "enqueue");
}

static const struct kfunc_need needs[] = {
	[SCX_NEED_BUILTIN_IDLE] = {
		"ops.update_idle to be absent, or SCX_OPS_KEEP_BUILTIN_IDLE in flags",
		keeps_builtin_idle,
	},
	[SCX_NEED_IDLE_PER_NODE] = {
		"SCX_OPS_BUILTIN_IDLE_PER_NODE in flags, and built-in idle tracking",
		keeps_idle_per_node,
	},
	[SCX_NEED_NO_NODES] = {
		"SCX_OPS_BUILTIN_IDLE_PER_NODE not to be in flags: the _node kfuncs are for that",
		keeps_no_nodes,
	},
	[SCX_NEED_ENQUEUE] = { "ops.enqueue", has_enqueue },
	[SCX_NEED_SUB_SCHEDS] = { "sub-schedulers, which are not built", has_sub_scheds },
};

static const struct call_form forms[] = {
	CALL_LOAD(scx_kf_now, CALL_FORM_IMPLICIT, offsetof(struct scx, m),
		  offsetof(struct machine_head, now)),
	CALL_LOAD(scx_kf_nr_cpu_ids, CALL_FORM_IMPLICIT, offsetof(struct scx, nr_cpus)),
	CALL_LOAD(scx_kf_task_cpu, 1, offsetof(struct task_struct, thread_info.cpu)),
	CALL_NOTHING(scx_kf_put_cpumask),
};

void scx_init_kfuncs(struct scx *scx)
{
	bool at_run = scx->resolution == KFUNC_AT_RUN;

	scx->kfuncs = (struct kfunc_set){
		.name = "scx",
		.rows = at_run ? scx_runtime_rows(scx) : scx->tables->rows,
		.nr_rows = scx->tables->nr_rows,
		.context_names = scx_context_names,
		.nr_contexts = SCX_NR_CONTEXTS,
		.priv = scx,
		.context_of = scx_context_of,
		.st_ops = &scx->type,
		.helpers = helper_rules,
		.nr_helpers = ARRAY_SIZE(helper_rules),
		.visible = scx_kfuncs_visible,
		.resolve = at_run ? NULL : scx_resolve_kfunc,
		.needs = needs,
		.nr_needs = ARRAY_SIZE(needs),
		.forms = forms,
		.nr_forms = ARRAY_SIZE(forms),
	};
}

/*
 * ---- idle CPUs ----
 * Nothing here asks whether tracking is on: while it is off the masks are empty.
 */

s32 scx_kf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle,
			  struct scx *scx)
{
	*is_idle = false;
	if (!scx_cpu_valid(scx, prev_cpu, NULL))
		return prev_cpu;
	return scx_select_cpu_dfl(scx, p, prev_cpu, wake_flags, is_idle);
}

const struct cpumask *scx_kf_get_idle_cpumask(struct scx *scx)
{
	return &scx->idle_cpus;
}

const struct cpumask *scx_kf_get_idle_smtmask(struct scx *scx)
{
	return scx->topo->smt ? &scx->idle_cores : &scx->idle_cpus;
}

bool scx_kf_test_and_clear_cpu_idle(s32 cpu, struct scx *scx)
{
	return scx_cpu_valid(scx, cpu, NULL) && scx_test_and_clear_idle(scx, cpu);
}

s32 scx_kf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags, struct scx *scx)
{
	return scx_pick_idle(scx, cpus_allowed, flags);
}

s32 scx_kf_pick_any_cpu(const struct cpumask *cpus_allowed, u64 flags, struct scx *scx)
{
	s32 cpu = scx_pick_idle(scx, cpus_allowed, flags);

	return cpu >= 0 ? cpu : scx_pick_any(scx, cpus_allowed);
}

/* ---- CPUs ---- */

u32 scx_kf_nr_cpu_ids(struct scx *scx)
{
	return scx->nr_cpus;
}

const struct cpumask *scx_kf_get_possible_cpumask(struct scx *scx)
{
	return sched_cpu_possible(scx->m);
}

const struct cpumask *scx_kf_get_online_cpumask(struct scx *scx)
{
	return sched_cpu_online(scx->m);
}

/* None of the masks is counted: acquire and release make them trusted pointers, no more. */
void scx_kf_put_cpumask(const struct cpumask *cpumask, struct scx *scx)
{
}

struct rq *scx_kf_cpu_rq(s32 cpu, struct scx *scx)
{
	return scx_cpu_valid(scx, cpu, NULL) ? sched_cpu_rq(scx->m, cpu) : NULL;
}

void scx_kf_kick_cpu(s32 cpu, u64 flags, struct scx *scx)
{
	if (scx_cpu_valid(scx, cpu, NULL))
		scx_kick(scx, cpu, flags);
}

u32 scx_kf_cpuperf_cap(s32 cpu, struct scx *scx)
{
	return scx_cpu_valid(scx, cpu, NULL) ? cpufreq_capacity(scx->m, cpu) : SCX_CPUPERF_ONE;
}

u32 scx_kf_cpuperf_cur(s32 cpu, struct scx *scx)
{
	return scx_cpu_valid(scx, cpu, NULL) ? cpufreq_cur(scx->m, cpu) : SCX_CPUPERF_ONE;
}

bool scx_cpuperf_valid(struct scx *scx, s32 cpu, u32 perf)
{
	if (likely(perf <= SCX_CPUPERF_ONE))
		return scx_cpu_valid(scx, cpu, NULL);
	scx_error(scx, cpuperf_target, perf, cpu);
	return false;
}

void scx_kf_cpuperf_set(s32 cpu, u32 perf, struct scx *scx)
{
	if (scx_cpuperf_valid(scx, cpu, perf)) {
		sched_cpu_rq(scx->m, cpu)->scx.cpuperf_target = perf;
		cpufreq_update(scx->m, cpu);
	}
}

/* ---- tasks ---- */

bool scx_kf_task_running(const struct task_struct *p, struct scx *scx)
{
	return scx_task_rq(scx, p)->curr == p;
}

s32 scx_kf_task_cpu(const struct task_struct *p, struct scx *scx)
{
	return task_cpu(p);
}

struct cgroup *scx_kf_task_cgroup(struct task_struct *p, struct scx *scx)
{
	struct cgroup *cgrp = scx_task_cgroup(scx, p);

	if (scx->env->ops->cgroup_get)
		scx->env->ops->cgroup_get(scx->env, cgrp);
	return cgrp;
}

/* Instead of one that can't be told. */
struct cgroup *scx_root_cgroup(struct scx *scx, struct task_struct *p)
{
	struct cgroup *cgrp = scx_task_cgroup(scx, p);

	while (cgrp->level)
		cgrp = cgrp->ancestors[cgrp->level - 1];
	if (scx->env->ops->cgroup_get)
		scx->env->ops->cgroup_get(scx->env, cgrp);
	return cgrp;
}

/* Where the text of the program doesn't say that @p is the op's own task. */
struct cgroup *scx_kf_task_cgroup_checked(struct task_struct *p, struct scx *scx)
{
	const struct scx_cpu *c = scx_this_cpu(scx);

	if (likely(p == c->subjects[0] || p == c->subjects[1]))
		return scx_kf_task_cgroup(p, scx);
	scx_error(scx, not_own_task);
	return scx_root_cgroup(scx, p);
}
