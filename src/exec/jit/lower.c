/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One instruction of BPF into those of x86-64: a function for each kind of row
 * in isa/opcodes.def, and a table of rows made from it. A row of a new kind does
 * not compile before it has a function here.
 */
#include "exec/jit/internal.h"

const u8 jit_x86_of[MAX_BPF_REG + 1] = {
	[BPF_REG_0] = RAX, [BPF_REG_1] = RDI, [BPF_REG_2] = RSI, [BPF_REG_3] = RDX,
	[BPF_REG_4] = RCX, [BPF_REG_5] = R8, [BPF_REG_6] = RBX, [BPF_REG_7] = R13,
	[BPF_REG_8] = R14, [BPF_REG_9] = R15, [BPF_REG_10] = RBP, [BPF_REG_AX] = R10,
};

struct lowering {
	struct jit *j;
	struct emit *e;
	const struct bpf_insn *insn;
	u32 at;
	u32 dst, src; /* as registers of x86 */
	u32 form;     /* X_W: 64 bits */
	u32 size;     /* of memory */
	bool from_k;  /* the source is the immediate */
	bool sign;    /* loads: sign-extend */
};

/* ---- arithmetic ---- */

struct alu_code {
	u32 op_mr;
	enum x86_ext ext;
};

static struct alu_code alu_code(u8 op)
{
	switch (op) {
	case BPF_ADD:
		return (struct alu_code){ X_ADD_MR, X_EXT_ADD };
	case BPF_SUB:
		return (struct alu_code){ X_SUB_MR, X_EXT_SUB };
	case BPF_OR:
		return (struct alu_code){ X_OR_MR, X_EXT_OR };
	case BPF_AND:
		return (struct alu_code){ X_AND_MR, X_EXT_AND };
	case BPF_LSH:
		return (struct alu_code){ 0, X_EXT_SHL };
	case BPF_RSH:
		return (struct alu_code){ 0, X_EXT_SHR };
	case BPF_ARSH:
		return (struct alu_code){ 0, X_EXT_SAR };
	default:
		return (struct alu_code){ X_XOR_MR, X_EXT_XOR };
	}
}

static void lower_simple(const struct lowering *l, struct alu_code c)
{
	if (l->from_k)
		emit_alu_imm(l->e, l->form, c.ext, l->dst, l->insn->imm);
	else
		emit_rr(l->e, l->form, c.op_mr, l->src, l->dst);
}

/* Without BMI2 the count has to be in rcx, which is BPF's r4. */
static void lower_shift_cl(const struct lowering *l, enum x86_ext ext)
{
	u32 dst = l->dst == RCX ? SCRATCH : l->dst;

	emit_mov(l->e, X_W, SCRATCH, RCX);
	if (l->src != RCX)
		emit_mov(l->e, X_W, RCX, l->src);
	emit_rr(l->e, l->form, X_SHIFT_CL, ext, dst);
	emit_mov(l->e, X_W, RCX, SCRATCH);
}

static void lower_shift(const struct lowering *l, enum x86_ext ext)
{
	if (l->from_k)
		emit_shift_imm(l->e, l->form, ext, l->dst,
			       (u8)(l->insn->imm & (l->form & X_W ? 63 : 31)));
	else if (l->j->bmi2)
		emit_shiftx(l->e, l->form, ext, l->dst, l->dst, l->src);
	else
		lower_shift_cl(l, ext);
}

static void lower_mul(const struct lowering *l)
{
	if (l->from_k)
		emit_imul_imm(l->e, l->form, l->dst, l->dst, l->insn->imm);
	else
		emit_rr(l->e, l->form, X_IMUL_RM, l->dst, l->src);
}

static void lower_mov(const struct lowering *l)
{
	static const u32 movsx[] = { [8] = X_MOVSX8, [16] = X_MOVSX16, [32] = X_MOVSXD };
	u32 form = l->form | (l->insn->off == 8 ? X_BYTE : 0);

	if (l->from_k)
		emit_mov_imm(l->e, l->dst,
			     l->form & X_W ? (u64)(s64)l->insn->imm : (u32)l->insn->imm);
	else if (l->insn->off)
		emit_rr(l->e, form, movsx[l->insn->off], l->dst, l->src);
	else
		emit_mov(l->e, l->form, l->dst, l->src);
}

/* Powers of two need no division. */
static bool lower_div_by_shift(const struct lowering *l, bool mod)
{
	u64 b = l->form & X_W ? (u64)(s64)l->insn->imm : (u32)l->insn->imm;

	if (!l->from_k || l->insn->off || !is_power_of_2(b) || b > 1u << 30)
		return false;
	if (mod)
		emit_alu_imm(l->e, l->form, X_EXT_AND, l->dst, (s32)(b - 1));
	else
		emit_shift_imm(l->e, l->form, X_EXT_SHR, l->dst, (u8)__builtin_ctzll(b));
	return true;
}

/*
 * x86 divides rdx:rax by the operand, and traps where BPF has an answer: by 0,
 * and (signed) the smallest number by -1. Those two go around the division.
 */
static void lower_divide(const struct lowering *l, bool mod)
{
	struct emit *e = l->e;
	bool sign = l->insn->off == 1;
	u32 zero, minus = 0, end, end2 = 0;

	if (l->from_k)
		emit_mov_imm(e, SCRATCH, (u64)(s64)l->insn->imm);
	else
		emit_mov(e, X_W, SCRATCH, l->src);
	emit_rr(e, l->form, X_TEST_MR, SCRATCH, SCRATCH);
	zero = emit_skip(e, CC_E);
	if (sign) {
		emit_alu_imm(e, l->form, X_EXT_CMP, SCRATCH, -1);
		minus = emit_skip(e, CC_E);
	}

	if (l->dst != RDX)
		emit_push(e, RDX);
	if (l->dst != RAX) {
		emit_mov(e, X_W, SCRATCH2, RAX);
		emit_mov(e, X_W, RAX, l->dst);
	}
	if (sign)
		emit_sign_rdx(e, l->form);
	else
		emit_mov_imm(e, RDX, 0);
	emit_rr(e, l->form, X_GROUP3, sign ? X_EXT_IDIV : X_EXT_DIV, SCRATCH);
	if (l->dst != (mod ? RDX : RAX))
		emit_mov(e, X_W, l->dst, mod ? RDX : RAX);
	if (l->dst != RAX)
		emit_mov(e, X_W, RAX, SCRATCH2);
	if (l->dst != RDX)
		emit_pop(e, RDX);
	end = emit_skip(e, CC_ALWAYS);

	if (sign) {
		emit_land(e, minus);
		if (mod)
			emit_mov_imm(e, l->dst, 0);
		else
			emit_rr(e, l->form, X_GROUP3, X_EXT_NEG, l->dst);
		end2 = emit_skip(e, CC_ALWAYS);
	}
	emit_land(e, zero);
	if (!mod)
		emit_mov_imm(e, l->dst, 0);
	else if (!(l->form & X_W))
		emit_mov(e, 0, l->dst, l->dst);
	if (sign)
		emit_land(e, end2);
	emit_land(e, end);
}

static void lower_ALU(const struct lowering *l)
{
	u8 op = BPF_OP(l->insn->code);

	switch (op) {
	case BPF_MUL:
		lower_mul(l);
		break;
	case BPF_DIV:
	case BPF_MOD:
		if (!lower_div_by_shift(l, op == BPF_MOD))
			lower_divide(l, op == BPF_MOD);
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		lower_shift(l, alu_code(op).ext);
		break;
	case BPF_NEG:
		emit_rr(l->e, l->form, X_GROUP3, X_EXT_NEG, l->dst);
		break;
	case BPF_MOV:
		lower_mov(l);
		break;
	default:
		lower_simple(l, alu_code(op));
	}
}

static void lower_END(const struct lowering *l)
{
	bool swap = BPF_CLASS(l->insn->code) == BPF_ALU64 || BPF_SRC(l->insn->code) == BPF_TO_BE;

	switch (l->insn->imm) {
	case 16:
		if (swap) {
			emit_rr(l->e, X_P66, X_SHIFT_I, X_EXT_ROR, l->dst);
			emit_u8(l->e, 8);
		}
		emit_rr(l->e, 0, X_MOVZX16, l->dst, l->dst);
		break;
	case 32:
		if (swap)
			emit_bswap(l->e, 0, l->dst);
		else
			emit_mov(l->e, 0, l->dst, l->dst);
		break;
	default:
		if (swap)
			emit_bswap(l->e, X_W, l->dst);
	}
}

/* ---- jumps ---- */

void jit_jump(struct jit *j, u32 at, enum x86_cc cc, u32 place)
{
	u32 done = j->e.at - j->places[at]; /* of this instruction's code */
	bool near = true;
	s64 disp = 0;

	if (j->prev) {
		s64 end = (s64)j->prev[at] + done + 2;

		disp = (s64)j->prev[place] - end;
		near = !fits_s8(disp);
		if (near)
			disp -= cc == CC_ALWAYS ? 3 : 4;
	}
	emit_jump(&j->e, cc, near, (s32)disp);
}

/* The condition under which the jump with BPF_OP @op is taken, after cmp or test. */
static enum x86_cc condition(u8 op)
{
	switch (op) {
	case BPF_JEQ:
		return CC_E;
	case BPF_JGT:
		return CC_A;
	case BPF_JGE:
		return CC_AE;
	case BPF_JLT:
		return CC_B;
	case BPF_JLE:
		return CC_BE;
	case BPF_JSGT:
		return CC_G;
	case BPF_JSGE:
		return CC_GE;
	case BPF_JSLT:
		return CC_L;
	case BPF_JSLE:
		return CC_LE;
	default: /* JNE, JSET */
		return CC_NE;
	}
}

static void lower_JMP(const struct lowering *l)
{
	u8 op = BPF_OP(l->insn->code);
	s32 imm = l->insn->imm;

	if (!l->from_k)
		emit_rr(l->e, l->form, op == BPF_JSET ? X_TEST_MR : X_CMP_MR, l->src, l->dst);
	else if (op == BPF_JSET)
		emit_test_imm(l->e, l->form, l->dst, imm);
	else if (!imm)
		emit_rr(l->e, l->form, X_TEST_MR, l->dst, l->dst);
	else
		emit_alu_imm(l->e, l->form, X_EXT_CMP, l->dst, imm);
	jit_jump(l->j, l->at, condition(op), l->at + 1 + (u32)(s32)l->insn->off);
}

static void lower_JA(const struct lowering *l)
{
	bool is_long = BPF_CLASS(l->insn->code) == BPF_JMP32;
	s32 off = is_long ? l->insn->imm : l->insn->off;

	if (off)
		jit_jump(l->j, l->at, CC_ALWAYS, l->at + 1 + (u32)off);
}

/* The budget ends at 0 and stays there: 0 - 1 borrows, and adc takes that back, carrying. */
static void lower_MAY_GOTO(const struct lowering *l)
{
	emit_rm(l->e, X_W, X_MOV_RM, SCRATCH, RBP, l->j->budget);
	emit_alu_imm(l->e, X_W, X_EXT_SUB, SCRATCH, 1);
	emit_alu_imm(l->e, X_W, X_EXT_ADC, SCRATCH, 0);
	emit_rm(l->e, X_W, X_MOV_MR, SCRATCH, RBP, l->j->budget);
	jit_jump(l->j, l->at, CC_B, l->at + 1 + (u32)(s32)l->insn->off);
}

static void lower_EXIT(const struct lowering *l)
{
	jit_exit(l->j, l->at);
}

/* ---- memory ---- */

static void load(const struct lowering *l)
{
	static const u32 plain[] = { [1] = X_MOVZX8, [2] = X_MOVZX16, [4] = X_MOV_RM,
				     [8] = X_MOV_RM };
	static const u32 extend[] = { [1] = X_MOVSX8, [2] = X_MOVSX16, [4] = X_MOVSXD };
	u32 op = l->sign ? extend[l->size] : plain[l->size];

	emit_rm(l->e, l->sign || l->size == 8 ? X_W : 0, op, l->dst, l->src, l->insn->off);
}

static void lower_LDX(const struct lowering *l)
{
	load(l);
}

static void lower_LDXS(const struct lowering *l)
{
	load(l);
}

static void lower_PROBE(const struct lowering *l)
{
	struct jit *j = l->j;
	u32 start = j->e.at;

	load(l);
	if (j->faults)
		j->faults[j->nr_faults] = (struct jit_fault){ .at = start,
							      .len = (u8)(j->e.at - start),
							      .reg = (u8)l->dst };
	j->nr_faults++;
}

static void lower_PROBES(const struct lowering *l)
{
	lower_PROBE(l);
}

/* How a store of that width is written. */
static u32 store_form(u32 size)
{
	return size == 8 ? X_W : size == 2 ? X_P66 : size == 1 ? X_BYTE : 0;
}

static void lower_ST(const struct lowering *l)
{
	emit_rm(l->e, store_form(l->size) & ~(u32)X_BYTE, l->size == 1 ? X_MOV_MI8 : X_MOV_MI, 0,
		l->dst, l->insn->off);
	emit_u8(l->e, (u8)l->insn->imm);
	if (l->size > 1)
		emit_u8(l->e, (u8)(l->insn->imm >> 8));
	if (l->size > 2) {
		emit_u8(l->e, (u8)(l->insn->imm >> 16));
		emit_u8(l->e, (u8)(l->insn->imm >> 24));
	}
}

static void lower_STX(const struct lowering *l)
{
	emit_rm(l->e, store_form(l->size), l->size == 1 ? X_MOV_MR8 : X_MOV_MR, l->src, l->dst,
		l->insn->off);
}

static void lower_ATOMIC(const struct lowering *l)
{
	emit_rm(l->e, store_form(l->size) | X_LOCK,
		alu_code((u8)(l->insn->imm & ~BPF_FETCH)).op_mr, l->src, l->dst, l->insn->off);
}

/* or, and, xor do not give the old value: they are tried until nobody came between. */
static void fetch_by_cmpxchg(const struct lowering *l, u32 form)
{
	u32 base = l->dst == RAX ? SCRATCH : l->dst, src = l->src == RAX ? SCRATCH : l->src;
	struct emit *e = l->e;
	u32 again;

	emit_mov(e, X_W, SCRATCH, RAX);
	emit_rm(e, form, X_MOV_RM, RAX, base, l->insn->off);
	again = e->at;
	emit_mov(e, X_W, SCRATCH2, RAX);
	emit_rr(e, form, alu_code((u8)(l->insn->imm & ~BPF_FETCH)).op_mr, src, SCRATCH2);
	emit_rm(e, form | X_LOCK, X_CMPXCHG, SCRATCH2, base, l->insn->off);
	emit_back(e, CC_NE, again);
	if (l->src == RAX)
		return;
	emit_mov(e, X_W, l->src, RAX);
	emit_mov(e, X_W, RAX, SCRATCH);
}

static void lower_FETCH(const struct lowering *l)
{
	u32 form = store_form(l->size);

	if ((l->insn->imm & ~BPF_FETCH) == BPF_ADD)
		emit_rm(l->e, form | X_LOCK, X_XADD, l->src, l->dst, l->insn->off);
	else
		fetch_by_cmpxchg(l, form);
}

static void lower_XCHG(const struct lowering *l)
{
	emit_rm(l->e, store_form(l->size), X_XCHG_MR, l->src, l->dst, l->insn->off);
}

/* A 32-bit one that succeeds leaves the upper half of rax alone. */
static void lower_CMPXCHG(const struct lowering *l)
{
	emit_rm(l->e, store_form(l->size) | X_LOCK, X_CMPXCHG, l->src, l->dst, l->insn->off);
	if (l->size == 4)
		emit_mov(l->e, 0, RAX, RAX);
}

static void lower_LDIMM64(const struct lowering *l)
{
	emit_mov_imm(l->e, l->dst, l->j->img->insns[l->at + 1].imm64);
}

static void lower_CALL(const struct lowering *l)
{
	jit_lower_call(l->j, l->at, isa_index(isa_find(l->insn)));
}

static void lower_NONE(const struct lowering *l)
{
	BUG_ON(true); /* image_create() refuses it */
}

/* ---- the table ---- */

struct row {
	void (*lower)(const struct lowering *l);
	bool wide, from_k, sign;
	u8 size;
};

#define SRC_IS_K_K true
#define SRC_IS_K_X false
#define ROW_ALU(bits, from, ...) { lower_ALU, .wide = bits == 64, .from_k = SRC_IS_K_##from }
#define ROW_END(...) { lower_END }
#define ROW_JMP(bits, from, ...) { lower_JMP, .wide = bits == 64, .from_k = SRC_IS_K_##from }
#define ROW_JA(...) { lower_JA }
#define ROW_MEM(fn, type, ...) { fn, .size = sizeof(type), __VA_ARGS__ }
#define ROW_LDX(type) ROW_MEM(lower_LDX, type)
#define ROW_LDXS(type) ROW_MEM(lower_LDXS, type, .sign = true)
#define ROW_PROBE(type) ROW_MEM(lower_PROBE, type)
#define ROW_PROBES(type) ROW_MEM(lower_PROBES, type, .sign = true)
#define ROW_ST(type) ROW_MEM(lower_ST, type)
#define ROW_STX(type) ROW_MEM(lower_STX, type)
#define ROW_ATOMIC(type, op) ROW_MEM(lower_ATOMIC, type)
#define ROW_FETCH(type, op) ROW_MEM(lower_FETCH, type)
#define ROW_XCHG(type) ROW_MEM(lower_XCHG, type)
#define ROW_CMPXCHG(type) ROW_MEM(lower_CMPXCHG, type)
#define ROW_LDIMM64(pseudo) { lower_LDIMM64 }
#define ROW_CALL(what) { lower_CALL }
#define ROW_MAY_GOTO(...) { lower_MAY_GOTO }
#define ROW_EXIT(...) { lower_EXIT }
#define ROW_NONE(what) { lower_NONE }

static const struct row rows[NR_ISA_OPCODES] = {
#define OP(id, code, select, value, text, kind, ...) [ISA_##id] = ROW_##kind(__VA_ARGS__),
#define OP_INTERNAL OP
#include "isa/opcodes.def"
#undef OP
#undef OP_INTERNAL
};

void jit_lower(struct jit *j, u32 at, const struct isa_op *op)
{
	const struct row *r = &rows[isa_index(op)];
	const struct bpf_insn *insn = &j->prog->insns[at];
	const struct lowering l = {
		.j = j,
		.e = &j->e,
		.insn = insn,
		.at = at,
		.dst = jit_x86_of[insn->dst_reg],
		.src = jit_x86_of[insn->src_reg],
		.form = r->wide ? X_W : 0,
		.size = r->size,
		.from_k = r->from_k,
		.sign = r->sign,
	};

	r->lower(&l);
}
