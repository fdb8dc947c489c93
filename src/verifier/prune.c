/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * At a prune point: has a state that covers this one been explored? If so, the
 * path ends here. If one that is still being explored covers it, the path is
 * in a loop: an endless one, or one that converges (iterators, callbacks,
 * may_goto: they end by contract, so coming back to what was seen is proof).
 *
 * Which states are remembered, and for how long, is heuristics; they are
 * Linux's, because they decide how many instructions a program costs.
 */
#include <stdlib.h>

#include "verifier/states.h"

enum verdict {
	OTHER_INSN,
	MISS,
	MISS_UNFINISHED,
	HIT,
};

static bool observes_whole(const struct bpf_verifier_env *env)
{
	return env->opts->observer && env->opts->observer->whole;
}

/* ---- liveness of explored states becomes final ---- */

static void clean_func_state(struct bpf_verifier_env *env, struct bpf_func_state *st)
{
	for (int i = 0; i < BPF_REG_FP; i++) {
		struct bpf_reg_state *reg = &st->regs[i];

		if (!(reg->live & REG_LIVE_READ))
			vrf_mark_reg_not_init(env, reg);
		reg->live |= REG_LIVE_DONE;
	}
	for (int i = 0; i < st->allocated_stack / BPF_REG_SIZE; i++) {
		struct bpf_stack_state *slot = &st->stack[i];

		if (!(slot->spilled_ptr.live & REG_LIVE_READ)) {
			vrf_mark_reg_not_init(env, &slot->spilled_ptr);
			memset(slot->slot_type, STACK_INVALID, sizeof(slot->slot_type));
		}
		slot->spilled_ptr.live |= REG_LIVE_DONE;
	}
}

/* Every path from such a state was walked: what it did not read it does not need. */
static void clean_live_states(struct bpf_verifier_env *env, int insn,
			      const struct bpf_verifier_state *cur)
{
	struct bpf_verifier_state_list *sl;

	if (observes_whole(env))
		return;
	for (sl = *vrf_explored_state(env, insn); sl; sl = sl->next) {
		struct bpf_verifier_state *st = &sl->state, *entry;

		if (st->branches)
			continue;
		entry = vrf_get_loop_entry(st);
		if ((entry && entry->branches) || (int)st->insn_idx != insn ||
		    !vrf_same_callsites(st, cur) || (st->frame[0]->regs[0].live & REG_LIVE_DONE))
			continue;
		for (u32 i = 0; i <= st->curframe; i++)
			clean_func_state(env, st->frame[i]);
	}
}

/* ---- comparing ---- */

static bool states_maybe_looping(const struct bpf_verifier_state *old,
				 const struct bpf_verifier_state *cur)
{
	const struct bpf_func_state *fold, *fcur;

	if (old->curframe != cur->curframe)
		return false;
	fold = old->frame[cur->curframe];
	fcur = cur->frame[cur->curframe];
	for (int i = 0; i < MAX_BPF_REG; i++)
		if (memcmp(&fold->regs[i], &fcur->regs[i], offsetof(struct bpf_reg_state, parent)))
			return false;
	return true;
}

/* A round of an iterator lies between: equality is to be judged at its next(), not here. */
static bool iter_active_depths_differ(const struct bpf_verifier_state *old,
				      const struct bpf_verifier_state *cur)
{
	for (int fr = old->curframe; fr >= 0; fr--) {
		const struct bpf_func_state *state = old->frame[fr];

		for (int i = 0; i < state->allocated_stack / BPF_REG_SIZE; i++) {
			const struct bpf_stack_state *slot = &state->stack[i];

			if (slot->slot_type[0] == STACK_ITER &&
			    slot->spilled_ptr.iter.state == BPF_ITER_STATE_ACTIVE &&
			    cur->frame[fr]->stack[i].spilled_ptr.iter.depth !=
				    slot->spilled_ptr.iter.depth)
				return true;
		}
	}
	return false;
}

static int report_infinite_loop(struct bpf_verifier_env *env, int insn_idx,
				const struct bpf_verifier_state *old,
				const struct bpf_verifier_state *cur)
{
	vrf_verbose_linfo(env, insn_idx, "; ");
	verbose(env, "infinite loop detected at insn %d\n", insn_idx);
	verbose(env, "cur state:");
	vrf_print_verifier_state(env, cur->frame[cur->curframe], true);
	verbose(env, "old state:");
	vrf_print_verifier_state(env, old->frame[cur->curframe], true);
	return -EINVAL;
}

static bool is_may_goto(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JCOND) && insn->src_reg == BPF_MAY_GOTO;
}

static bool iter_is_active(struct bpf_verifier_env *env, struct bpf_verifier_state *cur,
			   int insn_idx)
{
	const struct bpf_reg_state *iter = vrf_get_iter_from_state(env, cur, insn_idx);

	return iter && iter->iter.state == BPF_ITER_STATE_ACTIVE;
}

/* @old lies on the current path. A verdict, or a negative errno. */
static int compare_unfinished(struct bpf_verifier_env *env, int insn_idx,
			      struct bpf_verifier_state *old, struct bpf_verifier_state *cur)
{
	const struct bpf_func_state *frame = old->frame[old->curframe];
	const struct bpf_insn_aux_data *aux = &env->insn_aux_data[insn_idx];

	/* another entry into an async callback: neither a loop nor proven safe yet */
	if (frame->in_async_callback_fn && frame->async_entry_cnt != cur_func(env)->async_entry_cnt)
		return MISS_UNFINISHED;
	if (aux->is_iter_next) {
		if (!vrf_states_equal(env, old, cur, RANGE_WITHIN) ||
		    !iter_is_active(env, cur, insn_idx))
			return MISS_UNFINISHED;
		vrf_update_loop_entry(cur, old);
		return HIT;
	}
	if (is_may_goto(&env->insns[insn_idx]) && old->may_goto_depth != cur->may_goto_depth &&
	    vrf_states_equal(env, old, cur, RANGE_WITHIN)) {
		vrf_update_loop_entry(cur, old);
		return HIT;
	}
	if (aux->calls_callback)
		return vrf_states_equal(env, old, cur, RANGE_WITHIN) ? HIT : MISS_UNFINISHED;
	if (states_maybe_looping(old, cur) && vrf_states_equal(env, old, cur, EXACT) &&
	    !iter_active_depths_differ(old, cur) && old->may_goto_depth == cur->may_goto_depth &&
	    old->callback_unroll_depth == cur->callback_unroll_depth)
		return report_infinite_loop(env, insn_idx, old, cur);
	return MISS_UNFINISHED;
}

/* @old is finished, but its marks are final only if no loop around it is open. */
static int compare_finished(struct bpf_verifier_env *env, struct bpf_verifier_state *old,
			    struct bpf_verifier_state *cur)
{
	struct bpf_verifier_state *entry = vrf_get_loop_entry(old);
	bool in_open_loop = entry && entry->branches;
	bool whole = in_open_loop || observes_whole(env);

	if (!vrf_states_equal(env, old, cur, whole ? RANGE_WITHIN : NOT_EXACT))
		return MISS;
	if (in_open_loop)
		vrf_update_loop_entry(cur, entry);
	return HIT;
}

static int compare(struct bpf_verifier_env *env, int insn_idx, struct bpf_verifier_state *old,
		   struct bpf_verifier_state *cur)
{
	if ((int)old->insn_idx != insn_idx)
		return OTHER_INSN;
	return old->branches ? compare_unfinished(env, insn_idx, old, cur)
			     : compare_finished(env, old, cur);
}

/* ---- a hit: what the explored state needed, the current one needs ---- */

static bool needs_precision(const struct bpf_reg_state *reg)
{
	return reg->type == SCALAR_VALUE && reg->precise && (reg->live & REG_LIVE_READ);
}

/* "frame 0: propagating r6,fp-8" */
static void log_propagating(struct bpf_verifier_env *env, bool first, int fr, const char *what,
			    int n)
{
	if (!(env->log.level & BPF_LOG_LEVEL2))
		return;
	if (first)
		verbose(env, "frame %d: propagating %s%d", fr, what, n);
	else
		verbose(env, ",%s%d", what, n);
}

static int propagate_precision(struct bpf_verifier_env *env, const struct bpf_verifier_state *old)
{
	for (int fr = old->curframe; fr >= 0; fr--) {
		const struct bpf_func_state *state = old->frame[fr];
		bool first = true;

		for (int i = 0; i < BPF_REG_FP; i++) {
			if (!needs_precision(&state->regs[i]))
				continue;
			log_propagating(env, first, fr, "r", i);
			bt_set_frame_reg(&env->bt, fr, i);
			first = false;
		}
		for (int i = 0; i < state->allocated_stack / BPF_REG_SIZE; i++) {
			if (!is_spilled_reg(&state->stack[i]) ||
			    !needs_precision(&state->stack[i].spilled_ptr))
				continue;
			log_propagating(env, first, fr, "fp", (-i - 1) * BPF_REG_SIZE);
			bt_set_frame_slot(&env->bt, fr, i);
			first = false;
		}
		if (!first)
			verbose(env, "\n");
	}
	return vrf_mark_chain_precision_batch(env);
}

static int propagate(struct bpf_verifier_env *env, struct bpf_verifier_state_list *sl,
		     struct bpf_verifier_state *cur)
{
	int err;

	sl->hit_cnt++;
	err = vrf_propagate_liveness(env, &sl->state, cur);
	if (!err && env->insn_aux_data[env->insn_idx].jmp_point)
		err = vrf_push_insn_history(env, cur, 0, 0);
	return err ? err : propagate_precision(env, &sl->state);
}

/* ---- remembering and forgetting ---- */

/* Takes @sl, unlinked already, out of the search; its children may still point at it. */
static void retire(struct bpf_verifier_env *env, struct bpf_verifier_state_list *sl)
{
	if ((sl->state.frame[0]->regs[0].live & REG_LIVE_DONE) && !sl->state.used_as_loop_entry &&
	    !env->opts->observer) {
		vrf_free_verifier_state(&sl->state, false);
		free(sl);
		env->peak_states--;
		return;
	}
	sl->next = env->free_list;
	env->free_list = sl;
}

static bool is_hopeless(const struct bpf_verifier_env *env, int insn_idx,
			const struct bpf_verifier_state_list *sl)
{
	bool checkpoint = env->insn_aux_data[insn_idx].force_checkpoint;
	/* loops converge on checkpoints: those stay longer */
	int n = checkpoint && sl->state.branches ? 64 : 3;

	return sl->miss_cnt > sl->hit_cnt * n + n;
}

/* From now on, reads of @cur mark @new, and writes before this point don't screen them off. */
static void adopt(struct bpf_verifier_state *cur, struct bpf_verifier_state *new)
{
	for (u32 fr = 0; fr <= cur->curframe; fr++) {
		struct bpf_func_state *frame = cur->frame[fr], *parent = new->frame[fr];

		for (int i = fr < cur->curframe ? BPF_REG_6 : 0; i < BPF_REG_FP; i++)
			frame->regs[i].parent = &parent->regs[i];
		for (int i = 0; i < BPF_REG_FP; i++)
			frame->regs[i].live = REG_LIVE_NONE;
		for (int i = 0; i < frame->allocated_stack / BPF_REG_SIZE; i++) {
			frame->stack[i].spilled_ptr.live = REG_LIVE_NONE;
			frame->stack[i].spilled_ptr.parent = &parent->stack[i].spilled_ptr;
		}
	}
}

static int remember(struct bpf_verifier_env *env, int insn_idx, struct bpf_verifier_state *cur)
{
	struct bpf_verifier_state_list *sl = calloc(1, sizeof(*sl)), **head;
	int err;

	if (!sl)
		return -ENOMEM;
	env->total_states++;
	env->peak_states++;
	env->prev_jmps_processed = env->jmps_processed;
	env->prev_insn_processed = env->insn_processed;
	/* precision found later comes back through the parents */
	if (env->bpf_capable)
		vrf_mark_all_scalars_imprecise(env, cur);
	err = vrf_copy_verifier_state(&sl->state, cur);
	if (err) {
		vrf_free_verifier_state(&sl->state, false);
		free(sl);
		return err;
	}
	sl->state.insn_idx = insn_idx;
	cur->parent = &sl->state;
	cur->first_insn_idx = insn_idx;
	cur->insn_hist_start = cur->insn_hist_end;
	cur->dfs_depth = sl->state.dfs_depth + 1;
	head = vrf_explored_state(env, insn_idx);
	sl->next = *head;
	*head = sl;
	adopt(cur, &sl->state);
	return 0;
}

/* 1: the path ends here; 0: it goes on; or a negative errno. */
int vrf_is_state_visited(struct bpf_verifier_env *env, int insn_idx)
{
	struct bpf_verifier_state_list *sl, **pprev = vrf_explored_state(env, insn_idx);
	struct bpf_verifier_state *cur = env->cur_state;
	u32 jmps = env->jmps_processed - env->prev_jmps_processed;
	u32 insns = env->insn_processed - env->prev_insn_processed;
	bool force_new_state, add_new_state;
	u32 states_cnt = 0;
	int verdict;

	force_new_state = env->test_state_freq ||
			  env->insn_aux_data[insn_idx].force_checkpoint ||
			  cur->insn_hist_end - cur->insn_hist_start > 40;
	add_new_state = force_new_state || (jmps >= 2 && insns >= 8);
	clean_live_states(env, insn_idx, cur);

	while ((sl = *pprev)) {
		states_cnt++;
		verdict = compare(env, insn_idx, &sl->state, cur);
		if (verdict < 0)
			return verdict;
		if (verdict == HIT) {
			int err = propagate(env, sl, cur);

			return err ? err : 1;
		}
		/* rounds of one loop differ: don't remember each of them */
		if (verdict == MISS_UNFINISHED && !force_new_state && jmps < 20 && insns < 100)
			add_new_state = false;
		if (verdict != OTHER_INSN) {
			sl->miss_cnt += add_new_state;
			if (is_hopeless(env, insn_idx, sl)) {
				*pprev = sl->next;
				retire(env, sl);
				continue;
			}
		}
		pprev = &sl->next;
	}
	env->max_states_per_insn = max(env->max_states_per_insn, states_cnt);
	if (!env->bpf_capable && states_cnt > BPF_COMPLEXITY_LIMIT_STATES)
		return 0;
	return add_new_state ? remember(env, insn_idx, cur) : 0;
}
