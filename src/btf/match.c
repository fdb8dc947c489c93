/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sameness of types of two kbtfs. What a type holds is compared member by
 * member; what it only points at by kind and name, because there the graph has
 * cycles, and an incomplete type stands for its definition.
 */
#include "btf/impl.h"

#define MAX_DEPTH 32

struct side {
	const struct kbtf *b;
	u32 id;
	const struct btf_type *t;
};

static bool same_name(const struct side *x, u32 x_off, const struct side *y, u32 y_off)
{
	return !strcmp(kbtf_name(x->b, x_off), kbtf_name(y->b, y_off));
}

static bool match(struct side x, struct side y, bool pointed_at, int depth);

static bool match_ids(const struct side *x, u32 x_id, const struct side *y, u32 y_id,
		      bool pointed_at, int depth)
{
	return match((struct side){ x->b, x_id, NULL }, (struct side){ y->b, y_id, NULL },
		     pointed_at, depth + 1);
}

static bool match_members(const struct side *x, const struct side *y, int depth)
{
	const struct btf_member *a = kbtf_members(x->t), *b = kbtf_members(y->t);

	if (x->t->size != y->t->size || kbtf_vlen(x->t) != kbtf_vlen(y->t))
		return false;
	for (u32 i = 0; i < kbtf_vlen(x->t); i++, a++, b++) {
		if (!same_name(x, a->name_off, y, b->name_off) ||
		    kbtf_member_bit_offset(x->t, a) != kbtf_member_bit_offset(y->t, b) ||
		    kbtf_member_bitfield_size(x->t, a) != kbtf_member_bitfield_size(y->t, b) ||
		    !match_ids(x, a->type, y, b->type, false, depth))
			return false;
	}
	return true;
}

static bool match_proto(const struct side *x, const struct side *y, int depth)
{
	const struct btf_param *a = kbtf_params(x->t), *b = kbtf_params(y->t);

	if (kbtf_vlen(x->t) != kbtf_vlen(y->t) ||
	    !match_ids(x, x->t->type, y, y->t->type, false, depth))
		return false;
	for (u32 i = 0; i < kbtf_vlen(x->t); i++)
		if (!match_ids(x, a[i].type, y, b[i].type, false, depth))
			return false;
	return true;
}

static bool match_enums(const struct side *x, const struct side *y)
{
	const u32 *a = (const void *)(x->t + 1), *b = (const void *)(y->t + 1);
	u32 words = kbtf_kind(x->t) == BTF_KIND_ENUM64 ? 3 : 2;

	if (x->t->size != y->t->size || kbtf_vlen(x->t) != kbtf_vlen(y->t))
		return false;
	for (u32 i = 0; i < kbtf_vlen(x->t); i++, a += words, b += words)
		if (!same_name(x, a[0], y, b[0]) || a[1] != b[1] ||
		    (words == 3 && a[2] != b[2]))
			return false;
	return true;
}

/* STRUCT and UNION, either of which may be a FWD on one side where it is only pointed at. */
static u32 complete_kind(const struct btf_type *t)
{
	if (kbtf_kind(t) == BTF_KIND_FWD)
		return kbtf_kflag(t) ? BTF_KIND_UNION : BTF_KIND_STRUCT;
	return kbtf_kind(t);
}

static bool match_array(const struct side *x, const struct side *y, int depth)
{
	const struct btf_array *a = (const void *)(x->t + 1), *b = (const void *)(y->t + 1);

	return a->nelems == b->nelems && match_ids(x, a->type, y, b->type, false, depth);
}

static bool match(struct side x, struct side y, bool pointed_at, int depth)
{
	if (depth > MAX_DEPTH)
		return false;
	x.t = kbtf_skip_modifiers(x.b, x.id, &x.id);
	y.t = kbtf_skip_modifiers(y.b, y.id, &y.id);
	if (!x.t || !y.t)
		return false;
	if (x.b == y.b && x.id == y.id)
		return true;
	if ((pointed_at ? complete_kind(x.t) : kbtf_kind(x.t)) !=
	    (pointed_at ? complete_kind(y.t) : kbtf_kind(y.t)))
		return false;
	switch (kbtf_kind(x.t)) {
	case BTF_KIND_UNKN:
		return true;
	case BTF_KIND_PTR:
		return match_ids(&x, x.t->type, &y, y.t->type, true, depth);
	case BTF_KIND_ARRAY:
		return match_array(&x, &y, depth);
	case BTF_KIND_FUNC_PROTO:
		return match_proto(&x, &y, depth);
	case BTF_KIND_FUNC:
		return same_name(&x, x.t->name_off, &y, y.t->name_off) &&
		       match_ids(&x, x.t->type, &y, y.t->type, false, depth);
	default:
		break;
	}
	if (!same_name(&x, x.t->name_off, &y, y.t->name_off))
		return false;
	switch (kbtf_kind(x.t)) {
	case BTF_KIND_INT:
		return x.t->size == y.t->size && int_data(x.t) == int_data(y.t);
	case BTF_KIND_FLOAT:
		return x.t->size == y.t->size;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return match_enums(&x, &y);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		/* Anonymous ones have nothing but their members to tell them by. */
		return (pointed_at && x.t->name_off) || match_members(&x, &y, depth);
	case BTF_KIND_FWD:
		return true;
	default:
		return false;
	}
}

bool kbtf_types_match(const struct kbtf *a, u32 a_id, const struct kbtf *b, u32 b_id)
{
	return match((struct side){ a, a_id, NULL }, (struct side){ b, b_id, NULL }, false, 0);
}
