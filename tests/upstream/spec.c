/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <linux/bpf.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define ERE_MAX 4096

static const struct {
	const char *name;
	unsigned int flag;
} flags[] = {
	{ "BPF_F_STRICT_ALIGNMENT", 1 << 0 }, { "BPF_F_ANY_ALIGNMENT", 1 << 1 },
	{ "BPF_F_TEST_RND_HI32", 1 << 2 },    { "BPF_F_TEST_STATE_FREQ", 1 << 3 },
	{ "BPF_F_SLEEPABLE", 1 << 4 },	      { "BPF_F_XDP_HAS_FRAGS", 1 << 5 },
	{ "BPF_F_TEST_REG_INVARIANTS", 1 << 7 },
};

/* What follows @prefix in @tag, or NULL. */
static const char *after(const char *tag, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(tag, prefix, n) ? NULL : tag + n;
}

static bool parse_flag(const char *text, struct spec *s)
{
	bool clear = *text == '!';
	unsigned int flag = 0;
	char *end;

	text += clear;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(text, flags[i].name))
			flag = flags[i].flag;
	if (!flag) {
		flag = strtoul(text, &end, 0);
		if (end == text || *end)
			return false;
	}
	s->flags = clear ? s->flags & ~flag : s->flags | flag;
	return true;
}

/* "ORDER=PATTERN" */
static bool parse_msg(const char *text, struct spec *s)
{
	char *end;
	int order = (int)strtol(text, &end, 10), at = s->nr_msgs;

	if (end == text || *end != '=' || s->nr_msgs == SPEC_MAX_MSGS)
		return false;
	for (; at && s->msgs[at - 1].order > order; at--)
		s->msgs[at] = s->msgs[at - 1];
	s->msgs[at] = (struct spec_msg){ order, end + 1 };
	s->nr_msgs++;
	s->is_case = true;
	return true;
}

struct archs {
	bool any, ours;
};

static bool parse_tag(const char *tag, struct spec *s, struct archs *archs)
{
	const char *text;

	if (!strcmp(tag, "expect_failure") || !strcmp(tag, "expect_success")) {
		s->is_case = true;
		s->fails = !strcmp(tag, "expect_failure");
	} else if (!strcmp(tag, "auxiliary")) {
		s->auxiliary = true;
	} else if ((text = after(tag, "expect_msg="))) {
		return parse_msg(text, s);
	} else if ((text = after(tag, "log_level="))) {
		s->log_level = strtoul(text, NULL, 0);
	} else if ((text = after(tag, "prog_flags="))) {
		return parse_flag(text, s);
	} else if ((text = after(tag, "arch="))) {
		archs->any = true;
		archs->ours |= !strcmp(text, "X86_64");
	}
	return true;
}

int spec_parse(const struct btf *btf, const char *func, struct spec *s, const char **bad)
{
	int id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);
	struct archs archs = {};

	*s = (struct spec){};
	for (unsigned int i = 1; id > 0 && i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *tag;

		if (!btf_is_decl_tag(t) || (int)t->type != id || btf_decl_tag(t)->component_idx != -1)
			continue;
		tag = after(btf__str_by_offset(btf, t->name_off), "comment:test_");
		if (tag && !parse_tag(tag, s, &archs)) {
			*bad = tag;
			return -EINVAL;
		}
	}
	s->elsewhere = archs.any && !archs.ours;
	return 0;
}

/* ---- messages ---- */

/* A pattern as one ERE; false if it is too long. */
static bool to_ere(const char *pattern, char *ere)
{
	size_t n = 0;
	bool inside = false;

	for (const char *p = pattern; *p;) {
		if (!strncmp(p, inside ? "}}" : "{{", 2)) {
			ere[n++] = inside ? ')' : '(';
			inside = !inside;
			p += 2;
		} else {
			if (!inside && strchr("\\.[]{}()*+?^$|", *p))
				ere[n++] = '\\';
			ere[n++] = *p++;
		}
		if (n > ERE_MAX - 4)
			return false;
	}
	ere[n] = '\0';
	return !inside;
}

/* The end of @pattern's first occurrence in @log, or NULL. */
static const char *find(const char *log, const char *pattern)
{
	char ere[ERE_MAX];
	regmatch_t m;
	regex_t re;
	int err;

	if (!strstr(pattern, "{{")) {
		log = strstr(log, pattern);
		return log ? log + strlen(pattern) : NULL;
	}
	if (!to_ere(pattern, ere) || regcomp(&re, ere, REG_EXTENDED | REG_NEWLINE))
		return NULL;
	err = regexec(&re, log, 1, &m, 0);
	regfree(&re);
	return err ? NULL : log + m.rm_eo;
}

bool spec_matches(const struct spec *s, const char *log, const char **missing)
{
	for (int i = 0; i < s->nr_msgs; i++) {
		log = find(log, s->msgs[i].pattern);
		if (!log) {
			*missing = s->msgs[i].pattern;
			return false;
		}
	}
	return true;
}
