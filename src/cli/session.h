/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A simulation from its ingredients to its figures: machine and kernel, object,
 * workload, sinks. session_open() to session_run() in this order; session_close()
 * at any point. Failures are printed where they are found; the functions return
 * an exit code.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <stdatomic.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/extras.h"
#include "cli/kernel_options.h"
#include "kernel/kernel.h"
#include "machine/machine.h"
#include "trace/stats.h"
#include "trace/writer.h"

struct loader;
struct topology;
struct workload;
struct workload_run;

struct session_config {
	struct kernel_options kernel;
	const char *object;    /* NULL: no sched_ext scheduler */
	const char *topology;  /* as for topology_create() */
	const char *costs;     /* a path, or NULL for the machine's defaults */
	const char *workload;  /* a path, or NULL for the built-in one */
	const char *trace;     /* a path, or NULL */
	const char *const *sets;
	u32 nr_sets;
	u32 hz;
	enum cpufreq_governor governor;
	enum machine_fair fair;
	bool cpus_in_turn;
	u64 seed;
	enum kernel_engine engine;
	u64 duration;	       /* 0: the workload's */
	s32 first_pid;	       /* of the machine's own tasks; 0: its default */
	bool endless;	       /* no statistics, which grow with the number of tasks */
	bool perf_map;	       /* write /tmp/perf-PID.map, where perf looks for names */
	bool gdb;	       /* tell gdb of compiled functions */
	bool quiet;	       /* no progress */
	FILE *errors;	       /* NULL: standard error, with libbpf's messages */
	const atomic_bool *cancel; /* NULL: SIGINT and SIGTERM end the run early */
	bool show_sysfs;
	const char *const *maps; /* of the object, to be shown at the end */
	u32 nr_maps;
};

struct session {
	const struct session_config *cfg;
	struct topology *topo;
	struct kernel *kernel;
	struct machine *machine;
	struct loader *loader;
	struct workload *workload;
	struct workload_run *run;
	struct stats stats;
	bool has_stats;
	FILE *trace_file, *perf_map;
	struct gdb_code *gdb;
	struct trace_writer *trace;
	char refused[16];	/* the program, if the last load was refused by the verifier */

	/* after session_run() */
	char sched_name[64];
	u64 duration_ns, wall_ns;
	bool interrupted, blocked;
	struct kernel_sched_exit exit;
	struct extras extras;
};

#define SESSION_DEFAULT_HZ 1000
#define SESSION_DEFAULT_SEED 1
#define SESSION_DEFAULT_TOPOLOGY "4"

/* One of the machine's own schedulers by name: eevdf, cfs. -EINVAL with *e. */
int session_parse_own(const char *name, struct err_msg *e, enum machine_fair *out);
/* "jit", "jit-barriers" or "interpreter". -EINVAL with *e. */
int session_parse_engine(const char *name, struct err_msg *e, enum kernel_engine *out);

int session_open(struct session *s, const struct session_config *cfg);
/* Creates the workload's tasks; @soft: when they are told to end, 0: never. */
int session_start_workload(struct session *s, u64 soft);
int session_load(struct session *s);
int session_run(struct session *s);
/* After a run: what its exit status says of the scheduler. */
int session_judge(const struct session *s);
void session_close(struct session *s);

#endif
