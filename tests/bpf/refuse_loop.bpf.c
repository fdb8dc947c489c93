/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Loops without an end that the verifier can see. */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

volatile u64 stop;

/*
 * EXPECT waits_for_memory: reject EINVAL
 * LOG while (!stop)
 * LOG infinite loop detected at insn
 */
void OPS(waits_for_memory, struct task_struct *p, u64 enq_flags)
{
	while (!stop)
		;
}

/*
 * A million instructions are as far as anybody looks.
 *
 * EXPECT counts_too_far: reject E2BIG
 * LOG BPF program is too large. Processed 1000001 insn
 */
void OPS(counts_too_far, struct task_struct *p)
{
	for (u64 i = 0; i < 10000000; i++)
		stop += i * i;
}

/* EXPECT counts_to_a_hundred: accept */
void OPS(counts_to_a_hundred, struct task_struct *p)
{
	for (u64 i = 0; i < 100; i++)
		stop += i * i;
}

/* EXPECT asks_an_iterator: accept */
void OPS(asks_an_iterator, struct task_struct *p)
{
	u32 i;

	bpf_for(i, 0, 10000000)
		stop += i;
}

SEC(".struct_ops")
struct sched_ext_ops refuse_loop = {
	.enqueue = (void *)waits_for_memory,
	.running = (void *)counts_too_far,
	.tick = (void *)counts_to_a_hundred,
	.runnable = (void *)asks_an_iterator,
	.name = "refuse_loop",
};
