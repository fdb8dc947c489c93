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

struct foreign {
	struct st_ops_type type; /* priv: this */
	struct st_ops_value *value; /* attached; NULL: none */
};

struct lab {
	struct topology *topo;
	struct kernel *k;
	struct scx *scx;
	struct machine *m;
	struct kbtf *btf;
	const struct btf_type *ops; /* struct sched_ext_ops */
	int map_fd, btf_fd;
	s32 pid; /* a task that is there */
	struct foreign *foreign; /* NULL: the kernel has no such struct_ops */
	char log[16384];
};

/* One program. */
struct cell {
	const char *kfunc;
	const char *member;		/* of sched_ext_ops; NULL: not sched_ext's */
	const char *foreign;		/* of struct foreign_ops: the object file of foreign.c */
	enum bpf_prog_type type;
	bool sleepable;
	const char *before; /* a kfunc to call first, or NULL */
	bool other_task;    /* not the callback's own, though it may be the same */
	s32 cpu;	    /* for those that take one */
	bool bare;	    /* nothing but the call: where its arguments can't be had either */
	u64 flags;	    /* of the ops, beside SCX_OPS_KEEP_BUILTIN_IDLE */
	bool no_idle;	    /* the ops have their own idle tracking, in place of the built-in */
	bool reenq;	    /* of ops.enqueue: only for tasks that are re-enqueued */
};

/* Each ends the test program with a message if it can't. */
void lab_create(struct lab *l, enum kernel_profile p, enum kfunc_resolution r);
/* With struct foreign_ops, too, from @types. */
void lab_create_foreign(struct lab *l, enum kernel_profile p, enum kfunc_resolution r,
			const char *types);
/* Calls the program @fd of a foreign cell, as its subsystem would. */
void lab_call_foreign(struct lab *l, const struct cell *c, int fd);
void lab_destroy(struct lab *l);
int lab_member(const struct lab *l, const char *name);
void lab_close(struct lab *l, int fd);
/* fd, or what PROG_LOAD said; its log is in l->log. */
int lab_load(struct lab *l, const struct cell *c);
bool lab_takes_task(const char *kfunc);
bool lab_takes_cpu(const char *kfunc); /* struct cell says which */
/* Does nothing, and returns 0. */
int lab_load_empty(struct lab *l, const char *member);
/* How often the program came to the call (0), came back from it (1). */
u64 lab_count(struct lab *l, u32 which);
void lab_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
s64 lab_bpf(struct lab *l, int cmd, union bpf_attr *a);

#endif
