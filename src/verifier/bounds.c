/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The value part of a register: one set of 64-bit numbers, described five
 * times - a tnum, and ranges of the value read as u64, s64 and of its low half
 * read as u32, s32. Each description is an over-approximation; the set is
 * their intersection. reg_bounds_sync() lets each learn from the others.
 *
 * A range over one reading is a range over another exactly if it does not
 * cross the place where the other reading jumps: between S64_MAX and S64_MIN
 * for signed, between U64_MAX and 0 for unsigned, and where the upper half
 * changes for the 32-bit readings. All rules below are instances of that.
 *
 * Three rounds, in this order, then the tnum: the outcome is visible in logs
 * and decides which states are equal, so it is the one that Linux 6.12 has.
 */
#include "verifier/internal.h"

#define HIGH_HALF (~(u64)UINT32_MAX)

/* Intersections. An empty result is left as min > max: the path is dead, or we have a bug. */
static void meet_u64(struct bpf_reg_state *reg, u64 lo, u64 hi)
{
	reg->umin_value = max(reg->umin_value, lo);
	reg->umax_value = min(reg->umax_value, hi);
}

static void meet_s64(struct bpf_reg_state *reg, s64 lo, s64 hi)
{
	reg->smin_value = max(reg->smin_value, lo);
	reg->smax_value = min(reg->smax_value, hi);
}

static void meet_u32(struct bpf_reg_state *reg, u32 lo, u32 hi)
{
	reg->u32_min_value = max(reg->u32_min_value, lo);
	reg->u32_max_value = min(reg->u32_max_value, hi);
}

static void meet_s32(struct bpf_reg_state *reg, s32 lo, s32 hi)
{
	reg->s32_min_value = max(reg->s32_min_value, lo);
	reg->s32_max_value = min(reg->s32_max_value, hi);
}

void vrf_mark_reg32_unbounded(struct bpf_reg_state *reg)
{
	reg->u32_min_value = 0;
	reg->u32_max_value = UINT32_MAX;
	reg->s32_min_value = INT32_MIN;
	reg->s32_max_value = INT32_MAX;
}

void vrf_mark_reg_unbounded(struct bpf_reg_state *reg)
{
	reg->umin_value = 0;
	reg->umax_value = UINT64_MAX;
	reg->smin_value = INT64_MIN;
	reg->smax_value = INT64_MAX;
	vrf_mark_reg32_unbounded(reg);
}

static void set_u32_s32(struct bpf_reg_state *reg, u32 v)
{
	reg->u32_min_value = reg->u32_max_value = v;
	reg->s32_min_value = reg->s32_max_value = (s32)v;
}

void vrf_mark_reg_known_bounds(struct bpf_reg_state *reg, u64 imm)
{
	reg->var_off = tnum_const(imm);
	reg->umin_value = reg->umax_value = imm;
	reg->smin_value = reg->smax_value = (s64)imm;
	set_u32_s32(reg, imm);
}

void vrf_mark_reg_known(struct bpf_reg_state *reg, u64 imm)
{
	reg->off = 0;
	reg->raw.raw1 = reg->raw.raw2 = 0;
	reg->id = 0;
	reg->ref_obj_id = 0;
	reg->ctx_arg = 0;
	vrf_mark_reg_known_bounds(reg, imm);
}

void vrf_mark_reg32_known(struct bpf_reg_state *reg, u64 imm)
{
	reg->var_off = tnum_const_subreg(reg->var_off, imm);
	set_u32_s32(reg, imm);
}

void vrf_mark_reg_known_zero(struct bpf_reg_state *reg)
{
	vrf_mark_reg_known(reg, 0);
}

void vrf_mark_reg_const_zero(const struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	vrf_mark_reg_known(reg, 0);
	reg->type = SCALAR_VALUE;
	reg->precise = !env->bpf_capable;
}

void vrf_mark_reg_unknown_imprecise(struct bpf_reg_state *reg)
{
	reg->type = SCALAR_VALUE;
	reg->off = 0;
	reg->raw.raw1 = reg->raw.raw2 = 0;
	reg->id = 0;
	reg->ref_obj_id = 0;
	reg->ctx_arg = 0;
	reg->var_off = tnum_unknown;
	reg->frameno = 0;
	reg->precise = false;
	vrf_mark_reg_unbounded(reg);
}

/* Without CAP_BPF every scalar is precise from birth. */
void vrf_mark_reg_unknown(const struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	vrf_mark_reg_unknown_imprecise(reg);
	reg->precise = !env->bpf_capable;
}

void vrf_mark_reg_not_init(const struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	vrf_mark_reg_unknown(env, reg);
	reg->type = NOT_INIT;
}

void vrf_mark_btf_ld_reg(struct bpf_verifier_env *env, struct bpf_reg_state *regs, u32 regno,
			 u32 reg_type, const struct kbtf *btf, u32 btf_id, u32 flag)
{
	struct bpf_reg_state *reg = &regs[regno];

	if (reg_type == SCALAR_VALUE) {
		vrf_mark_reg_unknown(env, reg);
		return;
	}
	vrf_mark_reg_known_zero(reg);
	reg->type = PTR_TO_BTF_ID | flag;
	reg->btf = btf;
	reg->btf_id = btf_id;
	if (type_may_be_null(flag))
		reg->id = ++env->id_gen;
}

/* What the known bits say about the ranges: least with unknown bits 0, most with them 1. */
void vrf_update_reg32_bounds(struct bpf_reg_state *reg)
{
	u32 value = reg->var_off.value, mask = reg->var_off.mask;
	const u32 sign = 1U << 31;

	meet_s32(reg, (s32)(value | (mask & sign)), (s32)(value | (mask & ~sign)));
	meet_u32(reg, value, value | mask);
}

void vrf_update_reg_bounds(struct bpf_reg_state *reg)
{
	u64 value = reg->var_off.value, mask = reg->var_off.mask;
	const u64 sign = 1ULL << 63;

	vrf_update_reg32_bounds(reg);
	meet_s64(reg, (s64)(value | (mask & sign)), (s64)(value | (mask & ~sign)));
	meet_u64(reg, value, value | mask);
}

/* What a 64-bit range (of either reading) says about the low half. */
static void narrow_low_half(struct bpf_reg_state *reg, u64 lo, u64 hi)
{
	u32 lo_top = lo >> 32, hi_top = hi >> 32;
	bool signed_order = (s32)lo <= (s32)hi;

	if (lo_top == hi_top) {
		if ((u32)lo <= (u32)hi)
			meet_u32(reg, lo, hi);
		if (signed_order)
			meet_s32(reg, lo, hi);
	} else if (lo_top + 1 == hi_top && (s32)lo < 0 && (s32)hi >= 0) {
		/* wraps once, from the negative to the positive numbers */
		meet_s32(reg, lo, hi);
	}
}

static void deduce_32(struct bpf_reg_state *reg)
{
	narrow_low_half(reg, reg->umin_value, reg->umax_value);
	narrow_low_half(reg, reg->smin_value, reg->smax_value);

	if ((s32)reg->u32_min_value <= (s32)reg->u32_max_value)
		meet_s32(reg, reg->u32_min_value, reg->u32_max_value);

	if ((u32)reg->s32_min_value <= (u32)reg->s32_max_value) {
		meet_u32(reg, reg->s32_min_value, reg->s32_max_value);
	} else if (reg->u32_max_value < (u32)reg->s32_min_value) {
		/* the unsigned range only meets the non-negative arm of the signed one */
		reg->s32_min_value = (s32)reg->u32_min_value;
		reg->u32_max_value = min(reg->u32_max_value, (u32)reg->s32_max_value);
	} else if ((u32)reg->s32_max_value < reg->u32_min_value) {
		/* ... only the negative arm */
		reg->s32_max_value = (s32)reg->u32_max_value;
		reg->u32_min_value = max(reg->u32_min_value, (u32)reg->s32_min_value);
	}
}

static void deduce_64(struct bpf_reg_state *reg)
{
	if ((s64)reg->umin_value <= (s64)reg->umax_value)
		meet_s64(reg, reg->umin_value, reg->umax_value);

	if ((u64)reg->smin_value <= (u64)reg->smax_value) {
		meet_u64(reg, reg->smin_value, reg->smax_value);
	} else if (reg->umax_value < (u64)reg->smin_value) {
		reg->smin_value = (s64)reg->umin_value;
		reg->umax_value = min(reg->umax_value, (u64)reg->smax_value);
	} else if ((u64)reg->smax_value < reg->umin_value) {
		reg->smax_value = (s64)reg->umax_value;
		reg->umin_value = max(reg->umin_value, (u64)reg->smin_value);
	}
}

/* What a range of the low half says about the ends of the 64-bit ranges. */
static void tighten_ends(struct bpf_reg_state *reg, u32 lo, u32 hi)
{
	meet_u64(reg, (reg->umin_value & HIGH_HALF) | lo, (reg->umax_value & HIGH_HALF) | hi);
	meet_s64(reg, (s64)(((u64)reg->smin_value & HIGH_HALF) | lo),
		 (s64)(((u64)reg->smax_value & HIGH_HALF) | hi));
}

static void deduce_mixed(struct bpf_reg_state *reg)
{
	tighten_ends(reg, reg->u32_min_value, reg->u32_max_value);
	if ((u32)reg->s32_min_value <= (u32)reg->s32_max_value)
		tighten_ends(reg, reg->s32_min_value, reg->s32_max_value);

	/*
	 * A sign-extended 32-bit value whose low half is not negative: the upper
	 * half is 0, since with all ones the value would lie below S32_MIN.
	 */
	if (reg->s32_min_value >= 0 && reg->smin_value >= INT32_MIN &&
	    reg->smax_value <= INT32_MAX) {
		reg->smin_value = reg->s32_min_value;
		reg->smax_value = reg->s32_max_value;
		reg->umin_value = (u64)reg->s32_min_value;
		reg->umax_value = (u64)(s64)reg->s32_max_value;
		reg->var_off = tnum_intersect(reg->var_off,
					      tnum_range(reg->smin_value, reg->smax_value));
	}
}

static void tnum_from_bounds(struct bpf_reg_state *reg)
{
	struct tnum all, low;

	all = tnum_intersect(reg->var_off, tnum_range(reg->umin_value, reg->umax_value));
	low = tnum_intersect(tnum_subreg(all),
			     tnum_range(reg->u32_min_value, reg->u32_max_value));
	reg->var_off = tnum_or(tnum_clear_subreg(all), low);
}

void vrf_reg_bounds_sync(struct bpf_reg_state *reg)
{
	vrf_update_reg_bounds(reg);
	for (int round = 0; round < 3; round++) {
		deduce_32(reg);
		deduce_64(reg);
		deduce_mixed(reg);
	}
	tnum_from_bounds(reg);
	vrf_update_reg_bounds(reg);
}

static const char *invariant_broken(const struct bpf_reg_state *reg)
{
	u64 v = reg->var_off.value;
	u32 v32 = v;

	if (reg->umin_value > reg->umax_value || reg->smin_value > reg->smax_value ||
	    reg->u32_min_value > reg->u32_max_value || reg->s32_min_value > reg->s32_max_value)
		return "range bounds violation";
	if (tnum_is_const(reg->var_off) &&
	    (reg->umin_value != v || reg->umax_value != v || reg->smin_value != (s64)v ||
	     reg->smax_value != (s64)v))
		return "const tnum out of sync with range bounds";
	if (tnum_subreg_is_const(reg->var_off) &&
	    (reg->u32_min_value != v32 || reg->u32_max_value != v32 ||
	     reg->s32_min_value != (s32)v32 || reg->s32_max_value != (s32)v32))
		return "const subreg tnum out of sync with range bounds";
	return NULL;
}

/* Forgets the ranges where they contradict each other; an error only if the program asked for it. */
int vrf_reg_bounds_sanity_check(struct bpf_verifier_env *env, struct bpf_reg_state *reg,
				const char *ctx)
{
	const char *msg = invariant_broken(reg);

	if (likely(!msg))
		return 0;
	verbose(env, "REG INVARIANTS VIOLATION (%s): %s u64=[0x%llx, 0x%llx] s64=[0x%llx, 0x%llx] "
		"u32=[0x%x, 0x%x] s32=[0x%x, 0x%x] var_off=(0x%llx, 0x%llx)\n",
		ctx, msg, (unsigned long long)reg->umin_value, (unsigned long long)reg->umax_value,
		(unsigned long long)reg->smin_value, (unsigned long long)reg->smax_value,
		reg->u32_min_value, reg->u32_max_value, reg->s32_min_value, reg->s32_max_value,
		(unsigned long long)reg->var_off.value, (unsigned long long)reg->var_off.mask);
	if (env->test_reg_invariants)
		return -EFAULT;
	vrf_mark_reg_unbounded(reg);
	return 0;
}

int vrf_mark_reg_s32_range(struct bpf_verifier_env *env, struct bpf_reg_state *reg, s32 smin,
			   s32 smax)
{
	meet_s32(reg, smin, smax);
	meet_s64(reg, smin, smax);
	vrf_reg_bounds_sync(reg);
	return vrf_reg_bounds_sanity_check(env, reg, "s32_range");
}

/* After a 32-bit operation: the upper half is 0. */
void vrf_zext_32_to_64(struct bpf_reg_state *reg)
{
	reg->var_off = tnum_subreg(reg->var_off);
	reg->umin_value = reg->u32_min_value;
	reg->umax_value = reg->u32_max_value;
	if (reg->s32_min_value >= 0) {
		reg->smin_value = reg->s32_min_value;
		reg->smax_value = reg->s32_max_value;
	} else {
		reg->smin_value = 0;
		reg->smax_value = UINT32_MAX;
	}
}

/* Truncates to @size < 8 bytes, zero-extended. */
void vrf_coerce_reg_to_size(struct bpf_reg_state *reg, int size)
{
	u64 mask = (1ULL << (size * 8)) - 1;

	reg->var_off = tnum_cast(reg->var_off, size);
	if ((reg->umin_value & ~mask) == (reg->umax_value & ~mask)) {
		reg->umin_value &= mask;
		reg->umax_value &= mask;
	} else {
		reg->umin_value = 0;
		reg->umax_value = mask;
	}
	reg->smin_value = (s64)reg->umin_value;
	reg->smax_value = (s64)reg->umax_value;
	/* at 4 bytes the 32-bit ranges stay true; below, start again from the 64-bit ones */
	if (size < 4)
		vrf_mark_reg32_unbounded(reg);
	vrf_reg_bounds_sync(reg);
}

static s64 sign_extend(u64 v, int size)
{
	int unused_bits = 64 - size * 8;

	return (s64)(v << unused_bits) >> unused_bits;
}

/*
 * Both ends of [min, max] sign-extended from @size bytes. True if the result
 * is a range: nothing above the low part varies, and the sign is one.
 */
static bool sign_extend_range(s64 min, s64 max, int size, s64 *lo, s64 *hi)
{
	s64 a = sign_extend(min, size), b = sign_extend(max, size);

	if ((u64)min >> (size * 8) != (u64)max >> (size * 8) || (a < 0) != (b < 0))
		return false;
	*lo = min(a, b);
	*hi = max(a, b);
	return true;
}

/* Truncates to @size < 8 bytes, sign-extended to 64 bits. */
void vrf_coerce_reg_to_size_sx(struct bpf_reg_state *reg, int size)
{
	s64 lo, hi;

	if (tnum_is_const(reg->var_off)) {
		vrf_mark_reg_known_bounds(reg, sign_extend(reg->var_off.value, size));
		return;
	}
	if (sign_extend_range(reg->smin_value, reg->smax_value, size, &lo, &hi)) {
		reg->smin_value = lo;
		reg->smax_value = hi;
		reg->umin_value = (u64)lo;
		reg->umax_value = (u64)hi;
		reg->s32_min_value = lo;
		reg->s32_max_value = hi;
		reg->u32_min_value = lo;
		reg->u32_max_value = hi;
		reg->var_off = tnum_range(lo, hi);
		return;
	}
	vrf_mark_reg_unbounded(reg);
	reg->smin_value = sign_extend(1ULL << (size * 8 - 1), size);
	reg->smax_value = (1LL << (size * 8 - 1)) - 1;
	reg->s32_min_value = reg->smin_value;
	reg->s32_max_value = reg->smax_value;
	reg->var_off = tnum_unknown;
}

/* The same within the low half, from 1 or 2 bytes. */
void vrf_coerce_subreg_to_size_sx(struct bpf_reg_state *reg, int size)
{
	s64 lo, hi;

	if (tnum_is_const(reg->var_off)) {
		s64 v = sign_extend(reg->var_off.value, size);

		reg->var_off = tnum_const(v);
		set_u32_s32(reg, v);
		return;
	}
	if (sign_extend_range(reg->s32_min_value, reg->s32_max_value, size, &lo, &hi)) {
		reg->s32_min_value = lo;
		reg->s32_max_value = hi;
		reg->u32_min_value = lo;
		reg->u32_max_value = hi;
		reg->var_off = tnum_subreg(tnum_range(lo, hi));
		return;
	}
	vrf_mark_reg32_unbounded(reg);
	reg->s32_min_value = sign_extend(1ULL << (size * 8 - 1), size);
	reg->s32_max_value = (1 << (size * 8 - 1)) - 1;
	reg->var_off = tnum_subreg(tnum_unknown);
}
