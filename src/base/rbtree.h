/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Red-black trees over kernel-shaped nodes: BPF programs see struct rb_node in
 * kernel types, and the tree is on the scheduling path, hence our own. Equal
 * keys keep insertion order. @less(a, b): a sorts before b.
 *
 * Augmented trees: @update recomputes a node's summary from its own key and its
 * children's summaries; it is called bottom-up after every change.
 */
#ifndef BASE_RBTREE_H
#define BASE_RBTREE_H

#include "base/base.h"
#include "base/rbtree_types.h"

#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define RB_EMPTY_NODE(n) ((n)->__rb_parent_color == (unsigned long)(n))
#define RB_CLEAR_NODE(n) ((n)->__rb_parent_color = (unsigned long)(n))

typedef bool (*rb_less_fn)(const struct rb_node *a, const struct rb_node *b);
typedef void (*rb_update_fn)(struct rb_node *n);

void rb_add(struct rb_node *n, struct rb_root *root, rb_less_fn less);
void rb_erase(struct rb_node *n, struct rb_root *root);
void rb_add_cached(struct rb_node *n, struct rb_root_cached *root, rb_less_fn less);
void rb_erase_cached(struct rb_node *n, struct rb_root_cached *root);
/* Links @n below @parent (NULL: an empty tree), at a free side that the caller found. */
void rb_link_cached(struct rb_node *n, struct rb_node *parent, bool right,
		    struct rb_root_cached *root);
void rb_add_augmented_cached(struct rb_node *n, struct rb_root_cached *root, rb_less_fn less,
			     rb_update_fn update);
void rb_erase_augmented_cached(struct rb_node *n, struct rb_root_cached *root, rb_update_fn update);
/* @n's summary has changed: so have its ancestors'. */
void rb_update_augmented(struct rb_node *n, rb_update_fn update);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);
static inline struct rb_node *rb_first_cached(const struct rb_root_cached *root)
{
	return root->rb_leftmost;
}

#endif
