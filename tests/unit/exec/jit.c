/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What no program can see of the JIT: where code lies, who may touch it, how it is found. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "exec/image.h"
#include "exec/jit/arena.h"
#include "exec/jit/jit.h"

#define MAX_LEN 400

struct program {
	struct bpf_prog prog;
	struct prog_subprog subprog;
	struct bpf_insn insns[MAX_LEN];
};

static void add(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insns[p->prog.len++] = (struct bpf_insn){ code, dst, src, off, imm };
}

static void prepare_for(struct program *p, enum exec_engine engine)
{
	struct err_msg e = { "" };

	p->subprog.len = p->prog.len;
	p->prog.insns = p->insns;
	p->prog.subprogs = &p->subprog;
	p->prog.nr_subprogs = 1;
	p->prog.exception_cb = -1;
	if (exec_prepare(&p->prog, engine, &e))
		fail_msg("%s", e.text);
}

static void prepare(struct program *p)
{
	prepare_for(p, EXEC_JIT);
}

/* r0 = @value; exit */
static void make_constant(struct program *p, s32 value)
{
	memset(p, 0, sizeof(*p));
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, value);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	prepare(p);
}

static const u8 *code_of(const struct program *p, u32 *size)
{
	return jit_code_bytes(((struct exec_image *)p->prog.exec)->jit, size);
}

/* "rwx" of the page at @addr, as the process has it. */
static void access_of(const void *addr, char out[4])
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long low, high;
	char line[512], flags[8];

	strcpy(out, "???");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %7s", &low, &high, flags) == 3 && (u64)addr >= low &&
		    (u64)addr < high)
			memcpy(out, flags, 3);
	if (f)
		fclose(f);
}

static void test_protection(void **state)
{
	struct program p;
	char access[4];
	const u8 *code;
	u32 size;

	make_constant(&p, 1);
	code = code_of(&p, &size);
	assert_true(size > 0);
	access_of(code, access);
	assert_string_equal(access, "r-x");
	access_of(code - 4096, access);
	assert_string_equal(access, "---");
	access_of((const u8 *)((u64)code & ~0xfffull) + 4096, access);
	assert_string_equal(access, "---");
	p.prog.exec_free(&p.prog);
	access_of(code, access);
	assert_string_equal(access, "---");
}

static void test_many(void **state)
{
	enum { NR = 300 };
	struct program *p = calloc(NR, sizeof(*p));
	struct run_ctx rc = { 0 };
	u32 size;

	assert_non_null(p);
	for (int i = 0; i < NR; i++)
		make_constant(&p[i], i);
	for (int i = 0; i < NR; i += 3) /* room for the next to be found in */
		p[i].prog.exec_free(&p[i].prog);
	for (int i = 0; i < NR; i += 3)
		make_constant(&p[i], i + NR);
	for (int i = 0; i < NR; i++) {
		const u8 *code = code_of(&p[i], &size);

		assert_int_equal(run_prog(&p[i].prog, NULL, &rc), i % 3 ? i : i + NR);
		assert_ptr_equal(arena_find(code)->code, code);
		assert_ptr_equal(arena_find(code + size - 1)->code, code);
		assert_null(arena_find(code - 1));
		assert_null(arena_find(code + size));
	}
	for (int i = 0; i < NR; i++)
		p[i].prog.exec_free(&p[i].prog);
	assert_null(arena_find(&size));
	free(p);
}

/* Over @n instructions, forward and back: a short jump becomes a long one in between. */
static void test_jump_lengths(void **state)
{
	for (u32 n = 0; n < 150; n++) {
		struct run_ctx rc = { 0 };
		struct program p = { 0 };

		add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
		add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 3);
		add(&p, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, (s16)n, 7); /* the loop's top */
		for (u32 i = 0; i < n; i++)
			add(&p, BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 1);
		add(&p, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -1);
		add(&p, BPF_JMP | BPF_JNE | BPF_K, 2, 0, (s16)-(s32)(n + 3), 0);
		add(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		prepare(&p);
		assert_int_equal(run_prog(&p.prog, NULL, &rc), 3 * n);
		p.prog.exec_free(&p.prog);
	}
}

static void test_offsets(void **state)
{
	struct program p = { 0 };
	const struct exec_image *img;
	u32 size;

	add(&p, BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 1);
	add(&p, 0, 0, 0, 0, 1);
	add(&p, BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 1);
	add(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	prepare(&p);
	img = p.prog.exec;
	code_of(&p, &size);
	for (u32 i = 1; i < p.prog.len; i++)
		assert_true(jit_code_offset(img->jit, i) >= jit_code_offset(img->jit, i - 1));
	assert_int_equal(jit_code_offset(img->jit, 2) - jit_code_offset(img->jit, 0), 10);
	assert_true(jit_code_offset(img->jit, p.prog.len) <= size);
	p.prog.exec_free(&p.prog);
}

static void on_segv(int sig)
{
	_exit(33);
}

/* Only loads that may fault are mended: a store is a fault like any other. */
static void test_other_faults(void **state)
{
	struct program p = { 0 };
	struct run_ctx rc = { 0 };
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		signal(SIGSEGV, on_segv);
		add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 0);
		add(&p, BPF_LDX | BPF_PROBE_MEM | BPF_DW, 0, 1, 8, 0);
		add(&p, BPF_STX | BPF_MEM | BPF_DW, 1, 0, 8, 0);
		add(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		prepare(&p);
		run_prog(&p.prog, NULL, &rc);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 33);
}

static u32 count_barriers(enum exec_engine engine)
{
	struct program p = { 0 };
	struct run_ctx rc = { 0 };
	u32 size, n = 0;
	const u8 *code;

	add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 7);
	add(&p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 7);	/* over the next */
	add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	add(&p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	add(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	prepare_for(&p, engine);
	assert_int_equal(run_prog(&p.prog, NULL, &rc), 7);
	code = code_of(&p, &size);
	for (u32 i = 0; i + 3 <= size; i++)
		n += !memcmp(code + i, (const u8[]){ 0x0f, 0xae, 0xe8 }, 3);
	p.prog.exec_free(&p.prog);
	return n;
}

/* On both sides of a branch, and where the second jump leads; elsewhere none. */
static void test_barriers(void **state)
{
	assert_int_equal(count_barriers(EXEC_JIT), 0);
	assert_int_equal(count_barriers(EXEC_JIT_BARRIERS), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_jump_lengths),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_other_faults),
		cmocka_unit_test(test_barriers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
