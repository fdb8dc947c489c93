/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "isa/disasm.h"
#include "isa/opcodes.h"

static const char *name_call(void *priv, const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_CALL)
		return NULL;
	return insn->imm == 1 ? "bpf_map_lookup_elem" : NULL;
}

static void test_text(void **state)
{
	static const struct {
		struct bpf_insn insn[2];
		const char *text;
	} cases[] = {
		{ { { 0xbf, 6, 1, 0, 0 } }, "(bf) r6 = r1" },
		{ { { 0xbc, 2, 1, 0, 0 } }, "(bc) w2 = w1" },
		{ { { 0xbf, 2, 1, 8, 0 } }, "(bf) r2 = (s8)r1" },
		{ { { 0xbf, 2, 1, 32, 0 } }, "(bf) r2 = (s32)r1" },
		{ { { 0xb7, 0, 0, 0, -1 } }, "(b7) r0 = -1" },
		{ { { 0x0c, 0, 1, 0, 0 } }, "(0c) w0 += w1" },
		{ { { 0xcf, 0, 1, 0, 0 } }, "(cf) r0 s>>= r1" },
		{ { { 0x3f, 0, 1, 1, 0 } }, "(3f) r0 s/= r1" },
		{ { { 0x87, 3, 0, 0, 0 } }, "(87) r3 = -r3" },
		{ { { 0xdc, 3, 0, 0, 16 } }, "(dc) r3 = be16 r3" },
		{ { { 0xd7, 3, 0, 0, 64 } }, "(d7) r3 = bswap64 r3" },
		{ { { 0x79, 1, 10, -8, 0 } }, "(79) r1 = *(u64 *)(r10 -8)" },
		{ { { 0x81, 1, 2, 4, 0 } }, "(81) r1 = *(s32 *)(r2 +4)" },
		{ { { 0x7b, 10, 1, -8, 0 } }, "(7b) *(u64 *)(r10 -8) = r1" },
		{ { { 0x62, 1, 0, 0, 7 } }, "(62) *(u32 *)(r1 +0) = 7" },
		{ { { 0xdb, 1, 2, 0, 0 } }, "(db) lock *(u64 *)(r1 +0) += r2" },
		{ { { 0xc3, 1, 2, 0, 0x51 } }, "(c3) r2 = atomic_fetch_and((u32 *)(r1 +0), r2)" },
		{ { { 0xdb, 1, 2, 0, 0xe1 } }, "(db) r2 = atomic64_xchg((u64 *)(r1 +0), r2)" },
		{ { { 0xdb, 1, 2, 0, 0xf1 } }, "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)" },
		{ { { 0x65, 1, 0, 3, 5 } }, "(65) if r1 s> 0x5 goto pc+3" },
		{ { { 0x16, 1, 0, -3, -1 } }, "(16) if w1 == 0xffffffff goto pc-3" },
		{ { { 0x1d, 1, 2, 3, 0 } }, "(1d) if r1 == r2 goto pc+3" },
		{ { { 0x05, 0, 0, -2, 0 } }, "(05) goto pc-2" },
		{ { { 0x06, 0, 0, 0, 70000 } }, "(06) gotol pc+70000" },
		{ { { 0xe5, 0, 0, 4, 0 } }, "(e5) may_goto pc+4" },
		{ { { 0x85, 0, 0, 0, 1 } }, "(85) call bpf_map_lookup_elem#1" },
		{ { { 0x85, 0, 0, 0, 9999 } }, "(85) call unknown#9999" },
		{ { { 0x85, 0, 1, 0, 12 } }, "(85) call pc+12" },
		{ { { 0x85, 0, 2, 0, 77 } }, "(85) call kernel-function#77" },
		{ { { 0x95, 0, 0, 0, 0 } }, "(95) exit" },
		{ { { 0x18, 1, 0, 0, 1 }, { 0, 0, 0, 0, 2 } }, "(18) r1 = 0x200000001" },
		{ { { 0x18, 1, 1, 0, 1 }, { 0, 0, 0, 0, 2 } }, "(18) r1 = 0x0" },
		{ { { 0x30, 0, 0, 0, 4 } }, "(30) r0 = *(u8 *)skb[4]" },
		{ { { 0xdb, 1, 2, 0, 0x33 } }, "BUG_db" },
		{ { { 0xff, 1, 2, 0, 0 } }, "BUG_alu64_ff" },
	};
	struct disasm_names names = { .call = name_call, .hide_pointers = true };
	char text[80];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(isa_disasm(text, sizeof(text), cases[i].insn, &names),
				 strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
	assert_int_equal(isa_disasm(text, 5, cases[0].insn, NULL), 4);
	assert_string_equal(text, "(bf)");
}

static void test_rows_are_distinct(void **state)
{
	for (u32 i = 0; i < NR_ISA_OPCODES; i++) {
		const struct isa_op *op = &isa_ops[i];
		struct bpf_insn insn = { .code = op->code };

		if (op->select == ISA_BY_OFF)
			insn.off = op->value;
		else if (op->select == ISA_BY_IMM)
			insn.imm = op->value;
		else if (op->select == ISA_BY_SRC)
			insn.src_reg = op->value;
		assert_ptr_equal(isa_find(&insn), op);
		assert_int_equal(isa_opcode_valid(op->code), !op->internal);
	}
}

static void test_invalid_codes(void **state)
{
	static const u8 bad[] = { 0x00, 0x8d, 0x8f, 0xe7, 0xdf, 0xe3, 0x38, 0x98, 0x99, 0xf5, 0xed };
	u32 valid = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(isa_opcode_valid(bad[i]));
	for (u32 code = 0; code < 256; code++)
		valid += isa_opcode_valid(code);
	/* 12 binary operations x 4, neg x 2, end x 3,
	 * 11 conditions x 4, 5 other jumps, 7 loads, 8 stores, 2 atomics,
	 * ld_imm64, 6 packet loads */
	assert_int_equal(valid, 12 * 4 + 2 + 3 + 11 * 4 + 5 + 7 + 8 + 2 + 1 + 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_rows_are_distinct),
		cmocka_unit_test(test_invalid_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
