/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calling the scheduler's callbacks: scx_op_NAME(scx, arguments...) for every
 * row of ops.def. The caller has asked scx_has_op() first, where a missing
 * callback means something else than nothing.
 */
#ifndef SCX_OPS_H
#define SCX_OPS_H

#include "calls/st_ops.h"
#include "ktypes/scx.h"

struct scx;

#define SCX_OP0(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP1(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP2(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP3(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP4(ret, name, ...) SCX_OP_ROW(name)
enum scx_op {
#define SCX_OP_ROW(name) SCX_OP_##name,
#include "scx/ops.def"
#undef SCX_OP_ROW
	SCX_NR_OPS,
};

/*
 * An op's number is its member's index where every name exists. In an older kernel
 * the index is another one: struct scx has the map.
 */
#define SCX_OP_ROW(name)                                                                           \
	_Static_assert(offsetof(struct sched_ext_ops, name) == SCX_OP_##name * sizeof(void *),     \
		       "ops.def: " #name " is out of order");
#include "scx/ops.def"
#undef SCX_OP_ROW
#undef SCX_OP0
#undef SCX_OP1
#undef SCX_OP2
#undef SCX_OP3
#undef SCX_OP4

/* Runs the program of @op. The first @subjects of @args are the tasks operated on. */
u64 scx_call_op(struct scx *scx, enum scx_op op, u64 *args, u32 subjects);

#define SCX_RET_void(x) ((void)(x))
#define SCX_RET_bool(x) return (u8)(x)
#define SCX_RET_s32(x) return (s32)(x)
#define SCX_OP0(ret, name, ctx, s, nullable, subjects)                                             \
	static inline ret scx_op_##name(struct scx *scx)                                           \
	{                                                                                          \
		SCX_RET_##ret(scx_call_op(scx, SCX_OP_##name, NULL, subjects));                    \
	}
#define SCX_OP1(ret, name, ctx, s, nullable, subjects, t1, a1)                                     \
	static inline ret scx_op_##name(struct scx *scx, t1 a1)                                    \
	{                                                                                          \
		u64 regs[] = { (u64)a1 };                                                          \
		SCX_RET_##ret(scx_call_op(scx, SCX_OP_##name, regs, subjects));                    \
	}
#define SCX_OP2(ret, name, ctx, s, nullable, subjects, t1, a1, t2, a2)                             \
	static inline ret scx_op_##name(struct scx *scx, t1 a1, t2 a2)                             \
	{                                                                                          \
		u64 regs[] = { (u64)a1, (u64)a2 };                                                 \
		SCX_RET_##ret(scx_call_op(scx, SCX_OP_##name, regs, subjects));                    \
	}
#define SCX_OP3(ret, name, ctx, s, nullable, subjects, t1, a1, t2, a2, t3, a3)                     \
	static inline ret scx_op_##name(struct scx *scx, t1 a1, t2 a2, t3 a3)                      \
	{                                                                                          \
		u64 regs[] = { (u64)a1, (u64)a2, (u64)a3 };                                        \
		SCX_RET_##ret(scx_call_op(scx, SCX_OP_##name, regs, subjects));                    \
	}
#define SCX_OP4(ret, name, ctx, s, nullable, subjects, t1, a1, t2, a2, t3, a3, t4, a4)             \
	static inline ret scx_op_##name(struct scx *scx, t1 a1, t2 a2, t3 a3, t4 a4)               \
	{                                                                                          \
		u64 regs[] = { (u64)a1, (u64)a2, (u64)a3, (u64)a4 };                               \
		SCX_RET_##ret(scx_call_op(scx, SCX_OP_##name, regs, subjects));                    \
	}
#include "scx/ops.def"
#undef SCX_OP0
#undef SCX_OP1
#undef SCX_OP2
#undef SCX_OP3
#undef SCX_OP4

#endif
