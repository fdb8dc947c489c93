/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* LINK_CREATE, LINK_UPDATE, LINK_DETACH. */
#include "syscall/impl.h"

s64 sys_link_create(struct sys_call *s)
{
	const union bpf_attr *a = s->attr;
	struct bpf_link *link;
	struct bpf_prog *p;
	struct bpf_map *map;
	s64 fd;
	int err = sys_check_runs(s);

	if (err)
		return err;

	if (a->link_create.attach_type != BPF_STRUCT_OPS) {
		p = sys_prog(s, a->link_create.prog_fd, &err);
		if (!p)
			return err;
		return err_set(&s->c->err, -EINVAL,
			       "%s: only struct_ops can be attached", p->name);
	}
	map = sys_map(s, a->link_create.map_fd, NULL, &err);
	if (!map)
		return err;
	err = st_ops_link_create(map, s->c->ids, &link);
	if (err)
		return err;
	fd = sys_install(s, &link->obj, 0);
	kobj_put(&link->obj);
	return fd;
}

s64 sys_link_update(struct sys_call *s)
{
	const union bpf_attr *a = s->attr;
	struct bpf_map *new, *old = NULL;
	struct bpf_link *link;
	int err = 0;

	if (a->link_update.flags & ~BPF_F_REPLACE)
		return -EINVAL;
	link = sys_link(s, a->link_update.link_fd, &err);
	if (!link)
		return err;
	if (!link->ops->update_map)
		return -EINVAL;
	new = sys_map(s, a->link_update.new_map_fd, NULL, &err);
	if (!new)
		return err;
	if (a->link_update.flags & BPF_F_REPLACE) {
		old = sys_map(s, a->link_update.old_map_fd, NULL, &err);
		if (!old)
			return err;
	} else if (a->link_update.old_map_fd) {
		return -EINVAL;
	}
	return link->ops->update_map(link, new, old);
}

s64 sys_link_detach(struct sys_call *s)
{
	struct bpf_link *link;
	int err = 0;

	link = sys_link(s, s->attr->link_detach.link_fd, &err);
	if (!link)
		return err;
	return link->ops->detach ? link->ops->detach(link) : -EOPNOTSUPP;
}
