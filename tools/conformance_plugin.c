/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * conformance-plugin [MEMORY] [--jit | --interpret] [--program HEX]
 *
 * Speaks the plugin protocol of the bpf_conformance suite: MEMORY is bytes in hex,
 * which r1 points to, r2 being their number; the program is bytecode in hex, on
 * standard input unless given; r0 comes out in hex. Programs run as they are,
 * without a verifier: they are the suite's, and harmless.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec/run.h"

#define MAX_BYTES (1 << 20)
#define MAX_SUBPROGS 256
#define HELPER_UNWIND 5 /* of the suite: gives its argument back */

static int failed(const char *what)
{
	fprintf(stderr, "conformance-plugin: %s\n", what);
	return 1;
}

static u64 unwind(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return a;
}

static int nibble(int c)
{
	if (isdigit(c))
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes in hex, spaces ignored: their number, or -1. */
static long from_hex(const char *text, u8 *out, long max)
{
	long n = 0;
	int half = -1;

	for (; *text; text++) {
		int v = nibble((unsigned char)*text);

		if (isspace((unsigned char)*text))
			continue;
		if (v < 0 || n == max)
			return -1;
		if (half < 0) {
			half = v;
		} else {
			out[n++] = (u8)(half << 4 | v);
			half = -1;
		}
	}
	return half < 0 ? n : -1;
}

static char *read_stdin(void)
{
	char *text = malloc(3 * MAX_BYTES + 1);
	size_t n = text ? fread(text, 1, 3 * MAX_BYTES, stdin) : 0;

	if (text)
		text[n] = '\0';
	return text;
}

/* ---- where functions begin ---- */

static int by_start(const void *a, const void *b)
{
	const struct prog_subprog *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static bool has_start(const struct prog_subprog *s, u32 nr, u32 start)
{
	for (u32 i = 0; i < nr; i++)
		if (s[i].start == start)
			return true;
	return false;
}

/* Their number; 0: too many, or a call out of the program. */
static u32 find_subprogs(const struct bpf_insn *insns, u32 len, struct prog_subprog *s)
{
	u32 nr = 1;

	s[0].start = 0;
	for (u32 i = 0; i < len; i++) {
		u32 to = i + 1 + (u32)insns[i].imm;

		if (insn_is_ldimm64(&insns[i]) && insns[i].src_reg != BPF_PSEUDO_FUNC) {
			i++;
			continue;
		}
		if (!insn_is_pseudo_call(&insns[i]) && !insn_is_ldimm64(&insns[i]))
			continue;
		if (to >= len || nr == MAX_SUBPROGS)
			return 0;
		if (!has_start(s, nr, to))
			s[nr++].start = to;
	}
	qsort(s, nr, sizeof(*s), by_start);
	for (u32 i = 0; i < nr; i++) {
		s[i].len = (i + 1 < nr ? s[i + 1].start : len) - s[i].start;
		s[i].stack_depth = MAX_BPF_STACK;
		s[i].name = "";
	}
	return nr;
}

/* Calls of helpers become indices of targets, of which there is one. */
static bool bind_helpers(struct bpf_insn *insns, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		if (insn_is_ldimm64(&insns[i])) {
			i++;
			continue;
		}
		if (insn_is_kfunc_call(&insns[i]) ||
		    (insn_is_helper_call(&insns[i]) && insns[i].imm != HELPER_UNWIND))
			return false;
		if (insn_is_helper_call(&insns[i]))
			insns[i].imm = 0;
	}
	return true;
}

/* r1 and r2 are the memory; a program's main function has r1 only. */
struct memory {
	u64 addr, size;
};

static u32 add_prologue(struct bpf_insn *insns)
{
	insns[0] = (struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_DW, 2, 1, 8, 0 };
	insns[1] = (struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_DW, 1, 1, 0, 0 };
	return 2;
}

static int run(struct bpf_insn *insns, u32 len, struct memory *mem, enum exec_engine engine)
{
	struct call_target target = { .fn = (kfunc_fn)unwind, .name = "unwind", .is_helper = true };
	struct prog_subprog subprogs[MAX_SUBPROGS] = {};
	struct bpf_prog prog = { .name = "test", .insns = insns, .len = len, .exception_cb = -1,
				 .subprogs = subprogs, .targets = &target, .nr_targets = 1 };
	struct run_ctx rc = { 0 };
	struct err_msg e = { "" };

	prog.nr_subprogs = find_subprogs(insns, len, subprogs);
	if (!prog.nr_subprogs || !bind_helpers(insns, len))
		return failed("a call of what there is not");
	if (exec_prepare(&prog, engine, &e))
		return failed(e.text);
	printf("%llx\n", (unsigned long long)run_prog(&prog, mem, &rc));
	prog.exec_free(&prog);
	return 0;
}

int main(int argc, char **argv)
{
	const char *memory = "", *program = NULL;
	enum exec_engine engine = exec_best_engine(NULL);
	char *text = NULL;
	u8 *bytes, *insns;
	struct memory mem;
	long n, size;
	u32 skip;
	int code;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--jit"))
			engine = EXEC_JIT;
		else if (!strcmp(argv[i], "--interpret"))
			engine = EXEC_INTERPRETER;
		else if (!strcmp(argv[i], "--program") && i + 1 < argc)
			program = argv[++i];
		else if (argv[i][0] == '-' || memory[0])
			return failed("usage: conformance-plugin [MEMORY] [--jit | --interpret] "
				      "[--program HEX]");
		else
			memory = argv[i];
	}
	if (!program)
		program = text = read_stdin();
	bytes = calloc(1, MAX_BYTES);
	insns = calloc(1, MAX_BYTES + 2 * sizeof(struct bpf_insn));
	if (!program || !bytes || !insns)
		return failed("out of memory");
	skip = add_prologue((struct bpf_insn *)insns);
	size = from_hex(memory, bytes, MAX_BYTES);
	n = from_hex(program, insns + skip * sizeof(struct bpf_insn), MAX_BYTES);
	mem = (struct memory){ size > 0 ? (u64)bytes : 0, (u64)size };
	if (size < 0 || n <= 0 || n % (long)sizeof(struct bpf_insn))
		code = failed("not the bytes of a program, or of memory");
	else
		code = run((struct bpf_insn *)insns, (u32)n / sizeof(struct bpf_insn) + skip, &mem,
			   engine);
	free(insns);
	free(bytes);
	free(text);
	return code;
}
