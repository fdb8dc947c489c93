/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Workload files. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "workload/workload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workload *w = NULL;
	struct err_msg e = {};

	if (workload_parse((const char *)data, size, "fuzz", &e, &w) && !e.text[0]) {
		fprintf(stderr, "refused without a word\n");
		abort();
	}
	workload_destroy(w);
	return 0;
}
