/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Helpers that need no map: the world, strings, dynptrs, callbacks. */
#include "fake_env.h"

static void test_world(void **state)
{
	struct world w;
	struct run_ctx rc;
	char comm[16];

	world_init(&w, &rc);
	assert_int_equal(helper_ktime_get_ns(0, 0, 0, 0, 0, &rc), 1000000000);
	assert_int_equal(helper_ktime_get_boot_ns(0, 0, 0, 0, 0, &rc), 1000001000);
	assert_int_equal(helper_jiffies64(0, 0, 0, 0, 0, &rc), 250);
	assert_int_equal(helper_get_prandom_u32(0, 0, 0, 0, 0, &rc), 44);
	assert_int_equal(helper_get_smp_processor_id(0, 0, 0, 0, 0, &rc), 2);
	assert_int_equal(helper_get_numa_node_id(0, 0, 0, 0, 0, &rc), 0);
	assert_int_equal(helper_get_current_pid_tgid(0, 0, 0, 0, 0, &rc), 11ULL << 32 | 11);
	assert_ptr_equal((void *)helper_get_current_task(0, 0, 0, 0, 0, &rc), &w.tasks[1]);
	assert_int_equal(helper_get_current_comm((u64)comm, 16, 0, 0, 0, &rc), 0);
	assert_string_equal(comm, "task1");
	assert_int_equal(helper_get_current_comm((u64)comm, 3, 0, 0, 0, &rc), 0);
	assert_string_equal(comm, "ta");
	rc.current = NULL;
	assert_int_equal((s64)helper_get_current_pid_tgid(0, 0, 0, 0, 0, &rc), -EINVAL);
	assert_int_equal(helper_per_cpu_ptr(1, 4, 0, 0, 0, &rc), 0);
}

static void test_trace(void **state)
{
	const u64 args[] = { 1, 2, 3, 4 };
	struct world w;
	struct run_ctx rc;
	char out[8];

	world_init(&w, &rc);
	assert_int_equal(helper_trace_printk((u64)"a=%d b=%d\n", 11, 7, 8, 0, &rc), 8);
	assert_string_equal(w.line, "2: a=7 b=8");
	assert_int_equal((s64)helper_trace_printk((u64)"%d%d%d%d", 9, 0, 0, 0, &rc), -EINVAL);
	assert_int_equal(helper_trace_vprintk((u64)"%d%d%d%d", 9, (u64)args, 32, 0, &rc), 4);
	assert_string_equal(w.line, "2: 1234");
	assert_int_equal((s64)helper_trace_vprintk((u64)"%d", 3, (u64)args, 7, 0, &rc), -EINVAL);
	assert_int_equal((s64)helper_trace_vprintk((u64)"%d", 3, 0, 8, 0, &rc), -EINVAL);
	assert_int_equal(helper_snprintf((u64)out, 8, (u64)"%d", (u64)args, 8, &rc), 2);
	assert_string_equal(out, "1");
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		u64 base;
		s64 ret, value; /* strtol */
		s64 uret;
		u64 uvalue; /* strtoul */
	} cases[] = {
		{ "42x", 10, 2, 42, 2, 42 },
		{ "  -7 ", 0, 4, -7, -EINVAL, 0 },
		{ "0x1F", 0, 4, 31, 4, 31 },
		{ "0x1F", 16, 4, 31, 4, 31 },
		{ "017", 0, 3, 15, 3, 15 },
		{ "9", 8, -EINVAL, 0, -EINVAL, 0 },
		{ "5", 7, -EINVAL, 0, -EINVAL, 0 },
		{ "5", 64, -EINVAL, 0, -EINVAL, 0 },
		{ "zz", 10, -EINVAL, 0, -EINVAL, 0 },
		{ "-", 10, -EINVAL, 0, -EINVAL, 0 },
		{ "18446744073709551615", 10, -ERANGE, 0, 20, UINT64_MAX },
		{ "18446744073709551616", 10, -ERANGE, 0, -ERANGE, 0 },
		{ "-9223372036854775808", 10, 20, INT64_MIN, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 text = (u64)cases[i].text, len = strlen(cases[i].text);
		s64 v = 1;
		u64 u = 1;

		assert_int_equal((s64)helper_strtol(text, len, cases[i].base, (u64)&v, 0, NULL),
				 cases[i].ret);
		assert_int_equal(v, cases[i].value);
		assert_int_equal((s64)helper_strtoul(text, len, cases[i].base, (u64)&u, 0, NULL),
				 cases[i].uret);
		assert_int_equal(u, cases[i].uvalue);
	}
}

static void test_strings(void **state)
{
	char dst[8];

	assert_int_equal(helper_strncmp((u64)"abc", 4, (u64)"abc", 0, 0, NULL), 0);
	assert_int_equal((s64)helper_strncmp((u64)"abb", 4, (u64)"abc", 0, 0, NULL), -1);
	assert_int_equal(helper_strncmp((u64)"abd", 4, (u64)"abc", 0, 0, NULL), 1);
	assert_int_equal(helper_strncmp((u64)"abd", 2, (u64)"abc", 0, 0, NULL), 0);
	assert_int_equal(helper_probe_read_kernel_str((u64)dst, 8, (u64)"four", 0, 0, NULL), 5);
	assert_string_equal(dst, "four");
	assert_int_equal(helper_probe_read_kernel_str((u64)dst, 3, (u64)"four", 0, 0, NULL), 3);
	assert_string_equal(dst, "fo");
	assert_int_equal((s64)helper_probe_read_kernel_str((u64)dst, 8, 16, 0, 0, NULL), -EFAULT);
	assert_string_equal(dst, "");
	memset(dst, 1, 8);
	assert_int_equal((s64)helper_probe_read_kernel((u64)dst, 8, 16, 0, 0, NULL), -EFAULT);
	assert_int_equal(dst[7], 0);
}

static void test_dynptr(void **state)
{
	u8 mem[16] = { 0 }, out[4];
	struct bpf_dynptr d, copy;
	struct run_ctx rc = { 0 };

	assert_int_equal((s64)helper_dynptr_from_mem((u64)mem, 1 << 24, 0, (u64)&d, 0, NULL), -E2BIG);
	assert_true(kf_dynptr_is_null(&d, &rc));
	assert_int_equal((s64)helper_dynptr_from_mem((u64)mem, 16, 1, (u64)&d, 0, NULL), -EINVAL);
	assert_int_equal(helper_dynptr_from_mem((u64)mem, 16, 0, (u64)&d, 0, NULL), 0);
	assert_int_equal(kf_dynptr_size(&d, &rc), 16);
	assert_int_equal(helper_dynptr_write((u64)&d, 12, (u64)"abcd", 4, 0, NULL), 0);
	assert_int_equal((s64)helper_dynptr_write((u64)&d, 13, (u64)"abcd", 4, 0, NULL), -E2BIG);
	assert_int_equal((s64)helper_dynptr_write((u64)&d, 0, (u64)"abcd", 4, 1, NULL), -EINVAL);
	assert_int_equal(helper_dynptr_read((u64)out, 4, (u64)&d, 12, 0, NULL), 0);
	assert_memory_equal(out, "abcd", 4);
	assert_ptr_equal((void *)helper_dynptr_data((u64)&d, 4, 12, 0, 0, NULL), mem + 4);
	assert_int_equal(helper_dynptr_data((u64)&d, 5, 12, 0, 0, NULL), 0);
	assert_int_equal(kf_dynptr_adjust(&d, 4, 2, &rc), -EINVAL);
	assert_int_equal(kf_dynptr_adjust(&d, 4, 17, &rc), -ERANGE);
	assert_int_equal(kf_dynptr_adjust(&d, 12, 16, &rc), 0);
	assert_int_equal(kf_dynptr_size(&d, &rc), 4);
	assert_int_equal(kf_dynptr_clone(&d, &copy, &rc), 0);
	assert_memory_equal(kf_dynptr_slice(&copy, 0, NULL, 4, &rc), "abcd", 4);
	assert_ptr_equal(kf_dynptr_slice_rdwr(&copy, 1, NULL, 4, &rc), NULL);
}

/* r0 = (r1 == 5); what bpf_loop() stops at */
static const struct bpf_insn loop_prog[] = {
	CALL_WITH_CALLBACK(4),
	{ 0xb7, 0, 0, 0, 0 },
	{ 0x55, 1, 0, 1, 5 },
	{ 0xb7, 0, 0, 0, 1 },
	{ 0x95, 0, 0, 0, 0 },
};

static u64 loop_ten(u64 cb, u64 r2, u64 r3, u64 r4, u64 r5, struct run_ctx *rc)
{
	assert_int_equal((s64)helper_loop((8 << 20) + 1, cb, 0, 0, 0, rc), -E2BIG);
	assert_int_equal((s64)helper_loop(1, cb, 0, 1, 0, rc), -EINVAL);
	assert_int_equal(helper_loop(3, cb, 0, 0, 0, rc), 3);
	return helper_loop(10, cb, 0, 0, 0, rc);
}

static void test_loop(void **state)
{
	struct program p;
	struct run_ctx rc = { 0 };

	program_init(&p, loop_prog, ARRAY_SIZE(loop_prog), 4, loop_ten);
	assert_int_equal(run_prog(&p.prog, NULL, &rc), 6);
	program_fini(&p);
}

/* The first row with that id. */
static const struct helper_proto *row_of(const struct helper_proto *protos, size_t nr, u32 id)
{
	for (size_t i = 0; i < nr; i++)
		if (protos[i].id == id)
			return &protos[i];
	return NULL;
}

static void test_table(void **state)
{
	const struct helper_proto *protos, *p;
	u32 last = 0;
	size_t nr;

	/* ids 1 to 211 of 6.12, in order; one for several types has a row for each kind of them */
	protos = helpers_base_protos(&nr);
	for (p = protos; p < protos + nr && p->tier != HELPER_INTERNAL; p++) {
		assert_non_null(p->name);
		if (p->id == last) {
			assert_string_equal(p->name, p[-1].name);
			assert_int_equal(p->types & p[-1].types, 0);
		} else {
			assert_int_equal(p->id, last + 1);
		}
		last = p->id;
	}
	assert_int_equal(last, 211);
	for (; p < protos + nr; p++) {
		assert_int_equal(p->tier, HELPER_INTERNAL);
		assert_true(p->id > 211);
	}
	assert_string_equal(row_of(protos, nr, 156)->name, "task_storage_get");
	assert_int_equal(row_of(protos, nr, 156)->tier, HELPER_ST_OPS);
	assert_null(row_of(protos, nr, 22)->fn);
	assert_string_equal(row_of(protos, nr, 210)->arg_btf[1], "cgroup");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_world),	cmocka_unit_test(test_trace),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_dynptr),	cmocka_unit_test(test_loop),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
