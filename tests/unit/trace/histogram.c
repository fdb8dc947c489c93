/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "trace/histogram.h"

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void test_empty(void **state)
{
	struct histogram h = {};

	assert_int_equal(histogram_quantile(&h, 500), 0);
	assert_int_equal(h.max, 0);
	histogram_fini(&h);
}

static void test_small_values_are_exact(void **state)
{
	struct histogram h = {};

	for (u64 v = 0; v < 128; v++)
		assert_int_equal(histogram_add(&h, v), 0);
	for (u32 permille = 1; permille <= 1000; permille++)
		assert_int_equal(histogram_quantile(&h, permille), (128 * permille + 999) / 1000 - 1);
	histogram_fini(&h);
}

static void test_extremes(void **state)
{
	struct histogram h = {};

	assert_int_equal(histogram_add(&h, UINT64_MAX), 0);
	assert_true(histogram_quantile(&h, 500) == UINT64_MAX);
	assert_int_equal(histogram_add(&h, 0), 0);
	assert_int_equal(histogram_quantile(&h, 1), 0);
	assert_true(h.max == UINT64_MAX && h.min == 0);
	histogram_fini(&h);
}

/* Against the sorted values, for samples of very different spread. */
static void test_relative_error(void **state)
{
	enum { N = 20000 };
	u64 *values = calloc(N, sizeof(*values));
	struct rng r;

	rng_init(&r, 7, 0);
	for (u32 bits = 4; bits <= 62; bits += 2) {
		struct histogram h = {};

		for (u32 i = 0; i < N; i++) {
			values[i] = rng_u64(&r) >> (64 - bits) >> rng_below(&r, bits);
			assert_int_equal(histogram_add(&h, values[i]), 0);
		}
		qsort(values, N, sizeof(*values), compare_u64);
		for (u32 permille = 1; permille <= 1000; permille++) {
			u64 want = values[((u64)N * permille + 999) / 1000 - 1];
			u64 got = histogram_quantile(&h, permille);
			u64 off = got > want ? got - want : want - got;

			assert_true(off <= want >> HISTOGRAM_BITS);
		}
		assert_true(h.max == values[N - 1] && h.min == values[0]);
		assert_int_equal(h.count, N);
		histogram_fini(&h);
	}
	free(values);
}

static void test_merge(void **state)
{
	struct histogram a = {}, b = {}, both = {};
	struct rng r;

	rng_init(&r, 8, 0);
	for (u32 i = 0; i < 1000; i++) {
		u64 v = rng_below(&r, 1ULL << (i % 40 + 1));

		assert_int_equal(histogram_add(i % 3 ? &a : &b, v), 0);
		assert_int_equal(histogram_add(&both, v), 0);
	}
	assert_int_equal(histogram_merge(&a, &b), 0);
	assert_int_equal(a.count, both.count);
	assert_true(a.sum == both.sum && a.min == both.min && a.max == both.max);
	for (u32 permille = 1; permille <= 1000; permille++)
		assert_true(histogram_quantile(&a, permille) ==
			    histogram_quantile(&both, permille));
	histogram_fini(&a);
	histogram_fini(&b);
	histogram_fini(&both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_relative_error),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
