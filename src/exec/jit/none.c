/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Hosts for which there is no JIT. */
#include "exec/jit/jit.h"

#define NO_JIT "there is no JIT for this host"

enum exec_engine exec_best_engine(const char **why)
{
	if (why)
		*why = NO_JIT;
	return EXEC_INTERPRETER;
}

int jit_compile(const struct bpf_prog *prog, struct exec_image *img, enum exec_engine engine,
		struct err_msg *e)
{
	return err_set(e, -ENOTSUPP, NO_JIT ": run interpreted");
}

u64 jit_run(const struct exec_image *img, void *ctx, struct run_ctx *rc)
{
	BUG_ON(true);
	return 0;
}

void jit_free(struct jit_code *code)
{
}

const void *jit_code_bytes(const struct jit_code *code, u32 *size)
{
	*size = 0;
	return NULL;
}

u32 jit_code_offset(const struct jit_code *code, u32 insn)
{
	return 0;
}

u32 jit_backtrace(struct run_pos *pos, u32 max)
{
	return 0;
}

bool jit_fix_fault(void *ucontext)
{
	return false;
}
