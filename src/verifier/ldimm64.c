/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * 64-bit immediates that stand for something else: maps, their values, kernel
 * symbols, the program's own functions. The first pass over the program finds
 * out what they mean and holds the maps; env->insns keep what user space wrote.
 */
#include "isa/opcodes.h"
#include "kobj/map.h"
#include "kobj/cgroup_storage.h"
#include "verifier/calls.h"

static bool has_field(const struct bpf_map *map, u32 mask)
{
	return map->record && (map->record->field_mask & mask);
}

static bool is_tracing_type(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return true;
	default:
		return false;
	}
}

static bool map_ok_for_sleepable(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_ARENA:
		return true;
	default:
		return false;
	}
}

/* Whether a program of this type may use the map at all. */
static int check_map_prog(struct bpf_verifier_env *env, const struct bpf_map *map)
{
	enum bpf_prog_type type = resolve_prog_type(env->prog);
	const char *why = NULL;

	if (has_field(map, BPF_GRAPH_ROOT) && is_tracing_type(type))
		why = "tracing progs cannot use bpf_{list_head,rb_root} yet";
	else if (has_field(map, BPF_SPIN_LOCK) && type == BPF_PROG_TYPE_SOCKET_FILTER)
		why = "socket filter progs cannot use bpf_spin_lock yet";
	else if (has_field(map, BPF_SPIN_LOCK) && is_tracing_type(type))
		why = "tracing progs cannot use bpf_spin_lock yet";
	else if (has_field(map, BPF_TIMER) && is_tracing_type(type))
		why = "tracing progs cannot use bpf_timer yet";
	else if (has_field(map, BPF_WORKQUEUE) && is_tracing_type(type))
		why = "tracing progs cannot use bpf_wq yet";
	else if (map->map_type == BPF_MAP_TYPE_STRUCT_OPS)
		why = "bpf_struct_ops map cannot be used in prog";
	else if (env->prog->sleepable && !map_ok_for_sleepable(map->map_type))
		why = "Sleepable programs can only use array, hash, ringbuf and local storage maps";
	if (!why)
		return 0;
	verbose(env, "%s\n", why);
	return -EINVAL;
}

/* A program has one value of each kind: that of its attachment. */
static bool storage_taken(const struct bpf_verifier_env *env, const struct bpf_map *map)
{
	if (!map_is_cgroup_storage(map))
		return false;
	for (u32 i = 0; i < env->used_map_cnt; i++)
		if (env->used_maps[i]->map_type == map->map_type)
			return true;
	return false;
}

/* Index in used_maps, or an errno. */
static int use_map(struct bpf_verifier_env *env, s32 fd)
{
	const struct verifier_opts *o = env->opts;
	struct bpf_map *map = o->map_from_fd ? o->map_from_fd(o->priv, fd) : NULL;
	u32 i;

	if (!map) {
		verbose(env, "fd %d is not pointing to valid bpf_map\n", fd);
		return -EBADF;
	}
	for (i = 0; i < env->used_map_cnt; i++)
		if (env->used_maps[i] == map)
			return i;
	if (i == MAX_USED_MAPS) {
		verbose(env, "The total number of maps per program has reached the limit of %u\n",
			MAX_USED_MAPS);
		return -E2BIG;
	}
	if (storage_taken(env, map)) {
		verbose(env, "only one cgroup storage of each type is allowed\n");
		return -EBUSY;
	}
	env->used_maps[env->used_map_cnt++] = map_get(map);
	return i;
}

static int resolve_map(struct bpf_verifier_env *env, const struct bpf_insn *insn,
		       struct bpf_insn_aux_data *aux)
{
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
		     insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	bool by_idx = insn->src_reg == BPF_PSEUDO_MAP_IDX ||
		      insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	u32 off = insn[1].imm;
	struct bpf_map *map;
	s32 fd = insn->imm;
	u64 addr;
	int err;

	if (insn->src_reg > BPF_PSEUDO_MAP_IDX_VALUE || (!value && off)) {
		verbose(env, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	if (by_idx) {
		if (!env->opts->fd_array) {
			verbose(env, "fd_idx without fd_array is invalid\n");
			return -EPROTO;
		}
		if ((u32)insn->imm >= env->opts->nr_fd_array)
			return -EFAULT;
		fd = env->opts->fd_array[insn->imm];
	}
	err = use_map(env, fd);
	if (err < 0)
		return err;
	aux->map_index = err;
	map = env->used_maps[aux->map_index];
	err = check_map_prog(env, map);
	if (err || !value)
		return err;
	if (off >= BPF_MAX_VAR_OFF) {
		verbose(env, "direct value offset of %u is not allowed\n", off);
		return -EINVAL;
	}
	if (!map->ops->direct_value_addr) {
		verbose(env, "no direct value access support for this map type\n");
		return -EINVAL;
	}
	err = map->ops->direct_value_addr(map, &addr, off);
	if (err) {
		verbose(env, "invalid access to map value pointer, value_size=%u off=%u\n",
			map->value_size, off);
		return err;
	}
	aux->map_off = off;
	return 0;
}

/* Is variable @id in the section of those that each CPU has its own of? */
static bool is_percpu_var(const struct kbtf *btf, u32 id)
{
	s32 section = kbtf_find(btf, ".data..percpu", BTF_KIND_DATASEC);
	const struct btf_type *t = section < 0 ? NULL : kbtf_type(btf, section);

	for (u32 i = 0; t && i < kbtf_vlen(t); i++)
		if (((const struct btf_var_secinfo *)(t + 1))[i].type == id)
			return true;
	return false;
}

/* A variable of the kernel that programs are only checked against. */
static int resolve_kernel_var(struct bpf_verifier_env *env, u32 id, struct bpf_insn_aux_data *aux)
{
	const struct kbtf *btf = env->kernel_btf;
	const struct btf_type *t;
	u32 type_id = 0, size;
	bool percpu = is_percpu_var(btf, id);

	t = kbtf_skip_modifiers(btf, kbtf_type(btf, id)->type, &type_id);
	if (!percpu && !kbtf_is_composite(t)) {
		if (!kbtf_resolve_size(btf, type_id, &size, NULL)) {
			verbose(env, "ldimm64 unable to resolve the size of type '%s'\n",
				kbtf_name(btf, t->name_off));
			return -EINVAL;
		}
		aux->btf_var.reg_type = PTR_TO_MEM | MEM_RDONLY;
		aux->btf_var.mem_size = size;
		return 0;
	}
	aux->btf_var.reg_type = PTR_TO_BTF_ID | (percpu ? MEM_PERCPU : 0);
	aux->btf_var.btf = btf;
	aux->btf_var.btf_id = type_id;
	return 0;
}

/*
 * A kernel symbol. Kfuncs exist for programs that ask whether they do
 * (bpf_ksym_exists); variables of the kernel are none of ours.
 */
static int resolve_ksym(struct bpf_verifier_env *env, const struct bpf_insn *insn,
			struct bpf_insn_aux_data *aux)
{
	const struct btf_type *t;
	const struct kfunc_row *row = NULL;
	u32 id = insn->imm;

	if (insn[1].imm) {
		verbose(env, "invalid module BTF object FD specified.\n");
		return -EINVAL;
	}
	t = kbtf_type(env->kernel_btf, id);
	if (!t || !id) {
		verbose(env, "ldimm64 insn specifies invalid btf_id %d.\n", id);
		return -ENOENT;
	}
	if (kbtf_kind(t) != BTF_KIND_VAR && kbtf_kind(t) != BTF_KIND_FUNC) {
		verbose(env, "pseudo btf_id %d in ldimm64 isn't KIND_VAR or KIND_FUNC\n", id);
		return -EINVAL;
	}
	if (kbtf_kind(t) == BTF_KIND_VAR && env->opts->check_only)
		return resolve_kernel_var(env, id, aux);
	if (kbtf_kind(t) == BTF_KIND_FUNC)
		row = calls_find_kfunc(env->opts->calls, NULL, id, NULL);
	if (!row) {
		verbose(env, "ldimm64 failed to find the address for kernel symbol '%s'.\n",
			kbtf_name(env->kernel_btf, t->name_off));
		return -ENOENT;
	}
	aux->btf_var.reg_type = PTR_TO_MEM | MEM_RDONLY;
	aux->btf_var.mem_size = 0;
	aux->btf_var.addr = (uintptr_t)row->cases[0].fn;
	return 0;
}

static int resolve_ldimm64(struct bpf_verifier_env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];
	struct bpf_insn_aux_data *aux = &env->insn_aux_data[i];

	if (i == env->len - 1 || insn[1].code || insn[1].dst_reg || insn[1].src_reg ||
	    insn[1].off) {
		verbose(env, "invalid bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	switch (insn->src_reg) {
	case 0:
		return 0;
	case BPF_PSEUDO_BTF_ID:
		return resolve_ksym(env, insn, aux);
	case BPF_PSEUDO_FUNC:
		aux->ptr_type = PTR_TO_FUNC;
		return 0;
	default:
		return resolve_map(env, insn, aux);
	}
}

int vrf_resolve_pseudo_ldimm64(struct bpf_verifier_env *env)
{
	u32 i;
	int err;

	for (i = 0; i < env->len; i++) {
		const struct bpf_insn *insn = &env->insns[i];
		u8 mode = BPF_MODE(insn->code);

		if (BPF_CLASS(insn->code) == BPF_LDX &&
		    ((mode != BPF_MEM && mode != BPF_MEMSX) || insn->imm)) {
			verbose(env, "BPF_LDX uses reserved fields\n");
			return -EINVAL;
		}
		if (insn_is_ldimm64(insn)) {
			err = resolve_ldimm64(env, i++);
			if (err)
				return err;
		} else if (!isa_opcode_valid(insn->code)) {
			verbose(env, "unknown opcode %02x\n", insn->code);
			return -EINVAL;
		}
	}
	return 0;
}

static int load_func(struct bpf_verifier_env *env, const struct bpf_insn *insn,
		     struct bpf_reg_state *dst)
{
	int subprog = vrf_find_subprog(env, env->insn_idx + insn->imm + 1);

	if (!env->prog->nr_func_info) {
		verbose(env, "missing btf func_info\n");
		return -EINVAL;
	}
	if (subprog < 0)
		return -EFAULT;
	if (env->subprog_info[subprog].linkage != BTF_FUNC_STATIC) {
		verbose(env, "callback function not static\n");
		return -EINVAL;
	}
	if (subprog == 0) {
		verbose(env, "callback function cannot be the main program\n");
		return -EINVAL;
	}
	dst->type = PTR_TO_FUNC;
	dst->subprogno = subprog;
	return 0;
}

int vrf_check_ld_imm(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	struct bpf_insn_aux_data *aux = cur_aux(env);
	struct bpf_reg_state *dst;
	int err;

	if (BPF_SIZE(insn->code) != BPF_DW) {
		verbose(env, "invalid BPF_LD_IMM insn\n");
		return -EINVAL;
	}
	if (insn->off) {
		verbose(env, "BPF_LD_IMM64 uses reserved fields\n");
		return -EINVAL;
	}
	err = vrf_check_reg_arg(env, insn->dst_reg, DST_OP);
	if (err)
		return err;
	dst = reg_state(env, insn->dst_reg);
	switch (insn->src_reg) {
	case 0:
		dst->type = SCALAR_VALUE;
		vrf_mark_reg_known(dst, (u64)(u32)insn[1].imm << 32 | (u32)insn->imm);
		return 0;
	case BPF_PSEUDO_FUNC:
		vrf_mark_reg_known_zero(dst);
		return load_func(env, insn, dst);
	case BPF_PSEUDO_BTF_ID:
		vrf_mark_reg_known_zero(dst);
		dst->type = aux->btf_var.reg_type;
		dst->mem_size = aux->btf_var.mem_size;
		return 0;
	default:
		vrf_mark_reg_known_zero(dst);
		dst->map_ptr = env->used_maps[aux->map_index];
		if (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_IDX) {
			dst->type = CONST_PTR_TO_MAP;
			return 0;
		}
		/* The one value of an array: every load of it is the same, so no id. */
		dst->type = PTR_TO_MAP_VALUE;
		dst->off = aux->map_off;
		return 0;
	}
}

/* ---- loads from a packet: calls, in truth, that may end the program ---- */

static bool may_access_skb(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT;
}

/* What must not be held when the program ends. */
static int check_may_end(struct bpf_verifier_env *env)
{
	const struct bpf_verifier_state *st = env->cur_state;
	const char *where = NULL;
	int err = vrf_check_reference_leak(env, false);

	if (err) {
		verbose(env, "BPF_LD_[ABS|IND] cannot be mixed with socket references\n");
		return err;
	}
	if (st->active_lock.ptr)
		where = "bpf_spin_lock";
	else if (st->active_rcu_lock)
		where = "bpf_rcu_read_lock";
	else if (st->active_preempt_lock)
		where = "bpf_preempt_disable";
	if (!where)
		return 0;
	verbose(env, "BPF_LD_[ABS|IND] cannot be used inside %s-ed region\n", where);
	return -EINVAL;
}

static u32 packet_loader(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return BPF_FUNC_skb_load_8;
	case BPF_H:
		return BPF_FUNC_skb_load_16;
	default:
		return BPF_FUNC_skb_load_32;
	}
}

/* Where the packet ends sooner, a function returns 0 at once: that first, the rest is queued. */
static int return_early(struct bpf_verifier_env *env)
{
	int err;

	mark_reg_scratched(env, BPF_REG_0);
	if (!vrf_push_stack(env, env->insn_idx + 1, env->insn_idx, false, &err))
		return err;
	vrf_mark_reg_known_zero(reg_state(env, BPF_REG_0));
	reg_state(env, BPF_REG_0)->type = SCALAR_VALUE;
	err = vrf_prepare_func_exit(env, (int *)&env->insn_idx);
	env->insn_idx--;
	return err;
}

int vrf_check_ld_abs(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	bool indirect = BPF_MODE(insn->code) == BPF_IND;
	int err;

	if (!may_access_skb(env->prog->type)) {
		verbose(env, "BPF_LD_[ABS|IND] instructions not allowed for this program type\n");
		return -EINVAL;
	}
	if (insn->dst_reg != BPF_REG_0 || insn->off != 0 || BPF_SIZE(insn->code) == BPF_DW ||
	    (!indirect && insn->src_reg != BPF_REG_0)) {
		verbose(env, "BPF_LD_[ABS|IND] uses reserved fields\n");
		return -EINVAL;
	}
	err = vrf_check_reg_arg(env, BPF_REG_6, SRC_OP);
	if (!err)
		err = check_may_end(env);
	if (err)
		return err;
	if (reg_state(env, BPF_REG_6)->type != PTR_TO_CTX) {
		verbose(env, "at the time of BPF_LD_ABS|IND R6 != pointer to skb\n");
		return -EINVAL;
	}
	if (indirect)
		err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (!err)
		err = vrf_check_ptr_off_reg(env, reg_state(env, BPF_REG_6), BPF_REG_6);
	for (u32 i = 0; !err && i < CALLER_SAVED_REGS; i++) {
		mark_reg_not_init(env, cur_regs(env), i);
		err = vrf_check_reg_arg(env, i, DST_OP_NO_MARK);
	}
	if (err)
		return err;
	mark_reg_unknown(env, cur_regs(env), BPF_REG_0);
	reg_state(env, BPF_REG_0)->subreg_def = env->insn_idx + 1;
	err = vrf_record_helper_call(env, env->insn_idx,
				     calls_find_helper(env->opts->calls, packet_loader(insn)));
	return !err && env->cur_state->curframe ? return_early(env) : err;
}
