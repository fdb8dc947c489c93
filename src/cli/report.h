/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/session.h"

/* The result of a run for people, and for programs (docs/json.md). 0 or -ENOMEM. */
int report_text(const struct session *s, FILE *to);
int report_json(const struct session *s, FILE *to);

#endif
