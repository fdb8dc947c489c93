/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the source of a program of Linux's selftests says of it: declaration tags
 * "comment:test_*" of its function, which the compiler keeps in BTF. Once for a
 * caller with all capabilities, once for one that has none of those for BPF.
 */
#ifndef UPSTREAM_SPEC_H
#define UPSTREAM_SPEC_H

#include <bpf/btf.h>
#include <stdbool.h>

#define SPEC_MAX_PATTERNS 64

enum spec_mode { SPEC_PRIV, SPEC_UNPRIV, NR_SPEC_MODES };

struct spec_pattern {
	int order; /* tags are in no order that means anything; this is the source's */
	bool next_line; /* on the line after the previous pattern's, or anywhere after it */
	const char *text;
};

/* In the source's order. */
struct spec_patterns {
	struct spec_pattern at[SPEC_MAX_PATTERNS];
	int nr;
};

/* Of one mode. */
struct spec_view {
	bool is_case;	  /* something is expected of it */
	bool has_verdict; /* as such, or the other view's goes for both */
	bool fails;	  /* it must be refused */
	bool runs;	  /* with this result: */
	bool any_retval;
	int retval;
	struct spec_patterns msgs, xlated;
	bool jited; /* something is expected of the machine code */
};

struct spec {
	struct spec_view views[NR_SPEC_MODES];
	bool auxiliary; /* no case: loaded with each of the object, in these modes: */
	bool auxiliary_in[NR_SPEC_MODES];
	bool elsewhere; /* for other architectures */
	unsigned int log_level, flags;
	const char *btf_path; /* relocated against the types of that object; NULL: the kernel's */
};

/* Strings are @btf's. -EINVAL: a tag that cannot be read, named in *bad. */
int spec_parse(const struct btf *btf, const char *func, struct spec *s, const char **bad);

/*
 * Has @text the patterns of @p, one after the other? Else *missing is the first
 * one that it lacks. A pattern is text, with POSIX EREs between {{ and }}.
 */
bool spec_matches(const struct spec_patterns *p, const char *text, const char **missing);

#endif
