/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Each map type: what it does, and the errno where it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../btf_bytes.h"
#include "kobj/map.h"
#include "kobj/prog.h"
#include "kobj/ringbuf.h"

#define CPUS 3

static struct bpf_map *make(enum bpf_map_type type, u32 key, u32 value, u32 max, u32 flags)
{
	struct map_create_args a = { .type = type, .key_size = key, .value_size = value,
				     .max_entries = max, .flags = flags, .nr_cpus = CPUS };
	struct bpf_map *map;
	struct err_msg e;

	assert_int_equal(map_create(&a, &e, &map), 0);
	return map;
}

static int refused(enum bpf_map_type type, u32 key, u32 value, u32 max, u32 flags)
{
	struct map_create_args a = { .type = type, .key_size = key, .value_size = value,
				     .max_entries = max, .flags = flags, .nr_cpus = CPUS };
	struct bpf_map *map = NULL;
	struct err_msg e = { "" };
	int err = map_create(&a, &e, &map);

	assert_null(map);
	return err;
}

static int put(struct bpf_map *m, u32 key, u64 value, u64 flags)
{
	return m->ops->update(m, &key, &value, flags, 0);
}

static u64 *get(struct bpf_map *m, u32 key, u32 cpu)
{
	return m->ops->lookup(m, &key, cpu);
}

static void create_limits(void **state)
{
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY, 8, 8, 1, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY, 4, 0, 1, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY, 4, 8, 0, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_NO_PREALLOC), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY, 4, 1u << 31, 1, 0), -E2BIG);
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG),
			 -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, BPF_F_MMAPABLE), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32769, 1, 0), -E2BIG);
	assert_int_equal(refused(BPF_MAP_TYPE_HASH, 0, 8, 1, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_HASH, 4, 8, 1, BPF_F_NO_COMMON_LRU), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_HASH, 4, 5 << 20, 1, 0), -E2BIG);
	assert_int_equal(refused(BPF_MAP_TYPE_LRU_HASH, 4, 8, 1, BPF_F_NO_PREALLOC), -ENOTSUPP);
	assert_int_equal(refused(BPF_MAP_TYPE_QUEUE, 4, 8, 1, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_QUEUE, 0, 8, UINT32_MAX / 8, 0), -E2BIG);
	assert_int_equal(refused(BPF_MAP_TYPE_RINGBUF, 0, 0, 5000, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 1, 0), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_ARENA, 0, 0, 1, BPF_F_MMAPABLE), -EINVAL);
	assert_int_equal(refused(BPF_MAP_TYPE_STRUCT_OPS, 4, 8, 1, 0), -EINVAL);
	assert_int_equal(refused(99, 4, 8, 1, 0), -EINVAL);
}

static void array(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_ARRAY, 4, 12, 3, 0);
	u8 v[12] = "elevenchars";
	u32 key = 2, next;
	u64 addr;

	assert_int_equal(m->ops->update(m, &key, v, BPF_ANY, 0), 0);
	assert_memory_equal(get(m, 2, 0), v, 12);
	assert_int_equal((u8 *)get(m, 1, 0) - (u8 *)get(m, 0, 0), 16);
	assert_null(get(m, 3, 0));
	assert_int_equal(m->ops->update(m, &key, v, BPF_NOEXIST, 0), -EEXIST);
	assert_int_equal(m->ops->update(m, &key, v, 3, 0), -EINVAL);
	assert_int_equal(m->ops->update(m, &key, v, BPF_F_LOCK, 0), -EINVAL);
	key = 3;
	assert_int_equal(m->ops->update(m, &key, v, BPF_ANY, 0), -E2BIG);
	assert_int_equal(m->ops->delete(m, &key), -EINVAL);
	assert_int_equal(m->ops->get_next_key(m, NULL, &next), 0);
	assert_int_equal(next, 0);
	key = 2;
	assert_int_equal(m->ops->get_next_key(m, &key, &next), -ENOENT);
	key = 77;
	assert_int_equal(m->ops->get_next_key(m, &key, &next), 0);
	assert_int_equal(next, 0);
	assert_int_equal(m->ops->direct_value_addr(m, &addr, 0), -ENOTSUPP);
	map_put(m);

	m = make(BPF_MAP_TYPE_ARRAY, 4, 100, 1, 0);
	assert_int_equal(m->ops->direct_value_addr(m, &addr, 100), -EINVAL);
	assert_int_equal(m->ops->direct_value_addr(m, &addr, 99), 0);
	assert_ptr_equal((u8 *)get(m, 0, 0) + 99, (void *)(uintptr_t)addr);
	map_put(m);
}

static void array_is_mapped(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_ARRAY, 4, 8, 600, BPF_F_MMAPABLE);
	u64 *user = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, m->memfd, 0);

	assert_true(user != MAP_FAILED);
	assert_int_equal((uintptr_t)get(m, 0, 0) % 4096, 0);
	put(m, 599, 42, 0);
	assert_int_equal(user[599], 42);
	user[7] = 7;
	assert_int_equal(*get(m, 7, 0), 7);
	munmap(user, 8192);
	map_put(m);
}

static void percpu_array(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 6, 2, 0);
	u8 all[8 * CPUS], v[6] = "abcde";
	u32 key = 1;

	assert_int_equal(map_sys_value_size(m), sizeof(all));
	assert_int_equal(m->ops->update(m, &key, v, 0, 2), 0);
	assert_memory_equal(get(m, 1, 2), v, 6);
	assert_int_equal(*(u8 *)get(m, 1, 1), 0);
	assert_null(get(m, 1, CPUS));
	assert_int_equal(m->ops->sys_lookup(m, &key, all, 0), 0);
	assert_memory_equal(all + 16, v, 6);
	assert_int_equal(all[0], 0);
	memset(all, 'x', sizeof(all));
	assert_int_equal(m->ops->sys_update(m, &key, all, 0), 0);
	assert_int_equal(*(u8 *)get(m, 1, 0), 'x');
	assert_int_equal(m->ops->sys_update(m, &key, all, BPF_NOEXIST), -EEXIST);
	key = 2;
	assert_int_equal(m->ops->sys_lookup(m, &key, all, 0), -ENOENT);
	map_put(m);
}

static void hash(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_HASH, 4, 8, 1000, 0);
	u64 *old, v, seen = 0;
	u32 key, next, n = 0;

	for (u32 i = 0; i < 1000; i++)
		assert_int_equal(put(m, i * 7, i, BPF_NOEXIST), 0);
	assert_int_equal(put(m, 1, 1, 0), -E2BIG);
	assert_int_equal(put(m, 7, 1, BPF_NOEXIST), -EEXIST);
	assert_int_equal(put(m, 1, 1, BPF_EXIST), -ENOENT);
	assert_int_equal(put(m, 7, 1, BPF_F_LOCK), -EINVAL);
	assert_int_equal(put(m, 7, 1, 4096), -EINVAL);
	for (u32 i = 0; i < 1000; i++)
		assert_int_equal(*get(m, i * 7, 0), i);
	/* a replaced value stays readable */
	old = get(m, 7, 0);
	assert_int_equal(put(m, 7, 5000, BPF_EXIST), 0);
	assert_int_equal(*old, 1);
	assert_int_equal(*get(m, 7, 0), 5000);
	for (int err = m->ops->get_next_key(m, NULL, &next); !err;
	     err = m->ops->get_next_key(m, &key, &next)) {
		key = next;
		seen += key;
		n++;
	}
	assert_int_equal(n, 1000);
	assert_int_equal(seen, 7 * 999 * 500);
	key = 14;
	assert_int_equal(m->ops->lookup_and_delete(m, &key, &v, 0), 0);
	assert_int_equal(v, 2);
	assert_int_equal(m->ops->delete(m, &key), -ENOENT);
	assert_null(get(m, 14, 0));
	assert_int_equal(put(m, 1, 1, 0), 0);
	map_put(m);
}

static u64 delete_each(void *priv, void *key, void *value)
{
	struct bpf_map *m = priv;

	m->ops->delete(m, key);
	return 0;
}

static void hash_walks_over_deletions(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_HASH, 4, 8, 64, BPF_F_NO_PREALLOC);
	u32 next;

	for (u32 i = 0; i < 64; i++)
		put(m, i, i, 0);
	assert_int_equal(m->ops->for_each(m, delete_each, m, 0), 64);
	assert_int_equal(m->ops->get_next_key(m, NULL, &next), -ENOENT);
	map_put(m);
}

static void percpu_hash(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 2, 0);
	u64 all[CPUS] = { 1, 2, 3 }, v = 9;
	u32 key = 5;

	assert_int_equal(m->ops->sys_update(m, &key, all, 0), 0);
	assert_int_equal(*get(m, 5, 1), 2);
	assert_int_equal(m->ops->update(m, &key, &v, 0, 1), 0);
	assert_int_equal(*get(m, 5, 1), 9);
	assert_int_equal(*get(m, 5, 2), 3);
	key = 6; /* from one CPU: the others begin with zero */
	assert_int_equal(m->ops->update(m, &key, &v, 0, 1), 0);
	assert_int_equal(*get(m, 6, 0), 0);
	assert_int_equal(m->ops->update(m, &key, &v, BPF_F_LOCK, 1), -EINVAL);
	assert_int_equal(m->ops->sys_lookup(m, &key, all, 0), 0);
	assert_int_equal(all[1], 9);
	map_put(m);
}

static void lru_evicts_the_oldest_unused(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, 0);
	u64 v;
	u32 key = 1;

	for (u32 i = 0; i < 4; i++)
		put(m, i, i, 0);
	get(m, 0, 0);
	m->ops->sys_lookup(m, &key, &v, 0); /* user space's look-up does not count */
	assert_int_equal(put(m, 4, 4, 0), 0);
	assert_non_null(get(m, 0, 0));
	assert_null(get(m, 1, 0));
	assert_non_null(get(m, 4, 0));
	map_put(m);
}

static void queue_and_stack(void **state)
{
	struct bpf_map *q = make(BPF_MAP_TYPE_QUEUE, 0, 8, 3, 0);
	struct bpf_map *s = make(BPF_MAP_TYPE_STACK, 0, 8, 3, 0);
	u64 v = 99;

	assert_int_equal(q->ops->pop(q, &v), -ENOENT);
	assert_int_equal(v, 0);
	for (u64 i = 1; i <= 3; i++) {
		assert_int_equal(q->ops->push(q, &i, 0), 0);
		assert_int_equal(s->ops->push(s, &i, 0), 0);
	}
	v = 4;
	assert_int_equal(q->ops->push(q, &v, 0), -E2BIG);
	assert_int_equal(q->ops->push(q, &v, BPF_NOEXIST), -EINVAL);
	assert_int_equal(q->ops->push(q, &v, BPF_EXIST), 0); /* the oldest goes */
	assert_int_equal(s->ops->push(s, &v, BPF_EXIST), 0);
	assert_int_equal(q->ops->peek(q, &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(q->ops->pop(q, &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(s->ops->pop(s, &v), 0);
	assert_int_equal(v, 4);
	assert_int_equal(s->ops->peek(s, &v), 0);
	assert_int_equal(v, 3);
	map_put(q);
	map_put(s);
}

/* What libbpf's ring_buffer does with the two mappings. */
static u32 consume(u8 *data, u64 *cons, const u64 *prod, u64 size, u8 *last)
{
	u32 n = 0;

	while (*cons < *prod) {
		u32 *len = (u32 *)(data + (*cons & (size - 1)));

		if (*len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(*len & BPF_RINGBUF_DISCARD_BIT)) {
			u32 bytes = *len;

			*last = ((u8 *)(len + 2))[bytes - 1];
			n++;
		}
		*cons += ((*len & ~BPF_RINGBUF_DISCARD_BIT) + 8 + 7) / 8 * 8;
	}
	return n;
}

static void ringbuf(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	u64 *cons = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m->memfd, 0);
	u64 *prod = mmap(NULL, 4096 + 2 * 4096, PROT_READ, MAP_SHARED, m->memfd, 4096);
	u8 *data = (u8 *)prod + 4096, buf[1000], last = 0;
	void *a, *b;

	assert_null(ringbuf_reserve(m, 4096));
	for (u32 i = 0; i < 100; i++) { /* round and round, across the end */
		memset(buf, i, sizeof(buf));
		assert_int_equal(ringbuf_output(m, buf, sizeof(buf), 0), 0);
		assert_int_equal(consume(data, cons, prod, 4096, &last), 1);
		assert_int_equal(last, i);
	}
	assert_int_equal(ringbuf_wakeups(m), 100);
	a = ringbuf_reserve(m, 100);
	b = ringbuf_reserve(m, 100);
	assert_non_null(a);
	assert_non_null(b);
	ringbuf_commit(b, 0, false);
	assert_int_equal(consume(data, cons, prod, 4096, &last), 0); /* a is busy */
	ringbuf_commit(a, BPF_RB_NO_WAKEUP, true);
	assert_int_equal(consume(data, cons, prod, 4096, &last), 1);
	assert_int_equal(ringbuf_query(m, BPF_RB_AVAIL_DATA), 0);
	assert_int_equal(ringbuf_query(m, BPF_RB_RING_SIZE), 4096);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ringbuf_output(m, buf, 1000, 0), 0);
	assert_int_equal(ringbuf_output(m, buf, 1000, 0), -EAGAIN);
	assert_int_equal(ringbuf_output(m, buf, 1, 8), -EINVAL);
	munmap(cons, 4096);
	munmap(prod, 3 * 4096);
	map_put(m);
}

static void maps_in_maps(void **state)
{
	enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct bpf_map *tmpl = make(BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0);
		struct bpf_map *inner = make(BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0);
		struct bpf_map *other = make(BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0), *outer, *third = NULL;
		struct map_create_args a = { .type = types[i], .key_size = 4, .value_size = 4,
					     .max_entries = 2, .inner = tmpl };
		u32 key = 1, id = 77;

		assert_int_equal(map_create(&a, NULL, &outer), 0);
		map_put(tmpl); /* the template may go */
		a.inner = outer;
		assert_int_equal(map_create(&a, NULL, &third), -EINVAL);
		assert_null(outer->ops->lookup(outer, &key, 0));
		assert_int_equal(outer->ops->update_obj(outer, &key, &other->obj, 0), -EINVAL);
		assert_int_equal(outer->ops->update_obj(outer, &key, &inner->obj, 0), 0);
		assert_ptr_equal(outer->ops->lookup(outer, &key, 0), inner);
		assert_int_equal(outer->ops->sys_lookup(outer, &key, &id, 0), 0);
		assert_int_equal(id, inner->obj.id);
		map_put(inner); /* the outer map holds it */
		put(inner, 0, 5, 0);
		assert_int_equal(outer->ops->delete(outer, &key), 0);
		assert_int_equal(outer->ops->delete(outer, &key), -ENOENT);
		map_put(outer);
		map_put(other);
	}
}

static void prog_array(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0);
	struct bpf_prog *p, *asks, *others[4];
	u32 key = 0;

	prog_create(NULL, &p);
	p->type = BPF_PROG_TYPE_STRUCT_OPS;
	p->attach_btf_id = 7;
	p->expected_attach_type = 3;
	for (u32 i = 0; i < ARRAY_SIZE(others); i++) {
		prog_create(NULL, &others[i]);
		others[i]->type = p->type;
		others[i]->attach_btf_id = p->attach_btf_id;
		others[i]->expected_attach_type = p->expected_attach_type;
	}
	others[0]->type = BPF_PROG_TYPE_SYSCALL;
	others[1]->attach_btf_id = 8;
	others[2]->expected_attach_type = 4;
	others[3]->sleepable = true;
	assert_int_equal(m->ops->update_obj(m, &key, &p->obj, BPF_EXIST), -EINVAL);
	assert_int_equal(m->ops->update_obj(m, &key, &p->obj, 0), 0);
	assert_int_equal(m->ops->admit(m, p), 0);
	for (u32 i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(m->ops->update_obj(m, &key, &others[i]->obj, 0), -EINVAL);
		assert_int_equal(m->ops->admit(m, others[i]), -EINVAL);
		prog_put(others[i]);
	}
	/* what its calls need was never asked of the values that a tail call brings it into */
	prog_create(NULL, &asks);
	asks->type = p->type;
	asks->attach_btf_id = p->attach_btf_id;
	asks->expected_attach_type = p->expected_attach_type;
	asks->targets = calloc(2, sizeof(*asks->targets));
	asks->nr_targets = 2;
	asks->targets[1].by_value = true;
	assert_int_equal(m->ops->update_obj(m, &key, &asks->obj, 0), -EACCES);
	assert_int_equal(m->ops->admit(m, asks), 0);
	assert_ptr_equal(prog_call_by_value(asks), &asks->targets[1]);
	prog_put(asks);

	assert_ptr_equal(m->ops->lookup(m, &key, 0), p);
	m->ops->release_uref(m);
	assert_null(m->ops->lookup(m, &key, 0));
	prog_put(p);
	map_put(m);
}

static int slot_of(void *priv, s32 key, void ***slot)
{
	*slot = priv;
	return key == 7 ? 0 : -EBADF;
}

static void task_storage(void **state)
{
	void *task1 = NULL, *task2 = NULL;
	struct map_owner_hooks owners = { .priv = &task1, .slot_of_key = slot_of };
	struct btf_bytes b = { 0 };
	struct map_create_args a = { .type = BPF_MAP_TYPE_TASK_STORAGE, .key_size = 4,
				     .value_size = 8, .flags = BPF_F_NO_PREALLOC,
				     .btf_key_type_id = 1, .btf_value_type_id = 2,
				     .owners = &owners };
	struct bpf_map *m, *n;
	struct kbtf *btf;
	u64 *v, w = 5;
	u32 key = 7;
	int err;

	bb_int(&b, "int", 4, 1);
	bb_int(&b, "long", 8, 1);
	assert_int_equal(kbtf_parse(b.out, bb_end(&b), false, NULL, &btf), 0);
	a.btf = btf;
	assert_int_equal(map_create(&a, NULL, &m), 0);
	assert_int_equal(map_create(&a, NULL, &n), 0);
	kbtf_put(btf);
	assert_null(storage_lookup(m, &task1));
	v = storage_update(m, &task1, NULL, BPF_NOEXIST, &err);
	assert_non_null(v);
	*v = 3;
	storage_update(n, &task1, &w, 0, &err);
	storage_update(m, &task2, &w, 0, &err);
	assert_ptr_equal(storage_lookup(m, &task1), v);
	assert_int_equal(*v, 3);
	assert_null(storage_update(m, &task1, &w, BPF_NOEXIST, &err));
	assert_int_equal(err, -EEXIST);
	assert_int_equal(m->ops->sys_lookup(m, &key, &w, 0), 0);
	assert_int_equal(w, 3);
	w = 8;
	assert_int_equal(m->ops->sys_update(m, &key, &w, BPF_EXIST), 0);
	assert_int_equal(*(u64 *)storage_lookup(m, &task1), 8);
	assert_int_equal(*v, 3); /* replaced, and still readable */
	assert_int_equal(m->ops->delete(m, &key), 0);
	assert_int_equal(m->ops->delete(m, &key), -ENOENT);
	key = 8;
	assert_int_equal(m->ops->sys_lookup(m, &key, &w, 0), -EBADF);
	storage_free(&task2); /* the owner first ... */
	assert_null(task2);
	map_put(m);
	map_put(n); /* ... or the map first */
	assert_null(task1);
}

static void urefs_end_timers_not_the_map(void **state)
{
	struct bpf_map *m = make(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	map_get_uref(m);
	map_put_uref(m);
	assert_int_equal(m->usercnt, 0);
	assert_int_equal(put(m, 0, 1, 0), 0);
	map_put(m);
}

static void ids(void **state)
{
	struct map_create_args a = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
				     .max_entries = 1 };
	struct bpf_map *m[3];
	struct kobj_ids *ids;

	assert_int_equal(kobj_ids_create(&ids), 0);
	a.ids = ids;
	for (int i = 0; i < 3; i++)
		assert_int_equal(map_create(&a, NULL, &m[i]), 0);
	assert_int_equal(m[2]->obj.id, 3);
	map_put(m[1]);
	assert_null(kobj_find(ids, KOBJ_MAP, 2));
	assert_null(kobj_find(ids, KOBJ_PROG, 1));
	assert_ptr_equal(kobj_find(ids, KOBJ_MAP, 3), &m[2]->obj);
	assert_int_equal(kobj_next_id(ids, KOBJ_MAP, 0), 1);
	assert_int_equal(kobj_next_id(ids, KOBJ_MAP, 1), 3);
	assert_int_equal(kobj_next_id(ids, KOBJ_MAP, 3), 0);
	map_put(m[0]);
	map_put(m[2]);
	kobj_ids_destroy(ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_limits),
		cmocka_unit_test(array),
		cmocka_unit_test(array_is_mapped),
		cmocka_unit_test(percpu_array),
		cmocka_unit_test(hash),
		cmocka_unit_test(hash_walks_over_deletions),
		cmocka_unit_test(percpu_hash),
		cmocka_unit_test(lru_evicts_the_oldest_unused),
		cmocka_unit_test(queue_and_stack),
		cmocka_unit_test(ringbuf),
		cmocka_unit_test(maps_in_maps),
		cmocka_unit_test(prog_array),
		cmocka_unit_test(task_storage),
		cmocka_unit_test(urefs_end_timers_not_the_map),
		cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
