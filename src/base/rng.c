/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/rng.h"

static u64 splitmix64(u64 *x)
{
	u64 z = (*x += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static u64 rotl(u64 x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void rng_init(struct rng *r, u64 seed, u64 stream)
{
	u64 x = stream;

	x = seed ^ splitmix64(&x);
	for (size_t i = 0; i < ARRAY_SIZE(r->s); i++)
		r->s[i] = splitmix64(&x);
}

u64 rng_u64(struct rng *r)
{
	u64 out = rotl(r->s[1] * 5, 7) * 9;
	u64 t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rotl(r->s[3], 45);
	return out;
}

u64 rng_below(struct rng *r, u64 n)
{
	return ((unsigned __int128)rng_u64(r) * n) >> 64;
}
