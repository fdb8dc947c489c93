/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CGROUP_STORAGE and PERCPU_CGROUP_STORAGE. Every attachment of a program to a
 * cgroup has a value of its own, which appears with it. Nothing is attached to
 * cgroups here, so there is just what a test run has, for its duration.
 */
#include <stdlib.h>

#include "kobj/cgroup_storage.h"
#include "kobj/impl.h"

#define CGROUP_KEY_BYTES 16 /* struct bpf_cgroup_storage_key */

struct cgroup_storage_map {
	struct bpf_map map;
	u8 *values; /* one, or one per CPU */
};

static struct cgroup_storage_map *to_storage(const struct bpf_map *map)
{
	return container_of(map, struct cgroup_storage_map, map);
}

static size_t values_size(const struct bpf_map *map)
{
	bool percpu = map->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;

	return (size_t)value_stride(map) * (percpu ? map->nr_cpus : 1);
}

static int cgroup_storage_check(const struct map_create_args *a)
{
	if ((a->key_size != CGROUP_KEY_BYTES && a->key_size != sizeof(u64)) || !a->value_size ||
	    (a->flags & ~(BPF_F_NUMA_NODE | MAP_F_ACCESS)) || !map_access_ok(a->flags) ||
	    a->max_entries)
		return -EINVAL;
	return a->value_size > PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static int cgroup_storage_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct cgroup_storage_map *s = to_storage(map);

	s->values = calloc(1, values_size(map));
	return s->values ? 0 : -ENOMEM;
}

static void cgroup_storage_fini(struct bpf_map *map)
{
	free(to_storage(map)->values);
}

void cgroup_storage_clear(struct bpf_map *map)
{
	memset(to_storage(map)->values, 0, values_size(map));
}

void *cgroup_storage_value(struct bpf_map *map, u32 cpu)
{
	bool percpu = map->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;

	return to_storage(map)->values + (percpu ? (size_t)cpu * value_stride(map) : 0);
}

/* By key, which names a cgroup and an attachment: there are none. */
static void *cgroup_storage_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	return NULL;
}

static int cgroup_storage_update(struct bpf_map *map, const void *key, const void *value,
				 u64 flags, u32 cpu)
{
	return flags & ~(u64)(BPF_F_LOCK | BPF_EXIST) ? -EINVAL : -ENOENT;
}

static int cgroup_storage_delete(struct bpf_map *map, const void *key)
{
	return -EINVAL;
}

static int cgroup_storage_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	return -ENOENT;
}

#define CGROUP_STORAGE_OPS                                                                         \
	{                                                                                          \
		.struct_size = sizeof(struct cgroup_storage_map),                                  \
		.alloc_check = cgroup_storage_check, .init = cgroup_storage_init,                  \
		.fini = cgroup_storage_fini, .lookup = cgroup_storage_lookup,                      \
		.update = cgroup_storage_update, .delete = cgroup_storage_delete,                  \
		.get_next_key = cgroup_storage_get_next_key,                                       \
	}

const struct map_ops map_cgroup_storage_ops = CGROUP_STORAGE_OPS;
const struct map_ops map_percpu_cgroup_storage_ops = CGROUP_STORAGE_OPS;
