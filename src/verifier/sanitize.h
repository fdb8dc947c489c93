/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Spectre v1: what a loader without CAP_PERFMON may not write, because Linux
 * would have to mask it, and the wrong-path branches that Linux checks for him.
 * We give the verdict; the masking itself is not emitted, as the simulated CPU
 * does not speculate. With the capability none of this does anything.
 */
#ifndef VERIFIER_SANITIZE_H
#define VERIFIER_SANITIZE_H

#include "verifier/internal.h"

struct vrf_sanitize_info {
	u32 alu_state, alu_limit;
	bool mask_to_left;
	bool off_is_dst; /* the destination is the scalar */
};

/*
 * Before (@commit false) and after (true) pointer +/- scalar. -EACCES with the
 * reason in the log; other operations pass.
 */
int vrf_sanitize_ptr_alu(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			 const struct bpf_reg_state *ptr_reg, const struct bpf_reg_state *off_reg,
			 struct bpf_reg_state *dst_reg, struct vrf_sanitize_info *info,
			 bool commit);
int vrf_sanitize_check_bounds(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			      const struct bpf_reg_state *dst_reg);
/* Explores @next_idx as if a decided branch went the other way; @insn NULL: keep all registers. */
int vrf_sanitize_speculative_path(struct bpf_verifier_env *env, const struct bpf_insn *insn,
				  u32 next_idx, u32 curr_idx);

#endif
