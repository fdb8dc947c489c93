/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Histograms with a bounded relative error, after the idea of HdrHistogram:
 * values below 2^HISTOGRAM_BITS are exact; above, each power of two is divided
 * into 2^(HISTOGRAM_BITS - 1) equal buckets, of which the middle is reported. So
 * a quantile is off by at most 1 in 2^HISTOGRAM_BITS. Memory grows with the
 * logarithm of the largest value.
 */
#ifndef TRACE_HISTOGRAM_H
#define TRACE_HISTOGRAM_H

#include "base/base.h"

#define HISTOGRAM_BITS 7

struct histogram {
	u64 *buckets;
	u32 nr_buckets;
	u64 count, min, max;
	u64 sum; /* modulo 2^64 */
};

/* A zeroed struct is an empty histogram. */
void histogram_fini(struct histogram *h);
int histogram_add(struct histogram *h, u64 value); /* -ENOMEM: not counted */
int histogram_merge(struct histogram *h, const struct histogram *other);
/*
 * The smallest value that at least @permille of a thousand are not above; 0 if
 * empty. Never outside of min..max.
 */
u64 histogram_quantile(const struct histogram *h, u32 permille);

#endif
