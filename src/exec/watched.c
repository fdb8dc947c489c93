/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The interpreter once more, for the checks that compare what a program does with
 * what the verifier said of it: it shows run_env.watch every instruction before
 * it runs. Nothing of this is in the interpreter that others use.
 */
#define INTERP_NAME(name) watched_##name
#define INTERP_LOOK() look(&level, pc, r, depth, rc)

#include "exec/image.h"

/* Saved registers as if the array began with R0. */
static const u64 *from_r0(const u64 *saved)
{
	return saved - BPF_REG_6;
}

/* All that @level has, its innermost frame being at @pc. */
static u32 add_level(struct run_frame *out, u32 nr, const struct interp_level *level,
		     const struct xinsn *pc, u32 depth)
{
	const u64 *regs = level->regs;

	for (; nr < MAX_CALL_FRAMES; depth--) {
		out[nr++] = (struct run_frame){ regs, (u32)(pc - level->insns) };
		if (!depth)
			break;
		regs = from_r0(level->frames[depth - 1].saved);
		pc = level->frames[depth - 1].ret - 1;
	}
	return nr;
}

static void look(struct interp_level *level, const struct xinsn *pc, const u64 *r, u32 depth,
		 struct run_ctx *rc)
{
	struct run_frame frames[MAX_CALL_FRAMES];
	const struct interp_level *l;
	u32 nr;

	if (!rc->env || !rc->env->watch)
		return;
	level->regs = r;
	nr = add_level(frames, 0, level, pc, depth);
	for (l = level->up; l && l->prog == level->prog; l = l->up)
		nr = add_level(frames, nr, l, l->pc, l->depth);
	rc->env->watch->insn(rc->env->watch, level->prog, frames, nr);
}

#include "exec/interp.c"
