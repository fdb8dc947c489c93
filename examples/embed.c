/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A cache whose policy is a BPF object: embed POLICY.bpf.o. All that scxlab has
 * to know is in the tables below; scxlab/scxlab.h says how to build this.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <scxlab/scxlab.h>

#include "embed.h"

#define NR_KEYS 100000

enum { ADMIT, HIT, MAKE_ROOM, EVICTED, NR_OPS };
static const char *const op_names[NR_OPS] = { "admit", "hit", "make_room", "evicted" };

struct entry {
	struct cache_obj obj; /* first: what BPF gets is a pointer to it */
	struct entry *prev, *next;
	bool promoted;
};

struct cache {
	struct entry list;	       /* next: the newest, prev: the next to go */
	struct entry *by_key[NR_KEYS]; /* a toy: keys are small */
	unsigned int capacity, used;
	struct scxlab_ops *ops;
	int op[NR_OPS]; /* for scxlab_call() */
};

static void link_after(struct entry *e, struct entry *pos)
{
	e->prev = pos;
	e->next = pos->next;
	pos->next->prev = e;
	pos->next = e;
}

static void unlink_entry(struct entry *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
}

static int64_t call(struct cache *c, int op, struct cache_obj *obj, int64_t otherwise)
{
	uint64_t args[] = { (uint64_t)(uintptr_t)obj };
	int64_t ret;

	return scxlab_call(c->ops, c->op[op], args, &ret) ? otherwise : ret;
}

/* ---- kfuncs: each takes what BPF passes, then scxlab_type.priv ---- */

/* In hit(): the object is on the list. */
static void promote_now(struct cache_obj *obj, void *priv)
{
	unlink_entry((struct entry *)obj);
	link_after((struct entry *)obj, &((struct cache *)priv)->list);
}

/* In admit(): it is not there yet; insert() looks at the mark. */
static void promote_at_insert(struct cache_obj *obj, void *priv)
{
	((struct entry *)obj)->promoted = true;
}

static bool evict_tail(void *priv)
{
	struct cache *c = priv;
	struct entry *e = c->list.prev;

	if (!c->used)
		return false;
	call(c, EVICTED, &e->obj, 0); /* a callback inside a callback */
	unlink_entry(e);
	c->by_key[e->obj.key] = NULL;
	c->used--;
	free(e);
	return true;
}

static unsigned int tail_hits(void *priv)
{
	return ((struct cache *)priv)->list.prev->obj.hits;
}

/* A second chance, which costs half of what was earned. */
static void rotate(void *priv)
{
	struct cache_obj *obj = &((struct cache *)priv)->list.prev->obj;

	obj->hits /= 2;
	promote_now(obj, priv);
}

static const struct scxlab_kfunc kfuncs[] = {
	{ .name = "cache_promote",
	  .allowed = "hit, admit", /* each must have an implementation */
	  .cases = { SCXLAB_IN("hit", promote_now), SCXLAB_IN("admit", promote_at_insert) } },
	{ .name = "cache_evict",
	  .cases = { SCXLAB_IN("make_room", evict_tail) }, .nests = "evicted" },
	{ .name = "cache_tail_hits", .cases = { SCXLAB_IN("make_room", tail_hits) } },
	{ .name = "cache_rotate", .cases = { SCXLAB_IN("make_room", rotate) } },
};

static const struct scxlab_op ops[] = { { .name = "make_room", .flags = SCXLAB_OP_REQUIRED } };

static int attach(void *priv, const void *value)
{
	struct cache *c = priv;

	c->capacity = ((const struct cache_ops *)value)->capacity;
	return c->capacity ? 0 : -EINVAL;
}

static bool lookup(struct cache *c, unsigned long long key)
{
	struct entry *e = c->by_key[key];

	if (e) {
		e->obj.hits++;
		call(c, HIT, &e->obj, 0);
		return true;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	e->obj.key = key;
	if (!call(c, ADMIT, &e->obj, true)) {
		free(e);
		return false;
	}
	if (c->used == c->capacity)
		call(c, MAKE_ROOM, &e->obj, 0);
	link_after(e, e->promoted ? &c->list : c->list.prev->prev);
	c->by_key[key] = e;
	c->used++;
	return false;
}

/* Two in three look-ups go to a hot set; the others are a scan that never ends. */
static double hit_ratio(struct cache *c, unsigned int lookups)
{
	unsigned int hits = 0, scan = 1000, seed = 1;

	for (unsigned int i = 0; i < lookups; i++) {
		seed = seed * 1103515245 + 12345;
		hits += lookup(c, i % 3 ? (seed >> 16) % 300 : scan++ % NR_KEYS);
	}
	return 100.0 * hits / lookups;
}

static void print_decision(void *unused, const struct scxlab_decision *d)
{
	printf("%s calls %s() -> %s\n", d->program, d->kfunc,
	       d->implementation ? d->implementation : "refused");
}

int main(int argc, char **argv)
{
	struct cache *c = calloc(1, sizeof(*c));
	const struct scxlab_type type = { .name = "cache_ops", .ops = ops, .nr_ops = 1,
					  .kfuncs = kfuncs, .nr_kfuncs = 4, .priv = c,
					  .attach = attach };
	const struct scxlab_type *types[] = { &type };
	const struct scxlab_config cfg = { .types = types, .nr_types = 1,
					   .decided = print_decision };
	struct scxlab_object *policy = NULL;
	struct scxlab_error e = { "" };
	struct scxlab *k = NULL;
	int err;

	if (argc != 2 || !c)
		return 2;
	c->list.prev = c->list.next = &c->list;
	err = scxlab_create(&cfg, &e, &k);
	if (!err)
		err = scxlab_load(k, argv[1], &e, &policy);
	if (!err)
		err = scxlab_attach(policy, &e);
	if (err) {
		fprintf(stderr, "%s\n", e.text);
	} else {
		c->ops = scxlab_ops(k, "cache_ops");
		for (int i = 0; i < NR_OPS; i++)
			c->op[i] = scxlab_op(c->ops, op_names[i]);
		printf("%.1f%% hits\n", hit_ratio(c, 200000));
		while (evict_tail(c))
			;
	}
	scxlab_unload(policy);
	scxlab_destroy(k);
	free(c);
	return err ? 1 : 0;
}
