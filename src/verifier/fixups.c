/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From what was verified to what is run. Instructions that no path reached go;
 * a conditional jump whose one way is dead becomes unconditional, and one to
 * the next instruction goes too; pseudo loads get their addresses, calls the
 * index of their target, loads through pointers that may be stale their
 * fault-safe mode, and some kfuncs their hidden arguments.
 *
 * One pass decides how many instructions each becomes, one writes them; jumps
 * are computed from the two numberings, so nothing is ever patched in place.
 */
#include <stdlib.h>

#include "verifier/calls.h"
#include "verifier/main.h"

struct fixup {
	struct bpf_verifier_env *env;
	u8 *gone;	   /* per old instruction */
	u32 *new_of;	   /* first new instruction of an old one; of a gone one: of what follows */
	struct bpf_insn *out;
	u32 *orig_of;
	u32 len;	   /* new */
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

static u32 jump_target(const struct bpf_insn *insn, u32 i)
{
	return i + 1 + (is_long_ja(insn) ? insn->imm : insn->off);
}

/* ---- what goes ---- */

static void hard_wire_branches(struct fixup *f)
{
	const struct bpf_insn_aux_data *aux = f->env->insn_aux_data;

	for (u32 i = 0; i < f->env->len; i++) {
		struct bpf_insn *insn = &f->env->insns[i];
		s16 off;

		if (!aux[i].seen || !is_jump(insn) || is_ja(insn))
			continue;
		if (!aux[i + 1].seen)
			off = insn->off;
		else if (!aux[jump_target(insn, i)].seen)
			off = 0;
		else
			continue;
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = off };
	}
}

/* Dead code, then (from the end, so that one look suffices) jumps over nothing. */
static void mark_gone(struct fixup *f)
{
	struct bpf_verifier_env *env = f->env;

	for (u32 i = 0; i < env->len; i++)
		f->gone[i] = !env->insn_aux_data[i].seen;
	for (u32 i = env->len; i-- > 0;) {
		const struct bpf_insn *insn = &env->insns[i];
		u32 target, k = i + 1;

		if (f->gone[i] || insn->code != (BPF_JMP | BPF_JA) || insn->off < 0)
			continue;
		target = jump_target(insn, i);
		while (k < target && f->gone[k])
			k++;
		f->gone[i] = k == target;
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
static u32 hidden_args(const struct fixup *f, u32 i, struct bpf_insn *out)
{
	const struct bpf_insn *insn = &f->env->insns[i];
	const struct bpf_insn_aux_data *aux = &f->env->insn_aux_data[i];
	u64 rec = (uintptr_t)aux->kptr_struct_meta;
	u32 n = 0;

	if (!insn_is_kfunc_call(insn))
		return 0;
	switch (vrf_special_kfunc(f->env, insn->imm)) {
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

/* Casts exist for the verifier only. */
static bool is_cast(const struct fixup *f, const struct bpf_insn *insn)
{
	enum special_kfunc k = insn_is_kfunc_call(insn) ? vrf_special_kfunc(f->env, insn->imm)
							: KF_none;

	return k == KF_bpf_cast_to_kern_ctx || k == KF_bpf_rdonly_cast;
}

static void put_jump(const struct fixup *f, u32 i, struct bpf_insn *out)
{
	s32 off = f->new_of[jump_target(out, i)] - f->new_of[i] - 1;

	if (is_long_ja(out))
		out->imm = off;
	else
		out->off = off;
}

/* The function's new place, as seen from the (last) new instruction @at. */
static s32 put_callee(const struct fixup *f, u32 i, u32 at)
{
	return f->new_of[i + 1 + f->env->insns[i].imm] - at - 1;
}

static int put_call(const struct fixup *f, u32 i, u32 at, struct bpf_insn *out)
{
	const struct bpf_insn_aux_data *aux = &f->env->insn_aux_data[i];

	if (out->src_reg == BPF_PSEUDO_CALL) {
		out->imm = put_callee(f, i, at);
		return 0;
	}
	if (is_cast(f, out)) {
		*out = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0,
					  .src_reg = BPF_REG_1 };
		return 0;
	}
	if (aux->target == VRF_NO_TARGET) {
		verbose(f->env, "verifier bug: the call at insn %d was not resolved\n", i);
		return -EFAULT;
	}
	out->imm = aux->target;
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
	u64 addr;
	int err;

	out[1] = insn[1];
	switch (insn->src_reg) {
	case 0:
		return 0;
	case BPF_PSEUDO_FUNC:
		out->imm = put_callee(f, i, at);
		/* its code is dead: nobody can call it */
		if (f->gone[i + 1 + insn->imm])
			put_imm64(out, insn->dst_reg, 0);
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

/* The object may be gone by the time of the load: then it reads 0. */
static void put_load(const struct fixup *f, u32 i, struct bpf_insn *out)
{
	switch (f->env->insn_aux_data[i].ptr_type) {
	case PTR_TO_BTF_ID:
	case PTR_TO_BTF_ID | PTR_UNTRUSTED:
	case PTR_TO_BTF_ID | MEM_ALLOC | PTR_UNTRUSTED:
		out->code = BPF_LDX | BPF_SIZE(out->code) |
			    (BPF_MODE(out->code) == BPF_MEM ? BPF_PROBE_MEM : BPF_PROBE_MEMSX);
		break;
	default:
		break;
	}
}

/* New instructions for insns[i], a pair counting as one. */
static u32 new_len(const struct fixup *f, u32 i)
{
	return hidden_args(f, i, NULL) + (insn_is_ldimm64(&f->env->insns[i]) ? 2 : 1);
}

static int put_insn(struct fixup *f, u32 i)
{
	u32 at = f->new_of[i], n = new_len(f, i);
	struct bpf_insn *out;

	for (u32 k = 0; k < n; k++)
		f->orig_of[at + k] = i;
	at += hidden_args(f, i, &f->out[at]);
	out = &f->out[at];
	*out = f->env->insns[i];
	if (insn_is_ldimm64(out)) {
		f->orig_of[at + 1] = i + 1;
		return put_ldimm64(f, i, at, out);
	}
	if (out->code == (BPF_JMP | BPF_CALL))
		return put_call(f, i, at, out);
	if (is_jump(out))
		put_jump(f, i, out);
	else if (BPF_CLASS(out->code) == BPF_LDX)
		put_load(f, i, out);
	return 0;
}

/* ---- numbering ---- */

static void number(struct fixup *f)
{
	f->len = 0;
	for (u32 i = 0; i < f->env->len; i++) {
		f->new_of[i] = f->len;
		if (f->gone[i])
			continue;
		f->len += new_len(f, i);
		if (insn_is_ldimm64(&f->env->insns[i]))
			f->new_of[++i] = f->len - 1;
	}
	f->new_of[f->env->len] = f->len;
}

static int write_insns(struct fixup *f)
{
	int err = 0;

	for (u32 i = 0; i < f->env->len && !err; i++) {
		if (f->gone[i])
			continue;
		err = put_insn(f, i);
		i += insn_is_ldimm64(&f->env->insns[i]);
	}
	return err;
}

/* Functions of which nothing is left are dropped. */
static void move_subprogs(struct fixup *f)
{
	struct bpf_verifier_env *env = f->env;
	u32 n = 0;

	for (u32 i = 0; i < env->subprog_cnt; i++) {
		u32 start = f->new_of[env->subprog_info[i].start];
		u32 end = f->new_of[env->subprog_info[i + 1].start];

		if (start == end)
			continue;
		if (env->exception_callback_subprog == (int)i)
			env->exception_callback_subprog = n;
		env->subprog_info[n] = env->subprog_info[i];
		env->subprog_info[n++].start = start;
	}
	env->subprog_cnt = n;
	env->subprog_info[n].start = f->len;
}

/* Of several records for one instruction the last one holds. */
static int move_line_info(struct fixup *f)
{
	const struct bpf_prog *prog = f->env->prog;
	struct prog_line_info *info;
	u32 n = 0;

	if (!prog->nr_line_info)
		return 0;
	info = malloc(prog->nr_line_info * sizeof(*info));
	if (!info)
		return -ENOMEM;
	for (u32 i = 0; i < prog->nr_line_info; i++) {
		u32 off = f->new_of[prog->line_info[i].insn_off];

		if (off >= f->len)
			continue;
		if (n && info[n - 1].insn_off == off)
			n--;
		info[n] = prog->line_info[i];
		info[n++].insn_off = off;
	}
	f->env->new_line_info = info;
	f->env->nr_new_line_info = n;
	return 0;
}

int vrf_fixup(struct bpf_verifier_env *env)
{
	struct fixup f = { .env = env };
	int err = -ENOMEM;

	f.gone = calloc(env->len, sizeof(*f.gone));
	f.new_of = calloc(env->len + 1, sizeof(*f.new_of));
	if (!f.gone || !f.new_of)
		goto out;
	hard_wire_branches(&f);
	mark_gone(&f);
	number(&f);
	f.out = calloc(f.len, sizeof(*f.out));
	f.orig_of = calloc(f.len, sizeof(*f.orig_of));
	if (!f.out || !f.orig_of)
		goto out;
	err = write_insns(&f);
	if (!err)
		err = move_line_info(&f);
	if (err)
		goto out;
	move_subprogs(&f);
	free(env->insns);
	env->insns = f.out;
	env->len = f.len;
	env->orig_of = f.orig_of;
	f.out = NULL;
	f.orig_of = NULL;
out:
	free(f.gone);
	free(f.new_of);
	free(f.out);
	free(f.orig_of);
	return err;
}
