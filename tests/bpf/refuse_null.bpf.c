/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What may be NULL and is not asked about. */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} per_task SEC(".maps");

/*
 * EXPECT map_value: reject EACCES
 * LOG *count += 1;
 * LOG R0 invalid mem access 'map_value_or_null'
 */
void OPS(map_value, struct task_struct *p, u64 enq_flags)
{
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&counts, &key);

	*count += 1;
}

/*
 * EXPECT task_storage: reject EACCES
 * LOG *value = 1;
 * LOG R0 invalid mem access 'map_value_or_null'
 */
void OPS(task_storage, struct task_struct *p)
{
	u64 *value = bpf_task_storage_get(&per_task, p, 0, 0);

	*value = 1;
}

/*
 * prev is NULL when the CPU was idle.
 *
 * EXPECT nullable_argument: reject EACCES
 * LOG return prev->pid;
 * LOG R1 invalid mem access 'trusted_ptr_or_null_'
 */
SEC("struct_ops/nullable_argument")
int BPF_PROG(nullable_argument, s32 cpu, struct task_struct *prev)
{
	return prev->pid;
}

/* EXPECT asked_about: accept */
void OPS(asked_about, struct task_struct *p)
{
	u64 *value = bpf_task_storage_get(&per_task, p, 0, 0);

	if (value)
		*value = 1;
}

SEC(".struct_ops")
struct sched_ext_ops refuse_null = {
	.enqueue = (void *)map_value,
	.running = (void *)task_storage,
	.dispatch = (void *)nullable_argument,
	.tick = (void *)asked_about,
	.name = "refuse_null",
};
