/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Linked lists and rbtrees of allocated objects. The root and the lock that
 * protects it lie in the same allocation, and the lock has to be held. Adding
 * an object gives the ownership away: the registers that had it become
 * non-owning references, good until the lock is dropped.
 */
#include "kobj/map.h"
#include "verifier/btf_walk.h"
#include "verifier/calls.h"

static bool is_list_kfunc(enum special_kfunc k)
{
	return k == KF_bpf_list_push_front_impl || k == KF_bpf_list_push_back_impl ||
	       k == KF_bpf_list_pop_front || k == KF_bpf_list_pop_back;
}

static bool is_rbtree_kfunc(enum special_kfunc k)
{
	return k == KF_bpf_rbtree_add_impl || k == KF_bpf_rbtree_remove ||
	       k == KF_bpf_rbtree_first;
}

bool vrf_is_rbtree_lock_required_kfunc(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	return insn_is_kfunc_call(insn) && is_rbtree_kfunc(vrf_special_kfunc(env, insn->imm));
}

bool vrf_is_graph_api_kfunc(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	enum special_kfunc k;

	if (!insn_is_kfunc_call(insn))
		return false;
	k = vrf_special_kfunc(env, insn->imm);
	return is_list_kfunc(k) || is_rbtree_kfunc(k) || k == KF_bpf_refcount_acquire_impl;
}

static int check_allocation_locked(struct bpf_verifier_env *env, const struct bpf_reg_state *reg)
{
	const struct bpf_active_lock *held = &env->cur_state->active_lock;
	const void *ptr = reg->type == PTR_TO_MAP_VALUE ? (const void *)reg->map_ptr : reg->btf;

	if (!held->ptr)
		return -EINVAL;
	if (held->ptr == ptr && held->id == reg->id)
		return 0;
	verbose(env, "held lock and object are not in the same allocation\n");
	return -EINVAL;
}

int vrf_process_graph_root(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
			   struct bpf_kfunc_call_arg_meta *meta, u32 root_type)
{
	const char *name = vrf_field_type_name(root_type);
	const struct btf_record *rec;
	const struct btf_field *field;
	u32 off;

	if (root_type == BPF_LIST_HEAD ? !is_list_kfunc(meta->special) :
					 !is_rbtree_kfunc(meta->special)) {
		verbose(env, "verifier internal error: %s head arg for unknown kfunc\n", name);
		return -EFAULT;
	}
	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d doesn't have constant offset. %s has to be at the constant offset\n",
			regno, name);
		return -EINVAL;
	}
	rec = vrf_reg_btf_record(env, reg);
	off = reg->off + reg->var_off.value;
	field = rec ? record_find(rec, off, root_type) : NULL;
	if (!field) {
		verbose(env, "%s not found at offset=%u\n", name, off);
		return -EINVAL;
	}
	if (check_allocation_locked(env, reg)) {
		verbose(env, "bpf_spin_lock at off=%d must be held for %s\n", rec->spin_lock_off,
			name);
		return -EINVAL;
	}
	if (root_type == BPF_LIST_HEAD)
		meta->list_head = field;
	else
		meta->rbtree_root = field;
	return 0;
}

int vrf_process_graph_node(struct bpf_verifier_env *env, struct bpf_reg_state *reg, u32 regno,
			   struct bpf_kfunc_call_arg_meta *meta, u32 node_type)
{
	bool list = node_type == BPF_LIST_NODE;
	const struct btf_field *root = list ? meta->list_head : meta->rbtree_root;
	const char *name = vrf_field_type_name(node_type), *want;
	const struct btf_record *rec;
	u32 off;

	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d doesn't have constant offset. %s has to be at the constant offset\n",
			regno, name);
		return -EINVAL;
	}
	off = reg->off + reg->var_off.value;
	rec = vrf_reg_btf_record(env, reg);
	if (!rec || !record_find(rec, off, node_type)) {
		verbose(env, "%s not found at offset=%u\n", name, off);
		return -EINVAL;
	}
	if (!root) {
		verbose(env, "verifier internal error: %s node arg for unknown kfunc\n", name);
		return -EFAULT;
	}
	want = kbtf_type_name(root->graph_root.btf, root->graph_root.value_btf_id);
	if (!btfw_ids_match(env, reg->btf, reg->btf_id, 0, root->graph_root.btf,
			    root->graph_root.value_btf_id, true, !type_is_alloc(reg->type))) {
		verbose(env, "operation on %s expects arg#1 %s at offset=%d in struct %s, but arg is at offset=%d in struct %s\n",
			vrf_field_type_name(list ? BPF_LIST_HEAD : BPF_RB_ROOT), name,
			root->graph_root.node_offset, want, off,
			kbtf_type_name(reg->btf, reg->btf_id));
		return -EINVAL;
	}
	meta->arg_btf = reg->btf;
	meta->arg_btf_id = reg->btf_id;
	if (off != root->graph_root.node_offset) {
		verbose(env, "arg#1 offset=%d, but expected %s at offset=%d in struct %s\n", off,
			name, root->graph_root.node_offset, want);
		return -EINVAL;
	}
	return 0;
}

int vrf_ref_set_non_owning(struct bpf_verifier_env *env, struct bpf_reg_state *reg)
{
	const struct btf_record *rec = vrf_reg_btf_record(env, reg);

	if (!env->cur_state->active_lock.ptr || (reg->type & NON_OWN_REF)) {
		verbose(env, "verifier internal error: NON_OWN_REF already set, or no lock held\n");
		return -EFAULT;
	}
	reg->type |= NON_OWN_REF;
	if (rec && rec->refcount_off >= 0)
		reg->type |= MEM_RCU;
	return 0;
}

int vrf_ref_convert_owning_non_owning(struct bpf_verifier_env *env, u32 ref_obj_id)
{
	struct bpf_func_state *f = cur_func(env), *g __unused;
	struct bpf_reg_state *reg;
	u32 i;

	for (i = 0; i < f->acquired_refs; i++)
		if (ref_obj_id && f->refs[i].id == ref_obj_id)
			break;
	if (i == f->acquired_refs) {
		verbose(env, "verifier internal error: ref state missing for ref_obj_id\n");
		return -EFAULT;
	}
	/* Without ref_obj_id they survive the release that follows. */
	bpf_for_each_reg_in_vstate(env->cur_state, g, reg, ({
		if (reg->ref_obj_id == ref_obj_id) {
			reg->ref_obj_id = 0;
			vrf_ref_set_non_owning(env, reg);
		}
	}));
	return 0;
}

void vrf_mark_reg_graph_node(struct bpf_reg_state *reg, const struct btf_field *root)
{
	vrf_mark_reg_known_zero(reg);
	reg->type = PTR_TO_BTF_ID | MEM_ALLOC;
	reg->btf = root->graph_root.btf;
	reg->btf_id = root->graph_root.value_btf_id;
	reg->off = root->graph_root.node_offset;
	reg->ctx_arg = 0;
}

/* bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b) */
int vrf_set_rbtree_add_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				      struct bpf_func_state *callee, int insn_idx)
{
	struct bpf_reg_state *root = &caller->regs[BPF_REG_1];
	const struct btf_record *rec = vrf_reg_btf_record(env, root);
	const struct btf_field *field;
	int i;

	field = rec ? record_find(rec, root->off + root->var_off.value, BPF_RB_ROOT) : NULL;
	if (!field || !field->graph_root.value_btf_id)
		return -EFAULT;
	for (i = BPF_REG_1; i <= BPF_REG_2; i++) {
		vrf_mark_reg_graph_node(&callee->regs[i], field);
		vrf_ref_set_non_owning(env, &callee->regs[i]);
	}
	for (i = BPF_REG_3; i <= BPF_REG_5; i++)
		vrf_mark_reg_not_init(env, &callee->regs[i]);
	callee->in_callback_fn = true;
	callee->callback_ret_range = retval_range(0, 1);
	return 0;
}
