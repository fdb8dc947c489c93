/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define ERE_MAX 4096
#define TEST_DATA_LEN 64 /* bytes that a program is run on */

/* What Linux's own runner loads every program with. */
#define FLAGS_ALWAYS (1U << 2 | 1U << 7) /* BPF_F_TEST_RND_HI32, BPF_F_TEST_REG_INVARIANTS */

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
static bool parse_pattern(const char *text, struct spec_patterns *p)
{
	char *end;
	int order = (int)strtol(text, &end, 10), at = p->nr;

	if (end == text || *end != '=' || p->nr == SPEC_MAX_PATTERNS)
		return false;
	for (; at && p->at[at - 1].order > order; at--)
		p->at[at] = p->at[at - 1];
	p->at[at] = (struct spec_pattern){ .order = order, .text = end + 1 };
	p->nr++;
	return true;
}

static bool parse_retval(const char *text, struct spec_view *v)
{
	char *end;

	v->runs = true;
	if (!strcmp(text, "INT_MIN")) {
		v->retval = INT_MIN;
	} else if (!strcmp(text, "TEST_DATA_LEN")) {
		v->retval = TEST_DATA_LEN;
	} else if (!strcmp(text, "POINTER_VALUE")) {
		v->any_retval = true;
	} else {
		v->retval = (int)strtol(text, &end, 0);
		return end != text && !*end;
	}
	return true;
}

struct archs {
	bool any, ours;
};

/* What of @tag follows @name and @suffix: "", or "=..."; NULL if it is another tag. */
static const char *tagged(const char *tag, const char *name, const char *suffix)
{
	tag = after(tag, name);
	tag = tag ? after(tag, suffix) : NULL;
	return tag && (!*tag || *tag == '=') ? tag : NULL;
}

/* A tag of one view, all of which end in @suffix. 0: it is none, < 0: a bad one. */
static int parse_view_tag(const char *tag, const char *suffix, struct spec_view *v)
{
	bool failure = tagged(tag, "expect_failure", suffix), ok = true;
	const char *text;

	if (failure || tagged(tag, "expect_success", suffix)) {
		v->has_verdict = true;
		v->fails = failure;
	} else if ((text = tagged(tag, "expect_msg", suffix))) {
		ok = *text && parse_pattern(text + 1, &v->msgs);
	} else if ((text = tagged(tag, "expect_xlated", suffix))) {
		ok = *text && parse_pattern(text + 1, &v->xlated);
	} else if ((text = tagged(tag, "retval", suffix))) {
		ok = *text && parse_retval(text + 1, v);
	} else if (tagged(tag, "jited", suffix)) {
		v->jited = true;
	} else {
		return 0;
	}
	v->is_case = true;
	return ok ? 1 : -EINVAL;
}

static bool parse_tag(const char *tag, struct spec *s, struct archs *archs)
{
	const char *text;
	int ret;

	ret = parse_view_tag(tag, "_unpriv", &s->views[SPEC_UNPRIV]);
	if (!ret)
		ret = parse_view_tag(tag, "", &s->views[SPEC_PRIV]);
	if (ret)
		return ret > 0;
	if (!strcmp(tag, "auxiliary")) {
		s->auxiliary = s->auxiliary_in[SPEC_PRIV] = true;
	} else if (!strcmp(tag, "auxiliary_unpriv")) {
		s->auxiliary = s->auxiliary_in[SPEC_UNPRIV] = true;
	} else if ((text = after(tag, "log_level="))) {
		s->log_level = strtoul(text, NULL, 0);
	} else if ((text = after(tag, "prog_flags="))) {
		return parse_flag(text, s);
	} else if ((text = after(tag, "btf_path="))) {
		s->btf_path = text;
	} else if ((text = after(tag, "arch="))) {
		archs->any = true;
		archs->ours |= !strcmp(text, "X86_64");
	}
	return true;
}

/* Each pattern of a listing is on the line after the last one's, but after "...". */
static void tie_lines(struct spec_patterns *p)
{
	bool next_line = true;
	int n = 0;

	for (int i = 0; i < p->nr; i++) {
		bool gap = !strcmp(p->at[i].text, "...");

		if (!gap) {
			p->at[n] = p->at[i];
			p->at[n++].next_line = next_line;
		}
		next_line = !gap;
	}
	p->nr = n;
}

/* What is not said of callers without capabilities is as it is for all others. */
static void inherit(struct spec_view *to, const struct spec_view *from)
{
	if (!to->has_verdict)
		to->fails = from->fails;
	if (!to->runs) {
		to->runs = from->runs;
		to->retval = from->retval;
		to->any_retval = from->any_retval;
	}
	if (!to->msgs.nr)
		to->msgs = from->msgs;
	if (!to->xlated.nr)
		to->xlated = from->xlated;
	to->jited |= from->jited;
}

int spec_parse(const struct btf *btf, const char *func, struct spec *s, const char **bad)
{
	int id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);
	struct archs archs = {};

	*s = (struct spec){ .flags = FLAGS_ALWAYS };
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
	for (int i = 0; i < NR_SPEC_MODES; i++)
		tie_lines(&s->views[i].xlated);
	inherit(&s->views[SPEC_UNPRIV], &s->views[SPEC_PRIV]);
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

/* @pattern's first occurrence in @text, and its *end; or NULL. */
static const char *find(const char *text, const char *pattern, const char **end)
{
	char ere[ERE_MAX];
	regmatch_t m;
	regex_t re;
	int err;

	if (!strstr(pattern, "{{")) {
		text = strstr(text, pattern);
		*end = text ? text + strlen(pattern) : NULL;
		return text;
	}
	if (!to_ere(pattern, ere) || regcomp(&re, ere, REG_EXTENDED | REG_NEWLINE))
		return NULL;
	err = regexec(&re, text, 1, &m, 0);
	regfree(&re);
	if (err)
		return NULL;
	*end = text + m.rm_eo;
	return text + m.rm_so;
}

static int lines_between(const char *from, const char *to)
{
	int n = 0;

	while (from < to)
		n += *from++ == '\n';
	return n;
}

bool spec_matches(const struct spec_patterns *p, const char *text, const char **missing)
{
	const char *last = NULL, *at;

	for (int i = 0; i < p->nr; i++) {
		at = find(text, p->at[i].text, &text);
		if (!at || (p->at[i].next_line && last && lines_between(last, at) != 1)) {
			*missing = p->at[i].text;
			return false;
		}
		last = at;
	}
	return true;
}
