/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef KERNEL_PROTOTYPE_H
#define KERNEL_PROTOTYPE_H

#include "btf/btf.h"

/* The C prototype of FUNC @id, cut to @size: "s32 f(struct task_struct *p, u64 flags)". */
void prototype_text(const struct kbtf *b, u32 id, char *buf, size_t size);

#endif
