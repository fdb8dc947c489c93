/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* References and ids. Ids grow and are not reused, so a table sorted by id is one array. */
#include <stdlib.h>

#include "kobj/kobj.h"

struct id_space {
	struct kobj **objs; /* ascending by id */
	u32 nr, room, last;
};

struct kobj_ids {
	struct id_space space[NR_KOBJ_KINDS];
};

int kobj_ids_create(struct kobj_ids **out)
{
	struct kobj_ids *ids = calloc(1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	*out = ids;
	return 0;
}

void kobj_ids_destroy(struct kobj_ids *ids)
{
	if (!ids)
		return;
	for (int k = 0; k < NR_KOBJ_KINDS; k++) {
		BUG_ON(ids->space[k].nr); /* an object outlives its id space */
		free(ids->space[k].objs);
	}
	free(ids);
}

/* Index of the first object with an id above @id. */
static u32 above(const struct id_space *s, u32 id)
{
	u32 lo = 0, hi = s->nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (s->objs[mid]->id > id)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

struct kobj *kobj_find(struct kobj_ids *ids, enum kobj_kind kind, u32 id)
{
	const struct id_space *s = &ids->space[kind];
	u32 at = above(s, id);

	return at && s->objs[at - 1]->id == id ? s->objs[at - 1] : NULL;
}

u32 kobj_next_id(struct kobj_ids *ids, enum kobj_kind kind, u32 id)
{
	const struct id_space *s = &ids->space[kind];
	u32 at = above(s, id);

	return at < s->nr ? s->objs[at]->id : 0;
}

static int take_id(struct kobj_ids *ids, struct kobj *k)
{
	struct id_space *s = &ids->space[k->kind];

	if (s->last == INT32_MAX)
		return -ENOSPC;
	if (s->nr == s->room) {
		u32 room = s->room ? 2 * s->room : 16;
		struct kobj **objs = reallocarray(s->objs, room, sizeof(*objs));

		if (!objs)
			return -ENOMEM;
		s->objs = objs;
		s->room = room;
	}
	k->id = ++s->last;
	k->ids = ids;
	s->objs[s->nr++] = k;
	return 0;
}

static void drop_id(struct kobj *k)
{
	struct id_space *s = &k->ids->space[k->kind];
	u32 at = above(s, k->id) - 1;

	memmove(&s->objs[at], &s->objs[at + 1], (s->nr - at - 1) * sizeof(*s->objs));
	s->nr--;
	k->ids = NULL;
}

int kobj_init(struct kobj *k, enum kobj_kind kind, void (*free)(struct kobj *),
	      struct kobj_ids *ids)
{
	*k = (struct kobj){ .kind = kind, .refs = 1, .free = free };
	return ids ? take_id(ids, k) : 0;
}

int kobj_publish(struct kobj *k, struct kobj_ids *ids)
{
	return take_id(ids, k);
}

void kobj_put(struct kobj *k)
{
	if (!k)
		return;
	BUG_ON(!k->refs);
	if (--k->refs)
		return;
	if (k->ids)
		drop_id(k);
	k->free(k);
}
