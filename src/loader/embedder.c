/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel BTF of an embedder: Linux's part, the types of the embedder's
 * program, and what follows from its declarations: a FUNC for each kfunc, with
 * the prototype of its implementations less the last parameter, and the struct
 * that a value of each type is written as.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernel/btf_image.h"
#include "loader/internal.h"
#include "scxlab/scxlab.h"

#define COMMON_VALUE "bpf_struct_ops_common_value"
#define MAX_NAME 120 /* bytes; Linux's names, prefixes and all, have less than 128 */
#define DIGITS "0123456789"
#define NAME_CHARS DIGITS "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define VALUE_ALIGN 64u

static const struct btf_type *proto_of(const struct btf *b, const char *fn)
{
	s32 id = btf__find_by_name_kind(b, fn, BTF_KIND_FUNC);

	return id < 0 ? NULL : btf__type_by_id(b, btf__type_by_id(b, id)->type);
}

static const char *param_name(const struct btf *b, const struct btf_type *proto, u32 i)
{
	return btf__name_by_offset(b, btf_params(proto)[i].name_off);
}

/* All implementations of a kfunc take and return the same. */
static int check_implementation(const struct btf *b, const struct scxlab_type *type,
				const struct scxlab_kfunc *kf, u32 idx, struct err_msg *e)
{
	const char *fn = kf->cases[idx].fn_name, *first = kf->cases[0].fn_name;
	const struct btf_type *p, *p0;
	u32 n, arg;

	if (!fn)
		return err_set(e, -EINVAL, "%s: %s: case %u has no fn_name", type->name, kf->name,
			       idx);
	p = proto_of(b, fn);
	p0 = proto_of(b, first);
	if (!p)
		return err_set(e, -EINVAL, "%s: %s: no function %s in the BTF of the program",
			       type->name, kf->name, fn);
	n = btf_vlen(p);
	if (!n || !btf_is_ptr(btf__type_by_id(b, btf_params(p)[n - 1].type)))
		return err_set(e, -EINVAL,
			       "%s: %s: the last parameter of %s() is not a pointer, for priv",
			       type->name, kf->name, fn);
	if (n > 6)
		return err_set(e, -EINVAL, "%s: %s: %s() has more than five parameters and priv",
			       type->name, kf->name, fn);
	arg = kf->cases[idx].arg;
	if (kf->cases[idx].arg_type &&
	    (arg + 1 >= n || !btf_is_ptr(btf__type_by_id(b, btf_params(p)[arg].type))))
		return err_set(e, -EINVAL, "%s: %s: argument %u of %s() is no pointer to a struct",
			       type->name, kf->name, arg, fn);
	if (n != btf_vlen(p0))
		return err_set(e, -EINVAL, "%s: %s: %s() has %u parameters, but %s() has %u",
			       type->name, kf->name, fn, n, first, btf_vlen(p0));
	if (p->type != p0->type)
		return err_set(e, -EINVAL, "%s: %s: %s() and %s() return different types",
			       type->name, kf->name, fn, first);
	for (u32 i = 0; i + 1 < n; i++)
		if (btf_params(p)[i].type != btf_params(p0)[i].type)
			return err_set(e, -EINVAL,
				       "%s: %s: parameter %u (%s) of %s() is not that of %s()",
				       type->name, kf->name, i + 1, param_name(b, p, i), fn, first);
	return 0;
}

static int add_kfunc(struct btf *b, const struct scxlab_type *type, const struct scxlab_kfunc *kf,
		     struct err_msg *e)
{
	const struct btf_type *proto;
	int id, err;
	u32 nr;

	if (!kf->cases[0].fn)
		return err_set(e, -EINVAL, "%s: %s: no implementation", type->name, kf->name);
	if (btf__find_by_name_kind(b, kf->name, BTF_KIND_FUNC) > 0)
		return err_set(e, -EINVAL, "%s: %s: there is a function of that name already",
			       type->name, kf->name);
	for (u32 i = 0; i < SCXLAB_MAX_CASES && kf->cases[i].fn; i++) {
		err = check_implementation(b, type, kf, i, e);
		if (err)
			return err;
	}
	proto = proto_of(b, kf->cases[0].fn_name);
	nr = btf_vlen(proto) - 1;
	id = btf__add_func_proto(b, proto->type);
	for (u32 i = 0; i < nr && id > 0; i++) {
		/* Adding may move the types. */
		proto = proto_of(b, kf->cases[0].fn_name);
		err = btf__add_func_param(b, param_name(b, proto, i), btf_params(proto)[i].type);
		if (err)
			return err_set(e, err, "%s: %s: out of memory", type->name, kf->name);
	}
	if (id > 0)
		id = btf__add_func(b, kf->name, BTF_FUNC_GLOBAL, id);
	return id < 0 ? err_set(e, id, "%s: %s: cannot add its BTF", type->name, kf->name) : 0;
}

/* struct bpf_struct_ops_TYPE { common; data }, unless the program has it. */
static int add_value(struct btf *b, const struct scxlab_type *type, struct err_msg *e)
{
	s32 data = btf__find_by_name_kind(b, type->name, BTF_KIND_STRUCT);
	s32 common = btf__find_by_name_kind(b, COMMON_VALUE, BTF_KIND_STRUCT);
	char name[160];
	u32 size;
	int err;

	if (data < 0)
		return err_set(e, -EINVAL, "%s: no such struct in the BTF of the program (is it used there?)",
			       type->name);
	snprintf(name, sizeof(name), "bpf_struct_ops_%s", type->name);
	if (btf__find_by_name_kind(b, name, BTF_KIND_STRUCT) > 0)
		return 0;
	size = VALUE_ALIGN + ALIGN_UP(btf__type_by_id(b, data)->size, VALUE_ALIGN);
	err = btf__add_struct(b, name, size);
	if (err > 0)
		err = btf__add_field(b, "common", common, 0, 0);
	if (!err)
		err = btf__add_field(b, "data", data, VALUE_ALIGN * 8, 0);
	return err ? err_set(e, err, "%s: cannot add %s to the BTF", type->name, name) : 0;
}

/* An identifier; "" and NULL are none. */
static int check_name(const char *name, const char *of, const char *what, size_t i,
		      struct err_msg *e)
{
	size_t len = name ? strspn(name, NAME_CHARS) : 0;

	if (!name || !*name)
		return err_set(e, -EINVAL, "%s%s %zu has no name", of, what, i);
	if (name[len] || strchr(DIGITS, *name))
		return err_set(e, -EINVAL, "%s%s %zu: \"%.40s\" is no identifier", of, what, i, name);
	if (len > MAX_NAME)
		return err_set(e, -EINVAL, "%s%s %zu: %.40s...: a name of more than %d bytes", of,
			       what, i, name, MAX_NAME);
	return 0;
}

/* What the rows of type @t lack for anything to be said about them by name. */
static int check_rows(const struct scxlab_config *cfg, size_t t, struct err_msg *e)
{
	const struct scxlab_type *type = cfg->types ? cfg->types[t] : NULL;
	char of[MAX_NAME + 4];
	int err = check_name(type ? type->name : NULL, "", "type", t, e);

	if (err)
		return err;
	if (type->nr_ops && !type->ops)
		return err_set(e, -EINVAL, "%s: %zu ops, but no rows", type->name, type->nr_ops);
	if (type->nr_kfuncs && !type->kfuncs)
		return err_set(e, -EINVAL, "%s: %zu kfuncs, but no rows", type->name,
			       type->nr_kfuncs);
	snprintf(of, sizeof(of), "%s: ", type->name);
	for (size_t i = 0; i < type->nr_kfuncs && !err; i++)
		err = check_name(type->kfuncs[i].name, of, "kfunc row", i, e);
	return err;
}

static int add_declarations(struct btf *b, const struct scxlab_config *cfg, struct err_msg *e)
{
	for (size_t t = 0; t < cfg->nr_types; t++) {
		const struct scxlab_type *type;
		int err = check_rows(cfg, t, e);

		if (err)
			return err;
		type = cfg->types[t];
		err = add_value(b, type, e);
		for (size_t i = 0; i < type->nr_kfuncs && !err; i++)
			err = add_kfunc(b, type, &type->kfuncs[i], e);
		if (err)
			return err;
	}
	return 0;
}

static int merge(const struct scxlab_config *cfg, struct btf *b, struct err_msg *e)
{
	const char *path = cfg->btf ? cfg->btf : "/proc/self/exe";
	struct btf *own = btf__parse(path, NULL);
	int err;

	if (!own)
		return err_set(e, -errno, "%s: no BTF (is \"pahole -J\" run on the object file?)",
			       path);
	err = btf__add_btf(b, own);
	btf__free(own);
	if (err < 0)
		return err_set(e, err, "%s: cannot add its BTF to the kernel's", path);
	/* Equal types become one, so that prototypes can be compared by id. */
	err = btf__dedup(b, NULL);
	return err ? err_set(e, err, "%s: its BTF has no sound types", path) : 0;
}

int loader_embedder_btf(const struct scxlab_config *cfg, enum kernel_profile profile,
			struct err_msg *e, void **data, u32 *size)
{
	const void *image, *raw;
	struct btf *b;
	u32 len;
	int err;

	image = kernel_btf_image(profile, &len);
	b = btf__new(image, len);
	if (!b)
		return err_set(e, -errno, "cannot read the kernel BTF");
	err = merge(cfg, b, e);
	if (!err)
		err = add_declarations(b, cfg, e);
	if (err)
		goto out_free;
	raw = btf__raw_data(b, &len);
	*data = raw ? malloc(len) : NULL;
	if (!*data) {
		err = err_set(e, -ENOMEM, "out of memory");
		goto out_free;
	}
	memcpy(*data, raw, len);
	*size = len;
out_free:
	btf__free(b);
	return err;
}
