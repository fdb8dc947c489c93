/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the program attaches to: finds the prototype that it is called by, and
 * refuses what can't be attached there.
 */
#include "calls/calls.h"
#include "verifier/btf_walk.h"
#include "verifier/mem.h"

static int attach_struct_ops(struct bpf_verifier_env *env)
{
	const struct calls *calls = env->opts->calls;
	struct bpf_prog *prog = env->prog;
	const struct st_ops_type *st = prog->st_ops;
	struct vrf_attach *a = &env->attach;
	const struct btf_member *m;
	const struct btf_type *t;
	u32 idx = prog->expected_attach_type;
	const char *name;

	if (!prog->gpl_compatible) {
		verbose(env, "struct ops programs must have a GPL compatible license\n");
		return -EINVAL;
	}
	if (!prog->attach_btf_id)
		return -ENOTSUPP;
	if (!st)
		st = calls_find_st_ops(calls, prog->attach_btf_id);
	if (!st) {
		verbose(env, "attach_btf_id %u is not a supported struct\n", prog->attach_btf_id);
		return -ENOTSUPP;
	}
	t = kbtf_type(env->kernel_btf, calls_st_ops_id(calls, st));
	if (idx >= kbtf_vlen(t)) {
		verbose(env, "attach to invalid member idx %u of struct %s\n", idx, st->name);
		return -EINVAL;
	}
	m = kbtf_members(t) + idx;
	name = kbtf_name(env->kernel_btf, m->name_off);
	a->func_proto = kbtf_resolve_func_ptr(env->kernel_btf, m->type, &a->func_proto_id);
	if (!a->func_proto) {
		verbose(env, "attach to invalid member %s(@idx %u) of struct %s\n", name, idx,
			st->name);
		return -EINVAL;
	}
	a->st_member = calls_st_ops_member(calls, st, idx);
	if (!a->st_member || (a->st_member->flags & ST_OPS_UNSUPPORTED)) {
		verbose(env, "attach to unsupported member %s of struct %s\n", name, st->name);
		return -ENOTSUPP;
	}
	if (prog->sleepable && !(a->st_member->flags & ST_OPS_SLEEPABLE)) {
		verbose(env, "attach to unsupported member %s of struct %s\n", name, st->name);
		return -EINVAL;
	}
	a->btf = env->kernel_btf;
	a->func_name = name;
	a->member = idx;
	prog->st_ops = st;
	return 0;
}

/* tp_btf: the typedef "btf_trace_NAME" points at the tracepoint's prototype. */
static int attach_raw_tp(struct bpf_verifier_env *env, const struct btf_type *t, const char *name)
{
	static const char prefix[] = "btf_trace_";
	u32 btf_id = env->prog->attach_btf_id;
	struct vrf_attach *a = &env->attach;

	if (kbtf_kind(t) != BTF_KIND_TYPEDEF) {
		verbose(env, "attach_btf_id %u is not a typedef\n", btf_id);
		return -EINVAL;
	}
	if (strncmp(name, prefix, sizeof(prefix) - 1)) {
		verbose(env, "attach_btf_id %u points to wrong type name %s\n", btf_id, name);
		return -EINVAL;
	}
	a->func_name = name + sizeof(prefix) - 1;
	a->func_proto = kbtf_resolve_func_ptr(env->kernel_btf, t->type, &a->func_proto_id);
	return a->func_proto && kbtf_vlen(a->func_proto) ? 0 : -EINVAL;
}

/* Which part of sleeping and changing the result the function itself does not allow. */
static int check_hook(struct bpf_verifier_env *env, const char *name)
{
	bool lsm = env->prog->type == BPF_PROG_TYPE_LSM;
	u32 hook = env->attach.hook;

	if (env->prog->sleepable && !(hook & HOOK_SLEEPABLE)) {
		verbose(env, "%s is not sleepable\n", name);
		return -EINVAL;
	}
	if (!lsm && env->prog->expected_attach_type == BPF_MODIFY_RETURN &&
	    !(hook & HOOK_MODIFIABLE)) {
		verbose(env, "%s() is not modifiable\n", name);
		return -EINVAL;
	}
	return 0;
}

static int attach_func(struct bpf_verifier_env *env, const struct btf_type *t, const char *name)
{
	struct vrf_attach *a = &env->attach;

	if (kbtf_kind(t) != BTF_KIND_FUNC) {
		verbose(env, "attach_btf_id %u is not a function\n", env->prog->attach_btf_id);
		return -EINVAL;
	}
	a->hook = calls_hook_flags(env->opts->calls, name);
	a->func_name = name;
	a->func_proto_id = t->type;
	a->func_proto = kbtf_type(env->kernel_btf, t->type);
	if (!a->func_proto || kbtf_kind(a->func_proto) != BTF_KIND_FUNC_PROTO)
		return -EINVAL;
	return check_hook(env, name);
}

static int attach_iter(struct bpf_verifier_env *env, const struct btf_type *t, const char *name)
{
	static const char prefix[] = "bpf_iter_";

	if (kbtf_kind(t) != BTF_KIND_FUNC) {
		verbose(env, "attach_btf_id %u is not a function\n", env->prog->attach_btf_id);
		return -EINVAL;
	}
	if (strncmp(name, prefix, sizeof(prefix) - 1)) {
		verbose(env, "attach_btf_id %u points to wrong type name %s\n",
			env->prog->attach_btf_id, name);
		return -EINVAL;
	}
	return attach_func(env, t, name);
}

static int attach_lsm(struct bpf_verifier_env *env, const struct btf_type *t, const char *name)
{
	static const char prefix[] = "bpf_lsm_";
	u32 btf_id = env->prog->attach_btf_id;

	if (!env->prog->gpl_compatible) {
		verbose(env, "LSM programs must have a GPL compatible license\n");
		return -EINVAL;
	}
	if (calls_hook_flags(env->opts->calls, name) & HOOK_DISABLED) {
		verbose(env, "attach_btf_id %u points to disabled hook %s\n", btf_id, name);
		return -EINVAL;
	}
	if (strncmp(name, prefix, sizeof(prefix) - 1)) {
		verbose(env, "attach_btf_id %u points to wrong type name %s\n", btf_id, name);
		return -EINVAL;
	}
	return attach_func(env, t, name);
}

static int attach_to_btf(struct bpf_verifier_env *env)
{
	u32 btf_id = env->prog->attach_btf_id;
	const struct btf_type *t;
	const char *name;

	if (!btf_id) {
		verbose(env, "Tracing programs must provide btf_id\n");
		return -EINVAL;
	}
	t = kbtf_type(env->kernel_btf, btf_id);
	if (!t) {
		verbose(env, "attach_btf_id %u is invalid\n", btf_id);
		return -EINVAL;
	}
	name = kbtf_name(env->kernel_btf, t->name_off);
	if (!name || !*name) {
		verbose(env, "attach_btf_id %u doesn't have a name\n", btf_id);
		return -EINVAL;
	}
	env->attach.btf = env->kernel_btf;
	if (env->prog->type == BPF_PROG_TYPE_LSM)
		return attach_lsm(env, t, name);
	switch (env->prog->expected_attach_type) {
	case BPF_TRACE_RAW_TP:
		return attach_raw_tp(env, t, name);
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
		return attach_func(env, t, name);
	case BPF_TRACE_ITER:
		return attach_iter(env, t, name);
	default:
		return -EINVAL;
	}
}

static bool can_be_sleepable(const struct bpf_prog *prog)
{
	switch (prog->type) {
	case BPF_PROG_TYPE_TRACING:
		return prog->expected_attach_type == BPF_TRACE_FENTRY ||
		       prog->expected_attach_type == BPF_TRACE_FEXIT ||
		       prog->expected_attach_type == BPF_MODIFY_RETURN ||
		       prog->expected_attach_type == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_LSM:
		return prog->expected_attach_type != BPF_LSM_CGROUP;
	case BPF_PROG_TYPE_KPROBE: /* uprobes */
	case BPF_PROG_TYPE_STRUCT_OPS:
		return true;
	default:
		return false;
	}
}

int vrf_check_attach_btf_id(struct bpf_verifier_env *env)
{
	struct bpf_prog *prog = env->prog;

	if (prog->type == BPF_PROG_TYPE_SYSCALL) {
		if (prog->sleepable)
			return 0;
		verbose(env, "Syscall programs can only be sleepable\n");
		return -EINVAL;
	}
	if (prog->sleepable && !can_be_sleepable(prog)) {
		verbose(env, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable\n");
		return -EINVAL;
	}
	switch (prog->type) {
	case BPF_PROG_TYPE_STRUCT_OPS:
		return attach_struct_ops(env);
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
		return attach_to_btf(env);
	case BPF_PROG_TYPE_EXT:
		verbose(env, "program extensions are not supported\n");
		return -ENOTSUPP;
	default:
		return 0;
	}
}
