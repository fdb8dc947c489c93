/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The printf of BPF programs. A conversion is
 *
 *	% [0+- ]* [1-9][0-9]* (s | c | p... | [l][l] (d i u x X))
 *
 * and a bare %s or %p, and %pks %pus, must be followed by the end, white space
 * or punctuation.
 *
 * Plain pointers are addresses of this process, different in every run; like
 * Linux, which hashes them, we don't show them (%px does, as there).
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "helpers/helpers.h"

#define STRING_MAX 512 /* what Linux has room for */
#define WIDTH_MAX ((1 << 23) - 1)
#define HIDDEN_POINTER "(____ptrval____)"

struct conversion {
	char spec[40];	 /* "%-08" */
	char what;	 /* s c p i(integer) or %: a literal */
	char pointer[3]; /* after %p: "", "x", "I4" ... */
	char digit;	 /* d i u x X */
	bool wide;
	const char *end;
};

static bool ends_word(char c)
{
	return !c || isspace((u8)c) || ispunct((u8)c);
}

static int parse_pointer(const char *p, struct conversion *c)
{
	c->what = 'p';
	c->end = p;
	if (ends_word(p[0]))
		return 0;
	if ((p[0] == 'k' || p[0] == 'u') && p[1] == 's') {
		c->what = 's';
		c->end = p + 2;
		return ends_word(*c->end) ? 0 : -EINVAL;
	}
	c->pointer[0] = p[0];
	c->end = p + 1;
	if (strchr("KxsSB", p[0]))
		return 0;
	if ((p[0] != 'i' && p[0] != 'I') || (p[1] != '4' && p[1] != '6'))
		return -EINVAL;
	c->pointer[1] = p[1];
	c->end = p + 2;
	return 0;
}

/* @p is behind the '%'. */
static int parse_conversion(const char *p, struct conversion *c)
{
	const size_t room = sizeof(c->spec) - 16; /* for the width, "lld" and the end */
	size_t n = 1;
	u32 width = 0;

	*c = (struct conversion){ .spec = "%" };
	for (; *p && strchr("0+- ", *p); p++) {
		if (n == room)
			return -EINVAL;
		c->spec[n++] = *p;
	}
	for (; isdigit((u8)*p); p++)
		width = min(width * 10 + (u32)(*p - '0'), (u32)WIDTH_MAX);
	if (width)
		snprintf(c->spec + n, sizeof(c->spec) - n, "%u", width);
	if (*p == 'p')
		return parse_pointer(p + 1, c);
	if (*p == 's' || *p == 'c') {
		c->what = *p;
		c->end = p + 1;
		return *p == 'c' || ends_word(p[1]) ? 0 : -EINVAL;
	}
	for (int l = 0; l < 2 && *p == 'l'; l++, p++)
		c->wide = true;
	if (!*p || !strchr("diuxX", *p))
		return -EINVAL;
	c->what = 'i';
	c->digit = *p;
	c->end = p + 1;
	return 0;
}

struct out {
	char *buf;
	size_t size, len; /* len: of the full text */
};

static void put(struct out *o, const char *text, size_t n)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, text, min(n, o->size - o->len));
	o->len += n;
}

/* @spec is one conversion that parse_conversion() has approved of. */
static void put_format(struct out *o, const char *spec, ...)
{
	size_t room = o->len < o->size ? o->size - o->len : 0;
	va_list ap;
	int n;

	va_start(ap, spec);
	n = vsnprintf(room ? o->buf + o->len : NULL, room, spec, ap);
	va_end(ap);
	o->len += n > 0 ? (size_t)n : 0;
}

static void read_string(char *text, const char *from)
{
	u32 i;

	for (i = 0; i < STRING_MAX - 1; i++)
		if (probe_read(&text[i], 1, from + i) || !text[i])
			break;
	/* A fault leaves nothing, not half of it. */
	text[i] = '\0';
	if (i < STRING_MAX - 1 && probe_read(&(char){ 0 }, 1, from + i))
		text[0] = '\0';
}

static void format_address(char *text, size_t size, const char *kind, const void *from)
{
	bool plain = kind[0] == 'i';
	size_t len = 0;
	u8 a[16];

	probe_read(a, kind[1] == '4' ? 4 : 16, from);
	if (kind[1] == '4') {
		snprintf(text, size, plain ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u", a[0], a[1],
			 a[2], a[3]);
		return;
	}
	for (u32 i = 0; i < 16; i += 2)
		len += (size_t)snprintf(text + len, size - len, "%s%02x%02x",
					i && !plain ? ":" : "", a[i], a[i + 1]);
}

static void put_pointer(struct out *o, struct conversion *c, u64 arg)
{
	char text[64] = HIDDEN_POINTER;

	if (c->pointer[0] == 'x')
		snprintf(text, sizeof(text), "%016llx", (unsigned long long)arg);
	else if (c->pointer[0] == 'i' || c->pointer[0] == 'I')
		format_address(text, sizeof(text), c->pointer, (const void *)arg);
	strcat(c->spec, "s");
	put_format(o, c->spec, text);
}

static void put_integer(struct out *o, struct conversion *c, u64 arg)
{
	size_t n = strlen(c->spec);

	c->spec[n++] = 'l';
	c->spec[n++] = 'l';
	c->spec[n] = c->digit;
	if (c->wide)
		put_format(o, c->spec, (long long)arg);
	else if (c->digit == 'd' || c->digit == 'i')
		put_format(o, c->spec, (long long)(s32)arg);
	else
		put_format(o, c->spec, (long long)(u32)arg);
}

static void put_conversion(struct out *o, struct conversion *c, u64 arg)
{
	char text[STRING_MAX];

	switch (c->what) {
	case 's':
		read_string(text, (const char *)arg);
		strcat(c->spec, "s");
		return put_format(o, c->spec, text);
	case 'c':
		strcat(c->spec, "c");
		return put_format(o, c->spec, (int)(u8)arg);
	case 'p':
		return put_pointer(o, c, arg);
	default:
		return put_integer(o, c, arg);
	}
}

static int format(struct out *o, const char *fmt, u32 fmt_size, const u64 *data, u32 nr_args)
{
	size_t len = strnlen(fmt, fmt_size);
	u32 nr = 0;

	if (len == fmt_size)
		return -EINVAL;
	for (const char *p = fmt; *p;) {
		struct conversion c;
		int err;

		if ((u8)*p < 0x80 && !isprint((u8)*p) && !isspace((u8)*p))
			return -EINVAL;
		if (*p != '%' || p[1] == '%') {
			put(o, p, 1);
			p += 1 + (*p == '%');
			continue;
		}
		if (nr >= nr_args)
			return -EINVAL;
		err = parse_conversion(p + 1, &c);
		if (err)
			return err;
		if (data)
			put_conversion(o, &c, data[nr]);
		nr++;
		p = c.end;
	}
	return 0;
}

int helpers_bstr_check(const char *fmt, u32 fmt_size, u32 nr_args)
{
	struct out o = { 0 };

	return format(&o, fmt, fmt_size, NULL, nr_args);
}

int helpers_bstr_format(char *out, size_t size, const char *fmt, u32 fmt_size, const u64 *data,
			u32 nr_args)
{
	struct out o = { out, size, 0 };
	int err;

	/* The whole format first: a bad one leaves no half of a line. */
	err = helpers_bstr_check(fmt, fmt_size, nr_args);
	if (!err)
		err = format(&o, fmt, fmt_size, data, data ? nr_args : 0);
	if (err) {
		if (size)
			out[0] = '\0';
		return err;
	}
	if (size)
		out[min(o.len, size - 1)] = '\0';
	return (int)o.len + 1;
}
