/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Arithmetic on abstract scalars. Each operation computes the tnum and the
 * ranges as well as it can, and gives up (full range) on what it cannot; the
 * caller then runs reg_bounds_sync(), so giving up on one description loses
 * only what the others don't know.
 *
 * Addition, subtraction, multiplication and the bitwise operations commute
 * with truncation: 32-bit and 64-bit ranges are computed side by side, whatever
 * the width of the instruction. Shifts do not.
 */
#include "verifier/internal.h"

static void unbound_u32(struct bpf_reg_state *r)
{
	r->u32_min_value = 0;
	r->u32_max_value = UINT32_MAX;
}

static void unbound_s32(struct bpf_reg_state *r)
{
	r->s32_min_value = INT32_MIN;
	r->s32_max_value = INT32_MAX;
}

static void unbound_u64(struct bpf_reg_state *r)
{
	r->umin_value = 0;
	r->umax_value = UINT64_MAX;
}

static void unbound_s64(struct bpf_reg_state *r)
{
	r->smin_value = INT64_MIN;
	r->smax_value = INT64_MAX;
}

static void unbound_64(struct bpf_reg_state *r)
{
	unbound_u64(r);
	unbound_s64(r);
}

/* The signed ranges, where the unsigned ones don't cross the sign boundary. */
static void s32_from_u32(struct bpf_reg_state *r)
{
	unbound_s32(r);
	if ((s32)r->u32_min_value <= (s32)r->u32_max_value) {
		r->s32_min_value = r->u32_min_value;
		r->s32_max_value = r->u32_max_value;
	}
}

static void s64_from_u64(struct bpf_reg_state *r)
{
	unbound_s64(r);
	if ((s64)r->umin_value <= (s64)r->umax_value) {
		r->smin_value = r->umin_value;
		r->smax_value = r->umax_value;
	}
}

void vrf_scalar_add(struct bpf_reg_state *d, const struct bpf_reg_state *s)
{
	/* non-short-circuit: both results are wanted */
	if (__builtin_add_overflow(d->s32_min_value, s->s32_min_value, &d->s32_min_value) |
	    __builtin_add_overflow(d->s32_max_value, s->s32_max_value, &d->s32_max_value))
		unbound_s32(d);
	if (__builtin_add_overflow(d->u32_min_value, s->u32_min_value, &d->u32_min_value) |
	    __builtin_add_overflow(d->u32_max_value, s->u32_max_value, &d->u32_max_value))
		unbound_u32(d);
	if (__builtin_add_overflow(d->smin_value, s->smin_value, &d->smin_value) |
	    __builtin_add_overflow(d->smax_value, s->smax_value, &d->smax_value))
		unbound_s64(d);
	if (__builtin_add_overflow(d->umin_value, s->umin_value, &d->umin_value) |
	    __builtin_add_overflow(d->umax_value, s->umax_value, &d->umax_value))
		unbound_u64(d);
	d->var_off = tnum_add(d->var_off, s->var_off);
}

static void sub(struct bpf_reg_state *d, const struct bpf_reg_state *s)
{
	if (__builtin_sub_overflow(d->s32_min_value, s->s32_max_value, &d->s32_min_value) |
	    __builtin_sub_overflow(d->s32_max_value, s->s32_min_value, &d->s32_max_value))
		unbound_s32(d);
	if (__builtin_sub_overflow(d->smin_value, s->smax_value, &d->smin_value) |
	    __builtin_sub_overflow(d->smax_value, s->smin_value, &d->smax_value))
		unbound_s64(d);
	if (d->u32_min_value < s->u32_max_value) {
		unbound_u32(d);
	} else {
		d->u32_min_value -= s->u32_max_value;
		d->u32_max_value -= s->u32_min_value;
	}
	if (d->umin_value < s->umax_value) {
		unbound_u64(d);
	} else {
		d->umin_value -= s->umax_value;
		d->umax_value -= s->umin_value;
	}
	d->var_off = tnum_sub(d->var_off, s->var_off);
}

/* Only non-negative factors of half the width: those can't overflow unsigned. */
static void mul(struct bpf_reg_state *d, const struct bpf_reg_state *s)
{
	d->var_off = tnum_mul(d->var_off, s->var_off);

	if (s->s32_min_value < 0 || d->s32_min_value < 0 || s->u32_max_value > UINT16_MAX ||
	    d->u32_max_value > UINT16_MAX) {
		vrf_mark_reg32_unbounded(d);
	} else {
		d->u32_min_value *= s->u32_min_value;
		d->u32_max_value *= s->u32_max_value;
		unbound_s32(d);
		if (d->u32_max_value <= INT32_MAX) {
			d->s32_min_value = d->u32_min_value;
			d->s32_max_value = d->u32_max_value;
		}
	}

	if (s->smin_value < 0 || d->smin_value < 0 || s->umax_value > UINT32_MAX ||
	    d->umax_value > UINT32_MAX) {
		unbound_64(d);
	} else {
		d->umin_value *= s->umin_value;
		d->umax_value *= s->umax_value;
		unbound_s64(d);
		if (d->umax_value <= INT64_MAX) {
			d->smin_value = d->umin_value;
			d->smax_value = d->umax_value;
		}
	}
}

/*
 * Bitwise: the tnum is exact per bit; the unsigned range lies within it, and
 * x & y <= min(x, y), x | y >= max(x, y). Constants are left to the tnum.
 */
static void bitwise(struct bpf_reg_state *d, const struct bpf_reg_state *s, u8 opcode)
{
	bool known32, known64;
	u64 lo, hi;

	if (opcode == BPF_AND)
		d->var_off = tnum_and(d->var_off, s->var_off);
	else if (opcode == BPF_OR)
		d->var_off = tnum_or(d->var_off, s->var_off);
	else
		d->var_off = tnum_xor(d->var_off, s->var_off);
	known32 = tnum_subreg_is_const(s->var_off) && tnum_subreg_is_const(d->var_off);
	known64 = tnum_is_const(s->var_off) && tnum_is_const(d->var_off);
	lo = d->var_off.value;
	hi = lo | d->var_off.mask;

	if (known32) {
		vrf_mark_reg32_known(d, lo);
	} else {
		d->u32_min_value = opcode == BPF_OR ? max(d->u32_min_value, s->u32_min_value)
						    : (u32)lo;
		d->u32_max_value = opcode == BPF_AND ? min(d->u32_max_value, s->u32_max_value)
						     : (u32)hi;
		s32_from_u32(d);
	}
	if (known64) {
		vrf_mark_reg_known(d, lo);
		return;
	}
	d->umin_value = opcode == BPF_OR ? max(d->umin_value, s->umin_value) : lo;
	d->umax_value = opcode == BPF_AND ? min(d->umax_value, s->umax_value) : hi;
	s64_from_u64(d);
	vrf_update_reg_bounds(d);
}

/* Shift counts are constants below the width (vrf_scalar_op_is_computable). */
static void lsh_range32(struct bpf_reg_state *d, u64 n)
{
	unbound_s32(d);
	if (n > 31 || d->u32_max_value > 1ULL << (31 - n)) {
		unbound_u32(d);
	} else {
		d->u32_min_value <<= n;
		d->u32_max_value <<= n;
	}
}

static void lsh32(struct bpf_reg_state *d, u64 n)
{
	lsh_range32(d, n);
	d->var_off = tnum_subreg(tnum_lshift(tnum_subreg(d->var_off), n));
	unbound_64(d);
	vrf_update_reg32_bounds(d);
}

static void lsh64(struct bpf_reg_state *d, u64 n)
{
	unbound_s64(d);
	if (n == 32) {
		/* first half of the compilers' sign extension: keeps the order */
		d->smin_value = (s64)((u64)d->s32_min_value << 32);
		d->smax_value = (s64)((u64)d->s32_max_value << 32);
	}
	if (d->umax_value > 1ULL << (63 - n)) {
		unbound_u64(d);
	} else {
		d->umin_value <<= n;
		d->umax_value <<= n;
	}
	lsh_range32(d, n);
	d->var_off = tnum_lshift(d->var_off, n);
	vrf_update_reg_bounds(d);
}

/* The sign is lost or in the unsigned range: signed ranges come back through sync. */
static void rsh32(struct bpf_reg_state *d, u64 n)
{
	d->var_off = tnum_rshift(tnum_subreg(d->var_off), n);
	d->u32_min_value >>= n;
	d->u32_max_value >>= n;
	unbound_s32(d);
	unbound_64(d);
	vrf_update_reg32_bounds(d);
}

static void rsh64(struct bpf_reg_state *d, u64 n)
{
	d->var_off = tnum_rshift(d->var_off, n);
	d->umin_value >>= n;
	d->umax_value >>= n;
	unbound_s64(d);
	vrf_mark_reg32_unbounded(d);
	vrf_update_reg_bounds(d);
}

static void arsh32(struct bpf_reg_state *d, u64 n)
{
	d->var_off = tnum_arshift(tnum_subreg(d->var_off), n, 32);
	d->s32_min_value >>= n;
	d->s32_max_value >>= n;
	unbound_u32(d);
	unbound_64(d);
	vrf_update_reg32_bounds(d);
}

static void arsh64(struct bpf_reg_state *d, u64 n)
{
	d->var_off = tnum_arshift(d->var_off, n, 64);
	d->smin_value >>= n;
	d->smax_value >>= n;
	unbound_u64(d);
	vrf_mark_reg32_unbounded(d);
	vrf_update_reg_bounds(d);
}

bool vrf_scalar_op_is_computable(const struct bpf_insn *insn, const struct bpf_reg_state *src)
{
	bool alu32 = BPF_CLASS(insn->code) != BPF_ALU64;
	bool is_const;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		break;
	default:
		return false;
	}
	if (alu32)
		is_const = tnum_subreg_is_const(src->var_off) &&
			   src->s32_min_value == src->s32_max_value &&
			   src->u32_min_value == src->u32_max_value;
	else
		is_const = tnum_is_const(src->var_off) && src->smin_value == src->smax_value &&
			   src->umin_value == src->umax_value;
	return is_const && src->umax_value < (alu32 ? 32 : 64);
}

void vrf_scalar_op(struct bpf_reg_state *dst, const struct bpf_reg_state *src, u8 opcode,
		   bool alu32)
{
	u64 n = alu32 ? src->u32_min_value : src->umin_value;

	switch (opcode) {
	case BPF_ADD:
		vrf_scalar_add(dst, src);
		break;
	case BPF_SUB:
		sub(dst, src);
		break;
	case BPF_MUL:
		mul(dst, src);
		break;
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		bitwise(dst, src, opcode);
		break;
	case BPF_LSH:
		alu32 ? lsh32(dst, n) : lsh64(dst, n);
		break;
	case BPF_RSH:
		alu32 ? rsh32(dst, n) : rsh64(dst, n);
		break;
	case BPF_ARSH:
		alu32 ? arsh32(dst, n) : arsh64(dst, n);
		break;
	}
	if (alu32)
		vrf_zext_32_to_64(dst);
	vrf_reg_bounds_sync(dst);
}
