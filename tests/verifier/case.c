/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>

static char *strip(char *s)
{
	size_t n;

	while (*s == ' ' || *s == '\t')
		s++;
	n = strlen(s);
	while (n && strchr(" \t\r\n", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static int parse_errno(const char *s)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {
		{ "EACCES", EACCES }, { "EINVAL", EINVAL }, { "E2BIG", E2BIG }, { "EPERM", EPERM },
		{ "ENOTSUPP", ENOTSUPP }, { "ENOENT", ENOENT }, { "EBADF", EBADF },
		{ "EFAULT", EFAULT }, { "EPROTO", EPROTO }, { "ERANGE", ERANGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, s))
			return names[i].err;
	return 0;
}

static int parse_prog(struct tcase *c, char *s)
{
	char *save, *w = strtok_r(s, " ", &save);

	if (!w)
		return -1;
	c->prog_type = w;
	while ((w = strtok_r(NULL, " ", &save))) {
		if (!strcmp(w, "sleepable"))
			c->sleepable = true;
		else if (!strcmp(w, "no-gpl"))
			c->no_gpl = true;
		else if (!strcmp(w, "unpriv"))
			c->unpriv = true;
		else if (!strcmp(w, "strict"))
			c->strict = true;
		else if (!strncmp(w, "limit=", 6))
			c->insn_limit = atoi(w + 6);
		else if (!c->member)
			c->member = w;
		else
			return -1;
	}
	return 0;
}

static int parse_map(struct tcase *c, char *s)
{
	struct tmap *m = &c->maps[c->nr_maps];
	char *save, *w[5];

	if (c->nr_maps == MAX_MAPS)
		return -1;
	for (int i = 0; i < 5; i++) {
		w[i] = strtok_r(i ? NULL : s, " ", &save);
		if (!w[i])
			return -1;
	}
	*m = (struct tmap){ .name = w[0], .type = w[1], .value = w[3], .key_size = atoi(w[2]),
			    .max_entries = atoi(w[4]), .fill = -1 };
	while ((s = strtok_r(NULL, " ", &save))) {
		if (!strcmp(s, "rdonly"))
			m->rdonly = true;
		else if (!strcmp(s, "frozen"))
			m->frozen = true;
		else if (!strncmp(s, "fill=", 5))
			m->fill = strtol(s + 5, NULL, 16);
		else if (!strncmp(s, "text=", 5))
			m->text = s + 5;
		else if (!strncmp(s, "inner=", 6))
			m->inner = s + 6;
		else
			return -1;
	}
	c->nr_maps++;
	return 0;
}

static int parse_expect(struct tcase *c, char *s)
{
	if (!strcmp(s, "accept")) {
		c->accept = true;
		return 0;
	}
	if (strncmp(s, "reject ", 7))
		return -1;
	c->err = parse_errno(strip(s + 7));
	return c->err ? 0 : -1;
}

static int parse_call(struct tcase *c, char *s)
{
	char *save;

	if (c->nr_calls == MAX_MSGS)
		return -1;
	c->call_kfunc[c->nr_calls] = strtok_r(s, " ", &save);
	c->call_fn[c->nr_calls] = strtok_r(NULL, " ", &save);
	return c->call_fn[c->nr_calls++] ? 0 : -1;
}

static int parse_line(struct tcase *c, char *line)
{
	char *text = strip(line), *arg;

	if (!*text || *text == '#')
		return 0;
	if (*line == '\t' || !strncmp(text, "fn ", 3) || !strncmp(text, "global ", 7) ||
	    !strncmp(text, "exception ", 10)) {
		if (c->nr_code == MAX_CODE)
			return -1;
		c->code[c->nr_code++] = text;
		return 0;
	}
	arg = strchr(text, ':');
	if (!arg)
		return -1;
	if (!arg[1] && c->nr_code < MAX_CODE) { /* a label */
		c->code[c->nr_code++] = text;
		return 0;
	}
	*arg++ = '\0';
	arg = strip(arg);
	if (!strcmp(text, "prog"))
		return parse_prog(c, arg);
	if (!strcmp(text, "map"))
		return parse_map(c, arg);
	if (!strcmp(text, "expect"))
		return parse_expect(c, arg);
	if (!strcmp(text, "calls"))
		return parse_call(c, arg);
	if (!strcmp(text, "copies")) {
		c->copies = atoi(arg);
		return 0;
	}
	if (!strcmp(text, "msg") && c->nr_msgs < MAX_MSGS) {
		c->msgs[c->nr_msgs++] = arg;
		return 0;
	}
	if (!strcmp(text, "not") && c->nr_nots < MAX_MSGS) {
		c->nots[c->nr_nots++] = arg;
		return 0;
	}
	return -1;
}

static int finish(struct tcase *c, int (*cb)(void *priv, struct tcase *c), void *priv)
{
	if (!c->title)
		return 0;
	if (!c->prog_type || (!c->accept && !c->err) || !c->nr_code) {
		fprintf(stderr, "%s:%d: prog:, expect: or the program is missing\n", c->file,
			c->line);
		return -EINVAL;
	}
	return cb(priv, c);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t cap = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &cap, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

int case_read(const char *path, int (*cb)(void *priv, struct tcase *c), void *priv)
{
	char *text = read_file(path), *line, *next;
	struct tcase *c = calloc(1, sizeof(*c));
	int err = 0, nr = 0;

	if (!text || !c) {
		fprintf(stderr, "%s: can't be read\n", path);
		err = -ENOENT;
	}
	for (line = text; !err && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		nr++;
		if (!strncmp(line, "=== ", 4)) {
			err = finish(c, cb, priv);
			memset(c, 0, sizeof(*c));
			c->file = path;
			c->line = nr;
			c->copies = -1;
			c->title = strip(line + 4);
		} else if (parse_line(c, line)) {
			fprintf(stderr, "%s:%d: can't be parsed: %s\n", path, nr, line);
			err = -EINVAL;
		}
	}
	if (!err)
		err = finish(c, cb, priv);
	free(c);
	free(text);
	return err;
}
