/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A compiled program as text, under the source lines that it stems from. Calls
 * are shown by name and jumps by their target's offset, so that where code
 * happens to lie does not matter; immediates are what they are.
 */
#include <Zydis/Zydis.h>
#include <stdio.h>

#include "exec/code.h"
#include "exec/run.h"
#include "kernel/dump.h"
#include "kernel/kernel.h"

#define PAD 0xcc /* int3, between functions */

struct disasm {
	struct dump d;
	ZydisDecoder decoder;
	ZydisFormatter formatter;
	const u8 *code;
	u32 size;
};

/* What lies at @to, an offset in the code or far outside of it. */
static void name_target(const struct disasm *da, s64 to, char *buf, size_t size)
{
	const struct bpf_prog *prog = da->d.prog;
	const char *const fn = (const char *)da->code + to;
	char name[128];

	for (u32 i = 0; i < prog->nr_subprogs; i++)
		if (exec_code_of_subprog(prog, i) == to) {
			dump_name_subprog(prog, &prog->subprogs[i], name, sizeof(name));
			snprintf(buf, size, "<%s>", name);
			return;
		}
	for (u32 i = 0; i < prog->nr_targets; i++)
		if ((const char *)prog->targets[i].fn == fn) {
			snprintf(buf, size, "%s%s", prog->targets[i].is_helper ? "bpf_" : "",
				 prog->targets[i].is_helper ? prog->targets[i].name :
							      prog->targets[i].fn_name);
			return;
		}
	snprintf(buf, size, to >= 0 && to < da->size ? "<common code>" : "<kernel>");
}

/* Writes the instruction at @at, and returns its length. */
static u32 put_insn(struct disasm *da, u32 at)
{
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	char text[160], line[200];

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&da->decoder, da->code + at, da->size - at, &insn,
						 ops))) {
		snprintf(line, sizeof(line), "%6x:  .byte 0x%02x\n", at, da->code[at]);
		da->d.write(da->d.priv, line);
		return 1;
	}
	if (insn.mnemonic == ZYDIS_MNEMONIC_CALL && ops[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		memcpy(text, "call ", 5);
		name_target(da, (s64)at + insn.length + ops[0].imm.value.s, text + 5,
			    sizeof(text) - 5);
	} else {
		ZydisFormatterFormatInstruction(&da->formatter, &insn, ops,
						insn.operand_count_visible, text, sizeof(text), at,
						NULL);
	}
	snprintf(line, sizeof(line), "%6x:  %s\n", at, text);
	da->d.write(da->d.priv, line);
	return insn.length;
}

/* Writes the code from @at up to @end, padding excepted. */
static u32 put_code(struct disasm *da, u32 at, u32 end)
{
	while (at < end)
		at += da->code[at] == PAD ? 1 : put_insn(da, at);
	return at;
}

static void put_all(struct disasm *da)
{
	const struct bpf_prog *prog = da->d.prog;
	u32 at = 0;

	for (u32 i = 0; i < prog->len; i++) {
		const struct prog_subprog *s = dump_subprog_at(prog, i);

		if (s) {
			at = put_code(da, at, exec_code_of_subprog(prog, s - prog->subprogs));
			dump_label(&da->d, s);
		}
		at = put_code(da, at, exec_code_of_insn(prog, i));
		dump_source(&da->d, i);
		i += insn_is_ldimm64(&prog->insns[i]);
	}
	put_code(da, at, da->size);
}

int kernel_dump_jited(const struct kernel_verdict *v, void (*write)(void *priv, const char *text),
		      void *priv, struct err_msg *e)
{
	struct disasm da = { .d = { .write = write, .priv = priv } };
	struct bpf_prog copy;
	int err;

	if (!v->xlated)
		return -ENOENT;
	/* A verdict is given before the program is compiled, and whatever the engine is. */
	copy = *v->xlated;
	err = exec_prepare(&copy, EXEC_JIT, e);
	if (err)
		return err;
	da.d.prog = &copy;
	da.code = exec_code(&copy, &da.size);
	ZydisDecoderInit(&da.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisFormatterInit(&da.formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&da.formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&da.formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
	put_all(&da);
	copy.exec_free(&copy);
	return 0;
}
