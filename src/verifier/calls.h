/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the files that check helper and kfunc calls share.
 */
#ifndef VERIFIER_CALLS_H
#define VERIFIER_CALLS_H

#include "calls/calls.h"
#include "verifier/mem.h"

/* Helpers with rules of their own: Linux's numbers (BPF_FUNC_*). */
enum {
	BPF_FUNC_map_lookup_elem = 1,
	BPF_FUNC_map_update_elem = 2,
	BPF_FUNC_map_delete_elem = 3,
	BPF_FUNC_get_smp_processor_id = 8,
	BPF_FUNC_tail_call = 12,
	BPF_FUNC_perf_event_output = 25,
	BPF_FUNC_get_stackid = 27,
	BPF_FUNC_current_task_under_cgroup = 37,
	BPF_FUNC_probe_read_str = 45,
	BPF_FUNC_redirect_map = 51,
	BPF_FUNC_sk_redirect_map = 52,
	BPF_FUNC_sock_map_update = 53,
	BPF_FUNC_msg_redirect_map = 60,
	BPF_FUNC_get_stack = 67,
	BPF_FUNC_sock_hash_update = 70,
	BPF_FUNC_msg_redirect_hash = 71,
	BPF_FUNC_sk_redirect_hash = 72,
	BPF_FUNC_get_local_storage = 81,
	BPF_FUNC_sk_select_reuseport = 82,
	BPF_FUNC_sk_release = 86,
	BPF_FUNC_map_push_elem = 87,
	BPF_FUNC_map_pop_elem = 88,
	BPF_FUNC_map_peek_elem = 89,
	BPF_FUNC_spin_lock = 93,
	BPF_FUNC_spin_unlock = 94,
	BPF_FUNC_sk_storage_get = 107,
	BPF_FUNC_sk_storage_delete = 108,
	BPF_FUNC_probe_read_user_str = 114,
	BPF_FUNC_probe_read_kernel_str = 115,
	BPF_FUNC_ringbuf_output = 130,
	BPF_FUNC_ringbuf_reserve = 131,
	BPF_FUNC_ringbuf_query = 134,
	BPF_FUNC_get_task_stack = 141,
	BPF_FUNC_inode_storage_get = 145,
	BPF_FUNC_inode_storage_delete = 146,
	BPF_FUNC_per_cpu_ptr = 153,
	BPF_FUNC_this_cpu_ptr = 154,
	BPF_FUNC_task_storage_get = 156,
	BPF_FUNC_task_storage_delete = 157,
	BPF_FUNC_for_each_map_elem = 164,
	BPF_FUNC_snprintf = 165,
	BPF_FUNC_timer_set_callback = 170,
	BPF_FUNC_find_vma = 180,
	BPF_FUNC_loop = 181,
	BPF_FUNC_kptr_xchg = 194,
	BPF_FUNC_map_lookup_percpu_elem = 195,
	BPF_FUNC_dynptr_from_mem = 197,
	BPF_FUNC_ringbuf_reserve_dynptr = 198,
	BPF_FUNC_ringbuf_submit_dynptr = 199,
	BPF_FUNC_ringbuf_discard_dynptr = 200,
	BPF_FUNC_dynptr_write = 202,
	BPF_FUNC_dynptr_data = 203,
	BPF_FUNC_user_ringbuf_drain = 209,
	BPF_FUNC_cgrp_storage_get = 210,
	BPF_FUNC_cgrp_storage_delete = 211,
	__BPF_FUNC_MAX_ID = 212,

	/* not for programs */
	BPF_FUNC_skb_load_8 = 4001,
	BPF_FUNC_skb_load_16 = 4002,
	BPF_FUNC_skb_load_32 = 4003,
};

/* Kfuncs with rules of their own, by name. */
enum special_kfunc {
	KF_none,
#define SPECIAL(name) KF_##name,
#include "verifier/special_kfuncs.def"
#undef SPECIAL
};
enum special_kfunc vrf_special_kfunc(const struct bpf_verifier_env *env, u32 btf_id);

/* One kfunc call. */
struct bpf_kfunc_call_arg_meta {
	const struct kbtf *btf; /* the kernel's */
	u32 func_id, flags;
	enum special_kfunc special;
	const struct kfunc_row *row;
	const struct btf_type *func_proto;
	const char *func_name;
	u32 ref_obj_id;
	u8 release_regno;
	bool r0_rdonly;
	u32 ret_btf_id;
	u64 r0_size;
	u32 subprogno;
	struct {
		u64 value;
		bool found;
	} arg_constant;
	/* the allocated object that obj_drop, list and rbtree kfuncs got */
	const struct kbtf *arg_btf;
	u32 arg_btf_id;
	bool arg_owning_ref;
	const struct btf_field *list_head, *rbtree_root;
	struct {
		enum bpf_dynptr_type type;
		u32 id, ref_obj_id;
	} initialized_dynptr;
	struct {
		u8 spi, frameno;
	} iter;
	struct {
		struct bpf_map *ptr;
		u32 uid;
	} map;
};

void vrf_call_site(const struct bpf_verifier_env *env, u32 insn_idx, struct call_site *site);

/* decide.c: what a call means, kept in its site */
struct kfunc_decision {
	const struct call_site *site;
	const struct kfunc_set *set;
	const struct kfunc_row *row;
	u32 id; /* BTF */
};
/* Asks for the current path; the argument registers are still those of the call. */
int vrf_decide_kfunc(struct bpf_verifier_env *env, const struct kfunc_decision *d);
/* At the end: off the list with what one path would mean, and all of them together do not. */
void vrf_settle_calls(struct bpf_verifier_env *env);
int vrf_record_helper(struct bpf_verifier_env *env, u32 insn_idx, const struct call_target *t);
int vrf_record_helper_call(struct bpf_verifier_env *env, int insn_idx,
			   const struct helper_proto *fn);
/* Log, list, and the errno of a refusal; @set and @row may be NULL. */
int vrf_refuse_kfunc(struct bpf_verifier_env *env, const struct call_site *site,
		     const struct kfunc_set *set, const struct kfunc_row *row, const char *name,
		     const char *why);
int vrf_refuse_sleepable(struct bpf_verifier_env *env, const struct call_site *site,
			 const struct kfunc_set *set, const struct kfunc_row *row, const char *name);
int vrf_refuse_helper(struct bpf_verifier_env *env, const struct call_site *site, const char *name,
		      const char *why);

/* effects.c: sets changes_pkt_data and might_sleep of functions */
int vrf_find_effects(struct bpf_verifier_env *env);
int vrf_check_global_sleeps(struct bpf_verifier_env *env, int subprog);

/* helper_args.c */
int vrf_check_func_arg(struct bpf_verifier_env *env, u32 arg, struct bpf_call_arg_meta *meta,
		       const struct helper_proto *fn, int insn_idx);
int vrf_check_map_func_compatibility(struct bpf_verifier_env *env, const struct bpf_map *map,
				     const struct helper_proto *fn);

/* kfunc_args.c */
int vrf_check_kfunc_args(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta,
			 int insn_idx);

/* iter.c */
int vrf_process_iter_arg(struct bpf_verifier_env *env, int regno, int insn_idx,
			 struct bpf_kfunc_call_arg_meta *meta);
int vrf_process_iter_next_call(struct bpf_verifier_env *env, int insn_idx,
			       struct bpf_kfunc_call_arg_meta *meta);

/* locks.c */
int vrf_process_spin_lock(struct bpf_verifier_env *env, int regno, bool is_lock);
int vrf_kfunc_sections(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta);
bool vrf_in_rbtree_lock_required_cb(struct bpf_verifier_env *env);

/* graph.c: lists, rbtrees, owning and non-owning references */
int vrf_process_graph_root(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
			   struct bpf_kfunc_call_arg_meta *meta, u32 root_type);
int vrf_process_graph_node(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
			   struct bpf_kfunc_call_arg_meta *meta, u32 node_type);
int vrf_ref_set_non_owning(struct bpf_verifier_env *env, struct bpf_reg_state *reg);
int vrf_ref_convert_owning_non_owning(struct bpf_verifier_env *env, u32 ref_obj_id);
/* reg becomes a pointer to a node of @root: its object, at the node's offset. */
void vrf_mark_reg_graph_node(struct bpf_reg_state *reg, const struct btf_field *root);
int vrf_set_rbtree_add_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				      struct bpf_func_state *callee, int insn_idx);

/* dynptr.c */
u32 vrf_kfunc_dynptr_arg_type(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta,
			      const struct bpf_reg_state *reg, bool uninit, int *clone_ref_obj_id);

#endif
