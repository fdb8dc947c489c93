/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Implementations of kfuncs that are so small that a compiler can put what they do
 * in place of the call. A set lists them, each with a form that says all that the
 * function does; who does not know forms calls the function, and nothing but time
 * may tell the two apart (tests/unit: every form against its function).
 */
#ifndef CALLS_FORM_H
#define CALLS_FORM_H

#include <stddef.h>

#include "base/base.h"

#define CALL_FORM_STEPS 3

enum call_form_kind {
	/* does nothing, returns nothing */
	CALL_FORM_NOTHING,
	/*
	 * Starts at a pointer, follows nr - 1 more, each at its offset from the one
	 * before, and returns what is at the last offset, as wide as the return value.
	 */
	CALL_FORM_LOAD,
	/* Is bit number arg1 (u32) set in the words at arg2? None is from @limit on. */
	CALL_FORM_TEST_BIT,
};

#define CALL_FORM_IMPLICIT 0 /* @start: the implicit argument */

struct call_form {
	void (*fn)(void);
	enum call_form_kind kind;
	u8 start; /* LOAD: the number of the argument, from 1 */
	u8 nr;
	s32 offsets[CALL_FORM_STEPS];
	u32 limit;
};

#define CALL_NOTHING(f) { .fn = (void (*)(void))(f), .kind = CALL_FORM_NOTHING }
#define CALL_LOAD(f, from, ...)                                                                    \
	{                                                                                          \
		.fn = (void (*)(void))(f), .kind = CALL_FORM_LOAD, .start = (from),                \
		.nr = sizeof((s32[]){ __VA_ARGS__ }) / sizeof(s32), .offsets = { __VA_ARGS__ }     \
	}
#define CALL_TEST_BIT(f, bits)                                                                     \
	{ .fn = (void (*)(void))(f), .kind = CALL_FORM_TEST_BIT, .limit = (bits) }

#endif
