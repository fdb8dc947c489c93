/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets. A pointer into one may be followed as far as a comparison with the
 * packet's end (branch_pkt.c) says: reg->range bytes from where its variable part
 * leads. Helpers that move the packet make all such pointers useless.
 */
#include "isa/ctx_abi.h"
#include "verifier/calls.h"

/* @meta NULL: by an instruction, else by the helper. */
bool vrf_may_access_direct_pkt_data(struct bpf_verifier_env *env,
				    const struct bpf_call_arg_meta *meta, int t)
{
	switch (env->prog->type) {
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_CGROUP_SKB:
		if (t == BPF_WRITE)
			return false;
		break;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_SK_MSG:
		break;
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
		return true;
	default:
		return false;
	}
	return !meta || meta->pkt_access;
}

int vrf_check_packet_access(struct bpf_verifier_env *env, u32 regno, int off, int size,
			    bool zero_size_allowed)
{
	struct bpf_reg_state *reg = reg_state(env, regno);
	bool size_ok = size > 0 || (size == 0 && zero_size_allowed);
	int err = 0;

	/* the variable part is in all of them that share the range: only the rest is compared */
	if (reg->smin_value < 0) {
		verbose(env, "R%d min value is negative, either use unsigned index or do a if (index >=0) check.\n",
			regno);
		return -EACCES;
	}
	if (reg->range < 0) {
		err = -EINVAL;
	} else if (off < 0 || !size_ok || (u64)off + size > (u64)reg->range) {
		verbose(env, "invalid access to packet, off=%d size=%d, R%d(id=%d,off=%d,r=%d)\n",
			off, size, regno, reg->id, off, reg->range);
		err = -EACCES;
	}
	if (err)
		verbose(env, "R%d offset is outside of the packet\n", regno);
	return err;
}

int vrf_access_packet(struct bpf_verifier_env *env, u32 regno, int off, int size, int t,
		      int value_regno)
{
	int err;

	if (t == BPF_WRITE && !vrf_may_access_direct_pkt_data(env, NULL, t)) {
		verbose(env, "cannot write into packet\n");
		return -EACCES;
	}
	if (t == BPF_WRITE && value_regno >= 0 && is_pointer_value(env, value_regno)) {
		verbose(env, "R%d leaks addr into packet\n", value_regno);
		return -EACCES;
	}
	err = vrf_check_packet_access(env, regno, off, size, false);
	if (!err && t == BPF_READ && value_regno >= 0)
		mark_reg_unknown(env, cur_regs(env), value_regno);
	return err;
}

int vrf_access_flow_keys(struct bpf_verifier_env *env, int off, int size, int t, int value_regno)
{
	if (t == BPF_WRITE && value_regno >= 0 && is_pointer_value(env, value_regno)) {
		verbose(env, "R%d leaks addr into flow keys\n", value_regno);
		return -EACCES;
	}
	if (size < 0 || off < 0 || (u64)off + size > sizeof(struct bpf_flow_keys)) {
		verbose(env, "invalid access to flow keys off=%d size=%d\n", off, size);
		return -EACCES;
	}
	if (t == BPF_READ && value_regno >= 0)
		mark_reg_unknown(env, cur_regs(env), value_regno);
	return 0;
}

/* What bpf_dynptr_slice() gave of a packet. */
static bool is_packet_slice(const struct bpf_reg_state *reg)
{
	return base_type(reg->type) == PTR_TO_MEM &&
	       (reg->type & (DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP));
}

/* The packet may lie elsewhere now. */
void vrf_clear_all_pkt_pointers(struct bpf_verifier_env *env)
{
	struct bpf_func_state *f __unused;
	struct bpf_reg_state *reg;

	bpf_for_each_reg_in_vstate(env->cur_state, f, reg, ({
		if (type_is_pkt_pointer(reg->type) || reg->type == PTR_TO_PACKET_END ||
		    is_packet_slice(reg))
			mark_reg_invalid(env, reg);
	}));
}
