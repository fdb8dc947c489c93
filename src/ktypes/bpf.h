/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The types that generic kfuncs and helpers take, as BPF programs see them
 * (include/uapi/linux/bpf.h and kernel/bpf of 6.12): opaque, of Linux's size
 * and alignment. What is inside: helpers/kern.h.
 */
#ifndef KTYPES_BPF_H
#define KTYPES_BPF_H

#include "ktypes/cpumask.h"

#define BPF_OPAQUE(type, name, words)                                                              \
	struct name {                                                                              \
		type __opaque[words];                                                              \
	} __attribute__((aligned(sizeof(type))))

struct bpf_spin_lock {
	u32 val;
};

BPF_OPAQUE(u64, bpf_timer, 2);
BPF_OPAQUE(u64, bpf_wq, 2);
BPF_OPAQUE(u64, bpf_dynptr, 2);
BPF_OPAQUE(u64, bpf_list_head, 2);
BPF_OPAQUE(u64, bpf_list_node, 3);
BPF_OPAQUE(u64, bpf_rb_root, 2);
BPF_OPAQUE(u64, bpf_rb_node, 4);
BPF_OPAQUE(u32, bpf_refcount, 1);

BPF_OPAQUE(u64, bpf_iter_num, 1);
BPF_OPAQUE(u64, bpf_iter_bits, 2);
BPF_OPAQUE(u64, bpf_iter_css, 3);
BPF_OPAQUE(u64, bpf_iter_css_task, 1);
BPF_OPAQUE(u64, bpf_iter_task, 3);

/* A cpumask that a program made. Its first member makes it good as a struct cpumask. */
struct bpf_cpumask {
	cpumask_t cpumask;
	u32 usage; /* references; kernel: refcount_t */
};

#undef BPF_OPAQUE

struct key;

struct bpf_key {
	struct key *key;
	bool has_ref;
};

enum bpf_cgroup_iter_order {
	BPF_CGROUP_ITER_ORDER_UNSPEC = 0,
	BPF_CGROUP_ITER_SELF_ONLY,
	BPF_CGROUP_ITER_DESCENDANTS_PRE,
	BPF_CGROUP_ITER_DESCENDANTS_POST,
	BPF_CGROUP_ITER_ANCESTORS_UP,
};

/* flags of bpf_iter_task_new() */
enum {
	BPF_TASK_ITER_ALL_PROCS = 0,
	BPF_TASK_ITER_ALL_THREADS,
	BPF_TASK_ITER_PROC_THREADS,
};

/* flags of bpf_iter_css_task_new() */
enum {
	CSS_TASK_ITER_PROCS = 1,
	CSS_TASK_ITER_THREADED = 2,
	CSS_TASK_ITER_SKIPPED = 65536,
};

#endif
