/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "loader/internal.h"

static bool is_struct_ops(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS;
}

int loader_open(struct kernel *k, const char *path, struct err_msg *e, struct loader **out)
{
	struct loader_scope s;
	struct loader *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return err_set(e, -ENOMEM, "%s: out of memory", path);
	l->k = k;
	loader_enter(&s, k);
	err = loader_open_object(&s, k, path, e, &l->obj);
	l->path = err ? NULL : strdup(path);
	if (!err && !l->path) {
		bpf_object__close(l->obj);
		err = err_set(e, -ENOMEM, "%s: out of memory", path);
	}
	loader_leave(&s);
	if (err) {
		free(l);
		return err;
	}
	*out = l;
	return 0;
}

int loader_detach(struct loader *l)
{
	struct loader_scope s;
	int err = 0;

	loader_enter(&s, l->k);
	while (l->nr_links) {
		int ret = bpf_link__destroy(l->links[--l->nr_links]);

		err = err ?: ret;
	}
	loader_leave(&s);
	free(l->links);
	l->links = NULL;
	return err;
}

void loader_close(struct loader *l)
{
	struct loader_scope s;

	if (!l)
		return;
	loader_detach(l);
	loader_enter(&s, l->k);
	bpf_object__close(l->obj);
	loader_leave(&s);
	free(l->path);
	free(l);
}

int loader_set_global(struct loader *l, const char *assignment, struct err_msg *e)
{
	struct loader_scope s;
	int err;

	loader_enter(&s, l->k);
	err = loader_apply_global(l->obj, l->k, assignment, e);
	loader_leave(&s);
	return err;
}

int loader_load(struct loader *l, struct err_msg *e)
{
	struct loader_scope s;
	int err;

	loader_enter(&s, l->k);
	err = bpf_object__load(l->obj);
	if (err)
		err = loader_explain(&s, l->k, l->path, err, e);
	snprintf(l->refusal, sizeof(l->refusal), "%s", err ? s.refusal : "");
	loader_leave(&s);
	return err;
}

int loader_attach(struct loader *l, struct err_msg *e)
{
	u32 nr = loader_nr_struct_ops(l);
	struct loader_scope s;
	const char *why;
	struct bpf_map *map;
	int err = 0;

	if (!nr)
		return err_set(e, -ENOENT,
			       "%s: no struct_ops value to attach (SEC(\".struct_ops\") or "
			       "SEC(\".struct_ops.link\"))",
			       loader_object_name(l));
	if (l->links)
		return err_set(e, -EALREADY, "%s: it is attached", loader_object_name(l));
	l->links = calloc(nr, sizeof(*l->links));
	if (!l->links)
		return err_set(e, -ENOMEM, "out of memory");

	loader_enter(&s, l->k);
	bpf_object__for_each_map(map, l->obj) {
		struct bpf_link *link;

		if (!is_struct_ops(map) || !bpf_map__autocreate(map))
			continue;
		link = bpf_map__attach_struct_ops(map);
		if (!link) {
			err = -errno;
			why = kernel_bpf_error(l->k);
			if (why[0])
				err_set(e, err, "%s: %s", bpf_map__name(map), why);
			else
				loader_error(&s, e, err, bpf_map__name(map));
			break;
		}
		l->links[l->nr_links++] = link;
	}
	loader_leave(&s);
	if (err)
		loader_detach(l);
	return err;
}

const char *loader_refusal(const struct loader *l)
{
	return l->refusal;
}

const char *loader_object_name(const struct loader *l)
{
	return bpf_object__name(l->obj);
}

u32 loader_nr_struct_ops(const struct loader *l)
{
	struct bpf_map *map;
	u32 nr = 0;

	bpf_object__for_each_map(map, l->obj)
		nr += is_struct_ops(map) && bpf_map__autocreate(map);
	return nr;
}

/* ---- struct_ops values, as libbpf's open file shows them ---- */

struct ops_view {
	const struct btf *btf;
	const struct btf_type *type;
	const char *data;
};

/*
 * The object's own copy of a struct_ops value: data members as written in the
 * source, and in place of each callback the struct bpf_program that implements it.
 */
static bool view_ops(struct bpf_object *obj, struct bpf_map *map, struct ops_view *v)
{
	size_t size;

	if (!is_struct_ops(map))
		return false;
	v->btf = bpf_object__btf(obj);
	v->data = bpf_map__initial_value(map, &size);
	v->type = btf__type_by_id(v->btf, bpf_map__btf_value_type_id(map));
	return v->data && v->type && btf_is_struct(v->type) && v->type->size <= size;
}

const char *loader_sched_name(const struct loader *l)
{
	struct bpf_map *map;
	struct ops_view v;

	bpf_object__for_each_map(map, l->obj) {
		const struct btf_member *m;

		if (!view_ops(l->obj, map, &v))
			continue;
		m = btf_members(v.type);
		for (int i = 0; i < btf_vlen(v.type); i++) {
			const char *name = btf__name_by_offset(v.btf, m[i].name_off);

			if (!strcmp(name, "name") && m[i].offset % 8 == 0 &&
			    memchr(v.data + m[i].offset / 8, 0, v.type->size - m[i].offset / 8))
				return v.data + m[i].offset / 8;
		}
		return bpf_map__name(map);
	}
	return "";
}

const char *loader_member_of(struct bpf_object *obj, const struct bpf_program *prog)
{
	struct bpf_map *map;
	struct ops_view v;

	bpf_object__for_each_map(map, obj) {
		const struct btf_member *m;

		if (!view_ops(obj, map, &v))
			continue;
		m = btf_members(v.type);
		for (int i = 0; i < btf_vlen(v.type); i++) {
			const void *ptr;

			if (m[i].offset % 8 || m[i].offset / 8 + sizeof(ptr) > v.type->size ||
			    !btf_is_ptr(btf__type_by_id(v.btf, m[i].type)))
				continue;
			memcpy(&ptr, v.data + m[i].offset / 8, sizeof(ptr));
			if (ptr == prog)
				return btf__name_by_offset(v.btf, m[i].name_off);
		}
	}
	return "";
}
