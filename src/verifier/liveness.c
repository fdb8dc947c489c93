/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which registers matter. A read walks up the chain of parent states and marks
 * each until one wrote the register on the way; states_equal() later ignores
 * what no path read. Reads of the low half only are told apart, and a 32-bit
 * definition whose upper half is read is remembered (zext_dst).
 */
#include "verifier/internal.h"

int vrf_mark_reg_read(struct bpf_verifier_env *env, const struct bpf_reg_state *state,
		      struct bpf_reg_state *parent, u8 flag)
{
	bool screened = parent == state->parent;
	u32 walked = 0;

	for (; parent; state = parent, parent = parent->parent, screened = true, walked++) {
		if (screened && (state->live & REG_LIVE_WRITTEN))
			break;
		if (parent->live & REG_LIVE_DONE) {
			verbose(env, "verifier BUG type %s var_off %lld off %d\n",
				vrf_reg_type_str(env, parent->type),
				(long long)parent->var_off.value, parent->off);
			return -EFAULT;
		}
		/* marked before, so its parents are too; a full read covers a half one */
		if ((parent->live & REG_LIVE_READ) == flag || (parent->live & REG_LIVE_READ64))
			break;
		parent->live |= flag;
		if (flag == REG_LIVE_READ64)
			parent->live &= ~REG_LIVE_READ32;
	}
	env->longest_mark_read_walk = max(env->longest_mark_read_walk, walked);
	return 0;
}

static bool is_reg64_jmp(const struct bpf_insn *insn, enum reg_arg_type t)
{
	if (BPF_OP(insn->code) != BPF_CALL)
		return true;
	/* arguments of a helper; clobbered registers define nothing */
	return insn->src_reg != BPF_PSEUDO_CALL && t == SRC_OP;
}

static bool is_reg64_ld(const struct bpf_insn *insn, u32 regno, enum reg_arg_type t)
{
	/* LD_ABS and LD_IND return 32 bits */
	return BPF_MODE(insn->code) == BPF_IMM || t == SRC_OP;
}

/* Does @insn use the whole of @regno? "Yes" where it can't be told. */
static bool is_reg64(const struct bpf_insn *insn, u32 regno, const struct bpf_reg_state *reg,
		     enum reg_arg_type t)
{
	u8 code = insn->code;

	switch (BPF_CLASS(code)) {
	case BPF_JMP:
		return is_reg64_jmp(insn, t);
	case BPF_JMP32:
		return false;
	case BPF_ALU64:
		return BPF_OP(code) != BPF_END || insn->imm == 64;
	case BPF_ALU:
		return BPF_OP(code) == BPF_END && insn->imm == 64;
	case BPF_LDX:
		return t == SRC_OP || BPF_SIZE(code) == BPF_DW || BPF_MODE(code) == BPF_MEMSX;
	case BPF_STX:
		/* one of the sources is the address */
		return (t == SRC_OP && reg->type != SCALAR_VALUE) || BPF_SIZE(code) == BPF_DW;
	case BPF_LD:
		return is_reg64_ld(insn, regno, t);
	default:
		return true;
	}
}

static void mark_insn_zext(struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	if (reg->subreg_def == DEF_NOT_SUBREG)
		return;
	env->insn_aux_data[reg->subreg_def - 1].zext_dst = true;
	reg->subreg_def = DEF_NOT_SUBREG;
}

int vrf_check_reg_arg_in(struct bpf_verifier_env *env, struct bpf_reg_state *regs, u32 regno,
			 enum reg_arg_type t)
{
	struct bpf_reg_state *reg;
	bool rw64;

	if (regno >= MAX_BPF_REG) {
		verbose(env, "R%d is invalid\n", regno);
		return -EINVAL;
	}
	mark_reg_scratched(env, regno);
	reg = &regs[regno];
	rw64 = is_reg64(&env->insns[env->insn_idx], regno, reg, t);

	if (t == SRC_OP) {
		if (reg->type == NOT_INIT) {
			verbose(env, "R%d !read_ok\n", regno);
			return -EACCES;
		}
		if (regno == BPF_REG_FP)
			return 0;
		if (rw64)
			mark_insn_zext(env, reg);
		return vrf_mark_reg_read(env, reg, reg->parent,
					 rw64 ? REG_LIVE_READ64 : REG_LIVE_READ32);
	}
	if (regno == BPF_REG_FP) {
		verbose(env, "frame pointer is read only\n");
		return -EACCES;
	}
	reg->live |= REG_LIVE_WRITTEN;
	reg->subreg_def = rw64 ? DEF_NOT_SUBREG : (s32)env->insn_idx + 1;
	if (t == DST_OP)
		vrf_mark_reg_unknown(env, reg);
	return 0;
}

int vrf_check_reg_arg(struct bpf_verifier_env *env, u32 regno, enum reg_arg_type t)
{
	return vrf_check_reg_arg_in(env, cur_regs(env), regno, t);
}

void vrf_mark_btf_func_reg_size(struct bpf_verifier_env *env, u32 regno, size_t reg_size)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	bool whole = reg_size == sizeof(u64);

	if (regno == BPF_REG_0) {
		reg->live |= REG_LIVE_WRITTEN;
		reg->subreg_def = whole ? DEF_NOT_SUBREG : (s32)env->insn_idx + 1;
		return;
	}
	if (whole)
		mark_insn_zext(env, reg);
	/* cannot fail: only a register of a finished state does, and this one is live */
	(void)vrf_mark_reg_read(env, reg, reg->parent, whole ? REG_LIVE_READ64 : REG_LIVE_READ32);
}

static int propagate_reg(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			 struct bpf_reg_state *parent, u8 *propagated)
{
	u8 flag = reg->live & REG_LIVE_READ, have = parent->live & REG_LIVE_READ;

	*propagated = 0;
	if (!flag || have == REG_LIVE_READ64 || have == flag)
		return 0;
	*propagated = flag;
	return vrf_mark_reg_read(env, reg, parent, flag);
}

/*
 * @vparent, the current state, is covered by the explored @vstate: it is read
 * as that was. Writes on the straight line to @vstate are not on our way, so
 * they screen nothing off.
 */
int vrf_propagate_liveness(struct bpf_verifier_env *env, const struct bpf_verifier_state *vstate,
			   struct bpf_verifier_state *vparent)
{
	u8 flag;
	int err;

	for (u32 fr = 0; fr <= vstate->curframe; fr++) {
		struct bpf_func_state *state = vstate->frame[fr], *parent = vparent->frame[fr];
		int slots = min(state->allocated_stack, parent->allocated_stack) / BPF_REG_SIZE;

		/* of a caller only what its callee preserves */
		for (int i = fr < vstate->curframe ? BPF_REG_6 : 0; i < BPF_REG_FP; i++) {
			err = propagate_reg(env, &state->regs[i], &parent->regs[i], &flag);
			if (err)
				return err;
			if (flag == REG_LIVE_READ64)
				mark_insn_zext(env, &parent->regs[i]);
		}
		for (int i = 0; i < slots; i++) {
			err = propagate_reg(env, &state->stack[i].spilled_ptr,
					    &parent->stack[i].spilled_ptr, &flag);
			if (err)
				return err;
		}
	}
	return 0;
}
