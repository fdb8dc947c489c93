/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A playing workload: the files run.c, script.c and sync.c among themselves. */
#ifndef WORKLOAD_RUN_H
#define WORKLOAD_RUN_H

#include "machine/machine.h"
#include "workload/sync.h"

struct wl_thread {
	struct task_script script; /* the machine's hold on it */
	struct workload_run *run;
	const struct wl_task *task;
	struct task_struct *p;
	struct list_head link;	  /* run->threads */
	struct wl_thread *next;	  /* in a wl_queue, while blocked there */

	u64 first;		  /* when its first phase begins: timers count from here */
	bool begun;		  /* the delay is over */
	bool looping;		  /* inside an iteration of a phase */
	bool spent;		  /* something in this iteration took time */
	u32 phase, pc;
	s32 phase_loop, loop;
	s32 locks;		  /* "lock" events less "unlock" events of this iteration */
	bool left_early;	  /* an OP_BARRIER did not block: skip its leave */
	u32 policy;
	s32 priority;
	const cpumask_t *cpus;	  /* NULL: all; points into the workload */
	struct wl_timer timers[]; /* task->own_timers */
};

struct wl_fork {
	u32 nr; /* so far */
};

struct workload_run {
	const struct workload *w;
	struct machine *machine;
	u64 duration;
	struct machine_timer end;
	bool ending; /* no task begins another event */
	u64 zero;    /* when the run started */
	struct list_head threads;
	struct wl_mutex *mutexes;
	struct wl_cond *conds;
	struct wl_barrier *barriers;
	struct wl_timer *timers;
	struct wl_fork *forks;
	struct machine_timer scenario; /* scenario.c */
	u32 next_event;
	struct wl_storm *storms;
	struct workload_hooks hooks;
	struct err_msg error;
};

/* The cgroup at @path ("/a/b"), made where it is not there yet. */
int wl_cgroup_get(struct machine *m, const char *path, struct err_msg *e, struct cgroup **out);
/* Creates one instance of @t; @parent: who forks it, or NULL. */
int wl_thread_create(struct workload_run *r, const struct wl_task *t, struct task_struct *parent,
		     struct err_msg *e);
/* The script's next(). */
struct step wl_thread_next(struct task_script *s, struct machine *m, struct task_struct *p);

#endif
