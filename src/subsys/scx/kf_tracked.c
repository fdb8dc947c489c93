/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Kfuncs of built-in idle tracking, called by who is no callback of the attached
 * scheduler for sure: a timer that outlives it, a syscall or tracing program. Nothing
 * said, when the program was loaded, that tracking is on, so Linux finds out when the
 * call is made, and ends the scheduler where it is off.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

bool scx_idle_is_tracked(struct scx *scx)
{
	if (likely(scx->builtin_idle))
		return true;
	scx_error(scx, no_builtin_idle);
	return false;
}

static bool has_no_nodes(struct scx *scx)
{
	if (likely(!scx->idle_per_node))
		return true;
	scx_error(scx, idle_per_node);
	return false;
}

static bool can_pick(struct scx *scx)
{
	return has_no_nodes(scx) && scx_idle_is_tracked(scx);
}

/* With a mask per node there is none of all CPUs. */
static bool has_masks(struct scx *scx)
{
	if (likely(!scx->idle_per_node))
		return scx_idle_is_tracked(scx);
	scx_error(scx, flat_masks);
	return false;
}

static bool has_nodes(struct scx *scx)
{
	if (likely(scx->idle_per_node))
		return true;
	scx_error(scx, no_idle_per_node);
	return false;
}

/* As the one without a check; @neutral where that has ended the scheduler. */
#define IF_SO(ret, name, suffix, check, neutral, params, ...)                                    \
	ret scx_kf_##name##suffix params                                                           \
	{                                                                                          \
		return check(scx) ? scx_kf_##name(__VA_ARGS__) : (neutral);                        \
	}

IF_SO(const struct cpumask *, get_idle_cpumask, _if_tracked, has_masks, &scx_no_cpus,
	(struct scx *scx), scx)
IF_SO(const struct cpumask *, get_idle_smtmask, _if_tracked, has_masks, &scx_no_cpus,
	(struct scx *scx), scx)
IF_SO(bool, test_and_clear_cpu_idle, _if_tracked, scx_idle_is_tracked, false,
	(s32 cpu, struct scx *scx), cpu, scx)
IF_SO(s32, pick_idle_cpu, _if_tracked, can_pick, -EBUSY,
	(const struct cpumask *cpus_allowed, u64 flags, struct scx *scx), cpus_allowed, flags, scx)
IF_SO(s32, pick_any_cpu, _if_flat, has_no_nodes, -EBUSY,
	(const struct cpumask *cpus_allowed, u64 flags, struct scx *scx), cpus_allowed, flags, scx)

IF_SO(const struct cpumask *, get_idle_cpumask_node, _if_tracked, has_nodes,
	&scx_no_cpus, (int node, struct scx *scx), node, scx)
IF_SO(const struct cpumask *, get_idle_smtmask_node, _if_tracked, has_nodes,
	&scx_no_cpus, (int node, struct scx *scx), node, scx)
IF_SO(s32, pick_idle_cpu_node, _if_tracked, has_nodes, -EOPNOTSUPP,
	(const struct cpumask *cpus_allowed, int node, u64 flags, struct scx *scx), cpus_allowed,
	node, flags, scx)
IF_SO(s32, pick_any_cpu_node, _if_tracked, has_nodes, -EOPNOTSUPP,
	(const struct cpumask *cpus_allowed, int node, u64 flags, struct scx *scx), cpus_allowed,
	node, flags, scx)

s32 scx_kf_select_cpu_dfl_unlocked_if_tracked(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
					      bool *is_idle, struct scx *scx)
{
	*is_idle = false;
	if (!scx_idle_is_tracked(scx))
		return prev_cpu;
	return scx_kf_select_cpu_dfl_unlocked(p, prev_cpu, wake_flags, is_idle, scx);
}

IF_SO(s32, select_cpu_and_unlocked, _if_tracked, scx_idle_is_tracked, -EINVAL,
	(struct task_struct *p, s32 prev_cpu, u64 wake_flags, const struct cpumask *cpus_allowed,
	 u64 flags, struct scx *scx),
	p, prev_cpu, wake_flags, cpus_allowed, flags, scx)
IF_SO(s32, select_cpu_and_args_unlocked, _if_tracked, scx_idle_is_tracked, -EINVAL,
	(struct task_struct *p, const struct cpumask *cpus_allowed,
	 struct scx_bpf_select_cpu_and_args *args, struct scx *scx),
	p, cpus_allowed, args, scx)
