/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tristate numbers: what is known of each bit of a 64-bit value. A bit is
 * unknown where @mask has it, and otherwise as in @value. Well-formed: value &
 * mask == 0. Every operation over-approximates: whatever concrete values the
 * operands stand for, the concrete result is a member of the abstract one.
 */
#ifndef VERIFIER_TNUM_H
#define VERIFIER_TNUM_H

#include "base/base.h"

struct tnum {
	u64 value;
	u64 mask;
};

#define TNUM(_v, _m) ((struct tnum){ .value = (_v), .mask = (_m) })
#define tnum_unknown TNUM(0, ~0ULL)

static inline struct tnum tnum_const(u64 value)
{
	return TNUM(value, 0);
}

static inline bool tnum_is_const(struct tnum a)
{
	return !a.mask;
}

static inline bool tnum_equals_const(struct tnum a, u64 b)
{
	return !a.mask && a.value == b;
}

static inline bool tnum_is_unknown(struct tnum a)
{
	return !~a.mask;
}

/* Smallest tnum that contains [min, max] as far as a common prefix tells. */
struct tnum tnum_range(u64 min, u64 max);

struct tnum tnum_lshift(struct tnum a, u8 shift);
struct tnum tnum_rshift(struct tnum a, u8 shift);
struct tnum tnum_arshift(struct tnum a, u8 min_shift, u8 insn_bitness);
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_neg(struct tnum a);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);

/* Can both stand for the same value? */
bool tnum_overlap(struct tnum a, struct tnum b);
/* Values that satisfy both; only meaningful if they overlap. */
struct tnum tnum_intersect(struct tnum a, struct tnum b);
/* All but the lowest @size bytes cleared. */
struct tnum tnum_cast(struct tnum a, u8 size);
/* Is every value a multiple of @size (a power of two)? */
bool tnum_is_aligned(struct tnum a, u64 size);
/* Is every value of @b one of @a? */
bool tnum_in(struct tnum a, struct tnum b);

struct tnum tnum_subreg(struct tnum a);
struct tnum tnum_clear_subreg(struct tnum a);
struct tnum tnum_with_subreg(struct tnum reg, struct tnum subreg);
struct tnum tnum_const_subreg(struct tnum a, u32 value);

static inline bool tnum_subreg_is_const(struct tnum a)
{
	return !(u32)a.mask;
}

#endif
