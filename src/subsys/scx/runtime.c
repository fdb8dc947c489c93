/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Run-time mode: 6.12's own way to keep kfuncs in their contexts. A callback is
 * entered with a mask; a kfunc looks whether the mask has one of its bits, and ends
 * the scheduler if not. A nested callback adds its bit, and one without a bit
 * inherits, so what a kfunc may do depends on the calls that led to it.
 *
 * The mask and the tasks being operated on are in struct scx_cpu: Linux has them
 * in the task that executes, but no callback outlasts an event of the machine.
 * (Linux also warns, once, where masks nest in the wrong order; nothing follows.)
 */
#include "scx/kfuncs.h"
#include "scx/internal.h"

/* SCX_CALL_OP*(mask, ...) of each class of ops. */
u32 scx_kf_mask_of(u32 context)
{
	switch (context) {
	case SCX_CTX_SELECT_CPU:
		return SCX_KF_ENQUEUE | SCX_KF_SELECT_CPU;
	case SCX_CTX_ENQUEUE:
		return SCX_KF_ENQUEUE;
	case SCX_CTX_DISPATCH:
		return SCX_KF_DISPATCH;
	case SCX_CTX_CPU_RELEASE:
		return SCX_KF_CPU_RELEASE;
	case SCX_CTX_TASK_OP:
	case SCX_CTX_RQ_OP:
	case SCX_CTX_DUMP_RQ:
		return SCX_KF_REST;
	default:
		return SCX_KF_UNLOCKED;
	}
}

static u32 highest_bit(u32 mask)
{
	return 1U << (31 - __builtin_clz(mask));
}

static bool allowed(struct scx *scx, u32 mask)
{
	u32 now = scx_this_cpu(scx)->kf_mask, high = highest_bit(mask);

	if (unlikely(!(now & mask))) {
		scx_error(scx, bad_mask, mask, now);
		return false;
	}
	if (likely(high > SCX_KF_DISPATCH || !(now & ~(2 * high - 1))))
		return true;
	scx_error(scx, nested, high == SCX_KF_DISPATCH ? "dispatch" : "cpu_release");
	return false;
}

/* ---- the kfuncs that check ---- */

static s32 scx_rt_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle,
				 struct scx *scx)
{
	*is_idle = false;
	if (!scx_cpu_valid(scx, prev_cpu, NULL) || !scx_idle_is_tracked(scx) ||
	    !allowed(scx, SCX_KF_SELECT_CPU))
		return prev_cpu;
	return scx_kf_select_cpu_dfl(p, prev_cpu, wake_flags, is_idle, scx);
}

/* The per-CPU variable that decides what a dispatch is. */
static bool is_direct(struct scx *scx)
{
	return scx_this_cpu(scx)->ddsp_task;
}

static void scx_rt_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags,
			    struct scx *scx)
{
	if (!allowed(scx, SCX_KF_ENQUEUE | SCX_KF_DISPATCH))
		return;
	if (is_direct(scx))
		scx_kf_dispatch_direct_checked(p, dsq_id, slice, enq_flags, scx);
	else
		scx_kf_dispatch_buffered(p, dsq_id, slice, enq_flags, scx);
}

static void scx_rt_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
				  u64 enq_flags, struct scx *scx)
{
	if (!allowed(scx, SCX_KF_ENQUEUE | SCX_KF_DISPATCH))
		return;
	if (is_direct(scx))
		scx_kf_dispatch_vtime_direct_checked(p, dsq_id, slice, vtime, enq_flags, scx);
	else
		scx_kf_dispatch_vtime_buffered(p, dsq_id, slice, vtime, enq_flags, scx);
}

static u32 scx_rt_dispatch_nr_slots(struct scx *scx)
{
	return allowed(scx, SCX_KF_DISPATCH) ? scx_kf_dispatch_nr_slots(scx) : 0;
}

static void scx_rt_dispatch_cancel(struct scx *scx)
{
	if (allowed(scx, SCX_KF_DISPATCH))
		scx_kf_dispatch_cancel(scx);
}

static bool scx_rt_consume(u64 dsq_id, struct scx *scx)
{
	return allowed(scx, SCX_KF_DISPATCH) && scx_kf_consume(dsq_id, scx);
}

/*
 * ops.cgroup_move has the mask of unlocked code, but the lock of its task's runqueue,
 * for which Linux 6.12 then spins for ever. There is no use in simulating that.
 */
static bool would_hang(struct scx *scx)
{
	if (!scx_this_cpu(scx)->subjects[0])
		return false;
	scx_error(scx, would_hang);
	return true;
}

static bool scx_rt_from_dsq(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
			    u64 enq_flags, struct scx *scx)
{
	if (!scx_iter_has_dsq(it))
		return false;
	if (!scx_this_cpu(scx)->kf_mask)
		return !would_hang(scx) && scx_kf_from_dsq_unlocked(it, p, dsq_id, enq_flags, scx);
	return allowed(scx, SCX_KF_DISPATCH) &&
	       scx_kf_from_dsq_in_balance(it, p, dsq_id, enq_flags, scx);
}

static bool scx_rt_vtime_from_dsq(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 dsq_id,
				  u64 enq_flags, struct scx *scx)
{
	return scx_rt_from_dsq(it, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ, scx);
}

static u32 scx_rt_reenqueue_local(struct scx *scx)
{
	return allowed(scx, SCX_KF_CPU_RELEASE) ? scx_kf_reenqueue_local(scx) : 0;
}

static struct cgroup *scx_rt_task_cgroup(struct task_struct *p, struct scx *scx)
{
	if (!allowed(scx, __SCX_KF_RQ_LOCKED))
		return scx_root_cgroup(scx, p);
	return scx_kf_task_cgroup_checked(p, scx);
}

/* ---- the rows ---- */

#define SEES_ANY (SCX_ALL_CONTEXTS & ~SCX_IN_CALLBACKS)
#define SEES_UNLOCKED (SEES_ANY & ~SCX_IN_TRACING)
#define SEES_ST_OPS (SEES_UNLOCKED & ~SCX_IN_SYSCALL)

static const struct {
	const char *kfunc;
	struct kfunc_case where;
} checking[] = {
#define RUNTIME(kfunc, sees, impl) { #kfunc, { (sees), (kfunc_fn)(impl), #impl, false } },
#include "scx/runtime.def"
#undef RUNTIME
};

static struct kfunc_case runtime_case(const struct kfunc_row *row)
{
	for (u32 i = 0; i < ARRAY_SIZE(checking); i++)
		if (!strcmp(checking[i].kfunc, row->name))
			return checking[i].where;
	return (struct kfunc_case){ SEES_ANY, row->cases[0].fn, row->cases[0].fn_name, false };
}

const struct kfunc_row *scx_runtime_rows(struct scx *scx)
{
	BUG_ON(scx->tables->nr_rows != SCX_NR_RUN_ROWS);
	for (u32 i = 0; i < SCX_NR_RUN_ROWS; i++) {
		const struct kfunc_row *row = &scx->tables->rows[i];

		scx->run_rows[i] = (struct kfunc_row){
			.name = row->name,
			.flags = row->flags,
			.cases = { runtime_case(row) },
		};
	}
	return scx->run_rows;
}
