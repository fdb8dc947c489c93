/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The bodies that helpers.def names; each in the file of its subject. */
#ifndef HELPERS_BODY_H
#define HELPERS_BODY_H

#include "exec/run.h"
#include "ktypes/sched.h"

#define HELPER(id, name, tier, ret, args, body, ...)                                               \
	u64 helper_##body(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run_ctx *rc);
#define HELPER_ABSENT(id, name)
#include "helpers/helpers.def"
#undef HELPER
#undef HELPER_ABSENT

/* Opens the definition of a body. */
#define HELPER_BODY(name)                                                                          \
	u64 helper_##name(u64 r1 __unused, u64 r2 __unused, u64 r3 __unused, u64 r4 __unused,       \
			  u64 r5 __unused, struct run_ctx *rc __unused)

/* A negative errno in a register. */
static inline u64 ret_err(int err)
{
	return (u64)(s64)err;
}

static inline struct task_struct *current_task(const struct run_ctx *rc)
{
	return rc->current;
}

#endif
