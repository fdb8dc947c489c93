/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Walking the stack through jitted code, and C code in between: a kfunc that a
 * callback of bpf_loop() calls has both above it.
 */
#include <unwind.h>

#include "exec/code.h"
#include "exec/jit/arena.h"
#include "exec/jit/jit.h"
#include "exec/jit/unwind.h"

/* libgcc's; it keeps the address. */
extern void __register_frame(void *eh_frame);

/* DWARF: the numbers of rbp and of the return address, and what is said of them. */
enum {
	DW_RBP = 6,
	DW_RA = 16,
	DW_CFA_nop = 0,
	DW_CFA_def_cfa = 0x0c,
	DW_CFA_offset = 0x80,
};

/* A section .eh_frame: one CIE, one FDE, the end. Written once, under arena_once. */
static struct {
	struct {
		u32 len, id;
		u8 version, augmentation, code_align, data_align, ra;
		u8 rules[7 + 4];
	} cie;
	struct {
		u32 len, cie;
		u64 start __attribute__((packed)), size __attribute__((packed));
	} fde;
	u32 end;
} eh_frame = {
	.cie = {
		.len = sizeof(eh_frame.cie) - sizeof(u32),
		.version = 1,
		.code_align = 1,
		.data_align = 0x78, /* -8 */
		.ra = DW_RA,
		/* CFA = rbp + 16; rbp at CFA - 16, the return address at CFA - 8 */
		.rules = { DW_CFA_def_cfa, DW_RBP, 16, DW_CFA_offset | DW_RBP, 2,
			   DW_CFA_offset | DW_RA, 1, DW_CFA_nop },
	},
	.fde = {
		.len = sizeof(eh_frame.fde) - sizeof(u32),
		.cie = offsetof(__typeof__(eh_frame), fde.cie),
	},
};

void jit_describe_frames(const u8 *base, size_t size)
{
	eh_frame.fde.start = (u64)base;
	eh_frame.fde.size = size;
	__register_frame(&eh_frame);
}

struct walk {
	struct run_pos *pos;
	u32 nr, max;
};

/* Where a call returns to belongs to the instruction before it. */
static u32 insn_at(const struct bpf_prog *prog, u32 off)
{
	u32 insn = 0;

	while (insn + 1 < prog->len && exec_code_of_insn(prog, insn + 1) < off)
		insn++;
	return insn;
}

static _Unwind_Reason_Code see(struct _Unwind_Context *ctx, void *arg)
{
	const u8 *ret = (const u8 *)_Unwind_GetIP(ctx);
	const struct jit_region *r;
	struct walk *w = arg;

	if (!ret) /* what has no caller */
		return _URC_END_OF_STACK;
	r = arena_find(ret - 1);
	if (r && ret <= r->code + r->funcs_size && w->nr < w->max)
		w->pos[w->nr++] = (struct run_pos){ r->prog, insn_at(r->prog, ret - r->code) };
	return w->nr < w->max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

u32 jit_backtrace(struct run_pos *pos, u32 max)
{
	struct walk w = { .pos = pos, .max = max };

	_Unwind_Backtrace(see, &w);
	return w.nr;
}
