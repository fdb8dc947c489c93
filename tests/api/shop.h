/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The embedder of these tests: a shop, its callbacks, and what both sides share. */
#ifndef TESTS_API_SHOP_H
#define TESTS_API_SHOP_H

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

struct item {
	unsigned long long id;
	unsigned int owner;
};

struct book {
	struct item item;
	unsigned int pages;
};

struct fruit {
	struct item item;
	unsigned int grams;
	struct item box; /* that it lies in; no fruit by itself */
};

struct shop_ops {
	int (*sell)(struct book *book, struct fruit *fruit);
	long long (*order)(struct item *item);
	unsigned char (*stocked)(struct item *item);
	void (*tick)(int n);
	void (*closed)(void);
	unsigned long long flags;
	char name[16];
};

#ifdef __bpf__
#pragma clang attribute pop
#endif

#endif
