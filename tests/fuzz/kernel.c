/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "kernel/kernel.h"
#include "machine/topology.h"

/* libFuzzer's entry point has no argument that could carry these. */
static struct {
	struct topology *topology;
	struct kernel *kernel;
} shared;

static void destroy(void)
{
	kernel_destroy(shared.kernel);
	topology_destroy(shared.topology);
}

struct kernel *fuzz_kernel(void)
{
	struct kernel_config cfg = { .seed = 1 };
	struct err_msg e = {};

	if (shared.kernel)
		return shared.kernel;
	if (topology_create("2", &e, &shared.topology))
		goto failed;
	cfg.topology = shared.topology;
	if (kernel_create(&cfg, &e, &shared.kernel))
		goto failed;
	atexit(destroy);
	return shared.kernel;
failed:
	fprintf(stderr, "no kernel: %s\n", e.text);
	exit(1);
}
