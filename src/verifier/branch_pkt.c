/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * "if (data + n > data_end)": on the path where the packet is long enough, all
 * pointers with the same variable part may be followed that far.
 */
#include "verifier/refine.h"

#define MAX_PACKET_OFF 0xffff

static bool is_init_pkt_pointer(const struct bpf_reg_state *reg)
{
	return reg->type == PTR_TO_PACKET && reg->id == 0 && reg->off == 0 &&
	       tnum_equals_const(reg->var_off, 0);
}

/* @pkt is a pointer that @end bounds. */
static bool is_pair(const struct bpf_reg_state *pkt, const struct bpf_reg_state *end)
{
	return (pkt->type == PTR_TO_PACKET && end->type == PTR_TO_PACKET_END) ||
	       (pkt->type == PTR_TO_PACKET_META && is_init_pkt_pointer(end));
}

static void find_good_pkt_pointers(struct bpf_verifier_state *vstate,
				   const struct bpf_reg_state *pkt, bool strictly_below)
{
	u32 type = pkt->type, id = pkt->id;
	struct bpf_func_state *func;
	struct bpf_reg_state *reg;
	int range;

	if (pkt->off < 0 || (pkt->off == 0 && strictly_below))
		return;
	if (pkt->umax_value > MAX_PACKET_OFF || pkt->umax_value + pkt->off > MAX_PACKET_OFF)
		return; /* could wrap */
	range = pkt->off + strictly_below;
	bpf_for_each_reg_in_vstate(vstate, func, reg, {
		if (reg->type == type && reg->id == id)
			reg->range = max(reg->range, range);
	});
}

static void mark_pkt_end(struct bpf_verifier_state *vstate, u32 regno, bool beyond)
{
	struct bpf_reg_state *reg = &vstate->frame[vstate->curframe]->regs[regno];

	if (reg->type == PTR_TO_PACKET)
		reg->range = beyond ? BEYOND_PKT_END : AT_PKT_END;
}

bool vrf_try_match_pkt_pointers(const struct bpf_insn *insn, const struct bpf_reg_state *dst_reg,
				const struct bpf_reg_state *src_reg,
				struct bpf_verifier_state *this_branch,
				struct bpf_verifier_state *other_branch)
{
	const struct bpf_reg_state *pkt = dst_reg;
	u32 regno = insn->dst_reg;
	bool greater, or_equal, below_is_taken, strict;

	if (BPF_SRC(insn->code) != BPF_X || BPF_CLASS(insn->code) == BPF_JMP32)
		return false;
	switch (BPF_OP(insn->code)) {
	case BPF_JGT:
	case BPF_JGE:
		greater = true;
		break;
	case BPF_JLT:
	case BPF_JLE:
		greater = false;
		break;
	default:
		return false;
	}
	or_equal = BPF_OP(insn->code) == BPF_JGE || BPF_OP(insn->code) == BPF_JLE;
	if (!is_pair(dst_reg, src_reg)) {
		if (!is_pair(src_reg, dst_reg))
			return false;
		pkt = src_reg;
		regno = insn->src_reg;
		greater = !greater;
	}
	/* now: pkt (> or <) end */
	below_is_taken = !greater;
	strict = greater == or_equal; /* on the path below: < rather than <= */
	find_good_pkt_pointers(below_is_taken ? other_branch : this_branch, pkt, strict);
	mark_pkt_end(below_is_taken ? this_branch : other_branch, regno, !strict);
	return true;
}
