/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A number that is said to be a task. */
#include "test.bpf.h"
#include <bpf/bpf_core_read.h>

char _license[] SEC("license") = "GPL";

void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym;

/*
 * EXPECT cast_number: reject EACCES
 * LOG only read is supported
 */
void OPS(cast_number, struct task_struct *p, bool runnable)
{
	struct task_struct *q;

	q = bpf_rdonly_cast((void *)0xdead0000, bpf_core_type_id_kernel(struct task_struct));
	q->scx.slice = 1;
}

SEC(".struct_ops")
struct sched_ext_ops refuse_cast = {
	.stopping = (void *)cast_number,
	.name = "refuse_cast",
};
