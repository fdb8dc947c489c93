/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A struct_ops link: attached from its creation until it is detached or freed. */
#include <stdlib.h>

#include "struct_ops/impl.h"

struct st_ops_link {
	struct bpf_link link;
	struct bpf_map *map; /* a reference; NULL: detached */
};

static struct st_ops_link *of(const struct bpf_link *link)
{
	return container_of(link, struct st_ops_link, link);
}

static int link_detach(struct bpf_link *link)
{
	struct st_ops_link *l = of(link);
	struct bpf_map *map = l->map;

	if (!map)
		return 0;
	l->map = NULL;
	st_ops_unreg(st_ops_of(map));
	map_put(map);
	return 0;
}

static void link_free(struct kobj *k)
{
	struct st_ops_link *l = container_of(k, struct st_ops_link, link.obj);

	link_detach(&l->link);
	free(l);
}

/* Only a filled-in map made for links, and one that is not attached already, by type. */
static bool may_attach(const struct bpf_map *map)
{
	return map->ops == &st_ops_map_ops && (map->map_flags & BPF_F_LINK) &&
	       st_ops_of(map)->state == ST_OPS_READY;
}

static int link_update_map(struct bpf_link *link, struct bpf_map *new, struct bpf_map *expected)
{
	struct st_ops_link *l = of(link);
	struct st_ops_map *to, *from;
	int err;

	if (!may_attach(new))
		return -EINVAL;
	to = st_ops_of(new);
	if (!to->value.type->update)
		return -EOPNOTSUPP;
	if (!l->map)
		return -ENOLINK;
	if (expected && l->map != expected)
		return -EPERM;
	from = st_ops_of(l->map);
	if (from->value.type != to->value.type)
		return -EINVAL;
	if (!from->attached)
		return -ENOLINK;
	to->value.detached = from->value.detached;
	err = to->value.type->update(to->value.type->priv, &to->value, &from->value);
	if (err)
		return err;
	from->attached = false;
	to->attached = true;
	map_get(new);
	map_put(l->map);
	l->map = new;
	return 0;
}

static struct bpf_map *link_map(const struct bpf_link *link)
{
	return of(link)->map;
}

static const struct link_ops ops = {
	.detach = link_detach,
	.update_map = link_update_map,
	.map = link_map,
};

int st_ops_link_create(struct bpf_map *map, struct kobj_ids *ids, struct bpf_link **out)
{
	struct st_ops_link *l;
	int err;

	if (!may_attach(map))
		return -EINVAL;
	/* One struct, one attachment: what is attached may not be registered again. */
	if (st_ops_of(map)->attached)
		return -EBUSY;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->link.type = BPF_LINK_TYPE_STRUCT_OPS;
	l->link.ops = &ops;
	err = kobj_init(&l->link.obj, KOBJ_LINK, link_free, ids);
	if (err) {
		free(l);
		return err;
	}
	err = st_ops_reg(st_ops_of(map));
	if (err) {
		kobj_put(&l->link.obj);
		return err;
	}
	l->map = map_get(map);
	*out = &l->link;
	return 0;
}
