/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory that is handed to a helper or kfunc: is [ptr, ptr + size) readable or
 * writable as the callee needs it?
 */
#include "kobj/map.h"
#include "verifier/mem.h"

static int cannot_write(struct bpf_verifier_env *env, int regno)
{
	verbose(env, "R%d cannot write into %s\n", regno,
		vrf_reg_type_str(env, reg_state(env, regno)->type));
	return -EACCES;
}

static int not_memory(struct bpf_verifier_env *env, int regno, int size, bool zero_size_allowed)
{
	const struct bpf_reg_state *reg = reg_state(env, regno);

	if (zero_size_allowed && size == 0 && register_is_null(reg))
		return 0;
	verbose(env, "R%d type=%s ", regno, vrf_reg_type_str(env, reg->type));
	verbose(env, "expected=%s\n", vrf_reg_type_str(env, PTR_TO_STACK));
	return -EACCES;
}

int vrf_check_mem_arg(struct bpf_verifier_env *env, int regno, int size, int t,
		      bool zero_size_allowed, struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	bool write = t == BPF_WRITE;

	switch (base_type(reg->type)) {
	case PTR_TO_MAP_KEY:
		if (write)
			return cannot_write(env, regno);
		return vrf_check_mem_region_access(env, regno, reg->off, size,
						   reg->map_ptr->key_size, false);
	case PTR_TO_PACKET:
	case PTR_TO_PACKET_META:
		return vrf_check_packet_access(env, regno, reg->off, size, zero_size_allowed);
	case PTR_TO_MAP_VALUE:
		if (vrf_check_map_access_type(env, regno, reg->off, size, t))
			return -EACCES;
		return vrf_check_map_access(env, regno, reg->off, size, zero_size_allowed, true);
	case PTR_TO_MEM:
		if (write && (reg->type & MEM_RDONLY))
			return cannot_write(env, regno);
		return vrf_check_mem_region_access(env, regno, reg->off, size, reg->mem_size,
						   zero_size_allowed);
	case PTR_TO_STACK:
		return vrf_check_stack_range_initialized(env, regno, reg->off, size,
							 zero_size_allowed, ACCESS_HELPER, meta);
	case PTR_TO_BTF_ID:
		return vrf_check_ptr_to_btf_access(env, cur_regs(env), regno, reg->off, size,
						   BPF_READ, -1);
	case PTR_TO_CTX:
		if (!vrf_ctx_is_plain_memory(env))
			break;
		/* Its size is known only at run time: note how far it is used. */
		if (size == 0)
			return zero_size_allowed ? 0 : -EACCES;
		return vrf_check_mem_access(env, env->insn_idx, regno, size - 1, BPF_B, t, -1,
					    false, false);
	default:
		break;
	}
	return not_memory(env, regno, size, zero_size_allowed);
}

int vrf_check_helper_mem_access(struct bpf_verifier_env *env, int regno, int access_size,
				int access_type, bool zero_size_allowed)
{
	return vrf_check_mem_arg(env, regno, access_size, access_type, zero_size_allowed, NULL);
}

int vrf_check_mem_size_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
			   int t, bool zero_size_allowed, struct bpf_call_arg_meta *meta)
{
	int err;

	/* Helpers that return how much they copied can't return more. */
	meta->msize_max_value = reg->umax_value;
	/* A helper that may fill only part of the buffer needs all of it initialized before. */
	if (!tnum_is_const(reg->var_off))
		meta = NULL;
	if (reg->smin_value < 0) {
		verbose(env, "R%d min value is negative, either use unsigned or 'var &= const'\n",
			regno);
		return -EACCES;
	}
	if (reg->umin_value == 0 && !zero_size_allowed) {
		verbose(env, "R%d invalid zero-sized read: u64=[%lld,%lld]\n", regno,
			(long long)reg->umin_value, (long long)reg->umax_value);
		return -EACCES;
	}
	if (reg->umax_value >= BPF_MAX_VAR_SIZ) {
		verbose(env, "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'\n",
			regno);
		return -EACCES;
	}
	err = vrf_check_mem_arg(env, regno - 1, reg->umax_value, t, zero_size_allowed, meta);
	return err ? err : vrf_mark_chain_precision(env, regno);
}

/* Read and write access of a kfunc, which does not say which it needs; NULL is checked elsewhere. */
int vrf_check_mem_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
		      u32 mem_size)
{
	struct bpf_reg_state saved = *reg;
	int err;

	if (register_is_null(reg))
		return 0;
	if (type_may_be_null(reg->type))
		vrf_mark_ptr_not_null_reg(reg);
	err = vrf_check_mem_arg(env, regno, mem_size, BPF_READ, true, NULL);
	if (!err)
		err = vrf_check_mem_arg(env, regno, mem_size, BPF_WRITE, true, NULL);
	if (type_may_be_null(saved.type))
		*reg = saved;
	return err;
}

int vrf_check_kfunc_mem_size_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno)
{
	struct bpf_reg_state *mem = reg_state(env, regno - 1), saved = *mem;
	struct bpf_call_arg_meta meta = {};
	int err;

	if (type_may_be_null(saved.type))
		vrf_mark_ptr_not_null_reg(mem);
	err = vrf_check_mem_size_reg(env, reg, regno, BPF_READ, true, &meta);
	if (!err)
		err = vrf_check_mem_size_reg(env, reg, regno, BPF_WRITE, true, &meta);
	if (type_may_be_null(saved.type))
		*mem = saved;
	return err;
}

int vrf_check_reg_const_str(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno)
{
	const struct bpf_map *map = reg->map_ptr;
	u32 off;
	u64 addr;
	int err;

	if (reg->type != PTR_TO_MAP_VALUE)
		return -EINVAL;
	if (!vrf_map_is_rdonly(map)) {
		verbose(env, "R%d does not point to a readonly map'\n", regno);
		return -EACCES;
	}
	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d is not a constant address'\n", regno);
		return -EACCES;
	}
	if (!map->ops->direct_value_addr) {
		verbose(env, "no direct value access support for this map type\n");
		return -EACCES;
	}
	err = vrf_check_map_access(env, regno, reg->off, map->value_size - reg->off, false, true);
	if (err)
		return err;
	off = reg->off + reg->var_off.value;
	err = map->ops->direct_value_addr(map, &addr, off);
	if (err) {
		verbose(env, "direct value access on string failed\n");
		return err;
	}
	if (memchr((const void *)(uintptr_t)addr, 0, map->value_size - off))
		return 0;
	verbose(env, "string is not zero-terminated\n");
	return -EINVAL;
}
