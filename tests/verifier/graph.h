/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Random call graphs for contexts.c: the tables of rules, a graph and its
 * program text, and what the graph says that the program does.
 */
#ifndef TESTS_VERIFIER_GRAPH_H
#define TESTS_VERIFIER_GRAPH_H

#include "case.h"

#define NR_PLACES 4
#define NR_IMPLS 3
#define NR_KFUNCS 6
#define FIRST_BY_ARG 4 /* these take a number, and ask for it */
#define MAX_GFUNCS 8
#define MAX_OPS 5

extern const struct graph_kfunc {
	const char *name;
	int nr_args;
} graph_kfuncs[NR_KFUNCS];

/* What is known of R6, the argument that a function was called with. */
enum arg {
	ARG_0,
	ARG_1,
	ARG_UNKNOWN,
	NR_ARGS,
};

/* Which implementation a kfunc means; < 0: may not be called from there. */
struct rules {
	s8 impl[NR_KFUNCS][NR_PLACES][NR_ARGS];
};
void rules_make(struct rules *r, u64 seed);
int rules_impl(const struct rules *r, u32 kfunc, enum call_place place, enum arg arg);
/* For some argument. */
bool rules_gives(const struct rules *r, u32 kfunc, u32 place, u32 impl);
/* Its address; never called. */
void *rules_fn(u32 kfunc, u32 impl);

enum gfunc_kind {
	G_MAIN,
	G_STATIC,
	G_ASYNC,  /* also handed to bpf_loop */
	G_GLOBAL, /* known by itself: its argument can be anything */
	G_EXCEPTION,
	G_APPLY, /* hands its second argument to bpf_loop */
};

enum gop_kind {
	OP_KFUNC,
	OP_CALL,
	OP_LOOP,
	OP_TIMER,
	OP_WQ,
	OP_LOOP_AND_TIMER, /* one address, two uses */
	OP_EITHER,	   /* one call, two functions */
	OP_APPLY,	   /* calls @other, which is a G_APPLY, with the address of @what */
};

enum guard {
	GUARD_NONE,
	GUARD_UNKNOWN,
	GUARD_DEAD,
	GUARD_ARG_0, /* only where R6 may be 0 */
};

struct gop {
	enum gop_kind kind;
	enum guard guard;
	u32 what, other; /* kfunc or function */
	enum arg arg;	 /* passed; ARG_UNKNOWN: its own R6 */
};

struct graph {
	struct gfunc {
		enum gfunc_kind kind;
		enum arg arg; /* set by the function itself: main, async */
		struct gop ops[MAX_OPS];
		u32 nr_ops;
		bool named; /* else it is not in the program */
	} funcs[MAX_GFUNCS];
	u32 nr_funcs;
	struct tcase text;
	char lines[MAX_CODE][48];
};

void graph_make(struct graph *g, u64 seed);
/* -EACCES: it reaches a kfunc call that is not legal there. -E2BIG: recursion. 0: it is fine. */
int graph_verdict(const struct graph *g, const struct rules *r);
/* Does the verified program call what the graph does, and nothing else? Notes why not. */
bool graph_compare(const struct graph *g, const struct rules *r, const struct bpf_prog *p);
/* Does no chain of calls in @p lead to a kfunc's implementation that its place does not have? */
bool graph_is_closed(const struct rules *r, const struct bpf_prog *p);

#endif
