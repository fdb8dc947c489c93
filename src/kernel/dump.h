/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the dumps of a program have in common: for the files of kernel/ only. */
#ifndef KERNEL_DUMP_H
#define KERNEL_DUMP_H

#include "kobj/prog.h"

struct dump {
	const struct bpf_prog *prog;
	void (*write)(void *priv, const char *text);
	void *priv;
	const struct prog_line_info *line; /* printed last */
};

/* The subprog that begins at @insn, or NULL. */
const struct prog_subprog *dump_subprog_at(const struct bpf_prog *prog, u32 insn);
/* "name", or "name#2" for the second copy of a function. */
void dump_name_subprog(const struct bpf_prog *prog, const struct prog_subprog *s, char *buf,
		       size_t size);
/* The source line of insns[@i], unless it was printed last. */
void dump_source(struct dump *d, u32 i);
/* The name of @s, as a label. */
void dump_label(struct dump *d, const struct prog_subprog *s);

#endif
