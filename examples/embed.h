/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What embed.c and its policies in BPF share: the cache's types. */
#ifndef EXAMPLES_EMBED_H
#define EXAMPLES_EMBED_H

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

struct cache_obj {
	unsigned long long key;
	unsigned int hits; /* since it entered */
};

struct cache_ops {
	/* A miss: may @obj enter? A cache without this lets in everything. */
	_Bool (*admit)(struct cache_obj *obj);
	/* A hit. */
	void (*hit)(struct cache_obj *obj);
	/* The cache is full and @incoming was admitted: evict at least one. */
	void (*make_room)(struct cache_obj *incoming);
	/* @obj is leaving. */
	void (*evicted)(struct cache_obj *obj);
	unsigned int capacity;
	char name[16];
};

#ifdef __bpf__
#pragma clang attribute pop
#endif

#endif
