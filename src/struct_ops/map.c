/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The STRUCT_OPS map: states, and what bpf(2) does to them. */
#include <stdlib.h>

#include "struct_ops/impl.h"

struct st_ops_map *st_ops_of(const struct bpf_map *map)
{
	return container_of(map, struct st_ops_map, map);
}

static const struct kbtf *kernel_of(const struct st_ops_map *m)
{
	return calls_kernel_btf(m->env->calls);
}

static int st_ops_alloc_check(const struct map_create_args *a)
{
	if (a->key_size != 4 || a->max_entries != 1 ||
	    (a->flags & ~(u32)(BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD)) ||
	    !a->btf_vmlinux_value_type_id)
		return -EINVAL;
	/* There are no modules whose BTF could define the type. */
	if (a->flags & BPF_F_VTYPE_BTF_OBJ_FD)
		return -EINVAL;
	return a->st_ops && a->st_ops_priv ? 0 : -ENOTSUPP;
}

static int st_ops_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct st_ops_map *m = st_ops_of(map);
	const struct btf_type *vt;

	m->env = a->st_ops_priv;
	m->value.type = a->st_ops;
	vt = kbtf_type(kernel_of(m), a->btf_vmlinux_value_type_id);
	if (!vt || map->value_size != vt->size)
		return -EINVAL;
	m->type_id = calls_st_ops_id(m->env->calls, a->st_ops);
	m->type = kbtf_type(kernel_of(m), m->type_id);
	m->value_type = vt;
	m->data_off = kbtf_member_bit_offset(vt, &kbtf_members(vt)[1]) / 8;
	m->uvalue = calloc(1, vt->size);
	/* The kernel's copy is as aligned as a C object of that type. */
	m->value.kdata = aligned_alloc(64, ALIGN_UP(m->type->size, 64u));
	if (!m->uvalue || !m->value.kdata) {
		free(m->uvalue);
		free(m->value.kdata);
		return -ENOMEM;
	}
	memset(m->value.kdata, 0, m->type->size);
	return 0;
}

void st_ops_clear(struct st_ops_map *m)
{
	for (u32 i = 0; i < ST_OPS_MAX_MEMBERS; i++) {
		prog_put(m->value.progs[i]);
		m->value.progs[i] = NULL;
	}
	memset(m->uvalue, 0, m->map.value_size);
	memset(m->value.kdata, 0, m->type->size);
}

static void st_ops_fini(struct bpf_map *map)
{
	struct st_ops_map *m = st_ops_of(map);

	st_ops_clear(m);
	free(m->uvalue);
	free(m->value.kdata);
}

/* ---- attaching ---- */

static void ended_by_subsystem(struct st_ops_value *v)
{
	container_of(v, struct st_ops_map, value)->attached = false;
}

int st_ops_reg(struct st_ops_map *m)
{
	int err;

	m->attached = true;
	m->value.detached = ended_by_subsystem;
	err = m->value.type->reg(m->value.type->priv, &m->value, m->env->err);
	if (err)
		m->attached = false;
	return err;
}

void st_ops_unreg(struct st_ops_map *m)
{
	if (!m->attached)
		return;
	m->value.type->unreg(m->value.type->priv, &m->value);
	m->attached = false;
}

/* ---- operations ---- */

static int st_ops_update(struct bpf_map *map, const void *key, const void *value, u64 flags)
{
	struct st_ops_map *m = st_ops_of(map);
	u32 index;
	int err;

	if (flags)
		return -EINVAL;
	memcpy(&index, key, sizeof(index));
	if (index)
		return -E2BIG;
	err = st_ops_check_value(m, value);
	if (err)
		return err;
	if (m->state != ST_OPS_INIT)
		return -EBUSY;
	memcpy(m->uvalue, value, map->value_size);
	err = st_ops_fill(m);
	if (err)
		goto out_clear;
	if (map->map_flags & BPF_F_LINK) {
		m->state = ST_OPS_READY;
		return 0;
	}
	err = st_ops_reg(m);
	if (err)
		goto out_clear;
	map_get(map);
	m->state = ST_OPS_INUSE;
	return 0;

out_clear:
	st_ops_clear(m);
	return err;
}

static int st_ops_delete(struct bpf_map *map, const void *key)
{
	struct st_ops_map *m = st_ops_of(map);

	if (map->map_flags & BPF_F_LINK)
		return -EOPNOTSUPP;
	switch (m->state) {
	case ST_OPS_INUSE:
		m->state = ST_OPS_TOBEFREE;
		st_ops_unreg(m);
		map_put(map);
		return 0;
	case ST_OPS_TOBEFREE:
		return -EINPROGRESS;
	default:
		return -ENOENT;
	}
}

void st_ops_detach(struct bpf_map *map)
{
	if (map->ops == &st_ops_map_ops && st_ops_of(map)->state == ST_OPS_INUSE)
		st_ops_delete(map, NULL);
}

/* What user space wrote, with ids of programs in place of their fds, and the state. */
static int st_ops_sys_lookup(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	struct st_ops_map *m = st_ops_of(map);
	struct common_value *common = value;
	u32 index;

	memcpy(&index, key, sizeof(index));
	if (index)
		return -ENOENT;
	memcpy(value, m->uvalue, map->value_size);
	if (m->state == ST_OPS_INIT)
		return 0;
	common->state = m->state;
	common->refcnt = map->obj.refs - map->usercnt;
	return 0;
}

static int st_ops_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	u32 index = 1;

	if (key)
		memcpy(&index, key, sizeof(index));
	if (!index)
		return -ENOENT;
	memset(next, 0, sizeof(index));
	return 0;
}

const struct map_ops st_ops_map_ops = {
	.struct_size = sizeof(struct st_ops_map),
	.alloc_check = st_ops_alloc_check,
	.init = st_ops_init,
	.fini = st_ops_fini,
	.delete = st_ops_delete,
	.get_next_key = st_ops_get_next_key,
	.sys_lookup = st_ops_sys_lookup,
	.sys_update = st_ops_update,
};
