/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* isa/opcodes.def as a table. */
#ifndef ISA_OPCODES_H
#define ISA_OPCODES_H

#include "isa/isa.h"

enum isa_opcode {
#define OP(id, code, select, value, text, kind, ...) ISA_##id,
#define OP_INTERNAL OP
#include "isa/opcodes.def"
#undef OP
#undef OP_INTERNAL
	NR_ISA_OPCODES,
};

enum isa_select { ISA_BY_NONE, ISA_BY_OFF, ISA_BY_IMM, ISA_BY_SRC };

struct isa_op {
	const char *name;
	const char *text; /* see opcodes.def */
	s16 value;	  /* of the field @select */
	u8 code;
	u8 select; /* enum isa_select */
	bool internal;
};

extern const struct isa_op isa_ops[NR_ISA_OPCODES];

/* Whether any loadable instruction has that code. */
bool isa_opcode_valid(u8 code);
/* The row of an instruction, internal ones included; NULL: none. */
const struct isa_op *isa_find(const struct bpf_insn *insn);

static inline enum isa_opcode isa_index(const struct isa_op *op)
{
	return (enum isa_opcode)(op - isa_ops);
}

#endif
