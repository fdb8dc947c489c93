/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The x86-64 JIT, as the rest of exec/ sees it.
 *
 * A program's code lies in one region of its own, never writable and executable
 * at once, between pages without access. Each subprog is one function with the
 * C calling convention, but for r12, which holds the struct run_ctx throughout.
 *
 * Which host it runs on is meson's decision: elsewhere jit/none.c says no.
 */
#ifndef EXEC_JIT_JIT_H
#define EXEC_JIT_JIT_H

#include "exec/image.h"

struct jit_code;

/*
 * Compiles what image_create() has accepted, and makes the entries of @img
 * lead into the code. @plain: without BMI2, and with the long form of calls of C,
 * whether they are needed or not. -ENOMEM; -ENOTSUPP with *e where there is no JIT.
 */
int jit_compile(const struct bpf_prog *prog, struct exec_image *img, enum exec_engine engine,
		struct err_msg *e);
void jit_free(struct jit_code *code);
/* Runs the compiled @img from its beginning. */
u64 jit_run(const struct exec_image *img, void *ctx, struct run_ctx *rc);

/* The machine code of a program: *size bytes. NULL: it is interpreted. */
const void *jit_code_bytes(const struct jit_code *code, u32 *size);
/* Where the code of insns[@insn] begins, in bytes from the start of it. */
u32 jit_code_offset(const struct jit_code *code, u32 insn);

/* run_backtrace(), from the stack that it is called on. */
u32 jit_backtrace(struct run_pos *pos, u32 max);

/*
 * For the handler of SIGSEGV and SIGBUS: whether the fault is a load of
 * jitted code that may fail. It has then been made to read 0, and to go on.
 */
bool jit_fix_fault(void *ucontext);

#endif
