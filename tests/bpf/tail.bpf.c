/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tail calls: into itself until the limit of 33, into empty slots, and into a
 * run that throws. Ends with an error where one does not do as it must.
 *
 * EXPECT tail_running: accept
 * EXPECT tail_stopping: accept
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

enum { SLOT_ITSELF, SLOT_EMPTY, NR_SLOTS };

void bpf_throw(u64 cookie) __ksym;

int tail_running(u64 *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NR_SLOTS);
	__type(key, u32);
	__array(values, int(u64 *));
} programs SEC(".maps") = {
	.values = { [SLOT_ITSELF] = (void *)&tail_running },
};

u64 runs, entered, went_on;

SEC("struct_ops/running")
int BPF_PROG(tail_running, struct task_struct *p)
{
	if (entered++ && runs % 2)
		bpf_throw(0);
	bpf_tail_call(ctx, &programs, SLOT_EMPTY);
	bpf_tail_call(ctx, &programs, NR_SLOTS);
	bpf_tail_call(ctx, &programs, SLOT_ITSELF);
	went_on++;
	return 0;
}

void OPS(tail_stopping, struct task_struct *p, bool runnable)
{
	u64 throws = runs % 2;

	runs++;
	if (entered != (throws ? 2 : 34))
		FAIL("entered %llu times", entered);
	if (went_on != !throws)
		FAIL("went on %llu times", went_on);
	entered = went_on = 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops tail_ops = {
	.running = (void *)tail_running,
	.stopping = (void *)tail_stopping,
	.name = "tail",
};
