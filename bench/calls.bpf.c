/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Calls kfuncs many times wherever ops.dispatch has a task, and ends after a while: calls.c. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

#define QUEUE 1
#define LOOPS 250

void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
u32 scx_bpf_dispatch_nr_slots(void) __ksym;
void scx_bpf_dispatch_cancel(void) __ksym;
bool scx_bpf_consume(u64 dsq_id) __ksym;
s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
void scx_bpf_exit_bstr(s64 code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;

#define FOUR_TIMES(call) do { call; call; call; call; } while (0)

enum { NOTHING, NR_SLOTS, DISPATCH_AND_CANCEL };

const volatile u32 what;  /* is called */
const volatile u64 rounds; /* of LOOPS times four */
u64 done;

SEC("struct_ops/calls_enqueue")
void BPF_PROG(calls_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, QUEUE, 100000, enq_flags);
}

SEC("struct_ops/calls_dispatch")
void BPF_PROG(calls_dispatch, s32 cpu, struct task_struct *prev)
{
	if (prev && done < rounds) {
		u32 i;

		bpf_for(i, 0, LOOPS) {
			if (what == NR_SLOTS) {
				FOUR_TIMES(scx_bpf_dispatch_nr_slots());
			} else if (what == DISPATCH_AND_CANCEL) {
				FOUR_TIMES(scx_bpf_dispatch(prev, QUEUE, 100000, 0);
					   scx_bpf_dispatch_cancel());
			}
		}
		if (++done == rounds) {
			unsigned long long none[1] = {};
			static char text[] = "done";

			scx_bpf_exit_bstr(1, text, none, 0);
		}
	}
	scx_bpf_consume(QUEUE);
}

SEC("struct_ops.s/calls_init")
s32 BPF_PROG(calls_init)
{
	return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops")
struct sched_ext_ops calls_ops = {
	.enqueue = (void *)calls_enqueue,
	.dispatch = (void *)calls_dispatch,
	.init = (void *)calls_init,
	.name = "calls",
};
