/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One verification: struct bpf_verifier_env holds everything that a run of
 * verifier_check() knows. env->insns is the working copy of the program; until
 * the fixups it has the same length and order as orig_insns, and pseudo
 * ld_imm64 keep the imm that user space wrote (what they mean is in aux).
 */
#ifndef VERIFIER_ENV_H
#define VERIFIER_ENV_H

#include "calls/hooks.h"
#include "kobj/record.h"
#include "verifier/state.h"
#include "verifier/verifier.h"

#define BPF_COMPLEXITY_LIMIT_JMP_SEQ 8192
#define BPF_COMPLEXITY_LIMIT_STATES 64
#define BPF_MAX_SUBPROGS 256
#define MAX_USED_MAPS 64
#define MAX_BPF_FUNC_REG_ARGS 5
#define BPF_MAP_KEY_POISON (1ULL << 63)
#define BPF_MAP_KEY_SEEN (1ULL << 62)
#define BPF_LOG_LEVEL (BPF_LOG_LEVEL1 | BPF_LOG_LEVEL2)
#define VRF_NO_TARGET (~0U)
#define MAX_ERRNO 4095

/* What the passes learn about one instruction. */
struct bpf_insn_aux_data {
	/* loads, stores: pointer type seen (V: save_aux_ptr_type); fixups turn untrusted BTF loads into PROBE_MEM */
	u32 ptr_type;
	/* ld_imm64 of a map: index into env->used_maps and offset from the value */
	u32 map_index, map_off;
	/* ld_imm64 of a BTF object: what the register becomes, and the native address */
	struct {
		u32 reg_type;
		const struct kbtf *btf;
		u32 btf_id;
		u32 mem_size;
		u64 addr;
	} btf_var;
	/* helper calls: the map argument, the constant key */
	struct {
		struct bpf_map *map_ptr;
		bool poison, unpriv;
	} map_ptr_state;
	u64 map_key_state;
	u32 site; /* calls: index into vrf_inst.sites */
	u64 obj_new_size, insert_off;
	u32 alu_state, alu_limit; /* sanitize.c */
	const struct btf_record *kptr_struct_meta;
	u32 orig_idx;
	int ctx_field_size;
	bool zext_dst;
	bool storage_get_func_atomic;
	bool is_iter_next;
	bool kfunc_checked; /* obj_new_size, insert_off and kptr_struct_meta are set */
	/* per_cpu_ptr(), this_cpu_ptr(): of an object that a program made, not of a variable */
	bool call_with_percpu_alloc_ptr, percpu_decided;
	bool jmp_point, prune_point, force_checkpoint, calls_callback, jump_target;
	bool loop_seen, loop_fits; /* bpf_loop(): with this callback, flags always 0 */
	u32 loop_subprogno;
	bool fastcall_pattern;
	u8 fastcall_spills_num;
};

struct bpf_subprog_arg_info {
	u32 arg_type; /* enum bpf_arg_type with modifiers */
	u32 mem_size;
	u32 btf_id;
};

struct bpf_subprog_info {
	u32 start; /* first insn; subprog_info[subprog_cnt].start is the program's length */
	u32 linfo_idx;
	u16 stack_depth;
	s16 fastcall_stack_off;
	bool has_tail_call, tail_call_reachable, has_ld_abs;
	bool is_cb, is_async_cb, is_exception_cb;
	bool args_cached, keep_fastcall_stack;
	bool changes_pkt_data, might_sleep; /* by what it calls, too (effects.c) */
	/* from func_info (check_btf_func); linkage: enum btf_func_linkage */
	u32 func_type_id; /* 0: no func_info */
	u8 linkage;
	bool unreliable;	/* its BTF prototype does not tell the truth */
	u8 called, verified;	/* global functions: from where, a bit per enum call_place */
	u8 varies;		/* enum vrf_varies */
	u32 nr_sites;		/* call instructions */
	u8 arg_cnt;
	struct bpf_subprog_arg_info args[MAX_BPF_FUNC_REG_ARGS];
};

struct bpf_verifier_stack_elem {
	struct bpf_verifier_state st;
	int insn_idx, prev_insn_idx;
	struct bpf_verifier_stack_elem *next;
	u64 log_pos;
};

struct bpf_verifier_state_list {
	struct bpf_verifier_state state;
	struct bpf_verifier_state_list *next;
	int miss_cnt, hit_cnt;
};

struct bpf_insn_hist_entry {
	u32 idx;
	u32 prev_idx : 20;
	u32 flags : 12; /* INSN_F_* */
	u64 linked_regs; /* registers made equal here: packed, see precision.c */
};

struct backtrack_state {
	struct bpf_verifier_env *env;
	u32 frame;
	u32 reg_masks[MAX_CALL_FRAMES];
	u64 stack_masks[MAX_CALL_FRAMES];
};

#define BPF_ID_MAP_SIZE ((MAX_BPF_REG + STACK_SLOTS) * MAX_CALL_FRAMES)

struct bpf_id_pair {
	u32 old, cur;
};

struct bpf_idmap {
	u32 tmp_id_gen, cnt;
	struct bpf_id_pair map[BPF_ID_MAP_SIZE];
};

/* The prototype that the program is called by: filled by vrf_check_attach_btf_id(). */
struct vrf_attach {
	const struct kbtf *btf;		    /* where func_proto lives */
	const struct btf_type *func_proto; /* NULL: none (ctx is the program type's own struct) */
	u32 func_proto_id;
	const char *func_name;
	u32 member;			       /* STRUCT_OPS */
	const struct st_ops_member *st_member; /* STRUCT_OPS; NULL: no row */
	u32 hook;			       /* TRACING, LSM: HOOK_* */
};

/* The log while it is being written; verifier_check() moves it to struct verifier_log. */
struct vrf_log {
	u32 level;	     /* BPF_LOG_* */
	char *buf;	     /* owned */
	size_t cap;	     /* allocated */
	u64 base;	     /* position of buf[0] */
	u64 start_pos, end_pos; /* logical window */
	u64 len_max;	     /* high-water mark of end_pos, for true_size */
	u32 size;	     /* what user space can take; 0: grows */
	int err;	     /* -ENOMEM: growing failed */
};

struct bpf_verifier_env {
	struct bpf_prog *prog;
	const struct verifier_opts *opts;
	struct verifier_result *result; /* opts->result or own */
	struct verifier_result own_result;
	const struct kbtf *kernel_btf;
	struct bpf_insn *insns; /* owned */
	u32 len;
	u32 *orig_of;		/* after the fixups; owned */
	struct prog_line_info *new_line_info; /* the same */
	u32 nr_new_line_info;
	u32 insn_idx, prev_insn_idx;

	struct bpf_verifier_stack_elem *head;
	int stack_size;
	bool strict_alignment, test_state_freq, test_reg_invariants;
	bool timers_may_sleep; /* in_sleepable() */
	struct bpf_verifier_state *cur_state;
	struct bpf_verifier_state_list **explored_states;
	struct bpf_verifier_state_list *free_list;

	struct bpf_map *used_maps[MAX_USED_MAPS]; /* references held */
	u32 used_map_cnt;
	struct call_target *targets; /* the decisions on calls, all different; owned */
	u32 nr_targets, cap_targets;
	struct vrf_inst **insts; /* inst.h; owned, as are the copies */
	u32 nr_insts, cap_insts;
	struct vrf_copy *copies;
	u32 nr_copies;
	struct vrf_attach attach;
	struct vrf_struct_record { /* special fields of the program's own structs */
		const struct kbtf *btf;
		u32 id;
		struct btf_record *rec; /* NULL: none */
	} *struct_records;
	u32 nr_struct_records;

	u32 id_gen;
	int exception_callback_subprog;
	bool explore_alu_limits, allow_ptr_leaks, allow_uninit_stack, bpf_capable;
	bool bypass_spec_v1, bypass_spec_v4;
	bool seen_direct_write, seen_exception;
	struct bpf_insn_aux_data *insn_aux_data;
	struct bpf_subprog_info subprog_info[BPF_MAX_SUBPROGS + 2];
	u32 subprog_cnt;
	const struct prog_line_info *prev_linfo;
	bool linfo_checked; /* prog->line_info may be used */
	struct vrf_log log;

	struct bpf_idmap idmap_scratch;
	struct {
		int *insn_state, *insn_stack;
		int cur_stack;
	} cfg;
	struct backtrack_state bt;
	struct bpf_insn_hist_entry *insn_hist;
	struct bpf_insn_hist_entry *cur_hist_ent;
	u32 insn_hist_cap;

	u32 pass_cnt, insn_limit;
	u32 prev_insn_processed, insn_processed;
	u32 prev_jmps_processed, jmps_processed;
	u32 max_states_per_insn, total_states, peak_states, longest_mark_read_walk;
	u32 max_ctx_offset, max_tp_access;
	u32 max_stack_depth, max_frames; /* of the deepest chain of calls */

	u32 scratched_regs;
	u64 scratched_stack_slots;
	u64 prev_log_pos, prev_insn_print_pos;
	struct bpf_reg_state fake_reg[2];
	char tmp_str_buf[320];
};

static inline struct bpf_func_state *cur_func(struct bpf_verifier_env *env)
{
	return env->cur_state->frame[env->cur_state->curframe];
}

static inline struct bpf_reg_state *cur_regs(struct bpf_verifier_env *env)
{
	return cur_func(env)->regs;
}

static inline struct bpf_insn_aux_data *cur_aux(struct bpf_verifier_env *env)
{
	return &env->insn_aux_data[env->insn_idx];
}

static inline struct bpf_reg_state *reg_state(struct bpf_verifier_env *env, int regno)
{
	return cur_regs(env) + regno;
}

/* The frame whose stack a PTR_TO_STACK points into. */
static inline struct bpf_func_state *vrf_func(struct bpf_verifier_env *env,
					      const struct bpf_reg_state *reg)
{
	return env->cur_state->frame[reg->frameno];
}

static inline bool is_pointer_value(struct bpf_verifier_env *env, int regno)
{
	return __is_pointer_value(env->allow_ptr_leaks, reg_state(env, regno));
}

/*
 * A timer's callback runs in an interrupt, whatever armed it. Up to 6.17 Linux takes it
 * to be as sleepable as the program.
 */
static inline bool in_sleepable(struct bpf_verifier_env *env)
{
	const struct bpf_func_state *root = env->cur_state ? env->cur_state->frame[0] : NULL;

	if (root && root->place == CALL_IN_TIMER_CB && !env->timers_may_sleep)
		return false;
	return env->prog->sleepable || (env->cur_state && env->cur_state->in_sleepable);
}

static inline bool in_rcu_cs(struct bpf_verifier_env *env)
{
	return env->cur_state->active_rcu_lock || env->cur_state->active_lock.ptr ||
	       !in_sleepable(env);
}

static inline enum bpf_prog_type resolve_prog_type(const struct bpf_prog *prog)
{
	return prog->type;
}

#endif
