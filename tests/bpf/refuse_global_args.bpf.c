/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Arguments of global functions, which are verified apart from their callers. */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

struct box {
	u64 value;
};

u64 seen;

__noinline int open_box(struct box *b __arg_nonnull)
{
	seen = b->value;
	return 0;
}

__noinline int open_if_any(struct box *b)
{
	if (b)
		seen = b->value;
	return 0;
}

/*
 * EXPECT null_to_nonnull: reject EINVAL
 * LOG arg#0 is expected to be non-NULL
 * LOG Caller passes invalid args into func#1 ('open_box')
 */
void OPS(null_to_nonnull, struct task_struct *p, u64 enq_flags)
{
	open_box(NULL);
}

/*
 * R1 is @good at 1: on the path that is walked first, and rubbish on the other;
 * R6 and R7 are anything.
 */
#define CALL_WITH(function, good)                                              \
	asm volatile("r8 = %[ok];"                                             \
		     "call %[random];"                                         \
		     "r6 = r0;"                                                \
		     "call %[random];"                                         \
		     "r7 = r0;"                                                \
		     "r1 = 0xdead0000 ll;"                                     \
		     "if r6 > 0x7fffffff goto 1f;"                             \
		     "r1 = r8;"                                                \
		     "1: r2 = r7; r3 = r7; r4 = r7;"                           \
		     "r2 = r7; r3 = r7; r4 = r7;"                              \
		     "if r7 > 5 goto 2f;"                                      \
		     "r8 = 1;"                                                 \
		     "2: call %[callee];"                                      \
		     :                                                         \
		     : [callee] "i"(function), [random] "i"(7), [ok] "r"(good) \
		     : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "memory")

/*
 * EXPECT pointer_or_rubbish: reject EINVAL
 * LOG R1 type=scalar expected=fp
 */
void OPS(pointer_or_rubbish, struct task_struct *p)
{
	struct box b = { 1 };

	CALL_WITH(open_box, &b);
}

/*
 * EXPECT null_or_rubbish: reject EINVAL
 * LOG R1 type=scalar expected=fp
 */
void OPS(null_or_rubbish, struct task_struct *p, bool runnable)
{
	CALL_WITH(open_if_any, 0);
}

SEC(".struct_ops")
struct sched_ext_ops refuse_global_args = {
	.enqueue = (void *)null_to_nonnull,
	.running = (void *)pointer_or_rubbish,
	.stopping = (void *)null_or_rubbish,
	.name = "refuse_global_args",
};
