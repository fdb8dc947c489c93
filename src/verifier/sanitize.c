/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "verifier/sanitize.h"

/* bits of alu_state */
#define ALU_SANITIZE_SRC BIT(0)
#define ALU_SANITIZE_DST BIT(1)
#define ALU_NEG_VALUE BIT(2)
#define ALU_NON_POINTER BIT(3)
#define ALU_IMMEDIATE BIT(4)

enum reason {
	REASON_NONE,
	REASON_BOUNDS,
	REASON_TYPE,
	REASON_PATHS,
	REASON_LIMIT,
	REASON_STACK,
};

static bool is_add_or_sub(const struct bpf_insn *insn)
{
	return BPF_OP(insn->code) == BPF_ADD || BPF_OP(insn->code) == BPF_SUB;
}

static bool can_skip(const struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	return env->bypass_spec_v1 || BPF_SRC(insn->code) == BPF_K || !is_add_or_sub(insn);
}

static int refuse(struct bpf_verifier_env *env, const struct bpf_insn *insn, enum reason reason,
		  bool off_is_dst)
{
	static const char why[] = "pointer arithmetic with it prohibited for !root";
	const char *op = BPF_OP(insn->code) == BPF_ADD ? "add" : "sub";
	u32 dst = insn->dst_reg, src = insn->src_reg;

	switch (reason) {
	case REASON_BOUNDS:
		verbose(env, "R%d has unknown scalar with mixed signed bounds, %s\n",
			off_is_dst ? dst : src, why);
		break;
	case REASON_TYPE:
		verbose(env, "R%d has pointer with unsupported alu operation, %s\n",
			off_is_dst ? src : dst, why);
		break;
	case REASON_PATHS:
		verbose(env, "R%d tried to %s from different maps, paths or scalars, %s\n", dst, op,
			why);
		break;
	case REASON_LIMIT:
		verbose(env, "R%d tried to %s beyond pointer bounds, %s\n", dst, op, why);
		break;
	case REASON_STACK:
		verbose(env, "R%d could not be pushed for speculative verification, %s\n", dst,
			why);
		break;
	case REASON_NONE:
		return 0;
	}
	return -EACCES;
}

/* One instruction can be masked in one way only, whatever path leads to it. */
static enum reason remember(u32 *state, u32 *limit, u32 new_state, u32 new_limit)
{
	if (*state && (*state != new_state || *limit != new_limit))
		return REASON_PATHS;
	*state = new_state;
	*limit = new_limit;
	return REASON_NONE;
}

int vrf_sanitize_val_alu(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	struct bpf_insn_aux_data *aux = cur_aux(env);

	if (can_skip(env, insn))
		return 0;
	return refuse(env, insn, remember(&aux->alu_state, &aux->alu_limit, ALU_NON_POINTER, 0),
		      false);
}

static enum reason ptr_limit(const struct bpf_reg_state *ptr, bool to_left, u32 *limit)
{
	u32 max, lim;

	switch (ptr->type) {
	case PTR_TO_STACK:
		/* to the left, the top of the frame is a legal start */
		max = MAX_BPF_STACK + to_left;
		lim = -(ptr->var_off.value + ptr->off);
		break;
	case PTR_TO_MAP_VALUE:
		max = ptr->map_ptr->value_size;
		lim = (to_left ? (u64)ptr->smin_value : ptr->umax_value) + ptr->off;
		break;
	default:
		return REASON_TYPE;
	}
	if (lim >= max)
		return REASON_LIMIT;
	*limit = lim;
	return REASON_NONE;
}

int vrf_sanitize_speculative_path(struct bpf_verifier_env *env, const struct bpf_insn *insn,
				  u32 next_idx, u32 curr_idx)
{
	struct bpf_verifier_state *branch;
	struct bpf_reg_state *regs;
	int err;

	branch = vrf_push_stack(env, next_idx, curr_idx, true, &err);
	if (!branch)
		return err;
	if (insn) {
		regs = branch->frame[branch->curframe]->regs;
		vrf_mark_reg_unknown(env, &regs[insn->dst_reg]);
		if (BPF_SRC(insn->code) == BPF_X)
			vrf_mark_reg_unknown(env, &regs[insn->src_reg]);
	}
	return 0;
}

static enum reason mask_window(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			       const struct bpf_reg_state *ptr, const struct bpf_reg_state *off,
			       bool ptr_is_dst, struct vrf_sanitize_info *info, bool commit)
{
	bool off_is_imm = tnum_is_const(off->var_off), off_is_neg = off->smin_value < 0;
	struct bpf_insn_aux_data *aux = cur_aux(env);
	enum reason reason;
	u32 state, limit;

	if (!commit) {
		if (!off_is_imm && (off->smin_value < 0) != (off->smax_value < 0))
			return REASON_BOUNDS;
		info->mask_to_left = (BPF_OP(insn->code) == BPF_ADD) == off_is_neg;
	}
	reason = ptr_limit(ptr, info->mask_to_left, &limit);
	if (reason)
		return reason;
	if (commit) {
		limit = abs((s32)(info->alu_limit - limit));
		return remember(&aux->alu_state, &aux->alu_limit, info->alu_state, limit);
	}
	state = (off_is_neg ? ALU_NEG_VALUE : 0) | (off_is_imm ? ALU_IMMEDIATE : 0) |
		(ptr_is_dst ? ALU_SANITIZE_SRC : ALU_SANITIZE_DST);
	if (!off_is_imm)
		env->explore_alu_limits = true;
	return remember(&info->alu_state, &info->alu_limit, state, limit);
}

int vrf_sanitize_ptr_alu(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			 const struct bpf_reg_state *ptr_reg, const struct bpf_reg_state *off_reg,
			 struct bpf_reg_state *dst_reg, struct vrf_sanitize_info *info, bool commit)
{
	bool ptr_is_dst = ptr_reg == dst_reg;
	enum reason reason = REASON_NONE;
	struct bpf_reg_state saved;
	int err;

	if (can_skip(env, insn))
		return 0;
	if (!commit)
		info->off_is_dst = !ptr_is_dst;
	if (!env->cur_state->speculative)
		reason = mask_window(env, insn, ptr_reg, off_reg, ptr_is_dst, info, commit);
	if (reason)
		return refuse(env, insn, reason, info->off_is_dst);
	if (commit || tnum_is_const(off_reg->var_off))
		return 0;

	/* the masked offset may be 0: follow the unmoved pointer too */
	saved = *dst_reg;
	if (!ptr_is_dst)
		copy_register_state(dst_reg, ptr_reg);
	err = vrf_sanitize_speculative_path(env, NULL, env->insn_idx + 1, env->insn_idx);
	if (err)
		return refuse(env, insn, REASON_STACK, info->off_is_dst);
	if (!ptr_is_dst)
		*dst_reg = saved;
	return 0;
}

static int check_stack_offset(struct bpf_verifier_env *env, int regno,
			      const struct bpf_reg_state *reg)
{
	s64 off = reg->off + (s64)reg->var_off.value;
	char buf[48];

	if (!tnum_is_const(reg->var_off)) {
		vrf_tnum_strn(buf, sizeof(buf), reg->var_off);
		verbose(env, "R%d variable stack access prohibited for !root, var_off=%s off=%d\n",
			regno, buf, (int)off);
		return -EACCES;
	}
	if ((int)off >= 0 || (int)off < -MAX_BPF_STACK) {
		verbose(env, "R%d stack pointer arithmetic goes out of range, prohibited for "
			     "!root; off=%d\n", regno, (int)off);
		return -EACCES;
	}
	return 0;
}

int vrf_sanitize_check_bounds(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			      const struct bpf_reg_state *dst_reg)
{
	if (env->bypass_spec_v1)
		return 0;
	if (dst_reg->type == PTR_TO_STACK)
		return check_stack_offset(env, insn->dst_reg, dst_reg);
	if (dst_reg->type == PTR_TO_MAP_VALUE &&
	    vrf_check_map_access(env, insn->dst_reg, dst_reg->off, 1, false, true)) {
		verbose(env, "R%d pointer arithmetic of map value goes out of range, prohibited "
			     "for !root\n", insn->dst_reg);
		return -EACCES;
	}
	return 0;
}
