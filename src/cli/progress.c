/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <unistd.h>

#include "cli/progress.h"

#define FIRST_NS 1000000000ULL
#define EACH_NS 100000000ULL

void progress_init(struct progress *p, bool enabled, u64 wall, u64 expected)
{
	*p = (struct progress){
		.enabled = enabled && isatty(STDERR_FILENO),
		.start = wall,
		.next = wall + FIRST_NS,
		.expected = expected,
	};
}

void progress_show(struct progress *p, u64 wall, u64 now, u64 events)
{
	double rate;

	if (!p->enabled || wall < p->next)
		return;
	p->next = wall + EACH_NS;
	p->shown = true;
	rate = events / ((wall - p->start) / 1e9);
	if (p->expected == UINT64_MAX)
		fprintf(stderr, "\r\033[K%.2f s simulated, %.0f k events/s", now / 1e9, rate / 1e3);
	else
		fprintf(stderr, "\r\033[K%3.0f %%  %.2f of %.2f s simulated, %.0f k events/s",
			min(100.0, 100.0 * now / p->expected), now / 1e9, p->expected / 1e9,
			rate / 1e3);
}

void progress_fini(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
