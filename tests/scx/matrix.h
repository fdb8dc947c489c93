/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A verdict matrix: tab-separated kfunc, set, caller, verdict, layer, text, and more. */
#ifndef TESTS_SCX_MATRIX_H
#define TESTS_SCX_MATRIX_H

#include "lab.h"

struct verdict {
	char kfunc[64], set[32], caller[32], verdict[40], layer[8], text[256];
};

struct matrix {
	struct verdict *rows;
	u32 nr;
};

void matrix_read(struct matrix *m, const char *path);
/* The kind of program that a caller stands for; a member of sched_ext_ops otherwise. */
bool matrix_is_syscall(const struct verdict *v);
bool matrix_is_tracing(const struct verdict *v);
bool matrix_is_foreign(const struct verdict *v);
/* The program of the cell; @foreign: the object file of foreign.c. */
struct cell matrix_cell(const struct verdict *v, const char *foreign);

#endif
