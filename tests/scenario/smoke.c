/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * smoke SCXLAB SCHEDULERS EXAMPLES REAL WORKLOADS: every shipped workload under
 * every scheduler, on machines of different shape. Each must end without an
 * error, schedule somebody, and leave no CPU time unaccounted for.
 *
 * REAL holds objects that were compiled against a real kernel's vmlinux.h; where
 * it is empty they are skipped.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "tap.h"

static const char *const machines[] = {
	"--cpus 8",
	"--topology 'numa:2 l3:1 core:2 pu:2'",
	"--cpus 1",
};

static const char *base(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static bool plausible(const struct proc_result *pr)
{
	int64_t idle = 0, runtime = 0;
	struct report r = {};
	bool ok = false;

	if (pr->status) {
		tap_note("exit status %d", pr->status);
		tap_note_text(pr->err, 10);
		return false;
	}
	if (!report_parse(pr->out, &r))
		goto out;
	for (int c = 0; c < r.nr_cpus; c++)
		idle += r.cpus[c].idle;
	for (int i = 0; i < r.nr_tasks; i++)
		runtime += r.tasks[i].runtime;
	ok = r.events > 0 && r.nr_tasks && runtime > 0 &&
	     runtime + idle == r.nr_cpus * r.duration;
	if (!ok)
		tap_note("%" PRId64 " events, %d tasks, runtime %" PRId64 ", idle %" PRId64, r.events,
			 r.nr_tasks, runtime, idle);
out:
	report_fini(&r);
	return ok;
}

static bool run(const char *scxlab, const char *sched, const char *workload, const char *machine)
{
	struct proc_result pr;
	char line[2048];
	bool ok;

	snprintf(line, sizeof(line), "'%s' run %s --workload '%s' --duration 300ms --json %s", scxlab,
		 sched, workload, machine);
	ok = proc_run_line(line, NULL, &pr) && plausible(&pr);
	proc_result_fini(&pr);
	return ok;
}

static void all_workloads(struct tap *t, const char *scxlab, const char *sched, const char *name,
			  const glob_t *workloads)
{
	static const size_t nr_machines = sizeof(machines) / sizeof(machines[0]);

	for (size_t w = 0; w < workloads->gl_pathc; w++) {
		const char *machine = machines[(w + t->nr) % nr_machines];

		tap_ok(t, run(scxlab, sched, workloads->gl_pathv[w], machine), "%s, %s, %s", name,
		       base(workloads->gl_pathv[w]), machine + 2);
	}
}

int main(int argc, char **argv)
{
	/* Those that run by themselves; scx_central and scx_flatcg want their user half. */
	static const char *const linux_ones[] = {
		"scx_simple.bpf.o",
		"scx_simple.bpf.o --set fifo_sched=true",
		"scx_qmap.bpf.o",
	};
	static const char *const ours[] = { "fair.bpf.o", "fifo.bpf.o", "percpu.bpf.o",
					    "fifo.bpf.o --set slice_ns=1000000" };
	char sched[1024], pattern[512];
	struct tap t = {};
	glob_t workloads;

	if (argc != 6) {
		fprintf(stderr, "usage: smoke SCXLAB SCHEDULERS EXAMPLES REAL WORKLOADS\n");
		return 1;
	}
	snprintf(pattern, sizeof(pattern), "%s/*.json", argv[5]);
	tap_ok(&t, !glob(pattern, 0, NULL, &workloads) && workloads.gl_pathc >= 3,
	       "at least three workloads are shipped");
	all_workloads(&t, argv[1], "--scheduler eevdf", "eevdf", &workloads);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		snprintf(sched, sizeof(sched), "'%s'/%s", argv[3], ours[i]);
		all_workloads(&t, argv[1], sched, ours[i], &workloads);
	}
	for (int real = 0; real <= 1; real++) {
		const char *dir = argv[real ? 4 : 2];

		snprintf(sched, sizeof(sched), "%s/scx_simple.bpf.o", dir);
		if (access(sched, R_OK)) {
			tap_skip(&t, real ? "no real kernel's BTF" : "no tools/sched_ext objects",
				 "scx_simple, scx_qmap");
			continue;
		}
		for (size_t i = 0; i < sizeof(linux_ones) / sizeof(linux_ones[0]); i++) {
			snprintf(sched, sizeof(sched), "'%s'/%s", dir, linux_ones[i]);
			snprintf(pattern, sizeof(pattern), "%s%s", linux_ones[i],
				 real ? " (real vmlinux.h)" : "");
			all_workloads(&t, argv[1], sched, pattern, &workloads);
		}
	}
	globfree(&workloads);
	return tap_done(&t);
}
