/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tells gdb of compiled functions, with their lines, by the interface that it has
 * for JIT compilers: an ELF image in memory per function, and a hook that gdb stops
 * at to read it. What gdb looks for is one list per process.
 */
#ifndef CLI_GDB_H
#define CLI_GDB_H

#include "kernel/kernel.h"

struct gdb_code;

/* *list is the caller's, NULL at first. -ENOMEM: gdb is not told. */
int gdb_add(struct gdb_code **list, const struct kernel_code *c);
/* The code may be freed then. */
void gdb_remove_all(struct gdb_code **list);

#endif
