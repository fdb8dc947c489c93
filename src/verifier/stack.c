/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Loads and stores through PTR_TO_STACK.
 *
 * The stack is tracked in slots of 8 bytes. A slot either remembers the whole
 * register that was spilled to it, or just a kind for each byte. The byte at
 * fp+off is slot_type[(-off - 1) % 8] of slot (-off - 1) / 8.
 *
 * Offsets that are not constant make every byte of their range a candidate: a
 * store may have hit each of them, a load may have read each of them.
 */
#include "verifier/mem.h"

struct stack_byte {
	struct bpf_stack_state *slot;
	u8 *kind;
	int spi;
};

static struct stack_byte stack_byte(struct bpf_func_state *f, int off)
{
	int pos = -off - 1;
	struct stack_byte b = { .spi = pos / BPF_REG_SIZE };

	b.slot = &f->stack[b.spi];
	b.kind = &b.slot->slot_type[pos % BPF_REG_SIZE];
	return b;
}

static bool spillable(u32 type)
{
	switch (base_type(type)) {
	case NOT_INIT:
	case SCALAR_VALUE:
	case PTR_TO_TP_BUFFER:
	case CONST_PTR_TO_DYNPTR:
		return false;
	default:
		return true;
	}
}

/* Bits that the value needs at most. */
static int reg_width(const struct bpf_reg_state *reg)
{
	return reg->umax_value ? 64 - __builtin_clzll(reg->umax_value) : 0;
}

static bool is_st_imm(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ST && BPF_MODE(insn->code) == BPF_MEM;
}

/* Whether the instruction (ST) or register (STX) stores zero. */
static bool stores_zero(const struct bpf_insn *insn, const struct bpf_reg_state *value)
{
	return value ? register_is_null(value) : is_st_imm(insn) && insn->imm == 0;
}


/*
 * A subprogram whose calls were found to follow the fastcall pattern keeps
 * those spills below fastcall_stack_off; anybody else who touches that area
 * ends the optimisation.
 */
static void check_fastcall_stack_contract(struct bpf_verifier_env *env, struct bpf_func_state *f,
					  int insn_idx, int off)
{
	struct bpf_subprog_info *sub = &env->subprog_info[f->subprogno];
	struct bpf_insn_aux_data *aux = env->insn_aux_data;
	u32 i;

	if (sub->fastcall_stack_off <= off || aux[insn_idx].fastcall_pattern)
		return;
	sub->fastcall_stack_off = INT16_MIN;
	for (i = sub->start; i < (sub + 1)->start; i++) {
		aux[i].fastcall_spills_num = 0;
		aux[i].fastcall_pattern = false;
	}
}

/* The slot stops being a spilled register (or dynptr, iterator): its bytes are just bytes. */
static void scrub_slot(struct bpf_stack_state *slot)
{
	bool special = is_stack_slot_special(slot);
	int i;

	slot->spilled_ptr.type = NOT_INIT;
	for (i = 0; special && i < BPF_REG_SIZE; i++)
		if (slot->slot_type[i] != STACK_INVALID)
			slot->slot_type[i] = STACK_MISC;
}

static void save_register(struct bpf_stack_state *slot, const struct bpf_reg_state *reg, int size)
{
	int i;

	copy_register_state(&slot->spilled_ptr, reg);
	if (size == BPF_REG_SIZE)
		slot->spilled_ptr.live |= REG_LIVE_WRITTEN;
	for (i = 0; i < BPF_REG_SIZE; i++) {
		u8 *kind = &slot->slot_type[i];

		if (i >= BPF_REG_SIZE - size)
			*kind = STACK_SPILL;
		else if (*kind != STACK_ZERO && *kind != STACK_INVALID)
			*kind = STACK_MISC; /* what was above the narrow spill */
	}
}

/* Data that is no register: marks bytes. */
static int write_bytes(struct bpf_verifier_env *env, struct bpf_func_state *f, int off, int size,
		       int value_regno, bool zero)
{
	struct bpf_stack_state *slot = stack_byte(f, off).slot;
	int i, err;

	scrub_slot(slot);
	/* A partial write must not end the read propagation of the rest. */
	if (size == BPF_REG_SIZE)
		slot->spilled_ptr.live |= REG_LIVE_WRITTEN;
	if (zero && value_regno >= 0) {
		/* The bytes count as zero only because the register was zero. */
		err = vrf_mark_chain_precision(env, value_regno);
		if (err)
			return err;
	}
	for (i = 0; i < size; i++)
		*stack_byte(f, off + i).kind = zero ? STACK_ZERO : STACK_MISC;
	return 0;
}

static int spill_pointer(struct bpf_verifier_env *env, struct bpf_func_state *f, int spi,
			 struct bpf_reg_state *reg, int size, int insn_idx)
{
	if (size != BPF_REG_SIZE) {
		vrf_verbose_linfo(env, insn_idx, "; ");
		verbose(env, "invalid size of register spill\n");
		return -EACCES;
	}
	if (f != cur_func(env) && reg->type == PTR_TO_STACK) {
		verbose(env, "cannot spill pointers to stack into stack frame of the caller\n");
		return -EINVAL;
	}
	save_register(&f->stack[spi], reg, size);
	return 0;
}

static void spill_scalar(struct bpf_verifier_env *env, struct bpf_func_state *f, int spi,
			 struct bpf_reg_state *reg, int size)
{
	bool fits = reg_width(reg) <= size * 8;

	if (fits)
		vrf_assign_scalar_id_before_mov(env, reg);
	save_register(&f->stack[spi], reg, size);
	if (!fits)
		f->stack[spi].spilled_ptr.id = 0;
}

static int write_fixed(struct bpf_verifier_env *env, struct bpf_func_state *f, int off, int size,
		       int value_regno, int insn_idx)
{
	const struct bpf_insn *insn = &env->insns[insn_idx];
	struct stack_byte at = stack_byte(f, off);
	struct bpf_reg_state *reg = value_regno >= 0 ? reg_state(env, value_regno) : NULL;
	bool at_slot = off % BPF_REG_SIZE == 0;
	int err;

	if (!env->allow_ptr_leaks && is_spilled_reg(at.slot) && !is_spilled_scalar_reg(at.slot) &&
	    size != BPF_REG_SIZE) {
		verbose(env, "attempt to corrupt spilled pointer on stack\n");
		return -EACCES;
	}
	err = vrf_destroy_if_dynptr_stack_slot(env, f, at.spi);
	if (err)
		return err;
	check_fastcall_stack_contract(env, f, insn_idx, off);
	mark_stack_slot_scratched(env, at.spi);

	if (reg && at_slot && reg->type == SCALAR_VALUE && env->bpf_capable) {
		spill_scalar(env, f, at.spi, reg, size);
	} else if (!reg && at_slot && is_st_imm(insn) && env->bpf_capable) {
		struct bpf_reg_state imm = { .type = SCALAR_VALUE };

		vrf_mark_reg_known(&imm, insn->imm);
		save_register(at.slot, &imm, size);
	} else if (reg && spillable(reg->type)) {
		err = spill_pointer(env, f, at.spi, reg, size, insn_idx);
		if (err)
			return err;
	} else {
		return write_bytes(env, f, off, size, value_regno, stores_zero(insn, reg));
	}
	return vrf_push_insn_history(env, env->cur_state, insn_stack_access_flags(f->frameno, at.spi), 0);
}

/* One byte that a store at a variable offset may hit. */
static int write_var_byte(struct bpf_verifier_env *env, struct bpf_func_state *f, int off,
			  int insn_idx, bool zero, bool *zero_used)
{
	struct stack_byte b = stack_byte(f, off);
	u8 kind;

	mark_stack_slot_scratched(env, b.spi);
	if (!env->allow_ptr_leaks && *b.kind != STACK_MISC && *b.kind != STACK_ZERO) {
		verbose(env, "spilled ptr in range of var-offset stack write; insn %d, ptr off: %d",
			insn_idx, off);
		return -EINVAL;
	}
	if (zero && *b.kind == STACK_SPILL && is_spilled_scalar_reg(b.slot) &&
	    tnum_equals_const(b.slot->spilled_ptr.var_off, 0)) {
		*zero_used = true; /* zero over zero: nothing changes */
		return 0;
	}
	scrub_slot(b.slot);
	kind = STACK_MISC;
	if (zero && *b.kind == STACK_ZERO) {
		kind = STACK_ZERO;
		*zero_used = true;
	}
	/* It may stay uninitialized: only who may read such bytes may go on. */
	if (*b.kind == STACK_INVALID && !env->allow_uninit_stack) {
		verbose(env, "uninit stack in range of var-offset write prohibited for !root; insn %d, off: %d",
			insn_idx, off);
		return -EINVAL;
	}
	*b.kind = kind;
	return 0;
}

static int write_var(struct bpf_verifier_env *env, struct bpf_func_state *f, int ptr_regno,
		     int off, int size, int value_regno, int insn_idx)
{
	const struct bpf_insn *insn = &env->insns[insn_idx];
	struct bpf_reg_state *ptr = reg_state(env, ptr_regno);
	struct bpf_reg_state *value = value_regno >= 0 ? reg_state(env, value_regno) : NULL;
	int min_off = ptr->smin_value + off, max_off = ptr->smax_value + off + size;
	bool zero = stores_zero(insn, value), zero_used = false;
	int i, err;

	for (i = min_off; i < max_off; i++) {
		err = vrf_destroy_if_dynptr_stack_slot(env, f, __get_spi(i));
		if (err)
			return err;
	}
	check_fastcall_stack_contract(env, f, insn_idx, min_off);
	for (i = min_off; i < max_off; i++) {
		err = write_var_byte(env, f, i, insn_idx, zero, &zero_used);
		if (err)
			return err;
	}
	if (zero_used && value_regno >= 0)
		return vrf_mark_chain_precision(env, value_regno);
	return 0;
}

/* May byte @off of a load of @size at @start be read? */
static int check_readable(struct bpf_verifier_env *env, u8 kind, int start, int i, int size)
{
	if (kind == STACK_MISC || kind == STACK_ZERO ||
	    (kind == STACK_INVALID && env->allow_uninit_stack))
		return 0;
	verbose(env, "invalid read from stack off %d+%d size %d\n", start, i, size);
	return -EACCES;
}

/* The bytes [min_off, max_off) end up in dst: zero if all of them are, else anything. */
static void load_bytes(struct bpf_verifier_env *env, struct bpf_func_state *f, int min_off,
		       int max_off, int dst_regno)
{
	struct bpf_reg_state *dst = reg_state(env, dst_regno);
	bool zero = true;
	int i;

	for (i = min_off; i < max_off && zero; i++) {
		struct stack_byte b = stack_byte(f, i);

		mark_stack_slot_scratched(env, b.spi);
		zero = *b.kind == STACK_ZERO;
	}
	if (zero)
		vrf_mark_reg_const_zero(env, dst);
	else
		mark_reg_unknown(env, cur_regs(env), dst_regno);
	dst->live |= REG_LIVE_WRITTEN;
}

/* Part of a spilled scalar, or a load that is wider than the spill. *flags: for the history. */
static int fill_partial(struct bpf_verifier_env *env, struct bpf_func_state *f, int off, int size,
			int spill_size, int dst_regno, u32 *flags)
{
	struct bpf_reg_state *reg = &stack_byte(f, off).slot->spilled_ptr;
	struct bpf_reg_state *dst = reg_state(env, dst_regno);
	int i, err, spilled = 0, zeros = 0;

	/* Little endian: the low bytes of the spill are at its lowest address. */
	if (size <= spill_size && off % BPF_REG_SIZE == 0) {
		s32 subreg_def = dst->subreg_def;

		copy_register_state(dst, reg);
		dst->subreg_def = subreg_def;
		if (reg_width(reg) > size * 8) { /* narrowing ends the link */
			dst->id = 0;
			dst->off = 0;
		}
		dst->live |= REG_LIVE_WRITTEN;
		return 0;
	}
	for (i = 0; i < size; i++) {
		u8 kind = *stack_byte(f, off + i).kind;

		if (kind == STACK_SPILL) {
			spilled++;
			continue;
		}
		zeros += kind == STACK_ZERO;
		err = check_readable(env, kind, off, i, size);
		if (err)
			return err;
	}
	if (spilled == size && tnum_equals_const(reg->var_off, 0)) {
		vrf_mark_reg_const_zero(env, dst);
	} else {
		if (zeros == size)
			vrf_mark_reg_const_zero(env, dst);
		else
			mark_reg_unknown(env, cur_regs(env), dst_regno);
		*flags = 0; /* the register that was spilled does not come back */
	}
	dst->live |= REG_LIVE_WRITTEN;
	return 0;
}

static int fill(struct bpf_verifier_env *env, struct bpf_func_state *f, int off, int size,
		int dst_regno, u32 *flags)
{
	struct stack_byte at = stack_byte(f, off);
	struct bpf_reg_state *reg = &at.slot->spilled_ptr;
	int spill_size = 1, err;

	while (spill_size < BPF_REG_SIZE &&
	       at.slot->slot_type[BPF_REG_SIZE - 1 - spill_size] == STACK_SPILL)
		spill_size++;

	if (size != BPF_REG_SIZE || spill_size != BPF_REG_SIZE) {
		if (reg->type != SCALAR_VALUE) {
			vrf_verbose_linfo(env, env->insn_idx, "; ");
			verbose(env, "invalid size of register fill\n");
			return -EACCES;
		}
		err = vrf_mark_reg_read(env, reg, reg->parent, REG_LIVE_READ64);
		if (err)
			return err;
		if (dst_regno < 0) {
			*flags = 0;
			return 0;
		}
		return fill_partial(env, f, off, size, spill_size, dst_regno, flags);
	}
	if (dst_regno >= 0) {
		struct bpf_reg_state *dst = reg_state(env, dst_regno);

		copy_register_state(dst, reg);
		dst->live |= REG_LIVE_WRITTEN;
	} else if (__is_pointer_value(env->allow_ptr_leaks, reg)) {
		/* The caller will use the value as a number. */
		verbose(env, "leaking pointer from stack off %d\n", off);
		return -EACCES;
	}
	return vrf_mark_reg_read(env, reg, reg->parent, REG_LIVE_READ64);
}

static int read_fixed(struct bpf_verifier_env *env, struct bpf_func_state *f, int off, int size,
		      int dst_regno)
{
	struct stack_byte at = stack_byte(f, off);
	struct bpf_reg_state *reg = &at.slot->spilled_ptr;
	u32 flags = insn_stack_access_flags(f->frameno, at.spi);
	int i, err;

	mark_stack_slot_scratched(env, at.spi);
	check_fastcall_stack_contract(env, cur_func(env), env->insn_idx, off);
	if (is_spilled_reg(at.slot)) {
		err = fill(env, f, off, size, dst_regno, &flags);
		if (err || !flags)
			return err;
		return vrf_push_insn_history(env, env->cur_state, flags, 0);
	}
	for (i = 0; i < size; i++) {
		err = check_readable(env, *stack_byte(f, off + i).kind, off, i, size);
		if (err)
			return err;
	}
	err = vrf_mark_reg_read(env, reg, reg->parent, REG_LIVE_READ64);
	if (!err && dst_regno >= 0)
		load_bytes(env, f, off, off + size, dst_regno);
	return err;
}

static int read_var(struct bpf_verifier_env *env, int ptr_regno, int off, int size, int dst_regno)
{
	struct bpf_reg_state *ptr = reg_state(env, ptr_regno);
	struct bpf_func_state *f = vrf_func(env, ptr);
	int min_off, max_off, err;

	err = vrf_check_stack_range_initialized(env, ptr_regno, off, size, false, ACCESS_DIRECT, NULL);
	if (err)
		return err;
	min_off = ptr->smin_value + off;
	max_off = ptr->smax_value + off;
	load_bytes(env, f, min_off, max_off + size, dst_regno);
	check_fastcall_stack_contract(env, f, env->insn_idx, min_off);
	return 0;
}

static int check_within_bounds(struct bpf_verifier_env *env, int regno, int off, int size,
			       enum bpf_access_src src, int type)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct bpf_func_state *f = vrf_func(env, reg);
	bool fixed = tnum_is_const(reg->var_off);
	const char *what = " write to";
	s64 min_off, max_off, lowest;
	char tn[48];
	int err = 0;

	if (src == ACCESS_HELPER)
		what = " indirect access to"; /* reads, writes or both */
	else if (type == BPF_READ)
		what = " read from";

	if (fixed) {
		min_off = (s64)reg->var_off.value + off;
		max_off = min_off + size;
	} else {
		if (reg->smax_value >= BPF_MAX_VAR_OFF || reg->smin_value <= -BPF_MAX_VAR_OFF) {
			verbose(env, "invalid unbounded variable-offset%s stack R%d\n", what, regno);
			return -EACCES;
		}
		min_off = reg->smin_value + off;
		max_off = reg->smax_value + off + size;
	}
	lowest = type == BPF_WRITE || env->allow_uninit_stack ? -MAX_BPF_STACK :
								 -f->allocated_stack;
	if (min_off < lowest || min_off > -1)
		err = -EACCES;
	else if (max_off > 0)
		err = -EINVAL;
	else if (size < 0)
		err = -EFAULT;
	if (!err)
		return vrf_grow_stack_state(env, f, -min_off);

	if (fixed) {
		verbose(env, "invalid%s stack R%d off=%d size=%d\n", what, regno, off, size);
	} else {
		vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
		verbose(env, "invalid variable-offset%s stack R%d var_off=%s off=%d size=%d\n", what,
			regno, tn, off, size);
	}
	return err;
}

int vrf_check_stack_access(struct bpf_verifier_env *env, int insn_idx, int regno, int off, int size,
		       int type, int value_regno)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct bpf_func_state *f = vrf_func(env, reg);
	bool fixed = tnum_is_const(reg->var_off);
	char tn[48];
	int err;

	err = check_within_bounds(env, regno, off, size, ACCESS_DIRECT, type);
	if (err)
		return err;
	if (type == BPF_WRITE) {
		if (fixed)
			return write_fixed(env, f, off + reg->var_off.value, size, value_regno,
					   insn_idx);
		return write_var(env, f, regno, off, size, value_regno, insn_idx);
	}
	if (fixed)
		return read_fixed(env, f, off + reg->var_off.value, size, value_regno);
	if (value_regno < 0) {
		/* Whether a pointer leaks could not be told. */
		vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
		verbose(env, "variable offset stack pointer cannot be passed into helper function; var_off=%s off=%d size=%d\n",
			tn, off, size);
		return -EACCES;
	}
	return read_var(env, regno, off, size, value_regno);
}

/*
 * A helper gets memory that it will fill: remember the range, so that the call
 * can mark it written. Dynptrs in it must not be overwritten.
 */
static int note_raw_range(struct bpf_verifier_env *env, struct bpf_func_state *f, int regno,
			  int off, int size, struct bpf_call_arg_meta *meta)
{
	int i;

	for (i = off; i < off + size; i++) {
		if (f->allocated_stack <= -i - 1)
			continue;
		if (*stack_byte(f, i).kind == STACK_DYNPTR) {
			verbose(env, "potential write to dynptr at off=%d disallowed\n", i);
			return -EACCES;
		}
	}
	meta->access_size = size;
	meta->regno = regno;
	return 0;
}

/* One byte that is read, and, with @clobber, perhaps overwritten. False: it may not be. */
static bool use_byte(struct bpf_verifier_env *env, struct stack_byte b, bool clobber)
{
	int i;

	if (*b.kind == STACK_MISC)
		return true;
	if (*b.kind == STACK_ZERO || (*b.kind == STACK_INVALID && env->allow_uninit_stack)) {
		if (clobber)
			*b.kind = STACK_MISC;
		return true;
	}
	if (!is_spilled_reg(b.slot) ||
	    (b.slot->spilled_ptr.type != SCALAR_VALUE && !env->allow_ptr_leaks))
		return false;
	if (clobber) {
		vrf_mark_reg_unknown(env, &b.slot->spilled_ptr);
		for (i = 0; i < BPF_REG_SIZE; i++)
			if (b.slot->slot_type[i] != STACK_INVALID)
				b.slot->slot_type[i] = STACK_MISC;
	}
	return true;
}

int vrf_check_stack_range_initialized(struct bpf_verifier_env *env, int regno, int off, int size,
				  bool zero_size_allowed, enum bpf_access_src src,
				  struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct bpf_func_state *f = vrf_func(env, reg);
	const char *what = src == ACCESS_HELPER ? " indirect" : "";
	bool fixed = tnum_is_const(reg->var_off), raw = meta && meta->raw_mode;
	int min_off, max_off, i, err;
	char tn[48];

	if (size == 0 && !zero_size_allowed) {
		verbose(env, "invalid zero-sized read\n");
		return -EACCES;
	}
	err = check_within_bounds(env, regno, off, size, src,
				  src == ACCESS_HELPER ? BPF_WRITE : BPF_READ);
	if (err)
		return err;
	vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
	if (fixed) {
		min_off = max_off = reg->var_off.value + off;
	} else {
		if (!env->bypass_spec_v1) {
			verbose(env, "R%d%s variable offset stack access prohibited for !root, var_off=%s\n",
				regno, what, tn);
			return -EACCES;
		}
		raw = false; /* which bytes get initialized would be unknown */
		min_off = reg->smin_value + off;
		max_off = reg->smax_value + off;
	}
	if (raw)
		return note_raw_range(env, f, regno, min_off, size, meta);

	for (i = min_off; i < max_off + size; i++) {
		struct stack_byte b = stack_byte(f, i);
		struct bpf_reg_state *slot_reg = &b.slot->spilled_ptr;

		if (use_byte(env, b, src == ACCESS_HELPER)) {
			/* One byte read counts as the whole slot read. */
			err = vrf_mark_reg_read(env, slot_reg, slot_reg->parent, REG_LIVE_READ64);
			if (err)
				return err;
			continue;
		}
		if (fixed)
			verbose(env, "invalid%s read from stack R%d off %d+%d size %d\n", what,
				regno, min_off, i - min_off, size);
		else
			verbose(env, "invalid%s read from stack R%d var_off %s+%d size %d\n", what,
				regno, tn, i - min_off, size);
		return -EACCES;
	}
	return 0;
}
