/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes JSON to a stream: keys in the order of the calls, numbers without
 * rounding, strings escaped (bytes that are no UTF-8 become U+FFFD). Containers
 * opened with JSONW_LINES put each member on a line of its own.
 */
#ifndef CLI_JSONW_H
#define CLI_JSONW_H

#include <stdio.h>

#include "base/base.h"

#define JSONW_DEPTH 16

enum jsonw_style { JSONW_INLINE, JSONW_LINES };

struct jsonw {
	FILE *to;
	u32 depth;
	bool lines[JSONW_DEPTH], empty[JSONW_DEPTH];
};

/* @key: NULL inside an array and for the root. */
void jsonw_init(struct jsonw *j, FILE *to);
void jsonw_object(struct jsonw *j, const char *key, enum jsonw_style style);
void jsonw_array(struct jsonw *j, const char *key, enum jsonw_style style);
void jsonw_end_object(struct jsonw *j);
void jsonw_end_array(struct jsonw *j);
void jsonw_string(struct jsonw *j, const char *key, const char *value); /* NULL: null */
void jsonw_u64(struct jsonw *j, const char *key, u64 value);
void jsonw_s64(struct jsonw *j, const char *key, s64 value);
void jsonw_bool(struct jsonw *j, const char *key, bool value);
void jsonw_double(struct jsonw *j, const char *key, double value); /* six decimals */

#endif
