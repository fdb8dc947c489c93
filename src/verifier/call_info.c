/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a call instruction is without looking at registers, and where it stands
 * (struct call_site).
 */

#include "verifier/calls.h"

enum special_kfunc vrf_special_kfunc(const struct bpf_verifier_env *env, u32 btf_id)
{
	static const char *const names[] = {
		"",
#define SPECIAL(name) #name,
#include "verifier/special_kfuncs.def"
#undef SPECIAL
	};
	const char *name = kbtf_type_name(env->kernel_btf, btf_id);
	size_t i;

	if (!name || strncmp(name, "bpf_", 4))
		return KF_none;
	for (i = 1; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i] + 4, name + 4))
			return (enum special_kfunc)i;
	return KF_none;
}

bool vrf_is_sync_callback_calling_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	if (insn_is_kfunc_call(insn))
		return vrf_special_kfunc(env, insn->imm) == KF_bpf_rbtree_add_impl;
	return insn_is_helper_call(insn) &&
	       (insn->imm == BPF_FUNC_for_each_map_elem || insn->imm == BPF_FUNC_find_vma ||
		insn->imm == BPF_FUNC_loop || insn->imm == BPF_FUNC_user_ringbuf_drain);
}

bool vrf_is_async_callback_calling_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	if (insn_is_kfunc_call(insn))
		return vrf_special_kfunc(env, insn->imm) == KF_bpf_wq_set_callback_impl;
	return insn_is_helper_call(insn) && insn->imm == BPF_FUNC_timer_set_callback;
}

bool vrf_is_bpf_throw_kfunc(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	return insn_is_kfunc_call(insn) && !insn->off &&
	       vrf_special_kfunc(env, insn->imm) == KF_bpf_throw;
}

bool vrf_is_iter_next_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	const struct kfunc_row *row;

	if (!insn_is_kfunc_call(insn))
		return false;
	row = calls_find_kfunc(env->opts->calls, NULL, insn->imm, NULL);
	return row && (row->flags & KF_ITER_NEXT);
}

const char *vrf_call_name(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	const struct helper_proto *fn;
	const char *name;

	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		name = kbtf_type_name(env->kernel_btf, insn->imm);
		return name && *name ? name : "unknown";
	}
	fn = calls_find_helper(env->opts->calls, insn->imm);
	return fn ? fn->name : "unknown";
}

int vrf_add_kfunc_call(struct bpf_verifier_env *env, u32 func_id, s16 offset)
{
	const struct btf_type *func, *proto;

	if (!env->prog->gpl_compatible) {
		verbose(env, "cannot call kernel function from non-GPL compatible program\n");
		return -EINVAL;
	}
	/* A weak kfunc that the kernel lacks: an error only if the call is reached. */
	if (!func_id && !offset)
		return 0;
	if (offset) {
		verbose(env, "failed to find BTF for kernel function\n");
		return -EINVAL;
	}
	func = kbtf_type(env->kernel_btf, func_id);
	if (!func || kbtf_kind(func) != BTF_KIND_FUNC) {
		verbose(env, "kernel btf_id %u is not a function\n", func_id);
		return -EINVAL;
	}
	proto = kbtf_type(env->kernel_btf, func->type);
	if (!proto || kbtf_kind(proto) != BTF_KIND_FUNC_PROTO) {
		verbose(env, "kernel function btf_id %u does not have a valid func_proto\n",
			func_id);
		return -EINVAL;
	}
	return 0;
}

void vrf_call_site(const struct bpf_verifier_env *env, u32 insn_idx, struct call_site *site)
{
	const struct bpf_prog *prog = env->prog;
	bool st_ops = prog->type == BPF_PROG_TYPE_STRUCT_OPS;

	*site = (struct call_site){
		.prog_type = prog->type,
		.attach_type = prog->expected_attach_type,
		.st_ops = st_ops ? prog->st_ops : NULL,
		.member = st_ops ? env->attach.member : 0,
		.member_name = st_ops ? env->attach.func_name : NULL,
		.sleepable = in_sleepable((struct bpf_verifier_env *)env),
		.no_cap_bpf = !env->opts->cap_bpf,
		.no_cap_perfmon = !env->opts->cap_perfmon,
		/* callbacks of the timer kind run with a call stack of their own */
		.place = (enum call_place)env->cur_state->frame[0]->place,
		.insn = insn_idx,
	};
}
