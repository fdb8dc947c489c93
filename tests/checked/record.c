/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "checked.h"

#define MAX_STATES 200000

/* ---- keeping ---- */

void record_init(struct record *r, enum claim claim, u32 nr_insns)
{
	*r = (struct record){ .claim = claim, .nr_insns = nr_insns };
	r->insns = calloc(nr_insns, sizeof(*r->insns));
	BUG_ON(!r->insns);
}

static void free_state(struct bpf_verifier_state *st)
{
	for (u32 i = 0; i <= st->curframe; i++) {
		free(st->frame[i]->stack);
		free(st->frame[i]);
	}
	free(st);
}

void record_fini(struct record *r)
{
	for (u32 i = 0; i < r->nr_insns && r->insns; i++) {
		for (u32 j = 0; j < r->insns[i].nr; j++)
			free_state(r->insns[i].states[j]);
		free(r->insns[i].states);
	}
	free(r->insns);
	*r = (struct record){};
}

static void *dup_bytes(const void *from, size_t size)
{
	void *to = malloc(size ?: 1);

	BUG_ON(!to);
	if (size)
		memcpy(to, from, size);
	return to;
}

void record_add(struct record *r, u32 insn, const struct bpf_verifier_state *st)
{
	struct record_insn *at = &r->insns[insn];
	struct bpf_verifier_state *copy;

	if (insn >= r->nr_insns || r->full)
		return;
	r->full = ++r->nr_states > MAX_STATES;
	if (at->nr == at->cap) {
		at->cap = at->cap ? 2 * at->cap : 4;
		at->states = reallocarray(at->states, at->cap, sizeof(struct bpf_verifier_state *));
		BUG_ON(!at->states);
	}
	copy = dup_bytes(st, sizeof(*st));
	for (u32 i = 0; i <= st->curframe; i++) {
		const struct bpf_func_state *f = st->frame[i];

		copy->frame[i] = dup_bytes(f, sizeof(*f));
		copy->frame[i]->refs = NULL;
		copy->frame[i]->stack = dup_bytes(f->stack, f->allocated_stack / BPF_REG_SIZE *
								    sizeof(*f->stack));
	}
	at->states[at->nr++] = copy;
}

/* ---- comparing ---- */

#define MAX_LINKS 256

/* One state against what is there. */
struct match {
	const struct record *r;
	const struct bpf_prog *prog;
	const struct bpf_verifier_state *st;
	const struct run_frame *frames; /* innermost first */
	u32 nr_links;
	struct link {
		u32 id;
		u64 base;
	} links[MAX_LINKS];
	char *why;
	int score; /* of checks that were passed: which state was the nearest */
};

static const struct run_frame *frame_of(const struct match *m, u32 fr)
{
	return &m->frames[m->st->curframe - fr];
}

static u64 fp_of(const struct match *m, u32 fr)
{
	return frame_of(m, fr)->regs[BPF_REG_FP];
}

static bool fail(struct match *m, const char *what, u32 fr, int nr, u64 value)
{
	snprintf(m->why, 160, "frame %u: %s%d is %llx", fr, what, nr, (unsigned long long)value);
	return false;
}

static bool in_scalar(const struct bpf_reg_state *reg, u64 v)
{
	return (v & ~reg->var_off.mask) == reg->var_off.value && v >= reg->umin_value &&
	       v <= reg->umax_value && (s64)v >= reg->smin_value && (s64)v <= reg->smax_value &&
	       (u32)v >= reg->u32_min_value && (u32)v <= reg->u32_max_value &&
	       (s32)v >= reg->s32_min_value && (s32)v <= reg->s32_max_value;
}

static bool in_linked(struct match *m, const struct bpf_reg_state *reg, u64 v)
{
	u32 id = reg->id & ~BPF_ADD_CONST;
	u64 base = reg->id & BPF_ADD_CONST ? v - (s64)reg->off : v;

	for (u32 i = 0; id && i < m->nr_links; i++)
		if (m->links[i].id == id)
			return m->links[i].base == base;
	if (id && m->nr_links < MAX_LINKS)
		m->links[m->nr_links++] = (struct link){ id, base };
	return true;
}

/* @v as an offset from what the pointer is based on: does the state allow it? */
static bool in_offset(const struct bpf_reg_state *reg, u64 v)
{
	u64 k = v - (s64)reg->off;

	return (k & ~reg->var_off.mask) == reg->var_off.value && (s64)k >= reg->smin_value &&
	       (s64)k <= reg->smax_value && k >= reg->umin_value && k <= reg->umax_value;
}

/* Of an array: from which element, the state does not say. */
static bool in_map_value(const struct bpf_reg_state *reg, u64 v)
{
	const struct bpf_map *map = reg->map_ptr;
	struct map_layout l;

	if (map->map_type != BPF_MAP_TYPE_ARRAY || !map->ops->layout || map->max_entries > 64)
		return v;
	map->ops->layout(map, &l);
	for (u32 i = 0; i < map->max_entries; i++)
		if (in_offset(reg, v - (u64)l.base - i * l.stride))
			return true;
	return false;
}

static bool in_pointer(struct match *m, const struct bpf_reg_state *reg, u64 v)
{
	if (!v && type_may_be_null(reg->type))
		return true;
	switch (base_type(reg->type)) {
	case PTR_TO_STACK:
		return in_offset(reg, v - fp_of(m, reg->frameno));
	case PTR_TO_MAP_VALUE:
		return in_map_value(reg, v);
	case CONST_PTR_TO_MAP:
		return reg->map_ptr->inner_map_meta || reg->map_uid || v == (u64)reg->map_ptr;
	case PTR_TO_BTF_ID: /* may be NULL unless it is trusted: loads through it are probed */
		return v || !(reg->type & (PTR_TRUSTED | MEM_ALLOC)) || type_may_be_null(reg->type);
	case PTR_TO_CTX:
	case PTR_TO_ARENA:
	case PTR_TO_FUNC:
		return true;
	default:
		return v;
	}
}

/* Does the state lean on this value? */
static bool matters(const struct match *m, const struct bpf_reg_state *reg)
{
	if (reg->type == NOT_INIT)
		return false;
	if (m->r->claim == CLAIM_ALL)
		return true;
	return (reg->live & REG_LIVE_READ) && (reg->type != SCALAR_VALUE || reg->precise);
}

static bool in_reg(struct match *m, const struct bpf_reg_state *reg, u64 v)
{
	if (!matters(m, reg))
		return true;
	if (reg->type == SCALAR_VALUE)
		return in_scalar(reg, v) && in_linked(m, reg, v);
	return in_pointer(m, reg, v);
}

/* A spill of less than a register: only so many bytes of the value are there. */
static bool in_part(struct match *m, const struct bpf_reg_state *reg, u64 v, int size)
{
	u64 mask = (1ULL << 8 * size) - 1;

	if (!matters(m, reg) || reg->type != SCALAR_VALUE)
		return true;
	if ((v & ~reg->var_off.mask & mask) != (reg->var_off.value & mask))
		return false;
	return reg->umax_value > mask || in_scalar(reg, v);
}

static bool check_slot(struct match *m, u32 fr, int i)
{
	const struct bpf_stack_state *slot = &m->st->frame[fr]->stack[i];
	const u8 *at = (const u8 *)fp_of(m, fr) - BPF_REG_SIZE * (i + 1);
	int size = 0;
	u64 v = 0;

	if (m->r->claim == CLAIM_KEPT && !(slot->spilled_ptr.live & REG_LIVE_READ))
		return true;
	/* slot_type[7] is the byte at the lowest address */
	for (int b = 0; b < BPF_REG_SIZE; b++) {
		if (slot->slot_type[BPF_REG_SIZE - 1 - b] == STACK_ZERO && at[b])
			return fail(m, "zero at fp-", fr, BPF_REG_SIZE * (i + 1) - b, at[b]);
		size += slot->slot_type[BPF_REG_SIZE - 1 - b] == STACK_SPILL;
	}
	if (slot->slot_type[BPF_REG_SIZE - 1] != STACK_SPILL)
		return true;
	memcpy(&v, at, size);
	if (size == BPF_REG_SIZE ? in_reg(m, &slot->spilled_ptr, v)
				 : in_part(m, &slot->spilled_ptr, v, size))
		return true;
	return fail(m, "fp-", fr, BPF_REG_SIZE * (i + 1), v);
}

/* The function of the program that runs which contains @insn; stack_depth is what it really has. */
static u32 real_stack(const struct bpf_prog *prog, u32 insn)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		if (insn - prog->subprogs[i].start < prog->subprogs[i].len)
			return prog->subprogs[i].stack_depth;
	return 0;
}

static bool check_frame(struct match *m, u32 fr)
{
	const struct bpf_func_state *f = m->st->frame[fr];
	const struct run_frame *at = frame_of(m, fr);
	int first = fr < m->st->curframe ? BPF_REG_6 : BPF_REG_0, nr;

	if (fr && f->callsite >= 0 && (u32)f->callsite != m->prog->orig_of[at[1].insn])
		return fail(m, "not called from ", fr, f->callsite, m->prog->orig_of[at[1].insn]);
	for (int i = first; i < BPF_REG_FP; i++, m->score++)
		if (!in_reg(m, &f->regs[i], at->regs[i]))
			return fail(m, "r", fr, i, at->regs[i]);
	nr = min(f->allocated_stack, (int)real_stack(m->prog, at->insn)) / BPF_REG_SIZE;
	for (int i = 0; i < nr; i++, m->score++)
		if (!check_slot(m, fr, i))
			return false;
	return true;
}

static bool in_state(struct match *m, u32 nr_frames)
{
	if (m->st->curframe >= nr_frames)
		return fail(m, "called by fewer, ", m->st->curframe, nr_frames, 0);
	for (u32 fr = 0; fr <= m->st->curframe; fr++)
		if (!check_frame(m, fr))
			return false;
	return true;
}

bool record_covers(const struct record *r, const struct bpf_prog *prog,
		   const struct run_frame *frames, u32 nr_frames, char why[160])
{
	u32 insn = frames[0].insn, orig = prog->orig_of[insn];
	const struct record_insn *at = &r->insns[orig];
	int nearest = -1;

	/* in the middle of what one instruction has become */
	if (insn && prog->orig_of[insn - 1] == orig)
		return true;
	if (r->full || (r->claim == CLAIM_KEPT && !at->nr))
		return true;
	snprintf(why, 160, "never walked");
	for (u32 i = 0; i < at->nr; i++) {
		char this[160];
		struct match m = {
			.r = r, .prog = prog, .st = at->states[i], .frames = frames, .why = this,
		};

		if (in_state(&m, nr_frames))
			return true;
		if (m.score > nearest) {
			nearest = m.score;
			memcpy(why, this, sizeof(this));
		}
	}
	return false;
}
