/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Open-coded iterators: bpf_iter_NAME_new(), _next() until NULL, _destroy().
 *
 * The iterator's struct lies on the stack; its slots are STACK_ITER from new to
 * destroy, and the first one holds a reference. next() is a fork: on one path
 * it has returned NULL and the iterator is drained for good, on the other it
 * has returned an element and the loop body is checked again. The second path
 * starts with what does not matter forgotten (widened), so that a few rounds
 * reach a state that was seen before.
 */
#include "verifier/btf_walk.h"
#include "verifier/calls.h"

static const char prefix[] = "bpf_iter_";

/* BTF id of the struct bpf_iter_NAME that argument @arg points at; < 0: it does not. */
static int iter_arg_id(const struct bpf_kfunc_call_arg_meta *meta, int arg)
{
	const struct btf_type *t;
	const char *name;
	u32 id;

	if (arg >= (int)kbtf_vlen(meta->func_proto))
		return -EINVAL;
	t = kbtf_resolve_ptr(meta->btf, kbtf_params(meta->func_proto)[arg].type, &id);
	if (!t || kbtf_kind(t) != BTF_KIND_STRUCT)
		return -EINVAL;
	name = kbtf_name(meta->btf, t->name_off);
	if (!name || strncmp(name, prefix, sizeof(prefix) - 1) || !t->size || t->size % 8)
		return -EINVAL;
	return id;
}

static int get_spi(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int nr_slots)
{
	return vrf_stack_slot_obj_get_spi(env, reg, "iter", nr_slots);
}

static bool valid_uninit(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int nr_slots)
{
	const struct bpf_func_state *f = vrf_func(env, reg);
	int spi = get_spi(env, reg, nr_slots), i, j;

	if (spi == -ERANGE)
		return true; /* the write below will allocate it */
	if (spi < 0)
		return false;
	for (i = spi; i > spi - nr_slots; i--)
		for (j = 0; j < BPF_REG_SIZE; j++)
			if (f->stack[i].slot_type[j] == STACK_ITER)
				return false;
	return true;
}

/* The slot if @reg points at a live iterator of that type; -EPROTO: outside of its RCU section. */
static int valid_init(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
		      const struct kbtf *btf, u32 id, int nr_slots)
{
	const struct bpf_func_state *f = vrf_func(env, reg);
	int spi = get_spi(env, reg, nr_slots), i, j;

	if (spi < 0)
		return -EINVAL;
	for (i = 0; i < nr_slots; i++) {
		const struct bpf_stack_state *slot = &f->stack[spi - i];
		const struct bpf_reg_state *st = &slot->spilled_ptr;

		if (st->type & PTR_UNTRUSTED)
			return -EPROTO;
		/* only the first slot has the reference */
		if ((i == 0) != (st->ref_obj_id != 0))
			return -EINVAL;
		if (st->iter.btf != btf || st->iter.btf_id != id)
			return -EINVAL;
		for (j = 0; j < BPF_REG_SIZE; j++)
			if (slot->slot_type[j] != STACK_ITER)
				return -EINVAL;
	}
	return spi;
}

static int make_iter(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta,
		     int regno, int insn_idx, u32 id, int nr_slots)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct bpf_func_state *f = vrf_func(env, reg);
	int spi, ref, i, err;
	u32 flag = 0;

	for (i = 0; i < nr_slots * BPF_REG_SIZE; i += BPF_REG_SIZE) {
		err = vrf_check_mem_access(env, insn_idx, regno, i, BPF_DW, BPF_WRITE, -1, false,
					   false);
		if (err)
			return err;
	}
	spi = get_spi(env, reg, nr_slots);
	if (spi < 0)
		return spi;
	ref = vrf_acquire_reference_state(env, insn_idx);
	if (ref < 0)
		return ref;
	if (meta->flags & KF_RCU_PROTECTED)
		flag = in_rcu_cs(env) ? MEM_RCU : PTR_UNTRUSTED;
	for (i = 0; i < nr_slots; i++) {
		struct bpf_stack_state *slot = &f->stack[spi - i];
		struct bpf_reg_state *st = &slot->spilled_ptr;

		vrf_mark_reg_known_zero(st);
		st->type = PTR_TO_STACK | flag; /* there is no type for it */
		st->live |= REG_LIVE_WRITTEN;
		st->ref_obj_id = i == 0 ? ref : 0;
		st->iter.btf = meta->btf;
		st->iter.btf_id = id;
		st->iter.state = BPF_ITER_STATE_ACTIVE;
		st->iter.depth = 0;
		memset(slot->slot_type, STACK_ITER, BPF_REG_SIZE);
		mark_stack_slot_scratched(env, spi - i);
	}
	return 0;
}

static int unmake_iter(struct bpf_verifier_env *env, struct bpf_func_state *f, int spi,
		       int nr_slots)
{
	int i, err;

	err = vrf_release_reference(env, f->stack[spi].spilled_ptr.ref_obj_id);
	if (err)
		return err;
	for (i = spi; i > spi - nr_slots; i--) {
		vrf_mark_reg_not_init(env, &f->stack[i].spilled_ptr);
		f->stack[i].spilled_ptr.live |= REG_LIVE_WRITTEN;
		memset(f->stack[i].slot_type, STACK_INVALID, BPF_REG_SIZE);
		mark_stack_slot_scratched(env, i);
	}
	return 0;
}

static int use_iter(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta, int regno,
		    u32 id, int nr_slots)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct bpf_func_state *f = vrf_func(env, reg);
	int spi, i, err;

	spi = valid_init(env, reg, meta->btf, id, nr_slots);
	if (spi == -EINVAL)
		verbose(env, "expected an initialized iter_%s as arg #%d\n",
			vrf_iter_type_str(meta->btf, id), regno - 1);
	else if (spi == -EPROTO)
		verbose(env, "expected an RCU CS when using %s\n", meta->func_name);
	if (spi < 0)
		return spi;
	for (i = spi; i > spi - nr_slots; i--) {
		struct bpf_reg_state *st = &f->stack[i].spilled_ptr;

		err = vrf_mark_reg_read(env, st, st->parent, REG_LIVE_READ64);
		if (err)
			return err;
		mark_stack_slot_scratched(env, i);
	}
	meta->iter.spi = spi;
	meta->iter.frameno = reg->frameno;
	meta->ref_obj_id = f->stack[spi].spilled_ptr.ref_obj_id;
	if (meta->flags & KF_ITER_DESTROY)
		return unmake_iter(env, f, spi, nr_slots);
	return 0;
}

int vrf_process_iter_arg(struct bpf_verifier_env *env, int regno, int insn_idx,
			 struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	int id, nr_slots;

	if (reg->type != PTR_TO_STACK) {
		verbose(env, "arg#%d expected pointer to an iterator on stack\n", regno - 1);
		return -EINVAL;
	}
	id = iter_arg_id(meta, regno - 1);
	if (id < 0) {
		verbose(env, "expected valid iter pointer as arg #%d\n", regno - 1);
		return -EINVAL;
	}
	nr_slots = kbtf_type(meta->btf, id)->size / BPF_REG_SIZE;
	if (!(meta->flags & KF_ITER_NEW))
		return use_iter(env, meta, regno, id, nr_slots);
	if (!valid_uninit(env, reg, nr_slots)) {
		verbose(env, "expected uninitialized iter_%s as arg #%d\n",
			vrf_iter_type_str(meta->btf, id), regno - 1);
		return -EINVAL;
	}
	return make_iter(env, meta, regno, insn_idx, id, nr_slots);
}

static struct bpf_reg_state *iter_slot(struct bpf_verifier_state *st,
				       const struct bpf_kfunc_call_arg_meta *meta)
{
	return &st->frame[meta->iter.frameno]->stack[meta->iter.spi].spilled_ptr;
}

/* The path on which next() returned an element. */
static int fork_active(struct bpf_verifier_env *env, int insn_idx,
		       const struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_verifier_state *cur = env->cur_state, *queued, *prev;
	struct bpf_reg_state *it;
	int err = 0;

	/* Every next() call is a checkpoint: the parent is the state right before it. */
	if (!cur->parent || cur->parent->insn_idx != (u32)insn_idx) {
		verbose(env, "bug: bad parent state for iter next call");
		return -EFAULT;
	}
	prev = vrf_find_prev_entry(env, cur->parent, insn_idx);
	queued = vrf_push_stack(env, insn_idx + 1, insn_idx, false, &err);
	if (!queued)
		return err;
	it = iter_slot(queued, meta);
	it->iter.state = BPF_ITER_STATE_ACTIVE;
	it->iter.depth++;
	if (prev) {
		err = vrf_widen_imprecise_scalars(env, prev, queued);
		if (err)
			return err;
	}
	vrf_mark_ptr_not_null_reg(&queued->frame[queued->curframe]->regs[BPF_REG_0]);
	return 0;
}

int vrf_process_iter_next_call(struct bpf_verifier_env *env, int insn_idx,
			       struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_reg_state *it = iter_slot(env->cur_state, meta);
	int err;

	if (it->iter.state != BPF_ITER_STATE_ACTIVE && it->iter.state != BPF_ITER_STATE_DRAINED) {
		verbose(env, "verifier internal error: unexpected iterator state %d (%s)\n",
			it->iter.state, vrf_iter_state_str(it->iter.state));
		return -EFAULT;
	}
	if (it->iter.state == BPF_ITER_STATE_ACTIVE) {
		err = fork_active(env, insn_idx, meta);
		if (err)
			return err;
	}
	it->iter.state = BPF_ITER_STATE_DRAINED;
	vrf_mark_reg_const_zero(env, reg_state(env, BPF_REG_0));
	return 0;
}

struct bpf_reg_state *vrf_get_iter_from_state(struct bpf_verifier_env *env,
					      struct bpf_verifier_state *st, int insn_idx)
{
	struct bpf_reg_state *arg = &st->frame[st->curframe]->regs[BPF_REG_1];
	struct bpf_func_state *f;
	int spi;

	if (!vrf_is_iter_next_insn(env, &env->insns[insn_idx]) || arg->type != PTR_TO_STACK ||
	    !tnum_is_const(arg->var_off))
		return NULL;
	f = st->frame[arg->frameno];
	spi = __get_spi(arg->off + arg->var_off.value);
	if (!is_spi_bounds_valid(f, spi, 1) || f->stack[spi].slot_type[0] != STACK_ITER)
		return NULL;
	return &f->stack[spi].spilled_ptr;
}
