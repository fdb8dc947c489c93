/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Maps of what this world does not have: sockets, devices' queues, performance
 * counters, stack traces. They can be made, and programs that name them be
 * checked; nobody can put anything in.
 */
#include "kobj/impl.h"

static void *absent_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	return NULL;
}

static int absent_update(struct bpf_map *map, const void *key, const void *value, u64 flags,
			 u32 cpu)
{
	return -EOPNOTSUPP;
}

static int absent_delete(struct bpf_map *map, const void *key)
{
	return -ENOENT;
}

static int absent_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	return -ENOENT;
}

/* An array of @value_size bytes each, or of 8 in their place where @wide. */
static int check_array(const struct map_create_args *a, u32 value_size, bool wide, u32 flags)
{
	if (!a->max_entries || a->key_size != 4 ||
	    (a->value_size != value_size && !(wide && a->value_size == 8)) ||
	    (a->flags & ~(flags | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)))
		return -EINVAL;
	return 0;
}

static int sockmap_check(const struct map_create_args *a)
{
	return check_array(a, 4, true, 0);
}

static int sockhash_check(const struct map_create_args *a)
{
	struct map_create_args array = *a;

	if (!a->key_size)
		return -EINVAL;
	array.key_size = 4;
	if (sockmap_check(&array))
		return -EINVAL;
	return a->key_size > 512 ? -E2BIG : 0;
}

static int xskmap_check(const struct map_create_args *a)
{
	return check_array(a, 4, false, 0);
}

static int perf_event_check(const struct map_create_args *a)
{
	return check_array(a, 4, false, BPF_F_PRESERVE_ELEMS);
}

static int stack_trace_check(const struct map_create_args *a)
{
	if (!a->max_entries || a->key_size != 4 || a->value_size < 8 || a->value_size % 8 ||
	    a->value_size / 8 > 127 || (a->flags & ~(BPF_F_NUMA_NODE | MAP_F_ACCESS)))
		return -EINVAL;
	return 0;
}

static int sk_storage_check(const struct map_create_args *a)
{
	if ((a->flags & ~(u32)BPF_F_CLONE) != BPF_F_NO_PREALLOC || a->max_entries ||
	    a->key_size != 4 || !a->value_size || !a->btf_key_type_id || !a->btf_value_type_id)
		return -EINVAL;
	return a->value_size > VALUE_MAX ? -E2BIG : 0;
}

#define ABSENT_OPS(check)                                                                          \
	{                                                                                          \
		.struct_size = sizeof(struct bpf_map), .alloc_check = check,                       \
		.lookup = absent_lookup, .update = absent_update, .delete = absent_delete,         \
		.get_next_key = absent_get_next_key, .meta_equal = map_same_shape,                 \
	}

const struct map_ops map_sockmap_ops = ABSENT_OPS(sockmap_check);
const struct map_ops map_sockhash_ops = ABSENT_OPS(sockhash_check);
const struct map_ops map_reuseport_sockarray_ops = ABSENT_OPS(sockmap_check);
const struct map_ops map_xskmap_ops = ABSENT_OPS(xskmap_check);
const struct map_ops map_perf_event_array_ops = ABSENT_OPS(perf_event_check);
const struct map_ops map_cgroup_array_ops = ABSENT_OPS(xskmap_check);
const struct map_ops map_stack_trace_ops = ABSENT_OPS(stack_trace_check);
const struct map_ops map_sk_storage_ops = ABSENT_OPS(sk_storage_check);
