/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Instructions as text, in the form of Linux's verifier log: "(07) r1 += 8",
 * "(85) call bpf_map_lookup_elem#1".
 */
#ifndef ISA_DISASM_H
#define ISA_DISASM_H

#include "isa/isa.h"

struct disasm_names {
	/* Name of the call's target ("bpf_map_lookup_elem"), or NULL for the default. */
	const char *(*call)(void *priv, const struct bpf_insn *insn);
	/* Writes a name for the value of an ld_imm64; false: print the number. */
	bool (*imm64)(void *priv, const struct bpf_insn *insn, u64 imm, char *buf, size_t size);
	void *priv;
	bool hide_pointers; /* print the addresses and ids of pseudo loads as 0 */
};

/*
 * Writes the text of @insn (of the pair at @insn, for ld_imm64) into @buf,
 * without a newline, cut to @size. @names may be NULL. Returns strlen(@buf).
 */
size_t isa_disasm(char *buf, size_t size, const struct bpf_insn *insn,
		  const struct disasm_names *names);

#endif
