/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Contexts of call sites as bits, and the groups of them that kfuncs.def speaks of. */
#ifndef SCX_CONTEXT_H
#define SCX_CONTEXT_H

#include "calls/calls.h"
#include "ktypes/scx.h"

enum scx_context {
#define SCX_CONTEXT(name, text) SCX_CTX_##name,
#include "scx/contexts.def"
#undef SCX_CONTEXT
	SCX_NR_CONTEXTS,
};

enum scx_context_bits {
#define SCX_CONTEXT(name, text) SCX_IN_##name = 1 << SCX_CTX_##name,
#include "scx/contexts.def"
#undef SCX_CONTEXT
};

#define SCX_ALL_CONTEXTS ((1ULL << SCX_NR_CONTEXTS) - 1)
#define SCX_IN_CALLBACKS                                                                           \
	(SCX_IN_CB_ENQUEUE | SCX_IN_CB_DISPATCH | SCX_IN_CB_CPU_RELEASE | SCX_IN_CB_UNLOCKED |     \
	 SCX_IN_CB_OTHER)

/*
 * The groups, by kernel. 7.1 decides by the program's callback alone, and knows no
 * other struct_ops; "next" decides by where the call stands.
 */
#if SCX_KERNEL == 701
#define SCX_IF_INHERITED(contexts) (contexts)
#define SCX_IN_ASYNC SCX_IN_CALLBACKS
#define SCX_IN_ASYNC_UNLOCKED SCX_IN_CB_UNLOCKED
#define SCX_IN_FOREIGN_TOO 0
#else
#define SCX_IF_INHERITED(contexts) 0
#define SCX_IN_ASYNC (SCX_IN_TIMER_CB | SCX_IN_WQ_CB)
#define SCX_IN_ASYNC_UNLOCKED SCX_IN_ASYNC
#define SCX_IN_FOREIGN_TOO (SCX_KERNEL == 612 ? SCX_IN_FOREIGN : 0)
#endif
/* The runqueue of the op's task is locked, or that of the op's CPU. */
#define SCX_IN_TASK_RQ (SCX_IN_ENQUEUE | SCX_IN_TASK_OP | SCX_IN_CGROUP_MOVE)
#define SCX_IN_CPU_RQ (SCX_IN_DISPATCH | SCX_IN_CPU_RELEASE | SCX_IN_RQ_OP)
/* sched_ext's own struct_ops programs and, in 6.12, those of others */
#define SCX_IN_ST_OPS                                                                              \
	(SCX_IN_SELECT_CPU | SCX_IN_TASK_RQ | SCX_IN_CPU_RQ | SCX_IN_DUMP_RQ | SCX_IN_DUMP |       \
	 SCX_IN_UNLOCKED | SCX_IN_UNLOCKED_SLEEPABLE | SCX_IN_EXIT | SCX_IN_ASYNC |                \
	 SCX_IN_FOREIGN_TOO)
#define SCX_IN_ANY (SCX_IN_ST_OPS | SCX_IN_SYSCALL | SCX_IN_TRACING)
/* Not a callback of the scheduler that is attached, or not for sure. */
#define SCX_IN_OUTSIDE (SCX_IN_ASYNC | SCX_IN_SYSCALL | SCX_IN_TRACING | SCX_IN_FOREIGN_TOO)
/* A runqueue is locked, or may be: tracing programs run anywhere. */
#define SCX_IN_MAY_BE_LOCKED                                                                       \
	(SCX_IN_TASK_RQ | SCX_IN_CPU_RQ | SCX_IN_DUMP_RQ | SCX_IN_TRACING)
/* Nobody holds a runqueue lock, so that one may be taken. */
#define SCX_IN_NO_RQ_LOCK                                                                          \
	(SCX_IN_UNLOCKED | SCX_IN_UNLOCKED_SLEEPABLE | SCX_IN_EXIT | SCX_IN_DUMP |                 \
	 SCX_IN_ASYNC_UNLOCKED | SCX_IN_SYSCALL | SCX_IN_FOREIGN_TOO)
/* Whether the program is sleepable at all is the verifier's check of KF_SLEEPABLE. */
#if SCX_KERNEL == 701
#define SCX_IN_MAY_SLEEP SCX_IN_NO_RQ_LOCK
#else
#define SCX_IN_MAY_SLEEP                                                                           \
	(SCX_IN_UNLOCKED | SCX_IN_UNLOCKED_SLEEPABLE | SCX_IN_EXIT | SCX_IN_WQ_CB |                \
	 SCX_IN_SYSCALL | SCX_IN_FOREIGN_TOO)
#endif

extern const char *const scx_context_names[SCX_NR_CONTEXTS];

/* Of the main body of an op (enum scx_op). */
u32 scx_op_context(u32 op);
u64 scx_context_of(void *priv, const struct call_site *site);
/* STRUCT_OPS, SYSCALL and the tracing family see sched_ext's kfuncs. */
bool scx_kfuncs_visible(const struct call_site *site);
int scx_resolve_kfunc(void *priv, const struct kfunc_query *q, struct err_msg *e);

#endif
