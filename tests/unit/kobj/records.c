/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Special fields: where they are found, what is refused, how they are copied and freed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../btf_bytes.h"
#include "base/list.h"
#include "kobj/map.h"
#include "kobj/record.h"

#define ALL (BPF_SPIN_LOCK | BPF_TIMER | BPF_KPTR | BPF_LIST_HEAD | BPF_RB_ROOT | BPF_REFCOUNT |   \
	     BPF_WORKQUEUE | BPF_LIST_NODE | BPF_RB_NODE)

enum { INT = 1, LOCK, TIMER, HEAD, NODE, TASK, KPTR_TAG, KPTR, ELEM, FIRST };

/* The types of <bpf_helpers.h> that the tests use, ids as above. */
static void prelude(struct btf_bytes *b)
{
	memset(b, 0, sizeof(*b));
	bb_int(b, "int", 4, true);
	bb_struct(b, "bpf_spin_lock", 4, 1);
	bb_member(b, "val", INT, 0);
	bb_struct(b, "bpf_timer", 16, 0);
	bb_struct(b, "bpf_list_head", 16, 0);
	bb_struct(b, "bpf_list_node", 24, 0);
	bb_struct(b, "task_struct", 8, 0);
	bb_ref(b, BTF_KIND_TYPE_TAG, "kptr", TASK);
	bb_ptr(b, KPTR_TAG);
	bb_struct(b, "elem", 32, 2); /* { int v; bpf_list_node node; } */
	bb_member(b, "v", INT, 0);
	bb_member(b, "node", NODE, 8);
}

static struct kbtf *parsed(struct btf_bytes *b, bool kernel)
{
	struct kbtf *btf;

	assert_int_equal(kbtf_parse(b->out, bb_end(b), kernel, NULL, &btf), 0);
	return btf;
}

static int parse(struct btf_bytes *b, u32 size, const struct kbtf *kernel, struct btf_record **rec,
		 struct kbtf **btf)
{
	*rec = NULL;
	*btf = parsed(b, false);
	return record_parse(*btf, FIRST, size, ALL, kernel, rec);
}

static void finds_fields(void **state)
{
	struct btf_record *rec;
	struct btf_bytes b;
	struct kbtf *btf;

	prelude(&b);
	bb_struct(&b, "value", 64, 4); /* FIRST */
	bb_member(&b, "x", INT, 0);
	bb_member(&b, "lock", LOCK, 4);
	bb_member(&b, "in", FIRST + 1, 8);
	bb_member(&b, "task", KPTR, 40);
	bb_struct(&b, "inner", 24, 2);
	bb_member(&b, "y", INT, 0);
	bb_member(&b, "t", TIMER, 8);
	assert_int_equal(parse(&b, 64, NULL, &rec, &btf), 0);
	assert_int_equal(rec->cnt, 3);
	assert_int_equal(rec->spin_lock_off, 4);
	assert_int_equal(rec->timer_off, 16);
	assert_int_equal(rec->wq_off, -1);
	assert_non_null(record_find(rec, 44, BPF_KPTR));
	assert_null(record_find(rec, 48, BPF_KPTR));
	assert_null(record_find(rec, 16, BPF_KPTR));
	record_free(rec);
	kbtf_put(btf);

	prelude(&b);
	bb_struct(&b, "plain", 4, 1);
	bb_member(&b, "x", INT, 0);
	assert_int_equal(parse(&b, 4, NULL, &rec, &btf), 0);
	assert_null(rec);
	kbtf_put(btf);
}

static void refuses(void **state)
{
	struct btf_record *rec;
	struct btf_bytes b;
	struct kbtf *btf;

	prelude(&b);
	bb_struct(&b, "two_locks", 8, 2);
	bb_member(&b, "a", LOCK, 0);
	bb_member(&b, "b", LOCK, 4);
	assert_int_equal(parse(&b, 8, NULL, &rec, &btf), -E2BIG);
	kbtf_put(btf);

	prelude(&b);
	bb_struct(&b, "lock_array", 8, 1);
	bb_member(&b, "a", FIRST + 1, 0);
	bb_array(&b, LOCK, INT, 2);
	assert_int_equal(parse(&b, 8, NULL, &rec, &btf), -EINVAL);
	kbtf_put(btf);

	prelude(&b);
	bb_struct(&b, "many_kptrs", 96, 1);
	bb_member(&b, "a", FIRST + 1, 0);
	bb_array(&b, KPTR, INT, 12);
	assert_int_equal(parse(&b, 96, NULL, &rec, &btf), -E2BIG);
	kbtf_put(btf);

	prelude(&b); /* a list without a lock */
	bb_struct(&b, "bare_list", 16, 1);
	bb_member(&b, "head", HEAD, 0);
	bb_decl_tag(&b, "contains:elem:node", FIRST, 0);
	assert_int_equal(parse(&b, 16, NULL, &rec, &btf), -EINVAL);
	kbtf_put(btf);

	prelude(&b); /* of an element without that node */
	bb_struct(&b, "list", 24, 2);
	bb_member(&b, "head", HEAD, 0);
	bb_member(&b, "lock", LOCK, 16);
	bb_decl_tag(&b, "contains:elem:nodes", FIRST, 0);
	assert_int_equal(parse(&b, 24, NULL, &rec, &btf), -ENOENT);
	kbtf_put(btf);

	prelude(&b); /* of itself, for ever */
	bb_struct(&b, "self", 48, 3);
	bb_member(&b, "head", HEAD, 0);
	bb_member(&b, "lock", LOCK, 16);
	bb_member(&b, "node", NODE, 24);
	bb_decl_tag(&b, "contains:self:node", FIRST, 0);
	assert_int_equal(parse(&b, 48, NULL, &rec, &btf), -ELOOP);
	assert_int_equal(record_check_btf(btf, NULL), -ELOOP);
	kbtf_put(btf);
}

static void copies_around(void **state)
{
	u8 from[64], to[64];
	struct btf_record *rec;
	struct btf_bytes b;
	struct kbtf *btf;

	prelude(&b);
	bb_struct(&b, "value", 64, 2);
	bb_member(&b, "lock", LOCK, 4);
	bb_member(&b, "t", TIMER, 16);
	assert_int_equal(parse(&b, 64, NULL, &rec, &btf), 0);
	memset(from, 1, sizeof(from));
	memset(to, 2, sizeof(to));
	record_copy(rec, to, from, 64);
	for (int i = 0; i < 64; i++)
		assert_int_equal(to[i], (i >= 4 && i < 8) || (i >= 16 && i < 32) ? 2 : 1);
	record_free(rec);
	kbtf_put(btf);
}

struct counted {
	struct field_async async;
	int destroyed;
};

static void destroy(struct field_async *a)
{
	container_of(a, struct counted, async)->destroyed++;
}

static void drop(void *obj, void *priv)
{
	++*(int *)priv;
}

static int find(void *priv, u32 btf_id, void (**dtor)(void *obj, void *priv), void **dtor_priv)
{
	*dtor = drop;
	*dtor_priv = priv;
	return 0;
}

static void frees_timers_and_kptrs(void **state)
{
	struct btf_bytes kernel, b;
	struct kbtf *kbtf, *btf;
	struct counted timer = { .async.destroy = destroy };
	struct { void *timer, *pad, *task; } v = { &timer.async, NULL, &v };
	struct btf_record *rec;
	int drops = 0;
	struct record_dtors dtors = { .find = find, .priv = &drops };

	memset(&kernel, 0, sizeof(kernel));
	bb_struct(&kernel, "task_struct", 8, 0);
	kbtf = parsed(&kernel, true);
	prelude(&b);
	bb_struct(&b, "value", 24, 2);
	bb_member(&b, "t", TIMER, 0);
	bb_member(&b, "task", KPTR, 16);
	assert_int_equal(parse(&b, 24, kbtf, &rec, &btf), 0);
	assert_int_equal(record_bind_dtors(rec, NULL), -ENOENT);
	assert_int_equal(record_bind_dtors(rec, &dtors), 0);
	record_free_some(rec, &v, BPF_TIMER);
	assert_int_equal(timer.destroyed, 1);
	assert_null(v.timer);
	assert_non_null(v.task);
	record_free_fields(rec, &v);
	record_free_fields(rec, &v);
	assert_int_equal(timer.destroyed, 1);
	assert_int_equal(drops, 1);
	record_free(rec);
	kbtf_put(btf);
	kbtf_put(kbtf);
}

struct elem {
	u64 v;
	struct list_head node;
	void *owner;
};

static void frees_lists_and_objects(void **state)
{
	struct { struct list_head head; u64 lock; void *obj; } v = { 0 };
	struct btf_record *rec;
	struct btf_bytes b;
	struct kbtf *btf;

	prelude(&b);
	bb_struct(&b, "value", 32, 3);
	bb_member(&b, "head", HEAD, 0);
	bb_member(&b, "lock", LOCK, 16);
	bb_member(&b, "obj", FIRST + 2, 24);
	bb_ref(&b, BTF_KIND_TYPE_TAG, "kptr", ELEM);
	bb_ptr(&b, FIRST + 1);
	bb_decl_tag(&b, "contains:elem:node", FIRST, 0);
	assert_int_equal(parse(&b, 32, NULL, &rec, &btf), 0);
	assert_int_equal(record_bind_dtors(rec, NULL), 0); /* nothing of the kernel's */
	record_free_fields(rec, &v); /* a head that was never used */
	INIT_LIST_HEAD(&v.head);
	for (int i = 0; i < 3; i++) {
		struct elem *e = calloc(1, sizeof(*e)); /* as bpf_obj_new() would */

		list_add(&e->node, &v.head);
		e->owner = &v.head;
	}
	v.obj = calloc(1, sizeof(struct elem));
	record_free_fields(rec, &v); /* the leak checker counts */
	assert_true(list_empty(&v.head));
	assert_null(v.obj);
	record_free(rec);
	kbtf_put(btf);
}

static int make(struct kbtf *btf, u32 type, u32 size, enum bpf_map_type t, u32 flags,
		struct bpf_map **map)
{
	struct map_create_args a = { .type = t, .key_size = 4, .value_size = size,
				     .max_entries = 1, .flags = flags, .btf = btf,
				     .btf_key_type_id = INT, .btf_value_type_id = type };

	return map_create(&a, NULL, map);
}

/* What a program fills a deleted element with goes with the map, or when it is reused. */
static void frees_deleted_elements(void **state)
{
	struct btf_bytes kernel, b;
	struct kbtf *kbtf, *btf;
	struct counted timer = { .async.destroy = destroy };
	struct value { void *timer, *pad, *task; } v = { 0 }, *dead;
	struct map_create_args a = { .type = BPF_MAP_TYPE_HASH, .key_size = 4,
				     .value_size = sizeof(v), .max_entries = 1,
				     .btf_key_type_id = INT, .btf_value_type_id = FIRST };
	int drops = 0;
	struct record_dtors dtors = { .find = find, .priv = &drops };
	struct bpf_map *map;
	u32 key = 1;

	memset(&kernel, 0, sizeof(kernel));
	bb_struct(&kernel, "task_struct", 8, 0);
	kbtf = parsed(&kernel, true);
	prelude(&b);
	bb_struct(&b, "value", sizeof(v), 2);
	bb_member(&b, "t", TIMER, 0);
	bb_member(&b, "task", KPTR, 16);
	btf = parsed(&b, false);
	a.btf = btf;
	a.kernel = kbtf;
	a.dtors = &dtors;
	assert_int_equal(map_create(&a, NULL, &map), 0);
	for (u32 i = 1; i <= 5; i++) {
		assert_int_equal(map->ops->update(map, &key, &v, 0, 0), 0);
		dead = map->ops->lookup(map, &key, 0);
		assert_int_equal(map->ops->delete(map, &key), 0);
		dead->task = &v;
	}
	assert_in_range(drops, 3, 4); /* there is one element more than max_entries */
	dead->timer = &timer.async;
	map->ops->release_uref(map);
	assert_int_equal(timer.destroyed, 1);
	map_put(map);
	assert_int_equal(drops, 5);
	kbtf_put(btf);
	kbtf_put(kbtf);
}

static void put_off(void *priv, void (*fn)(void *p), void *p)
{
	++*(int *)priv;
	fn(p);
}

/* Objects go by way of free_later(), and with the last reference only. */
static void frees_later(void **state)
{
	struct { void *obj; } v;
	u32 *refs;
	struct btf_record *rec;
	struct btf_bytes b;
	struct kbtf *btf;
	int later = 0;
	struct record_dtors dtors = { .free_later = put_off, .priv = &later };

	prelude(&b);
	bb_struct(&b, "value", 8, 1);
	bb_member(&b, "obj", FIRST + 2, 0);
	bb_ref(&b, BTF_KIND_TYPE_TAG, "kptr", FIRST + 3);
	bb_ptr(&b, FIRST + 1);
	bb_struct(&b, "counted", 8, 1);
	bb_member(&b, "refs", FIRST + 4, 0);
	bb_struct(&b, "bpf_refcount", 4, 0);
	assert_int_equal(parse(&b, 8, NULL, &rec, &btf), 0);
	assert_int_equal(record_bind_dtors(rec, &dtors), 0);
	refs = calloc(1, 8);
	*refs = 2;
	v.obj = refs;
	record_free_fields(rec, &v);
	assert_int_equal(later, 0);
	assert_int_equal(*refs, 1);
	v.obj = refs;
	record_free_fields(rec, &v);
	assert_int_equal(later, 1);
	record_free(rec);
	kbtf_put(btf);
}

static void maps_that_may_have_them(void **state)
{
	struct btf_bytes b;
	struct bpf_map *map;
	struct kbtf *btf;

	prelude(&b);
	bb_struct(&b, "value", 24, 2); /* FIRST */
	bb_member(&b, "lock", LOCK, 0);
	bb_member(&b, "t", TIMER, 8);
	bb_struct(&b, "two_locks", 8, 2);
	bb_member(&b, "a", LOCK, 0);
	bb_member(&b, "b", LOCK, 4);
	btf = parsed(&b, false);
	assert_int_equal(make(btf, FIRST, 24, BPF_MAP_TYPE_ARRAY, 0, &map), 0);
	assert_int_equal(map->record->cnt, 2);
	map_put(map);
	assert_int_equal(make(btf, FIRST, 24, BPF_MAP_TYPE_PERCPU_ARRAY, 0, &map), -EOPNOTSUPP);
	assert_int_equal(make(btf, FIRST, 24, BPF_MAP_TYPE_LRU_HASH, 0, &map), -EOPNOTSUPP);
	assert_int_equal(make(btf, FIRST, 24, BPF_MAP_TYPE_ARRAY, BPF_F_RDONLY_PROG, &map),
			 -EACCES);
	assert_int_equal(make(btf, FIRST, 32, BPF_MAP_TYPE_ARRAY, 0, &map), -EINVAL);
	assert_int_equal(make(btf, TASK, 8, BPF_MAP_TYPE_QUEUE, 0, &map), -EINVAL);
	/* nonsense is left to the verifier */
	assert_int_equal(make(btf, FIRST + 1, 8, BPF_MAP_TYPE_HASH, 0, &map), 0);
	assert_null(map->record);
	map_put(map);
	kbtf_put(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_fields),
		cmocka_unit_test(refuses),
		cmocka_unit_test(copies_around),
		cmocka_unit_test(frees_timers_and_kptrs),
		cmocka_unit_test(frees_lists_and_objects),
		cmocka_unit_test(frees_deleted_elements),
		cmocka_unit_test(frees_later),
		cmocka_unit_test(maps_that_may_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
