/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* `scxlab verify`: how verdicts are printed. */
#ifndef CLI_VERIFY_REPORT_H
#define CLI_VERIFY_REPORT_H

#include "loader/loader.h"

/* One object, as it came out. */
struct verified {
	const char *object;
	struct loader_verdicts v;
};

struct verify_format {
	bool json, csv, log, explain, time;
};

/* All of @nr objects on standard output; an exit code. */
int verify_report(const struct verify_format *f, const struct verified *objects, u32 nr);

#endif
