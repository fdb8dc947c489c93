/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verifier/inst.h"

#include <stdlib.h>

#include "verifier/calls.h"

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

/* ---- what may vary ---- */

static enum vrf_varies kfunc_varies(const struct bpf_verifier_env *env, u32 btf_id)
{
	const struct kfunc_set *set = NULL;

	if (!btf_id || !calls_find_kfunc(env->opts->calls, NULL, btf_id, &set))
		return VRF_SAME;
	if (vrf_args_decide(env, set))
		return VRF_BY_CHAIN;
	return set->context_of || set->visible ? VRF_BY_CONTEXT : VRF_SAME;
}

static bool takes_address(const struct bpf_insn *insn)
{
	return insn_is_ldimm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC;
}

static enum vrf_varies callee_varies(const struct bpf_verifier_env *env, u32 i)
{
	int to = vrf_find_subprog((struct bpf_verifier_env *)env, i + 1 + env->insns[i].imm);

	return to < 0 ? VRF_SAME : (enum vrf_varies)env->subprog_info[to].varies;
}

/*
 * Of one instruction, as far as is known of the functions that it leads to. A
 * callback may have come as an argument: its address can be any that is taken.
 */
static enum vrf_varies insn_varies(struct bpf_verifier_env *env, u32 i, enum vrf_varies cbs)
{
	const struct bpf_insn *insn = &env->insns[i];
	enum vrf_varies v = VRF_SAME;

	if (insn_is_pseudo_call(insn) || takes_address(insn))
		return callee_varies(env, i);
	if (insn_is_kfunc_call(insn))
		v = kfunc_varies(env, insn->imm);
	/* a struct_ops may have rules for helpers by context */
	else if (insn_is_helper_call(insn) && env->prog->type == BPF_PROG_TYPE_STRUCT_OPS)
		v = VRF_BY_CONTEXT;
	if (vrf_is_sync_callback_calling_insn(env, insn) ||
	    vrf_is_async_callback_calling_insn(env, insn))
		v = max(v, cbs);
	return v;
}

static enum vrf_varies callbacks_vary(const struct bpf_verifier_env *env)
{
	enum vrf_varies v = VRF_SAME;

	for (u32 i = 0; i < env->len && v < VRF_BY_CHAIN; i++)
		if (takes_address(&env->insns[i]))
			v = max(v, callee_varies(env, i));
	return v;
}

static bool update_varies(struct bpf_verifier_env *env, struct bpf_subprog_info *sub,
			  enum vrf_varies cbs)
{
	u8 old = sub->varies;

	for (u32 i = sub->start; i < sub[1].start && sub->varies < VRF_BY_CHAIN; i++)
		sub->varies = max(sub->varies, (u8)insn_varies(env, i, cbs));
	return sub->varies != old;
}

static bool has_site(const struct bpf_insn *insn)
{
	return is_call(insn) || insn_is_ld_abs(insn);
}

int vrf_prepare_insts(struct bpf_verifier_env *env)
{
	bool changed;

	for (u32 s = 0; s < env->subprog_cnt; s++) {
		struct bpf_subprog_info *sub = &env->subprog_info[s];

		for (u32 i = sub->start; i < sub[1].start; i++)
			if (has_site(&env->insns[i]))
				env->insn_aux_data[i].site = sub->nr_sites++;
	}
	/* callees may come later, and callbacks may arm each other */
	do {
		enum vrf_varies cbs = callbacks_vary(env);

		changed = false;
		for (u32 s = env->subprog_cnt; s-- > 0;)
			changed |= update_varies(env, &env->subprog_info[s], cbs);
	} while (changed);
	return 0;
}

/* ---- insts ---- */

static void free_inst(const struct bpf_verifier_env *env, struct vrf_inst *inst)
{
	u32 nr = inst->sites ? env->subprog_info[inst->subprog].nr_sites : 0;

	for (u32 i = 0; i < nr; i++) {
		free(inst->sites[i].cbs);
		free(inst->sites[i].args);
	}
	free(inst->sites);
	free(inst->seen);
	free(inst);
}

void vrf_free_insts(struct bpf_verifier_env *env)
{
	for (u32 i = 0; i < env->nr_insts; i++)
		free_inst(env, env->insts[i]);
	free(env->insts);
	free(env->copies);
}

static int grow(struct bpf_verifier_env *env)
{
	u32 cap = env->cap_insts ? 2 * env->cap_insts : 8;
	struct vrf_inst **insts;

	if (env->nr_insts < env->cap_insts)
		return 0;
	insts = reallocarray(env->insts, cap, sizeof(*insts));
	if (!insts)
		return -ENOMEM;
	env->insts = insts;
	env->cap_insts = cap;
	return 0;
}

static int add_inst(struct bpf_verifier_env *env, const struct vrf_inst *key, u32 *out)
{
	const struct bpf_subprog_info *sub = &env->subprog_info[key->subprog];
	struct vrf_inst *inst;
	u32 k = 0;

	if (grow(env))
		return -ENOMEM;
	inst = malloc(sizeof(*inst));
	if (!inst)
		return -ENOMEM;
	*inst = *key;
	inst->seen = calloc(sub[1].start - sub->start, sizeof(*inst->seen));
	inst->sites = calloc(sub->nr_sites + 1, sizeof(*inst->sites));
	if (!inst->seen || !inst->sites) {
		free_inst(env, inst);
		return -ENOMEM;
	}
	for (u32 i = sub->start; i < sub[1].start; i++)
		if (has_site(&env->insns[i]))
			inst->sites[k++] = (struct vrf_site){ .insn = i, .to = VRF_NO_TARGET };
	*out = env->nr_insts;
	env->insts[env->nr_insts++] = inst;
	return 0;
}

int vrf_root_inst(struct bpf_verifier_env *env, u32 subprog, u8 place, bool sleepable, u32 *out)
{
	bool any = env->subprog_info[subprog].varies == VRF_SAME;

	for (u32 i = 0; i < env->nr_insts; i++) {
		const struct vrf_inst *inst = env->insts[i];

		if (inst->subprog == subprog && !inst->chained &&
		    (any || (inst->place == place && inst->sleepable == sleepable))) {
			*out = i;
			return 0;
		}
	}
	return add_inst(env, &(struct vrf_inst){ .subprog = subprog, .place = place,
						 .sleepable = sleepable }, out);
}

static struct vrf_site *site_of(struct bpf_verifier_env *env, const struct bpf_func_state *caller,
				u32 insn)
{
	return &env->insts[caller->inst]->sites[env->insn_aux_data[insn].site];
}

/* The callback @subprog handed over at @site, or a new slot for it. */
static u32 *cb_slot(struct bpf_verifier_env *env, struct vrf_site *site, u32 subprog)
{
	u32 *cbs;

	for (u32 i = 0; i < site->nr_cbs; i++)
		if (env->insts[site->cbs[i]]->subprog == subprog)
			return &site->cbs[i];
	cbs = reallocarray(site->cbs, site->nr_cbs + 1, sizeof(*cbs));
	if (!cbs)
		return NULL;
	site->cbs = cbs;
	cbs[site->nr_cbs] = VRF_NO_TARGET;
	return &cbs[site->nr_cbs];
}

static int set_link(struct bpf_verifier_env *env, struct vrf_site *site, u32 inst)
{
	u32 *slot = &site->to;

	if (!insn_is_pseudo_call(&env->insns[site->insn])) {
		slot = cb_slot(env, site, env->insts[inst]->subprog);
		if (!slot)
			return -ENOMEM;
		site->nr_cbs += *slot == VRF_NO_TARGET;
	}
	*slot = inst;
	return 0;
}

int vrf_link_inst(struct bpf_verifier_env *env, const struct bpf_func_state *caller, u32 insn,
		  u32 inst)
{
	return set_link(env, site_of(env, caller, insn), inst);
}

/* Where the chain led to before. */
static bool find_link(const struct bpf_verifier_env *env, const struct vrf_site *site, u32 subprog,
		      u32 *out)
{
	if (insn_is_pseudo_call(&env->insns[site->insn])) {
		*out = site->to;
		return site->to != VRF_NO_TARGET;
	}
	for (u32 i = 0; i < site->nr_cbs; i++) {
		*out = site->cbs[i];
		if (env->insts[*out]->subprog == subprog)
			return true;
	}
	return false;
}

int vrf_callee_inst(struct bpf_verifier_env *env, const struct bpf_func_state *caller, u32 insn,
		    u32 subprog, u32 *out)
{
	struct vrf_site *site = site_of(env, caller, insn);
	struct vrf_inst key = {
		.subprog = subprog,
		.place = caller->place,
		.sleepable = in_sleepable(env),
		.chained = true,
	};
	int err;

	if (find_link(env, site, subprog, out))
		return 0;
	if (env->subprog_info[subprog].varies == VRF_BY_CHAIN)
		err = add_inst(env, &key, out);
	else
		err = vrf_root_inst(env, subprog, key.place, key.sleepable, out);
	return err ? err : set_link(env, site, *out);
}
