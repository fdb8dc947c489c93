/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Deterministic random numbers (xoshiro256**, seeded by splitmix64). Each
 * consumer owns a stream of its own, so that adding a consumer does not shift
 * the numbers which the others see.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/base.h"

struct rng {
	u64 s[4];
};

/* Stream @stream of seed @seed: distinct streams are independent. */
void rng_init(struct rng *r, u64 seed, u64 stream);
u64 rng_u64(struct rng *r);
/* Uniform in [0, n); n > 0. */
u64 rng_below(struct rng *r, u64 n);

#endif
