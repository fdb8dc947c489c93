/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * "VAR=VALUE" onto the initial value of .rodata, .data or .bss, or of a struct_ops
 * value, by the object's own BTF: the place is found by walking members and array
 * elements, the value is checked against the type that stands there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loader/internal.h"

struct place {
	const struct btf *btf;
	struct kernel *k; /* whose types have the enumerators that the object does not use */
	u32 type_id;
	char *data;
	u32 bit_size; /* of a bit field; 0: the whole type */
	u32 bit_off;  /* within the byte at data */
};

static const struct btf_type *skip_modifiers(const struct btf *btf, u32 *id)
{
	const struct btf_type *t = btf__type_by_id(btf, *id);

	while (btf_is_mod(t) || btf_is_typedef(t)) {
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return t;
}

/* The struct_ops value called @name (@len bytes), which is @map's. */
static bool find_struct_ops(struct bpf_object *obj, struct bpf_map *map, const char *name,
			    size_t len, struct place *p)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_type *t;
	size_t size;

	if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS || strlen(bpf_map__name(map)) != len ||
	    strncmp(bpf_map__name(map), name, len))
		return false;
	p->type_id = bpf_map__btf_value_type_id(map);
	p->data = bpf_map__initial_value(map, &size);
	t = btf__type_by_id(btf, p->type_id);
	return p->data && t && btf_is_struct(t) && t->size <= size;
}

/* The variable called @name (@len bytes) in the data section behind @map. */
static bool find_in_map(struct bpf_object *obj, struct bpf_map *map, const char *name, size_t len,
			struct place *p)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_type *sec = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
	const struct btf_var_secinfo *v;
	size_t size;

	p->btf = btf;
	if (find_struct_ops(obj, map, name, len, p))
		return true;
	if (!bpf_map__is_internal(map) || !sec || !btf_is_datasec(sec))
		return false;
	v = btf_var_secinfos(sec);
	for (int i = 0; i < btf_vlen(sec); i++, v++) {
		const struct btf_type *var = btf__type_by_id(btf, v->type);
		const char *var_name = btf__name_by_offset(btf, var->name_off);
		char *data;

		if (strlen(var_name) != len || strncmp(var_name, name, len))
			continue;
		data = bpf_map__initial_value(map, &size);
		if (!data || (u64)v->offset + v->size > size)
			return false;
		p->type_id = var->type;
		p->data = data + v->offset;
		return true;
	}
	return false;
}

static int enter_member(struct place *p, const char *name, size_t len, struct err_msg *e)
{
	const struct btf_type *t = skip_modifiers(p->btf, &p->type_id);
	const struct btf_member *m;

	if (!btf_is_composite(t))
		return err_set(e, -EINVAL, "'.%.*s': not a struct or union", (int)len, name);
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		const char *member = btf__name_by_offset(p->btf, m[i].name_off);
		u32 off = btf_member_bit_offset(t, i);

		if (!member[0]) { /* look through anonymous members */
			struct place inner = *p;

			inner.type_id = m[i].type;
			inner.data += off / 8;
			if (!enter_member(&inner, name, len, NULL)) {
				*p = inner;
				return 0;
			}
			continue;
		}
		if (strlen(member) != len || strncmp(member, name, len))
			continue;
		p->type_id = m[i].type;
		p->data += off / 8;
		p->bit_size = btf_member_bitfield_size(t, i);
		p->bit_off = p->bit_size ? off % 8 : 0;
		return 0;
	}
	return err_set(e, -ENOENT, "'.%.*s': struct %s has no such member", (int)len, name,
		       btf__name_by_offset(p->btf, t->name_off));
}

static int enter_element(struct place *p, u64 index, struct err_msg *e)
{
	const struct btf_type *t = skip_modifiers(p->btf, &p->type_id);
	const struct btf_array *a;
	s64 size;

	if (!btf_is_array(t))
		return err_set(e, -EINVAL, "'[%llu]': not an array", (unsigned long long)index);
	a = btf_array(t);
	if (index >= a->nelems)
		return err_set(e, -ERANGE, "'[%llu]': the array has %u elements",
			       (unsigned long long)index, a->nelems);
	size = btf__resolve_size(p->btf, a->type);
	if (size < 0)
		return err_set(e, size, "'[%llu]': element of unknown size",
			       (unsigned long long)index);
	p->type_id = a->type;
	p->data += index * size;
	return 0;
}

/* Follows ".member" and "[index]" up to @end. */
static int follow_path(struct place *p, const char *s, const char *end, struct err_msg *e)
{
	while (s < end) {
		int err;

		if (*s == '.') {
			size_t len = strcspn(++s, ".[=");

			err = enter_member(p, s, len, e);
			s += len;
		} else {
			char *close;
			u64 index = strtoull(s + 1, &close, 0);

			if (*s != '[' || close == s + 1 || *close != ']')
				return err_set(e, -EINVAL, "bad path at '%s'", s);
			err = enter_element(p, index, e);
			s = close + 1;
		}
		if (err)
			return err;
	}
	return 0;
}

static bool enumerator(const struct btf *btf, const struct btf_type *t, const char *name, s64 *out)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		u32 off = btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;

		if (strcmp(btf__name_by_offset(btf, off), name))
			continue;
		if (btf_is_enum64(t))
			*out = btf_enum64_value(&btf_enum64(t)[i]);
		else
			*out = btf_kflag(t) ? btf_enum(t)[i].val : (s64)(u32)btf_enum(t)[i].val;
		return true;
	}
	return false;
}

static bool is_bool(const struct btf_type *t)
{
	return btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_BOOL);
}

/* An enumerator of any enum in @btf. */
static bool any_enumerator(const struct btf *btf, const char *name, s64 *out)
{
	for (u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_any_enum(t) && enumerator(btf, t, name, out))
			return true;
	}
	return false;
}

static bool kernel_enumerator(struct kernel *k, const char *name, s64 *out)
{
	u32 size;
	const void *data = kernel_btf_data(k, &size);
	struct btf *btf = btf__new(data, size);
	bool found = any_enumerator(btf, name, out);

	btf__free(btf);
	return found;
}

/* "A|B": enumerators, as flags are written. */
static bool parse_flags(const struct place *p, const char *text, s64 *out)
{
	char name[128];
	s64 v;

	*out = 0;
	for (;; text++) {
		size_t len = strcspn(text, "|");

		if (!len || len >= sizeof(name))
			return false;
		memcpy(name, text, len);
		name[len] = '\0';
		if (!any_enumerator(p->btf, name, &v) && !kernel_enumerator(p->k, name, &v))
			return false;
		*out |= v;
		text += len;
		if (!*text)
			return true;
	}
}

/* @negative: *out is to be read as s64. */
static int parse_value(const struct place *p, const struct btf_type *t, const char *text, s64 *out,
		       bool *negative, struct err_msg *e)
{
	bool is_enum = btf_is_any_enum(t);
	char *end;

	*negative = text[0] == '-';
	if (is_enum && enumerator(p->btf, t, text, out)) {
		*negative = *out < 0 && btf_kflag(t);
		return 0;
	}
	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*out = text[0] == 't';
		return 0;
	}
	if (btf_is_int(t) && !is_bool(t) && parse_flags(p, text, out))
		return 0;
	errno = 0;
	*out = *negative ? strtoll(text, &end, 0) : (s64)strtoull(text, &end, 0);
	if (errno == ERANGE)
		return err_set(e, -ERANGE, "'%s' does not fit into 64 bits", text);
	if (end == text || *end)
		return err_set(e, -EINVAL, "'%s' is not %s", text,
			       is_enum		? "an enumerator or a number" :
			       is_bool(t) ? "true, false, 0 or 1" :
					    "a number");
	return 0;
}

static bool fits(s64 v, bool negative, bool is_signed, u32 bits)
{
	if (negative)
		return is_signed && (bits >= 64 || v >= -(1LL << (bits - 1)));
	if (bits >= 64)
		return !is_signed || v >= 0;
	return (u64)v < 1ULL << (bits - is_signed);
}

static int store(const struct place *p, const char *text, struct err_msg *e)
{
	u32 id = p->type_id;
	const struct btf_type *t = skip_modifiers(p->btf, &id);
	bool is_signed, one_bit = false, negative;
	u32 bits;
	s64 v = 0;
	int err;

	if (btf_is_int(t)) {
		is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
		one_bit = is_bool(t);
	} else if (btf_is_any_enum(t)) {
		is_signed = btf_kflag(t);
	} else {
		return err_set(e, -EINVAL,
			       "only integers, booleans and enums can be set; name a member or an "
			       "element");
	}
	if (t->size > 8)
		return err_set(e, -EINVAL, "integers of %u bytes cannot be set", t->size);
	err = parse_value(p, t, text, &v, &negative, e);
	if (err)
		return err;
	bits = p->bit_size ?: one_bit ? 1 : t->size * 8;
	if (!fits(v, negative, is_signed && !one_bit, bits))
		return err_set(e, -ERANGE, "'%s' does not fit into %u bit%s%s", text, bits,
			       bits == 1 ? "" : "s", is_signed ? ", signed" : "");
	if (!p->bit_size) {
		memcpy(p->data, &v, t->size);
		return 0;
	}
	for (u32 i = 0; i < p->bit_size; i++) {
		u32 at = p->bit_off + i;
		u8 mask = 1U << at % 8;

		if (v >> i & 1)
			p->data[at / 8] |= mask;
		else
			p->data[at / 8] &= ~mask;
	}
	return 0;
}

/*
 * "VAR[]=N": an array that has a section for itself gets N elements, which is what
 * loaders do for arrays by CPU.
 */
static int resize(struct bpf_map *map, const struct place *p, const char *text, struct err_msg *e)
{
	const struct btf_type *sec = btf__type_by_id(p->btf, bpf_map__btf_value_type_id(map));
	u32 id = p->type_id;
	const struct btf_type *t = skip_modifiers(p->btf, &id);
	u64 nr, size;
	char *end;
	int err;

	if (!btf_is_array(t))
		return err_set(e, -EINVAL, "not an array");
	if (!btf_is_datasec(sec) || btf_vlen(sec) != 1)
		return err_set(e, -EINVAL, "not alone in its section: its size is fixed");
	errno = 0;
	nr = strtoull(text, &end, 0);
	size = btf__resolve_size(p->btf, btf_array(t)->type);
	if (errno || end == text || *end || !nr || nr > (1u << 24) / max(size, (u64)1))
		return err_set(e, -ERANGE, "'%s' is no number of elements that fit into 16 MB", text);
	err = bpf_map__set_value_size(map, (u32)(nr * size));
	return err ? err_set(e, err, "cannot have %s elements: %s", text, strerror(-err)) : 0;
}

/* "a, b, c": the variables of the object, as many as there is room for. */
static void list_globals(struct bpf_object *obj, char *buf, size_t size)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;
	size_t len = 0;

	buf[0] = '\0';
	bpf_object__for_each_map(map, obj) {
		const struct btf_type *sec = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));

		if (!bpf_map__is_internal(map) || !sec || !btf_is_datasec(sec))
			continue;
		for (int i = 0; i < btf_vlen(sec) && len < size; i++) {
			const struct btf_type *var =
				btf__type_by_id(btf, btf_var_secinfos(sec)[i].type);
			const char *name = btf__name_by_offset(btf, var->name_off);

			/* of functions, as format strings are; or named so to be left alone */
			if (strchr(name, '.') || name[0] == '_')
				continue;
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", name);
		}
	}
	if (len >= size)
		memcpy(buf + size - 4, "...", 4);
}

int loader_apply_global(struct bpf_object *obj, struct kernel *k, const char *assignment,
			struct err_msg *e)
{
	const char *eq = strchr(assignment, '=');
	size_t len = strcspn(assignment, ".[=");
	struct err_msg why;
	struct bpf_map *map;
	struct place p = { .k = k };
	char names[300];
	int err;

	if (!eq || !len || !eq[1])
		return err_set(e, -EINVAL, "'%s': expected VAR=VALUE", assignment);
	if (!bpf_object__btf(obj))
		return err_set(e, -ENOENT, "'%s': the object has no BTF (compile with -g)",
			       assignment);
	bpf_object__for_each_map(map, obj) {
		if (!find_in_map(obj, map, assignment, len, &p))
			continue;
		if (!strncmp(assignment + len, "[]=", 3)) {
			err = resize(map, &p, eq + 1, &why);
		} else {
			err = follow_path(&p, assignment + len, eq, &why);
			if (!err)
				err = store(&p, eq + 1, &why);
		}
		return err ? err_set(e, err, "'%s': %s", assignment, why.text) : 0;
	}
	list_globals(obj, names, sizeof(names));
	return err_set(e, -ENOENT, "'%s': the object has no global variable '%.*s'%s%s",
		       assignment, (int)len, assignment, names[0] ? ", but " : "", names);
}
