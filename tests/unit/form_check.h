/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Runs a call of a kfunc that has a form (calls/form.h) on every engine: one answer. */
#ifndef TESTS_FORM_CHECK_H
#define TESTS_FORM_CHECK_H

#include "calls/calls.h"
#include "calls/form.h"
#include "exec/run.h"

struct form_call {
	struct call_target target;
	u64 args[2];
};

static inline u64 form_run(struct form_call *c, enum exec_engine engine, struct run_ctx *rc)
{
	/* r0 = fn(args[0], args[1]), with the registers that a call keeps in use */
	struct bpf_insn insns[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_K, 6, 0, 0, 1000 },
		{ BPF_LDX | BPF_MEM | BPF_DW, 2, 1, 8, 0 },
		{ BPF_LDX | BPF_MEM | BPF_DW, 1, 1, 0, 0 },
		{ BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0 },
		{ BPF_ALU64 | BPF_ADD | BPF_X, 0, 6, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	struct prog_subprog subprog = { .len = ARRAY_SIZE(insns) };
	struct bpf_prog prog = {
		.insns = insns,
		.len = ARRAY_SIZE(insns),
		.subprogs = &subprog,
		.nr_subprogs = 1,
		.targets = &c->target,
		.nr_targets = 1,
		.exception_cb = -1,
	};
	struct err_msg e = { "" };
	u64 ret;

	if (exec_prepare(&prog, engine, &e))
		fail_msg("%s", e.text);
	ret = run_prog(&prog, c->args, rc);
	prog.exec_free(&prog);
	return ret - 1000;
}

/* What fn returns, which all engines agree on. @form: of a set, that of @fn. */
static inline u64 form_check(const struct call_form *forms, u32 nr, struct form_call *c,
			     struct run_ctx *rc)
{
	u64 called;

	c->target.name = "kfunc";
	c->target.form = NULL;
	called = form_run(c, EXEC_INTERPRETER, rc);
	for (u32 i = 0; i < nr; i++)
		if (forms[i].fn == c->target.fn)
			c->target.form = &forms[i];
	assert_non_null(c->target.form);
	assert_int_equal(form_run(c, EXEC_INTERPRETER, rc), called);
	if (exec_best_engine(NULL) == EXEC_INTERPRETER)
		return called;
	/* A void one leaves 0; the interpreter does the same. */
	assert_int_equal(form_run(c, EXEC_JIT, rc), called);
	assert_int_equal(form_run(c, EXEC_JIT_PLAIN, rc), called);
	return called;
}

#endif
