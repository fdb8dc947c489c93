/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Map values: bounds, who may read and write the map, the special fields, and
 * the kptrs, which are the only special fields that plain loads and stores may
 * touch. Read-only data that can't change any more is known by value.
 */
#include <stdlib.h>

#include "kobj/map.h"
#include "verifier/btf_walk.h"
#include "verifier/mem.h"

bool vrf_map_is_rdonly(const struct bpf_map *map)
{
	return (map->map_flags & BPF_F_RDONLY_PROG) && map->frozen && !map->writecnt;
}

const char *vrf_field_type_name(u32 type)
{
	static const struct {
		u32 type;
		const char *name;
	} names[] = {
		{ BPF_SPIN_LOCK, "bpf_spin_lock" }, { BPF_TIMER, "bpf_timer" },
		{ BPF_WORKQUEUE, "bpf_wq" },	    { BPF_KPTR_UNREF, "kptr" },
		{ BPF_KPTR_REF, "kptr" },	    { BPF_KPTR_PERCPU, "percpu_kptr" },
		{ BPF_LIST_HEAD, "bpf_list_head" }, { BPF_LIST_NODE, "bpf_list_node" },
		{ BPF_RB_ROOT, "bpf_rb_root" },	    { BPF_RB_NODE, "bpf_rb_node" },
		{ BPF_REFCOUNT, "bpf_refcount" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "unknown";
}

const struct btf_record *vrf_struct_record(struct bpf_verifier_env *env, const struct kbtf *btf,
					   u32 id)
{
	const u32 mask = BPF_SPIN_LOCK | BPF_LIST_HEAD | BPF_LIST_NODE | BPF_RB_ROOT |
			 BPF_RB_NODE | BPF_REFCOUNT | BPF_KPTR;
	struct vrf_struct_record *recs;
	const struct btf_type *t;
	u32 i;

	if (!btf || kbtf_is_kernel(btf))
		return NULL;
	for (i = 0; i < env->nr_struct_records; i++)
		if (env->struct_records[i].btf == btf && env->struct_records[i].id == id)
			return env->struct_records[i].rec;
	recs = realloc(env->struct_records, (env->nr_struct_records + 1) * sizeof(*recs));
	if (!recs)
		return NULL;
	env->struct_records = recs;
	recs += env->nr_struct_records++;
	*recs = (struct vrf_struct_record){ .btf = btf, .id = id };
	t = kbtf_type(btf, id);
	if (t && kbtf_is_composite(t) &&
	    record_parse((struct kbtf *)btf, id, t->size, mask, env->kernel_btf, &recs->rec))
		recs->rec = NULL;
	return recs->rec;
}

void vrf_free_struct_records(struct bpf_verifier_env *env)
{
	u32 i;

	for (i = 0; i < env->nr_struct_records; i++)
		record_free(env->struct_records[i].rec);
	free(env->struct_records);
	env->struct_records = NULL;
	env->nr_struct_records = 0;
}

const struct btf_record *vrf_reg_btf_record(struct bpf_verifier_env *env,
					    const struct bpf_reg_state *reg)
{
	if (reg->type == PTR_TO_MAP_VALUE)
		return reg->map_ptr->record;
	if (type_is_ptr_alloc_obj(reg->type))
		return vrf_struct_record(env, reg->btf, reg->btf_id);
	return NULL;
}

int vrf_check_map_access_type(struct bpf_verifier_env *env, u32 regno, int off, int size, int t)
{
	const struct bpf_map *map = reg_state(env, regno)->map_ptr;
	bool may = !(map->map_flags & (t == BPF_WRITE ? BPF_F_RDONLY_PROG : BPF_F_WRONLY_PROG));

	if (may)
		return 0;
	verbose(env, "%s map forbidden, value_size=%d off=%d size=%d\n",
		t == BPF_WRITE ? "write into" : "read from", map->value_size, off, size);
	return -EACCES;
}

/* The range touches special field @f. */
static int check_special_field(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			       const struct btf_field *f, int off, int size, bool from_helper)
{
	if (!(f->type & BPF_KPTR)) {
		verbose(env, "%s cannot be accessed directly by load/store\n",
			vrf_field_type_name(f->type));
		return -EACCES;
	}
	if (from_helper) {
		verbose(env, "kptr cannot be accessed indirectly by helper\n");
		return -EACCES;
	}
	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "kptr access cannot have variable offset\n");
		return -EACCES;
	}
	if (f->offset != off + reg->var_off.value) {
		verbose(env, "kptr access misaligned expected=%u off=%llu\n", f->offset,
			(unsigned long long)(off + reg->var_off.value));
		return -EACCES;
	}
	if (size != 8) {
		verbose(env, "kptr access size must be BPF_DW\n");
		return -EACCES;
	}
	return 0;
}

int vrf_check_map_access(struct bpf_verifier_env *env, u32 regno, int off, int size,
			 bool zero_size_allowed, bool from_helper)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	const struct btf_record *rec = reg->map_ptr->record;
	int err;
	u32 i;

	err = vrf_check_mem_region_access(env, regno, off, size, reg->map_ptr->value_size,
					  zero_size_allowed);
	if (err)
		return err;
	for (i = 0; rec && i < rec->cnt; i++) {
		const struct btf_field *f = &rec->fields[i];

		if (reg->smin_value + off >= (s64)f->offset + f->size ||
		    f->offset >= reg->umax_value + off + size)
			continue;
		err = check_special_field(env, reg, f, off, size, from_helper);
		if (err)
			return err;
	}
	return 0;
}

int vrf_map_kptr_match_type(struct bpf_verifier_env *env, const struct btf_field *field,
			    struct bpf_reg_state *reg, u32 regno)
{
	const char *want = kbtf_type_name(field->kptr.btf, field->kptr.btf_id), *have = "";
	bool percpu = field->type == BPF_KPTR_PERCPU;
	u32 allowed;

	if (base_type(reg->type) != PTR_TO_BTF_ID)
		goto bad_type;
	if (kbtf_is_kernel(reg->btf)) {
		allowed = PTR_MAYBE_NULL | PTR_TRUSTED | MEM_RCU;
		if (field->type == BPF_KPTR_UNREF)
			allowed |= PTR_UNTRUSTED;
	} else {
		allowed = PTR_MAYBE_NULL | MEM_ALLOC | (percpu ? MEM_PERCPU : 0);
	}
	if ((type_flag(reg->type) & ~allowed) || percpu != !!(reg->type & MEM_PERCPU))
		goto bad_type;
	have = kbtf_type_name(reg->btf, reg->btf_id);
	if (vrf_check_ptr_off(env, reg, regno, true))
		return -EACCES;
	/* A referenced kptr is dropped by its own type's destructor: it must be exactly that type. */
	if (btfw_ids_match(env, reg->btf, reg->btf_id, reg->off, field->kptr.btf,
			   field->kptr.btf_id, field->type != BPF_KPTR_UNREF,
			   !type_is_alloc(reg->type)))
		return 0;
bad_type:
	verbose(env, "invalid kptr access, R%d type=%s%s ", regno, vrf_reg_type_str(env, reg->type),
		have);
	verbose(env, "expected=%s%s", vrf_reg_type_str(env, PTR_TO_BTF_ID), want);
	if (field->type == BPF_KPTR_UNREF)
		verbose(env, " or %s%s\n", vrf_reg_type_str(env, PTR_TO_BTF_ID | PTR_UNTRUSTED),
			want);
	else
		verbose(env, "\n");
	return -EINVAL;
}

/* Kernel types whose objects stay readable for an RCU grace period after the last put. */
static bool rcu_protected_object(const struct kbtf *btf, u32 id)
{
	static const char *const types[] = {
		"prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx",
	};
	const char *name = kbtf_type_name(btf, id);
	size_t i;

	if (!kbtf_is_kernel(btf))
		return true;
	for (i = 0; name && i < ARRAY_SIZE(types); i++)
		if (!strcmp(name, types[i]))
			return true;
	return false;
}

/* Modifiers of the pointer that a load of @f gives. */
static u32 loaded_kptr_type(struct bpf_verifier_env *env, const struct btf_field *f)
{
	const struct btf_record *rec;
	u32 type = PTR_MAYBE_NULL;
	bool safe = f->type == BPF_KPTR_PERCPU ||
		    (f->type == BPF_KPTR_REF && rcu_protected_object(f->kptr.btf, f->kptr.btf_id));

	if (!safe || !in_rcu_cs(env))
		return type | PTR_UNTRUSTED;
	type |= MEM_RCU;
	if (f->type == BPF_KPTR_PERCPU)
		type |= MEM_PERCPU;
	else if (!kbtf_is_kernel(f->kptr.btf))
		type |= MEM_ALLOC;
	rec = vrf_struct_record(env, f->kptr.btf, f->kptr.btf_id);
	if (rec && (rec->field_mask & BPF_GRAPH_NODE))
		type |= NON_OWN_REF;
	return type;
}

static int check_kptr_access(struct bpf_verifier_env *env, int insn_idx, int value_regno,
			     const struct btf_field *f)
{
	const struct bpf_insn *insn = &env->insns[insn_idx];
	u32 class = BPF_CLASS(insn->code);
	struct bpf_reg_state *value;

	if (BPF_MODE(insn->code) != BPF_MEM) {
		verbose(env, "kptr in map can only be accessed using BPF_MEM instruction mode\n");
		return -EACCES;
	}
	if (class != BPF_LDX && f->type != BPF_KPTR_UNREF) {
		verbose(env, "store to referenced kptr disallowed\n");
		return -EACCES;
	}
	switch (class) {
	case BPF_LDX:
		vrf_mark_btf_ld_reg(env, cur_regs(env), value_regno, PTR_TO_BTF_ID, f->kptr.btf,
				    f->kptr.btf_id, loaded_kptr_type(env, f));
		return 0;
	case BPF_STX:
		value = reg_state(env, value_regno);
		if (register_is_null(value))
			return vrf_mark_chain_precision(env, value_regno);
		return vrf_map_kptr_match_type(env, f, value, value_regno) ? -EACCES : 0;
	case BPF_ST:
		if (!insn->imm)
			return 0;
		verbose(env, "BPF_ST imm must be 0 when storing to kptr at off=%u\n", f->offset);
		return -EACCES;
	default:
		verbose(env, "kptr in map can only be accessed using BPF_LDX/BPF_STX/BPF_ST\n");
		return -EACCES;
	}
}

/* The constant at @off of a map that nobody can write any more. */
static int read_rdonly(const struct bpf_map *map, u32 off, int size, bool sign, u64 *val)
{
	const void *p;
	u64 addr;
	int err;

	err = map->ops->direct_value_addr(map, &addr, off);
	if (err)
		return err;
	p = (const void *)(uintptr_t)addr;
	switch (size) {
	case 1:
		*val = sign ? (u64)(s64) * (const s8 *)p : *(const u8 *)p;
		break;
	case 2: {
		u16 v;

		memcpy(&v, p, sizeof(v));
		*val = sign ? (u64)(s64)(s16)v : v;
		break;
	}
	case 4: {
		u32 v;

		memcpy(&v, p, sizeof(v));
		*val = sign ? (u64)(s64)(s32)v : v;
		break;
	}
	default:
		memcpy(val, p, sizeof(*val));
	}
	return 0;
}

int vrf_check_map_value_access(struct bpf_verifier_env *env, int insn_idx, u32 regno, int off,
			       int size, int t, int value_regno, bool is_ldsx)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	bool fixed = tnum_is_const(reg->var_off);
	const struct bpf_map *map = reg->map_ptr;
	const struct btf_field *kptr = NULL;
	u64 val = 0;
	int err;

	err = vrf_check_map_access_type(env, regno, off, size, t);
	if (!err)
		err = vrf_check_map_access(env, regno, off, size, false, false);
	if (err)
		return err;
	if (fixed && map->record)
		kptr = record_find(map->record, off + reg->var_off.value, BPF_KPTR);
	if (kptr)
		return check_kptr_access(env, insn_idx, value_regno, kptr);
	if (t != BPF_READ || value_regno < 0)
		return 0;
	if (!fixed || !vrf_map_is_rdonly(map) || !map->ops->direct_value_addr) {
		mark_reg_unknown(env, cur_regs(env), value_regno);
		return 0;
	}
	err = read_rdonly(map, off + reg->var_off.value, size, is_ldsx, &val);
	if (err)
		return err;
	reg = reg_state(env, value_regno);
	reg->type = SCALAR_VALUE;
	vrf_mark_reg_known(reg, val);
	return 0;
}
