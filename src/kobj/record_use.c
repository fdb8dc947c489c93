/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records at run time: copying around special fields, and taking apart what they hold. */
#include <stdlib.h>

#include "base/list.h"
#include "base/rbtree.h"
#include "kobj/record.h"

void record_free(struct btf_record *rec)
{
	if (!rec)
		return;
	for (u32 i = 0; i < rec->cnt; i++) {
		if (rec->fields[i].type & BPF_GRAPH_ROOT)
			record_free(rec->fields[i].graph_root.value_rec);
		else if (rec->fields[i].type & BPF_KPTR)
			record_free(rec->fields[i].kptr.rec);
	}
	free(rec);
}

int record_bind_dtors(struct btf_record *rec, const struct record_dtors *dtors)
{
	if (rec && dtors)
		rec->dtors = *dtors;
	for (u32 i = 0; rec && i < rec->cnt; i++) {
		struct btf_field *f = &rec->fields[i];
		int err = 0;

		if (f->type & BPF_GRAPH_ROOT)
			err = record_bind_dtors(f->graph_root.value_rec, dtors);
		else if ((f->type & BPF_KPTR) && f->kptr.rec)
			err = record_bind_dtors(f->kptr.rec, dtors);
		else if (f->type == BPF_KPTR_REF && kbtf_is_kernel(f->kptr.btf))
			err = dtors && dtors->find ?
				      dtors->find(dtors->priv, f->kptr.btf_id, &f->kptr.dtor,
						  &f->kptr.dtor_priv) :
				      -ENOENT;
		if (err)
			return err;
	}
	return 0;
}

const struct btf_field *record_find(const struct btf_record *rec, u32 off, u32 mask)
{
	if (!rec || !(rec->field_mask & mask))
		return NULL;
	for (u32 i = 0; i < rec->cnt; i++) {
		const struct btf_field *f = &rec->fields[i];

		if ((f->type & mask) && off >= f->offset && off < f->offset + f->size)
			return f;
	}
	return NULL;
}

static bool field_equal(const struct btf_field *a, const struct btf_field *b)
{
	if (a->offset != b->offset || a->type != b->type)
		return false;
	if (a->type & BPF_KPTR)
		return a->kptr.btf == b->kptr.btf && a->kptr.btf_id == b->kptr.btf_id;
	if (a->type & BPF_GRAPH_ROOT)
		return a->graph_root.btf == b->graph_root.btf &&
		       a->graph_root.value_btf_id == b->graph_root.value_btf_id &&
		       a->graph_root.node_offset == b->graph_root.node_offset;
	return true;
}

bool record_equal(const struct btf_record *a, const struct btf_record *b)
{
	if (!a || !b)
		return a == b;
	if (a->cnt != b->cnt)
		return false;
	for (u32 i = 0; i < a->cnt; i++)
		if (!field_equal(&a->fields[i], &b->fields[i]))
			return false;
	return true;
}

void record_copy(const struct btf_record *rec, void *dst, const void *src, u32 size)
{
	u32 at = 0;

	for (u32 i = 0; rec && i < rec->cnt; i++) {
		const struct btf_field *f = &rec->fields[i];

		memcpy((u8 *)dst + at, (const u8 *)src + at, f->offset - at);
		at = f->offset + f->size;
	}
	memcpy((u8 *)dst + at, (const u8 *)src + at, size - at);
}

/* ---- taking apart ---- */

static void free_async(void *field)
{
	struct field_async **a = field, *old = *a;

	*a = NULL;
	if (old)
		old->destroy(old);
}

static void reclaim(const struct record_dtors *d, void *obj)
{
	if (d->free_later)
		d->free_later(d->priv, free, obj);
	else
		free(obj);
}

static void obj_drop(const struct record_dtors *d, const struct btf_record *rec, void *obj)
{
	if (record_obj_put(rec, obj))
		reclaim(d, obj);
}

static void free_kptr(const struct record_dtors *d, const struct btf_field *f, void *field)
{
	void **p = field, *obj = *p;

	*p = NULL;
	if (!obj || f->type == BPF_KPTR_UNREF)
		return;
	if (f->kptr.dtor)
		f->kptr.dtor(obj, f->kptr.dtor_priv);
	else if (f->type == BPF_KPTR_PERCPU)
		reclaim(d, obj);
	else
		obj_drop(d, f->kptr.rec, obj);
}

/* The owner's word behind a node says that it is in no list any more. */
static void free_list(const struct record_dtors *d, const struct btf_field *f,
		      struct list_head *head)
{
	struct list_head all = LIST_HEAD_INIT(all);

	if (!head->next)
		return; /* never used */
	while (!list_empty(head)) {
		struct list_head *n = head->next;

		list_del_init(n);
		*(void **)(n + 1) = NULL;
		list_add_tail(n, &all);
	}
	while (!list_empty(&all)) {
		struct list_head *n = all.next;

		list_del_init(n);
		obj_drop(d, f->graph_root.value_rec, (u8 *)n - f->graph_root.node_offset);
	}
}

static void free_tree(const struct record_dtors *d, const struct btf_field *f,
		      struct rb_root_cached *root)
{
	struct rb_node *n;

	while ((n = rb_first_cached(root))) {
		rb_erase_cached(n, root);
		RB_CLEAR_NODE(n);
		*(void **)(n + 1) = NULL;
		obj_drop(d, f->graph_root.value_rec, (u8 *)n - f->graph_root.node_offset);
	}
}

void record_free_some(const struct btf_record *rec, void *value, u32 mask)
{
	for (u32 i = 0; rec && i < rec->cnt; i++) {
		const struct btf_field *f = &rec->fields[i];
		void *field = (u8 *)value + f->offset;

		switch (f->type & mask) {
		case BPF_TIMER:
		case BPF_WORKQUEUE:
			free_async(field);
			break;
		case BPF_KPTR_UNREF:
		case BPF_KPTR_REF:
		case BPF_KPTR_PERCPU:
			free_kptr(&rec->dtors, f, field);
			break;
		case BPF_LIST_HEAD:
			free_list(&rec->dtors, f, field);
			break;
		case BPF_RB_ROOT:
			free_tree(&rec->dtors, f, field);
			break;
		default:
			break;
		}
	}
}

void record_free_fields(const struct btf_record *rec, void *value)
{
	record_free_some(rec, value, ~0u);
}

bool record_obj_put(const struct btf_record *rec, void *obj)
{
	if (rec && rec->refcount_off >= 0) {
		u32 *refs = (u32 *)((u8 *)obj + rec->refcount_off);

		if (--*refs)
			return false;
	}
	record_free_fields(rec, obj);
	return true;
}
