/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Phase one: every type by itself. What holds for a whole kind is a row of
 * kinds[]: the bytes that follow the type, and the checks in the order in which
 * Linux makes them (the order decides which message a type with two faults
 * gets). What holds for the parts of a type is the row's `parts` function.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "btf/impl.h"

#define INFO_MASK 0x9f00ffff
#define INT_DATA_MASK 0x0fffffff
#define NAME_LEN_MAX 512

enum check {
	DONE,
	VLEN_0,
	KFLAG_0,
	TYPE_0,
	TYPE_ID,    /* in the range of ids */
	TYPE_NOT_0, /* and not void */
	SIZE_0,
	SIZE_NOT_0,
	SIZE_OF_ENUM,
	SIZE_OF_FLOAT,
	NAMED,
	NAMED_OR_ANON,
	ANON,
	NAMED_FREELY, /* any text */
	NAMED_VALUE,  /* the same, with a decl tag's wording */
	NAMED_SECTION,
	FUNC_LINKAGE,
	VAR_LINKAGE,
	COMPONENT,
	INT_DATA,
	ARRAY_IDS,
};

struct kind_rule {
	u8 fixed, per_vlen; /* bytes behind struct btf_type */
	enum check checks[6];
	int (*parts)(struct kbtf_check *c, const struct btf_type *t);
};

/* ---- names ---- */

static bool name_in_range(const struct kbtf *b, u32 off)
{
	return off <= BTF_MAX_NAME_OFFSET && off < b->hdr.str_len;
}

static bool is_identifier(const struct kbtf *b, u32 off)
{
	const char *s = b->strings + off;
	size_t n = 0;

	for (; s[n]; n++) {
		bool ok = s[n] == '_' || s[n] == '.' ||
			  (n ? isalnum((u8)s[n]) : isalpha((u8)s[n]));

		if (!ok || n >= NAME_LEN_MAX)
			return false;
	}
	return n > 0;
}

static bool is_section_name(const struct kbtf *b, u32 off)
{
	const char *s = b->strings + off;
	size_t n = 0;

	for (; s[n]; n++)
		if (!isprint((u8)s[n]) || n >= NAME_LEN_MAX)
			return false;
	return n > 0;
}

/* ---- checks of the type itself ---- */

static int check_int(struct kbtf_check *c, const struct btf_type *t)
{
	u32 data = int_data(t), bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	u32 enc = BTF_INT_ENCODING(data);

	if (data & ~INT_DATA_MASK)
		return kbtf_bad_basic(c, t, "Invalid int_data:%x", data);
	if (bits > 128)
		return kbtf_bad_type(c, t, "nr_bits exceeds %u", 128);
	if (DIV_ROUND_UP(bits, 8) > t->size)
		return kbtf_bad_type(c, t, "nr_bits exceeds type_size");
	if (enc && enc != BTF_INT_SIGNED && enc != BTF_INT_CHAR && enc != BTF_INT_BOOL) {
		kbtf_bad_type(c, t, "Unsupported encoding");
		return -ENOTSUPP;
	}
	return 0;
}

static int check_array_ids(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_array *a = (const void *)(t + 1);

	if (!a->type || a->type > BTF_MAX_TYPE)
		return kbtf_bad_type(c, t, "Invalid elem");
	if (!a->index_type || a->index_type > BTF_MAX_TYPE)
		return kbtf_bad_type(c, t, "Invalid index");
	return 0;
}

static int check_name(struct kbtf_check *c, const struct btf_type *t, enum check what)
{
	const struct kbtf *b = c->b;
	bool ok = false;

	switch (what) {
	case ANON:
		ok = !t->name_off;
		break;
	case NAMED_OR_ANON:
		ok = !t->name_off || is_identifier(b, t->name_off);
		break;
	case NAMED:
		ok = t->name_off && is_identifier(b, t->name_off);
		break;
	case NAMED_SECTION:
		ok = t->name_off && is_section_name(b, t->name_off);
		break;
	default:
		ok = b->strings[t->name_off];
	}
	if (ok)
		return 0;
	return kbtf_bad_type(c, t, what == NAMED_VALUE ? "Invalid value" : "Invalid name");
}

static int check_linkage(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_var *v = (const void *)(t + 1);

	if (kbtf_kind(t) == BTF_KIND_FUNC) {
		/* A kernel's FUNCs may be external; a program's are static or global. */
		u32 max = c->b->kernel ? BTF_FUNC_EXTERN : BTF_FUNC_GLOBAL;

		return kbtf_vlen(t) <= max ? 0 : kbtf_bad_type(c, t, "Invalid func linkage");
	}
	if (v->linkage != BTF_VAR_STATIC && v->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return kbtf_bad_type(c, t, "Linkage not supported");
	return 0;
}

static int check_one(struct kbtf_check *c, const struct btf_type *t, enum check what)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);

	switch (what) {
	case VLEN_0:
		return kbtf_vlen(t) ? kbtf_bad_type(c, t, "vlen != 0") : 0;
	case KFLAG_0:
		return kbtf_kflag(t) ? kbtf_bad_type(c, t, "Invalid btf_info kind_flag") : 0;
	case TYPE_0:
		return t->type ? kbtf_bad_type(c, t, "type != 0") : 0;
	case TYPE_ID:
		return t->type > BTF_MAX_TYPE ? kbtf_bad_type(c, t, "Invalid type_id") : 0;
	case TYPE_NOT_0:
		return !t->type || t->type > BTF_MAX_TYPE ? kbtf_bad_type(c, t, "Invalid type_id") :
							    0;
	case SIZE_0:
		return t->size ? kbtf_bad_type(c, t, "size != 0") : 0;
	case SIZE_NOT_0:
		return t->size ? 0 : kbtf_bad_type(c, t, "size == 0");
	case SIZE_OF_ENUM:
		return t->size <= 8 && is_power_of_2(t->size) ?
			       0 :
			       kbtf_bad_type(c, t, "Unexpected size");
	case SIZE_OF_FLOAT:
		return t->size == 2 || t->size == 4 || t->size == 8 || t->size == 12 ||
				       t->size == 16 ?
			       0 :
			       kbtf_bad_type(c, t, "Invalid type_size");
	case COMPONENT:
		return tag->component_idx < -1 ? kbtf_bad_type(c, t, "Invalid component_idx") : 0;
	case FUNC_LINKAGE:
	case VAR_LINKAGE:
		return check_linkage(c, t);
	case INT_DATA:
		return check_int(c, t);
	case ARRAY_IDS:
		return check_array_ids(c, t);
	default:
		return check_name(c, t, what);
	}
}

/* ---- the parts of a type ---- */

static int check_members(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_member *m = kbtf_members(t), *end = m + kbtf_vlen(t);
	bool is_union = kbtf_kind(t) == BTF_KIND_UNION;
	u32 last = 0;

	for (; m < end; m++) {
		u32 off = kbtf_member_bit_offset(t, m);

		if (!name_in_range(c->b, m->name_off)) {
			char why[48];

			snprintf(why, sizeof(why), "Invalid member name_offset:%u", m->name_off);
			return kbtf_bad_member(c, t, m, why);
		}
		if (m->name_off && !is_identifier(c->b, m->name_off))
			return kbtf_bad_member(c, t, m, "Invalid name");
		if (!m->type || m->type > BTF_MAX_TYPE)
			return kbtf_bad_member(c, t, m, "Invalid type_id");
		if ((is_union && off) || off < last)
			return kbtf_bad_member(c, t, m, "Invalid member bits_offset");
		if (off / 8 + !!(off % 8) > t->size)
			return kbtf_bad_member(c, t, m,
					       "Member bits_offset exceeds its struct size");
		kbtf_bad_member(c, t, m, NULL);
		last = off;
	}
	return 0;
}

static int check_enum_name(struct kbtf_check *c, const struct btf_type *t, u32 name_off)
{
	if (!name_in_range(c->b, name_off))
		return kbtf_say(c, "\tInvalid name_offset:%u", name_off);
	if (!name_off || !is_identifier(c->b, name_off))
		return kbtf_bad_type(c, t, "Invalid name");
	return 0;
}

static int check_enums(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_enum *e = (const void *)(t + 1);

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		int err = check_enum_name(c, t, e[i].name_off);
		const char *name;

		if (err)
			return err;
		name = kbtf_log_name(c->b, e[i].name_off);
		if (kbtf_kflag(t))
			kbtf_say(c, "\t%s val=%d\n", name, e[i].val);
		else
			kbtf_say(c, "\t%s val=%u\n", name, e[i].val);
	}
	return 0;
}

static int check_enums64(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_enum64 *e = (const void *)(t + 1);

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		u64 val = (u64)e[i].val_hi32 << 32 | e[i].val_lo32;
		int err = check_enum_name(c, t, e[i].name_off);
		const char *name;

		if (err)
			return err;
		name = kbtf_log_name(c->b, e[i].name_off);
		if (kbtf_kflag(t))
			kbtf_say(c, "\t%s val=%lld\n", name, (long long)val);
		else
			kbtf_say(c, "\t%s val=%llu\n", name, (unsigned long long)val);
	}
	return 0;
}

static int check_section(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1), *end = v + kbtf_vlen(t);
	u64 used = 0;

	for (; v < end; v++) {
		if (!v->type || v->type > BTF_MAX_TYPE)
			return kbtf_bad_secinfo(c, t, v, "Invalid type_id");
		if (v->offset < used || v->offset >= t->size)
			return kbtf_bad_secinfo(c, t, v, "Invalid offset");
		if (!v->size || v->size > t->size)
			return kbtf_bad_secinfo(c, t, v, "Invalid size");
		used = (u64)v->offset + v->size;
		if (used > t->size)
			return kbtf_bad_secinfo(c, t, v, "Invalid offset+size");
		kbtf_bad_secinfo(c, t, v, NULL);
	}
	return 0;
}

static const struct kind_rule kinds[] = {
	[BTF_KIND_INT] = { 4, 0, { VLEN_0, KFLAG_0, INT_DATA }, NULL },
	[BTF_KIND_PTR] = { 0, 0, { VLEN_0, KFLAG_0, TYPE_ID, ANON }, NULL },
	[BTF_KIND_ARRAY] = { 12, 0, { ANON, VLEN_0, KFLAG_0, SIZE_0, ARRAY_IDS }, NULL },
	[BTF_KIND_STRUCT] = { 0, 12, { NAMED_OR_ANON }, check_members },
	[BTF_KIND_UNION] = { 0, 12, { NAMED_OR_ANON }, check_members },
	[BTF_KIND_ENUM] = { 0, 8, { SIZE_OF_ENUM, NAMED_OR_ANON }, check_enums },
	[BTF_KIND_FWD] = { 0, 0, { VLEN_0, TYPE_0, NAMED }, NULL },
	[BTF_KIND_TYPEDEF] = { 0, 0, { VLEN_0, KFLAG_0, TYPE_ID, NAMED }, NULL },
	[BTF_KIND_VOLATILE] = { 0, 0, { VLEN_0, KFLAG_0, TYPE_ID, ANON }, NULL },
	[BTF_KIND_CONST] = { 0, 0, { VLEN_0, KFLAG_0, TYPE_ID, ANON }, NULL },
	[BTF_KIND_RESTRICT] = { 0, 0, { VLEN_0, KFLAG_0, TYPE_ID, ANON }, NULL },
	[BTF_KIND_FUNC] = { 0, 0, { NAMED, FUNC_LINKAGE, KFLAG_0 }, NULL },
	[BTF_KIND_FUNC_PROTO] = { 0, 8, { ANON, KFLAG_0 }, NULL },
	[BTF_KIND_VAR] = { 4, 0, { VLEN_0, KFLAG_0, NAMED, TYPE_NOT_0, VAR_LINKAGE }, NULL },
	[BTF_KIND_DATASEC] = { 0, 12, { SIZE_NOT_0, KFLAG_0, NAMED_SECTION }, check_section },
	[BTF_KIND_FLOAT] = { 0, 0, { VLEN_0, KFLAG_0, SIZE_OF_FLOAT }, NULL },
	[BTF_KIND_DECL_TAG] = { 4, 0, { NAMED_VALUE, VLEN_0, KFLAG_0, COMPONENT }, NULL },
	[BTF_KIND_TYPE_TAG] = { 0, 0, { VLEN_0, KFLAG_0, TYPE_ID, NAMED_FREELY }, NULL },
	[BTF_KIND_ENUM64] = { 0, 12, { SIZE_OF_ENUM, NAMED_OR_ANON }, check_enums64 },
};

_Static_assert(ARRAY_SIZE(kinds) == BTF_KIND_ENUM64 + 1, "a kind without a rule");

/* Bytes of the type at @t with @left bytes from there on, or -errno. */
static s64 check_type(struct kbtf_check *c, const struct btf_type *t, u32 left)
{
	const struct kind_rule *rule;
	u32 more;
	int err = 0;

	if (left < sizeof(*t))
		return kbtf_say(c, "[%u] meta_left:%u meta_needed:%zu", c->id, left, sizeof(*t));
	left -= sizeof(*t);
	if (t->info & ~INFO_MASK)
		return kbtf_say(c, "[%u] Invalid btf_info:%x", c->id, t->info);
	if (kbtf_kind(t) >= ARRAY_SIZE(kinds) || kbtf_kind(t) == BTF_KIND_UNKN)
		return kbtf_say(c, "[%u] Invalid kind:%u", c->id, kbtf_kind(t));
	if (!name_in_range(c->b, t->name_off))
		return kbtf_say(c, "[%u] Invalid name_offset:%u", c->id, t->name_off);

	rule = &kinds[kbtf_kind(t)];
	more = rule->fixed + rule->per_vlen * kbtf_vlen(t);
	if (left < more)
		return kbtf_bad_basic(c, t, "meta_left:%u meta_needed:%u", left, more);
	for (size_t i = 0; i < ARRAY_SIZE(rule->checks) && rule->checks[i] != DONE && !err; i++)
		err = check_one(c, t, rule->checks[i]);
	if (err)
		return err;
	kbtf_log_type(c, t);
	if (rule->parts)
		err = rule->parts(c, t);
	return err ? err : (s64)(sizeof(*t) + more);
}

static int add_type(struct kbtf *b, const struct btf_type *t, u32 *room)
{
	const struct btf_type **types;
	u32 want = *room + *room / 4 + 64;

	if (b->nr_types < *room) {
		b->types[b->nr_types++] = t;
		return 0;
	}
	if (b->nr_types > BTF_MAX_TYPE)
		return -E2BIG;
	types = reallocarray(b->types, want, sizeof(*types));
	if (!types)
		return -ENOMEM;
	b->types = types;
	*room = want;
	b->types[b->nr_types++] = t;
	return 0;
}

int kbtf_check_metas(struct kbtf_check *c)
{
	static const struct btf_type void_type;
	struct kbtf *b = c->b;
	const char *base = (const char *)b->data + b->hdr.hdr_len + b->hdr.type_off;
	u32 off = 0, room = 0;
	int err = add_type(b, &void_type, &room);

	for (c->id = 1; !err && off < b->hdr.type_len; c->id++) {
		const struct btf_type *t = (const void *)(base + off);
		s64 n = check_type(c, t, b->hdr.type_len - off);

		if (n < 0)
			return n;
		err = add_type(b, t, &room);
		if (err == -E2BIG)
			kbtf_say(c, "Exceeded max num of types");
		off += n;
	}
	return err;
}
