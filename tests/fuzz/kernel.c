/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "kernel/kernel.h"
#include "machine/topology.h"

/* libFuzzer's entry point has no argument that could carry these. */
static struct {
	struct topology *topology;
	struct kernel *interpreter, *jit;
} shared;

static void destroy(void)
{
	kernel_destroy(shared.interpreter);
	kernel_destroy(shared.jit);
	topology_destroy(shared.topology);
}

static void create(enum kernel_engine engine, struct kernel **k)
{
	struct kernel_config cfg = { .seed = 1, .engine = engine };
	struct err_msg e = {};

	if (!shared.topology) {
		if (topology_create("2", &e, &shared.topology))
			goto failed;
		atexit(destroy);
	}
	cfg.topology = shared.topology;
	if (!kernel_create(&cfg, &e, k))
		return;
failed:
	fprintf(stderr, "no kernel: %s\n", e.text);
	exit(1);
}

struct kernel *fuzz_kernel(void)
{
	if (!shared.interpreter)
		create(KERNEL_ENGINE_INTERPRETER, &shared.interpreter);
	return shared.interpreter;
}

struct kernel *fuzz_kernel_jit(void)
{
	if (!shared.jit)
		create(KERNEL_ENGINE_BEST, &shared.jit);
	return shared.jit;
}
