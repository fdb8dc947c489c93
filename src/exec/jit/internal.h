/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A compilation: for the files of exec/jit/ only.
 *
 * The program is emitted several times over. The first pass has no buffer and
 * takes every jump for a long one; each further pass takes distances from the
 * one before, so that code only shrinks; when a pass changes no size, places are
 * final, and one more pass writes into the region. Whatever decides between two
 * encodings must therefore depend on the program and on `prev` alone.
 *
 * Registers: see x86_of[]. rax, r9 and r11 (and BPF's caller-saved ones at calls)
 * are free inside one instruction's code, r9 and r11 hold nothing beyond it; r12
 * is the run_ctx.
 *
 * A frame, downwards from rbp: the BPF stack, may_goto's budget if there is a
 * may_goto, padding, the callee-saved registers that the subprog uses.
 */
#ifndef EXEC_JIT_INTERNAL_H
#define EXEC_JIT_INTERNAL_H

#include "exec/jit/arena.h"
#include "exec/jit/emit_x86.h"
#include "exec/jit/jit.h"

#define RC R12
#define SCRATCH R11
#define SCRATCH2 R9

enum jit_stub {
	JIT_STUB_LOOP, /* bpf_loop() */
	NR_JIT_STUBS,
};

struct jit_code {
	struct jit_region *region;
	u32 nr_insns;
	u32 *offsets; /* of insns[]; and [nr_insns]: the end */
};

struct jit {
	struct emit e;
	const struct bpf_prog *prog;
	const struct exec_image *img;
	bool barriers; /* wherever a branch leads: nothing is loaded before it is decided */
	bool bmi2;
	bool far_calls; /* of C, even where it is near */

	/*
	 * Places: of insns[], then of the subprogs' prologues, of their epilogues,
	 * and of the stubs. Of this pass, and of the one before (NULL in the first).
	 */
	u32 *places, *prev;
	u32 nr_places;
	bool stub_used[NR_JIT_STUBS];
	u64 base; /* of the code; 0 while it has none */
	u32 funcs_end; /* of the functions' code; stubs follow */

	u8 *is_target; /* of jumps, by instruction */

	/* the current subprog */
	u32 subprog;
	u32 saved; /* bit i: BPF register i is saved in its frame */
	u32 frame; /* bytes of BPF stack */
	u32 locals; /* and of everything between it and the saved registers */
	s32 budget; /* may_goto's, from rbp; 0: none */
	bool exits_inline;
	const struct bpf_map *known[MAX_BPF_REG + 1]; /* maps that registers point to */

	struct jit_fault *faults; /* NULL while they are counted */
	u32 nr_faults;
};

extern const u8 jit_x86_of[MAX_BPF_REG + 1];

static inline u32 place_of_subprog(const struct jit *j, u32 i)
{
	return j->prog->len + 1 + i;
}

static inline u32 place_of_exit(const struct jit *j, u32 i)
{
	return place_of_subprog(j, j->prog->nr_subprogs + i);
}

static inline u32 place_of_stub(const struct jit *j, enum jit_stub stub)
{
	return place_of_exit(j, j->prog->nr_subprogs) + stub;
}

/* Here is @place. */
static inline void jit_mark(struct jit *j, u32 place)
{
	j->places[place] = j->e.at;
}

/* ---- lower.c ---- */

/* The code of insns[@at]. */
void jit_lower(struct jit *j, u32 at, const struct isa_op *op);
/* A jump to @place, inside the code of insns[@at]. */
void jit_jump(struct jit *j, u32 at, enum x86_cc cc, u32 place);
void jit_exit(struct jit *j, u32 at);

/* ---- calls.c ---- */
void jit_lower_call(struct jit *j, u32 at, enum isa_opcode op);
void jit_call_c(struct jit *j, const void *fn);
void jit_call_place(struct jit *j, u32 place);

/* ---- inline.c ---- */

/* Calls of helpers that Linux inlines: false where it is an ordinary call. */
bool jit_inline(struct jit *j, u32 at, const struct call_target *t);
void jit_stubs(struct jit *j);

/* ---- form.c ---- */

/* A kfunc with a form, in place of its call. */
void jit_form(struct jit *j, const struct call_target *t);

/* ---- enter.c ---- */

/* Calls @code from C: r1 to r5 of the program are @args. */
u64 jit_enter(const u64 args[5], struct run_ctx *rc, const void *code);
/* The same with r1 only, which is what a program's main function has. */
u64 jit_enter_main(void *ctx, struct run_ctx *rc, const void *code);

#endif
