/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Loads through pointers that may be stale: they read 0 where the address
 * faults (BPF_PROBE_MEM).
 *
 * On x86-64 the loads are a handful of instructions in known address ranges,
 * and a SIGSEGV/SIGBUS handler, which passes every other fault on, continues
 * behind them. That handler is the process's, hence the only state of exec that
 * is not per program; it is installed once and stays. Elsewhere the kernel is
 * asked to copy (process_vm_readv), which reports faults by itself.
 */
#ifndef EXEC_PROBE_H
#define EXEC_PROBE_H

#include "base/base.h"

/* Before the first load. Idempotent, thread-safe. */
void probe_init(void);

u8 probe_load_u8(const void *p);
u16 probe_load_u16(const void *p);
u32 probe_load_u32(const void *p);
u64 probe_load_u64(const void *p);

#endif
