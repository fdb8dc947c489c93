/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the test objects share. A file states what `scxlab verify` must say of it,
 * in comments that tests/bpf/verdicts.c reads:
 *
 *	EXPECT program: accept
 *	EXPECT program: reject EACCES
 *	LOG text that the log of the program above contains
 *
 * In place of a program, the map of a struct_ops value; then LOG is for its reason.
 * LOG lines are looked for in the order in which they stand.
 */
#ifndef TESTS_BPF_TEST_BPF_H
#define TESTS_BPF_TEST_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   bool *is_idle) __ksym;
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
void scx_bpf_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
			    u64 enq_flags) __ksym;
bool scx_bpf_consume(u64 dsq_id) __ksym;
s32 scx_bpf_dsq_nr_queued(u64 dsq_id) __ksym;
void scx_bpf_destroy_dsq(u64 dsq_id) __ksym;
void scx_bpf_kick_cpu(s32 cpu, u64 flags) __ksym;
u32 scx_bpf_reenqueue_local(void) __ksym;
const struct cpumask *scx_bpf_get_idle_cpumask(void) __ksym;
void scx_bpf_put_idle_cpumask(const struct cpumask *mask) __ksym;
struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;
void scx_bpf_exit_bstr(s64 code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym;

#define OPS(name, args...) SEC("struct_ops/" #name) BPF_PROG(name, ##args)
#define OPS_SLEEPABLE(name, args...) SEC("struct_ops.s/" #name) BPF_PROG(name, ##args)

/* With one number as argument. */
#define FAIL(text, number)                                                                         \
	({                                                                                         \
		static char fmt[] = text;                                                          \
		unsigned long long args[] = { (number) };                                          \
		scx_bpf_error_bstr(fmt, args, sizeof(args));                                       \
	})

#endif
