/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A sweep: the cells of a grid, each a run of its own, and what came out of them.
 *
 *	spec     a JSON file -> axes -> cells, in the order of the report
 *	results  a file of finished cells, found again by key: a sweep that was
 *	         interrupted, or extended, runs only what is missing
 *	run      workers, each with a kernel of its own per cell
 *	report   table, JSON, CSV; the same bytes whatever the number of workers
 *
 * A cell's key is a hash of the command that repeats it and of the contents of
 * the files which that command names: results of another object don't count.
 */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include <stdatomic.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/session.h"

#define SWEEP_MAX_CELLS 100000

/* A named list of values; of the axes that are no globals, the names are the spec's keys. */
struct sweep_axis {
	char *name;
	char **values;
	u32 nr;
};

struct sweep_scheduler {
	char *name;
	char *path; /* NULL: @name is one of the machine's own, @fair */
	enum machine_fair fair;
	struct sweep_axis *sets;
	u32 nr_sets;
};

struct sweep_spec {
	struct sweep_scheduler *schedulers;
	u32 nr_schedulers;
	struct sweep_axis workloads, topologies, seeds; /* no value: the one that run takes */
	struct sweep_axis *sets; /* of every scheduler that is an object */
	u32 nr_sets;
	/* the same in all cells; NULL: not given */
	char *duration, *kernel, *hz, *engine, *governor, *costs;
	struct session_config common; /* what these mean */
};

struct sweep_result {
	bool done;
	int status; /* enum exit_code of the run */
	char *exit; /* kind of the scheduler's exit */
	char *message; /* what went wrong; "" */
#define FIGURE(name, value) u64 name;
#include "cli/sweep_figures.def"
#undef FIGURE
};

struct sweep_cell {
	const struct sweep_scheduler *sched;
	const char *workload, *topology; /* NULL: the built-in one; the default */
	u64 seed;
	char **sets; /* "VAR=VALUE" */
	u32 nr_sets;
	char *command; /* that repeats it */
	u64 key;
	struct sweep_result result;
};

struct sweep {
	struct sweep_spec spec;
	struct sweep_cell *cells;
	u32 nr_cells;
	struct sweep_cell **by_key; /* sorted */
};

/* ---- sweep_spec.c: the file ---- */
int sweep_spec_read(struct sweep_spec *spec, const char *path, struct err_msg *e);
void sweep_spec_fini(struct sweep_spec *s);

/* ---- sweep_cells.c: the grid ---- */
/* -EINVAL, -ENOMEM, or of a file that can't be read, with *e. */
int sweep_open(struct sweep *sw, const char *path, struct err_msg *e);
void sweep_close(struct sweep *sw);
/* NULL: there is no such cell. */
struct sweep_cell *sweep_find(const struct sweep *sw, u64 key);

/* ---- sweep_results.c ---- */
struct sweep_results {
	FILE *file;
	const char *path;
};
/* Opens or creates @path, and fills the results of the cells that it has. */
int sweep_results_open(struct sweep_results *r, const char *path, struct sweep *sw,
		       struct err_msg *e);
/* The same for a file that somebody else has written, and that may be missing. */
int sweep_results_merge(const char *path, struct sweep *sw, struct err_msg *e);
int sweep_results_add(struct sweep_results *r, const struct sweep_cell *c);
void sweep_results_close(struct sweep_results *r);

/* ---- sweep_run.c ---- */
struct sweep_part {
	u32 k, n; /* the cells whose index is k modulo n */
};
/* Runs what is missing of @part. 0, 1 where a signal ended it early, or -errno with *e. */
int sweep_run(struct sweep *sw, struct sweep_part part, u32 nr_workers, struct sweep_results *r,
	      struct err_msg *e);

/* ---- sweep_report.c ---- */
enum sweep_format { SWEEP_TABLE, SWEEP_JSON, SWEEP_CSV };
/* The cells of @part that are done. 0 or -ENOMEM. */
int sweep_report(const struct sweep *sw, struct sweep_part part, enum sweep_format format,
		 FILE *to);
/* One that failed, and how to see it again; how many there are. */
u32 sweep_report_failures(const struct sweep *sw, struct sweep_part part, FILE *to);

/* ---- sweep_slurm.c ---- */
/*
 * Runs the sweep as an array job of @nr_parts tasks, waits for it, and collects
 * their results into @sw. @spec and @results are paths that every node sees.
 */
int sweep_slurm(struct sweep *sw, const char *spec, const char *results, u32 nr_parts,
		struct err_msg *e);

#endif
