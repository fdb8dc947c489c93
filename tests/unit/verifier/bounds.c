/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Ranges against brute force, on the lattice of places where something can go
 * wrong: for every pair of intervals between such points, every operation and
 * every comparison, what happens to the points inside must be what the abstract
 * result allows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "verifier/refine.h"

/* Ascending as u64. */
static const u64 points[] = {
	0, 1, 2, 7, 0x80, 0xffff, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	0x100000000, 0x17fffffff, 0x180000005, 0x7fffffffffffffff, 0x8000000000000000,
	0xffffffff00000000, 0xffffffff7fffffff, 0xffffffff80000000, 0xfffffffffffffff0,
	0xffffffffffffffff,
};
#define NR ((int)ARRAY_SIZE(points))

/* A register with one interval, unsigned or signed, and the points inside. */
struct value {
	struct bpf_reg_state reg;
	u64 v[ARRAY_SIZE(points)];
	int nr;
};

static bool contains(const struct bpf_reg_state *r, u64 v)
{
	return r->umin_value <= v && v <= r->umax_value && r->smin_value <= (s64)v &&
	       (s64)v <= r->smax_value && r->u32_min_value <= (u32)v && (u32)v <= r->u32_max_value &&
	       r->s32_min_value <= (s32)v && (s32)v <= r->s32_max_value &&
	       (v & ~r->var_off.mask) == r->var_off.value;
}

static void add_points(struct value *val, u64 lo, u64 hi, bool is_signed)
{
	for (int i = 0; i < NR; i++) {
		u64 p = points[i];
		bool in = is_signed ? (s64)lo <= (s64)p && (s64)p <= (s64)hi : lo <= p && p <= hi;

		if (in)
			val->v[val->nr++] = p;
	}
}

static struct value interval(u64 lo, u64 hi, bool is_signed)
{
	struct value val = { 0 };

	vrf_mark_reg_unknown_imprecise(&val.reg);
	if (is_signed) {
		val.reg.smin_value = lo;
		val.reg.smax_value = hi;
	} else {
		val.reg.umin_value = lo;
		val.reg.umax_value = hi;
	}
	vrf_reg_bounds_sync(&val.reg);
	add_points(&val, lo, hi, is_signed);
	return val;
}

static struct value *all_values(int *nr)
{
	struct value *vals = calloc(2 * NR * NR, sizeof(*vals));

	assert_non_null(vals);
	*nr = 0;
	for (int i = 0; i < NR; i++)
		for (int j = 0; j < NR; j++) {
			if (points[i] <= points[j])
				vals[(*nr)++] = interval(points[i], points[j], false);
			if ((s64)points[i] <= (s64)points[j] && (s64)points[i] < 0)
				vals[(*nr)++] = interval(points[i], points[j], true);
		}
	return vals;
}

static void test_sync(void **state)
{
	int nr;
	struct value *vals = all_values(&nr);

	for (int i = 0; i < nr; i++)
		for (int k = 0; k < vals[i].nr; k++)
			assert_true(contains(&vals[i].reg, vals[i].v[k]));
	free(vals);
}

static u64 run64(u8 op, u64 a, u64 b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << b;
	case BPF_RSH:
		return a >> b;
	default:
		return (s64)a >> b;
	}
}

static u64 run32(u8 op, u64 a, u64 b)
{
	if (op == BPF_RSH)
		return (u32)a >> (u32)b;
	if (op == BPF_ARSH)
		return (u32)((s32)a >> (u32)b);
	return (u32)run64(op, (u32)a, (u32)b);
}

static void check_op(u8 op, bool alu32, const struct value *a, const struct value *b)
{
	struct bpf_reg_state dst = a->reg;
	struct bpf_insn insn = { .code = (alu32 ? BPF_ALU : BPF_ALU64) | op | BPF_X };

	if (!vrf_scalar_op_is_computable(&insn, &b->reg))
		return;
	vrf_scalar_op(&dst, &b->reg, op, alu32);
	for (int i = 0; i < a->nr; i++)
		for (int j = 0; j < b->nr; j++) {
			u64 got = alu32 ? run32(op, a->v[i], b->v[j]) : run64(op, a->v[i], b->v[j]);

			if (!contains(&dst, got))
				fail_msg("op %02x %d: %#lx, %#lx -> %#lx is outside", op, alu32,
					 a->v[i], b->v[j], got);
		}
}

static void test_arithmetic(void **state)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR };
	int nr;
	struct value *vals = all_values(&nr);

	for (size_t op = 0; op < ARRAY_SIZE(ops); op++)
		for (int i = 0; i < nr; i++)
			for (int j = 0; j < nr; j++) {
				check_op(ops[op], false, &vals[i], &vals[j]);
				check_op(ops[op], true, &vals[i], &vals[j]);
			}
	free(vals);
}

static void test_shifts(void **state)
{
	static const u8 ops[] = { BPF_LSH, BPF_RSH, BPF_ARSH };
	int nr;
	struct value *vals = all_values(&nr);

	for (size_t op = 0; op < ARRAY_SIZE(ops); op++)
		for (u64 n = 0; n < 64; n++) {
			struct value count = { .nr = 1, .v = { n } };

			vrf_mark_reg_unknown_imprecise(&count.reg);
			vrf_mark_reg_known(&count.reg, n);
			for (int i = 0; i < nr; i++) {
				check_op(ops[op], false, &vals[i], &count);
				if (n < 32)
					check_op(ops[op], true, &vals[i], &count);
			}
		}
	free(vals);
}

static void test_casts(void **state)
{
	int nr;
	struct value *vals = all_values(&nr);

	for (int i = 0; i < nr; i++)
		for (int size = 1; size <= 4; size *= 2) {
			struct bpf_reg_state zx = vals[i].reg, sx = vals[i].reg, sx32 = vals[i].reg;
			int unused = 64 - 8 * size;

			vrf_coerce_reg_to_size(&zx, size);
			vrf_coerce_reg_to_size_sx(&sx, size);
			if (size < 4) {
				vrf_coerce_subreg_to_size_sx(&sx32, size);
				vrf_zext_32_to_64(&sx32);
				vrf_reg_bounds_sync(&sx32);
			}
			for (int k = 0; k < vals[i].nr; k++) {
				u64 v = vals[i].v[k], extended = (s64)(v << unused) >> unused;

				assert_true(contains(&zx, v << unused >> unused));
				assert_true(contains(&sx, extended));
				if (size < 4)
					assert_true(contains(&sx32, (u32)extended));
			}
		}
	free(vals);
}

static bool holds(u8 op, bool jmp32, u64 a, u64 b)
{
	s64 sa = jmp32 ? (s32)a : (s64)a, sb = jmp32 ? (s32)b : (s64)b;

	if (jmp32) {
		a = (u32)a;
		b = (u32)b;
	}
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	default:
		return sa <= sb;
	}
}

static void check_branch(struct bpf_verifier_env *env, u8 op, bool jmp32, const struct value *a,
			 const struct value *b)
{
	struct bpf_reg_state t1 = a->reg, t2 = b->reg, f1 = a->reg, f2 = b->reg;
	int taken = vrf_is_branch_taken(&a->reg, &b->reg, op, jmp32);

	if (taken < 0)
		assert_int_equal(vrf_reg_set_min_max(env, &t1, &t2, &f1, &f2, op, jmp32), 0);
	for (int i = 0; i < a->nr; i++)
		for (int j = 0; j < b->nr; j++) {
			bool yes = holds(op, jmp32, a->v[i], b->v[j]);
			bool ok = taken < 0 ? contains(yes ? &t1 : &f1, a->v[i]) &&
						      contains(yes ? &t2 : &f2, b->v[j])
					    : yes == taken;

			if (!ok)
				fail_msg("jump %02x %d: %#lx, %#lx: taken %d", op, jmp32, a->v[i],
					 b->v[j], taken);
		}
}

static void test_branches(void **state)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE, BPF_JSET, BPF_JGT, BPF_JGE, BPF_JLT,
				  BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
	struct bpf_verifier_env *env = calloc(1, sizeof(*env));
	int nr;
	struct value *vals = all_values(&nr);

	assert_non_null(env);
	for (size_t op = 0; op < ARRAY_SIZE(ops); op++)
		for (int i = 0; i < nr; i++)
			for (int j = 0; j < nr; j++) {
				check_branch(env, ops[op], false, &vals[i], &vals[j]);
				check_branch(env, ops[op], true, &vals[i], &vals[j]);
			}
	free(vals);
	free(env);
}

/* Sound is not enough: giving up everywhere is sound. */
static void test_exact(void **state)
{
	struct bpf_verifier_env *env = calloc(1, sizeof(*env));
	struct value any = interval(0, ~0ULL, false), k = interval(10, 10, false);
	struct bpf_reg_state t = any.reg, f = any.reg, k1 = k.reg, k2 = k.reg;

	assert_non_null(env);
	assert_int_equal(vrf_is_branch_taken(&any.reg, &k.reg, BPF_JLT, false), -1);
	assert_int_equal(vrf_reg_set_min_max(env, &t, &k1, &f, &k2, BPF_JLT, false), 0);
	assert_int_equal(t.umax_value, 9);
	assert_int_equal(t.smax_value, 9);
	assert_int_equal(t.u32_max_value, 9);
	assert_int_equal(t.var_off.mask, 0xf);
	assert_int_equal(f.umin_value, 10);
	assert_int_equal(vrf_is_branch_taken(&t, &k.reg, BPF_JGE, false), 0);
	assert_int_equal(vrf_is_branch_taken(&t, &k.reg, BPF_JNE, true), 1);

	/* t in [0, 9] */
	vrf_scalar_op(&t, &k.reg, BPF_ADD, false);
	assert_int_equal(t.umin_value, 10);
	assert_int_equal(t.umax_value, 19);
	k = interval(3, 3, false);
	vrf_scalar_op(&t, &k.reg, BPF_LSH, true);
	assert_int_equal(t.umax_value, 152);
	assert_int_equal(t.var_off.mask & 7, 0);
	vrf_scalar_op(&t, &k.reg, BPF_RSH, false);
	assert_int_equal(t.umin_value, 10);
	assert_int_equal(t.umax_value, 19);

	/* sign extension of a byte */
	t = interval(0xffffffffffffff80, 0x7f, true).reg;
	assert_int_equal(t.s32_min_value, -128);
	assert_int_equal(t.s32_max_value, 127);
	free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync),	 cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_shifts),	 cmocka_unit_test(test_casts),
		cmocka_unit_test(test_branches), cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
