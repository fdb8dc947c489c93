/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a call may need of the whole struct sched_ext_ops: bits of kfunc_row.needs. */
#ifndef SCX_NEEDS_H
#define SCX_NEEDS_H

enum scx_need {
	SCX_NEED_BUILTIN_IDLE,
	SCX_NEED_IDLE_PER_NODE,
	SCX_NEED_ENQUEUE,
	SCX_NR_NEEDS,
};

#define SCX_NEEDS_BUILTIN_IDLE BIT_ULL(SCX_NEED_BUILTIN_IDLE)
#define SCX_NEEDS_IDLE_PER_NODE BIT_ULL(SCX_NEED_IDLE_PER_NODE)
#define SCX_NEEDS_ENQUEUE BIT_ULL(SCX_NEED_ENQUEUE)

#endif
