/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "gen.h"

#ifndef BPF_MEMSX
#define BPF_MEMSX 0x80
#endif

#define STACK 32 /* bytes that are written before anything is read */
#define BLOCK_ROOM 96 /* instructions that a step and the end may need */

static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
static const int bytes[] = { 1, 2, 4, 8 };

static u32 below(struct gen *g, u32 n)
{
	return (u32)rng_below(&g->rng, n);
}

static void add(struct gen *g, int code, int dst, int src, int off, int imm)
{
	if (g->nr < GEN_MAX_INSNS)
		g->insns[g->nr++] = (struct bpf_insn){
			.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
		};
}

static void move(struct gen *g, int dst, int src)
{
	add(g, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct gen *g, int dst, int imm)
{
	add(g, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

/* A register that holds a number: r4 and r5 are the generator's own. */
static int number(struct gen *g)
{
	static const int regs[] = { 0, 1, 2, 3, 6, 7, 8, 9 };

	return regs[below(g, 8)];
}

/* One that calls leave alone. */
static int saved(struct gen *g)
{
	return 6 + below(g, 4);
}

static int constant(struct gen *g)
{
	static const int edges[] = { 0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 255, 256,
				     1000, 0xffff, 0x10000, 0x7fffffff, -0x7fffffff - 1,
				     -0x7fffffff, -1, -2, -8, -16 };

	switch (below(g, 3)) {
	case 0:
		return edges[below(g, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return (int)below(g, 64) - 32;
	default:
		return (int)rng_u64(&g->rng);
	}
}

/* ---- steps ---- */

static void negate_or_swap(struct gen *g)
{
	int class = below(g, 2) ? BPF_ALU64 : BPF_ALU;

	g->newer = true;
	if (below(g, 2))
		add(g, class | BPF_NEG, number(g), 0, 0, 0);
	else
		add(g, class | BPF_END | (class == BPF_ALU && below(g, 2) ? BPF_TO_BE : 0),
		    number(g), 0, 0, 16 << below(g, 3));
}

static void alu_imm(struct gen *g, int class, int op, bool divides)
{
	int imm = constant(g);

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm = below(g, class == BPF_ALU64 ? 64 : 32);
	if (divides && !imm)
		imm = 3;
	add(g, class | op | BPF_K, number(g), 0, divides && !below(g, 3), imm);
}

static void alu(struct gen *g)
{
	static const int ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,	BPF_AND, BPF_AND,
				   BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_MOV, BPF_ARSH };
	int op = ops[below(g, sizeof(ops) / sizeof(ops[0]))];
	int class = below(g, 2) ? BPF_ALU64 : BPF_ALU;
	bool divides = op == BPF_DIV || op == BPF_MOD;
	int off = 0;

	if (g->exotic && !below(g, 8)) {
		negate_or_swap(g);
		return;
	}
	if (below(g, 2)) {
		alu_imm(g, class, op, divides);
		return;
	}
	if (divides)
		off = !below(g, 3); /* signed */
	if (op == BPF_MOV && !below(g, 3))
		off = 8 << below(g, class == BPF_ALU ? 2 : 3); /* sign extension */
	add(g, class | op | BPF_X, number(g), number(g), off, 0);
}

static void jump(struct gen *g)
{
	static const int ops[] = { BPF_JEQ,  BPF_JGT,  BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				   BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	int op = ops[below(g, sizeof(ops) / sizeof(ops[0]))];
	int class = below(g, 2) ? BPF_JMP : BPF_JMP32;
	int a = number(g), b = number(g), off = 1 + below(g, 4);

	if (below(g, 2)) {
		add(g, class | op | BPF_K, a, 0, off, constant(g));
		return;
	}
	if (a == b && !g->exotic)
		b = a == 9 ? 8 : 9;
	g->newer |= a == b;
	add(g, class | op | BPF_X, a, b, off, 0);
}

/* A copy, perhaps at a distance: what a comparison says of one holds for the other. */
static void link(struct gen *g)
{
	static const int ops[] = { BPF_JEQ, BPF_JGT, BPF_JLT, BPF_JSGT, BPF_JSLE, BPF_JNE };
	int a = number(g), b = number(g), class = below(g, 4) ? BPF_ALU64 : BPF_ALU;

	add(g, class | BPF_MOV | BPF_X, a, b, 0, 0);
	if (below(g, 2))
		add(g, BPF_ALU64 | BPF_ADD | BPF_K, a, 0, 0, 1 + below(g, 64));
	if (!below(g, 4)) { /* by way of the stack */
		add(g, BPF_STX | BPF_MEM | (below(g, 2) ? BPF_DW : BPF_W), 10, a, -STACK, 0);
		add(g, BPF_LDX | (below(g, 3) ? BPF_MEM : BPF_MEMSX) | BPF_W, number(g), 10,
		    -STACK, 0);
	}
	add(g, (below(g, 3) ? BPF_JMP : BPF_JMP32) | ops[below(g, 6)] | BPF_K, below(g, 2) ? a : b, 0,
	    1 + below(g, 3), constant(g));
}

static void bound(struct gen *g)
{
	add(g, BPF_JMP | BPF_JGT | BPF_K, number(g), 0, 1 + below(g, 3), below(g, 100));
}

static void stack(struct gen *g)
{
	int s = below(g, 4), off = bytes[s] * below(g, STACK / bytes[s]) - STACK;

	switch (below(g, 4)) {
	case 0:
	case 1:
		add(g, BPF_STX | BPF_MEM | sizes[s], 10, number(g), off, 0);
		break;
	case 2:
		add(g, BPF_ST | BPF_MEM | sizes[s], 10, 0, off, constant(g));
		break;
	default:
		add(g, BPF_LDX | (s < 3 && !below(g, 4) ? BPF_MEMSX : BPF_MEM) | sizes[s],
		    number(g), 10, off, 0);
	}
}

/* At an offset that is a range; alignment and bounds hold mostly. */
static void stack_by_register(struct gen *g)
{
	int r = number(g);

	add(g, BPF_ALU64 | BPF_AND | BPF_K, r, 0, 0, below(g, 2) ? 24 : 7);
	move(g, 4, 10);
	add(g, BPF_ALU64 | BPF_ADD | BPF_X, 4, r, 0, 0);
	add(g, BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, -STACK);
	if (below(g, 2))
		add(g, BPF_STX | BPF_MEM | BPF_DW, 4, number(g), 0, 0);
	else
		add(g, BPF_LDX | BPF_MEM | BPF_B, number(g), 4, 0, 0);
}

static void atomic(struct gen *g)
{
	static const int ops[] = { BPF_ADD, BPF_ADD | BPF_FETCH, BPF_OR,    BPF_AND | BPF_FETCH,
				   BPF_XOR, BPF_XCHG,		 BPF_CMPXCHG };

	add(g, BPF_STX | BPF_ATOMIC | (below(g, 2) ? BPF_DW : BPF_W), 10, number(g),
	    -8 * (int)(1 + below(g, STACK / 8)), ops[below(g, sizeof(ops) / sizeof(ops[0]))]);
}

/* An array's element, perhaps there; then an access that is perhaps within it. */
static void map_element(struct gen *g)
{
	int s = below(g, 4), r = saved(g), index = 6 + (r - 5) % 4;
	u32 missing;

	add(g, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, below(g, 3));
	move(g, 2, 10);
	add(g, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	add(g, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0);
	add(g, 0, 0, 0, 0, 0);
	add(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	missing = g->nr;
	if (below(g, 40)) /* else it forgets to ask */
		add(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	if (below(g, 2)) {
		add(g, BPF_ALU64 | BPF_AND | BPF_K, index, 0, 0, below(g, GEN_MAP_VALUE));
		add(g, BPF_ALU64 | BPF_ADD | BPF_X, 0, index, 0, 0);
	}
	if (below(g, 2))
		add(g, BPF_LDX | BPF_MEM | sizes[s], r, 0, below(g, GEN_MAP_VALUE + 2), 0);
	else
		add(g, BPF_STX | BPF_MEM | sizes[s], 0, index, below(g, GEN_MAP_VALUE / 2), 0);
	if (g->insns[missing].code == (BPF_JMP | BPF_JEQ | BPF_K))
		g->insns[missing].off = (int)(g->nr - missing - 1);
	/* Numbers again. */
	set(g, 0, constant(g));
	for (int i = 1; i <= 3; i++)
		move(g, i, saved(g));
}

/* A function's arguments: a number or the stack, and two numbers. */
static void call(struct gen *g)
{
	if (below(g, 2)) {
		move(g, 1, number(g));
	} else {
		move(g, 1, 10);
		add(g, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, -8 * (int)(1 + below(g, STACK / 8)));
	}
	move(g, 2, saved(g));
	set(g, 3, constant(g));
	g->calls_at[g->nr_calls++] = g->nr;
	add(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, below(g, g->nr_subprogs));
	for (int i = 1; i <= 3; i++)
		move(g, i, saved(g));
}

static void block(struct gen *g, u32 steps, int depth);

static void loop(struct gen *g, int depth)
{
	int counter = -STACK - 8 * (depth + 1);
	u32 top;

	add(g, BPF_ST | BPF_MEM | BPF_DW, 10, 0, counter, 0);
	top = g->nr;
	block(g, 2 + below(g, 6), depth + 1);
	add(g, BPF_LDX | BPF_MEM | BPF_DW, 5, 10, counter, 0);
	add(g, BPF_ALU64 | BPF_ADD | BPF_K, 5, 0, 0, 1);
	add(g, BPF_STX | BPF_MEM | BPF_DW, 10, 5, counter, 0);
	add(g, BPF_JMP | BPF_JLT | BPF_K, 5, 0, (int)top - (int)g->nr - 1, 1 + below(g, 4));
}

static void block(struct gen *g, u32 steps, int depth)
{
	for (u32 i = 0; i < steps && g->nr < GEN_MAX_INSNS - BLOCK_ROOM; i++) {
		u32 k = below(g, 100);

		if (k < 5 && g->loops && !depth)
			loop(g, depth);
		else if (k < 10 && g->calls && g->nr_subprogs && g->nr_calls < GEN_MAX_CALLS)
			call(g);
		else if (k < 14 && g->maps)
			map_element(g);
		else if (k < 18)
			link(g);
		else if (k < 50)
			alu(g);
		else if (k < 78)
			jump(g);
		else if (k < 88)
			stack(g);
		else if (k < 91)
			stack_by_register(g);
		else if (k < 94)
			atomic(g);
		else
			bound(g);
	}
}

/* ---- the program ---- */

static void begin(struct gen *g)
{
	for (int r = 6; r <= 9; r++) {
		if (!below(g, 3)) {
			set(g, r, constant(g));
			continue;
		}
		add(g, BPF_JMP | BPF_CALL, 0, 0, 0,
		    below(g, 2) ? BPF_FUNC_get_prandom_u32 : BPF_FUNC_ktime_get_ns);
		move(g, r, 0);
	}
	set(g, 0, constant(g));
	for (int r = 1; r <= 3; r++) {
		if (below(g, 2))
			move(g, r, saved(g));
		else
			set(g, r, constant(g));
	}
	for (int off = -STACK; off < 0; off += 8) {
		if (below(g, 2))
			add(g, BPF_STX | BPF_MEM | BPF_DW, 10, saved(g), off, 0);
		else
			add(g, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, constant(g));
	}
}

/* Jumps lead at most four instructions ahead: into these. */
static void end(struct gen *g)
{
	for (int i = 0; i < 4; i++)
		set(g, number(g), 0);
	set(g, 0, 0);
	add(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Number @i calls those before it only. */
static void subprog(struct gen *g, u32 i)
{
	g->nr_subprogs = i;
	move(g, 6, 2);
	move(g, 7, 3);
	for (int r = 8; r <= 9; r++)
		set(g, r, constant(g));
	set(g, 0, 0);
	for (int off = -STACK; off < 0; off += 8)
		add(g, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, constant(g));
	if (!below(g, 3))
		add(g, BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 0, 0);
	if (!below(g, 4))
		add(g, BPF_STX | BPF_MEM | BPF_DW, 1, 7, 0, 0);
	set(g, 1, 3);
	block(g, 2 + below(g, 8), 1);
	end(g);
}

void gen_program(struct gen *g, u64 number)
{
	u32 start[GEN_MAX_SUBPROGS], nr;

	*g = (struct gen){};
	rng_init(&g->rng, number, 1);
	g->loops = !below(g, 3);
	g->calls = !below(g, 3);
	g->maps = !below(g, 3);
	g->exotic = !below(g, 8);
	nr = g->nr_subprogs = g->calls ? 1 + below(g, GEN_MAX_SUBPROGS) : 0;

	begin(g);
	block(g, 5 + below(g, g->calls || g->loops ? 12 : 25), 0);
	end(g);
	for (u32 i = 0; i < nr; i++) {
		start[i] = g->nr;
		subprog(g, i);
	}
	for (u32 i = 0; i < g->nr_calls; i++) {
		struct bpf_insn *insn = &g->insns[g->calls_at[i]];

		insn->imm = (int)start[insn->imm] - (int)g->calls_at[i] - 1;
	}
}
