/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Random programs that a verifier has to think about: every register and 32
 * bytes of stack hold something from the start, jumps lead forward or around a
 * counted loop, and half of what is computed is unknown. The same number gives
 * the same program.
 */
#ifndef DIFFERENTIAL_GEN_H
#define DIFFERENTIAL_GEN_H

/* struct bpf_insn: ours or the system's, whichever the includer has. */
#ifndef ISA_ISA_H
#include <linux/bpf.h>
#endif

#include "base/rng.h"

#define GEN_MAX_INSNS 512
#define GEN_MAP_VALUE 48
#define GEN_MAX_SUBPROGS 3
#define GEN_MAX_CALLS 48

struct gen {
	struct rng rng;
	struct bpf_insn insns[GEN_MAX_INSNS];
	u32 nr;
	/* Has what kernels after 6.12 follow more exactly: see main.c. */
	bool newer;
	/* Which of the kinds of things this program may have. */
	bool loops, calls, maps, exotic;

	u32 nr_subprogs;     /* that may be called from here */
	u32 calls_at[GEN_MAX_CALLS], nr_calls; /* imm: the callee's number, until linked */
};

/* Program @number. A load of a map has imm 0: the caller puts its descriptor there. */
void gen_program(struct gen *g, u64 number);

#endif
