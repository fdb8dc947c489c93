/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One line on standard error, on a terminal, once a run has lasted a second. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/base.h"

struct progress {
	bool enabled, shown;
	u64 start, next; /* wall time, ns */
	u64 expected;	 /* simulated ns; UINT64_MAX: unknown */
};

void progress_init(struct progress *p, bool enabled, u64 wall, u64 expected);
void progress_show(struct progress *p, u64 wall, u64 now, u64 events);
void progress_fini(struct progress *p); /* removes the line */

#endif
