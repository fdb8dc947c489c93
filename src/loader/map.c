/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Elements of an object's maps, as user space reads and writes them. */
#include "loader/internal.h"

static struct bpf_map *find(const struct loader *l, const char *name)
{
	return bpf_object__find_map_by_name(l->obj, name);
}

int loader_map_lookup(struct loader *l, const char *name, const void *key, void *value)
{
	const struct bpf_map *map = find(l, name);
	struct loader_scope s;
	int err;

	if (!map)
		return -ENOENT;
	loader_enter(&s, l->k);
	err = bpf_map__lookup_elem(map, key, bpf_map__key_size(map), value,
				   bpf_map__value_size(map), 0);
	loader_leave(&s);
	return err;
}

int loader_map_update(struct loader *l, const char *name, const void *key, const void *value)
{
	const struct bpf_map *map = find(l, name);
	struct loader_scope s;
	int err;

	if (!map)
		return -ENOENT;
	loader_enter(&s, l->k);
	err = bpf_map__update_elem(map, key, bpf_map__key_size(map), value,
				   bpf_map__value_size(map), 0);
	loader_leave(&s);
	return err;
}
