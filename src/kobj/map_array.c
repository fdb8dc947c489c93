/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ARRAY and PERCPU_ARRAY. Elements are value_size rounded up to 8 bytes apart,
 * as user space that maps an array expects; a BPF_F_MMAPABLE array lives in a
 * memfd. A per-CPU array is one array per CPU, back to back.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "kobj/impl.h"

struct array_map {
	struct bpf_map map;
	u8 *values;
	size_t bytes; /* of one copy */
};

static struct array_map *to_array(const struct bpf_map *map)
{
	return container_of(map, struct array_map, map);
}

static void *element(const struct bpf_map *map, u32 index, u32 cpu)
{
	const struct array_map *a = to_array(map);

	return a->values + cpu * a->bytes + (size_t)index * value_stride(map);
}

static int array_alloc_check(const struct map_create_args *a)
{
	bool percpu = a->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	u32 known = BPF_F_NUMA_NODE | MAP_F_ACCESS | BPF_F_MMAPABLE | BPF_F_INNER_MAP |
		    BPF_F_PRESERVE_ELEMS;

	if (!a->max_entries || a->key_size != 4 || !a->value_size || (a->flags & ~known) ||
	    !map_access_ok(a->flags) || (percpu && (a->flags & BPF_F_NUMA_NODE)))
		return -EINVAL;
	if (percpu && (a->flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP)))
		return -EINVAL;
	if (a->flags & BPF_F_PRESERVE_ELEMS)
		return -EINVAL;
	if (a->value_size > INT32_MAX)
		return -E2BIG;
	if (percpu && ALIGN_UP(a->value_size, 8u) > PERCPU_VALUE_MAX)
		return -E2BIG;
	return 0;
}

static int array_init(struct bpf_map *map, const struct map_create_args *args)
{
	struct array_map *a = to_array(map);
	u32 copies = map_is_percpu(map) ? map->nr_cpus : 1;

	a->bytes = (size_t)map->max_entries * value_stride(map);
	if (map->map_flags & BPF_F_MMAPABLE) {
		a->bytes = ALIGN_UP(a->bytes, (size_t)PAGE_BYTES);
		return map_memfd(map, "bpf-map", a->bytes, (void **)&a->values);
	}
	if (a->bytes > SIZE_MAX / copies)
		return -ENOMEM;
	a->values = calloc(copies, a->bytes);
	return a->values ? 0 : -ENOMEM;
}

static void free_fields(struct bpf_map *map, u32 mask)
{
	u32 copies = map_is_percpu(map) ? map->nr_cpus : 1;

	if (!map->record || !(map->record->field_mask & mask))
		return;
	for (u32 cpu = 0; cpu < copies; cpu++)
		for (u32 i = 0; i < map->max_entries; i++)
			record_free_some(map->record, element(map, i, cpu), mask);
}

static void array_release_uref(struct bpf_map *map)
{
	free_fields(map, BPF_TIMER | BPF_WORKQUEUE);
}

static void array_fini(struct bpf_map *map)
{
	struct array_map *a = to_array(map);

	free_fields(map, ~0u);
	if (map->memfd >= 0)
		munmap(a->values, a->bytes);
	else
		free(a->values);
}

static void *array_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index < map->max_entries ? element(map, index, 0) : NULL;
}

static void *percpu_array_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index < map->max_entries && cpu < map->nr_cpus ? element(map, index, cpu) : NULL;
}

static int array_check_update(struct bpf_map *map, const void *key, u64 flags, u32 *index)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	memcpy(index, key, sizeof(*index));
	if (*index >= map->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return check_update_flags(map, flags);
}

static int array_update(struct bpf_map *map, const void *key, const void *value, u64 flags,
			u32 cpu)
{
	u32 index;
	int err = array_check_update(map, key, flags, &index);

	if (!err)
		value_write(map, element(map, index, map_is_percpu(map) ? cpu : 0), value);
	return err;
}

static int array_delete(struct bpf_map *map, const void *key)
{
	return -EINVAL;
}

static int array_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	u32 index = UINT32_MAX;

	if (key)
		memcpy(&index, key, sizeof(index));
	if (index >= map->max_entries)
		index = 0;
	else if (index == map->max_entries - 1)
		return -ENOENT;
	else
		index++;
	memcpy(next, &index, sizeof(index));
	return 0;
}

static int percpu_array_sys_lookup(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	if (index >= map->max_entries)
		return -ENOENT;
	memset(value, 0, map_sys_value_size(map));
	for (u32 cpu = 0; cpu < map->nr_cpus; cpu++)
		value_read(map, (u8 *)value + (size_t)cpu * value_stride(map),
			   element(map, index, cpu));
	return 0;
}

static int percpu_array_sys_update(struct bpf_map *map, const void *key, const void *value,
				   u64 flags)
{
	u32 index;

	if (flags > BPF_EXIST)
		return -EINVAL;
	memcpy(&index, key, sizeof(index));
	if (index >= map->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	for (u32 cpu = 0; cpu < map->nr_cpus; cpu++)
		value_write(map, element(map, index, cpu),
			    (const u8 *)value + (size_t)cpu * value_stride(map));
	return 0;
}

static int array_direct_value_addr(const struct bpf_map *map, u64 *addr, u32 off)
{
	if (map->max_entries != 1)
		return -ENOTSUPP;
	if (off >= map->value_size)
		return -EINVAL;
	*addr = (u64)(uintptr_t)(to_array(map)->values + off);
	return 0;
}

static void array_layout(const struct bpf_map *map, struct map_layout *out)
{
	const struct array_map *a = to_array(map);

	*out = (struct map_layout){ a->values, value_stride(map),
				    map_is_percpu(map) ? a->bytes : 0 };
}

static s64 array_for_each(struct bpf_map *map, u64 (*cb)(void *priv, void *key, void *value),
			  void *priv, u32 cpu)
{
	s64 seen = 0;

	for (u32 i = 0; i < map->max_entries; i++) {
		u32 key = i;

		seen++;
		if (cb(priv, &key, element(map, i, map_is_percpu(map) ? cpu : 0)))
			break;
	}
	return seen;
}

/* Inlined look-ups of an array use its length, unless it says that it varies. */
static bool array_meta_equal(const struct bpf_map *tmpl, const struct bpf_map *inner)
{
	return map_same_shape(tmpl, inner) && ((tmpl->map_flags & BPF_F_INNER_MAP) ||
					       tmpl->max_entries == inner->max_entries);
}

/* A key of BTF is a 32-bit int; the maps of whole sections (.bss, .data) have none. */
static int array_check_btf(const struct bpf_map *map, const struct kbtf *btf,
			   const struct btf_type *key, const struct btf_type *value)
{
	u32 data;

	if (!key)
		return map->map_type == BPF_MAP_TYPE_ARRAY && map->max_entries == 1 &&
				       kbtf_kind(value) == BTF_KIND_DATASEC ?
			       0 :
			       -EINVAL;
	if (kbtf_kind(key) != BTF_KIND_INT)
		return -EINVAL;
	data = *(const u32 *)(key + 1);
	return BTF_INT_BITS(data) == 32 && !BTF_INT_OFFSET(data) ? 0 : -EINVAL;
}

const struct map_ops map_array_ops = {
	.struct_size = sizeof(struct array_map),
	.alloc_check = array_alloc_check,
	.init = array_init,
	.fini = array_fini,
	.lookup = array_lookup,
	.update = array_update,
	.delete = array_delete,
	.get_next_key = array_get_next_key,
	.direct_value_addr = array_direct_value_addr,
	.layout = array_layout,
	.for_each = array_for_each,
	.meta_equal = array_meta_equal,
	.release_uref = array_release_uref,
	.check_btf = array_check_btf,
};

const struct map_ops map_percpu_array_ops = {
	.struct_size = sizeof(struct array_map),
	.alloc_check = array_alloc_check,
	.init = array_init,
	.fini = array_fini,
	.lookup = percpu_array_lookup,
	.update = array_update,
	.delete = array_delete,
	.get_next_key = array_get_next_key,
	.sys_lookup = percpu_array_sys_lookup,
	.sys_update = percpu_array_sys_update,
	.layout = array_layout,
	.for_each = array_for_each,
	.meta_equal = map_same_shape,
	.check_btf = array_check_btf,
};
