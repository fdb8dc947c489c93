/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TASK_STORAGE and CGRP_STORAGE: elements hang off their owner, a list per owner in a slot of
 * its own; the map keeps a list of its elements too, because either side may go
 * first. Deleted elements wait in a queue of the map before they are reused, so
 * that a program may go on reading one that it has just deleted.
 */
#include <stdlib.h>

#include "base/list.h"
#include "kobj/impl.h"

#define KEPT 64 /* deleted elements that wait before the oldest is reused */
#define VALUE_LIMIT (0xffffu - 256)

struct storage_map {
	struct bpf_map map;
	const struct map_owner_hooks *owners;
	struct list_head elems;
	struct list_head deleted; /* by map_link */
	u32 nr_deleted;
};

struct owner {
	struct list_head elems;
};

struct storage_elem {
	struct storage_map *map;
	void **slot;
	struct list_head map_link, owner_link;
	u8 data[] __attribute__((aligned(8)));
};

static struct storage_map *to_storage(const struct bpf_map *map)
{
	return container_of(map, struct storage_map, map);
}

static struct storage_elem *find(const struct bpf_map *map, void *const *slot)
{
	struct owner *o = *slot;
	struct storage_elem *e;

	if (!o)
		return NULL;
	list_for_each_entry(e, &o->elems, owner_link)
		if (&e->map->map == map)
			return e;
	return NULL;
}

static void free_fields(struct storage_map *s, struct storage_elem *e)
{
	if (s->map.record)
		record_free_fields(s->map.record, e->data);
}

static void unlink_elem(struct storage_elem *e)
{
	struct storage_map *s = e->map;
	struct owner *o = *e->slot;

	list_del_init(&e->owner_link);
	if (list_empty(&o->elems)) {
		*e->slot = NULL;
		free(o);
	}
	list_move_tail(&e->map_link, &s->deleted);
	s->nr_deleted++;
	free_fields(s, e);
}

static struct storage_elem *new_elem(struct storage_map *s)
{
	struct storage_elem *e;

	if (s->nr_deleted <= KEPT)
		return calloc(1, sizeof(*e) + value_stride(&s->map));
	e = list_first_entry(&s->deleted, struct storage_elem, map_link);
	list_del_init(&e->map_link);
	s->nr_deleted--;
	free_fields(s, e); /* what was put into it after it was deleted */
	memset(e->data, 0, value_stride(&s->map));
	return e;
}

/* ---- for programs, and for the owner's destructor ---- */

void *storage_lookup(struct bpf_map *map, void **slot)
{
	struct storage_elem *e = find(map, slot);

	return e ? e->data : NULL;
}

static int check_exists(const struct storage_elem *e, u64 flags)
{
	if (e && (flags & ~(u64)BPF_F_LOCK) == BPF_NOEXIST)
		return -EEXIST;
	if (!e && (flags & ~(u64)BPF_F_LOCK) == BPF_EXIST)
		return -ENOENT;
	return 0;
}

static int link_elem(struct storage_elem *e, struct storage_map *s, void **slot)
{
	struct owner *o = *slot;

	if (!o) {
		o = malloc(sizeof(*o));
		if (!o)
			return -ENOMEM;
		INIT_LIST_HEAD(&o->elems);
		*slot = o;
	}
	e->map = s;
	e->slot = slot;
	list_add_tail(&e->owner_link, &o->elems);
	list_add_tail(&e->map_link, &s->elems);
	return 0;
}

void *storage_update(struct bpf_map *map, void **slot, const void *value, u64 flags, int *err)
{
	struct storage_map *s = to_storage(map);
	struct storage_elem *old = find(map, slot), *e;

	*err = check_update_flags(map, flags);
	if (!*err)
		*err = check_exists(old, flags);
	if (*err)
		return NULL;
	if (old && (flags & BPF_F_LOCK)) {
		record_copy(map->record, old->data, value, map->value_size);
		return old->data;
	}
	e = new_elem(s);
	*err = e ? link_elem(e, s, slot) : -ENOMEM;
	if (*err) {
		free(e);
		return NULL;
	}
	if (value)
		record_copy(map->record, e->data, value, map->value_size);
	if (old)
		unlink_elem(old);
	return e->data;
}

int storage_delete(struct bpf_map *map, void **slot)
{
	struct storage_elem *e = find(map, slot);

	if (!e)
		return -ENOENT;
	unlink_elem(e);
	return 0;
}

void storage_free(void **slot)
{
	while (*slot) {
		struct owner *o = *slot;

		unlink_elem(list_first_entry(&o->elems, struct storage_elem, owner_link));
	}
}

/* ---- the map ---- */

static int storage_alloc_check(const struct map_create_args *a)
{
	if ((a->flags & ~(u32)(BPF_F_NO_PREALLOC | BPF_F_CLONE)) ||
	    !(a->flags & BPF_F_NO_PREALLOC) || a->max_entries || a->key_size != 4 ||
	    !a->value_size || !a->btf_key_type_id || !a->btf_value_type_id)
		return -EINVAL;
	return a->value_size > VALUE_LIMIT ? -E2BIG : 0;
}

static int storage_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct storage_map *s = to_storage(map);

	s->owners = a->owners;
	INIT_LIST_HEAD(&s->elems);
	INIT_LIST_HEAD(&s->deleted);
	return 0;
}

static void storage_fini(struct bpf_map *map)
{
	struct storage_map *s = to_storage(map);
	struct storage_elem *e, *tmp;

	list_for_each_entry_safe(e, tmp, &s->elems, map_link)
		unlink_elem(e);
	list_for_each_entry_safe(e, tmp, &s->deleted, map_link) {
		free_fields(s, e);
		free(e);
	}
}

static int storage_check_btf(const struct bpf_map *map, const struct kbtf *btf,
			     const struct btf_type *key, const struct btf_type *value)
{
	u32 data;

	if (!key || kbtf_kind(key) != BTF_KIND_INT)
		return -EINVAL;
	data = *(const u32 *)(key + 1);
	return BTF_INT_BITS(data) == 32 && !BTF_INT_OFFSET(data) ? 0 : -EINVAL;
}

static int slot_of_key(struct bpf_map *map, const void *key, void ***slot)
{
	const struct map_owner_hooks *o = to_storage(map)->owners;
	int (*find)(void *priv, s32 key, void ***slot) = NULL;
	s32 id;

	if (o)
		find = map->map_type == BPF_MAP_TYPE_CGRP_STORAGE ? o->slot_of_cgroup_key :
								    o->slot_of_key;
	memcpy(&id, key, sizeof(id));
	return find ? find(o->priv, id, slot) : -EBADF;
}

static int storage_sys_lookup(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	void **slot, *data;
	int err = slot_of_key(map, key, &slot);

	if (err)
		return err;
	data = storage_lookup(map, slot);
	if (!data)
		return -ENOENT;
	value_read(map, value, data);
	return 0;
}

static int storage_sys_update(struct bpf_map *map, const void *key, const void *value, u64 flags)
{
	void **slot;
	int err = slot_of_key(map, key, &slot);

	if (!err)
		storage_update(map, slot, value, flags, &err);
	return err;
}

static int storage_sys_delete(struct bpf_map *map, const void *key)
{
	void **slot;
	int err = slot_of_key(map, key, &slot);

	return err ? err : storage_delete(map, slot);
}

#define STORAGE_OPS                                                                                \
	{                                                                                          \
		.struct_size = sizeof(struct storage_map), .alloc_check = storage_alloc_check,     \
		.init = storage_init, .fini = storage_fini, .delete = storage_sys_delete,          \
		.sys_lookup = storage_sys_lookup, .sys_update = storage_sys_update,                \
		.meta_equal = map_same_shape, .check_btf = storage_check_btf,                      \
	}

const struct map_ops map_task_storage_ops = STORAGE_OPS;
const struct map_ops map_cgrp_storage_ops = STORAGE_OPS;
