/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * .BTF.ext of the program: func_info gives every subprogram a BTF prototype,
 * line_info every instruction a source line. Both come from user space.
 */
#include "verifier/btf_walk.h"
#include "verifier/internal.h"

/* Without BTF nobody can tell what a subprogram returns. */
static int check_abnormal_return(struct bpf_verifier_env *env)
{
	u32 i;

	for (i = 1; i < env->subprog_cnt; i++) {
		if (env->subprog_info[i].has_ld_abs) {
			verbose(env, "LD_ABS is not allowed in subprogs without BTF\n");
			return -EINVAL;
		}
		if (env->subprog_info[i].has_tail_call) {
			verbose(env, "tail_call is not allowed in subprogs without BTF\n");
			return -EINVAL;
		}
	}
	return 0;
}

static int check_func_info(struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;
	const struct prog_func_info *fi = prog->func_info;
	const struct btf_type *t;
	u32 i;

	for (i = 0; i < prog->nr_func_info; i++) {
		if (i == 0 && fi[i].insn_off) {
			verbose(env, "nonzero insn_off %u for the first func info record",
				fi[i].insn_off);
			return -EINVAL;
		}
		if (i && fi[i].insn_off <= fi[i - 1].insn_off) {
			verbose(env, "same or smaller insn offset (%u) than previous func info record (%u)",
				fi[i].insn_off, fi[i - 1].insn_off);
			return -EINVAL;
		}
		t = kbtf_type(prog->btf, fi[i].type_id);
		if (!t || kbtf_kind(t) != BTF_KIND_FUNC) {
			verbose(env, "invalid type id %d in func info", fi[i].type_id);
			return -EINVAL;
		}
		t = kbtf_type(prog->btf, t->type);
		if (!t || kbtf_kind(t) != BTF_KIND_FUNC_PROTO)
			return -EINVAL;
	}
	return 0;
}

int vrf_check_btf_info_early(struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;

	if (!prog->nr_func_info && !prog->nr_line_info)
		return check_abnormal_return(env);
	if (!prog->btf)
		return -EINVAL;
	if (kbtf_is_kernel(prog->btf))
		return -EACCES;
	if (!prog->nr_func_info)
		return check_abnormal_return(env);
	return check_func_info(env);
}

static int match_funcs(struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;
	u32 i;

	if (!prog->nr_func_info)
		return check_abnormal_return(env);
	if (prog->nr_func_info != env->subprog_cnt) {
		verbose(env, "number of funcs in func_info doesn't match number of subprogs\n");
		return -EINVAL;
	}
	for (i = 0; i < env->subprog_cnt; i++) {
		struct bpf_subprog_info *sub = &env->subprog_info[i];
		const struct btf_type *func, *proto, *ret;
		bool returns_int;

		if (sub->start != prog->func_info[i].insn_off) {
			verbose(env, "func_info BTF section doesn't match subprog layout in BPF program\n");
			return -EINVAL;
		}
		func = kbtf_type(prog->btf, prog->func_info[i].type_id);
		proto = kbtf_type(prog->btf, func->type);
		ret = kbtf_skip_modifiers(prog->btf, proto->type, NULL);
		returns_int = ret && (btfw_is_small_int(ret) || kbtf_kind(ret) == BTF_KIND_ENUM ||
				      kbtf_kind(ret) == BTF_KIND_ENUM64);
		if (i && !returns_int && sub->has_ld_abs) {
			verbose(env, "LD_ABS is only allowed in functions that return 'int'.\n");
			return -EINVAL;
		}
		if (i && !returns_int && sub->has_tail_call) {
			verbose(env, "tail_call is only allowed in functions that return 'int'.\n");
			return -EINVAL;
		}
		sub->func_type_id = prog->func_info[i].type_id;
		sub->linkage = kbtf_vlen(func);
	}
	return 0;
}

static int check_line(struct bpf_verifier_env *env, u32 i, u32 prev_off)
{
	const struct bpf_prog *prog = env->prog;
	const struct prog_line_info *li = &prog->line_info[i];

	if ((i && li->insn_off <= prev_off) || li->insn_off >= env->len) {
		verbose(env, "Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)\n", i,
			li->insn_off, prev_off, env->len);
		return -EINVAL;
	}
	if (!env->insns[li->insn_off].code) {
		verbose(env, "Invalid insn code at line_info[%u].insn_off\n", i);
		return -EINVAL;
	}
	if (!kbtf_name(prog->btf, li->line_off) || !kbtf_name(prog->btf, li->file_name_off)) {
		verbose(env, "Invalid line_info[%u].line_off or .file_name_off\n", i);
		return -EINVAL;
	}
	return 0;
}

/* Every subprogram has to begin with a line of its own. */
static int check_lines(struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;
	u32 i, off, s = 0, prev_off = 0;
	int err;

	for (i = 0; i < prog->nr_line_info; i++, prev_off = off) {
		off = prog->line_info[i].insn_off;
		err = check_line(env, i, prev_off);
		if (err)
			return err;
		if (s == env->subprog_cnt)
			continue;
		if (off == env->subprog_info[s].start) {
			env->subprog_info[s++].linfo_idx = i;
		} else if (env->subprog_info[s].start < off) {
			verbose(env, "missing bpf_line_info for func#%u\n", s);
			return -EINVAL;
		}
	}
	if (prog->nr_line_info && s != env->subprog_cnt) {
		verbose(env, "missing bpf_line_info for %u funcs starting from func#%u\n",
			env->subprog_cnt - s, s);
		return -EINVAL;
	}
	return 0;
}

int vrf_check_btf_info(struct bpf_verifier_env *env)
{
	int err;

	if (!env->prog->nr_func_info && !env->prog->nr_line_info)
		return check_abnormal_return(env);
	err = match_funcs(env);
	return err ? err : check_lines(env);
}
