/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * struct bpf_dynptr: an opaque object of two stack slots (spi and spi - 1) that
 * stands for memory whose size is known at run time only. It is made and
 * changed by helpers and kfuncs alone; a plain write destroys it.
 */
#include "verifier/calls.h"

/* Also for iterators: where on the stack the object lies. -ERANGE: not allocated yet. */
int vrf_stack_slot_obj_get_spi(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			       const char *kind, int nr_slots)
{
	int off, spi;

	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "%s has to be at a constant offset\n", kind);
		return -EINVAL;
	}
	off = reg->off + reg->var_off.value;
	spi = __get_spi(off);
	if (off % BPF_REG_SIZE || spi + 1 < nr_slots) {
		verbose(env, "cannot pass in %s at an offset=%d\n", kind, off);
		return -EINVAL;
	}
	return is_spi_bounds_valid(vrf_func(env, reg), spi, nr_slots) ? spi : -ERANGE;
}

int vrf_dynptr_get_spi(struct bpf_verifier_env *env, const struct bpf_reg_state *reg)
{
	return vrf_stack_slot_obj_get_spi(env, reg, "dynptr", BPF_DYNPTR_NR_SLOTS);
}

static enum bpf_dynptr_type arg_to_dynptr_type(u32 arg_type)
{
	switch (arg_type & DYNPTR_TYPE_FLAG_MASK) {
	case DYNPTR_TYPE_LOCAL:
		return BPF_DYNPTR_TYPE_LOCAL;
	case DYNPTR_TYPE_RINGBUF:
		return BPF_DYNPTR_TYPE_RINGBUF;
	case DYNPTR_TYPE_SKB:
		return BPF_DYNPTR_TYPE_SKB;
	case DYNPTR_TYPE_XDP:
		return BPF_DYNPTR_TYPE_XDP;
	default:
		return BPF_DYNPTR_TYPE_INVALID;
	}
}

u32 vrf_dynptr_type_flag(enum bpf_dynptr_type type)
{
	switch (type) {
	case BPF_DYNPTR_TYPE_LOCAL:
		return DYNPTR_TYPE_LOCAL;
	case BPF_DYNPTR_TYPE_RINGBUF:
		return DYNPTR_TYPE_RINGBUF;
	case BPF_DYNPTR_TYPE_SKB:
		return DYNPTR_TYPE_SKB;
	case BPF_DYNPTR_TYPE_XDP:
		return DYNPTR_TYPE_XDP;
	default:
		return 0;
	}
}

bool vrf_dynptr_type_refcounted(enum bpf_dynptr_type type)
{
	return type == BPF_DYNPTR_TYPE_RINGBUF;
}

void vrf_mark_dynptr_reg(struct bpf_reg_state *reg, enum bpf_dynptr_type type, bool first_slot,
			 int dynptr_id)
{
	vrf_mark_reg_known_zero(reg);
	reg->type = CONST_PTR_TO_DYNPTR;
	reg->id = dynptr_id;
	reg->dynptr.type = type;
	reg->dynptr.first_slot = first_slot;
}

/* Both slots are nothing any more. */
static void forget_slots(struct bpf_verifier_env *env, struct bpf_func_state *f, int spi)
{
	int i;

	for (i = spi - 1; i <= spi; i++) {
		memset(f->stack[i].slot_type, STACK_INVALID, BPF_REG_SIZE);
		vrf_mark_reg_not_init(env, &f->stack[i].spilled_ptr);
		/* Later reads of the bytes are none of what was there before. */
		f->stack[i].spilled_ptr.live |= REG_LIVE_WRITTEN;
	}
}

int vrf_destroy_if_dynptr_stack_slot(struct bpf_verifier_env *env, struct bpf_func_state *f, int spi)
{
	struct bpf_func_state *g __unused;
	struct bpf_reg_state *reg;
	u32 id;

	if (f->stack[spi].slot_type[0] != STACK_DYNPTR)
		return 0;
	if (!f->stack[spi].spilled_ptr.dynptr.first_slot)
		spi++;
	if (vrf_dynptr_type_refcounted(f->stack[spi].spilled_ptr.dynptr.type)) {
		verbose(env, "cannot overwrite referenced dynptr\n");
		return -EINVAL;
	}
	mark_stack_slot_scratched(env, spi);
	mark_stack_slot_scratched(env, spi - 1);
	id = f->stack[spi].spilled_ptr.id;
	/* Slices die with it. */
	bpf_for_each_reg_in_vstate(env->cur_state, g, reg, ({
		if (base_type(reg->type) == PTR_TO_MEM && !(type_flag(reg->type) & ~PTR_MAYBE_NULL) &&
		    reg->dynptr_id == id)
			mark_reg_invalid(env, reg);
	}));
	forget_slots(env, f, spi);
	return 0;
}

static int mark_stack_slots_dynptr(struct bpf_verifier_env *env, struct bpf_reg_state *reg,
				   u32 arg_type, int insn_idx, int clone_ref_obj_id)
{
	enum bpf_dynptr_type type = arg_to_dynptr_type(arg_type);
	struct bpf_func_state *f = vrf_func(env, reg);
	int spi, id, ref = 0, i, err;

	spi = vrf_dynptr_get_spi(env, reg);
	if (spi < 0)
		return spi;
	/* The slots may belong to two different old dynptrs. */
	err = vrf_destroy_if_dynptr_stack_slot(env, f, spi);
	if (!err)
		err = vrf_destroy_if_dynptr_stack_slot(env, f, spi - 1);
	if (err)
		return err;
	if (type == BPF_DYNPTR_TYPE_INVALID)
		return -EINVAL;
	if (vrf_dynptr_type_refcounted(type)) {
		ref = clone_ref_obj_id ? clone_ref_obj_id :
					 vrf_acquire_reference_state(env, insn_idx);
		if (ref < 0)
			return ref;
	}
	id = ++env->id_gen;
	for (i = spi - 1; i <= spi; i++) {
		struct bpf_reg_state *sreg = &f->stack[i].spilled_ptr;

		memset(f->stack[i].slot_type, STACK_DYNPTR, BPF_REG_SIZE);
		vrf_mark_dynptr_reg(sreg, type, i == spi, id);
		sreg->ref_obj_id = ref;
		sreg->live |= REG_LIVE_WRITTEN;
	}
	return 0;
}

/* ringbuf_submit_dynptr() and the like: the object, its clones and slices are gone. */
int vrf_unmark_stack_slots_dynptr(struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	struct bpf_func_state *f = vrf_func(env, reg);
	int spi = vrf_dynptr_get_spi(env, reg), i;
	u32 ref;

	if (spi < 0)
		return spi;
	if (!vrf_dynptr_type_refcounted(f->stack[spi].spilled_ptr.dynptr.type)) {
		forget_slots(env, f, spi);
		return 0;
	}
	ref = f->stack[spi].spilled_ptr.ref_obj_id;
	vrf_release_reference(env, ref);
	for (i = 1; i < f->allocated_stack / BPF_REG_SIZE; i++) {
		struct bpf_stack_state *slot = &f->stack[i];

		if (slot->spilled_ptr.ref_obj_id != ref)
			continue;
		if (slot->slot_type[0] != STACK_DYNPTR) {
			verbose(env, "verifier internal error: misconfigured ref_obj_id\n");
			return -EFAULT;
		}
		if (slot->spilled_ptr.dynptr.first_slot)
			forget_slots(env, f, i);
	}
	return 0;
}

/* The register that tells about the dynptr: itself, or the stack slot it points at. NULL: none. */
static const struct bpf_reg_state *dynptr_state(struct bpf_verifier_env *env,
						const struct bpf_reg_state *reg)
{
	int spi;

	if (reg->type == CONST_PTR_TO_DYNPTR)
		return reg;
	spi = vrf_dynptr_get_spi(env, reg);
	return spi < 0 ? NULL : &vrf_func(env, reg)->stack[spi].spilled_ptr;
}

int vrf_dynptr_id(struct bpf_verifier_env *env, const struct bpf_reg_state *reg)
{
	const struct bpf_reg_state *d = dynptr_state(env, reg);

	return d ? (int)d->id : -EINVAL;
}

int vrf_dynptr_ref_obj_id(struct bpf_verifier_env *env, const struct bpf_reg_state *reg)
{
	const struct bpf_reg_state *d = dynptr_state(env, reg);

	return d ? (int)d->ref_obj_id : -EINVAL;
}

enum bpf_dynptr_type vrf_dynptr_get_type(struct bpf_verifier_env *env,
					 const struct bpf_reg_state *reg)
{
	const struct bpf_reg_state *d = dynptr_state(env, reg);

	return d ? d->dynptr.type : BPF_DYNPTR_TYPE_INVALID;
}

static bool valid_init(struct bpf_verifier_env *env, const struct bpf_reg_state *reg)
{
	const struct bpf_func_state *f;
	int spi, i;

	if (reg->type == CONST_PTR_TO_DYNPTR)
		return true;
	f = vrf_func(env, reg);
	spi = vrf_dynptr_get_spi(env, reg);
	if (spi < 0 || !f->stack[spi].spilled_ptr.dynptr.first_slot)
		return false;
	for (i = 0; i < BPF_REG_SIZE; i++)
		if (f->stack[spi].slot_type[i] != STACK_DYNPTR ||
		    f->stack[spi - 1].slot_type[i] != STACK_DYNPTR)
			return false;
	return true;
}

static int mark_dynptr_read(struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	struct bpf_func_state *f = vrf_func(env, reg);
	int spi, i, err = 0;

	if (reg->type == CONST_PTR_TO_DYNPTR)
		return 0;
	spi = vrf_dynptr_get_spi(env, reg);
	if (spi < 0)
		return spi;
	for (i = spi; !err && i >= spi - 1; i--) {
		struct bpf_reg_state *r = &f->stack[i].spilled_ptr;

		err = vrf_mark_reg_read(env, r, r->parent, REG_LIVE_READ64);
	}
	return err;
}

/* MEM_UNINIT: a place for a new dynptr. */
static int new_dynptr(struct bpf_verifier_env *env, int regno, int insn_idx, u32 arg_type,
		      int clone_ref_obj_id)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	int spi = -EINVAL, i, err;

	if (reg->type != CONST_PTR_TO_DYNPTR)
		spi = vrf_dynptr_get_spi(env, reg);
	if (spi < 0 && spi != -ERANGE) {
		verbose(env, "Dynptr has to be an uninitialized dynptr\n");
		return -EINVAL;
	}
	for (i = 0; i < BPF_DYNPTR_NR_SLOTS * BPF_REG_SIZE; i += BPF_REG_SIZE) {
		err = vrf_check_mem_access(env, insn_idx, regno, i, BPF_DW, BPF_WRITE, -1, false,
					   false);
		if (err)
			return err;
	}
	return mark_stack_slots_dynptr(env, reg, arg_type, insn_idx, clone_ref_obj_id);
}

int vrf_process_dynptr_func(struct bpf_verifier_env *env, int regno, int insn_idx, u32 arg_type,
			    int clone_ref_obj_id)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	enum bpf_dynptr_type want = arg_to_dynptr_type(arg_type);

	if (reg->type != PTR_TO_STACK && reg->type != CONST_PTR_TO_DYNPTR) {
		verbose(env, "arg#%d expected pointer to stack or const struct bpf_dynptr\n",
			regno - 1);
		return -EINVAL;
	}
	if (arg_type & MEM_UNINIT)
		return new_dynptr(env, regno, insn_idx, arg_type, clone_ref_obj_id);

	if (reg->type == CONST_PTR_TO_DYNPTR && !(arg_type & MEM_RDONLY)) {
		verbose(env, "cannot pass pointer to const bpf_dynptr, the helper mutates it\n");
		return -EINVAL;
	}
	if (!valid_init(env, reg)) {
		verbose(env, "Expected an initialized dynptr as arg #%d\n", regno - 1);
		return -EINVAL;
	}
	if ((arg_type & DYNPTR_TYPE_FLAG_MASK) && vrf_dynptr_get_type(env, reg) != want) {
		verbose(env, "Expected a dynptr of type %s as arg #%d\n", vrf_dynptr_type_str(want),
			regno - 1);
		return -EINVAL;
	}
	return mark_dynptr_read(env, reg);
}

/* What kind of dynptr argument this kfunc makes or takes. 0: the call is inconsistent. */
u32 vrf_kfunc_dynptr_arg_type(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta,
			      const struct bpf_reg_state *reg, bool uninit, int *clone_ref_obj_id)
{
	enum bpf_dynptr_type parent = meta->initialized_dynptr.type;
	u32 type = ARG_PTR_TO_DYNPTR;

	*clone_ref_obj_id = 0;
	if (reg->type == CONST_PTR_TO_DYNPTR)
		type |= MEM_RDONLY;
	if (!uninit)
		return type;
	type |= MEM_UNINIT;
	if (meta->special == KF_bpf_dynptr_from_skb)
		return type | DYNPTR_TYPE_SKB;
	if (meta->special == KF_bpf_dynptr_from_xdp)
		return type | DYNPTR_TYPE_XDP;
	if (meta->special != KF_bpf_dynptr_clone)
		return type;
	*clone_ref_obj_id = meta->initialized_dynptr.ref_obj_id;
	if (parent == BPF_DYNPTR_TYPE_INVALID ||
	    (vrf_dynptr_type_refcounted(parent) && !*clone_ref_obj_id)) {
		verbose(env, "verifier internal error: no dynptr type for parent of clone\n");
		return 0;
	}
	return type | vrf_dynptr_type_flag(parent);
}
