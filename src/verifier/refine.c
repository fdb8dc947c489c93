/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a comparison of two registers says: which way it goes, if that is
 * certain, and what each outcome teaches about the operands.
 *
 * Everything is reduced to "less than" and "less or equal" by swapping the
 * operands, and to four readings of a value: unsigned and signed, whole and
 * low half.
 */
#include "verifier/internal.h"
#include "verifier/mem.h"
#include "verifier/refine.h"

/* a op b == b flip(op) a */
static u8 flip_opcode(u8 opcode)
{
	switch (opcode) {
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JLE:
		return BPF_JGE;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JSGE:
		return BPF_JSLE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSLE:
		return BPF_JSGE;
	case BPF_JSLT:
		return BPF_JSGT;
	default:
		return opcode;
	}
}

/* BPF has no instruction for "no common bit": JSET with the source bit set stands for it. */
#define JNSET (BPF_JSET | BPF_X)

/* !(a op b) == a rev(op) b */
static u8 rev_opcode(u8 opcode)
{
	switch (opcode) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JNE:
		return BPF_JEQ;
	case BPF_JSET:
		return JNSET;
	case BPF_JGE:
		return BPF_JLT;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGT;
	case BPF_JLT:
		return BPF_JGE;
	case BPF_JSGE:
		return BPF_JSLT;
	case BPF_JSGT:
		return BPF_JSLE;
	case BPF_JSLE:
		return BPF_JSGT;
	case BPF_JSLT:
		return BPF_JSGE;
	default:
		return 0;
	}
}

/* ---- which way ---- */

/* The reading that a comparison of that width uses. */
struct view {
	struct tnum t;
	u64 umin, umax;
	s64 smin, smax;
};

static struct view view_of(const struct bpf_reg_state *reg, bool is_jmp32)
{
	if (!is_jmp32)
		return (struct view){ reg->var_off, reg->umin_value, reg->umax_value,
				      reg->smin_value, reg->smax_value };
	return (struct view){ tnum_subreg(reg->var_off), reg->u32_min_value, reg->u32_max_value,
			      reg->s32_min_value, reg->s32_max_value };
}

static int unsigned_less(const struct view *a, const struct view *b)
{
	return a->umax < b->umin ? 1 : a->umin >= b->umax ? 0 : -1;
}

static int signed_less(const struct view *a, const struct view *b)
{
	return a->smax < b->smin ? 1 : a->smin >= b->smax ? 0 : -1;
}

static int negate(int taken)
{
	return taken < 0 ? taken : !taken;
}

static bool apart(const struct view *a, const struct view *b)
{
	return !tnum_overlap(a->t, b->t) || a->umin > b->umax || a->umax < b->umin ||
	       a->smin > b->smax || a->smax < b->smin;
}

static int equal(const struct bpf_reg_state *reg1, const struct bpf_reg_state *reg2, bool is_jmp32)
{
	struct view a = view_of(reg1, is_jmp32), b = view_of(reg2, is_jmp32);

	if (tnum_is_const(a.t) && tnum_is_const(b.t))
		return a.t.value == b.t.value;
	if (apart(&a, &b))
		return 0;
	if (is_jmp32)
		return -1;
	/* different low halves will do */
	if (reg1->u32_min_value > reg2->u32_max_value ||
	    reg1->u32_max_value < reg2->u32_min_value ||
	    reg1->s32_min_value > reg2->s32_max_value || reg1->s32_max_value < reg2->s32_min_value)
		return 0;
	return -1;
}

static int common_bit(const struct bpf_reg_state *reg1, const struct bpf_reg_state *reg2,
		      bool is_jmp32)
{
	bool second = is_reg_const(reg2, is_jmp32);
	struct tnum t = view_of(second ? reg1 : reg2, is_jmp32).t;
	u64 bits;

	if (!second && !is_reg_const(reg1, is_jmp32))
		return -1;
	bits = reg_const_value(second ? reg2 : reg1, is_jmp32);
	if (t.value & bits)
		return 1;
	return (t.value | t.mask) & bits ? -1 : 0;
}

static int is_scalar_branch_taken(const struct bpf_reg_state *reg1,
				  const struct bpf_reg_state *reg2, u8 opcode, bool is_jmp32)
{
	struct view a = view_of(reg1, is_jmp32), b = view_of(reg2, is_jmp32);

	switch (opcode) {
	case BPF_JEQ:
		return equal(reg1, reg2, is_jmp32);
	case BPF_JNE:
		return negate(equal(reg1, reg2, is_jmp32));
	case BPF_JSET:
		return common_bit(reg1, reg2, is_jmp32);
	case BPF_JLT:
		return unsigned_less(&a, &b);
	case BPF_JGT:
		return unsigned_less(&b, &a);
	case BPF_JGE:
		return negate(unsigned_less(&a, &b));
	case BPF_JLE:
		return negate(unsigned_less(&b, &a));
	case BPF_JSLT:
		return signed_less(&a, &b);
	case BPF_JSGT:
		return signed_less(&b, &a);
	case BPF_JSGE:
		return negate(signed_less(&a, &b));
	case BPF_JSLE:
		return negate(signed_less(&b, &a));
	default:
		return -1;
	}
}

/* Surely not NULL. An unbounded offset could still wrap to it. */
bool vrf_reg_not_null(const struct bpf_reg_state *reg)
{
	if (type_may_be_null(reg->type))
		return false;
	if (reg->smin_value <= -BPF_MAX_VAR_OFF || reg->smax_value >= BPF_MAX_VAR_OFF)
		return false;
	switch (base_type(reg->type)) {
	case PTR_TO_SOCKET:
	case PTR_TO_TCP_SOCK:
	case PTR_TO_XDP_SOCK:
	case PTR_TO_SOCK_COMMON:
	case PTR_TO_BUF:
	case PTR_TO_MAP_VALUE:
	case PTR_TO_MAP_KEY:
	case PTR_TO_MEM:
	case CONST_PTR_TO_MAP:
		return true;
	case PTR_TO_BTF_ID:
		return vrf_is_trusted_reg(reg);
	default:
		return false;
	}
}

/* Pointers are only known to differ from NULL. */
static int is_ptr_branch_taken(const struct bpf_reg_state *reg1, const struct bpf_reg_state *reg2,
			       u8 opcode, bool is_jmp32)
{
	const struct bpf_reg_state *ptr = reg1, *val = reg2;

	if (is_jmp32)
		return -1;
	if (!is_reg_const(val, false)) {
		ptr = reg2;
		val = reg1;
	}
	if (!is_reg_const(val, false) || !vrf_reg_not_null(ptr) || reg_const_value(val, false))
		return -1;
	return opcode == BPF_JEQ ? 0 : opcode == BPF_JNE ? 1 : -1;
}

static bool is_pkt_pointer_any(const struct bpf_reg_state *reg)
{
	return type_is_pkt_pointer(reg->type) || reg->type == PTR_TO_PACKET_END;
}

/* A packet pointer that was compared with the end before: range says which side it is on. */
static int is_pkt_ptr_branch_taken(const struct bpf_reg_state *reg1,
				   const struct bpf_reg_state *reg2, u8 opcode)
{
	const struct bpf_reg_state *pkt;

	if (reg2->type == PTR_TO_PACKET_END) {
		pkt = reg1;
	} else if (reg1->type == PTR_TO_PACKET_END) {
		pkt = reg2;
		opcode = flip_opcode(opcode);
	} else {
		return -1;
	}
	if ((opcode == BPF_JLE || opcode == BPF_JGT) && pkt->range == BEYOND_PKT_END)
		return opcode == BPF_JGT;
	if ((opcode == BPF_JLT || opcode == BPF_JGE) &&
	    (pkt->range == BEYOND_PKT_END || pkt->range == AT_PKT_END))
		return opcode == BPF_JGE;
	return -1;
}

int vrf_is_branch_taken(const struct bpf_reg_state *reg1, const struct bpf_reg_state *reg2,
			u8 opcode, bool is_jmp32)
{
	if (is_pkt_pointer_any(reg1) && is_pkt_pointer_any(reg2) && !is_jmp32)
		return is_pkt_ptr_branch_taken(reg1, reg2, opcode);
	if (reg1->type != SCALAR_VALUE || reg2->type != SCALAR_VALUE)
		return is_ptr_branch_taken(reg1, reg2, opcode, is_jmp32);
	return is_scalar_branch_taken(reg1, reg2, opcode, is_jmp32);
}

/* ---- what it teaches ---- */

static void refine_equal(struct bpf_reg_state *a, struct bpf_reg_state *b, bool is_jmp32)
{
	struct tnum t;

	if (is_jmp32) {
		a->u32_min_value = b->u32_min_value = max(a->u32_min_value, b->u32_min_value);
		a->u32_max_value = b->u32_max_value = min(a->u32_max_value, b->u32_max_value);
		a->s32_min_value = b->s32_min_value = max(a->s32_min_value, b->s32_min_value);
		a->s32_max_value = b->s32_max_value = min(a->s32_max_value, b->s32_max_value);
		t = tnum_intersect(tnum_subreg(a->var_off), tnum_subreg(b->var_off));
		a->var_off = tnum_with_subreg(a->var_off, t);
		b->var_off = tnum_with_subreg(b->var_off, t);
		return;
	}
	a->umin_value = b->umin_value = max(a->umin_value, b->umin_value);
	a->umax_value = b->umax_value = min(a->umax_value, b->umax_value);
	a->smin_value = b->smin_value = max(a->smin_value, b->smin_value);
	a->smax_value = b->smax_value = min(a->smax_value, b->smax_value);
	a->var_off = b->var_off = tnum_intersect(a->var_off, b->var_off);
}

/* A constant at the very end of a range shortens it; anywhere else "not equal" says nothing. */
static void refine_not_equal(struct bpf_reg_state *reg, u64 val, bool is_jmp32)
{
	if (is_jmp32) {
		reg->u32_min_value += reg->u32_min_value == (u32)val;
		reg->u32_max_value -= reg->u32_max_value == (u32)val;
		/* an end cannot be the type's own limit, or the outcome were certain */
		if (reg->s32_min_value == (s32)val && reg->s32_min_value != INT32_MAX)
			reg->s32_min_value++;
		if (reg->s32_max_value == (s32)val && reg->s32_max_value != INT32_MIN)
			reg->s32_max_value--;
		return;
	}
	reg->umin_value += reg->umin_value == val;
	reg->umax_value -= reg->umax_value == val;
	if (reg->smin_value == (s64)val && reg->smin_value != INT64_MAX)
		reg->smin_value++;
	if (reg->smax_value == (s64)val && reg->smax_value != INT64_MIN)
		reg->smax_value--;
}

static void refine_bits_set(struct bpf_reg_state *reg, u64 val, bool is_jmp32)
{
	/* of several bits it is not known which one is set */
	if (!is_power_of_2(val))
		return;
	if (is_jmp32)
		reg->var_off = tnum_with_subreg(reg->var_off, tnum_or(tnum_subreg(reg->var_off),
								       tnum_const(val)));
	else
		reg->var_off = tnum_or(reg->var_off, tnum_const(val));
}

static void refine_bits_clear(struct bpf_reg_state *reg, u64 val, bool is_jmp32)
{
	/* on a dead path the ranges would contradict the bits */
	vrf_mark_reg_unbounded(reg);
	if (is_jmp32)
		reg->var_off = tnum_with_subreg(reg->var_off, tnum_and(tnum_subreg(reg->var_off),
								       tnum_const(~val)));
	else
		reg->var_off = tnum_and(reg->var_off, tnum_const(~val));
}

/* lo <= hi, or lo < hi if @strict. */
static void refine_unsigned(struct bpf_reg_state *lo, struct bpf_reg_state *hi, bool strict,
			    bool is_jmp32)
{
	if (is_jmp32) {
		lo->u32_max_value = min(lo->u32_max_value, hi->u32_max_value - strict);
		hi->u32_min_value = max(lo->u32_min_value + strict, hi->u32_min_value);
	} else {
		lo->umax_value = min(lo->umax_value, hi->umax_value - strict);
		hi->umin_value = max(lo->umin_value + strict, hi->umin_value);
	}
}

static void refine_signed(struct bpf_reg_state *lo, struct bpf_reg_state *hi, bool strict,
			  bool is_jmp32)
{
	if (is_jmp32) {
		lo->s32_max_value = min(lo->s32_max_value, (s32)((u32)hi->s32_max_value - strict));
		hi->s32_min_value = max((s32)((u32)lo->s32_min_value + strict), hi->s32_min_value);
	} else {
		lo->smax_value = min(lo->smax_value, (s64)((u64)hi->smax_value - strict));
		hi->smin_value = max((s64)((u64)lo->smin_value + strict), hi->smin_value);
	}
}

static void refine_by_const(struct bpf_reg_state *reg1, struct bpf_reg_state *reg2, u8 opcode,
			    bool is_jmp32)
{
	struct bpf_reg_state *reg = reg1, *konst = reg2;
	u64 val;

	if (!is_reg_const(konst, is_jmp32)) {
		reg = reg2;
		konst = reg1;
	}
	if (!is_reg_const(konst, is_jmp32))
		return;
	val = reg_const_value(konst, is_jmp32);
	if (opcode == BPF_JNE)
		refine_not_equal(reg, val, is_jmp32);
	else if (opcode == BPF_JSET)
		refine_bits_set(reg, val, is_jmp32);
	else
		refine_bits_clear(reg, val, is_jmp32);
}

/* @reg1 @opcode @reg2 holds. */
static void refine(struct bpf_reg_state *reg1, struct bpf_reg_state *reg2, u8 opcode, bool is_jmp32)
{
	switch (opcode) {
	case BPF_JEQ:
		refine_equal(reg1, reg2, is_jmp32);
		break;
	case BPF_JNE:
	case BPF_JSET:
	case JNSET:
		refine_by_const(reg1, reg2, opcode, is_jmp32);
		break;
	case BPF_JLE:
	case BPF_JLT:
		refine_unsigned(reg1, reg2, opcode == BPF_JLT, is_jmp32);
		break;
	case BPF_JGE:
	case BPF_JGT:
		refine_unsigned(reg2, reg1, opcode == BPF_JGT, is_jmp32);
		break;
	case BPF_JSLE:
	case BPF_JSLT:
		refine_signed(reg1, reg2, opcode == BPF_JSLT, is_jmp32);
		break;
	case BPF_JSGE:
	case BPF_JSGT:
		refine_signed(reg2, reg1, opcode == BPF_JSGT, is_jmp32);
		break;
	}
}

int vrf_reg_set_min_max(struct bpf_verifier_env *env, struct bpf_reg_state *true_reg1,
			struct bpf_reg_state *true_reg2, struct bpf_reg_state *false_reg1,
			struct bpf_reg_state *false_reg2, u8 opcode, bool is_jmp32)
{
	int err;

	/* offsets of pointers could be compared if the objects were the same; nobody does */
	if (false_reg1->type != SCALAR_VALUE || false_reg2->type != SCALAR_VALUE)
		return 0;

	refine(false_reg1, false_reg2, rev_opcode(opcode), is_jmp32);
	vrf_reg_bounds_sync(false_reg1);
	vrf_reg_bounds_sync(false_reg2);
	refine(true_reg1, true_reg2, opcode, is_jmp32);
	vrf_reg_bounds_sync(true_reg1);
	vrf_reg_bounds_sync(true_reg2);

	err = vrf_reg_bounds_sanity_check(env, true_reg1, "true_reg1");
	if (!err)
		err = vrf_reg_bounds_sanity_check(env, true_reg2, "true_reg2");
	if (!err)
		err = vrf_reg_bounds_sanity_check(env, false_reg1, "false_reg1");
	if (!err)
		err = vrf_reg_bounds_sanity_check(env, false_reg2, "false_reg2");
	return err;
}
