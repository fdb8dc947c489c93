/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Objects of a program's own types, and the lists and trees that own them.
 * kfuncs_generic.def says what the verifier puts into the hidden arguments.
 */
#include <stdlib.h>

#include "helpers/kern.h"
#include "helpers/kfuncs.h"
#include "kobj/record.h"

/* ---- objects ---- */

/* Fields whose empty state is not all zeroes. */
static void init_fields(const struct btf_record *rec, void *obj)
{
	if (rec && rec->refcount_off >= 0)
		*(u32 *)((u8 *)obj + rec->refcount_off) = 1;
}

void *kf_obj_new(u64 local_type_id__k, void *meta__ign, struct run_ctx *rc)
{
	void *obj = calloc(1, local_type_id__k);

	if (obj)
		init_fields(meta__ign, obj);
	return obj;
}

/* Non-owning references and RCU pointers to the object may still be around. */
static void obj_drop(const struct btf_record *rec, void *obj, struct run_ctx *rc)
{
	if (record_obj_put(rec, obj))
		free_later(rc->env, obj);
}

void kf_obj_drop(void *p__alloc, void *meta__ign, struct run_ctx *rc)
{
	obj_drop(meta__ign, p__alloc, rc);
}

void *kf_refcount_acquire(void *p__refcounted_kptr, void *meta__ign, struct run_ctx *rc)
{
	const struct btf_record *rec = meta__ign;
	u32 *refs = (u32 *)((u8 *)p__refcounted_kptr + rec->refcount_off);

	if (!*refs)
		return NULL;
	++*refs;
	return p__refcounted_kptr;
}

/* ---- an object per CPU ---- */

void *kf_percpu_obj_new(u64 local_type_id__k, void *meta__ign, struct run_ctx *rc)
{
	u64 stride = ALIGN_UP(local_type_id__k, 8);
	struct percpu_obj *p = calloc(1, sizeof(*p) + rc->env->ops->nr_cpus(rc->env) * stride);

	if (p)
		p->stride = stride;
	return p;
}

/* Its type has no special fields: the verifier saw to that. */
void kf_percpu_obj_drop(void *p__alloc, void *meta__ign, struct run_ctx *rc)
{
	free_later(rc->env, p__alloc);
}

/* ---- lists ---- */

static struct list_head *list_of(struct bpf_list_head *head)
{
	struct list_head *l = (struct list_head *)head;

	if (!l->next)
		INIT_LIST_HEAD(l);
	return l;
}

static int list_push(struct bpf_list_head *head, struct bpf_list_node *node,
		     const struct btf_record *rec, u64 off, bool tail, struct run_ctx *rc)
{
	struct list_node_kern *n = (struct list_node_kern *)node;
	struct list_head *l = list_of(head);

	if (n->owner) {
		/* The reference that the list would have taken goes. */
		obj_drop(rec, (u8 *)node - off, rc);
		return -EINVAL;
	}
	n->owner = head;
	if (tail)
		list_add_tail(&n->list, l);
	else
		list_add(&n->list, l);
	return 0;
}

int kf_list_push_front(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign,
		       u64 off, struct run_ctx *rc)
{
	return list_push(head, node, meta__ign, off, false, rc);
}

int kf_list_push_back(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign,
		      u64 off, struct run_ctx *rc)
{
	return list_push(head, node, meta__ign, off, true, rc);
}

static struct bpf_list_node *list_pop(struct bpf_list_head *head, bool tail)
{
	struct list_head *l = list_of(head);
	struct list_node_kern *n;

	if (list_empty(l))
		return NULL;
	n = tail ? list_last_entry(l, struct list_node_kern, list) :
		   list_first_entry(l, struct list_node_kern, list);
	BUG_ON(n->owner != head);
	list_del_init(&n->list);
	n->owner = NULL;
	return (struct bpf_list_node *)n;
}

struct bpf_list_node *kf_list_pop_front(struct bpf_list_head *head, struct run_ctx *rc)
{
	return list_pop(head, false);
}

struct bpf_list_node *kf_list_pop_back(struct bpf_list_head *head, struct run_ctx *rc)
{
	return list_pop(head, true);
}

/* ---- trees ---- */

struct bpf_rb_node *kf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node,
				     struct run_ctx *rc)
{
	struct rb_node_kern *n = (struct rb_node_kern *)node;

	if (n->owner != root)
		return NULL;
	rb_erase_cached(&n->rb, (struct rb_root_cached *)root);
	n->owner = NULL;
	return node;
}

int kf_rbtree_add(struct bpf_rb_root *root, struct bpf_rb_node *node,
		  bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta__ign,
		  u64 off, struct run_ctx *rc)
{
	struct rb_root_cached *tree = (struct rb_root_cached *)root;
	struct rb_node_kern *n = (struct rb_node_kern *)node;
	struct rb_node *parent = NULL, *next = tree->rb_root.rb_node;
	bool right = false;

	if (n->owner) {
		obj_drop(meta__ign, (u8 *)node - off, rc);
		return -EINVAL;
	}
	while (next) {
		parent = next;
		right = !run_callback(rc->prog, (u64)less, rc, (u64)node, (u64)parent, 0, 0, 0);
		next = right ? parent->rb_right : parent->rb_left;
	}
	rb_link_cached(&n->rb, parent, right, tree);
	n->owner = root;
	return 0;
}

struct bpf_rb_node *kf_rbtree_first(struct bpf_rb_root *root, struct run_ctx *rc)
{
	return (struct bpf_rb_node *)rb_first_cached((struct rb_root_cached *)root);
}
