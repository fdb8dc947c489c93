/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the files that check memory and calls share among themselves: the notes
 * that checking the arguments of one call leaves for the rest of it, and the
 * parts of memory checking that need them.
 */
#ifndef VERIFIER_MEM_H
#define VERIFIER_MEM_H

#include "verifier/internal.h"

enum bpf_access_src {
	ACCESS_DIRECT = 1, /* by an instruction */
	ACCESS_HELPER = 2, /* by a helper or kfunc that got the pointer */
};

/* One helper call. */
struct bpf_call_arg_meta {
	struct bpf_map *map_ptr;
	u32 map_uid;
	bool raw_mode, pkt_access;
	u8 release_regno;
	int regno;	     /* of memory that the helper fills... */
	int access_size;     /* ...so many bytes */
	u64 mem_size;	     /* of the returned memory */
	u64 msize_max_value; /* of the size argument */
	u32 ref_obj_id, dynptr_id;
	enum bpf_dynptr_type dynptr_type; /* of what bpf_dynptr_write() writes to */
	u32 func_id;
	const struct kbtf *ret_btf;
	u32 ret_btf_id;
	u32 subprogno;
	const struct btf_field *kptr_field;
};

/* stack.c. @type: BPF_READ or BPF_WRITE; @off includes reg->off, not the variable part. */
int vrf_check_stack_access(struct bpf_verifier_env *env, int insn_idx, int regno, int off, int size,
			   int type, int value_regno);
int vrf_check_stack_range_initialized(struct bpf_verifier_env *env, int regno, int off, int size,
				      bool zero_size_allowed, enum bpf_access_src src,
				      struct bpf_call_arg_meta *meta);

/* mem.c */
int vrf_check_mem_region_access(struct bpf_verifier_env *env, u32 regno, int off, int size,
				u32 mem_size, bool zero_size_allowed);
int vrf_check_ptr_alignment(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int off,
			    int size, bool strict_alignment_once);
/* Linux's __check_ptr_off_reg. */
int vrf_check_ptr_off(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int regno,
		      bool fixed_off_ok);
bool vrf_map_is_rdonly(const struct bpf_map *map);

/* mem_map.c: map values */
int vrf_check_map_value_access(struct bpf_verifier_env *env, int insn_idx, u32 regno, int off,
			       int size, int t, int value_regno, bool is_ldsx);
int vrf_check_map_access_type(struct bpf_verifier_env *env, u32 regno, int off, int size, int t);
/* May @reg be stored in @field? -EINVAL with Linux's message otherwise. */
int vrf_map_kptr_match_type(struct bpf_verifier_env *env, const struct btf_field *field,
			    struct bpf_reg_state *reg, u32 regno);

/* mem_btf.c: PTR_TO_BTF_ID */
int vrf_check_ptr_to_btf_access(struct bpf_verifier_env *env, struct bpf_reg_state *regs, int regno,
				int off, int size, int atype, int value_regno);
int vrf_check_ptr_to_map_access(struct bpf_verifier_env *env, struct bpf_reg_state *regs, int regno,
				int off, int size, int atype, int value_regno);
bool vrf_is_trusted_reg(const struct bpf_reg_state *reg);
static inline bool is_rcu_reg(const struct bpf_reg_state *reg)
{
	return reg->type & MEM_RCU;
}

/* ctx.c: a load or store of the program's context; what a load gives in *info. */
struct ctx_info {
	u32 reg_type;
	const struct kbtf *btf;
	u32 btf_id;
	bool is_retval;
	int arg; /* index of the callback's argument; -1: none */
};
int vrf_check_ctx_access(struct bpf_verifier_env *env, int insn_idx, int off, int size, int t,
			 bool is_ldsx, struct ctx_info *info);
/* Is a plain struct of known size passed, that no access rewriting touches (SYSCALL)? */
bool vrf_ctx_is_plain_memory(const struct bpf_verifier_env *env);

/* ctx_net.c: contexts and sockets of networking programs. */
bool vrf_ctx_net_access(struct bpf_verifier_env *env, int off, int size, int t, bool is_ldsx,
			struct ctx_info *info);
/* Where the context has the pointer that a load of @off stands for; -ENOENT: it is no such load. */
int vrf_ctx_packet_ptr(const struct bpf_verifier_env *env, int off);
int vrf_check_sock_access(struct bpf_verifier_env *env, u32 regno, int off, int size, int t);

/* mem_pkt.c: packets */
bool vrf_may_access_direct_pkt_data(struct bpf_verifier_env *env,
				    const struct bpf_call_arg_meta *meta, int t);
int vrf_check_packet_access(struct bpf_verifier_env *env, u32 regno, int off, int size,
			    bool zero_size_allowed);
int vrf_access_packet(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
		      int value_regno);
int vrf_access_flow_keys(struct bpf_verifier_env *env, int off, int size, int t, int value_regno);
void vrf_clear_all_pkt_pointers(struct bpf_verifier_env *env);

/* mem_arg.c: memory that is passed to a helper or kfunc. */
int vrf_check_mem_arg(struct bpf_verifier_env *env, int regno, int access_size, int access_type,
		      bool zero_size_allowed, struct bpf_call_arg_meta *meta);
int vrf_check_mem_size_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
			   int access_type, bool zero_size_allowed, struct bpf_call_arg_meta *meta);
int vrf_check_kfunc_mem_size_reg(struct bpf_verifier_env *env, struct bpf_reg_state *reg,
				 u32 regno);
int vrf_check_reg_const_str(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno);

/* dynptr.c */
int vrf_destroy_if_dynptr_stack_slot(struct bpf_verifier_env *env, struct bpf_func_state *state,
				     int spi);
int vrf_stack_slot_obj_get_spi(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			       const char *obj_kind, int nr_slots);
int vrf_unmark_stack_slots_dynptr(struct bpf_verifier_env *env, struct bpf_reg_state *reg);
int vrf_dynptr_get_spi(struct bpf_verifier_env *env, const struct bpf_reg_state *reg);
int vrf_dynptr_id(struct bpf_verifier_env *env, const struct bpf_reg_state *reg);
int vrf_dynptr_ref_obj_id(struct bpf_verifier_env *env, const struct bpf_reg_state *reg);
enum bpf_dynptr_type vrf_dynptr_get_type(struct bpf_verifier_env *env,
					 const struct bpf_reg_state *reg);
bool vrf_dynptr_type_refcounted(enum bpf_dynptr_type type);
u32 vrf_dynptr_type_flag(enum bpf_dynptr_type type);

#endif
