/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is decided of a whole struct_ops value, helper rules by context, and
 * what wrong declarations of either are told. Nesting is also held against a
 * search over all call stacks, on random graphs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../btf_bytes.h"
#include "base/rng.h"
#include "calls/calls.h"

#define NR_OPS 4
#define NR_KFUNCS 6
#define FIRST_KFUNC 9 /* BTF ids of k0, k1, ... */
#define FLAGS NR_OPS  /* member index */
#define SMALL (NR_OPS + 1)

struct toy_ops {
	void *cb[NR_OPS];
	u64 flags;
	u16 small;
};

static const char *const op_names[NR_OPS] = { "a", "b", "c", "d" };

static struct kbtf *kernel_btf(void)
{
	struct btf_bytes b = { 0 };
	struct kbtf *btf;
	u32 proto, ops, common, i32, i64, i16;

	i32 = bb_int(&b, "int", 4, true);		   /* 1 */
	i64 = bb_int(&b, "u64", 8, false);		   /* 2 */
	i16 = bb_int(&b, "u16", 2, false);		   /* 3 */
	proto = bb_proto(&b, i32, 0);			   /* 4 */
	bb_ptr(&b, proto);				   /* 5 */
	ops = bb_struct(&b, "toy_ops", sizeof(struct toy_ops), NR_OPS + 2); /* 6 */
	for (u32 i = 0; i < NR_OPS; i++)
		bb_member(&b, op_names[i], 5, 8 * i);
	bb_member(&b, "flags", i64, offsetof(struct toy_ops, flags));
	bb_member(&b, "small", i16, offsetof(struct toy_ops, small));
	common = bb_struct(&b, "bpf_struct_ops_common_value", 8, 2); /* 7 */
	bb_member(&b, "refcnt", i32, 0);
	bb_member(&b, "state", i32, 4);
	bb_struct(&b, "bpf_struct_ops_toy_ops", 8 + sizeof(struct toy_ops), 2); /* 8 */
	bb_member(&b, "common", common, 0);
	bb_member(&b, "data", ops, 8);
	for (u32 i = 0; i < NR_KFUNCS; i++) {
		char name[3] = { 'k', '0' + i };

		bb_func(&b, name, proto);
	}
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
static void body(void) {}

static const struct st_ops_member members[NR_OPS] = {
	{ "a", ST_OPS_SLEEPABLE, 0 }, { "b", 0, 0 }, { "c", 0, 0 }, { "d", 0, 0 },
};
static const struct st_ops_type toy = {
	.name = "toy_ops", .members = members, .nr_members = NR_OPS,
	.init_member = init_member, .reg = reg, .unreg = unreg,
};
static const struct st_ops_type other = { .name = "other_ops" };

static u64 context_of(void *priv, const struct call_site *s)
{
	return s->place == CALL_IN_TIMER_CB ? BIT(NR_OPS) : BIT(s->member);
}
static const char *const contexts[] = { "in a", "in b", "in c", "in d", "timer" };

struct lab {
	struct kbtf *btf;
	struct calls *c;
	struct toy_ops data;
	struct st_ops_view view;
};

static int setup(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct err_msg e = { "" };

	l->btf = kernel_btf();
	assert_int_equal(calls_create_for(l->btf, KERNEL_7_1, KFUNC_AT_LOAD, &l->c), 0);
	assert_int_equal(calls_register_st_ops(l->c, &toy, &e), 0);
	l->view = (struct st_ops_view){ .type = &toy, .btf = l->btf, .t = kbtf_type(l->btf, 6),
					.kdata = &l->data, .implemented = 0xf };
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

#define EVERYWHERE { { ~0ULL, body, "body" } }

static struct kfunc_set set_of(const struct kfunc_row *rows, size_t nr)
{
	return (struct kfunc_set){ .name = "toy", .rows = rows, .nr_rows = nr,
				   .context_names = contexts, .nr_contexts = 5,
				   .context_of = context_of, .st_ops = &toy,
				   .cycles_by_value = true };
}

static struct call_target target(u32 kfunc, u32 insn, u8 places, u64 needs)
{
	return (struct call_target){ .name = (const char *[]){ "k0", "k1", "k2", "k3", "k4",
							      "k5" }[kfunc],
				     .row_id = FIRST_KFUNC + kfunc, .insn = insn,
				     .places = places, .needs = needs };
}

static void profiles(void **state)
{
	struct lab *l = *state;
	struct calls *c = NULL;
	enum kernel_profile p;
	enum kfunc_resolution r;
	struct err_msg e = { "" };

	assert_int_equal(calls_profile(l->c), KERNEL_7_1);
	assert_int_equal(calls_resolution(l->c), KFUNC_AT_LOAD);
	assert_int_equal(calls_create_for(l->btf, KERNEL_7_1, KFUNC_AT_RUN, &c), -EINVAL);
	assert_null(c);
	assert_int_equal(calls_create_for(l->btf, KERNEL_6_12, KFUNC_AT_RUN, &c), 0);
	assert_int_equal(calls_resolution(c), KFUNC_AT_RUN);
	calls_destroy(c);
	for (u32 i = 0; i < NR_KERNEL_PROFILES; i++) {
		assert_int_equal(kernel_profile_parse(kernel_profile_name(i), &e, &p), 0);
		assert_int_equal(p, i);
	}
	for (u32 i = 0; i < NR_KFUNC_RESOLUTIONS; i++) {
		assert_int_equal(kfunc_resolution_parse(kfunc_resolution_name(i), &e, &r), 0);
		assert_int_equal(r, i);
	}
	assert_int_equal(kernel_profile_parse("6.13", &e, &p), -EINVAL);
	assert_non_null(strstr(e.text, "6.12 7.1 next"));
	assert_int_equal(kfunc_resolution_parse("never", &e, &r), -EINVAL);
	assert_int_equal(kfunc_resolution_check(KERNEL_NEXT, KFUNC_AT_RUN, &e), -EINVAL);
	assert_non_null(strstr(e.text, "not in next"));
}

static void reads_values_by_name(void **state)
{
	struct lab *l = *state;

	l->data.flags = 0x123456789a;
	l->data.small = 0xfff0;
	l->view.implemented = 2;
	assert_true(st_ops_has(&l->view, "b"));
	assert_false(st_ops_has(&l->view, "a"));
	assert_false(st_ops_has(&l->view, "sub_attach"));
	assert_int_equal(st_ops_u64(&l->view, "flags"), 0x123456789a);
	assert_int_equal(st_ops_u64(&l->view, "small"), 0xfff0);
	assert_int_equal(st_ops_u64(&l->view, "sub_flags"), 0);
}

/* ---- facts ---- */

static bool has_flag(void *priv, const struct kfunc_need *need, const struct st_ops_view *v)
{
	assert_ptr_equal(priv, &toy);
	return st_ops_u64(v, "flags") & need->arg;
}

static bool no_d(void *priv, const struct kfunc_need *need, const struct st_ops_view *v)
{
	return !st_ops_has(v, "d");
}

static const struct kfunc_need needs[] = {
	{ "TOY_KEEP in flags", has_flag, 1 },
	{ "TOY_MORE in flags", has_flag, 2 },
	{ "toy.d to be absent", no_d, 0 },
};

/* With a constant 7 the call needs more than its row says. */
static int resolve(void *priv, const struct kfunc_query *q, struct err_msg *e)
{
	if (q->args[0].is_const && q->args[0].value == 7)
		*q->needs |= BIT(1);
	return 0;
}

static void needs_of_calls(void **state)
{
	static const struct kfunc_row rows[] = {
		{ .name = "k0", .cases = EVERYWHERE, .needs = BIT(0) },
		{ .name = "k1", .cases = EVERYWHERE, .needs = BIT(2) },
	};
	struct lab *l = *state;
	struct kfunc_set set = set_of(rows, 2);
	struct kfunc_arg args[5] = { { .is_const = true, .value = 7 } };
	struct call_site site = { .prog_type = BPF_PROG_TYPE_STRUCT_OPS, .st_ops = &toy,
				  .member = 2, .member_name = "c", .insn = 33 };
	struct call_target t;
	struct value_call call = { 2, "prog_c", &t };
	struct err_msg e = { "" };

	set.priv = (void *)&toy;
	set.resolve = resolve;
	set.needs = needs;
	set.nr_needs = ARRAY_SIZE(needs);
	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);
	assert_int_equal(calls_resolve_kfunc(l->c, &site, FIRST_KFUNC, args, NULL, &t, &e), 0);
	assert_int_equal(t.insn, 33);
	assert_int_equal(t.places, BIT(CALL_IN_MAIN));
	assert_int_equal(calls_check_value(l->c, &l->view, &call, 1, &e), -EACCES);
	assert_string_equal(e.text, "toy_ops: program prog_c (c), insn 33: k0() needs TOY_KEEP in "
				    "flags");
	l->data.flags = 1;
	assert_int_equal(calls_check_value(l->c, &l->view, &call, 1, &e), -EACCES);
	assert_non_null(strstr(e.text, "needs TOY_MORE"));
	l->data.flags = 3;
	assert_int_equal(calls_check_value(l->c, &l->view, &call, 1, &e), 0);
	/* of a row without more; a timer callback's calls need the same */
	args[0].value = 8;
	site.place = CALL_IN_TIMER_CB;
	assert_int_equal(calls_resolve_kfunc(l->c, &site, FIRST_KFUNC + 1, args, NULL, &t, &e), 0);
	assert_int_equal(calls_check_value(l->c, &l->view, &call, 1, &e), -EACCES);
	assert_non_null(strstr(e.text, "k1() needs toy.d to be absent"));
	l->view.implemented = 7;
	assert_int_equal(calls_check_value(l->c, &l->view, &call, 1, &e), 0);
	/* the facts of another type's value are none of this set's business */
	l->view.implemented = 0xf;
	l->view.type = &other;
	assert_int_equal(calls_check_value(l->c, &l->view, &call, 1, &e), 0);
}

static void refuse_set(struct lab *l, const struct kfunc_set *set, const char *words)
{
	struct err_msg e = { "" };

	assert_int_equal(calls_register_kfuncs(l->c, set, &e), -EINVAL);
	if (!strstr(e.text, words))
		fail_msg("%s", e.text);
	assert_null(calls_find_kfunc(l->c, NULL, FIRST_KFUNC, NULL));
}

static void refuses_bad_facts(void **state)
{
	static const struct kfunc_row undeclared[] = {
		{ .name = "k0", .cases = EVERYWHERE, .needs = BIT(3) },
	};
	static const struct kfunc_row unknown[] = {
		{ .name = "k0", .cases = EVERYWHERE, .invokes = "a, x" },
	};
	static const struct kfunc_row data[] = {
		{ .name = "k0", .cases = EVERYWHERE, .not_within = "flags" },
	};
	static const struct kfunc_row fine[] = { { .name = "k0", .cases = EVERYWHERE } };
	static const struct kfunc_need no_check[] = { { .what = "nothing" } };
	struct lab *l = *state;
	struct kfunc_set set = set_of(undeclared, 1);

	set.needs = needs;
	set.nr_needs = 3;
	refuse_set(l, &set, "toy: k0: needs what the set does not declare");
	set.rows = unknown;
	refuse_set(l, &set, "toy: k0: toy_ops has no callback x");
	set.rows = data;
	refuse_set(l, &set, "toy: k0: toy_ops has no callback flags");
	set.rows = fine;
	set.needs = no_check;
	set.nr_needs = 1;
	refuse_set(l, &set, "toy: need 0: no text or no check");
	set.st_ops = NULL;
	refuse_set(l, &set, "toy: needs and helper rules are about a struct_ops");
	set.nr_needs = 0;
	set.rows = unknown;
	refuse_set(l, &set, "toy: k0: speaks of members, but the set of no struct_ops");
	set.st_ops = &other;
	refuse_set(l, &set, "toy: struct_ops other_ops is not registered");
}

/* ---- nesting ---- */

static void nesting_of_values(void **state)
{
	static const struct kfunc_row rows[] = {
		{ .name = "k0", .cases = EVERYWHERE, .invokes = "b" },
		{ .name = "k1", .cases = EVERYWHERE, .invokes = "c d" },
		{ .name = "k2", .cases = EVERYWHERE, .not_within = "a" },
		{ .name = "k3", .cases = EVERYWHERE, .invokes = "a" },
	};
	struct lab *l = *state;
	struct kfunc_set set = set_of(rows, 4);
	const u8 now = BIT(CALL_IN_MAIN), later = BIT(CALL_IN_TIMER_CB);
	struct call_target t[] = { target(0, 5, now, 0), target(1, 6, now, 0),
				   target(2, 7, now, 0), target(3, 8, later, 0) };
	struct value_call calls[] = { { 0, "pa", &t[0] }, { 1, "pb", &t[1] }, { 3, "pd", &t[2] },
				      { 3, "pd", &t[3] } };
	struct err_msg e = { "" };

	/* declared by itself, k0 (from b) invokes b: refused unless values decide */
	set.cycles_by_value = false;
	refuse_set(l, &set, "toy: callbacks may nest without end: ");
	set.cycles_by_value = true;
	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);
	assert_int_equal(calls_check_value(l->c, &l->view, calls, 4, &e), -EACCES);
	assert_string_equal(e.text, "toy_ops: d (program pd, insn 7) may not call k2() within a: a "
				    "(program pa, insn 5) -> k0() -> b (program pb, insn 6) -> k1() "
				    "-> d");
	/* in its timer callback it may, and an exception callback is no timer */
	t[2].places = later;
	assert_int_equal(calls_check_value(l->c, &l->view, calls, 4, &e), 0);
	t[2].places = later | BIT(CALL_IN_EXCEPTION_CB);
	assert_int_equal(calls_check_value(l->c, &l->view, calls, 4, &e), -EACCES);
	/* nothing comes of b where no program is b */
	l->view.implemented = 0xd;
	assert_int_equal(calls_check_value(l->c, &l->view, calls, 4, &e), 0);
	l->view.implemented = 0xf;
	/* a -> b -> d -> a: calls that are each legal make a cycle */
	t[2].places = later;
	t[3].places = now;
	assert_int_equal(calls_check_value(l->c, &l->view, calls, 4, &e), -EACCES);
	assert_string_equal(e.text, "toy_ops: callbacks may nest without end: a (program pa, insn "
				    "5) -> k0() -> b (program pb, insn 6) -> k1() -> d (program pd, "
				    "insn 8) -> k3() -> a");
	/* each of two calls of one kfunc is a call, and other types' are none */
	l->view.type = &other;
	assert_int_equal(calls_check_value(l->c, &l->view, calls, 4, &e), 0);
}

/*
 * The oracle: all stacks of callbacks, deeper and deeper. A stack with a
 * callback in it twice is endless nesting.
 */
struct oracle {
	u64 invokes[NR_KFUNCS], not_within[NR_KFUNCS];
	u8 calls[NR_OPS][NR_KFUNCS]; /* bits of places */
	u64 implemented;
};

static bool stack_is_bad(const struct oracle *o, u32 top, u64 waiting)
{
	if (waiting & BIT(top))
		return true;
	for (u32 k = 0; k < NR_KFUNCS; k++) {
		if (!(o->calls[top][k] & BIT(CALL_IN_MAIN)))
			continue;
		if (o->not_within[k] & waiting)
			return true;
		for (u32 next = 0; next < NR_OPS; next++)
			if ((o->invokes[k] & o->implemented & BIT(next)) &&
			    stack_is_bad(o, next, waiting | BIT(top)))
				return true;
	}
	return false;
}

static const char *name_list(u64 bits, char *buf)
{
	*buf = '\0';
	for (u32 i = 0; i < NR_OPS; i++)
		if (bits & BIT(i))
			sprintf(buf + strlen(buf), "%s%s", *buf ? "," : "", op_names[i]);
	return *buf ? buf : NULL;
}

static void random_nesting(void **state)
{
	u32 bad = 0, good = 0;
	struct rng rng;

	rng_init(&rng, 1, 1);
	for (u32 round = 0; round < 3000; round++) {
		char text[2 * NR_KFUNCS][2 * NR_OPS + 1];
		struct kfunc_row rows[NR_KFUNCS] = { 0 };
		struct kfunc_set set = set_of(rows, NR_KFUNCS);
		struct call_target t[NR_OPS * NR_KFUNCS];
		struct value_call calls[NR_OPS * NR_KFUNCS];
		struct oracle o = { .implemented = rng_u64(&rng) & 0xf };
		struct err_msg e = { "" };
		bool want = false;
		struct lab *l;
		void *lab;
		u32 nr = 0;

		setup(&lab);
		l = lab;
		for (u32 k = 0; k < NR_KFUNCS; k++) {
			o.invokes[k] = rng_u64(&rng) & rng_u64(&rng) & rng_u64(&rng) & 0xf;
			o.not_within[k] = rng_u64(&rng) & rng_u64(&rng) & rng_u64(&rng) & 0xf;
			rows[k] = (struct kfunc_row){
				.name = kbtf_type_name(l->btf, FIRST_KFUNC + k),
				.cases = EVERYWHERE,
				.invokes = name_list(o.invokes[k], text[2 * k]),
				.not_within = name_list(o.not_within[k], text[2 * k + 1]),
			};
		}
		assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);
		l->view.implemented = o.implemented;
		for (u32 m = 0; m < NR_OPS; m++)
			for (u32 k = 0; k < NR_KFUNCS && (o.implemented & BIT(m)); k++) {
				if (rng_u64(&rng) % 3)
					continue;
				o.calls[m][k] = BIT(rng_u64(&rng) % 2 ? CALL_IN_MAIN
								      : CALL_IN_TIMER_CB);
				t[nr] = target(k, nr, o.calls[m][k], 0);
				calls[nr] = (struct value_call){ m, "p", &t[nr] };
				nr++;
			}
		for (u32 m = 0; m < NR_OPS; m++)
			want |= (o.implemented & BIT(m)) && stack_is_bad(&o, m, 0);
		assert_int_equal(calls_check_value(l->c, &l->view, calls, nr, &e),
				 want ? -EACCES : 0);
		want ? bad++ : good++;
		teardown(&lab);
	}
	/* The generator makes enough of both for the comparison to mean something. */
	assert_true(bad > 300 && good > 300);
}

/* ---- helpers ---- */

static u64 helper(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return 0;
}

static void helpers_by_context(void **state)
{
	static const struct helper_proto protos[] = {
		{ .name = "map_lookup_elem", .id = 1, .fn = helper, .tier = HELPER_BASE },
		{ .name = "get_stackid", .id = 27, .fn = helper, .tier = HELPER_TRACING },
		{ .name = "setsockopt", .id = 49, .fn = helper, .tier = HELPER_ST_OPS },
	};
	static const struct kfunc_row rows[] = { { .name = "k0", .cases = EVERYWHERE } };
	static const struct helper_rule rules[] = {
		{ 49, BIT(0) | BIT(1) }, /* as tcp_congestion_ops: not for release */
		{ 1, BIT(0) | BIT(NR_OPS) },
	};
	static const struct helper_rule unknown[] = { { 50, 1 } };
	static const struct helper_rule twice[] = { { 1, 1 }, { 1, 2 } };
	static const struct helper_rule nowhere[] = { { 1, BIT(5) } };
	struct call_site site = { .prog_type = BPF_PROG_TYPE_STRUCT_OPS, .st_ops = &toy,
				  .member_name = "d" };
	struct lab *l = *state;
	struct kfunc_set set = set_of(rows, 1);
	struct err_msg e = { "" };

	assert_int_equal(calls_register_helpers(l->c, protos, 3, &e), 0);
	set.nr_helpers = 1;
	set.helpers = unknown;
	refuse_set(l, &set, "toy: helper rule 0: there is no helper #50");
	set.helpers = nowhere;
	refuse_set(l, &set, "toy: helper rule 0: map_lookup_elem#1: unknown context");
	set.nr_helpers = 2;
	set.helpers = twice;
	refuse_set(l, &set, "toy: two rules for helper map_lookup_elem#1");
	set.helpers = rules;
	assert_int_equal(calls_register_kfuncs(l->c, &set, &e), 0);

	/* beyond the tier, in two contexts of five */
	assert_ptr_equal(calls_resolve_helper(l->c, &site, 49, &e), &protos[2]);
	site.member = 3;
	assert_null(calls_resolve_helper(l->c, &site, 49, &e));
	assert_string_equal(e.text, "bpf_setsockopt() may not be called from in d, only from: in a, "
				    "in b");
	/* less than the tier, and where in the program matters */
	assert_null(calls_resolve_helper(l->c, &site, 1, &e));
	site.place = CALL_IN_TIMER_CB;
	assert_ptr_equal(calls_resolve_helper(l->c, &site, 1, &e), &protos[0]);
	/* no rule: the tier's; another struct_ops: the tier's */
	assert_null(calls_resolve_helper(l->c, &site, 27, &e));
	assert_string_equal(e.text, "bpf_get_stackid() is not for this type of program");
	site.st_ops = &other;
	site.place = CALL_IN_MAIN;
	assert_ptr_equal(calls_resolve_helper(l->c, &site, 1, &e), &protos[0]);
	assert_null(calls_resolve_helper(l->c, &site, 49, &e));
	assert_null(calls_resolve_helper(l->c, &site, 999, &e));
	assert_string_equal(e.text, "there is no helper #999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_values_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(needs_of_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(nesting_of_values, setup, teardown),
		cmocka_unit_test(random_nesting),
		cmocka_unit_test_setup_teardown(helpers_by_context, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
