/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The special fields of a value type (bpf_timer, bpf_spin_lock, kptrs, list
 * heads, rbtree roots, ...), found in its BTF. Plain copies leave them alone;
 * freeing a value releases what they own.
 */
#ifndef KOBJ_RECORD_H
#define KOBJ_RECORD_H

#include "btf/btf.h"

enum btf_field_type {
	BPF_SPIN_LOCK = 1 << 0,
	BPF_TIMER = 1 << 1,
	BPF_KPTR_UNREF = 1 << 2,
	BPF_KPTR_REF = 1 << 3,
	BPF_KPTR_PERCPU = 1 << 4,
	BPF_LIST_HEAD = 1 << 5,
	BPF_LIST_NODE = 1 << 6,
	BPF_RB_ROOT = 1 << 7,
	BPF_RB_NODE = 1 << 8,
	BPF_REFCOUNT = 1 << 9,
	BPF_WORKQUEUE = 1 << 10,
};
#define BPF_KPTR (BPF_KPTR_UNREF | BPF_KPTR_REF | BPF_KPTR_PERCPU)
#define BPF_GRAPH_NODE (BPF_RB_NODE | BPF_LIST_NODE)
#define BPF_GRAPH_ROOT (BPF_RB_ROOT | BPF_LIST_HEAD)

struct btf_field {
	u32 offset, size;
	enum btf_field_type type;
	union {
		struct {
			struct kbtf *btf; /* where the pointee's type lives; borrowed */
			u32 btf_id;
			void (*dtor)(void *obj, void *priv); /* KPTR_REF: how to drop it */
			void *dtor_priv;
			struct btf_record *rec; /* of a pointee that the program's BTF defines */
		} kptr;
		struct {
			struct kbtf *btf; /* borrowed */
			u32 value_btf_id;
			u32 node_offset;
			struct btf_record *value_rec;
		} graph_root;
	};
};

/* How what special fields hold is let go of. */
struct record_dtors {
	/*
	 * For objects of the kernel that a KPTR_REF holds: fills dtor and dtor_priv for
	 * the struct @btf_id, or returns -ENOENT: no such kptr may exist.
	 */
	int (*find)(void *priv, u32 btf_id, void (**dtor)(void *obj, void *priv), void **dtor_priv);
	/* For the program's own: fn(p), once no program that runs now can read @p. NULL: at once. */
	void (*free_later)(void *priv, void (*fn)(void *p), void *p);
	void *priv;
};

struct btf_record {
	u32 cnt, field_mask;
	int spin_lock_off, timer_off, wq_off, refcount_off; /* -1: none */
	struct record_dtors dtors; /* since record_bind_dtors() */
	struct btf_field fields[];
};

/*
 * Finds the special fields among @mask in struct @type_id of @btf. *out = NULL
 * where there is none. Errors as btf_parse_fields() in Linux 6.12 (-EINVAL,
 * -E2BIG above one lock/timer/wq, -ENOENT, ...). @kernel resolves kptr pointees
 * (NULL: they are the program's own types). The record borrows @btf and @kernel.
 */
int record_parse(struct kbtf *btf, u32 type_id, u32 value_size, u32 mask, const struct kbtf *kernel,
		 struct btf_record **out);
void record_free(struct btf_record *rec);
/*
 * Copies @dtors, and binds every KPTR_REF of @rec to its destructor, before any
 * value is freed. NULL record: 0; NULL dtors: there are none.
 */
int record_bind_dtors(struct btf_record *rec, const struct record_dtors *dtors);
bool record_equal(const struct btf_record *a, const struct btf_record *b);
/* Whether every struct of a program's BTF has sane special fields, as BTF_LOAD insists. */
int record_check_btf(struct kbtf *btf, const struct kbtf *kernel);
const struct btf_field *record_find(const struct btf_record *rec, u32 off, u32 mask);
/* Copies a value but for its special fields. */
void record_copy(const struct btf_record *rec, void *dst, const void *src, u32 size);
/* Cancels timers, drops kptrs, empties lists of one value. */
void record_free_fields(const struct btf_record *rec, void *value);
/* Only the fields of @mask: timers and work queues go when the last fd does. */
void record_free_some(const struct btf_record *rec, void *value, u32 mask);

/*
 * What special fields hold while programs run: helpers/ works on them, and
 * record_free_fields() takes them apart.
 *
 *	timer, wq	first word: struct field_async *; NULL until bpf_timer_init()
 *	kptr		the pointer
 *	list head	a struct list_head; all zero until it is first used
 *	rbtree root	a struct rb_root_cached
 *	nodes		a struct list_head or rb_node, then the owner: a pointer to
 *			the root that it is in, or NULL
 *	refcount	u32
 */
struct field_async {
	void (*destroy)(struct field_async *a); /* cancels it, and frees the whole */
};

/*
 * Drops a reference of an object that bpf_obj_new() made, which is one malloc()
 * block. With the last one (rec has no refcount: always) frees its fields and
 * returns true: the block is the caller's to free, when no program can read it.
 */
bool record_obj_put(const struct btf_record *rec, void *obj);

#endif
