/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* States as text: "R1=ctx() R2_w=scalar(umax=255,var_off=(0x0; 0xff)) fp-8=m". */
#include <stdio.h>

#include "verifier/internal.h"

static const char *const reg_type_strings[__BPF_REG_TYPE_MAX] = {
	[NOT_INIT] = "?",
	[SCALAR_VALUE] = "scalar",
	[PTR_TO_CTX] = "ctx",
	[CONST_PTR_TO_MAP] = "map_ptr",
	[PTR_TO_MAP_VALUE] = "map_value",
	[PTR_TO_MAP_KEY] = "map_key",
	[PTR_TO_STACK] = "fp",
	[PTR_TO_PACKET] = "pkt",
	[PTR_TO_PACKET_META] = "pkt_meta",
	[PTR_TO_PACKET_END] = "pkt_end",
	[PTR_TO_FLOW_KEYS] = "flow_keys",
	[PTR_TO_SOCKET] = "sock",
	[PTR_TO_SOCK_COMMON] = "sock_common",
	[PTR_TO_TCP_SOCK] = "tcp_sock",
	[PTR_TO_TP_BUFFER] = "tp_buffer",
	[PTR_TO_XDP_SOCK] = "xdp_sock",
	[PTR_TO_BTF_ID] = "ptr_",
	[PTR_TO_MEM] = "mem",
	[PTR_TO_ARENA] = "arena",
	[PTR_TO_BUF] = "buf",
	[PTR_TO_FUNC] = "func",
	[CONST_PTR_TO_DYNPTR] = "dynptr_ptr",
};

static const struct {
	u32 flag;
	const char *name;
} type_prefixes[] = {
	{ MEM_RDONLY, "rdonly_" },	 { MEM_RINGBUF, "ringbuf_" },
	{ MEM_USER, "user_" },		 { MEM_PERCPU, "percpu_" },
	{ MEM_RCU, "rcu_" },		 { PTR_UNTRUSTED, "untrusted_" },
	{ PTR_TRUSTED, "trusted_" },
};

const char *vrf_reg_type_str(struct bpf_verifier_env *env, u32 type)
{
	const char *postfix = "";
	u32 base = base_type(type);
	size_t len = 0, size = sizeof(env->tmp_str_buf);

	if (type_may_be_null(type))
		postfix = base == PTR_TO_BTF_ID ? "or_null_" : "_or_null";
	env->tmp_str_buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(type_prefixes); i++)
		if (type & type_prefixes[i].flag)
			len += snprintf(env->tmp_str_buf + len, size - len, "%s",
					type_prefixes[i].name);
	snprintf(env->tmp_str_buf + len, size - len, "%s%s",
		 base < __BPF_REG_TYPE_MAX ? reg_type_strings[base] : "?", postfix);
	return env->tmp_str_buf;
}

const char *vrf_dynptr_type_str(enum bpf_dynptr_type type)
{
	switch (type) {
	case BPF_DYNPTR_TYPE_LOCAL:
		return "local";
	case BPF_DYNPTR_TYPE_RINGBUF:
		return "ringbuf";
	case BPF_DYNPTR_TYPE_SKB:
		return "skb";
	case BPF_DYNPTR_TYPE_XDP:
		return "xdp";
	case BPF_DYNPTR_TYPE_INVALID:
		return "<invalid>";
	}
	return "<unknown>";
}

const char *vrf_iter_type_str(const struct kbtf *btf, u32 btf_id)
{
	if (!btf || !btf_id)
		return "<invalid>";
	return kbtf_type_name(btf, btf_id) + strlen("bpf_iter_");
}

const char *vrf_iter_state_str(u32 state)
{
	switch (state) {
	case BPF_ITER_STATE_ACTIVE:
		return "active";
	case BPF_ITER_STATE_DRAINED:
		return "drained";
	case BPF_ITER_STATE_INVALID:
		return "<invalid>";
	}
	return "<unknown>";
}

/* ---- numbers: decimal while they fit 16 bits ---- */

static bool is_unum_decimal(u64 num)
{
	return num <= UINT16_MAX;
}

static bool is_snum_decimal(s64 num)
{
	return num >= INT16_MIN && num <= INT16_MAX;
}

static void verbose_unum(struct bpf_verifier_env *env, u64 num)
{
	verbose(env, is_unum_decimal(num) ? "%llu" : "0x%llx", (unsigned long long)num);
}

static void verbose_snum(struct bpf_verifier_env *env, s64 num)
{
	if (is_snum_decimal(num))
		verbose(env, "%lld", (long long)num);
	else
		verbose(env, "0x%llx", (unsigned long long)num);
}

int vrf_tnum_strn(char *str, size_t size, struct tnum a)
{
	if (a.mask)
		return snprintf(str, size, "(0x%llx; 0x%llx)", (unsigned long long)a.value,
				(unsigned long long)a.mask);
	return snprintf(str, size, is_unum_decimal(a.value) ? "%llu" : "0x%llx",
			(unsigned long long)a.value);
}

struct bound {
	const char *name;
	u64 val;
	bool is_signed, omit;
};

/* In decimal the 32-bit value looks like its sign extension; in hex it must not. */
static u64 s32_to_print(s32 v)
{
	return is_snum_decimal(v) ? (u64)(s64)v : (u32)v;
}

static bool is_negative(const struct bound *b)
{
	return b->is_signed && (s64)b->val < 0;
}

/* "smin=umin=1,smax=umax=7": equal ends of the same side share a value. */
static void print_scalar_ranges(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
				const char **sep)
{
	struct bound b[] = {
		{ "smin", reg->smin_value, true, reg->smin_value == INT64_MIN },
		{ "smax", reg->smax_value, true, reg->smax_value == INT64_MAX },
		{ "umin", reg->umin_value, false, reg->umin_value == 0 },
		{ "umax", reg->umax_value, false, reg->umax_value == UINT64_MAX },
		{ "smin32", s32_to_print(reg->s32_min_value), true,
		  reg->s32_min_value == INT32_MIN },
		{ "smax32", s32_to_print(reg->s32_max_value), true,
		  reg->s32_max_value == INT32_MAX },
		{ "umin32", reg->u32_min_value, false, reg->u32_min_value == 0 },
		{ "umax32", reg->u32_max_value, false, reg->u32_max_value == UINT32_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(b); i++) {
		if (b[i].omit)
			continue;
		verbose(env, "%s%s=", *sep, b[i].name);
		*sep = ",";
		for (size_t j = i + 2; j < ARRAY_SIZE(b); j += 2) {
			if (b[j].omit || b[j].val != b[i].val ||
			    is_negative(&b[j]) != is_negative(&b[i]))
				continue;
			b[j].omit = true;
			verbose(env, "%s=", b[j].name);
		}
		if (b[i].is_signed)
			verbose_snum(env, b[i].val);
		else
			verbose_unum(env, b[i].val);
	}
}

/* ---- registers ---- */

static bool type_is_map_ptr(u32 type)
{
	type = base_type(type);
	return type == CONST_PTR_TO_MAP || type == PTR_TO_MAP_KEY || type == PTR_TO_MAP_VALUE;
}

static const char *next_sep(const char **sep)
{
	const char *s = *sep;

	*sep = ",";
	return s;
}

static void print_identity(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			   const char **sep)
{
	if (reg->id)
		verbose(env, "%sid=%d", next_sep(sep), reg->id & ~BPF_ADD_CONST);
	if (reg->id & BPF_ADD_CONST)
		verbose(env, "%+d", reg->off);
	if (reg->ref_obj_id)
		verbose(env, "%sref_obj_id=%d", next_sep(sep), reg->ref_obj_id);
	if (type_is_non_owning_ref(reg->type))
		verbose(env, "%snon_own_ref", next_sep(sep));
}

static void print_pointee(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			  const char **sep)
{
	if (type_is_map_ptr(reg->type)) {
		if (reg->map_ptr->name[0])
			verbose(env, "%smap=%s", next_sep(sep), reg->map_ptr->name);
		verbose(env, "%sks=%d,vs=%d", next_sep(sep), reg->map_ptr->key_size,
			reg->map_ptr->value_size);
	}
	if (reg->type != SCALAR_VALUE && reg->off) {
		verbose(env, "%soff=", next_sep(sep));
		verbose_snum(env, reg->off);
	}
	if (type_is_pkt_pointer(reg->type)) {
		verbose(env, "%sr=", next_sep(sep));
		verbose_unum(env, reg->range);
	}
	if (base_type(reg->type) == PTR_TO_MEM) {
		verbose(env, "%ssz=", next_sep(sep));
		verbose_unum(env, reg->mem_size);
	}
	if (reg->type == CONST_PTR_TO_DYNPTR)
		verbose(env, "%stype=%s", next_sep(sep), vrf_dynptr_type_str(reg->dynptr.type));
}

static void print_value(struct bpf_verifier_env *env, const struct bpf_reg_state *reg,
			const char **sep)
{
	char buf[48];

	if (tnum_is_const(reg->var_off)) {
		if (reg->var_off.value) {
			verbose(env, "%simm=", next_sep(sep));
			verbose_snum(env, reg->var_off.value);
		}
		return;
	}
	print_scalar_ranges(env, reg, sep);
	if (!tnum_is_unknown(reg->var_off)) {
		vrf_tnum_strn(buf, sizeof(buf), reg->var_off);
		verbose(env, "%svar_off=%s", next_sep(sep), buf);
	}
}

void vrf_print_reg(struct bpf_verifier_env *env, const struct bpf_func_state *state,
		   const struct bpf_reg_state *reg)
{
	const char *sep = "";

	if (reg->type == SCALAR_VALUE && reg->precise)
		verbose(env, "P");
	if (reg->type == SCALAR_VALUE && tnum_is_const(reg->var_off)) {
		verbose_snum(env, reg->var_off.value);
		return;
	}
	verbose(env, "%s", vrf_reg_type_str(env, reg->type));
	if (reg->type == PTR_TO_ARENA)
		return;
	if (reg->type == PTR_TO_STACK) {
		if (state->frameno != reg->frameno)
			verbose(env, "[%d]", reg->frameno);
		if (tnum_is_const(reg->var_off)) {
			verbose_snum(env, reg->var_off.value + reg->off);
			return;
		}
	}
	if (base_type(reg->type) == PTR_TO_BTF_ID)
		verbose(env, "%s", kbtf_type_name(reg->btf, reg->btf_id));
	verbose(env, "(");
	print_identity(env, reg, &sep);
	print_pointee(env, reg, &sep);
	print_value(env, reg, &sep);
	verbose(env, ")");
}

/* ---- stack ---- */

static const char slot_type_char[] = {
	[STACK_INVALID] = '?', [STACK_SPILL] = 'r',  [STACK_MISC] = 'm',
	[STACK_ZERO] = '0',    [STACK_DYNPTR] = 'd', [STACK_ITER] = 'i',
};

static void print_liveness(struct bpf_verifier_env *env, u8 live)
{
	if (live & (REG_LIVE_READ | REG_LIVE_WRITTEN | REG_LIVE_DONE))
		verbose(env, "_%s%s%s", live & REG_LIVE_READ ? "r" : "",
			live & REG_LIVE_WRITTEN ? "w" : "", live & REG_LIVE_DONE ? "D" : "");
}

static void print_slot_name(struct bpf_verifier_env *env, int spi, const struct bpf_reg_state *reg)
{
	verbose(env, " fp%d", (-spi - 1) * BPF_REG_SIZE);
	print_liveness(env, reg->live);
}

static void print_dynptr(struct bpf_verifier_env *env, const struct bpf_reg_state *reg)
{
	const char *sep = "";

	verbose(env, "=dynptr_%s(", vrf_dynptr_type_str(reg->dynptr.type));
	if (reg->id)
		verbose(env, "%sid=%d", next_sep(&sep), reg->id);
	if (reg->ref_obj_id)
		verbose(env, "%sref_id=%d", next_sep(&sep), reg->ref_obj_id);
	if (reg->dynptr_id)
		verbose(env, "%sdynptr_id=%d", next_sep(&sep), reg->dynptr_id);
	verbose(env, ")");
}

/* Returns how many slots were dealt with. */
static int print_slot(struct bpf_verifier_env *env, const struct bpf_func_state *state, int spi)
{
	const struct bpf_stack_state *slot = &state->stack[spi];
	const struct bpf_reg_state *reg = &slot->spilled_ptr;
	char types[BPF_REG_SIZE + 1] = "";
	bool valid = false;
	int i;

	for (i = 0; i < BPF_REG_SIZE; i++) {
		valid |= slot->slot_type[i] != STACK_INVALID;
		types[i] = slot_type_char[slot->slot_type[i]];
	}
	if (!valid)
		return 1;
	switch (slot->slot_type[BPF_REG_SIZE - 1]) {
	case STACK_SPILL:
		/* what lies above a narrow spill */
		for (i = 0; i < BPF_REG_SIZE && slot->slot_type[i] != STACK_SPILL; i++)
			;
		types[i] = '\0';
		print_slot_name(env, spi, reg);
		verbose(env, "=%s", types);
		vrf_print_reg(env, state, reg);
		return 1;
	case STACK_DYNPTR:
		/* the slot below is the one that knows */
		spi += BPF_DYNPTR_NR_SLOTS - 1;
		if (spi >= state->allocated_stack / BPF_REG_SIZE)
			return 1;
		reg = &state->stack[spi].spilled_ptr;
		print_slot_name(env, spi, reg);
		print_dynptr(env, reg);
		return BPF_DYNPTR_NR_SLOTS;
	case STACK_ITER:
		if (!reg->ref_obj_id)
			return 1;
		print_slot_name(env, spi, reg);
		verbose(env, "=iter_%s(ref_id=%d,state=%s,depth=%u)",
			vrf_iter_type_str(reg->iter.btf, reg->iter.btf_id), reg->ref_obj_id,
			vrf_iter_state_str(reg->iter.state), reg->iter.depth);
		return 1;
	default:
		print_slot_name(env, spi, reg);
		verbose(env, "=%s", types);
		return 1;
	}
}

static void print_refs(struct bpf_verifier_env *env, const struct bpf_func_state *state)
{
	if (!state->acquired_refs || !state->refs[0].id)
		return;
	verbose(env, " refs=%d", state->refs[0].id);
	for (u32 i = 1; i < state->acquired_refs; i++)
		if (state->refs[i].id)
			verbose(env, ",%d", state->refs[i].id);
}

void vrf_print_verifier_state(struct bpf_verifier_env *env, const struct bpf_func_state *state,
			      bool print_all)
{
	if (state->frameno)
		verbose(env, " frame%d:", state->frameno);
	for (int i = 0; i < MAX_BPF_REG; i++) {
		const struct bpf_reg_state *reg = &state->regs[i];

		if (reg->type == NOT_INIT || (!print_all && !(env->scratched_regs >> i & 1)))
			continue;
		verbose(env, " R%d", i);
		print_liveness(env, reg->live);
		verbose(env, "=");
		vrf_print_reg(env, state, reg);
	}
	for (int i = 0; i < state->allocated_stack / BPF_REG_SIZE;)
		i += print_all || (env->scratched_stack_slots >> i & 1) ? print_slot(env, state, i)
									: 1;
	print_refs(env, state);
	verbose(env, "%s%s\n", state->in_callback_fn ? " cb" : "",
		state->in_async_callback_fn ? " async_cb" : "");
	if (!print_all) {
		env->scratched_regs = 0;
		env->scratched_stack_slots = 0;
	}
}

/* Columns between an instruction of @pos characters and the state behind it. */
static int padding(u32 pos)
{
	return ALIGN_UP(max(pos + 4, 40U), 8U) - pos - 1;
}

/* What the instruction changed: behind it, if nothing was printed in between. */
void vrf_print_insn_state(struct bpf_verifier_env *env, const struct bpf_func_state *state)
{
	if (env->prev_log_pos && env->prev_log_pos == env->log.end_pos) {
		vrf_vlog_reset(env, env->prev_log_pos - 1);
		verbose(env, "%*c;", padding(env->prev_insn_print_pos), ' ');
	} else {
		verbose(env, "%d:", env->insn_idx);
	}
	vrf_print_verifier_state(env, state, false);
}
