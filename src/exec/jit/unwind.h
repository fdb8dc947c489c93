/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Frames of jitted code, for those who walk the stack: libgcc's unwinder, told of
 * the whole range at once, since every frame is found from rbp alone.
 */
#ifndef EXEC_JIT_UNWIND_H
#define EXEC_JIT_UNWIND_H

#include "base/base.h"

/* Once per process: all code of [base, base + size) has such frames. */
void jit_describe_frames(const u8 *base, size_t size);

#endif
