/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Look-ups in validated BTF. */
#include <stdlib.h>

#include "btf/impl.h"

bool kbtf_is_kernel(const struct kbtf *b)
{
	return b->kernel;
}

const void *kbtf_raw(const struct kbtf *b, u32 *size)
{
	*size = b->size;
	return b->data;
}

u32 kbtf_nr_types(const struct kbtf *b)
{
	return b->nr_types;
}

const struct btf_type *kbtf_type(const struct kbtf *b, u32 id)
{
	return id < b->nr_types ? b->types[id] : NULL;
}

const char *kbtf_name(const struct kbtf *b, u32 name_off)
{
	return name_off < b->hdr.str_len ? b->strings + name_off : NULL;
}

const char *kbtf_type_name(const struct kbtf *b, u32 id)
{
	const struct btf_type *t = kbtf_type(b, id);

	return t ? kbtf_name(b, t->name_off) : NULL;
}

/* ---- names ---- */

static u32 hash_name(const char *s)
{
	u32 h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (u8)*s) * 16777619u;
	return h ^ h >> 15;
}

int kbtf_index(struct kbtf *b)
{
	u32 nr_tags = 0;

	b->nr_buckets = 16;
	while (b->nr_buckets < b->nr_types)
		b->nr_buckets *= 2;
	for (u32 id = 1; id < b->nr_types; id++)
		nr_tags += kbtf_kind(b->types[id]) == BTF_KIND_DECL_TAG;
	b->buckets = calloc(b->nr_buckets, sizeof(*b->buckets));
	b->next = calloc(b->nr_types, sizeof(*b->next));
	b->decl_tags = calloc(nr_tags ? nr_tags : 1, sizeof(*b->decl_tags));
	if (!b->buckets || !b->next || !b->decl_tags)
		return -ENOMEM;
	for (u32 id = 1; id < b->nr_types; id++)
		if (kbtf_kind(b->types[id]) == BTF_KIND_DECL_TAG)
			b->decl_tags[b->nr_decl_tags++] = id;
	/* downwards, so that the lowest id comes first */
	for (u32 id = b->nr_types - 1; id; id--) {
		u32 *head = &b->buckets[hash_name(kbtf_type_name(b, id)) & (b->nr_buckets - 1)];

		if (!b->types[id]->name_off || kbtf_kind(b->types[id]) == BTF_KIND_DECL_TAG)
			continue;
		b->next[id] = *head;
		*head = id;
	}
	return 0;
}

s32 kbtf_find(const struct kbtf *b, const char *name, u32 kind)
{
	u32 id = b->buckets[hash_name(name) & (b->nr_buckets - 1)];

	for (; id; id = b->next[id])
		if (kbtf_kind(b->types[id]) == kind && !strcmp(kbtf_type_name(b, id), name))
			return id;
	return -ENOENT;
}

s32 kbtf_next_decl_tag(const struct kbtf *b, u32 id, s32 idx, const char *tag, u32 last)
{
	for (u32 i = 0; i < b->nr_decl_tags; i++) {
		const struct btf_type *t = b->types[b->decl_tags[i]];
		const struct btf_decl_tag *d = (const void *)(t + 1);

		if (b->decl_tags[i] <= last || t->type != id || d->component_idx != idx)
			continue;
		if (!strncmp(kbtf_name(b, t->name_off), tag, strlen(tag)))
			return b->decl_tags[i];
	}
	return -ENOENT;
}

const char *kbtf_find_decl_tag(const struct kbtf *b, u32 id, s32 idx, const char *tag)
{
	s32 at = kbtf_next_decl_tag(b, id, idx, tag, 0);

	if (at < 0 || kbtf_next_decl_tag(b, id, idx, tag, at) > 0)
		return NULL;
	return kbtf_type_name(b, at) + strlen(tag);
}

/* ---- through modifiers, pointers and arrays ---- */

const struct btf_type *kbtf_skip_modifiers(const struct kbtf *b, u32 id, u32 *out_id)
{
	const struct btf_type *t = kbtf_type(b, id);

	while (t && is_modifier(t)) {
		id = t->type;
		t = kbtf_type(b, id);
	}
	if (out_id)
		*out_id = id;
	return t;
}

const struct btf_type *kbtf_resolve_ptr(const struct kbtf *b, u32 id, u32 *out_id)
{
	const struct btf_type *t = kbtf_skip_modifiers(b, id, NULL);

	if (!t || kbtf_kind(t) != BTF_KIND_PTR)
		return NULL;
	return kbtf_skip_modifiers(b, t->type, out_id);
}

const struct btf_type *kbtf_resolve_func_ptr(const struct kbtf *b, u32 id, u32 *out_id)
{
	const struct btf_type *t = kbtf_resolve_ptr(b, id, out_id);

	return t && kbtf_kind(t) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

const struct btf_type *kbtf_resolve_size(const struct kbtf *b, u32 id, u32 *size, u32 *out_id)
{
	const struct btf_type *t = NULL, *outer = NULL;
	u32 outer_id = 0;
	u64 n = 1;

	for (int depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
		const struct btf_array *a;

		t = kbtf_skip_modifiers(b, id, &id);
		if (!t || kbtf_kind(t) != BTF_KIND_ARRAY)
			break;
		if (!outer) {
			outer = t;
			outer_id = id;
		}
		a = (const void *)(t + 1);
		n *= a->nelems;
		if (n > UINT32_MAX)
			return NULL;
		id = a->type;
	}
	if (!t)
		return NULL;
	if (kbtf_kind(t) == BTF_KIND_PTR)
		n *= 8;
	else if (has_size(t))
		n *= t->size;
	else
		return NULL;
	if (n > UINT32_MAX)
		return NULL;
	*size = n;
	if (out_id)
		*out_id = outer ? outer_id : id;
	return outer ? outer : t;
}
