/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A policy for examples/embed.c that is refused: a hit is no time to evict. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "embed.h"

char _license[] SEC("license") = "GPL";

_Bool cache_evict(void) __ksym;

SEC("struct_ops/hit")
void BPF_PROG(hit, struct cache_obj *obj)
{
	if (obj->hits > 100)
		cache_evict();
}

SEC("struct_ops/make_room")
void BPF_PROG(make_room, struct cache_obj *incoming)
{
	cache_evict();
}

SEC(".struct_ops.link")
struct cache_ops impatient = {
	.hit = (void *)hit,
	.make_room = (void *)make_room,
	.capacity = 200,
	.name = "impatient",
};
