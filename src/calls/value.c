/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What only a whole struct_ops value tells of its programs' calls.
 *
 * Nesting is a graph over the members: a -> b where a's program calls a kfunc
 * that may invoke b, and b has a program. above[m] is the set of members that
 * may be waiting for something while m runs; it is a least fixed point over bit
 * sets, so no path is walked twice. The value is refused if some m is above
 * itself, or if m calls a kfunc that is not_within one of above[m]. A shortest
 * chain is then searched for the message.
 */
#include <stdio.h>

#include "calls/registry.h"

/* ---- the value, by names ---- */

static s32 find_member(const struct st_ops_view *v, const char *name)
{
	const struct btf_member *m = kbtf_members(v->t);

	for (u32 i = 0; i < kbtf_vlen(v->t); i++)
		if (!strcmp(kbtf_name(v->btf, m[i].name_off), name))
			return i;
	return -ENOENT;
}

bool st_ops_has(const struct st_ops_view *v, const char *member)
{
	s32 idx = find_member(v, member);

	return idx >= 0 && (v->implemented & BIT_ULL(idx));
}

u64 st_ops_u64(const struct st_ops_view *v, const char *member)
{
	s32 idx = find_member(v, member);
	const struct btf_member *m;
	u64 value = 0;
	u32 size;

	if (idx < 0)
		return 0;
	m = &kbtf_members(v->t)[idx];
	if (!kbtf_resolve_size(v->btf, m->type, &size, NULL) || size > sizeof(value))
		return 0;
	memcpy(&value, (const u8 *)v->kdata + kbtf_member_bit_offset(v->t, m) / 8, size);
	return value;
}

/* ---- nesting ---- */

struct graph {
	const struct calls *c;
	const struct st_ops_view *v;
	const struct value_call *calls;
	u32 nr;
	u64 above[ST_OPS_MAX_MEMBERS];
};

/* The entry whose row speaks of this value's members; NULL: no business of ours. */
static const struct kfunc_entry *entry_of(const struct graph *g, u32 i)
{
	const struct kfunc_entry *k = calls_entry(g->c, g->calls[i].target->row_id);

	return k && k->set->st_ops == g->v->type ? k : NULL;
}

/* Timer and workqueue callbacks run later, and not inside anything. */
static bool is_synchronous(const struct value_call *call)
{
	return call->target->places & (BIT(CALL_IN_MAIN) | BIT(CALL_IN_EXCEPTION_CB));
}

/* The members that call @i may run before it returns. */
static u64 invoked_by(const struct graph *g, u32 i)
{
	const struct kfunc_entry *k = entry_of(g, i);

	return k && is_synchronous(&g->calls[i]) ? k->invokes & g->v->implemented : 0;
}

static void find_above(struct graph *g)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 i = 0; i < g->nr; i++) {
			u64 add = g->above[g->calls[i].member] | BIT_ULL(g->calls[i].member);

			for (u64 rest = invoked_by(g, i); rest; rest &= rest - 1) {
				u64 *above = &g->above[__builtin_ctzll(rest)];

				changed |= (*above | add) != *above;
				*above |= add;
			}
		}
	}
}

struct text {
	char buf[400];
	size_t len;
};

static void add_step(struct text *t, const struct graph *g, u32 i)
{
	const struct value_call *call = &g->calls[i];

	if (t->len < sizeof(t->buf))
		t->len += snprintf(t->buf + t->len, sizeof(t->buf) - t->len,
				   "%s (program %s, insn %u) -> %s() -> ",
				   calls_member_name(g->c, g->v->type, call->member), call->prog,
				   call->target->insn, call->target->name);
}

/*
 * Appends a shortest chain of at least one call by which @from brings @to to
 * run. Breadth first; via[m] is the call that first reached m.
 */
static void add_chain(struct text *t, const struct graph *g, u32 from, u32 to)
{
	u32 via[ST_OPS_MAX_MEMBERS], chain[ST_OPS_MAX_MEMBERS], n = 0;
	u64 seen = 0, level = BIT_ULL(from);

	while (level && !(seen & BIT_ULL(to))) {
		u64 next = 0;

		for (u32 i = 0; i < g->nr; i++) {
			u64 fresh = level & BIT_ULL(g->calls[i].member)
					    ? invoked_by(g, i) & ~seen : 0;

			for (u64 rest = fresh; rest; rest &= rest - 1)
				via[__builtin_ctzll(rest)] = i;
			seen |= fresh;
			next |= fresh;
		}
		level = next;
	}
	do {
		chain[n++] = via[to];
		to = g->calls[via[to]].member;
	} while (to != from && n < ST_OPS_MAX_MEMBERS);
	while (n--)
		add_step(t, g, chain[n]);
}

static int check_nesting(struct graph *g, struct err_msg *e)
{
	struct text t = { .buf = "" };

	find_above(g);
	for (u32 m = 0; m < ST_OPS_MAX_MEMBERS; m++)
		if (g->above[m] & BIT_ULL(m)) {
			add_chain(&t, g, m, m);
			return err_set(e, -EACCES, "%s: callbacks may nest without end: %s%s",
				       g->v->type->name, t.buf,
				       calls_member_name(g->c, g->v->type, m));
		}
	for (u32 i = 0; i < g->nr; i++) {
		const struct kfunc_entry *k = entry_of(g, i);
		u64 bad = k && is_synchronous(&g->calls[i])
				  ? k->not_within & g->above[g->calls[i].member] : 0;
		u32 top;

		if (!bad)
			continue;
		top = __builtin_ctzll(bad);
		add_chain(&t, g, top, g->calls[i].member);
		return err_set(e, -EACCES,
			       "%s: %s (program %s, insn %u) may not call %s() within %s: %s%s",
			       g->v->type->name,
			       calls_member_name(g->c, g->v->type, g->calls[i].member),
			       g->calls[i].prog, g->calls[i].target->insn, k->row->name,
			       calls_member_name(g->c, g->v->type, top), t.buf,
			       calls_member_name(g->c, g->v->type, g->calls[i].member));
	}
	return 0;
}

/* ---- facts ---- */

/* @from: completes "program P (...)". */
static int check_needs(const struct kfunc_set *set, const struct value_call *call,
		       const struct st_ops_view *v, const char *from, struct err_msg *e)
{
	for (u64 rest = call->target->needs; rest; rest &= rest - 1) {
		u32 need = __builtin_ctzll(rest);

		if (need >= set->nr_needs)
			return err_set(e, -EINVAL, "%s: the resolver of %s() needs %u, undeclared",
				       set->name, call->target->name, need);
		if (v && set->needs[need].holds(set->priv, &set->needs[need], v))
			continue;
		return err_set(e, -EACCES, "%s: program %s (%s), insn %u: %s() needs %s%s",
			       set->st_ops->name, call->prog, from, call->target->insn,
			       call->target->name, set->needs[need].what,
			       v ? "" : ", and none is attached");
	}
	return 0;
}

int calls_check_run(const struct calls *c, const struct value_call *call, struct err_msg *e)
{
	const struct kfunc_entry *k = calls_entry(c, call->target->row_id);
	const struct st_ops_type *type = k ? k->set->st_ops : NULL;
	const struct st_ops_value *value;
	struct st_ops_view view;

	if (!type || !type->attached || !call->target->needs)
		return 0;
	value = type->attached(type->priv);
	if (!value)
		return check_needs(k->set, call, NULL, "syscall", e);
	view = (struct st_ops_view){
		.type = type,
		.btf = c->kernel,
		.t = kbtf_type(c->kernel, calls_st_ops_id(c, type)),
		.kdata = value->kdata,
	};
	for (u32 i = 0; i < ST_OPS_MAX_MEMBERS; i++)
		if (value->progs[i])
			view.implemented |= BIT_ULL(i);
	return check_needs(k->set, call, &view, "syscall", e);
}

int calls_check_value(const struct calls *c, const struct st_ops_view *v,
		      const struct value_call *calls, u32 nr, struct err_msg *e)
{
	struct graph g = { .c = c, .v = v, .calls = calls, .nr = nr };

	for (u32 i = 0; i < nr; i++) {
		const struct kfunc_entry *k = entry_of(&g, i);
		int err = k ? check_needs(k->set, &calls[i], v,
					  calls_member_name(c, v->type, calls[i].member), e) : 0;

		if (err)
			return err;
	}
	return check_nesting(&g, e);
}
