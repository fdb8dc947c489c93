/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * 7.1 gives a program's permissions to its timer and workqueue callbacks, which run
 * outside of any callback of the scheduler. What they may call in this way, and
 * what Linux would then do to a buffer or a runqueue that is not theirs, ends here.
 */
#include "scx/internal.h"
#include "scx/kfuncs.h"

#define STRAY(ret, name, kfunc, neutral, ...)                                                      \
	ret scx_kf_stray_##name(__VA_ARGS__)                                                       \
	{                                                                                          \
		scx_error(scx, stray, #kfunc);                                                     \
		return neutral;                                                                    \
	}

STRAY(void, insert, scx_bpf_dsq_insert, , struct task_struct *p, u64 dsq_id, u64 slice,
      u64 enq_flags, struct scx *scx)
STRAY(void, insert_vtime, scx_bpf_dsq_insert_vtime, , struct task_struct *p, u64 dsq_id, u64 slice,
      u64 vtime, u64 enq_flags, struct scx *scx)
STRAY(bool, insert_v2, scx_bpf_dsq_insert, false, struct task_struct *p, u64 dsq_id, u64 slice,
      u64 enq_flags, struct scx *scx)
STRAY(bool, insert_vtime_args, scx_bpf_dsq_insert_vtime, false, struct task_struct *p,
      struct scx_bpf_dsq_insert_vtime_args *args, struct scx *scx)
STRAY(u32, nr_slots, scx_bpf_dispatch_nr_slots, 0, struct scx *scx)
STRAY(void, cancel, scx_bpf_dispatch_cancel, , struct scx *scx)
STRAY(bool, move_to_local, scx_bpf_dsq_move_to_local, false, u64 dsq_id, struct scx *scx)
STRAY(bool, move_to_local_v2, scx_bpf_dsq_move_to_local, false, u64 dsq_id, u64 enq_flags,
      struct scx *scx)
STRAY(bool, sub_dispatch, scx_bpf_sub_dispatch, false, u64 cgroup_id, struct scx *scx)
STRAY(u32, reenqueue_local, scx_bpf_reenqueue_local, 0, struct scx *scx)
STRAY(struct rq *, locked_rq, scx_bpf_locked_rq, NULL, struct scx *scx)
