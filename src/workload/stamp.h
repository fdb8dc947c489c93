/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef WORKLOAD_STAMP_H
#define WORKLOAD_STAMP_H

#include "base/base.h"

/* A JSON text whose keys read "NUMBER:key"; lines[NUMBER] is where the key stands. */
struct stamped {
	char *text; /* NUL-terminated; as many lines as the original */
	size_t len, cap;
	u32 *lines;
	u32 nr_keys, cap_keys;
};

/* @st: zeroed. -ENOMEM; call stamped_fini() in any case. */
int stamp_keys(const char *text, size_t len, struct stamped *st);
void stamped_fini(struct stamped *st);

#endif
