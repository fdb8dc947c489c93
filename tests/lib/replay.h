/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Replays ftrace's text of a run and checks that what it tells can be: an
 * independent reader, which shares no code with the program that wrote it.
 *
 *   1. A CPU switches away from the task that it runs, and to one that is
 *      runnable there. So no task runs on two CPUs, or runs asleep.
 *   2. A wake-up finds its task asleep (or new), and puts it on a CPU that it
 *      may use; a migration takes a waiting task from where it was.
 *   3. Nothing happens to the dead.
 *   4. No task waits while a CPU that it may use idles, for longer than
 *      the caller grants.
 *
 * The text is in microseconds: a time that adds up n intervals is off by less
 * than n microseconds.
 */
#ifndef TESTS_REPLAY_H
#define TESTS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_MAX_CPUS 64

struct replay_task {
	int pid;
	char comm[32];
	enum { TASK_UNSEEN, TASK_ASLEEP, TASK_WAITING, TASK_ON_CPU, TASK_GONE } state;
	int cpu;	 /* where it waits or runs */
	int64_t since;	 /* in this state; usec */
	int64_t runtime; /* usec */
	int64_t waited;	 /* usec spent waiting while a usable CPU idled, this wait */
	bool woken;	 /* this wait began with a wake-up; else it lost its CPU */
	uint64_t allowed;
	int switches, wakeups, migrations, preemptions;
};

struct replay {
	struct replay_task *tasks;
	int nr_tasks;
	int nr_cpus;
	struct {
		int pid; /* -1: not known yet */
		int64_t since, idle;
	} cpus[REPLAY_MAX_CPUS];
	int64_t now;
	struct replay_wait {
		int64_t usec; /* the largest `waited` */
		int pid;
		int64_t at;
	} after_wakeup, after_preemption;
	long events;
	int violations;
	char first[256]; /* what the first violation was */
};

struct replay_rules {
	int nr_cpus;
	int64_t duration; /* usec */
	/* The CPUs that a task of that name may use; NULL: all. */
	uint64_t (*allowed)(void *priv, const char *comm);
	void *priv;
};

/* False: out of memory, or not such a text (r->first says why). */
bool replay_run(struct replay *r, const char *text, const struct replay_rules *rules);
void replay_fini(struct replay *r);
struct replay_task *replay_find(const struct replay *r, int pid);

#endif
