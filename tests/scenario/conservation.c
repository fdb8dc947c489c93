/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * conservation SCXLAB SCHEDULERS EXAMPLES [NR [FIRST]]: random workloads, each
 * under one of the schedulers in turn. What must hold of every run:
 *
 *   - CPU time is neither made nor lost: on each CPU busy + idle = duration, and
 *     the runtimes of all tasks + idle = CPUs x duration, to the nanosecond;
 *   - the trace, replayed, is a possible history (replay.h), and it and the
 *     report tell the same story;
 *   - no task waits while a CPU that it may use idles, beyond what the scheduler
 *     itself explains.
 *
 * What fails leaves its workload behind and says how to repeat it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "rand_workload.h"
#include "replay.h"
#include "report.h"
#include "tap.h"

#define DEFAULT_NR 63

/*
 * An interrupt's way to an idle CPU, its way out of idle, a switch, and the
 * ticks and interrupts that come between.
 */
#define WAKE_USEC 50
/* Linux's load balancer looks around every few ticks. */
#define BALANCE_TICKS 50

enum promise {
	/* None: an idle CPU does not look at scx_qmap's queues of its own accord. */
	NONE,
	/*
	 * A waking task gets an idle CPU if there is one, and a CPU that becomes
	 * idle takes what waits. That holds where all tasks may use all CPUs and no
	 * real-time task is about: nobody tells the idle CPUs of a task that has to
	 * make way, and 6.12's scx_bpf_select_cpu_dfl() claims an idle previous CPU
	 * that the task may not use.
	 */
	PROMPT,
	/*
	 * Somebody comes and balances; but not on behalf of a task that waits
	 * behind a real-time one.
	 */
	BALANCED,
};

struct scheduler {
	const char *name, *args;
	bool needs_linux;
	enum promise promise;
};

static const struct scheduler schedulers[] = {
	{ "scx_simple", "'%s'/scx_simple.bpf.o", true, PROMPT },
	{ "scx_simple-fifo", "'%s'/scx_simple.bpf.o --set fifo_sched=true", true, PROMPT },
	{ "scx_qmap", "'%s'/scx_qmap.bpf.o", true, NONE },
	{ "fair", "'%s'/fair.bpf.o", false, PROMPT },
	{ "fifo", "'%s'/fifo.bpf.o", false, PROMPT },
	{ "percpu", "'%s'/percpu.bpf.o", false, PROMPT },
	{ "eevdf", "--scheduler eevdf", false, BALANCED },
};
#define NR_SCHEDULERS (sizeof(schedulers) / sizeof(schedulers[0]))

/* ---- what must hold ---- */

static bool check_times(const struct report *r)
{
	int64_t idle = 0, runtime = 0;
	bool ok = true;

	for (int c = 0; c < r->nr_cpus; c++) {
		if (r->cpus[c].busy + r->cpus[c].idle != r->duration) {
			tap_note("CPU %d: busy %" PRId64 " + idle %" PRId64 " is not %" PRId64, c,
				 r->cpus[c].busy, r->cpus[c].idle, r->duration);
			ok = false;
		}
		idle += r->cpus[c].idle;
	}
	for (int i = 0; i < r->nr_tasks; i++)
		runtime += r->tasks[i].runtime;
	if (runtime + idle != r->nr_cpus * r->duration) {
		tap_note("runtimes %" PRId64 " + idle %" PRId64 " is not %d CPUs x %" PRId64,
			 runtime, idle, r->nr_cpus, r->duration);
		ok = false;
	}
	return ok;
}

static bool equal(const struct report_task *t, const char *what, int64_t report, int64_t trace)
{
	if (report != trace)
		tap_note("%s-%d: %" PRId64 " %s by the report, %" PRId64 " by the trace", t->comm,
			 t->pid, report, what, trace);
	return report == trace;
}

/* The report and the trace tell of the same run. */
static bool check_story(const struct report *r, const struct replay *h)
{
	bool ok = true;

	if (r->events != h->events) {
		tap_note("%" PRId64 " events by the report, %ld in the trace", r->events,
			 h->events);
		ok = false;
	}
	for (int i = 0; i < r->nr_tasks; i++) {
		const struct report_task *t = &r->tasks[i];
		const struct replay_task *seen = replay_find(h, t->pid);
		const struct replay_task none = {};

		if (!seen)
			seen = &none;
		ok &= equal(t, "switches", t->switches, seen->switches);
		ok &= equal(t, "wake-ups", t->wakeups, seen->wakeups);
		ok &= equal(t, "migrations", t->migrations, seen->migrations);
		ok &= equal(t, "preemptions", t->preemptions, seen->preemptions);
		/* Each stretch on a CPU is off by less than a microsecond. */
		if (llabs(t->runtime / 1000 - seen->runtime) > seen->switches + 1) {
			tap_note("%s-%d ran %" PRId64 " ns by the report, %" PRId64
				 " us by the trace", t->comm, t->pid, t->runtime, seen->runtime);
			ok = false;
		}
	}
	return ok;
}

static bool in_time(const struct replay *h, const struct replay_wait *w, int64_t limit)
{
	const struct replay_task *t = replay_find(h, w->pid);

	if (w->usec <= limit)
		return true;
	tap_note("%s-%d waits, while a CPU that it may use idles, for %" PRId64 " us, until %" PRId64
		 " us", t->comm, t->pid, w->usec, w->at);
	return false;
}

static bool check_history(const struct scheduler *s, const struct rand_workload *w, int hz,
			  const struct replay *h)
{
	int64_t balance = BALANCE_TICKS * 1000000 / hz;
	bool ok = !h->violations;

	if (!ok)
		tap_note("%d impossible things; the first %s", h->violations, h->first);
	if (w->rt)
		return ok;
	if (s->promise == PROMPT && !w->pinned)
		ok &= in_time(h, &h->after_wakeup, WAKE_USEC) &
		      in_time(h, &h->after_preemption, WAKE_USEC);
	if (s->promise == BALANCED)
		ok &= in_time(h, &h->after_wakeup, balance) &
		      in_time(h, &h->after_preemption, balance);
	return ok;
}

/* ---- a run ---- */

struct place {
	const char *scxlab, *schedulers, *examples;
	char dir[64], workload[128], trace[128];
	bool have_linux;
};

static bool check_run(const struct scheduler *s, const struct rand_workload *w, int hz,
		      const struct place *p, const struct proc_result *pr)
{
	struct replay_rules rules = {
		.nr_cpus = w->nr_cpus,
		.allowed = rand_workload_allowed,
		.priv = (void *)w,
	};
	char *trace = proc_read_file(p->trace, NULL);
	struct replay h = {};
	struct report r = {};
	bool ok = false;

	if (pr->status || !trace) {
		tap_note("exit status %d%s", pr->status, trace ? "" : ", no trace");
		tap_note_text(pr->err, 10);
		goto out;
	}
	if (!report_parse(pr->out, &r))
		goto out;
	rules.duration = r.duration / 1000;
	ok = check_times(&r);
	if (!replay_run(&h, trace, &rules)) {
		tap_note("%s", h.first);
		ok = false;
		goto out;
	}
	ok &= check_history(s, w, hz, &h);
	ok &= check_story(&r, &h);
out:
	replay_fini(&h);
	report_fini(&r);
	free(trace);
	return ok;
}

/* Every other machine has a shape, if its number of CPUs lets it have one. */
static const char *machine(const struct rand_workload *w, int nr)
{
	switch (nr / NR_SCHEDULERS % 2 ? w->nr_cpus : 0) {
	case 4:
		return "--topology 'core:2 pu:2'";
	case 8:
		return "--topology 'numa:2 l3:1 core:2 pu:2'";
	case 16:
		return "--topology 'l3:4 core:4 pu:1'";
	default:
		return NULL;
	}
}

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	return f && fputs(text, f) >= 0 && !fclose(f);
}

static void one(struct tap *t, struct place *p, int nr)
{
	const struct scheduler *s = &schedulers[nr % NR_SCHEDULERS];
	static const unsigned int kinds[] = {
		0, RAND_SYNC, RAND_PINNED, RAND_PINNED | RAND_RT | RAND_SYNC, 0, RAND_RT,
		RAND_SYNC, RAND_PINNED | RAND_SYNC, RAND_RT | RAND_SYNC,
	};
	unsigned int flags = kinds[nr / NR_SCHEDULERS % (sizeof(kinds) / sizeof(kinds[0]))];
	int hz = nr % 3 ? 1000 : 250;
	char args[512], cpus[64], line[2048];
	struct rand_workload w;
	struct proc_result pr;
	bool ok;

	rand_workload_make(&w, nr, flags);
	snprintf(p->workload, sizeof(p->workload), "%s/%d.json", p->dir, nr);
	snprintf(p->trace, sizeof(p->trace), "%s/%d.txt", p->dir, nr);
	snprintf(args, sizeof(args), s->args, s->needs_linux ? p->schedulers : p->examples);
	if (s->needs_linux && !p->have_linux) {
		tap_skip(t, "no tools/sched_ext objects", "%d: %s", nr, s->name);
		goto out;
	}
	snprintf(cpus, sizeof(cpus), "--cpus %d", w.nr_cpus);
	snprintf(line, sizeof(line),
		 "'%s' run %s %s --hz %d --duration %dms --seed %d --workload %s --json --trace %s",
		 p->scxlab, args, machine(&w, nr) ? machine(&w, nr) : cpus, hz, w.duration_ms, nr,
		 p->workload, p->trace);
	ok = write_file(p->workload, w.text) && proc_run_line(line, NULL, &pr);
	if (ok) {
		ok = check_run(s, &w, hz, p, &pr);
		proc_result_fini(&pr);
	}
	if (!ok)
		tap_note("%s", line);
	else
		unlink(p->workload);
	unlink(p->trace);
	tap_ok(t, ok, "%d: %s, %d tasks on %d CPUs%s%s%s", nr, s->name, w.nr_tasks, w.nr_cpus,
	       w.pinned ? ", affinities" : "", w.rt ? ", real-time" : "",
	       flags & RAND_SYNC ? ", synchronisation" : "");
out:
	rand_workload_fini(&w);
}

int main(int argc, char **argv)
{
	struct place p = { .dir = "/tmp/scxlab-conservation-XXXXXX" };
	int nr = argc > 4 ? atoi(argv[4]) : DEFAULT_NR, first = argc > 5 ? atoi(argv[5]) : 0;
	struct tap t = {};
	char simple[512];

	if (argc < 4 || !mkdtemp(p.dir)) {
		fprintf(stderr, "usage: conservation SCXLAB SCHEDULERS EXAMPLES [NR [FIRST]]\n");
		return 1;
	}
	p.scxlab = argv[1];
	p.schedulers = argv[2];
	p.examples = argv[3];
	snprintf(simple, sizeof(simple), "%s/scx_simple.bpf.o", p.schedulers);
	p.have_linux = !access(simple, R_OK);
	for (int i = first; i < first + nr; i++)
		one(&t, &p, i);
	rmdir(p.dir);
	return tap_done(&t);
}
