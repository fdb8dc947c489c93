/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What crosses the files of the verifier. A function is called vrf_ + Linux's
 * name for the same job (vrf_check_mem_access); inline ones and macros keep
 * the bare name. Where Linux has __mark_reg_x(reg) and mark_reg_x(env, regs,
 * regno), ours takes the register.
 *
 * Unless said otherwise: 0 or a negative errno, with the reason in the log.
 */
#ifndef VERIFIER_INTERNAL_H
#define VERIFIER_INTERNAL_H

#include "verifier/env.h"

/* Every instruction's own pass is one of these; the phases run in this order:
 * check_btf_info_early, add_subprog_and_kfunc, check_subprogs, check_btf_info,
 * resolve_pseudo_ldimm64, check_cfg, check_attach_btf_id, do_check_main,
 * do_check_subprogs, check_max_stack_depth, fixups. See verifier.c.
 */

/* ---- log.c ---- */
void vrf_verbose(struct bpf_verifier_env *env, const char *fmt, ...) __printf(2, 3);
#define verbose(env, ...) vrf_verbose(env, __VA_ARGS__)
/* "; source line @ file:line", once per line; @prefix before it. */
void vrf_verbose_linfo(struct bpf_verifier_env *env, u32 insn_off, const char *prefix);
void vrf_verbose_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn);
void vrf_vlog_reset(struct bpf_verifier_env *env, u64 new_pos);
/* Name of a type with its modifiers: "trusted_ptr_", in env->tmp_str_buf (valid until the next call). */
const char *vrf_reg_type_str(struct bpf_verifier_env *env, u32 type);
const char *vrf_dynptr_type_str(enum bpf_dynptr_type type);
const char *vrf_iter_type_str(const struct kbtf *btf, u32 btf_id);
const char *vrf_iter_state_str(u32 state);
void vrf_print_verifier_state(struct bpf_verifier_env *env, const struct bpf_func_state *state,
			      bool print_all);
void vrf_print_reg(struct bpf_verifier_env *env, const struct bpf_func_state *state,
		   const struct bpf_reg_state *reg);
void vrf_print_insn_state(struct bpf_verifier_env *env, const struct bpf_func_state *state);
int vrf_tnum_strn(char *str, size_t size, struct tnum a);
static inline bool vrf_log_needed(const struct bpf_verifier_env *env)
{
	return env->log.level;
}

static inline void mark_reg_scratched(struct bpf_verifier_env *env, u32 regno)
{
	env->scratched_regs |= 1U << regno;
}

static inline void mark_stack_slot_scratched(struct bpf_verifier_env *env, u32 spi)
{
	env->scratched_stack_slots |= 1ULL << spi;
}

/* ---- bounds.c: the value part of a register ---- */
void vrf_mark_reg_known(struct bpf_reg_state *reg, u64 imm); /* keeps type; clears off, id */
void vrf_mark_reg_known_bounds(struct bpf_reg_state *reg, u64 imm); /* Linux's ___mark_reg_known */
void vrf_mark_reg32_known(struct bpf_reg_state *reg, u64 imm);
void vrf_mark_reg_known_zero(struct bpf_reg_state *reg);     /* Linux's __mark_reg_known_zero */
void vrf_mark_reg_const_zero(const struct bpf_verifier_env *env, struct bpf_reg_state *reg);
void vrf_mark_reg_unbounded(struct bpf_reg_state *reg);
void vrf_mark_reg32_unbounded(struct bpf_reg_state *reg);
void vrf_update_reg_bounds(struct bpf_reg_state *reg); /* from the tnum */
void vrf_update_reg32_bounds(struct bpf_reg_state *reg);
void vrf_mark_reg_unknown(const struct bpf_verifier_env *env, struct bpf_reg_state *reg);
void vrf_mark_reg_unknown_imprecise(struct bpf_reg_state *reg);
void vrf_mark_reg_not_init(const struct bpf_verifier_env *env, struct bpf_reg_state *reg);
void vrf_reg_bounds_sync(struct bpf_reg_state *reg);
void vrf_coerce_reg_to_size(struct bpf_reg_state *reg, int size);
void vrf_coerce_reg_to_size_sx(struct bpf_reg_state *reg, int size);
void vrf_coerce_subreg_to_size_sx(struct bpf_reg_state *reg, int size);
void vrf_zext_32_to_64(struct bpf_reg_state *reg);
int vrf_reg_bounds_sanity_check(struct bpf_verifier_env *env, struct bpf_reg_state *reg,
				const char *ctx);
/* Scalar with s32 range, after its current knowledge is intersected with it. */
int vrf_mark_reg_s32_range(struct bpf_verifier_env *env, struct bpf_reg_state *reg, s32 smin,
			   s32 smax);
/* R0 (or another register) of a load of PTR_TO_BTF_ID: a walk's result. */
void vrf_mark_btf_ld_reg(struct bpf_verifier_env *env, struct bpf_reg_state *regs, u32 regno,
			 u32 reg_type, const struct kbtf *btf, u32 btf_id, u32 flag);

static inline void mark_reg_known_zero(struct bpf_verifier_env *env, struct bpf_reg_state *regs,
				       u32 regno)
{
	vrf_mark_reg_known_zero(regs + regno);
}

static inline void mark_reg_unknown(struct bpf_verifier_env *env, struct bpf_reg_state *regs,
				    u32 regno)
{
	vrf_mark_reg_unknown(env, regs + regno);
}

static inline void mark_reg_not_init(struct bpf_verifier_env *env, struct bpf_reg_state *regs,
				     u32 regno)
{
	vrf_mark_reg_not_init(env, regs + regno);
}

/* Linux's mark_reg_invalid: what is left of a pointer whose object went away. */
static inline void mark_reg_invalid(const struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	if (!env->allow_ptr_leaks)
		vrf_mark_reg_not_init(env, reg);
	else
		vrf_mark_reg_unknown(env, reg);
}

/* ---- scalar.c: dst = dst op src on two scalars' values ---- */
/* False where nothing can be said of the result (division, unknown shift count). */
bool vrf_scalar_op_is_computable(const struct bpf_insn *insn, const struct bpf_reg_state *src);
void vrf_scalar_op(struct bpf_reg_state *dst, const struct bpf_reg_state *src, u8 opcode,
		   bool alu32);
void vrf_scalar_add(struct bpf_reg_state *dst, const struct bpf_reg_state *src); /* without sync */

/* ---- alu.c, ptr_alu.c, branch.c ---- */
int vrf_check_alu_op(struct bpf_verifier_env *env, struct bpf_insn *insn);
int vrf_adjust_ptr_min_max_vals(struct bpf_verifier_env *env, struct bpf_insn *insn,
				const struct bpf_reg_state *ptr_reg,
				const struct bpf_reg_state *off_reg);
const char *vrf_alu_op_str(u8 opcode); /* "+=" */
int vrf_sanitize_val_alu(struct bpf_verifier_env *env, const struct bpf_insn *insn);
int vrf_check_cond_jmp_op(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx);
void vrf_mark_ptr_not_null_reg(struct bpf_reg_state *reg);
void vrf_assign_scalar_id_before_mov(struct bpf_verifier_env *env, struct bpf_reg_state *src);
static inline void clear_scalar_id(struct bpf_reg_state *reg)
{
	reg->id = 0;
	reg->off = 0;
}

/* ---- liveness.c ---- */
enum reg_arg_type { SRC_OP, DST_OP, DST_OP_NO_MARK };
int vrf_check_reg_arg(struct bpf_verifier_env *env, u32 regno, enum reg_arg_type t);
int vrf_check_reg_arg_in(struct bpf_verifier_env *env, struct bpf_reg_state *regs, u32 regno,
			 enum reg_arg_type t); /* Linux's __check_reg_arg */
int vrf_mark_reg_read(struct bpf_verifier_env *env, const struct bpf_reg_state *state,
		      struct bpf_reg_state *parent, u8 flag);
/* Linux's mark_btf_func_reg_size: a kfunc's or helper's register of that size is read or written. */
void vrf_mark_btf_func_reg_size(struct bpf_verifier_env *env, u32 regno, size_t reg_size);
int vrf_propagate_liveness(struct bpf_verifier_env *env, const struct bpf_verifier_state *vstate,
			   struct bpf_verifier_state *vparent);
#define DEF_NOT_SUBREG 0

/* ---- subprogs.c ---- */
int vrf_add_subprog_and_kfunc(struct bpf_verifier_env *env);
int vrf_check_subprogs(struct bpf_verifier_env *env);
int vrf_check_max_stack_depth(struct bpf_verifier_env *env);
int vrf_find_subprog(struct bpf_verifier_env *env, int insn); /* index or -ENOENT */
struct bpf_subprog_info *vrf_find_containing_subprog(struct bpf_verifier_env *env, int insn);
static inline bool subprog_is_global(const struct bpf_verifier_env *env, int subprog)
{
	return env->subprog_info[subprog].func_type_id &&
	       env->subprog_info[subprog].linkage == BTF_FUNC_GLOBAL;
}
const char *vrf_subprog_name(const struct bpf_verifier_env *env, int subprog); /* "" if unknown */

/* ---- cfg.c ---- */
int vrf_check_cfg(struct bpf_verifier_env *env);

/* ---- frames.c: calls into the program's own functions ---- */
typedef int (*set_callee_state_fn)(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				   struct bpf_func_state *callee, int insn_idx);
int vrf_check_func_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx);
int vrf_prepare_func_exit(struct bpf_verifier_env *env, int *insn_idx);
/* A helper or kfunc call that takes a callback: queues its simulation. Async ones get CALL_IN_* @place. */
int vrf_push_callback_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int insn_idx,
			   int subprog, set_callee_state_fn set_callee_state_cb, u8 place);
int vrf_set_map_elem_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				    struct bpf_func_state *callee, int insn_idx);
int vrf_set_loop_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				struct bpf_func_state *callee, int insn_idx);
int vrf_set_timer_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				 struct bpf_func_state *callee, int insn_idx);
int vrf_set_find_vma_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				    struct bpf_func_state *callee, int insn_idx);
int vrf_set_user_ringbuf_callback_state(struct bpf_verifier_env *env,
					struct bpf_func_state *caller,
					struct bpf_func_state *callee, int insn_idx);
void vrf_clear_caller_saved_regs(struct bpf_verifier_env *env, struct bpf_reg_state *regs);
void vrf_init_func_state(struct bpf_verifier_env *env, struct bpf_func_state *state, int callsite,
			 int frameno, int subprogno);
/* Fills subprog_info.args from BTF (func_args.c). */
int vrf_btf_prepare_func_args(struct bpf_verifier_env *env, int subprog);

/* ---- states.c, equal.c, prune.c ---- */
int vrf_copy_verifier_state(struct bpf_verifier_state *dst, const struct bpf_verifier_state *src);
void vrf_free_verifier_state(struct bpf_verifier_state *state, bool free_self);
void vrf_free_func_state(struct bpf_func_state *state);
int vrf_copy_reference_state(struct bpf_func_state *dst, const struct bpf_func_state *src);
int vrf_resize_reference_state(struct bpf_func_state *state, size_t n);
int vrf_grow_stack_state(struct bpf_verifier_env *env, struct bpf_func_state *state, int size);
/* NULL with *err set (-ENOMEM, -E2BIG "... too complex"). */
struct bpf_verifier_state *vrf_push_stack(struct bpf_verifier_env *env, int insn_idx,
					  int prev_insn_idx, bool speculative, int *err);
int vrf_is_state_visited(struct bpf_verifier_env *env, int insn_idx);
void vrf_mark_prune_point(struct bpf_verifier_env *env, int idx);
/* The explored state with the same call sites at @insn_idx that the current path came through, or NULL. */
struct bpf_verifier_state *vrf_find_prev_entry(struct bpf_verifier_env *env,
					       struct bpf_verifier_state *cur, int insn_idx);
int vrf_widen_imprecise_scalars(struct bpf_verifier_env *env, struct bpf_verifier_state *old,
				struct bpf_verifier_state *cur);

/* ---- precision.c ---- */
int vrf_mark_chain_precision(struct bpf_verifier_env *env, int regno);
int vrf_mark_chain_precision_batch(struct bpf_verifier_env *env);
/* The instruction that @st's path came from to @idx; *hist_end walks back with it. -ENOENT: none. */
int vrf_prev_insn_idx(const struct bpf_verifier_env *env, const struct bpf_verifier_state *st,
		      int idx, u32 hist_start, u32 *hist_end);
int vrf_push_insn_history(struct bpf_verifier_env *env, struct bpf_verifier_state *cur,
			  int insn_flags, u64 linked_regs);
static inline int insn_stack_access_flags(int frameno, int spi)
{
	return INSN_F_STACK_ACCESS | (spi << INSN_F_SPI_SHIFT) | frameno;
}

/* ======== memory, ctx, calls (the second half of the room) ======== */

/* ---- check_btf.c, attach.c, ldimm64.c ---- */
int vrf_check_btf_info_early(struct bpf_verifier_env *env);
int vrf_check_btf_info(struct bpf_verifier_env *env); /* func_type_id, linkage, linfo_idx */
int vrf_check_attach_btf_id(struct bpf_verifier_env *env); /* fills env->attach */
int vrf_resolve_pseudo_ldimm64(struct bpf_verifier_env *env); /* used_maps, aux */
int vrf_check_ld_imm(struct bpf_verifier_env *env, struct bpf_insn *insn);
int vrf_check_ld_abs(struct bpf_verifier_env *env, struct bpf_insn *insn);

/* ---- memory ---- */
#define BPF_READ 1
#define BPF_WRITE 2
int vrf_check_load_mem(struct bpf_verifier_env *env, struct bpf_insn *insn, bool is_ldsx);
int vrf_check_store_reg(struct bpf_verifier_env *env, struct bpf_insn *insn);
int vrf_check_store_imm(struct bpf_verifier_env *env, struct bpf_insn *insn); /* BPF_ST */
int vrf_check_atomic(struct bpf_verifier_env *env, struct bpf_insn *insn);
int vrf_check_mem_access(struct bpf_verifier_env *env, int insn_idx, u32 regno, int off,
			 int bpf_size, int t, int value_regno, bool strict_alignment_once,
			 bool is_ldsx);
int vrf_check_map_access(struct bpf_verifier_env *env, u32 regno, int off, int size,
			 bool zero_size_allowed, bool from_helper);
int vrf_check_helper_mem_access(struct bpf_verifier_env *env, int regno, int access_size,
				int access_type, bool zero_size_allowed);
int vrf_check_mem_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
		      u32 mem_size);
int vrf_check_ptr_off_reg(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int regno);
int vrf_check_func_arg_reg_off(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			       int regno, u32 arg_type);
/* Linux's check_reg_type for one BTF id of @btf_id, as a global function's argument needs it. */
int vrf_check_btf_id_arg(struct bpf_verifier_env *env, u32 regno, u32 arg_type, u32 btf_id);
int vrf_process_dynptr_func(struct bpf_verifier_env *env, int regno, int insn_idx, u32 arg_type,
			    int clone_ref_obj_id);
void vrf_mark_dynptr_reg(struct bpf_reg_state *reg, enum bpf_dynptr_type type, bool first_slot,
			 int dynptr_id);
/* The special fields of what @reg points at (map value, allocated object), or NULL. */
const struct btf_record *vrf_reg_btf_record(struct bpf_verifier_env *env,
					    const struct bpf_reg_state *reg);
/* The same for a struct of the program's BTF; found once, kept in env until vrf_free_struct_records(). */
const struct btf_record *vrf_struct_record(struct bpf_verifier_env *env, const struct kbtf *btf,
					   u32 id);
void vrf_free_struct_records(struct bpf_verifier_env *env);
const char *vrf_field_type_name(u32 field_type); /* "bpf_spin_lock", "kptr", ... */

/* func_args.c: is a struct of that name the program's context? */
bool vrf_is_prog_ctx_struct(const struct bpf_verifier_env *env, const char *name);

/* ---- calls ---- */
int vrf_check_helper_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx);
int vrf_check_kfunc_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx);
/* What a call instruction is, without looking at the state (for cfg, precision, states). */
bool vrf_is_sync_callback_calling_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn);
bool vrf_is_async_callback_calling_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn);
bool vrf_is_bpf_throw_kfunc(struct bpf_verifier_env *env, const struct bpf_insn *insn);
bool vrf_is_iter_next_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn);
bool vrf_is_graph_api_kfunc(struct bpf_verifier_env *env, const struct bpf_insn *insn);
bool vrf_is_rbtree_lock_required_kfunc(struct bpf_verifier_env *env, const struct bpf_insn *insn);
/* Name of a helper or kfunc call's callee, for the disassembly; "unknown" if so. */
const char *vrf_call_name(struct bpf_verifier_env *env, const struct bpf_insn *insn);
/* The iterator's state slot of an iter_next call at @insn_idx, in @st, or NULL. */
struct bpf_reg_state *vrf_get_iter_from_state(struct bpf_verifier_env *env,
					      struct bpf_verifier_state *st, int insn_idx);
/* Kfunc that the prologue of the program needs to know: -EINVAL for a bad one (Linux's add_kfunc_call). */
int vrf_add_kfunc_call(struct bpf_verifier_env *env, u32 func_id, s16 offset);

/* ---- references, locks, exit ---- */
int vrf_acquire_reference_state(struct bpf_verifier_env *env, int insn_idx); /* the id, > 0 */
int vrf_release_reference_state(struct bpf_func_state *state, u32 ref_obj_id);
int vrf_release_reference(struct bpf_verifier_env *env, u32 ref_obj_id);
int vrf_check_reference_leak(struct bpf_verifier_env *env, bool exception_exit);
int vrf_check_return_code(struct bpf_verifier_env *env, int regno, const char *reg_name);
/* What an LSM hook returns; false: nothing, or no LSM program. */
bool vrf_hook_retval_range(const struct bpf_verifier_env *env, struct bpf_retval_range *range);
bool vrf_retval_range_within(struct bpf_retval_range range, const struct bpf_reg_state *reg,
			     bool return_32bit);
void vrf_verbose_invalid_scalar(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
				struct bpf_retval_range range, const char *ctx,
				const char *reg_name);
static inline bool type_is_ptr_alloc_obj(u32 type)
{
	return base_type(type) == PTR_TO_BTF_ID && (type_flag(type) & MEM_ALLOC);
}

static inline bool type_is_alloc(u32 type)
{
	return type_flag(type) & MEM_ALLOC;
}

static inline bool type_is_non_owning_ref(u32 type)
{
	return type_is_ptr_alloc_obj(type) && (type_flag(type) & NON_OWN_REF);
}

/* Linux's reg_may_point_to_spin_lock. */
static inline bool reg_may_point_to_spin_lock(struct bpf_verifier_env *env,
					      const struct bpf_reg_state *reg)
{
	const struct btf_record *rec = vrf_reg_btf_record(env, reg);

	return rec && (rec->field_mask & BPF_SPIN_LOCK);
}

#endif
