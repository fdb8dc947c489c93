/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Loads, stores and atomics: finds out what the pointer points at and whether
 * every address that it may hold allows the access. What a load yields is
 * written to the destination register.
 */
#include "verifier/mem.h"

static int size_to_bytes(int bpf_size)
{
	switch (bpf_size) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

int vrf_check_ptr_off(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int regno,
		      bool fixed_off_ok)
{
	char tn[48];

	if (reg->off < 0) {
		verbose(env, "negative offset %s ptr R%d off=%d disallowed\n",
			vrf_reg_type_str(env, reg->type), regno, reg->off);
		return -EACCES;
	}
	if (!fixed_off_ok && reg->off) {
		verbose(env, "dereference of modified %s ptr R%d off=%d disallowed\n",
			vrf_reg_type_str(env, reg->type), regno, reg->off);
		return -EACCES;
	}
	if (!tnum_equals_const(reg->var_off, 0)) {
		vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
		verbose(env, "variable %s access var_off=%s disallowed\n",
			vrf_reg_type_str(env, reg->type), tn);
		return -EACCES;
	}
	return 0;
}

int vrf_check_ptr_off_reg(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int regno)
{
	return vrf_check_ptr_off(env, reg, regno, false);
}

/* Ethernet headers have 14 bytes, so packets begin where the header after it is aligned. */
#define NET_IP_ALIGN 2

static int check_pkt_ptr_alignment(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
				   int off, int size, bool strict)
{
	char tn[48];

	if (!strict || size == 1 ||
	    tnum_is_aligned(tnum_add(reg->var_off, tnum_const(NET_IP_ALIGN + reg->off + off)), size))
		return 0;
	vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
	verbose(env, "misaligned packet access off %d+%s+%d+%d size %d\n", NET_IP_ALIGN, tn,
		reg->off, off, size);
	return -EACCES;
}

int vrf_check_ptr_alignment(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int off,
			    int size, bool strict_alignment_once)
{
	bool strict = env->strict_alignment || strict_alignment_once;
	const char *what = "";
	char tn[48];

	switch (reg->type) {
	case PTR_TO_PACKET:
	case PTR_TO_PACKET_META:
		return check_pkt_ptr_alignment(env, reg, off, size, strict);
	case PTR_TO_FLOW_KEYS:
		what = "flow keys ";
		break;
	case PTR_TO_MAP_KEY:
		what = "key ";
		break;
	case PTR_TO_MAP_VALUE:
		what = "value ";
		break;
	case PTR_TO_CTX:
		what = "context ";
		break;
	case PTR_TO_STACK:
		what = "stack ";
		strict = true; /* slots are tracked, not bytes at any offset */
		break;
	case PTR_TO_SOCK_COMMON:
		what = "sock_common ";
		break;
	case PTR_TO_SOCKET:
		what = "sock ";
		break;
	case PTR_TO_TCP_SOCK:
		what = "tcp_sock ";
		break;
	case PTR_TO_XDP_SOCK:
		what = "xdp_sock ";
		break;
	case PTR_TO_ARENA:
		return 0;
	default:
		break;
	}
	if (!strict || size == 1)
		return 0;
	if (tnum_is_aligned(tnum_add(reg->var_off, tnum_const(reg->off + off)), size))
		return 0;
	vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
	verbose(env, "misaligned %saccess off %s+%d+%d size %d\n", what, tn, reg->off, off, size);
	return -EACCES;
}

/* [off, off + size) in a region of mem_size bytes, at one fixed offset. */
static int check_in_region(struct bpf_verifier_env *env, int regno, int off, int size, u32 mem_size,
			   bool zero_size_allowed)
{
	bool size_ok = size > 0 || (size == 0 && zero_size_allowed);

	if (off >= 0 && size_ok && (u64)off + size <= mem_size)
		return 0;
	switch (reg_state(env, regno)->type) {
	case PTR_TO_MAP_KEY:
		verbose(env, "invalid access to map key, key_size=%d off=%d size=%d\n", mem_size,
			off, size);
		break;
	case PTR_TO_MAP_VALUE:
		verbose(env, "invalid access to map value, value_size=%d off=%d size=%d\n",
			mem_size, off, size);
		break;
	default:
		verbose(env, "invalid access to memory, mem_size=%u off=%d size=%d\n", mem_size,
			off, size);
	}
	return -EACCES;
}

int vrf_check_mem_region_access(struct bpf_verifier_env *env, u32 regno, int off, int size,
				u32 mem_size, bool zero_size_allowed)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	s64 lowest = reg->smin_value == INT64_MIN ? INT64_MIN : reg->smin_value + off;
	int err;

	if (reg->smin_value < 0 && (reg->smin_value == INT64_MIN || lowest != (s32)lowest ||
				    lowest < 0)) {
		verbose(env, "R%d min value is negative, either use unsigned index or do a if (index >=0) check.\n",
			regno);
		return -EACCES;
	}
	err = check_in_region(env, regno, lowest, size, mem_size, zero_size_allowed);
	if (err) {
		verbose(env, "R%d min value is outside of the allowed memory range\n", regno);
		return err;
	}
	if (reg->umax_value >= BPF_MAX_VAR_OFF) {
		verbose(env, "R%d unbounded memory access, make sure to bounds check any such access\n",
			regno);
		return -EACCES;
	}
	err = check_in_region(env, regno, reg->umax_value + off, size, mem_size, zero_size_allowed);
	if (err)
		verbose(env, "R%d max value is outside of the allowed memory range\n", regno);
	return err;
}

static int check_no_leak(struct bpf_verifier_env *env, int t, int value_regno, const char *where)
{
	if (t != BPF_WRITE || value_regno < 0 || !is_pointer_value(env, value_regno))
		return 0;
	verbose(env, "R%d leaks addr into %s\n", value_regno, where);
	return -EACCES;
}

static int cannot_write(struct bpf_verifier_env *env, u32 regno)
{
	verbose(env, "R%d cannot write into %s\n", regno,
		vrf_reg_type_str(env, reg_state(env, regno)->type));
	return -EACCES;
}

static int invalid_access(struct bpf_verifier_env *env, u32 regno)
{
	verbose(env, "R%d invalid mem access '%s'\n", regno,
		vrf_reg_type_str(env, reg_state(env, regno)->type));
	return -EACCES;
}

static int access_map_key(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
			  int value_regno)
{
	int err;

	if (t == BPF_WRITE) {
		verbose(env, "write to change key R%d not allowed\n", regno);
		return -EACCES;
	}
	err = vrf_check_mem_region_access(env, regno, off, size,
					  reg_state(env, regno)->map_ptr->key_size, false);
	if (!err && value_regno >= 0)
		mark_reg_unknown(env, cur_regs(env), value_regno);
	return err;
}

static int access_mem(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
		      int value_regno)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	int err;

	if (type_may_be_null(reg->type))
		return invalid_access(env, regno);
	if (t == BPF_WRITE && (reg->type & MEM_RDONLY))
		return cannot_write(env, regno);
	err = check_no_leak(env, t, value_regno, "mem");
	if (!err)
		err = vrf_check_mem_region_access(env, regno, off, size, reg->mem_size, false);
	if (!err && value_regno >= 0 && t == BPF_READ)
		mark_reg_unknown(env, cur_regs(env), value_regno);
	return err;
}

/* What a load from the context puts into @dst. */
static void load_from_ctx(struct bpf_verifier_env *env, struct bpf_reg_state *dst,
			  const struct ctx_info *info)
{
	struct bpf_retval_range range;

	if (info->reg_type == SCALAR_VALUE) {
		vrf_mark_reg_unknown(env, dst);
		if (info->is_retval && vrf_hook_retval_range(env, &range)) {
			dst->smin_value = dst->s32_min_value = range.minval;
			dst->smax_value = dst->s32_max_value = range.maxval;
			vrf_reg_bounds_sync(dst);
		}
		return;
	}
	vrf_mark_reg_known_zero(dst);
	dst->id = type_may_be_null(info->reg_type) ? ++env->id_gen : 0;
	dst->subreg_def = DEF_NOT_SUBREG;
	dst->type = info->reg_type;
	if (base_type(info->reg_type) == PTR_TO_BTF_ID) {
		dst->btf = info->btf;
		dst->btf_id = info->btf_id;
		dst->ctx_arg = info->arg + 1;
	}
}

static int access_ctx(struct bpf_verifier_env *env, int insn_idx, u32 regno, int off, int size,
		      int t, int value_regno, bool is_ldsx)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	struct ctx_info info = { .reg_type = SCALAR_VALUE, .arg = -1 };
	int err;

	err = check_no_leak(env, t, value_regno, "ctx");
	if (!err)
		err = vrf_check_ptr_off_reg(env, reg, regno);
	if (err)
		return err;
	err = vrf_check_ctx_access(env, insn_idx, off, size, t, is_ldsx, &info);
	if (err) {
		vrf_verbose_linfo(env, insn_idx, "; ");
		return err;
	}
	if (t == BPF_READ && value_regno >= 0)
		load_from_ctx(env, reg_state(env, value_regno), &info);
	return 0;
}

static int access_buffer(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
			 int value_regno, const char *what)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	char tn[48];

	if (off < 0) {
		verbose(env, "R%d invalid %s buffer access: off=%d, size=%d\n", regno, what, off,
			size);
		return -EACCES;
	}
	if (!tnum_equals_const(reg->var_off, 0)) {
		vrf_tnum_strn(tn, sizeof(tn), reg->var_off);
		verbose(env, "R%d invalid variable buffer offset: off=%d, var_off=%s\n", regno, off,
			tn);
		return -EACCES;
	}
	if (value_regno >= 0 && t == BPF_READ)
		mark_reg_unknown(env, cur_regs(env), value_regno);
	return 0;
}

static int access_buf(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
		      int value_regno)
{
	bool rdonly = reg_state(env, regno)->type & MEM_RDONLY;

	if (rdonly && t == BPF_WRITE)
		return cannot_write(env, regno);
	return access_buffer(env, regno, off, size, t, value_regno, rdonly ? "rdonly" : "rdwr");
}

static int access_sock(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
		       int value_regno)
{
	int err;

	if (t == BPF_WRITE)
		return cannot_write(env, regno);
	err = vrf_check_sock_access(env, regno, off, size, t);
	if (!err && value_regno >= 0)
		mark_reg_unknown(env, cur_regs(env), value_regno);
	return err;
}

/* The access by kind of pointer; @off includes reg->off. */
static int access_by_type(struct bpf_verifier_env *env, int insn_idx, u32 regno, int off, int size,
			  int t, int value_regno, bool is_ldsx)
{
	struct bpf_reg_state *reg = reg_state(env, regno);

	switch (base_type(reg->type)) {
	case PTR_TO_MEM:
		return access_mem(env, regno, off, size, t, value_regno);
	case PTR_TO_BTF_ID:
		if (type_may_be_null(reg->type))
			break;
		return vrf_check_ptr_to_btf_access(env, cur_regs(env), regno, off, size, t,
						   value_regno);
	case PTR_TO_BUF:
		if (type_may_be_null(reg->type))
			break;
		return access_buf(env, regno, off, size, t, value_regno);
	default:
		break;
	}
	/* the rest carries no modifiers */
	switch (reg->type) {
	case PTR_TO_MAP_KEY:
		return access_map_key(env, regno, off, size, t, value_regno);
	case PTR_TO_MAP_VALUE:
		if (check_no_leak(env, t, value_regno, "map"))
			return -EACCES;
		return vrf_check_map_value_access(env, insn_idx, regno, off, size, t, value_regno,
						  is_ldsx);
	case PTR_TO_CTX:
		return access_ctx(env, insn_idx, regno, off, size, t, value_regno, is_ldsx);
	case PTR_TO_STACK:
		return vrf_check_stack_access(env, insn_idx, regno, off, size, t, value_regno);
	case CONST_PTR_TO_MAP:
		return vrf_check_ptr_to_map_access(env, cur_regs(env), regno, off, size, t,
						   value_regno);
	case PTR_TO_PACKET:
	case PTR_TO_PACKET_META:
		return vrf_access_packet(env, regno, off, size, t, value_regno);
	case PTR_TO_TP_BUFFER:
		return access_buffer(env, regno, off, size, t, value_regno, "tracepoint");
	case PTR_TO_FLOW_KEYS:
		return vrf_access_flow_keys(env, off, size, t, value_regno);
	case PTR_TO_SOCKET:
	case PTR_TO_SOCK_COMMON:
	case PTR_TO_TCP_SOCK:
	case PTR_TO_XDP_SOCK:
		return access_sock(env, regno, off, size, t, value_regno);
	case PTR_TO_ARENA:
		if (t == BPF_READ && value_regno >= 0)
			mark_reg_unknown(env, cur_regs(env), value_regno);
		return 0;
	default:
		return invalid_access(env, regno);
	}
}

int vrf_check_mem_access(struct bpf_verifier_env *env, int insn_idx, u32 regno, int off,
			 int bpf_size, int t, int value_regno, bool strict_alignment_once,
			 bool is_ldsx)
{
	struct bpf_reg_state *reg = reg_state(env, regno), *dst;
	int size = size_to_bytes(bpf_size), err;

	err = vrf_check_ptr_alignment(env, reg, off, size, strict_alignment_once);
	if (!err)
		err = access_by_type(env, insn_idx, regno, off + reg->off, size, t, value_regno,
				     is_ldsx);
	if (err || t != BPF_READ || value_regno < 0)
		return err;

	dst = reg_state(env, value_regno);
	if (dst->type == SCALAR_VALUE) {
		if (size < BPF_REG_SIZE && is_ldsx) {
			/* where the sign counts, it is no copy of what was spilled (6.12 takes it for one) */
			if (dst->umax_value >> (8 * size - 1))
				dst->id = dst->off = 0;
			vrf_coerce_reg_to_size_sx(dst, size);
		} else if (size < BPF_REG_SIZE) {
			vrf_coerce_reg_to_size(dst, size);
		}
	}
	return 0;
}

/* ---- instructions ---- */

static bool mismatch_matters(u32 type)
{
	switch (base_type(type)) {
	case PTR_TO_CTX:
	case PTR_TO_SOCKET:
	case PTR_TO_SOCK_COMMON:
	case PTR_TO_TCP_SOCK:
	case PTR_TO_XDP_SOCK:
	case PTR_TO_BTF_ID:
	case PTR_TO_ARENA:
		return true;
	default:
		return false;
	}
}

/*
 * The instruction is rewritten according to the pointer that it uses, so that
 * has to be of one kind on all paths. Loads may see trusted and untrusted BTF
 * pointers: they are all made fault-safe then.
 */
static int save_ptr_type(struct bpf_verifier_env *env, u32 type, bool allow_trust_mismatch)
{
	u32 *seen = &cur_aux(env)->ptr_type;

	if (*seen == NOT_INIT) {
		*seen = type;
		return 0;
	}
	if (*seen == type || (!mismatch_matters(type) && !mismatch_matters(*seen)))
		return 0;
	if (allow_trust_mismatch && base_type(type) == PTR_TO_BTF_ID &&
	    base_type(*seen) == PTR_TO_BTF_ID) {
		*seen = PTR_TO_BTF_ID | PTR_UNTRUSTED;
		return 0;
	}
	verbose(env, "same insn cannot be used with different pointers\n");
	return -EINVAL;
}

int vrf_check_load_mem(struct bpf_verifier_env *env, struct bpf_insn *insn, bool is_ldsx)
{
	u32 src_type;
	int err;

	err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (!err)
		err = vrf_check_reg_arg(env, insn->dst_reg, DST_OP_NO_MARK);
	if (err)
		return err;
	src_type = reg_state(env, insn->src_reg)->type;
	err = vrf_check_mem_access(env, env->insn_idx, insn->src_reg, insn->off,
				   BPF_SIZE(insn->code), BPF_READ, insn->dst_reg, false, is_ldsx);
	if (!err)
		err = save_ptr_type(env, src_type, true);
	if (!err)
		err = vrf_reg_bounds_sanity_check(env, reg_state(env, insn->dst_reg), "ldx");
	return err;
}

int vrf_check_store_reg(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	u32 dst_type;
	int err;

	err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (!err)
		err = vrf_check_reg_arg(env, insn->dst_reg, SRC_OP);
	if (err)
		return err;
	dst_type = reg_state(env, insn->dst_reg)->type;
	err = vrf_check_mem_access(env, env->insn_idx, insn->dst_reg, insn->off,
				   BPF_SIZE(insn->code), BPF_WRITE, insn->src_reg, false, false);
	return err ? err : save_ptr_type(env, dst_type, false);
}

int vrf_check_store_imm(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	u32 dst_type;
	int err;

	err = vrf_check_reg_arg(env, insn->dst_reg, SRC_OP);
	if (err)
		return err;
	dst_type = reg_state(env, insn->dst_reg)->type;
	err = vrf_check_mem_access(env, env->insn_idx, insn->dst_reg, insn->off,
				   BPF_SIZE(insn->code), BPF_WRITE, -1, false, false);
	return err ? err : save_ptr_type(env, dst_type, false);
}

static int check_atomic_operands(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	u32 dst_type;
	int err;

	err = vrf_check_reg_arg(env, insn->src_reg, SRC_OP);
	if (!err)
		err = vrf_check_reg_arg(env, insn->dst_reg, SRC_OP);
	if (err)
		return err;
	if (insn->imm == BPF_CMPXCHG) {
		err = vrf_check_reg_arg(env, BPF_REG_0, SRC_OP);
		if (!err)
			err = check_no_leak(env, BPF_WRITE, BPF_REG_0, "mem");
		if (err)
			return err;
	}
	err = check_no_leak(env, BPF_WRITE, insn->src_reg, "mem");
	if (err)
		return err;
	dst_type = reg_state(env, insn->dst_reg)->type;
	if (dst_type != PTR_TO_CTX && dst_type != PTR_TO_FLOW_KEYS &&
	    !type_is_pkt_pointer(dst_type) && !type_is_sk_pointer(dst_type))
		return 0;
	verbose(env, "BPF_ATOMIC stores into R%d %s is not allowed\n", insn->dst_reg,
		vrf_reg_type_str(env, dst_type));
	return -EACCES;
}

/* Read, perhaps into a register, then write: each has to be allowed. */
static int check_atomic_rmw(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	int load_reg = -1, size = BPF_SIZE(insn->code), err;

	err = check_atomic_operands(env, insn);
	if (err)
		return err;
	if (insn->imm & BPF_FETCH) {
		load_reg = insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg;
		err = vrf_check_reg_arg(env, load_reg, DST_OP);
		if (err)
			return err;
	}
	err = vrf_check_mem_access(env, env->insn_idx, insn->dst_reg, insn->off, size, BPF_READ, -1,
				   true, false);
	if (!err && load_reg >= 0)
		err = vrf_check_mem_access(env, env->insn_idx, insn->dst_reg, insn->off, size,
					   BPF_READ, load_reg, true, false);
	if (!err)
		err = save_ptr_type(env, reg_state(env, insn->dst_reg)->type, false);
	if (!err)
		err = vrf_check_mem_access(env, env->insn_idx, insn->dst_reg, insn->off, size,
					   BPF_WRITE, -1, true, false);
	return err;
}

int vrf_check_atomic(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	switch (insn->imm) {
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
	case BPF_CMPXCHG:
		break;
	default:
		verbose(env, "BPF_ATOMIC uses invalid atomic opcode %02x\n", insn->imm);
		return -EINVAL;
	}
	if (BPF_SIZE(insn->code) != BPF_W && BPF_SIZE(insn->code) != BPF_DW) {
		verbose(env, "invalid atomic operand size\n");
		return -EINVAL;
	}
	return check_atomic_rmw(env, insn);
}
