/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * kfuncs and the verdict for every caller, as the resolver gives them. In text,
 * callers with the same verdicts share a column.
 */
#ifndef CLI_MATRIX_H
#define CLI_MATRIX_H

#include <stdio.h>

#include "kernel/kfuncs.h"

struct matrix {
	struct kernel_kfunc *kfuncs;
	u32 nr_kfuncs;
	struct kernel_caller *callers;
	u32 nr_callers;
	struct kernel_call_verdict *cells; /* a row of nr_callers per kfunc */
};

static inline const struct kernel_call_verdict *matrix_row(const struct matrix *m, u32 kfunc)
{
	return &m->cells[(size_t)kfunc * m->nr_callers];
}

/* Of all kfuncs with one of @names in their names; @nr_names 0: of all. -ENOMEM. */
int matrix_init(struct matrix *m, struct kernel *k, char *const *names, u32 nr_names);
void matrix_fini(struct matrix *m);
/* -ENOMEM */
int matrix_print(const struct matrix *m, FILE *to);

#endif
