/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A kfunc call: may it be called from here, which C function does it mean, are
 * the arguments right, and what is in R0 afterwards.
 */
#include "verifier/btf_walk.h"
#include "verifier/calls.h"

#define BPF_GLOBAL_PERCPU_MA_MAX_SIZE 512

/*
 * What 7.1's filter says comes before all else, as does in run-time mode what is not
 * registered for the program's type; 6.12's contexts are not the verifier's business.
 */
static bool filters_first(const struct calls *c)
{
	return calls_profile(c) != KERNEL_6_12 || calls_resolution(c) == KFUNC_AT_RUN;
}

static int fetch_meta(struct bpf_verifier_env *env, const struct bpf_insn *insn,
		      const struct call_site *site, const struct kfunc_set **set,
		      struct bpf_kfunc_call_arg_meta *meta)
{
	const struct btf_type *func;
	struct err_msg e = {};

	memset(meta, 0, sizeof(*meta));
	if (insn->off)
		return -EINVAL;
	meta->btf = env->kernel_btf;
	meta->func_id = insn->imm;
	meta->func_name = kbtf_type_name(meta->btf, meta->func_id);
	meta->row = calls_find_kfunc(env->opts->calls, site, meta->func_id, set);
	if (!meta->row)
		return vrf_refuse_kfunc(env, site, NULL, NULL, meta->func_name, NULL);
	if (filters_first(env->opts->calls) &&
	    calls_check_kfunc(env->opts->calls, site, meta->func_id, &e))
		return vrf_refuse_kfunc(env, site, *set, meta->row, meta->func_name, e.text);
	func = kbtf_type(meta->btf, meta->func_id);
	meta->func_proto = kbtf_type(meta->btf, func->type);
	meta->flags = meta->row->flags;
	meta->special = vrf_special_kfunc(env, meta->func_id);
	return 0;
}

static int push_callbacks(struct bpf_verifier_env *env, struct bpf_insn *insn, int insn_idx,
			  const struct bpf_kfunc_call_arg_meta *meta)
{
	int err = 0;

	if (meta->special == KF_bpf_rbtree_add_impl)
		err = vrf_push_callback_call(env, insn, insn_idx, meta->subprogno,
					     vrf_set_rbtree_add_callback_state,
					     cur_func(env)->place);
	else if (meta->special == KF_bpf_wq_set_callback_impl)
		err = vrf_push_callback_call(env, insn, insn_idx, meta->subprogno,
					     vrf_set_timer_callback_state, CALL_IN_WQ_CB);
	if (err)
		verbose(env, "kfunc %s#%d failed callback verification\n", meta->func_name,
			meta->func_id);
	return err;
}

static int release(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta, u32 ref)
{
	int err = vrf_release_reference(env, ref);

	if (err)
		verbose(env, "kfunc %s#%d reference has not been acquired before\n",
			meta->func_name, meta->func_id);
	return err;
}

static int release_args(struct bpf_verifier_env *env, int insn_idx,
			const struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_insn_aux_data *aux = &env->insn_aux_data[insn_idx];
	struct bpf_reg_state *node = reg_state(env, BPF_REG_2);
	u32 ref;
	int err;

	if (meta->release_regno) {
		err = release(env, meta, reg_state(env, meta->release_regno)->ref_obj_id);
		if (err)
			return err;
	}
	if (meta->special != KF_bpf_list_push_front_impl &&
	    meta->special != KF_bpf_list_push_back_impl && meta->special != KF_bpf_rbtree_add_impl)
		return 0;
	/* The root owns the node from now on. */
	ref = node->ref_obj_id;
	aux->insert_off = node->off;
	aux->kptr_struct_meta = vrf_struct_record(env, meta->arg_btf, meta->arg_btf_id);
	err = vrf_ref_convert_owning_non_owning(env, ref);
	if (err) {
		verbose(env, "kfunc %s#%d conversion of owning ref to non-owning failed\n",
			meta->func_name, meta->func_id);
		return err;
	}
	return release(env, meta, ref);
}

static int check_throw(struct bpf_verifier_env *env)
{
	env->seen_exception = true;
	/* The default callback returns the cookie. */
	if (!env->exception_callback_subprog)
		return vrf_check_return_code(env, BPF_REG_1, "R1");
	return 0;
}

/* R0 of obj_new() and percpu_obj_new(): an object of the program's own type. */
static int ret_new_obj(struct bpf_verifier_env *env, int insn_idx,
		       const struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_insn_aux_data *aux = &env->insn_aux_data[insn_idx];
	bool percpu = meta->special == KF_bpf_percpu_obj_new_impl;
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);
	const struct kbtf *btf = env->prog->btf;
	u64 id = meta->arg_constant.value;
	const struct btf_record *rec;
	const struct btf_type *t;

	if (id != (u32)id) {
		verbose(env, "local type ID argument must be in range [0, U32_MAX]\n");
		return -EINVAL;
	}
	if (!btf) {
		verbose(env, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF\n");
		return -EINVAL;
	}
	t = kbtf_type(btf, id);
	if (!t || kbtf_kind(t) != BTF_KIND_STRUCT) {
		verbose(env, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct\n");
		return -EINVAL;
	}
	rec = vrf_struct_record(env, btf, id);
	if (percpu) {
		if (t->size > BPF_GLOBAL_PERCPU_MA_MAX_SIZE) {
			verbose(env, "bpf_percpu_obj_new type size (%d) is greater than %d\n",
				t->size, BPF_GLOBAL_PERCPU_MA_MAX_SIZE);
			return -EINVAL;
		}
		if (!btfw_is_scalar_struct(env, btf, t)) {
			verbose(env, "bpf_percpu_obj_new type ID argument must be of a struct of scalars\n");
			return -EINVAL;
		}
		if (rec) {
			verbose(env, "bpf_percpu_obj_new type ID argument must not contain special fields\n");
			return -EINVAL;
		}
	}
	vrf_mark_reg_known_zero(r0);
	r0->type = PTR_TO_BTF_ID | MEM_ALLOC | (percpu ? MEM_PERCPU : 0);
	r0->btf = btf;
	r0->btf_id = id;
	aux->obj_new_size = t->size;
	aux->kptr_struct_meta = rec;
	return 0;
}

static void ret_btf_ptr(struct bpf_reg_state *r0, u32 type, const struct kbtf *btf, u32 id)
{
	vrf_mark_reg_known_zero(r0);
	r0->type = type;
	r0->btf = btf;
	r0->btf_id = id;
}

static int ret_rdonly_cast(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta)
{
	const struct btf_type *t = kbtf_type(meta->btf, meta->arg_constant.value);

	if (!t || !kbtf_is_composite(t)) {
		verbose(env, "kfunc bpf_rdonly_cast type ID argument must be of a struct\n");
		return -EINVAL;
	}
	ret_btf_ptr(reg_state(env, BPF_REG_0), PTR_TO_BTF_ID | PTR_UNTRUSTED, meta->btf,
		    meta->arg_constant.value);
	return 0;
}

static int ret_slice(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);

	if (!meta->arg_constant.found || !meta->initialized_dynptr.id) {
		verbose(env, "verifier internal error: bpf_dynptr_slice(_rdwr) no constant size\n");
		return -EFAULT;
	}
	vrf_mark_reg_known_zero(r0);
	r0->mem_size = meta->arg_constant.value;
	r0->type = PTR_TO_MEM | vrf_dynptr_type_flag(meta->initialized_dynptr.type);
	r0->dynptr_id = meta->initialized_dynptr.id;
	if (meta->special == KF_bpf_dynptr_slice) {
		r0->type |= MEM_RDONLY;
		return 0;
	}
	if (vrf_may_access_direct_pkt_data(env, NULL, BPF_WRITE))
		return 0;
	verbose(env, "the prog does not allow writes to packet data\n");
	return -EINVAL;
}

/* Kfuncs whose pointer is more than its BTF says. 1: an ordinary one. */
static int ret_special(struct bpf_verifier_env *env, int insn_idx,
		       const struct bpf_kfunc_call_arg_meta *meta)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);

	switch (meta->special) {
	case KF_bpf_obj_new_impl:
	case KF_bpf_percpu_obj_new_impl:
		return ret_new_obj(env, insn_idx, meta);
	case KF_bpf_refcount_acquire_impl:
		ret_btf_ptr(r0, PTR_TO_BTF_ID | MEM_ALLOC, meta->arg_btf, meta->arg_btf_id);
		env->insn_aux_data[insn_idx].kptr_struct_meta =
			vrf_struct_record(env, meta->arg_btf, meta->arg_btf_id);
		return 0;
	case KF_bpf_list_pop_front:
	case KF_bpf_list_pop_back:
		vrf_mark_reg_graph_node(r0, meta->list_head);
		return 0;
	case KF_bpf_rbtree_remove:
	case KF_bpf_rbtree_first:
		vrf_mark_reg_graph_node(r0, meta->rbtree_root);
		return 0;
	case KF_bpf_rdonly_cast:
		return ret_rdonly_cast(env, meta);
	case KF_bpf_dynptr_slice:
	case KF_bpf_dynptr_slice_rdwr:
		return ret_slice(env, meta);
	default:
		return 1;
	}
}

static int ret_mem(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta,
		   const struct btf_type *t, u32 id)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);
	u32 size;

	if (!meta->r0_size && kbtf_resolve_size(meta->btf, id, &size, NULL)) {
		meta->r0_size = size;
		meta->r0_rdonly = true;
	}
	if (!meta->r0_size) {
		verbose(env, "kernel function %s returns pointer type %s %s is not supported\n",
			meta->func_name, btfw_kind_str(t), kbtf_name(meta->btf, t->name_off));
		return -EINVAL;
	}
	vrf_mark_reg_known_zero(r0);
	r0->type = PTR_TO_MEM | (meta->r0_rdonly ? MEM_RDONLY : 0);
	r0->mem_size = meta->r0_size;
	r0->ref_obj_id = meta->ref_obj_id; /* gone with the object that it belongs to */
	return 0;
}

static void ret_struct(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta,
		       u32 id)
{
	u32 type = PTR_TO_BTF_ID;

	if (meta->flags & KF_ITER_NEXT) {
		const struct bpf_reg_state *it =
			&env->cur_state->frame[meta->iter.frameno]->stack[meta->iter.spi].spilled_ptr;

		type |= it->type & MEM_RCU ? MEM_RCU : PTR_TRUSTED;
	}
	ret_btf_ptr(reg_state(env, BPF_REG_0), type, meta->btf, id);
}

static int ret_pointer(struct bpf_verifier_env *env, int insn_idx,
		       struct bpf_kfunc_call_arg_meta *meta, const struct btf_type *ptr)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);
	/* An owned object is no NULL candidate where refcount_acquire() gets it. */
	bool maybe_null = (meta->flags & KF_RET_NULL) &&
			  !(meta->special == KF_bpf_refcount_acquire_impl && meta->arg_owning_ref);
	const struct btf_type *t;
	u32 id;
	int err;

	t = kbtf_skip_modifiers(meta->btf, ptr->type, &id);
	err = ret_special(env, insn_idx, meta);
	if (err < 0)
		return err;
	if (err) {
		if (kbtf_kind(t) == BTF_KIND_UNKN) {
			vrf_mark_reg_unknown(env, r0); /* void *: a number */
		} else if (kbtf_kind(t) == BTF_KIND_STRUCT) {
			ret_struct(env, meta, id);
		} else {
			err = ret_mem(env, meta, t, id);
			if (err)
				return err;
		}
	}
	r0->ctx_arg = 0;
	if (maybe_null) {
		r0->type |= PTR_MAYBE_NULL;
		r0->id = ++env->id_gen;
	}
	vrf_mark_btf_func_reg_size(env, BPF_REG_0, sizeof(u64));
	if (meta->flags & KF_ACQUIRE) {
		int ref = vrf_acquire_reference_state(env, insn_idx);

		if (ref < 0)
			return ref;
		if (maybe_null)
			r0->id = ref;
		r0->ref_obj_id = ref;
	} else if (meta->special == KF_bpf_rbtree_first) {
		vrf_ref_set_non_owning(env, r0);
	}
	if (reg_may_point_to_spin_lock(env, r0) && !r0->id)
		r0->id = ++env->id_gen;
	return 0;
}

static int check_return(struct bpf_verifier_env *env, int insn_idx,
			struct bpf_kfunc_call_arg_meta *meta)
{
	const struct btf_type *t = kbtf_skip_modifiers(meta->btf, meta->func_proto->type, NULL);
	bool ptr = t && kbtf_kind(t) == BTF_KIND_PTR;
	const struct btf_type *target = ptr ? kbtf_skip_modifiers(meta->btf, t->type, NULL) : NULL;

	if ((meta->flags & KF_ACQUIRE) && !(target && kbtf_is_composite(target)) &&
	    meta->special != KF_bpf_obj_new_impl && meta->special != KF_bpf_percpu_obj_new_impl &&
	    meta->special != KF_bpf_refcount_acquire_impl) {
		verbose(env, "acquire kernel function does not return PTR_TO_BTF_ID\n");
		return -EINVAL;
	}
	if (ptr)
		return ret_pointer(env, insn_idx, meta, t);
	if (t && btfw_is_scalar(t)) {
		mark_reg_unknown(env, cur_regs(env), BPF_REG_0);
		vrf_mark_btf_func_reg_size(env, BPF_REG_0, t->size);
	} else if (meta->special == KF_bpf_obj_drop_impl ||
		   meta->special == KF_bpf_percpu_obj_drop_impl) {
		env->insn_aux_data[insn_idx].kptr_struct_meta =
			vrf_struct_record(env, meta->arg_btf, meta->arg_btf_id);
	}
	return 0;
}

/* Liveness: the call has read its arguments, each in its declared width. */
static void mark_args_read(struct bpf_verifier_env *env, const struct bpf_kfunc_call_arg_meta *meta)
{
	const struct btf_param *p = kbtf_params(meta->func_proto);
	u32 i;

	for (i = 0; i < kbtf_vlen(meta->func_proto); i++) {
		const struct btf_type *t = kbtf_skip_modifiers(meta->btf, p[i].type, NULL);

		vrf_mark_btf_func_reg_size(env, i + 1,
					   kbtf_kind(t) == BTF_KIND_PTR ? sizeof(u64) : t->size);
	}
}

/* What the fixups put into registers there is one for all paths. */
static int check_hidden_args(struct bpf_verifier_env *env, int insn_idx,
			     const struct bpf_insn_aux_data *before)
{
	struct bpf_insn_aux_data *now = &env->insn_aux_data[insn_idx];

	if (before->kfunc_checked && (before->obj_new_size != now->obj_new_size ||
				      before->insert_off != now->insert_off ||
				      before->kptr_struct_meta != now->kptr_struct_meta)) {
		verbose(env, "same insn cannot be used with objects of different types\n");
		return -EINVAL;
	}
	now->kfunc_checked = true;
	return 0;
}

/* Of a program that may sleep, a timer's callback may not: its context says more. */
static int refuse_sleepable(struct bpf_verifier_env *env, const struct call_site *site,
			    const struct kfunc_set *set, const struct bpf_kfunc_call_arg_meta *meta)
{
	struct err_msg e = {};

	if (site->place == CALL_IN_TIMER_CB &&
	    calls_check_kfunc(env->opts->calls, site, meta->func_id, &e))
		return vrf_refuse_kfunc(env, site, set, meta->row, meta->func_name, e.text);
	return vrf_refuse_sleepable(env, site, set, meta->row, meta->func_name);
}

int vrf_check_kfunc_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx_p)
{
	const struct kfunc_set *set = NULL;
	struct bpf_kfunc_call_arg_meta meta;
	int i, err, insn_idx = *insn_idx_p;
	struct bpf_insn_aux_data before;
	struct kfunc_decision decision;
	struct call_site site;

	if (!insn->imm)
		return 0; /* a weak kfunc that is missing: fixups refuse it if it is reachable */
	vrf_call_site(env, insn_idx, &site);
	err = fetch_meta(env, insn, &site, &set, &meta);
	if (err)
		return err;
	env->insn_aux_data[insn_idx].is_iter_next = meta.flags & KF_ITER_NEXT;
	if ((meta.flags & KF_SLEEPABLE) && !in_sleepable(env))
		return refuse_sleepable(env, &site, set, &meta);
	decision = (struct kfunc_decision){ &site, set, meta.row, meta.func_id };
	err = vrf_decide_kfunc(env, &decision);
	if (err)
		return err;
	before = env->insn_aux_data[insn_idx];
	err = vrf_check_kfunc_args(env, &meta, insn_idx);
	if (!err)
		err = push_callbacks(env, insn, insn_idx, &meta);
	if (!err)
		err = vrf_kfunc_sections(env, &meta);
	if (!err)
		err = release_args(env, insn_idx, &meta);
	if (!err && meta.special == KF_bpf_throw)
		err = check_throw(env);
	if (err)
		return err;

	for (i = 0; i < CALLER_SAVED_REGS; i++)
		mark_reg_not_init(env, cur_regs(env), i);
	err = check_return(env, insn_idx, &meta);
	if (err)
		return err;
	err = check_hidden_args(env, insn_idx, &before);
	if (err)
		return err;
	mark_args_read(env, &meta);
	if (meta.flags & KF_ITER_NEXT)
		return vrf_process_iter_next_call(env, insn_idx, &meta);
	return 0;
}
