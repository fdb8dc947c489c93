/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finding special fields. A search goes through the members of a struct or the
 * variables of a section, into nested structs and arrays, and notes what it
 * meets; a second step looks up what a kptr, list head or tree root refers to.
 *
 * Records nest: a list head's record leads to its elements' record. A type that
 * (through any number of heads) contains itself would nest without end; eight
 * levels are Linux's limit, and ours.
 */
#include <stdlib.h>

#include "kobj/record.h"

#define MAX_FIELDS 11
#define MAX_NESTING 32
#define MAX_OWNERSHIP 8

/* name in BTF, size, alignment; `single`: at most one per value */
static const struct field_kind {
	const char *name;
	enum btf_field_type type;
	u32 size, align;
	bool single;
} field_kinds[] = {
	{ "bpf_spin_lock", BPF_SPIN_LOCK, 4, 4, true },
	{ "bpf_timer", BPF_TIMER, 16, 8, true },
	{ "bpf_wq", BPF_WORKQUEUE, 16, 8, true },
	{ "bpf_list_head", BPF_LIST_HEAD, 16, 8, false },
	{ "bpf_list_node", BPF_LIST_NODE, 24, 8, false },
	{ "bpf_rb_root", BPF_RB_ROOT, 16, 8, false },
	{ "bpf_rb_node", BPF_RB_NODE, 32, 8, false },
	{ "bpf_refcount", BPF_REFCOUNT, 4, 4, true },
};
static const struct field_kind kptr_kind = { "kptr", BPF_KPTR_REF, 8, 8, false };

struct found {
	enum btf_field_type type;
	u32 off, size;
	u32 type_id;	  /* kptr: pointee; root: element */
	const char *node; /* root: name of the node in the element */
};

struct search {
	const struct kbtf *btf;
	u32 mask, seen;
	struct found found[MAX_FIELDS];
	u32 nr;
};

/* The variable or member that is being looked at: decl tags hang off it. */
struct spot {
	u32 tag_on;
	s32 tag_idx;
	u32 type_id, off;
	u32 room; /* what a section has for the variable; 0: don't care */
};

static int search_struct(struct search *s, u32 type_id, u32 off, u32 depth);

static const struct btf_type *type_of(const struct search *s, u32 id)
{
	return kbtf_type(s->btf, id);
}

static int note(struct search *s, const struct found *f)
{
	if (s->nr == MAX_FIELDS)
		return -E2BIG;
	s->found[s->nr++] = *f;
	return 1;
}

/* ---- kptrs ---- */

/* 1 and *f filled, 0: no kptr, or -EINVAL: a type tag that makes no sense. */
static int as_kptr(const struct search *s, u32 id, struct found *f)
{
	static const struct { const char *tag; enum btf_field_type type; } tags[] = {
		{ "kptr_untrusted", BPF_KPTR_UNREF },
		{ "kptr", BPF_KPTR_REF },
		{ "percpu_kptr", BPF_KPTR_PERCPU },
	};
	const struct btf_type *t = type_of(s, id), *to;

	if (kbtf_kind(t) == BTF_KIND_VOLATILE)
		t = type_of(s, t->type);
	if (kbtf_kind(t) != BTF_KIND_PTR)
		return 0;
	t = type_of(s, t->type);
	if (kbtf_kind(t) != BTF_KIND_TYPE_TAG)
		return 0;
	if (kbtf_kind(type_of(s, t->type)) == BTF_KIND_TYPE_TAG)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strcmp(kbtf_name(s->btf, t->name_off), tags[i].tag))
			continue;
		to = kbtf_skip_modifiers(s->btf, t->type, &f->type_id);
		if (!to || !kbtf_is_composite(to))
			return -EINVAL;
		f->type = tags[i].type;
		return 1;
	}
	return -EINVAL;
}

/* ---- list heads and tree roots ---- */

/* __contains(element, node) is the decl tag "contains:ELEMENT:NODE". */
static int as_root(const struct search *s, const struct spot *at, struct found *f)
{
	const char *value = kbtf_find_decl_tag(s->btf, at->tag_on, at->tag_idx, "contains:");
	const char *colon = value ? strchr(value, ':') : NULL;
	char name[256];
	s32 id;

	if (!colon || (size_t)(colon - value) >= sizeof(name))
		return -EINVAL;
	memcpy(name, value, colon - value);
	name[colon - value] = '\0';
	id = kbtf_find(s->btf, name, BTF_KIND_STRUCT);
	if (id < 0)
		return id;
	if (!colon[1])
		return -EINVAL;
	f->type_id = id;
	f->node = colon + 1;
	return 1;
}

/* ---- the search ---- */

static const struct field_kind *kind_of(struct search *s, u32 id, int *err)
{
	const struct btf_type *t = type_of(s, id);
	const char *name = kbtf_name(s->btf, t->name_off);

	for (size_t i = 0; i < ARRAY_SIZE(field_kinds); i++) {
		const struct field_kind *k = &field_kinds[i];

		if (!(s->mask & k->type) || strcmp(name, k->name))
			continue;
		if (k->single && (s->seen & k->type))
			*err = -E2BIG;
		if (k->single)
			s->seen |= k->type;
		return k;
	}
	return (s->mask & BPF_KPTR) && !kbtf_is_composite(t) ? &kptr_kind : NULL;
}

/* An array repeats what its element has; only what may occur several times can be. */
static int repeat(struct search *s, u32 from, u32 times, u32 stride)
{
	u32 n = s->nr - from;

	for (u32 i = from; i < s->nr; i++)
		if (!(s->found[i].type & (BPF_KPTR | BPF_GRAPH_ROOT)))
			return -EINVAL;
	if ((u64)n * times > MAX_FIELDS - from)
		return -E2BIG;
	for (u32 i = 1; i < times; i++)
		for (u32 j = 0; j < n; j++) {
			struct found f = s->found[from + j];

			f.off += i * stride;
			s->found[s->nr++] = f;
		}
	return 0;
}

static int find_one(struct search *s, const struct spot *at, u32 id, const struct field_kind *k)
{
	const struct btf_type *t = type_of(s, id);
	struct found f = { .type = k->type, .off = at->off, .size = k->size };
	int got = 1;

	if (k == &kptr_kind)
		got = as_kptr(s, id, &f);
	else if (!kbtf_is_composite(t) || t->size != k->size)
		got = 0;
	else if (k->type & BPF_GRAPH_ROOT)
		got = as_root(s, at, &f);
	return got > 0 ? note(s, &f) : got;
}

static int search_spot(struct search *s, const struct spot *at, u32 depth)
{
	u32 id = at->type_id, from = s->nr, stride;
	const struct btf_type *t = type_of(s, id);
	const struct field_kind *k;
	u64 n = 1;
	int err = 0;

	for (u32 i = 0; kbtf_kind(t) == BTF_KIND_ARRAY; i++) {
		const struct btf_array *a = (const void *)(t + 1);

		if (i == MAX_NESTING)
			return -E2BIG;
		n *= a->nelems;
		if (n > UINT32_MAX)
			return -E2BIG;
		id = a->type;
		t = type_of(s, id);
	}
	if (!n)
		return 0;
	k = kind_of(s, id, &err);
	if (err)
		return err;
	if (!k && !kbtf_is_composite(t))
		return 0;
	stride = k ? k->size : t->size;
	if (at->room && at->room != stride * n)
		return 0;
	if (k && at->off % k->align)
		return 0;
	err = k ? find_one(s, at, id, k) : search_struct(s, id, at->off, depth + 1);
	if (err < 0 || s->nr == from || n == 1)
		return err < 0 ? err : 0;
	return repeat(s, from, n, stride);
}

static int search_struct(struct search *s, u32 type_id, u32 off, u32 depth)
{
	const struct btf_type *t = type_of(s, type_id);
	const struct btf_member *m = kbtf_members(t);

	if (depth >= MAX_NESTING)
		return -E2BIG;
	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		u32 bits = kbtf_member_bit_offset(t, &m[i]);
		struct spot at = { type_id, i, m[i].type, off + bits / 8, 0 };
		int err;

		if (bits % 8)
			return -EINVAL;
		err = search_spot(s, &at, depth);
		if (err < 0)
			return err;
	}
	return 0;
}

static int search_section(struct search *s, u32 type_id)
{
	const struct btf_type *t = type_of(s, type_id);
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		struct spot at = { v[i].type, -1, type_of(s, v[i].type)->type, v[i].offset,
				   v[i].size };
		int err = search_spot(s, &at, 0);

		if (err < 0)
			return err;
	}
	return 0;
}

/* ---- from what was found to a record ---- */

static int build(struct kbtf *btf, u32 type_id, u32 value_size, u32 mask, const struct kbtf *kernel,
		 u32 owners, struct btf_record **out);

static int bind_kptr(struct btf_field *f, const struct found *from, struct kbtf *btf,
		     const struct kbtf *kernel, u32 owners)
{
	const struct btf_type *t = kbtf_type(btf, from->type_id);
	s32 id = kernel ? kbtf_find(kernel, kbtf_name(btf, t->name_off), kbtf_kind(t)) : -ENOENT;

	if (id > 0) {
		f->kptr.btf = (struct kbtf *)kernel;
		f->kptr.btf_id = id;
		return 0;
	}
	/* Only the program knows the type: an object of its own making. */
	f->kptr.btf = btf;
	f->kptr.btf_id = from->type_id;
	if (f->type == BPF_KPTR_UNREF || owners == MAX_OWNERSHIP)
		return f->type == BPF_KPTR_UNREF ? 0 : -ELOOP;
	return build(btf, from->type_id, t->size,
		     BPF_SPIN_LOCK | BPF_LIST_HEAD | BPF_LIST_NODE | BPF_RB_ROOT | BPF_RB_NODE |
			     BPF_REFCOUNT | BPF_KPTR,
		     kernel, owners + 1, &f->kptr.rec);
}

static int bind_root(struct btf_field *f, const struct found *from, struct kbtf *btf,
		     const struct kbtf *kernel, u32 owners)
{
	const char *want = f->type == BPF_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";
	const struct btf_type *t = kbtf_type(btf, from->type_id);
	const struct btf_member *m = kbtf_members(t);
	bool found = false;

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		const struct btf_type *node = kbtf_type(btf, m[i].type);
		u32 off = kbtf_member_bit_offset(t, &m[i]);

		if (strcmp(kbtf_name(btf, m[i].name_off), from->node))
			continue;
		if (found || !kbtf_is_composite(node) || off % 64 ||
		    strcmp(kbtf_name(btf, node->name_off), want))
			return -EINVAL;
		found = true;
		f->graph_root.node_offset = off / 8;
	}
	if (!found)
		return -ENOENT;
	f->graph_root.btf = btf;
	f->graph_root.value_btf_id = from->type_id;
	if (owners == MAX_OWNERSHIP)
		return -ELOOP;
	return build(btf, from->type_id, t->size,
		     BPF_SPIN_LOCK | BPF_LIST_HEAD | BPF_LIST_NODE | BPF_RB_ROOT | BPF_RB_NODE |
			     BPF_REFCOUNT | BPF_KPTR,
		     kernel, owners + 1, &f->graph_root.value_rec);
}

static int add_field(struct btf_record *rec, const struct found *from, struct kbtf *btf,
		     const struct kbtf *kernel, u32 owners)
{
	struct btf_field *f = &rec->fields[rec->cnt++];

	f->offset = from->off;
	f->size = from->size;
	f->type = from->type;
	rec->field_mask |= f->type;
	switch (f->type) {
	case BPF_SPIN_LOCK:
		rec->spin_lock_off = f->offset;
		return 0;
	case BPF_TIMER:
		rec->timer_off = f->offset;
		return 0;
	case BPF_WORKQUEUE:
		rec->wq_off = f->offset;
		return 0;
	case BPF_REFCOUNT:
		rec->refcount_off = f->offset;
		return 0;
	case BPF_KPTR_UNREF:
	case BPF_KPTR_REF:
	case BPF_KPTR_PERCPU:
		return bind_kptr(f, from, btf, kernel, owners);
	case BPF_LIST_HEAD:
	case BPF_RB_ROOT:
		return bind_root(f, from, btf, kernel, owners);
	default:
		return 0;
	}
}

/* What must hold between fields. */
static int check_whole(const struct btf_record *rec)
{
	if ((rec->field_mask & BPF_GRAPH_ROOT) && rec->spin_lock_off < 0)
		return -EINVAL;
	if (rec->refcount_off < 0 && (rec->field_mask & BPF_LIST_NODE) &&
	    (rec->field_mask & BPF_RB_NODE))
		return -EINVAL;
	return 0;
}

static int build(struct kbtf *btf, u32 type_id, u32 value_size, u32 mask, const struct kbtf *kernel,
		 u32 owners, struct btf_record **out)
{
	struct search s = { .btf = btf, .mask = mask };
	const struct btf_type *t = kbtf_type(btf, type_id);
	struct btf_record *rec;
	u32 next = 0;
	int err;

	if (!t)
		return -EINVAL;
	if (kbtf_is_composite(t))
		err = search_struct(&s, type_id, 0, 0);
	else
		err = kbtf_kind(t) == BTF_KIND_DATASEC ? search_section(&s, type_id) : -EINVAL;
	if (err)
		return err;
	if (!s.nr) {
		*out = NULL;
		return 0;
	}
	rec = calloc(1, sizeof(*rec) + s.nr * sizeof(rec->fields[0]));
	if (!rec)
		return -ENOMEM;
	rec->spin_lock_off = rec->timer_off = rec->wq_off = rec->refcount_off = -1;
	for (u32 i = 0; i < s.nr && !err; i++) {
		if (s.found[i].off + s.found[i].size > value_size)
			err = -EFAULT;
		else if (s.found[i].off < next)
			err = -EEXIST;
		else
			err = add_field(rec, &s.found[i], btf, kernel, owners);
		next = s.found[i].off + s.found[i].size;
	}
	if (!err)
		err = check_whole(rec);
	if (err) {
		record_free(rec);
		return err;
	}
	*out = rec;
	return 0;
}

int record_parse(struct kbtf *btf, u32 type_id, u32 value_size, u32 mask, const struct kbtf *kernel,
		 struct btf_record **out)
{
	return build(btf, type_id, value_size, mask, kernel, 0, out);
}

int record_check_btf(struct kbtf *btf, const struct kbtf *kernel)
{
	const u32 mask = BPF_SPIN_LOCK | BPF_LIST_HEAD | BPF_LIST_NODE | BPF_RB_ROOT | BPF_RB_NODE |
			 BPF_REFCOUNT | BPF_KPTR;

	for (u32 id = 1; id < kbtf_nr_types(btf); id++) {
		const struct btf_type *t = kbtf_type(btf, id);
		const struct btf_member *m = kbtf_members(t);
		struct btf_record *rec = NULL;
		struct search s = { .btf = btf, .mask = mask };
		bool special = false;
		int err = 0;

		/* Only structs with such a member of their own are looked into. */
		for (u32 i = 0; kbtf_is_composite(t) && i < kbtf_vlen(t) && !special; i++) {
			const struct field_kind *k;
			struct found f;

			k = kind_of(&s, m[i].type, &err);
			special = k && (k != &kptr_kind || as_kptr(&s, m[i].type, &f) == 1);
			err = 0;
		}
		if (!special)
			continue;
		err = record_parse(btf, id, t->size, mask, kernel, &rec);
		record_free(rec);
		if (err)
			return err;
	}
	return 0;
}
