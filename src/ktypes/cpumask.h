/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* CPU sets, with the kernel's layout for NR_CPUS = 1024. */
#ifndef KTYPES_CPUMASK_H
#define KTYPES_CPUMASK_H

#include "base/base.h"

#define NR_CPUS 1024
#define CPUMASK_LONGS (NR_CPUS / 64)

typedef struct cpumask {
	unsigned long bits[CPUMASK_LONGS];
} cpumask_t;

static inline void cpumask_set_cpu(u32 cpu, struct cpumask *m)
{
	m->bits[cpu / 64] |= 1UL << (cpu % 64);
}

static inline void cpumask_clear_cpu(u32 cpu, struct cpumask *m)
{
	m->bits[cpu / 64] &= ~(1UL << (cpu % 64));
}

static inline bool cpumask_test_cpu(u32 cpu, const struct cpumask *m)
{
	return m->bits[cpu / 64] >> (cpu % 64) & 1;
}

static inline void cpumask_clear(struct cpumask *m)
{
	memset(m, 0, sizeof(*m));
}

static inline void cpumask_copy(struct cpumask *dst, const struct cpumask *src)
{
	*dst = *src;
}

/* CPUs 0 .. n-1 */
static inline void cpumask_setall(struct cpumask *m, u32 n)
{
	cpumask_clear(m);
	for (u32 cpu = 0; cpu < n; cpu++)
		cpumask_set_cpu(cpu, m);
}

static inline bool cpumask_and(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b)
{
	unsigned long any = 0;

	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		any |= dst->bits[i] = a->bits[i] & b->bits[i];
	return any;
}

static inline bool cpumask_equal(const struct cpumask *a, const struct cpumask *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

static inline bool cpumask_subset(const struct cpumask *a, const struct cpumask *b)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		if (a->bits[i] & ~b->bits[i])
			return false;
	return true;
}

static inline bool cpumask_empty(const struct cpumask *m)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		if (m->bits[i])
			return false;
	return true;
}

static inline u32 cpumask_weight(const struct cpumask *m)
{
	u32 n = 0;

	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		n += __builtin_popcountl(m->bits[i]);
	return n;
}

/* First CPU >= @from in @m, or NR_CPUS. */
static inline u32 cpumask_next_from(const struct cpumask *m, u32 from)
{
	for (u32 i = from / 64; i < CPUMASK_LONGS; i++) {
		unsigned long w = m->bits[i];

		if (i == from / 64)
			w &= ~0UL << (from % 64);
		if (w)
			return i * 64 + __builtin_ctzl(w);
	}
	return NR_CPUS;
}

static inline u32 cpumask_first(const struct cpumask *m)
{
	return cpumask_next_from(m, 0);
}

/* First CPU in both, or NR_CPUS. */
static inline u32 cpumask_first_and(const struct cpumask *a, const struct cpumask *b)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		if (a->bits[i] & b->bits[i])
			return i * 64 + __builtin_ctzl(a->bits[i] & b->bits[i]);
	return NR_CPUS;
}

#define for_each_cpu(cpu, mask)                                                                    \
	for ((cpu) = cpumask_first(mask); (cpu) < NR_CPUS; (cpu) = cpumask_next_from(mask, (cpu) + 1))

#endif
