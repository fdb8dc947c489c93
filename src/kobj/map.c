/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What all map types go through: creation, BTF of keys and values, references. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kobj/impl.h"

struct map_type_row {
	const char *name;
	const struct map_ops *ops;
	bool above, known;
};

static const struct map_type_row types[__MAX_BPF_MAP_TYPE] = {
#define MAP_ROW(n, o) [BPF_MAP_TYPE_##n] = { .name = #n, .ops = &o, .known = true },
#define MAP_ROW_ABOVE(n) [BPF_MAP_TYPE_##n] = { .name = #n, .above = true, .known = true },
#define MAP_ROW_ABSENT(n) [BPF_MAP_TYPE_##n] = { .name = #n, .known = true },
#include "kobj/map_types.def"
#undef MAP_ROW
#undef MAP_ROW_ABOVE
#undef MAP_ROW_ABSENT
};

bool map_is_percpu(const struct bpf_map *map)
{
	return map->map_type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       map->map_type == BPF_MAP_TYPE_PERCPU_HASH ||
	       map->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

u32 map_sys_value_size(const struct bpf_map *map)
{
	if (map_is_percpu(map))
		return ALIGN_UP(map->value_size, 8u) * map->nr_cpus;
	if (map->ops->update_obj)
		return sizeof(u32);
	return map->value_size;
}

int map_memfd(struct bpf_map *map, const char *name, size_t size, void **mem)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;
	void *p;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size)) {
		err = errno == EFBIG || errno == ENOSPC ? -ENOMEM : -errno;
		goto out_close;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		err = -errno;
		goto out_close;
	}
	map->memfd = fd;
	*mem = p;
	return 0;

out_close:
	close(fd);
	return err;
}

/* ---- BTF of the key and value ---- */

/* Which map types may hold a special field; others answer -EOPNOTSUPP. */
#define T(name) BIT_ULL(BPF_MAP_TYPE_##name)
static const struct {
	u32 fields;
	u64 types;
} field_hosts[] = {
	{ BPF_SPIN_LOCK, T(HASH) | T(ARRAY) | T(TASK_STORAGE) | T(CGRP_STORAGE) | T(SK_STORAGE) |
				 T(CGROUP_STORAGE) },
	{ BPF_TIMER | BPF_WORKQUEUE, T(HASH) | T(LRU_HASH) | T(ARRAY) },
	{ BPF_KPTR | BPF_REFCOUNT, T(HASH) | T(PERCPU_HASH) | T(LRU_HASH) | T(LRU_PERCPU_HASH) |
					   T(ARRAY) | T(PERCPU_ARRAY) | T(TASK_STORAGE) | T(SK_STORAGE) |
					   T(CGRP_STORAGE) },
	{ BPF_LIST_HEAD | BPF_RB_ROOT, T(HASH) | T(LRU_HASH) | T(ARRAY) },
};
#undef T

static int check_record(const struct bpf_map *map)
{
	if (map->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	for (size_t i = 0; i < ARRAY_SIZE(field_hosts); i++)
		if ((map->record->field_mask & field_hosts[i].fields) &&
		    !(field_hosts[i].types & BIT_ULL(map->map_type)))
			return -EOPNOTSUPP;
	return 0;
}

/*
 * A value whose special fields make no sense is a value without special fields:
 * the verifier refuses the programs that use them, not MAP_CREATE the map.
 */
int map_find_record(struct bpf_map *map, u32 value_id, const struct kbtf *kernel,
		    const struct record_dtors *dtors)
{
	int err = record_parse(map->btf, value_id, map->value_size,
			       BPF_SPIN_LOCK | BPF_TIMER | BPF_KPTR | BPF_LIST_HEAD | BPF_RB_ROOT |
				       BPF_REFCOUNT | BPF_WORKQUEUE,
			       kernel, &map->record);

	if (!err)
		err = record_bind_dtors(map->record, dtors);
	if (!err)
		return 0;
	record_free(map->record);
	map->record = NULL;
	return err == -ENOMEM ? err : 0;
}

static int check_btf(struct bpf_map *map, const struct map_create_args *a)
{
	const struct btf_type *key = NULL, *value;
	u32 size, id;
	int err;

	if (a->btf_key_type_id) {
		key = kbtf_resolve_size(map->btf, a->btf_key_type_id, &size, NULL);
		if (!key || size != map->key_size)
			return -EINVAL;
	} else if (!map->ops->check_btf) {
		return -EINVAL;
	}
	value = kbtf_resolve_size(map->btf, a->btf_value_type_id, &size, &id);
	if (!value || size != map->value_size)
		return -EINVAL;
	err = map_find_record(map, id, a->kernel, a->dtors);
	if (!err && map->record)
		err = check_record(map);
	if (err)
		return err;
	return map->ops->check_btf ? map->ops->check_btf(map, map->btf, key, value) : 0;
}

/* ---- creation and destruction ---- */

static void map_free(struct kobj *k)
{
	struct bpf_map *map = container_of(k, struct bpf_map, obj);

	if (map->ops->fini)
		map->ops->fini(map);
	if (map->memfd >= 0)
		close(map->memfd);
	record_free(map->record);
	kbtf_put(map->btf);
	kobj_put(map->btf_obj);
	map_put(map->inner_map_meta);
	free(map);
}

static int find_ops(const struct map_create_args *a, struct err_msg *e, const struct map_ops **ops)
{
	const struct map_type_row *row;

	if (a->type >= __MAX_BPF_MAP_TYPE || !types[a->type].known)
		return err_set(e, -EINVAL, "unknown map type %u", a->type);
	row = &types[a->type];
	*ops = row->above ? a->st_ops_ops : row->ops;
	if (!*ops)
		return err_set(e, -EINVAL, "map type %s is not built yet", row->name);
	return 0;
}

int map_create(const struct map_create_args *a, struct err_msg *e, struct bpf_map **out)
{
	const struct map_ops *ops;
	struct bpf_map *map;
	int err = find_ops(a, e, &ops);

	if (!err && ops->alloc_check)
		err = ops->alloc_check(a);
	if (err)
		return err;
	map = calloc(1, ops->struct_size);
	if (!map)
		return -ENOMEM;
	map->ops = ops;
	map->map_type = a->type;
	map->key_size = a->key_size;
	map->value_size = a->value_size;
	map->max_entries = a->max_entries;
	map->unpriv = a->unpriv;
	map->map_flags = a->flags;
	map->map_extra = a->map_extra;
	memcpy(map->name, a->name, sizeof(map->name));
	map->nr_cpus = a->nr_cpus ? a->nr_cpus : 1;
	map->memfd = -1;
	map->btf_key_type_id = a->btf_key_type_id;
	map->btf_value_type_id = a->btf_value_type_id;
	map->btf_vmlinux_value_type_id = a->btf_vmlinux_value_type_id;

	err = ops->init ? ops->init(map, a) : 0;
	if (err) {
		map_put(map->inner_map_meta);
		free(map);
		return err;
	}
	if (a->btf)
		map->btf = kbtf_get(a->btf);
	if (a->btf_obj)
		map->btf_obj = kobj_get(a->btf_obj);
	if (a->btf && a->btf_value_type_id)
		err = check_btf(map, a);
	if (!err)
		err = kobj_init(&map->obj, KOBJ_MAP, map_free, a->ids);
	if (err) {
		map_free(&map->obj);
		return err;
	}
	*out = map;
	return 0;
}

bool map_same_shape(const struct bpf_map *tmpl, const struct bpf_map *inner)
{
	return tmpl->map_type == inner->map_type && tmpl->key_size == inner->key_size &&
	       tmpl->value_size == inner->value_size && tmpl->map_flags == inner->map_flags &&
	       record_equal(tmpl->record, inner->record);
}

void map_get_uref(struct bpf_map *m)
{
	map_get(m);
	m->usercnt++;
}

void map_put_uref(struct bpf_map *m)
{
	if (!--m->usercnt && m->ops->release_uref)
		m->ops->release_uref(m);
	map_put(m);
}

void kobj_get_user(struct kobj *k)
{
	if (k->kind == KOBJ_MAP)
		map_get_uref(container_of(k, struct bpf_map, obj));
	else
		kobj_get(k);
}

void kobj_put_user(struct kobj *k)
{
	if (k->kind == KOBJ_MAP)
		map_put_uref(container_of(k, struct bpf_map, obj));
	else
		kobj_put(k);
}
