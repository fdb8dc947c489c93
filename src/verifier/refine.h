/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Conditions: refine.c decides and refines, branch.c applies that to the program's state. */
#ifndef VERIFIER_REFINE_H
#define VERIFIER_REFINE_H

#include "verifier/internal.h"

/* bpf_reg_state.range of a packet pointer that is known to lie at or behind the end */
enum {
	AT_PKT_END = -1,
	BEYOND_PKT_END = -2,
};

/* 1: @reg1 @opcode @reg2 always holds; 0: never; -1: it depends. */
int vrf_is_branch_taken(const struct bpf_reg_state *reg1, const struct bpf_reg_state *reg2,
			u8 opcode, bool is_jmp32);
/* The operands' copies on the path where it holds (true_*) and where it does not. */
int vrf_reg_set_min_max(struct bpf_verifier_env *env, struct bpf_reg_state *true_reg1,
			struct bpf_reg_state *true_reg2, struct bpf_reg_state *false_reg1,
			struct bpf_reg_state *false_reg2, u8 opcode, bool is_jmp32);
bool vrf_reg_not_null(const struct bpf_reg_state *reg);
/* A packet pointer compared with the packet's end (or meta with data); false: not such a pair. */
bool vrf_try_match_pkt_pointers(const struct bpf_insn *insn, const struct bpf_reg_state *dst_reg,
				const struct bpf_reg_state *src_reg,
				struct bpf_verifier_state *this_branch,
				struct bpf_verifier_state *other_branch);

#endif
