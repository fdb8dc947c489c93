/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What BPF programs see of the world: struct run_env on top of a machine. Timers
 * become machine timers, time is the machine's clock, random numbers are a
 * stream of the machine's seed.
 */
#ifndef KERNEL_ENV_H
#define KERNEL_ENV_H

#include "base/rng.h"
#include "exec/run.h"
#include "machine/machine.h"

struct deferred_free;

struct kernel_env {
	struct run_env env;
	struct machine *m;
	struct rng prandom;
	struct machine_timer reclaim; /* frees @deferred once no program runs */
	struct deferred_free *deferred;
};

void kernel_env_init(struct kernel_env *e, struct machine *m, u64 seed);
void kernel_env_fini(struct kernel_env *e);

#endif
