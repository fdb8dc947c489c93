/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A verdict per struct_ops value: libbpf attaches it, but what it asks is changed
 * on the way. Each map is created with BPF_F_LINK, so that writing the value only
 * checks it; and the link, which would register it, is not made. Where a program
 * was refused, all stand there without their bodies.
 */
#include <stdlib.h>

#include "loader/internal.h"

#define MAP_F_LINK (1U << 13) /* BPF_F_LINK, which headers before Linux 6.4 have not */

struct collector {
	bool bodies; /* load the programs as they are */
};

static long create_with_link(struct kernel *k, const union bpf_attr *attr, u32 size)
{
	union bpf_attr changed = {};

	size = min((size_t)size, sizeof(changed));
	memcpy(&changed, attr, size);
	changed.map_flags |= MAP_F_LINK;
	return kernel_bpf(k, BPF_MAP_CREATE, &changed, size);
}

static long on_bpf(void *priv, struct kernel *k, int cmd, void *uattr, unsigned int size)
{
	const struct collector *c = priv;
	const union bpf_attr *attr = uattr;

	switch (cmd) {
	case BPF_PROG_LOAD:
		if (!c->bodies && attr->prog_type == BPF_PROG_TYPE_STRUCT_OPS)
			return loader_load_filler(k, attr, size);
		break;
	case BPF_MAP_CREATE:
		if (attr->map_type == BPF_MAP_TYPE_STRUCT_OPS)
			return create_with_link(k, attr, size);
		break;
	case BPF_LINK_CREATE:
		return -ECANCELED;
	}
	return kernel_bpf(k, cmd, uattr, size);
}

static int add_value(struct kernel *k, struct bpf_map *map, struct loader_verdicts *v)
{
	struct loader_value_verdict *grown, *to;
	struct bpf_link *link;
	const char *why;

	grown = realloc(v->values, (v->nr_values + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	v->values = grown;
	to = &grown[v->nr_values++];
	*to = (struct loader_value_verdict){};
	link = bpf_map__attach_struct_ops(map);
	if (!link && errno != ECANCELED)
		to->err = -errno;
	why = to->err ? kernel_bpf_error(k) : "";
	bpf_link__destroy(link);
	to->map = strdup(bpf_map__name(map));
	to->reason = strdup(why);
	return to->map && to->reason ? 0 : -ENOMEM;
}

static bool all_accepted(const struct loader_verdicts *v)
{
	for (u32 i = 0; i < v->nr_progs; i++)
		if (v->progs[i].err)
			return false;
	return true;
}

/* What cannot be loaded even so is refused already, with its programs. */
static int check_values(struct loader_scope *s, struct kernel *k, struct bpf_object *obj,
			struct err_msg *e, struct loader_verdicts *v)
{
	struct collector c = { .bodies = all_accepted(v) };
	struct bpf_program *prog;
	struct bpf_map *map;
	int err;

	bpf_object__for_each_program(prog, obj)
		if (!c.bodies && bpf_program__type(prog) != BPF_PROG_TYPE_STRUCT_OPS)
			bpf_program__set_autoload(prog, false);
	s->warnings[0] = '\0';
	shim_intercept_bpf(on_bpf, &c);
	err = bpf_object__load(obj);
	if (err && !v->nr_progs)
		err = loader_explain(s, k, bpf_object__name(obj), err, e);
	else if (err)
		err = 0;
	else
		bpf_object__for_each_map(map, obj)
			if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS &&
			    bpf_map__autocreate(map) && !err)
				err = add_value(k, map, v);
	shim_intercept_bpf(NULL, NULL);
	return err;
}

int loader_verify_values(struct loader_scope *s, struct kernel *k, const char *path,
			 const struct loader_verify_opts *opts, struct err_msg *e,
			 struct loader_verdicts *v)
{
	struct bpf_object *obj;
	int err;

	if (kernel_is_check_only(k))
		return 0;
	err = loader_open_object(s, k, path, e, &obj);
	if (err)
		return err;
	err = loader_apply_constants(obj, k, opts, e);
	if (!err)
		err = check_values(s, k, obj, e, v);
	bpf_object__close(obj);
	return err;
}
