/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Maps, local storage and kptrs. */
#include "helpers/body.h"
#include "kobj/cgroup_storage.h"

static struct bpf_map *map_arg(u64 r)
{
	return (struct bpf_map *)r;
}

HELPER_BODY(map_lookup_elem)
{
	struct bpf_map *map = map_arg(r1);

	return (u64)map->ops->lookup(map, (const void *)r2, rc->cpu);
}

HELPER_BODY(map_update_elem)
{
	struct bpf_map *map = map_arg(r1);

	if (!map->ops->update)
		return ret_err(-EOPNOTSUPP);
	return ret_err(map->ops->update(map, (const void *)r2, (const void *)r3, r4, rc->cpu));
}

HELPER_BODY(map_delete_elem)
{
	struct bpf_map *map = map_arg(r1);

	if (!map->ops->delete)
		return ret_err(-EOPNOTSUPP);
	return ret_err(map->ops->delete(map, (const void *)r2));
}

HELPER_BODY(map_push_elem)
{
	struct bpf_map *map = map_arg(r1);

	if (!map->ops->push)
		return ret_err(-EOPNOTSUPP);
	return ret_err(map->ops->push(map, (const void *)r2, r3));
}

HELPER_BODY(map_pop_elem)
{
	struct bpf_map *map = map_arg(r1);

	if (!map->ops->pop)
		return ret_err(-EOPNOTSUPP);
	return ret_err(map->ops->pop(map, (void *)r2));
}

HELPER_BODY(map_peek_elem)
{
	struct bpf_map *map = map_arg(r1);

	if (!map->ops->peek)
		return ret_err(-EOPNOTSUPP);
	return ret_err(map->ops->peek(map, (void *)r2));
}

HELPER_BODY(map_lookup_percpu_elem)
{
	struct bpf_map *map = map_arg(r1);
	u32 cpu = (u32)r3;

	if (cpu >= map->nr_cpus)
		return 0;
	return (u64)map->ops->lookup(map, (const void *)r2, cpu);
}

struct for_each {
	struct run_ctx *rc;
	struct bpf_map *map;
	u64 callback, ctx;
};

static u64 call_for_elem(void *priv, void *key, void *value)
{
	const struct for_each *f = priv;

	return run_callback(f->rc->prog, f->callback, f->rc, (u64)f->map, (u64)key, (u64)value,
			    f->ctx, 0);
}

HELPER_BODY(for_each_map_elem)
{
	struct for_each f = { rc, map_arg(r1), r2, r3 };

	if (r4)
		return ret_err(-EINVAL);
	if (!f.map->ops->for_each)
		return ret_err(-EOPNOTSUPP);
	return (u64)f.map->ops->for_each(f.map, call_for_elem, &f, rc->cpu);
}

/* ---- local storage: @slot of the owner ---- */

static u64 storage_get(struct bpf_map *map, void **slot, const void *value, u64 flags)
{
	void *data;
	int err;

	if (flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE)
		return 0;
	data = storage_lookup(map, slot);
	if (!data && (flags & BPF_LOCAL_STORAGE_GET_F_CREATE))
		data = storage_update(map, slot, value, BPF_NOEXIST, &err);
	return (u64)data;
}

HELPER_BODY(task_storage_get)
{
	struct task_struct *task = (struct task_struct *)r2;

	return task ? storage_get(map_arg(r1), &task->bpf_storage, (const void *)r3, r4) : 0;
}

HELPER_BODY(task_storage_delete)
{
	struct task_struct *task = (struct task_struct *)r2;

	return ret_err(task ? storage_delete(map_arg(r1), &task->bpf_storage) : -EINVAL);
}

HELPER_BODY(cgrp_storage_get)
{
	struct cgroup *cgrp = (struct cgroup *)r2;

	return cgrp ? storage_get(map_arg(r1), &cgrp->bpf_cgrp_storage, (const void *)r3, r4) : 0;
}

HELPER_BODY(cgrp_storage_delete)
{
	struct cgroup *cgrp = (struct cgroup *)r2;

	return ret_err(cgrp ? storage_delete(map_arg(r1), &cgrp->bpf_cgrp_storage) : -EINVAL);
}

/* ---- pointers and locks in values ---- */

HELPER_BODY(kptr_xchg)
{
	return __atomic_exchange_n((u64 *)r1, r2, __ATOMIC_SEQ_CST);
}

/* The machine runs one program at a time: a lock is free whenever a program asks for it. */
HELPER_BODY(spin_lock)
{
	*(u32 *)r1 = 1;
	return 0;
}

HELPER_BODY(spin_unlock)
{
	*(u32 *)r1 = 0;
	return 0;
}

/* exec runs calls of it by itself: they do not return. */
HELPER_BODY(tail_call)
{
	BUG_ON(true);
	return 0;
}

HELPER_BODY(get_local_storage)
{
	return (u64)cgroup_storage_value(map_arg(r1), rc->cpu);
}
