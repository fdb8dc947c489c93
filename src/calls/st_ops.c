/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Registered struct_ops types: their BTF, and which row describes which member. */
#include <stdio.h>
#include <stdlib.h>

#include "calls/registry.h"

static s32 member_index(const struct kbtf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = kbtf_members(t);

	for (u32 i = 0; i < kbtf_vlen(t); i++)
		if (!strcmp(kbtf_name(btf, m[i].name_off), name))
			return i;
	return -ENOENT;
}

/* The value struct is {common, data}, with data of the type itself. */
static int check_value(const struct calls *c, const struct st_ops_type *type, u32 type_id,
		       u32 *value_id, struct err_msg *e)
{
	const struct btf_type *v;
	char name[160];
	s32 id;

	snprintf(name, sizeof(name), "bpf_struct_ops_%s", type->name);
	id = kbtf_find(c->kernel, name, BTF_KIND_STRUCT);
	if (id < 0)
		return err_set(e, -EINVAL, "struct_ops %s: no struct %s in the kernel BTF",
			       type->name, name);
	v = kbtf_type(c->kernel, id);
	if (kbtf_vlen(v) != 2 || member_index(c->kernel, v, "common") != 0 ||
	    member_index(c->kernel, v, "data") != 1 || kbtf_members(v)[1].type != type_id)
		return err_set(e, -EINVAL, "struct_ops %s: struct %s is not {common, data}",
			       type->name, name);
	*value_id = id;
	return 0;
}

/* What the framework can hold: named members, no bitfields, results of up to 8 bytes. */
static int check_members(const struct calls *c, const struct st_ops_type *type,
			 const struct btf_type *t, struct err_msg *e)
{
	const struct btf_member *m = kbtf_members(t);

	if (kbtf_vlen(t) > ST_OPS_MAX_MEMBERS)
		return err_set(e, -EINVAL, "struct_ops %s: more than %d members", type->name,
			       ST_OPS_MAX_MEMBERS);
	for (u32 i = 0; i < kbtf_vlen(t); i++, m++) {
		const char *name = kbtf_name(c->kernel, m->name_off);
		const struct btf_type *proto, *ret;
		u32 size = 0;

		if (!*name)
			return err_set(e, -EINVAL, "struct_ops %s: member %u is anonymous",
				       type->name, i);
		if (kbtf_member_bitfield_size(t, m))
			return err_set(e, -EINVAL, "struct_ops %s: %s is a bitfield", type->name,
				       name);
		proto = kbtf_resolve_func_ptr(c->kernel, m->type, NULL);
		if (!proto || !proto->type)
			continue;
		ret = kbtf_resolve_size(c->kernel, proto->type, &size, NULL);
		if (!ret || size > 8)
			return err_set(e, -EINVAL, "struct_ops %s: %s returns more than 8 bytes",
				       type->name, name);
	}
	return 0;
}

static int bind_rows(const struct calls *c, struct st_ops_entry *s, const struct btf_type *t,
		     struct err_msg *e)
{
	const struct st_ops_type *type = s->type;

	for (u32 i = 0; i < type->nr_members; i++) {
		const struct st_ops_member *row = &type->members[i];
		s32 idx = member_index(c->kernel, t, row->name);

		if (idx < 0)
			return err_set(e, -EINVAL, "struct_ops %s: no member %s in the kernel BTF",
				       type->name, row->name);
		if (s->rows[idx])
			return err_set(e, -EINVAL, "struct_ops %s: two rows for %s", type->name,
				       row->name);
		if (!kbtf_resolve_func_ptr(c->kernel, kbtf_members(t)[idx].type, NULL))
			return err_set(e, -EINVAL, "struct_ops %s: %s is not a function pointer",
				       type->name, row->name);
		s->rows[idx] = row;
	}
	return 0;
}

int calls_register_st_ops(struct calls *c, const struct st_ops_type *type, struct err_msg *e)
{
	struct st_ops_entry s = { .type = type }, *all;
	const struct btf_type *t;
	s32 id;
	int err;

	if (!type->name || !type->init_member || !type->reg || !type->unreg)
		return err_set(e, -EINVAL, "struct_ops %s: name or a hook is missing",
			       type->name ? type->name : "(unnamed)");
	id = kbtf_find(c->kernel, type->name, BTF_KIND_STRUCT);
	if (id < 0)
		return err_set(e, -EINVAL, "struct_ops %s: no such struct in the kernel BTF",
			       type->name);
	if (calls_find_st_ops(c, id))
		return err_set(e, -EINVAL, "struct_ops %s: registered twice", type->name);
	s.btf_id = id;
	t = kbtf_type(c->kernel, id);
	err = check_value(c, type, id, &s.value_btf_id, e);
	if (!err)
		err = check_members(c, type, t, e);
	if (!err)
		err = bind_rows(c, &s, t, e);
	if (err)
		return err;
	all = reallocarray(c->st_ops, c->nr_st_ops + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	c->st_ops = all;
	all[c->nr_st_ops++] = s;
	return 0;
}

const char *calls_member_name(const struct calls *c, const struct st_ops_type *t, u32 idx)
{
	const struct st_ops_entry *s = calls_st_ops_entry(c, t);

	return kbtf_name(c->kernel, kbtf_members(kbtf_type(c->kernel, s->btf_id))[idx].name_off);
}

int calls_parse_members(const struct calls *c, const struct kfunc_set *set,
			const struct kfunc_row *row, const char *list, u64 *out, struct err_msg *e)
{
	const struct st_ops_entry *s;
	u64 bits = 0;

	*out = 0;
	if (!list)
		return 0;
	s = calls_st_ops_entry(c, set->st_ops);
	while (*list) {
		size_t len = strcspn(list, ", ");
		char name[64];
		s32 idx = -ENOENT;

		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		if (len < sizeof(name))
			idx = member_index(c->kernel, kbtf_type(c->kernel, s->btf_id), name);
		if (idx < 0 || !s->rows[idx])
			return err_set(e, -EINVAL, "%s: %s: %s has no callback %s", set->name,
				       row->name, set->st_ops->name, name);
		bits |= BIT_ULL(idx);
		list += len;
		list += strspn(list, ", ");
	}
	*out = bits;
	return 0;
}

const struct st_ops_entry *calls_st_ops_entry(const struct calls *c, const struct st_ops_type *t)
{
	for (u32 i = 0; i < c->nr_st_ops; i++)
		if (c->st_ops[i].type == t)
			return &c->st_ops[i];
	return NULL;
}

const struct st_ops_type *calls_find_st_ops(const struct calls *c, u32 btf_id)
{
	for (u32 i = 0; i < c->nr_st_ops; i++)
		if (c->st_ops[i].btf_id == btf_id)
			return c->st_ops[i].type;
	return NULL;
}

const struct st_ops_type *calls_find_st_ops_by_value(const struct calls *c, u32 value_btf_id)
{
	for (u32 i = 0; i < c->nr_st_ops; i++)
		if (c->st_ops[i].value_btf_id == value_btf_id)
			return c->st_ops[i].type;
	return NULL;
}

u32 calls_st_ops_id(const struct calls *c, const struct st_ops_type *t)
{
	const struct st_ops_entry *s = calls_st_ops_entry(c, t);

	return s ? s->btf_id : 0;
}

u32 calls_st_ops_value_id(const struct calls *c, const struct st_ops_type *t)
{
	const struct st_ops_entry *s = calls_st_ops_entry(c, t);

	return s ? s->value_btf_id : 0;
}

const struct st_ops_member *calls_st_ops_member(const struct calls *c, const struct st_ops_type *t,
						u32 idx)
{
	const struct st_ops_entry *s = calls_st_ops_entry(c, t);

	return s && idx < ST_OPS_MAX_MEMBERS ? s->rows[idx] : NULL;
}
