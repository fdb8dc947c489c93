/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The parent pointer's lowest bit is the colour: 1 is black, so that a freshly
 * linked node is red. A node's two child pointers are addressed by side (0 left,
 * 1 right), which folds every mirrored case into one.
 */
#include "base/rbtree.h"

#define BLACK 1UL

static struct rb_node *parent_of(const struct rb_node *n)
{
	return (struct rb_node *)(n->__rb_parent_color & ~BLACK);
}

static bool is_red(const struct rb_node *n)
{
	return n && !(n->__rb_parent_color & BLACK);
}

static void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->__rb_parent_color = (unsigned long)parent | (n->__rb_parent_color & BLACK);
}

static void paint_black(struct rb_node *n)
{
	n->__rb_parent_color |= BLACK;
}

static void paint_red(struct rb_node *n)
{
	n->__rb_parent_color &= ~BLACK;
}

static void paint_like(struct rb_node *n, const struct rb_node *model)
{
	n->__rb_parent_color =
		(unsigned long)parent_of(n) | (model->__rb_parent_color & BLACK);
}

static struct rb_node **child(struct rb_node *n, int side)
{
	return side ? &n->rb_right : &n->rb_left;
}

/* Whatever pointed down to @old points to @new (may be NULL) afterwards. */
static void relink(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	struct rb_node *parent = parent_of(old);

	if (!parent)
		root->rb_node = new;
	else
		*child(parent, old == parent->rb_right) = new;
	if (new)
		set_parent(new, parent);
}

/* @top sinks to @side; its child on the other side takes its place. */
static void rotate(struct rb_root *root, struct rb_node *top, int side, rb_update_fn update)
{
	struct rb_node *riser = *child(top, !side), *inner = *child(riser, side);

	relink(root, top, riser);
	*child(top, !side) = inner;
	if (inner)
		set_parent(inner, top);
	*child(riser, side) = top;
	set_parent(top, riser);
	if (update) {
		update(top);
		update(riser);
	}
}

static void update_path(struct rb_node *n, rb_update_fn update)
{
	if (update)
		for (; n; n = parent_of(n))
			update(n);
}

/* @n is red; mends a red parent. */
static void after_insert(struct rb_root *root, struct rb_node *n, rb_update_fn update)
{
	struct rb_node *p;

	while ((p = parent_of(n)) && is_red(p)) {
		struct rb_node *g = parent_of(p);
		int side = p == g->rb_right;
		struct rb_node *uncle = *child(g, !side);

		if (is_red(uncle)) {
			paint_black(p);
			paint_black(uncle);
			paint_red(g);
			n = g;
			continue;
		}
		if (n == *child(p, !side)) {
			rotate(root, p, side, update);
			p = n;
		}
		paint_black(p);
		paint_red(g);
		rotate(root, g, !side, update);
		break;
	}
	paint_black(root->rb_node);
}

/* Every path through @n (maybe NULL), below @p, has one black node too few. */
static void after_erase(struct rb_root *root, struct rb_node *n, struct rb_node *p,
			rb_update_fn update)
{
	while (p && !is_red(n)) {
		int side = p->rb_right == n;
		struct rb_node *s = *child(p, !side), *far;

		if (is_red(s)) {
			paint_black(s);
			paint_red(p);
			rotate(root, p, side, update);
			s = *child(p, !side);
		}
		far = *child(s, !side);
		if (!is_red(far)) {
			struct rb_node *near = *child(s, side);

			paint_red(s);
			if (!is_red(near)) {
				n = p;
				p = parent_of(n);
				continue;
			}
			paint_black(near);
			rotate(root, s, !side, update);
			far = s;
			s = near;
		}
		paint_like(s, p);
		paint_black(p);
		paint_black(far);
		rotate(root, p, side, update);
		return;
	}
	if (n)
		paint_black(n);
}

/* Links @n as a red leaf; true if it is the new first node. */
static bool link_leaf(struct rb_node *n, struct rb_root *root, rb_less_fn less)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	bool first = true;

	while (*link) {
		int side;

		parent = *link;
		side = !less(n, parent);
		if (side)
			first = false;
		link = child(parent, side);
	}
	n->__rb_parent_color = (unsigned long)parent;
	n->rb_left = n->rb_right = NULL;
	*link = n;
	return first;
}

static void erase(struct rb_node *n, struct rb_root *root, rb_update_fn update)
{
	struct rb_node *orphan, *p;
	bool lost_black;

	if (!n->rb_left || !n->rb_right) {
		orphan = n->rb_left ? n->rb_left : n->rb_right;
		p = parent_of(n);
		lost_black = !is_red(n);
		relink(root, n, orphan);
	} else {
		struct rb_node *heir = n->rb_right;

		while (heir->rb_left)
			heir = heir->rb_left;
		orphan = heir->rb_right;
		lost_black = !is_red(heir);
		p = parent_of(heir);
		if (p == n) {
			p = heir;
		} else {
			relink(root, heir, orphan);
			heir->rb_right = n->rb_right;
			set_parent(heir->rb_right, heir);
		}
		heir->rb_left = n->rb_left;
		set_parent(heir->rb_left, heir);
		relink(root, n, heir);
		paint_like(heir, n);
	}
	update_path(p, update);
	if (lost_black)
		after_erase(root, orphan, p, update);
}

void rb_add(struct rb_node *n, struct rb_root *root, rb_less_fn less)
{
	link_leaf(n, root, less);
	after_insert(root, n, NULL);
}

void rb_erase(struct rb_node *n, struct rb_root *root)
{
	erase(n, root, NULL);
}

void rb_add_cached(struct rb_node *n, struct rb_root_cached *root, rb_less_fn less)
{
	rb_add_augmented_cached(n, root, less, NULL);
}

void rb_link_cached(struct rb_node *n, struct rb_node *parent, bool right,
		    struct rb_root_cached *root)
{
	n->__rb_parent_color = (unsigned long)parent;
	n->rb_left = n->rb_right = NULL;
	if (parent)
		*child(parent, right) = n;
	else
		root->rb_root.rb_node = n;
	if (!parent || (!right && parent == root->rb_leftmost))
		root->rb_leftmost = n;
	after_insert(&root->rb_root, n, NULL);
}

void rb_erase_cached(struct rb_node *n, struct rb_root_cached *root)
{
	rb_erase_augmented_cached(n, root, NULL);
}

void rb_add_augmented_cached(struct rb_node *n, struct rb_root_cached *root, rb_less_fn less,
			     rb_update_fn update)
{
	if (link_leaf(n, &root->rb_root, less))
		root->rb_leftmost = n;
	update_path(n, update);
	after_insert(&root->rb_root, n, update);
}

void rb_update_augmented(struct rb_node *n, rb_update_fn update)
{
	update_path(n, update);
}

void rb_erase_augmented_cached(struct rb_node *n, struct rb_root_cached *root,
			       rb_update_fn update)
{
	if (root->rb_leftmost == n)
		root->rb_leftmost = rb_next(n);
	erase(n, &root->rb_root, update);
}

static struct rb_node *outermost(struct rb_node *n, int side)
{
	struct rb_node *last = NULL;

	for (; n; n = *child(n, side))
		last = n;
	return last;
}

static struct rb_node *neighbour(const struct rb_node *n, int side)
{
	struct rb_node *sub, *p;

	if (RB_EMPTY_NODE(n))
		return NULL;
	sub = *child((struct rb_node *)n, side);
	if (sub)
		return outermost(sub, !side);
	while ((p = parent_of(n)) && n == *child(p, side))
		n = p;
	return p;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, 0);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, 1);
}

struct rb_node *rb_next(const struct rb_node *n)
{
	return neighbour(n, 1);
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	return neighbour(n, 0);
}
