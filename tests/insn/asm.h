/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An assembler for the disassembler's own language: a line is matched against
 * the texts of isa/opcodes.def, in their order. Beyond that language:
 *
 *	ROW: text	the row of that name, for texts that several rows share
 *	name:		a label; `goto pc@name`, `if ... goto pc@name`
 *	name():		a subprog; `call pc@name`, `LD_FUNC: r1 = @name`
 *	stack N		bytes of stack of the current subprog (default 64)
 *	exception name	that subprog is the exception callback
 *	call name#0	a function that the driver offers
 *	r1 = &name	an address that the driver offers
 */
#ifndef TESTS_INSN_ASM_H
#define TESTS_INSN_ASM_H

#include "isa/opcodes.h"
#include "kobj/prog.h"

#define ASM_MAX 256

struct asm_symbols {
	const struct call_target *targets;
	u32 nr_targets;
	u64 (*address)(const char *name); /* 0: none */
};

struct asm_prog {
	struct bpf_insn insns[ASM_MAX];
	u32 len;
	struct prog_subprog subprogs[16];
	u32 nr_subprogs;
	s32 exception_cb;
	bool uses[NR_ISA_OPCODES]; /* rows */

	struct asm_label {
		char name[32];
		u32 at;
	} labels[32];
	u32 nr_labels;
	struct asm_fixup {
		char name[32];
		u32 at;
		bool in_imm;
	} fixups[64];
	u32 nr_fixups;
	char exception[32];
};

void asm_init(struct asm_prog *a);
/* false, with *e, where the line means nothing. */
bool asm_line(struct asm_prog *a, const char *line, const struct asm_symbols *syms,
	      struct err_msg *e);
bool asm_finish(struct asm_prog *a, struct err_msg *e);

#endif
