/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calls. BPF's r0 to r5 are where C has its result and its first five
 * arguments, so a call is mostly a call.
 */
#include "exec/jit/internal.h"

void jit_call_c(struct jit *j, const void *fn)
{
	if (!j->far_calls && arena_reaches(fn)) {
		emit_call_rel(&j->e, (s32)((u64)fn - (j->base + j->e.at + 5)));
		return;
	}
	emit_mov_imm(&j->e, SCRATCH, (u64)fn);
	emit_call_reg(&j->e, SCRATCH);
}

void jit_call_place(struct jit *j, u32 place)
{
	s64 to = j->prev ? j->prev[place] : 0;

	emit_call_rel(&j->e, (s32)(to - (s64)(j->e.at + 5)));
}

static void call_helper(struct jit *j, const struct call_target *t)
{
	emit_mov(&j->e, X_W, R9, RC);
	jit_call_c(j, (const void *)t->fn);
}

/* The C ABI leaves the bits above a narrow return value undefined. */
static void widen_result(struct jit *j, const struct call_target *t)
{
	switch (t->ret_size) {
	case 8:
		break;
	case 4:
		if (t->ret_signed)
			emit_rr(&j->e, X_W, X_MOVSXD, RAX, RAX);
		else
			emit_mov(&j->e, 0, RAX, RAX);
		break;
	case 2:
		emit_rr(&j->e, t->ret_signed ? X_W : 0, t->ret_signed ? X_MOVSX16 : X_MOVZX16, RAX,
			RAX);
		break;
	case 1:
		emit_rr(&j->e, t->ret_signed ? X_W : 0, t->ret_signed ? X_MOVSX8 : X_MOVZX8, RAX,
			RAX);
		break;
	default:
		emit_mov_imm(&j->e, RAX, 0);
	}
}

/* The implicit argument follows the last of the program's own. */
static void call_kfunc(struct jit *j, const struct call_target *t)
{
	static const u8 arg[] = { RDI, RSI, RDX, RCX, R8, R9 };
	u32 last = arg[min((size_t)t->nr_args, ARRAY_SIZE(arg) - 1)];

	if (t->form) {
		jit_form(j, t);
		return;
	}
	if (t->implicit)
		emit_mov_imm(&j->e, last, (u64)t->implicit);
	else
		emit_mov(&j->e, X_W, last, RC);
	jit_call_c(j, (const void *)t->fn);
	widen_result(j, t);
}

static void call_subprog(struct jit *j, u32 at)
{
	const struct bpf_prog *prog = j->prog;
	u32 start = at + 1 + (u32)prog->insns[at].imm, i = 0;

	while (prog->subprogs[i].start != start) /* image_create() has found it */
		i++;
	jit_call_place(j, place_of_subprog(j, i));
}

void jit_lower_call(struct jit *j, u32 at, enum isa_opcode op)
{
	/* a call of a function has none, and perhaps the whole program */
	const struct call_target *t = op == ISA_CALL_SUBPROG ?
					      NULL : &j->prog->targets[j->prog->insns[at].imm];

	if (!t)
		call_subprog(j, at);
	else if (op == ISA_CALL_KFUNC)
		call_kfunc(j, t);
	else if (!jit_inline(j, at, t))
		call_helper(j, t);
	memset(j->known, 0, (BPF_REG_5 + 1) * sizeof(j->known[0]));
}
