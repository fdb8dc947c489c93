/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Accesses beyond a map's value. */
#include "test.bpf.h"

char _license[] SEC("license") = "GPL";

#define NR 16

struct slots {
	u32 slot[NR];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slots);
} slots SEC(".maps");

static __always_inline struct slots *first(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/*
 * EXPECT constant_beyond: reject EACCES
 * LOG *(&s->slot[0] + NR) = 1;
 * LOG invalid access to map value, value_size=64 off=64 size=4
 * LOG R0 min value is outside of the allowed memory range
 */
void OPS(constant_beyond, struct task_struct *p, u64 enq_flags)
{
	struct slots *s = first();

	if (s)
		*(&s->slot[0] + NR) = 1;
}

/*
 * EXPECT unchecked_index: reject EACCES
 * LOG s->slot[(u32)enq_flags] = 1;
 * LOG unbounded memory access, make sure to bounds check any such access
 */
void OPS(unchecked_index, struct task_struct *p, u64 enq_flags)
{
	struct slots *s = first();

	if (s)
		s->slot[(u32)enq_flags] = 1;
}

/*
 * EXPECT off_by_one: reject EACCES
 * LOG invalid access to map value, value_size=64 off=64 size=4
 * LOG max value is outside of the allowed memory range
 */
void OPS(off_by_one, struct task_struct *p)
{
	struct slots *s = first();
	u32 i = p->scx.weight;

	if (s && i <= NR)
		s->slot[i] = 1;
}

/*
 * EXPECT negative_index: reject EINVAL
 * LOG math between map_value pointer and register with unbounded min value is not allowed
 */
void OPS(negative_index, struct task_struct *p, bool runnable)
{
	struct slots *s = first();
	s32 i = p->prio;

	if (s && i < NR)
		s->slot[i] = 1;
}

/* EXPECT checked_index: accept */
void OPS(checked_index, struct task_struct *p)
{
	struct slots *s = first();
	u32 i = p->scx.weight;

	if (s && i < NR)
		s->slot[i] = 1;
}

const volatile char name[4] = "abc";

/*
 * EXPECT into_a_constant: reject EACCES
 * LOG write into map forbidden
 */
void OPS(into_a_constant, struct task_struct *p, u64 deq_flags)
{
	static const char fmt[] = "%d";
	u64 args[] = { p->pid };

	bpf_snprintf((char *)name, sizeof(name), fmt, args, sizeof(args));
}

SEC(".struct_ops")
struct sched_ext_ops refuse_map_bounds = {
	.enqueue = (void *)constant_beyond,
	.runnable = (void *)unchecked_index,
	.running = (void *)off_by_one,
	.stopping = (void *)negative_index,
	.tick = (void *)checked_index,
	.dequeue = (void *)into_a_constant,
	.name = "refuse_map_bounds",
};
