/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The commands on one element of a map. */
#include <stdlib.h>

#include "syscall/impl.h"

/* A map that the caller opened for reading; a frozen one may not be written. */
static struct bpf_map *map_to_read(struct sys_call *s, int *err)
{
	u32 flags;
	struct bpf_map *map = sys_map(s, s->attr->map_fd, &flags, err);

	if (!map || !(flags & BPF_F_WRONLY))
		return map;
	*err = -EPERM;
	return NULL;
}

static struct bpf_map *map_to_write(struct sys_call *s, int *err)
{
	u32 flags;
	struct bpf_map *map = sys_map(s, s->attr->map_fd, &flags, err);

	if (!map || (!(flags & BPF_F_RDONLY) && !map->frozen))
		return map;
	*err = -EPERM;
	return NULL;
}

/* A keyless map has no key: the address must be NULL. */
static int read_key(struct sys_call *s, const struct bpf_map *map, void **key)
{
	*key = NULL;
	if (!map->key_size)
		return s->attr->key ? -EINVAL : 0;
	return sys_dup(s, s->attr->key, map->key_size, key);
}

s64 sys_map_lookup_elem(struct sys_call *s)
{
	u64 flags = s->attr->flags;
	void *key = NULL, *value = NULL;
	struct bpf_map *map;
	u32 size;
	int err = 0;

	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	map = map_to_read(s, &err);
	if (!map)
		return err;
	err = sys_check_lock_flag(map, flags);
	if (!err)
		err = read_key(s, map, &key);
	if (err)
		return err;
	size = map_sys_value_size(map);
	value = malloc(size ? size : 1);
	if (!value)
		err = -ENOMEM;
	if (!err)
		err = sys_value_out(map, key, value, flags);
	if (!err)
		err = sys_write(s, s->attr->value, value, size);
	free(value);
	free(key);
	return err;
}

s64 sys_map_update_elem(struct sys_call *s)
{
	u64 flags = s->attr->flags;
	void *key = NULL, *value = NULL;
	struct bpf_map *map;
	int err = 0;

	map = map_to_write(s, &err);
	if (!map)
		return err;
	if (map->map_type == BPF_MAP_TYPE_STRUCT_OPS)
		err = sys_check_runs(s);
	if (!err && (flags & BPF_F_LOCK))
		err = sys_check_lock_flag(map, BPF_F_LOCK);
	if (!err)
		err = read_key(s, map, &key);
	if (!err)
		err = sys_dup(s, s->attr->value, map_sys_value_size(map), &value);
	if (!err)
		err = sys_value_in(s, map, key, value, flags);
	free(value);
	free(key);
	return err;
}

s64 sys_map_delete_elem(struct sys_call *s)
{
	struct bpf_map *map;
	void *key = NULL;
	int err = 0;

	map = map_to_write(s, &err);
	if (!map)
		return err;
	err = read_key(s, map, &key);
	if (!err)
		err = sys_value_delete(map, key);
	free(key);
	return err;
}

s64 sys_map_get_next_key(struct sys_call *s)
{
	void *key = NULL, *next = NULL;
	struct bpf_map *map;
	int err = 0;

	map = map_to_read(s, &err);
	if (!map)
		return err;
	if (s->attr->key)
		err = read_key(s, map, &key);
	if (err)
		return err;
	next = malloc(map->key_size ? map->key_size : 1);
	if (!next)
		err = -ENOMEM;
	else if (!map->ops->get_next_key)
		err = -ENOTSUPP;
	else
		err = map->ops->get_next_key(map, key, next);
	if (!err)
		err = sys_write(s, s->attr->next_key, next, map->key_size);
	free(next);
	free(key);
	return err;
}

s64 sys_map_lookup_and_delete_elem(struct sys_call *s)
{
	u64 flags = s->attr->flags;
	void *key = NULL, *value = NULL;
	struct bpf_map *map;
	u32 size;
	int err = 0;

	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	map = map_to_read(s, &err);
	if (map)
		map = map_to_write(s, &err);
	if (!map)
		return err;
	if (flags && map->ops->pop)
		return -EINVAL;
	err = sys_check_lock_flag(map, flags);
	if (!err)
		err = read_key(s, map, &key);
	if (err)
		return err;
	size = map_sys_value_size(map);
	value = malloc(size ? size : 1);
	if (!value)
		err = -ENOMEM;
	else if (map->ops->pop)
		err = map->ops->pop(map, value);
	else if (map->ops->lookup_and_delete)
		err = map->ops->lookup_and_delete(map, key, value, flags);
	else
		err = -ENOTSUPP;
	if (!err)
		err = sys_write(s, s->attr->value, value, size);
	free(value);
	free(key);
	return err;
}
