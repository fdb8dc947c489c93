/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * References that the program holds: every acquire gets an id, which the
 * registers that hold the object carry as ref_obj_id. All of them must be
 * released on every path.
 */
#include "verifier/calls.h"

int vrf_acquire_reference_state(struct bpf_verifier_env *env, int insn_idx)
{
	struct bpf_func_state *f = cur_func(env);
	u32 n = f->acquired_refs;
	int err;

	err = vrf_resize_reference_state(f, n + 1);
	if (err)
		return err;
	f->refs[n] = (struct bpf_reference_state){
		.id = ++env->id_gen,
		.insn_idx = insn_idx,
		.callback_ref = f->in_callback_fn ? f->frameno : 0,
	};
	return f->refs[n].id;
}

int vrf_release_reference_state(struct bpf_func_state *f, u32 id)
{
	u32 i, last = f->acquired_refs - 1;

	for (i = 0; i < f->acquired_refs; i++) {
		if (f->refs[i].id != id)
			continue;
		/* A callback may run any number of times: it can't release what its caller holds. */
		if (f->in_callback_fn && f->refs[i].callback_ref != (int)f->frameno)
			return -EINVAL;
		f->refs[i] = f->refs[last];
		memset(&f->refs[last], 0, sizeof(f->refs[last]));
		f->acquired_refs--;
		return 0;
	}
	return -EINVAL;
}

int vrf_release_reference(struct bpf_verifier_env *env, u32 ref_obj_id)
{
	struct bpf_func_state *f;
	struct bpf_reg_state *reg;
	int err;

	err = vrf_release_reference_state(cur_func(env), ref_obj_id);
	if (err)
		return err;
	bpf_for_each_reg_in_vstate(env->cur_state, f, reg, ({
		if (reg->ref_obj_id == ref_obj_id)
			mark_reg_invalid(env, reg);
	}));
	return 0;
}

int vrf_check_reference_leak(struct bpf_verifier_env *env, bool exception_exit)
{
	struct bpf_func_state *f = cur_func(env);
	bool leak = false;
	u32 i;

	/* A called function may return with references: its caller owns them then. */
	if (!exception_exit && f->frameno && !f->in_callback_fn)
		return 0;
	for (i = 0; i < f->acquired_refs; i++) {
		if (!exception_exit && f->in_callback_fn &&
		    f->refs[i].callback_ref != (int)f->frameno)
			continue;
		verbose(env, "Unreleased reference id=%d alloc_insn=%d\n", f->refs[i].id,
			f->refs[i].insn_idx);
		leak = true;
	}
	return leak ? -EINVAL : 0;
}
