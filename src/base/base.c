/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

__noreturn void base_bug(const char *expr, const char *file, int line)
{
	fprintf(stderr, "BUG: %s at %s:%d\n", expr, file, line);
	abort();
}

int err_set(struct err_msg *e, int err, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, fmt);
		vsnprintf(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
	}
	return err;
}
