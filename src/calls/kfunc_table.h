/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a subsystem's kfuncs.def is written and read.
 *
 * A row names everything about one kfunc, once:
 *
 *	KFUNC(s32, foo_bar, KF_RCU, PARAMS(struct task_struct *p, u64 flags),
 *	      IN(SELECT_CPU | ENQUEUE, foo_bar_direct),
 *	      IN(DISPATCH, foo_bar_buffered),
 *	      NESTS("enqueue"), NEEDS(BIT_ULL(FOO_NEEDS_TICK)))
 *
 *	PARAMS	as the BPF program sees them, named (with Linux's suffixes: __sz,
 *		__k, __ign, __iter, __nullable, ...); PARAMS() for none
 *	IN	contexts of the set and the implementation there; one to six
 *	OWN	the same, for calls whose first argument is the callback's own, as it
 *		was given: what the text of a program must say (kfunc_case.own). The
 *		set's resolve hook reads it; an IN with that context is for the others
 *	NESTS	optional: the members of the set's struct_ops that the kfunc may
 *		call before it returns (kfunc_row.invokes)
 *	NOT_WITHIN	optional: in what these members do it may not be called
 *	NEEDS	optional: bits, what the value must have (kfunc_set.needs)
 *
 * A reader says which one it is and includes the table:
 *
 *	#define KFUNC_IMPLICIT struct run_ctx *rc
 *	#define KFUNC KFUNC_DECLARE
 *	#include "helpers/kfuncs.def"
 *	#undef KFUNC
 *	#undef KFUNC_IMPLICIT
 *
 *	KFUNC_DECLARE	prototypes of the implementations: PARAMS and then
 *			KFUNC_IMPLICIT. For the header that the bodies include.
 *	KFUNC_ROW	initializers of struct kfunc_row
 *	KFUNC_DEFINE	a C function with the kfunc's own name and prototype, which
 *			is never run: the kernel BTF is made from its debug info
 */
#ifndef CALLS_KFUNC_TABLE_H
#define CALLS_KFUNC_TABLE_H

#define PARAMS(...) (__VA_ARGS__)
#define IN(contexts, impl) (CASE, contexts, impl)
#define OWN(contexts, impl) (OWN, contexts, impl)
#define NESTS(members) (NESTS, members)
#define NOT_WITHIN(members) (WITHIN, members)
#define NEEDS(bits) (NEEDS, bits)

/* Contexts of a row whose set has no context_of(). */
#define EVERYWHERE (~0ULL)

/* KFUNC_EACH(ROLE, ret, params, items...): KFUNC_ROLE_TAG(ret, params, ...) for each item. */
#define KFUNC_EACH(role, ret, params, ...)                                                         \
	KFUNC_PICK(__VA_ARGS__, KFUNC_EACH7, KFUNC_EACH6, KFUNC_EACH5, KFUNC_EACH4, KFUNC_EACH3,   \
		   KFUNC_EACH2, KFUNC_EACH1, )                                                     \
	(role, ret, params, __VA_ARGS__)
#define KFUNC_PICK(a, b, c, d, e, f, g, h, ...) h
#define KFUNC_EACH1(r, ret, params, i) KFUNC_ITEM(r, ret, params, KFUNC_UNWRAP i)
#define KFUNC_EACH2(r, ret, params, i, ...)                                                        \
	KFUNC_EACH1(r, ret, params, i) KFUNC_EACH1(r, ret, params, __VA_ARGS__)
#define KFUNC_EACH3(r, ret, params, i, ...)                                                        \
	KFUNC_EACH1(r, ret, params, i) KFUNC_EACH2(r, ret, params, __VA_ARGS__)
#define KFUNC_EACH4(r, ret, params, i, ...)                                                        \
	KFUNC_EACH1(r, ret, params, i) KFUNC_EACH3(r, ret, params, __VA_ARGS__)
#define KFUNC_EACH5(r, ret, params, i, ...)                                                        \
	KFUNC_EACH1(r, ret, params, i) KFUNC_EACH4(r, ret, params, __VA_ARGS__)
#define KFUNC_EACH6(r, ret, params, i, ...)                                                        \
	KFUNC_EACH1(r, ret, params, i) KFUNC_EACH5(r, ret, params, __VA_ARGS__)
#define KFUNC_EACH7(r, ret, params, i, ...)                                                        \
	KFUNC_EACH1(r, ret, params, i) KFUNC_EACH6(r, ret, params, __VA_ARGS__)
#define KFUNC_UNWRAP(...) __VA_ARGS__
#define KFUNC_ITEM(...) KFUNC_ITEM2(__VA_ARGS__)
#define KFUNC_ITEM2(role, ret, params, tag, ...) KFUNC_##role##_##tag(ret, params, __VA_ARGS__)

/* KFUNC_DECLARE */
#define KFUNC_WITH_IMPLICIT(...) (__VA_ARGS__ __VA_OPT__(, ) KFUNC_IMPLICIT)
#define KFUNC_DECLARE(ret, name, flags, params, ...)                                               \
	KFUNC_EACH(DECL, ret, params, __VA_ARGS__)
#define KFUNC_DECL_CASE(ret, params, contexts, impl) ret impl KFUNC_WITH_IMPLICIT params;
#define KFUNC_DECL_OWN KFUNC_DECL_CASE
#define KFUNC_DECL_NESTS(ret, params, members)
#define KFUNC_DECL_WITHIN(ret, params, members)
#define KFUNC_DECL_NEEDS(ret, params, bits)

/* KFUNC_ROW */
#define KFUNC_ROW(ret, kfunc, kf_flags, params, ...)                                               \
	{                                                                                          \
		.name = #kfunc,                                                                    \
		.flags = (kf_flags),                                                               \
		.cases = { KFUNC_EACH(CASES, ret, params, __VA_ARGS__) },                          \
		.needs = 0 KFUNC_EACH(NEED, ret, params, __VA_ARGS__),                             \
		KFUNC_EACH(NESTING, ret, params, __VA_ARGS__)                                      \
	},
#define KFUNC_CASES_CASE(ret, params, contexts, impl) KFUNC_ONE_CASE(contexts, impl, false)
#define KFUNC_CASES_OWN(ret, params, contexts, impl) KFUNC_ONE_CASE(contexts, impl, true)
#define KFUNC_ONE_CASE(contexts, impl, own) { (contexts), (kfunc_fn)(impl), #impl, (own) },
#define KFUNC_CASES_NESTS(ret, params, members)
#define KFUNC_CASES_WITHIN(ret, params, members)
#define KFUNC_CASES_NEEDS(ret, params, bits)
#define KFUNC_NEED_CASE(ret, params, contexts, impl)
#define KFUNC_NEED_OWN KFUNC_NEED_CASE
#define KFUNC_NEED_NESTS(ret, params, members)
#define KFUNC_NEED_WITHIN(ret, params, members)
#define KFUNC_NEED_NEEDS(ret, params, bits) | (bits)
#define KFUNC_NESTING_CASE(ret, params, contexts, impl)
#define KFUNC_NESTING_OWN KFUNC_NESTING_CASE
#define KFUNC_NESTING_NESTS(ret, params, members) .invokes = (members),
#define KFUNC_NESTING_WITHIN(ret, params, members) .not_within = (members),
#define KFUNC_NESTING_NEEDS(ret, params, bits)

/* KFUNC_DEFINE */
#define KFUNC_PROTO(...) (KFUNC_VOID_OR(__VA_ARGS__))
#define KFUNC_VOID_OR(...) KFUNC_FIRST(__VA_OPT__(KFUNC_UNWRAP, ) KFUNC_VOID)(__VA_ARGS__)
#define KFUNC_FIRST(...) KFUNC_FIRST2(__VA_ARGS__, )
#define KFUNC_FIRST2(a, ...) a
#define KFUNC_VOID() void
#define KFUNC_DEFINE(ret, kfunc, flags, params, ...)                                               \
	ret kfunc KFUNC_PROTO params;                                                              \
	ret kfunc KFUNC_PROTO params                                                               \
	{                                                                                          \
		__builtin_trap();                                                                  \
	}

#endif
