/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rbtree.h"
#include "base/rng.h"

#define N 512

struct item {
	struct rb_node node;
	u32 key, order;
	u32 smallest; /* summary: the smallest `order` of the subtree */
	bool in;
};

static struct item *item(const struct rb_node *n)
{
	return rb_entry(n, struct item, node);
}

static bool less(const struct rb_node *a, const struct rb_node *b)
{
	return item(a)->key < item(b)->key;
}

static void update(struct rb_node *n)
{
	struct item *i = item(n);

	i->smallest = i->order;
	if (n->rb_left)
		i->smallest = min(i->smallest, item(n->rb_left)->smallest);
	if (n->rb_right)
		i->smallest = min(i->smallest, item(n->rb_right)->smallest);
}

/* Colours, parents, summaries; the black height. */
static u32 check_subtree(const struct rb_node *n, const struct rb_node *parent, bool augmented)
{
	bool red;
	u32 left, right;

	if (!n)
		return 1;
	red = !(n->__rb_parent_color & 1);
	assert_ptr_equal(n->__rb_parent_color & ~1UL, parent);
	if (red) {
		assert_non_null(parent);
		assert_true(parent->__rb_parent_color & 1);
	}
	left = check_subtree(n->rb_left, n, augmented);
	right = check_subtree(n->rb_right, n, augmented);
	assert_int_equal(left, right);
	if (augmented) {
		u32 have = item(n)->smallest;

		update((struct rb_node *)n);
		assert_int_equal(have, item(n)->smallest);
	}
	return left + !red;
}

static void check(const struct rb_root *root, u32 count, bool augmented)
{
	struct rb_node *n, *prev = NULL;
	u32 seen = 0;

	check_subtree(root->rb_node, NULL, augmented);
	for (n = rb_first(root); n; prev = n, n = rb_next(n)) {
		seen++;
		assert_ptr_equal(rb_prev(n), prev);
		if (!prev)
			continue;
		assert_true(item(prev)->key <= item(n)->key);
		if (item(prev)->key == item(n)->key)
			assert_true(item(prev)->order < item(n)->order);
	}
	assert_ptr_equal(rb_last(root), prev);
	assert_int_equal(seen, count);
}

static void churn(bool augmented)
{
	static struct item items[N];
	struct rb_root_cached root = {};
	struct rng rng;
	u32 count = 0;

	memset(items, 0, sizeof(items));
	rng_init(&rng, 7, augmented);
	for (u32 round = 0; round < 20 * N; round++) {
		struct item *i = &items[rng_below(&rng, N)];

		if (i->in && augmented) {
			rb_erase_augmented_cached(&i->node, &root, update);
		} else if (i->in) {
			rb_erase_cached(&i->node, &root);
		} else {
			i->key = rng_below(&rng, N / 4);
			i->order = round;
			if (augmented)
				rb_add_augmented_cached(&i->node, &root, less, update);
			else
				rb_add_cached(&i->node, &root, less);
		}
		i->in = !i->in;
		count += i->in ? 1 : -1;
		assert_ptr_equal(rb_first_cached(&root), rb_first(&root.rb_root));
		if (round % 16 == 0)
			check(&root.rb_root, count, augmented);
	}
}

static void plain(void **state)
{
	churn(false);
}

static void augmented(void **state)
{
	churn(true);
}

static void uncached(void **state)
{
	struct item a = { .key = 2, .order = 0 }, b = { .key = 1, .order = 1 };
	struct rb_root root = {};

	assert_null(rb_first(&root));
	assert_null(rb_last(&root));
	RB_CLEAR_NODE(&a.node);
	assert_true(RB_EMPTY_NODE(&a.node));
	rb_add(&a.node, &root, less);
	assert_false(RB_EMPTY_NODE(&a.node));
	rb_add(&b.node, &root, less);
	assert_ptr_equal(rb_first(&root), &b.node);
	rb_erase(&b.node, &root);
	assert_ptr_equal(rb_first(&root), &a.node);
	rb_erase(&a.node, &root);
	assert_null(root.rb_node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(augmented),
		cmocka_unit_test(uncached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
