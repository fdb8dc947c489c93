/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One function of the program may be reached in several ways: from the main
 * body and from a timer's callback, or with the callback's own task and with
 * another. What its calls mean may differ between them. The walk keeps apart
 * what may differ; afterwards, what turned out to be the same is one again, and
 * each way that is left gets a copy of the function (copies.c, fixups.c).
 *
 *	inst	a function as reached in one way: which of its instructions were
 *		reached, what each of its calls means, which insts it goes on to
 *	copy	insts of one function with the same meaning: what is emitted
 *
 * How finely the walk tells apart depends on what a function calls, or anything
 * that it reaches (enum vrf_varies): nothing that depends on the caller: one
 * inst; by context only: one per place and sleepability; where a set decides by
 * arguments: one per chain of call sites. A function that is a root - the main
 * one, a global one, an async callback - has no chain.
 *
 * Invariants: a call that was reached has its site filled in; the insts of all
 * frames of a state are determined by its call sites and the root's place, so
 * that a path which ends at an explored state has its insts in common with it.
 */
#ifndef VERIFIER_INST_H
#define VERIFIER_INST_H

#include "calls/calls.h"
#include "verifier/env.h"

enum vrf_varies {
	VRF_SAME,
	VRF_BY_CONTEXT,
	VRF_BY_CHAIN,
};

/* One call instruction of an inst. */
struct vrf_site {
	u32 insn;
	/* A call of the program's own: the inst. Else the target. VRF_NO_TARGET: not reached. */
	u32 to;
	u32 *cbs; /* insts of the callbacks that are handed over here, one per function; owned */
	u32 nr_cbs;
	/* What all paths to this call agree on, 5; NULL: the set does not ask. Owned. */
	struct kfunc_arg *args;
};

struct vrf_inst {
	u32 subprog;
	u8 place; /* enum call_place */
	bool sleepable, chained;
	u8 *seen; /* by instruction of the function; owned */
	struct vrf_site *sites; /* by call instruction of the function; owned */
	u32 copy; /* after vrf_make_copies() */
};

struct vrf_copy {
	u32 inst; /* stands for all of them: seen by any of them */
	u32 start, len; /* in the new program; len 0: nothing was reached, dropped */
	u32 nr, of; /* 1st of 2 */
};

/*
 * May what a call of @set means depend on its arguments? A relocation hook may turn
 * it into a call of any other set.
 */
static inline bool vrf_args_decide(const struct bpf_verifier_env *env, const struct kfunc_set *set)
{
	return set->resolve || (env->prog->st_ops && env->prog->st_ops->kfunc_validate_reloc);
}

/* Before the walk: numbers the call sites, finds what varies. */
int vrf_prepare_insts(struct bpf_verifier_env *env);
void vrf_free_insts(struct bpf_verifier_env *env);

/* The inst of a root: main, global function, async callback. */
int vrf_root_inst(struct bpf_verifier_env *env, u32 subprog, u8 place, bool sleepable, u32 *out);
/* The inst of what @caller enters at @insn: a static function, or a sync callback. */
int vrf_callee_inst(struct bpf_verifier_env *env, const struct bpf_func_state *caller, u32 insn,
		    u32 subprog, u32 *out);
/* @caller, at @insn, leaves the global function or the async callback @inst to be called. */
int vrf_link_inst(struct bpf_verifier_env *env, const struct bpf_func_state *caller, u32 insn,
		  u32 inst);

static inline struct vrf_inst *vrf_cur_inst(struct bpf_verifier_env *env)
{
	return env->insts[cur_func(env)->inst];
}

/* The call at @insn of the current function. */
static inline struct vrf_site *vrf_cur_site(struct bpf_verifier_env *env, u32 insn)
{
	return &vrf_cur_inst(env)->sites[env->insn_aux_data[insn].site];
}

/* Fills env->copies. */
int vrf_make_copies(struct bpf_verifier_env *env);
/* Do both call the same C function in the same way? */
static inline bool vrf_same_target(const struct call_target *a, const struct call_target *b)
{
	return a->fn == b->fn && a->implicit == b->implicit && a->id == b->id &&
	       a->is_helper == b->is_helper;
}

#endif
