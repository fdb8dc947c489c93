/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A policy for examples/embed.c: a key must be asked for twice to get in, and
 * what was hit gets a second chance before it goes.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "embed.h"

#define CHANCES 8

char _license[] SEC("license") = "GPL";

void cache_promote(struct cache_obj *obj) __ksym;
_Bool cache_evict(void) __ksym;
unsigned int cache_tail_hits(void) __ksym;
void cache_rotate(void) __ksym;

/* How often a key was asked for while it was not in the cache. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, unsigned long long);
	__type(value, unsigned int);
} seen SEC(".maps");

unsigned long long nr_evicted;

/* One subprogram, two contexts: what cache_promote() is depends on the caller. */
static __attribute__((noinline)) void promote(struct cache_obj *obj)
{
	cache_promote(obj);
}

SEC("struct_ops/admit")
_Bool BPF_PROG(admit, struct cache_obj *obj)
{
	unsigned long long key = obj->key;
	unsigned int one = 1, *count = bpf_map_lookup_elem(&seen, &key);

	if (!count) {
		bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
		return 0;
	}
	promote(obj);
	return 1;
}

SEC("struct_ops/hit")
void BPF_PROG(hit, struct cache_obj *obj)
{
	if (obj->hits > 1)
		promote(obj);
}

SEC("struct_ops/make_room")
void BPF_PROG(make_room, struct cache_obj *incoming)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < CHANCES && cache_tail_hits(); i++)
		cache_rotate();
	cache_evict();
}

SEC("struct_ops/evicted")
void BPF_PROG(evicted, struct cache_obj *obj)
{
	nr_evicted++;
}

SEC(".struct_ops.link")
struct cache_ops second_look = {
	.admit = (void *)admit,
	.hit = (void *)hit,
	.make_room = (void *)make_room,
	.evicted = (void *)evicted,
	.capacity = 200,
	.name = "second_look",
};
