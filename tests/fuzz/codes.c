/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The opcode table, for targets that see the host's linux/bpf.h: the two don't mix. */
#include "fuzz.h"
#include "isa/opcodes.h"

uint8_t choose_opcode(struct choices *c)
{
	return isa_ops[choose(c, NR_ISA_OPCODES)].code;
}
