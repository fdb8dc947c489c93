/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Workloads: rt-app's JSON files, read with rt-app's own JSON parser and played
 * on a machine. docs/workloads.md says what each key means here.
 *
 * A struct workload is what a file says: immutable, free of any machine, usable
 * for many runs at once. A struct workload_run is one playing of it: the tasks'
 * positions and the mutexes, conditions, barriers and timers that they share.
 *
 * Keys are rt-app's, and so are the meanings, quirks included (a signal without
 * a waiter is lost, a barrier counts instances). What is not modelled is refused
 * with the key and its line; nothing is skipped.
 */
#ifndef WORKLOAD_WORKLOAD_H
#define WORKLOAD_WORKLOAD_H

#include "base/base.h"

struct machine;
struct workload;
struct workload_run;

/*
 * @text, @len: the file's contents; @name: how messages call it. -EINVAL with *e
 * ("NAME:LINE: ..."), -ENOMEM.
 */
int workload_parse(const char *text, size_t len, const char *name, struct err_msg *e,
		   struct workload **out);
void workload_destroy(struct workload *w);

/* Seconds after which rt-app stops its tasks ("duration"), in ns; 0: never. */
u64 workload_duration(const struct workload *w);
bool workload_has_duration(const struct workload *w); /* does the file say so at all? */
/* Some task loops for ever: only a duration ends such a workload. */
bool workload_is_endless(const struct workload *w);
u32 workload_nr_threads(const struct workload *w); /* at the start, without forks */

/* A canonical listing, for people and tests, through @write. */
void workload_dump(const struct workload *w, void (*write)(void *priv, const char *text),
		   void *priv);

/*
 * A run of @w on @m, without tasks yet. After @duration ns (0: never) each task
 * ends at the end of the event it is in, as rt-app's do. -EINVAL with *e (a CPU
 * that @m lacks), -ENOMEM.
 */
int workload_run_create(const struct workload *w, struct machine *m, u64 duration,
			struct err_msg *e, struct workload_run **out);
/* Creates the tasks, to start now. Both @w and @r must outlive them. -EINVAL with *e, -ENOMEM. */
int workload_run_start(struct workload_run *r, struct err_msg *e);
/* What only those around the machine can do; 0, or an errno with *e that ends the run. */
enum workload_request {
	WORKLOAD_SYSRQ_S,
	WORKLOAD_SYSRQ_D,
	WORKLOAD_DETACH,
	WORKLOAD_ATTACH,
	WORKLOAD_REPLACE,
};
struct workload_hooks {
	void *priv;
	/* @object: a path, for WORKLOAD_REPLACE; else NULL */
	int (*request)(void *priv, enum workload_request what, const char *object,
		       struct err_msg *e);
};
/* Before workload_run_start(). Without hooks, such events end the run with an error. */
void workload_run_set_hooks(struct workload_run *r, const struct workload_hooks *hooks);
/* After the machine's end. NULL is fine. */
void workload_run_destroy(struct workload_run *r);
/* Why machine_run() was stopped by the workload; "" if it was not. */
const char *workload_run_error(const struct workload_run *r);

#endif
