/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Precision. Most scalars' values don't matter: a state whose r3 is 1 covers
 * one whose r3 is 2, if r3 never decides a branch, an offset or a size. So all
 * scalars start imprecise, and where the value of one matters, we walk back
 * over the instructions of this path, and mark in every state on the way what
 * it was computed from.
 *
 * Direction: backwards from the current instruction, through the history of
 * each state (jumps and stack accesses; straight lines need no record), then
 * its parent's. Facts: per frame, a mask of registers and one of stack slots
 * whose precision is wanted *before* the instruction. It ends when the masks
 * are empty (everything was found to stem from constants or memory), or at the
 * program's entry; where tracking would be lost (pointer differences), all
 * scalars of the path are made precise, which is always safe.
 *
 * The current state itself is not marked: it is not in the table of explored
 * states yet, and only those are compared by.
 */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/linked.h"
#include "verifier/states.h"

#define REGMASK_ARGS                                                                               \
	(1U << BPF_REG_1 | 1U << BPF_REG_2 | 1U << BPF_REG_3 | 1U << BPF_REG_4 | 1U << BPF_REG_5)

static int hist_spi(const struct bpf_insn_hist_entry *h)
{
	return h->flags >> INSN_F_SPI_SHIFT & INSN_F_SPI_MASK;
}

static int hist_frameno(const struct bpf_insn_hist_entry *h)
{
	return h->flags & INSN_F_FRAMENO_MASK;
}

int vrf_push_insn_history(struct bpf_verifier_env *env, struct bpf_verifier_state *cur,
			  int insn_flags, u64 linked_regs)
{
	struct bpf_insn_hist_entry *p;

	if (env->cur_hist_ent) {
		env->cur_hist_ent->flags |= insn_flags;
		env->cur_hist_ent->linked_regs = linked_regs;
		return 0;
	}
	if (cur->insn_hist_end + 1 > env->insn_hist_cap) {
		u32 cap = max(64U, env->insn_hist_cap * 2);

		p = realloc(env->insn_hist, cap * sizeof(*p));
		if (!p)
			return -ENOMEM;
		env->insn_hist = p;
		env->insn_hist_cap = cap;
	}
	p = &env->insn_hist[cur->insn_hist_end++];
	p->idx = env->insn_idx;
	p->prev_idx = env->prev_insn_idx;
	p->flags = insn_flags;
	p->linked_regs = linked_regs;
	env->cur_hist_ent = p;
	return 0;
}

/* ---- masks ---- */

static u32 bt_reg_mask(const struct backtrack_state *bt)
{
	return bt->reg_masks[bt->frame];
}

static bool bt_is_reg_set(const struct backtrack_state *bt, u32 reg)
{
	return bt_reg_mask(bt) >> reg & 1;
}

static void bt_set_reg(struct backtrack_state *bt, u32 reg)
{
	bt_set_frame_reg(bt, bt->frame, reg);
}

static void bt_clear_reg(struct backtrack_state *bt, u32 reg)
{
	bt->reg_masks[bt->frame] &= ~(1U << reg);
}

static bool bt_empty(const struct backtrack_state *bt)
{
	for (u32 i = 0; i <= bt->frame; i++)
		if (bt->reg_masks[i] || bt->stack_masks[i])
			return false;
	return true;
}

static void bt_reset(struct backtrack_state *bt)
{
	struct bpf_verifier_env *env = bt->env;

	memset(bt, 0, sizeof(*bt));
	bt->env = env;
}

static int bt_subprog_enter(struct backtrack_state *bt)
{
	if (bt->frame == MAX_CALL_FRAMES - 1) {
		verbose(bt->env, "BUG subprog enter from frame %d\n", bt->frame);
		return -EFAULT;
	}
	bt->frame++;
	return 0;
}

static int bt_subprog_exit(struct backtrack_state *bt)
{
	if (bt->frame == 0) {
		verbose(bt->env, "BUG subprog exit from frame 0\n");
		return -EFAULT;
	}
	bt->frame--;
	return 0;
}

static int bug_regs(struct backtrack_state *bt)
{
	verbose(bt->env, "BUG regs %x\n", bt_reg_mask(bt));
	return -EFAULT;
}

static int bug_slots(struct backtrack_state *bt)
{
	verbose(bt->env, "BUG stack slots %llx\n", (unsigned long long)bt->stack_masks[bt->frame]);
	return -EFAULT;
}

/* "r0,r2,r4" for 0x15 */
static const char *fmt_reg_mask(struct bpf_verifier_env *env, u32 mask)
{
	size_t len = 0;

	env->tmp_str_buf[0] = '\0';
	for (int i = 0; i < 32; i++)
		if (mask >> i & 1)
			len += snprintf(env->tmp_str_buf + len, sizeof(env->tmp_str_buf) - len,
					"%sr%d", len ? "," : "", i);
	return env->tmp_str_buf;
}

/* "-8,-24,-40" for 0x15 */
static const char *fmt_stack_mask(struct bpf_verifier_env *env, u64 mask)
{
	size_t len = 0;

	env->tmp_str_buf[0] = '\0';
	for (int i = 0; i < 64; i++)
		if (mask >> i & 1)
			len += snprintf(env->tmp_str_buf + len, sizeof(env->tmp_str_buf) - len,
					"%s%d", len ? "," : "", -(i + 1) * BPF_REG_SIZE);
	return env->tmp_str_buf;
}

/* Registers that were refined together at this instruction: one precise, all precise. */
static void bt_sync_linked_regs(struct backtrack_state *bt, const struct bpf_insn_hist_entry *hist)
{
	struct linked_regs set;
	bool some = false;

	if (!hist || !hist->linked_regs)
		return;
	linked_regs_unpack(hist->linked_regs, &set);
	for (u32 i = 0; i < set.cnt; i++) {
		const struct linked_reg *e = &set.entries[i];

		if (e->is_reg)
			some |= bt->reg_masks[e->frameno] >> e->where & 1;
		else
			some |= bt->stack_masks[e->frameno] >> e->where & 1;
	}
	for (u32 i = 0; some && i < set.cnt; i++) {
		const struct linked_reg *e = &set.entries[i];

		if (e->is_reg)
			bt_set_frame_reg(bt, e->frameno, e->where);
		else
			bt_set_frame_slot(bt, e->frameno, e->where);
	}
}

/* ---- one instruction, backwards ---- */

static int back_alu(const struct bpf_insn *insn, struct backtrack_state *bt)
{
	u8 opcode = BPF_OP(insn->code);
	bool from_reg = BPF_SRC(insn->code) == BPF_X;

	if (!bt_is_reg_set(bt, insn->dst_reg) || opcode == BPF_END || opcode == BPF_NEG)
		return 0;
	if (opcode == BPF_MOV)
		bt_clear_reg(bt, insn->dst_reg);
	if (from_reg && insn->src_reg != BPF_REG_FP)
		bt_set_reg(bt, insn->src_reg);
	return 0;
}

static bool is_atomic_fetch(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC &&
	       (insn->imm & BPF_FETCH);
}

/* A register loaded from the stack: the slot is wanted. From elsewhere: it starts here. */
static int back_load(const struct bpf_insn *insn, u32 reg, const struct bpf_insn_hist_entry *hist,
		     struct backtrack_state *bt)
{
	if (!bt_is_reg_set(bt, reg))
		return 0;
	bt_clear_reg(bt, reg);
	if (hist && (hist->flags & INSN_F_STACK_ACCESS))
		bt_set_frame_slot(bt, hist_frameno(hist), hist_spi(hist));
	return 0;
}

static int back_store(const struct bpf_insn *insn, const struct bpf_insn_hist_entry *hist,
		      struct backtrack_state *bt)
{
	u32 fr;
	u64 slot;

	/* the address is a scalar: a difference of pointers was followed */
	if (bt_is_reg_set(bt, insn->dst_reg))
		return -ENOTSUPP;
	if (!hist || !(hist->flags & INSN_F_STACK_ACCESS))
		return 0;
	fr = hist_frameno(hist);
	slot = 1ULL << hist_spi(hist);
	if (!(bt->stack_masks[fr] & slot))
		return 0;
	bt->stack_masks[fr] &= ~slot;
	if (BPF_CLASS(insn->code) == BPF_STX)
		bt_set_reg(bt, insn->src_reg);
	return 0;
}

/* Leaving a function backwards, at its call. */
static int back_pseudo_call(struct bpf_verifier_env *env, int idx, const struct bpf_insn *insn,
			    struct backtrack_state *bt)
{
	int subprog = vrf_find_subprog(env, idx + insn->imm + 1);

	if (subprog < 0)
		return -EFAULT;
	if (subprog_is_global(env, subprog)) {
		/* was not entered */
		if (bt_reg_mask(bt) & REGMASK_ARGS)
			return bug_regs(bt);
		bt_clear_reg(bt, BPF_REG_0);
		return 0;
	}
	if (bt_reg_mask(bt) & ~REGMASK_ARGS)
		return bug_regs(bt);
	if (bt->stack_masks[bt->frame])
		return bug_slots(bt);
	if (bt->frame)
		bt->reg_masks[bt->frame - 1] |= bt_reg_mask(bt);
	bt->reg_masks[bt->frame] = 0;
	return bt_subprog_exit(bt);
}

/* Leaving a callback backwards: its arguments were made by the helper. */
static int back_callback_call(struct backtrack_state *bt)
{
	if (bt_reg_mask(bt) & ~REGMASK_ARGS)
		return bug_regs(bt);
	if (bt->stack_masks[bt->frame])
		return bug_slots(bt);
	bt->reg_masks[bt->frame] = 0;
	return bt_subprog_exit(bt);
}

/* Entering a function backwards, at its exit. */
static int back_exit(struct bpf_verifier_env *env, int subseq_idx, struct backtrack_state *bt)
{
	/* a callback's exit is followed by the call again, not by what comes after it */
	bool from_subprog = subseq_idx >= 1 && insn_is_pseudo_call(&env->insns[subseq_idx - 1]);
	bool r0_precise = from_subprog && bt_is_reg_set(bt, BPF_REG_0);

	if (from_subprog && (bt_reg_mask(bt) & REGMASK_ARGS))
		return bug_regs(bt);
	bt_clear_reg(bt, BPF_REG_0);
	if (bt_subprog_enter(bt))
		return -EFAULT;
	if (r0_precise)
		bt_set_reg(bt, BPF_REG_0);
	return 0;
}

static int back_jmp(struct bpf_verifier_env *env, int idx, int subseq_idx,
		    const struct bpf_insn *insn, const struct bpf_insn_hist_entry *hist,
		    struct backtrack_state *bt)
{
	u8 opcode = BPF_OP(insn->code);

	if (insn_is_pseudo_call(insn))
		return back_pseudo_call(env, idx, insn, bt);
	if (idx != subseq_idx - 1 && vrf_is_sync_callback_calling_insn(env, insn))
		return back_callback_call(bt);
	if (opcode == BPF_CALL) {
		if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL && insn->imm == 0)
			return -ENOTSUPP;
		bt_clear_reg(bt, BPF_REG_0);
		return bt_reg_mask(bt) & REGMASK_ARGS ? bug_regs(bt) : 0;
	}
	if (opcode == BPF_EXIT)
		return back_exit(env, subseq_idx, bt);
	if (BPF_SRC(insn->code) == BPF_X &&
	    (bt_is_reg_set(bt, insn->dst_reg) || bt_is_reg_set(bt, insn->src_reg))) {
		/* what one was compared with decided its range */
		if (!hist || !(hist->flags & INSN_F_SRC_REG_STACK))
			bt_set_reg(bt, insn->src_reg);
		if (!hist || !(hist->flags & INSN_F_DST_REG_STACK))
			bt_set_reg(bt, insn->dst_reg);
	}
	return 0;
}

static int back_ld(int idx, int subseq_idx, const struct bpf_insn *insn,
		   struct backtrack_state *bt)
{
	if (BPF_MODE(insn->code) == BPF_IMM) {
		bt_clear_reg(bt, insn->dst_reg);
		return 0;
	}
	/* LD_ABS, LD_IND: either goes on, or leaves the function */
	if (bt_is_reg_set(bt, insn->dst_reg))
		return -ENOTSUPP;
	return subseq_idx != idx + 1 ? bt_subprog_enter(bt) : 0;
}

static void log_step(struct bpf_verifier_env *env, int idx, const struct bpf_insn *insn,
		     const struct backtrack_state *bt)
{
	if (!(env->log.level & BPF_LOG_LEVEL2))
		return;
	verbose(env, "mark_precise: frame%d: regs=%s ", bt->frame,
		fmt_reg_mask(env, bt_reg_mask(bt)));
	verbose(env, "stack=%s before ", fmt_stack_mask(env, bt->stack_masks[bt->frame]));
	verbose(env, "%d: ", idx);
	vrf_verbose_insn(env, insn);
}

/*
 * @subseq_idx: the instruction that was executed after this one. -ENOTSUPP:
 * can't be tracked.
 */
static int backtrack_insn(struct bpf_verifier_env *env, int idx, int subseq_idx,
			  const struct bpf_insn_hist_entry *hist, struct backtrack_state *bt)
{
	const struct bpf_insn *insn = &env->insns[idx];
	int err = 0;

	if (insn->code == 0)
		return 0; /* second half of ld_imm64 */
	log_step(env, idx, insn, bt);
	bt_sync_linked_regs(bt, hist);

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		err = back_alu(insn, bt);
		break;
	case BPF_LDX:
		err = back_load(insn, insn->dst_reg, hist, bt);
		break;
	case BPF_STX:
		if (is_atomic_fetch(insn)) {
			u32 reg = insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg;

			err = back_load(insn, reg, hist, bt);
			break;
		}
		err = back_store(insn, hist, bt);
		break;
	case BPF_ST:
		err = back_store(insn, hist, bt);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		err = back_jmp(env, idx, subseq_idx, insn, hist, bt);
		break;
	case BPF_LD:
		err = back_ld(idx, subseq_idx, insn, bt);
		break;
	}
	if (!err)
		bt_sync_linked_regs(bt, hist);
	return err;
}

/* ---- states ---- */

static void force_precise(struct bpf_verifier_env *env, struct bpf_reg_state *reg, int frame,
			  const char *what, int n)
{
	if (reg->type != SCALAR_VALUE || reg->precise)
		return;
	reg->precise = true;
	if (env->log.level & BPF_LOG_LEVEL2)
		verbose(env, "force_precise: frame%d: forcing %s%d to be precise\n", frame, what, n);
}

static void mark_all_scalars_precise(struct bpf_verifier_env *env, struct bpf_verifier_state *st)
{
	if (env->log.level & BPF_LOG_LEVEL2)
		verbose(env, "mark_precise: frame%d: falling back to forcing all scalars precise\n",
			st->curframe);
	for (st = st->parent; st; st = st->parent) {
		for (u32 fr = 0; fr <= st->curframe; fr++) {
			struct bpf_func_state *func = st->frame[fr];

			for (int i = 0; i < BPF_REG_FP; i++)
				force_precise(env, &func->regs[i], fr, "r", i);
			for (int i = 0; i < func->allocated_stack / BPF_REG_SIZE; i++)
				if (is_spilled_reg(&func->stack[i]))
					force_precise(env, &func->stack[i].spilled_ptr, fr, "fp",
						      -(i + 1) * BPF_REG_SIZE);
		}
	}
}

void vrf_mark_all_scalars_imprecise(struct bpf_verifier_env *env, struct bpf_verifier_state *st)
{
	struct bpf_func_state *func;
	struct bpf_reg_state *reg;

	bpf_for_each_reg_in_vstate(st, func, reg, {
		if (reg->type == SCALAR_VALUE)
			reg->precise = false;
	});
}

/* Marks what is wanted; what is marked already, or no scalar, is wanted no longer. */
static int mark_frame(struct bpf_verifier_env *env, struct bpf_func_state *func, u32 fr,
		      struct backtrack_state *bt)
{
	u32 regs = bt->reg_masks[fr];
	u64 slots = bt->stack_masks[fr];

	for (; regs; regs &= regs - 1) {
		int i = __builtin_ctz(regs);
		struct bpf_reg_state *reg = &func->regs[i];

		if (reg->type != SCALAR_VALUE || reg->precise)
			bt->reg_masks[fr] &= ~(1U << i);
		else
			reg->precise = true;
	}
	for (; slots; slots &= slots - 1) {
		int i = __builtin_ctzll(slots);
		struct bpf_reg_state *reg;

		if (i >= func->allocated_stack / BPF_REG_SIZE) {
			verbose(env, "BUG backtracking (stack slot %d, total slots %d)\n", i,
				func->allocated_stack / BPF_REG_SIZE);
			return -EFAULT;
		}
		reg = &func->stack[i].spilled_ptr;
		if (!is_spilled_scalar_reg(&func->stack[i]) || reg->precise)
			bt->stack_masks[fr] &= ~(1ULL << i);
		else
			reg->precise = true;
	}
	if (env->log.level & BPF_LOG_LEVEL2) {
		verbose(env, "mark_precise: frame%d: parent state regs=%s ", fr,
			fmt_reg_mask(env, bt->reg_masks[fr]));
		verbose(env, "stack=%s: ", fmt_stack_mask(env, bt->stack_masks[fr]));
		vrf_print_verifier_state(env, func, true);
	}
	return 0;
}

/* At the entry of a global function only its arguments can be wanted. */
static int at_func_entry(struct bpf_verifier_env *env, struct bpf_verifier_state *st,
			 struct backtrack_state *bt)
{
	struct bpf_func_state *func = st->frame[0];
	u32 regs = bt_reg_mask(bt);

	if (st->curframe || !func->subprogno || func->callsite != -1 ||
	    bt->stack_masks[bt->frame] || (regs & ~REGMASK_ARGS)) {
		verbose(env, "BUG backtracking func entry subprog %d reg_mask %x stack_mask %llx\n",
			func->subprogno, regs, (unsigned long long)bt->stack_masks[bt->frame]);
		return -EFAULT;
	}
	for (; regs; regs &= regs - 1) {
		struct bpf_reg_state *reg = &func->regs[__builtin_ctz(regs)];

		if (reg->type == SCALAR_VALUE)
			reg->precise = true;
	}
	bt->reg_masks[bt->frame] = 0;
	return 0;
}

/* The instruction executed before @idx, -ENOENT at the state's first. */
int vrf_prev_insn_idx(const struct bpf_verifier_env *env, const struct bpf_verifier_state *st,
		      int idx, u32 hist_start, u32 *hist_end)
{
	u32 cnt = *hist_end - hist_start;
	bool recorded = cnt && (int)env->insn_hist[*hist_end - 1].idx == idx;

	/* one entry may be left: how the state was entered, which is its parent's business */
	if (idx == (int)st->first_insn_idx && (!cnt || (cnt == 1 && recorded)))
		return -ENOENT;
	if (!recorded)
		return idx - 1;
	return env->insn_hist[--*hist_end].prev_idx;
}

/* All instructions of @st from @last_idx back. 0, or -ENOTSUPP, or a bug. */
static int backtrack_state(struct bpf_verifier_env *env, const struct bpf_verifier_state *st,
			   int last_idx, int *subseq_idx, bool *skip_first,
			   struct backtrack_state *bt)
{
	u32 hist_start = st->insn_hist_start, hist_end = st->insn_hist_end;
	int err;

	for (int i = last_idx;;) {
		const struct bpf_insn_hist_entry *hist = NULL;

		if (hist_end > hist_start && (int)env->insn_hist[hist_end - 1].idx == i)
			hist = &env->insn_hist[hist_end - 1];
		err = *skip_first ? 0 : backtrack_insn(env, i, *subseq_idx, hist, bt);
		*skip_first = false;
		if (err || bt_empty(bt))
			return err;
		*subseq_idx = i;
		i = vrf_prev_insn_idx(env, st, i, hist_start, &hist_end);
		if (i == -ENOENT)
			return 0;
		if (i < 0 || i >= (int)env->len) {
			verbose(env, "BUG backtracking idx %d\n", i);
			return -EFAULT;
		}
	}
}

static int give_up_tracking(struct bpf_verifier_env *env, struct backtrack_state *bt)
{
	mark_all_scalars_precise(env, env->cur_state);
	bt_reset(bt);
	return 0;
}

static int mark_chain_precision(struct bpf_verifier_env *env, int regno)
{
	struct backtrack_state *bt = &env->bt;
	struct bpf_verifier_state *st = env->cur_state;
	int first_idx = st->first_insn_idx, last_idx = env->insn_idx, subseq_idx = -1, err;
	bool skip_first = true;

	if (!env->bpf_capable)
		return 0;
	bt->frame = st->curframe;
	if (regno >= 0) {
		if (st->frame[bt->frame]->regs[regno].type != SCALAR_VALUE)
			return -EFAULT;
		bt_set_reg(bt, regno);
	}
	if (bt_empty(bt))
		return 0;

	for (;;) {
		if (env->log.level & BPF_LOG_LEVEL2)
			verbose(env, "mark_precise: frame%d: last_idx %d first_idx %d subseq_idx %d \n",
				bt->frame, last_idx, first_idx, subseq_idx);
		if (last_idx < 0)
			return at_func_entry(env, st, bt);
		err = backtrack_state(env, st, last_idx, &subseq_idx, &skip_first, bt);
		if (err == -ENOTSUPP)
			return give_up_tracking(env, bt);
		if (err || bt_empty(bt))
			return err;
		st = st->parent;
		if (!st)
			return give_up_tracking(env, bt);
		for (int fr = bt->frame; fr >= 0; fr--) {
			err = mark_frame(env, st->frame[fr], fr, bt);
			if (err)
				return err;
		}
		if (bt_empty(bt))
			return 0;
		subseq_idx = first_idx;
		last_idx = st->last_insn_idx;
		first_idx = st->first_insn_idx;
	}
}

int vrf_mark_chain_precision(struct bpf_verifier_env *env, int regno)
{
	return mark_chain_precision(env, regno);
}

int vrf_mark_chain_precision_batch(struct bpf_verifier_env *env)
{
	return mark_chain_precision(env, -1);
}
