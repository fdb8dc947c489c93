/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opening an object that may be anything. libbpf trusts the member offsets of a
 * struct_ops value's type until the kernel has seen the BTF, which is too late:
 * so they are checked here.
 */
#include "loader/internal.h"

static const char *bad_member(const struct btf *btf, const struct btf_type *t, size_t size)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		s64 member_size = btf__resolve_size(btf, m[i].type);
		u64 at = btf_member_bit_offset(t, i) / 8;

		if (member_size < 0 || at + member_size > size)
			return btf__name_by_offset(btf, m[i].name_off) ?: "?";
	}
	return NULL;
}

static int check_struct_ops(struct bpf_object *obj, const char *path, struct err_msg *e)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		const struct btf_type *t;
		const char *member;
		size_t size;

		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		t = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
		if (!bpf_map__initial_value(map, &size) || !t || !btf_is_struct(t))
			return err_set(e, -EINVAL, "%s: %s: its value has no struct type", path,
				       bpf_map__name(map));
		member = bad_member(btf, t, min(size, (size_t)t->size));
		if (member)
			return err_set(e, -EINVAL, "%s: %s: member %s lies outside of its struct",
				       path, bpf_map__name(map), member);
	}
	return 0;
}

int loader_open_object(struct loader_scope *s, const char *path, struct err_msg *e,
		       struct bpf_object **out)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	int err;

	if (!obj)
		return loader_error(s, e, -errno, path);
	err = check_struct_ops(obj, path, e);
	if (err) {
		bpf_object__close(obj);
		return err;
	}
	*out = obj;
	return 0;
}
