/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A helper call: may this program call it from here, are the arguments right,
 * which effects has it beyond its prototype, and what is in R0 afterwards.
 */
#include "calls/hooks.h"
#include "kobj/map.h"
#include "verifier/btf_walk.h"
#include "verifier/calls.h"

/* No machine has more. */
#define MAX_CPUS 8192

static int find_proto(struct bpf_verifier_env *env, const struct bpf_insn *insn, int insn_idx,
		      const struct helper_proto **out)
{
	const struct calls *calls = env->opts->calls;
	const struct helper_proto *fn;
	struct err_msg e = {};
	struct call_site site;

	if (insn->imm < 0 || insn->imm >= __BPF_FUNC_MAX_ID) {
		verbose(env, "invalid func %s#%d\n", "unknown", insn->imm);
		return -EINVAL;
	}
	vrf_call_site(env, insn_idx, &site);
	*out = calls_resolve_helper(calls, &site, insn->imm, &e);
	if (*out)
		return 0;
	fn = calls_find_helper(calls, insn->imm);
	verbose(env, "program of this type cannot use helper %s%s#%d\n", fn ? "bpf_" : "",
		fn ? fn->name : "unknown", insn->imm);
	return vrf_refuse_helper(env, &site, fn ? fn->name : "unknown", e.text);
}

static bool is_storage_get(u32 id)
{
	return id == BPF_FUNC_sk_storage_get || id == BPF_FUNC_inode_storage_get ||
	       id == BPF_FUNC_task_storage_get || id == BPF_FUNC_cgrp_storage_get;
}

static bool may_take_path_locks(const struct bpf_verifier_env *env)
{
	if (env->prog->type == BPF_PROG_TYPE_LSM)
		return env->attach.hook & HOOK_SLEEPABLE;
	return env->prog->expected_attach_type == BPF_TRACE_ITER ||
	       (env->attach.hook & HOOK_D_PATH);
}

static int check_may_call(struct bpf_verifier_env *env, const struct helper_proto *fn, int insn_idx)
{
	struct bpf_verifier_state *st = env->cur_state;
	const char *where = NULL;

	if (!env->prog->gpl_compatible && fn->gpl_only) {
		verbose(env, "cannot call GPL-restricted function from non-GPL compatible program\n");
		return -EINVAL;
	}
	if (fn->takes_path_locks && !may_take_path_locks(env)) {
		verbose(env, "helper call is not allowed in probe\n");
		return -EINVAL;
	}
	if (!in_sleepable(env) && fn->might_sleep) {
		verbose(env, "helper call might sleep in a non-sleepable prog\n");
		return -EINVAL;
	}
	if (st->active_rcu_lock)
		where = "rcu_read_lock";
	else if (st->active_preempt_lock)
		where = "non-preemptible";
	if (!where)
		return 0;
	if (fn->might_sleep) {
		verbose(env, "sleepable helper bpf_%s#%d in %s region\n", fn->name, fn->id, where);
		return -EINVAL;
	}
	if (in_sleepable(env) && is_storage_get(fn->id))
		env->insn_aux_data[insn_idx].storage_get_func_atomic = true;
	return 0;
}

/* Fixups inline look-ups where the instruction always sees the same map. */
static int record_map(struct bpf_verifier_env *env, const struct bpf_call_arg_meta *meta,
		      int insn_idx)
{
	struct bpf_insn_aux_data *aux = &env->insn_aux_data[insn_idx];
	struct bpf_map *map = meta->map_ptr;

	switch (meta->func_id) {
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem:
		if (map && (map->map_flags & BPF_F_RDONLY_PROG)) {
			verbose(env, "write into map forbidden\n");
			return -EACCES;
		}
		break;
	case BPF_FUNC_tail_call:
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_peek_elem:
	case BPF_FUNC_for_each_map_elem:
	case BPF_FUNC_map_lookup_percpu_elem:
		break;
	default:
		return 0;
	}
	if (!map) {
		verbose(env, "kernel subsystem misconfigured verifier\n");
		return -EINVAL;
	}
	if (aux->map_ptr_state.map_ptr && aux->map_ptr_state.map_ptr != map)
		aux->map_ptr_state.poison = true;
	aux->map_ptr_state.map_ptr = map;
	aux->map_ptr_state.unpriv = map->unpriv;
	return 0;
}

static int record_key(struct bpf_verifier_env *env, const struct bpf_call_arg_meta *meta,
		      int insn_idx)
{
	u64 *key = &env->insn_aux_data[insn_idx].map_key_state, val;
	struct bpf_reg_state *reg = reg_state(env, BPF_REG_3);
	int err;

	if (meta->func_id != BPF_FUNC_tail_call)
		return 0;
	if (meta->map_ptr->map_type != BPF_MAP_TYPE_PROG_ARRAY) {
		verbose(env, "kernel subsystem misconfigured verifier\n");
		return -EINVAL;
	}
	val = reg->var_off.value;
	if (!is_reg_const(reg, false) || val >= meta->map_ptr->max_entries) {
		*key = BPF_MAP_KEY_SEEN | BPF_MAP_KEY_POISON;
		return 0;
	}
	err = vrf_mark_chain_precision(env, BPF_REG_3);
	if (err)
		return err;
	if (!(*key & BPF_MAP_KEY_SEEN))
		*key = val | BPF_MAP_KEY_SEEN;
	else if ((*key & ~(BPF_MAP_KEY_SEEN | BPF_MAP_KEY_POISON)) != val)
		*key |= BPF_MAP_KEY_POISON;
	return 0;
}

/* bpf_kptr_xchg() took the reference: a per-CPU object stays readable for an RCU section. */
static int release_to_kptr(struct bpf_verifier_env *env, u32 ref)
{
	bool rcu = in_rcu_cs(env);
	struct bpf_func_state *f __unused;
	struct bpf_reg_state *reg;
	int err = vrf_release_reference_state(cur_func(env), ref);

	if (err)
		return err;
	bpf_for_each_reg_in_vstate(env->cur_state, f, reg, ({
		if (reg->ref_obj_id != ref) {
			/* not it */
		} else if (rcu && (reg->type & MEM_ALLOC) && (reg->type & MEM_PERCPU)) {
			reg->ref_obj_id = 0;
			reg->type &= ~MEM_ALLOC;
			reg->type |= MEM_RCU;
		} else {
			mark_reg_invalid(env, reg);
		}
	}));
	return 0;
}

static int release_arg(struct bpf_verifier_env *env, const struct helper_proto *fn,
		       const struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, meta->release_regno);
	int err = -EINVAL;

	if (!meta->release_regno)
		return 0;
	if (base_type(fn->arg[meta->release_regno - BPF_REG_1]) == ARG_PTR_TO_DYNPTR)
		err = vrf_unmark_stack_slots_dynptr(env, reg);
	else if (fn->id == BPF_FUNC_kptr_xchg && meta->ref_obj_id)
		err = release_to_kptr(env, meta->ref_obj_id);
	else if (meta->ref_obj_id)
		err = vrf_release_reference(env, meta->ref_obj_id);
	else if (register_is_null(reg))
		err = 0;
	if (err)
		verbose(env, "func bpf_%s#%d reference has not been acquired before\n", fn->name,
			fn->id);
	return err;
}

/* ---- helpers that do more than their prototype says ---- */

static int check_tail_call(struct bpf_verifier_env *env)
{
	struct bpf_verifier_state *st = env->cur_state;
	const char *where = NULL;
	int err;

	if (st->active_lock.ptr) {
		verbose(env, "tail_call cannot be used inside bpf_spin_lock-ed region\n");
		return -EINVAL;
	}
	err = vrf_check_reference_leak(env, false);
	if (err) {
		verbose(env, "tail_call would lead to reference leak\n");
		return err;
	}
	if (st->active_rcu_lock)
		where = "bpf_rcu_read_lock";
	else if (st->active_preempt_lock)
		where = "bpf_preempt_disable";
	if (!where)
		return 0;
	verbose(env, "tail_call cannot be used inside %s-ed region\n", where);
	return -EINVAL;
}

/*
 * The callback is simulated once more as long as the number of iterations may
 * not be reached.
 */
/* Linux can inline a loop whose callback and flags are certain: that they are must be so everywhere. */
static int mark_loop_flags(struct bpf_verifier_env *env, struct bpf_insn_aux_data *aux,
			   u32 subprogno)
{
	bool fits = register_is_null(reg_state(env, BPF_REG_4));
	bool first = !aux->loop_seen;

	if (!first && !aux->loop_fits)
		return 0;
	aux->loop_fits = fits && (first || aux->loop_subprogno == subprogno);
	aux->loop_seen = true;
	aux->loop_subprogno = first ? subprogno : aux->loop_subprogno;
	return fits ? vrf_mark_chain_precision(env, BPF_REG_4) : 0;
}

static int push_loop(struct bpf_verifier_env *env, struct bpf_insn *insn, int insn_idx,
		     u32 subprogno)
{
	struct bpf_func_state *f = cur_func(env);
	int err = mark_loop_flags(env, &env->insn_aux_data[insn_idx], subprogno);

	if (!err)
		err = vrf_mark_chain_precision(env, BPF_REG_1);
	if (err)
		return err;
	if (f->callback_depth < f->regs[BPF_REG_1].umax_value)
		return vrf_push_callback_call(env, insn, insn_idx, subprogno,
					      vrf_set_loop_callback_state, f->place);
	f->callback_depth = 0;
	if (env->log.level & BPF_LOG_LEVEL2)
		verbose(env, "frame%d bpf_loop iteration limit reached\n",
			env->cur_state->curframe);
	return 0;
}

static const struct bpf_reg_state *dynptr_arg(struct bpf_verifier_env *env,
					      const struct helper_proto *fn)
{
	int i;

	for (i = 0; i < MAX_BPF_FUNC_REG_ARGS; i++)
		if (base_type(fn->arg[i]) == ARG_PTR_TO_DYNPTR)
			return reg_state(env, BPF_REG_1 + i);
	return NULL;
}

static int note_dynptr(struct bpf_verifier_env *env, const struct helper_proto *fn,
		       struct bpf_call_arg_meta *meta)
{
	const struct bpf_reg_state *reg = dynptr_arg(env, fn);
	int id, ref;

	if (!reg)
		return -EFAULT;
	id = vrf_dynptr_id(env, reg);
	ref = vrf_dynptr_ref_obj_id(env, reg);
	if (id < 0 || ref < 0) {
		verbose(env, "verifier internal error: failed to obtain dynptr id\n");
		return -EFAULT;
	}
	meta->dynptr_id = id;
	meta->ref_obj_id = ref;
	return 0;
}

/* bpf_snprintf(str, str_size, fmt, data, data_len): the format is known now, or never will be. */
static int check_snprintf(struct bpf_verifier_env *env)
{
	const struct bpf_reg_state *fmt = reg_state(env, BPF_REG_3);
	u64 len = reg_state(env, BPF_REG_5)->var_off.value, addr;
	const struct bpf_map *map = fmt->map_ptr;
	const char *text;
	int err;

	if (len % 8)
		return -EINVAL;
	if (!env->opts->check_format)
		return 0;
	/* a string in a read-only map: vrf_check_reg_const_str() */
	err = map->ops->direct_value_addr(map, &addr, fmt->off + fmt->var_off.value);
	if (err) {
		verbose(env, "verifier bug\n");
		return -EFAULT;
	}
	text = (const char *)(uintptr_t)addr;
	err = env->opts->check_format(text, strlen(text) + 1, len / 8);
	if (err)
		verbose(env, "Invalid format string\n");
	return err;
}

/* What is called depends on it (hidden_args() in fixups.c), so it may not differ between paths. */
static int note_percpu(struct bpf_verifier_env *env, struct bpf_insn_aux_data *aux, bool alloc)
{
	if (aux->percpu_decided && aux->call_with_percpu_alloc_ptr != alloc) {
		verbose(env, "same insn cannot be used with different pointers\n");
		return -EINVAL;
	}
	aux->percpu_decided = true;
	aux->call_with_percpu_alloc_ptr = alloc;
	return 0;
}

static int side_effects(struct bpf_verifier_env *env, struct bpf_insn *insn, int insn_idx,
			const struct helper_proto *fn, struct bpf_call_arg_meta *meta)
{
	u8 place = cur_func(env)->place;

	switch (fn->id) {
	case BPF_FUNC_tail_call:
		return check_tail_call(env);
	case BPF_FUNC_get_local_storage:
		if (register_is_null(reg_state(env, BPF_REG_2)))
			return vrf_mark_chain_precision(env, BPF_REG_2);
		verbose(env, "get_local_storage() doesn't support non-zero flags\n");
		return -EINVAL;
	case BPF_FUNC_for_each_map_elem:
		return vrf_push_callback_call(env, insn, insn_idx, meta->subprogno,
					      vrf_set_map_elem_callback_state, place);
	case BPF_FUNC_timer_set_callback:
		return vrf_push_callback_call(env, insn, insn_idx, meta->subprogno,
					      vrf_set_timer_callback_state, CALL_IN_TIMER_CB);
	case BPF_FUNC_find_vma:
		return vrf_push_callback_call(env, insn, insn_idx, meta->subprogno,
					      vrf_set_find_vma_callback_state, place);
	case BPF_FUNC_user_ringbuf_drain:
		return vrf_push_callback_call(env, insn, insn_idx, meta->subprogno,
					      vrf_set_user_ringbuf_callback_state, place);
	case BPF_FUNC_loop:
		return push_loop(env, insn, insn_idx, meta->subprogno);
	case BPF_FUNC_snprintf:
		return check_snprintf(env);
	case BPF_FUNC_dynptr_from_mem:
		if (reg_state(env, BPF_REG_1)->type == PTR_TO_MAP_VALUE)
			return 0;
		verbose(env, "Unsupported reg type %s for bpf_dynptr_from_mem data\n",
			vrf_reg_type_str(env, reg_state(env, BPF_REG_1)->type));
		return -EACCES;
	case BPF_FUNC_dynptr_data:
		return note_dynptr(env, fn, meta);
	case BPF_FUNC_dynptr_write:
		meta->dynptr_type = vrf_dynptr_get_type(env, dynptr_arg(env, fn));
		return meta->dynptr_type == BPF_DYNPTR_TYPE_INVALID ? -EFAULT : 0;
	case BPF_FUNC_per_cpu_ptr:
	case BPF_FUNC_this_cpu_ptr:
		return note_percpu(env, &env->insn_aux_data[insn_idx],
				   reg_state(env, BPF_REG_1)->type & MEM_RCU);
	default:
		return 0;
	}
}

/* ---- R0 ---- */

static int ret_map_value(struct bpf_verifier_env *env, struct bpf_reg_state *r0,
			 const struct helper_proto *fn, const struct bpf_call_arg_meta *meta)
{
	const struct btf_record *rec;

	if (!meta->map_ptr) {
		verbose(env, "kernel subsystem misconfigured verifier\n");
		return -EINVAL;
	}
	r0->map_ptr = meta->map_ptr;
	r0->map_uid = meta->map_uid;
	r0->type = PTR_TO_MAP_VALUE | type_flag(fn->ret);
	rec = meta->map_ptr->record;
	if (!type_may_be_null(fn->ret) && rec && (rec->field_mask & BPF_SPIN_LOCK))
		r0->id = ++env->id_gen;
	return 0;
}

static int ret_mem_or_btf(struct bpf_verifier_env *env, struct bpf_reg_state *r0,
			  const struct helper_proto *fn, const struct bpf_call_arg_meta *meta,
			  int insn_idx)
{
	const struct btf_type *t = kbtf_skip_modifiers(meta->ret_btf, meta->ret_btf_id, NULL);
	u32 size;

	if (t && kbtf_is_composite(t)) {
		if (env->insn_aux_data[insn_idx].call_with_percpu_alloc_ptr)
			r0->type = PTR_TO_BTF_ID | MEM_ALLOC | MEM_RCU;
		else
			r0->type = PTR_TO_BTF_ID | (type_flag(fn->ret) & ~MEM_RDONLY);
		r0->btf = meta->ret_btf;
		r0->btf_id = meta->ret_btf_id;
		return 0;
	}
	if (!kbtf_resolve_size(meta->ret_btf, meta->ret_btf_id, &size, NULL)) {
		verbose(env, "unable to resolve the size of type '%s': %d\n",
			t ? kbtf_name(meta->ret_btf, t->name_off) : "", -EINVAL);
		return -EINVAL;
	}
	r0->type = PTR_TO_MEM | type_flag(fn->ret);
	r0->mem_size = size;
	return 0;
}

static int ret_btf_id(struct bpf_verifier_env *env, struct bpf_reg_state *r0,
		      const struct helper_proto *fn, const struct bpf_call_arg_meta *meta)
{
	const struct kbtf *btf = env->kernel_btf;
	s32 id = -ENOENT;

	r0->type = PTR_TO_BTF_ID | type_flag(fn->ret);
	if (fn->id == BPF_FUNC_kptr_xchg) {
		btf = meta->kptr_field->kptr.btf;
		id = meta->kptr_field->kptr.btf_id;
		if (!kbtf_is_kernel(btf))
			r0->type |= MEM_ALLOC |
				    (meta->kptr_field->type == BPF_KPTR_PERCPU ? MEM_PERCPU : 0);
	} else if (fn->ret_btf) {
		id = kbtf_find(btf, fn->ret_btf, BTF_KIND_STRUCT);
	}
	if (id <= 0) {
		verbose(env, "invalid return type %u of func bpf_%s#%d\n", base_type(fn->ret), fn->name,
			fn->id);
		return -EINVAL;
	}
	r0->btf = btf;
	r0->btf_id = id;
	return 0;
}

static int set_return(struct bpf_verifier_env *env, const struct helper_proto *fn,
		      const struct bpf_call_arg_meta *meta, int insn_idx)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);
	int err = 0;

	vrf_mark_reg_known_zero(r0);
	r0->ctx_arg = 0;
	switch (base_type(fn->ret)) {
	case RET_INTEGER:
		vrf_mark_reg_unknown(env, r0);
		break;
	case RET_VOID:
		r0->type = NOT_INIT;
		break;
	case RET_PTR_TO_MAP_VALUE:
		err = ret_map_value(env, r0, fn, meta);
		break;
	case RET_PTR_TO_SOCKET:
		r0->type = PTR_TO_SOCKET | type_flag(fn->ret);
		break;
	case RET_PTR_TO_SOCK_COMMON:
		r0->type = PTR_TO_SOCK_COMMON | type_flag(fn->ret);
		break;
	case RET_PTR_TO_TCP_SOCK:
		r0->type = PTR_TO_TCP_SOCK | type_flag(fn->ret);
		break;
	case RET_PTR_TO_MEM:
		r0->type = PTR_TO_MEM | type_flag(fn->ret);
		r0->mem_size = meta->mem_size;
		break;
	case RET_PTR_TO_MEM_OR_BTF_ID:
		err = ret_mem_or_btf(env, r0, fn, meta, insn_idx);
		break;
	case RET_PTR_TO_BTF_ID:
		err = ret_btf_id(env, r0, fn, meta);
		break;
	default:
		verbose(env, "unknown return type %u of func bpf_%s#%d\n", base_type(fn->ret), fn->name,
			fn->id);
		err = -EINVAL;
	}
	if (!err && type_may_be_null(r0->type))
		r0->id = ++env->id_gen;
	return err;
}

/* A look-up among sockets takes a reference, as no other look-up does. */
static bool finds_sockets(const struct helper_proto *fn, const struct bpf_map *map)
{
	return fn->id == BPF_FUNC_map_lookup_elem &&
	       (map->map_type == BPF_MAP_TYPE_SOCKMAP || map->map_type == BPF_MAP_TYPE_SOCKHASH);
}

static int set_return_ref(struct bpf_verifier_env *env, const struct helper_proto *fn,
			  const struct bpf_call_arg_meta *meta, int insn_idx)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);
	int id;

	if (fn->id == BPF_FUNC_dynptr_data) /* a slice: lives as long as its dynptr */
		r0->dynptr_id = meta->dynptr_id;
	if (fn->id == BPF_FUNC_dynptr_data || fn->casts) {
		r0->ref_obj_id = meta->ref_obj_id;
		return 0;
	}
	if (!fn->acquires && !finds_sockets(fn, meta->map_ptr))
		return 0;
	id = vrf_acquire_reference_state(env, insn_idx);
	if (id < 0)
		return id;
	r0->id = id;
	r0->ref_obj_id = id;
	return 0;
}

static int refine_return(struct bpf_verifier_env *env, const struct helper_proto *fn,
			 const struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *r0 = reg_state(env, BPF_REG_0);

	u32 last_cpu = (env->opts->nr_cpus ? env->opts->nr_cpus : MAX_CPUS) - 1;

	if (fn->ret != RET_INTEGER)
		return 0;
	switch (fn->id) {
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_task_stack:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
		r0->smax_value = meta->msize_max_value;
		r0->s32_max_value = meta->msize_max_value;
		r0->smin_value = -MAX_ERRNO;
		r0->s32_min_value = -MAX_ERRNO;
		break;
	case BPF_FUNC_get_smp_processor_id:
		r0->umin_value = r0->u32_min_value = 0;
		r0->smin_value = r0->s32_min_value = 0;
		r0->umax_value = r0->u32_max_value = last_cpu;
		r0->smax_value = r0->s32_max_value = last_cpu;
		break;
	default:
		return 0;
	}
	vrf_reg_bounds_sync(r0);
	return vrf_reg_bounds_sanity_check(env, r0, "retval");
}

static int check_args(struct bpf_verifier_env *env, const struct helper_proto *fn,
		      struct bpf_call_arg_meta *meta, int insn_idx)
{
	int i, err;

	for (i = 0; i < MAX_BPF_FUNC_REG_ARGS; i++) {
		err = vrf_check_func_arg(env, i, meta, fn, insn_idx);
		if (err)
			return err;
	}
	err = record_map(env, meta, insn_idx);
	if (!err)
		err = record_key(env, meta, insn_idx);
	/* The helper fills stack memory that was not initialized before. */
	for (i = 0; !err && i < meta->access_size; i++)
		err = vrf_check_mem_access(env, insn_idx, meta->regno, i, BPF_B, BPF_WRITE, -1,
					   false, false);
	return err;
}

int vrf_record_helper_call(struct bpf_verifier_env *env, int insn_idx,
			   const struct helper_proto *fn)
{
	struct call_target t = {
		.fn = (kfunc_fn)fn->fn,
		.name = fn->name,
		.fn_name = fn->name,
		.nr_args = 5,
		.ret_size = fn->ret == RET_VOID ? 0 : 8,
		.is_helper = true,
		.id = fn->id,
		.insn = insn_idx,
		.places = BIT(cur_func(env)->place),
	};

	return vrf_record_helper(env, insn_idx, &t);
}

/* A write through a dynptr may make room first; the arguments are gone by the time of the call. */
static bool writes_packet(const struct bpf_call_arg_meta *meta)
{
	return meta->dynptr_type == BPF_DYNPTR_TYPE_SKB;
}

int vrf_check_helper_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx_p)
{
	struct bpf_call_arg_meta meta = {};
	const struct helper_proto *fn = NULL;
	int i, err, insn_idx = *insn_idx_p;

	err = find_proto(env, insn, insn_idx, &fn);
	if (!err)
		err = check_may_call(env, fn, insn_idx);
	if (err)
		return err;
	meta.func_id = fn->id;
	meta.pkt_access = fn->pkt_access;
	err = check_args(env, fn, &meta, insn_idx);
	if (!err)
		err = release_arg(env, fn, &meta);
	if (!err)
		err = side_effects(env, insn, insn_idx, fn, &meta);
	if (err)
		return err;

	for (i = 0; i < CALLER_SAVED_REGS; i++) {
		mark_reg_not_init(env, cur_regs(env), i);
		err = vrf_check_reg_arg(env, i, DST_OP_NO_MARK);
		if (err)
			return err;
	}
	reg_state(env, BPF_REG_0)->subreg_def = DEF_NOT_SUBREG;
	err = set_return(env, fn, &meta, insn_idx);
	if (!err)
		err = set_return_ref(env, fn, &meta, insn_idx);
	if (!err)
		err = refine_return(env, fn, &meta);
	if (!err)
		err = vrf_check_map_func_compatibility(env, meta.map_ptr, fn);
	if (err)
		return err;
	if (fn->changes_pkt_data || writes_packet(&meta))
		vrf_clear_all_pkt_pointers(env);
	return vrf_record_helper_call(env, insn_idx, fn);
}
