/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * x86-64 instructions as bytes: one small function per form. Nothing here knows
 * BPF.
 *
 * Bytes beyond the end of the buffer are counted and not written, so that a
 * first pass over a program with an empty buffer measures it.
 */
#ifndef EXEC_JIT_EMIT_X86_H
#define EXEC_JIT_EMIT_X86_H

#include "base/base.h"

enum x86_reg {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
};

/* What precedes the opcode. A form without X_W works on 32 bits, and clears the upper half. */
enum x86_form {
	X_W = 1,    /* 64 bits */
	X_BYTE = 2, /* an operand is a byte: sil and dil need a prefix */
	X_P66 = 4,  /* 16 bits, or part of the opcode */
	X_LOCK = 8,
};

/* Opcodes; 0x0fxx are two bytes. r: with ModRM.reg a register, m: r/m is written. */
enum x86_op {
	X_ADD_MR = 0x01, X_OR_MR = 0x09, X_ADC_MR = 0x11, X_AND_MR = 0x21, X_SUB_MR = 0x29,
	X_XOR_MR = 0x31, X_CMP_MR = 0x39, X_TEST_MR = 0x85, X_XCHG_MR = 0x87,
	X_MOV_MR8 = 0x88, X_MOV_MR = 0x89, X_MOV_RM = 0x8b, X_LEA = 0x8d,
	X_MOVSXD = 0x63, X_IMUL_RMI = 0x69, X_IMUL_RMI8 = 0x6b,
	X_MOV_MI8 = 0xc6, X_MOV_MI = 0xc7, X_MOV_RI = 0xb8,
	X_ALU_MI8 = 0x83, X_ALU_MI = 0x81, X_TEST_MI = 0xf7,
	X_SHIFT_I = 0xc1, X_SHIFT_CL = 0xd3, X_GROUP3 = 0xf7, X_GROUP5 = 0xff,
	X_IMUL_RM = 0x0faf, X_MOVZX8 = 0x0fb6, X_MOVZX16 = 0x0fb7, X_MOVSX8 = 0x0fbe,
	X_MOVSX16 = 0x0fbf, X_CMPXCHG = 0x0fb1, X_XADD = 0x0fc1, X_BSWAP = 0x0fc8,
	X_PXOR = 0x0fef, X_MOVAPS_MR = 0x0f29,
};

/* ModRM.reg where it extends the opcode. */
enum x86_ext {
	X_EXT_ADD = 0, X_EXT_OR = 1, X_EXT_ADC = 2, X_EXT_AND = 4, X_EXT_SUB = 5, X_EXT_XOR = 6,
	X_EXT_CMP = 7,					    /* X_ALU_MI */
	X_EXT_ROR = 1, X_EXT_SHL = 4, X_EXT_SHR = 5, X_EXT_SAR = 7, /* X_SHIFT_* */
	X_EXT_TEST = 0, X_EXT_NEG = 3, X_EXT_DIV = 6, X_EXT_IDIV = 7, /* X_GROUP3 */
	X_EXT_CALL = 2,						/* X_GROUP5 */
};

/* Condition codes, as in Jcc. */
enum x86_cc {
	CC_B = 2, CC_AE = 3, CC_E = 4, CC_NE = 5, CC_BE = 6, CC_A = 7, CC_L = 12, CC_GE = 13,
	CC_LE = 14, CC_G = 15, CC_ALWAYS = 16,
};

struct emit {
	u8 *buf;
	u32 at;	 /* the next byte */
	u32 end; /* of buf */
};

static inline void emit_u8(struct emit *e, u8 b)
{
	if (e->at < e->end)
		e->buf[e->at] = b;
	e->at++;
}

static inline void emit_u32(struct emit *e, u32 v)
{
	for (u32 i = 0; i < 4; i++)
		emit_u8(e, (u8)(v >> 8 * i));
}

static inline void emit_u64(struct emit *e, u64 v)
{
	emit_u32(e, (u32)v);
	emit_u32(e, (u32)(v >> 32));
}

static inline bool fits_s8(s64 v)
{
	return v == (s8)v;
}

static inline bool fits_s32(s64 v)
{
	return v == (s32)v;
}

/* ---- the general forms ---- */

static inline void emit_opcode(struct emit *e, u32 form, u32 op, u32 reg, u32 rm)
{
	u8 rex = 0x40 | (form & X_W ? 8 : 0) | (reg & 8 ? 4 : 0) | (rm & 8 ? 1 : 0);

	if (form & X_LOCK)
		emit_u8(e, 0xf0);
	if (form & X_P66)
		emit_u8(e, 0x66);
	if (rex != 0x40 || ((form & X_BYTE) && (reg >= RSP || rm >= RSP)))
		emit_u8(e, rex);
	if (op > 0xff)
		emit_u8(e, (u8)(op >> 8));
	emit_u8(e, (u8)op);
}

/* op reg, rm with registers for both */
static inline void emit_rr(struct emit *e, u32 form, u32 op, u32 reg, u32 rm)
{
	emit_opcode(e, form, op, reg, rm);
	emit_u8(e, (u8)(0xc0 | (reg & 7) << 3 | (rm & 7)));
}

/* op reg, [base + disp] */
static inline void emit_rm(struct emit *e, u32 form, u32 op, u32 reg, u32 base, s32 disp)
{
	bool none = !disp && (base & 7) != RBP, small = fits_s8(disp);

	emit_opcode(e, form, op, reg, base);
	emit_u8(e, (u8)((none ? 0 : small ? 0x40 : 0x80) | (reg & 7) << 3 | (base & 7)));
	if ((base & 7) == RSP)
		emit_u8(e, 0x24);
	if (none)
		return;
	if (small)
		emit_u8(e, (u8)disp);
	else
		emit_u32(e, (u32)disp);
}

/* ---- moves ---- */

static inline void emit_mov(struct emit *e, u32 form, u32 dst, u32 src)
{
	if (dst != src || !(form & X_W))
		emit_rr(e, form, X_MOV_MR, src, dst);
}

static inline void emit_mov_imm(struct emit *e, u32 dst, u64 v)
{
	if (!v) {
		emit_rr(e, 0, X_XOR_MR, dst, dst);
	} else if (v == (u32)v) {
		emit_opcode(e, 0, X_MOV_RI | (dst & 7), 0, dst);
		emit_u32(e, (u32)v);
	} else if (fits_s32((s64)v)) {
		emit_rr(e, X_W, X_MOV_MI, 0, dst);
		emit_u32(e, (u32)v);
	} else {
		emit_opcode(e, X_W, X_MOV_RI | (dst & 7), 0, dst);
		emit_u64(e, v);
	}
}

static inline void emit_push(struct emit *e, u32 reg)
{
	emit_opcode(e, 0, 0x50 | (reg & 7), 0, reg);
}

static inline void emit_pop(struct emit *e, u32 reg)
{
	emit_opcode(e, 0, 0x58 | (reg & 7), 0, reg);
}

/* ---- arithmetic ---- */

/* add, or, and, sub, xor, cmp with a sign-extended immediate */
static inline void emit_alu_imm(struct emit *e, u32 form, enum x86_ext ext, u32 dst, s32 imm)
{
	emit_rr(e, form, fits_s8(imm) ? X_ALU_MI8 : X_ALU_MI, ext, dst);
	if (fits_s8(imm))
		emit_u8(e, (u8)imm);
	else
		emit_u32(e, (u32)imm);
}

static inline void emit_test_imm(struct emit *e, u32 form, u32 reg, s32 imm)
{
	emit_rr(e, form, X_TEST_MI, X_EXT_TEST, reg);
	emit_u32(e, (u32)imm);
}

static inline void emit_shift_imm(struct emit *e, u32 form, enum x86_ext ext, u32 dst, u8 count)
{
	emit_rr(e, form, X_SHIFT_I, ext, dst);
	emit_u8(e, count);
}

static inline void emit_imul_imm(struct emit *e, u32 form, u32 dst, u32 src, s32 imm)
{
	emit_rr(e, form, fits_s8(imm) ? X_IMUL_RMI8 : X_IMUL_RMI, dst, src);
	if (fits_s8(imm))
		emit_u8(e, (u8)imm);
	else
		emit_u32(e, (u32)imm);
}

/* dst = src << count and so on, without flags and without rcx (BMI2). */
static inline void emit_shiftx(struct emit *e, u32 form, enum x86_ext ext, u32 dst, u32 src,
			       u32 count)
{
	u8 pp = ext == X_EXT_SHL ? 1 : ext == X_EXT_SAR ? 2 : 3;

	emit_u8(e, 0xc4);
	emit_u8(e, (u8)((dst & 8 ? 0 : 0x80) | 0x40 | (src & 8 ? 0 : 0x20) | 0x02));
	emit_u8(e, (u8)((form & X_W ? 0x80 : 0) | (~count & 15) << 3 | pp));
	emit_u8(e, 0xf7);
	emit_u8(e, (u8)(0xc0 | (dst & 7) << 3 | (src & 7)));
}

static inline void emit_bswap(struct emit *e, u32 form, u32 dst)
{
	emit_opcode(e, form, X_BSWAP | (dst & 7), 0, dst);
}

/* rdx = the sign of rax */
static inline void emit_sign_rdx(struct emit *e, u32 form)
{
	emit_opcode(e, form, 0x99, 0, 0);
}

/* ---- control ---- */

static inline void emit_ret(struct emit *e)
{
	emit_u8(e, 0xc3);
}

static inline void emit_lfence(struct emit *e)
{
	emit_u8(e, 0x0f);
	emit_u8(e, 0xae);
	emit_u8(e, 0xe8);
}

static inline void emit_leave(struct emit *e)
{
	emit_u8(e, 0xc9);
}

/* A jump of @disp bytes from its own end; @near has room for 32 bits. */
static inline void emit_jump(struct emit *e, enum x86_cc cc, bool near, s32 disp)
{
	if (!near) {
		emit_u8(e, cc == CC_ALWAYS ? 0xeb : 0x70 | cc);
		emit_u8(e, (u8)disp);
		return;
	}
	if (cc != CC_ALWAYS)
		emit_u8(e, 0x0f);
	emit_u8(e, cc == CC_ALWAYS ? 0xe9 : 0x80 | cc);
	emit_u32(e, (u32)disp);
}

/* A short jump forward, to where emit_land() is called with what this returns. */
static inline u32 emit_skip(struct emit *e, enum x86_cc cc)
{
	emit_jump(e, cc, false, 0);
	return e->at;
}

static inline void emit_land(struct emit *e, u32 from)
{
	BUG_ON(e->at - from > INT8_MAX);
	if (from <= e->end)
		e->buf[from - 1] = (u8)(e->at - from);
}

/* A short jump back to @to. */
static inline void emit_back(struct emit *e, enum x86_cc cc, u32 to)
{
	s64 disp = (s64)to - (s64)(e->at + 2);

	BUG_ON(!fits_s8(disp));
	emit_jump(e, cc, false, (s32)disp);
}

static inline void emit_call_reg(struct emit *e, u32 reg)
{
	emit_rr(e, 0, X_GROUP5, X_EXT_CALL, reg);
}

static inline void emit_call_rel(struct emit *e, s32 disp)
{
	emit_u8(e, 0xe8);
	emit_u32(e, (u32)disp);
}

#endif
