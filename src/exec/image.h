/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the interpreter makes of a verified program: for the files of exec/ only.
 *
 * The decoded program has one slot per slot of prog->insns, so that jump
 * offsets stay what they are. A slot names its own code (a label of interp.c),
 * which is all that dispatch needs.
 */
#ifndef EXEC_IMAGE_H
#define EXEC_IMAGE_H

#include <setjmp.h>

#include "exec/run.h"
#include "isa/opcodes.h"

#define FRAME_UNIT 16 /* what frame sizes are rounded up to */

struct xinsn {
	const void *label;
	union {
		struct {
			u8 dst, src; /* call of a subprog: dst = the callee's frame, in units */
			s16 off;     /* and off = bytes of the caller's frame */
			s32 imm;
		};
		const void *ptr; /* helper: the body; kfunc: struct call_target */
		u64 imm64;	 /* second slot of ld_imm64 */
	};
};

/* Labels beyond the table's opcodes. */
enum {
	X_TAIL_CALL = NR_ISA_OPCODES,
	NR_X_OPCODES,
};

struct exec_image;
struct jit_code;

/*
 * Where a run or a callback enters. BPF_PSEUDO_FUNC loads the address of one,
 * which is what bpf_loop() and the others hand to run_callback(); the engine
 * that made it knows how to call it.
 */
struct exec_entry {
	u64 (*call)(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5]);
	const struct exec_image *image;
	const struct xinsn *code; /* of the interpreter */
	const void *native;	  /* of the JIT: a function that wants r12 = the run_ctx */
	u32 frame; /* bytes of its own frame */
	u32 stack; /* bytes over the deepest chain of calls from here */
};

struct exec_image {
	struct xinsn *insns; /* NULL once it is jitted */
	struct jit_code *jit; /* NULL: interpreted */
	u32 nr_insns;
	struct exec_entry *entries; /* one per subprog */
	u32 nr_entries;
	s32 exception_cb;
	bool throws; /* a call of bpf_throw() is somewhere in it */
};

/* What the interpreter keeps of a caller. */
struct interp_frame {
	u64 saved[5]; /* r6 ... r10 */
	u64 budget;
	const struct xinsn *ret;
};

/* A run of the interpreter that is under way: on its stack, innermost first from run_env.level. */
struct interp_level {
	struct interp_level *up;
	const struct bpf_prog *prog;
	const struct xinsn *insns, *pc; /* pc: of the call of C that it is in */
	const struct interp_frame *frames;
	u32 depth; /* of frames, at that call */
	const u64 *regs; /* of the frame that made it; watched.c */
};

static inline void interp_set_level(struct run_ctx *rc, struct interp_level *level)
{
	if (rc->env)
		rc->env->level = level;
}

/* The catcher of a program that throws; run_ctx.frame points at it. */
struct exec_catch {
	jmp_buf env;
};

/* Runs from @entry to its exit. Fills in what the caller of run_prog() need not. */
u64 interp_run(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5]);
/* The labels of interp_run(), by decoded opcode. */
const void *const *interp_labels(void);
/* The same with a call of run_env.watch before every instruction (watched.c). */
u64 watched_interp_run(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5]);
const void *const *watched_interp_labels(void);

/*
 * bpf_tail_call(): runs what slot @index of the PROG_ARRAY @map holds, on top of
 * its caller. true, with what it returned; false where there is nothing to run.
 */
bool run_tail_call(struct bpf_map *map, u32 index, struct run_ctx *rc, u64 ctx, u64 *result);

/* -ENOMEM, -EINVAL, -ENOTSUPP with *e. */
int image_create(const struct bpf_prog *prog, bool watched, struct err_msg *e,
		 struct exec_image **out);
void image_destroy(struct exec_image *img);

#endif
