/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A cell of a verdict matrix as a real program: it calls one kfunc from one
 * callback, and is loaded through bpf(2). What it needs around the call - a task, a
 * mask, an iterator - it gets and gives back as a scheduler would.
 *
 * The program counts, in a map, how often it came to the call, and came back.
 */
#ifndef TESTS_SCX_LAB_H
#define TESTS_SCX_LAB_H


#include "isa/isa.h"
#include "kernel/internal.h"
#include "syscall/attr.h"
#include "scx/internal.h"
#include "machine/topology.h"

#define LAB_DSQ 7 /* made by the test */
#define LAB_PID_SLOT 2

struct lab {
	struct topology *topo;
	struct kernel *k;
	struct scx *scx;
	struct machine *m;
	struct kbtf *btf;
	const struct btf_type *ops; /* struct sched_ext_ops */
	int map_fd, btf_fd;
	s32 pid; /* a task that is there */
	char log[16384];
};

/* One program. */
struct cell {
	const char *kfunc;
	const char *member;		/* of sched_ext_ops; NULL: not struct_ops */
	enum bpf_prog_type type;
	bool sleepable;
	const char *before; /* a kfunc to call first, or NULL */
	u64 flags;	    /* of the ops, beside SCX_OPS_KEEP_BUILTIN_IDLE */
	bool reenq;	    /* of ops.enqueue: only for tasks that are re-enqueued */
};

/* Each ends the test program with a message if it can't. */
void lab_create(struct lab *l, enum kernel_profile p, enum kfunc_resolution r);
void lab_destroy(struct lab *l);
int lab_member(const struct lab *l, const char *name);
void lab_close(struct lab *l, int fd);
/* fd, or what PROG_LOAD said; its log is in l->log. */
int lab_load(struct lab *l, const struct cell *c);
/* Does nothing, and returns 0. */
int lab_load_empty(struct lab *l, const char *member);
/* How often the program came to the call (0), came back from it (1). */
u64 lab_count(struct lab *l, u32 which);
void lab_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
s64 lab_bpf(struct lab *l, int cmd, union bpf_attr *a);

#endif
