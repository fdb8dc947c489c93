/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The commands on many elements. A batch is told how many elements it may have,
 * and says how many it had, also where it fails. A look-up goes on from the
 * position that the one before gave: in an array a key, in a hash a bucket.
 */
#include <stdlib.h>

#include "syscall/impl.h"

struct batch {
	struct sys_call *s;
	struct bpf_map *map;
	u32 max, done, value_size;
	u8 *key, *value, *prev;
	bool begun; /* the count has been reset: it is to be told at the end */
};

/* Which maps have batches at all, and which kinds; others answer -ENOTSUPP. */
static bool has_batch(const struct bpf_map *map, bool deleting)
{
	switch (map->map_type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return true;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return !deleting;
	default:
		return false;
	}
}

/* 0, > 0: nothing to do, < 0 */
static int batch_begin(struct batch *b, struct sys_call *s, bool reads, bool writes, bool deletes)
{
	u32 flags;
	int err = 0;

	*b = (struct batch){ .s = s, .max = s->attr->batch.count };
	b->map = sys_map(s, s->attr->batch.map_fd, &flags, &err);
	if (!b->map)
		return err;
	if ((reads && (flags & BPF_F_WRONLY)) ||
	    (writes && ((flags & BPF_F_RDONLY) || b->map->frozen)))
		return -EPERM;
	if (!has_batch(b->map, deletes))
		return -ENOTSUPP;
	if (s->attr->batch.flags)
		return -EINVAL;
	err = sys_check_lock_flag(b->map, s->attr->batch.elem_flags);
	if (err)
		return err;
	if (!b->max)
		return 1;
	err = sys_put(s, batch.count, 0);
	if (err)
		return err;
	b->begun = true;
	b->value_size = map_sys_value_size(b->map);
	b->key = malloc(b->map->key_size);
	b->prev = malloc(b->map->key_size);
	b->value = malloc(b->value_size);
	return b->key && b->prev && b->value ? 0 : -ENOMEM;
}

static s64 batch_end(struct batch *b, int err)
{
	free(b->key);
	free(b->prev);
	free(b->value);
	if (err == 1)
		return 0;
	if (b->begun && err != -EFAULT && sys_put(b->s, batch.count, b->done))
		err = -EFAULT;
	return err;
}

static int read_key(struct batch *b)
{
	return sys_read(b->s, b->key, b->s->attr->batch.keys + (u64)b->done * b->map->key_size,
			b->map->key_size);
}

s64 sys_map_update_batch(struct sys_call *s)
{
	struct batch b;
	int err = batch_begin(&b, s, false, true, false);

	for (; !err && b.done < b.max; b.done++) {
		err = read_key(&b);
		if (!err)
			err = sys_read(s, b.value,
				       s->attr->batch.values + (u64)b.done * b.value_size,
				       b.value_size);
		if (!err)
			err = sys_value_in(s, b.map, b.key, b.value, s->attr->batch.elem_flags);
		if (err)
			break;
	}
	return batch_end(&b, err);
}

s64 sys_map_delete_batch(struct sys_call *s)
{
	struct batch b;
	int err = batch_begin(&b, s, false, true, true);

	for (; !err && b.done < b.max; b.done++) {
		err = read_key(&b);
		if (!err)
			err = sys_value_delete(b.map, b.key);
		if (err)
			break;
	}
	return batch_end(&b, err);
}

static int write_elem(struct batch *b)
{
	union bpf_attr *a = b->s->attr;
	int err = sys_write(b->s, a->batch.keys + (u64)b->done * b->map->key_size, b->key,
			    b->map->key_size);

	return err ? err :
		     sys_write(b->s, a->batch.values + (u64)b->done * b->value_size, b->value,
			       b->value_size);
}

static int read_elem(struct batch *b)
{
	int err = sys_value_out(b->map, b->key, b->value, b->s->attr->batch.elem_flags);

	if (!err)
		err = write_elem(b);
	b->done += !err;
	return err;
}

/* Arrays: from after the key at in_batch, or the start; out_batch gets the last key. */
static int lookup_keys(struct batch *b)
{
	const union bpf_attr *a = b->s->attr;
	bool have_prev = a->batch.in_batch;
	u32 key_size = b->map->key_size;
	int err = 0;

	if (have_prev)
		err = sys_read(b->s, b->prev, a->batch.in_batch, key_size);
	while (!err && b->done < b->max) {
		err = b->map->ops->get_next_key(b->map, have_prev ? b->prev : NULL, b->key);
		if (err)
			break;
		err = read_elem(b);
		if (err && err != -ENOENT) /* an empty slot for a map is no error */
			break;
		err = 0;
		memcpy(b->prev, b->key, key_size);
		have_prev = true;
	}
	if (err != -EFAULT && b->done && sys_write(b->s, a->batch.out_batch, b->prev, key_size))
		err = -EFAULT;
	return err;
}

/* Bucket *at and those after it, each whole or not at all: *at is the first that was not read. */
static int lookup_buckets(struct batch *b, u32 *at, bool remove)
{
	const struct map_ops *ops = b->map->ops;
	u32 nr = ops->nr_buckets(b->map);

	for (; *at < nr; (*at)++) {
		const void *key;
		u32 n = 0;

		while (ops->bucket_key(b->map, *at, n))
			n++;
		if (n > b->max - b->done)
			return b->done ? 0 : -ENOSPC;
		for (u32 i = 0; i < n; i++) {
			int err;

			memcpy(b->key, ops->bucket_key(b->map, *at, i), b->map->key_size);
			err = read_elem(b);
			if (err)
				return err;
		}
		while (remove && (key = ops->bucket_key(b->map, *at, 0)))
			sys_value_delete(b->map, key);
	}
	return -ENOENT;
}

/* Hashes: in_batch and out_batch are four bytes, whatever the key's size: a bucket's number. */
static int lookup_hash(struct batch *b, bool remove)
{
	const union bpf_attr *a = b->s->attr;
	u32 at = 0;
	int err = 0;

	if (a->batch.in_batch)
		err = sys_read(b->s, &at, a->batch.in_batch, sizeof(at));
	if (err)
		return err;
	if (at >= b->map->ops->nr_buckets(b->map))
		return -ENOENT;
	err = lookup_buckets(b, &at, remove);
	if (err != -EFAULT && sys_write(b->s, a->batch.out_batch, &at, sizeof(at)))
		err = -EFAULT;
	return err;
}

static s64 lookup_batch(struct sys_call *s, bool remove)
{
	struct batch b;
	int err = batch_begin(&b, s, true, remove, remove);

	if (!err)
		err = b.map->ops->nr_buckets ? lookup_hash(&b, remove) : lookup_keys(&b);
	return batch_end(&b, err);
}

s64 sys_map_lookup_batch(struct sys_call *s)
{
	return lookup_batch(s, false);
}

s64 sys_map_lookup_and_delete_batch(struct sys_call *s)
{
	return lookup_batch(s, true);
}
