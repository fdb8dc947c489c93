/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Pointer plus or minus scalar. A constant goes into the fixed part of the
 * offset, anything else into the variable part; what pointer types allow
 * either, and how far, is all there is to know.
 */
#include "verifier/internal.h"
#include "verifier/sanitize.h"

static bool is_sane_offset(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, u32 type)
{
	s64 val = (s64)reg->var_off.value, smin = reg->smin_value;

	if (tnum_is_const(reg->var_off) && (val >= BPF_MAX_VAR_OFF || val <= -BPF_MAX_VAR_OFF)) {
		verbose(env, "math between %s pointer and %lld is not allowed\n",
			vrf_reg_type_str(env, type), (long long)val);
		return false;
	}
	if (reg->off >= BPF_MAX_VAR_OFF || reg->off <= -BPF_MAX_VAR_OFF) {
		verbose(env, "%s pointer offset %d is not allowed\n", vrf_reg_type_str(env, type),
			reg->off);
		return false;
	}
	if (smin == INT64_MIN) {
		verbose(env, "math between %s pointer and register with unbounded min value is "
			     "not allowed\n", vrf_reg_type_str(env, type));
		return false;
	}
	if (smin >= BPF_MAX_VAR_OFF || smin <= -BPF_MAX_VAR_OFF) {
		verbose(env, "value %lld makes %s pointer be out of bounds\n", (long long)smin,
			vrf_reg_type_str(env, type));
		return false;
	}
	return true;
}

static bool type_allows_arithmetic(const struct bpf_reg_state *ptr,
				   const struct bpf_reg_state *off, u8 opcode)
{
	bool known = tnum_is_const(off->var_off);

	switch (base_type(ptr->type)) {
	case PTR_TO_CTX:
	case PTR_TO_MAP_VALUE:
	case PTR_TO_MAP_KEY:
	case PTR_TO_STACK:
	case PTR_TO_PACKET_META:
	case PTR_TO_PACKET:
	case PTR_TO_TP_BUFFER:
	case PTR_TO_BTF_ID:
	case PTR_TO_MEM:
	case PTR_TO_BUF:
	case PTR_TO_FUNC:
	case CONST_PTR_TO_DYNPTR:
		return true;
	case PTR_TO_FLOW_KEYS:
		return known;
	case CONST_PTR_TO_MAP:
		return known && off->smin_value == 0 && opcode == BPF_ADD;
	default:
		return false;
	}
}

static int check_operands(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			  const struct bpf_reg_state *ptr, const struct bpf_reg_state *off)
{
	if (BPF_CLASS(insn->code) != BPF_ALU64) {
		verbose(env, "R%d 32-bit pointer arithmetic prohibited\n", insn->dst_reg);
		return -EACCES;
	}
	if (type_may_be_null(ptr->type)) {
		verbose(env, "R%d pointer arithmetic on %s prohibited, null-check it first\n",
			insn->dst_reg, vrf_reg_type_str(env, ptr->type));
		return -EACCES;
	}
	if (!type_allows_arithmetic(ptr, off, BPF_OP(insn->code))) {
		verbose(env, "R%d pointer arithmetic on %s prohibited\n", insn->dst_reg,
			vrf_reg_type_str(env, ptr->type));
		return -EACCES;
	}
	return 0;
}

/* @dst := @ptr with a new fixed offset. */
static void set_fixed(struct bpf_reg_state *dst, const struct bpf_reg_state *ptr, s32 off)
{
	dst->smin_value = ptr->smin_value;
	dst->smax_value = ptr->smax_value;
	dst->umin_value = ptr->umin_value;
	dst->umax_value = ptr->umax_value;
	dst->var_off = ptr->var_off;
	dst->raw = ptr->raw;
	dst->off = off;
}

/* The pointer has a new variable part: other packet pointers' range says nothing of it. */
static void new_packet_base(struct bpf_verifier_env *env, struct bpf_reg_state *dst,
			    bool lose_range)
{
	if (!type_is_pkt_pointer(dst->type))
		return;
	dst->id = ++env->id_gen;
	if (lose_range)
		dst->raw.raw1 = dst->raw.raw2 = 0;
}

static void add_scalar(struct bpf_verifier_env *env, struct bpf_reg_state *dst,
		       const struct bpf_reg_state *ptr_reg, const struct bpf_reg_state *off)
{
	const struct bpf_reg_state ptr = *ptr_reg; /* may be dst */
	s64 fixed = ptr.off + off->smin_value;

	if (tnum_is_const(off->var_off) && fixed == (s32)fixed) {
		set_fixed(dst, &ptr, fixed);
		return;
	}
	if (__builtin_add_overflow(ptr.smin_value, off->smin_value, &dst->smin_value) |
	    __builtin_add_overflow(ptr.smax_value, off->smax_value, &dst->smax_value)) {
		dst->smin_value = INT64_MIN;
		dst->smax_value = INT64_MAX;
	}
	if (__builtin_add_overflow(ptr.umin_value, off->umin_value, &dst->umin_value) |
	    __builtin_add_overflow(ptr.umax_value, off->umax_value, &dst->umax_value)) {
		dst->umin_value = 0;
		dst->umax_value = UINT64_MAX;
	}
	dst->var_off = tnum_add(ptr.var_off, off->var_off);
	dst->off = ptr.off;
	dst->raw = ptr.raw;
	new_packet_base(env, dst, true);
}

static int sub_scalar(struct bpf_verifier_env *env, struct bpf_reg_state *dst, u32 regno,
		      const struct bpf_reg_state *ptr_reg, const struct bpf_reg_state *off)
{
	const struct bpf_reg_state ptr = *ptr_reg;
	s64 fixed = ptr.off - off->smin_value;

	if (dst != ptr_reg) {
		verbose(env, "R%d tried to subtract pointer from scalar\n", regno);
		return -EACCES;
	}
	if (ptr.type == PTR_TO_STACK) {
		verbose(env, "R%d subtraction from stack pointer prohibited\n", regno);
		return -EACCES;
	}
	if (tnum_is_const(off->var_off) && fixed == (s32)fixed) {
		set_fixed(dst, &ptr, fixed);
		return 0;
	}
	if (__builtin_sub_overflow(ptr.smin_value, off->smax_value, &dst->smin_value) |
	    __builtin_sub_overflow(ptr.smax_value, off->smin_value, &dst->smax_value)) {
		dst->smin_value = INT64_MIN;
		dst->smax_value = INT64_MAX;
	}
	if (ptr.umin_value < off->umax_value) {
		dst->umin_value = 0;
		dst->umax_value = UINT64_MAX;
	} else {
		dst->umin_value = ptr.umin_value - off->umax_value;
		dst->umax_value = ptr.umax_value - off->umin_value;
	}
	dst->var_off = tnum_sub(ptr.var_off, off->var_off);
	/* moving back leaves what was checked in front still checked */
	new_packet_base(env, dst, off->smin_value < 0);
	return 0;
}

static int apply(struct bpf_verifier_env *env, const struct bpf_insn *insn,
		 struct bpf_reg_state *dst, const struct bpf_reg_state *ptr,
		 const struct bpf_reg_state *off)
{
	u8 opcode = BPF_OP(insn->code);

	switch (opcode) {
	case BPF_ADD:
		add_scalar(env, dst, ptr, off);
		return 0;
	case BPF_SUB:
		return sub_scalar(env, dst, insn->dst_reg, ptr, off);
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		verbose(env, "R%d bitwise operator %s on pointer prohibited\n", insn->dst_reg,
			vrf_alu_op_str(opcode));
		return -EACCES;
	default:
		verbose(env, "R%d pointer arithmetic with %s operator prohibited\n", insn->dst_reg,
			vrf_alu_op_str(opcode));
		return -EACCES;
	}
}

/* @off_reg must not be the destination register itself. */
int vrf_adjust_ptr_min_max_vals(struct bpf_verifier_env *env, struct bpf_insn *insn,
				const struct bpf_reg_state *ptr_reg,
				const struct bpf_reg_state *off_reg)
{
	struct bpf_reg_state *dst = reg_state(env, insn->dst_reg);
	bool known = tnum_is_const(off_reg->var_off);
	u32 ptr_type = ptr_reg->type;
	struct vrf_sanitize_info info = { 0 };
	int err;

	if (off_reg->smin_value > off_reg->smax_value || off_reg->umin_value > off_reg->umax_value ||
	    (known && (off_reg->smin_value != off_reg->smax_value ||
		       off_reg->umin_value != off_reg->umax_value))) {
		/* contradictory: this path is dead */
		vrf_mark_reg_unknown(env, dst);
		return 0;
	}
	if (BPF_CLASS(insn->code) != BPF_ALU64 && BPF_OP(insn->code) == BPF_SUB &&
	    env->allow_ptr_leaks) {
		vrf_mark_reg_unknown(env, dst);
		return 0;
	}
	err = check_operands(env, insn, ptr_reg, off_reg);
	if (err)
		return err;
	if (dst != ptr_reg)
		*dst = *ptr_reg;
	if (!is_sane_offset(env, off_reg, ptr_type) || !is_sane_offset(env, ptr_reg, ptr_type))
		return -EINVAL;
	err = vrf_sanitize_ptr_alu(env, insn, ptr_reg, off_reg, dst, &info, false);
	if (err)
		return err;
	/* pointers have no 32-bit ranges */
	vrf_mark_reg32_unbounded(dst);

	err = apply(env, insn, dst, ptr_reg, off_reg);
	if (err)
		return err;
	if (!is_sane_offset(env, dst, ptr_type))
		return -EINVAL;
	vrf_reg_bounds_sync(dst);
	err = vrf_sanitize_check_bounds(env, insn, dst);
	return err ? err : vrf_sanitize_ptr_alu(env, insn, dst, off_reg, dst, &info, true);
}
