/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From what was verified to what is run, copy by copy (inst.h). Instructions
 * that no path of the copy reached go; a conditional jump whose one way is dead
 * becomes unconditional, and one to the next instruction goes too; pseudo loads
 * get their addresses, calls the index of their target, loads through pointers
 * that may be stale their fault-safe mode, and some kfuncs their hidden
 * arguments.
 *
 * A callback is named where its address is loaded, but which copy of it is
 * meant depends on the call that takes it. So addresses are those of a
 * function's first copy, and a call that means another one replaces it.
 *
 * One pass decides how many instructions each becomes, one writes them; jumps
 * are computed from the two numberings, so nothing is ever patched in place.
 */
#include <stdlib.h>

#include "verifier/calls.h"
#include "verifier/inst.h"
#include "verifier/main.h"

#define NO_COPY (~0U)
#define LOWEST_ADDRESS 0x10000

struct fixup {
	struct bpf_verifier_env *env;
	struct block *blocks; /* one per copy */
	u32 *first_copy;      /* by function; NO_COPY: nothing of it is left */
	struct bpf_insn *out;
	u32 *orig_of;
	u32 len; /* new */
};

/* A copy on its way. Instructions are numbered as they were; arrays count from @start. */
struct block {
	struct fixup *f;
	const struct vrf_inst *inst;
	u32 start, end;
	struct bpf_insn *insns; /* with hard-wired branches */
	u8 *gone;
	u32 *new_of; /* first new instruction; of a gone one: of what follows; and of @end */
};

static bool is_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static bool is_ja(const struct bpf_insn *insn)
{
	return is_jump(insn) && BPF_OP(insn->code) == BPF_JA;
}

static bool is_long_ja(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA);
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static u32 jump_target(const struct bpf_insn *insn, u32 i)
{
	return i + 1 + (is_long_ja(insn) ? insn->imm : insn->off);
}

static struct bpf_insn *insn_of(const struct block *b, u32 i)
{
	return &b->insns[i - b->start];
}

static bool is_seen(const struct block *b, u32 i)
{
	return b->inst->seen[i - b->start];
}

static u32 new_of(const struct block *b, u32 i)
{
	return b->new_of[i - b->start];
}

/* ---- what goes ---- */

static void hard_wire_branches(struct block *b)
{
	for (u32 i = b->start; i < b->end; i++) {
		struct bpf_insn *insn = insn_of(b, i);
		s16 off;

		if (!is_seen(b, i) || !is_jump(insn) || is_ja(insn))
			continue;
		/* a function does not end with a conditional jump */
		if (!is_seen(b, i + 1))
			off = insn->off;
		else if (!is_seen(b, jump_target(insn, i)))
			off = 0;
		else
			continue;
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = off };
	}
}

/* Dead code, then (from the end, so that one look suffices) jumps over nothing. */
static void mark_gone(struct block *b)
{
	for (u32 i = b->start; i < b->end; i++)
		b->gone[i - b->start] = !is_seen(b, i);
	for (u32 i = b->start; i < b->end; i++) { /* spills and fills around a fast call */
		u32 n = b->f->env->insn_aux_data[i].fastcall_spills_num;

		memset(&b->gone[i - n - b->start], 1, n);
		memset(&b->gone[i + 1 - b->start], 1, n);
	}
	for (u32 i = b->end; i-- > b->start;) {
		const struct bpf_insn *insn = insn_of(b, i);
		u32 target, k = i + 1;

		if (b->gone[i - b->start] || insn->code != (BPF_JMP | BPF_JA) || insn->off < 0)
			continue;
		target = jump_target(insn, i);
		while (k < target && b->gone[k - b->start])
			k++;
		b->gone[i - b->start] = k == target;
	}
}

/* ---- what it becomes ---- */

static u32 put_imm64(struct bpf_insn *out, u8 reg, u64 v)
{
	if (out) {
		out[0] = (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = reg,
					    .imm = (u32)v };
		out[1] = (struct bpf_insn){ .imm = v >> 32 };
	}
	return 2;
}

/* Arguments that the program does not pass, set before the call; their number of instructions. */
static u32 hidden_args(const struct block *b, u32 i, struct bpf_insn *out)
{
	const struct bpf_insn *insn = insn_of(b, i);
	const struct bpf_insn_aux_data *aux = &b->f->env->insn_aux_data[i];
	u64 rec = (uintptr_t)aux->kptr_struct_meta;
	u32 n = 0;

	if (insn_is_helper_call(insn) && aux->percpu_decided) {
		if (out)
			*out = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K,
						  .dst_reg = BPF_REG_3,
						  .imm = aux->call_with_percpu_alloc_ptr };
		return 1;
	}
	if (!insn_is_kfunc_call(insn))
		return 0;
	switch (vrf_special_kfunc(b->f->env, insn->imm)) {
	case KF_bpf_obj_new_impl:
	case KF_bpf_percpu_obj_new_impl:
		n += put_imm64(out, BPF_REG_1, aux->obj_new_size);
		return n + put_imm64(out ? out + n : NULL, BPF_REG_2, rec);
	case KF_bpf_obj_drop_impl:
	case KF_bpf_percpu_obj_drop_impl:
	case KF_bpf_refcount_acquire_impl:
		return put_imm64(out, BPF_REG_2, rec);
	case KF_bpf_list_push_front_impl:
	case KF_bpf_list_push_back_impl:
		n += put_imm64(out, BPF_REG_3, rec);
		return n + put_imm64(out ? out + n : NULL, BPF_REG_4, aux->insert_off);
	case KF_bpf_rbtree_add_impl:
		n += put_imm64(out, BPF_REG_4, rec);
		return n + put_imm64(out ? out + n : NULL, BPF_REG_5, aux->insert_off);
	default:
		return 0;
	}
}

/* Where copy @c starts, for an instruction that will be at @at. */
static s32 rel_copy(const struct fixup *f, u32 c, u32 at)
{
	return f->env->copies[c].start - at - 1;
}

static u32 put_func(const struct fixup *f, struct bpf_insn *out, u32 at, u8 reg, u32 copy)
{
	if (out) {
		put_imm64(out, reg, 0);
		out->src_reg = BPF_PSEUDO_FUNC;
		out->imm = rel_copy(f, copy, at);
	}
	return 2;
}

/* The register in which the call takes its callback. */
static u8 callback_reg(const struct fixup *f, const struct bpf_insn *insn)
{
	const struct helper_proto *fn;
	u8 i = 0;

	if (insn_is_kfunc_call(insn))
		return vrf_special_kfunc(f->env, insn->imm) == KF_bpf_rbtree_add_impl ? BPF_REG_3
										      : BPF_REG_2;
	fn = calls_find_helper(f->env->opts->calls, insn->imm);
	while (i < 4 && base_type(fn->arg[i]) != ARG_PTR_TO_FUNC)
		i++;
	return BPF_REG_1 + i;
}

static bool is_live(const struct bpf_verifier_env *env, u32 copy)
{
	return env->insts[env->copies[copy].inst]->seen[0];
}

/* Callbacks of which this call does not mean the first copy; R0 is free before a call. */
static u32 callbacks(const struct block *b, u32 i, u32 at, struct bpf_insn *out)
{
	const struct bpf_verifier_env *env = b->f->env;
	const struct vrf_site *site = &b->inst->sites[env->insn_aux_data[i].site];
	u8 reg = site->nr_cbs ? callback_reg(b->f, insn_of(b, i)) : 0;
	u32 n = 0;

	for (u32 k = 0; k < site->nr_cbs; k++) {
		const struct vrf_inst *cb = env->insts[site->cbs[k]];
		u32 first = b->f->first_copy[cb->subprog];

		if (cb->copy == first || !is_live(env, cb->copy))
			continue;
		if (site->nr_cbs > 1) { /* is it this one? */
			n += put_func(b->f, out ? out + n : NULL, at + n, BPF_REG_0, first);
			if (out)
				out[n] = (struct bpf_insn){ .code = BPF_JMP | BPF_JNE | BPF_X,
							    .dst_reg = reg, .off = 2 };
			n++;
		}
		n += put_func(b->f, out ? out + n : NULL, at + n, reg, cb->copy);
	}
	return n;
}

/*
 * A store through a kernel pointer that is not trusted, which may be NULL plus
 * what the program added: Linux would oops. User space's addresses are positive.
 */
static u32 guard(const struct block *b, u32 i, struct bpf_insn *out)
{
	const struct bpf_insn *insn = insn_of(b, i);

	if (b->f->env->insn_aux_data[i].ptr_type != PTR_TO_BTF_ID ||
	    (BPF_CLASS(insn->code) != BPF_ST && BPF_CLASS(insn->code) != BPF_STX))
		return 0;
	if (out)
		*out = (struct bpf_insn){ .code = BPF_JMP | BPF_JSLT, .dst_reg = insn->dst_reg,
					  .off = 1, .imm = LOWEST_ADDRESS };
	return 1;
}

static bool is_unpriv_tail_call(const struct block *b, u32 i)
{
	const struct bpf_insn *insn = insn_of(b, i);

	return is_call(insn) && insn->src_reg == 0 && insn->imm == BPF_FUNC_tail_call &&
	       b->f->env->insn_aux_data[i].map_ptr_state.unpriv;
}

/*
 * Who may not speculate beyond an array's end can't make a tail call with an index
 * of more than 32 bits either, of which a tail call otherwise sees the lower half.
 */
static u32 tail_call_bound(const struct block *b, u32 i, struct bpf_insn *out)
{
	const struct bpf_map *map = b->f->env->insn_aux_data[i].map_ptr_state.map_ptr;

	if (!is_unpriv_tail_call(b, i))
		return 0;
	if (out)
		*out = (struct bpf_insn){ .code = BPF_JMP | BPF_JGE, .dst_reg = BPF_REG_3,
					  .off = 1, .imm = (s32)map->max_entries };
	return 1;
}

/* skb_load_*(R6, offset); what follows is packet_load_end(). */
static u32 packet_load_args(const struct block *b, u32 i, struct bpf_insn *out)
{
	const struct bpf_insn *insn = insn_of(b, i);
	bool indirect = BPF_MODE(insn->code) == BPF_IND;

	if (!insn_is_ld_abs(insn))
		return 0;
	if (out) {
		out[0] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | (indirect ? BPF_X : BPF_K),
					    .dst_reg = BPF_REG_2,
					    .src_reg = indirect ? insn->src_reg : 0,
					    .imm = indirect ? 0 : insn->imm };
		out[1] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K,
					    .dst_reg = BPF_REG_2,
					    .imm = indirect ? insn->imm : 0 };
		out[2] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
					    .dst_reg = BPF_REG_1, .src_reg = BPF_REG_6 };
	}
	return 3;
}

/* Who reads beyond the packet's end returns 0. */
static u32 packet_load_end(const struct block *b, u32 i, struct bpf_insn *out)
{
	if (!insn_is_ld_abs(insn_of(b, i)))
		return 0;
	if (out) {
		out[0] = (struct bpf_insn){ .code = BPF_JMP | BPF_JSGE | BPF_K, .off = 2 };
		out[1] = (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_K };
		out[2] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	}
	return 3;
}

/* What precedes the instruction that insns[i] becomes, which will start at @at. */
static u32 prologue(const struct block *b, u32 i, u32 at, struct bpf_insn *out)
{
	/* at most one of them is for it */
	u32 n = guard(b, i, out) + tail_call_bound(b, i, out) + packet_load_args(b, i, out);

	if (n)
		return n;
	if (!is_call(insn_of(b, i)))
		return 0;
	n = callbacks(b, i, at, out);
	return n + hidden_args(b, i, out ? out + n : NULL);
}

/* Casts exist for the verifier only. */
static bool is_cast(const struct fixup *f, const struct bpf_insn *insn)
{
	enum special_kfunc k = insn_is_kfunc_call(insn) ? vrf_special_kfunc(f->env, insn->imm)
							: KF_none;

	return k == KF_bpf_cast_to_kern_ctx || k == KF_bpf_rdonly_cast;
}

static int put_jump(const struct block *b, u32 i, u32 at, struct bpf_insn *out)
{
	s32 off = new_of(b, jump_target(out, i)) - at - 1;

	if (is_long_ja(out)) {
		out->imm = off;
		return 0;
	}
	out->off = off;
	if (out->off == off)
		return 0;
	verbose(b->f->env, "insn %d: jump of %d instructions is too far\n", i, off);
	return -ERANGE;
}

static int put_call(const struct block *b, u32 i, u32 at, struct bpf_insn *out)
{
	struct bpf_verifier_env *env = b->f->env;
	const struct vrf_site *site = &b->inst->sites[env->insn_aux_data[i].site];

	if (insn_is_kfunc_call(out) && !out->imm) {
		verbose(env, "invalid kernel function call not eliminated in verifier pass\n");
		return -EINVAL;
	}
	if (is_cast(b->f, out)) {
		*out = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0,
					  .src_reg = BPF_REG_1 };
		return 0;
	}
	if (site->to == VRF_NO_TARGET) {
		verbose(env, "verifier bug: the call at insn %d was not resolved\n", i);
		return -EFAULT;
	}
	if (out->src_reg == BPF_PSEUDO_CALL) {
		out->imm = rel_copy(b->f, env->insts[site->to]->copy, at);
		return 0;
	}
	if (is_unpriv_tail_call(b, i) && env->insn_aux_data[i].map_ptr_state.poison) {
		verbose(env, "tail_call abusing map_ptr\n");
		return -EINVAL;
	}
	out->imm = site->to;
	out->off = 0;
	return 0;
}

static int map_address(const struct fixup *f, u32 i, u64 *addr)
{
	const struct bpf_insn_aux_data *aux = &f->env->insn_aux_data[i];
	struct bpf_map *map = f->env->used_maps[aux->map_index];
	u8 src = f->env->insns[i].src_reg;

	*addr = (uintptr_t)map;
	if (src == BPF_PSEUDO_MAP_VALUE || src == BPF_PSEUDO_MAP_IDX_VALUE)
		return map->ops->direct_value_addr(map, addr, aux->map_off);
	return 0;
}

static int put_ldimm64(const struct fixup *f, u32 i, u32 at, struct bpf_insn *out)
{
	const struct bpf_insn *insn = &f->env->insns[i];
	u32 copy;
	u64 addr;
	int err;

	out[1] = insn[1];
	switch (insn->src_reg) {
	case 0:
		return 0;
	case BPF_PSEUDO_FUNC:
		copy = f->first_copy[vrf_find_subprog(f->env, i + 1 + insn->imm)];
		if (copy == NO_COPY) /* nobody can call it */
			put_imm64(out, insn->dst_reg, 0);
		else
			put_func(f, out, at, insn->dst_reg, copy);
		return 0;
	case BPF_PSEUDO_BTF_ID:
		addr = f->env->insn_aux_data[i].btf_var.addr;
		break;
	default:
		err = map_address(f, i, &addr);
		if (err)
			return err;
	}
	put_imm64(out, insn->dst_reg, addr);
	return 0;
}

/*
 * The object may be gone by the time of the load: then it reads 0. A packet's
 * address does not fit where the context has it.
 */
static void put_load(const struct fixup *f, u32 i, struct bpf_insn *out)
{
	u32 type = f->env->insn_aux_data[i].ptr_type;
	int ptr = type == PTR_TO_CTX ? vrf_ctx_packet_ptr(f->env, out->off) : -ENOENT;

	if (ptr >= 0) {
		out->code = BPF_LDX | BPF_MEM | BPF_DW;
		out->off = ptr;
		return;
	}

	if (type == PTR_TO_BTF_ID || (base_type(type) == PTR_TO_BTF_ID && (type & PTR_UNTRUSTED)))
		out->code = BPF_LDX | BPF_SIZE(out->code) |
			    (BPF_MODE(out->code) == BPF_MEM ? BPF_PROBE_MEM : BPF_PROBE_MEMSX);
}

/* New instructions for insns[i], a pair counting as one. */
static u32 new_len(const struct block *b, u32 i)
{
	return prologue(b, i, 0, NULL) + (insn_is_ldimm64(insn_of(b, i)) ? 2 : 1) +
	       packet_load_end(b, i, NULL);
}

static int put_insn(const struct block *b, u32 i)
{
	struct fixup *f = b->f;
	u32 at = new_of(b, i), n = new_len(b, i);
	struct bpf_insn *out;

	for (u32 k = 0; k < n; k++)
		f->orig_of[at + k] = i;
	at += prologue(b, i, at, &f->out[at]);
	out = &f->out[at];
	*out = *insn_of(b, i);
	if (insn_is_ldimm64(out)) {
		f->orig_of[at + 1] = i + 1;
		return put_ldimm64(f, i, at, out);
	}
	if (insn_is_ld_abs(out)) {
		packet_load_end(b, i, out + 1);
		*out = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL };
	}
	if (is_call(out))
		return put_call(b, i, at, out);
	if (is_jump(out))
		return put_jump(b, i, at, out);
	if (BPF_CLASS(out->code) == BPF_LDX)
		put_load(f, i, out);
	return 0;
}

/* ---- numbering ---- */

static void number(struct block *b)
{
	struct fixup *f = b->f;

	for (u32 i = b->start; i < b->end; i++) {
		b->new_of[i - b->start] = f->len;
		if (b->gone[i - b->start])
			continue;
		f->len += new_len(b, i);
		if (insn_is_ldimm64(insn_of(b, i)))
			b->new_of[++i - b->start] = f->len - 1;
	}
	b->new_of[b->end - b->start] = f->len;
}

static int write_insns(const struct block *b)
{
	int err = 0;

	for (u32 i = b->start; i < b->end && !err; i++) {
		if (b->gone[i - b->start])
			continue;
		err = put_insn(b, i);
		i += insn_is_ldimm64(insn_of(b, i));
	}
	return err;
}

/* Of several records for one instruction the last one holds. */
static int move_line_info(struct fixup *f)
{
	const struct bpf_prog *prog = f->env->prog;
	u32 nr = prog->nr_line_info, cap = 0, n = 0;
	struct prog_line_info *info;

	for (u32 c = 0; c < f->env->nr_copies; c++)
		for (u32 i = 0; i < nr; i++)
			cap += prog->line_info[i].insn_off - f->blocks[c].start <
			       f->blocks[c].end - f->blocks[c].start;
	if (!cap)
		return 0;
	info = malloc(cap * sizeof(*info));
	if (!info)
		return -ENOMEM;
	for (u32 c = 0; c < f->env->nr_copies; c++) {
		const struct block *b = &f->blocks[c];

		for (u32 i = 0; i < nr; i++) {
			u32 off = prog->line_info[i].insn_off;

			if (off < b->start || off >= b->end || new_of(b, off) >= f->len)
				continue;
			off = new_of(b, off);
			if (n && info[n - 1].insn_off == off)
				n--;
			info[n] = prog->line_info[i];
			info[n++].insn_off = off;
		}
	}
	f->env->new_line_info = info;
	f->env->nr_new_line_info = n;
	return 0;
}

/* ---- copies ---- */

static int init_block(struct fixup *f, u32 c)
{
	struct bpf_verifier_env *env = f->env;
	const struct vrf_inst *inst = env->insts[env->copies[c].inst];
	const struct bpf_subprog_info *sub = &env->subprog_info[inst->subprog];
	struct block *b = &f->blocks[c];
	u32 len = sub[1].start - sub->start;

	*b = (struct block){ .f = f, .inst = inst, .start = sub->start, .end = sub[1].start };
	b->insns = malloc(len * sizeof(*b->insns));
	b->gone = calloc(len, sizeof(*b->gone));
	b->new_of = calloc(len + 1, sizeof(*b->new_of));
	if (!b->insns || !b->gone || !b->new_of)
		return -ENOMEM;
	memcpy(b->insns, &env->insns[sub->start], len * sizeof(*b->insns));
	hard_wire_branches(b);
	mark_gone(b);
	return 0;
}

/* A copy of which nothing was reached is not one. */
static void find_first_copies(struct fixup *f)
{
	struct bpf_verifier_env *env = f->env;

	for (u32 s = 0; s < env->subprog_cnt; s++)
		f->first_copy[s] = NO_COPY;
	for (u32 c = env->nr_copies; c-- > 0;)
		if (is_live(env, c))
			f->first_copy[f->blocks[c].inst->subprog] = c;
}

static int number_all(struct fixup *f)
{
	struct bpf_verifier_env *env = f->env;

	for (u32 c = 0; c < env->nr_copies; c++) {
		struct vrf_copy *copy = &env->copies[c];

		copy->start = f->len;
		number(&f->blocks[c]);
		copy->len = f->len - copy->start;
		if (f->len > BPF_COMPLEXITY_LIMIT_INSNS) {
			verbose(env, "program with copies of its subprograms has more than %d insns\n",
				BPF_COMPLEXITY_LIMIT_INSNS);
			return -E2BIG;
		}
		if (copy->nr && copy->len) {
			env->result->copies++;
			env->result->copy_insns += copy->len;
		}
	}
	return 0;
}

static int write_all(struct fixup *f)
{
	int err = 0;

	f->out = calloc(f->len, sizeof(*f->out));
	f->orig_of = calloc(f->len, sizeof(*f->orig_of));
	if (!f->out || !f->orig_of)
		return -ENOMEM;
	for (u32 c = 0; c < f->env->nr_copies && !err; c++)
		err = write_insns(&f->blocks[c]);
	return err ? err : move_line_info(f);
}

static void free_blocks(struct fixup *f)
{
	for (u32 c = 0; f->blocks && c < f->env->nr_copies; c++) {
		free(f->blocks[c].insns);
		free(f->blocks[c].gone);
		free(f->blocks[c].new_of);
	}
	free(f->blocks);
}

int vrf_fixup(struct bpf_verifier_env *env)
{
	struct fixup f = { .env = env };
	int err = vrf_make_copies(env);

	if (err)
		return err;
	f.blocks = calloc(env->nr_copies, sizeof(*f.blocks));
	f.first_copy = calloc(env->subprog_cnt, sizeof(*f.first_copy));
	err = f.blocks && f.first_copy ? 0 : -ENOMEM;
	for (u32 c = 0; c < env->nr_copies && !err; c++)
		err = init_block(&f, c);
	if (!err) {
		find_first_copies(&f);
		err = number_all(&f);
	}
	if (!err)
		err = write_all(&f);
	if (!err) {
		free(env->insns);
		env->insns = f.out;
		env->len = f.len;
		env->orig_of = f.orig_of;
		f.out = NULL;
		f.orig_of = NULL;
	}
	free_blocks(&f);
	free(f.first_copy);
	free(f.out);
	free(f.orig_of);
	return err;
}
