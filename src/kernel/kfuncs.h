/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What programs may call in this kernel, and from where: the declarations of the
 * registry as text, and the resolver's own answer for every pair of kfunc and
 * caller. Nothing here decides anything; it asks what the verifier asks.
 */
#ifndef KERNEL_KFUNCS_H
#define KERNEL_KFUNCS_H

#include "base/base.h"

struct kernel;

#define KERNEL_MAX_CASES 6

/* One implementation. @contexts: "ops.select_cpu, ops.enqueue", or "everywhere". */
struct kernel_kfunc_case {
	char contexts[512];
	const char *impl;
	bool own; /* for calls that pass the callback's own argument, as it was given */
};

struct kernel_kfunc {
	u32 id; /* BTF id */
	const char *set, *name;
	char prototype[320]; /* in C, as programs declare it */
	char flags[160];     /* "KF_RCU | KF_ACQUIRE"; "" = none */
	struct kernel_kfunc_case cases[KERNEL_MAX_CASES];
	u32 nr_cases;
	const char *invokes, *not_within; /* callbacks of its struct_ops: "enqueue"; "" = none */
	char needs[512];		  /* of the value that is registered; "" = nothing */
};

/* In registration order. @f is valid during the call; a nonzero return ends the walk. */
int kernel_for_each_kfunc(struct kernel *k, int (*cb)(void *priv, const struct kernel_kfunc *f),
			  void *priv);

/*
 * A caller is a class of call sites: the main body of a struct_ops callback, a
 * callback that runs on its own, or a program of another kind. Numbered from 0;
 * those of struct_ops come first, in the order of the struct.
 */
struct kernel_caller {
	const char *name;     /* "enqueue", "timer callback", "syscall program" */
	bool is_op;	      /* a callback of sched_ext_ops */
	bool may_sleep;	      /* a sleepable program is accepted, too */
	bool always_sleepable;
	bool closed; /* exists in the struct, but no program may implement it */
};
u32 kernel_nr_callers(const struct kernel *k);
void kernel_caller(const struct kernel *k, u32 caller, struct kernel_caller *out);

enum kernel_verdict_kind {
	KERNEL_CALL_REFUSED,
	KERNEL_CALL_LEGAL,
	KERNEL_CALL_IF_SLEEPABLE, /* only in a sleepable program */
	KERNEL_CALL_BY_ARGUMENT,  /* @impl for the callback's own argument, @other else */
};

struct kernel_call_verdict {
	enum kernel_verdict_kind kind;
	const char *context;	   /* that the call would be in; "" if refused before that */
	const char *impl, *other;  /* @other NULL: refused then */
	char why[320];		   /* of a refusal, also of @other's; "" otherwise */
};

/* What the resolver says of kfunc @id called by @caller. */
void kernel_resolve_call(struct kernel *k, u32 id, u32 caller, struct kernel_call_verdict *out);

#endif
