/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers in text, comparison, and reads of memory that may not be there. */
#include "helpers/body.h"

#define STRTOX_BASE_MASK 0x1f
#define STRTOX_MAX 63 /* digits looked at, as in Linux */

HELPER_BODY(strncmp)
{
	const u8 *a = (const u8 *)r1, *b = (const u8 *)r3;

	for (u32 i = 0; i < (u32)r2; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? ret_err(-1) : 1;
		if (!a[i])
			break;
	}
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (u8)c == 0xa0;
}

static u32 digit(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (u32)(c - 'a') + 10 : 99;
}

/* Length of the "0x" or "0" that names the base, where *base leaves it open or repeats it. */
static u32 radix_prefix(const char *s, u32 len, u32 *base)
{
	bool hex = len > 2 && s[0] == '0' && (s[1] | 0x20) == 'x' && digit(s[2]) < 16;

	if (*base == 0)
		*base = hex ? 16 : len && s[0] == '0' ? 8 : 10;
	return *base == 16 && len > 1 && s[0] == '0' && (s[1] | 0x20) == 'x' ? 2 : 0;
}

/* Characters used, or an errno. */
static int parse(const char *buf, u32 len, u64 flags, u64 *res, bool *negative)
{
	u32 base = flags & STRTOX_BASE_MASK, at = 0, start, end;
	u64 value = 0;

	if ((flags & ~(u64)STRTOX_BASE_MASK) || !len ||
	    (base != 0 && base != 8 && base != 10 && base != 16))
		return -EINVAL;
	while (at < len && is_space(buf[at]))
		at++;
	*negative = at < len && buf[at] == '-';
	at += *negative;
	if (at == len)
		return -EINVAL;
	end = at + min(len - at, (u32)STRTOX_MAX);
	at += radix_prefix(buf + at, end - at, &base);
	for (start = at; at < end && digit(buf[at]) < base; at++)
		if (__builtin_mul_overflow(value, (u64)base, &value) ||
		    __builtin_add_overflow(value, (u64)digit(buf[at]), &value))
			return -ERANGE;
	if (at == start)
		return -EINVAL;
	*res = value;
	return (int)at;
}

HELPER_BODY(strtol)
{
	s64 *out = (s64 *)r4;
	bool negative;
	u64 value;
	int n;

	*out = 0;
	n = parse((const char *)r1, (u32)r2, r3, &value, &negative);
	if (n < 0)
		return ret_err(n);
	if (value > (u64)INT64_MAX + negative)
		return ret_err(-ERANGE);
	*out = (s64)(negative ? -value : value);
	return (u64)n;
}

HELPER_BODY(strtoul)
{
	u64 *out = (u64 *)r4, value;
	bool negative;
	int n;

	*out = 0;
	n = parse((const char *)r1, (u32)r2, r3, &value, &negative);
	if (n < 0)
		return ret_err(n);
	if (negative)
		return ret_err(-EINVAL);
	*out = value;
	return (u64)n;
}

HELPER_BODY(probe_read_kernel)
{
	return ret_err(probe_read((void *)r1, (u32)r2, (const void *)r3));
}

/* Length with the NUL, which is forced where the string does not fit. */
HELPER_BODY(probe_read_kernel_str)
{
	char *dst = (char *)r1;
	const char *src = (const char *)r3;
	u32 size = (u32)r2;

	for (u32 i = 0; i < size; i++) {
		if (probe_read(&dst[i], 1, src + i)) {
			memset(dst, 0, size);
			return ret_err(-EFAULT);
		}
		if (!dst[i])
			return i + 1;
	}
	if (size)
		dst[size - 1] = '\0';
	return size;
}
