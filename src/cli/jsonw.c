/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/jsonw.h"

static void indent(struct jsonw *j)
{
	fputc('\n', j->to);
	for (u32 i = 0; i < j->depth; i++)
		fputs("  ", j->to);
}

/* Length of the UTF-8 sequence at @s, 0 if it is none. */
static u32 utf8_len(const unsigned char *s)
{
	u32 n = *s >= 0xf0 && *s <= 0xf4 ? 4 : *s >= 0xe0 && *s < 0xf0 ? 3 :
		*s >= 0xc2 && *s < 0xe0	 ? 2 :
					   0;

	for (u32 i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void put_string(struct jsonw *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', j->to);
	while (*s) {
		u32 n;

		if (*s == '"' || *s == '\\') {
			fprintf(j->to, "\\%c", *s++);
		} else if (*s == '\n') {
			fputs("\\n", j->to);
			s++;
		} else if (*s == '\t') {
			fputs("\\t", j->to);
			s++;
		} else if (*s < 0x20 || *s == 0x7f) {
			fprintf(j->to, "\\u%04x", *s++);
		} else if (*s < 0x80) {
			fputc(*s++, j->to);
		} else if ((n = utf8_len(s))) {
			fwrite(s, 1, n, j->to);
			s += n;
		} else {
			fputs("\\ufffd", j->to);
			s++;
		}
	}
	fputc('"', j->to);
}

/* What stands before a value: a comma, a line, its key. */
static void lead(struct jsonw *j, const char *key)
{
	if (j->depth) {
		u32 d = j->depth - 1;

		if (!j->empty[d])
			fputs(j->lines[d] ? "," : ", ", j->to);
		if (j->lines[d])
			indent(j);
		j->empty[d] = false;
	}
	if (key) {
		put_string(j, key);
		fputs(": ", j->to);
	}
}

static void begin(struct jsonw *j, const char *key, enum jsonw_style style, char bracket)
{
	BUG_ON(j->depth == JSONW_DEPTH);
	lead(j, key);
	fputc(bracket, j->to);
	j->lines[j->depth] = style == JSONW_LINES;
	j->empty[j->depth] = true;
	j->depth++;
}

static void end(struct jsonw *j, char bracket)
{
	j->depth--;
	if (j->lines[j->depth] && !j->empty[j->depth])
		indent(j);
	fputc(bracket, j->to);
	if (!j->depth)
		fputc('\n', j->to);
}

void jsonw_init(struct jsonw *j, FILE *to)
{
	*j = (struct jsonw){ .to = to };
}

void jsonw_object(struct jsonw *j, const char *key, enum jsonw_style style)
{
	begin(j, key, style, '{');
}

void jsonw_array(struct jsonw *j, const char *key, enum jsonw_style style)
{
	begin(j, key, style, '[');
}

void jsonw_end_object(struct jsonw *j)
{
	end(j, '}');
}

void jsonw_end_array(struct jsonw *j)
{
	end(j, ']');
}

void jsonw_string(struct jsonw *j, const char *key, const char *value)
{
	lead(j, key);
	if (value)
		put_string(j, value);
	else
		fputs("null", j->to);
}

void jsonw_bool(struct jsonw *j, const char *key, bool value)
{
	lead(j, key);
	fputs(value ? "true" : "false", j->to);
}

void jsonw_u64(struct jsonw *j, const char *key, u64 value)
{
	lead(j, key);
	fprintf(j->to, "%llu", (unsigned long long)value);
}

void jsonw_s64(struct jsonw *j, const char *key, s64 value)
{
	lead(j, key);
	fprintf(j->to, "%lld", (long long)value);
}

void jsonw_double(struct jsonw *j, const char *key, double value)
{
	lead(j, key);
	fprintf(j->to, "%.6f", value);
}
