/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* bench [ENGINE]: ns per instruction of a few loops, the best of five runs each. */
#include <stdio.h>
#include <time.h>

#include "asm.h"
#include "exec/run.h"

#define LOOPS 20000000

static u64 h_nothing(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return a;
}

static u64 no_address(const char *name)
{
	return 0;
}

static const struct call_target targets[] = {
	{ .fn = (kfunc_fn)h_nothing, .name = "helper", .is_helper = true },
	{ .fn = (kfunc_fn)h_nothing, .name = "kfunc", .nr_args = 1, .ret_size = 8 },
};
static const struct asm_symbols symbols = { targets, ARRAY_SIZE(targets), no_address };

struct loop {
	const char *name;
	u32 per_iteration; /* instructions */
	const char *body[10];
};

static const struct loop loops[] = {
	{ "alu", 10, { "r1 += r2", "r1 ^= 1234567", "r3 = r1", "r3 >>= 7", "r2 += 3",
		       "r3 &= 4095", "w1 -= w3", "r2 |= r3" } },
	{ "stack", 6, { "*(u64 *)(r10 -8) = r1", "r1 = *(u64 *)(r10 -8)",
			"*(u32 *)(r10 -16) = r1", "r1 = *(u32 *)(r10 -16)" } },
	{ "helper", 4, { "r1 = r7", "call helper#0" } },
	{ "kfunc", 4, { "r1 = r7", "call kfunc#0" } },
	{ "jumps", 7, { "if r1 > 0x5 goto pc+1", "r1 += 1", "if r1 s< 0x5 goto pc+1",
			"if r6 == 0xffffff goto pc+1", "r1 &= 7" } },
	{ "subprog", 5, { "r1 = r7", "call pc@sub" } },
	{ "entry", 0, { "r1 = r7" } }, /* 6 instructions, run from outside */
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool assemble(struct asm_prog *a, const struct loop *l, struct err_msg *e)
{
	char count[32];
	bool ok;

	asm_init(a);
	snprintf(count, sizeof(count), "r6 = %u", l->per_iteration ? LOOPS : 1);
	ok = asm_line(a, count, &symbols, e) && asm_line(a, "again:", &symbols, e);
	for (u32 i = 0; ok && l->body[i]; i++)
		ok = asm_line(a, l->body[i], &symbols, e);
	ok = ok && asm_line(a, "r6 -= 1", &symbols, e) &&
	     asm_line(a, "if r6 != 0x0 goto pc@again", &symbols, e) &&
	     asm_line(a, "r0 = r1", &symbols, e) && asm_line(a, "exit", &symbols, e) &&
	     asm_line(a, "sub():", &symbols, e) && asm_line(a, "exit", &symbols, e);
	return ok && asm_finish(a, e);
}

/* Into a program and out again, with 64 bytes of stack. */
static void bench_entry(const struct bpf_prog *prog)
{
	struct run_ctx rc = { 0 };
	double start = now_ns();

	for (u32 i = 0; i < LOOPS / 10; i++)
		run_prog(prog, NULL, &rc);
	printf("%-8s %6.2f ns\n", "entry", (now_ns() - start) / (LOOPS / 10));
}

int main(int argc, char **argv)
{
	enum exec_engine engine = argc > 1 && !strcmp(argv[1], "jit") ? EXEC_JIT : EXEC_INTERPRETER;

	for (u32 i = 0; i < ARRAY_SIZE(loops); i++) {
		static struct asm_prog a;
		struct run_ctx rc = { 0 };
		struct err_msg e = { "" };
		double best = 1e300;
		struct bpf_prog prog;

		if (!assemble(&a, &loops[i], &e)) {
			fprintf(stderr, "%s: %s\n", loops[i].name, e.text);
			return 1;
		}
		prog = (struct bpf_prog){
			.insns = a.insns, .len = a.len, .subprogs = a.subprogs,
			.nr_subprogs = a.nr_subprogs, .exception_cb = -1,
			.targets = (struct call_target *)targets, .nr_targets = ARRAY_SIZE(targets),
		};
		if (exec_prepare(&prog, engine, &e)) {
			fprintf(stderr, "%s: %s\n", loops[i].name, e.text);
			return 1;
		}
		if (!loops[i].per_iteration)
			bench_entry(&prog);
		for (int run = 0; loops[i].per_iteration && run < 5; run++) {
			double start = now_ns();

			run_prog(&prog, NULL, &rc);
			best = min(best, now_ns() - start);
		}
		if (loops[i].per_iteration)
			printf("%-8s %6.2f ns/insn\n", loops[i].name,
			       best / LOOPS / loops[i].per_iteration);
		prog.exec_free(&prog);
	}
	return 0;
}
