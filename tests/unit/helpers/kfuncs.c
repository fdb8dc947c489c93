/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cpumasks, iterators, objects, lists and trees. */
#include "fake_env.h"
#include "../form_check.h"
#include "kobj/record.h"

static void test_cpumask(void **state)
{
	struct world w;
	struct run_ctx rc;
	struct bpf_cpumask *a, *b;

	world_init(&w, &rc);
	a = kf_cpumask_create(&rc);
	b = kf_cpumask_create(&rc);
	assert_true(kf_cpumask_empty(&a->cpumask, &rc));
	assert_int_equal(kf_cpumask_first(&a->cpumask, &rc), 4);
	kf_cpumask_set_cpu(1, a, &rc);
	kf_cpumask_set_cpu(4, a, &rc); /* no such CPU */
	assert_int_equal(kf_cpumask_weight(&a->cpumask, &rc), 1);
	assert_false(kf_cpumask_test_cpu(4, &a->cpumask, &rc));
	assert_false(kf_cpumask_test_and_set_cpu(3, a, &rc));
	assert_true(kf_cpumask_test_and_set_cpu(3, a, &rc));
	assert_true(kf_cpumask_test_and_clear_cpu(3, a, &rc));
	assert_int_equal(kf_cpumask_first_zero(&a->cpumask, &rc), 0);
	kf_cpumask_setall(b, &rc);
	assert_true(kf_cpumask_full(&b->cpumask, &rc));
	assert_int_equal(kf_cpumask_first_zero(&b->cpumask, &rc), 4);
	assert_true(kf_cpumask_subset(&a->cpumask, &b->cpumask, &rc));
	assert_int_equal(kf_cpumask_first_and(&a->cpumask, &b->cpumask, &rc), 1);
	kf_cpumask_xor(b, &a->cpumask, &b->cpumask, &rc);
	assert_int_equal(kf_cpumask_weight(&b->cpumask, &rc), 3);
	assert_false(kf_cpumask_intersects(&a->cpumask, &b->cpumask, &rc));
	/* random 44 % 4 = 0: CPU 0 of {0, 2, 3} */
	assert_int_equal(kf_cpumask_any_distribute(&b->cpumask, &rc), 0);
	assert_int_equal(kf_cpumask_any_and_distribute(&a->cpumask, &b->cpumask, &rc), 4);
	kf_cpumask_or(b, &a->cpumask, &b->cpumask, &rc);
	assert_true(kf_cpumask_full(&b->cpumask, &rc));
	assert_true(kf_cpumask_and(b, &a->cpumask, &b->cpumask, &rc));
	assert_true(kf_cpumask_equal(&a->cpumask, &b->cpumask, &rc));

	assert_ptr_equal(kf_cpumask_acquire(a, &rc), a);
	kf_cpumask_release(a, &rc);
	assert_int_equal(w.freed_later, 0);
	kf_cpumask_release(a, &rc);
	assert_int_equal(w.freed_later, 1);
	helpers_kptr_dtor("bpf_cpumask")(b, &w.env);
	assert_int_equal(w.freed_later, 2);
	assert_null(helpers_kptr_dtor("rq"));
}

static void test_iter_num(void **state)
{
	struct bpf_iter_num it;
	int sum = 0, *i;

	assert_int_equal(kf_iter_num_new(&it, 3, 2, NULL), -EINVAL);
	assert_null(kf_iter_num_next(&it, NULL));
	assert_int_equal(kf_iter_num_new(&it, 0, (8 << 20) + 1, NULL), -E2BIG);
	assert_null(kf_iter_num_next(&it, NULL));
	assert_int_equal(kf_iter_num_new(&it, -2, 5, NULL), 0);
	while ((i = kf_iter_num_next(&it, NULL)))
		sum += *i;
	assert_int_equal(sum, 7);
	assert_null(kf_iter_num_next(&it, NULL));
	assert_int_equal(kf_iter_num_new(&it, INT32_MAX - 1, INT32_MAX, NULL), 0);
	assert_int_equal(*kf_iter_num_next(&it, NULL), INT32_MAX - 1);
	assert_null(kf_iter_num_next(&it, NULL));
	assert_int_equal(kf_iter_num_new(&it, INT32_MIN, INT32_MIN + 1, NULL), 0);
	assert_int_equal(*kf_iter_num_next(&it, NULL), INT32_MIN);
	kf_iter_num_destroy(&it, NULL);
}

static void test_iter_bits(void **state)
{
	const u64 one = 1ULL << 63 | 1, three[3] = { 0, 5, 1ULL << 63 };
	struct bpf_iter_bits it;

	assert_int_equal(kf_iter_bits_new(&it, NULL, 1, NULL), -EINVAL);
	assert_int_equal(kf_iter_bits_new(&it, three, 512, NULL), -E2BIG);
	assert_int_equal(kf_iter_bits_new(&it, (u64 *)16, 1, NULL), -EFAULT);
	assert_int_equal(kf_iter_bits_new(&it, (u64 *)16, 2, NULL), -EFAULT);
	assert_null(kf_iter_bits_next(&it, NULL));
	kf_iter_bits_destroy(&it, NULL);
	assert_int_equal(kf_iter_bits_new(&it, &one, 1, NULL), 0);
	assert_int_equal(*kf_iter_bits_next(&it, NULL), 0);
	assert_int_equal(*kf_iter_bits_next(&it, NULL), 63);
	assert_null(kf_iter_bits_next(&it, NULL));
	kf_iter_bits_destroy(&it, NULL);
	assert_int_equal(kf_iter_bits_new(&it, three, 3, NULL), 0);
	assert_int_equal(*kf_iter_bits_next(&it, NULL), 64);
	assert_int_equal(*kf_iter_bits_next(&it, NULL), 66);
	assert_int_equal(*kf_iter_bits_next(&it, NULL), 191);
	assert_null(kf_iter_bits_next(&it, NULL));
	assert_null(kf_iter_bits_next(&it, NULL));
	kf_iter_bits_destroy(&it, NULL);
}

static void add_child(struct cgroup_subsys_state *parent, struct cgroup_subsys_state *c)
{
	c->parent = parent;
	INIT_LIST_HEAD(&c->children);
	list_add_tail(&c->sibling, &parent->children);
}

static void test_iter_css(void **state)
{
	/* 0 -> (1 -> (2, 3), 4) */
	static const struct {
		u32 order, start;
		const char *ids;
	} cases[] = {
		{ BPF_CGROUP_ITER_DESCENDANTS_PRE, 0, "01234" },
		{ BPF_CGROUP_ITER_DESCENDANTS_POST, 0, "23140" },
		{ BPF_CGROUP_ITER_DESCENDANTS_PRE, 1, "123" },
		{ BPF_CGROUP_ITER_DESCENDANTS_POST, 1, "231" },
		{ BPF_CGROUP_ITER_DESCENDANTS_POST, 4, "4" },
		{ BPF_CGROUP_ITER_ANCESTORS_UP, 3, "310" },
	};
	struct cgroup_subsys_state css[5] = { 0 }, *pos;
	struct bpf_iter_css it;

	INIT_LIST_HEAD(&css[0].children);
	add_child(&css[0], &css[1]);
	add_child(&css[1], &css[2]);
	add_child(&css[1], &css[3]);
	add_child(&css[0], &css[4]);
	assert_int_equal(kf_iter_css_new(&it, css, BPF_CGROUP_ITER_SELF_ONLY, NULL), -EINVAL);
	assert_null(kf_iter_css_next(&it, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char ids[8] = "";
		u32 n = 0;

		assert_int_equal(kf_iter_css_new(&it, &css[cases[i].start], cases[i].order, NULL), 0);
		while ((pos = kf_iter_css_next(&it, NULL)) && n < 7)
			ids[n++] = (char)('0' + (pos - css));
		assert_string_equal(ids, cases[i].ids);
		assert_null(kf_iter_css_next(&it, NULL));
		kf_iter_css_destroy(&it, NULL);
	}
}

static void test_iter_task(void **state)
{
	struct world w;
	struct run_ctx rc;
	struct bpf_iter_task it;

	world_init(&w, &rc);
	assert_int_equal(kf_iter_task_new(&it, NULL, BPF_TASK_ITER_PROC_THREADS, &rc), -EINVAL);
	assert_null(kf_iter_task_next(&it, &rc));
	assert_int_equal(kf_iter_task_new(&it, NULL, BPF_TASK_ITER_ALL_PROCS, &rc), 0);
	assert_int_equal(kf_iter_task_next(&it, &rc)->pid, 10);
	assert_int_equal(kf_iter_task_next(&it, &rc)->pid, 11);
	assert_null(kf_iter_task_next(&it, &rc));
	assert_int_equal(kf_iter_task_new(&it, &w.tasks[1], BPF_TASK_ITER_PROC_THREADS, &rc), 0);
	assert_int_equal(kf_iter_task_next(&it, &rc)->pid, 11);
	assert_int_equal(kf_iter_task_next(&it, &rc)->pid, 12);
	assert_null(kf_iter_task_next(&it, &rc));
	kf_iter_task_destroy(&it, &rc);

	assert_ptr_equal(kf_task_acquire(&w.tasks[0], &rc), &w.tasks[0]);
	assert_int_equal(w.tasks[0].rcu_users, 2);
	kf_task_release(&w.tasks[0], &rc);
	w.tasks[0].rcu_users = 0;
	assert_null(kf_task_acquire(&w.tasks[0], &rc));
}

/* ---- objects in lists and trees ---- */

struct item {
	struct bpf_rb_node rb;
	struct bpf_list_node list;
	u64 key;
};

static void test_iter_css_task(void **state)
{
	struct cgroup root = {}, other = {};
	struct css_set in = { .dfl_cgrp = &root }, out = { .dfl_cgrp = &other };
	struct bpf_iter_css_task it;
	struct world w;
	struct run_ctx rc;

	world_init(&w, &rc);
	root.self.cgroup = &root;
	w.tasks[0].cgroups = w.tasks[2].cgroups = &in;
	w.tasks[1].cgroups = &out;
	assert_int_equal(kf_iter_css_task_new(&it, &root.self, 4, &rc), -EINVAL);
	assert_null(kf_iter_css_task_next(&it, &rc));
	assert_int_equal(kf_iter_css_task_new(&it, &root.self, 0, &rc), 0);
	assert_ptr_equal(kf_iter_css_task_next(&it, &rc), &w.tasks[0]);
	assert_ptr_equal(kf_iter_css_task_next(&it, &rc), &w.tasks[2]);
	assert_null(kf_iter_css_task_next(&it, &rc));
	assert_null(kf_iter_css_task_next(&it, &rc));
	kf_iter_css_task_destroy(&it, &rc);
	/* left in the middle */
	assert_int_equal(kf_iter_css_task_new(&it, &root.self, 0, &rc), 0);
	assert_non_null(kf_iter_css_task_next(&it, &rc));
	kf_iter_css_task_destroy(&it, &rc);
}

static void test_percpu(void **state)
{
	struct world w;
	struct run_ctx rc;
	u64 *mine, *other;
	void *p;

	world_init(&w, &rc);
	p = kf_percpu_obj_new(12, NULL, &rc);
	assert_non_null(p);
	mine = (u64 *)helper_this_cpu_ptr((u64)p, 0, 1, 0, 0, &rc);
	other = (u64 *)helper_per_cpu_ptr((u64)p, 3, 1, 0, 0, &rc);
	assert_int_equal(mine[0] | mine[1] | other[0] | other[1], 0);
	mine[1] = other[1] = 7;
	assert_ptr_equal((void *)helper_per_cpu_ptr((u64)p, rc.cpu, 1, 0, 0, &rc), mine);
	assert_ptr_not_equal(mine, other);
	assert_int_equal(helper_per_cpu_ptr((u64)p, 4, 1, 0, 0, &rc), 0);
	kf_percpu_obj_drop(p, NULL, &rc);
	assert_int_equal(w.freed_later, 1);
}

static void test_list(void **state)
{
	struct bpf_list_head head = { 0 };
	struct run_ctx rc = { 0 };
	struct item *a = kf_obj_new(sizeof(*a), NULL, NULL);
	struct item *b = kf_obj_new(sizeof(*b), NULL, NULL);
	struct item *c = kf_obj_new(sizeof(*c), NULL, NULL);
	const u64 off = offsetof(struct item, list);

	assert_null(kf_list_pop_front(&head, NULL));
	assert_int_equal(kf_list_push_back(&head, &a->list, NULL, off, NULL), 0);
	assert_int_equal(kf_list_push_back(&head, &b->list, NULL, off, NULL), 0);
	assert_int_equal(kf_list_push_front(&head, &c->list, NULL, off, NULL), 0);
	assert_ptr_equal(kf_list_pop_back(&head, NULL), &b->list);
	assert_ptr_equal(kf_list_pop_front(&head, NULL), &c->list);
	assert_ptr_equal(kf_list_pop_front(&head, NULL), &a->list);
	assert_null(kf_list_pop_back(&head, NULL));
	/* popped: may go into a list again */
	assert_int_equal(kf_list_push_back(&head, &a->list, NULL, off, NULL), 0);
	assert_ptr_equal(kf_list_pop_front(&head, NULL), &a->list);
	kf_obj_drop(a, NULL, &rc);
	kf_obj_drop(b, NULL, &rc);
	kf_obj_drop(c, NULL, &rc);
}

static void test_refcount(void **state)
{
	struct btf_record rec = { .spin_lock_off = -1, .timer_off = -1, .wq_off = -1,
				  .refcount_off = 8 };
	struct item *a = kf_obj_new(sizeof(*a), NULL, NULL);
	u32 *refs = (u32 *)((u8 *)a + 8);
	struct run_ctx rc = { 0 };

	*refs = 1;
	assert_ptr_equal(kf_refcount_acquire(a, &rec, NULL), a);
	assert_int_equal(*refs, 2);
	kf_obj_drop(a, &rec, &rc);
	assert_int_equal(*refs, 1);
	kf_obj_drop(a, &rec, &rc); /* the last one: freed, or the leak is reported */
}

/* less(a, b): a->key < b->key */
static const struct bpf_insn tree_prog[] = {
	CALL_WITH_CALLBACK(4),
	{ 0x79, 1, 1, offsetof(struct item, key), 0 },
	{ 0x79, 2, 2, offsetof(struct item, key), 0 },
	{ 0xb7, 0, 0, 0, 0 },
	{ 0x3d, 1, 2, 1, 0 },
	{ 0xb7, 0, 0, 0, 1 },
	{ 0x95, 0, 0, 0, 0 },
};

#define NR_ITEMS 200

static u64 use_tree(u64 less, u64 r2, u64 r3, u64 r4, u64 r5, struct run_ctx *rc)
{
	struct item items[NR_ITEMS] = { 0 };
	struct bpf_rb_root root = { 0 }, other = { 0 };
	struct bpf_rb_node *n;
	u64 last = 0;

	for (u64 i = 0; i < NR_ITEMS; i++) {
		items[i].key = i * 7919 % 100;
		assert_int_equal(kf_rbtree_add(&root, &items[i].rb, (void *)less, NULL, 0, rc), 0);
	}
	assert_null(kf_rbtree_remove(&other, &items[0].rb, rc));
	assert_ptr_equal(kf_rbtree_remove(&root, &items[50].rb, rc), &items[50].rb);
	assert_null(kf_rbtree_remove(&root, &items[50].rb, rc));
	for (u32 i = 0; i < NR_ITEMS - 1; i++) {
		n = kf_rbtree_first(&root, rc);
		assert_non_null(n);
		assert_true(((struct item *)n)->key >= last);
		last = ((struct item *)n)->key;
		assert_ptr_equal(kf_rbtree_remove(&root, n, rc), n);
	}
	assert_null(kf_rbtree_first(&root, rc));
	return 1;
}

static void test_tree(void **state)
{
	struct program p;
	struct run_ctx rc = { 0 };

	program_init(&p, tree_prog, ARRAY_SIZE(tree_prog), 4, use_tree);
	assert_int_equal(run_prog(&p.prog, NULL, &rc), 1);
	program_fini(&p);
}

static const struct kfunc_set *set_named(const char *name)
{
	size_t nr;
	const struct kfunc_set *sets = helpers_kfunc_sets(&nr);

	for (size_t i = 0; i < nr; i++)
		if (!strcmp(sets[i].name, name))
			return &sets[i];
	return NULL;
}

/* What the compiler puts in place of a call is what the call would have done. */
static void test_forms(void **state)
{
	static const u32 cpus[] = { 0, 1, 2, 3, 4, 63, 64, 65, 1023, 1024, 4096, ~0U };
	const struct kfunc_set *masks = set_named("cpumask"), *common = set_named("common");
	struct form_call test = { .target = { .fn = (kfunc_fn)kf_cpumask_test_cpu, .nr_args = 2,
				    .ret_size = 1 } };
	struct bpf_cpumask *a;
	struct run_ctx rc;
	struct world w;
	u32 set = 0;

	world_init(&w, &rc);
	a = kf_cpumask_create(&rc);
	kf_cpumask_set_cpu(1, a, &rc);
	kf_cpumask_set_cpu(3, a, &rc);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		/* The upper half of a u32 argument is anything. */
		test.args[0] = cpus[i] | 0xabcd00000000ULL;
		test.args[1] = (u64)&a->cpumask;
		set += form_check(masks->forms, masks->nr_forms, &test, &rc);
	}
	assert_int_equal(set, 2);
	assert_int_equal(masks->nr_forms, 1);
	kf_cpumask_release(a, &rc);
	for (u32 i = 0; i < common->nr_forms; i++) {
		struct form_call nothing = { .target = { .fn = common->forms[i].fn } };

		assert_int_equal(common->forms[i].kind, CALL_FORM_NOTHING);
		assert_int_equal(form_check(common->forms, common->nr_forms, &nothing, &rc), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpumask), cmocka_unit_test(test_forms),	  cmocka_unit_test(test_iter_num),
		cmocka_unit_test(test_iter_bits), cmocka_unit_test(test_iter_css),
		cmocka_unit_test(test_iter_css_task), cmocka_unit_test(test_percpu),
		cmocka_unit_test(test_iter_task), cmocka_unit_test(test_list),
		cmocka_unit_test(test_refcount),  cmocka_unit_test(test_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
