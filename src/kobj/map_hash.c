/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH and HASH_OF_MAPS: chained
 * buckets over elements of one size.
 *
 * A value that a program has looked up stays readable after its element was
 * deleted or replaced: elements are not returned to the allocator before the
 * map is, and the free list is a queue, so that the oldest is reused first. A
 * deleted element keeps its `next`, and a walk which stands on it goes on. The
 * program may even fill special fields of a deleted one: they are freed again
 * when it is reused, or with the map.
 *
 * LRU: one list in the order of use by second chance: a look-up by a program
 * marks its element; an eviction takes the oldest unmarked one and moves the
 * marked ones that it meets to the young end, unmarked.
 */
#include <stdlib.h>

#include "base/list.h"
#include "kobj/impl.h"

#define CHUNK_BYTES (64u << 10)
/* The most that a 32-bit size holds at 16 bytes, which a bucket takes in Linux. */
#define MAX_BUCKETS (1u << 27)

struct elem {
	struct elem *next;	/* in its bucket */
	struct list_head link;	/* LRU order, or the free queue */
	u32 hash;
	bool live, used;
	u8 key[] __attribute__((aligned(8))); /* then the value or values */
};

struct chunk {
	struct chunk *next;
	u32 nr; /* elements in mem */
	u8 mem[] __attribute__((aligned(16)));
};

struct hash_map {
	struct bpf_map map;
	struct elem **buckets;
	u32 nr_buckets; /* power of two */
	u32 count;
	u32 value_off; /* from key[] */
	u32 elem_size;
	bool lru;
	struct list_head order; /* live elements, oldest first (LRU) */
	struct list_head free;
	struct chunk *chunks;
};

static struct hash_map *to_hash(const struct bpf_map *map)
{
	return container_of(map, struct hash_map, map);
}

static void *value_of(const struct hash_map *h, struct elem *e, u32 cpu)
{
	return e->key + h->value_off + (size_t)cpu * value_stride(&h->map);
}

static u32 nr_copies(const struct hash_map *h)
{
	return map_is_percpu(&h->map) ? h->map.nr_cpus : 1;
}

/* ---- elements ---- */

static struct elem *elem_at(const struct hash_map *h, struct chunk *c, u32 i)
{
	return (struct elem *)(c->mem + (size_t)i * h->elem_size);
}

static int grow(struct hash_map *h)
{
	u32 left = h->map.max_entries, n = CHUNK_BYTES / h->elem_size;
	struct chunk *c;

	n = clamp(n, 1u, left < UINT32_MAX ? left + 1 : left);
	c = calloc(1, sizeof(*c) + (size_t)n * h->elem_size);
	if (!c)
		return -ENOMEM;
	c->next = h->chunks;
	c->nr = n;
	h->chunks = c;
	for (u32 i = 0; i < n; i++)
		list_add_tail(&elem_at(h, c, i)->link, &h->free);
	return 0;
}

static void release_value(struct hash_map *h, struct elem *e)
{
	if (h->map.map_type == BPF_MAP_TYPE_HASH_OF_MAPS) {
		struct bpf_map **inner = value_of(h, e, 0);

		map_put(*inner);
		*inner = NULL;
	}
	if (h->map.record)
		for (u32 cpu = 0; cpu < nr_copies(h); cpu++)
			record_free_fields(h->map.record, value_of(h, e, cpu));
}

static struct elem *take_free(struct hash_map *h)
{
	struct elem *e;

	if (list_empty(&h->free) && grow(h))
		return NULL;
	e = list_first_entry(&h->free, struct elem, link);
	list_del_init(&e->link);
	release_value(h, e); /* what was put into it after it was deleted */
	memset(e->key + h->value_off, 0, h->elem_size - sizeof(*e) - h->value_off);
	e->used = false;
	return e;
}

static inline __attribute__((always_inline)) u32 hash_key(const void *key, u32 size)
{
	const u8 *p = key;
	u64 h = 0x9e3779b97f4a7c15ULL ^ size, w;

	for (; size; p += sizeof(w)) {
		u32 n = min(size, (u32)sizeof(w));

		w = 0;
		memcpy(&w, p, n);
		h = (h ^ w) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
		size -= n;
	}
	return h;
}

/* The usual sizes without a loop. */
static u32 hash_of(const struct bpf_map *map, const void *key)
{
	switch (map->key_size) {
	case 4:
		return hash_key(key, 4);
	case 8:
		return hash_key(key, 8);
	default:
		return hash_key(key, map->key_size);
	}
}

static struct elem **bucket(const struct hash_map *h, u32 hash)
{
	return &h->buckets[hash & (h->nr_buckets - 1)];
}

/* @size is the map's key_size; where it is a constant, nothing of this is a loop or a call. */
static inline __attribute__((always_inline)) struct elem *
find_sized(const struct hash_map *h, const void *key, u32 size, u32 hash)
{
	struct elem *e = *bucket(h, hash);

	while (e && (e->hash != hash || memcmp(e->key, key, size)))
		e = e->next;
	return e;
}

static struct elem *find(const struct hash_map *h, const void *key, u32 hash)
{
	return find_sized(h, key, h->map.key_size, hash);
}

static void insert(struct hash_map *h, struct elem *e, const void *key, u32 hash)
{
	struct elem **b = bucket(h, hash);

	memcpy(e->key, key, h->map.key_size);
	e->hash = hash;
	e->live = true;
	e->next = *b;
	*b = e;
	list_add_tail(&e->link, &h->order);
	h->count++;
}

static void remove_elem(struct hash_map *h, struct elem *e)
{
	struct elem **at = bucket(h, e->hash);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->live = false;
	h->count--;
	list_move_tail(&e->link, &h->free);
	release_value(h, e);
}

static void evict(struct hash_map *h)
{
	for (;;) {
		struct elem *e = list_first_entry(&h->order, struct elem, link);

		if (!e->used) {
			remove_elem(h, e);
			return;
		}
		e->used = false;
		list_move_tail(&e->link, &h->order);
	}
}

/* A fresh element that replaces @old (may be NULL). */
static int new_elem(struct hash_map *h, struct elem *old, struct elem **out)
{
	if (!old && h->count >= h->map.max_entries) {
		if (!h->lru)
			return -E2BIG;
		evict(h);
	}
	*out = take_free(h);
	return *out ? 0 : -ENOMEM;
}

/* ---- creation ---- */

static int hash_alloc_check(const struct map_create_args *a)
{
	bool percpu = a->type == BPF_MAP_TYPE_PERCPU_HASH ||
		      a->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	bool lru = a->type == BPF_MAP_TYPE_LRU_HASH || a->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	bool own_lists = a->flags & BPF_F_NO_COMMON_LRU;
	u32 known = BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | MAP_F_ACCESS |
		    BPF_F_ZERO_SEED;

	if ((a->flags & ~known) || !map_access_ok(a->flags) || (!lru && own_lists))
		return -EINVAL;
	if (lru && (a->flags & BPF_F_NO_PREALLOC))
		return -ENOTSUPP;
	if ((a->flags & BPF_F_NUMA_NODE) && (percpu || own_lists))
		return -EINVAL;
	if (!a->max_entries || !a->key_size || !a->value_size)
		return -EINVAL;
	if ((u64)a->key_size + a->value_size >= VALUE_MAX - 48)
		return -E2BIG;
	if (percpu && ALIGN_UP(a->value_size, 8u) > PERCPU_VALUE_MAX)
		return -E2BIG;
	if (a->max_entries > MAX_BUCKETS)
		return -E2BIG;
	return 0;
}

static int hash_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct hash_map *h = to_hash(map);

	h->lru = map->map_type == BPF_MAP_TYPE_LRU_HASH ||
		 map->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	INIT_LIST_HEAD(&h->order);
	INIT_LIST_HEAD(&h->free);
	h->value_off = ALIGN_UP(map->key_size, 8u);
	h->elem_size = ALIGN_UP(sizeof(struct elem) + h->value_off +
					(size_t)nr_copies(h) * value_stride(map),
				(size_t)16);
	h->nr_buckets = 1;
	while (h->nr_buckets < map->max_entries)
		h->nr_buckets *= 2;
	h->buckets = calloc(h->nr_buckets, sizeof(*h->buckets));
	return h->buckets ? 0 : -ENOMEM;
}

static void hash_fini(struct bpf_map *map)
{
	struct hash_map *h = to_hash(map);

	while (h->chunks) {
		struct chunk *c = h->chunks;

		for (u32 i = 0; i < c->nr; i++)
			release_value(h, elem_at(h, c, i));
		h->chunks = c->next;
		free(c);
	}
	free(h->buckets);
}

static void hash_release_uref(struct bpf_map *map)
{
	struct hash_map *h = to_hash(map);

	if (!map->record || !(map->record->field_mask & (BPF_TIMER | BPF_WORKQUEUE)))
		return;
	for (struct chunk *c = h->chunks; c; c = c->next)
		for (u32 i = 0; i < c->nr; i++)
			record_free_some(map->record, value_of(h, elem_at(h, c, i), 0),
					 BPF_TIMER | BPF_WORKQUEUE);
}

/* ---- look-up and change ---- */

static void *hash_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	struct hash_map *h = to_hash(map);
	struct elem *e;

	if (map_is_percpu(map) && cpu >= map->nr_cpus)
		return NULL;
	e = find(h, key, hash_of(map, key));
	if (!e)
		return NULL;
	e->used = true;
	return value_of(h, e, map_is_percpu(map) ? cpu : 0);
}

#define LOOKUP_SIZED(size)                                                                         \
	static void *hash_lookup_##size(struct bpf_map *map, const void *key, u32 cpu)             \
	{                                                                                          \
		struct hash_map *h = to_hash(map);                                                 \
		struct elem *e = find_sized(h, key, size, hash_key(key, size));                    \
                                                                                                   \
		if (!e)                                                                            \
			return NULL;                                                               \
		e->used = true;                                                                    \
		return e->key + ALIGN_UP(size, 8);                                                 \
	}
LOOKUP_SIZED(4)
LOOKUP_SIZED(8)
LOOKUP_SIZED(16)

static map_lookup_fn hash_lookup_of(const struct bpf_map *map)
{
	switch (map->key_size) {
	case 4:
		return hash_lookup_4;
	case 8:
		return hash_lookup_8;
	case 16:
		return hash_lookup_16;
	default:
		return hash_lookup;
	}
}

static int check_exists(const struct elem *old, u64 flags)
{
	if (old && (flags & ~(u64)BPF_F_LOCK) == BPF_NOEXIST)
		return -EEXIST;
	if (!old && (flags & ~(u64)BPF_F_LOCK) == BPF_EXIST)
		return -ENOENT;
	return 0;
}

static int hash_update(struct bpf_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct hash_map *h = to_hash(map);
	u32 hash = hash_of(map, key);
	struct elem *old = find(h, key, hash), *e;
	int err = check_update_flags(map, flags);

	if (!err)
		err = check_exists(old, flags);
	if (err)
		return err;
	if (old && (flags & BPF_F_LOCK)) {
		record_copy(map->record, value_of(h, old, 0), value, map->value_size);
		return 0;
	}
	err = new_elem(h, old, &e);
	if (err)
		return err;
	record_copy(map->record, value_of(h, e, 0), value, map->value_size);
	insert(h, e, key, hash);
	if (old)
		remove_elem(h, old);
	return 0;
}

/* @cpu < 0: @value holds the values of all CPUs, 8-byte aligned, as bpf(2) passes them. */
static int percpu_update(struct bpf_map *map, const void *key, const void *value, u64 flags,
			 s64 cpu)
{
	struct hash_map *h = to_hash(map);
	u32 hash = hash_of(map, key);
	struct elem *e = find(h, key, hash);
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	err = check_exists(e, flags);
	if (err)
		return err;
	if (!e) {
		err = new_elem(h, NULL, &e);
		if (err)
			return err;
		insert(h, e, key, hash);
	}
	if (cpu >= 0) {
		value_write(map, value_of(h, e, cpu), value);
		return 0;
	}
	for (u32 i = 0; i < map->nr_cpus; i++)
		value_write(map, value_of(h, e, i),
			    (const u8 *)value + (size_t)i * value_stride(map));
	return 0;
}

static int percpu_hash_update(struct bpf_map *map, const void *key, const void *value, u64 flags,
			      u32 cpu)
{
	return percpu_update(map, key, value, flags, cpu);
}

static int percpu_hash_sys_update(struct bpf_map *map, const void *key, const void *value,
				  u64 flags)
{
	return percpu_update(map, key, value, flags, -1);
}

static int hash_delete(struct bpf_map *map, const void *key)
{
	struct hash_map *h = to_hash(map);
	struct elem *e = find(h, key, hash_of(map, key));

	if (!e)
		return -ENOENT;
	remove_elem(h, e);
	return 0;
}

/* User space's look-ups don't count as use. */
static int hash_sys_lookup(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	struct hash_map *h = to_hash(map);
	struct elem *e = find(h, key, hash_of(map, key));

	if (!e)
		return -ENOENT;
	if (!map_is_percpu(map)) {
		value_read(map, value, value_of(h, e, 0));
		return 0;
	}
	memset(value, 0, map_sys_value_size(map));
	for (u32 cpu = 0; cpu < map->nr_cpus; cpu++)
		value_read(map, (u8 *)value + (size_t)cpu * value_stride(map), value_of(h, e, cpu));
	return 0;
}

static int hash_lookup_and_delete(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	int err = hash_sys_lookup(map, key, value, flags);

	return err ? err : hash_delete(map, key);
}

/* In order of buckets; from the start where @key is NULL or gone. */
static int hash_get_next_key(struct bpf_map *map, const void *key, void *next)
{
	struct hash_map *h = to_hash(map);
	struct elem *e = NULL;
	u32 b = 0;

	if (key) {
		u32 hash = hash_of(map, key);

		e = find(h, key, hash);
		if (e) {
			b = (hash & (h->nr_buckets - 1)) + 1;
			e = e->next;
		}
	}
	for (; !e && b < h->nr_buckets; b++)
		e = h->buckets[b];
	if (!e)
		return -ENOENT;
	memcpy(next, e->key, map->key_size);
	return 0;
}

static s64 hash_for_each(struct bpf_map *map, u64 (*cb)(void *priv, void *key, void *value),
			 void *priv, u32 cpu)
{
	struct hash_map *h = to_hash(map);
	s64 seen = 0;

	for (u32 b = 0; b < h->nr_buckets; b++) {
		for (struct elem *e = h->buckets[b]; e; e = e->next) {
			if (!e->live)
				continue;
			seen++;
			if (cb(priv, e->key, value_of(h, e, map_is_percpu(map) ? cpu : 0)))
				return seen;
		}
	}
	return seen;
}

static u32 hash_nr_buckets(const struct bpf_map *map)
{
	return to_hash(map)->nr_buckets;
}

static const void *hash_bucket_key(const struct bpf_map *map, u32 bucket, u32 i)
{
	const struct elem *e = to_hash(map)->buckets[bucket];

	while (e && i--)
		e = e->next;
	return e ? e->key : NULL;
}

#define HASH_OPS_COMMON                                                                            \
	.struct_size = sizeof(struct hash_map), .alloc_check = hash_alloc_check,                   \
	.init = hash_init, .fini = hash_fini, .lookup = hash_lookup, .delete = hash_delete,        \
	.get_next_key = hash_get_next_key, .nr_buckets = hash_nr_buckets,                          \
	.bucket_key = hash_bucket_key, .sys_lookup = hash_sys_lookup,                              \
	.lookup_and_delete = hash_lookup_and_delete, .for_each = hash_for_each,                    \
	.meta_equal = map_same_shape, .release_uref = hash_release_uref

const struct map_ops map_hash_ops = { HASH_OPS_COMMON, .update = hash_update,
				      .lookup_of = hash_lookup_of };
const struct map_ops map_lru_hash_ops = { HASH_OPS_COMMON, .update = hash_update,
					  .lookup_of = hash_lookup_of };
const struct map_ops map_percpu_hash_ops = { HASH_OPS_COMMON, .update = percpu_hash_update,
					     .sys_update = percpu_hash_sys_update };
const struct map_ops map_lru_percpu_hash_ops = { HASH_OPS_COMMON, .update = percpu_hash_update,
						 .sys_update = percpu_hash_sys_update };

/* ---- HASH_OF_MAPS: the value is a struct bpf_map * ---- */

static int hash_of_maps_alloc_check(const struct map_create_args *a)
{
	return a->value_size == 4 && a->inner ? hash_alloc_check(a) : -EINVAL;
}

static int hash_of_maps_init(struct bpf_map *map, const struct map_create_args *a)
{
	int err = map_meta_create(a->inner, a, &map->inner_map_meta);

	return err ? err : hash_init(map, a);
}

static void *hash_of_maps_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	struct bpf_map **inner = hash_lookup(map, key, 0);

	return inner ? *inner : NULL;
}

static int hash_of_maps_sys_lookup(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	struct bpf_map *inner = hash_of_maps_lookup(map, key, 0);

	if (!inner)
		return -ENOENT;
	memcpy(value, &inner->obj.id, sizeof(u32));
	return 0;
}

static int hash_of_maps_update_obj(struct bpf_map *map, const void *key, struct kobj *obj,
				   u64 flags)
{
	struct hash_map *h = to_hash(map);
	u32 hash = hash_of(map, key);
	struct elem *old = find(h, key, hash), *e;
	int err = map_meta_accepts(map, obj);

	if (!err && flags > BPF_EXIST)
		err = -EINVAL;
	if (!err)
		err = check_exists(old, flags);
	if (!err)
		err = new_elem(h, old, &e);
	if (err)
		return err;
	*(struct bpf_map **)value_of(h, e, 0) = container_of(kobj_get(obj), struct bpf_map, obj);
	insert(h, e, key, hash);
	if (old)
		remove_elem(h, old);
	return 0;
}

const struct map_ops map_hash_of_maps_ops = {
	.struct_size = sizeof(struct hash_map),
	.alloc_check = hash_of_maps_alloc_check,
	.init = hash_of_maps_init,
	.fini = hash_fini,
	.lookup = hash_of_maps_lookup,
	.delete = hash_delete,
	.get_next_key = hash_get_next_key,
	.nr_buckets = hash_nr_buckets,
	.bucket_key = hash_bucket_key,
	.sys_lookup = hash_of_maps_sys_lookup,
	.holds = KOBJ_MAP,
	.update_obj = hash_of_maps_update_obj,
};
