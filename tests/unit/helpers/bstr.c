/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "helpers/helpers.h"

static void test_formats(void **state)
{
	static const u8 ip4[] = { 10, 0, 200, 7 };
	static const struct {
		const char *fmt;
		u64 args[4];
		const char *text;
	} cases[] = {
		{ "plain", { 0 }, "plain" },
		{ "100%%", { 0 }, "100%" },
		{ "%d %u", { (u64)-1, (u64)-1 }, "-1 4294967295" },
		{ "%d", { 0x1ffffffffULL }, "-1" },
		{ "%ld %llu", { (u64)-1, (u64)-1 }, "-1 18446744073709551615" },
		{ "%lx %X", { 0xfedcba9876543210, 0xabc }, "fedcba9876543210 ABC" },
		{ "[%5d|%-5d|%05d|%+d]", { 42, 42, 42, 42 }, "[   42|42   |00042|+42]" },
		{ "%i%%", { 7 }, "7%" },
		{ "<%s>", { (u64)"text" }, "<text>" },
		{ "%s,%s", { (u64)"a", 0 }, "a," },
		{ "%8s.", { (u64)"x" }, "       x." },
		{ "%pks %pus", { (u64)"k", (u64)"u" }, "k u" },
		{ "%c%c", { 'o', 'k' }, "ok" },
		{ "%p", { 0x1234 }, "(____ptrval____)" },
		{ "%px", { 0x1234 }, "0000000000001234" },
		{ "%pI4 %pi4", { (u64)ip4, (u64)ip4 }, "10.0.200.7 010.000.200.007" },
		{ "%s", { 0xdead000000000000 }, "" },
		{ "tab\tand\n", { 0 }, "tab\tand\n" },
		{ "caf\xc3\xa9", { 0 }, "caf\xc3\xa9" },
	};
	char out[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *fmt = cases[i].fmt;

		assert_int_equal(helpers_bstr_format(out, sizeof(out), fmt, (u32)strlen(fmt) + 1,
						     cases[i].args, 4),
				 strlen(cases[i].text) + 1);
		assert_string_equal(out, cases[i].text);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = { "%", "%y", "%n", "%f", "%s%", "%sx", "%.3d", "%*d",
					   "%lld%h", "%pI5", "%pz", "%pksx", "\x01", "%lc", "%\xc3" };
	const u64 args[4] = { (u64)"", (u64)"", 0, 0 };
	char out[16] = "unset";

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(helpers_bstr_format(out, sizeof(out), bad[i],
						     (u32)strlen(bad[i]) + 1, args, 4),
				 -EINVAL);
		assert_string_equal(out, "");
		assert_int_equal(helpers_bstr_check(bad[i], (u32)strlen(bad[i]) + 1, 4), -EINVAL);
	}
	/* more conversions than arguments, and no NUL within the size */
	assert_int_equal(helpers_bstr_check("%d %d", 6, 1), -EINVAL);
	assert_int_equal(helpers_bstr_check("%d %d", 6, 2), 0);
	assert_int_equal(helpers_bstr_check("abc", 3, 0), -EINVAL);
}

static void test_cut(void **state)
{
	const u64 args[] = { 123456 };
	char out[5];

	assert_int_equal(helpers_bstr_format(out, sizeof(out), "%d!", 4, args, 1), 8);
	assert_string_equal(out, "1234");
	assert_int_equal(helpers_bstr_format(NULL, 0, "%d!", 4, args, 1), 8);
	/* a width beyond all bounds is as large as Linux has them */
	assert_int_equal(helpers_bstr_format(out, sizeof(out), "%99999999999d", 14, args, 1),
			 (1 << 23));
	assert_string_equal(out, "    ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
