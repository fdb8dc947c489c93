/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Assembler for test programs: one instruction per line, as the verifier's log prints them. */
#ifndef TESTS_VERIFIER_ASM_H
#define TESTS_VERIFIER_ASM_H

#include "case.h"

struct asm_func {
	char name[64];
	u32 start;
	int nr_args;
	bool global, exception; /* exception: the program's exception callback */
};

struct asm_out {
	struct bpf_insn insns[MAX_INSNS];
	u32 len;
	int line_of[MAX_INSNS]; /* index into lines[], of the source line; -1: none */
	const char *lines[MAX_CODE];
	int nr_lines;
	struct asm_func funcs[MAX_FUNCS];
	int nr_funcs;
	char error[256];
};

struct asm_names {
	void *priv;
	s32 (*map)(void *priv, const char *name);    /* fd, < 0: none */
	s32 (*helper)(void *priv, const char *name); /* id, < 0: none */
	s32 (*kfunc)(void *priv, const char *name);  /* BTF id, < 0: none */
	s32 (*type)(void *priv, const char *name);   /* id of a struct in the program's BTF */
	s32 (*member)(void *priv, const char *path); /* byte offset of STRUCT.a.b in the kernel's BTF */
};

/* 0, or -1 with ->error. */
int asm_program(const struct tcase *c, const struct asm_names *names, struct asm_out *out);
/* Only the functions and source lines: what the BTF is made of. */
void asm_scan(const struct tcase *c, struct asm_out *out);

#endif
