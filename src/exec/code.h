/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The machine code of a program that exec_prepare() has compiled, for who shows it. */
#ifndef EXEC_CODE_H
#define EXEC_CODE_H

#include "kobj/prog.h"

/* *size bytes, which live as long as the program; NULL: it is interpreted. */
const void *exec_code(const struct bpf_prog *prog, u32 *size);
/* Where the code of insns[@insn] begins, in bytes from the start of it; insns[len]: the end. */
u32 exec_code_of_insn(const struct bpf_prog *prog, u32 insn);
/* Where the function that subprog @i has become begins; its first instruction comes later. */
u32 exec_code_of_subprog(const struct bpf_prog *prog, u32 i);

#endif
