/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Contexts of call sites as bits, and the groups of them that kfuncs.def speaks of. */
#ifndef SCX_CONTEXT_H
#define SCX_CONTEXT_H

#include "calls/calls.h"

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

#define SCX_IN_ANY ((1ULL << SCX_NR_CONTEXTS) - 1)
/* struct_ops programs: sched_ext's own, and those of others */
#define SCX_IN_ST_OPS (SCX_IN_ANY & ~(SCX_IN_SYSCALL | SCX_IN_TRACING))
/* Nobody holds a runqueue lock, so that one may be taken. */
#define SCX_IN_NO_RQ_LOCK                                                                          \
	(SCX_IN_UNLOCKED | SCX_IN_UNLOCKED_SLEEPABLE | SCX_IN_DUMP | SCX_IN_TIMER_CB |             \
	 SCX_IN_WQ_CB | SCX_IN_SYSCALL | SCX_IN_FOREIGN)
/* Whether the program is sleepable at all is the verifier's check of KF_SLEEPABLE. */
#define SCX_IN_MAY_SLEEP                                                                           \
	(SCX_IN_UNLOCKED | SCX_IN_UNLOCKED_SLEEPABLE | SCX_IN_WQ_CB | SCX_IN_SYSCALL |             \
	 SCX_IN_FOREIGN)

extern const char *const scx_context_names[SCX_NR_CONTEXTS];

u64 scx_context_of(void *priv, const struct call_site *site);
/* STRUCT_OPS, SYSCALL and the tracing family see sched_ext's kfuncs. */
bool scx_kfuncs_visible(const struct call_site *site);
int scx_resolve_kfunc(void *priv, const struct kfunc_query *q, struct err_msg *e);

#endif
