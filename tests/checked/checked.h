/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The checked interpreter: a program runs in the watched engine, and before each
 * instruction its registers and stack are compared with what the verifier said of
 * that place. Two claims of the verifier are checked:
 *
 *	all	walked without forgetting (verifier_observer.whole), each value is in
 *		one of the states that it had at this instruction: every transfer
 *		function is sound
 *	kept	walked as usual, but with a state at every prune point, one of the
 *		states that paths may end at covers the values in all that it marks
 *		as read and precise: pruning, liveness and precision are sound
 *
 * A value is in a state if it is so for all registers and stack slots of all
 * frames, and equal wherever the state says that scalars are linked.
 */
#ifndef CHECKED_CHECKED_H
#define CHECKED_CHECKED_H

#include "exec/run.h"
#include "verifier/state.h"
#include "verifier/verifier.h"

enum claim {
	CLAIM_ALL,
	CLAIM_KEPT,
};

/* States that the verifier had at each instruction of one program. */
struct record {
	enum claim claim;
	struct record_insn {
		struct bpf_verifier_state **states; /* copies */
		u32 nr, cap;
	} *insns;
	u32 nr_insns, nr_states;
	bool full; /* more than it wants to hold: says nothing then */
};

void record_init(struct record *r, enum claim claim, u32 nr_insns);
void record_fini(struct record *r);
void record_add(struct record *r, u32 insn, const struct bpf_verifier_state *st);

/*
 * Is what the @frames of @prog hold covered at this point by one of @r's states?
 * False: *why says what the nearest state has against it. True as well where the
 * program stands between two instructions of its own.
 */
bool record_covers(const struct record *r, const struct bpf_prog *prog,
		   const struct run_frame *frames, u32 nr_frames, char why[160]);

#endif
