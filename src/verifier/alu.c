/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ALU instructions: encoding, operands, and who computes what. */
#include "verifier/internal.h"

static const char *const alu_op_strings[16] = {
	[BPF_ADD >> 4] = "+=",	[BPF_SUB >> 4] = "-=",	 [BPF_MUL >> 4] = "*=",
	[BPF_DIV >> 4] = "/=",	[BPF_OR >> 4] = "|=",	 [BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=",	 [BPF_NEG >> 4] = "neg",
	[BPF_MOD >> 4] = "%=",	[BPF_XOR >> 4] = "^=",	 [BPF_MOV >> 4] = "=",
	[BPF_ARSH >> 4] = "s>>=", [BPF_END >> 4] = "endian",
};

const char *vrf_alu_op_str(u8 opcode)
{
	return alu_op_strings[opcode >> 4];
}

static bool is_alu64(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64;
}

static int reserved(struct bpf_verifier_env *env, const char *what)
{
	verbose(env, "%s uses reserved fields\n", what);
	return -EINVAL;
}

void vrf_assign_scalar_id_before_mov(struct bpf_verifier_env *env, struct bpf_reg_state *src)
{
	if (src->type != SCALAR_VALUE)
		return;
	/* a register that is another plus a constant cannot be linked again */
	if (src->id & BPF_ADD_CONST)
		clear_scalar_id(src);
	if (!src->id && !tnum_is_const(src->var_off))
		src->id = ++env->id_gen;
}

/* dst = -dst, byte swaps: nothing is said of the result. */
static int check_unary(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	bool reg_fields = insn->src_reg != BPF_REG_0 || insn->off != 0;
	int err;

	if (BPF_OP(insn->code) == BPF_NEG) {
		if (reg_fields || BPF_SRC(insn->code) != BPF_K || insn->imm != 0)
			return reserved(env, "BPF_NEG");
	} else if (reg_fields || (insn->imm != 16 && insn->imm != 32 && insn->imm != 64) ||
		   (is_alu64(insn) && BPF_SRC(insn->code) != BPF_TO_LE)) {
		return reserved(env, "BPF_END");
	}
	err = vrf_check_reg_arg(env, insn->dst_reg, SRC_OP);
	if (err)
		return err;
	if (is_pointer_value(env, insn->dst_reg)) {
		verbose(env, "R%d pointer arithmetic prohibited\n", insn->dst_reg);
		return -EACCES;
	}
	return vrf_check_reg_arg(env, insn->dst_reg, DST_OP);
}

static int check_mov_encoding(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	bool plain = insn->off == 0 || insn->off == 8 || insn->off == 16;

	if (BPF_SRC(insn->code) == BPF_K)
		return insn->src_reg != BPF_REG_0 || insn->off != 0 ? reserved(env, "BPF_MOV") : 0;
	if (is_alu64(insn) && insn->off == 1) {
		/* address space cast */
		if (insn->imm != 1 && insn->imm != 1 << 16) {
			verbose(env, "addr_space_cast insn can only convert between address space "
				     "1 and 0\n");
			return -EINVAL;
		}
		verbose(env, "addr_space_cast insn can only be used in a program that has an "
			     "associated arena\n");
		return -EINVAL;
	}
	if (is_alu64(insn))
		plain |= insn->off == 32;
	return !plain || insn->imm ? reserved(env, "BPF_MOV") : 0;
}

/*
 * A scalar copied through a narrower view: still linked to the source if the
 * view does not change it, whatever it is.
 */
static void copy_scalar(struct bpf_verifier_env *env, struct bpf_reg_state *dst,
			struct bpf_reg_state *src, bool unchanged)
{
	if (unchanged)
		vrf_assign_scalar_id_before_mov(env, src);
	copy_register_state(dst, src);
	if (!unchanged)
		clear_scalar_id(dst);
	dst->live |= REG_LIVE_WRITTEN;
}

static int mov64_reg(struct bpf_verifier_env *env, const struct bpf_insn *insn,
		     struct bpf_reg_state *dst, struct bpf_reg_state *src)
{
	if (insn->off == 0) {
		copy_scalar(env, dst, src, true);
		dst->subreg_def = DEF_NOT_SUBREG;
		return 0;
	}
	if (is_pointer_value(env, insn->src_reg)) {
		verbose(env, "R%d sign-extension part of pointer\n", insn->src_reg);
		return -EACCES;
	}
	if (src->type != SCALAR_VALUE) {
		vrf_mark_reg_unknown(env, dst);
		return 0;
	}
	copy_scalar(env, dst, src, src->umax_value < 1ULL << (insn->off - 1));
	vrf_coerce_reg_to_size_sx(dst, insn->off / 8);
	dst->subreg_def = DEF_NOT_SUBREG;
	return 0;
}

static int mov32_reg(struct bpf_verifier_env *env, const struct bpf_insn *insn,
		     struct bpf_reg_state *dst, struct bpf_reg_state *src)
{
	int width = insn->off ? insn->off - 1 : 32;

	if (is_pointer_value(env, insn->src_reg)) {
		verbose(env, "R%d partial copy of pointer\n", insn->src_reg);
		return -EACCES;
	}
	if (src->type == SCALAR_VALUE) {
		copy_scalar(env, dst, src, src->umax_value < 1ULL << width);
		dst->subreg_def = (s32)env->insn_idx + 1;
		if (insn->off)
			vrf_coerce_subreg_to_size_sx(dst, insn->off / 8);
	} else {
		vrf_mark_reg_unknown(env, dst);
	}
	vrf_zext_32_to_64(dst);
	vrf_reg_bounds_sync(dst);
	return 0;
}

static int check_mov(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	struct bpf_reg_state *dst = reg_state(env, insn->dst_reg);
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	int err;

	err = check_mov_encoding(env, insn);
	if (!err && from_reg)
		err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (!err)
		err = vrf_check_reg_arg(env, insn->dst_reg, DST_OP_NO_MARK);
	if (err)
		return err;
	if (from_reg) {
		struct bpf_reg_state *src = reg_state(env, insn->src_reg);

		return is_alu64(insn) ? mov64_reg(env, insn, dst, src)
				      : mov32_reg(env, insn, dst, src);
	}
	vrf_mark_reg_unknown(env, dst);
	vrf_mark_reg_known(dst, is_alu64(insn) ? (u64)(s64)insn->imm : (u32)insn->imm);
	return 0;
}

/*
 * x & const and x | const where x is 0 or -1 (a comparison's result, smeared):
 * following the two values apart says more than any range of both.
 */
static int maybe_fork_scalars(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			      struct bpf_reg_state *dst)
{
	bool all64 = dst->smin_value == -1 && dst->smax_value == 0;
	bool all32 = dst->s32_min_value == -1 && dst->s32_max_value == 0;
	struct bpf_verifier_state *branch;
	struct bpf_reg_state *zero;
	int err;

	if (!all64 && !all32)
		return 0;
	branch = vrf_push_stack(env, env->insn_idx, env->insn_idx, false, &err);
	if (!branch)
		return err;
	zero = &branch->frame[branch->curframe]->regs[insn->dst_reg];
	if (all64) {
		vrf_mark_reg_known(zero, 0);
		vrf_mark_reg_known(dst, -1ULL);
	} else {
		vrf_mark_reg32_known(zero, 0);
		vrf_mark_reg32_known(dst, -1ULL);
	}
	return 0;
}

static int scalar_alu(struct bpf_verifier_env *env, struct bpf_insn *insn,
		      struct bpf_reg_state *dst, const struct bpf_reg_state *src)
{
	u8 opcode = BPF_OP(insn->code);
	int err;

	if (!vrf_scalar_op_is_computable(insn, src)) {
		vrf_mark_reg_unknown(env, dst);
		return 0;
	}
	err = vrf_sanitize_val_alu(env, insn);
	if (err)
		return err;
	if ((opcode == BPF_AND || opcode == BPF_OR) && tnum_is_const(src->var_off)) {
		err = maybe_fork_scalars(env, insn, dst);
		if (err)
			return err;
	}
	vrf_scalar_op(dst, src, opcode, !is_alu64(insn));
	return 0;
}

/* After rX += K: rX stays linked, at a distance, if it was and the distance fits. */
static void update_link(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			struct bpf_reg_state *dst, const struct bpf_reg_state *src)
{
	bool self = BPF_SRC(insn->code) == BPF_X && insn->src_reg == insn->dst_reg;
	bool may_link = env->bpf_capable && BPF_OP(insn->code) == BPF_ADD && is_alu64(insn) &&
			dst->id && is_reg_const(src, false) && !self;

	if (!may_link || (dst->id & BPF_ADD_CONST) || src->var_off.value > INT32_MAX) {
		clear_scalar_id(dst);
		return;
	}
	dst->id |= BPF_ADD_CONST;
	dst->off = src->var_off.value;
}

/* One operand is a pointer: *done says whether that settled it. */
static int pointer_operands(struct bpf_verifier_env *env, struct bpf_insn *insn,
			    struct bpf_reg_state *dst, struct bpf_reg_state *src, bool *done)
{
	bool src_is_reg = BPF_SRC(insn->code) == BPF_X;
	struct bpf_reg_state off_reg;
	int err = 0;

	*done = true;
	if (src->type != SCALAR_VALUE && dst->type != SCALAR_VALUE) {
		if (BPF_OP(insn->code) == BPF_SUB && env->allow_ptr_leaks) {
			vrf_mark_reg_unknown(env, dst);
			return 0;
		}
		verbose(env, "R%d pointer %s pointer prohibited\n", insn->dst_reg,
			vrf_alu_op_str(BPF_OP(insn->code)));
		return -EACCES;
	}
	if (src->type != SCALAR_VALUE) {
		err = vrf_mark_chain_precision(env, insn->dst_reg);
		if (err)
			return err;
		off_reg = *dst;
		return vrf_adjust_ptr_min_max_vals(env, insn, src, &off_reg);
	}
	if (dst->type != SCALAR_VALUE) {
		if (src_is_reg)
			err = vrf_mark_chain_precision(env, insn->src_reg);
		return err ? err : vrf_adjust_ptr_min_max_vals(env, insn, dst, src);
	}
	*done = false;
	/* what a precise register is computed from must be precise too */
	if (src_is_reg && dst->precise)
		err = vrf_mark_chain_precision(env, insn->src_reg);
	return err;
}

static int adjust_reg_min_max_vals(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	struct bpf_reg_state *dst = reg_state(env, insn->dst_reg);
	struct bpf_reg_state *src, copy;
	struct bpf_reg_state imm = { .type = SCALAR_VALUE };
	bool done;
	int err;

	if (BPF_SRC(insn->code) == BPF_X) {
		src = reg_state(env, insn->src_reg);
	} else {
		vrf_mark_reg_known(&imm, (u64)(s64)insn->imm);
		src = &imm;
	}
	if (dst->type == PTR_TO_ARENA || src->type == PTR_TO_ARENA) {
		if (dst->type != PTR_TO_ARENA)
			*dst = *src;
		dst->subreg_def = (s32)env->insn_idx + 1;
		return 0;
	}
	err = pointer_operands(env, insn, dst, src, &done);
	if (err || done)
		return err;
	copy = *src; /* may be dst itself */
	err = scalar_alu(env, insn, dst, &copy);
	if (err)
		return err;
	update_link(env, insn, dst, src);
	return 0;
}

static int check_binary(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	u8 opcode = BPF_OP(insn->code);
	bool is_div = opcode == BPF_DIV || opcode == BPF_MOD;
	bool is_shift = opcode == BPF_LSH || opcode == BPF_RSH || opcode == BPF_ARSH;
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	int err = 0;

	if ((insn->off != 0 && !(insn->off == 1 && is_div)) ||
	    (from_reg ? insn->imm != 0 : insn->src_reg != BPF_REG_0))
		return reserved(env, "BPF_ALU");
	if (from_reg)
		err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (!err)
		err = vrf_check_reg_arg(env, insn->dst_reg, SRC_OP);
	if (err)
		return err;
	if (is_div && !from_reg && insn->imm == 0) {
		verbose(env, "div by zero\n");
		return -EINVAL;
	}
	if (is_shift && !from_reg && (insn->imm < 0 || insn->imm >= (is_alu64(insn) ? 64 : 32))) {
		verbose(env, "invalid shift %d\n", insn->imm);
		return -EINVAL;
	}
	err = vrf_check_reg_arg(env, insn->dst_reg, DST_OP_NO_MARK);
	return err ? err : adjust_reg_min_max_vals(env, insn);
}

int vrf_check_alu_op(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	u8 opcode = BPF_OP(insn->code);
	int err;

	if (opcode == BPF_END || opcode == BPF_NEG) {
		err = check_unary(env, insn);
	} else if (opcode == BPF_MOV) {
		err = check_mov(env, insn);
	} else if (opcode > BPF_END) {
		verbose(env, "invalid BPF_ALU opcode %x\n", opcode);
		err = -EINVAL;
	} else {
		err = check_binary(env, insn);
	}
	return err ? err : vrf_reg_bounds_sanity_check(env, reg_state(env, insn->dst_reg), "alu");
}
