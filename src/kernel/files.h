/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Virtual files as rows of tables. To add one, write what shows it and, if it can
 * be written, what sets it, and add its row to files.c or sysfs.c.
 */
#ifndef KERNEL_FILES_H
#define KERNEL_FILES_H

#include "base/base.h"

struct kernel;

/* Text that a file holds; err: why it does not. */
struct file_text {
	char *buf;
	u32 len, size;
	int err;
};
void file_print(struct file_text *t, const char *fmt, ...) __printf(2, 3);

enum file_count { ONE, PER_CPU, PER_NODE };

struct file_row {
	const char *path; /* with one %u in it unless ONE */
	enum file_count count;
	void (*show)(struct kernel *k, u32 i, struct file_text *t);
	int (*store)(struct kernel *k, u32 i, const char *text); /* NULL: for reading only */
};

#define RO(path, count, show) { path, count, show, NULL }
#define RW(path, count, show, store) { path, count, show, store }

const struct file_row *kernel_sysfs_rows(u32 *nr);

#endif
