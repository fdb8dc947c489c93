/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Values between the caller and a map: the views of bpf(2) where they differ from a program's. */
#include "kobj/record.h"
#include "syscall/impl.h"

int sys_check_lock_flag(const struct bpf_map *map, u64 flags)
{
	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	if (flags && !(map->record && map->record->spin_lock_off >= 0))
		return -EINVAL;
	return 0;
}

int sys_value_out(struct bpf_map *map, const void *key, void *value, u64 flags)
{
	const void *from;

	if (map->ops->sys_lookup)
		return map->ops->sys_lookup(map, key, value, flags);
	if (map->ops->peek)
		return map->ops->peek(map, value);
	if (!map->ops->lookup)
		return -ENOTSUPP;
	from = map->ops->lookup(map, key, 0);
	if (!from)
		return -ENOENT;
	memset(value, 0, map->value_size);
	record_copy(map->record, value, from, map->value_size);
	return 0;
}

static int refuse_tail_target(struct sys_call *s, const struct bpf_map *map,
			      const struct bpf_prog *p)
{
	const struct call_target *t = prog_call_by_value(p);

	return err_set(&s->c->err, -EACCES,
		       "%s: program %s (insn %u) calls %s(), which is decided for the struct_ops value that a program is part of: it can't be called by a tail call",
		       map->name, p->name, t->insn, t->name);
}

static int object_in(struct sys_call *s, struct bpf_map *map, const void *key, const void *value,
		     u64 flags)
{
	struct kobj *obj;
	u32 fd;
	int err;

	memcpy(&fd, value, sizeof(fd));
	obj = sys_obj(s, fd, &err);
	if (!obj)
		return err;
	if (obj->kind != map->ops->holds)
		return -EINVAL;
	err = map->ops->update_obj(map, key, obj, flags);
	return err == -EACCES && obj->kind == KOBJ_PROG ?
		       refuse_tail_target(s, map, container_of(obj, struct bpf_prog, obj)) : err;
}

int sys_value_in(struct sys_call *s, struct bpf_map *map, const void *key, void *value, u64 flags)
{
	if (map->ops->update_obj)
		return object_in(s, map, key, value, flags);
	if (map->ops->sys_update)
		return map->ops->sys_update(map, key, value, flags);
	if (map->ops->push)
		return map->ops->push(map, value, flags);
	return map->ops->update ? map->ops->update(map, key, value, flags, 0) : -ENOTSUPP;
}

int sys_value_delete(struct bpf_map *map, const void *key)
{
	return map->ops->delete ? map->ops->delete(map, key) : -ENOTSUPP;
}
