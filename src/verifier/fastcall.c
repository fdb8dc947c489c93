/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calls that leave all registers alone which they do not need. Compilers know some
 * such helpers and kfuncs (bpf_fastcall), but, for kernels that do not, spill
 * these registers before the call and fill them after it:
 *
 *	*(u64 *)(r10 - Y) = rX
 *	call
 *	rX = *(u64 *)(r10 - Y)
 *
 * Such pairs go, and the stack that they alone used with them: that below
 * fastcall_stack_off, as long as nobody else touches it (stack.c).
 */
#include "verifier/calls.h"
#include "verifier/main.h"

#define CALLER_SAVED_MASK ((1U << CALLER_SAVED_REGS) - 1)

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_spill(const struct bpf_insn *insn)
{
	return insn->code == (BPF_STX | BPF_MEM | BPF_DW) && insn->dst_reg == BPF_REG_10;
}

static bool is_fill(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LDX | BPF_MEM | BPF_DW) && insn->src_reg == BPF_REG_10;
}

static u32 helper_clobbers(const struct helper_proto *fn)
{
	u32 mask = fn->ret == RET_VOID ? 0 : 1;

	for (u32 i = 0; i < MAX_BPF_FUNC_REG_ARGS; i++)
		if (fn->arg[i] != ARG_DONTCARE)
			mask |= BIT(BPF_REG_1 + i);
	return mask;
}

static u32 kfunc_clobbers(const struct kbtf *btf, const struct btf_type *func)
{
	const struct btf_type *proto = kbtf_type(btf, func->type);

	return (proto->type ? 1 : 0) | ((1U << kbtf_vlen(proto)) - 1) << BPF_REG_1;
}

/* The registers that the call may change; *keeps: that is what our engines do. */
static u32 clobbers(const struct bpf_verifier_env *env, const struct bpf_insn *call, bool *keeps)
{
	const struct calls *calls = env->opts->calls;
	const struct kfunc_row *row;
	const struct helper_proto *fn;

	*keeps = false;
	if (insn_is_helper_call(call)) {
		fn = calls_find_helper(calls, call->imm);
		*keeps = fn && fn->allow_fastcall;
		return fn && fn->fn ? helper_clobbers(fn) : CALLER_SAVED_MASK;
	}
	if (!insn_is_kfunc_call(call) || call->off || !call->imm)
		return CALLER_SAVED_MASK;
	row = calls_find_kfunc(calls, NULL, call->imm, NULL);
	*keeps = row && (row->flags & KF_FASTCALL);
	return row ? kfunc_clobbers(env->kernel_btf, kbtf_type(env->kernel_btf, call->imm))
		   : CALLER_SAVED_MASK;
}

static void mark_call(struct bpf_verifier_env *env, struct bpf_subprog_info *sub, u32 at,
		      s16 lowest)
{
	struct bpf_insn_aux_data *aux = env->insn_aux_data;
	bool keeps;
	u32 left = ~clobbers(env, &env->insns[at], &keeps) & CALLER_SAVED_MASK, i;
	s16 off = lowest;

	/* from the call outwards; nobody jumps in between, but to the first spill */
	for (i = 1; left && at >= sub->start + i && at + i < sub[1].start; i++, off += BPF_REG_SIZE) {
		const struct bpf_insn *spill = &env->insns[at - i], *fill = &env->insns[at + i];

		if (aux[at - i + 1].jump_target || aux[at + i].jump_target || !is_spill(spill) ||
		    !is_fill(fill) || spill->src_reg != fill->dst_reg ||
		    !(left & BIT(spill->src_reg)) || spill->off != off || fill->off != off)
			break;
		left &= ~BIT(spill->src_reg);
		aux[at - i].fastcall_pattern = aux[at + i].fastcall_pattern = true;
	}
	if (i == 1)
		return;
	/* a later kernel may know more of them: such a call keeps its spills, and the stack */
	if (keeps)
		aux[at].fastcall_spills_num = i - 1;
	else
		sub->keep_fastcall_stack = true;
	sub->fastcall_stack_off = min(sub->fastcall_stack_off, off);
}

int vrf_mark_fastcall_patterns(struct bpf_verifier_env *env)
{
	for (u32 s = 0; s < env->subprog_cnt; s++) {
		struct bpf_subprog_info *sub = &env->subprog_info[s];
		s16 lowest = 0;

		for (u32 i = sub->start; i < sub[1].start; i++)
			if (is_spill(&env->insns[i]))
				lowest = min(lowest, env->insns[i].off);
		for (u32 i = sub->start; i < sub[1].start; i++)
			if (is_call(&env->insns[i]))
				mark_call(env, sub, i, lowest);
	}
	return 0;
}

/* After the walk: what is left of the stack. The instructions go with the fixups. */
void vrf_shrink_fastcall_stack(struct bpf_verifier_env *env)
{
	for (u32 s = 0; s < env->subprog_cnt; s++) {
		struct bpf_subprog_info *sub = &env->subprog_info[s];
		u32 i = sub->start;

		while (i < sub[1].start && !env->insn_aux_data[i].fastcall_spills_num)
			i++;
		if (i < sub[1].start && !sub->keep_fastcall_stack)
			sub->stack_depth = -sub->fastcall_stack_off;
	}
}
