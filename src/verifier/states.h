/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The tree of states: between states.c, equal.c, prune.c and main.c. */
#ifndef VERIFIER_STATES_H
#define VERIFIER_STATES_H

#include "verifier/internal.h"

/* Takes the next queued path: 0, or -ENOENT when none is left. env->cur_state NULL: just drops it. */
int vrf_pop_stack(struct bpf_verifier_env *env, int *prev_insn_idx, int *insn_idx, bool pop_log);
/* A path that starts at an async callback, with nothing but its frame. */
struct bpf_verifier_state *vrf_push_async_cb(struct bpf_verifier_env *env, int insn_idx,
					     int prev_insn_idx, int subprog, bool is_sleepable,
					     int *err);
/* One path from @st is finished. */
void vrf_update_branch_counts(struct bpf_verifier_state *st);
struct bpf_verifier_state *vrf_get_loop_entry(struct bpf_verifier_state *st);
/* @cur was found to lead back to @hdr. */
void vrf_update_loop_entry(struct bpf_verifier_state *cur, struct bpf_verifier_state *hdr);

struct bpf_verifier_state_list **vrf_explored_state(struct bpf_verifier_env *env, int idx);
bool vrf_same_callsites(const struct bpf_verifier_state *a, const struct bpf_verifier_state *b);
/* Tells the observer of all that were kept. */
void vrf_observe_states(const struct bpf_verifier_env *env);
void vrf_free_states(struct bpf_verifier_env *env);

enum exact_level {
	NOT_EXACT,    /* what @old was proven safe for includes @cur */
	EXACT,	      /* the same */
	RANGE_WITHIN, /* included, without trusting marks that are not final yet */
};
bool vrf_states_equal(struct bpf_verifier_env *env, const struct bpf_verifier_state *old,
		      const struct bpf_verifier_state *cur, enum exact_level exact);
bool vrf_regs_exact(const struct bpf_reg_state *rold, const struct bpf_reg_state *rcur,
		    struct bpf_idmap *idmap);
void vrf_reset_idmap_scratch(struct bpf_verifier_env *env);

/* precision.c */
void vrf_mark_all_scalars_imprecise(struct bpf_verifier_env *env, struct bpf_verifier_state *st);
static inline void bt_set_frame_reg(struct backtrack_state *bt, u32 frame, u32 reg)
{
	bt->reg_masks[frame] |= 1U << reg;
}

static inline void bt_set_frame_slot(struct backtrack_state *bt, u32 frame, u32 slot)
{
	bt->stack_masks[frame] |= 1ULL << slot;
}

#endif
