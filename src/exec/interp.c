/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The interpreter: one label per row of isa/opcodes.def, each made from the
 * row's own expression, and each ending in the jump to the next one.
 */
#include <endian.h>

#include "exec/image.h"
#include "exec/probe.h"

/* watched.c compiles this file once more, with a look at every instruction. */
#ifndef INTERP_LOOK
#define INTERP_LOOK() ((void)0)
#define INTERP_NAME(name) name
#endif

#define MAY_GOTO_BUDGET (8 * 1024 * 1024)
#define RED_ZONE 32
#define RED_BYTE 0xa5

/* Unaligned accesses are legal where the verifier allowed them. */
typedef u8 mem_u8;
typedef u16 mem_u16 __attribute__((aligned(1)));
typedef u32 mem_u32 __attribute__((aligned(1)));
typedef u64 mem_u64 __attribute__((aligned(1)));
typedef s8 mem_s8;
typedef s16 mem_s16 __attribute__((aligned(1)));
typedef s32 mem_s32 __attribute__((aligned(1)));

#define probe_load_s8(p) ((s8)probe_load_u8(p))
#define probe_load_s16(p) ((s16)probe_load_u16(p))
#define probe_load_s32(p) ((s32)probe_load_u32(p))

/* The implicit argument follows the last of the program's own. */
static inline u64 call_c(const struct call_target *t, const u64 *r, struct run_ctx *rc)
{
	const u64 last = (u64)(t->implicit ? t->implicit : rc);

	switch (t->nr_args) {
	case 0:
		return ((u64(*)(u64))t->fn)(last);
	case 1:
		return ((u64(*)(u64, u64))t->fn)(r[1], last);
	case 2:
		return ((u64(*)(u64, u64, u64))t->fn)(r[1], r[2], last);
	case 3:
		return ((u64(*)(u64, u64, u64, u64))t->fn)(r[1], r[2], r[3], last);
	case 4:
		return ((u64(*)(u64, u64, u64, u64, u64))t->fn)(r[1], r[2], r[3], r[4], last);
	default:
		return ((u64(*)(u64, u64, u64, u64, u64, u64))t->fn)(r[1], r[2], r[3], r[4], r[5],
								      last);
	}
}

/* The C ABI leaves the bits above a narrow return value undefined. */
static inline u64 call_kfunc(const struct call_target *t, const u64 *r, struct run_ctx *rc)
{
	u64 v = call_c(t, r, rc);

	switch (t->ret_size) {
	case 8:
		return v;
	case 4:
		return t->ret_signed ? (u64)(s32)v : (u32)v;
	case 2:
		return t->ret_signed ? (u64)(s16)v : (u16)v;
	case 1:
		return t->ret_signed ? (u64)(s8)v : (u8)v;
	}
	return 0;
}

/*
 * Stacks start as zeroes, because privileged programs may read what they never
 * wrote, and what they find there must not depend on who ran before.
 */
static inline void clear_frame(u64 fp, u32 units)
{
	u64 *p = (u64 *)(fp - units * FRAME_UNIT);

	for (; units; units--, p += 2)
		p[0] = p[1] = 0;
}

static void red_zone_fill(u8 *zone)
{
	memset(zone, RED_BYTE, RED_ZONE);
}

static void red_zone_check(const u8 *zone)
{
	for (u32 i = 0; i < RED_ZONE; i += sizeof(u64)) {
		u64 word;

		memcpy(&word, zone + i, sizeof(word));
		BUG_ON(word != 0x0101010101010101ULL * RED_BYTE);
	}
}

#define DST r[pc->dst]
#define SRC_X r[pc->src]
#define SRC_K ((u64)(s64)pc->imm)
#define AT(type, reg) ((mem_##type *)(r[pc->reg] + (s64)pc->off))
#define ATOMIC_AT(type) ((type *)(r[pc->dst] + (s64)pc->off))
#define NEXT(n)                                                                                    \
	do {                                                                                       \
		pc += (n);                                                                         \
		INTERP_LOOK();                                                                     \
		goto *pc->label;                                                                   \
	} while (0)

#define DO_ALU(bits, from, expr)                                                                   \
	{                                                                                          \
		typedef u##bits U __unused;                                                        \
		typedef s##bits I __unused;                                                        \
		enum { W = bits };                                                                 \
		const U a __unused = (U)DST, b __unused = (U)SRC_##from;                           \
                                                                                                   \
		DST = (U)(expr);                                                                   \
		NEXT(1);                                                                           \
	}
#define DO_END(expr)                                                                               \
	{                                                                                          \
		const u64 a = DST;                                                                 \
                                                                                                   \
		DST = (expr);                                                                      \
		NEXT(1);                                                                           \
	}
#define DO_JMP(bits, from, expr)                                                                   \
	{                                                                                          \
		typedef u##bits U __unused;                                                        \
		typedef s##bits I __unused;                                                        \
		const U a = (U)DST, b = (U)SRC_##from;                                             \
                                                                                                   \
		if (expr)                                                                          \
			NEXT(1 + pc->off);                                                         \
		NEXT(1);                                                                           \
	}
#define DO_JA(field) NEXT(1 + pc->field);
#define DO_LDX(type) { DST = *AT(type, src); NEXT(1); }
#define DO_LDXS(type) { DST = (u64)(s64)*AT(type, src); NEXT(1); }
#define DO_PROBE(type) { DST = probe_load_##type(AT(type, src)); NEXT(1); }
#define DO_PROBES(type) { DST = (u64)(s64)probe_load_##type(AT(type, src)); NEXT(1); }
#define DO_ST(type) { *AT(type, dst) = (type)pc->imm; NEXT(1); }
#define DO_STX(type) { *AT(type, dst) = (type)SRC_X; NEXT(1); }
#define DO_ATOMIC(type, op)                                                                        \
	{                                                                                          \
		__atomic_fetch_##op(ATOMIC_AT(type), (type)SRC_X, __ATOMIC_SEQ_CST);                \
		NEXT(1);                                                                           \
	}
#define DO_FETCH(type, op)                                                                         \
	{                                                                                          \
		SRC_X = __atomic_fetch_##op(ATOMIC_AT(type), (type)SRC_X, __ATOMIC_SEQ_CST);        \
		NEXT(1);                                                                           \
	}
#define DO_XCHG(type)                                                                              \
	{                                                                                          \
		SRC_X = __atomic_exchange_n(ATOMIC_AT(type), (type)SRC_X, __ATOMIC_SEQ_CST);        \
		NEXT(1);                                                                           \
	}
#define DO_CMPXCHG(type)                                                                           \
	{                                                                                          \
		type old = (type)r[0];                                                             \
                                                                                                   \
		__atomic_compare_exchange_n(ATOMIC_AT(type), &old, (type)SRC_X, false,              \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                    \
		r[0] = old;                                                                        \
		NEXT(1);                                                                           \
	}
#define DO_LDIMM64(pseudo) { DST = pc[1].imm64; NEXT(2); }
#define DO_CALL(what) DO_CALL_##what
/* For whoever asks for a backtrace from there. */
#define LEAVE_TRACE()                                                                              \
	do {                                                                                       \
		level.pc = pc;                                                                     \
		level.depth = depth;                                                               \
	} while (0)
#define DO_CALL_helper                                                                             \
	{                                                                                          \
		LEAVE_TRACE();                                                                     \
		r[0] = ((helper_fn)pc->ptr)(r[1], r[2], r[3], r[4], r[5], rc);                      \
		NEXT(1);                                                                           \
	}
#define DO_CALL_kfunc                                                                              \
	{                                                                                          \
		LEAVE_TRACE();                                                                     \
		r[0] = call_kfunc(pc->ptr, r, rc);                                                 \
		NEXT(1);                                                                           \
	}
#define DO_CALL_subprog                                                                            \
	{                                                                                          \
		struct interp_frame *f = &frames[depth++];                                                \
                                                                                                   \
		memcpy(f->saved, &r[6], sizeof(f->saved));                                         \
		f->budget = budget;                                                                \
		f->ret = pc + 1;                                                                   \
		budget = MAY_GOTO_BUDGET;                                                          \
		r[10] -= pc->off;                                                                  \
		clear_frame(r[10], pc->dst);                                                       \
		NEXT(1 + pc->imm);                                                                 \
	}
#define DO_MAY_GOTO(...)                                                                           \
	{                                                                                          \
		if (!budget)                                                                       \
			NEXT(1 + pc->off);                                                         \
		budget--;                                                                          \
		NEXT(1);                                                                           \
	}
#define DO_EXIT(...) goto leave;
#define DO_NONE(what) BUG_ON(true); /* image_create() refuses it */

static const void *const *interp(const struct exec_entry *entry, struct run_ctx *rc,
				 const u64 args[5], u8 *stack_top, u64 *result)
{
	static const void *const labels[NR_X_OPCODES] = {
#define OP(id, ...) [ISA_##id] = &&L_##id,
#define OP_INTERNAL OP
#include "isa/opcodes.def"
#undef OP
#undef OP_INTERNAL
		[X_TAIL_CALL] = &&L_TAIL_CALL,
	};
	struct interp_frame frames[MAX_CALL_FRAMES];
	u64 budget = MAY_GOTO_BUDGET;
	struct interp_level level = { .frames = frames };
	const struct xinsn *pc;
	u64 r[MAX_BPF_REG + 1];
	u32 depth = 0;

	if (!entry)
		return labels;
	level.up = rc->env ? rc->env->level : NULL;
	level.prog = rc->prog;
	level.insns = entry->image->insns;
	interp_set_level(rc, &level);
	memset(r, 0, sizeof(r));
	memcpy(&r[1], args, 5 * sizeof(u64));
	r[BPF_REG_FP] = (u64)stack_top;
	pc = entry->code;
	INTERP_LOOK();
	goto *pc->label;

#define OP(id, code, select, value, text, kind, ...) L_##id: DO_##kind(__VA_ARGS__)
#define OP_INTERNAL OP
#include "isa/opcodes.def"
#undef OP
#undef OP_INTERNAL

L_TAIL_CALL: {
	LEAVE_TRACE();
	if (!run_tail_call((void *)r[2], (u32)r[3], rc, r[1], &r[0]))
		NEXT(1);
}
leave:
	if (depth) {
		const struct interp_frame *f = &frames[--depth];

		memcpy(&r[6], f->saved, sizeof(f->saved));
		budget = f->budget;
		pc = f->ret;
		INTERP_LOOK();
		goto *pc->label;
	}
	*result = r[0];
	interp_set_level(rc, level.up);
	return NULL;
}

u64 INTERP_NAME(interp_run)(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5])
{
	u8 *area = __builtin_alloca_with_align(entry->stack + 2 * RED_ZONE, 128);
	u8 *stack = area + RED_ZONE, *top = stack + entry->stack;
	u64 result = 0;

	red_zone_fill(area);
	red_zone_fill(top);
	memset(top - entry->frame, 0, entry->frame); /* those of callees: when they are called */
	interp(entry, rc, args, top, &result);
	red_zone_check(area);
	red_zone_check(top);
	return result;
}

const void *const *INTERP_NAME(interp_labels)(void)
{
	return interp(NULL, NULL, NULL, NULL, NULL);
}
