/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* MAP_CREATE and MAP_FREEZE. */
#include <fcntl.h>

#include "syscall/impl.h"

static int check_create(const union bpf_attr *a)
{
	if (a->btf_vmlinux_value_type_id) {
		if (a->map_type != BPF_MAP_TYPE_STRUCT_OPS || a->btf_key_type_id ||
		    a->btf_value_type_id)
			return -EINVAL;
	} else if (a->btf_key_type_id && !a->btf_value_type_id) {
		return -EINVAL;
	}
	if (a->map_type != BPF_MAP_TYPE_BLOOM_FILTER && a->map_type != BPF_MAP_TYPE_ARENA &&
	    a->map_extra)
		return -EINVAL;
	if ((a->map_flags & BPF_F_RDONLY) && (a->map_flags & BPF_F_WRONLY))
		return -EINVAL;
	/* One node, and no devices to offload to. */
	if (((a->map_flags & BPF_F_NUMA_NODE) && a->numa_node) || a->map_ifindex)
		return -EINVAL;
	return 0;
}

/* CAP_NET_ADMIN's types need a device, and are not built. */
static bool needs_cap_bpf(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_RINGBUF:
		return false;
	default:
		return true;
	}
}

static int find_btf(struct sys_call *s, struct map_create_args *args)
{
	struct btf_obj *b;
	int err = 0;

	if (!args->btf_key_type_id && !args->btf_value_type_id &&
	    !args->btf_vmlinux_value_type_id)
		return 0;
	b = sys_btf(s, s->attr->btf_fd, &err);
	if (!b)
		return err;
	args->btf = b->btf;
	args->btf_obj = &b->obj;
	return kbtf_is_kernel(args->btf) ? -EACCES : 0;
}

static int find_inner(struct sys_call *s, struct map_create_args *args)
{
	int err = 0;

	if (args->type != BPF_MAP_TYPE_ARRAY_OF_MAPS && args->type != BPF_MAP_TYPE_HASH_OF_MAPS)
		return 0;
	args->inner = sys_map(s, s->attr->inner_map_fd, NULL, &err);
	return args->inner ? 0 : err;
}

s64 sys_map_create(struct sys_call *s)
{
	union bpf_attr *a = s->attr;
	struct syscall_ctx *c = s->c;
	struct map_create_args args = {
		.type = a->map_type,
		.key_size = a->key_size,
		.value_size = a->value_size,
		.max_entries = a->max_entries,
		.flags = a->map_flags,
		.map_extra = a->map_extra,
		.btf_key_type_id = a->btf_key_type_id,
		.btf_value_type_id = a->btf_value_type_id,
		.btf_vmlinux_value_type_id = a->btf_vmlinux_value_type_id,
		.unpriv = !c->cap_perfmon,
		.nr_cpus = c->nr_cpus,
		.st_ops = calls_find_st_ops_by_value(c->calls, a->btf_vmlinux_value_type_id),
		.st_ops_priv = &c->st_ops,
		.st_ops_ops = &st_ops_map_ops,
		.ids = c->ids,
		.kernel = calls_kernel_btf(c->calls),
		.dtors = c->dtors,
		.owners = c->owners,
	};
	struct bpf_map *map;
	s64 err;

	if (a->map_flags & BPF_F_TOKEN_FD)
		return -EBADF; /* no tokens, so none has that fd */
	err = check_create(a);
	if (!err)
		err = sys_copy_name(args.name, a->map_name);
	if (!err)
		err = find_inner(s, &args);
	if (!err)
		err = find_btf(s, &args);
	if (err)
		return err;
	err = sys_check_unprivileged(c);
	if (err)
		return err;
	if (!c->cap_bpf && needs_cap_bpf(a->map_type))
		return -EPERM;
	err = map_create(&args, &c->err, &map);
	if (err)
		return err;
	err = sys_install(s, &map->obj, a->map_flags & (BPF_F_RDONLY | BPF_F_WRONLY));
	map_put(map);
	return err;
}

s64 sys_map_freeze(struct sys_call *s)
{
	struct bpf_map *map;
	u32 flags;
	int err = 0;

	map = sys_map(s, s->attr->map_fd, &flags, &err);
	if (!map)
		return err;
	if (map->map_type == BPF_MAP_TYPE_STRUCT_OPS || map->record)
		return -ENOTSUPP;
	if ((flags & BPF_F_RDONLY) || map->frozen)
		return -EPERM;
	if (map->writecnt)
		return -EBUSY;
	/* From now on nobody maps it writable. */
	if (map->memfd >= 0 && fcntl(map->memfd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		return -errno;
	map->frozen = true;
	return 0;
}
