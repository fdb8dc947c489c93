/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "trace/histogram.h"

#define EXACT (1U << HISTOGRAM_BITS)
#define HALF (EXACT / 2)

/*
 * Octave k = 1, 2, ... holds the values of HISTOGRAM_BITS + k significant bits,
 * told apart by the HISTOGRAM_BITS highest of them, the first of which is set.
 */
static u32 bucket_of(u64 value)
{
	u32 k;

	if (value < EXACT)
		return value;
	k = 64 - __builtin_clzll(value) - HISTOGRAM_BITS;
	return EXACT + (k - 1) * HALF + (u32)((value >> k) - HALF);
}

static u64 middle_of(u32 bucket)
{
	u32 k;
	u64 low;

	if (bucket < EXACT)
		return bucket;
	k = (bucket - EXACT) / HALF + 1;
	low = (u64)((bucket - EXACT) % HALF + HALF) << k;
	return low + (1ULL << k) / 2;
}

static int grow(struct histogram *h, u32 nr)
{
	u64 *buckets;

	if (nr <= h->nr_buckets)
		return 0;
	nr = ALIGN_UP(nr, EXACT);
	buckets = realloc(h->buckets, nr * sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	memset(buckets + h->nr_buckets, 0, (nr - h->nr_buckets) * sizeof(*buckets));
	h->buckets = buckets;
	h->nr_buckets = nr;
	return 0;
}

int histogram_add(struct histogram *h, u64 value)
{
	u32 b = bucket_of(value);

	if (unlikely(b >= h->nr_buckets) && grow(h, b + 1))
		return -ENOMEM;
	h->buckets[b]++;
	if (!h->count || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->count++;
	h->sum += value;
	return 0;
}

int histogram_merge(struct histogram *h, const struct histogram *other)
{
	if (!other->count)
		return 0;
	if (grow(h, other->nr_buckets))
		return -ENOMEM;
	for (u32 i = 0; i < other->nr_buckets; i++)
		h->buckets[i] += other->buckets[i];
	if (!h->count || other->min < h->min)
		h->min = other->min;
	h->max = max(h->max, other->max);
	h->count += other->count;
	h->sum += other->sum;
	return 0;
}

u64 histogram_quantile(const struct histogram *h, u32 permille)
{
	u64 rank = (h->count * permille + 999) / 1000, seen = 0;

	if (!h->count)
		return 0;
	rank = clamp(rank, (u64)1, h->count);
	for (u32 i = 0; i < h->nr_buckets; i++) {
		seen += h->buckets[i];
		if (seen >= rank)
			return clamp(middle_of(i), h->min, h->max);
	}
	return h->max;
}

void histogram_fini(struct histogram *h)
{
	free(h->buckets);
	*h = (struct histogram){};
}
