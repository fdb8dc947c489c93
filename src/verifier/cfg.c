/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Control flow, before any value is looked at: a depth-first walk over all
 * edges. It finds instructions that nothing reaches, jumps out of the program
 * or into the middle of an ld_imm64, loops (refused only without CAP_BPF), and
 * marks where paths meet: prune points, where states are compared, and jump
 * points, where the history needs a record.
 */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/internal.h"

enum visit {
	UNSEEN,
	DISCOVERED,    /* on the walk's stack */
	DID_FALLTHROUGH, /* the same, first edge taken */
	DID_BRANCH,    /* the same, both edges taken */
	EXPLORED,
};

enum edge {
	FALLTHROUGH = DID_FALLTHROUGH,
	BRANCH = DID_BRANCH,
};

/* What visiting an instruction comes to, beside an errno. */
enum {
	DONE = 0,
	WENT_DEEPER = 1,
};

void vrf_mark_prune_point(struct bpf_verifier_env *env, int idx)
{
	env->insn_aux_data[idx].prune_point = true;
}

static void mark_meeting_point(struct bpf_verifier_env *env, int idx, bool jump_target)
{
	env->insn_aux_data[idx].prune_point = true;
	env->insn_aux_data[idx].jmp_point = true;
	env->insn_aux_data[idx].jump_target |= jump_target;
}

static void linfo_at(struct bpf_verifier_env *env, int insn)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%d: ", insn);
	vrf_verbose_linfo(env, insn, prefix);
}

static int take_edge(struct bpf_verifier_env *env, int from, int to, enum edge edge)
{
	int *state = env->cfg.insn_state;

	if (state[from] >= (int)edge)
		return DONE; /* when it was visited before */
	if (to < 0 || to >= (int)env->len) {
		linfo_at(env, from);
		verbose(env, "jump out of range from insn %d to %d\n", from, to);
		return -EINVAL;
	}
	if (edge == BRANCH)
		mark_meeting_point(env, to, true);

	switch (state[to]) {
	case UNSEEN:
		state[from] = edge;
		state[to] = DISCOVERED;
		env->cfg.insn_stack[env->cfg.cur_stack++] = to;
		return WENT_DEEPER;
	case EXPLORED:
		state[from] = edge;
		return DONE;
	default:
		/* still on the stack: a loop */
		if (env->bpf_capable)
			return DONE;
		linfo_at(env, from);
		linfo_at(env, to);
		verbose(env, "back-edge from insn %d to %d\n", from, to);
		return -EINVAL;
	}
}

/* A call, or an ld_imm64 of a function: control comes back behind it. */
static int visit_call(struct bpf_verifier_env *env, int t, bool visit_callee)
{
	const struct bpf_insn *insn = &env->insns[t];
	int next = t + (insn_is_ldimm64(insn) ? 2 : 1);
	int ret = take_edge(env, t, next, FALLTHROUGH);

	if (ret)
		return ret;
	mark_meeting_point(env, next, false);
	if (!visit_callee)
		return DONE;
	vrf_mark_prune_point(env, t);
	return take_edge(env, t, t + insn->imm + 1, BRANCH);
}

static void mark_call(struct bpf_verifier_env *env, int t)
{
	const struct bpf_insn *insn = &env->insns[t];
	struct bpf_insn_aux_data *aux = &env->insn_aux_data[t];

	/* before the callback is queued, so that the queue ends */
	if (vrf_is_async_callback_calling_insn(env, insn))
		aux->prune_point = true;
	/* callbacks and iterators come back here until nothing new happens */
	if (vrf_is_sync_callback_calling_insn(env, insn)) {
		aux->calls_callback = true;
		aux->force_checkpoint = true;
		aux->prune_point = true;
		aux->jmp_point = true;
	}
	if (insn_is_kfunc_call(insn) && vrf_is_iter_next_insn(env, insn)) {
		aux->prune_point = true;
		aux->force_checkpoint = true;
	}
}

static int visit_jump(struct bpf_verifier_env *env, int t)
{
	const struct bpf_insn *insn = &env->insns[t];
	int to, ret;

	if (BPF_OP(insn->code) == BPF_JA) {
		if (BPF_SRC(insn->code) != BPF_K)
			return -EINVAL;
		to = t + 1 + (BPF_CLASS(insn->code) == BPF_JMP ? insn->off : insn->imm);
		ret = take_edge(env, t, to, FALLTHROUGH);
		if (!ret)
			mark_meeting_point(env, to, true);
		return ret;
	}
	vrf_mark_prune_point(env, t);
	if (insn->code == (BPF_JMP | BPF_JCOND) && insn->src_reg == BPF_MAY_GOTO)
		env->insn_aux_data[t].force_checkpoint = true;
	ret = take_edge(env, t, t + 1, FALLTHROUGH);
	return ret ? ret : take_edge(env, t, t + insn->off + 1, BRANCH);
}

static int visit(struct bpf_verifier_env *env, int t)
{
	const struct bpf_insn *insn = &env->insns[t];
	u8 class = BPF_CLASS(insn->code);

	if (insn_is_ldimm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC)
		return visit_call(env, t, true);
	if (class != BPF_JMP && class != BPF_JMP32)
		return take_edge(env, t, t + (insn_is_ldimm64(insn) ? 2 : 1), FALLTHROUGH);
	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		return DONE;
	case BPF_CALL:
		mark_call(env, t);
		return visit_call(env, t, insn->src_reg == BPF_PSEUDO_CALL);
	default:
		return visit_jump(env, t);
	}
}

static int walk_from(struct bpf_verifier_env *env, int start)
{
	int *state = env->cfg.insn_state, ret;

	state[start] = DISCOVERED;
	env->cfg.insn_stack[0] = start;
	env->cfg.cur_stack = 1;
	while (env->cfg.cur_stack) {
		int t = env->cfg.insn_stack[env->cfg.cur_stack - 1];

		ret = visit(env, t);
		if (ret < 0)
			return ret;
		if (ret == DONE) {
			state[t] = EXPLORED;
			env->cfg.cur_stack--;
		}
	}
	return 0;
}

static int check_reached(struct bpf_verifier_env *env)
{
	const int *state = env->cfg.insn_state;

	for (u32 i = 0; i < env->len; i++) {
		if (state[i] != EXPLORED) {
			verbose(env, "unreachable insn %d\n", i);
			return -EINVAL;
		}
		if (!insn_is_ldimm64(&env->insns[i]))
			continue;
		i++;
		if (state[i] != UNSEEN) {
			verbose(env, "jump into the middle of ldimm64 insn %d\n", i - 1);
			return -EINVAL;
		}
	}
	return 0;
}

int vrf_check_cfg(struct bpf_verifier_env *env)
{
	int err = -ENOMEM;

	env->cfg.insn_state = calloc(env->len, sizeof(int));
	env->cfg.insn_stack = calloc(env->len, sizeof(int));
	if (env->cfg.insn_state && env->cfg.insn_stack)
		err = walk_from(env, 0);
	if (!err && env->exception_callback_subprog)
		err = walk_from(env, env->subprog_info[env->exception_callback_subprog].start);
	if (!err)
		err = check_reached(env);
	free(env->cfg.insn_state);
	free(env->cfg.insn_stack);
	env->cfg.insn_state = env->cfg.insn_stack = NULL;
	return err;
}
