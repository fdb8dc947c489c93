/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The registry's refusals, and what a call site resolves to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../btf_bytes.h"
#include "calls/calls.h"

enum { CTX_SELECT = 1, CTX_DISPATCH = 2, CTX_TIMER = 4 };
static const char *const contexts[] = { "select", "dispatch", "timer" };

static void direct(void) {}
static void buffered(void) {}
static void other(void) {}

/* struct toy_ops { int (*select)(int); void (*dispatch)(int); u32 flags; } and its value */
static struct kbtf *kernel_btf(void)
{
	struct btf_bytes b = { 0 };
	struct kbtf *btf;
	u32 i, p_int, p_void, ops, common;

	i = bb_int(&b, "int", 4, true); /* 1 */
	p_int = bb_proto(&b, i, 1);	/* 2 */
	bb_arg(&b, "cpu", i);
	p_void = bb_proto(&b, 0, 1); /* 3 */
	bb_arg(&b, "cpu", i);
	bb_ptr(&b, p_int);		  /* 4 */
	bb_ptr(&b, p_void);		  /* 5 */
	ops = bb_struct(&b, "toy_ops", 24, 3); /* 6 */
	bb_member(&b, "select", 4, 0);
	bb_member(&b, "dispatch", 5, 8);
	bb_member(&b, "flags", i, 16);
	common = bb_struct(&b, "bpf_struct_ops_common_value", 8, 2); /* 7 */
	bb_member(&b, "refcnt", i, 0);
	bb_member(&b, "state", i, 4);
	bb_struct(&b, "bpf_struct_ops_toy_ops", 64, 2); /* 8 */
	bb_member(&b, "common", common, 0);
	bb_member(&b, "data", ops, 8);
	bb_func(&b, "toy_insert", p_int);	 /* 9 */
	bb_func(&b, "toy_insert_slow", p_int);	 /* 10 */
	bb_func(&b, "toy_consume", p_void);	 /* 11 */
	ops = bb_struct(&b, "other_ops", 8, 1);	 /* 12 */
	bb_member(&b, "act", 5, 0);
	bb_struct(&b, "bpf_struct_ops_other_ops", 64, 2); /* 13 */
	bb_member(&b, "common", common, 0);
	bb_member(&b, "data", ops, 8);
	assert_int_equal(kbtf_parse(b.out, bb_end(&b), true, NULL, &btf), 0);
	return btf;
}

static int init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
		       void *kdata, const void *udata)
{
	return 0;
}

static int reg(void *priv, struct st_ops_value *v, struct err_msg *e)
{
	return 0;
}

static void unreg(void *priv, struct st_ops_value *v) {}

static const struct st_ops_member members[] = {
	{ "select", ST_OPS_SLEEPABLE, 0 },
	{ "dispatch", 0, 0 },
};
static const struct st_ops_type toy = {
	.name = "toy_ops", .members = members, .nr_members = 2,
	.init_member = init_member, .reg = reg, .unreg = unreg,
};

static u64 context_of(void *priv, const struct call_site *s)
{
	if (s->place == CALL_IN_TIMER_CB)
		return CTX_TIMER;
	if (s->st_ops != &toy)
		return 0;
	return s->member ? CTX_DISPATCH : CTX_SELECT;
}

static u64 of_other_type(void *priv, const struct call_site *s)
{
	return s->st_ops == &toy ? 0 : CTX_SELECT;
}

static u64 any_context(void *priv, const struct call_site *s)
{
	return s->member ? CTX_DISPATCH : CTX_SELECT;
}

static bool visible(const struct call_site *s)
{
	return s->prog_type == BPF_PROG_TYPE_STRUCT_OPS;
}

#define CASE(ctx, f) { ctx, f, #f }
static const struct kfunc_row rows[] = {
	{ .name = "toy_insert", .flags = KF_RCU, .cases = { CASE(CTX_SELECT, direct), CASE(CTX_DISPATCH, buffered) } },
	{ .name = "toy_consume", .flags = 0, .cases = { CASE(CTX_DISPATCH, other) } },
};

static struct kfunc_set set_of(const struct kfunc_row *r, size_t n)
{
	return (struct kfunc_set){ .name = "toy", .rows = r, .nr_rows = n,
				   .context_names = contexts, .nr_contexts = 3, .priv = (void *)rows,
				   .context_of = context_of, .visible = visible, .st_ops = &toy };
}

struct lab {
	struct kbtf *btf;
	struct calls *c;
};

static int setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct err_msg e = { "" };

	l->btf = kernel_btf();
	assert_int_equal(calls_create(l->btf, &l->c), 0);
	assert_int_equal(calls_register_st_ops(l->c, &toy, &e), 0);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;

	calls_destroy(l->c);
	kbtf_put(l->btf);
	free(l);
	return 0;
}

static struct call_site site(u32 member, enum call_place place)
{
	return (struct call_site){ .prog_type = BPF_PROG_TYPE_STRUCT_OPS, .st_ops = &toy,
				   .member = member, .member_name = members[member].name,
				   .place = place };
}

static void resolves_by_context(void **state)
{
	struct lab *l = *state;
	struct kfunc_set set = set_of(rows, 2);
	struct call_site sel = site(0, CALL_IN_MAIN), dsp = site(1, CALL_IN_MAIN);
	struct call_site timer = site(1, CALL_IN_TIMER_CB), kprobe = { .prog_type = BPF_PROG_TYPE_KPROBE };
	struct call_target t;
	struct err_msg e = { "" };

	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 9, NULL, NULL, &t, &e), 0);
	assert_ptr_equal(t.fn, direct);
	assert_string_equal(t.fn_name, "direct");
	assert_ptr_equal(t.implicit, rows);
	assert_int_equal(t.nr_args, 1);
	assert_int_equal(t.ret_size, 4);
	assert_true(t.ret_signed);
	assert_int_equal(t.context, 0);
	assert_int_equal(calls_resolve_kfunc(l->c, &dsp, 9, NULL, NULL, &t, &e), 0);
	assert_ptr_equal(t.fn, buffered);
	/* a timer callback inside dispatch is not dispatch */
	assert_int_equal(calls_resolve_kfunc(l->c, &timer, 9, NULL, NULL, &t, &e), -EACCES);
	assert_string_equal(e.text, "toy_insert() may not be called from timer, only from: "
				    "select, dispatch");
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 11, NULL, NULL, &t, &e), -EACCES);
	assert_string_equal(e.text, "toy_consume() may not be called from select, only from: "
				    "dispatch");
	assert_int_equal(calls_resolve_kfunc(l->c, &dsp, 11, NULL, NULL, &t, &e), 0);
	assert_int_equal(t.ret_size, 0);
	assert_null(calls_find_kfunc(l->c, &kprobe, 9, NULL));
	assert_ptr_equal(calls_find_kfunc(l->c, &sel, 9, NULL), &rows[0]);
	assert_int_equal(calls_resolve_kfunc(l->c, &kprobe, 9, NULL, NULL, &t, &e), -EACCES);
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 10, NULL, NULL, &t, &e), -EACCES);
}

static void refuses_bad_rows(void **state)
{
	static const struct kfunc_row overlap[] = {
		{ .name = "toy_insert", .flags = 0, .cases = { CASE(3, direct), CASE(CTX_DISPATCH, buffered) } },
	};
	static const struct kfunc_row unknown[] = { { .name = "toy_nothing", .flags = 0, .cases = { CASE(1, direct) } } };
	static const struct kfunc_row empty[] = { { .name = "toy_insert" } };
	static const struct kfunc_row twice[] = {
		{ .name = "toy_insert", .flags = 0, .cases = { CASE(1, direct) } },
		{ .name = "toy_insert", .flags = 0, .cases = { CASE(2, direct) } },
	};
	const struct { const struct kfunc_row *r; size_t n; const char *words; } cases[] = {
		{ overlap, 1, "toy_insert: case 1 overlaps" },
		{ unknown, 1, "toy_nothing: no such FUNC" },
		{ empty, 1, "toy_insert: no implementation" },
		{ twice, 2, "toy_insert: declared twice" },
	};
	struct lab *l = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kfunc_set set = set_of(cases[i].r, cases[i].n);
		struct err_msg e = { "" };

		assert_int_equal(calls_register_kfuncs(l->c, &set, &e), -EINVAL);
		if (!strstr(e.text, cases[i].words))
			fail_msg("%s", e.text);
		assert_null(calls_find_kfunc(l->c, NULL, 9, NULL)); /* nothing is left */
	}
}

static void refuses_cycles(void **state)
{
	/* select -> insert -> dispatch -> consume -> select */
	static const struct kfunc_row cycle[] = {
		{ .name = "toy_insert", .flags = 0, .cases = { CASE(CTX_SELECT, direct) }, .invokes = "dispatch" },
		{ .name = "toy_consume", .flags = 0, .cases = { CASE(CTX_DISPATCH, other) }, .invokes = "select" },
	};
	static const struct kfunc_row line[] = {
		{ .name = "toy_insert", .flags = 0, .cases = { CASE(CTX_SELECT, direct) }, .invokes = "dispatch" },
		{ .name = "toy_consume", .flags = 0, .cases = { CASE(CTX_DISPATCH, other) } },
	};
	struct lab *l = *state;
	struct kfunc_set set = set_of(cycle, 2);
	struct err_msg e = { "" };

	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), -EINVAL);
	assert_string_equal(e.text, "toy: callbacks may nest without end: select -> toy_insert -> "
				    "dispatch -> toy_consume -> select");
	set.st_ops = NULL;
	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), -EINVAL);
	set = set_of(line, 2);
	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);
}

/* Each of them is sound by itself. */
static void refuses_cycles_of_two_sets(void **state)
{
	static const struct kfunc_row one[] = {
		{ .name = "toy_insert", .cases = { CASE(CTX_SELECT, direct) }, .invokes = "dispatch" },
	};
	static const struct kfunc_row two[] = {
		{ .name = "toy_consume", .cases = { CASE(CTX_DISPATCH, other) }, .invokes = "select" },
	};
	struct kfunc_set first = set_of(one, 1), second = set_of(two, 1);
	struct lab *l = *state;
	struct err_msg e = { "" };

	second.name = "second";
	assert_int_equal(calls_register_kfuncs(l->c, &first, &e), 0);
	assert_int_equal(calls_register_kfuncs(l->c, &second, &e), -EINVAL);
	assert_string_equal(e.text, "second: callbacks may nest without end: select -> toy_insert "
				    "-> dispatch -> toy_consume -> select");
	assert_null(calls_find_kfunc(l->c, NULL, 11, NULL));
	second.cycles_by_value = true;
	assert_int_equal(calls_register_kfuncs(l->c, &second, &e), 0);
}

/* A callback of one type may call what invokes the other's, and the other way round. */
static void refuses_cycles_of_two_types(void **state)
{
	static const struct st_ops_member act[] = { { "act", 0, 0 } };
	static const struct st_ops_type other_ops = {
		.name = "other_ops", .members = act, .nr_members = 1,
		.init_member = init_member, .reg = reg, .unreg = unreg,
	};
	static const struct kfunc_row one[] = {
		{ .name = "toy_insert", .cases = { CASE(~0ULL, direct) }, .invokes = "select" },
	};
	static const struct kfunc_row two[] = {
		{ .name = "toy_consume", .cases = { CASE(~0ULL, other) }, .invokes = "act" },
	};
	struct kfunc_set first = set_of(one, 1), second = set_of(two, 1);
	struct lab *l = *state;
	struct err_msg e = { "" };

	/* what invokes its own callers can't be sound: each is for the other type only */
	first.context_of = of_other_type;
	second.context_of = context_of;
	second.st_ops = &other_ops;
	assert_int_equal(calls_register_st_ops(l->c, &other_ops, &e), 0);
	assert_int_equal(calls_register_kfuncs(l->c, &first, &e), 0);
	assert_int_equal(calls_register_kfuncs(l->c, &second, &e), -EINVAL);
	assert_string_equal(e.text, "toy: callbacks may nest without end: toy_ops.select -> "
				    "toy_consume -> act -> toy_insert -> toy_ops.select");
}

static struct bpf_prog *const some_prog = (struct bpf_prog *)&members;

/* The hook of the proposal: another id, none, a refusal. */
static s32 to_slow(const struct btf_type *t, const struct btf_member *m, struct bpf_prog *prog,
		   u32 id)
{
	assert_ptr_equal(prog, some_prog);
	assert_int_equal(kbtf_vlen(t), 3);
	if (m == kbtf_members(t) + 1)
		return 0;
	assert_ptr_equal(m, kbtf_members(t));
	return id == 9 ? 10 : id == 11 ? -EPERM : 0;
}

static s32 to_itself(const struct btf_type *t, const struct btf_member *m, struct bpf_prog *prog,
		     u32 id)
{
	return id;
}

static s32 to_another_shape(const struct btf_type *t, const struct btf_member *m,
			    struct bpf_prog *prog, u32 id)
{
	return 11;
}

static s32 to_no_kfunc(const struct btf_type *t, const struct btf_member *m,
		       struct bpf_prog *prog, u32 id)
{
	return 6;
}

static s32 to_other_flags(const struct btf_type *t, const struct btf_member *m,
			  struct bpf_prog *prog, u32 id)
{
	return 10;
}

static void register_with_hook(struct lab *l, struct st_ops_type *type, const struct kfunc_set *set)
{
	struct err_msg e = { "" };

	calls_destroy(l->c);
	assert_int_equal(calls_create(l->btf, &l->c), 0);
	assert_int_equal(calls_register_st_ops(l->c, type, &e), 0);
	assert_int_equal(calls_register_kfuncs(l->c, set, &e), 0);
}

static bool hidden(const struct call_site *s)
{
	return false;
}

static void relocates(void **state)
{
	static const struct kfunc_row r[] = {
		{ .name = "toy_insert", .cases = { CASE(3, direct) } },
		{ .name = "toy_consume", .cases = { CASE(3, other) } },
	};
	static const struct kfunc_row slow[] = {
		{ .name = "toy_insert_slow", .cases = { CASE(1, buffered) } },
	};
	struct lab *l = *state;
	struct st_ops_type type = toy;
	struct kfunc_set set = set_of(r, 2), of_hidden = set_of(slow, 1);
	struct call_site sel = site(0, CALL_IN_MAIN), dsp = site(1, CALL_IN_MAIN);
	struct call_target t;
	struct err_msg e = { "" };

	set.context_of = of_hidden.context_of = any_context;
	set.st_ops = of_hidden.st_ops = sel.st_ops = dsp.st_ops = &type;
	of_hidden.name = "toy hidden";
	of_hidden.visible = hidden;
	type.kfunc_validate_reloc = to_slow;
	register_with_hook(l, &type, &set);
	assert_int_equal(calls_register_kfuncs(l->c, &of_hidden, &e), 0);
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 9, NULL, some_prog, &t, &e), 0);
	assert_ptr_equal(t.fn, buffered);
	assert_string_equal(t.name, "toy_insert");
	assert_int_equal(t.id, 9);
	assert_int_equal(t.row_id, 10);
	/* 0: as it is */
	assert_int_equal(calls_resolve_kfunc(l->c, &dsp, 9, NULL, some_prog, &t, &e), 0);
	assert_ptr_equal(t.fn, direct);
	/* < 0 refuses with that errno */
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 11, NULL, some_prog, &t, &e), -EPERM);
	assert_string_equal(e.text, "toy_consume() is refused in select by toy_ops's relocation hook");
	/* what is hidden may be relocated to, not called */
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 10, NULL, some_prog, &t, &e), -EACCES);
	/* without a program the tables decide */
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 9, NULL, NULL, &t, &e), 0);
	assert_ptr_equal(t.fn, direct);
	type.kfunc_validate_reloc = to_itself;
	assert_int_equal(calls_resolve_kfunc(l->c, &sel, 9, NULL, some_prog, &t, &e), 0);
	assert_ptr_equal(t.fn, direct);
}

static void refuses_bad_relocations(void **state)
{
	static const struct kfunc_row r[] = {
		{ .name = "toy_insert", .cases = { CASE(3, direct) } },
		{ .name = "toy_insert_slow", .flags = KF_RCU, .cases = { CASE(3, buffered) } },
		{ .name = "toy_consume", .cases = { CASE(3, other) } },
	};
	struct lab *l = *state;
	struct st_ops_type type = toy;
	struct kfunc_set set = set_of(r, 3);
	struct call_site s = site(0, CALL_IN_MAIN);
	struct call_target t;
	struct err_msg e = { "" };

	set.context_of = any_context;
	set.st_ops = s.st_ops = &type;
	register_with_hook(l, &type, &set);
	type.kfunc_validate_reloc = to_another_shape;
	assert_int_equal(calls_resolve_kfunc(l->c, &s, 9, NULL, some_prog, &t, &e), -EINVAL);
	assert_string_equal(e.text, "toy_ops: toy_consume() is not of the same kind as toy_insert()");
	type.kfunc_validate_reloc = to_other_flags;
	assert_int_equal(calls_resolve_kfunc(l->c, &s, 9, NULL, some_prog, &t, &e), -EINVAL);
	type.kfunc_validate_reloc = to_no_kfunc;
	assert_int_equal(calls_resolve_kfunc(l->c, &s, 9, NULL, some_prog, &t, &e), -EINVAL);
	assert_string_equal(e.text, "toy_ops: the relocation hook turns toy_insert() into id 6, no "
				    "kfunc");
}

/* By argument: a constant 1 means the second case. */
static int by_arg(void *priv, const struct kfunc_query *q, struct err_msg *e)
{
	if (!q->args[0].is_const)
		return err_set(e, -EACCES, "say which");
	return q->args[0].value;
}

static void resolves_by_argument(void **state)
{
	static const struct kfunc_row r[] = {
		{ .name = "toy_insert", .flags = 0, .cases = { CASE(1, direct), CASE(1, buffered), CASE(2, other) } },
	};
	struct kfunc_arg args[5] = { { .is_const = true, .value = 1 } };
	struct lab *l = *state;
	struct kfunc_set set = set_of(r, 1);
	struct call_site s = site(0, CALL_IN_MAIN);
	struct call_target t;
	struct err_msg e = { "" };

	set.resolve = by_arg;
	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);
	assert_int_equal(calls_resolve_kfunc(l->c, &s, 9, args, NULL, &t, &e), 0);
	assert_ptr_equal(t.fn, buffered);
	args[0].value = 2; /* a case of other contexts */
	assert_int_equal(calls_resolve_kfunc(l->c, &s, 9, args, NULL, &t, &e), -EINVAL);
	args[0].is_const = false;
	assert_int_equal(calls_resolve_kfunc(l->c, &s, 9, args, NULL, &t, &e), -EACCES);
	assert_string_equal(e.text, "say which");
}

static void finds_struct_ops(void **state)
{
	static const struct st_ops_member bad_member[] = { { "absent", 0, 0 } };
	struct lab *l = *state;
	struct st_ops_type bad = toy;
	struct err_msg e = { "" };

	assert_int_equal(calls_st_ops_id(l->c, &toy), 6);
	assert_ptr_equal(calls_find_st_ops_by_value(l->c, 8), &toy);
	assert_null(calls_find_st_ops(l->c, 7));
	assert_ptr_equal(calls_st_ops_member(l->c, &toy, 1), &members[1]);
	assert_null(calls_st_ops_member(l->c, &toy, 2));
	assert_int_equal(calls_register_st_ops(l->c, &toy, &e), -EINVAL);
	calls_destroy(l->c);
	calls_create(l->btf, &l->c);
	bad.members = bad_member;
	bad.nr_members = 1;
	assert_int_equal(calls_register_st_ops(l->c, &bad, &e), -EINVAL);
	bad = toy;
	bad.name = "node_ops";
	assert_int_equal(calls_register_st_ops(l->c, &bad, &e), -EINVAL);
}

static u64 body(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return 0;
}

static void helpers_by_tier(void **state)
{
	static const struct helper_proto protos[] = {
		{ .name = "map_lookup_elem", .id = 1, .fn = body, .tier = HELPER_BASE },
		{ .name = "get_stackid", .id = 27, .fn = body, .tier = HELPER_TRACING },
		{ .name = "task_storage_get", .id = 156, .fn = body, .tier = HELPER_ST_OPS },
		{ .name = "not_built", .id = 200, .tier = HELPER_BASE },
	};
	struct call_site ops = site(0, CALL_IN_MAIN), kprobe = { .prog_type = BPF_PROG_TYPE_KPROBE };
	struct lab *l = *state;
	struct err_msg e = { "" };

	assert_int_equal(calls_register_helpers(l->c, protos, 4, &e), 0);
	assert_int_equal(calls_register_helpers(l->c, protos, 1, &e), -EINVAL);
	assert_ptr_equal(calls_resolve_helper(l->c, &ops, 1, &e), &protos[0]);
	assert_null(calls_resolve_helper(l->c, &ops, 27, &e));
	assert_ptr_equal(calls_resolve_helper(l->c, &kprobe, 27, &e), &protos[1]);
	assert_null(calls_resolve_helper(l->c, &ops, 156, &e));
	assert_null(calls_resolve_helper(l->c, &ops, 200, &e));
	assert_ptr_equal(calls_find_helper(l->c, 200), &protos[3]);
	assert_null(calls_find_helper(l->c, 5000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(resolves_by_context, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_cycles, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_cycles_of_two_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_cycles_of_two_types, setup, teardown),
		cmocka_unit_test_setup_teardown(relocates, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_relocations, setup, teardown),
		cmocka_unit_test_setup_teardown(resolves_by_argument, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_struct_ops, setup, teardown),
		cmocka_unit_test_setup_teardown(helpers_by_tier, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
