/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "graph.h"

#include <stdarg.h>
#include <stdio.h>

/* Any functions of the kernel BTF with these prototypes; they are never called. */
const struct graph_kfunc graph_kfuncs[NR_KFUNCS] = {
	{ "scx_bpf_dispatch_nr_slots", 0 }, { "scx_bpf_nr_cpu_ids", 0 },
	{ "scx_bpf_dispatch_cancel", 0 },   { "scx_bpf_reenqueue_local", 0 },
	{ "scx_bpf_cpuperf_cap", 1 },	    { "scx_bpf_cpuperf_cur", 1 },
};

static u32 next(u64 *rng)
{
	*rng ^= *rng << 13;
	*rng ^= *rng >> 7;
	*rng ^= *rng << 17;
	return *rng >> 32;
}

static u32 below(u64 *rng, u32 n)
{
	return next(rng) % n;
}

static u64 start(u64 seed)
{
	u64 rng = (seed + 1) * 0x9e3779b97f4a7c15ULL;

	for (int i = 0; i < 8; i++)
		next(&rng);
	return rng;
}

/* ---- rules ---- */

void rules_make(struct rules *r, u64 seed)
{
	u64 rng = start(~seed);

	for (u32 k = 0; k < NR_KFUNCS; k++)
		for (u32 p = 0; p < NR_PLACES; p++) {
			bool never = k && !below(&rng, 7); /* the first one is legal everywhere */
			s8 any = below(&rng, NR_IMPLS);

			for (u32 a = 0; a < NR_ARGS; a++) {
				s8 impl = k < FIRST_BY_ARG ? any : (s8)below(&rng, NR_IMPLS);

				r->impl[k][p][a] = never ? -1 : impl;
			}
		}
}

int rules_impl(const struct rules *r, u32 kfunc, enum call_place place, enum arg arg)
{
	return r->impl[kfunc][place][arg];
}

bool rules_gives(const struct rules *r, u32 kfunc, u32 place, u32 impl)
{
	for (u32 a = 0; a < NR_ARGS; a++)
		if (r->impl[kfunc][place][a] == (s8)impl)
			return true;
	return false;
}

void *rules_fn(u32 kfunc, u32 impl)
{
	return (void *)(uintptr_t)(0x10000 + 256 * kfunc + impl);
}

/* ---- a graph ---- */

/* Calls go to later functions, so there is no recursion. */
static bool pick_callee(const struct graph *g, u64 *rng, u32 self, u32 *out)
{
	if (self + 1 >= g->nr_funcs)
		return false;
	*out = self + 1 + below(rng, g->nr_funcs - self - 1);
	return g->funcs[*out].kind == G_STATIC || g->funcs[*out].kind == G_GLOBAL;
}

/*
 * A function may arm itself as long as it does not branch before, or else
 * (as in Linux) verifying it does not come to an end.
 */
static bool pick_async(const struct graph *g, u64 *rng, u32 self, u32 *out)
{
	const struct gfunc *f = &g->funcs[self];
	bool branches = false;

	for (u32 k = 0; k < f->nr_ops; k++)
		branches |= f->ops[k].kind != OP_KFUNC || f->ops[k].guard;
	*out = self + below(rng, g->nr_funcs - self);
	return g->funcs[*out].kind == G_ASYNC && (*out != self || !branches);
}

static bool pick_sync(const struct graph *g, u64 *rng, u32 self, u32 *out)
{
	if (self + 1 >= g->nr_funcs)
		return false;
	*out = self + 1 + below(rng, g->nr_funcs - self - 1);
	return g->funcs[*out].kind == G_STATIC || g->funcs[*out].kind == G_ASYNC;
}

/* A leaf, for the limit on frames. */
static bool pick_apply(const struct graph *g, u32 self, struct gop *op)
{
	op->what = g->nr_funcs - 1;
	op->other = g->nr_funcs - 2;
	return self < op->other && g->funcs[op->other].kind == G_APPLY;
}

static bool pick_op(const struct graph *g, u64 *rng, u32 self, struct gop *op)
{
	*op = (struct gop){ .kind = below(rng, OP_APPLY + 1), .guard = below(rng, 8),
			    .arg = below(rng, NR_ARGS) };
	if (op->guard > GUARD_ARG_0)
		op->guard = GUARD_NONE;
	switch (op->kind) {
	case OP_KFUNC:
		op->what = below(rng, NR_KFUNCS);
		return true;
	case OP_CALL:
		return pick_callee(g, rng, self, &op->what);
	case OP_LOOP:
		return pick_sync(g, rng, self, &op->what);
	case OP_EITHER:
		return pick_sync(g, rng, self, &op->what) &&
		       pick_sync(g, rng, self, &op->other) && op->what != op->other;
	case OP_APPLY:
		return pick_apply(g, self, op);
	case OP_LOOP_AND_TIMER:
		return pick_sync(g, rng, self, &op->what) && g->funcs[op->what].kind == G_ASYNC;
	default:
		return pick_async(g, rng, self, &op->what) &&
		       (op->what != self || !op->guard);
	}
}

static void line(struct graph *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct graph *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->lines[g->text.nr_code], sizeof(g->lines[0]), fmt, ap);
	va_end(ap);
	g->text.code[g->text.nr_code] = g->lines[g->text.nr_code];
	g->text.nr_code++;
}

static void write_arg(struct graph *g, int reg, enum arg arg)
{
	if (arg == ARG_UNKNOWN)
		line(g, "r%d = r6", reg);
	else
		line(g, "r%d = %d", reg, arg);
}

static void write_loop(struct graph *g)
{
	line(g, "r1 = 2");
	line(g, "r3 = 0");
	line(g, "r4 = 0");
	line(g, "r2 = r8");
	line(g, "call loop");
}

static void write_arm(struct graph *g, bool timer)
{
	line(g, timer ? "r1 = value t 8" : "r1 = value w");
	line(g, "r3 = 0");
	line(g, "r4 = 0");
	line(g, "r2 = r8");
	line(g, timer ? "call timer_set_callback" : "call bpf_wq_set_callback_impl");
}

static void write_op(struct graph *g, const struct gop *op, u32 label)
{
	if (op->guard == GUARD_UNKNOWN)
		line(g, "call get_prandom_u32");
	if (op->guard == GUARD_DEAD)
		line(g, "r0 = 0");
	if (op->guard == GUARD_UNKNOWN || op->guard == GUARD_DEAD)
		line(g, "if r0 == 0 goto L%u", label);
	if (op->guard == GUARD_ARG_0)
		line(g, "if r6 != 0 goto L%u", label);
	if (op->kind >= OP_LOOP)
		line(g, "r8 = func f%u", op->what);
	switch (op->kind) {
	case OP_KFUNC:
		write_arg(g, 1, op->arg);
		line(g, "call %s", graph_kfuncs[op->what].name);
		break;
	case OP_CALL:
		write_arg(g, 1, op->arg);
		line(g, "r2 = r1");
		line(g, "call f%u", op->what);
		break;
	case OP_EITHER:
		line(g, "call get_prandom_u32");
		line(g, "if r0 == 0 goto E%u", label);
		line(g, "r8 = func f%u", op->other);
		line(g, "E%u:", label);
		write_loop(g);
		break;
	case OP_LOOP_AND_TIMER:
		write_loop(g);
		write_arm(g, true);
		break;
	case OP_APPLY:
		line(g, "r1 = 0");
		line(g, "r2 = r8");
		line(g, "call f%u", op->other);
		break;
	case OP_LOOP:
		write_loop(g);
		break;
	default:
		write_arm(g, op->kind == OP_TIMER);
	}
	if (op->guard)
		line(g, "L%u:", label);
}

static void write_head(struct graph *g, u32 i)
{
	switch (g->funcs[i].kind) {
	case G_MAIN:
		break;
	case G_STATIC:
	case G_APPLY:
		line(g, "fn f%u 2", i);
		break;
	case G_ASYNC:
		line(g, "fn f%u 3", i);
		break;
	case G_GLOBAL:
		line(g, "global fn f%u 2", i);
		break;
	case G_EXCEPTION:
		line(g, "exception fn f%u 1", i);
		break;
	}
}

static void write_func(struct graph *g, u32 i)
{
	struct gfunc *f = &g->funcs[i];

	write_head(g, i);
	/* a static function is called with (arg, arg), or by bpf_loop with (index, 0) */
	if (f->kind == G_APPLY)
		line(g, "r8 = r2");
	else if (f->kind == G_STATIC)
		line(g, "r6 = r2");
	else if (f->kind == G_MAIN || f->kind == G_ASYNC)
		line(g, "r6 = %d", f->arg);
	else
		line(g, "r6 = r1");
	if (f->kind == G_APPLY)
		write_loop(g);
	for (u32 k = 0; k < f->nr_ops; k++)
		write_op(g, &f->ops[k], i * MAX_OPS + k);
	line(g, "r0 = 0");
	line(g, "exit");
}

/* Every function must be named by some instruction, or the program is not one. */
static void mark_named(struct graph *g, u32 i)
{
	if (g->funcs[i].named)
		return;
	g->funcs[i].named = true;
	for (u32 k = 0; k < g->funcs[i].nr_ops; k++) {
		const struct gop *op = &g->funcs[i].ops[k];

		if (op->kind != OP_KFUNC)
			mark_named(g, op->what);
		if (op->kind == OP_EITHER || op->kind == OP_APPLY)
			mark_named(g, op->other);
	}
}

static enum gfunc_kind pick_kind(u64 *rng)
{
	u32 n = below(rng, 8);

	return n < 4 ? G_STATIC : n < 7 ? G_ASYNC : G_GLOBAL;
}

void graph_make(struct graph *g, u64 seed)
{
	u64 rng = start(seed);

	memset(g, 0, sizeof(*g));
	g->nr_funcs = 2 + below(&rng, MAX_GFUNCS - 2);
	for (u32 i = 0; i < g->nr_funcs; i++) {
		g->funcs[i].kind = i ? pick_kind(&rng) : G_MAIN;
		g->funcs[i].arg = below(&rng, 2);
	}
	if (!below(&rng, 3))
		g->funcs[1].kind = G_EXCEPTION;
	if (g->nr_funcs > 3 && below(&rng, 2)) {
		g->funcs[g->nr_funcs - 2].kind = G_APPLY;
		g->funcs[g->nr_funcs - 1].kind = G_STATIC;
	}
	for (u32 i = 0; i < g->nr_funcs; i++) {
		struct gfunc *f = &g->funcs[i];
		u32 want = 1 + below(&rng, MAX_OPS);

		if (f->kind == G_APPLY)
			continue;
		for (u32 tries = 0; tries < 4 * want && f->nr_ops < want; tries++)
			f->nr_ops += pick_op(g, &rng, i, &f->ops[f->nr_ops]);
	}
	mark_named(g, 0);
	for (u32 i = 0; i < g->nr_funcs; i++)
		if (g->funcs[i].kind == G_EXCEPTION)
			mark_named(g, i);
	for (u32 i = 0; i < g->nr_funcs; i++)
		if (g->funcs[i].named)
			write_func(g, i);
}
