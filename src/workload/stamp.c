/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Gives each key of a JSON text a number of its own; see json.h. */
#include <stdio.h>
#include <stdlib.h>

#include "workload/stamp.h"

struct scan {
	const char *text;
	size_t len, pos;
	u32 line;
};

static int peek(const struct scan *s)
{
	return s->pos < s->len ? (unsigned char)s->text[s->pos] : -1;
}

static bool looking_at(const struct scan *s, const char *two)
{
	return s->len - s->pos >= 2 && !memcmp(s->text + s->pos, two, 2);
}

static void advance(struct scan *s)
{
	if (s->text[s->pos++] == '\n')
		s->line++;
}

static void skip_comment(struct scan *s)
{
	bool block = looking_at(s, "/*");

	s->pos += 2;
	while (s->pos < s->len) {
		if (block && looking_at(s, "*/")) {
			s->pos += 2;
			return;
		}
		if (!block && peek(s) == '\n')
			return;
		advance(s);
	}
}

static void skip_blank(struct scan *s)
{
	for (;;) {
		int c = peek(s);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			advance(s);
		else if (looking_at(s, "/*") || looking_at(s, "//"))
			skip_comment(s);
		else
			return;
	}
}

/* From the opening quote to behind the closing one, or to the end of the text. */
static void skip_string(struct scan *s)
{
	int quote = peek(s);

	advance(s);
	while (s->pos < s->len && peek(s) != quote) {
		if (peek(s) == '\\')
			advance(s);
		if (s->pos < s->len)
			advance(s);
	}
	if (s->pos < s->len)
		advance(s);
}

static int add_line(struct stamped *st, u32 line)
{
	if (st->nr_keys == st->cap_keys) {
		u32 cap = st->cap_keys ? 2 * st->cap_keys : 64;
		u32 *lines = realloc(st->lines, cap * sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		st->lines = lines;
		st->cap_keys = cap;
	}
	st->lines[st->nr_keys++] = line;
	return 0;
}

static int append(struct stamped *st, const char *bytes, size_t len)
{
	if (st->len + len + 1 > st->cap) {
		size_t cap = 2 * (st->len + len + 1);
		char *text = realloc(st->text, cap);

		if (!text)
			return -ENOMEM;
		st->text = text;
		st->cap = cap;
	}
	memcpy(st->text + st->len, bytes, len);
	st->len += len;
	st->text[st->len] = '\0';
	return 0;
}

/* Copies the string at @s; if a colon follows, it is a key and gets its stamp. */
static int stamp_string(struct scan *s, struct stamped *st)
{
	size_t start = s->pos;
	u32 line = s->line;
	struct scan ahead;
	char stamp[16];
	int err, n;

	skip_string(s);
	ahead = *s;
	skip_blank(&ahead);
	if (peek(&ahead) != ':')
		return append(st, s->text + start, s->pos - start);

	n = snprintf(stamp, sizeof(stamp), "%u:", st->nr_keys);
	err = add_line(st, line);
	if (!err)
		err = append(st, s->text + start, 1);
	if (!err)
		err = append(st, stamp, n);
	if (!err)
		err = append(st, s->text + start + 1, s->pos - start - 1);
	return err;
}

int stamp_keys(const char *text, size_t len, struct stamped *st)
{
	struct scan s = { .text = text, .len = len, .line = 1 };
	int err = append(st, "", 0);

	while (!err && s.pos < len) {
		size_t start = s.pos;

		if (peek(&s) == '"' || peek(&s) == '\'') {
			err = stamp_string(&s, st);
			continue;
		}
		skip_blank(&s);
		if (s.pos == start)
			s.pos++;
		err = append(st, text + start, s.pos - start);
	}
	return err;
}

void stamped_fini(struct stamped *st)
{
	free(st->text);
	free(st->lines);
	*st = (struct stamped){};
}
