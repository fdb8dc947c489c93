/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Red-black tree nodes in the kernel's layout; the operations are in base/rbtree.h. */
#ifndef BASE_RBTREE_TYPES_H
#define BASE_RBTREE_TYPES_H

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __attribute__((aligned(sizeof(long))));

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

#endif
