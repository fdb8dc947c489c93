/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every operation on tristate numbers against brute force: all numbers of
 * BITS bits, known and unknown, with all the values that they stand for. The
 * results must contain every concrete result, and those that can be exact must
 * contain nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "verifier/tnum.h"

#define BITS 5
#define LIMIT (1u << BITS)

static bool contains(struct tnum t, u64 v)
{
	return (v & ~t.mask) == t.value;
}

/* The smallest tnum that contains what was added. */
struct join {
	u64 zeros, ones; /* bits seen as 0, as 1 */
};

static void join_add(struct join *j, u64 v)
{
	j->zeros |= ~v;
	j->ones |= v;
}

static struct tnum join_get(const struct join *j)
{
	u64 mask = j->zeros & j->ones;

	return TNUM(j->ones & ~mask, mask);
}

static u64 op_add(u64 a, u64 b) { return a + b; }
static u64 op_sub(u64 a, u64 b) { return a - b; }
static u64 op_and(u64 a, u64 b) { return a & b; }
static u64 op_or(u64 a, u64 b) { return a | b; }
static u64 op_xor(u64 a, u64 b) { return a ^ b; }
static u64 op_mul(u64 a, u64 b) { return a * b; }

static const struct {
	const char *name;
	u64 (*concrete)(u64, u64);
	struct tnum (*abstract)(struct tnum, struct tnum);
	bool exact;
} binary[] = {
	{ "add", op_add, tnum_add, true }, { "sub", op_sub, tnum_sub, true },
	{ "and", op_and, tnum_and, true }, { "or", op_or, tnum_or, true },
	{ "xor", op_xor, tnum_xor, true }, { "mul", op_mul, tnum_mul, false },
};

#define for_each_tnum(t)                                                                           \
	for (u32 _m = 0; _m < LIMIT; _m++)                                                         \
		for (u32 _v = 0; _v < LIMIT; _v++)                                                 \
			if (!(_v & _m) && ((t = TNUM(_v, _m)), true))

static void check_pair(size_t op, struct tnum a, struct tnum b)
{
	struct tnum got = binary[op].abstract(a, b);
	struct join all = { 0 };

	assert_int_equal(got.value & got.mask, 0);
	for (u64 x = 0; x < LIMIT; x++) {
		if (!contains(a, x))
			continue;
		for (u64 y = 0; y < LIMIT; y++) {
			if (!contains(b, y))
				continue;
			if (!contains(got, binary[op].concrete(x, y)))
				fail_msg("%s: %#lx op %#lx is not in (%#lx; %#lx)", binary[op].name,
					 x, y, got.value, got.mask);
			join_add(&all, binary[op].concrete(x, y));
		}
	}
	if (binary[op].exact) {
		assert_int_equal(got.value, join_get(&all).value);
		assert_int_equal(got.mask, join_get(&all).mask);
	}
}

static void test_binary(void **state)
{
	for (size_t op = 0; op < ARRAY_SIZE(binary); op++) {
		struct tnum a;

		for_each_tnum(a) {
			for (u32 m = 0; m < LIMIT; m++)
				for (u32 v = 0; v < LIMIT; v++)
					if (!(v & m))
						check_pair(op, a, TNUM(v, m));
		}
	}
}

static void test_shifts(void **state)
{
	struct tnum t;

	for_each_tnum(t) {
		/* the same bits, at the top of both widths, for the sign */
		struct tnum top = tnum_lshift(t, 64 - BITS), top32 = tnum_lshift(t, 32 - BITS);

		for (u64 x = 0; x < LIMIT; x++) {
			u64 hi = x << (64 - BITS);
			u32 hi32 = x << (32 - BITS);

			if (!contains(t, x))
				continue;
			for (u8 n = 0; n < 32; n++) {
				assert_true(contains(tnum_lshift(t, n), x << n));
				assert_true(contains(tnum_rshift(top, n), hi >> n));
				assert_true(contains(tnum_arshift(top, n, 64), (s64)hi >> n));
				assert_true(contains(tnum_arshift(top32, n, 32),
						     (u32)((s32)hi32 >> n)));
			}
		}
		assert_int_equal(tnum_arshift(top, 3, 64).mask, (u64)((s64)top.mask >> 3));
	}
}

static void test_range(void **state)
{
	for (u64 lo = 0; lo < 2 * LIMIT; lo++)
		for (u64 hi = lo; hi < 2 * LIMIT; hi++) {
			struct tnum t = tnum_range(lo, hi);
			struct join ends = { 0 };

			for (u64 v = lo; v <= hi; v++) {
				assert_true(contains(t, v));
				join_add(&ends, v);
			}
			/* a common prefix, then nothing known: as Linux rounds it */
			assert_true(tnum_in(t, join_get(&ends)));
			assert_true(t.mask < 2 * (lo ^ hi) || lo == hi);
		}
	assert_true(tnum_is_unknown(tnum_range(0, ~0ULL)));
	assert_true(tnum_is_unknown(tnum_range(1, 1ULL << 63)));
	assert_true(tnum_equals_const(tnum_range(7, 7), 7));
}

static void check_relations(struct tnum a, struct tnum b)
{
	bool overlap = false, subset = true;
	struct join both = { 0 };

	for (u64 x = 0; x < LIMIT; x++) {
		if (contains(b, x) && !contains(a, x))
			subset = false;
		if (contains(a, x) && contains(b, x)) {
			overlap = true;
			join_add(&both, x);
		}
	}
	assert_int_equal(tnum_overlap(a, b), overlap);
	assert_int_equal(tnum_in(a, b), subset);
	if (overlap) {
		struct tnum t = tnum_intersect(a, b);

		assert_int_equal(t.value, join_get(&both).value);
		assert_int_equal(t.mask, join_get(&both).mask);
	}
}

static void test_relations(void **state)
{
	struct tnum a;

	for_each_tnum(a) {
		for (u32 m = 0; m < LIMIT; m++)
			for (u32 v = 0; v < LIMIT; v++)
				if (!(v & m))
					check_relations(a, TNUM(v, m));
		for (u64 size = 1; size <= 16; size *= 2) {
			bool aligned = true;

			for (u64 x = 0; x < LIMIT; x++)
				aligned &= !contains(a, x) || x % size == 0;
			assert_int_equal(tnum_is_aligned(a, size), aligned);
		}
	}
}

static void test_subreg(void **state)
{
	struct tnum t = TNUM(0x1034567800000001, 0x0f0000000000f000);

	assert_int_equal(tnum_subreg(t).value, 1);
	assert_int_equal(tnum_subreg(t).mask, 0xf000);
	assert_int_equal(tnum_clear_subreg(t).value, 0x1034567800000000);
	assert_int_equal(tnum_const_subreg(t, 7).mask, 0x0f00000000000000);
	assert_int_equal((u32)tnum_const_subreg(t, 7).value, 7);
	assert_int_equal(tnum_cast(TNUM(0xabcd, 0x1010000), 1).value, 0xcd);
	assert_int_equal(tnum_cast(TNUM(0xabcd, 0x1010000), 1).mask, 0);
	assert_int_equal(tnum_neg(tnum_const(5)).value, (u64)-5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binary),	  cmocka_unit_test(test_shifts),
		cmocka_unit_test(test_range),	  cmocka_unit_test(test_relations),
		cmocka_unit_test(test_subreg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
