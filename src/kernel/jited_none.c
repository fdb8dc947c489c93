/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Builds without a disassembler. */
#include "kernel/kernel.h"

int kernel_dump_jited(const struct kernel_verdict *v, void (*write)(void *priv, const char *text),
		      void *priv, struct err_msg *e)
{
	return err_set(e, -ENOTSUPP, "this build has no disassembler: it was made without Zydis");
}
