/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a program may read from and write to its context (R1 at entry).
 *
 * Programs that stand for a function (struct_ops members, fentry, tp_btf) get
 * an array of that function's arguments, 8 bytes each, typed by its BTF
 * prototype. SYSCALL programs get plain memory, networking programs structs
 * of which they see some fields (ctx_net.c). The other types are known by the size of
 * their context only, or not at all: no access then.
 */
#include "calls/st_ops.h"
#include "verifier/btf_walk.h"
#include "verifier/mem.h"

#define MAX_BPF_FUNC_ARGS 12
#define PT_REGS_SIZE 168
#define PERF_MAX_TRACE_SIZE 8192

/* Index of the argument that byte @off belongs to; vlen: the return value; above: none. */
static u32 arg_at(const struct kbtf *btf, const struct btf_type *proto, int off)
{
	u32 i, size, nr = kbtf_vlen(proto), end = 0;

	for (i = 0; i <= nr; i++) {
		u32 id = i < nr ? kbtf_params(proto)[i].type : proto->type;

		size = 0;
		if (id)
			kbtf_resolve_size(btf, id, &size, NULL);
		end += ALIGN_UP(size, 8);
		if ((u32)off < end)
			return i;
	}
	return nr + 1;
}

static bool args_trusted(const struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;

	switch (prog->type) {
	case BPF_PROG_TYPE_TRACING:
		return prog->expected_attach_type == BPF_TRACE_RAW_TP ||
		       prog->expected_attach_type == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_LSM:
		return !(env->attach.hook & HOOK_UNTRUSTED);
	case BPF_PROG_TYPE_STRUCT_OPS:
		return true;
	default:
		return false;
	}
}

/* Parameters of the prototype that the context does not have: a tracepoint's void *__data. */
static u32 hidden_params(const struct bpf_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_TRACING &&
	       prog->expected_attach_type == BPF_TRACE_RAW_TP;
}

static bool prog_is_iter(const struct bpf_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_TRACING && prog->expected_attach_type == BPF_TRACE_ITER;
}

static bool arg_nullable(const struct bpf_verifier_env *env, const struct btf_param *p, u32 arg)
{
	const struct vrf_attach *a = &env->attach;

	/* an iterator's object, at its end */
	if (prog_is_iter(env->prog) && arg > 0)
		return true;
	if (a->st_member && arg < 8 && (a->st_member->nullable_args & BIT(arg)))
		return true;
	return btfw_param_suffix(a->btf, p, "__nullable");
}

/* A pointer to a struct: what the register becomes. */
static bool load_struct_ptr(struct bpf_verifier_env *env, const struct btf_type *ptr, u32 arg,
			    struct ctx_info *info)
{
	const struct vrf_attach *a = &env->attach;
	const struct btf_type *t = kbtf_type(a->btf, ptr->type);
	u32 type = PTR_TO_BTF_ID, idx = arg + hidden_params(env->prog);

	if (args_trusted(env))
		type |= PTR_TRUSTED;
	if (idx < kbtf_vlen(a->func_proto) && arg_nullable(env, kbtf_params(a->func_proto) + idx, arg))
		type |= PTR_MAYBE_NULL;
	if (kbtf_kind(t) == BTF_KIND_TYPE_TAG) {
		const char *tag = kbtf_name(a->btf, t->name_off);

		if (!strcmp(tag, "user"))
			type |= MEM_USER;
		else if (!strcmp(tag, "percpu"))
			type |= MEM_PERCPU;
	}
	t = kbtf_skip_modifiers(a->btf, ptr->type, &info->btf_id);
	if (!t || !kbtf_is_composite(t)) {
		verbose(env, "func '%s' arg%d type %s is not a struct\n", a->func_name, arg,
			t ? btfw_kind_str(t) : "UNKNOWN");
		return false;
	}
	info->reg_type = type;
	info->btf = a->btf;
	info->arg = arg;
	verbose(env, "func '%s' arg%d has btf_id %d type %s '%s'\n", a->func_name, arg,
		info->btf_id, btfw_kind_str(t), kbtf_name(a->btf, t->name_off));
	return true;
}

/* What follows the arguments: the result of the function, for who comes after it. */
static const struct btf_type *result_type(struct bpf_verifier_env *env, u32 arg,
					  struct ctx_info *info)
{
	const struct vrf_attach *a = &env->attach;
	const struct btf_type *t = kbtf_skip_modifiers(a->btf, a->func_proto->type, NULL);

	switch (env->prog->type == BPF_PROG_TYPE_TRACING || env->prog->type == BPF_PROG_TYPE_LSM ?
			(int)env->prog->expected_attach_type : -1) {
	case BPF_LSM_MAC:
		info->is_retval = true;
		return t;
	case BPF_LSM_CGROUP:
	case BPF_TRACE_FEXIT:
		return t;
	case BPF_MODIFY_RETURN:
		if (t && btfw_is_small_int(t))
			return t;
		verbose(env, "ret type %s not allowed for fmod_ret\n",
			t ? btfw_kind_str(t) : "VOID");
		return NULL;
	default:
		verbose(env, "func '%s' doesn't have %d-th argument\n", a->func_name, arg + 1);
		return NULL;
	}
}

/* The type that a load of argument @arg has; NULL with a message where there is none. */
static const struct btf_type *arg_type(struct bpf_verifier_env *env, u32 arg, struct ctx_info *info)
{
	const struct vrf_attach *a = &env->attach;
	u32 first = hidden_params(env->prog), nr = kbtf_vlen(a->func_proto) - first;

	if (arg < nr)
		return kbtf_skip_modifiers(a->btf, kbtf_params(a->func_proto)[first + arg].type,
					   NULL);
	if (arg == nr)
		return result_type(env, arg, info);
	verbose(env, "func '%s' doesn't have %d-th argument\n", a->func_name, arg + 1);
	return NULL;
}

static bool func_arg_access(struct bpf_verifier_env *env, int off, int size, struct ctx_info *info)
{
	const struct vrf_attach *a = &env->attach;
	const struct btf_type *t, *target;
	u32 arg;

	if (off % 8) {
		verbose(env, "func '%s' offset %d is not multiple of 8\n", a->func_name, off);
		return false;
	}
	arg = arg_at(a->btf, a->func_proto, off);
	t = arg_type(env, arg, info);
	if (!t)
		return false;
	if (btfw_is_small_int(t) || kbtf_kind(t) == BTF_KIND_ENUM ||
	    kbtf_kind(t) == BTF_KIND_ENUM64 || kbtf_kind(t) == BTF_KIND_STRUCT)
		return true;
	if (kbtf_kind(t) != BTF_KIND_PTR) {
		verbose(env, "func '%s' arg%d '%s' has type %s. Only pointer access is allowed\n",
			a->func_name, arg, kbtf_name(a->btf, t->name_off), btfw_kind_str(t));
		return false;
	}
	if (size != 8) {
		verbose(env, "func '%s' size %d must be 8\n", a->func_name, size);
		return false;
	}
	if (!t->type)
		return true; /* void *: no more than a number */
	target = kbtf_skip_modifiers(a->btf, t->type, NULL);
	if (target && kbtf_kind(target) == BTF_KIND_INT)
		return true;
	return load_struct_ptr(env, t, arg, info);
}

static bool args_range_ok(int off, int size, int t)
{
	return off >= 0 && off < 8 * MAX_BPF_FUNC_ARGS && t == BPF_READ && off % size == 0;
}

/* Netfilter's context is two pointers. */
static bool nf_access(struct bpf_verifier_env *env, int off, int size, int t,
		      struct ctx_info *info)
{
	static const char *const types[] = { "nf_hook_state", "sk_buff" };
	s32 id;

	if (off < 0 || off >= 16 || off % 8 || size != 8 || t == BPF_WRITE)
		return false;
	id = kbtf_find(env->kernel_btf, types[off / 8], BTF_KIND_STRUCT);
	if (id < 0)
		return false;
	info->reg_type = PTR_TO_BTF_ID | PTR_TRUSTED;
	info->btf = env->kernel_btf;
	info->btf_id = id;
	return true;
}

static bool access_ok(struct bpf_verifier_env *env, int off, int size, int t, bool is_ldsx,
		      struct ctx_info *info)
{
	switch (env->prog->type) {
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
		return args_range_ok(off, size, t) && env->attach.func_proto &&
		       func_arg_access(env, off, size, info);
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		if (off == 0 && (size != 8 || t != BPF_READ))
			return false;
		if (off == 0)
			info->reg_type = PTR_TO_TP_BUFFER;
		return args_range_ok(off, size, t);
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return args_range_ok(off, size, t);
	case BPF_PROG_TYPE_NETFILTER:
		return nf_access(env, off, size, t, info);
	case BPF_PROG_TYPE_SYSCALL:
		return off >= 0 && off < UINT16_MAX && off % size == 0;
	case BPF_PROG_TYPE_KPROBE:
		return off >= 0 && t == BPF_READ && off % size == 0 && off + size <= PT_REGS_SIZE;
	case BPF_PROG_TYPE_TRACEPOINT:
		return off >= 8 && off < PERF_MAX_TRACE_SIZE && t == BPF_READ && off % size == 0;
	default:
		return vrf_ctx_net_access(env, off, size, t, is_ldsx, info);
	}
}

int vrf_check_ctx_access(struct bpf_verifier_env *env, int insn_idx, int off, int size, int t,
			 bool is_ldsx, struct ctx_info *info)
{
	if (!access_ok(env, off, size, t, is_ldsx, info)) {
		verbose(env, "invalid bpf_context access off=%d size=%d\n", off, size);
		return -EACCES;
	}
	if ((int)env->max_ctx_offset < off + size)
		env->max_ctx_offset = off + size;
	return 0;
}

bool vrf_ctx_is_plain_memory(const struct bpf_verifier_env *env)
{
	switch (env->prog->type) {
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
		return true;
	default:
		return false;
	}
}
