/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "isa/opcodes.h"

#define ROW(id, c, sel, val, txt, intern)                                                          \
	{                                                                                          \
		.name = #id, .text = txt, .value = val, .code = c, .select = ISA_BY_##sel,          \
		.internal = intern,                                                                \
	},

const struct isa_op isa_ops[NR_ISA_OPCODES] = {
#define OP(id, code, select, value, text, kind, ...) ROW(id, code, select, value, text, false)
#define OP_INTERNAL(id, code, select, value, text, kind, ...)                                      \
	ROW(id, code, select, value, text, true)
#include "isa/opcodes.def"
#undef OP
#undef OP_INTERNAL
};

/* One bit per code, in four words. */
#define OP_INTERNAL(...)
#define OP(id, code, ...) | ((code) >> 6 == WORD ? BIT_ULL((code) & 63) : 0)
static const u64 valid_codes[4] = {
#define WORD 0
	0
#include "isa/opcodes.def"
	,
#undef WORD
#define WORD 1
	0
#include "isa/opcodes.def"
	,
#undef WORD
#define WORD 2
	0
#include "isa/opcodes.def"
	,
#undef WORD
#define WORD 3
	0
#include "isa/opcodes.def"
#undef WORD
};
#undef OP
#undef OP_INTERNAL

bool isa_opcode_valid(u8 code)
{
	return valid_codes[code / 64] >> (code % 64) & 1;
}

static bool selected(const struct isa_op *op, const struct bpf_insn *insn)
{
	switch ((enum isa_select)op->select) {
	case ISA_BY_NONE:
		return true;
	case ISA_BY_OFF:
		return insn->off == op->value;
	case ISA_BY_IMM:
		return insn->imm == op->value;
	case ISA_BY_SRC:
		return insn->src_reg == op->value;
	}
	return false;
}

const struct isa_op *isa_find(const struct bpf_insn *insn)
{
	for (u32 i = 0; i < NR_ISA_OPCODES; i++)
		if (isa_ops[i].code == insn->code && selected(&isa_ops[i], insn))
			return &isa_ops[i];
	return NULL;
}
