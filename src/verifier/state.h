/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The abstract state of one path at one instruction: registers, stack, held
 * references, call frames. Names and meanings are those of Linux 6.12's
 * bpf_verifier.h.
 *
 * Ownership: a bpf_verifier_state owns its frames; a bpf_func_state owns its
 * refs[] and stack[]. bpf_reg_state.parent points into a parent state, which
 * outlives its children.
 */
#ifndef VERIFIER_STATE_H
#define VERIFIER_STATE_H

#include "calls/proto.h"
#include "isa/isa.h"
#include "verifier/tnum.h"

struct bpf_map;
struct kbtf;

#define BPF_REG_SIZE 8
#define BPF_MAX_VAR_OFF (1 << 29)
#define BPF_MAX_VAR_SIZ (1 << 29)
#define CALLER_SAVED_REGS 6
#define BPF_DYNPTR_NR_SLOTS 2
#define BPF_ADD_CONST (1U << 31)
#define STACK_SLOTS (MAX_BPF_STACK / BPF_REG_SIZE)

enum bpf_reg_type {
	NOT_INIT = 0,
	SCALAR_VALUE,
	PTR_TO_CTX,
	CONST_PTR_TO_MAP,
	PTR_TO_MAP_VALUE,
	PTR_TO_MAP_KEY,
	PTR_TO_STACK,
	PTR_TO_PACKET_META,
	PTR_TO_PACKET,
	PTR_TO_PACKET_END,
	PTR_TO_FLOW_KEYS,
	PTR_TO_SOCKET,
	PTR_TO_SOCK_COMMON,
	PTR_TO_TCP_SOCK,
	PTR_TO_TP_BUFFER,
	PTR_TO_XDP_SOCK,
	PTR_TO_BTF_ID,
	PTR_TO_MEM,
	PTR_TO_ARENA,
	PTR_TO_BUF,
	PTR_TO_FUNC,
	CONST_PTR_TO_DYNPTR,
	__BPF_REG_TYPE_MAX,

	PTR_TO_MAP_VALUE_OR_NULL = PTR_MAYBE_NULL | PTR_TO_MAP_VALUE,
	PTR_TO_BTF_ID_OR_NULL = PTR_MAYBE_NULL | PTR_TO_BTF_ID,
};

#define BPF_BASE_TYPE_MASK ((1U << BPF_BASE_TYPE_BITS) - 1)
#define BPF_REG_TRUSTED_MODIFIERS (MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF)

static inline u32 base_type(u32 type)
{
	return type & BPF_BASE_TYPE_MASK;
}

static inline u32 type_flag(u32 type)
{
	return type & ~BPF_BASE_TYPE_MASK;
}

static inline bool type_may_be_null(u32 type)
{
	return type & PTR_MAYBE_NULL;
}

static inline bool bpf_type_has_unsafe_modifiers(u32 type)
{
	return type_flag(type) & ~BPF_REG_TRUSTED_MODIFIERS;
}

static inline bool type_is_pkt_pointer(u32 type)
{
	type = base_type(type);
	return type == PTR_TO_PACKET || type == PTR_TO_PACKET_META;
}

static inline bool type_is_sk_pointer(u32 type)
{
	return type == PTR_TO_SOCKET || type == PTR_TO_SOCK_COMMON || type == PTR_TO_TCP_SOCK ||
	       type == PTR_TO_XDP_SOCK;
}

enum bpf_reg_liveness {
	REG_LIVE_NONE = 0,
	REG_LIVE_READ32 = 0x1,
	REG_LIVE_READ64 = 0x2,
	REG_LIVE_READ = REG_LIVE_READ32 | REG_LIVE_READ64,
	REG_LIVE_WRITTEN = 0x4,
	REG_LIVE_DONE = 0x8,
};

enum bpf_dynptr_type {
	BPF_DYNPTR_TYPE_INVALID,
	BPF_DYNPTR_TYPE_LOCAL,
	BPF_DYNPTR_TYPE_RINGBUF,
	BPF_DYNPTR_TYPE_SKB,
	BPF_DYNPTR_TYPE_XDP,
};

enum bpf_iter_state {
	BPF_ITER_STATE_INVALID, /* any slot but the first */
	BPF_ITER_STATE_ACTIVE,
	BPF_ITER_STATE_DRAINED,
};

/* Key of a held bpf_spin_lock: map or BTF object, and the id of the register. */
struct bpf_active_lock {
	const void *ptr; /* NULL: none held */
	u32 id;
};

/*
 * The fields up to and including var_off decide type and identity: the
 * comparisons in states.c memcmp() [0, id) and [0, var_off), so the order
 * matters and padding must be zero (copy by assignment or memcpy of a zeroed
 * struct, never field by field into garbage).
 */
struct bpf_reg_state {
	u32 type; /* enum bpf_reg_type with modifiers */
	s32 off;  /* fixed offset of a pointer; delta of a linked scalar */
	union {
		int range; /* packet pointers */
		struct {   /* CONST_PTR_TO_MAP, PTR_TO_MAP_VALUE, PTR_TO_MAP_KEY */
			struct bpf_map *map_ptr;
			u32 map_uid; /* inner maps only */
		};
		struct { /* PTR_TO_BTF_ID; scalars never */
			const struct kbtf *btf;
			u32 btf_id;
		};
		struct { /* PTR_TO_MEM */
			u32 mem_size;
			u32 dynptr_id; /* slices */
		};
		struct {
			enum bpf_dynptr_type type;
			bool first_slot;
		} dynptr;
		struct { /* iterator stack slots */
			const struct kbtf *btf;
			u32 btf_id;
			u32 state : 2; /* enum bpf_iter_state */
			s32 depth : 30;
		} iter;
		struct {
			u64 raw1, raw2;
		} raw;
		u32 subprogno; /* PTR_TO_FUNC */
	};
	struct tnum var_off;
	s64 smin_value, smax_value;
	u64 umin_value, umax_value;
	s32 s32_min_value, s32_max_value;
	u32 u32_min_value, u32_max_value;
	u32 id; /* links copies; BPF_ADD_CONST: with the delta in off */
	u32 ref_obj_id;
	struct bpf_reg_state *parent; /* liveness */
	u32 frameno;		      /* PTR_TO_STACK: whose stack */
	s32 subreg_def;		      /* insn + 1 of a 32-bit definition; 0: none */
	u8 live;		      /* enum bpf_reg_liveness */
	bool precise;
	/* PTR_TO_BTF_ID only: argument of the callback that this still is, plus one. For resolvers. */
	u8 ctx_arg;
};
_Static_assert(offsetof(struct bpf_reg_state, var_off) == 24, "no padding before var_off");

enum bpf_stack_slot_type {
	STACK_INVALID,
	STACK_SPILL,
	STACK_MISC,
	STACK_ZERO,
	STACK_DYNPTR,
	STACK_ITER,
};

struct bpf_stack_state {
	struct bpf_reg_state spilled_ptr;
	u8 slot_type[BPF_REG_SIZE]; /* [7]: the byte at the lowest address */
};

struct bpf_reference_state {
	u32 id;
	int insn_idx;
	int callback_ref;
};

struct bpf_retval_range {
	s32 minval, maxval;
};

static inline struct bpf_retval_range retval_range(s32 minval, s32 maxval)
{
	return (struct bpf_retval_range){ minval, maxval };
}

/* One call frame. */
struct bpf_func_state {
	struct bpf_reg_state regs[MAX_BPF_REG];
	int callsite;
	u32 frameno, subprogno;
	u32 async_entry_cnt;
	struct bpf_retval_range callback_ret_range;
	bool in_callback_fn, in_async_callback_fn, in_exception_callback_fn;
	u8 place;	    /* enum call_place: main, timer, wq, exception */
	u32 inst;	    /* the function as reached in this way: env->insts[] */
	u32 callback_depth; /* simulated iterations of the callback called from here */
	/* vrf_copy_func_state() copies all above by value */
	u32 acquired_refs;
	struct bpf_reference_state *refs;
	struct bpf_stack_state *stack; /* stack[i]: bytes fp-8*(i+1) .. fp-8*i-1 */
	int allocated_stack;	       /* bytes, a multiple of 8 */
};

enum {
	INSN_F_FRAMENO_MASK = 0x7,
	INSN_F_SPI_MASK = 0x3f,
	INSN_F_SPI_SHIFT = 3,
	INSN_F_STACK_ACCESS = BIT(9),
	INSN_F_DST_REG_STACK = BIT(10),
	INSN_F_SRC_REG_STACK = BIT(11),
};

struct bpf_verifier_state {
	struct bpf_func_state *frame[MAX_CALL_FRAMES];
	struct bpf_verifier_state *parent;
	u32 branches; /* paths from here that are not finished yet */
	u32 insn_idx;
	u32 curframe;
	struct bpf_active_lock active_lock;
	bool speculative;
	bool active_rcu_lock;
	u32 active_preempt_lock;
	bool used_as_loop_entry;
	bool in_sleepable;
	u32 first_insn_idx, last_insn_idx;
	struct bpf_verifier_state *loop_entry;
	u32 insn_hist_start, insn_hist_end;
	u32 dfs_depth;
	u32 callback_unroll_depth;
	u32 may_goto_depth;
};

#define bpf_get_spilled_reg(slot, fr, mask)                                                        \
	((((slot) < (fr)->allocated_stack / BPF_REG_SIZE) &&                                       \
	  ((1 << (fr)->stack[slot].slot_type[BPF_REG_SIZE - 1]) & (mask)))                         \
		 ? &(fr)->stack[slot].spilled_ptr                                                  \
		 : NULL)

/* Runs the statement @expr with @func and @reg set to each register and spilled register. */
#define bpf_for_each_reg_in_vstate_mask(vst, func, reg, mask, expr)                                \
	do {                                                                                       \
		struct bpf_verifier_state *_vst = (vst);                                           \
		for (u32 _i = 0; _i <= _vst->curframe; _i++) {                                     \
			func = _vst->frame[_i];                                                    \
			for (int _j = 0; _j < MAX_BPF_REG; _j++) {                                 \
				reg = &func->regs[_j];                                             \
				expr;                                                              \
			}                                                                          \
			for (int _j = 0; _j < func->allocated_stack / BPF_REG_SIZE; _j++) {        \
				reg = bpf_get_spilled_reg(_j, func, mask);                         \
				if (reg)                                                           \
					expr;                                                      \
			}                                                                          \
		}                                                                                  \
	} while (0)
#define bpf_for_each_reg_in_vstate(vst, func, reg, expr)                                           \
	bpf_for_each_reg_in_vstate_mask(vst, func, reg, 1 << STACK_SPILL, expr)

static inline bool is_spilled_reg(const struct bpf_stack_state *stack)
{
	return stack->slot_type[BPF_REG_SIZE - 1] == STACK_SPILL;
}

static inline bool is_spilled_scalar_reg(const struct bpf_stack_state *stack)
{
	return is_spilled_reg(stack) && stack->spilled_ptr.type == SCALAR_VALUE;
}

static inline bool is_spilled_scalar_reg64(const struct bpf_stack_state *stack)
{
	return stack->slot_type[0] == STACK_SPILL && stack->spilled_ptr.type == SCALAR_VALUE;
}

static inline bool is_stack_slot_special(const struct bpf_stack_state *stack)
{
	u8 t = stack->slot_type[BPF_REG_SIZE - 1];

	return t == STACK_SPILL || t == STACK_DYNPTR || t == STACK_ITER;
}

static inline int __get_spi(s32 off)
{
	return (-off - 1) / BPF_REG_SIZE;
}

static inline bool is_spi_bounds_valid(const struct bpf_func_state *f, int spi, int nr_slots)
{
	return spi - nr_slots + 1 >= 0 && spi < f->allocated_stack / BPF_REG_SIZE;
}

static inline bool register_is_null(const struct bpf_reg_state *reg)
{
	return reg->type == SCALAR_VALUE && tnum_equals_const(reg->var_off, 0);
}

static inline bool is_reg_const(const struct bpf_reg_state *reg, bool subreg32)
{
	return reg->type == SCALAR_VALUE &&
	       (subreg32 ? tnum_subreg_is_const(reg->var_off) : tnum_is_const(reg->var_off));
}

static inline u64 reg_const_value(const struct bpf_reg_state *reg, bool subreg32)
{
	return subreg32 ? (u32)reg->var_off.value : reg->var_off.value;
}

static inline bool __is_pointer_value(bool allow_ptr_leaks, const struct bpf_reg_state *reg)
{
	return !allow_ptr_leaks && reg->type != SCALAR_VALUE;
}

/* Copies all but what ties the destination to its place: parent and live. */
static inline void copy_register_state(struct bpf_reg_state *dst, const struct bpf_reg_state *src)
{
	struct bpf_reg_state *parent = dst->parent;
	u8 live = dst->live;

	*dst = *src;
	dst->parent = parent;
	dst->live = live;
}

#endif
