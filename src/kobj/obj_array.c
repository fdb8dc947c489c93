/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Arrays of references: ARRAY_OF_MAPS and PROG_ARRAY. User space writes fds
 * and reads ids; programs get the object.
 */
#include <stdlib.h>

#include "kobj/impl.h"
#include "kobj/prog.h"

struct obj_array {
	struct bpf_map map;
	struct kobj **objs;
	/* PROG_ARRAY: what its programs and their callers have in common, since the first one */
	bool has_owner, sleepable;
	enum bpf_prog_type prog_type;
	enum bpf_attach_type attach_type;
	u32 attach_btf_id;
};

static struct obj_array *to_obj_array(const struct bpf_map *map)
{
	return container_of(map, struct obj_array, map);
}

int obj_array_alloc_check(const struct map_create_args *a)
{
	if (a->value_size != 4 || (a->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)))
		return -EINVAL;
	if (!a->max_entries || a->key_size != 4 ||
	    (a->flags & ~(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)))
		return -EINVAL;
	return 0;
}

static int array_of_maps_alloc_check(const struct map_create_args *a)
{
	return a->inner ? obj_array_alloc_check(a) : -EINVAL;
}

static int obj_array_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct obj_array *o = to_obj_array(map);
	int err = 0;

	if (map->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		err = map_meta_create(a->inner, a, &map->inner_map_meta);
	if (err)
		return err;
	o->objs = calloc(map->max_entries, sizeof(*o->objs));
	return o->objs ? 0 : -ENOMEM;
}

static void clear(struct bpf_map *map)
{
	struct obj_array *o = to_obj_array(map);

	for (u32 i = 0; i < map->max_entries; i++) {
		kobj_put(o->objs[i]);
		o->objs[i] = NULL;
	}
}

static void obj_array_fini(struct bpf_map *map)
{
	clear(map);
	free(to_obj_array(map)->objs);
}

static struct kobj **slot(const struct bpf_map *map, const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index < map->max_entries ? &to_obj_array(map)->objs[index] : NULL;
}

static void *array_of_maps_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	struct kobj **s = slot(map, key);

	return s && *s ? container_of(*s, struct bpf_map, obj) : NULL;
}

static void *prog_array_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	struct kobj **s = slot(map, key);

	return s && *s ? container_of(*s, struct bpf_prog, obj) : NULL;
}

static int obj_array_sys_lookup(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	struct kobj **s = slot(map, key);

	if (!s || !*s)
		return -ENOENT;
	memcpy(value, &(*s)->id, sizeof(u32));
	return 0;
}

/*
 * A tail call hands its context on: caller and callee must be of one callback.
 * Linux leaves out `sleepable`.
 */
static int prog_array_admit(struct bpf_map *map, const struct bpf_prog *p)
{
	struct obj_array *o = to_obj_array(map);

	if (!o->has_owner) {
		o->has_owner = true;
		o->prog_type = p->type;
		o->sleepable = p->sleepable;
		o->attach_type = p->expected_attach_type;
		o->attach_btf_id = p->attach_btf_id;
	}
	return o->prog_type == p->type && o->sleepable == p->sleepable &&
			       o->attach_type == p->expected_attach_type &&
			       o->attach_btf_id == p->attach_btf_id ?
		       0 :
		       -EINVAL;
}

/* Of the programs that one can go on to, at any time, no value is asked. */
static int prog_array_put(struct bpf_map *map, const struct bpf_prog *p)
{
	return prog_call_by_value(p) ? -EACCES : prog_array_admit(map, p);
}

static int obj_array_update_obj(struct bpf_map *map, const void *key, struct kobj *obj, u64 flags)
{
	struct kobj **s = slot(map, key), *old;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (!s)
		return -E2BIG;
	if (map->map_type == BPF_MAP_TYPE_PROG_ARRAY)
		err = prog_array_put(map, container_of(obj, struct bpf_prog, obj));
	else
		err = map_meta_accepts(map, obj);
	if (err)
		return err;
	old = *s;
	*s = kobj_get(obj);
	kobj_put(old);
	return 0;
}

static int obj_array_delete(struct bpf_map *map, const void *key)
{
	struct kobj **s = slot(map, key), *old;

	if (!s)
		return -E2BIG;
	if (!*s)
		return -ENOENT;
	old = *s;
	*s = NULL;
	kobj_put(old);
	return 0;
}

static int obj_array_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	return map_array_ops.get_next_key(map, key, next);
}

const struct map_ops map_array_of_maps_ops = {
	.struct_size = sizeof(struct obj_array),
	.alloc_check = array_of_maps_alloc_check,
	.init = obj_array_init,
	.fini = obj_array_fini,
	.lookup = array_of_maps_lookup,
	.delete = obj_array_delete,
	.get_next_key = obj_array_get_next_key,
	.sys_lookup = obj_array_sys_lookup,
	.holds = KOBJ_MAP,
	.update_obj = obj_array_update_obj,
};

/* Programs may hold the array that holds them: it is emptied with the last fd. */
const struct map_ops map_prog_array_ops = {
	.struct_size = sizeof(struct obj_array),
	.alloc_check = obj_array_alloc_check,
	.init = obj_array_init,
	.fini = obj_array_fini,
	.lookup = prog_array_lookup,
	.delete = obj_array_delete,
	.get_next_key = obj_array_get_next_key,
	.sys_lookup = obj_array_sys_lookup,
	.release_uref = clear,
	.holds = KOBJ_PROG,
	.update_obj = obj_array_update_obj,
	.admit = prog_array_admit,
};

/* ---- templates of map-in-map ---- */

static void meta_free(struct kobj *k)
{
	struct bpf_map *meta = container_of(k, struct bpf_map, obj);

	record_free(meta->record);
	kbtf_put(meta->btf);
	free(meta);
}

int map_meta_create(const struct bpf_map *inner, const struct map_create_args *outer,
		    struct bpf_map **out)
{
	struct bpf_map *meta;
	int err = 0;

	if (inner->inner_map_meta)
		return -EINVAL; /* one level only */
	if (!inner->ops->meta_equal)
		return -ENOTSUPP;
	meta = calloc(1, sizeof(*meta));
	if (!meta)
		return -ENOMEM;
	kobj_init(&meta->obj, KOBJ_MAP, meta_free, NULL);
	meta->ops = inner->ops;
	meta->map_type = inner->map_type;
	meta->key_size = inner->key_size;
	meta->value_size = inner->value_size;
	meta->max_entries = inner->max_entries;
	meta->map_flags = inner->map_flags;
	meta->btf_key_type_id = inner->btf_key_type_id;
	meta->btf_value_type_id = inner->btf_value_type_id;
	meta->nr_cpus = inner->nr_cpus;
	meta->memfd = -1;
	memcpy(meta->name, inner->name, sizeof(meta->name));
	if (inner->btf)
		meta->btf = kbtf_get(inner->btf);
	if (inner->record) {
		u32 id = 0, size;

		kbtf_resolve_size(inner->btf, inner->btf_value_type_id, &size, &id);
		err = map_find_record(meta, id, outer->kernel, outer->dtors);
	}
	if (err) {
		map_put(meta);
		return err;
	}
	*out = meta;
	return 0;
}

int map_meta_accepts(const struct bpf_map *map, struct kobj *obj)
{
	const struct bpf_map *inner = container_of(obj, struct bpf_map, obj);

	return map->inner_map_meta->ops == inner->ops && inner->ops->meta_equal &&
			       inner->ops->meta_equal(map->inner_map_meta, inner) ?
		       0 :
		       -EINVAL;
}
