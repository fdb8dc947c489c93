/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a program, or one of its callbacks, may return. */
#include "verifier/mem.h"

bool vrf_retval_range_within(struct bpf_retval_range range, const struct bpf_reg_state *reg,
			     bool return_32bit)
{
	if (return_32bit)
		return range.minval <= reg->s32_min_value && reg->s32_max_value <= range.maxval;
	return range.minval <= reg->smin_value && reg->smax_value <= range.maxval;
}

void vrf_verbose_invalid_scalar(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
				struct bpf_retval_range range, const char *ctx,
				const char *reg_name)
{
	bool low = reg->smin_value > INT64_MIN, high = reg->smax_value < INT64_MAX;

	verbose(env, "%s the register %s has", ctx, reg_name);
	if (low)
		verbose(env, " smin=%lld", (long long)reg->smin_value);
	if (high)
		verbose(env, " smax=%lld", (long long)reg->smax_value);
	if (!low && !high)
		verbose(env, " unknown scalar value");
	verbose(env, " should have been in [%d, %d]\n", range.minval, range.maxval);
}

/* What happened already can't be refused: there, 1 is all that may be said. */
static struct bpf_retval_range sock_addr_range(enum bpf_attach_type attach)
{
	switch (attach) {
	case BPF_CGROUP_INET4_BIND:
	case BPF_CGROUP_INET6_BIND:
		return retval_range(0, 3);
	case BPF_CGROUP_UDP4_RECVMSG:
	case BPF_CGROUP_UDP6_RECVMSG:
	case BPF_CGROUP_UNIX_RECVMSG:
	case BPF_CGROUP_INET4_GETPEERNAME:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_UNIX_GETPEERNAME:
	case BPF_CGROUP_INET4_GETSOCKNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME:
	case BPF_CGROUP_UNIX_GETSOCKNAME:
		return retval_range(1, 1);
	default:
		return retval_range(0, 1);
	}
}

bool vrf_hook_retval_range(const struct bpf_verifier_env *env, struct bpf_retval_range *range)
{
	if (env->prog->type != BPF_PROG_TYPE_LSM || !env->attach.func_proto->type)
		return false;
	*range = env->attach.hook & HOOK_BOOL ? retval_range(0, 1) : retval_range(-MAX_ERRNO, 0);
	return true;
}

/* 1: *range has to be kept; 0: any value will do; < 0: error. */
static int prog_range(const struct bpf_verifier_env *env, struct bpf_retval_range *range)
{
	const struct bpf_prog *prog = env->prog;

	*range = retval_range(0, 1);
	switch (prog->type) {
	case BPF_PROG_TYPE_CGROUP_SKB:
		if (prog->expected_attach_type == BPF_CGROUP_INET_EGRESS)
			*range = retval_range(0, 3);
		return 1;
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_SOCK_OPS:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SK_LOOKUP:
	case BPF_PROG_TYPE_NETFILTER:
		return 1;
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		*range = sock_addr_range(prog->expected_attach_type);
		return 1;
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		*range = retval_range(0, 0);
		return prog->attach_btf_id != 0;
	case BPF_PROG_TYPE_TRACING:
		switch (prog->expected_attach_type) {
		case BPF_TRACE_FENTRY:
		case BPF_TRACE_FEXIT:
			*range = retval_range(0, 0);
			return 1;
		case BPF_TRACE_RAW_TP:
		case BPF_MODIFY_RETURN:
			return 0;
		case BPF_TRACE_ITER:
			return 1;
		default:
			return -ENOTSUPP;
		}
	case BPF_PROG_TYPE_LSM:
		if (prog->expected_attach_type != BPF_LSM_CGROUP)
			return vrf_hook_retval_range(env, range);
		if (!env->attach.func_proto->type)
			*range = retval_range(1, 1);
		return 1;
	case BPF_PROG_TYPE_KPROBE:
		return prog->expected_attach_type == BPF_TRACE_KPROBE_SESSION;
	default:
		return 0;
	}
}

static bool returns_nothing(const struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;

	return (prog->type == BPF_PROG_TYPE_STRUCT_OPS ||
		(prog->type == BPF_PROG_TYPE_LSM &&
		 prog->expected_attach_type != BPF_LSM_CGROUP)) &&
	       !env->attach.func_proto->type;
}

int vrf_check_return_code(struct bpf_verifier_env *env, int regno, const char *reg_name)
{
	struct bpf_func_state *entry = env->cur_state->frame[0];
	const char *where = "At program exit";
	struct bpf_retval_range range;
	struct bpf_reg_state *reg;
	bool int_result = false; /* only the lower half is looked at */
	int err;

	if ((!entry->subprogno || entry->in_exception_callback_fn) && returns_nothing(env))
		return 0;

	err = vrf_check_reg_arg(env, regno, SRC_OP);
	if (err)
		return err;
	if (is_pointer_value(env, regno)) {
		verbose(env, "R%d leaks addr as return value\n", regno);
		return -EACCES;
	}
	reg = reg_state(env, regno);
	if (entry->in_async_callback_fn) {
		where = "At async callback return";
		range = retval_range(0, 0);
	} else if (entry->subprogno && !entry->in_exception_callback_fn) {
		if (reg->type == SCALAR_VALUE)
			return 0;
		verbose(env, "At subprogram exit the register R%d is not a scalar value (%s)\n",
			regno, vrf_reg_type_str(env, reg->type));
		return -EINVAL;
	} else {
		err = prog_range(env, &range);
		if (err <= 0)
			return err;
		int_result = env->prog->type == BPF_PROG_TYPE_LSM &&
			     env->prog->expected_attach_type != BPF_LSM_CGROUP;
	}
	if (reg->type != SCALAR_VALUE) {
		verbose(env, "%s the register R%d is not a known value (%s)\n", where, regno,
			vrf_reg_type_str(env, reg->type));
		return -EINVAL;
	}
	err = vrf_mark_chain_precision(env, regno);
	if (err)
		return err;
	if (vrf_retval_range_within(range, reg, int_result))
		return 0;
	vrf_verbose_invalid_scalar(env, reg, range, where, reg_name);
	if (env->prog->type == BPF_PROG_TYPE_LSM && !env->attach.func_proto->type)
		verbose(env, "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n");
	return -EINVAL;
}
