/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verifier_check(): the phases in order, and the hand-over of what they made.
 * Everything that a run allocates hangs on struct bpf_verifier_env, so there is
 * one place that frees it, however far the run came.
 */
#include <stdlib.h>

#include "verifier/log.h"
#include "verifier/main.h"
#include "verifier/states.h"

void verifier_result_fini(struct verifier_result *r)
{
	if (!r)
		return;
	free(r->calls);
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
	for (u32 i = 0; i < env->len; i++) {
		env->insn_aux_data[i].orig_idx = i;
		env->insn_aux_data[i].target = VRF_NO_TARGET;
	}
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
		err = vrf_check_attach_btf_id(env);
	return err;
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
	if (!err)
		err = vrf_check_max_stack_depth(env);
	return err ? err : vrf_fixup(env);
}

static void print_stats(struct bpf_verifier_env *env)
{
	if (env->log.level & BPF_LOG_STATS) {
		/* wall-clock time would make logs differ from run to run */
		verbose(env, "verification time 0 usec\n");
		verbose(env, "stack depth ");
		for (u32 i = 0; i < env->subprog_cnt; i++)
			verbose(env, "%s%d", i ? "+" : "", env->subprog_info[i].stack_depth);
		verbose(env, "\n");
	}
	verbose(env, "processed %d insns (limit %d) max_states_per_insn %d total_states %d "
		     "peak_states %d mark_read %d\n",
		env->insn_processed, env->insn_limit, env->max_states_per_insn, env->total_states,
		env->peak_states, env->longest_mark_read_walk);
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

static struct prog_subprog *make_subprogs(const struct bpf_verifier_env *env)
{
	struct prog_subprog *subs = calloc(env->subprog_cnt, sizeof(*subs));

	for (u32 i = 0; subs && i < env->subprog_cnt; i++) {
		const struct bpf_subprog_info *info = &env->subprog_info[i];

		subs[i] = (struct prog_subprog){
			.start = info->start,
			.len = info[1].start - info->start,
			.stack_depth = info->stack_depth,
			.func_type_id = info->func_type_id,
			.name = vrf_subprog_name(env, i),
			.is_cb = info->is_cb,
			.is_async_cb = info->is_async_cb,
			.is_exception_cb = info->is_exception_cb,
			.is_global = subprog_is_global(env, i),
		};
	}
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

/* In step with the functions that are left; there were as many records as functions, or none. */
static void move_func_info(const struct bpf_verifier_env *env)
{
	struct bpf_prog *prog = env->prog;

	for (u32 i = 0; prog->nr_func_info && i < env->subprog_cnt; i++) {
		prog->func_info[i].insn_off = env->subprog_info[i].start;
		prog->func_info[i].type_id = env->subprog_info[i].func_type_id;
	}
	if (prog->nr_func_info)
		prog->nr_func_info = env->subprog_cnt;
}

int vrf_commit(struct bpf_verifier_env *env)
{
	struct bpf_prog *prog = env->prog;
	struct prog_subprog *subs = make_subprogs(env);
	struct bpf_map **maps = calloc(env->used_map_cnt + 1, sizeof(*maps));
	struct btf_record **recs;
	u32 nr_recs;

	recs = take_records(env, &nr_recs);
	if (!subs || !maps || !recs) {
		free(subs);
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
	prog->nr_subprogs = env->subprog_cnt;
	if (env->new_line_info) {
		free(prog->line_info);
		prog->line_info = env->new_line_info;
		prog->nr_line_info = env->nr_new_line_info;
		env->new_line_info = NULL;
	}
	move_func_info(env);
	prog->max_stack = env->max_stack_depth;
	prog->max_frames = env->max_frames;
	prog->exception_cb = env->exception_callback_subprog ? env->exception_callback_subprog : -1;
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
