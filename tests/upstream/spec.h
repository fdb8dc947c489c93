/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the source of a program of Linux's selftests says of it: declaration tags
 * "comment:test_*" of its function, which the compiler keeps in BTF. Here for a
 * caller with all capabilities; what is said of one without is left aside.
 */
#ifndef UPSTREAM_SPEC_H
#define UPSTREAM_SPEC_H

#include <bpf/btf.h>
#include <stdbool.h>

#define SPEC_MAX_MSGS 64

struct spec_msg {
	int order; /* tags are in no order that means anything; this is the source's */
	const char *pattern;
};

struct spec {
	bool is_case;	/* something is expected of it */
	bool fails;	/* it must be refused */
	bool auxiliary; /* no case: loaded with each of the object */
	bool elsewhere; /* for other architectures */
	unsigned int log_level, flags;
	struct spec_msg msgs[SPEC_MAX_MSGS]; /* in order */
	int nr_msgs;
};

/* Strings are @btf's. -EINVAL: a tag that cannot be read, named in *bad. */
int spec_parse(const struct btf *btf, const char *func, struct spec *s, const char **bad);

/*
 * Has @log the messages of @s, one after the other? Else *missing is the first
 * one that it lacks. A pattern is text, with POSIX EREs between {{ and }}.
 */
bool spec_matches(const struct spec *s, const char *log, const char **missing);

#endif
