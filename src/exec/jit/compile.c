/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "exec/jit/internal.h"
#include "exec/probe.h"

#define MAX_PASSES 64
#define MAY_GOTO_BUDGET (8 * 1024 * 1024)

/* ---- frames ---- */

static const u8 callee_saved[] = { BPF_REG_6, BPF_REG_7, BPF_REG_8, BPF_REG_9 };

/* What the subprog needs beyond its BPF stack. */
static void scan_subprog(struct jit *j)
{
	const struct prog_subprog *s = &j->prog->subprogs[j->subprog];
	bool budget = false;

	j->saved = 0;
	for (u32 i = s->start; i < s->start + s->len; i++) {
		const struct bpf_insn *insn = &j->prog->insns[i];

		j->saved |= BIT(insn->dst_reg) | BIT(insn->src_reg);
		budget |= insn->code == (BPF_JMP | BPF_JCOND);
		i += insn_is_ldimm64(insn);
	}
	j->saved &= BIT(BPF_REG_6) | BIT(BPF_REG_7) | BIT(BPF_REG_8) | BIT(BPF_REG_9);
	j->frame = ALIGN_UP(s->stack_depth, FRAME_UNIT);
	j->budget = budget ? -(s32)(j->frame + 8) : 0;
	j->locals = j->frame + (budget ? 8 : 0);
	/* rsp is a multiple of 16 after the push of rbp, and has to be one in the end */
	if ((j->locals + 8 * (u32)__builtin_popcount(j->saved)) % 16)
		j->locals += 8;
	j->exits_inline = !j->saved;
}

/*
 * Stacks start as zeroes: privileged programs may read what they never wrote,
 * and what they find there must not depend on who ran before.
 */
static void clear_frame(struct jit *j)
{
	if (!j->frame)
		return;
	emit_rr(&j->e, X_P66, X_PXOR, 0, 0);
	for (u32 off = 16; off <= j->frame; off += 16)
		emit_rm(&j->e, 0, X_MOVAPS_MR, 0, RBP, -(s32)off);
}

static void prologue(struct jit *j)
{
	struct emit *e = &j->e;

	emit_push(e, RBP);
	emit_mov(e, X_W, RBP, RSP);
	if (j->locals)
		emit_alu_imm(e, X_W, X_EXT_SUB, RSP, (s32)j->locals);
	for (u32 i = 0; i < ARRAY_SIZE(callee_saved); i++)
		if (j->saved & BIT(callee_saved[i]))
			emit_push(e, jit_x86_of[callee_saved[i]]);
	clear_frame(j);
	if (j->budget) {
		emit_rm(e, X_W, X_MOV_MI, 0, RBP, j->budget);
		emit_u32(e, MAY_GOTO_BUDGET);
	}
}

static void epilogue(struct jit *j)
{
	for (u32 i = ARRAY_SIZE(callee_saved); i-- > 0;)
		if (j->saved & BIT(callee_saved[i]))
			emit_pop(&j->e, jit_x86_of[callee_saved[i]]);
	emit_leave(&j->e);
	emit_ret(&j->e);
}

void jit_exit(struct jit *j, u32 at)
{
	const struct prog_subprog *s = &j->prog->subprogs[j->subprog];

	if (at + 1 == s->start + s->len)
		return; /* the epilogue is next */
	if (j->exits_inline)
		epilogue(j);
	else
		jit_jump(j, at, CC_ALWAYS, place_of_exit(j, j->subprog));
}

/* ---- which map a register points to ---- */

static const struct bpf_map *map_at(const struct bpf_prog *prog, u64 addr)
{
	for (u32 i = 0; i < prog->nr_used_maps; i++)
		if ((u64)prog->used_maps[i] == addr)
			return prog->used_maps[i];
	return NULL;
}

/* Follows insns[@at], which has been lowered; calls see to themselves. */
static void track_maps(struct jit *j, u32 at)
{
	const struct bpf_insn *insn = &j->prog->insns[at];
	const struct bpf_map **dst = &j->known[insn->dst_reg];

	switch (BPF_CLASS(insn->code)) {
	case BPF_JMP:
	case BPF_JMP32:
	case BPF_ST:
		return;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			j->known[insn->src_reg] = j->known[BPF_REG_0] = NULL;
		return;
	}
	if (insn_is_ldimm64(insn))
		*dst = map_at(j->prog, j->img->insns[at + 1].imm64);
	else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off)
		*dst = j->known[insn->src_reg];
	else
		*dst = NULL;
}

static void mark_targets(struct jit *j)
{
	for (u32 i = 0; i < j->prog->len; i++) {
		const struct bpf_insn *insn = &j->prog->insns[i];
		u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
		s64 to;

		if (insn_is_ldimm64(insn)) {
			i++;
			continue;
		}
		if ((class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL || op == BPF_EXIT)
			continue;
		to = (s64)i + 1 + (class == BPF_JMP32 && op == BPF_JA ? insn->imm : insn->off);
		if (to >= 0 && to < j->prog->len)
			j->is_target[to] = 1;
	}
}

/* ---- passes ---- */

static bool may_go_on(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT;
}

static void emit_subprog(struct jit *j, u32 i)
{
	const struct prog_subprog *s = &j->prog->subprogs[i];
	bool after_branch = false;

	j->subprog = i;
	scan_subprog(j);
	jit_mark(j, place_of_subprog(j, i));
	memset(j->known, 0, sizeof(j->known));
	prologue(j);
	for (u32 k = s->start; k < s->start + s->len; k++) {
		jit_mark(j, k);
		if (j->is_target[k])
			memset(j->known, 0, sizeof(j->known));
		if (j->barriers && (j->is_target[k] || after_branch))
			emit_lfence(&j->e);
		after_branch = may_go_on(&j->prog->insns[k]);
		jit_lower(j, k, isa_find(&j->prog->insns[k]));
		track_maps(j, k);
		if (insn_is_ldimm64(&j->prog->insns[k]))
			jit_mark(j, ++k);
	}
	jit_mark(j, place_of_exit(j, i));
	epilogue(j);
}

static void emit_pass(struct jit *j)
{
	j->e.at = 0;
	j->nr_faults = 0;
	for (u32 i = 0; i < j->prog->nr_subprogs; i++) {
		while (j->e.at % 16)
			emit_u8(&j->e, 0xcc); /* int3: never reached */
		emit_subprog(j, i);
	}
	j->funcs_end = j->e.at;
	jit_stubs(j);
	j->places[j->prog->len] = j->e.at;
}

/* Passes without a buffer, until @prev says where everything is. */
static int measure(struct jit *j, u32 *a, u32 *b)
{
	u32 last = 0;

	j->places = a;
	for (u32 pass = 0; pass < MAX_PASSES; pass++) {
		emit_pass(j);
		if (pass && !memcmp(j->places, j->prev, j->nr_places * sizeof(u32)))
			return 0;
		BUG_ON(last && j->e.at > last);
		last = j->e.at;
		j->prev = j->places;
		j->places = j->prev == a ? b : a;
	}
	return -E2BIG;
}

static int write_region(struct jit *j, struct jit_code *code)
{
	u32 size = j->e.at, faults_off = (u32)ALIGN_UP(sizeof(struct jit_region) + size, 16ul);
	struct jit_region *r;
	int err;

	err = arena_alloc(faults_off + j->nr_faults * (u32)sizeof(*j->faults), &r);
	if (err)
		return err;
	r->prog = j->prog;
	r->code_size = size;
	r->funcs_size = j->funcs_end;
	r->faults_off = faults_off;
	r->nr_faults = j->nr_faults;
	j->base = (u64)r->code;
	j->faults = (struct jit_fault *)((u8 *)r + faults_off);
	j->e = (struct emit){ .buf = r->code, .end = size };
	emit_pass(j);
	BUG_ON(j->e.at != size || memcmp(j->places, j->prev, j->nr_places * sizeof(u32)));
	err = arena_seal(r);
	if (err) {
		arena_free(r);
		return err;
	}
	code->region = r;
	return 0;
}

static u64 call_jitted(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5])
{
	return jit_enter(args, rc, entry->native);
}

static void publish(const struct jit *j, struct jit_code *code, struct exec_image *img)
{
	code->nr_insns = j->prog->len;
	memcpy(code->offsets, j->places, (j->prog->len + 1) * sizeof(u32));
	for (u32 i = 0; i < img->nr_entries; i++) {
		img->entries[i].native = code->region->code + j->places[place_of_subprog(j, i)];
		img->entries[i].call = call_jitted;
		img->entries[i].code = NULL;
	}
	img->jit = code;
	free(img->insns);
	img->insns = NULL;
}

static int emit_all(struct jit *j, struct jit_code *code, struct exec_image *img)
{
	u32 *places = calloc(2 * (size_t)j->nr_places, sizeof(*places));
	int err = -ENOMEM;

	j->is_target = calloc(j->prog->len, 1);
	code->offsets = calloc(j->prog->len + 1, sizeof(u32));
	if (!places || !j->is_target || !code->offsets)
		goto out;
	mark_targets(j);
	err = measure(j, places, places + j->nr_places);
	if (!err)
		err = write_region(j, code);
	if (!err)
		publish(j, code, img);
out:
	free(places);
	free(j->is_target);
	return err;
}

/* ---- what the rest of exec/ sees ---- */

enum exec_engine exec_best_engine(const char **why)
{
	int err = arena_probe();

	if (why)
		*why = !err		 ? NULL :
		       err == -ENOMEM ? "there is no room for compiled code" :
					"this process may not make memory executable";
	return err ? EXEC_INTERPRETER : EXEC_JIT;
}

int jit_compile(const struct bpf_prog *prog, struct exec_image *img, enum exec_engine engine,
		struct err_msg *e)
{
	struct jit j = {
		.prog = prog,
		.img = img,
		.barriers = engine == EXEC_JIT_BARRIERS,
		.bmi2 = engine != EXEC_JIT_PLAIN && __builtin_cpu_supports("bmi2"),
		.far_calls = engine == EXEC_JIT_PLAIN,
	};
	struct jit_code *code = calloc(1, sizeof(*code));
	int err = code ? arena_init() : -ENOMEM;

	if (err)
		goto out_free;
	j.nr_places = place_of_stub(&j, NR_JIT_STUBS);
	err = emit_all(&j, code, img);
	if (!err)
		return 0;

out_free:
	jit_free(code);
	return err_set(e, err, "%s: cannot be compiled: %s", prog->name, strerror(-err));
}

u64 jit_run(const struct exec_image *img, void *ctx, struct run_ctx *rc)
{
	return jit_enter_main(ctx, rc, img->entries[0].native);
}

void jit_free(struct jit_code *code)
{
	if (!code)
		return;
	arena_free(code->region);
	free(code->offsets);
	free(code);
}

const void *jit_code_bytes(const struct jit_code *code, u32 *size)
{
	*size = code ? code->region->code_size : 0;
	return code ? code->region->code : NULL;
}

u32 jit_code_offset(const struct jit_code *code, u32 insn)
{
	return code->offsets[min(insn, code->nr_insns)];
}
