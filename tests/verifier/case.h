/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One case of a .t file: a program in assembler, the maps that it uses, and
 * what verifier_check() has to say about it.
 *
 *	=== title
 *	prog: TYPE [MEMBER] [sleepable] [no-gpl] [unpriv] [strict] [limit=N]
 *		TYPE: struct_ops, syscall, socket, kprobe, raw_tp, tp, tp_btf, fentry
 *		MEMBER: of struct sched_ext_ops; attach target of tp_btf and fentry
 *	map: NAME TYPE KEY VALUE MAX [rdonly] [frozen] [fill=HEX] [text=WORD] [inner=NAME]
 *		KEY: bytes; VALUE: bytes, or a struct of types.c
 *	expect: accept | reject ERRNO
 *	msg: TEXT		in the log, in this order
 *	not: TEXT		nowhere in the log
 *	calls: KFUNC FUNCTION	a call is decided to mean this
 *	copies: N		of functions, beyond the first of each
 *	<tab>INSTRUCTION	see asm.c
 *	<tab>; SOURCE LINE	of the instructions below
 */
#ifndef TESTS_VERIFIER_CASE_H
#define TESTS_VERIFIER_CASE_H

#include "kobj/prog.h"

#define MAX_MAPS 8
#define MAX_MSGS 12
#define MAX_CODE 512
#define MAX_FUNCS 16
#define MAX_INSNS 4096

struct tmap {
	char *name, *type, *value, *inner, *text;
	u32 key_size, max_entries;
	bool rdonly, frozen;
	int fill; /* byte; -1: none */
	struct bpf_map *map;
};

struct tcase {
	const char *file, *title;
	int line;
	char *prog_type, *member;
	bool sleepable, no_gpl, unpriv, strict;
	u32 insn_limit;
	struct tmap maps[MAX_MAPS];
	int nr_maps;
	bool accept;
	int err; /* reject: the errno, positive */
	char *msgs[MAX_MSGS], *nots[MAX_MSGS];
	int nr_msgs, nr_nots;
	char *call_kfunc[MAX_MSGS], *call_fn[MAX_MSGS];
	int nr_calls;
	int copies; /* -1: not asked */
	char *code[MAX_CODE];
	int nr_code;
};

/* Calls @cb for each case of @path; < 0: unreadable, or a syntax error (reported). */
int case_read(const char *path, int (*cb)(void *priv, struct tcase *c), void *priv);

#endif
