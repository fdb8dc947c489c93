/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verifier/tnum.h"

/*
 * Addition and subtraction: run the operation on the smallest and on the
 * largest members. Where the two results differ, a carry out of an unknown bit
 * arrived; those bits are unknown, beside the operands' own unknown bits.
 * Multiplication adds up partial products, known and unknown parts apart
 * (Vishwanathan et al., "Sound, Precise, and Fast Abstract Interpretation with
 * Tristate Numbers").
 */

/* Normal form: unknown bits of the value are 0. */
static struct tnum normal(u64 value, u64 mask)
{
	return TNUM(value & ~mask, mask);
}

struct tnum tnum_range(u64 min, u64 max)
{
	u64 differ = min ^ max, low;

	if (!differ)
		return tnum_const(min);
	/* every bit from the highest differing one down */
	low = ~0ULL >> __builtin_clzll(differ);
	return normal(min, low);
}

struct tnum tnum_lshift(struct tnum a, u8 shift)
{
	return TNUM(a.value << shift, a.mask << shift);
}

struct tnum tnum_rshift(struct tnum a, u8 shift)
{
	return TNUM(a.value >> shift, a.mask >> shift);
}

/* An unknown sign bit is smeared over the mask, a known one over the value. */
struct tnum tnum_arshift(struct tnum a, u8 min_shift, u8 insn_bitness)
{
	if (insn_bitness == 64)
		return TNUM((u64)((s64)a.value >> min_shift), (u64)((s64)a.mask >> min_shift));
	return TNUM((u32)((s32)a.value >> min_shift), (u32)((s32)a.mask >> min_shift));
}

struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 least = a.value + b.value;
	u64 most = least + a.mask + b.mask;

	return normal(least, (least ^ most) | a.mask | b.mask);
}

struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 diff = a.value - b.value;
	u64 most = diff + a.mask, least = diff - b.mask;

	return normal(diff, (least ^ most) | a.mask | b.mask);
}

struct tnum tnum_neg(struct tnum a)
{
	return tnum_sub(tnum_const(0), a);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 ones = a.value & b.value;
	u64 maybe = (a.value | a.mask) & (b.value | b.mask);

	return TNUM(ones, maybe & ~ones);
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return TNUM(ones, (a.mask | b.mask) & ~ones);
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	return normal(a.value ^ b.value, a.mask | b.mask);
}

struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum unknown = tnum_const(0);
	u64 known = a.value * b.value;

	for (u32 bit = 0; bit < 64 && (a.value | a.mask) >> bit; bit++) {
		if (a.value >> bit & 1)
			unknown = tnum_add(unknown, TNUM(0, b.mask << bit));
		else if (a.mask >> bit & 1)
			unknown = tnum_add(unknown, TNUM(0, (b.value | b.mask) << bit));
	}
	return tnum_add(tnum_const(known), unknown);
}

bool tnum_overlap(struct tnum a, struct tnum b)
{
	return !((a.value ^ b.value) & ~(a.mask | b.mask));
}

struct tnum tnum_intersect(struct tnum a, struct tnum b)
{
	return normal(a.value | b.value, a.mask & b.mask);
}

struct tnum tnum_cast(struct tnum a, u8 size)
{
	u64 keep = size >= 8 ? ~0ULL : (1ULL << (size * 8)) - 1;

	return TNUM(a.value & keep, a.mask & keep);
}

bool tnum_is_aligned(struct tnum a, u64 size)
{
	return !size || !((a.value | a.mask) & (size - 1));
}

bool tnum_in(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && (b.value & ~a.mask) == a.value;
}

struct tnum tnum_subreg(struct tnum a)
{
	return TNUM((u32)a.value, (u32)a.mask);
}

struct tnum tnum_clear_subreg(struct tnum a)
{
	return TNUM(a.value >> 32 << 32, a.mask >> 32 << 32);
}

struct tnum tnum_with_subreg(struct tnum reg, struct tnum subreg)
{
	return tnum_or(tnum_clear_subreg(reg), tnum_subreg(subreg));
}

struct tnum tnum_const_subreg(struct tnum a, u32 value)
{
	return tnum_with_subreg(a, tnum_const(value));
}
