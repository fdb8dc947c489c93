/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A function's prototype in BTF as what the verifier assumes of its arguments:
 * scalars, the context, and - in global functions - memory of the pointee's
 * size, or what a decl tag "arg:..." says.
 */
#include <stdio.h>

#include "verifier/internal.h"

enum {
	TAG_CTX = BIT(0),
	TAG_NONNULL = BIT(1),
	TAG_TRUSTED = BIT(2),
	TAG_NULLABLE = BIT(3),
	TAG_ARENA = BIT(4),
};

static const struct {
	const char *tag;
	u32 bit;
} arg_tags[] = {
	{ "arg:ctx", TAG_CTX },		  { "arg:nonnull", TAG_NONNULL },
	{ "arg:trusted", TAG_TRUSTED },	  { "arg:nullable", TAG_NULLABLE },
	{ "arg:arena", TAG_ARENA },
};

struct func_arg {
	const struct kbtf *btf;
	const struct btf_type *t; /* of the argument, without modifiers */
	const char *func_name;
	u32 i, tags;
	bool is_global;
};

static int read_tags(struct bpf_verifier_env *env, struct func_arg *a, u32 func_id)
{
	s32 id = 0;

	a->tags = 0;
	while ((id = kbtf_next_decl_tag(a->btf, func_id, a->i, "arg:", id)) > 0) {
		const char *tag = kbtf_type_name(a->btf, id);
		size_t k = 0;

		if (!a->is_global) {
			verbose(env, "arg#%d type tag is not supported in static functions\n", a->i);
			return -EOPNOTSUPP;
		}
		while (k < ARRAY_SIZE(arg_tags) && strcmp(arg_tags[k].tag, tag))
			k++;
		if (k == ARRAY_SIZE(arg_tags)) {
			verbose(env, "arg#%d has unsupported set of tags\n", a->i);
			return -EOPNOTSUPP;
		}
		a->tags |= arg_tags[k].bit;
	}
	return 0;
}

static int bad_tags(struct bpf_verifier_env *env, const struct func_arg *a)
{
	verbose(env, "arg#%d has invalid combination of tags\n", a->i);
	return -EINVAL;
}

static const struct btf_type *pointee(const struct func_arg *a)
{
	return kbtf_skip_modifiers(a->btf, a->t->type, NULL);
}

static const char *type_name(const struct func_arg *a, const struct btf_type *t)
{
	const char *name = kbtf_name(a->btf, t->name_off);

	return name ? name : "";
}

/* The struct that programs of this type call their context; NULL: it has no name. */
static const char *ctx_struct_name(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
		return "__sk_buff";
	case BPF_PROG_TYPE_XDP:
		return "xdp_md";
	case BPF_PROG_TYPE_CGROUP_SOCK:
		return "bpf_sock";
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		return "bpf_sock_addr";
	case BPF_PROG_TYPE_SOCK_OPS:
		return "bpf_sock_ops";
	case BPF_PROG_TYPE_SK_MSG:
		return "sk_msg_md";
	case BPF_PROG_TYPE_KPROBE:
		return "pt_regs"; /* what bpf_user_pt_regs_t stands for */
	case BPF_PROG_TYPE_PERF_EVENT:
		return "bpf_perf_event_data";
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return "bpf_raw_tracepoint_args";
	case BPF_PROG_TYPE_CGROUP_DEVICE:
		return "bpf_cgroup_dev_ctx";
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
		return "bpf_sysctl";
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
		return "bpf_sockopt";
	case BPF_PROG_TYPE_SK_REUSEPORT:
		return "sk_reuseport_md";
	case BPF_PROG_TYPE_SK_LOOKUP:
		return "bpf_sk_lookup";
	case BPF_PROG_TYPE_NETFILTER:
		return "bpf_nf_ctx";
	default:
		return NULL;
	}
}

static bool is_user_pt_regs(const struct func_arg *a)
{
	const struct btf_type *t = kbtf_type(a->btf, a->t->type);

	while (t && (kbtf_kind(t) == BTF_KIND_CONST || kbtf_kind(t) == BTF_KIND_VOLATILE ||
		     kbtf_kind(t) == BTF_KIND_RESTRICT || kbtf_kind(t) == BTF_KIND_TYPE_TAG))
		t = kbtf_type(a->btf, t->type);
	return t && kbtf_kind(t) == BTF_KIND_TYPEDEF &&
	       !strcmp(type_name(a, t), "bpf_user_pt_regs_t");
}

/* The context's struct, as programs or as the kernel calls it. */
bool vrf_is_prog_ctx_struct(const struct bpf_verifier_env *env, const char *name)
{
	const char *want = ctx_struct_name(env->prog->type);

	return want && (!strcmp(name, want) ||
			(!strcmp(want, "__sk_buff") && !strcmp(name, "sk_buff")) ||
			(!strcmp(want, "xdp_md") && !strcmp(name, "xdp_buff")));
}

/* Without a tag: by the name of the struct. */
static bool is_ctx_pointer(const struct bpf_verifier_env *env, const struct func_arg *a)
{
	const struct btf_type *t = pointee(a);

	if (env->prog->type == BPF_PROG_TYPE_KPROBE && is_user_pt_regs(a))
		return true;
	return kbtf_kind(t) == BTF_KIND_STRUCT && vrf_is_prog_ctx_struct(env, type_name(a, t));
}

static bool takes_u64_args(const struct bpf_prog *prog)
{
	switch (prog->type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS:
		return true;
	case BPF_PROG_TYPE_TRACING:
		return prog->expected_attach_type == BPF_TRACE_RAW_TP ||
		       prog->expected_attach_type == BPF_TRACE_FENTRY ||
		       prog->expected_attach_type == BPF_TRACE_FEXIT ||
		       prog->expected_attach_type == BPF_MODIFY_RETURN;
	default:
		return false;
	}
}

/* With the tag: what the pointee may be called is still limited. */
static int check_tagged_ctx(struct bpf_verifier_env *env, const struct func_arg *a)
{
	const struct bpf_prog *prog = env->prog;
	const struct btf_type *t = pointee(a);
	const char *want = ctx_struct_name(prog->type), *name = type_name(a, t);
	bool is_struct = kbtf_is_composite(t);

	if ((prog->type == BPF_PROG_TYPE_KPROBE || prog->type == BPF_PROG_TYPE_PERF_EVENT) &&
	    is_user_pt_regs(a))
		return 0;
	if (kbtf_kind(t) == BTF_KIND_UNKN)
		return 0; /* void * */
	if (!*name) {
		verbose(env, "arg#%d type doesn't have a name\n", a->i);
		return -EINVAL;
	}
	if (prog->type == BPF_PROG_TYPE_TRACEPOINT || prog->type == BPF_PROG_TYPE_SYSCALL)
		return 0;
	if (takes_u64_args(prog) && kbtf_kind(t) == BTF_KIND_INT && t->size == 8)
		return 0;
	if (prog->type == BPF_PROG_TYPE_PERF_EVENT && is_struct && !strcmp(name, "pt_regs"))
		return 0;
	if (prog->type == BPF_PROG_TYPE_TRACING && is_struct &&
	    ((prog->expected_attach_type == BPF_TRACE_RAW_TP &&
	      !strcmp(name, "bpf_raw_tracepoint_args")) ||
	     (prog->expected_attach_type == BPF_TRACE_ITER && !strncmp(name, "bpf_iter__", 10))))
		return 0;
	if (!want) {
		verbose(env, "arg#%d should be void pointer\n", a->i);
		return -EINVAL;
	}
	if (!is_struct || strcmp(name, want)) {
		verbose(env, "arg#%d should be `struct %s *`\n", a->i, want);
		return -EINVAL;
	}
	return 0;
}

static bool is_dynptr_ptr(const struct func_arg *a)
{
	const struct btf_type *t = pointee(a);
	bool is_struct = kbtf_kind(t) == BTF_KIND_STRUCT ||
			 (kbtf_kind(t) == BTF_KIND_FWD && !kbtf_kflag(t));

	return is_struct && !strcmp(type_name(a, t), "bpf_dynptr");
}

static const char *kind_name(u32 kind)
{
	static const char *const names[] = {
		[BTF_KIND_UNKN] = "UNKNOWN", [BTF_KIND_INT] = "INT",	 [BTF_KIND_PTR] = "PTR",
		[BTF_KIND_ARRAY] = "ARRAY",  [BTF_KIND_STRUCT] = "STRUCT", [BTF_KIND_UNION] = "UNION",
		[BTF_KIND_ENUM] = "ENUM",    [BTF_KIND_FWD] = "FWD",	 [BTF_KIND_FLOAT] = "FLOAT",
	};

	return kind < ARRAY_SIZE(names) && names[kind] ? names[kind] : "UNKNOWN";
}

/* By CO-RE's rule: what follows "___" in a name only tells flavours of one type apart. */
static s32 find_essential(const struct kbtf *kernel, const char *name, u32 kind)
{
	const char *flavour = strstr(name, "___");
	char essential[128];

	if (!flavour || flavour == name || (size_t)(flavour - name) >= sizeof(essential))
		return kbtf_find(kernel, name, kind);
	snprintf(essential, sizeof(essential), "%.*s", (int)(flavour - name), name);
	return kbtf_find(kernel, essential, kind);
}

static int trusted_arg(struct bpf_verifier_env *env, const struct func_arg *a,
		       struct bpf_subprog_arg_info *out)
{
	const struct btf_type *t = pointee(a);
	const char *name = type_name(a, t);
	s32 id;

	if (a->tags & TAG_NONNULL)
		return bad_tags(env, a);
	id = find_essential(env->kernel_btf, name, kbtf_kind(t));
	if (id < 0) {
		verbose(env, "arg#%d reference type('%s %s') has no matches\n", a->i,
			kind_name(kbtf_kind(t)), name);
		return id;
	}
	out->arg_type = ARG_PTR_TO_BTF_ID | PTR_TRUSTED;
	if (a->tags & TAG_NULLABLE)
		out->arg_type |= PTR_MAYBE_NULL;
	out->btf_id = id;
	return 0;
}

static int memory_arg(struct bpf_verifier_env *env, const struct func_arg *a,
		      struct bpf_subprog_arg_info *out)
{
	u32 id, size;

	if (a->tags & TAG_NULLABLE)
		return bad_tags(env, a);
	kbtf_skip_modifiers(a->btf, a->t->type, &id);
	if (!kbtf_resolve_size(a->btf, id, &size, NULL)) {
		verbose(env, "arg#%d reference type('%s %s') size cannot be determined: %d\n", a->i,
			kind_name(kbtf_kind(pointee(a))), type_name(a, pointee(a)), -EINVAL);
		return -EINVAL;
	}
	out->arg_type = ARG_PTR_TO_MEM | (a->tags & TAG_NONNULL ? 0 : PTR_MAYBE_NULL);
	out->mem_size = size;
	return 0;
}

/* 1: not a kind of pointer that a static function is told apart by. */
static int pointer_arg(struct bpf_verifier_env *env, const struct func_arg *a,
		       struct bpf_subprog_arg_info *out)
{
	if ((a->tags & TAG_CTX) || is_ctx_pointer(env, a)) {
		if (a->tags & ~TAG_CTX)
			return bad_tags(env, a);
		if ((a->tags & TAG_CTX) && check_tagged_ctx(env, a))
			return -EINVAL;
		out->arg_type = ARG_PTR_TO_CTX;
		return 0;
	}
	if (is_dynptr_ptr(a)) {
		if (a->tags)
			return bad_tags(env, a);
		out->arg_type = ARG_PTR_TO_DYNPTR | MEM_RDONLY;
		return 0;
	}
	if (a->tags & TAG_TRUSTED)
		return trusted_arg(env, a, out);
	if (a->tags & TAG_ARENA) {
		if (a->tags & ~TAG_ARENA) {
			verbose(env, "arg#%d arena cannot be combined with any other tags\n", a->i);
			return -EINVAL;
		}
		out->arg_type = ARG_PTR_TO_ARENA;
		return 0;
	}
	return a->is_global ? memory_arg(env, a, out) : 1;
}

static bool is_scalar_type(const struct btf_type *t)
{
	u32 kind = kbtf_kind(t);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

static int one_arg(struct bpf_verifier_env *env, const struct func_arg *a,
		   struct bpf_subprog_arg_info *out)
{
	int ret = 1;

	if (kbtf_kind(a->t) == BTF_KIND_PTR)
		ret = pointer_arg(env, a, out);
	if (ret <= 0)
		return ret;
	if (a->tags) {
		verbose(env, "arg#%d has pointer tag, but is not a pointer type\n", a->i);
		return -EINVAL;
	}
	if (is_scalar_type(a->t)) {
		out->arg_type = ARG_ANYTHING;
		return 0;
	}
	if (a->is_global)
		verbose(env, "Arg#%d type %s in %s() is not supported yet.\n", a->i,
			kind_name(kbtf_kind(a->t)), a->func_name);
	return -EINVAL;
}

/* Number of arguments, or an errno. */
static int check_proto(struct bpf_verifier_env *env, const struct kbtf *btf,
		       const struct btf_type *proto, const char *name, bool is_global)
{
	u32 nr = kbtf_vlen(proto);

	if (nr > MAX_BPF_FUNC_REG_ARGS) {
		if (is_global)
			verbose(env, "Global function %s() with %d > %d args. Buggy compiler.\n",
				name, nr, MAX_BPF_FUNC_REG_ARGS);
		return -EINVAL;
	}
	if (!is_scalar_type(kbtf_skip_modifiers(btf, proto->type, NULL))) {
		if (is_global)
			verbose(env, "Global function %s() doesn't return scalar. Only those are "
				     "supported.\n", name);
		return -EINVAL;
	}
	return nr;
}

int vrf_btf_prepare_func_args(struct bpf_verifier_env *env, int subprog)
{
	struct bpf_subprog_info *sub = &env->subprog_info[subprog];
	struct func_arg a = { .btf = env->prog->btf, .is_global = subprog_is_global(env, subprog) };
	const struct btf_type *proto;
	int nr, err;

	if (sub->args_cached)
		return 0;
	a.func_name = vrf_subprog_name(env, subprog);
	if (!sub->func_type_id) {
		if (env->prog->nr_func_info)
			return -EINVAL;
		verbose(env, "Verifier bug\n");
		return -EFAULT;
	}
	if (sub->unreliable) {
		verbose(env, "Verifier bug in function %s()\n", a.func_name);
		return -EFAULT;
	}
	proto = kbtf_type(a.btf, kbtf_type(a.btf, sub->func_type_id)->type);
	nr = check_proto(env, a.btf, proto, a.func_name, a.is_global);
	if (nr < 0)
		return nr;
	for (a.i = 0; a.i < (u32)nr; a.i++) {
		a.t = kbtf_skip_modifiers(a.btf, kbtf_params(proto)[a.i].type, NULL);
		err = read_tags(env, &a, sub->func_type_id);
		if (!err)
			err = one_arg(env, &a, &sub->args[a.i]);
		if (err)
			return err;
	}
	sub->arg_cnt = nr;
	sub->args_cached = true;
	return 0;
}
