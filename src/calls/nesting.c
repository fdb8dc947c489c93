/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Nesting: a callback calls a kfunc, which calls a callback, and so on. The
 * graph has a node per member of every struct_ops; member a has an edge to
 * member b where some kfunc, of any set, is legal in a and declares that it
 * invokes b. A declaration is sound only if the graph is acyclic: every real
 * nesting is then bounded by its longest path. Depth first, with the usual three
 * colours; the stack of grey nodes is the cycle to print.
 */
#include <stdio.h>
#include <stdlib.h>

#include "calls/registry.h"

enum colour { WHITE, GREY, BLACK };

struct node {
	const struct st_ops_entry *type;
	u32 member;
	u8 colour;
};

struct nesting {
	const struct calls *c;
	const struct kfunc_set *set; /* that is being registered */
	struct node *nodes; /* ST_OPS_MAX_MEMBERS per type, in the order of c->st_ops */
	u32 nr;
	/* the path: at[i] calls via[i], which invokes at[i + 1] */
	u32 *at;
	const struct kfunc_row **via;
};

/* The contexts of @set that the synchronous code of the callback is in. */
static u64 contexts_of(const struct nesting *n, const struct node *node, const struct kfunc_set *set)
{
	const struct st_ops_member *row = node->type->rows[node->member];
	struct call_site site = {
		.prog_type = BPF_PROG_TYPE_STRUCT_OPS,
		.st_ops = node->type->type,
		.member = node->member,
		.member_name = calls_member_name(n->c, node->type->type, node->member),
	};
	u64 all = 0;

	if (!row || (row->flags & ST_OPS_UNSUPPORTED) || (set->visible && !set->visible(&site)))
		return 0;
	if (!set->context_of)
		return ~0ULL;
	/* Timer and work-queue callbacks don't run nested in their member. */
	for (u32 i = 0; i < (row->flags & ST_OPS_SLEEPABLE ? 4 : 2); i++) {
		site.place = i & 1 ? CALL_IN_EXCEPTION_CB : CALL_IN_MAIN;
		site.sleepable = i & 2;
		all |= set->context_of(set->priv, &site);
	}
	return all;
}

static u64 row_contexts(const struct kfunc_row *row)
{
	u64 all = 0;

	for (u32 i = 0; i < KFUNC_MAX_CASES && row->cases[i].fn; i++)
		all |= row->cases[i].contexts;
	return all;
}

/* Members of the set's own struct_ops go by their names, others by type and name. */
static int add_name(const struct nesting *n, u32 node, char *buf, size_t size)
{
	const struct st_ops_type *type = n->nodes[node].type->type;
	const char *name = calls_member_name(n->c, type, n->nodes[node].member);

	return type == n->set->st_ops ? snprintf(buf, size, "%s", name) :
					snprintf(buf, size, "%s.%s", type->name, name);
}

static int report(const struct nesting *n, u32 from, u32 depth, struct err_msg *e)
{
	char text[400];
	size_t len = 0;

	for (u32 i = from; i <= depth && len < sizeof(text); i++) {
		len += add_name(n, n->at[i], text + len, sizeof(text) - len);
		if (len < sizeof(text))
			len += snprintf(text + len, sizeof(text) - len, " -> %s -> ",
					n->via[i]->name);
	}
	if (len < sizeof(text))
		add_name(n, n->at[from], text + len, sizeof(text) - len);
	return err_set(e, -EINVAL, "%s: callbacks may nest without end: %s", n->set->name, text);
}

static u32 node_of(const struct nesting *n, const struct st_ops_type *type, u32 member)
{
	const struct st_ops_entry *s = calls_st_ops_entry(n->c, type);

	return (s - n->c->st_ops) * ST_OPS_MAX_MEMBERS + member;
}

static int visit(struct nesting *n, u32 depth, struct err_msg *e);

/* @node is brought about by the last of the path. */
static int follow(struct nesting *n, u32 depth, u32 node, struct err_msg *e)
{
	u32 from = 0;

	if (n->nodes[node].colour == BLACK)
		return 0;
	if (n->nodes[node].colour == WHITE) {
		n->at[depth + 1] = node;
		return visit(n, depth + 1, e);
	}
	while (n->at[from] != node)
		from++;
	return report(n, from, depth, e);
}

static int visit(struct nesting *n, u32 depth, struct err_msg *e)
{
	struct node *node = &n->nodes[n->at[depth]];

	node->colour = GREY;
	for (u32 k = 0; k < n->c->nr_kfuncs; k++) {
		const struct kfunc_entry *entry = &n->c->kfuncs[k];

		if (!entry->invokes || entry->set->cycles_by_value ||
		    !(row_contexts(entry->row) & contexts_of(n, node, entry->set)))
			continue;
		n->via[depth] = entry->row;
		for (u64 rest = entry->invokes; rest; rest &= rest - 1) {
			int err = follow(n, depth, node_of(n, entry->set->st_ops,
							   __builtin_ctzll(rest)), e);

			if (err)
				return err;
		}
	}
	node->colour = BLACK;
	return 0;
}

static int search(struct nesting *n, struct err_msg *e)
{
	int err = 0;

	for (u32 i = 0; i < n->nr; i++) {
		const struct st_ops_entry *s = &n->c->st_ops[i / ST_OPS_MAX_MEMBERS];

		n->nodes[i] = (struct node){ .type = s, .member = i % ST_OPS_MAX_MEMBERS };
	}
	for (u32 i = 0; i < n->nr && !err; i++) {
		const struct node *node = &n->nodes[i];

		n->at[0] = i;
		if (node->colour == WHITE && node->type->rows[node->member])
			err = visit(n, 0, e);
	}
	return err;
}

int calls_check_nesting(const struct calls *c, const struct kfunc_set *set, struct err_msg *e)
{
	struct nesting n = { .c = c, .set = set, .nr = c->nr_st_ops * ST_OPS_MAX_MEMBERS };
	int err = -ENOMEM;

	n.nodes = calloc(n.nr + 1, sizeof(*n.nodes));
	n.at = calloc(n.nr + 1, sizeof(*n.at));
	n.via = calloc(n.nr + 1, sizeof(*n.via));
	if (n.nodes && n.at && n.via)
		err = search(&n, e);
	free(n.nodes);
	free(n.at);
	free(n.via);
	return err;
}
