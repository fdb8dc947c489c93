/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The parts of sched_ext that are embedded in task_struct and rq (Linux 6.12
 * include/linux/sched/ext.h, kernel/sched/sched.h). The rest is in ktypes/scx.h.
 */
#ifndef KTYPES_SCX_ENTITY_H
#define KTYPES_SCX_ENTITY_H

#include "base/list.h"
#include "base/rbtree_types.h"
#include "ktypes/cpumask.h"

struct cgroup;
struct task_struct;

struct scx_dispatch_q {
	struct list_head list; /* in dispatch order */
	struct rb_root priq;   /* by dsq_vtime, when used as a priority queue */
	u32 nr;
	u32 seq; /* iterators use it to tell old from new */
	u64 id;
	struct scx_dispatch_q *hash_next; /* subsys/scx: bucket chain */
};

struct scx_dsq_list_node {
	struct list_head node;
	u32 flags;
	u32 priv;
};

struct sched_ext_entity {
	struct scx_dispatch_q *dsq;
	struct scx_dsq_list_node dsq_list;
	struct rb_node dsq_priq;
	u32 dsq_seq;
	u32 dsq_flags;
	u32 flags; /* enum scx_ent_flags */
	u32 weight;
	s32 sticky_cpu;
	s32 holding_cpu;
	u32 kf_mask;
	u32 ops_qseq;
	struct task_struct *kf_tasks[2];
	unsigned long ops_state;
	struct list_head runnable_node;
	unsigned long runnable_at; /* jiffies */
	u64 core_sched_at;
	u64 ddsp_dsq_id;
	u64 ddsp_enq_flags;
	u64 slice;     /* ns left; BPF may write */
	u64 dsq_vtime; /* BPF may write */
	bool disallow; /* BPF may write, in ops.init_task */
	struct cgroup *cgrp_moving_from;
	struct list_head tasks_node;
};

enum scx_rq_flags {
	SCX_RQ_ONLINE = 1 << 0,
	SCX_RQ_CAN_STOP_TICK = 1 << 1,
	SCX_RQ_BAL_PENDING = 1 << 2, /* set by the core before it asks classes to balance */
	SCX_RQ_BAL_KEEP = 1 << 3,    /* balance decided to keep the current task */
	SCX_RQ_BYPASSING = 1 << 4,
	SCX_RQ_IN_WAKEUP = 1 << 16,
	SCX_RQ_IN_BALANCE = 1 << 17,
};

struct scx_rq {
	struct scx_dispatch_q local_dsq;
	struct list_head runnable_list;
	struct list_head ddsp_deferred_locals;
	u64 extra_enq_flags;
	u32 nr_running;
	u32 nr_immed; /* SCX_TASK_IMMED ones on local_dsq */
	u32 flags; /* SCX_RQ_* */
	u32 cpuperf_target;
	bool cpu_released;
	unsigned long pnt_seq;
};

#endif
