/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is inside the opaque types of ktypes/bpf.h. Special fields: kobj/record.h. */
#ifndef HELPERS_KERN_H
#define HELPERS_KERN_H

#include "base/list.h"
#include "base/rbtree.h"
#include "isa/ctx_abi.h"
#include "ktypes/bpf.h"

enum dynptr_type {
	DYNPTR_INVALID,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB, /* @data is a struct skb_ctx */
	DYNPTR_XDP, /* a struct xdp_ctx */
};

#define DYNPTR_RDONLY BIT(31)
#define DYNPTR_TYPE_SHIFT 28
#define DYNPTR_SIZE_MAX ((1u << 24) - 1)

struct dynptr_kern {
	void *data; /* NULL: an invalid dynptr */
	u32 size;   /* and DYNPTR_RDONLY, and the type */
	u32 offset;
};

static inline u32 dynptr_size(const struct dynptr_kern *d)
{
	return d->size & DYNPTR_SIZE_MAX;
}

static inline bool dynptr_rdonly(const struct dynptr_kern *d)
{
	return d->size & DYNPTR_RDONLY;
}

static inline enum dynptr_type dynptr_type(const struct dynptr_kern *d)
{
	return (d->size & ~DYNPTR_RDONLY) >> DYNPTR_TYPE_SHIFT;
}

/* The packet behind it; NULL: plain memory. */
static inline const struct packet_ptrs *dynptr_packet(const struct dynptr_kern *d)
{
	switch (dynptr_type(d)) {
	case DYNPTR_SKB:
		return &((const struct skb_ctx *)d->data)->ptrs;
	case DYNPTR_XDP:
		return &((const struct xdp_ctx *)d->data)->ptrs;
	default:
		return NULL;
	}
}

static inline bool dynptr_holds(const struct dynptr_kern *d, u32 offset, u32 len)
{
	return len <= dynptr_size(d) && offset <= dynptr_size(d) - len;
}

/* NULL: a packet that became shorter than that. */
static inline u8 *dynptr_at(const struct dynptr_kern *d, u32 offset, u32 len)
{
	const struct packet_ptrs *p = dynptr_packet(d);
	u64 off = (u64)d->offset + offset;

	if (!p)
		return (u8 *)d->data + off;
	return off + len <= (u64)(p->data_end - p->data) ? p->data + off : NULL;
}

/* What bpf_percpu_obj_new() gives: programs reach the copies by per_cpu_ptr() only. */
struct percpu_obj {
	u64 stride;
	u8 copies[] __attribute__((aligned(8)));
};

static inline void *percpu_obj_of(struct percpu_obj *p, u32 cpu)
{
	return p ? p->copies + cpu * p->stride : NULL;
}

struct list_node_kern {
	struct list_head list;
	void *owner; /* the list head; NULL: in none */
};

struct rb_node_kern {
	struct rb_node rb;
	void *owner; /* the root; NULL: in none */
};

struct iter_num_kern {
	int cur, end; /* cur: the value last given */
} __attribute__((aligned(8)));

struct iter_bits_kern {
	union {
		u64 *bits;
		u64 word; /* nr_bits == 64 */
	};
	int nr_bits, bit;
};

struct iter_css_kern {
	struct cgroup_subsys_state *start, *pos;
	unsigned int order;
};

/* Of its own memory: the program's part is one word. */
struct iter_css_task_kern {
	struct css_task_walk {
		struct cgroup *cgroup;
		struct task_struct *pos;
		unsigned int flags;
	} *walk; /* NULL: nothing to come */
};

struct iter_task_kern {
	struct task_struct *task, *pos;
	unsigned int order;
};

#define KERN_FITS(kern, opaque)                                                                    \
	_Static_assert(sizeof(kern) <= sizeof(opaque), #kern " must fit into " #opaque)
KERN_FITS(struct dynptr_kern, struct bpf_dynptr);
KERN_FITS(struct list_head, struct bpf_list_head);
KERN_FITS(struct list_node_kern, struct bpf_list_node);
KERN_FITS(struct rb_root_cached, struct bpf_rb_root);
KERN_FITS(struct rb_node_kern, struct bpf_rb_node);
KERN_FITS(struct iter_num_kern, struct bpf_iter_num);
KERN_FITS(struct iter_bits_kern, struct bpf_iter_bits);
KERN_FITS(struct iter_css_kern, struct bpf_iter_css);
KERN_FITS(struct iter_css_task_kern, struct bpf_iter_css_task);
KERN_FITS(struct iter_task_kern, struct bpf_iter_task);

#endif
