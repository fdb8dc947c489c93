/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What profile "next" says where it refuses, found from 7.1's matrix and from what is
 * told here about the places of a program - not from the tables under test.
 */
#ifndef TESTS_SCX_REASON_H
#define TESTS_SCX_REASON_H

#include "matrix.h"

/* Why "next" refuses what 7.1 allows; NULL: it does not. */
const char *reason_stricter(const struct verdict *v);
/* "FUNC() may not be called from HERE, only from: THERE" */
void reason_text(const struct matrix *m, const struct verdict *v, char *buf, size_t size);

#endif
