/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* *_GET_NEXT_ID and *_GET_FD_BY_ID. */
#include "syscall/impl.h"

static s64 next_id(struct sys_call *s, enum kobj_kind kind)
{
	u32 id;

	if (s->attr->start_id >= INT32_MAX)
		return -EINVAL;
	if (!s->c->cap_sys_admin)
		return -EPERM;
	id = kobj_next_id(s->c->ids, kind, s->attr->start_id);
	return id ? sys_put(s, next_id, id) : -ENOENT;
}

static s64 fd_by_id(struct sys_call *s, enum kobj_kind kind, u32 id, u32 flags)
{
	struct kobj *k;

	if (!s->c->cap_sys_admin)
		return -EPERM;
	k = kobj_find(s->c->ids, kind, id);
	return k ? sys_install(s, k, flags) : -ENOENT;
}

s64 sys_prog_get_next_id(struct sys_call *s) { return next_id(s, KOBJ_PROG); }
s64 sys_map_get_next_id(struct sys_call *s) { return next_id(s, KOBJ_MAP); }
s64 sys_btf_get_next_id(struct sys_call *s) { return next_id(s, KOBJ_BTF); }
s64 sys_link_get_next_id(struct sys_call *s) { return next_id(s, KOBJ_LINK); }

s64 sys_prog_get_fd_by_id(struct sys_call *s)
{
	return fd_by_id(s, KOBJ_PROG, s->attr->prog_id, 0);
}

s64 sys_btf_get_fd_by_id(struct sys_call *s)
{
	return fd_by_id(s, KOBJ_BTF, s->attr->btf_id, 0);
}

s64 sys_link_get_fd_by_id(struct sys_call *s)
{
	return fd_by_id(s, KOBJ_LINK, s->attr->link_id, 0);
}

s64 sys_map_get_fd_by_id(struct sys_call *s)
{
	u32 flags = s->attr->open_flags;

	if ((flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY)) ||
	    flags == (BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	return fd_by_id(s, KOBJ_MAP, s->attr->map_id, flags);
}
