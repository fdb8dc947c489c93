/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * scx_bpf_select_cpu_dfl() and _and() since 6.16, when they came to ops.enqueue and
 * to unlocked code. One name, three meanings: in ops.select_cpu the task is being
 * woken, and is nowhere; in ops.enqueue its runqueue is locked, so it may be one
 * that can't move; elsewhere it has to be held still first.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

static bool cannot_move(const struct task_struct *p)
{
	return p->nr_cpus_allowed == 1 || p->migration_disabled;
}

static bool is_subject(struct scx *scx, const struct task_struct *p)
{
	const struct scx_cpu *c = scx_this_cpu(scx);

	if (likely(p == c->subjects[0] || p == c->subjects[1]))
		return true;
	scx_error(scx, not_own_task);
	return false;
}

/* Being woken: it may go anywhere that it and @allowed agree on. */
static s32 select_woken(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			const struct cpumask *allowed, u64 flags)
{
	if (!scx_cpu_valid(scx, prev_cpu, NULL))
		return -EINVAL;
	return scx_select_cpu_among(scx, p, prev_cpu, wake_flags, allowed, flags);
}

/* On a locked runqueue. */
static s32 select_locked(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			 const struct cpumask *allowed, u64 flags)
{
	if (!scx_cpu_valid(scx, prev_cpu, NULL))
		return -EINVAL;
	if (!cannot_move(p))
		return scx_select_cpu_among(scx, p, prev_cpu, wake_flags, allowed, flags);
	if (cpumask_test_cpu(prev_cpu, allowed) && scx_test_and_clear_idle(scx, prev_cpu))
		return prev_cpu;
	return -EBUSY;
}

/* Nothing is locked: the runqueue's clock has to be brought up to date by us. */
static s32 select_unlocked(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   const struct cpumask *allowed, u64 flags)
{
	sched_update_rq_clock(scx->m, scx_task_rq(scx, p));
	return select_locked(scx, p, prev_cpu, wake_flags, allowed, flags);
}

static s32 or_prev(s32 cpu, s32 prev_cpu, bool *is_idle)
{
	*is_idle = cpu >= 0;
	return cpu >= 0 ? cpu : prev_cpu;
}

s32 scx_kf_select_cpu_dfl_locked(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle,
				 struct scx *scx)
{
	return or_prev(select_locked(scx, p, prev_cpu, wake_flags, p->cpus_ptr, 0), prev_cpu,
		       is_idle);
}

s32 scx_kf_select_cpu_dfl_unlocked(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
				   bool *is_idle, struct scx *scx)
{
	return or_prev(select_unlocked(scx, p, prev_cpu, wake_flags, p->cpus_ptr, 0), prev_cpu,
		       is_idle);
}

s32 scx_kf_select_cpu_dfl_checked(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
				  bool *is_idle, struct scx *scx)
{
	*is_idle = false;
	if (!is_subject(scx, p))
		return prev_cpu;
	return scx_kf_select_cpu_dfl_locked(p, prev_cpu, wake_flags, is_idle, scx);
}

s32 scx_kf_select_cpu_and(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			  const struct cpumask *cpus_allowed, u64 flags, struct scx *scx)
{
	return select_woken(scx, p, prev_cpu, wake_flags, cpus_allowed, flags);
}

s32 scx_kf_select_cpu_and_locked(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
				 const struct cpumask *cpus_allowed, u64 flags, struct scx *scx)
{
	return select_locked(scx, p, prev_cpu, wake_flags, cpus_allowed, flags);
}

s32 scx_kf_select_cpu_and_unlocked(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
				   const struct cpumask *cpus_allowed, u64 flags, struct scx *scx)
{
	return select_unlocked(scx, p, prev_cpu, wake_flags, cpus_allowed, flags);
}

s32 scx_kf_select_cpu_and_checked(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
				  const struct cpumask *cpus_allowed, u64 flags, struct scx *scx)
{
	return is_subject(scx, p) ?
		       select_locked(scx, p, prev_cpu, wake_flags, cpus_allowed, flags) :
		       -EINVAL;
}

/* ---- with the arguments in a struct ---- */

s32 scx_kf_select_cpu_and_args(struct task_struct *p, const struct cpumask *cpus_allowed,
			       struct scx_bpf_select_cpu_and_args *args, struct scx *scx)
{
	return select_woken(scx, p, args->prev_cpu, args->wake_flags, cpus_allowed, args->flags);
}

s32 scx_kf_select_cpu_and_args_locked(struct task_struct *p, const struct cpumask *cpus_allowed,
				      struct scx_bpf_select_cpu_and_args *args, struct scx *scx)
{
	return select_locked(scx, p, args->prev_cpu, args->wake_flags, cpus_allowed, args->flags);
}

s32 scx_kf_select_cpu_and_args_unlocked(struct task_struct *p, const struct cpumask *cpus_allowed,
					struct scx_bpf_select_cpu_and_args *args, struct scx *scx)
{
	return select_unlocked(scx, p, args->prev_cpu, args->wake_flags, cpus_allowed,
			       args->flags);
}

s32 scx_kf_select_cpu_and_args_checked(struct task_struct *p, const struct cpumask *cpus_allowed,
				       struct scx_bpf_select_cpu_and_args *args, struct scx *scx)
{
	return is_subject(scx, p) ? scx_kf_select_cpu_and_args_locked(p, cpus_allowed, args, scx) :
				    -EINVAL;
}
