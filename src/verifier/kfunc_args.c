/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Arguments of a kfunc call against the kfunc's BTF. The prototype and the
 * suffixes of the parameters' names say what each argument has to be; the flags
 * of the kfunc say how far a pointer has to be trusted.
 */
#include "kobj/map.h"
#include "verifier/btf_walk.h"
#include "verifier/calls.h"

enum kfunc_arg_kind {
	ARG_KIND_NULL,
	ARG_KIND_CTX,
	ARG_KIND_ALLOC_OBJ,
	ARG_KIND_REFCOUNTED,
	ARG_KIND_DYNPTR,
	ARG_KIND_ITER,
	ARG_KIND_LIST_HEAD,
	ARG_KIND_LIST_NODE,
	ARG_KIND_RB_ROOT,
	ARG_KIND_RB_NODE,
	ARG_KIND_CONST_STR,
	ARG_KIND_MAP,
	ARG_KIND_WQ,
	ARG_KIND_BTF_ID,
	ARG_KIND_CALLBACK,
	ARG_KIND_MEM,
	ARG_KIND_MEM_SIZE, /* the next argument is its size */
};

/* One argument while it is looked at. */
struct karg {
	struct bpf_kfunc_call_arg_meta *meta;
	const struct btf_param *p;
	int i;
	u32 regno;
	struct bpf_reg_state *reg;
	const struct btf_type *ref_t; /* what it points at */
	u32 ref_id;
	const char *ref_name;
};

static bool has_suffix(const struct karg *a, const char *suffix)
{
	return btfw_param_suffix(a->meta->btf, a->p, suffix);
}

static bool points_at(const struct karg *a, const char *name)
{
	return kbtf_kind(a->ref_t) == BTF_KIND_STRUCT && !strcmp(a->ref_name, name);
}

static bool trusted_args(const struct bpf_kfunc_call_arg_meta *meta)
{
	return meta->flags & (KF_TRUSTED_ARGS | KF_RELEASE);
}

/* Is argument @i + 1 the size of the memory that argument @i points at? */
static bool next_is_size(struct bpf_verifier_env *env, const struct karg *a, const char *suffix)
{
	const struct btf_type *t;

	if (a->i + 1 >= (int)kbtf_vlen(a->meta->func_proto))
		return false;
	t = kbtf_skip_modifiers(a->meta->btf, a->p[1].type, NULL);
	return t && btfw_is_scalar(t) && reg_state(env, a->regno + 1)->type == SCALAR_VALUE &&
	       btfw_param_suffix(a->meta->btf, a->p + 1, suffix);
}

/* ---- scalars ---- */

static int known_constant(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta,
			  u32 regno)
{
	const struct bpf_reg_state *reg = reg_state(env, regno);

	if (meta->arg_constant.found) {
		verbose(env, "verifier internal error: only one constant argument permitted\n");
		return -EFAULT;
	}
	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d must be a known constant\n", regno);
		return -EINVAL;
	}
	meta->arg_constant.found = true;
	meta->arg_constant.value = reg->var_off.value;
	return vrf_mark_chain_precision(env, regno);
}

static int returned_size(struct bpf_verifier_env *env, const struct karg *a)
{
	if (a->meta->r0_size) {
		verbose(env, "2 or more rdonly/rdwr_buf_size parameters for kfunc");
		return -EINVAL;
	}
	if (!tnum_is_const(a->reg->var_off)) {
		verbose(env, "R%d is not a const\n", a->regno);
		return -EINVAL;
	}
	a->meta->r0_size = a->reg->var_off.value;
	if (a->meta->r0_size > UINT32_MAX) {
		verbose(env, "R%d rdonly/rdwr_buf_size exceeds u32 max\n", a->regno);
		return -EINVAL;
	}
	return vrf_mark_chain_precision(env, a->regno);
}

static int check_scalar(struct bpf_verifier_env *env, const struct karg *a)
{
	const char *name = kbtf_name(a->meta->btf, a->p->name_off);

	if (a->reg->type != SCALAR_VALUE) {
		verbose(env, "R%d is not a scalar\n", a->regno);
		return -EINVAL;
	}
	if (has_suffix(a, "__k"))
		return known_constant(env, a->meta, a->regno);
	if (!strcmp(name, "rdonly_buf_size"))
		a->meta->r0_rdonly = true;
	else if (strcmp(name, "rdwr_buf_size"))
		return 0;
	return returned_size(env, a);
}

/* ---- pointers: which kind ---- */

static bool takes_iter(const struct karg *a)
{
	if (a->meta->flags & (KF_ITER_NEW | KF_ITER_NEXT | KF_ITER_DESTROY))
		return a->i == 0;
	return has_suffix(a, "__iter");
}

/* Kinds that the declaration alone decides; -1: it depends on what is passed. */
static int kind_by_declaration(const struct karg *a)
{
	static const struct {
		const char *suffix, *type;
		enum kfunc_arg_kind kind;
	} table[] = {
		{ "__alloc", NULL, ARG_KIND_ALLOC_OBJ },
		{ "__refcounted_kptr", NULL, ARG_KIND_REFCOUNTED },
		{ NULL, "bpf_dynptr", ARG_KIND_DYNPTR },
		{ NULL, NULL, ARG_KIND_ITER },
		{ NULL, "bpf_list_head", ARG_KIND_LIST_HEAD },
		{ NULL, "bpf_list_node", ARG_KIND_LIST_NODE },
		{ NULL, "bpf_rb_root", ARG_KIND_RB_ROOT },
		{ NULL, "bpf_rb_node", ARG_KIND_RB_NODE },
		{ "__str", NULL, ARG_KIND_CONST_STR },
		{ "__map", NULL, ARG_KIND_MAP },
		{ NULL, "bpf_wq", ARG_KIND_WQ },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].suffix ? has_suffix(a, table[i].suffix) :
		    table[i].type   ? points_at(a, table[i].type) :
				      takes_iter(a))
			return table[i].kind;
	}
	return -1;
}

static int kind_of(struct bpf_verifier_env *env, const struct karg *a)
{
	bool with_size;
	int kind;

	if (a->meta->special == KF_bpf_cast_to_kern_ctx ||
	    (kbtf_kind(a->ref_t) == BTF_KIND_STRUCT && vrf_is_prog_ctx_struct(env, a->ref_name)))
		return ARG_KIND_CTX;
	if (has_suffix(a, "__nullable") && register_is_null(a->reg))
		return ARG_KIND_NULL;
	kind = kind_by_declaration(a);
	if (kind >= 0)
		return kind;
	if (base_type(a->reg->type) == PTR_TO_BTF_ID || base_type(a->reg->type) == CONST_PTR_TO_MAP) {
		if (kbtf_is_composite(a->ref_t))
			return ARG_KIND_BTF_ID;
		verbose(env, "kernel function %s args#%d pointer type %s %s is not supported\n",
			a->meta->func_name, a->i, btfw_kind_str(a->ref_t), a->ref_name);
		return -EINVAL;
	}
	if (kbtf_resolve_func_ptr(a->meta->btf, a->p->type, NULL))
		return ARG_KIND_CALLBACK;

	with_size = next_is_size(env, a, "__sz") || next_is_size(env, a, "__szk");
	if (!btfw_is_scalar(a->ref_t) && !btfw_is_scalar_struct(env, a->meta->btf, a->ref_t) &&
	    !(with_size && kbtf_kind(a->ref_t) == BTF_KIND_UNKN)) {
		verbose(env, "arg#%d pointer type %s %s must point to %sscalar, or struct with scalar\n",
			a->i, btfw_kind_str(a->ref_t), a->ref_name, with_size ? "void, " : "");
		return -EINVAL;
	}
	return with_size ? ARG_KIND_MEM_SIZE : ARG_KIND_MEM;
}

/* ---- pointers: checks by kind ---- */

static int check_trust(struct bpf_verifier_env *env, const struct karg *a)
{
	bool rcu = a->meta->flags & KF_RCU;

	if ((!trusted_args(a->meta) && !rcu) || vrf_is_trusted_reg(a->reg))
		return 0;
	if (!rcu) {
		verbose(env, "R%d must be referenced or trusted\n", a->regno);
		return -EINVAL;
	}
	if (!is_rcu_reg(a->reg)) {
		verbose(env, "R%d must be a rcu pointer\n", a->regno);
		return -EINVAL;
	}
	return 0;
}

static int note_map(struct bpf_verifier_env *env, const struct karg *a)
{
	struct bpf_kfunc_call_arg_meta *meta = a->meta;
	const struct bpf_map *map;

	if (base_type(a->reg->type) != CONST_PTR_TO_MAP &&
	    base_type(a->reg->type) != PTR_TO_MAP_VALUE &&
	    base_type(a->reg->type) != PTR_TO_MAP_KEY) {
		verbose(env, "pointer in R%d isn't map pointer\n", a->regno);
		return -EINVAL;
	}
	map = a->reg->map_ptr;
	if (meta->map.ptr && map->record && map->record->wq_off >= 0 &&
	    (meta->map.ptr != map || meta->map.uid != a->reg->map_uid)) {
		verbose(env, "workqueue pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d\n",
			meta->map.uid, a->reg->map_uid);
		return -EINVAL;
	}
	meta->map.ptr = a->reg->map_ptr;
	meta->map.uid = a->reg->map_uid;
	return 0;
}

/* Names that differ by "___init" only are types that must not stand for one another. */
static bool nocast_alias(const char *a, const char *b)
{
	static const char suffix[] = "___init";
	size_t la = strlen(a), lb = strlen(b), n = sizeof(suffix) - 1;

	if (la == lb + n)
		return !strcmp(a + lb, suffix) && !strncmp(a, b, lb);
	if (lb == la + n)
		return !strcmp(b + la, suffix) && !strncmp(a, b, la);
	return false;
}

/* What programs are shown of a kernel object, by another name. */
static bool is_projection(const char *shown, const char *object)
{
	return (!strcmp(shown, "__sk_buff") && !strcmp(object, "sk_buff")) ||
	       (!strcmp(shown, "xdp_md") && !strcmp(object, "xdp_buff"));
}

static int check_btf_ptr(struct bpf_verifier_env *env, const struct karg *a,
			 enum kfunc_arg_kind kind)
{
	struct bpf_reg_state *reg = a->reg;
	bool is_map = base_type(reg->type) == CONST_PTR_TO_MAP, strict;
	const struct kbtf *btf = is_map ? env->kernel_btf : reg->btf;
	const struct btf_type *want_t = a->ref_t, *t;
	const char *want = a->ref_name, *name;
	u32 id, want_id = a->ref_id;
	s32 map_id = -ENOENT;

	if (is_map || kind == ARG_KIND_MAP)
		map_id = kbtf_find(env->kernel_btf, "bpf_map", BTF_KIND_STRUCT);
	if (kind == ARG_KIND_MAP) {
		want_id = map_id;
		want = "bpf_map";
		want_t = kbtf_type(env->kernel_btf, map_id > 0 ? map_id : 0);
	}
	if (!is_map && (base_type(reg->type) != PTR_TO_BTF_ID ||
			(bpf_type_has_unsafe_modifiers(reg->type) && !is_rcu_reg(reg)))) {
		verbose(env, "arg#%d is %s ", a->i, vrf_reg_type_str(env, reg->type));
		verbose(env, "expected %s or socket\n",
			vrf_reg_type_str(env, base_type(reg->type) |
						      (type_flag(reg->type) &
						       BPF_REG_TRUSTED_MODIFIERS)));
		return -EINVAL;
	}
	if (is_map && map_id < 0)
		return kind == ARG_KIND_MAP ? 0 : -EINVAL;
	t = kbtf_skip_modifiers(btf, is_map ? (u32)map_id : reg->btf_id, &id);
	name = kbtf_name(btf, t->name_off);
	strict = ((a->meta->flags & KF_RELEASE) && reg->ref_obj_id) || nocast_alias(name, want);
	if (btfw_ids_match(env, btf, id, reg->off, a->meta->btf, want_id, strict,
			   !type_is_alloc(reg->type)) ||
	    is_projection(want, name))
		return 0;
	verbose(env, "kernel function %s args#%d expected pointer to %s %s but R%d has a pointer to %s %s\n",
		a->meta->func_name, a->i, btfw_kind_str(want_t), want, a->regno, btfw_kind_str(t),
		name);
	return -EINVAL;
}

static int must_be_referenced(struct bpf_verifier_env *env, const struct karg *a)
{
	if (a->reg->ref_obj_id)
		return 0;
	verbose(env, "allocated object must be referenced\n");
	return -EINVAL;
}

static int expected_allocated(struct bpf_verifier_env *env, const struct karg *a)
{
	verbose(env, "arg#%d expected pointer to allocated object\n", a->i);
	return -EINVAL;
}

static int check_alloc_obj(struct bpf_verifier_env *env, const struct karg *a)
{
	struct bpf_kfunc_call_arg_meta *meta = a->meta;
	int err;

	if (a->reg->type == (PTR_TO_BTF_ID | MEM_ALLOC)) {
		if (meta->special != KF_bpf_obj_drop_impl) {
			verbose(env, "arg#%d expected for bpf_obj_drop_impl()\n", a->i);
			return -EINVAL;
		}
	} else if (a->reg->type == (PTR_TO_BTF_ID | MEM_ALLOC | MEM_PERCPU)) {
		if (meta->special != KF_bpf_percpu_obj_drop_impl) {
			verbose(env, "arg#%d expected for bpf_percpu_obj_drop_impl()\n", a->i);
			return -EINVAL;
		}
	} else {
		return expected_allocated(env, a);
	}
	err = must_be_referenced(env, a);
	meta->arg_btf = a->reg->btf;
	meta->arg_btf_id = a->reg->btf_id;
	return err;
}

static int check_refcounted(struct bpf_verifier_env *env, const struct karg *a)
{
	const struct btf_record *rec;

	if (!type_is_ptr_alloc_obj(a->reg->type)) {
		verbose(env, "arg#%d is neither owning or non-owning ref\n", a->i);
		return -EINVAL;
	}
	a->meta->arg_owning_ref = !type_is_non_owning_ref(a->reg->type) && a->reg->ref_obj_id;
	rec = vrf_reg_btf_record(env, a->reg);
	if (!rec || rec->refcount_off < 0) {
		verbose(env, "arg#%d doesn't point to a type with bpf_refcount field\n", a->i);
		return -EINVAL;
	}
	a->meta->arg_btf = a->reg->btf;
	a->meta->arg_btf_id = a->reg->btf_id;
	return 0;
}

static int check_graph_root(struct bpf_verifier_env *env, const struct karg *a, u32 root_type)
{
	if (a->reg->type != PTR_TO_MAP_VALUE && a->reg->type != (PTR_TO_BTF_ID | MEM_ALLOC)) {
		verbose(env, "arg#%d expected pointer to map value or allocated object\n", a->i);
		return -EINVAL;
	}
	if (a->reg->type != PTR_TO_MAP_VALUE && must_be_referenced(env, a))
		return -EINVAL;
	return vrf_process_graph_root(env, a->reg, a->regno, a->meta, root_type);
}

static int check_graph_node(struct bpf_verifier_env *env, const struct karg *a, u32 node_type)
{
	if (a->meta->special == KF_bpf_rbtree_remove) {
		if (!type_is_non_owning_ref(a->reg->type) || a->reg->ref_obj_id) {
			verbose(env, "rbtree_remove node input must be non-owning ref\n");
			return -EINVAL;
		}
		if (vrf_in_rbtree_lock_required_cb(env)) {
			verbose(env, "rbtree_remove not allowed in rbtree cb\n");
			return -EINVAL;
		}
	} else {
		if (a->reg->type != (PTR_TO_BTF_ID | MEM_ALLOC))
			return expected_allocated(env, a);
		if (must_be_referenced(env, a))
			return -EINVAL;
	}
	return vrf_process_graph_node(env, a->reg, a->regno, a->meta, node_type);
}

static int check_dynptr(struct bpf_verifier_env *env, const struct karg *a, int insn_idx)
{
	struct bpf_kfunc_call_arg_meta *meta = a->meta;
	u32 type;
	int err, id, clone_ref;

	type = vrf_kfunc_dynptr_arg_type(env, meta, a->reg, has_suffix(a, "__uninit"), &clone_ref);
	if (!type)
		return -EFAULT;
	err = vrf_process_dynptr_func(env, a->regno, insn_idx, type, clone_ref);
	if (err || (type & MEM_UNINIT))
		return err;
	id = vrf_dynptr_id(env, a->reg);
	if (id < 0)
		return id;
	meta->initialized_dynptr.id = id;
	meta->initialized_dynptr.type = vrf_dynptr_get_type(env, a->reg);
	meta->initialized_dynptr.ref_obj_id = vrf_dynptr_ref_obj_id(env, a->reg);
	return 0;
}

/* A pointer that is NULL must be so on every path that this one stands for. */
static int mark_null_precise(struct bpf_verifier_env *env, const struct karg *a)
{
	return register_is_null(a->reg) ? vrf_mark_chain_precision(env, a->regno) : 0;
}

static int check_mem(struct bpf_verifier_env *env, const struct karg *a)
{
	u32 size;
	int err;

	if (!kbtf_resolve_size(a->meta->btf, a->ref_id, &size, NULL)) {
		verbose(env, "arg#%d reference type('%s %s') size cannot be determined: %d\n", a->i,
			btfw_kind_str(a->ref_t), a->ref_name, -EINVAL);
		return -EINVAL;
	}
	err = vrf_check_mem_reg(env, a->reg, a->regno, size);
	return err ? err : mark_null_precise(env, a);
}

static int check_mem_size(struct bpf_verifier_env *env, const struct karg *a)
{
	int err = mark_null_precise(env, a);

	if (err)
		return err;
	if (!register_is_null(a->reg) || !has_suffix(a, "__opt")) {
		err = vrf_check_kfunc_mem_size_reg(env, reg_state(env, a->regno + 1), a->regno + 1);
		if (err) {
			verbose(env, "arg#%d arg#%d memory, len pair leads to invalid memory access\n",
				a->i, a->i + 1);
			return err;
		}
	}
	return next_is_size(env, a, "__szk") ? known_constant(env, a->meta, a->regno + 1) : 0;
}

/* Walking them takes a lock that programs elsewhere may hold already. */
static bool may_walk_css_tasks(struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;

	return prog->type == BPF_PROG_TYPE_LSM ||
	       (prog->type == BPF_PROG_TYPE_TRACING &&
		prog->expected_attach_type == BPF_TRACE_ITER) ||
	       in_sleepable(env);
}

static int check_kind(struct bpf_verifier_env *env, const struct karg *a, enum kfunc_arg_kind kind,
		      int insn_idx)
{
	switch (kind) {
	case ARG_KIND_NULL:
		return 0;
	case ARG_KIND_CTX:
		if (a->reg->type != PTR_TO_CTX) {
			verbose(env, "arg#%d expected pointer to ctx, but got %s\n", a->i,
				vrf_reg_type_str(env, a->reg->type));
			return -EINVAL;
		}
		if (a->meta->special != KF_bpf_cast_to_kern_ctx)
			return 0;
		verbose(env, "kernel function %s is not supported: no context of this program type has a kernel type\n",
			a->meta->func_name);
		return -EINVAL;
	case ARG_KIND_ALLOC_OBJ:
		return check_alloc_obj(env, a);
	case ARG_KIND_REFCOUNTED:
		return check_refcounted(env, a);
	case ARG_KIND_DYNPTR:
		return check_dynptr(env, a, insn_idx);
	case ARG_KIND_ITER:
		if (a->meta->special == KF_bpf_iter_css_task_new &&
		    !may_walk_css_tasks(env)) {
			verbose(env, "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs\n");
			return -EINVAL;
		}
		return vrf_process_iter_arg(env, a->regno, insn_idx, a->meta);
	case ARG_KIND_LIST_HEAD:
		return check_graph_root(env, a, BPF_LIST_HEAD);
	case ARG_KIND_RB_ROOT:
		return check_graph_root(env, a, BPF_RB_ROOT);
	case ARG_KIND_LIST_NODE:
		return check_graph_node(env, a, BPF_LIST_NODE);
	case ARG_KIND_RB_NODE:
		return check_graph_node(env, a, BPF_RB_NODE);
	case ARG_KIND_MAP:
	case ARG_KIND_BTF_ID:
		return check_btf_ptr(env, a, kind);
	case ARG_KIND_MEM:
		return check_mem(env, a);
	case ARG_KIND_MEM_SIZE:
		return check_mem_size(env, a);
	case ARG_KIND_CALLBACK:
		if (a->reg->type != PTR_TO_FUNC) {
			verbose(env, "arg%d expected pointer to func\n", a->i);
			return -EINVAL;
		}
		a->meta->subprogno = a->reg->subprogno;
		return 0;
	case ARG_KIND_CONST_STR:
		if (a->reg->type != PTR_TO_MAP_VALUE) {
			verbose(env, "arg#%d doesn't point to a const string\n", a->i);
			return -EINVAL;
		}
		return vrf_check_reg_const_str(env, a->reg, a->regno);
	case ARG_KIND_WQ:
		if (a->reg->type != PTR_TO_MAP_VALUE) {
			verbose(env, "arg#%d doesn't point to a map value\n", a->i);
			return -EINVAL;
		}
		if (!a->reg->map_ptr->record ||
		    (u64)a->reg->map_ptr->record->wq_off != a->reg->var_off.value + a->reg->off) {
			verbose(env, "off %lld doesn't point to 'struct bpf_wq' that is at %d\n",
				(long long)(a->reg->var_off.value + a->reg->off),
				a->reg->map_ptr->record ? a->reg->map_ptr->record->wq_off : -1);
			return -EINVAL;
		}
		a->meta->map.ptr = a->reg->map_ptr;
		a->meta->map.uid = a->reg->map_uid;
		return 0;
	}
	return -EFAULT;
}

static int note_ref(struct bpf_verifier_env *env, const struct karg *a)
{
	struct bpf_kfunc_call_arg_meta *meta = a->meta;
	bool release = meta->flags & KF_RELEASE;

	if (!a->reg->ref_obj_id)
		return 0;
	if (release && meta->ref_obj_id) {
		verbose(env, "verifier internal error: more than one arg with ref_obj_id R%d %u %u\n",
			a->regno, a->reg->ref_obj_id, meta->ref_obj_id);
		return -EFAULT;
	}
	meta->ref_obj_id = a->reg->ref_obj_id;
	if (release)
		meta->release_regno = a->regno;
	return 0;
}

/* A pointer argument. *skip: the next one was its size, and is done. */
static int check_pointer(struct bpf_verifier_env *env, struct karg *a, const struct btf_type *t,
			 int insn_idx, bool *skip)
{
	int kind, err;

	if ((trusted_args(a->meta) || (a->meta->flags & KF_RCU)) &&
	    (register_is_null(a->reg) || type_may_be_null(a->reg->type)) &&
	    !has_suffix(a, "__nullable")) {
		verbose(env, "Possibly NULL pointer passed to trusted arg%d\n", a->i);
		return -EACCES;
	}
	err = note_ref(env, a);
	if (err)
		return err;
	a->ref_t = kbtf_skip_modifiers(a->meta->btf, t->type, &a->ref_id);
	a->ref_name = kbtf_name(a->meta->btf, a->ref_t->name_off);
	kind = kind_of(env, a);
	if (kind < 0)
		return kind;
	if (kind == ARG_KIND_NULL)
		return mark_null_precise(env, a);
	if (kind == ARG_KIND_MAP) {
		err = note_map(env, a);
		if (err)
			return err;
	}
	/*
	 * Memory that looks like the struct will do for most kfuncs, but nobody may
	 * own a reference to it: its release would free it. Linux 6.12 lets it pass.
	 */
	if (kind == ARG_KIND_MAP || kind == ARG_KIND_ALLOC_OBJ || kind == ARG_KIND_BTF_ID ||
	    (kind == ARG_KIND_MEM && (a->meta->flags & KF_ACQUIRE))) {
		err = check_trust(env, a);
		if (err)
			return err;
	}
	err = vrf_check_func_arg_reg_off(env, a->reg, a->regno,
					 (a->meta->flags & KF_RELEASE) && a->reg->ref_obj_id ?
						 OBJ_RELEASE :
						 0);
	if (err)
		return err;
	*skip = kind == ARG_KIND_MEM_SIZE;
	return check_kind(env, a, kind, insn_idx);
}

int vrf_check_kfunc_args(struct bpf_verifier_env *env, struct bpf_kfunc_call_arg_meta *meta,
			 int insn_idx)
{
	const struct btf_param *params = kbtf_params(meta->func_proto);
	int i, err, nargs = kbtf_vlen(meta->func_proto);

	if (nargs > MAX_BPF_FUNC_REG_ARGS) {
		verbose(env, "Function %s has %d > %d args\n", meta->func_name, nargs,
			MAX_BPF_FUNC_REG_ARGS);
		return -EINVAL;
	}
	for (i = 0; i < nargs; i++) {
		struct karg a = { .meta = meta, .p = &params[i], .i = i, .regno = i + 1,
				  .reg = reg_state(env, i + 1) };
		const struct btf_type *t = kbtf_skip_modifiers(meta->btf, a.p->type, NULL);
		bool skip = false;

		if (!t)
			return -EINVAL;
		if (has_suffix(&a, "__ign"))
			continue;
		if (btfw_is_scalar(t)) {
			err = check_scalar(env, &a);
		} else if (kbtf_kind(t) == BTF_KIND_PTR) {
			err = check_pointer(env, &a, t, insn_idx, &skip);
		} else {
			verbose(env, "Unrecognized arg#%d type %s\n", i, btfw_kind_str(t));
			err = -EINVAL;
		}
		if (err)
			return err;
		i += skip;
	}
	if ((meta->flags & KF_RELEASE) && !meta->release_regno) {
		verbose(env, "release kernel function %s expects refcounted PTR_TO_BTF_ID\n",
			meta->func_name);
		return -EINVAL;
	}
	return 0;
}
