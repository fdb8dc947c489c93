/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "exec/image.h"
#include "exec/jit/jit.h"
#include "exec/probe.h"

#define FUNC_TAIL_CALL 12 /* BPF_FUNC_tail_call */

struct chain {
	u32 stack, frames; /* frames 0: not known yet */
	bool busy;
};

struct decoder {
	const struct bpf_prog *prog;
	struct exec_image *img;
	const void *const *labels;
	struct chain *chains; /* of calls, by the subprog at the top */
	struct err_msg *e;
};

/* Rows of kind NONE: what they are; NULL: executable. */
static const char *const unsupported[NR_ISA_OPCODES] = {
#define WHY_ALU(...) NULL
#define WHY_END WHY_ALU
#define WHY_JMP WHY_ALU
#define WHY_JA WHY_ALU
#define WHY_LDX WHY_ALU
#define WHY_LDXS WHY_ALU
#define WHY_PROBE WHY_ALU
#define WHY_PROBES WHY_ALU
#define WHY_ST WHY_ALU
#define WHY_STX WHY_ALU
#define WHY_ATOMIC WHY_ALU
#define WHY_FETCH WHY_ALU
#define WHY_XCHG WHY_ALU
#define WHY_CMPXCHG WHY_ALU
#define WHY_LDIMM64 WHY_ALU
#define WHY_CALL WHY_ALU
#define WHY_MAY_GOTO WHY_ALU
#define WHY_EXIT WHY_ALU
#define WHY_NONE(what) what
#define OP(id, code, select, value, text, kind, ...) [ISA_##id] = WHY_##kind(__VA_ARGS__),
#define OP_INTERNAL OP
#include "isa/opcodes.def"
#undef OP
#undef OP_INTERNAL
};

static s32 subprog_at(const struct bpf_prog *prog, u32 start)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		if (prog->subprogs[i].start == start)
			return (s32)i;
	return -1;
}

static u32 subprog_of(const struct bpf_prog *prog, u32 insn)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		if (insn - prog->subprogs[i].start < prog->subprogs[i].len)
			return i;
	return 0;
}

static u32 frame_size(const struct prog_subprog *s)
{
	return ALIGN_UP(s->stack_depth, FRAME_UNIT);
}

/* The callee of the call at @insn, as the verified program has it. */
static s32 callee(const struct bpf_prog *prog, u32 insn)
{
	return subprog_at(prog, insn + 1 + (u32)prog->insns[insn].imm);
}

static int add_chain(struct decoder *d, u32 i);

/* Accounts for the calls that subprog @i makes; *stack, *frames: the most below it. */
static int add_callees(struct decoder *d, u32 i, u32 *stack, u32 *frames)
{
	const struct bpf_prog *prog = d->prog;
	const struct prog_subprog *s = &prog->subprogs[i];

	for (u32 k = s->start; k < s->start + s->len; k++) {
		s32 to;
		int err;

		if (insn_is_ldimm64(&prog->insns[k])) {
			k++;
			continue;
		}
		if (!insn_is_pseudo_call(&prog->insns[k]))
			continue;
		to = callee(prog, k);
		if (to < 0)
			return err_set(d->e, -EINVAL, "%s: insn %u calls into nowhere",
				       prog->name, k);
		err = add_chain(d, (u32)to);
		if (err)
			return err;
		*stack = max(*stack, d->chains[to].stack);
		*frames = max(*frames, d->chains[to].frames);
	}
	return 0;
}

/* Fills chains[@i]: bytes of stack, and frames, over the deepest chain of calls from there. */
static int add_chain(struct decoder *d, u32 i)
{
	struct chain *c = &d->chains[i];
	u32 stack = 0, frames = 0;
	int err;

	if (c->frames)
		return 0;
	if (c->busy)
		return err_set(d->e, -EINVAL, "%s: recursive call", d->prog->name);
	c->busy = true;
	err = add_callees(d, i, &stack, &frames);
	if (err)
		return err;
	if (frames >= MAX_CALL_FRAMES)
		return err_set(d->e, -EINVAL, "%s: more than %d frames of calls", d->prog->name,
			       MAX_CALL_FRAMES);
	c->stack = frame_size(&d->prog->subprogs[i]) + stack;
	c->frames = frames + 1;
	return 0;
}

static int decode_call(struct decoder *d, u32 at, const struct isa_op *op, struct xinsn *x)
{
	const struct bpf_prog *prog = d->prog;
	const struct bpf_insn *insn = &prog->insns[at];
	const struct call_target *t;

	if (isa_index(op) == ISA_CALL_SUBPROG) {
		x->off = (s16)frame_size(&prog->subprogs[subprog_of(prog, at)]);
		x->dst = (u8)(frame_size(&prog->subprogs[callee(prog, at)]) / FRAME_UNIT);
		return 0;
	}
	if (insn->imm < 0 || (u32)insn->imm >= prog->nr_targets)
		return err_set(d->e, -EINVAL, "%s: insn %u has no call target", prog->name, at);
	t = &prog->targets[insn->imm];
	if (t->is_helper && t->id == FUNC_TAIL_CALL) {
		x->label = d->labels[X_TAIL_CALL];
		return 0;
	}
	if (!t->fn)
		return err_set(d->e, -ENOTSUPP, "%s: %s is not available", prog->name, t->name);
	if (!t->is_helper && !strcmp(t->name, "bpf_throw"))
		d->img->throws = true;
	x->ptr = t->is_helper ? (const void *)t->fn : t;
	return 0;
}

static int decode_ldimm64(struct decoder *d, u32 at, const struct isa_op *op)
{
	const struct bpf_insn *insn = &d->prog->insns[at];
	struct xinsn *second = &d->img->insns[at + 1];
	s32 subprog;

	if (at + 1 >= d->prog->len)
		return err_set(d->e, -EINVAL, "%s: insn %u is cut off", d->prog->name, at);
	second->label = NULL;
	second->imm64 = (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm;
	if (isa_index(op) != ISA_LD_FUNC)
		return 0;
	subprog = callee(d->prog, at);
	if (subprog < 0)
		return err_set(d->e, -EINVAL, "%s: insn %u names no function", d->prog->name, at);
	second->imm64 = (u64)&d->img->entries[subprog];
	return 0;
}

static int decode_insn(struct decoder *d, u32 at)
{
	const struct bpf_insn *insn = &d->prog->insns[at];
	const struct isa_op *op = isa_find(insn);
	struct xinsn *x = &d->img->insns[at];

	if (!op)
		return err_set(d->e, -EINVAL, "%s: insn %u: unknown opcode %02x", d->prog->name,
			       at, insn->code);
	if (unsupported[isa_index(op)])
		return err_set(d->e, -ENOTSUPP, "%s: insn %u: %s are not supported yet",
			       d->prog->name, at, unsupported[isa_index(op)]);
	x->label = d->labels[isa_index(op)];
	x->dst = insn->dst_reg;
	x->src = insn->src_reg;
	x->off = insn->off;
	x->imm = insn->imm;
	if (BPF_CLASS(insn->code) == BPF_LDX && op->internal)
		probe_init();
	if (insn->code == (BPF_JMP | BPF_CALL))
		return decode_call(d, at, op, x);
	if (insn_is_ldimm64(insn))
		return decode_ldimm64(d, at, op);
	return 0;
}

static u64 call_watched(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5])
{
	return watched_interp_run(entry, rc, args);
}

static u64 call_entry(const struct exec_entry *entry, struct run_ctx *rc, const u64 args[5])
{
	return interp_run(entry, rc, args);
}

static int make_entries(struct decoder *d, bool watched)
{
	const struct bpf_prog *prog = d->prog;
	struct exec_image *img = d->img;
	int err;

	for (u32 i = 0; i < prog->nr_subprogs; i++) {
		struct exec_entry *en = &img->entries[i];

		err = add_chain(d, i);
		if (err)
			return err;
		en->frame = frame_size(&prog->subprogs[i]);
		en->stack = d->chains[i].stack;
		en->call = watched ? call_watched : call_entry;
		en->image = img;
		en->code = &img->insns[prog->subprogs[i].start];
	}
	return 0;
}

void image_destroy(struct exec_image *img)
{
	if (!img)
		return;
	jit_free(img->jit);
	free(img->insns);
	free(img->entries);
	free(img);
}

static int check_layout(const struct bpf_prog *prog, struct err_msg *e)
{
	if (!prog->nr_subprogs || !prog->len)
		return err_set(e, -EINVAL, "%s: an empty program", prog->name);
	for (u32 i = 0; i < prog->nr_subprogs; i++) {
		const struct prog_subprog *s = &prog->subprogs[i];

		if (s->start >= prog->len || s->len > prog->len - s->start ||
		    s->stack_depth > MAX_BPF_STACK)
			return err_set(e, -EINVAL, "%s: subprog %u is out of bounds", prog->name, i);
	}
	return 0;
}

int image_create(const struct bpf_prog *prog, bool watched, struct err_msg *e,
		 struct exec_image **out)
{
	struct exec_image *img = calloc(1, sizeof(*img));
	struct decoder d = {
		.prog = prog,
		.img = img,
		.labels = watched ? watched_interp_labels() : interp_labels(),
		.e = e,
	};
	int err = img ? check_layout(prog, e) : -ENOMEM;

	if (err)
		goto out_destroy;
	err = -ENOMEM;
	img->nr_insns = prog->len;
	img->nr_entries = prog->nr_subprogs;
	img->exception_cb = prog->exception_cb;
	img->insns = calloc(prog->len, sizeof(*img->insns));
	img->entries = calloc(prog->nr_subprogs, sizeof(*img->entries));
	d.chains = calloc(prog->nr_subprogs, sizeof(*d.chains));
	if (!img->insns || !img->entries || !d.chains)
		goto out_destroy;
	err = make_entries(&d, watched);
	for (u32 i = 0; !err && i < prog->len; i++) {
		err = decode_insn(&d, i);
		i += insn_is_ldimm64(&prog->insns[i]);
	}
	if (err)
		goto out_destroy;
	*out = img;
	free(d.chains);
	return 0;

out_destroy:
	free(d.chains);
	image_destroy(img);
	return err;
}
