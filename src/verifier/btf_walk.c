/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verifier/btf_walk.h"

#include "verifier/internal.h"

#define walk_log(w, ...)                                                                           \
	do {                                                                                       \
		if ((w)->env)                                                                      \
			verbose((w)->env, __VA_ARGS__);                                            \
	} while (0)

const char *btfw_kind_str(const struct btf_type *t)
{
	static const char *const names[] = {
		"UNKNOWN", "INT",      "PTR",   "ARRAY",      "STRUCT",   "UNION",    "ENUM",
		"FWD",	   "TYPEDEF",  "VOLATILE", "CONST",   "RESTRICT", "FUNC",     "FUNC_PROTO",
		"VAR",	   "DATASEC",  "FLOAT", "DECL_TAG",   "TYPE_TAG", "ENUM64",
	};
	u32 kind = kbtf_kind(t);

	return kind < ARRAY_SIZE(names) ? names[kind] : "UNKNOWN";
}

bool btfw_is_scalar(const struct btf_type *t)
{
	u32 kind = kbtf_kind(t);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

bool btfw_is_small_int(const struct btf_type *t)
{
	u32 desc;

	if (kbtf_kind(t) != BTF_KIND_INT)
		return false;
	desc = *(const u32 *)(t + 1);
	return !BTF_INT_OFFSET(desc) && BTF_INT_BITS(desc) == t->size * 8 && t->size <= 8 &&
	       is_power_of_2(t->size);
}

static bool scalar_struct(struct bpf_verifier_env *env, const struct kbtf *btf,
			  const struct btf_type *t, int depth)
{
	const struct btf_member *m = kbtf_members(t);
	u32 i;

	if (!kbtf_is_composite(t))
		return false;
	for (i = 0; i < kbtf_vlen(t); i++, m++) {
		const struct btf_type *mt = kbtf_skip_modifiers(btf, m->type, NULL);

		if (!mt)
			return false;
		if (kbtf_is_composite(mt)) {
			if (depth >= 3) {
				verbose(env, "max struct nesting depth exceeded\n");
				return false;
			}
			if (!scalar_struct(env, btf, mt, depth + 1))
				return false;
			continue;
		}
		if (kbtf_kind(mt) == BTF_KIND_ARRAY) {
			const struct btf_array *a = (const struct btf_array *)(mt + 1);

			if (!a->nelems)
				return false;
			mt = kbtf_skip_modifiers(btf, a->type, NULL);
		}
		if (!mt || !btfw_is_scalar(mt))
			return false;
	}
	return true;
}

bool btfw_is_scalar_struct(struct bpf_verifier_env *env, const struct kbtf *btf,
			   const struct btf_type *t)
{
	return scalar_struct(env, btf, t, 0);
}

bool btfw_param_suffix(const struct kbtf *btf, const struct btf_param *p, const char *suffix)
{
	const char *name = kbtf_name(btf, p->name_off);
	size_t n = strlen(suffix), len = name ? strlen(name) : 0;

	return len >= n && !strcmp(name + len - n, suffix);
}

bool btfw_is_safe_member(const struct kbtf *btf, u32 struct_id, const char *field, u32 field_id,
			 enum btfw_safe list)
{
	static const struct {
		enum btfw_safe list;
		const char *type, *member, *target;
	} safe[] = {
#define SAFE(l, t, m, p) { l, t, m, p },
#include "verifier/btf_safe.def"
#undef SAFE
	};
	const char *type = kbtf_type_name(btf, struct_id);
	const char *target = kbtf_type_name(btf, field_id);
	size_t i;

	if (!field || !type || !target || !kbtf_is_kernel(btf))
		return false;
	for (i = 0; i < ARRAY_SIZE(safe); i++)
		if (safe[i].list == list && !strcmp(safe[i].type, type) &&
		    !strcmp(safe[i].member, field) && !strcmp(safe[i].target, target))
			return true;
	return false;
}

/* A member as the walk sees it: arrays of any dimension are flat. */
struct flat {
	const struct btf_type *t; /* element, or the type itself */
	u32 id;
	u32 size;   /* of all elements */
	u32 nelems; /* 1 unless an array */
	bool is_array;
};

static int flatten(const struct kbtf *btf, u32 id, struct flat *f)
{
	u64 nelems = 1;
	u32 size;

	f->is_array = false;
	for (;;) {
		const struct btf_array *a;

		f->t = kbtf_skip_modifiers(btf, id, &f->id);
		if (!f->t)
			return -EFAULT;
		if (kbtf_kind(f->t) != BTF_KIND_ARRAY)
			break;
		f->is_array = true;
		a = (const struct btf_array *)(f->t + 1);
		nelems *= a->nelems;
		id = a->type;
		if (nelems > UINT32_MAX)
			return -EFAULT;
	}
	if (!kbtf_resolve_size(btf, f->id, &size, NULL))
		return -EFAULT;
	if (size * nelems > UINT32_MAX)
		return -EFAULT;
	f->nelems = nelems;
	f->size = size * nelems;
	return 0;
}

/*
 * The range lies behind the end of @t. Legal only in the elements of a trailing
 * [0] array; then *t is the element type and w->off the offset in one element.
 */
static int walk_flex_array(struct walk *w, const struct btf_type **t)
{
	const struct btf_member *last;
	const struct btf_type *arr, *elem;
	const struct btf_array *a;
	u32 vlen = kbtf_vlen(*t), moff;

	if (!w->flex_arrays || !vlen)
		return -EACCES;
	last = kbtf_members(*t) + vlen - 1;
	arr = kbtf_skip_modifiers(w->btf, last->type, NULL);
	if (!arr || kbtf_kind(arr) != BTF_KIND_ARRAY)
		return -EACCES;
	a = (const struct btf_array *)(arr + 1);
	moff = kbtf_member_bit_offset(*t, last) / 8;
	if (a->nelems || w->off < 0 || (u32)w->off < moff)
		return -EACCES;
	elem = kbtf_skip_modifiers(w->btf, a->type, NULL);
	if (!elem)
		return -EACCES;
	if (kbtf_kind(elem) == BTF_KIND_INT)
		return WALK_SCALAR;
	if (!kbtf_is_composite(elem) || !elem->size)
		return -EACCES;
	w->off = (w->off - moff) % elem->size;
	*t = elem;
	return WALK_STRUCT;
}

/* The range hits pointer @f at byte @moff of @t. < 0: error; WALK_SCALAR: not a struct pointer. */
static int walk_pointer(struct walk *w, const struct btf_type *t, const char *mname, u32 moff,
			const struct flat *f, u32 elem_size)
{
	const struct btf_type *tag, *target;
	u32 id;

	if (elem_size != (u32)w->size || (u32)w->off != moff) {
		walk_log(w, "cannot access ptr member %s with moff %u in struct %s with off %u size %u\n",
			 mname, moff, kbtf_name(w->btf, t->name_off), w->off, w->size);
		return -EACCES;
	}
	target = kbtf_skip_modifiers(w->btf, f->t->type, &id);
	if (!target || !kbtf_is_composite(target))
		return WALK_SCALAR;
	tag = kbtf_type(w->btf, f->t->type);
	if (tag && kbtf_kind(tag) == BTF_KIND_TYPE_TAG) {
		const char *text = kbtf_name(w->btf, tag->name_off);

		if (!strcmp(text, "user"))
			w->flag |= MEM_USER;
		else if (!strcmp(text, "percpu"))
			w->flag |= MEM_PERCPU;
		else if (!strcmp(text, "rcu"))
			w->flag |= MEM_RCU;
	}
	w->id = id;
	w->field = mname;
	return WALK_PTR;
}

enum { MEMBER_NEXT = 100, MEMBER_DESCEND };

/* Tries one member. A walk_result, an errno, MEMBER_NEXT, or MEMBER_DESCEND with *t replaced. */
static int walk_member(struct walk *w, const struct btf_type **t, const struct btf_member *m,
		       u32 moff)
{
	const char *mname = kbtf_name(w->btf, m->name_off);
	u32 end, elem_size;
	struct flat f;
	int ret;

	if (flatten(w->btf, m->type, &f)) {
		walk_log(w, "field %s doesn't have size\n", mname);
		return -EFAULT;
	}
	end = moff + f.size;
	elem_size = f.size;
	if ((u32)w->off >= end)
		return MEMBER_NEXT;
	if (f.is_array) {
		elem_size = f.size / f.nelems;
		moff += (w->off - moff) / elem_size * elem_size;
	}
	if (kbtf_is_composite(f.t)) {
		if ((u32)w->off == moff) {
			w->id = f.id;
			return WALK_STRUCT;
		}
		w->off -= moff;
		*t = f.t;
		return MEMBER_DESCEND;
	}
	if (kbtf_kind(f.t) == BTF_KIND_PTR) {
		ret = walk_pointer(w, *t, mname, moff, &f, elem_size);
		if (ret != WALK_SCALAR)
			return ret;
	}
	/* An array of numbers may be read across its elements, but not across its end. */
	if ((u32)(w->off + w->size) > end && !(w->flag & PTR_UNTRUSTED)) {
		walk_log(w, "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u\n",
			 mname, end, kbtf_name(w->btf, (*t)->name_off), w->off, w->size);
		return -EACCES;
	}
	return WALK_SCALAR;
}

/* Looks for the member of *t that the range belongs to; results as walk_member(). */
static int walk_members(struct walk *w, const struct btf_type **t)
{
	const struct btf_member *m = kbtf_members(*t);
	const struct btf_type *outer = *t;
	u32 i, moff, bits;
	int ret;

	for (i = 0; i < kbtf_vlen(outer); i++, m++) {
		moff = kbtf_member_bit_offset(outer, m) / 8;
		if (w->off + w->size <= (int)moff)
			break;
		bits = kbtf_member_bitfield_size(outer, m);
		if (bits) {
			u32 end = kbtf_member_bit_offset(outer, m) + bits;

			/* Only an access that covers the whole bitfield reads it. */
			if (w->off <= (int)moff && (int)DIV_ROUND_UP(end, 8) <= w->off + w->size)
				return WALK_SCALAR;
			continue;
		}
		if (w->off < (int)moff)
			break; /* a hole */
		ret = walk_member(w, t, m, moff);
		if (ret != MEMBER_NEXT)
			return ret;
	}
	walk_log(w, "struct %s doesn't have field at offset %d\n",
		 kbtf_name(w->btf, outer->name_off), w->off);
	return -EINVAL;
}

int btfw_walk(struct walk *w)
{
	const struct btf_type *t = kbtf_skip_modifiers(w->btf, w->id, NULL);
	int ret;

	for (;;) {
		if (!t || !kbtf_is_composite(t)) {
			walk_log(w, "Type '%s' is not a struct\n",
				 t ? kbtf_name(w->btf, t->name_off) : "");
			return -EINVAL;
		}
		/* Which member of a union is live is unknown: what is read there can't be trusted. */
		if (kbtf_kind(t) == BTF_KIND_UNION && kbtf_vlen(t) != 1)
			w->flag |= PTR_UNTRUSTED;
		if (w->off + w->size > (int)t->size) {
			const struct btf_type *outer = t;
			int off = w->off;

			ret = walk_flex_array(w, &t);
			if (ret == WALK_STRUCT)
				continue;
			if (ret < 0)
				walk_log(w, "access beyond struct %s at off %u size %u\n",
					 kbtf_name(w->btf, outer->name_off), off, w->size);
			return ret;
		}
		ret = walk_members(w, &t);
		if (ret != MEMBER_DESCEND)
			return ret;
	}
}

/* Special fields of an object that the program allocated are no plain data. */
static int check_special_fields(struct bpf_verifier_env *env, const struct btf_record *rec, int off,
				int size)
{
	u32 i;

	for (i = 0; rec && i < rec->cnt; i++) {
		const struct btf_field *f = &rec->fields[i];

		if (off < (int)(f->offset + f->size) && (int)f->offset < off + size) {
			verbose(env, "direct access to %s is disallowed\n",
				vrf_field_type_name(f->type));
			return -EACCES;
		}
	}
	return 0;
}

int btfw_struct_access(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int off,
		       int size, u32 *next_id, u32 *flag, const char **field)
{
	bool alloc = type_is_alloc(reg->type);
	struct walk w = { .env = env, .btf = reg->btf, .id = reg->btf_id, .off = off,
			  .size = size, .flex_arrays = !alloc };
	int ret;

	if (alloc) {
		ret = check_special_fields(env, vrf_struct_record(env, reg->btf, reg->btf_id), off,
					   size);
		if (ret)
			return ret;
	}
	do {
		ret = btfw_walk(&w);
		w.off = 0; /* when it stopped at an embedded struct */
	} while (ret == WALK_STRUCT);
	if (ret < 0)
		return ret;
	if (ret == WALK_SCALAR || alloc)
		return SCALAR_VALUE;
	*next_id = w.id;
	*flag = w.flag;
	*field = w.field;
	return PTR_TO_BTF_ID;
}

bool btfw_ids_match(struct bpf_verifier_env *env, const struct kbtf *btf, u32 id, int off,
		    const struct kbtf *need_btf, u32 need_id, bool strict, bool flex_arrays)
{
	struct walk w = { .env = env, .btf = btf, .id = id, .off = off, .size = 1,
			  .flex_arrays = flex_arrays };

	if (off == 0 && btf == need_btf && id == need_id)
		return true;
	if (strict)
		return false;
	while (btfw_walk(&w) == WALK_STRUCT) {
		if (btf == need_btf && w.id == need_id)
			return true;
		w.off = 0;
	}
	return false;
}
