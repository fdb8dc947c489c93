/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The registry: what was declared, checked when it is declared, and found by BTF id. */
#include <stdlib.h>

#include "calls/registry.h"

int calls_create_for(const struct kbtf *kernel, enum kernel_profile profile,
		     enum kfunc_resolution resolution, struct calls **out)
{
	struct calls *c;

	if (kfunc_resolution_check(profile, resolution, NULL))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->kernel = kernel;
	c->profile = profile;
	c->resolution = resolution;
	*out = c;
	return 0;
}

int calls_create(const struct kbtf *kernel, struct calls **out)
{
	return calls_create_for(kernel, KERNEL_6_12, KFUNC_AT_LOAD, out);
}

void calls_allow_missing(struct calls *c)
{
	c->partial = true;
}

enum kernel_profile calls_profile(const struct calls *c)
{
	return c->profile;
}

enum kfunc_resolution calls_resolution(const struct calls *c)
{
	return c->resolution;
}

void calls_destroy(struct calls *c)
{
	if (!c)
		return;
	for (u32 i = 0; i < c->nr_sets; i++)
		free(c->sets[i]);
	free(c->sets);
	free(c->kfuncs);
	free(c->kfunc_slots);
	free(c->st_ops);
	free(c->helpers);
	free(c);
}

const struct kbtf *calls_kernel_btf(const struct calls *c)
{
	return c->kernel;
}

/* ---- kfuncs by BTF id ---- */

static u32 slot_of(u32 btf_id, u32 nr_slots)
{
	return (btf_id * 0x9e3779b1u) & (nr_slots - 1);
}

static void slot_insert(u32 *slots, u32 nr_slots, u32 btf_id, u32 idx)
{
	u32 s = slot_of(btf_id, nr_slots);

	while (slots[s])
		s = (s + 1) & (nr_slots - 1);
	slots[s] = idx + 1;
}

const struct kfunc_entry *calls_entry(const struct calls *c, u32 btf_id)
{
	if (!c->nr_slots)
		return NULL;
	for (u32 s = slot_of(btf_id, c->nr_slots); c->kfunc_slots[s];
	     s = (s + 1) & (c->nr_slots - 1)) {
		const struct kfunc_entry *k = &c->kfuncs[c->kfunc_slots[s] - 1];

		if (k->btf_id == btf_id)
			return k;
	}
	return NULL;
}

/* Room for @more kfuncs: the table stays at most half full. */
static int reserve_kfuncs(struct calls *c, size_t more)
{
	u32 want = c->nr_kfuncs + more, nr = c->nr_slots ? c->nr_slots : 64;
	struct kfunc_entry *k = reallocarray(c->kfuncs, want + 1, sizeof(*k));
	u32 *slots;

	if (!k)
		return -ENOMEM;
	c->kfuncs = k;
	while (nr < 2 * want)
		nr *= 2;
	if (nr == c->nr_slots)
		return 0;
	slots = calloc(nr, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (u32 i = 0; i < c->nr_kfuncs; i++)
		slot_insert(slots, nr, k[i].btf_id, i);
	free(c->kfunc_slots);
	c->kfunc_slots = slots;
	c->nr_slots = nr;
	return 0;
}

/* ---- registration ---- */

static int check_cases(const struct kfunc_set *set, const struct kfunc_row *row, struct err_msg *e)
{
	u64 seen = 0;
	u32 n = 0;

	for (; n < KFUNC_MAX_CASES && row->cases[n].fn; n++) {
		if (!row->cases[n].contexts)
			return err_set(e, -EINVAL, "%s: %s: case %u has no context", set->name,
				       row->name, n);
		if ((seen & row->cases[n].contexts) && !set->resolve)
			return err_set(e, -EINVAL, "%s: %s: case %u overlaps an earlier one",
				       set->name, row->name, n);
		seen |= row->cases[n].contexts;
	}
	if (!n)
		return err_set(e, -EINVAL, "%s: %s: no implementation", set->name, row->name);
	return 0;
}

/* What the row says of the set's struct_ops. */
static int bind_row(const struct calls *c, struct kfunc_entry *k, struct err_msg *e)
{
	const struct kfunc_set *set = k->set;
	const struct kfunc_row *row = k->row;
	int err;

	if ((row->invokes || row->not_within || row->needs) && !set->st_ops)
		return err_set(e, -EINVAL, "%s: %s: speaks of members, but the set of no struct_ops",
			       set->name, row->name);
	if (set->nr_needs < 64 && row->needs >> set->nr_needs)
		return err_set(e, -EINVAL, "%s: %s: needs what the set does not declare",
			       set->name, row->name);
	err = calls_parse_members(c, set, row, row->invokes, &k->invokes, e);
	return err ?: calls_parse_members(c, set, row, row->not_within, &k->not_within, e);
}

static int check_row(const struct calls *c, const struct kfunc_set *set,
		     const struct kfunc_row *row, struct kfunc_entry *out, struct err_msg *e)
{
	const struct btf_type *func;
	s32 id;
	int err;

	if (!row->name)
		return err_set(e, -EINVAL, "%s: a row without a name", set->name);
	id = kbtf_find(c->kernel, row->name, BTF_KIND_FUNC);
	if (id < 0)
		return err_set(e, -ENOENT, "%s: %s: no such FUNC in the kernel BTF", set->name,
			       row->name);
	if (calls_entry(c, id))
		return err_set(e, -EINVAL, "%s: %s: declared twice (first by %s)", set->name,
			       row->name, calls_entry(c, id)->set->name);
	err = check_cases(set, row, e);
	if (err)
		return err;
	func = kbtf_type(c->kernel, id);
	*out = (struct kfunc_entry){ .set = set, .row = row, .btf_id = id, .proto_id = func->type };
	return bind_row(c, out, e);
}

static int check_set(const struct calls *c, const struct kfunc_set *set, struct err_msg *e)
{
	if (!set->name)
		return err_set(e, -EINVAL, "a kfunc set without a name");
	if (set->nr_contexts > 64 || (set->nr_contexts && !set->context_names))
		return err_set(e, -EINVAL, "%s: context names are missing or above 64", set->name);
	if (set->st_ops && !calls_st_ops_entry(c, set->st_ops))
		return err_set(e, -EINVAL, "%s: struct_ops %s is not registered", set->name,
			       set->st_ops->name);
	if ((set->nr_needs || set->nr_helpers) && !set->st_ops)
		return err_set(e, -EINVAL, "%s: needs and helper rules are about a struct_ops",
			       set->name);
	if (set->nr_needs > 64)
		return err_set(e, -EINVAL, "%s: more than 64 needs", set->name);
	for (u32 i = 0; i < set->nr_needs; i++)
		if (!set->needs[i].what || !set->needs[i].holds)
			return err_set(e, -EINVAL, "%s: need %u: no text or no check", set->name, i);
	return 0;
}

static int check_helper_rules(const struct calls *c, const struct kfunc_set *set, struct err_msg *e)
{
	u64 known = set->nr_contexts < 64 ? BIT_ULL(set->nr_contexts) - 1 : ~0ULL;

	for (u32 i = 0; i < set->nr_helpers; i++) {
		const struct helper_rule *r = &set->helpers[i];

		if (!calls_find_helper(c, r->id))
			return err_set(e, -EINVAL, "%s: helper rule %u: there is no helper #%u",
				       set->name, i, r->id);
		if (set->context_of && (r->contexts & ~known))
			return err_set(e, -EINVAL, "%s: helper rule %u: %s#%u: unknown context",
				       set->name, i, calls_find_helper(c, r->id)->name, r->id);
		for (u32 j = 0; j < i; j++)
			if (set->helpers[j].id == r->id)
				return err_set(e, -EINVAL, "%s: two rules for helper %s#%u",
					       set->name, calls_find_helper(c, r->id)->name, r->id);
	}
	return 0;
}

static void forget_kfuncs(struct calls *c, u32 nr)
{
	c->nr_kfuncs = nr;
	memset(c->kfunc_slots, 0, c->nr_slots * sizeof(*c->kfunc_slots));
	for (u32 i = 0; i < nr; i++)
		slot_insert(c->kfunc_slots, c->nr_slots, c->kfuncs[i].btf_id, i);
}

int calls_register_kfuncs(struct calls *c, const struct kfunc_set *set, struct err_msg *e)
{
	u32 before = c->nr_kfuncs;
	struct kfunc_set **sets, *copy;
	int err = check_set(c, set, e);

	err = err ?: check_helper_rules(c, set, e);
	if (err)
		return err;
	sets = reallocarray(c->sets, c->nr_sets + 1, sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	c->sets = sets;
	err = reserve_kfuncs(c, set->nr_rows);
	if (err)
		return err;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *set;

	for (size_t i = 0; i < set->nr_rows; i++) {
		struct kfunc_entry *k = &c->kfuncs[c->nr_kfuncs];

		err = check_row(c, copy, &set->rows[i], k, e);
		if (err == -ENOENT && c->partial)
			continue;
		if (err == -ENOENT)
			err = -EINVAL;
		if (err)
			goto out_forget;
		slot_insert(c->kfunc_slots, c->nr_slots, k->btf_id, c->nr_kfuncs++);
	}
	err = set->cycles_by_value || c->partial ? 0 : calls_check_nesting(c, copy, e);
	if (err)
		goto out_forget;
	c->sets[c->nr_sets++] = copy;
	return 0;

out_forget:
	forget_kfuncs(c, before);
	free(copy);
	return err;
}

/* ---- helpers ---- */

#define MAX_HELPER_ID 4096

static int reserve_helpers(struct calls *c, u32 id)
{
	struct helper_rows *h;

	if (id < c->nr_helpers)
		return 0;
	h = reallocarray(c->helpers, id + 1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	memset(h + c->nr_helpers, 0, (id + 1 - c->nr_helpers) * sizeof(*h));
	c->helpers = h;
	c->nr_helpers = id + 1;
	return 0;
}

int calls_register_helpers(struct calls *c, const struct helper_proto *protos, size_t nr,
			   struct err_msg *e)
{
	for (size_t i = 0; i < nr; i++) {
		const struct helper_proto *p = &protos[i];
		int err;

		if (!p->name || !p->id || p->id > MAX_HELPER_ID)
			return err_set(e, -EINVAL, "helper row %zu: no name or a bad id", i);
		if (i && p[-1].id == p->id) {
			c->helpers[p->id].nr++;
			continue;
		}
		if (calls_find_helper(c, p->id))
			return err_set(e, -EINVAL, "helper %s#%u: the id is taken by %s", p->name,
				       p->id, calls_find_helper(c, p->id)->name);
		err = reserve_helpers(c, p->id);
		if (err)
			return err;
		c->helpers[p->id] = (struct helper_rows){ p, 1 };
	}
	return 0;
}

const struct helper_proto *calls_find_helper(const struct calls *c, u32 id)
{
	return id < c->nr_helpers ? c->helpers[id].first : NULL;
}

/* ---- hooks ---- */

void calls_register_hooks(struct calls *c, const struct call_hook *rows, size_t nr)
{
	c->hooks = rows;
	c->nr_hooks = nr;
}

u32 calls_hook_flags(const struct calls *c, const char *name)
{
	for (size_t i = 0; i < c->nr_hooks; i++)
		if (!strcmp(c->hooks[i].name, name))
			return c->hooks[i].flags;
	return 0;
}

/* ---- look-up ---- */

const struct kfunc_row *calls_find_kfunc(const struct calls *c, const struct call_site *site,
					 u32 btf_id, const struct kfunc_set **set)
{
	const struct kfunc_entry *k = calls_entry(c, btf_id);

	if (!k || (site && k->set->visible && !k->set->visible(site)))
		return NULL;
	if (set)
		*set = k->set;
	return k->row;
}

int calls_for_each_kfunc(const struct calls *c,
			 int (*cb)(void *priv, const struct kfunc_set *set,
				   const struct kfunc_row *row, u32 btf_id),
			 void *priv)
{
	for (u32 i = 0; i < c->nr_kfuncs; i++) {
		const struct kfunc_entry *k = &c->kfuncs[i];
		int err = cb(priv, k->set, k->row, k->btf_id);

		if (err)
			return err;
	}
	return 0;
}
