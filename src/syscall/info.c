/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * OBJ_GET_INFO_BY_FD. The caller gives a block and its size, and gets as much
 * of it as both sides know; counts and addresses in it say which arrays are
 * wanted.
 */
#include "syscall/impl.h"

/* The block as the caller filled it, zero beyond what it has; *len is cut to what we know. */
static int read_info(struct sys_call *s, void *info, u32 size, u32 *len)
{
	u64 src = s->attr->info.info;
	int err;

	*len = s->attr->info.info_len;
	err = sys_check_tail(s, src, size, *len);
	if (err)
		return err;
	*len = min(*len, size);
	memset(info, 0, size);
	return sys_read(s, info, src, *len);
}

static int write_info(struct sys_call *s, const void *info, u32 len)
{
	int err = sys_write(s, s->attr->info.info, info, len);

	return err ? err : sys_put(s, info.info_len, len);
}

static s64 map_info(struct sys_call *s, struct bpf_map *map)
{
	struct bpf_map_info in, out = {
		.type = map->map_type,
		.id = map->obj.id,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.map_flags = map->map_flags,
		.map_extra = map->map_extra,
		.btf_key_type_id = map->btf_key_type_id,
		.btf_value_type_id = map->btf_value_type_id,
		.btf_vmlinux_value_type_id = map->btf_vmlinux_value_type_id,
	};
	u32 len;
	int err = read_info(s, &in, sizeof(in), &len);

	if (err)
		return err;
	memcpy(out.name, map->name, sizeof(out.name));
	out.btf_id = map->btf_obj ? map->btf_obj->id : 0;
	if (map->map_type == BPF_MAP_TYPE_STRUCT_OPS)
		out.btf_vmlinux_id = s->c->vmlinux->obj.id;
	return write_info(s, &out, len);
}

static s64 btf_info(struct sys_call *s, struct btf_obj *b)
{
	u32 name_len = strlen(b->name), size, len, n;
	const void *raw = kbtf_raw(b->btf, &size);
	struct bpf_btf_info in, out;
	int err = read_info(s, &in, sizeof(in), &len), short_name = 0;

	if (err)
		return err;
	if (!in.name != !in.name_len)
		return -EINVAL;
	out = in;
	out.id = b->obj.id;
	out.kernel_btf = kbtf_is_kernel(b->btf);
	out.btf_size = size;
	out.name_len = name_len;
	err = sys_write(s, in.btf, raw, in.btf ? min(in.btf_size, size) : 0);
	if (!err && in.name) {
		n = min(name_len, in.name_len - 1);
		err = sys_write(s, in.name, b->name, n);
		if (!err)
			err = sys_write(s, in.name + n, "", 1);
		if (n < name_len)
			short_name = -ENOSPC;
	}
	if (!err)
		err = write_info(s, &out, len);
	return err ? err : short_name;
}

static s64 link_info(struct sys_call *s, struct bpf_link *link)
{
	struct bpf_map *map = link->ops->map ? link->ops->map(link) : NULL;
	struct bpf_link_info info;
	u32 len;
	int err = read_info(s, &info, sizeof(info), &len);

	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	info.type = link->type;
	info.id = link->obj.id;
	if (map)
		info.struct_ops.map_id = map->obj.id;
	return write_info(s, &info, len);
}

/* ---- programs ---- */

/* The sizes of records are given with the counts, or neither. */
static bool rec_size_ok(u32 cnt, u32 given, u32 ours)
{
	return (!cnt && !given) || given == ours;
}

static int write_arrays(struct sys_call *s, const struct bpf_prog *p,
			const struct bpf_prog_info *in)
{
	u32 n = in->map_ids ? min(in->nr_map_ids, p->nr_used_maps) : 0;
	int err = 0;

	for (u32 i = 0; i < n && !err; i++)
		err = sys_write(s, in->map_ids + i * sizeof(u32), &p->used_maps[i]->obj.id,
				sizeof(u32));
	if (!err && in->func_info)
		err = sys_write(s, in->func_info, p->func_info,
				min(in->nr_func_info, p->nr_func_info) * sizeof(*p->func_info));
	if (!err && in->line_info)
		err = sys_write(s, in->line_info, p->line_info,
				min(in->nr_line_info, p->nr_line_info) * sizeof(*p->line_info));
	if (!err && in->prog_tags && in->nr_prog_tags)
		err = sys_write(s, in->prog_tags, p->tag, sizeof(p->tag));
	return err;
}

static s64 prog_info(struct sys_call *s, struct bpf_prog *p)
{
	struct bpf_prog_info in, out;
	u32 len;
	int err = read_info(s, &in, sizeof(in), &len);

	if (err)
		return err;
	if (!rec_size_ok(in.nr_func_info, in.func_info_rec_size, sizeof(*p->func_info)) ||
	    !rec_size_ok(in.nr_line_info, in.line_info_rec_size, sizeof(*p->line_info)) ||
	    !rec_size_ok(in.nr_jited_line_info, in.jited_line_info_rec_size, sizeof(u64)))
		return -EINVAL;
	err = write_arrays(s, p, &in);
	if (err)
		return err;
	out = in;
	out.type = p->type;
	out.id = p->obj.id;
	memcpy(out.tag, p->tag, sizeof(out.tag));
	memcpy(out.name, p->name, sizeof(out.name));
	out.load_time = p->load_time_ns;
	out.created_by_uid = 0;
	out.gpl_compatible = p->gpl_compatible;
	out.nr_map_ids = p->nr_used_maps;
	out.btf_id = p->btf_obj ? p->btf_obj->id : 0;
	out.func_info_rec_size = sizeof(*p->func_info);
	out.nr_func_info = p->nr_func_info;
	out.line_info_rec_size = sizeof(*p->line_info);
	out.nr_line_info = p->nr_line_info;
	out.jited_line_info_rec_size = sizeof(u64);
	out.nr_prog_tags = 1;
	out.verified_insns = p->verified_insns;
	out.attach_btf_id = p->attach_btf_id;
	out.attach_btf_obj_id = p->attach_btf_id ? s->c->vmlinux->obj.id : 0;
	/* What the verifier made of it holds addresses: as under kptr_restrict, only its size. */
	out.xlated_prog_len = p->len * sizeof(*p->insns);
	out.xlated_prog_insns = 0;
	out.jited_prog_len = out.nr_jited_ksyms = out.nr_jited_func_lens = 0;
	out.nr_jited_line_info = 0;
	out.jited_prog_insns = out.jited_ksyms = out.jited_func_lens = out.jited_line_info = 0;
	return write_info(s, &out, len);
}

s64 sys_obj_get_info_by_fd(struct sys_call *s)
{
	int err = 0;
	struct kobj *k = sys_obj(s, s->attr->info.bpf_fd, &err);

	if (!k)
		return err;
	switch (k->kind) {
	case KOBJ_MAP:
		return map_info(s, container_of(k, struct bpf_map, obj));
	case KOBJ_PROG:
		return prog_info(s, container_of(k, struct bpf_prog, obj));
	case KOBJ_LINK:
		return link_info(s, container_of(k, struct bpf_link, obj));
	case KOBJ_BTF:
		return btf_info(s, container_of(k, struct btf_obj, obj));
	default:
		return -EINVAL;
	}
}
