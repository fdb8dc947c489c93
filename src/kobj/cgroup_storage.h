/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The value of a CGROUP_STORAGE map that the program which runs now has. */
#ifndef KOBJ_CGROUP_STORAGE_H
#define KOBJ_CGROUP_STORAGE_H

#include "kobj/map.h"

static inline bool map_is_cgroup_storage(const struct bpf_map *map)
{
	return map->map_type == BPF_MAP_TYPE_CGROUP_STORAGE ||
	       map->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

/* Zeroes, as of an attachment that was just made. */
void cgroup_storage_clear(struct bpf_map *map);
void *cgroup_storage_value(struct bpf_map *map, u32 cpu);

#endif
