/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Descriptions of a machine. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "machine/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct topology *t = NULL;
	struct err_msg e = {};
	char spec[512];

	snprintf(spec, sizeof(spec), "%.*s", (int)size, (const char *)data);
	if (topology_create(spec, &e, &t)) {
		if (e.text[0])
			return 0;
		fprintf(stderr, "refused without a word: %s\n", spec);
		abort();
	}
	for (u32 i = 0; i < t->nr_cpus; i++)
		if (t->cpus[i].core >= t->nr_cores || t->cpus[i].llc >= t->nr_llcs ||
		    t->cpus[i].node >= t->nr_nodes)
			abort();
	topology_destroy(t);
	return 0;
}
