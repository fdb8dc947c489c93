/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Calls of kfuncs whose sets say what they do: calls/form.h. */
#include "calls/form.h"
#include "exec/jit/internal.h"

static void load_result(struct jit *j, const struct call_target *t, u32 base, s32 off)
{
	static const struct {
		u32 form, op;
	} ops[9][2] = {
		[1] = { { 0, X_MOVZX8 }, { X_W, X_MOVSX8 } },
		[2] = { { 0, X_MOVZX16 }, { X_W, X_MOVSX16 } },
		[4] = { { 0, X_MOV_RM }, { X_W, X_MOVSXD } },
		[8] = { { X_W, X_MOV_RM }, { X_W, X_MOV_RM } },
	};

	emit_rm(&j->e, ops[t->ret_size][t->ret_signed].form, ops[t->ret_size][t->ret_signed].op,
		RAX, base, off);
}

static void form_load(struct jit *j, const struct call_target *t)
{
	const struct call_form *f = t->form;
	u32 base = SCRATCH;

	if (f->start != CALL_FORM_IMPLICIT)
		base = jit_x86_of[f->start];
	else if (t->implicit)
		emit_mov_imm(&j->e, SCRATCH, (u64)t->implicit);
	else
		base = RC;
	for (u32 i = 0; i + 1 < f->nr; i++) {
		emit_rm(&j->e, X_W, X_MOV_RM, SCRATCH, base, f->offsets[i]);
		base = SCRATCH;
	}
	load_result(j, t, base, f->offsets[f->nr - 1]);
}

/* rcx, which is r4, is lost in a call anyway. */
static void form_test_bit(struct jit *j, const struct call_target *t)
{
	struct emit *e = &j->e;
	u32 outside;

	emit_mov_imm(e, RAX, 0);
	emit_alu_imm(e, 0, X_EXT_CMP, RDI, (s32)t->form->limit);
	outside = emit_skip(e, CC_AE);
	emit_mov(e, 0, RAX, RDI);
	emit_shift_imm(e, 0, X_EXT_SHR, RAX, 6);
	emit_shift_imm(e, 0, X_EXT_SHL, RAX, 3);
	emit_rr(e, X_W, X_ADD_MR, RSI, RAX);
	emit_rm(e, X_W, X_MOV_RM, RAX, RAX, 0);
	emit_mov(e, 0, RCX, RDI);
	emit_rr(e, X_W, X_SHIFT_CL, X_EXT_SHR, RAX);
	emit_alu_imm(e, 0, X_EXT_AND, RAX, 1);
	emit_land(e, outside);
}

void jit_form(struct jit *j, const struct call_target *t)
{
	switch (t->form->kind) {
	case CALL_FORM_NOTHING:
		emit_mov_imm(&j->e, RAX, 0);
		break;
	case CALL_FORM_LOAD:
		form_load(j, t);
		break;
	case CALL_FORM_TEST_BIT:
		form_test_bit(j, t);
		break;
	}
}
