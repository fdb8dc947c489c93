/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Scalars that are copies of each other, up to a constant, at a conditional
 * jump: refining one refines all, so when one turns out to need precision, all
 * do. The set is kept in the instruction history, packed into 64 bits: a count
 * and up to six entries of ten bits.
 */
#ifndef VERIFIER_LINKED_H
#define VERIFIER_LINKED_H

#include "base/base.h"

#define LINKED_REGS_MAX 6

struct linked_reg {
	u8 frameno; /* 3 bits */
	u8 where;   /* register or stack slot; 6 bits */
	bool is_reg;
};

struct linked_regs {
	u32 cnt;
	struct linked_reg entries[LINKED_REGS_MAX];
};

static inline u64 linked_regs_pack(const struct linked_regs *s)
{
	u64 packed = 0;

	for (u32 i = s->cnt; i-- > 0;)
		packed = packed << 10 | (u64)s->entries[i].is_reg << 9 |
			 (u64)s->entries[i].where << 3 | s->entries[i].frameno;
	return packed << 4 | s->cnt;
}

static inline void linked_regs_unpack(u64 packed, struct linked_regs *s)
{
	s->cnt = packed & 0xf;
	packed >>= 4;
	for (u32 i = 0; i < s->cnt; i++, packed >>= 10) {
		s->entries[i].frameno = packed & 0x7;
		s->entries[i].where = packed >> 3 & 0x3f;
		s->entries[i].is_reg = packed >> 9 & 1;
	}
}

#endif
