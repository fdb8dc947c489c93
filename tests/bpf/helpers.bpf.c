/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A scheduler that asks the helpers and generic kfuncs for what they do, and
 * ends with an error that names the line where one did something else.
 *
 * EXPECT help_enqueue: accept
 * EXPECT help_running: accept
 * EXPECT help_init: accept
 * EXPECT help_exit: accept
 */
#include "test.bpf.h"
#include <bpf/bpf_core_read.h>

char _license[] SEC("license") = "GPL";

#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
#define private(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), NULL))
#define bpf_obj_drop(p) bpf_obj_drop_impl(p, NULL)
#define bpf_refcount_acquire(p) bpf_refcount_acquire_impl(p, NULL)
#define bpf_rbtree_add(root, node, less) bpf_rbtree_add_impl(root, node, less, NULL, 0)
#define bpf_list_push_back(head, node) bpf_list_push_back_impl(head, node, NULL, 0)

void *bpf_obj_new_impl(u64 local_type_id, void *meta) __ksym;
void bpf_obj_drop_impl(void *p, void *meta) __ksym;
void *bpf_refcount_acquire_impl(void *p, void *meta) __ksym;
int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta,
			u64 off) __ksym;
struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta,
			    u64 off) __ksym;
struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_release(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *m) __ksym;
u32 bpf_cpumask_weight(const struct cpumask *m) __ksym;
u32 bpf_cpumask_first(const struct cpumask *m) __ksym;
bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *m) __ksym;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
struct cgroup *bpf_cgroup_from_id(u64 id) __ksym;
void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *words, u32 nr) __ksym;
int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;
int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *p, unsigned int flags) __ksym;
struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			FAIL("check at line %llu failed", __LINE__);                               \
			return -1;                                                                 \
		}                                                                                  \
	} while (0)

struct bpf_map;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 2);
	__type(value, u32);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} per_task SEC(".maps");

struct async_value {
	struct bpf_timer timer;
	struct bpf_cpumask __kptr *mask;
	u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct async_value);
} async_map SEC(".maps");

struct item {
	struct bpf_rb_node rb;
	struct bpf_list_node list;
	struct bpf_refcount refs;
	u64 key;
};

private(GRAPH) struct bpf_spin_lock lock;
private(GRAPH) struct bpf_rb_root tree __contains(item, rb);
private(GRAPH) struct bpf_list_head items __contains(item, list);

/* Objects that own others, and what holds them. */
struct owner {
	struct bpf_refcount refs;
	u64 key;
	struct bpf_cpumask __kptr *mask;
};

struct owner_value {
	struct owner __kptr *owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct owner_value);
} owners SEC(".maps");

u64 nr_fired, started;

static int test_maps(void)
{
	u32 key = 5, zero = 0, word;
	u64 value = 50, *found;

	CHECK(!bpf_map_lookup_elem(&hash, &key));
	CHECK(!bpf_map_update_elem(&hash, &key, &value, BPF_NOEXIST));
	CHECK(bpf_map_update_elem(&hash, &key, &value, BPF_NOEXIST) == -17);
	found = bpf_map_lookup_elem(&hash, &key);
	CHECK(found && *found == 50);
	CHECK(!bpf_map_delete_elem(&hash, &key));
	CHECK(bpf_map_delete_elem(&hash, &key) == -2);

	found = bpf_map_lookup_elem(&percpu, &zero);
	CHECK(found);
	*found = 7;
	found = bpf_map_lookup_percpu_elem(&percpu, &zero, bpf_get_smp_processor_id());
	CHECK(found && *found == 7);
	CHECK(!bpf_map_lookup_percpu_elem(&percpu, &zero, 100000));

	word = 1;
	CHECK(!bpf_map_push_elem(&queue, &word, 0));
	word = 2;
	CHECK(!bpf_map_push_elem(&queue, &word, 0));
	CHECK(bpf_map_push_elem(&queue, &word, 0) == -7);
	CHECK(!bpf_map_peek_elem(&queue, &word) && word == 1);
	CHECK(!bpf_map_pop_elem(&queue, &word) && word == 1);
	CHECK(!bpf_map_pop_elem(&queue, &word) && word == 2);
	CHECK(bpf_map_pop_elem(&queue, &word) == -2);
	return 0;
}

static int add_index(u64 i, u64 *sum)
{
	*sum += i;
	return *sum > 100;
}

static long add_elem(struct bpf_map *map, u32 *key, u64 *value, u64 *sum)
{
	*sum += *key + *value;
	return 0;
}

static int test_callbacks(void)
{
	u64 sum = 0, value = 1000;

	CHECK(bpf_loop(10, add_index, &sum, 0) == 10 && sum == 45);
	sum = 99;
	CHECK(bpf_loop(10, add_index, &sum, 0) == 3);
	for (u32 n = 1; n <= 3; n++) {
		u32 key = n;

		bpf_map_update_elem(&hash, &key, &value, 0);
	}
	sum = 0;
	CHECK(bpf_for_each_map_elem(&hash, add_elem, &sum, 0) == 3 && sum == 3006);
	return 0;
}

static int test_strings(void)
{
	static const char fmt[] = "%s=%d";
	char name[] = "n", buf[16];
	u64 args[] = { (u64)name, 42 };
	long n;

	CHECK(bpf_snprintf(buf, sizeof(buf), fmt, args, sizeof(args)) == 5);
	CHECK(!bpf_strncmp(buf, 5, "n=42"));
	CHECK(bpf_strtol(buf + 2, 3, 10, &n) == 2 && n == 42);
	CHECK(!bpf_probe_read_kernel(&n, sizeof(n), args + 1) && n == 42);
	CHECK(bpf_probe_read_kernel(&n, sizeof(n), (void *)8) == -14 && n == 0);
	return 0;
}

static int test_memory(void)
{
	struct bpf_dynptr d;
	u64 *sample, value = 0;

	sample = bpf_ringbuf_reserve(&ring, sizeof(*sample), 0);
	CHECK(sample);
	*sample = 1;
	bpf_ringbuf_submit(sample, 0);
	if (bpf_ringbuf_reserve_dynptr(&ring, 24, 0, &d)) {
		bpf_ringbuf_discard_dynptr(&d, 0);
		CHECK(false);
	}
	value = 77;
	bpf_dynptr_write(&d, 8, &value, 8, 0);
	value = 0;
	bpf_dynptr_read(&value, 8, &d, 8, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	CHECK(value == 77);
	CHECK(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) == 48);
	return 0;
}

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct item, rb)->key < container_of(b, struct item, rb)->key;
}

/* Takes the smallest out of the tree; its key, or -1. */
static u64 pop_smallest(void)
{
	struct bpf_rb_node *n;
	struct item *i;
	u64 key;

	bpf_spin_lock(&lock);
	n = bpf_rbtree_first(&tree);
	if (!n) {
		bpf_spin_unlock(&lock);
		return -1;
	}
	n = bpf_rbtree_remove(&tree, n);
	bpf_spin_unlock(&lock);
	if (!n)
		return -1;
	i = container_of(n, struct item, rb);
	key = i->key;
	bpf_obj_drop(i);
	return key;
}

static int test_graphs(void)
{
	struct bpf_list_node *l;
	struct item *i, *twin;
	u64 key;

	for (u32 k = 0; k < 5; k++) {
		i = bpf_obj_new(struct item);
		CHECK(i);
		i->key = k * 3 % 5;
		bpf_spin_lock(&lock);
		bpf_rbtree_add(&tree, &i->rb, less);
		bpf_spin_unlock(&lock);
	}
	for (u32 k = 0; k < 4; k++)
		CHECK(pop_smallest() == k);
	/* one stays, for the map's end to free */

	/* one object in the tree and in the list */
	i = bpf_obj_new(struct item);
	CHECK(i);
	i->key = 3;
	twin = bpf_refcount_acquire(i);
	bpf_spin_lock(&lock);
	bpf_list_push_back(&items, &i->list);
	bpf_spin_unlock(&lock);
	if (twin) {
		bpf_spin_lock(&lock);
		bpf_rbtree_add(&tree, &twin->rb, less);
		bpf_spin_unlock(&lock);
	}
	CHECK(pop_smallest() == 3);
	bpf_spin_lock(&lock);
	l = bpf_list_pop_front(&items);
	bpf_spin_unlock(&lock);
	CHECK(l);
	i = container_of(l, struct item, list);
	key = i->key;
	bpf_obj_drop(i);
	CHECK(key == 3);
	return 0;
}

/* A new object that owns one of two references to *@mask. */
static struct owner *new_owner(struct bpf_cpumask *mask)
{
	struct owner *o = bpf_obj_new(struct owner);
	struct bpf_cpumask *old;

	if (!o)
		return NULL;
	o->key = 7;
	old = bpf_kptr_xchg(&o->mask, bpf_cpumask_acquire(mask));
	if (old)
		bpf_cpumask_release(old);
	return o;
}

/* What was dropped can be read, though not revived, until the program ends. */
static int test_dropped(struct bpf_cpumask *mask, struct owner_value *v)
{
	struct owner *o, *seen, *twin;
	u64 key = 0;

	o = new_owner(mask);
	CHECK(o);
	o = bpf_kptr_xchg(&v->owner, o);
	if (o)
		bpf_obj_drop(o);
	bpf_rcu_read_lock();
	seen = v->owner;
	if (seen) {
		o = bpf_kptr_xchg(&v->owner, NULL);
		if (o)
			bpf_obj_drop(o);
		key = seen->key;
		twin = bpf_refcount_acquire(seen);
		if (twin) {
			key = 0;
			bpf_obj_drop(twin);
		}
	}
	bpf_rcu_read_unlock();
	CHECK(key == 7);
	return 0;
}

/* So can an element that was deleted; what is put into it then is freed some day. */
static int test_deleted(struct bpf_cpumask *mask, struct owner_value *v, u32 key)
{
	struct owner *o;

	CHECK(!bpf_map_delete_elem(&owners, &key));
	o = new_owner(mask);
	CHECK(o);
	o = bpf_kptr_xchg(&v->owner, o);
	if (o) {
		bpf_obj_drop(o);
		CHECK(false);
	}
	return 0;
}

static int test_owners(void)
{
	struct owner_value none = {}, *v;
	struct bpf_cpumask *mask;
	int err = 0, i;

	bpf_for(i, 0, 8) {
		u32 key = i;

		CHECK(!bpf_map_update_elem(&owners, &key, &none, BPF_NOEXIST));
		v = bpf_map_lookup_elem(&owners, &key);
		CHECK(v);
		mask = bpf_cpumask_create();
		CHECK(mask);
		err = test_dropped(mask, v);
		err = err ?: test_deleted(mask, v, key);
		bpf_cpumask_release(mask);
		if (err)
			return err;
	}
	return 0;
}

static int on_timer(void *map, u32 *key, struct async_value *v)
{
	if (*key == 1)
		v->fired++;
	nr_fired++;
	bpf_timer_start(&v->timer, 1000000, 0);
	return 0;
}

static int test_kptr_and_timer(void)
{
	struct bpf_cpumask *mask, *old;
	struct async_value *v;
	u32 one = 1;

	v = bpf_map_lookup_elem(&async_map, &one);
	CHECK(v);
	mask = bpf_cpumask_create();
	CHECK(mask);
	bpf_cpumask_set_cpu(1, mask);
	bpf_cpumask_set_cpu(1 << 20, mask);
	old = bpf_kptr_xchg(&v->mask, mask);
	if (old) {
		bpf_cpumask_release(old);
		CHECK(false);
	}
	bpf_rcu_read_lock();
	mask = v->mask;
	if (mask) {
		bool ok = bpf_cpumask_weight((const struct cpumask *)mask) == 1 &&
			  bpf_cpumask_first((const struct cpumask *)mask) == 1 &&
			  !bpf_cpumask_test_cpu(0, (const struct cpumask *)mask);

		bpf_rcu_read_unlock();
		CHECK(ok);
	} else {
		bpf_rcu_read_unlock();
		CHECK(false);
	}
	CHECK(!bpf_timer_init(&v->timer, &async_map, 1 /* CLOCK_MONOTONIC */));
	CHECK(!bpf_timer_set_callback(&v->timer, on_timer));
	CHECK(!bpf_timer_start(&v->timer, 1000000, 0));
	return 0;
}

static int test_kernel_objects(void)
{
	struct task_struct *p = bpf_task_from_pid(1);
	struct cgroup *cgrp;
	u64 *data;

	CHECK(p);
	data = bpf_task_storage_get(&per_task, p, 0, 0);
	if (!data)
		data = bpf_task_storage_get(&per_task, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (data)
		*data = p->pid;
	bpf_task_release(p);
	CHECK(data && *data == 1);
	p = bpf_task_from_pid(-5);
	if (p) {
		bpf_task_release(p);
		CHECK(false);
	}
	cgrp = bpf_cgroup_from_id(1);
	CHECK(cgrp);
	bpf_cgroup_release(cgrp);
	return 0;
}

static int test_iterators(void)
{
	u64 words[2] = { 1ULL << 40, 3 };
	struct bpf_iter_bits bits;
	struct bpf_iter_task tasks;
	u32 sum = 0;
	bool any = false;
	int i, *bit;

	bpf_for(i, 0, 5)
		sum += i;
	CHECK(sum == 10);

	sum = 0;
	bpf_iter_bits_new(&bits, words, 2);
	while ((bit = bpf_iter_bits_next(&bits)))
		sum += *bit;
	bpf_iter_bits_destroy(&bits);
	CHECK(sum == 40 + 64 + 65);

	bpf_rcu_read_lock();
	bpf_iter_task_new(&tasks, NULL, BPF_TASK_ITER_ALL_THREADS);
	while (bpf_iter_task_next(&tasks))
		any = true;
	bpf_iter_task_destroy(&tasks);
	bpf_rcu_read_unlock();
	CHECK(any);
	return 0;
}

void OPS(help_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (bpf_ktime_get_ns() > started + 50 * 1000 * 1000 && nr_fired < 40)
		FAIL("the timer of 1 ms fired %llu times in 50 ms", nr_fired);
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

/* Linux would oops: the callback has one task, so the second is NULL. */
void OPS(help_running, struct task_struct *p)
{
	struct task_struct *nobody = p->scx.kf_tasks[1];
	u64 slice = p->scx.slice;

	nobody->scx.slice = 1;
	nobody->scx.dsq_vtime += 1;
	if (p->scx.slice != slice || nobody->scx.slice)
		FAIL("a store to nowhere changed slice %llu", slice);
}

s32 OPS_SLEEPABLE(help_init)
{
	int err = test_maps();

	started = bpf_ktime_get_ns();
	err = err ?: test_callbacks();
	err = err ?: test_strings();
	err = err ?: test_memory();
	err = err ?: test_graphs();
	err = err ?: test_owners();
	err = err ?: test_kptr_and_timer();
	err = err ?: test_kernel_objects();
	return err ?: test_iterators();
}

void OPS(help_exit, struct scx_exit_info *ei)
{
	bpf_printk("the timer fired %llu times", nr_fired);
}

SEC(".struct_ops.link")
struct sched_ext_ops help_ops = {
	.enqueue = (void *)help_enqueue,
	.running = (void *)help_running,
	.init = (void *)help_init,
	.exit = (void *)help_exit,
	.name = "helpers",
};
