/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Functions of the program: where they start (every target of a call or of a
 * function pointer), that control can't run from one into the next, and how
 * deep their stacks add up.
 */

#include "verifier/internal.h"

#define BPF_FUNC_tail_call 12

static bool is_pseudo_func(const struct bpf_insn *insn)
{
	return insn_is_ldimm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC;
}

struct bpf_subprog_info *vrf_find_containing_subprog(struct bpf_verifier_env *env, int insn)
{
	u32 lo = 0, hi = env->subprog_cnt;

	if (insn < 0 || insn >= (int)env->len || !hi)
		return NULL;
	/* invariant: subprog_info[lo].start <= insn < subprog_info[hi].start */
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if ((int)env->subprog_info[mid].start <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return &env->subprog_info[lo];
}

int vrf_find_subprog(struct bpf_verifier_env *env, int insn)
{
	struct bpf_subprog_info *sub = vrf_find_containing_subprog(env, insn);

	return sub && (int)sub->start == insn ? sub - env->subprog_info : -ENOENT;
}

const char *vrf_subprog_name(const struct bpf_verifier_env *env, int subprog)
{
	u32 id = env->subprog_info[subprog].func_type_id;
	const char *name = id ? kbtf_type_name(env->prog->btf, id) : NULL;

	return name ? name : "";
}

static int add_subprog(struct bpf_verifier_env *env, int off)
{
	struct bpf_subprog_info *subs = env->subprog_info;
	u32 i;
	int ret;

	if (off < 0 || off >= (int)env->len) {
		verbose(env, "call to invalid destination\n");
		return -EINVAL;
	}
	ret = vrf_find_subprog(env, off);
	if (ret >= 0)
		return ret;
	if (env->subprog_cnt >= BPF_MAX_SUBPROGS) {
		verbose(env, "too many subprograms\n");
		return -E2BIG;
	}
	for (i = env->subprog_cnt++; i > 0 && (int)subs[i - 1].start > off; i--)
		subs[i] = subs[i - 1];
	subs[i] = (struct bpf_subprog_info){ .start = off };
	return i;
}

/* First instruction of the function that the main one's BTF names; 0: none. */
static int find_exception_callback(struct bpf_verifier_env *env)
{
	static const char tag[] = "exception_callback:";
	const struct bpf_prog *prog = env->prog;
	const char *name;
	int id, off = 0;

	if (!prog->nr_func_info)
		return 0;
	id = kbtf_next_decl_tag(prog->btf, prog->func_info[0].type_id, -1, tag, 0);
	if (id < 0)
		return 0;
	if (kbtf_next_decl_tag(prog->btf, prog->func_info[0].type_id, -1, tag, id) > 0) {
		verbose(env, "multiple exception callback tags for main subprog\n");
		return -EEXIST;
	}
	name = kbtf_type_name(prog->btf, id) + strlen(tag);
	id = kbtf_find(prog->btf, name, BTF_KIND_FUNC);
	if (id < 0) {
		verbose(env, "exception callback '%s' could not be found in BTF\n", name);
		return id;
	}
	if (kbtf_vlen(kbtf_type(prog->btf, id)) != BTF_FUNC_GLOBAL) {
		verbose(env, "exception callback '%s' must have global linkage\n", name);
		return -EINVAL;
	}
	for (u32 i = 0; i < prog->nr_func_info; i++) {
		if ((int)prog->func_info[i].type_id != id)
			continue;
		off = prog->func_info[i].insn_off;
		if (!off) {
			verbose(env, "invalid exception callback insn_off in func_info: 0\n");
			return -EINVAL;
		}
	}
	if (!off) {
		verbose(env, "exception callback type id not found in func_info\n");
		return -EINVAL;
	}
	return off;
}

static int add_exception_callback(struct bpf_verifier_env *env)
{
	int off = find_exception_callback(env), i;

	if (off <= 0)
		return off;
	i = add_subprog(env, off);
	if (i < 0)
		return i;
	env->exception_callback_subprog = i;
	env->subprog_info[i].is_cb = true;
	env->subprog_info[i].is_async_cb = true;
	env->subprog_info[i].is_exception_cb = true;
	return 0;
}

int vrf_add_subprog_and_kfunc(struct bpf_verifier_env *env)
{
	int err = add_subprog(env, 0);

	if (err < 0)
		return err;
	for (u32 i = 0; i < env->len; i++) {
		const struct bpf_insn *insn = &env->insns[i];
		bool is_kfunc = insn_is_kfunc_call(insn);

		if (!is_kfunc && !is_pseudo_func(insn) && !insn_is_pseudo_call(insn))
			continue;
		if (!env->bpf_capable) {
			verbose(env, "loading/calling other bpf or kernel functions are allowed "
				     "for CAP_BPF and CAP_SYS_ADMIN\n");
			return -EPERM;
		}
		err = is_kfunc ? vrf_add_kfunc_call(env, insn->imm, insn->off)
			       : add_subprog(env, i + insn->imm + 1);
		if (err < 0)
			return err;
	}
	err = add_exception_callback(env);
	if (err)
		return err;
	env->subprog_info[env->subprog_cnt].start = env->len;
	if (env->log.level & BPF_LOG_LEVEL2)
		for (u32 i = 0; i < env->subprog_cnt; i++)
			verbose(env, "func#%d @%d\n", i, env->subprog_info[i].start);
	return 0;
}

static bool is_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_EXIT && op != BPF_CALL;
}

static int jump_target(const struct bpf_insn *insn, int i)
{
	return i + 1 + (insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off);
}

static bool ends_function(u8 code)
{
	return code == (BPF_JMP | BPF_EXIT) || code == (BPF_JMP | BPF_JA) ||
	       code == (BPF_JMP32 | BPF_JA);
}

static int check_subprog(struct bpf_verifier_env *env, struct bpf_subprog_info *sub)
{
	int start = sub->start, end = sub[1].start;

	for (int i = start; i < end; i++) {
		const struct bpf_insn *insn = &env->insns[i];
		u8 mode = BPF_MODE(insn->code);

		if (insn_is_helper_call(insn) && insn->imm == BPF_FUNC_tail_call)
			sub->has_tail_call = sub->tail_call_reachable = true;
		if (BPF_CLASS(insn->code) == BPF_LD && (mode == BPF_ABS || mode == BPF_IND))
			sub->has_ld_abs = true;
		if (is_jump(insn) &&
		    (jump_target(insn, i) < start || jump_target(insn, i) >= end)) {
			verbose(env, "jump out of range from insn %d to %d\n", i,
				jump_target(insn, i));
			return -EINVAL;
		}
	}
	if (!ends_function(env->insns[end - 1].code)) {
		verbose(env, "last insn is not an exit or jmp\n");
		return -EINVAL;
	}
	return 0;
}

int vrf_check_subprogs(struct bpf_verifier_env *env)
{
	int err = 0;

	for (u32 i = 0; i < env->subprog_cnt && !err; i++)
		err = check_subprog(env, &env->subprog_info[i]);
	return err;
}

/* ---- stack depth ---- */

/* What a compiled frame takes. */
static int frame_size(const struct bpf_subprog_info *sub)
{
	return ALIGN_UP((int)sub->stack_depth, 16);
}

struct depth_frame {
	int next_insn; /* in the caller, after the call */
	int subprog;
};

struct depth_walk {
	struct depth_frame callers[MAX_CALL_FRAMES];
	int frame, depth;
	bool tail_call_reachable;
};

static bool in_callback(const struct bpf_verifier_env *env, const struct depth_walk *w, int subprog)
{
	if (env->subprog_info[subprog].is_cb)
		return true;
	for (int i = 0; i < w->frame; i++)
		if (env->subprog_info[w->callers[i].subprog].is_cb)
			return true;
	return false;
}

static int enter_subprog(struct bpf_verifier_env *env, struct depth_walk *w, int subprog)
{
	const struct bpf_subprog_info *sub = &env->subprog_info[subprog];

	if (sub->has_ld_abs && in_callback(env, w, subprog)) {
		verbose(env, "cannot use BPF_LD_[ABS|IND] within callback\n");
		return -EINVAL;
	}
	/* 33 tail calls, each on top of such a stack */
	if (subprog && sub->has_tail_call && w->depth >= 256) {
		verbose(env, "tail_calls are not allowed when call stack of previous frames is "
			     "%d bytes. Too large\n", w->depth);
		return -EACCES;
	}
	w->depth += frame_size(sub);
	if (w->depth > MAX_BPF_STACK) {
		verbose(env, "combined stack size of %d calls is %d. Too large\n", w->frame + 1,
			w->depth);
		return -EACCES;
	}
	env->max_stack_depth = max(env->max_stack_depth, (u32)w->depth);
	env->max_frames = max(env->max_frames, (u32)w->frame + 1);
	return 0;
}

/* The function called or referred to by insns[i], or -ENOENT if that does not stack up here. */
static int callee_of(struct bpf_verifier_env *env, const struct depth_walk *w, int subprog, int i)
{
	const struct bpf_insn *insn = &env->insns[i];
	int callee;

	if (insn_is_kfunc_call(insn) && !insn->off && vrf_is_bpf_throw_kfunc(env, insn) &&
	    in_callback(env, w, subprog)) {
		verbose(env, "bpf_throw kfunc (insn %d) cannot be called from callback subprog %d\n",
			i, subprog);
		return -EINVAL;
	}
	if (!insn_is_pseudo_call(insn) && !is_pseudo_func(insn))
		return -ENOENT;
	callee = vrf_find_subprog(env, i + insn->imm + 1);
	if (callee < 0)
		return -EFAULT;
	if (env->subprog_info[callee].is_async_cb) {
		if (!insn_is_pseudo_call(insn))
			return -ENOENT;
		if (env->subprog_info[callee].is_exception_cb) {
			verbose(env, "insn %d cannot call exception cb directly\n", i);
			return -EINVAL;
		}
	}
	return callee;
}

static int mark_tail_callers(struct bpf_verifier_env *env, const struct depth_walk *w)
{
	for (int i = 0; i < w->frame; i++) {
		struct bpf_subprog_info *sub = &env->subprog_info[w->callers[i].subprog];

		if (sub->is_exception_cb) {
			verbose(env, "cannot tail call within exception cb\n");
			return -EINVAL;
		}
		sub->tail_call_reachable = true;
	}
	return 0;
}

/* All call chains from @subprog. Ends, as chains are cut at MAX_CALL_FRAMES. */
static int check_depth_from(struct bpf_verifier_env *env, int subprog)
{
	struct depth_walk w = { 0 };
	int i = env->subprog_info[subprog].start, err, callee;

	err = enter_subprog(env, &w, subprog);
	while (!err) {
		if (i < (int)env->subprog_info[subprog + 1].start) {
			callee = callee_of(env, &w, subprog, i);
			if (callee < 0) {
				err = callee == -ENOENT ? 0 : callee;
				i++;
				continue;
			}
			w.callers[w.frame++] = (struct depth_frame){ i + 1, subprog };
			w.tail_call_reachable |= env->subprog_info[callee].has_tail_call;
			if (w.frame >= MAX_CALL_FRAMES) {
				verbose(env, "the call stack of %d frames is too deep !\n", w.frame);
				return -E2BIG;
			}
			subprog = callee;
			i = env->subprog_info[subprog].start;
			err = enter_subprog(env, &w, subprog);
			continue;
		}
		if (w.tail_call_reachable)
			err = mark_tail_callers(env, &w);
		if (!w.frame)
			break;
		w.depth -= frame_size(&env->subprog_info[subprog]);
		w.frame--;
		i = w.callers[w.frame].next_insn;
		subprog = w.callers[w.frame].subprog;
	}
	return err;
}

int vrf_check_max_stack_depth(struct bpf_verifier_env *env)
{
	for (int i = env->subprog_cnt - 1; i >= 0; i--) {
		int err = 0;

		if (!i || env->subprog_info[i].is_async_cb)
			err = check_depth_from(env, i);
		if (err)
			return err;
	}
	return 0;
}
