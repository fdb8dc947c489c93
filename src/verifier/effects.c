/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a function does, itself or by what it calls, that its callers must know: a
 * global function is verified apart from them, so they see nothing else of it.
 */

#include "verifier/calls.h"
#include "verifier/internal.h"

enum effect { MOVES_PACKET = 1 << 0, MAY_SLEEP = 1 << 1 };

static u32 effects_of(const struct bpf_subprog_info *sub)
{
	return (sub->changes_pkt_data ? MOVES_PACKET : 0) | (sub->might_sleep ? MAY_SLEEP : 0);
}

static u32 effects_of_insn(struct bpf_verifier_env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];
	const struct helper_proto *fn;
	const struct kfunc_row *row;
	int callee;

	if (insn_is_helper_call(insn)) {
		fn = calls_find_helper(env->opts->calls, insn->imm);
		return fn ? (fn->changes_pkt_data ? MOVES_PACKET : 0) |
				    (fn->might_sleep ? MAY_SLEEP : 0) : 0;
	}
	if (insn_is_kfunc_call(insn)) {
		row = calls_find_kfunc(env->opts->calls, NULL, insn->imm, NULL);
		return row && row->flags & KF_SLEEPABLE ? MAY_SLEEP : 0;
	}
	if (!insn_is_pseudo_call(insn) &&
	    !(insn_is_ldimm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC))
		return 0;
	callee = vrf_find_subprog(env, i + insn->imm + 1);
	return callee >= 0 ? effects_of(&env->subprog_info[callee]) : 0;
}

/* To a fixed point: calls between functions may come in any order. */
int vrf_find_effects(struct bpf_verifier_env *env)
{
	bool changed;

	do {
		changed = false;
		for (u32 s = 0; s < env->subprog_cnt; s++) {
			struct bpf_subprog_info *sub = &env->subprog_info[s];
			u32 effects = effects_of(sub);

			for (u32 i = sub->start; i < sub[1].start; i++)
				effects |= effects_of_insn(env, i);
			changed |= effects != effects_of(sub);
			sub->changes_pkt_data = effects & MOVES_PACKET;
			sub->might_sleep = effects & MAY_SLEEP;
		}
	} while (changed);
	return 0;
}

/* Linux asks since 6.15; before, it lets them sleep where nobody may. */
int vrf_check_global_sleeps(struct bpf_verifier_env *env, int subprog)
{
	const struct bpf_verifier_state *st = env->cur_state;

	if (calls_profile(env->opts->calls) == KERNEL_6_12 ||
	    !env->subprog_info[subprog].might_sleep)
		return 0;
	if (in_sleepable(env) && !st->active_rcu_lock && !st->active_preempt_lock)
		return 0;
	verbose(env, "global functions that may sleep are not allowed in non-sleepable context,\n"
		     "i.e., in a RCU/IRQ/preempt-disabled section, or in\n"
		     "a non-sleepable BPF program context\n");
	return -EINVAL;
}
