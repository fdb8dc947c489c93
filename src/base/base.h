/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The few words that every layer shares: fixed-width types, container_of and
 * friends, and BUG_ON for "we are wrong". Library code never prints and never
 * exits except through BUG_ON.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
#ifdef BASE_KERNEL_TYPES /* src/kernel/kbtf.c: spelled as Linux spells it, which BTF shows */
typedef unsigned long long u64;
typedef long long s64;
#else
typedef uint64_t u64;
typedef int64_t s64;
#endif
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;

/* Linux's internal "operation not supported", which user space does see. */
#define ENOTSUPP 524

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1U << (n))
#define BIT_ULL(n) (1ULL << (n))
#define ALIGN_UP(x, a) (((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define clamp(v, lo, hi) min(max(v, lo), hi)

#define container_of(ptr, type, member)                                                            \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __unused __attribute__((unused))
#define __noreturn __attribute__((noreturn))

static inline bool is_power_of_2(u64 n)
{
	return n && !(n & (n - 1));
}

/* Writes "BUG: expr at file:line" to stderr and aborts. Never returns. */
__noreturn void base_bug(const char *expr, const char *file, int line);

#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			base_bug(#cond, __FILE__, __LINE__);                                       \
	} while (0)

/*
 * Where "the user is wrong" is explained: a message buffer that the caller
 * owns. Filled once, by the function that first saw the fault; NULL is legal.
 */
struct err_msg {
	char text[512];
};

/* Formats into @e (if any) and returns @err, so that callers can `return err_set(...)`. */
int err_set(struct err_msg *e, int err, const char *fmt, ...) __printf(3, 4);

#endif
