/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is known of the cases beforehand, in three files of the repository. Their
 * lines are words and a reason, separated by tabs; '#' begins a comment.
 *
 *	out-of-scope	NAME PRIV UNPRIV REASON: NAME is a case, or FILE/ followed by
 *			'*' for all of a file's; so many cases of each mode it has.
 *			The first line, "in-scope PRIV UNPRIV", is what they leave.
 *	known		NAME KIND REASON: a case in scope that is not as its source
 *			says, and what about it (enum outcome).
 *	uncompiled	FILE PRIV UNPRIV REASON: does not compile; its cases count.
 *
 * A case without capabilities is called FILE/PROGRAM@unpriv.
 */
#ifndef UPSTREAM_LISTS_H
#define UPSTREAM_LISTS_H

#include <stdbool.h>

#include "spec.h"

struct list_row {
	char *name, *kind, *reason; /* of the list's own text */
	int stated[NR_SPEC_MODES], seen[NR_SPEC_MODES];
};

struct list {
	char *text;
	struct list_row *rows;
	int nr;
};

/* @counts: the rows have numbers of cases in place of a kind. False with a message if not so. */
bool list_read(const char *path, bool counts, struct list *l);
void list_free(struct list *l);
/* The row that names @name, or (with a '*') its file. NULL: none. */
struct list_row *list_find(const struct list *l, const char *name);

#endif
