/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What one call means: asked of the resolver with what the verifier knows of
 * this path, kept in the call's site (inst.h), told to who asked for the list.
 *
 * One instruction has one meaning. Where two paths to it, in one inst, get
 * different answers because of their arguments, the resolver is asked once more
 * with what both have in common: that answer, or refusal, is for all paths.
 */
#include <stdlib.h>

#include "verifier/calls.h"
#include "verifier/inst.h"

/* ---- the list ---- */

static int note_call(struct bpf_verifier_env *env, const struct verifier_call *call,
		     const char *reason)
{
	struct verifier_result *r = env->result;
	const struct bpf_subprog_info *sub = vrf_find_containing_subprog(env, call->insn);
	struct verifier_call *c;

	for (u32 i = 0; i < r->nr_calls; i++) {
		c = &r->calls[i];
		if (c->insn == call->insn && c->resolved == call->resolved &&
		    c->context == call->context && c->place == call->place)
			return 0;
	}
	c = reallocarray(r->calls, r->nr_calls + 1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	r->calls = c;
	c += r->nr_calls;
	*c = *call;
	c->func = sub ? vrf_subprog_name(env, sub - env->subprog_info) : "";
	if (reason) {
		c->reason = strdup(reason);
		if (!c->reason)
			return -ENOMEM;
	}
	r->nr_calls++;
	return 0;
}

static u64 legal_contexts(const struct kfunc_row *row)
{
	u64 all = 0;

	for (u32 i = 0; i < KFUNC_MAX_CASES && row->cases[i].fn; i++)
		all |= row->cases[i].contexts;
	return all;
}

/* The call as far as it is known without a decision. */
static struct verifier_call describe_call(const struct call_site *site, const struct kfunc_set *set,
					  const struct kfunc_row *row, const char *name)
{
	u64 context = set && set->context_of ? set->context_of(set->priv, site) : 0;
	u32 bit = context ? __builtin_ctzll(context) : 0;

	return (struct verifier_call){
		.insn = site->insn,
		.kfunc = name,
		.context = context && bit < set->nr_contexts ? set->context_names[bit] : "",
		.place = site->place,
		.set = set,
		.row = row,
		.legal = row ? legal_contexts(row) : 0,
	};
}

int vrf_refuse_kfunc(struct bpf_verifier_env *env, const struct call_site *site,
		     const struct kfunc_set *set, const struct kfunc_row *row, const char *name,
		     const char *why)
{
	struct verifier_call call = describe_call(site, set, row, name);
	int err;

	verbose(env, "calling kernel function %s is not allowed\n", name);
	if (why && *why)
		verbose(env, "%s\n", why);
	err = note_call(env, &call, why ? why : "");
	return err ? err : -EACCES;
}

int vrf_refuse_sleepable(struct bpf_verifier_env *env, const struct call_site *site,
			 const struct kfunc_set *set, const struct kfunc_row *row, const char *name)
{
	struct verifier_call call = describe_call(site, set, row, name);
	struct err_msg e;
	int err;

	err_set(&e, 0, "program must be sleepable to call sleepable kfunc %s", name);
	verbose(env, "%s\n", e.text);
	err = note_call(env, &call, e.text);
	return err ? err : -EACCES;
}

int vrf_refuse_helper(struct bpf_verifier_env *env, const struct call_site *site, const char *name,
		      const char *why)
{
	struct verifier_call call = describe_call(site, NULL, NULL, name);
	int err;

	call.is_helper = true;
	err = note_call(env, &call, why);
	return err ? err : -EINVAL;
}

/* ---- targets ---- */

static bool same_decision(const struct call_target *a, const struct call_target *b)
{
	return vrf_same_target(a, b) && a->insn == b->insn && a->context == b->context &&
	       a->row_id == b->row_id && a->needs == b->needs;
}

static int grow_targets(struct bpf_verifier_env *env)
{
	u32 cap = env->cap_targets ? 2 * env->cap_targets : 16;
	struct call_target *t;

	if (env->nr_targets < env->cap_targets)
		return 0;
	t = reallocarray(env->targets, cap, sizeof(*t));
	if (!t)
		return -ENOMEM;
	env->targets = t;
	env->cap_targets = cap;
	return 0;
}

/* Each decision once, with all the places that it was met in; @added: it is a new one. */
static int add_target(struct bpf_verifier_env *env, const struct call_target *t, u32 hint, u32 *out,
		      bool *added)
{
	u32 i = hint;

	*added = false;
	if (i == VRF_NO_TARGET || !same_decision(&env->targets[i], t))
		for (i = 0; i < env->nr_targets && !same_decision(&env->targets[i], t); i++)
			;
	*out = i;
	if (i < env->nr_targets) {
		*added = t->places & ~env->targets[i].places;
		env->targets[i].places |= t->places;
		return 0;
	}
	if (grow_targets(env))
		return -ENOMEM;
	*added = true;
	env->targets[env->nr_targets++] = *t;
	return 0;
}

int vrf_record_helper(struct bpf_verifier_env *env, u32 insn_idx, const struct call_target *t)
{
	struct vrf_site *site = vrf_cur_site(env, insn_idx);
	bool added;

	return add_target(env, t, site->to, &site->to, &added);
}

/* ---- kfuncs ---- */

/* What the resolver may know of the arguments; taken before the call changes them. */
static void describe_args(struct bpf_verifier_env *env, struct kfunc_arg args[5])
{
	for (int i = 0; i < 5; i++) {
		const struct bpf_reg_state *reg = reg_state(env, i + 1);

		args[i] = (struct kfunc_arg){ .ctx_arg = -1 };
		if (base_type(reg->type) == PTR_TO_BTF_ID) {
			/* what lies inside of an object is not that object */
			if (reg->off || !tnum_equals_const(reg->var_off, 0))
				continue;
			args[i].btf = reg->btf;
			args[i].btf_id = reg->btf_id;
			if (reg->ctx_arg)
				args[i].ctx_arg = reg->ctx_arg - 1;
		} else if (is_reg_const(reg, false)) {
			args[i].is_const = true;
			args[i].value = reg->var_off.value;
		}
	}
}

/* @into: what holds of both. */
static void join_args(struct kfunc_arg into[5], const struct kfunc_arg other[5])
{
	for (int i = 0; i < 5; i++) {
		struct kfunc_arg *a = &into[i];
		const struct kfunc_arg *b = &other[i];

		if (a->btf != b->btf || a->btf_id != b->btf_id) {
			a->btf = NULL;
			a->btf_id = 0;
		}
		if (!b->is_const || a->value != b->value) {
			a->is_const = false;
			a->value = 0;
		}
		if (a->ctx_arg != b->ctx_arg)
			a->ctx_arg = -1;
	}
}

static int ask(struct bpf_verifier_env *env, const struct kfunc_decision *d,
	       const struct kfunc_arg args[5], struct call_target *out)
{
	struct err_msg e = {};
	int err;

	err = calls_resolve_kfunc(env->opts->calls, d->site, d->id, args, env->prog, out, &e);
	if (err == -EACCES)
		return vrf_refuse_kfunc(env, d->site, d->set, d->row, d->row->name, e.text);
	if (err)
		verbose(env, "%s\n", e.text);
	return err;
}

/* Of two targets at one instruction: what both paths' arguments have in common decides. */
static int ask_for_both(struct bpf_verifier_env *env, const struct kfunc_decision *d,
			const struct call_target *old, const struct vrf_site *vs,
			struct call_target *out)
{
	const char *a = old->fn_name, *b = out->fn_name;
	/* an inst is in one context: what is asked below holds for all of it */
	int err = vs->args && old->context == out->context ? ask(env, d, vs->args, out) : -EINVAL;

	if (err)
		verbose(env, "%s() means %s() on one path through insn %d and %s() on another; its arguments must be told apart before, so that each has a call of its own\n",
			d->row->name, a, d->site->insn, b);
	return err;
}

static int remember_args(struct vrf_site *vs, const struct kfunc_arg args[5])
{
	if (vs->args) {
		join_args(vs->args, args);
		return 0;
	}
	vs->args = malloc(5 * sizeof(*args));
	if (!vs->args)
		return -ENOMEM;
	memcpy(vs->args, args, 5 * sizeof(*args));
	return 0;
}

/* The decision leans on these values: another value must not be pruned against it. */
static int mark_precise(struct bpf_verifier_env *env, const struct kfunc_decision *d,
			const struct kfunc_arg args[5])
{
	const struct btf_type *func = kbtf_type(env->kernel_btf, d->id);
	u32 nr = kbtf_vlen(kbtf_type(env->kernel_btf, func->type));

	for (u32 i = 0; i < 5 && i < nr; i++) {
		int err = args[i].is_const ? vrf_mark_chain_precision(env, i + 1) : 0;

		if (err)
			return err;
	}
	return 0;
}

static int record(struct bpf_verifier_env *env, const struct kfunc_decision *d,
		  const struct call_target *t)
{
	struct vrf_site *vs = vrf_cur_site(env, d->site->insn);
	struct verifier_call call;
	bool added;
	int err;

	err = add_target(env, t, vs->to, &vs->to, &added);
	if (err || !added)
		return err;
	call = describe_call(d->site, d->set, d->row, t->name);
	call.resolved = t->fn_name;
	return note_call(env, &call, NULL);
}

int vrf_decide_kfunc(struct bpf_verifier_env *env, const struct kfunc_decision *d)
{
	struct vrf_site *vs = vrf_cur_site(env, d->site->insn);
	struct call_target target = {};
	struct kfunc_arg args[5];
	int err;

	describe_args(env, args);
	err = ask(env, d, args, &target);
	if (!err && vrf_args_decide(env, d->set)) {
		err = mark_precise(env, d, args);
		if (!err)
			err = remember_args(vs, args);
	}
	if (err)
		return err;
	if (vs->to != VRF_NO_TARGET && !vrf_same_target(&env->targets[vs->to], &target)) {
		struct call_target old = env->targets[vs->to];

		/* what this path by itself needs stays on the list */
		err = record(env, d, &target);
		if (!err)
			err = ask_for_both(env, d, &old, vs, &target);
		if (err)
			return err;
	}
	return record(env, d, &target);
}

/* ---- what became of it ---- */

static bool is_called(const struct bpf_verifier_env *env, const struct verifier_call *call)
{
	const struct bpf_subprog_info *sub =
		vrf_find_containing_subprog((struct bpf_verifier_env *)env, call->insn);

	for (u32 i = 0; i < env->nr_insts; i++) {
		const struct vrf_inst *inst = env->insts[i];
		u32 to = VRF_NO_TARGET;

		if (&env->subprog_info[inst->subprog] == sub)
			to = inst->sites[env->insn_aux_data[call->insn].site].to;
		if (to != VRF_NO_TARGET && env->targets[to].fn_name == call->resolved)
			return true;
	}
	return false;
}

void vrf_settle_calls(struct bpf_verifier_env *env)
{
	struct verifier_result *r = env->result;
	u32 n = 0;

	for (u32 i = 0; i < r->nr_calls; i++) {
		if (!r->calls[i].resolved || is_called(env, &r->calls[i]))
			r->calls[n++] = r->calls[i];
		else
			free(r->calls[i].reason);
	}
	r->nr_calls = n;
}
