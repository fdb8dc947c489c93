/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Arguments of a helper call against the helper's prototype.
 */
#include "kobj/map.h"
#include "verifier/btf_walk.h"
#include "verifier/calls.h"

/* Which register types an argument type takes, in the order of the message. */
struct reg_types {
	u32 types[10]; /* ends with NOT_INIT */
};

static const struct reg_types scalar_types = { { SCALAR_VALUE } };
static const struct reg_types mem_types = {
	{ PTR_TO_STACK, PTR_TO_PACKET, PTR_TO_PACKET_META, PTR_TO_MAP_KEY, PTR_TO_MAP_VALUE,
	  PTR_TO_MEM, PTR_TO_MEM | MEM_RINGBUF, PTR_TO_BUF, PTR_TO_BTF_ID | PTR_TRUSTED },
};
static const struct reg_types const_map_ptr_types = { { CONST_PTR_TO_MAP } };
static const struct reg_types context_types = { { PTR_TO_CTX } };
static const struct reg_types map_value_types = { { PTR_TO_MAP_VALUE } };
static const struct reg_types object_types = { { PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | MEM_ALLOC } };
static const struct reg_types btf_ptr_types = {
	{ PTR_TO_BTF_ID, PTR_TO_BTF_ID | PTR_TRUSTED, PTR_TO_BTF_ID | MEM_RCU },
};
static const struct reg_types percpu_btf_ptr_types = {
	{ PTR_TO_BTF_ID | MEM_PERCPU, PTR_TO_BTF_ID | MEM_PERCPU | MEM_RCU,
	  PTR_TO_BTF_ID | MEM_PERCPU | PTR_TRUSTED },
};
static const struct reg_types sock_types = { { PTR_TO_SOCK_COMMON, PTR_TO_SOCKET,
					       PTR_TO_TCP_SOCK, PTR_TO_XDP_SOCK } };
static const struct reg_types btf_sock_types = { { PTR_TO_SOCK_COMMON, PTR_TO_SOCKET,
						   PTR_TO_TCP_SOCK, PTR_TO_XDP_SOCK, PTR_TO_BTF_ID,
						   PTR_TO_BTF_ID | PTR_TRUSTED } };
static const struct reg_types ringbuf_mem_types = { { PTR_TO_MEM | MEM_RINGBUF } };
static const struct reg_types func_ptr_types = { { PTR_TO_FUNC } };
static const struct reg_types stack_ptr_types = { { PTR_TO_STACK } };
static const struct reg_types dynptr_types = { { PTR_TO_STACK, CONST_PTR_TO_DYNPTR } };

static const struct reg_types *const compatible_reg_types[NR_ARG_TYPES] = {
	[ARG_CONST_MAP_PTR] = &const_map_ptr_types,
	[ARG_PTR_TO_MAP_KEY] = &mem_types,
	[ARG_PTR_TO_MAP_VALUE] = &mem_types,
	[ARG_PTR_TO_MEM] = &mem_types,
	[ARG_CONST_SIZE] = &scalar_types,
	[ARG_CONST_SIZE_OR_ZERO] = &scalar_types,
	[ARG_PTR_TO_CTX] = &context_types,
	[ARG_PTR_TO_SPIN_LOCK] = &object_types,
	[ARG_PTR_TO_BTF_ID] = &btf_ptr_types,
	[ARG_PTR_TO_RINGBUF_MEM] = &ringbuf_mem_types,
	[ARG_CONST_ALLOC_SIZE_OR_ZERO] = &scalar_types,
	[ARG_PTR_TO_SOCK_COMMON] = &sock_types,
	[ARG_PTR_TO_BTF_ID_SOCK_COMMON] = &btf_sock_types,
	[ARG_PTR_TO_PERCPU_BTF_ID] = &percpu_btf_ptr_types,
	[ARG_PTR_TO_FUNC] = &func_ptr_types,
	[ARG_PTR_TO_STACK] = &stack_ptr_types,
	[ARG_PTR_TO_CONST_STR] = &map_value_types,
	[ARG_PTR_TO_TIMER] = &map_value_types,
	[ARG_KPTR_XCHG_DEST] = &object_types,
	[ARG_PTR_TO_DYNPTR] = &dynptr_types,
};

static const char *func_name(struct bpf_verifier_env *env, u32 id)
{
	const struct helper_proto *fn = calls_find_helper(env->opts->calls, id);

	return fn ? fn->name : "unknown";
}

static int wrong_type(struct bpf_verifier_env *env, u32 regno, const struct reg_types *types)
{
	size_t i;

	verbose(env, "R%d type=%s expected=", regno,
		vrf_reg_type_str(env, reg_state(env, regno)->type));
	for (i = 0; i < ARRAY_SIZE(types->types) && types->types[i] != NOT_INIT; i++)
		verbose(env, "%s%s", i ? ", " : "", vrf_reg_type_str(env, types->types[i]));
	verbose(env, "\n");
	return -EACCES;
}

/* The register is PTR_TO_BTF_ID of an accepted kind: is it the right struct? */
static int check_btf_id(struct bpf_verifier_env *env, u32 regno, u32 arg_type, s32 btf_id,
			const struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	bool xchg = meta->func_id == BPF_FUNC_kptr_xchg, strict;

	if (reg->type & MEM_ALLOC) {
		if (xchg && regno == BPF_REG_2)
			return vrf_map_kptr_match_type(env, meta->kptr_field, reg, regno) ? -EACCES :
											    0;
		return 0; /* locks, and where bpf_kptr_xchg() stores to */
	}
	if (reg->type & MEM_PERCPU)
		return 0;
	if (type_may_be_null(reg->type) &&
	    (!type_may_be_null(arg_type) || (arg_type & OBJ_RELEASE))) {
		verbose(env, "Possibly NULL pointer passed to helper arg%d\n", regno);
		return -EACCES;
	}
	if (xchg)
		return vrf_map_kptr_match_type(env, meta->kptr_field, reg, regno) ? -EACCES : 0;
	if (btf_id <= 0) {
		verbose(env, "verifier internal error: missing arg compatible BTF ID\n");
		return -EFAULT;
	}
	/* a socket of any kind can be released as one */
	strict = (arg_type & OBJ_RELEASE) && meta->func_id != BPF_FUNC_sk_release;
	if (btfw_ids_match(env, reg->btf, reg->btf_id, reg->off, env->kernel_btf, btf_id, strict,
			   true))
		return 0;
	verbose(env, "R%d is of type %s but %s is expected\n", regno,
		kbtf_type_name(reg->btf, reg->btf_id), kbtf_type_name(env->kernel_btf, btf_id));
	return -EACCES;
}

static int check_reg_type(struct bpf_verifier_env *env, u32 regno, u32 arg_type, s32 btf_id,
			  const struct bpf_call_arg_meta *meta)
{
	const struct reg_types *compatible = compatible_reg_types[base_type(arg_type)];
	struct bpf_reg_state *reg = reg_state(env, regno);
	u32 type = reg->type;
	size_t i;

	if (!compatible) {
		verbose(env, "verifier internal error: unsupported arg type %d\n", arg_type);
		return -EFAULT;
	}
	/* What the argument does not mind. */
	if (arg_type & MEM_RDONLY)
		type &= ~MEM_RDONLY;
	if (arg_type & PTR_MAYBE_NULL)
		type &= ~PTR_MAYBE_NULL;
	if (base_type(arg_type) == ARG_PTR_TO_MEM)
		type &= ~DYNPTR_TYPE_FLAG_MASK;
	if (meta->func_id == BPF_FUNC_kptr_xchg && type_is_alloc(type) && regno == BPF_REG_2)
		type &= ~(MEM_ALLOC | MEM_PERCPU);

	for (i = 0; i < ARRAY_SIZE(compatible->types); i++)
		if (compatible->types[i] == type && type != NOT_INIT)
			break;
	if (i == ARRAY_SIZE(compatible->types))
		return wrong_type(env, regno, compatible);
	if (base_type(reg->type) != PTR_TO_BTF_ID)
		return 0;
	if (compatible != &mem_types)
		return check_btf_id(env, regno, arg_type, btf_id, meta);
	if (arg_type & MEM_RDONLY)
		return 0;
	verbose(env, "bpf_%s() may write into memory pointed by R%d type=%s\n",
		func_name(env, meta->func_id), regno, vrf_reg_type_str(env, reg->type));
	return -EACCES;
}

int vrf_check_btf_id_arg(struct bpf_verifier_env *env, u32 regno, u32 arg_type, u32 btf_id)
{
	struct bpf_call_arg_meta meta = {};

	return check_reg_type(env, regno, arg_type, btf_id, &meta);
}

int vrf_check_func_arg_reg_off(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			       int regno, u32 arg_type)
{
	if (arg_type & OBJ_RELEASE) {
		if (base_type(arg_type) == ARG_PTR_TO_DYNPTR && reg->type == PTR_TO_STACK)
			return 0;
		if (reg->off) {
			verbose(env, "R%d must have zero offset when passed to release func or trusted arg to kfunc\n",
				regno);
			return -EINVAL;
		}
		return vrf_check_ptr_off(env, reg, regno, false);
	}
	switch (reg->type) {
	/* any offset; the access itself is checked elsewhere */
	case PTR_TO_STACK:
	case PTR_TO_PACKET:
	case PTR_TO_PACKET_META:
	case PTR_TO_MAP_KEY:
	case PTR_TO_MAP_VALUE:
	case PTR_TO_MEM:
	case PTR_TO_MEM | MEM_RDONLY:
	case PTR_TO_MEM | MEM_RINGBUF:
	case PTR_TO_BUF:
	case PTR_TO_BUF | MEM_RDONLY:
	case PTR_TO_ARENA:
	case SCALAR_VALUE:
		return 0;
	/* a member of a struct */
	case PTR_TO_BTF_ID:
	case PTR_TO_BTF_ID | MEM_ALLOC:
	case PTR_TO_BTF_ID | PTR_TRUSTED:
	case PTR_TO_BTF_ID | MEM_RCU:
	case PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF:
	case PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF | MEM_RCU:
		return vrf_check_ptr_off(env, reg, regno, true);
	default:
		return vrf_check_ptr_off(env, reg, regno, false);
	}
}

/* ---- single argument types ---- */

static int check_release_arg(struct bpf_verifier_env *env, u32 regno, u32 arg_type,
			     struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);

	if (base_type(arg_type) == ARG_PTR_TO_DYNPTR) {
		int spi;

		if (reg->type != PTR_TO_STACK) {
			verbose(env, "cannot release unowned const bpf_dynptr\n");
			return -EINVAL;
		}
		spi = vrf_dynptr_get_spi(env, reg);
		if (spi < 0 || !vrf_func(env, reg)->stack[spi].spilled_ptr.ref_obj_id) {
			verbose(env, "arg %d is an unacquired reference\n", regno);
			return -EINVAL;
		}
	} else if (!reg->ref_obj_id && !register_is_null(reg)) {
		verbose(env, "R%d must be referenced when passed to release function\n", regno);
		return -EINVAL;
	}
	if (meta->release_regno) {
		verbose(env, "verifier internal error: more than one release argument\n");
		return -EFAULT;
	}
	meta->release_regno = regno;
	return 0;
}

static int note_map_ptr(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			struct bpf_call_arg_meta *meta)
{
	/* Two inner maps of one outer map have the same map_ptr, but not the same uid. */
	if (meta->map_ptr && (meta->map_ptr != reg->map_ptr || meta->map_uid != reg->map_uid)) {
		verbose(env, "timer pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d\n",
			meta->map_uid, reg->map_uid);
		return -EINVAL;
	}
	meta->map_ptr = reg->map_ptr;
	meta->map_uid = reg->map_uid;
	return 0;
}

static int check_timer_arg(struct bpf_verifier_env *env, u32 regno, struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct bpf_map *map = reg->map_ptr;
	u64 off = reg->var_off.value + reg->off;

	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d doesn't have constant offset. bpf_timer has to be at the constant offset\n",
			regno);
		return -EINVAL;
	}
	if (!map->btf) {
		verbose(env, "map '%s' has to have BTF in order to use bpf_timer\n", map->name);
		return -EINVAL;
	}
	if (!map->record || !(map->record->field_mask & BPF_TIMER)) {
		verbose(env, "map '%s' has no valid bpf_timer\n", map->name);
		return -EINVAL;
	}
	if ((u64)map->record->timer_off != off) {
		verbose(env, "off %lld doesn't point to 'struct bpf_timer' that is at %d\n",
			(long long)off, map->record->timer_off);
		return -EINVAL;
	}
	meta->map_uid = reg->map_uid;
	meta->map_ptr = map;
	return 0;
}

static int check_kptr_dest(struct bpf_verifier_env *env, u32 regno, struct bpf_call_arg_meta *meta)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	const struct btf_field *field;
	const struct btf_record *rec;
	u32 off;

	if (reg->type == PTR_TO_MAP_VALUE) {
		if (!reg->map_ptr->btf) {
			verbose(env, "map '%s' has to have BTF in order to use bpf_kptr_xchg\n",
				reg->map_ptr->name);
			return -EINVAL;
		}
		meta->map_ptr = reg->map_ptr;
	}
	if (!tnum_is_const(reg->var_off)) {
		verbose(env, "R%d doesn't have constant offset. kptr has to be at the constant offset\n",
			regno);
		return -EINVAL;
	}
	rec = vrf_reg_btf_record(env, reg);
	if (!rec || !(rec->field_mask & BPF_KPTR)) {
		verbose(env, "R%d has no valid kptr\n", regno);
		return -EINVAL;
	}
	off = reg->off + reg->var_off.value;
	field = record_find(rec, off, BPF_KPTR);
	if (!field) {
		verbose(env, "off=%d doesn't point to kptr\n", off);
		return -EACCES;
	}
	if (field->type != BPF_KPTR_REF && field->type != BPF_KPTR_PERCPU) {
		verbose(env, "off=%d kptr isn't referenced kptr\n", off);
		return -EACCES;
	}
	meta->kptr_field = field;
	return 0;
}

static int check_mem_of_map(struct bpf_verifier_env *env, u32 regno, u32 arg_type,
			    struct bpf_call_arg_meta *meta)
{
	bool key = base_type(arg_type) == ARG_PTR_TO_MAP_KEY;

	if (!meta->map_ptr) {
		verbose(env, "invalid map_ptr to access map->%s\n", key ? "key" : "value");
		return -EACCES;
	}
	if (key)
		return vrf_check_mem_arg(env, regno, meta->map_ptr->key_size, BPF_READ, false,
					 NULL);
	if (type_may_be_null(arg_type) && register_is_null(reg_state(env, regno)))
		return 0;
	meta->raw_mode = arg_type & MEM_UNINIT;
	return vrf_check_mem_arg(env, regno, meta->map_ptr->value_size,
				 arg_type & MEM_WRITE ? BPF_WRITE : BPF_READ, false, meta);
}

static int check_spin_lock_arg(struct bpf_verifier_env *env, u32 regno, u32 func_id)
{
	if (vrf_in_rbtree_lock_required_cb(env)) {
		verbose(env, "can't spin_{lock,unlock} in rbtree cb\n");
		return -EACCES;
	}
	return vrf_process_spin_lock(env, regno, func_id == BPF_FUNC_spin_lock);
}

/* The register is of a type that the argument takes; now what it holds. */
static int check_arg_value(struct bpf_verifier_env *env, u32 arg, u32 arg_type, u32 regno,
			   struct bpf_call_arg_meta *meta, const struct helper_proto *fn,
			   int insn_idx)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	int err;

	switch (base_type(arg_type)) {
	case ARG_CONST_MAP_PTR:
		return note_map_ptr(env, reg, meta);
	case ARG_PTR_TO_MAP_KEY:
	case ARG_PTR_TO_MAP_VALUE:
		return check_mem_of_map(env, regno, arg_type, meta);
	case ARG_PTR_TO_PERCPU_BTF_ID:
		if (!reg->btf_id) {
			verbose(env, "Helper has invalid btf_id in R%d\n", regno);
			return -EACCES;
		}
		meta->ret_btf = reg->btf;
		meta->ret_btf_id = reg->btf_id;
		return 0;
	case ARG_PTR_TO_SPIN_LOCK:
		return check_spin_lock_arg(env, regno, meta->func_id);
	case ARG_PTR_TO_TIMER:
		return check_timer_arg(env, regno, meta);
	case ARG_PTR_TO_FUNC:
		meta->subprogno = reg->subprogno;
		return 0;
	case ARG_PTR_TO_MEM:
		/* with a size in the next argument: checked there */
		meta->raw_mode = arg_type & MEM_UNINIT;
		if (!(arg_type & MEM_FIXED_SIZE))
			return 0;
		err = vrf_check_mem_arg(env, regno, fn->arg_size[arg],
					arg_type & MEM_WRITE ? BPF_WRITE : BPF_READ, false, meta);
		if (!err && (arg_type & MEM_ALIGNED))
			err = vrf_check_ptr_alignment(env, reg, 0, fn->arg_size[arg], true);
		return err;
	case ARG_CONST_SIZE:
	case ARG_CONST_SIZE_OR_ZERO:
		return vrf_check_mem_size_reg(env, reg, regno,
					      fn->arg[arg - 1] & MEM_WRITE ? BPF_WRITE : BPF_READ,
					      base_type(arg_type) == ARG_CONST_SIZE_OR_ZERO, meta);
	case ARG_PTR_TO_DYNPTR:
		return vrf_process_dynptr_func(env, regno, insn_idx, arg_type, 0);
	case ARG_CONST_ALLOC_SIZE_OR_ZERO:
		if (!tnum_is_const(reg->var_off)) {
			verbose(env, "R%d is not a known constant'\n", regno);
			return -EACCES;
		}
		meta->mem_size = reg->var_off.value;
		return vrf_mark_chain_precision(env, regno);
	case ARG_PTR_TO_CONST_STR:
		return vrf_check_reg_const_str(env, reg, regno);
	case ARG_KPTR_XCHG_DEST:
		return check_kptr_dest(env, regno, meta);
	default:
		return 0;
	}
}

static bool is_sockmap(const struct bpf_map *map)
{
	return map->map_type == BPF_MAP_TYPE_SOCKMAP || map->map_type == BPF_MAP_TYPE_SOCKHASH;
}

int vrf_check_func_arg(struct bpf_verifier_env *env, u32 arg, struct bpf_call_arg_meta *meta,
		       const struct helper_proto *fn, int insn_idx)
{
	u32 regno = BPF_REG_1 + arg, arg_type = fn->arg[arg];
	struct bpf_reg_state *reg = reg_state(env, regno);
	s32 btf_id = 0;
	int err;

	if (arg_type == ARG_DONTCARE)
		return 0;
	err = vrf_check_reg_arg(env, regno, SRC_OP);
	if (err)
		return err;
	/* the values of such maps are sockets */
	if (base_type(arg_type) == ARG_PTR_TO_MAP_VALUE && meta->map_ptr && is_sockmap(meta->map_ptr)) {
		if (arg_type != ARG_PTR_TO_MAP_VALUE) {
			verbose(env, "invalid arg_type for sockmap/sockhash\n");
			return -EINVAL;
		}
		arg_type = ARG_PTR_TO_BTF_ID_SOCK_COMMON;
	}
	if (arg_type == ARG_ANYTHING) {
		if (!is_pointer_value(env, regno))
			return 0;
		verbose(env, "R%d leaks addr into helper function\n", regno);
		return -EACCES;
	}
	if (type_is_pkt_pointer(reg->type) &&
	    !vrf_may_access_direct_pkt_data(env, meta, BPF_READ)) {
		verbose(env, "helper access to the packet is not allowed\n");
		return -EACCES;
	}
	if (register_is_null(reg) && type_may_be_null(arg_type)) {
		err = vrf_mark_chain_precision(env, regno);
	} else {
		if (base_type(arg_type) == ARG_PTR_TO_BTF_ID && fn->arg_btf[arg])
			btf_id = kbtf_find(env->kernel_btf, fn->arg_btf[arg], BTF_KIND_STRUCT);
		else if (base_type(arg_type) == ARG_PTR_TO_BTF_ID_SOCK_COMMON)
			btf_id = kbtf_find(env->kernel_btf, "sock_common", BTF_KIND_STRUCT);
		err = check_reg_type(env, regno, arg_type, btf_id, meta);
		if (!err)
			err = vrf_check_func_arg_reg_off(env, reg, regno, arg_type);
	}
	if (!err && (arg_type & OBJ_RELEASE))
		err = check_release_arg(env, regno, arg_type, meta);
	if (err)
		return err;
	if (reg->ref_obj_id && base_type(arg_type) != ARG_KPTR_XCHG_DEST) {
		if (meta->ref_obj_id) {
			verbose(env, "verifier internal error: more than one arg with ref_obj_id R%d %u %u\n",
				regno, reg->ref_obj_id, meta->ref_obj_id);
			return -EFAULT;
		}
		meta->ref_obj_id = reg->ref_obj_id;
	}
	return check_arg_value(env, arg, arg_type, regno, meta, fn, insn_idx);
}

/* ---- map types and helpers ---- */

/*
 * PAIR(map type, helper): the helper works on maps of that type. A type that is
 * listed is good for nothing else; a helper that is listed takes nothing else.
 * BOTH says that for both sides; MAP for the map type only: helpers that other
 * types have as well.
 */
struct map_pair {
	u8 map_type;
	u8 helper_is_bound; /* the helper takes listed map types only */
	u16 func;
};

static const struct map_pair map_pairs[] = {
#define BOTH(type, func) { BPF_MAP_TYPE_##type, 1, BPF_FUNC_##func },
#define MAP(type, func) { BPF_MAP_TYPE_##type, 0, BPF_FUNC_##func },
#include "verifier/map_helpers.def"
#undef BOTH
#undef MAP
};

/* Types that no row mentions because no helper of ours works on them. */
static bool map_type_restricted(u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map_pairs); i++)
		if (map_pairs[i].map_type == type)
			return true;
	return false;
}

/* From where the locks that an update takes are safe to take. */
static bool may_update_sockmap(struct bpf_verifier_env *env, u32 func_id)
{
	if (func_id != BPF_FUNC_map_update_elem && func_id != BPF_FUNC_map_delete_elem)
		return false;
	switch (env->prog->type) {
	case BPF_PROG_TYPE_TRACING:
		if (env->prog->expected_attach_type == BPF_TRACE_ITER)
			return true;
		break;
	case BPF_PROG_TYPE_SOCK_OPS:
		if (func_id == BPF_FUNC_map_delete_elem)
			return true;
		break;
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return true;
	default:
		break;
	}
	verbose(env, "cannot update sockmap in this context\n");
	return false;
}

int vrf_check_map_func_compatibility(struct bpf_verifier_env *env, const struct bpf_map *map,
				     const struct helper_proto *fn)
{
	bool bound = false, listed = false;
	size_t i;

	if (!map)
		return 0;
	for (i = 0; i < ARRAY_SIZE(map_pairs); i++) {
		const struct map_pair *p = &map_pairs[i];

		if (p->func != fn->id)
			continue;
		bound |= p->helper_is_bound;
		listed |= p->map_type == map->map_type;
	}
	/* PERCPU types are free for everybody: map_lookup_percpu_elem() alone is picky. */
	if (fn->id == BPF_FUNC_map_lookup_percpu_elem) {
		bound = true;
		listed = map->map_type == BPF_MAP_TYPE_PERCPU_ARRAY ||
			 map->map_type == BPF_MAP_TYPE_PERCPU_HASH ||
			 map->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	}
	if (!listed && is_sockmap(map) && may_update_sockmap(env, fn->id))
		return 0;
	if (listed || (!bound && !map_type_restricted(map->map_type)))
		return 0;
	verbose(env, "cannot pass map_type %d into func bpf_%s#%d\n", map->map_type, fn->name, fn->id);
	return -EINVAL;
}
