/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Phase two: what types refer to. Depth first from every type in order of ids;
 * a type that is met again on the way down is a loop, and 32 levels are enough.
 *
 * Two kinds of cycle are legal C: a struct that holds a pointer to itself, and a
 * pointer to a struct that holds that pointer. So a walk has a mode. One that
 * asks "how large is it?" (from a struct or array) stops at pointers; one that
 * follows pointers stops at everything else. A modifier that the first walk
 * ended at a pointer may still hide a loop of pointers: a pointer or variable
 * which meets such a modifier goes on from its end.
 */
#include <stdlib.h>

#include "btf/impl.h"

enum resolve_state { UNSEEN, ON_THE_WAY, RESOLVED };
enum resolve_mode { MODE_OPEN, MODE_PTR, MODE_SIZE };

struct visit {
	struct kbtf_check *c;
	u32 id;
	const struct btf_type *t;
	enum resolve_mode mode; /* for what it refers to */
	u32 depth;
};

static bool refers(const struct btf_type *t)
{
	return is_modifier(t) || kbtf_is_composite(t) ||
	       (BIT(kbtf_kind(t)) & (BIT(BTF_KIND_PTR) | BIT(BTF_KIND_ARRAY) | BIT(BTF_KIND_VAR) |
				     BIT(BTF_KIND_FUNC) | BIT(BTF_KIND_DECL_TAG) |
				     BIT(BTF_KIND_DATASEC)));
}

/* Refer to others, but nothing refers to them (except sections and tags to variables). */
static bool only_refers(const struct btf_type *t)
{
	return BIT(kbtf_kind(t)) &
	       (BIT(BTF_KIND_VAR) | BIT(BTF_KIND_DECL_TAG) | BIT(BTF_KIND_DATASEC));
}

static bool stops_walk(enum resolve_mode mode, const struct btf_type *t)
{
	if (mode == MODE_OPEN)
		return !refers(t);
	if (is_modifier(t))
		return false;
	if (mode == MODE_PTR)
		return kbtf_kind(t) != BTF_KIND_PTR;
	return kbtf_kind(t) != BTF_KIND_ARRAY && !kbtf_is_composite(t);
}

const struct btf_type *kbtf_sized(const struct kbtf_check *c, u32 *id, u32 *size)
{
	u32 end = *id;
	const struct btf_type *t = kbtf_type(c->b, end);

	if (t && (is_modifier(t) || kbtf_kind(t) == BTF_KIND_VAR)) {
		end = c->end[end];
		t = kbtf_type(c->b, end);
		if (is_modifier(t))
			return NULL;
	}
	if (!t || has_no_size(t))
		return NULL;
	*id = end;
	if (has_size(t))
		*size = t->size;
	else
		*size = kbtf_kind(t) == BTF_KIND_PTR ? 8 : c->array_size[end];
	return t;
}

static int resolve(struct kbtf_check *c, u32 id, enum resolve_mode mode, u32 depth);

/* Resolves what @v refers to, if a walk in its mode goes there at all. */
static int follow(const struct visit *v, u32 id)
{
	const struct btf_type *t = kbtf_type(v->c->b, id);
	int err;

	if (stops_walk(v->mode, t) || v->c->state[id] == RESOLVED)
		return 0;
	err = resolve(v->c, id, v->mode, v->depth + 1);
	v->c->id = v->id;
	return err;
}

/* A modifier already ended at a pointer that nobody has followed yet. */
static int follow_hidden_ptr(const struct visit *v, u32 id)
{
	u32 end = v->c->end[id];

	if (!is_modifier(kbtf_type(v->c->b, id)) ||
	    kbtf_kind(kbtf_type(v->c->b, end)) != BTF_KIND_PTR)
		return 0;
	return follow(v, end);
}

/* Modifiers and pointers may come down to void and incomplete types. */
static int resolve_ref(const struct visit *v)
{
	struct kbtf_check *c = v->c;
	u32 next_id = v->t->type, size;
	const struct btf_type *next = kbtf_type(c->b, next_id);
	int err;

	if (!next || only_refers(next))
		return kbtf_bad_type(c, v->t, "Invalid type_id");
	err = follow(v, next_id);
	if (!err && kbtf_kind(v->t) == BTF_KIND_PTR)
		err = follow_hidden_ptr(v, next_id);
	if (err)
		return err;
	if (!kbtf_sized(c, &next_id, &size)) {
		if (c->state[next_id] == RESOLVED)
			next_id = c->end[next_id];
		next = kbtf_type(c->b, next_id);
		if (next_id && kbtf_kind(next) != BTF_KIND_FWD &&
		    kbtf_kind(next) != BTF_KIND_FUNC_PROTO)
			return kbtf_bad_type(c, v->t, "Invalid type_id");
	}
	c->end[v->id] = next_id;
	return 0;
}

static int resolve_var(const struct visit *v)
{
	u32 next_id = v->t->type, size;
	const struct btf_type *next = kbtf_type(v->c->b, next_id);
	int err;

	if (!next || only_refers(next))
		return kbtf_bad_type(v->c, v->t, "Invalid type_id");
	err = follow(v, next_id);
	if (!err)
		err = follow_hidden_ptr(v, next_id);
	if (err)
		return err;
	if (!kbtf_sized(v->c, &next_id, &size))
		return kbtf_bad_type(v->c, v->t, "Invalid type_id");
	v->c->end[v->id] = next_id;
	return 0;
}

static int resolve_members(const struct visit *v)
{
	const struct btf_member *m = kbtf_members(v->t), *end = m + kbtf_vlen(v->t);

	for (; m < end; m++) {
		const struct btf_type *t = kbtf_type(v->c->b, m->type);
		int err;

		if (!t || has_no_size(t) || only_refers(t))
			return kbtf_bad_member(v->c, v->t, m, "Invalid member");
		err = follow(v, m->type);
		if (!err)
			err = kbtf_check_member(v->c, v->t, m);
		if (err)
			return err;
	}
	return 0;
}

/* *id: an array's index or element type, moved to its end. */
static int resolve_part(const struct visit *v, u32 *id, u32 *size, const char *complaint)
{
	const struct btf_type *t = kbtf_type(v->c->b, *id);
	int err;

	if (!t || has_no_size(t) || only_refers(t))
		return kbtf_bad_type(v->c, v->t, "%s", complaint);
	err = follow(v, *id);
	if (err)
		return err;
	if (!kbtf_sized(v->c, id, size))
		return kbtf_bad_type(v->c, v->t, "%s", complaint);
	return 0;
}

static int resolve_array(const struct visit *v)
{
	const struct btf_array *a = (const void *)(v->t + 1);
	u32 index_id = a->index_type, elem_id = a->type, size = 0;
	const struct btf_type *t;
	int err;

	err = resolve_part(v, &index_id, &size, "Invalid index");
	if (err)
		return err;
	t = kbtf_type(v->c->b, index_id);
	if (kbtf_kind(t) != BTF_KIND_INT || !is_regular_int(t))
		return kbtf_bad_type(v->c, v->t, "Invalid index");
	err = resolve_part(v, &elem_id, &size, "Invalid elem");
	if (err)
		return err;
	t = kbtf_type(v->c->b, elem_id);
	if (kbtf_kind(t) == BTF_KIND_INT && !is_regular_int(t))
		return kbtf_bad_type(v->c, v->t, "Invalid array of int");
	if (a->nelems && size > UINT32_MAX / a->nelems)
		return kbtf_bad_type(v->c, v->t, "Array size overflows U32_MAX");
	v->c->end[v->id] = elem_id;
	v->c->array_size[v->id] = size * a->nelems;
	return 0;
}

static int resolve_func(const struct visit *v)
{
	const struct btf_type *proto = kbtf_type(v->c->b, v->t->type);
	const struct btf_param *p;

	if (!proto || kbtf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return kbtf_bad_type(v->c, v->t, "Invalid type_id");
	p = kbtf_params(proto);
	for (u32 i = 0; i < kbtf_vlen(proto); i++)
		if (!p[i].name_off && p[i].type && !v->c->b->kernel)
			return kbtf_bad_type(v->c, v->t, "Invalid arg#%u", i + 1);
	v->c->end[v->id] = v->t->type;
	return 0;
}

static int resolve_decl_tag(const struct visit *v)
{
	const struct btf_decl_tag *tag = (const void *)(v->t + 1);
	const struct btf_type *on = kbtf_type(v->c->b, v->t->type);
	u32 kind = on ? kbtf_kind(on) : BTF_KIND_UNKN;
	int err;

	if (!on || !(kind == BTF_KIND_FUNC || kind == BTF_KIND_VAR || kind == BTF_KIND_TYPEDEF ||
		     kbtf_is_composite(on)))
		return kbtf_bad_type(v->c, v->t, "Invalid type_id");
	err = follow(v, v->t->type);
	if (err)
		return err;
	if (tag->component_idx != -1) {
		if (kind == BTF_KIND_FUNC)
			on = kbtf_type(v->c->b, on->type);
		if (kind == BTF_KIND_VAR || kind == BTF_KIND_TYPEDEF ||
		    (u32)tag->component_idx >= kbtf_vlen(on))
			return kbtf_bad_type(v->c, v->t, "Invalid component_idx");
	}
	v->c->end[v->id] = v->t->type;
	return 0;
}

static int resolve_section(const struct visit *v)
{
	const struct btf_var_secinfo *s = (const void *)(v->t + 1), *end = s + kbtf_vlen(v->t);

	for (; s < end; s++) {
		const struct btf_type *var = kbtf_type(v->c->b, s->type);
		u32 id, size = 0;
		int err;

		if (!var || kbtf_kind(var) != BTF_KIND_VAR)
			return kbtf_bad_secinfo(v->c, v->t, s, "Not a VAR kind member");
		err = follow(v, s->type);
		if (err)
			return err;
		id = var->type;
		if (!kbtf_sized(v->c, &id, &size))
			return kbtf_bad_secinfo(v->c, v->t, s, "Invalid type");
		if (s->size < size)
			return kbtf_bad_secinfo(v->c, v->t, s, "Invalid size");
	}
	return 0;
}

static int resolve_kind(struct visit *v)
{
	switch (kbtf_kind(v->t)) {
	case BTF_KIND_PTR:
		if (v->mode == MODE_OPEN)
			v->mode = MODE_PTR;
		return resolve_ref(v);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (v->mode == MODE_OPEN)
			v->mode = MODE_SIZE;
		return resolve_members(v);
	case BTF_KIND_ARRAY:
		if (v->mode == MODE_OPEN)
			v->mode = MODE_SIZE;
		return resolve_array(v);
	case BTF_KIND_VAR:
		return resolve_var(v);
	case BTF_KIND_FUNC:
		return resolve_func(v);
	case BTF_KIND_DECL_TAG:
		return resolve_decl_tag(v);
	case BTF_KIND_DATASEC:
		return resolve_section(v);
	default:
		return resolve_ref(v);
	}
}

static int resolve(struct kbtf_check *c, u32 id, enum resolve_mode mode, u32 depth)
{
	struct visit v = { c, id, kbtf_type(c->b, id), mode, depth };
	int err;

	if (depth == MAX_RESOLVE_DEPTH)
		return -E2BIG;
	if (c->state[id] != UNSEEN)
		return -EEXIST;
	c->state[id] = ON_THE_WAY;
	c->id = id;
	err = resolve_kind(&v);
	if (!err)
		c->state[id] = RESOLVED;
	return err;
}

static int resolve_root(struct kbtf_check *c, u32 id)
{
	const struct btf_type *t = kbtf_type(c->b, id);
	u32 saved = c->id;
	int err;

	if (!refers(t) || c->state[id] == RESOLVED)
		return 0;
	err = resolve(c, id, MODE_OPEN, 0);
	c->id = id;
	if (err == -E2BIG)
		kbtf_bad_type(c, t, "Exceeded max resolving depth:%u", MAX_RESOLVE_DEPTH);
	else if (err == -EEXIST)
		kbtf_bad_type(c, t, "Loop detected");
	c->id = saved;
	return err;
}

static int check_proto_type(struct kbtf_check *c, u32 id)
{
	const struct btf_type *t = kbtf_type(c->b, id);
	u32 size;
	int err;

	if (!t || only_refers(t))
		return -ENOENT;
	err = resolve_root(c, id);
	if (err)
		return err;
	return kbtf_sized(c, &id, &size) ? 0 : -ENOENT;
}

/* The name is checked here, because phase one leaves the arguments alone. */
static bool arg_name_ok(const struct kbtf *b, u32 off)
{
	const char *s = kbtf_name(b, off);
	size_t n = 0;

	if (!off)
		return true;
	if (!s || off > BTF_MAX_NAME_OFFSET || (*s >= '0' && *s <= '9'))
		return false;
	for (; s[n] && n < 512; n++)
		if (!(s[n] == '_' || s[n] == '.' || (s[n] >= '0' && s[n] <= '9') ||
		      (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z')))
			return false;
	return n && !s[n];
}

static int check_proto(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_param *p = kbtf_params(t);
	u32 n = kbtf_vlen(t);
	int err;

	if (t->type) {
		err = check_proto_type(c, t->type);
		if (err == -ENOENT)
			return kbtf_bad_type(c, t, "Invalid return type");
		if (err)
			return err;
	}
	if (n && !p[n - 1].type) {
		if (p[n - 1].name_off)
			return kbtf_bad_type(c, t, "Invalid arg#%u", n);
		n--;
	}
	for (u32 i = 0; i < n; i++) {
		const struct btf_type *at = kbtf_type(c->b, p[i].type);

		err = at && !only_refers(at) && !arg_name_ok(c->b, p[i].name_off) ?
			      -ENOENT :
			      check_proto_type(c, p[i].type);
		if (err == -ENOENT)
			return kbtf_bad_type(c, t, "Invalid arg#%u", i + 1);
		if (err)
			return err;
	}
	return 0;
}

int kbtf_check_refs(struct kbtf_check *c)
{
	u32 n = c->b->nr_types;

	c->state = calloc(n, sizeof(*c->state));
	c->end = calloc(n, sizeof(*c->end));
	c->array_size = calloc(n, sizeof(*c->array_size));
	if (!c->state || !c->end || !c->array_size)
		return -ENOMEM;
	c->resolving = true;
	for (u32 id = 1; id < n; id++) {
		const struct btf_type *t = kbtf_type(c->b, id);
		int err;

		c->id = id;
		err = resolve_root(c, id);
		if (!err && kbtf_kind(t) == BTF_KIND_FUNC_PROTO)
			err = check_proto(c, t);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Type tags come before the other modifiers of a chain. A chain that reaches an
 * id whose own chain has been checked need not be followed further.
 */
int kbtf_check_type_tags(struct kbtf_check *c)
{
	u32 checked = 0;

	for (u32 id = 1; id < c->b->nr_types; id++) {
		const struct btf_type *t = kbtf_type(c->b, id);
		bool may_tag = kbtf_kind(t) == BTF_KIND_TYPE_TAG;
		u32 at = id;

		if (!is_modifier(t))
			continue;
		for (int steps = 0; is_modifier(t); steps++) {
			bool tag = kbtf_kind(t) == BTF_KIND_TYPE_TAG;

			if (steps == 32) {
				kbtf_say(c, "Max chain length or cycle detected");
				return -ELOOP;
			}
			if (tag && !may_tag)
				return kbtf_say(c, "Type tags don't precede modifiers");
			may_tag = tag;
			if (at <= checked)
				break;
			at = t->type;
			t = kbtf_type(c->b, at);
			if (!t)
				return -EINVAL;
		}
		checked = id;
	}
	return 0;
}
