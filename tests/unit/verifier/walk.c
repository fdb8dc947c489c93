/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whole programs, given as instructions: control flow, loops, pruning, limits,
 * what is left after dead code went, and the log as a window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "verifier/verifier.h"

#define MAX_LEN 20000
#define FN_RANDOM 7

/* ---- a kernel with one helper and one type ---- */

static const struct {
	struct btf_header hdr;
	struct btf_type t;
	u32 enc;
	char str[8];
} kernel_types = {
	.hdr = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(struct btf_header),
		 .type_len = sizeof(struct btf_type) + 4, .str_off = sizeof(struct btf_type) + 4,
		 .str_len = 5 },
	.t = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
	.enc = BTF_INT_SIGNED << 24 | 32,
	.str = "\0int",
};

static u64 no_body(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return 0;
}

static const struct helper_proto helpers[] = {
	{ .name = "get_prandom_u32", .id = FN_RANDOM, .fn = no_body, .tier = HELPER_BASE,
	  .ret = RET_INTEGER },
};

struct lab {
	struct kbtf *btf;
	struct calls *calls;
	struct bpf_insn insns[MAX_LEN];
	u32 len, limit, level, log_size;
	bool unpriv;
	struct bpf_prog *prog; /* of the last load that was accepted */
	struct verifier_result result;
	struct verifier_log log;
};

static int setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct err_msg e;

	if (!l || kbtf_parse(&kernel_types, sizeof(kernel_types) - 3, true, NULL, &l->btf) ||
	    calls_create(l->btf, &l->calls) ||
	    calls_register_helpers(l->calls, helpers, ARRAY_SIZE(helpers), &e))
		return -1;
	l->level = 1;
	*state = l;
	return 0;
}

static void reset(struct lab *l)
{
	prog_put(l->prog);
	l->prog = NULL;
	verifier_log_fini(&l->log);
	verifier_result_fini(&l->result);
}

static int teardown(void **state)
{
	struct lab *l = *state;

	reset(l);
	calls_destroy(l->calls);
	kbtf_put(l->btf);
	free(l);
	return 0;
}

static void begin(struct lab *l)
{
	reset(l);
	l->len = 0;
}

static void put(struct lab *l, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	assert_true(l->len < MAX_LEN);
	l->insns[l->len++] = (struct bpf_insn){ code, dst, src, off, imm };
}

#define MOV(d, k) put(l, BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, k)
#define MOVR(d, s) put(l, BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD(d, k) put(l, BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, k)
#define ADDR(d, s) put(l, BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define JA(o) put(l, BPF_JMP | BPF_JA, 0, 0, o, 0)
#define JMP(op, d, k, o) put(l, BPF_JMP | op | BPF_K, d, 0, o, k)
#define CALL(k) put(l, BPF_JMP | BPF_CALL, 0, 0, 0, k)
#define CALLREL(o) put(l, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, o)
#define STDW(off, k) put(l, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, k)
#define EXIT() put(l, BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define RETURN(k) do { MOV(0, k); EXIT(); } while (0)

static int load(struct lab *l)
{
	struct verifier_opts opts = {
		.calls = l->calls, .cap_bpf = !l->unpriv, .cap_perfmon = !l->unpriv,
		.cap_net_admin = !l->unpriv, .insn_limit = l->limit, .result = &l->result,
	};
	struct bpf_prog *prog;
	int err;

	assert_int_equal(prog_create(NULL, &prog), 0);
	prog->type = BPF_PROG_TYPE_SOCKET_FILTER;
	prog->gpl_compatible = true;
	prog->orig_insns = malloc(l->len * sizeof(*l->insns));
	assert_non_null(prog->orig_insns);
	memcpy(prog->orig_insns, l->insns, l->len * sizeof(*l->insns));
	prog->orig_len = l->len;
	assert_int_equal(verifier_log_init(&l->log, l->level, l->log_size), 0);
	err = verifier_check(prog, &opts, &l->log);
	if (err) {
		assert_null(prog->insns);
		prog_put(prog);
	} else {
		l->prog = prog;
	}
	return err;
}

static void expect(struct lab *l, int err, const char *msg)
{
	int got = load(l);

	if (got != err || (msg && !strstr(l->log.buf, msg)))
		fail_msg("got %d, expected %d with \"%s\"; log:\n%s", got, err, msg ? msg : "",
			 l->log.buf);
}

/* ---- control flow ---- */

static void test_cfg(void **state)
{
	struct lab *l = *state;

	begin(l);
	RETURN(0);
	expect(l, 0, "processed 2 insns (limit 1000000)");

	begin(l);
	JA(1);
	MOV(0, 1);
	RETURN(0);
	expect(l, -EINVAL, "unreachable insn 1");

	begin(l);
	JA(5);
	EXIT();
	expect(l, -EINVAL, "jump out of range from insn 0 to 6");

	begin(l);
	MOV(0, 0);
	expect(l, -EINVAL, "last insn is not an exit or jmp");

	begin(l);
	MOV(0, 0);
	JMP(BPF_JEQ, 0, 0, 1);
	put(l, BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 1);
	put(l, 0, 0, 0, 0, 0);
	EXIT();
	expect(l, -EINVAL, "jump into the middle of ldimm64 insn 2");

	begin(l);
	EXIT();
	expect(l, -EACCES, "R0 !read_ok");

	/* a loop is a matter of privilege before it is one of ending */
	begin(l);
	MOV(0, 3);
	ADD(0, -1);
	JMP(BPF_JNE, 0, 0, -2);
	EXIT();
	l->unpriv = true;
	expect(l, -EINVAL, "back-edge from insn 2 to 1");
	l->unpriv = false;
	begin(l);
	MOV(0, 3);
	ADD(0, -1);
	JMP(BPF_JNE, 0, 0, -2);
	EXIT();
	expect(l, 0, NULL);
}

/* ---- loops and limits ---- */

static void test_loops(void **state)
{
	struct lab *l = *state;

	begin(l);
	MOV(0, 0);
	ADD(0, 1);
	JMP(BPF_JLT, 0, 100, -2);
	RETURN(0);
	expect(l, 0, "processed 203 insns");
	assert_int_equal(l->result.insns_processed, 203);

	begin(l);
	MOV(0, 0);
	JMP(BPF_JLT, 0, 100, -1);
	RETURN(0);
	expect(l, -EINVAL, "infinite loop detected at insn 1");

	begin(l);
	MOV(0, 0);
	ADD(0, 1);
	JMP(BPF_JLT, 0, 100000, -2);
	RETURN(0);
	l->limit = 5000;
	expect(l, -E2BIG, "BPF program is too large. Processed 5001 insn");
	l->limit = 0;

	/* may_goto lets any loop end */
	begin(l);
	MOV(6, 0);
	put(l, BPF_JMP | BPF_JCOND, BPF_MAY_GOTO, 0, 2, 0);
	ADD(6, 1);
	JA(-3);
	RETURN(0);
	expect(l, 0, NULL);
	assert_true(l->result.insns_processed < 50);
}

static void test_too_many_paths(void **state)
{
	struct lab *l = *state;

	begin(l);
	CALL(FN_RANDOM);
	for (int i = 0; i < 9000; i++)
		JMP(BPF_JEQ, 0, i, 9000 - i);
	MOV(0, 0);
	EXIT();
	expect(l, -E2BIG, "The sequence of 8193 jumps is too complex.");
}

static void test_calls(void **state)
{
	struct lab *l = *state;

	/* a chain of functions, each calling the next one */
	for (int depth = 7; depth <= 8; depth++) {
		begin(l);
		for (int i = 0; i < depth; i++) {
			CALLREL(1);
			EXIT();
		}
		RETURN(0);
		if (depth == 7)
			expect(l, 0, NULL);
		else
			expect(l, -E2BIG, "the call stack of 9 frames is too deep");
		if (depth == 7) {
			assert_int_equal(l->prog->nr_subprogs, 8);
			assert_int_equal(l->prog->max_frames, 8);
		}
	}

	/* 256 bytes twice fit, a little more does not */
	for (int extra = 0; extra <= 8; extra += 8) {
		begin(l);
		STDW(-256 - extra, 0);
		CALLREL(1);
		EXIT();
		STDW(-256, 0);
		RETURN(0);
		if (!extra) {
			expect(l, 0, NULL);
			assert_int_equal(l->prog->max_stack, 512);
		} else {
			expect(l, -EACCES, "combined stack size of 2 calls is 528. Too large");
		}
	}

	/* callee-saved registers survive, others do not */
	begin(l);
	MOV(6, 1);
	MOV(3, 1);
	CALLREL(2);
	MOVR(0, 6);
	EXIT();
	RETURN(0);
	expect(l, 0, NULL);
	begin(l);
	MOV(3, 1);
	CALLREL(2);
	MOVR(0, 3);
	EXIT();
	RETURN(0);
	expect(l, -EACCES, "R3 !read_ok");
}

/* ---- pruning ---- */

/* @n decisions that change nothing: 2^n paths without pruning. */
static void test_pruning_works(void **state)
{
	struct lab *l = *state;

	begin(l);
	for (int i = 0; i < 30; i++) {
		CALL(FN_RANDOM);
		JMP(BPF_JEQ, 0, 7, 1);
		MOV(7, 1);
		MOV(7, 2);
		MOV(0, 0);
	}
	RETURN(0);
	expect(l, 0, NULL);
	assert_true(l->result.insns_processed < 1000);
	assert_true(l->result.total_states > 0);
}

/*
 * r6 is -8 on one path and -@bad on the other; between the decision and the
 * use lies enough code to be remembered. The second path must not be taken for
 * the first.
 */
static void different_values(struct lab *l, int bad)
{
	begin(l);
	CALL(FN_RANDOM);
	MOV(6, -8);
	JMP(BPF_JEQ, 0, 1, 1);
	MOV(6, -bad);
	for (int i = 0; i < 4; i++) {
		CALL(FN_RANDOM);
		JMP(BPF_JEQ, 0, 7, 1);
		MOV(7, 1);
		MOV(7, 2);
	}
	MOVR(1, 10);
	ADDR(1, 6);
	put(l, BPF_ST | BPF_MEM | BPF_DW, 1, 0, 0, 0);
	RETURN(0);
}

static void test_pruning_is_sound(void **state)
{
	struct lab *l = *state;

	different_values(l, 16);
	expect(l, 0, NULL);
	different_values(l, 520);
	expect(l, -EACCES, "invalid write to stack R1 off=-520 size=8");

	/* through a spill and a copy */
	begin(l);
	CALL(FN_RANDOM);
	STDW(-8, -16);
	JMP(BPF_JEQ, 0, 1, 1);
	STDW(-8, -1000);
	for (int i = 0; i < 4; i++) {
		CALL(FN_RANDOM);
		JMP(BPF_JEQ, 0, 7, 1);
		MOV(7, 1);
		MOV(7, 2);
	}
	put(l, BPF_LDX | BPF_MEM | BPF_DW, 6, 10, -8, 0);
	MOVR(2, 6);
	MOVR(1, 10);
	ADDR(1, 2);
	put(l, BPF_ST | BPF_MEM | BPF_DW, 1, 0, 0, 0);
	RETURN(0);
	expect(l, -EACCES, "invalid write to stack R1 off=-1000 size=8");
}

/* What is learnt of a register holds for its copies, and for copies at a distance. */
static void test_linked(void **state)
{
	struct lab *l = *state;

	for (int bad = 0; bad < 2; bad++) {
		begin(l);
		CALL(FN_RANDOM);
		MOVR(6, 0);
		ADD(6, 8);
		JMP(BPF_JGT, 0, bad ? 500 : 400, 4);
		MOVR(1, 10);
		ADD(1, -496);
		ADDR(1, 6);
		put(l, BPF_ST | BPF_MEM | BPF_B, 1, 0, 0, 0);
		RETURN(0);
		expect(l, bad ? -EINVAL : 0, bad ? "invalid variable-offset write to stack R1" : NULL);
	}
}

/* ---- what remains ---- */

static void test_dead_code(void **state)
{
	struct lab *l = *state;

	begin(l);
	MOV(0, 0);			  /* 0 */
	JMP(BPF_JEQ, 0, 0, 2);		  /* 1: always */
	MOV(0, 5);			  /* dead */
	JA(1);				  /* dead */
	ADD(0, 1);			  /* 4 */
	CALL(FN_RANDOM);		  /* 5 */
	JMP(BPF_JEQ, 0, 3, 2);		  /* 6 */
	JMP(BPF_JA, 0, 0, 1);		  /* 7 */
	MOV(0, 7);			  /* dead */
	RETURN(1);			  /* 9, 10 */
	/* insn 8 is reached by nobody in the graph but through 6: */
	l->insns[6].off = 1;
	expect(l, 0, NULL);
	/* 6 is not decided, so 8 lives; 1 and 2..3 are gone */
	assert_int_equal(l->prog->len, 8);
	assert_int_equal(l->prog->orig_of[0], 0);
	assert_int_equal(l->prog->orig_of[1], 4);
	assert_int_equal(l->prog->orig_of[3], 6);
	assert_int_equal(l->prog->insns[3].off, 1);
	assert_int_equal(l->prog->insns[4].off, 1);
	assert_int_equal(l->prog->nr_targets, 1);
	assert_int_equal(l->prog->insns[2].imm, 0);
	assert_string_equal(l->prog->targets[0].name, "get_prandom_u32");
	assert_int_equal(l->prog->orig_len, 11);
}

/* ---- the log ---- */

static void noisy(struct lab *l)
{
	begin(l);
	MOV(0, 0);
	for (int i = 0; i < 50; i++)
		ADD(0, i);
	MOVR(0, 9);
	EXIT();
}

static void test_log_window(void **state)
{
	struct lab *l = *state;
	char *full;
	u32 len;

	noisy(l);
	expect(l, -EACCES, "R9 !read_ok");
	full = strdup(l->log.buf);
	assert_non_null(full);
	len = strlen(full);
	assert_int_equal(l->log.true_size, len + 1);

	/* the end of it */
	noisy(l);
	l->log_size = 100;
	assert_int_equal(load(l), -ENOSPC);
	assert_int_equal(l->log.len, 99);
	assert_string_equal(l->log.buf, full + len - 99);
	assert_int_equal(l->log.true_size, len + 1);
	assert_true(l->log.truncated);

	/* its beginning */
	noisy(l);
	l->level = 1 | BPF_LOG_FIXED;
	assert_int_equal(load(l), -ENOSPC);
	assert_int_equal(strlen(l->log.buf), 99);
	assert_int_equal(strncmp(l->log.buf, full, 99), 0);

	/* just enough */
	noisy(l);
	l->level = 1;
	l->log_size = len + 1;
	assert_int_equal(load(l), -EACCES);
	assert_string_equal(l->log.buf, full);
	assert_false(l->log.truncated);
	l->log_size = 0;
	free(full);

	assert_int_equal(verifier_log_init(&l->log, 16, 0), -EINVAL);
	assert_int_equal(verifier_log_init(&l->log, 0, 64), -EINVAL);
}

static void test_log_format(void **state)
{
	struct lab *l = *state;

	begin(l);
	CALL(FN_RANDOM);
	put(l, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 0xff);
	put(l, BPF_STX | BPF_MEM | BPF_DW, 10, 0, -8, 0);
	JMP(BPF_JSGT, 0, 3, 1);
	EXIT();
	EXIT();
	l->level = 2;
	expect(l, 0, "0: R1=ctx() R10=fp0\n"
		     "0: (85) call bpf_get_prandom_u32#7    ; R0_w=scalar()\n"
		     "1: (57) r0 &= 255                     ; "
		     "R0_w=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))\n");
	assert_non_null(strstr(l->log.buf, "fp-8_w=scalar(id="));
	if (!strstr(l->log.buf, "\nfrom 3 to 5: R0_w=scalar(id=1,")) fail_msg("%s", l->log.buf);
	assert_non_null(strstr(l->log.buf, "\nprocessed 6 insns (limit 1000000) "));
	l->level = 1;
	/* of a program that is fine, level 1 keeps the figures only */
	begin(l);
	RETURN(0);
	expect(l, 0, NULL);
	assert_int_equal(strncmp(l->log.buf, "processed 2 insns", 17), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cfg),	     cmocka_unit_test(test_loops),
		cmocka_unit_test(test_too_many_paths), cmocka_unit_test(test_calls),
		cmocka_unit_test(test_pruning_works), cmocka_unit_test(test_pruning_is_sound),
		cmocka_unit_test(test_linked),	     cmocka_unit_test(test_dead_code),
		cmocka_unit_test(test_log_window),   cmocka_unit_test(test_log_format),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
