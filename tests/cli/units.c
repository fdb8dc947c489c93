/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line's small tools: durations, tables, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/jsonw.h"
#include "cli/table.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		u64 ns;
	} good[] = {
		{ "5s", 5000000000 },	 { "5", 5000000000 },	 { "250ms", 250000000 },
		{ "1.5s", 1500000000 },	 { "7us", 7000 },	 { "9ns", 9 },
		{ "2 min", 120000000000 }, { "0.000001s", 1000 }, { "1h", 3600000000000 },
		{ "1.0000000019s", 1000000001 },
	};
	static const char *const bad[] = { "",	 "s",	"5x",	"-1s", "0",   "0s",  "1.s.", "5 s s",
					   ".5s", "99999999999999999999s", "1e3s", "0.1ns", "300000000h" };
	u64 ns;

	for (u32 i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(cli_parse_duration(good[i].text, NULL, &ns), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err_msg e = {};

		assert_int_equal(cli_parse_duration(bad[i], &e, &ns), -EINVAL);
		assert_true(e.text[0]);
	}
}

static void test_numbers(void **state)
{
	static const char *const bad[] = { "", "x", "1x", "-1", " 1", "101", "99999999999999999999" };
	u64 n;

	assert_int_equal(cli_parse_u64("0x10", 0, 100, NULL, &n), 0);
	assert_int_equal(n, 16);
	assert_int_equal(cli_parse_u64("18446744073709551615", 0, UINT64_MAX, NULL, &n), 0);
	assert_true(n == UINT64_MAX);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(cli_parse_u64(bad[i], 0, 100, NULL, &n), -EINVAL);
}

static void test_times(void **state)
{
	static const struct {
		u64 ns;
		const char *text;
	} rows[] = {
		{ 0, "0 ns" },		     { 999, "999 ns" },	      { 1000, "1.00 us" },
		{ 9994, "9.99 us" },	     { 9996, "10.0 us" },     { 99940, "99.9 us" },
		{ 99960, "100 us" },	     { 999499, "999 us" },    { 999500, "1.00 ms" },
		{ 1500000000, "1.50 s" },    { 123456789012, "123 s" },
	};
	char buf[TABLE_TIME_LEN];

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(table_time(rows[i].ns, buf), rows[i].text);
}

static void test_counts(void **state)
{
	char buf[TABLE_COUNT_LEN];

	assert_string_equal(table_count(0, buf), "0");
	assert_string_equal(table_count(999, buf), "999");
	assert_string_equal(table_count(1000, buf), "1,000");
	assert_string_equal(table_count(UINT64_MAX, buf), "18,446,744,073,709,551,615");
}

static void test_table(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct table t;

	table_init(&t, "rl");
	table_cell(&t, "N");
	table_cell(&t, "NAME");
	table_cell(&t, "%d", 12345);
	table_cell(&t, "a");
	table_cell(&t, "%d", 6);
	table_cell(&t, "longer");
	assert_int_equal(table_print(&t, f), 0);
	fclose(f);
	assert_string_equal(text, "      N  NAME\n"
				  "  12345  a\n"
				  "      6  longer\n");
	free(text);
}

static void test_json(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct jsonw j;

	jsonw_init(&j, f);
	jsonw_object(&j, NULL, JSONW_LINES);
	jsonw_string(&j, "s", "a\"b\\c\n\t\x01\x7f\xc3\xa9\xff\xf0\x9f\x99\x82\xe2\x82");
	jsonw_string(&j, "null", NULL);
	jsonw_u64(&j, "u", UINT64_MAX);
	jsonw_s64(&j, "i", INT64_MIN);
	jsonw_double(&j, "d", 0.5);
	jsonw_array(&j, "empty", JSONW_LINES);
	jsonw_end_array(&j);
	jsonw_array(&j, "lines", JSONW_LINES);
	jsonw_object(&j, NULL, JSONW_INLINE);
	jsonw_u64(&j, "a", 1);
	jsonw_u64(&j, "b", 2);
	jsonw_end_object(&j);
	jsonw_u64(&j, NULL, 3);
	jsonw_end_array(&j);
	jsonw_end_object(&j);
	fclose(f);
	assert_string_equal(text,
			    "{\n"
			    "  \"s\": \"a\\\"b\\\\c\\n\\t\\u0001\\u007f\xc3\xa9\\ufffd\xf0\x9f\x99\x82"
			    "\\ufffd\\ufffd\",\n"
			    "  \"null\": null,\n"
			    "  \"u\": 18446744073709551615,\n"
			    "  \"i\": -9223372036854775808,\n"
			    "  \"d\": 0.500000,\n"
			    "  \"empty\": [],\n"
			    "  \"lines\": [\n"
			    "    {\"a\": 1, \"b\": 2},\n"
			    "    3\n"
			    "  ]\n"
			    "}\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),	  cmocka_unit_test(test_counts),
		cmocka_unit_test(test_table),	  cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
