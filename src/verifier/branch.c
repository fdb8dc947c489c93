/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Conditional jumps: one path goes on, the other is queued, and both know
 * more than before about the registers compared, about every copy of them
 * (scalars linked by id, pointers with the same id), and about NULL.
 */
#include "verifier/linked.h"
#include "verifier/mem.h"
#include "verifier/refine.h"
#include "verifier/sanitize.h"

/* ---- linked scalars ---- */

static void collect_one(struct linked_regs *set, struct bpf_reg_state *reg, u32 id, u32 frameno,
			u32 where, bool is_reg)
{
	if (reg->type != SCALAR_VALUE || (reg->id & ~BPF_ADD_CONST) != id)
		return;
	if (set->cnt == LINKED_REGS_MAX) {
		/* no room to remember it: it is no longer a copy */
		clear_scalar_id(reg);
		return;
	}
	set->entries[set->cnt++] = (struct linked_reg){ frameno, where, is_reg };
}

static void collect_linked_regs(struct bpf_verifier_state *vstate, u32 id, struct linked_regs *set)
{
	id &= ~BPF_ADD_CONST;
	for (int fr = vstate->curframe; fr >= 0; fr--) {
		struct bpf_func_state *func = vstate->frame[fr];

		for (int i = 0; i < BPF_REG_FP; i++)
			collect_one(set, &func->regs[i], id, fr, i, true);
		for (int i = 0; i < func->allocated_stack / BPF_REG_SIZE; i++)
			if (is_spilled_reg(&func->stack[i]))
				collect_one(set, &func->stack[i].spilled_ptr, id, fr, i, false);
	}
}

/* @reg := @known, or @known plus the constant that lies between them. */
static void sync_one(struct bpf_reg_state *reg, const struct bpf_reg_state *known)
{
	bool at_distance = (reg->id | known->id) & BPF_ADD_CONST && reg->off != known->off;
	struct bpf_reg_state delta = { .type = SCALAR_VALUE };
	s32 subreg_def = reg->subreg_def, off = reg->off;
	u32 id = reg->id;

	if (!at_distance) {
		copy_register_state(reg, known);
		reg->subreg_def = subreg_def;
		return;
	}
	vrf_mark_reg_known(&delta, (s64)off - known->off);
	copy_register_state(reg, known);
	reg->off = off;
	reg->id = id;
	reg->subreg_def = subreg_def;
	vrf_scalar_add(reg, &delta);
}

static void sync_linked_regs(struct bpf_verifier_state *vstate, const struct bpf_reg_state *known,
			     const struct linked_regs *set)
{
	for (u32 i = 0; i < set->cnt; i++) {
		const struct linked_reg *e = &set->entries[i];
		struct bpf_func_state *func = vstate->frame[e->frameno];
		struct bpf_reg_state *reg = e->is_reg ? &func->regs[e->where]
						      : &func->stack[e->where].spilled_ptr;

		if (reg->type != SCALAR_VALUE || reg == known ||
		    ((reg->id ^ known->id) & ~BPF_ADD_CONST))
			continue;
		sync_one(reg, known);
	}
}

/* ---- NULL ---- */

void vrf_mark_ptr_not_null_reg(struct bpf_reg_state *reg)
{
	const struct bpf_map *map = reg->map_ptr, *inner;

	if (base_type(reg->type) != PTR_TO_MAP_VALUE) {
		reg->type &= ~PTR_MAYBE_NULL;
		return;
	}
	inner = map->inner_map_meta;
	if (inner) {
		reg->type = CONST_PTR_TO_MAP;
		reg->map_ptr = map->inner_map_meta;
		/* each look-up gives an inner map of its own; timers must not cross */
		if (inner->record && (inner->record->field_mask & (BPF_TIMER | BPF_WORKQUEUE)))
			reg->map_uid = reg->id;
	} else if (map->map_type == BPF_MAP_TYPE_XSKMAP) {
		reg->type = PTR_TO_XDP_SOCK;
	} else if (map->map_type == BPF_MAP_TYPE_SOCKMAP ||
		   map->map_type == BPF_MAP_TYPE_SOCKHASH) {
		reg->type = PTR_TO_SOCKET;
	} else {
		reg->type = PTR_TO_MAP_VALUE;
	}
}

static void mark_ptr_or_null_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 id,
				 bool is_null)
{
	if (!type_may_be_null(reg->type) || reg->id != id || (!reg->id && !is_rcu_reg(reg)))
		return;
	/* arithmetic on it was not possible yet */
	if (reg->smin_value || reg->smax_value || !tnum_equals_const(reg->var_off, 0))
		return;
	if (reg->off && !type_is_ptr_alloc_obj(reg->type))
		return;
	if (is_null) {
		reg->type = SCALAR_VALUE;
		reg->id = 0;
		reg->ref_obj_id = 0;
		reg->ctx_arg = 0;
		return;
	}
	vrf_mark_ptr_not_null_reg(reg);
	/* with a lock inside, the id tells objects apart; else it has served its purpose */
	if (!reg_may_point_to_spin_lock(env, reg))
		reg->id = 0;
}

static void mark_ptr_or_null_regs(struct bpf_verifier_env *env, struct bpf_verifier_state *vstate,
				  u32 regno, bool is_null)
{
	struct bpf_func_state *func = vstate->frame[vstate->curframe];
	u32 ref_obj_id = func->regs[regno].ref_obj_id, id = func->regs[regno].id;
	struct bpf_reg_state *reg;

	/* NULL was not acquired; nobody can have released it before this check */
	if (ref_obj_id && ref_obj_id == id && is_null)
		vrf_release_reference_state(func, id);
	bpf_for_each_reg_in_vstate(vstate, func, reg,
				   mark_ptr_or_null_reg(env, reg, id, is_null));
}

/* Two pointers are equal and one is not NULL: neither is the other. */
static void equal_pointers(struct bpf_reg_state *eq_regs, const struct bpf_insn *insn,
			   const struct bpf_reg_state *dst, const struct bpf_reg_state *src)
{
	bool src_maybe = type_may_be_null(src->type), dst_maybe = type_may_be_null(dst->type);
	bool dst_safe = vrf_reg_not_null(dst), src_safe = vrf_reg_not_null(src);

	if (dst_safe && src_maybe)
		vrf_mark_ptr_not_null_reg(&eq_regs[insn->src_reg]);
	if (src_safe && dst_maybe)
		vrf_mark_ptr_not_null_reg(&eq_regs[insn->dst_reg]);
}

static bool both_plain_pointers(const struct bpf_reg_state *a, const struct bpf_reg_state *b)
{
	return a->type != SCALAR_VALUE && b->type != SCALAR_VALUE &&
	       base_type(a->type) != PTR_TO_BTF_ID && base_type(b->type) != PTR_TO_BTF_ID;
}

/*
 * On the path where two kernel objects are one, what is known of where one came
 * from is known of the other.
 */
static void same_object(struct bpf_reg_state *eq_regs, const struct bpf_insn *insn)
{
	struct bpf_reg_state *a = &eq_regs[insn->dst_reg], *b = &eq_regs[insn->src_reg];

	if (base_type(a->type) != PTR_TO_BTF_ID || base_type(b->type) != PTR_TO_BTF_ID ||
	    a->off || b->off || !tnum_equals_const(a->var_off, 0) ||
	    !tnum_equals_const(b->var_off, 0) || a->btf != b->btf || a->btf_id != b->btf_id)
		return;
	if (!a->ctx_arg)
		a->ctx_arg = b->ctx_arg;
	else if (!b->ctx_arg)
		b->ctx_arg = a->ctx_arg;
}

/* ---- the instruction ---- */

/* One path leaves the loop, the other goes round again: what changed and is not precise is forgotten. */
static int check_may_goto(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx)
{
	struct bpf_verifier_state *queued, *prev;
	int err;

	if (insn->code != (BPF_JMP | BPF_JCOND) || insn->src_reg != BPF_MAY_GOTO || insn->dst_reg ||
	    insn->imm || insn->off == 0) {
		verbose(env, "invalid may_goto off %d imm %d\n", insn->off, insn->imm);
		return -EINVAL;
	}
	prev = vrf_find_prev_entry(env, env->cur_state->parent, *insn_idx);
	queued = vrf_push_stack(env, *insn_idx + 1, *insn_idx, false, &err);
	if (!queued)
		return err;
	queued->may_goto_depth++;
	if (prev)
		vrf_widen_imprecise_scalars(env, prev, queued);
	*insn_idx += insn->off;
	return 0;
}

static int check_operands(struct bpf_verifier_env *env, struct bpf_insn *insn,
			  struct bpf_reg_state **src)
{
	struct bpf_reg_state *dst = reg_state(env, insn->dst_reg);
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	int err;

	/* the order in which Linux complains */
	err = vrf_check_reg_arg(env, insn->dst_reg, SRC_OP);
	if (err)
		return err;
	if (from_reg ? insn->imm != 0 : insn->src_reg != BPF_REG_0) {
		verbose(env, "BPF_JMP/JMP32 uses reserved fields\n");
		return -EINVAL;
	}
	if (!from_reg) {
		*src = &env->fake_reg[0];
		memset(*src, 0, sizeof(**src));
		(*src)->type = SCALAR_VALUE;
		vrf_mark_reg_known(*src, (u64)(s64)insn->imm);
		return 0;
	}
	err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (err)
		return err;
	*src = reg_state(env, insn->src_reg);
	if (is_pointer_value(env, insn->src_reg) &&
	    !((type_is_pkt_pointer(dst->type) || dst->type == PTR_TO_PACKET_END) &&
	      (type_is_pkt_pointer((*src)->type) || (*src)->type == PTR_TO_PACKET_END))) {
		verbose(env, "R%d pointer comparison prohibited\n", insn->src_reg);
		return -EACCES;
	}
	return 0;
}

static void print_state(struct bpf_verifier_env *env)
{
	if (env->log.level & BPF_LOG_LEVEL)
		vrf_print_insn_state(env, cur_func(env));
}

/* The outcome is certain; it is so because of these values. */
static int follow(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx,
		  const struct bpf_reg_state *dst, const struct bpf_reg_state *src, bool taken)
{
	int target = *insn_idx + insn->off + 1, next = *insn_idx + 1;
	int err = 0;

	if (dst->type == SCALAR_VALUE)
		err = vrf_mark_chain_precision(env, insn->dst_reg);
	if (!err && BPF_SRC(insn->code) == BPF_X && src->type == SCALAR_VALUE)
		err = vrf_mark_chain_precision(env, insn->src_reg);
	if (err)
		return err;
	if (!env->bypass_spec_v1) {
		err = vrf_sanitize_speculative_path(env, insn, taken ? next : target, *insn_idx);
		if (err)
			return err;
	}
	print_state(env);
	if (taken)
		*insn_idx += insn->off;
	return 0;
}

static int learn(struct bpf_verifier_env *env, struct bpf_insn *insn,
		 struct bpf_verifier_state *other, struct bpf_reg_state *dst,
		 struct bpf_reg_state *src, const struct linked_regs *linked)
{
	struct bpf_reg_state *other_regs = other->frame[other->curframe]->regs;
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	struct bpf_reg_state *other_dst = &other_regs[insn->dst_reg], *other_src;
	int err;

	if (from_reg) {
		other_src = &other_regs[insn->src_reg];
	} else {
		env->fake_reg[1] = env->fake_reg[0];
		other_src = &env->fake_reg[0];
		src = &env->fake_reg[1];
	}
	err = vrf_reg_set_min_max(env, other_dst, other_src, dst, src, BPF_OP(insn->code),
				  BPF_CLASS(insn->code) == BPF_JMP32);
	if (err)
		return err;
	if (from_reg && src->type == SCALAR_VALUE && src->id && src->id == other_src->id) {
		sync_linked_regs(env->cur_state, src, linked);
		sync_linked_regs(other, other_src, linked);
	}
	if (dst->type == SCALAR_VALUE && dst->id && dst->id == other_dst->id) {
		sync_linked_regs(env->cur_state, dst, linked);
		sync_linked_regs(other, other_dst, linked);
	}
	return 0;
}

static int learn_about_pointers(struct bpf_verifier_env *env, struct bpf_insn *insn,
				struct bpf_verifier_state *other)
{
	struct bpf_verifier_state *this = env->cur_state;
	struct bpf_reg_state *regs = cur_regs(env), *dst = &regs[insn->dst_reg];
	struct bpf_reg_state *src = &regs[insn->src_reg];
	u8 opcode = BPF_OP(insn->code);
	bool from_reg = BPF_SRC(insn->code) == BPF_X;
	bool equality = BPF_CLASS(insn->code) == BPF_JMP && (opcode == BPF_JEQ || opcode == BPF_JNE);

	struct bpf_reg_state *eq_regs;

	eq_regs = opcode == BPF_JEQ ? other->frame[other->curframe]->regs : regs;
	if (equality && from_reg && both_plain_pointers(dst, src))
		equal_pointers(eq_regs, insn, dst, src);
	else if (equality && from_reg)
		same_object(eq_regs, insn);
	if (equality && !from_reg && insn->imm == 0 && type_may_be_null(dst->type)) {
		mark_ptr_or_null_regs(env, this, insn->dst_reg, opcode == BPF_JNE);
		mark_ptr_or_null_regs(env, other, insn->dst_reg, opcode == BPF_JEQ);
		return 0;
	}
	if (!vrf_try_match_pkt_pointers(insn, dst, src, this, other) &&
	    is_pointer_value(env, insn->dst_reg)) {
		verbose(env, "R%d pointer comparison prohibited\n", insn->dst_reg);
		return -EACCES;
	}
	return 0;
}

static int note_stack_operands(struct bpf_verifier_env *env, const struct bpf_reg_state *dst,
			       const struct bpf_reg_state *src)
{
	int flags = (src->type == PTR_TO_STACK ? INSN_F_SRC_REG_STACK : 0) |
		    (dst->type == PTR_TO_STACK ? INSN_F_DST_REG_STACK : 0);

	return flags ? vrf_push_insn_history(env, env->cur_state, flags, 0) : 0;
}

int vrf_check_cond_jmp_op(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx)
{
	u8 opcode = BPF_OP(insn->code);
	struct linked_regs linked = { 0 };
	struct bpf_verifier_state *other;
	struct bpf_reg_state *dst, *src;
	int err, taken;

	if (opcode == BPF_JA || opcode > BPF_JCOND) {
		verbose(env, "invalid BPF_JMP/JMP32 opcode %x\n", opcode);
		return -EINVAL;
	}
	if (opcode == BPF_JCOND)
		return check_may_goto(env, insn, insn_idx);
	err = check_operands(env, insn, &src);
	if (err)
		return err;
	dst = reg_state(env, insn->dst_reg);
	err = note_stack_operands(env, dst, src);
	if (err)
		return err;
	taken = vrf_is_branch_taken(dst, src, opcode, BPF_CLASS(insn->code) == BPF_JMP32);
	if (taken >= 0)
		return follow(env, insn, insn_idx, dst, src, taken);

	/* in the history before the paths part, so that both share it */
	if (BPF_SRC(insn->code) == BPF_X && src->type == SCALAR_VALUE && src->id)
		collect_linked_regs(env->cur_state, src->id, &linked);
	if (dst->type == SCALAR_VALUE && dst->id)
		collect_linked_regs(env->cur_state, dst->id, &linked);
	if (linked.cnt > 1) {
		err = vrf_push_insn_history(env, env->cur_state, 0, linked_regs_pack(&linked));
		if (err)
			return err;
	}
	other = vrf_push_stack(env, *insn_idx + insn->off + 1, *insn_idx, false, &err);
	if (!other)
		return err;
	err = learn(env, insn, other, dst, src, &linked);
	if (!err)
		err = learn_about_pointers(env, insn, other);
	if (err)
		return err;
	print_state(env);
	return 0;
}
