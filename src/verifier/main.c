/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The walk: instruction by instruction along one path, until it ends or is
 * covered by what was seen, then the next queued path, until none is left.
 * Once for the main function (with everything static that it calls), and once
 * for each global function that was called.
 */
#include <stdlib.h>

#include "calls/calls.h"
#include "verifier/inst.h"
#include "verifier/main.h"
#include "verifier/states.h"

#define BPF_FUNC_spin_unlock 94

enum step {
	STEP_NEXT,   /* on to the next instruction */
	STEP_JUMPED, /* env->insn_idx says where to */
	STEP_END,    /* of the path */
};

static void mark_insn_seen(struct bpf_verifier_env *env)
{
	struct vrf_inst *inst = vrf_cur_inst(env);

	/* code reached only on wrong paths stays dead */
	if (!env->cur_state->speculative)
		inst->seen[env->insn_idx - env->subprog_info[inst->subprog].start] = 1;
}

static int reserved(struct bpf_verifier_env *env, const char *what)
{
	verbose(env, "%s uses reserved fields\n", what);
	return -EINVAL;
}

/* ---- calls and exits ---- */

static bool call_ok_with_lock(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_REG_0)
		return insn->imm == BPF_FUNC_spin_unlock;
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return insn->off == 0 && vrf_is_graph_api_kfunc(env, insn);
	return true;
}

static int do_call(struct bpf_verifier_env *env, struct bpf_insn *insn, bool *thrown)
{
	int *insn_idx = (int *)&env->insn_idx, err;
	u8 src = insn->src_reg;

	*thrown = false;
	if (BPF_SRC(insn->code) != BPF_K || (src != BPF_PSEUDO_KFUNC_CALL && insn->off != 0) ||
	    (src != BPF_REG_0 && src != BPF_PSEUDO_CALL && src != BPF_PSEUDO_KFUNC_CALL) ||
	    insn->dst_reg != BPF_REG_0 || BPF_CLASS(insn->code) == BPF_JMP32)
		return reserved(env, "BPF_CALL");
	if (env->cur_state->active_lock.ptr && !call_ok_with_lock(env, insn)) {
		verbose(env, "function calls are not allowed while holding a lock\n");
		return -EINVAL;
	}
	switch (src) {
	case BPF_PSEUDO_CALL:
		err = vrf_check_func_call(env, insn, insn_idx);
		break;
	case BPF_PSEUDO_KFUNC_CALL:
		err = vrf_check_kfunc_call(env, insn, insn_idx);
		*thrown = !err && vrf_is_bpf_throw_kfunc(env, insn);
		break;
	default:
		err = vrf_check_helper_call(env, insn, insn_idx);
	}
	if (!err)
		mark_reg_scratched(env, BPF_REG_0);
	return err;
}

/* What must not be held when the program (or a thrown exception) ends. */
static int check_left_over(struct bpf_verifier_env *env, bool thrown)
{
	const struct bpf_verifier_state *st = env->cur_state;

	if (st->curframe && !thrown)
		return 0;
	if (st->active_lock.ptr) {
		verbose(env, thrown ? "bpf_throw cannot be used inside bpf_spin_lock-ed region\n"
				    : "bpf_spin_unlock is missing\n");
		return -EINVAL;
	}
	if (st->active_rcu_lock) {
		verbose(env, thrown ? "bpf_throw cannot be used inside bpf_rcu_read_lock-ed region\n"
				    : "bpf_rcu_read_unlock is missing\n");
		return -EINVAL;
	}
	if (st->active_preempt_lock) {
		if (thrown)
			verbose(env, "bpf_throw cannot be used inside bpf_preempt_disable-ed region\n");
		else
			verbose(env, "%d bpf_preempt_enable%s missing\n", st->active_preempt_lock,
				st->active_preempt_lock == 1 ? " is" : "(s) are");
		return -EINVAL;
	}
	return 0;
}

static int leave(struct bpf_verifier_env *env, bool thrown, enum step *step, bool *print_state)
{
	int err = check_left_over(env, thrown);

	/* a callback's references are compared with its caller's: before its frame goes */
	if (!err)
		err = vrf_check_reference_leak(env, thrown);
	if (err)
		return err;
	if (thrown) {
		*step = STEP_END;
	} else if (env->cur_state->curframe) {
		err = vrf_prepare_func_exit(env, (int *)&env->insn_idx);
		*step = STEP_JUMPED;
		*print_state = true;
	} else {
		err = vrf_check_return_code(env, BPF_REG_0, "R0");
		*step = STEP_END;
	}
	return err;
}

static int do_jump(struct bpf_verifier_env *env, struct bpf_insn *insn, enum step *step,
		   bool *print_state)
{
	u8 class = BPF_CLASS(insn->code);
	bool thrown;
	int err;

	env->jmps_processed++;
	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		err = do_call(env, insn, &thrown);
		return err || !thrown ? err : leave(env, true, step, print_state);
	case BPF_JA:
		if (BPF_SRC(insn->code) != BPF_K || insn->src_reg != BPF_REG_0 ||
		    insn->dst_reg != BPF_REG_0 || (class == BPF_JMP && insn->imm != 0) ||
		    (class == BPF_JMP32 && insn->off != 0))
			return reserved(env, "BPF_JA");
		env->insn_idx += 1 + (class == BPF_JMP ? insn->off : insn->imm);
		*step = STEP_JUMPED;
		return 0;
	case BPF_EXIT:
		if (BPF_SRC(insn->code) != BPF_K || insn->imm != 0 || insn->src_reg != BPF_REG_0 ||
		    insn->dst_reg != BPF_REG_0 || class == BPF_JMP32)
			return reserved(env, "BPF_EXIT");
		return leave(env, false, step, print_state);
	default:
		return vrf_check_cond_jmp_op(env, insn, (int *)&env->insn_idx);
	}
}

/* ---- loads and stores ---- */

static int do_stx(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	if (BPF_MODE(insn->code) == BPF_ATOMIC)
		return vrf_check_atomic(env, insn);
	if (BPF_MODE(insn->code) != BPF_MEM || insn->imm != 0)
		return reserved(env, "BPF_STX");
	return vrf_check_store_reg(env, insn);
}

static int do_st(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	if (BPF_MODE(insn->code) != BPF_MEM || insn->src_reg != BPF_REG_0)
		return reserved(env, "BPF_ST");
	return vrf_check_store_imm(env, insn);
}

static int do_ld(struct bpf_verifier_env *env, struct bpf_insn *insn)
{
	u8 mode = BPF_MODE(insn->code);
	int err;

	if (mode == BPF_ABS || mode == BPF_IND)
		return vrf_check_ld_abs(env, insn);
	if (mode != BPF_IMM) {
		verbose(env, "invalid BPF_LD mode\n");
		return -EINVAL;
	}
	err = vrf_check_ld_imm(env, insn);
	if (!err) {
		env->insn_idx++;
		mark_insn_seen(env);
	}
	return err;
}

static int do_insn(struct bpf_verifier_env *env, struct bpf_insn *insn, enum step *step,
		   bool *print_state)
{
	*step = STEP_NEXT;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return vrf_check_alu_op(env, insn);
	case BPF_LDX:
		return vrf_check_load_mem(env, insn, BPF_MODE(insn->code) == BPF_MEMSX);
	case BPF_STX:
		return do_stx(env, insn);
	case BPF_ST:
		return do_st(env, insn);
	case BPF_LD:
		return do_ld(env, insn);
	default:
		return do_jump(env, insn, step, print_state);
	}
}

/* ---- one pass ---- */

static const char *speculative(const struct bpf_verifier_env *env)
{
	return env->cur_state->speculative ? " (speculative execution)" : "";
}

static void log_insn(struct bpf_verifier_env *env, const struct bpf_insn *insn)
{
	if (!(env->log.level & BPF_LOG_LEVEL))
		return;
	if (env->scratched_regs || env->scratched_stack_slots)
		vrf_print_insn_state(env, cur_func(env));
	vrf_verbose_linfo(env, env->insn_idx, "; ");
	env->prev_log_pos = env->log.end_pos;
	verbose(env, "%d: ", env->insn_idx);
	vrf_verbose_insn(env, insn);
	env->prev_insn_print_pos = env->log.end_pos - env->prev_log_pos;
	env->prev_log_pos = env->log.end_pos;
}

static void log_safe(struct bpf_verifier_env *env, bool print_state)
{
	if (!(env->log.level & BPF_LOG_LEVEL))
		return;
	if (print_state)
		verbose(env, "\nfrom %d to %d%s: safe\n", env->prev_insn_idx, env->insn_idx,
			speculative(env));
	else
		verbose(env, "%d: safe\n", env->insn_idx);
}

/* At a point where paths meet. 1: this one may end here. */
static int at_meeting_point(struct bpf_verifier_env *env, bool print_state)
{
	const struct bpf_insn_aux_data *aux = cur_aux(env);
	int ret;

	if (aux->prune_point) {
		ret = vrf_is_state_visited(env, env->insn_idx);
		if (ret > 0)
			log_safe(env, print_state);
		if (ret)
			return ret;
	}
	return aux->jmp_point ? vrf_push_insn_history(env, env->cur_state, 0, 0) : 0;
}

/* The next queued path; -ENOENT: all are done. */
static int next_path(struct bpf_verifier_env *env, int *prev_insn_idx)
{
	env->scratched_regs = ~0U;
	env->scratched_stack_slots = ~0ULL;
	vrf_update_branch_counts(env->cur_state);
	return vrf_pop_stack(env, prev_insn_idx, (int *)&env->insn_idx,
			     !(env->log.level & BPF_LOG_LEVEL2));
}

static void observe_insn(struct bpf_verifier_env *env)
{
	const struct verifier_observer *o = env->opts->observer;

	if (o && o->at_insn && !env->cur_state->speculative)
		o->at_insn(o->priv, env->prog, env->insn_idx, env->cur_state);
}

static int do_check(struct bpf_verifier_env *env)
{
	struct bpf_verifier_state *state = env->cur_state;
	bool print_state = false;
	int prev_insn_idx = -1, err;
	enum step step;

	for (;;) {
		struct bpf_insn *insn;

		env->cur_hist_ent = NULL;
		env->prev_insn_idx = prev_insn_idx;
		if (env->insn_idx >= env->len) {
			verbose(env, "invalid insn idx %d insn_cnt %d\n", env->insn_idx, env->len);
			return -EFAULT;
		}
		insn = &env->insns[env->insn_idx];
		if (++env->insn_processed > env->insn_limit) {
			verbose(env, "BPF program is too large. Processed %d insn\n",
				env->insn_processed);
			return -E2BIG;
		}
		state->last_insn_idx = env->prev_insn_idx;

		err = at_meeting_point(env, print_state);
		if (err < 0)
			return err;
		if (err > 0) {
			step = STEP_END;
		} else {
			if ((env->log.level & BPF_LOG_LEVEL2) && print_state) {
				verbose(env, "\nfrom %d to %d%s:", env->prev_insn_idx,
					env->insn_idx, speculative(env));
				vrf_print_verifier_state(env, cur_func(env), true);
				print_state = false;
			}
			log_insn(env, insn);
			observe_insn(env);
			mark_insn_seen(env);
			prev_insn_idx = env->insn_idx;
			err = do_insn(env, insn, &step, &print_state);
			if (err)
				return err;
		}
		if (step == STEP_END) {
			err = next_path(env, &prev_insn_idx);
			if (err)
				return err == -ENOENT ? 0 : err;
			print_state = true;
		} else if (step == STEP_NEXT) {
			env->insn_idx++;
		}
	}
}

/* ---- a function by itself ---- */

static int init_arg(struct bpf_verifier_env *env, const struct bpf_subprog_arg_info *arg,
		    struct bpf_reg_state *reg)
{
	u32 flags = arg->arg_type & (PTR_MAYBE_NULL | PTR_UNTRUSTED | PTR_TRUSTED);

	if (arg->arg_type == (ARG_PTR_TO_DYNPTR | MEM_RDONLY)) {
		vrf_mark_dynptr_reg(reg, BPF_DYNPTR_TYPE_LOCAL, true, ++env->id_gen);
		return 0;
	}
	switch (base_type(arg->arg_type)) {
	case ARG_PTR_TO_CTX:
		reg->type = PTR_TO_CTX;
		vrf_mark_reg_known_zero(reg);
		return 0;
	case ARG_ANYTHING:
	case ARG_PTR_TO_ARENA:
		vrf_mark_reg_unknown(env, reg);
		return 0;
	case ARG_PTR_TO_MEM:
		reg->type = PTR_TO_MEM | (flags & PTR_MAYBE_NULL);
		vrf_mark_reg_known_zero(reg);
		reg->mem_size = arg->mem_size;
		reg->id = ++env->id_gen;
		return 0;
	case ARG_PTR_TO_BTF_ID:
		reg->type = PTR_TO_BTF_ID | flags;
		vrf_mark_reg_known_zero(reg);
		reg->btf = env->kernel_btf;
		reg->btf_id = arg->btf_id;
		reg->id = ++env->id_gen;
		return 0;
	default:
		return -EFAULT;
	}
}

static int init_global_args(struct bpf_verifier_env *env, int subprog, struct bpf_func_state *frame)
{
	struct bpf_subprog_info *sub = &env->subprog_info[subprog];
	int err;

	verbose(env, "Validating %s() func#%d...\n", vrf_subprog_name(env, subprog), subprog);
	err = vrf_btf_prepare_func_args(env, subprog);
	if (err)
		return err;
	if (sub->is_exception_cb) {
		frame->in_exception_callback_fn = true;
		if (sub->arg_cnt != 1 || sub->args[0].arg_type != ARG_ANYTHING) {
			verbose(env, "exception cb only supports single integer argument\n");
			return -EINVAL;
		}
	}
	for (u32 i = 0; !err && i < sub->arg_cnt; i++)
		err = init_arg(env, &sub->args[i], &frame->regs[i + 1]);
	return err;
}

static void init_main_args(struct bpf_verifier_env *env, struct bpf_func_state *frame)
{
	struct bpf_subprog_info *sub = &env->subprog_info[0];
	struct bpf_reg_state *ctx = &frame->regs[BPF_REG_1];

	if (env->prog->nr_func_info &&
	    (vrf_btf_prepare_func_args(env, 0) || sub->arg_cnt != 1 ||
	     sub->args[0].arg_type != ARG_PTR_TO_CTX))
		sub->unreliable = true;
	ctx->type = PTR_TO_CTX;
	vrf_mark_reg_known_zero(ctx);
}

static int start_state(struct bpf_verifier_env *env, int subprog, u8 place)
{
	struct bpf_verifier_state *state = calloc(1, sizeof(*state));
	struct bpf_func_state *frame;
	int err;

	if (!state)
		return -ENOMEM;
	env->cur_state = state;
	state->branches = 1;
	state->first_insn_idx = env->subprog_info[subprog].start;
	state->last_insn_idx = -1;
	frame = state->frame[0] = calloc(1, sizeof(*frame));
	if (!frame)
		return -ENOMEM;
	vrf_init_func_state(env, frame, -1, 0, subprog);
	frame->place = place;
	err = vrf_root_inst(env, subprog, place, env->prog->sleepable, &frame->inst);
	if (err)
		return err;
	if (subprog)
		return init_global_args(env, subprog, frame);
	init_main_args(env, frame);
	return 0;
}

static int do_check_common(struct bpf_verifier_env *env, int subprog, u8 place)
{
	int err;

	env->prev_linfo = NULL;
	env->pass_cnt++;
	env->insn_idx = env->subprog_info[subprog].start;
	err = start_state(env, subprog, place);
	if (!err)
		err = do_check(env);
	if (err && err != -ENOMEM && vrf_note_refusal(env))
		err = -ENOMEM;
	if (env->cur_state) {
		vrf_free_verifier_state(env->cur_state, true);
		env->cur_state = NULL;
	}
	while (!vrf_pop_stack(env, NULL, NULL, false))
		;
	if (!err && !(env->log.level & BPF_LOG_LEVEL2))
		vrf_vlog_reset(env, 0);
	vrf_observe_states(env);
	vrf_free_states(env);
	return err;
}

int vrf_do_check_main(struct bpf_verifier_env *env)
{
	return do_check_common(env, 0, CALL_IN_MAIN);
}

/* Verifies @subprog for one of the places it was called from and not verified for yet. 1: did. */
static int check_one_global(struct bpf_verifier_env *env, int subprog)
{
	struct bpf_subprog_info *sub = &env->subprog_info[subprog];
	u32 todo = sub->called & ~sub->verified;
	u8 place;
	int err;

	/* where nothing depends on the place, once is enough */
	if (!subprog || !todo || !subprog_is_global(env, subprog) ||
	    (sub->verified && sub->varies == VRF_SAME))
		return 0;
	place = __builtin_ctz(todo);
	err = do_check_common(env, subprog, place);
	if (err)
		return err;
	if (env->log.level & BPF_LOG_LEVEL)
		verbose(env, "Func#%d ('%s') is safe for any args that match its prototype\n",
			subprog, vrf_subprog_name(env, subprog));
	sub->verified |= 1 << place;
	return 1;
}

/* Global functions that are called, until no new one is: each once per place that matters. */
int vrf_do_check_subprogs(struct bpf_verifier_env *env)
{
	int did, ret;

	if (!env->prog->nr_func_info)
		return 0;
	if (env->exception_callback_subprog)
		env->subprog_info[env->exception_callback_subprog].called |=
			1 << CALL_IN_EXCEPTION_CB;
	do {
		did = 0;
		for (u32 i = 1; i < env->subprog_cnt; i++) {
			ret = check_one_global(env, i);
			if (ret < 0)
				return ret;
			did |= ret;
		}
	} while (did);
	return 0;
}
