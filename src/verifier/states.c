/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * States as values (copy, grow, free), the stack of paths still to be walked,
 * and the tree that the states form.
 *
 * A state is finished (branches == 0) when every path from it has been. States
 * of a loop of the state graph (open-coded iterators, may_goto) know the
 * topmost state of that loop, the loop entry: until the entry is finished, read
 * and precision marks inside the loop are not final. The bookkeeping is the
 * one of T. Wei et al., "A New Algorithm for Identifying Loops in
 * Decompilation", without the nesting.
 */
#include <stdlib.h>

#include "verifier/states.h"

/* ---- values ---- */

void vrf_free_func_state(struct bpf_func_state *state)
{
	if (!state)
		return;
	free(state->refs);
	free(state->stack);
	free(state);
}

void vrf_free_verifier_state(struct bpf_verifier_state *state, bool free_self)
{
	for (int i = 0; i < MAX_CALL_FRAMES; i++) {
		vrf_free_func_state(state->frame[i]);
		state->frame[i] = NULL;
	}
	if (free_self)
		free(state);
}

int vrf_resize_reference_state(struct bpf_func_state *state, size_t n)
{
	struct bpf_reference_state *refs;

	if (n > state->acquired_refs) {
		refs = realloc(state->refs, n * sizeof(*refs));
		if (!refs)
			return -ENOMEM;
		memset(refs + state->acquired_refs, 0,
		       (n - state->acquired_refs) * sizeof(*refs));
		state->refs = refs;
	}
	state->acquired_refs = n;
	return 0;
}

int vrf_copy_reference_state(struct bpf_func_state *dst, const struct bpf_func_state *src)
{
	int err = vrf_resize_reference_state(dst, src->acquired_refs);

	if (!err && src->acquired_refs)
		memcpy(dst->refs, src->refs, src->acquired_refs * sizeof(*dst->refs));
	return err;
}

/* New slots are STACK_INVALID, which is 0. */
static int resize_stack(struct bpf_func_state *state, int size)
{
	size_t old_n = state->allocated_stack / BPF_REG_SIZE, n = size / BPF_REG_SIZE;
	struct bpf_stack_state *stack;

	if (n > old_n) {
		stack = realloc(state->stack, n * sizeof(*stack));
		if (!stack)
			return -ENOMEM;
		memset(stack + old_n, 0, (n - old_n) * sizeof(*stack));
		state->stack = stack;
	}
	return 0;
}

int vrf_grow_stack_state(struct bpf_verifier_env *env, struct bpf_func_state *state, int size)
{
	struct bpf_subprog_info *sub = &env->subprog_info[state->subprogno];

	size = ALIGN_UP(size, BPF_REG_SIZE);
	if (state->allocated_stack >= size)
		return 0;
	if (resize_stack(state, size))
		return -ENOMEM;
	state->allocated_stack = size;
	sub->stack_depth = max((int)sub->stack_depth, size);
	return 0;
}

static int copy_func_state(struct bpf_func_state *dst, const struct bpf_func_state *src)
{
	int err;

	memcpy(dst, src, offsetof(struct bpf_func_state, acquired_refs));
	err = vrf_copy_reference_state(dst, src);
	if (err)
		return err;
	/* shrinking would lose track of the capacity: free and start anew */
	if (dst->allocated_stack < src->allocated_stack) {
		free(dst->stack);
		dst->allocated_stack = 0;
		dst->stack = malloc(src->allocated_stack / BPF_REG_SIZE * sizeof(*dst->stack));
		if (!dst->stack)
			return -ENOMEM;
	}
	if (src->allocated_stack)
		memcpy(dst->stack, src->stack,
		       src->allocated_stack / BPF_REG_SIZE * sizeof(*dst->stack));
	dst->allocated_stack = src->allocated_stack;
	return 0;
}

int vrf_copy_verifier_state(struct bpf_verifier_state *dst, const struct bpf_verifier_state *src)
{
	struct bpf_func_state *frame[MAX_CALL_FRAMES];
	u32 insn_idx = dst->insn_idx;
	int err;

	memcpy(frame, dst->frame, sizeof(frame));
	*dst = *src;
	memcpy(dst->frame, frame, sizeof(frame));
	dst->insn_idx = insn_idx;
	for (int i = src->curframe + 1; i < MAX_CALL_FRAMES; i++) {
		vrf_free_func_state(dst->frame[i]);
		dst->frame[i] = NULL;
	}
	for (u32 i = 0; i <= src->curframe; i++) {
		if (!dst->frame[i]) {
			dst->frame[i] = calloc(1, sizeof(*dst->frame[i]));
			if (!dst->frame[i])
				return -ENOMEM;
		}
		err = copy_func_state(dst->frame[i], src->frame[i]);
		if (err)
			return err;
	}
	return 0;
}

/* ---- paths to walk ---- */

int vrf_pop_stack(struct bpf_verifier_env *env, int *prev_insn_idx, int *insn_idx, bool pop_log)
{
	struct bpf_verifier_stack_elem *head = env->head;
	struct bpf_verifier_state *cur = env->cur_state;

	if (!head)
		return -ENOENT;
	if (cur) {
		/* the queued state becomes the current one, frames and all */
		vrf_free_verifier_state(cur, false);
		*cur = head->st;
		memset(head->st.frame, 0, sizeof(head->st.frame));
	}
	if (pop_log)
		vrf_vlog_reset(env, head->log_pos);
	if (insn_idx)
		*insn_idx = head->insn_idx;
	if (prev_insn_idx)
		*prev_insn_idx = head->prev_insn_idx;
	env->head = head->next;
	env->stack_size--;
	vrf_free_verifier_state(&head->st, false);
	free(head);
	return 0;
}

static struct bpf_verifier_stack_elem *queue(struct bpf_verifier_env *env, int insn_idx,
					     int prev_insn_idx)
{
	struct bpf_verifier_stack_elem *elem = calloc(1, sizeof(*elem));

	if (!elem)
		return NULL;
	elem->insn_idx = insn_idx;
	elem->prev_insn_idx = prev_insn_idx;
	elem->log_pos = env->log.end_pos;
	elem->next = env->head;
	env->head = elem;
	env->stack_size++;
	return elem;
}

struct bpf_verifier_state *vrf_push_stack(struct bpf_verifier_env *env, int insn_idx,
					  int prev_insn_idx, bool speculative, int *err)
{
	struct bpf_verifier_stack_elem *elem = queue(env, insn_idx, prev_insn_idx);

	*err = -ENOMEM;
	if (!elem || vrf_copy_verifier_state(&elem->st, env->cur_state))
		return NULL;
	elem->st.speculative |= speculative;
	if (env->stack_size > BPF_COMPLEXITY_LIMIT_JMP_SEQ) {
		verbose(env, "The sequence of %d jumps is too complex.\n", env->stack_size);
		*err = -E2BIG;
		return NULL;
	}
	if (elem->st.parent)
		elem->st.parent->branches++;
	*err = 0;
	return &elem->st;
}

struct bpf_verifier_state *vrf_push_async_cb(struct bpf_verifier_env *env, int insn_idx,
					     int prev_insn_idx, int subprog, bool is_sleepable,
					     int *err)
{
	struct bpf_verifier_stack_elem *elem = queue(env, insn_idx, prev_insn_idx);
	struct bpf_func_state *frame;

	*err = -ENOMEM;
	if (!elem)
		return NULL;
	if (env->stack_size > BPF_COMPLEXITY_LIMIT_JMP_SEQ) {
		verbose(env, "The sequence of %d jumps is too complex for async cb.\n",
			env->stack_size);
		*err = -E2BIG;
		return NULL;
	}
	/* nothing of the caller matters, but its history must not be overwritten */
	elem->st.branches = 1;
	elem->st.in_sleepable = is_sleepable;
	elem->st.insn_hist_start = env->cur_state->insn_hist_end;
	elem->st.insn_hist_end = elem->st.insn_hist_start;
	frame = calloc(1, sizeof(*frame));
	if (!frame)
		return NULL;
	vrf_init_func_state(env, frame, -1, 0, subprog);
	elem->st.frame[0] = frame;
	*err = 0;
	return &elem->st;
}

/* ---- the tree ---- */

struct bpf_verifier_state *vrf_get_loop_entry(struct bpf_verifier_state *st)
{
	struct bpf_verifier_state *top = st->loop_entry, *next;

	while (top && top->loop_entry && top != top->loop_entry)
		top = top->loop_entry;
	/* short-cut the chain for the next time */
	for (; st && st->loop_entry != top; st = next) {
		next = st->loop_entry;
		st->loop_entry = top;
	}
	return top;
}

void vrf_update_loop_entry(struct bpf_verifier_state *cur, struct bpf_verifier_state *hdr)
{
	struct bpf_verifier_state *cur_top = vrf_get_loop_entry(cur);
	struct bpf_verifier_state *hdr_top = vrf_get_loop_entry(hdr);

	if (!cur_top)
		cur_top = cur;
	if (!hdr_top)
		hdr_top = hdr;
	/* a header that is not on the current path is no header of this loop */
	if (!hdr_top->branches || hdr_top->dfs_depth > cur_top->dfs_depth)
		return;
	cur->loop_entry = hdr;
	hdr->used_as_loop_entry = true;
}

void vrf_update_branch_counts(struct bpf_verifier_state *st)
{
	for (; st; st = st->parent) {
		u32 left = --st->branches;

		if (!left && st->parent && st->loop_entry)
			vrf_update_loop_entry(st->parent, st->loop_entry);
		if (left)
			break;
	}
}

struct bpf_verifier_state_list **vrf_explored_state(struct bpf_verifier_env *env, int idx)
{
	u32 hash = (u32)(idx ^ cur_func(env)->callsite);

	return &env->explored_states[hash % env->len];
}

bool vrf_same_callsites(const struct bpf_verifier_state *a, const struct bpf_verifier_state *b)
{
	if (a->curframe != b->curframe)
		return false;
	for (int fr = a->curframe; fr >= 0; fr--)
		if (a->frame[fr]->callsite != b->frame[fr]->callsite)
			return false;
	return true;
}

static void observe_list(const struct bpf_verifier_env *env,
			 const struct bpf_verifier_state_list *sl)
{
	const struct verifier_observer *o = env->opts->observer;

	for (; sl; sl = sl->next)
		if (!sl->state.speculative)
			o->kept(o->priv, env->prog, sl->state.insn_idx, &sl->state);
}

void vrf_observe_states(const struct bpf_verifier_env *env)
{
	if (!env->opts->observer || !env->opts->observer->kept)
		return;
	observe_list(env, env->free_list);
	for (u32 i = 0; i < env->len; i++)
		observe_list(env, env->explored_states[i]);
}

static void free_list(struct bpf_verifier_state_list *sl)
{
	struct bpf_verifier_state_list *next;

	for (; sl; sl = next) {
		next = sl->next;
		vrf_free_verifier_state(&sl->state, false);
		free(sl);
	}
}

void vrf_free_states(struct bpf_verifier_env *env)
{
	free_list(env->free_list);
	env->free_list = NULL;
	if (!env->explored_states)
		return;
	for (u32 i = 0; i < env->len; i++) {
		free_list(env->explored_states[i]);
		env->explored_states[i] = NULL;
	}
}

/* ---- loops that converge ---- */

struct bpf_verifier_state *vrf_find_prev_entry(struct bpf_verifier_env *env,
					       struct bpf_verifier_state *cur, int insn_idx)
{
	/* newest first; unfinished ones are on the path that led here */
	for (struct bpf_verifier_state_list *sl = *vrf_explored_state(env, insn_idx); sl;
	     sl = sl->next) {
		struct bpf_verifier_state *st = &sl->state;

		if ((int)st->insn_idx == insn_idx && st->branches && vrf_same_callsites(st, cur) &&
		    st->dfs_depth < cur->dfs_depth)
			return st;
	}
	return NULL;
}

static void maybe_widen_reg(struct bpf_verifier_env *env, const struct bpf_reg_state *old,
			    struct bpf_reg_state *cur)
{
	if (old->type != SCALAR_VALUE || cur->type != SCALAR_VALUE || old->precise || cur->precise ||
	    vrf_regs_exact(old, cur, &env->idmap_scratch))
		return;
	vrf_mark_reg_unknown(env, cur);
}

int vrf_widen_imprecise_scalars(struct bpf_verifier_env *env, struct bpf_verifier_state *old,
				struct bpf_verifier_state *cur)
{
	vrf_reset_idmap_scratch(env);
	for (int fr = old->curframe; fr >= 0; fr--) {
		struct bpf_func_state *fold = old->frame[fr], *fcur = cur->frame[fr];
		int slots = min(fold->allocated_stack, fcur->allocated_stack) / BPF_REG_SIZE;

		for (int i = 0; i < MAX_BPF_REG; i++)
			maybe_widen_reg(env, &fold->regs[i], &fcur->regs[i]);
		for (int i = 0; i < slots; i++)
			if (is_spilled_reg(&fold->stack[i]) && is_spilled_reg(&fcur->stack[i]))
				maybe_widen_reg(env, &fold->stack[i].spilled_ptr,
						&fcur->stack[i].spilled_ptr);
	}
	return 0;
}
