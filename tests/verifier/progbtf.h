/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The BTF of a case: the types of types.c, and the functions and lines of the program. */
#ifndef TESTS_VERIFIER_PROGBTF_H
#define TESTS_VERIFIER_PROGBTF_H

#include "asm.h"

struct progbtf {
	struct kbtf *btf;
	u32 func_ids[MAX_FUNCS + 1]; /* [0]: the main program */
	u32 line_offs[MAX_CODE];
	u32 file_off;
};

/* @types: bytes of the BTF of types.c. */
int progbtf_build(const void *types, u32 size, const struct tcase *c, const struct asm_out *code,
		  struct progbtf *out);

#endif
