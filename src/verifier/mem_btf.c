/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Accesses through PTR_TO_BTF_ID: to the kernel's own structs and to objects
 * that the program allocated. Decides how far the pointer that a load yields
 * may be trusted; loads through pointers that are not trusted get fault-safe
 * (fixups read aux->ptr_type).
 */
#include "calls/st_ops.h"
#include "kobj/map.h"
#include "verifier/btf_walk.h"
#include "verifier/mem.h"

bool vrf_is_trusted_reg(const struct bpf_reg_state *reg)
{
	if (reg->ref_obj_id)
		return true;
	/* A map pointer is the kernel's own; the others need an explicit mark and no other. */
	if (base_type(reg->type) == CONST_PTR_TO_MAP && !bpf_type_has_unsafe_modifiers(reg->type))
		return true;
	return (type_flag(reg->type) & BPF_REG_TRUSTED_MODIFIERS) &&
	       !bpf_type_has_unsafe_modifiers(reg->type);
}

/* Offset and size of "a.b.c" in struct @id; false: no such member. */
static bool member_range(const struct kbtf *btf, u32 id, const char *path, u32 *off, u32 *size)
{
	const struct btf_type *t = kbtf_skip_modifiers(btf, id, NULL);

	*off = 0;
	while (t && kbtf_is_composite(t)) {
		const struct btf_member *m = kbtf_members(t);
		size_t n = strcspn(path, ".");
		const char *name;
		u32 i;

		for (i = 0; i < kbtf_vlen(t); i++, m++) {
			name = kbtf_name(btf, m->name_off);
			if (name && strlen(name) == n && !memcmp(name, path, n))
				break;
		}
		if (i == kbtf_vlen(t) || kbtf_member_bitfield_size(t, m))
			return false;
		*off += kbtf_member_bit_offset(t, m) / 8;
		if (!path[n])
			return kbtf_resolve_size(btf, m->type, size, NULL);
		path += n + 1;
		t = kbtf_skip_modifiers(btf, m->type, NULL);
	}
	return false;
}

/* A store to a kernel struct: only where the struct_ops type lists the member. */
static int check_kernel_write(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int off,
			      int size)
{
	const struct st_ops_type *st = env->prog->st_ops;
	const char *type = kbtf_type_name(reg->btf, reg->btf_id);
	u32 i, moff, msize;

	/* Linux 6.12 lets a cast number be stored to. */
	if (reg->type & PTR_UNTRUSTED) {
		verbose(env, "only read is supported\n");
		return -EACCES;
	}
	for (i = 0; st && type && i < st->nr_writable; i++) {
		const struct st_ops_writable *w = &st->writable[i];

		if (!strcmp(w->type, type) &&
		    member_range(reg->btf, reg->btf_id, w->member, &moff, &msize) &&
		    off >= (int)moff && off + size <= (int)(moff + msize))
			return SCALAR_VALUE;
	}
	verbose(env, "only read is supported\n");
	return -EACCES;
}

/*
 * Trust of the pointer that was read from member @field of @reg. @flag comes
 * with what the walk saw on the way (type tags, unions).
 */
static u32 loaded_trust(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			const char *field, u32 id, u32 flag)
{
	const u32 trust = BPF_REG_TRUSTED_MODIFIERS | MEM_RCU;
	bool rcu_or_null;

	if (reg->type & PTR_UNTRUSTED)
		return PTR_UNTRUSTED;
	if (!vrf_is_trusted_reg(reg) && !is_rcu_reg(reg))
		return flag & ~trust; /* plain PTR_TO_BTF_ID, as before trust was tracked */
	if (btfw_is_safe_member(reg->btf, reg->btf_id, field, id, SAFE_TRUSTED))
		return flag | PTR_TRUSTED;
	if (btfw_is_safe_member(reg->btf, reg->btf_id, field, id, SAFE_TRUSTED_OR_NULL))
		return flag | PTR_TRUSTED | PTR_MAYBE_NULL;
	if (!in_rcu_cs(env) || type_may_be_null(reg->type))
		return PTR_UNTRUSTED;
	if (btfw_is_safe_member(reg->btf, reg->btf_id, field, id, SAFE_RCU))
		return flag | MEM_RCU;
	rcu_or_null = btfw_is_safe_member(reg->btf, reg->btf_id, field, id, SAFE_RCU_OR_NULL);
	if (rcu_or_null)
		return (flag & ~PTR_UNTRUSTED) | MEM_RCU | PTR_MAYBE_NULL;
	if (flag & MEM_RCU)
		return flag | PTR_MAYBE_NULL;
	if (flag & (MEM_PERCPU | MEM_USER))
		return flag;
	return flag & ~trust;
}

/* May memory behind @reg be touched at all, at this offset? */
static int check_btf_reg(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int regno,
			 int off)
{
	const char *tname = kbtf_type_name(reg->btf, reg->btf_id);
	char tn[48];

	if (!env->allow_ptr_leaks) {
		verbose(env, "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n",
			tname);
		return -EPERM;
	}
	if (!env->prog->gpl_compatible && kbtf_is_kernel(reg->btf)) {
		verbose(env, "Cannot access kernel 'struct %s' from non-GPL compatible program\n",
			tname);
		return -EINVAL;
	}
	if (off < 0) {
		verbose(env, "R%d is ptr_%s invalid negative access: off=%d\n", regno, tname, off);
		return -EACCES;
	}
	if (!tnum_equals_const(reg->var_off, 0)) {
		vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
		verbose(env, "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s\n", regno,
			tname, off, tn);
		return -EACCES;
	}
	if (reg->type & (MEM_USER | MEM_PERCPU)) {
		verbose(env, "R%d is ptr_%s access %s memory: off=%d\n", regno, tname,
			reg->type & MEM_USER ? "user" : "percpu", off);
		return -EACCES;
	}
	return 0;
}

int vrf_check_ptr_to_btf_access(struct bpf_verifier_env *env, struct bpf_reg_state *regs, int regno,
				int off, int size, int atype, int value_regno)
{
	struct bpf_reg_state *reg = regs + regno;
	bool alloc = type_is_alloc(reg->type);
	const char *field = NULL;
	u32 flag = 0, id = 0;
	int ret;

	ret = check_btf_reg(env, reg, regno, off);
	if (ret)
		return ret;
	if (atype != BPF_READ && (reg->type & PTR_UNTRUSTED)) {
		verbose(env, "only read is supported\n");
		return -EACCES;
	}
	if (atype == BPF_WRITE && !alloc) {
		ret = check_kernel_write(env, reg, off, size);
		return ret < 0 ? ret : 0;
	}
	if (alloc && !type_is_non_owning_ref(reg->type) && !(reg->type & MEM_RCU) &&
	    !reg->ref_obj_id) {
		verbose(env, "verifier internal error: ref_obj_id for allocated object must be non-zero\n");
		return -EFAULT;
	}
	ret = btfw_struct_access(env, reg, off, size, &id, &flag, &field);
	if (ret < 0)
		return ret;
	if (ret == PTR_TO_BTF_ID)
		flag = loaded_trust(env, reg, field, id, flag);
	if (atype == BPF_READ && value_regno >= 0) {
		/* reg may be the destination */
		const struct kbtf *btf = reg->btf;

		vrf_mark_btf_ld_reg(env, regs, value_regno, ret, btf, id, flag);
		regs[value_regno].ctx_arg = 0;
	}
	return 0;
}

/* Linux's struct of a map of that type. */
static const char *map_struct_name(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return "bpf_array";
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return "bpf_htab";
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return "bpf_queue_stack";
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return "bpf_ringbuf_map";
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
		return "bpf_local_storage_map";
	default:
		return "bpf_map";
	}
}

/*
 * Linux lets programs read some fields of struct bpf_map through a map pointer.
 * Our maps have no such layout.
 */
int vrf_check_ptr_to_map_access(struct bpf_verifier_env *env, struct bpf_reg_state *regs, int regno,
				int off, int size, int atype, int value_regno)
{
	const char *name = map_struct_name(regs[regno].map_ptr->map_type);

	if (!env->allow_ptr_leaks) {
		verbose(env, "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n",
			name);
		return -EPERM;
	}
	if (off < 0) {
		verbose(env, "R%d is %s invalid negative access: off=%d\n", regno, name, off);
		return -EACCES;
	}
	if (atype != BPF_READ) {
		verbose(env, "only read from %s is supported\n", name);
		return -EACCES;
	}
	verbose(env, "map_ptr access not supported for map type %d\n",
		regs[regno].map_ptr->map_type);
	return -ENOTSUPP;
}
