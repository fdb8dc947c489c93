/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calls within the program. A static function is entered, with its own frame,
 * wherever it is called from. A global one is verified by itself, for any
 * arguments that its prototype allows; a call only checks those. A callback is
 * simulated from the call that takes it: in a frame on top of the caller's,
 * again and again until nothing new can happen (bpf_loop and the like), or once
 * from an empty state (timers and work queues).
 */
#include <stdlib.h>

#include "calls/calls.h"
#include "verifier/calls.h"
#include "verifier/inst.h"
#include "verifier/mem.h"
#include "verifier/states.h"

#define BPF_MAIN_FUNC (-1)

void vrf_init_func_state(struct bpf_verifier_env *env, struct bpf_func_state *state, int callsite,
			 int frameno, int subprogno)
{
	state->callsite = callsite;
	state->frameno = frameno;
	state->subprogno = subprogno;
	state->callback_ret_range = retval_range(0, 0);
	for (int i = 0; i < MAX_BPF_REG; i++)
		vrf_mark_reg_not_init(env, &state->regs[i]);
	state->regs[BPF_REG_FP].type = PTR_TO_STACK;
	vrf_mark_reg_known_zero(&state->regs[BPF_REG_FP]);
	state->regs[BPF_REG_FP].frameno = frameno;
	env->scratched_regs = ~0U;
	env->scratched_stack_slots = ~0ULL;
}

void vrf_clear_caller_saved_regs(struct bpf_verifier_env *env, struct bpf_reg_state *regs)
{
	for (int i = 0; i < CALLER_SAVED_REGS; i++) {
		vrf_mark_reg_not_init(env, &regs[i]);
		/* cannot fail: R0..R5 are writable */
		(void)vrf_check_reg_arg_in(env, regs, i, DST_OP_NO_MARK);
	}
}

static int setup_func_entry(struct bpf_verifier_env *env, int subprog, int callsite,
			    set_callee_state_fn set_callee_state_cb,
			    struct bpf_verifier_state *state)
{
	struct bpf_func_state *caller = state->frame[state->curframe], *callee;
	int err;

	if (state->curframe + 1 >= MAX_CALL_FRAMES) {
		verbose(env, "the call stack of %d frames is too deep\n", state->curframe + 2);
		return -E2BIG;
	}
	callee = calloc(1, sizeof(*callee));
	if (!callee)
		return -ENOMEM;
	vrf_init_func_state(env, callee, callsite, state->curframe + 1, subprog);
	callee->place = caller->place;
	err = vrf_callee_inst(env, caller, callsite, subprog, &callee->inst);
	if (!err)
		err = vrf_copy_reference_state(callee, caller);
	if (!err)
		err = set_callee_state_cb(env, caller, callee, callsite);
	if (err) {
		vrf_free_func_state(callee);
		return err;
	}
	state->frame[++state->curframe] = callee;
	return 0;
}

/* ---- arguments against BTF ---- */

static int check_arg(struct bpf_verifier_env *env, u32 i, const struct bpf_subprog_arg_info *arg,
		     struct bpf_reg_state *reg)
{
	u32 regno = i + 1;
	int err;

	if (arg->arg_type == ARG_ANYTHING) {
		if (reg->type == SCALAR_VALUE)
			return 0;
		verbose(env, "R%d is not a scalar\n", regno);
		return -EINVAL;
	}
	if (arg->arg_type == (ARG_PTR_TO_DYNPTR | MEM_RDONLY)) {
		err = vrf_check_func_arg_reg_off(env, reg, regno, ARG_PTR_TO_DYNPTR);
		return err ? err : vrf_process_dynptr_func(env, regno, -1, arg->arg_type, 0);
	}
	switch (base_type(arg->arg_type)) {
	case ARG_PTR_TO_CTX:
		err = vrf_check_func_arg_reg_off(env, reg, regno, ARG_DONTCARE);
		if (err || reg->type == PTR_TO_CTX)
			return err;
		verbose(env, "arg#%d expects pointer to ctx\n", i);
		return -EINVAL;
	case ARG_PTR_TO_MEM:
		err = vrf_check_func_arg_reg_off(env, reg, regno, ARG_DONTCARE);
		if (err)
			return err;
		if (vrf_check_mem_reg(env, reg, regno, arg->mem_size))
			return -EINVAL;
		/* Linux lets a constant NULL pass. */
		if ((!type_may_be_null(reg->type) && !register_is_null(reg)) ||
		    type_may_be_null(arg->arg_type))
			return 0;
		verbose(env, "arg#%d is expected to be non-NULL\n", i);
		return -EINVAL;
	case ARG_PTR_TO_ARENA:
		if (reg->type == PTR_TO_ARENA || reg->type == SCALAR_VALUE)
			return 0;
		verbose(env, "R%d is not a pointer to arena or scalar.\n", regno);
		return -EINVAL;
	case ARG_PTR_TO_BTF_ID:
		if (register_is_null(reg) && type_may_be_null(arg->arg_type))
			return 0;
		err = vrf_check_btf_id_arg(env, regno, arg->arg_type, arg->btf_id);
		return err ? err : vrf_check_func_arg_reg_off(env, reg, regno, arg->arg_type);
	default:
		verbose(env, "verifier bug: unrecognized arg#%d type %d\n", i, arg->arg_type);
		return -EFAULT;
	}
}

/*
 * -EFAULT: we are wrong; any other error: the arguments don't fit the
 * prototype, which matters for a global function only.
 */
static int check_subprog_call(struct bpf_verifier_env *env, int subprog,
			      struct bpf_reg_state *regs)
{
	struct bpf_subprog_info *sub = &env->subprog_info[subprog];
	int err;

	if (!env->prog->nr_func_info || sub->unreliable)
		return -EINVAL;
	if (!sub->func_type_id)
		return -EFAULT;
	err = vrf_btf_prepare_func_args(env, subprog);
	for (u32 i = 0; !err && i < sub->arg_cnt; i++)
		err = check_arg(env, i, &sub->args[i], &regs[i + 1]);
	/* compilers change static functions behind BTF's back */
	if (err)
		sub->unreliable = true;
	return err;
}

/* ---- direct calls ---- */

static int set_callee_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
			    struct bpf_func_state *callee, int insn_idx)
{
	/* with their parents: reads in the callee are reads of the caller's registers */
	for (int i = BPF_REG_1; i <= BPF_REG_5; i++)
		callee->regs[i] = caller->regs[i];
	return 0;
}

/*
 * The callee, verified apart, builds on what its arguments are; so must every
 * path that this one stands for. Linux 6.12 forgets both halves.
 */
static int mark_args_used(struct bpf_verifier_env *env, const struct bpf_subprog_info *sub,
			  const struct bpf_reg_state *regs)
{
	int err = 0;

	for (u32 i = 0; !err && i < sub->arg_cnt; i++) {
		err = vrf_check_reg_arg(env, i + 1, SRC_OP);
		if (!err && sub->args[i].arg_type != ARG_ANYTHING &&
		    register_is_null(&regs[i + 1]))
			err = vrf_mark_chain_precision(env, i + 1);
	}
	return err;
}

static int call_global(struct bpf_verifier_env *env, int subprog, struct bpf_func_state *caller,
		       int insn_idx, int args_err)
{
	const char *name = vrf_subprog_name(env, subprog);
	u32 inst;
	int err;

	if (env->cur_state->active_lock.ptr) {
		verbose(env, "global function calls are not allowed while holding a lock,\n"
			     "use static function instead\n");
		return -EINVAL;
	}
	if (env->cur_state->active_preempt_lock) {
		verbose(env, "global function calls are not allowed with preemption disabled,\n"
			     "use static function instead\n");
		return -EINVAL;
	}
	if (args_err) {
		verbose(env, "Caller passes invalid args into func#%d ('%s')\n", subprog, name);
		return args_err;
	}
	err = vrf_check_global_sleeps(env, subprog);
	if (err)
		return err;
	err = mark_args_used(env, &env->subprog_info[subprog], caller->regs);
	if (err)
		return err;
	verbose(env, "Func#%d ('%s') is global and assumed valid.\n", subprog, name);
	env->subprog_info[subprog].called |= 1 << caller->place;
	err = vrf_root_inst(env, subprog, caller->place, env->prog->sleepable, &inst);
	if (!err)
		err = vrf_link_inst(env, caller, insn_idx, inst);
	if (err)
		return err;
	vrf_clear_caller_saved_regs(env, caller->regs);
	vrf_mark_reg_unknown(env, &caller->regs[BPF_REG_0]);
	caller->regs[BPF_REG_0].subreg_def = DEF_NOT_SUBREG;
	if (env->subprog_info[subprog].changes_pkt_data)
		vrf_clear_all_pkt_pointers(env);
	return 0;
}

int vrf_check_func_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int *insn_idx)
{
	struct bpf_verifier_state *state = env->cur_state;
	struct bpf_func_state *caller = state->frame[state->curframe];
	int target = *insn_idx + insn->imm + 1, subprog = vrf_find_subprog(env, target), err;

	if (subprog < 0) {
		verbose(env, "verifier bug. No program starts at insn %d\n", target);
		return -EFAULT;
	}
	err = check_subprog_call(env, subprog, caller->regs);
	if (err == -EFAULT)
		return err;
	if (subprog_is_global(env, subprog))
		return call_global(env, subprog, caller, *insn_idx, err);

	err = setup_func_entry(env, subprog, *insn_idx, set_callee_state, state);
	if (err)
		return err;
	vrf_clear_caller_saved_regs(env, caller->regs);
	*insn_idx = env->subprog_info[subprog].start - 1;
	if (env->log.level & BPF_LOG_LEVEL) {
		verbose(env, "caller:\n");
		vrf_print_verifier_state(env, caller, true);
		verbose(env, "callee:\n");
		vrf_print_verifier_state(env, state->frame[state->curframe], true);
	}
	return 0;
}

/* ---- callbacks ---- */

int vrf_push_callback_call(struct bpf_verifier_env *env, struct bpf_insn *insn, int insn_idx,
			   int subprog, set_callee_state_fn set_callee_state_cb, u8 place)
{
	struct bpf_verifier_state *state = env->cur_state, *cb;
	struct bpf_func_state *caller = state->frame[state->curframe];
	struct bpf_subprog_info *sub = &env->subprog_info[subprog];
	int err = check_subprog_call(env, subprog, caller->regs);

	if (err == -EFAULT)
		return err;
	sub->is_cb = true;
	if (vrf_is_async_callback_calling_insn(env, insn)) {
		sub->is_async_cb = true;
		cb = vrf_push_async_cb(env, sub->start, insn_idx, subprog, place == CALL_IN_WQ_CB,
				       &err);
		if (!cb)
			return err;
		cb->frame[0]->async_entry_cnt = caller->async_entry_cnt + 1;
		cb->frame[0]->place = place;
		err = vrf_root_inst(env, subprog, place, env->prog->sleepable || cb->in_sleepable,
				    &cb->frame[0]->inst);
		if (!err)
			err = vrf_link_inst(env, caller, insn_idx, cb->frame[0]->inst);
		return err ? err : set_callee_state_cb(env, caller, cb->frame[0], insn_idx);
	}

	/* queued; this path goes on as if the callback were not called (any more) */
	cb = vrf_push_stack(env, sub->start, insn_idx, false, &err);
	if (!cb)
		return err;
	err = setup_func_entry(env, subprog, insn_idx, set_callee_state_cb, cb);
	if (err)
		return err;
	cb->callback_unroll_depth++;
	cb->frame[cb->curframe - 1]->callback_depth++;
	caller->callback_depth = 0;
	return 0;
}

static void set_map_ptr(struct bpf_reg_state *reg, u32 type, const struct bpf_reg_state *from)
{
	struct bpf_map *map = from->map_ptr;
	u32 uid = from->map_uid;

	reg->type = type;
	vrf_mark_reg_known_zero(reg);
	reg->map_ptr = map;
	reg->map_uid = uid;
}

static int finish_callee(struct bpf_verifier_env *env, struct bpf_func_state *callee, int nr_args)
{
	for (int i = nr_args + 1; i <= BPF_REG_5; i++)
		vrf_mark_reg_not_init(env, &callee->regs[i]);
	callee->in_callback_fn = true;
	callee->callback_ret_range = retval_range(0, 1);
	return 0;
}

/* cb(map, key, value, ctx) */
int vrf_set_map_elem_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				    struct bpf_func_state *callee, int insn_idx)
{
	const struct bpf_map *map = env->insn_aux_data[insn_idx].map_ptr_state.map_ptr;

	if (!map || !map->ops->for_each) {
		verbose(env, "callback function not allowed for map\n");
		return -ENOTSUPP;
	}
	callee->regs[BPF_REG_1] = caller->regs[BPF_REG_1];
	set_map_ptr(&callee->regs[BPF_REG_2], PTR_TO_MAP_KEY, &caller->regs[BPF_REG_1]);
	set_map_ptr(&callee->regs[BPF_REG_3], PTR_TO_MAP_VALUE, &caller->regs[BPF_REG_1]);
	callee->regs[BPF_REG_4] = caller->regs[BPF_REG_3];
	return finish_callee(env, callee, 4);
}

/* cb(index, ctx) */
int vrf_set_loop_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				struct bpf_func_state *callee, int insn_idx)
{
	callee->regs[BPF_REG_1].type = SCALAR_VALUE;
	callee->regs[BPF_REG_2] = caller->regs[BPF_REG_3];
	return finish_callee(env, callee, 2);
}

/* cb(map, key, value) of the map that holds the timer */
int vrf_set_timer_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				 struct bpf_func_state *callee, int insn_idx)
{
	const struct bpf_reg_state *timer = &caller->regs[BPF_REG_1];

	set_map_ptr(&callee->regs[BPF_REG_1], CONST_PTR_TO_MAP, timer);
	set_map_ptr(&callee->regs[BPF_REG_2], PTR_TO_MAP_KEY, timer);
	set_map_ptr(&callee->regs[BPF_REG_3], PTR_TO_MAP_VALUE, timer);
	vrf_mark_reg_not_init(env, &callee->regs[BPF_REG_4]);
	vrf_mark_reg_not_init(env, &callee->regs[BPF_REG_5]);
	callee->in_async_callback_fn = true;
	callee->callback_ret_range = retval_range(0, 1);
	return 0;
}

/* cb(task, vma, ctx) */
int vrf_set_find_vma_callback_state(struct bpf_verifier_env *env, struct bpf_func_state *caller,
				    struct bpf_func_state *callee, int insn_idx)
{
	s32 vma = kbtf_find(env->kernel_btf, "vm_area_struct", BTF_KIND_STRUCT);

	if (vma < 0) {
		verbose(env, "the kernel has no struct vm_area_struct\n");
		return -ENOTSUPP;
	}
	callee->regs[BPF_REG_1] = caller->regs[BPF_REG_1];
	callee->regs[BPF_REG_2].type = PTR_TO_BTF_ID;
	vrf_mark_reg_known_zero(&callee->regs[BPF_REG_2]);
	callee->regs[BPF_REG_2].btf = env->kernel_btf;
	callee->regs[BPF_REG_2].btf_id = vma;
	callee->regs[BPF_REG_3] = caller->regs[BPF_REG_4];
	return finish_callee(env, callee, 3);
}

/* cb(dynptr, ctx) */
int vrf_set_user_ringbuf_callback_state(struct bpf_verifier_env *env,
					struct bpf_func_state *caller,
					struct bpf_func_state *callee, int insn_idx)
{
	vrf_mark_reg_not_init(env, &callee->regs[BPF_REG_0]);
	vrf_mark_dynptr_reg(&callee->regs[BPF_REG_1], BPF_DYNPTR_TYPE_LOCAL, true, ++env->id_gen);
	callee->regs[BPF_REG_2] = caller->regs[BPF_REG_3];
	return finish_callee(env, callee, 2);
}

/* ---- return ---- */

/* A callback's result steers the helper: its range matters, and is limited. */
static int check_callback_exit(struct bpf_verifier_env *env, struct bpf_func_state *callee,
			       int insn_idx)
{
	struct bpf_reg_state *r0 = &callee->regs[BPF_REG_0];
	int err;

	if (r0->type != SCALAR_VALUE) {
		verbose(env, "R0 not a scalar value\n");
		return -EACCES;
	}
	err = vrf_mark_reg_read(env, r0, r0->parent, REG_LIVE_READ64);
	if (!err)
		err = vrf_mark_chain_precision(env, BPF_REG_0);
	if (err)
		return err;
	if (!vrf_retval_range_within(callee->callback_ret_range, r0, false)) {
		vrf_verbose_invalid_scalar(env, r0, callee->callback_ret_range,
					   "At callback return", "R0");
		return -EINVAL;
	}
	if (!env->insn_aux_data[callee->callsite].calls_callback) {
		verbose(env, "BUG: in callback at %d, callsite %d !calls_callback\n", insn_idx,
			callee->callsite);
		return -EFAULT;
	}
	return 0;
}

static void log_return(struct bpf_verifier_env *env, const struct bpf_func_state *callee,
		       const struct bpf_func_state *caller, int insn_idx)
{
	if (!(env->log.level & BPF_LOG_LEVEL))
		return;
	verbose(env, "returning from callee:\n");
	vrf_print_verifier_state(env, callee, true);
	verbose(env, "to caller at %d:\n", insn_idx);
	vrf_print_verifier_state(env, caller, true);
}

int vrf_prepare_func_exit(struct bpf_verifier_env *env, int *insn_idx)
{
	struct bpf_verifier_state *state = env->cur_state, *prev;
	struct bpf_func_state *callee = state->frame[state->curframe];
	struct bpf_func_state *caller = state->frame[state->curframe - 1];
	bool in_callback = callee->in_callback_fn;
	int err;

	if (callee->regs[BPF_REG_0].type == PTR_TO_STACK) {
		verbose(env, "cannot return stack pointer to the caller\n");
		return -EINVAL;
	}
	if (in_callback) {
		err = check_callback_exit(env, callee, *insn_idx);
	} else {
		caller->regs[BPF_REG_0] = callee->regs[BPF_REG_0];
		err = vrf_copy_reference_state(caller, callee);
	}
	if (err)
		return err;
	/* a callback may be called again: back to the call itself */
	*insn_idx = callee->callsite + !in_callback;
	log_return(env, callee, caller, *insn_idx);
	vrf_free_func_state(callee);
	state->frame[state->curframe--] = NULL;

	prev = in_callback ? vrf_find_prev_entry(env, state, *insn_idx) : NULL;
	return prev ? vrf_widen_imprecise_scalars(env, prev, state) : 0;
}
