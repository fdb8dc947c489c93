/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* QUEUE and STACK: a ring of values; a stack takes from the end where a queue puts. */
#include <stdlib.h>

#include "kobj/impl.h"

struct queue_map {
	struct bpf_map map;
	u32 first, count;
	u8 *values;
};

static struct queue_map *to_queue(const struct bpf_map *map)
{
	return container_of(map, struct queue_map, map);
}

static int queue_alloc_check(const struct map_create_args *a)
{
	if (!a->max_entries || a->key_size || !a->value_size ||
	    (a->flags & ~(BPF_F_NUMA_NODE | MAP_F_ACCESS)) || !map_access_ok(a->flags))
		return -EINVAL;
	if (a->value_size > VALUE_MAX || a->max_entries >= UINT32_MAX / a->value_size)
		return -E2BIG;
	return 0;
}

static int queue_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct queue_map *q = to_queue(map);

	q->values = calloc(map->max_entries, map->value_size);
	return q->values ? 0 : -ENOMEM;
}

static void queue_fini(struct bpf_map *map)
{
	free(to_queue(map)->values);
}

static u8 *at(const struct queue_map *q, u32 nth)
{
	return q->values + ((u64)q->first + nth) % q->map.max_entries * q->map.value_size;
}

static int queue_push(struct bpf_map *map, const void *value, u64 flags)
{
	struct queue_map *q = to_queue(map);

	if ((flags & BPF_NOEXIST) || flags > BPF_EXIST)
		return -EINVAL;
	if (q->count == map->max_entries) {
		if (!(flags & BPF_EXIST))
			return -E2BIG;
		/* the oldest makes room, in both kinds */
		q->first = (q->first + 1) % map->max_entries;
		q->count--;
	}
	memcpy(at(q, q->count++), value, map->value_size);
	return 0;
}

static int take(struct bpf_map *map, void *value, bool newest, bool remove)
{
	struct queue_map *q = to_queue(map);

	if (!q->count) {
		memset(value, 0, map->value_size);
		return -ENOENT;
	}
	memcpy(value, at(q, newest ? q->count - 1 : 0), map->value_size);
	if (!remove)
		return 0;
	if (!newest)
		q->first = (q->first + 1) % map->max_entries;
	q->count--;
	return 0;
}

static int queue_pop(struct bpf_map *map, void *value)
{
	return take(map, value, false, true);
}

static int queue_peek(struct bpf_map *map, void *value)
{
	return take(map, value, false, false);
}

static int stack_pop(struct bpf_map *map, void *value)
{
	return take(map, value, true, true);
}

static int stack_peek(struct bpf_map *map, void *value)
{
	return take(map, value, true, false);
}

static void *queue_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	return NULL;
}

static int queue_update(struct bpf_map *map, const void *key, const void *value, u64 flags,
			u32 cpu)
{
	return -EINVAL;
}

static int queue_delete(struct bpf_map *map, const void *key)
{
	return -EINVAL;
}

static int queue_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	return -EINVAL;
}

#define QUEUE_OPS_COMMON                                                                           \
	.struct_size = sizeof(struct queue_map), .alloc_check = queue_alloc_check,                 \
	.init = queue_init, .fini = queue_fini, .lookup = queue_lookup, .update = queue_update,    \
	.delete = queue_delete, .get_next_key = queue_get_next_key, .push = queue_push,            \
	.meta_equal = map_same_shape

const struct map_ops map_queue_ops = { QUEUE_OPS_COMMON, .pop = queue_pop, .peek = queue_peek };
const struct map_ops map_stack_ops = { QUEUE_OPS_COMMON, .pop = stack_pop, .peek = stack_peek };
