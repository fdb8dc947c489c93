/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walks over a graph and over a verified program. The program is read
 * literally: what a call calls, and which function's address is in R2 at a call
 * that takes a callback.
 */
#include <stdio.h>

#include "graph.h"
#include "tap.h"

/* ---- the graph ---- */

static enum arg own_arg(const struct gfunc *f, enum arg passed)
{
	switch (f->kind) {
	case G_MAIN:
	case G_ASYNC:
		return f->arg;
	case G_STATIC:
		return passed;
	default:
		return ARG_UNKNOWN;
	}
}

/* Is it reached where R6 is @arg? *in: what R6 is there. */
static bool is_reached(const struct gop *op, enum arg arg, enum arg *in)
{
	*in = op->guard == GUARD_ARG_0 ? ARG_0 : arg;
	return op->guard != GUARD_DEAD && !(op->guard == GUARD_ARG_0 && arg == ARG_1);
}

static enum arg passed_arg(const struct gop *op, enum arg in)
{
	return op->arg == ARG_UNKNOWN ? in : op->arg;
}

struct legality {
	const struct graph *g;
	const struct rules *r;
	bool async_done[MAX_GFUNCS][NR_PLACES];
	u8 args[MAX_GFUNCS][NR_PLACES]; /* that it was reached with, a bit each */
};

static bool is_legal(struct legality *l, u32 func, enum call_place place, enum arg passed);

static bool async_is_legal(struct legality *l, u32 func, enum call_place place)
{
	if (l->async_done[func][place])
		return true;
	l->async_done[func][place] = true;
	return is_legal(l, func, place, ARG_0);
}

static bool op_is_legal(struct legality *l, const struct gop *op, enum call_place place,
			enum arg in)
{
	switch (op->kind) {
	case OP_KFUNC:
		return rules_impl(l->r, op->what, place, passed_arg(op, in)) >= 0;
	case OP_CALL:
		return is_legal(l, op->what, place, passed_arg(op, in));
	case OP_LOOP:
	case OP_APPLY:
		return is_legal(l, op->what, place, ARG_0);
	case OP_EITHER:
		return is_legal(l, op->what, place, ARG_0) && is_legal(l, op->other, place, ARG_0);
	case OP_LOOP_AND_TIMER:
		return is_legal(l, op->what, place, ARG_0) &&
		       async_is_legal(l, op->what, CALL_IN_TIMER_CB);
	case OP_TIMER:
		return async_is_legal(l, op->what, CALL_IN_TIMER_CB);
	case OP_WQ:
		return async_is_legal(l, op->what, CALL_IN_WQ_CB);
	}
	return false;
}

static bool is_legal(struct legality *l, u32 func, enum call_place place, enum arg passed)
{
	const struct gfunc *f = &l->g->funcs[func];
	enum arg arg = own_arg(f, passed), in;

	l->args[func][place] |= BIT(arg);
	for (u32 k = 0; k < f->nr_ops; k++)
		if (is_reached(&f->ops[k], arg, &in) && !op_is_legal(l, &f->ops[k], place, in))
			return false;
	return true;
}

/* Its address is passed on only, never called from here. */
static bool is_async(const struct legality *l, u32 func)
{
	return l->async_done[func][CALL_IN_TIMER_CB] || l->async_done[func][CALL_IN_WQ_CB];
}

/*
 * Like Linux, the verifier adds up stacks without looking at what is reached; a
 * function that nobody hands over as an async callback counts where it is named.
 */
static bool is_recursive(const struct legality *l, u32 func, u32 depth)
{
	const struct gfunc *f = &l->g->funcs[func];

	if (depth > MAX_GFUNCS)
		return true;
	for (u32 k = 0; k < f->nr_ops; k++) {
		const struct gop *op = &f->ops[k];

		if (op->kind == OP_KFUNC)
			continue;
		if ((op->kind == OP_CALL || !is_async(l, op->what)) &&
		    is_recursive(l, op->what, depth + 1))
			return true;
		if (op->kind == OP_EITHER && !is_async(l, op->other) &&
		    is_recursive(l, op->other, depth + 1))
			return true;
	}
	return false;
}

static bool all_is_legal(struct legality *l)
{
	if (!is_legal(l, 0, CALL_IN_MAIN, ARG_0))
		return false;
	for (u32 i = 1; i < l->g->nr_funcs; i++)
		if (l->g->funcs[i].kind == G_EXCEPTION &&
		    !is_legal(l, i, CALL_IN_EXCEPTION_CB, ARG_0))
			return false;
	return true;
}

int graph_verdict(const struct graph *g, const struct rules *r)
{
	struct legality l = { .g = g, .r = r };

	if (!all_is_legal(&l))
		return -EACCES;
	for (u32 i = 0; i < g->nr_funcs; i++)
		if ((!i || g->funcs[i].kind == G_EXCEPTION || is_async(&l, i)) &&
		    is_recursive(&l, i, 1))
			return -E2BIG;
	return 0;
}

/* ---- the program ---- */

static s32 sub_at(const struct bpf_prog *p, u32 start)
{
	for (u32 i = 0; i < p->nr_subprogs; i++)
		if (p->subprogs[i].start == start)
			return i;
	return -1;
}

static bool is_func_load(const struct bpf_insn *insn, u8 reg)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC &&
	       insn->dst_reg == reg;
}

static bool is_cond_jump(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JEQ | BPF_K) ||
	       insn->code == (BPF_JMP | BPF_JNE | BPF_X);
}

/* R2 at the call @at, where R8 held the address of subprogram @r8 before; -1: unclear. */
static s32 callback_at(const struct bpf_prog *p, u32 at, s32 r8)
{
	s32 r0 = -1, r2 = r8;
	u32 i = at;

	while (i-- > 0 && p->insns[i].code != (BPF_ALU64 | BPF_MOV | BPF_X))
		;
	if (p->insns[i].dst_reg != BPF_REG_2 || p->insns[i].src_reg != BPF_REG_8)
		return -1;
	for (i++; i < at; i++) {
		const struct bpf_insn *insn = &p->insns[i];

		if (is_func_load(insn, BPF_REG_0)) {
			r0 = sub_at(p, i + 1 + insn->imm);
			i++;
		} else if (is_func_load(insn, BPF_REG_2)) {
			r2 = sub_at(p, i + 1 + insn->imm);
			i++;
		} else if (insn->code == (BPF_JMP | BPF_JNE | BPF_X) &&
			   insn->dst_reg == BPF_REG_2 && insn->src_reg == BPF_REG_0) {
			i += r2 != r0 ? insn->off : 0;
		} else {
			return -1;
		}
	}
	return i == at ? r2 : -1;
}

/* What R8 may hold at the call @at: the load before it; and the one before, if it may be skipped. */
static u32 addresses(const struct bpf_prog *p, u32 begin, u32 at, s32 out[2])
{
	u32 n = 0, i = at;

	while (i-- > begin && n < 2) {
		bool skipped = i > begin && is_cond_jump(&p->insns[i - 1]) &&
			       i + p->insns[i - 1].off < at;

		if (!is_func_load(&p->insns[i], BPF_REG_8))
			continue;
		out[n++] = sub_at(p, i + 1 + p->insns[i].imm);
		if (!skipped)
			break;
	}
	return n;
}

/* ---- both ---- */

struct walk {
	const struct graph *g;
	const struct rules *r;
	const struct bpf_prog *p;
	struct legality reached;
	bool async_done[MAX_GFUNCS][NR_PLACES][256];
};

struct cursor {
	u32 sub, at; /* at: the next instruction to look at */
};

static bool walk_func(struct walk *w, u32 func, s32 sub, enum call_place place, enum arg passed);

static bool differs(const struct walk *w, const struct cursor *c, const char *what)
{
	tap_note("subprogram %u, insn %u: not %s", c->sub, c->at ? c->at - 1 : 0, what);
	return false;
}

static const struct bpf_insn *next_call(const struct walk *w, struct cursor *c)
{
	const struct prog_subprog *s = &w->p->subprogs[c->sub];

	while (c->at < s->start + s->len) {
		const struct bpf_insn *insn = &w->p->insns[c->at++];

		if (insn->code == (BPF_JMP | BPF_CALL))
			return insn;
	}
	return NULL;
}

static bool next_is(const struct walk *w, struct cursor *c, const char *name)
{
	const struct bpf_insn *insn = next_call(w, c);

	if (!insn || insn->src_reg == BPF_PSEUDO_CALL ||
	    strcmp(w->p->targets[insn->imm].name, name))
		return differs(w, c, name);
	return true;
}

static bool walk_async(struct walk *w, u32 func, s32 sub, enum call_place place)
{
	if (sub < 0 || sub >= 256)
		return false;
	if (w->async_done[func][place][sub])
		return true;
	w->async_done[func][place][sub] = true;
	return walk_func(w, func, sub, place, ARG_0);
}

/* The call before the cursor gets functions @n of @funcs as callbacks. */
static bool walk_callbacks(struct walk *w, const struct cursor *c, const u32 *funcs, u32 n,
			   enum call_place place, bool async)
{
	u32 call = c->at - 1;
	s32 loaded[2];

	if (addresses(w->p, w->p->subprogs[c->sub].start, call, loaded) != n)
		return differs(w, c, "the right number of callbacks");
	for (u32 i = 0; i < n; i++) {
		/* nearest load first; it is that of the last function */
		s32 sub = loaded[i] < 0 ? -1 : callback_at(w->p, call, loaded[i]);
		u32 func = funcs[n - 1 - i];

		if (sub < 0)
			return differs(w, c, "a known callback");
		if (!(async ? walk_async(w, func, sub, place)
			    : walk_func(w, func, sub, place, ARG_0)))
			return false;
	}
	return true;
}

static bool walk_kfunc(struct walk *w, const struct gop *op, struct cursor *c,
		       enum call_place place, enum arg in)
{
	int impl = rules_impl(w->r, op->what, place, passed_arg(op, in));
	const struct bpf_insn *insn = next_call(w, c);

	if (!insn || insn->src_reg == BPF_PSEUDO_CALL || impl < 0 ||
	    (void *)w->p->targets[insn->imm].fn != rules_fn(op->what, impl))
		return differs(w, c, graph_kfuncs[op->what].name);
	return true;
}

static bool walk_call(struct walk *w, const struct gop *op, struct cursor *c, enum call_place place,
		      enum arg in)
{
	const struct bpf_insn *insn = next_call(w, c);

	if (!insn || insn->src_reg != BPF_PSEUDO_CALL)
		return differs(w, c, "a call of a function");
	return walk_func(w, op->what, sub_at(w->p, c->at + insn->imm), place, passed_arg(op, in));
}

/* Whatever address is passed: the callback is what the called function hands on for this one. */
static bool walk_apply(struct walk *w, const struct gop *op, const struct cursor *at,
		       enum call_place place)
{
	u32 call = at->at - 1;
	s32 loaded[2], sub = sub_at(w->p, call + 1 + w->p->insns[call].imm);
	struct cursor c = { .sub = sub };

	if (sub < 0 || addresses(w->p, w->p->subprogs[at->sub].start, call, loaded) != 1)
		return differs(w, at, "a call with one address");
	c.at = w->p->subprogs[sub].start;
	if (!next_is(w, &c, "loop") ||
	    !walk_func(w, op->what, callback_at(w->p, c.at - 1, loaded[0]), place, ARG_0))
		return false;
	return !next_call(w, &c) || differs(w, &c, "the end of the calls");
}

static bool walk_op(struct walk *w, const struct gop *op, struct cursor *c, enum call_place place,
		    enum arg in)
{
	const u32 funcs[2] = { op->what, op->other };

	switch (op->kind) {
	case OP_KFUNC:
		return walk_kfunc(w, op, c, place, in);
	case OP_CALL:
		return walk_call(w, op, c, place, in);
	case OP_EITHER:
		return next_is(w, c, "get_prandom_u32") && next_is(w, c, "loop") &&
		       walk_callbacks(w, c, funcs, 2, place, false);
	case OP_APPLY:
		return next_call(w, c) && walk_apply(w, op, c, place);
	case OP_LOOP:
		return next_is(w, c, "loop") && walk_callbacks(w, c, funcs, 1, place, false);
	case OP_LOOP_AND_TIMER:
		return next_is(w, c, "loop") && walk_callbacks(w, c, funcs, 1, place, false) &&
		       next_is(w, c, "timer_set_callback") &&
		       walk_callbacks(w, c, funcs, 1, CALL_IN_TIMER_CB, true);
	case OP_TIMER:
		return next_is(w, c, "timer_set_callback") &&
		       walk_callbacks(w, c, funcs, 1, CALL_IN_TIMER_CB, true);
	case OP_WQ:
		return next_is(w, c, "bpf_wq_set_callback_impl") &&
		       walk_callbacks(w, c, funcs, 1, CALL_IN_WQ_CB, true);
	}
	return false;
}

enum asks {
	ASKS_NOTHING, /* one copy is for all */
	ASKS_PLACE,   /* one for all arguments */
	ASKS_ARGS,
};

/* What the kfuncs depend on that a function's code, or anything that it names, calls. */
static int names_what_asks(const struct graph *g, u32 func)
{
	const struct gfunc *f = &g->funcs[func];
	int all = ASKS_NOTHING;

	for (u32 k = 0; k < f->nr_ops; k++) {
		const struct gop *op = &f->ops[k];

		if (op->kind == OP_KFUNC) {
			all = max(all, (int)(op->what < FIRST_BY_ARG ? ASKS_PLACE : ASKS_ARGS));
			continue;
		}
		if (op->what != func)
			all = max(all, names_what_asks(g, op->what));
		if (op->kind == OP_EITHER)
			all = max(all, names_what_asks(g, op->other));
	}
	return all;
}

static bool calls_back(const struct graph *g, u32 func)
{
	bool any = g->funcs[func].kind == G_APPLY;

	for (u32 k = 0; k < g->funcs[func].nr_ops && !any; k++) {
		const struct gop *op = &g->funcs[func].ops[k];

		any = op->kind >= OP_LOOP ||
		      (op->kind == OP_CALL && calls_back(g, op->what));
	}
	return any;
}

/* A callback is not always known by name: where there is one, it counts as any. */
static int asks(const struct graph *g, u32 func)
{
	int all = names_what_asks(g, func);

	if (!calls_back(g, func))
		return all;
	for (u32 i = 0; i < g->nr_funcs; i++)
		for (u32 k = 0; g->funcs[i].named && k < g->funcs[i].nr_ops; k++) {
			const struct gop *op = &g->funcs[i].ops[k];

			if (op->kind >= OP_LOOP)
				all = max(all, names_what_asks(g, op->what));
			if (op->kind == OP_EITHER)
				all = max(all, names_what_asks(g, op->other));
		}
	return all;
}

/* What the code of @func, as reached from @place with @arg, has to do for. */
static u8 args_of_copy(const struct walk *w, u32 func, enum call_place place, enum arg arg)
{
	u8 args = 0;

	switch (asks(w->g, func)) {
	case ASKS_ARGS:
		return BIT(arg);
	case ASKS_PLACE:
		return w->reached.args[func][place];
	default:
		for (u32 p = 0; p < NR_PLACES; p++)
			args |= w->reached.args[func][p];
		return args;
	}
}

/* @sub is @func, as it is reached from @place with @passed. */
static bool walk_func(struct walk *w, u32 func, s32 sub, enum call_place place, enum arg passed)
{
	const struct gfunc *f = &w->g->funcs[func];
	u8 args = args_of_copy(w, func, place, own_arg(f, passed));
	struct cursor c = { .sub = sub };
	enum arg arg, in;
	char name[16];

	snprintf(name, sizeof(name), "f%u", func);
	if (sub < 0 || (func && strcmp(w->p->subprogs[sub].name, name))) {
		tap_note("not %s but subprogram %d", name, sub);
		return false;
	}
	c.at = w->p->subprogs[sub].start;
	for (u32 k = 0; k < f->nr_ops; k++) {
		const struct gop *op = &f->ops[k];

		if (op->guard == GUARD_UNKNOWN && !next_is(w, &c, "get_prandom_u32"))
			return false;
		for (arg = 0; arg < NR_ARGS; arg++)
			if ((args & BIT(arg)) && is_reached(op, arg, &in))
				break;
		if (arg < NR_ARGS && !walk_op(w, op, &c, place, in))
			return false;
	}
	return !next_call(w, &c) || differs(w, &c, "the end of the calls");
}

bool graph_compare(const struct graph *g, const struct rules *r, const struct bpf_prog *p)
{
	struct walk w = { .g = g, .r = r, .p = p, .reached = { .g = g, .r = r } };

	all_is_legal(&w.reached);
	if (!walk_func(&w, 0, 0, CALL_IN_MAIN, ARG_0))
		return false;
	for (u32 i = 1; i < g->nr_funcs; i++)
		if (g->funcs[i].kind == G_EXCEPTION &&
		    !walk_func(&w, i, p->exception_cb, CALL_IN_EXCEPTION_CB, ARG_0))
			return false;
	return true;
}

/* ---- the program by itself ---- */

#define NOBODY 256

struct closure {
	const struct rules *r;
	const struct bpf_prog *p;
	bool done[256][NR_PLACES][NOBODY + 1]; /* by what it was handed */
};

/* @handed: the subprogram whose address is the second argument, or NOBODY. */
static bool is_closed(struct closure *c, s32 sub, enum call_place place, s32 handed);

static bool kfunc_is_given(const struct rules *r, const struct call_target *t,
			   enum call_place place)
{
	for (u32 k = 0; k < NR_KFUNCS; k++)
		for (u32 i = 0; i < NR_IMPLS; i++)
			if ((void *)t->fn == rules_fn(k, i))
				return rules_gives(r, k, place, i);
	return true; /* not one of ours */
}

/* In R2 at the call of a function. */
static s32 handed_at(const struct bpf_prog *p, u32 begin, u32 at)
{
	const struct bpf_insn *arg = &p->insns[at - 1];
	s32 loaded[2];

	if (arg->code != (BPF_ALU64 | BPF_MOV | BPF_X) || arg->dst_reg != BPF_REG_2 ||
	    arg->src_reg != BPF_REG_8)
		return NOBODY;
	return addresses(p, begin, at, loaded) == 1 ? loaded[0] : -1;
}

static bool call_is_closed(struct closure *c, u32 begin, u32 at, enum call_place place, s32 handed)
{
	const struct bpf_insn *insn = &c->p->insns[at];
	const struct call_target *t;
	s32 loaded[2];
	u32 n;

	if (insn->src_reg == BPF_PSEUDO_CALL)
		return is_closed(c, sub_at(c->p, at + 1 + insn->imm), place,
				 handed_at(c->p, begin, at));
	t = &c->p->targets[insn->imm];
	if (!kfunc_is_given(c->r, t, place)) {
		tap_note("%s() is reached at insn %u from place %d", t->name, at, place);
		return false;
	}
	if (!strcmp(t->name, "timer_set_callback"))
		place = CALL_IN_TIMER_CB;
	else if (!strcmp(t->name, "bpf_wq_set_callback_impl"))
		place = CALL_IN_WQ_CB;
	else if (strcmp(t->name, "loop"))
		return true;
	n = addresses(c->p, begin, at, loaded);
	if (!n && handed != NOBODY) {
		loaded[0] = handed;
		n = 1;
	}
	for (u32 i = 0; i < n; i++)
		if (!is_closed(c, callback_at(c->p, at, loaded[i]), place, NOBODY))
			return false;
	return n;
}

static bool is_closed(struct closure *c, s32 sub, enum call_place place, s32 handed)
{
	const struct prog_subprog *s;

	if (sub < 0 || sub >= 256 || handed < 0)
		return false;
	if (c->done[sub][place][handed])
		return true;
	c->done[sub][place][handed] = true;
	s = &c->p->subprogs[sub];
	for (u32 i = s->start; i < s->start + s->len; i++)
		if (c->p->insns[i].code == (BPF_JMP | BPF_CALL) &&
		    !call_is_closed(c, s->start, i, place, handed))
			return false;
	return true;
}

bool graph_is_closed(const struct rules *r, const struct bpf_prog *p)
{
	struct closure c = { .r = r, .p = p };

	return is_closed(&c, 0, CALL_IN_MAIN, NOBODY) &&
	       (p->exception_cb < 0 ||
		is_closed(&c, p->exception_cb, CALL_IN_EXCEPTION_CB, NOBODY));
}
