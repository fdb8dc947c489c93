/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a bpf file descriptor stands for. A kobj is reference-counted; the last
 * kobj_put() calls the kind's free. Ids are unique per kind and kernel and grow
 * from 1, as Linux's do.
 */
#ifndef KOBJ_KOBJ_H
#define KOBJ_KOBJ_H

#include "base/base.h"

enum kobj_kind {
	KOBJ_MAP,
	KOBJ_PROG,
	KOBJ_LINK,
	KOBJ_BTF,
	NR_KOBJ_KINDS,
};

struct kobj {
	enum kobj_kind kind;
	u32 refs;
	u32 id;
	void (*free)(struct kobj *k);
	struct kobj_ids *ids; /* where the id is registered; NULL: nowhere */
};

/* The id spaces of one kernel: struct kobj_ids is owned by its composition root. */
struct kobj_ids;
int kobj_ids_create(struct kobj_ids **out);
void kobj_ids_destroy(struct kobj_ids *ids);
/* The object with that id, or NULL; no reference is taken. */
struct kobj *kobj_find(struct kobj_ids *ids, enum kobj_kind kind, u32 id);
/* The smallest id > @id in use, or 0. */
u32 kobj_next_id(struct kobj_ids *ids, enum kobj_kind kind, u32 id);

/* Starts with one reference, and takes an id from @ids unless that is NULL. */
int kobj_init(struct kobj *k, enum kobj_kind kind, void (*free)(struct kobj *),
	      struct kobj_ids *ids);
/* For an object that began without @ids: known by an id from now on. */
int kobj_publish(struct kobj *k, struct kobj_ids *ids);
static inline struct kobj *kobj_get(struct kobj *k)
{
	k->refs++;
	return k;
}
void kobj_put(struct kobj *k); /* NULL is fine */

#endif
