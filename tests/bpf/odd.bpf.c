/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Objects with one mistake each, by macro: odd_NAME.bpf.o is compiled with
 * -DODD_NAME. tests/scenario/exits.c says what is said of each.
 */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

#ifndef ODD_EMPTY
void scx_bpf_dispach(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;

#ifdef ODD_SECTION
SEC("somewhere")
void BPF_PROG(odd_enqueue, struct task_struct *p, u64 enq_flags)
#else
void OPS(odd_enqueue, struct task_struct *p, u64 enq_flags)
#endif
{
#ifdef ODD_TYPO
	scx_bpf_dispach(p, SCX_DSQ_GLOBAL, 0, enq_flags);
#else
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, 0, enq_flags);
#endif
}
#endif

#ifdef ODD_TRACING
SEC("tp_btf/no_such_tracepoint")
int BPF_PROG(odd_tracing)
{
	return 0;
}
#endif

#ifdef ODD_CID
struct sched_ext_ops_cid {
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	char name[128];
};
#define sched_ext_ops sched_ext_ops_cid
#endif

#ifdef ODD_TYPE
struct shed_ext_ops {
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	char name[128];
};
#define sched_ext_ops shed_ext_ops
#endif

#ifndef ODD_UNUSED
SEC(".struct_ops.link")
struct sched_ext_ops odd = {
#ifndef ODD_EMPTY
	.enqueue = (void *)odd_enqueue,
#endif
#ifdef ODD_TIMEOUT
	.timeout_ms = 60000,
#endif
#ifdef ODD_FLAGS
	.flags = 1ULL << 40,
#endif
#ifndef ODD_NAMELESS
	.name = "odd",
#endif
};
#endif

#ifdef ODD_TWO
SEC(".struct_ops.link")
struct sched_ext_ops second = {
	.enqueue = (void *)odd_enqueue,
	.name = "second",
};
#endif
