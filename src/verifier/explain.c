/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Why a path was refused, beyond the message: the register that the message is
 * about, what was known of it, and where on the path that came from. The path is
 * read backwards from its end, as for precision; the value is followed through
 * copies, spills, calls and returns to where it was made, and the branches that
 * looked at it on the way are noted. Where the message is about no value - an
 * object that was not released, a register that nothing wrote - the branches of
 * the function themselves are what led there.
 *
 * Rounds of a loop are one step with a count.
 */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/internal.h"
#include "verifier/log.h"
#include "verifier/main.h"

#define MAX_STEPS 64

struct tracker {
	struct bpf_verifier_env *env;
	struct verifier_refusal *out;
	bool branches; /* all of them, of the function where the path ended */
	s32 until;     /* insn at which to stop; -1: none */

	bool lost;   /* nothing is followed (any more) */
	bool offset; /* a pointer is, whose variable part matters: from where it is added on, that */
	int depth;   /* of calls, where the walk is; 0: where the path ended */
	int at;	     /* the depth of what is followed */
	int reg;     /* followed; -1: the stack slot at @off */
	int off;
};

/* ---- the message ---- */

/* Texts of refusals, and what to do about them. */
static const struct {
	const char *text, *advice;
} advices[] = {
	{ "_or_null'", "compare the pointer with NULL before this use, on every path that leads here" },
	{ "possibly NULL pointer", "compare the pointer with NULL before it is passed" },
	{ "invalid mem access 'scalar'",
	  "the register is a number here: the pointer was NULL on this path, or arithmetic, a 32-bit "
	  "copy or a partial store made a number of it" },
	{ "min value is negative",
	  "make the index unsigned, or compare it with 0 (>= 0) before the access" },
	{ "unbounded", "bound the value with a comparison right before the access, and use the very "
		       "variable that was compared (a copy made earlier is not bounded)" },
	{ "outside of the allowed memory range",
	  "the largest value of the index is too big: compare it with the number of elements" },
	{ "outside of the packet", "compare the pointer plus the access's size with data_end first" },
	{ "invalid access to map value", "offset and size reach beyond the value: compare with its size" },
	{ "Unreleased reference",
	  "give the object back on this path, too: paths that return early are often forgotten" },
	{ "reference has not been acquired", "release what an acquiring call returned, and only once" },
	{ "!read_ok", "nothing wrote this register on this path: initialize it before the branches" },
	{ "infinite loop", "let something that the condition looks at change in every round, or use "
			   "bpf_for(), bpf_repeat() or bpf_loop()" },
	{ "back-edge", "use a loop with a bound that the verifier can see" },
	{ "too large. Processed", "use bpf_loop() or an open-coded iterator for long loops, and global "
				  "functions, which are verified once" },
	{ "jumps is too complex", "split the function: global functions are verified on their own" },
	{ "should have been in", "return one of the values that this kind of program may return" },
	{ "leaks addr", "a pointer would become readable as a number: store something else" },
	{ "must be referenced or trusted",
	  "use the pointer where it is trusted: an argument of the callback, or the result of an "
	  "acquiring kfunc (bpf_task_acquire, bpf_task_from_pid)" },
	{ "must be a rcu pointer", "take it under bpf_rcu_read_lock(), or acquire a reference" },
	{ "misaligned", "let the offset be a multiple of the access's size" },
	{ "pointer arithmetic", "this kind of pointer may not be computed with: take a scalar for that" },
	{ "is missing", "undo it on this path before it ends" },
	{ "cannot write into", "this memory is read-only for programs" },
	{ "invalid bpf_context access", "the context has no such field for this type of program" },
	{ "function calls are not allowed while holding a lock", "unlock before the call" },
	{ "stack size", "move large variables into a map, or reduce the depth of calls" },
};

static const char *advice_for(const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		if (strstr(reason, advices[i].text))
			return advices[i].advice;
	return "";
}

/* "R3 ..." or "... register R0 has ...": the number; -1: none. */
static int reg_in(const char *reason)
{
	for (const char *c = reason; *c; c++)
		if (*c == 'R' && c[1] >= '0' && c[1] <= '9' && (c == reason || c[-1] == ' ')) {
			int n = atoi(c + 1);

			return n < MAX_BPF_REG ? n : -1;
		}
	return -1;
}

/* Whose address, or which operand, the instruction is about. */
static int reg_of(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		return insn->src_reg;
	case BPF_ST:
	case BPF_STX:
	case BPF_ALU:
	case BPF_ALU64:
		return insn->dst_reg;
	default:
		return -1;
	}
}

static bool is_detail(const char *line)
{
	return !strncmp(line, "cur state:", 10) || !strncmp(line, "old state:", 10);
}

/* The last line of the log that says what is wrong; "" where the log was cut before it. */
static char *last_line(const struct vrf_log *log)
{
	size_t len;
	const char *first = vrf_log_kept(log, &len), *end = first + len, *begin;

	if (!len || len < log->end_pos - log->start_pos)
		return strdup("");
	do {
		if (end > first && end[-1] == '\n')
			end--;
		for (begin = end; begin > first && begin[-1] != '\n';)
			begin--;
		if (begin == first || !is_detail(begin))
			break;
		end = begin;
	} while (true);
	return strndup(begin, end - begin);
}

/* ---- the path, backwards ---- */

static void add_step(struct tracker *t, u32 insn, enum verifier_step_kind kind)
{
	struct verifier_refusal *r = t->out;

	for (u32 i = 0; i < r->nr_steps; i++)
		if (r->steps[i].insn == insn && r->steps[i].kind == kind) {
			r->steps[i].times++;
			return;
		}
	if (r->nr_steps == MAX_STEPS) {
		r->left_out++;
		return;
	}
	r->steps[r->nr_steps++] = (struct verifier_step){ .insn = insn, .kind = kind, .times = 1 };
}

static void made(struct tracker *t, u32 insn, enum verifier_step_kind kind)
{
	add_step(t, insn, kind);
	t->lost = true;
}

static void follow_alu(struct tracker *t, u32 i, const struct bpf_insn *insn)
{
	if (insn->dst_reg != t->reg)
		return;
	if (BPF_OP(insn->code) != BPF_MOV) {
		add_step(t, i, VERIFIER_STEP_CHANGED);
		if (t->offset && BPF_OP(insn->code) == BPF_ADD && BPF_SRC(insn->code) == BPF_X) {
			t->reg = insn->src_reg;
			t->offset = false;
		}
	} else if (BPF_SRC(insn->code) == BPF_K || insn->src_reg == BPF_REG_FP) {
		made(t, i, VERIFIER_STEP_MADE);
	} else {
		if (insn->off || BPF_CLASS(insn->code) == BPF_ALU)
			add_step(t, i, VERIFIER_STEP_CHANGED);
		t->reg = insn->src_reg;
	}
}

static void follow_load(struct tracker *t, u32 i, const struct bpf_insn *insn)
{
	if (insn->dst_reg != t->reg)
		return;
	if (BPF_CLASS(insn->code) != BPF_LDX || insn->src_reg != BPF_REG_FP) {
		made(t, i, insn_is_ldimm64(insn) ? VERIFIER_STEP_MADE : VERIFIER_STEP_LOADED);
		return;
	}
	t->reg = -1;
	t->off = insn->off;
}

static void follow_store(struct tracker *t, u32 i, const struct bpf_insn *insn)
{
	if (t->reg >= 0 || insn->dst_reg != BPF_REG_FP || insn->off != t->off)
		return;
	if (BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_MEM)
		t->reg = insn->src_reg;
	else
		made(t, i, VERIFIER_STEP_MADE);
}

static bool looks_at(const struct bpf_insn *insn, int reg)
{
	return insn->dst_reg == reg || (BPF_SRC(insn->code) == BPF_X && insn->src_reg == reg);
}

static void follow_branch(struct tracker *t, u32 i, const struct bpf_insn *insn, s32 next)
{
	bool all = t->branches && !t->depth;

	if (!all && (t->lost || t->at != t->depth || t->reg < 0 || !looks_at(insn, t->reg)))
		return;
	add_step(t, i, next == (s32)i + 1 ? VERIFIER_STEP_NOT_TAKEN : VERIFIER_STEP_TAKEN);
}

/* @next: what the path went on with. Calls are met after what they call. */
static void follow_call(struct tracker *t, u32 i, const struct bpf_insn *insn, s32 next)
{
	bool entered = next != (s32)i + 1; /* a function of the program's own, or a callback */

	if (entered) {
		if (!t->lost && t->at == t->depth) {
			t->at--;
			add_step(t, i, VERIFIER_STEP_PASSED);
			/* what a callback gets comes from the helper */
			t->lost |= !insn_is_pseudo_call(insn) || t->reg < BPF_REG_1 ||
				   t->reg > BPF_REG_5;
		}
		t->depth--;
	} else if (!t->lost && t->at == t->depth && t->reg == BPF_REG_0) {
		made(t, i, VERIFIER_STEP_RETURNED);
	}
}

static void follow_exit(struct tracker *t)
{
	t->depth++;
	if (!t->lost && t->at == t->depth - 1 && t->reg == BPF_REG_0)
		t->at++;
}

static void follow_insn(struct tracker *t, u32 i, s32 next)
{
	const struct bpf_insn *insn = &t->env->insns[i];
	bool here = !t->lost && t->at == t->depth;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (here)
			follow_alu(t, i, insn);
		return;
	case BPF_LD:
	case BPF_LDX:
		if (here)
			follow_load(t, i, insn);
		return;
	case BPF_ST:
	case BPF_STX:
		if (here)
			follow_store(t, i, insn);
		return;
	}
	if (BPF_OP(insn->code) == BPF_CALL)
		follow_call(t, i, insn, next);
	else if (BPF_OP(insn->code) == BPF_EXIT)
		follow_exit(t);
	else if (BPF_OP(insn->code) != BPF_JA && BPF_OP(insn->code) != BPF_JCOND)
		follow_branch(t, i, insn, next);
}

/* From the end of the path to its beginning, or to where nothing is left to be found. */
static void walk_back(struct tracker *t)
{
	struct bpf_verifier_env *env = t->env;
	const struct bpf_verifier_state *st = env->cur_state;
	s32 i = env->insn_idx, next = -1;
	bool last = true; /* the refused instruction itself says nothing */

	while (st && i >= 0) {
		u32 hist_end = st->insn_hist_end;

		while (i >= 0 && (u32)i < env->len) {
			if (!last)
				follow_insn(t, i, next);
			last = false;
			t->out->path_len++;
			if (i == t->until || (t->lost && !t->branches))
				return;
			next = i;
			i = vrf_prev_insn_idx(env, st, i, st->insn_hist_start, &hist_end);
		}
		next = st->first_insn_idx;
		st = st->parent;
		i = st ? (s32)st->last_insn_idx : -1;
	}
	if (!t->lost)
		add_step(t, next, VERIFIER_STEP_ARGUMENT);
}

/* ---- what was known ---- */

static char *describe_reg(struct bpf_verifier_env *env, int regno)
{
	struct vrf_log log = env->log;
	char *text = NULL;

	env->log = (struct vrf_log){ .level = 1 };
	verbose(env, "R%d=", regno);
	vrf_print_reg(env, cur_func(env), &cur_func(env)->regs[regno]);
	if (!env->log.err)
		text = strndup(env->log.buf, env->log.end_pos);
	vrf_log_abandon(&env->log);
	env->log = log;
	return text;
}

static void reverse(struct verifier_refusal *r)
{
	for (u32 a = 0, b = r->nr_steps; b && a < --b; a++) {
		struct verifier_step tmp = r->steps[a];

		r->steps[a] = r->steps[b];
		r->steps[b] = tmp;
	}
}

int vrf_note_refusal(struct bpf_verifier_env *env)
{
	struct verifier_refusal *r = &env->result->refusal;
	struct tracker t = { .env = env, .out = r, .until = -1 };
	const char *alloc;

	if (!env->cur_state || env->insn_idx >= env->len || !env->log.level || env->log.err)
		return 0;
	r->reason = last_line(&env->log);
	r->steps = calloc(MAX_STEPS, sizeof(*r->steps));
	if (!r->reason || !r->steps)
		return -ENOMEM;
	r->advice = advice_for(r->reason);
	alloc = strstr(r->reason, "alloc_insn=");
	t.until = alloc ? atoi(alloc + strlen("alloc_insn=")) : -1;
	t.reg = alloc ? -1 : reg_in(r->reason);
	if (t.reg < 0 && !alloc)
		t.reg = reg_of(&env->insns[env->insn_idx]);
	if (t.reg >= MAX_BPF_REG) /* what the refusal may be about */
		t.reg = -1;
	t.lost = t.reg < 0 || t.reg == BPF_REG_FP ||
		 cur_func(env)->regs[t.reg].type == NOT_INIT;
	t.branches = t.lost;
	t.offset = !t.lost && cur_func(env)->regs[t.reg].type != SCALAR_VALUE &&
		   !tnum_is_const(cur_func(env)->regs[t.reg].var_off);
	if (t.reg >= 0) {
		r->assumed = describe_reg(env, t.reg);
		if (!r->assumed)
			return -ENOMEM;
	}
	walk_back(&t);
	if (alloc)
		add_step(&t, t.until, VERIFIER_STEP_ACQUIRED);
	reverse(r);
	return 0;
}
