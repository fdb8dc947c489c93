/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Nesting: a callback calls a kfunc, which calls a callback, and so on. The
 * graph has one node per member of the set's struct_ops; member a has an edge
 * to member b where some kfunc is legal in a and declares that it invokes b. A
 * declaration is sound only if the graph is acyclic: every real nesting is then
 * bounded by its longest path. Depth first, with the usual three colours; the
 * stack of grey nodes is the cycle to print.
 */
#include <stdio.h>

#include "calls/registry.h"

enum colour { WHITE, GREY, BLACK };

struct nesting {
	const struct calls *c;
	const struct kfunc_set *set;
	u64 contexts[ST_OPS_MAX_MEMBERS]; /* of each member's synchronous code */
	u8 colour[ST_OPS_MAX_MEMBERS];
	u32 nr;
	/* the path: members[i] calls via[i], which invokes members[i + 1] */
	u32 members[ST_OPS_MAX_MEMBERS + 1];
	const struct kfunc_row *via[ST_OPS_MAX_MEMBERS];
};

static const char *member_name(const struct nesting *n, u32 idx)
{
	return calls_member_name(n->c, n->set->st_ops, idx);
}

static void find_contexts(struct nesting *n)
{
	const struct st_ops_entry *s = calls_st_ops_entry(n->c, n->set->st_ops);

	n->nr = kbtf_vlen(kbtf_type(n->c->kernel, s->btf_id));
	for (u32 i = 0; i < n->nr; i++) {
		struct call_site site = {
			.prog_type = BPF_PROG_TYPE_STRUCT_OPS,
			.st_ops = n->set->st_ops,
			.member = i,
			.member_name = member_name(n, i),
		};

		if (!s->rows[i] || (s->rows[i]->flags & ST_OPS_UNSUPPORTED))
			continue;
		if (!n->set->context_of) {
			n->contexts[i] = ~0ULL;
			continue;
		}
		/* Timer and work-queue callbacks don't run nested in their member. */
		n->contexts[i] = n->set->context_of(n->set->priv, &site);
		site.place = CALL_IN_EXCEPTION_CB;
		n->contexts[i] |= n->set->context_of(n->set->priv, &site);
		if (!(s->rows[i]->flags & ST_OPS_SLEEPABLE))
			continue;
		site.sleepable = true;
		n->contexts[i] |= n->set->context_of(n->set->priv, &site);
		site.place = CALL_IN_MAIN;
		n->contexts[i] |= n->set->context_of(n->set->priv, &site);
	}
}

static u64 row_contexts(const struct kfunc_row *row)
{
	u64 all = 0;

	for (u32 i = 0; i < KFUNC_MAX_CASES && row->cases[i].fn; i++)
		all |= row->cases[i].contexts;
	return all;
}

static int report(const struct nesting *n, u32 from, u32 depth, struct err_msg *e)
{
	char text[400];
	size_t len = 0;

	for (u32 i = from; i <= depth && len < sizeof(text); i++)
		len += snprintf(text + len, sizeof(text) - len, "%s -> %s -> ",
				member_name(n, n->members[i]), n->via[i]->name);
	if (len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, "%s", member_name(n, n->members[from]));
	return err_set(e, -EINVAL, "%s: callbacks may nest without end: %s", n->set->name, text);
}

static int visit(struct nesting *n, u32 depth, struct err_msg *e)
{
	u32 m = n->members[depth];

	n->colour[m] = GREY;
	for (u32 k = 0; k < n->c->nr_kfuncs; k++) {
		const struct kfunc_entry *entry = &n->c->kfuncs[k];

		if (entry->set != n->set || !(row_contexts(entry->row) & n->contexts[m]))
			continue;
		n->via[depth] = entry->row;
		for (u32 next = 0; next < n->nr; next++) {
			u32 from = 0;
			int err;

			if (!(entry->invokes & BIT_ULL(next)) || n->colour[next] == BLACK)
				continue;
			if (n->colour[next] == GREY) {
				while (n->members[from] != next)
					from++;
				return report(n, from, depth, e);
			}
			n->members[depth + 1] = next;
			err = visit(n, depth + 1, e);
			if (err)
				return err;
		}
	}
	n->colour[m] = BLACK;
	return 0;
}

int calls_check_nesting(const struct calls *c, const struct kfunc_set *set, struct err_msg *e)
{
	struct nesting n = { .c = c, .set = set };

	if (!set->st_ops)
		return 0;
	find_contexts(&n);
	for (u32 i = 0; i < n.nr; i++) {
		int err = 0;

		n.members[0] = i;
		if (n.colour[i] == WHITE && n.contexts[i])
			err = visit(&n, 0, e);
		if (err)
			return err;
	}
	return 0;
}
