/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where jitted code lives: one range of addresses per process, reserved near
 * the program's own text, so that a call from one to the other fits in 32 bits.
 *
 * It is the process's, like the signal handler that has to find code by its
 * address: a fault says nothing but where it happened. The handler looks
 * without a lock: the range never changes, and the entry of a granule does not
 * either while code in it runs.
 */
#ifndef EXEC_JIT_ARENA_H
#define EXEC_JIT_ARENA_H

#include "base/base.h"

struct bpf_prog;

/* A load that may fault. */
struct jit_fault {
	u32 at;	 /* offset of the instruction in the code */
	u8 len;	 /* of the instruction */
	u8 reg;	 /* what it loads: enum x86_reg */
};

/* What a region begins with; code and faults follow. */
struct jit_region {
	u32 bytes; /* of all of it: header, code, faults */
	u32 code_size;
	u32 funcs_size; /* of the code, without the stubs at its end */
	u32 faults_off; /* from the header */
	u32 nr_faults;	/* sorted by ->at */
	const struct bpf_prog *prog; /* whose code it is */
	u8 code[] __attribute__((aligned(16)));
};

/* Idempotent, thread-safe. -ENOMEM: the process has no room for it. */
int arena_init(void);
/* Whether code could be made to run here, found out by trying: 0, or as arena_seal(), -ENOMEM. */
int arena_probe(void);
/* Whether a call from anywhere in the arena reaches @target with 32 bits. */
bool arena_reaches(const void *target);

/* A writable, zeroed region with room for @bytes; not executable before arena_seal(). */
int arena_alloc(u32 bytes, struct jit_region **out);
/* -EACCES, -EPERM: this process may not run what it wrote. */
int arena_seal(struct jit_region *r);
void arena_free(struct jit_region *r);

/* The sealed region with code at @addr, or NULL. Async-signal-safe. */
const struct jit_region *arena_find(const void *addr);

#endif
