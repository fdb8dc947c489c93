/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Text tables: cells are added row by row, columns get the width of their widest
 * cell. The first row is the head.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "base/base.h"

struct table {
	const char *align; /* one 'l' or 'r' per column */
	char **cells;
	u32 nr_cells, cap_cells;
	int err; /* -ENOMEM: cells are missing */
};

void table_init(struct table *t, const char *align);
void table_cell(struct table *t, const char *fmt, ...) __printf(2, 3);
/* Prints and frees. 0 or -ENOMEM. */
int table_print(struct table *t, FILE *to);

/* "1.23 ms": three significant digits and a unit, in a buffer of the caller's. */
#define TABLE_TIME_LEN 24
const char *table_time(u64 ns, char *buf);
/* "1,234,567" */
#define TABLE_COUNT_LEN 32
const char *table_count(u64 n, char *buf);

#endif
