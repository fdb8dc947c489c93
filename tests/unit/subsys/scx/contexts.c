/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who may call what. The table below was written from the verdicts measured on
 * a booted 6.12, not from kfuncs.def: what Linux aborts at run time is refused.
 */
#include "csched.h"

/*
 * One column per context, in the order of contexts.def:
 *
 *	s select_cpu  e enqueue  d dispatch  r cpu_release  t task op  q CPU op
 *	Q dump_cpu, dump_task  D dump  u unlocked  U unlocked, sleepable  x exit
 *	m cgroup_move  T timer  W workqueue  S syscall  R tracing  f foreign
 *	. a context that 6.12 has not
 */
static const char columns[] = "sedrtqQDuUxmTW.....SRf";

static const struct {
	const char *kfunc, *legal;
} expected[] = {
	{ "scx_bpf_select_cpu_dfl", "s" },
	{ "scx_bpf_dispatch", "sed" },
	{ "scx_bpf_dispatch_vtime", "sed" },
	{ "scx_bpf_dispatch_nr_slots", "d" },
	{ "scx_bpf_dispatch_cancel", "d" },
	{ "scx_bpf_consume", "d" },
	{ "scx_bpf_dispatch_from_dsq_set_slice", "sedrtqQDuUxmTWSf" },
	{ "scx_bpf_dispatch_from_dsq_set_vtime", "sedrtqQDuUxmTWSf" },
	{ "scx_bpf_dispatch_from_dsq", "dDuUxTWSf" },
	{ "scx_bpf_dispatch_vtime_from_dsq", "dDuUxTWSf" },
	{ "scx_bpf_reenqueue_local", "r" },
	{ "scx_bpf_create_dsq", "uUxWSf" },
	{ "scx_bpf_kick_cpu", "*" },
	{ "scx_bpf_dsq_nr_queued", "*" },
	{ "scx_bpf_destroy_dsq", "*" },
	{ "bpf_iter_scx_dsq_new", "*" },
	{ "bpf_iter_scx_dsq_next", "*" },
	{ "bpf_iter_scx_dsq_destroy", "*" },
	{ "scx_bpf_exit_bstr", "*" },
	{ "scx_bpf_error_bstr", "*" },
	{ "scx_bpf_dump_bstr", "QD" },
	{ "scx_bpf_cpuperf_cap", "*" },
	{ "scx_bpf_cpuperf_cur", "*" },
	{ "scx_bpf_cpuperf_set", "*" },
	{ "scx_bpf_nr_cpu_ids", "*" },
	{ "scx_bpf_get_possible_cpumask", "*" },
	{ "scx_bpf_get_online_cpumask", "*" },
	{ "scx_bpf_put_cpumask", "*" },
	{ "scx_bpf_get_idle_cpumask", "*" },
	{ "scx_bpf_get_idle_smtmask", "*" },
	{ "scx_bpf_put_idle_cpumask", "*" },
	{ "scx_bpf_test_and_clear_cpu_idle", "*" },
	{ "scx_bpf_pick_idle_cpu", "*" },
	{ "scx_bpf_pick_any_cpu", "*" },
	{ "scx_bpf_task_running", "*" },
	{ "scx_bpf_task_cpu", "*" },
	{ "scx_bpf_cpu_rq", "*" },
	{ "scx_bpf_task_cgroup", "set" },
};

static const struct kfunc_row *find_row(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->scx->kfuncs.nr_rows; i++)
		if (!strcmp(w->scx->kfuncs.rows[i].name, name))
			return &w->scx->kfuncs.rows[i];
	fail_msg("no row for %s", name);
	return NULL;
}

static bool legal(const struct kfunc_row *row, u32 context)
{
	for (u32 i = 0; i < KFUNC_MAX_CASES && row->cases[i].fn; i++)
		if (row->cases[i].contexts >> context & 1)
			return true;
	return false;
}

static void verdicts(void **state)
{
	struct world *w = world_new(1);

	assert_int_equal(strlen(columns), SCX_NR_CONTEXTS);
	assert_int_equal(ARRAY_SIZE(expected), 38);
	assert_int_equal(w->scx->kfuncs.nr_rows, 38);
	for (u32 i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct kfunc_row *row = find_row(w, expected[i].kfunc);

		for (u32 c = 0; c < SCX_NR_CONTEXTS; c++) {
			bool want = columns[c] != '.' &&
				    (expected[i].legal[0] == '*' ||
				     strchr(expected[i].legal, columns[c]));

			if (legal(row, c) != want)
				fail_msg("%s in %s", row->name, scx_context_names[c]);
		}
	}
	world_free(w);
}

/* BTF with one type: struct task_struct {}. */
static struct kbtf *tiny_btf(void)
{
	static const char strings[] = "\0task_struct";
	struct {
		struct btf_header h;
		struct btf_type t;
		char strings[sizeof(strings)];
	} raw = {
		.h = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(raw.h),
		       .type_len = sizeof(raw.t), .str_off = sizeof(raw.t),
		       .str_len = sizeof(strings) },
		.t = { .name_off = 1, .info = BTF_KIND_STRUCT << 24 },
	};
	struct kbtf *b = NULL;

	memcpy(raw.strings, strings, sizeof(strings));
	assert_int_equal(kbtf_parse(&raw, offsetof(typeof(raw), strings) + sizeof(strings), false,
				    NULL, &b), 0);
	return b;
}

static const char *impl(struct world *w, const char *kfunc, const char *member, bool sleepable,
			enum call_place place, s8 ctx_arg)
{
	const struct kfunc_row *row = find_row(w, kfunc);
	struct kbtf *btf = tiny_btf();
	struct kfunc_arg args[5] = { { .btf = btf, .btf_id = 1, .ctx_arg = ctx_arg } };
	struct call_site site = {
		.prog_type = BPF_PROG_TYPE_STRUCT_OPS,
		.st_ops = &w->scx->type,
		.sleepable = sleepable,
		.place = place,
	};
	struct kfunc_query q = { .site = &site, .row = row, .args = args, .nr_args = 1 };
	int idx;

	while (strcmp(w->scx->type.members[site.member].name, member))
		assert_true(++site.member < w->scx->type.nr_members);
	q.context = scx_context_of(w->scx, &site);
	idx = scx_resolve_kfunc(w->scx, &q, NULL);
	kbtf_put(btf);
	return idx < 0 ? "refused" : row->cases[idx].fn_name;
}

static void polymorphism(void **state)
{
	struct world *w = world_new(1);

	assert_string_equal(impl(w, "scx_bpf_dispatch", "enqueue", false, CALL_IN_MAIN, 0),
			    "scx_kf_dispatch_direct");
	assert_string_equal(impl(w, "scx_bpf_dispatch", "dispatch", false, CALL_IN_MAIN, -1),
			    "scx_kf_dispatch_buffered");
	assert_string_equal(impl(w, "scx_bpf_dispatch", "dispatch", false, CALL_IN_TIMER_CB, -1),
			    "refused");
	assert_string_equal(impl(w, "scx_bpf_dispatch", "running", false, CALL_IN_MAIN, 0),
			    "refused");
	assert_string_equal(
		impl(w, "scx_bpf_dispatch_from_dsq", "dispatch", false, CALL_IN_MAIN, -1),
		"scx_kf_from_dsq_in_balance");
	assert_string_equal(
		impl(w, "scx_bpf_dispatch_from_dsq", "dispatch", false, CALL_IN_TIMER_CB, -1),
		"scx_kf_from_dsq_unlocked");
	assert_string_equal(
		impl(w, "scx_bpf_dispatch_from_dsq", "dispatch", false, CALL_IN_EXCEPTION_CB, -1),
		"scx_kf_from_dsq_in_balance");
	assert_string_equal(
		impl(w, "scx_bpf_dispatch_from_dsq", "cgroup_move", false, CALL_IN_MAIN, -1),
		"refused");
	assert_string_equal(
		impl(w, "scx_bpf_dispatch_from_dsq", "init_task", true, CALL_IN_MAIN, -1),
		"scx_kf_from_dsq_unlocked");
	assert_string_equal(impl(w, "scx_bpf_create_dsq", "dispatch", false, CALL_IN_TIMER_CB, -1),
			    "refused");
	world_free(w);
}

/* The op's own task needs no check at run time; another one may be the same. */
static void provenance(void **state)
{
	struct world *w = world_new(1);

	assert_string_equal(impl(w, "scx_bpf_task_cgroup", "enqueue", false, CALL_IN_MAIN, 0),
			    "scx_kf_task_cgroup");
	assert_string_equal(impl(w, "scx_bpf_task_cgroup", "yield", false, CALL_IN_MAIN, 1),
			    "scx_kf_task_cgroup");
	assert_string_equal(impl(w, "scx_bpf_task_cgroup", "enqueue", false, CALL_IN_MAIN, -1),
			    "scx_kf_task_cgroup_checked");
	assert_string_equal(impl(w, "scx_bpf_task_cgroup", "dispatch", false, CALL_IN_MAIN, 1),
			    "refused");
	world_free(w);
}

static void sites(void **state)
{
	struct world *w = world_new(1);
	struct st_ops_type other = { .name = "dummy_ops" };
	struct call_site site = { .prog_type = BPF_PROG_TYPE_SYSCALL };

	assert_int_equal(scx_context_of(w->scx, &site), SCX_IN_SYSCALL);
	site.prog_type = BPF_PROG_TYPE_TRACING;
	assert_int_equal(scx_context_of(w->scx, &site), SCX_IN_TRACING);
	site.prog_type = BPF_PROG_TYPE_XDP;
	assert_int_equal(scx_context_of(w->scx, &site), 0);
	assert_false(scx_kfuncs_visible(&site));
	site.prog_type = BPF_PROG_TYPE_STRUCT_OPS;
	site.st_ops = &other;
	assert_int_equal(scx_context_of(w->scx, &site), SCX_IN_FOREIGN);
	site.st_ops = &w->scx->type;
	site.member = SCX_OP_init;
	assert_int_equal(scx_context_of(w->scx, &site), SCX_IN_UNLOCKED);
	site.sleepable = true;
	assert_int_equal(scx_context_of(w->scx, &site), SCX_IN_UNLOCKED_SLEEPABLE);
	site.member = SCX_NR_OPS;
	assert_int_equal(scx_context_of(w->scx, &site), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(polymorphism),
		cmocka_unit_test(provenance),
		cmocka_unit_test(sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
