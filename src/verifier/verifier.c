/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verifier_check(): the phases in order, and the hand-over of what they made.
 * Everything that a run allocates hangs on struct bpf_verifier_env, so there is
 * one place that frees it, however far the run came.
 */
#include <stdlib.h>

#include "verifier/calls.h"
#include "verifier/inst.h"
#include "verifier/log.h"
#include "verifier/main.h"
#include "verifier/mem.h"
#include "verifier/states.h"

void verifier_result_fini(struct verifier_result *r)
{
	if (!r)
		return;
	for (u32 i = 0; i < r->nr_calls; i++)
		free(r->calls[i].reason);
	free(r->calls);
	free(r->refusal.reason);
	free(r->refusal.assumed);
	free(r->refusal.steps);
	memset(r, 0, sizeof(*r));
}

static void env_destroy(struct bpf_verifier_env *env)
{
	if (!env)
		return;
	for (u32 i = 0; i < env->used_map_cnt; i++)
		map_put(env->used_maps[i]);
	for (u32 i = 0; i < env->nr_struct_records; i++)
		record_free(env->struct_records[i].rec);
	free(env->struct_records);
	vrf_free_insts(env);
	free(env->targets);
	free(env->new_line_info);
	free(env->orig_of);
	free(env->explored_states);
	free(env->insn_hist);
	free(env->insn_aux_data);
	free(env->insns);
	vrf_log_abandon(&env->log);
	if (env->result == &env->own_result)
		verifier_result_fini(&env->own_result);
	free(env);
}

static int init_insns(struct bpf_verifier_env *env)
{
	const struct bpf_prog *prog = env->prog;

	env->len = prog->orig_len;
	env->insns = malloc(env->len * sizeof(*env->insns));
	env->insn_aux_data = calloc(env->len, sizeof(*env->insn_aux_data));
	env->explored_states = calloc(env->len, sizeof(struct bpf_verifier_state_list *));
	if (!env->insns || !env->insn_aux_data || !env->explored_states)
		return -ENOMEM;
	memcpy(env->insns, prog->orig_insns, env->len * sizeof(*env->insns));
	for (u32 i = 0; i < env->len; i++)
		env->insn_aux_data[i].orig_idx = i;
	return 0;
}

static int env_create(struct bpf_prog *prog, const struct verifier_opts *opts,
		      const struct verifier_log *log, struct bpf_verifier_env **out)
{
	struct bpf_verifier_env *env = calloc(1, sizeof(*env));
	int err;

	if (!env)
		return -ENOMEM;
	env->prog = prog;
	env->opts = opts;
	env->result = opts->result ? opts->result : &env->own_result;
	memset(env->result, 0, sizeof(*env->result));
	env->result->fail_insn = -1;
	env->kernel_btf = calls_kernel_btf(opts->calls);
	env->timers_may_sleep = calls_resolution(opts->calls) == KFUNC_AT_RUN;
	env->bt.env = env;
	env->insn_limit = opts->insn_limit ? opts->insn_limit : BPF_COMPLEXITY_LIMIT_INSNS;
	env->bpf_capable = opts->cap_bpf;
	env->allow_ptr_leaks = env->allow_uninit_stack = opts->cap_perfmon;
	env->bypass_spec_v1 = env->bypass_spec_v4 = opts->cap_perfmon;
	env->strict_alignment = (prog->prog_flags & BPF_F_STRICT_ALIGNMENT) &&
				!(prog->prog_flags & BPF_F_ANY_ALIGNMENT);
	env->test_state_freq = env->bpf_capable && (prog->prog_flags & BPF_F_TEST_STATE_FREQ);
	env->test_reg_invariants = prog->prog_flags & BPF_F_TEST_REG_INVARIANTS;
	vrf_log_begin(&env->log, log);
	err = init_insns(env);
	if (err) {
		env_destroy(env);
		return err;
	}
	*out = env;
	return 0;
}

static int check_before_walk(struct bpf_verifier_env *env)
{
	static int (*const phases[])(struct bpf_verifier_env *) = {
		vrf_check_btf_info_early,
		vrf_add_subprog_and_kfunc,
		vrf_check_subprogs,
		vrf_check_btf_info,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(phases) && !err; i++)
		err = phases[i](env);
	env->linfo_checked = !err;
	if (!err)
		err = vrf_resolve_pseudo_ldimm64(env);
	if (!err)
		err = vrf_check_cfg(env);
	if (!err)
		err = vrf_find_effects(env);
	if (!err)
		err = vrf_check_attach_btf_id(env);
	if (!err)
		err = vrf_mark_fastcall_patterns(env);
	return err ? err : vrf_prepare_insts(env);
}

static int check_all(struct bpf_verifier_env *env)
{
	int err = check_before_walk(env);

	if (!err) {
		err = vrf_do_check_main(env);
		if (!err)
			err = vrf_do_check_subprogs(env);
		if (err)
			env->result->fail_insn = env->insn_idx;
	}
	if (err)
		return err;
	vrf_shrink_fastcall_stack(env);
	err = vrf_check_max_stack_depth(env);
	if (err)
		return err;
	vrf_settle_calls(env);
	return vrf_fixup(env);
}

/* Of the functions that are left, or, before the fixups, of all. */
static void print_stack_depths(struct bpf_verifier_env *env)
{
	const char *sep = "";

	verbose(env, "stack depth ");
	for (u32 i = 0; i < env->nr_copies; i++) {
		if (!env->copies[i].len)
			continue;
		verbose(env, "%s%d", sep,
			env->subprog_info[env->insts[env->copies[i].inst]->subprog].stack_depth);
		sep = "+";
	}
	for (u32 i = 0; !env->nr_copies && i < env->subprog_cnt; i++)
		verbose(env, "%s%d", i ? "+" : "", env->subprog_info[i].stack_depth);
	verbose(env, "\n");
}

static void print_stats(struct bpf_verifier_env *env)
{
	if (env->log.level & BPF_LOG_STATS) {
		/* wall-clock time would make logs differ from run to run */
		verbose(env, "verification time 0 usec\n");
		print_stack_depths(env);
	}
	verbose(env, "processed %d insns (limit %d) max_states_per_insn %d total_states %d "
		     "peak_states %d mark_read %d\n",
		env->insn_processed, env->insn_limit, env->max_states_per_insn, env->total_states,
		env->peak_states, env->longest_mark_read_walk);
	if (env->result->copies)
		verbose(env, "copied %d subprograms for their contexts: %d insns\n",
			env->result->copies, env->result->copy_insns);
}

static void fill_result(struct bpf_verifier_env *env)
{
	struct verifier_result *r = env->result;

	r->insns_processed = env->insn_processed;
	r->total_states = env->total_states;
	r->peak_states = env->peak_states;
	r->max_states_per_insn = env->max_states_per_insn;
	r->stack_depth = env->max_stack_depth;
}

/* ---- the verified program ---- */

static struct prog_subprog describe_copy(const struct bpf_verifier_env *env,
					 const struct vrf_copy *copy)
{
	const struct vrf_inst *inst = env->insts[copy->inst];
	const struct bpf_subprog_info *info = &env->subprog_info[inst->subprog];

	return (struct prog_subprog){
		.start = copy->start,
		.len = copy->len,
		.stack_depth = info->stack_depth,
		.func_type_id = info->func_type_id,
		.name = vrf_subprog_name(env, inst->subprog),
		.is_cb = info->is_cb,
		.is_async_cb = info->is_async_cb,
		.is_exception_cb = info->is_exception_cb,
		.is_global = subprog_is_global(env, inst->subprog),
		.copy = copy->nr,
		.copies = copy->of,
		.place = inst->place,
	};
}

/* Without the copies of which nothing is left; *exception: the index of the callback, -1: none. */
static struct prog_subprog *make_subprogs(const struct bpf_verifier_env *env, u32 *nr,
					  s32 *exception)
{
	struct prog_subprog *subs = calloc(env->nr_copies, sizeof(*subs));
	u32 n = 0;

	*exception = -1;
	for (u32 i = 0; subs && i < env->nr_copies; i++) {
		if (!env->copies[i].len)
			continue;
		subs[n] = describe_copy(env, &env->copies[i]);
		if (subs[n].is_exception_cb)
			*exception = n;
		n++;
	}
	*nr = n;
	return subs;
}

static struct btf_record **take_records(struct bpf_verifier_env *env, u32 *nr)
{
	struct btf_record **recs = calloc(env->nr_struct_records + 1, sizeof(*recs));

	*nr = 0;
	for (u32 i = 0; recs && i < env->nr_struct_records; i++)
		if (env->struct_records[i].rec)
			recs[(*nr)++] = env->struct_records[i].rec;
	return recs;
}

/* In step with the functions; there were as many records as functions, or none. */
static struct prog_func_info *make_func_info(const struct prog_subprog *subs, u32 nr)
{
	struct prog_func_info *info = calloc(nr, sizeof(*info));

	for (u32 i = 0; info && i < nr; i++)
		info[i] = (struct prog_func_info){ subs[i].start, subs[i].func_type_id };
	return info;
}

int vrf_commit(struct bpf_verifier_env *env)
{
	struct bpf_prog *prog = env->prog;
	struct bpf_map **maps = calloc(env->used_map_cnt + 1, sizeof(*maps));
	struct prog_func_info *funcs;
	struct prog_subprog *subs;
	struct btf_record **recs;
	u32 nr_recs, nr_subs;
	s32 exception;

	recs = take_records(env, &nr_recs);
	subs = make_subprogs(env, &nr_subs, &exception);
	funcs = subs ? make_func_info(subs, nr_subs) : NULL;
	if (!subs || !maps || !recs || !funcs) {
		free(subs);
		free(funcs);
		free(maps);
		free(recs);
		return -ENOMEM;
	}
	/* nothing can fail from here on: what env owned is the program's */
	memcpy(maps, env->used_maps, env->used_map_cnt * sizeof(*maps));
	prog->used_maps = maps;
	prog->nr_used_maps = env->used_map_cnt;
	env->used_map_cnt = 0;
	prog->records = recs;
	prog->nr_records = nr_recs;
	env->nr_struct_records = 0;
	prog->insns = env->insns;
	prog->len = env->len;
	env->insns = NULL;
	prog->orig_of = env->orig_of;
	env->orig_of = NULL;
	prog->targets = env->targets;
	prog->nr_targets = env->nr_targets;
	env->targets = NULL;
	prog->subprogs = subs;
	prog->nr_subprogs = nr_subs;
	if (env->new_line_info) {
		free(prog->line_info);
		prog->line_info = env->new_line_info;
		prog->nr_line_info = env->nr_new_line_info;
		env->new_line_info = NULL;
	}
	if (prog->nr_func_info) {
		free(prog->func_info);
		prog->func_info = funcs;
		prog->nr_func_info = nr_subs;
	} else {
		free(funcs);
	}
	prog->max_stack = env->max_stack_depth;
	prog->max_frames = env->max_frames;
	prog->exception_cb = exception;
	prog->verified_insns = env->insn_processed;
	return 0;
}

int verifier_check(struct bpf_prog *prog, const struct verifier_opts *opts, struct verifier_log *log)
{
	struct bpf_verifier_env *env;
	int err, log_err;

	if (!prog->orig_len)
		return -E2BIG;
	err = env_create(prog, opts, log, &env);
	if (err)
		return err;
	err = check_all(env);
	print_stats(env);
	fill_result(env);
	log_err = env->log.level ? vrf_log_finish(&env->log, log) : 0;
	/* Linux says -ENOSPC even for a program that is fine */
	if (!log_err && log->truncated)
		log_err = -ENOSPC;
	if (log_err)
		err = log_err;
	if (!err)
		err = vrf_commit(env);
	env_destroy(env);
	return err;
}
