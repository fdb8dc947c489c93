/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * determinism SCXLAB SCHEDULERS EXAMPLES: the same command gives the same bytes,
 * report and both kinds of traces, whatever the address space and the environment
 * look like, and whichever engine runs the programs. The last cases are controls:
 * another seed, and another workload, must show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "rand_workload.h"
#include "tap.h"

#define NR_WORKLOADS 2

struct run {
	char *json, *trace;
	size_t json_len, trace_len;
};

struct place {
	const char *scxlab, *schedulers, *examples;
	char dir[64];
};

/* The host's clock is the only thing in a report that may differ. */
static void blank_wall(char *json)
{
	char *at = strstr(json, "\"wall_ns\":");

	if (at)
		memmove(at, at + strcspn(at, ",}"), strlen(at + strcspn(at, ",}")) + 1);
}

static bool run_once(const struct place *p, const char *sched, const char *workload,
		     const char *suffix, int seed, const struct proc_opts *o, struct run *r)
{
	char line[1024], trace[128];
	struct proc_result pr;

	*r = (struct run){};
	/* The trace's own path must not matter either. */
	snprintf(trace, sizeof(trace), "%s/%s%s", p->dir, o && o->extra_env ? "other" : "one",
		 suffix);
	snprintf(line, sizeof(line),
		 "'%s' run %s --workload %s --cpus 4 --duration 300ms --seed %d --json --trace %s",
		 p->scxlab, sched, workload, seed, trace);
	if (!proc_run_line(line, o, &pr) || pr.status) {
		tap_note("exit status %d: %s", pr.status, line);
		tap_note_text(pr.err, 5);
		proc_result_fini(&pr);
		return false;
	}
	r->json = strdup(pr.out);
	blank_wall(r->json);
	r->json_len = strlen(r->json);
	proc_result_fini(&pr);
	r->trace = proc_read_file(trace, &r->trace_len);
	unlink(trace);
	if (!r->trace || !r->trace_len)
		tap_note("no trace was written by: %s", line);
	return r->trace && r->trace_len;
}

static void run_fini(struct run *r)
{
	free(r->json);
	free(r->trace);
}

static bool same_bytes(const char *what, const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i = 0;

	while (i < a_len && i < b_len && a[i] == b[i])
		i++;
	if (i == a_len && i == b_len)
		return true;
	tap_note("%s: %zu and %zu bytes, the first difference at %zu", what, a_len, b_len, i);
	return false;
}

static bool same(const struct run *a, const struct run *b)
{
	return same_bytes("report", a->json, a->json_len, b->json, b->json_len) &
	       same_bytes("trace", a->trace, a->trace_len, b->trace, b->trace_len);
}

/* The same command under different circumstances. */
static bool repeatable(const struct place *p, const char *sched, const char *workload,
		       const char *suffix)
{
	static char env[4096] = "SCXLAB_TEST_PADDING=";
	const struct proc_opts circumstances[] = {
		{ 0 },
		{ .no_aslr = true },
		{ .extra_env = env }, /* moves the stack, and names the trace differently */
	};
	char interpreted[640];
	struct run first, again;
	bool ok;

	memset(env + strlen(env), 'x', sizeof(env) - 1 - strlen(env));
	if (!run_once(p, sched, workload, suffix, 1, NULL, &first)) {
		run_fini(&first);
		return false;
	}
	ok = true;
	for (size_t i = 0; i < sizeof(circumstances) / sizeof(circumstances[0]) && ok; i++) {
		ok = run_once(p, sched, workload, suffix, 1, &circumstances[i], &again) &&
		     same(&first, &again);
		run_fini(&again);
	}
	snprintf(interpreted, sizeof(interpreted), "%s --engine interpreter", sched);
	if (ok) {
		ok = run_once(p, interpreted, workload, suffix, 1, NULL, &again) &&
		     same(&first, &again);
		run_fini(&again);
	}
	if (ok && strchr(sched, '/')) {
		char interpreted[1024];

		snprintf(interpreted, sizeof(interpreted), "%s --engine interpreter", sched);
		ok = run_once(p, interpreted, workload, suffix, 1, NULL, &again) &&
		     same(&first, &again);
		run_fini(&again);
	}
	run_fini(&first);
	return ok;
}

static bool differs(const struct place *p, const char *sched, const char *workload_a, int seed_a,
		    const char *workload_b, int seed_b)
{
	struct run a = {}, b = {};
	bool ok = run_once(p, sched, workload_a, ".txt", seed_a, NULL, &a) &&
		  run_once(p, sched, workload_b, ".txt", seed_b, NULL, &b) &&
		  (a.json_len != b.json_len || memcmp(a.json, b.json, a.json_len));

	run_fini(&a);
	run_fini(&b);
	return ok;
}

static void write_workload(const char *path, unsigned int nr)
{
	struct rand_workload w;
	FILE *f;

	/* The next one that is for four CPUs and keeps them busy. */
	for (;; rand_workload_fini(&w)) {
		rand_workload_make(&w, nr++, RAND_PINNED | RAND_SYNC | RAND_RT);
		if (w.nr_cpus == 4 && w.nr_tasks >= 4)
			break;
	}
	f = fopen(path, "w");
	if (!f || fputs(w.text, f) < 0 || fclose(f))
		abort();
	rand_workload_fini(&w);
}

int main(int argc, char **argv)
{
	static const char *const suffixes[] = { ".txt", ".pftrace" };
	struct place p = { .dir = "/tmp/scxlab-determinism-XXXXXX" };
	char simple[512], scheds[8][512], workloads[NR_WORKLOADS][128];
	struct tap t = {};
	int nr = 0;

	if (argc != 4 || !mkdtemp(p.dir)) {
		fprintf(stderr, "usage: determinism SCXLAB SCHEDULERS EXAMPLES\n");
		return 1;
	}
	p.scxlab = argv[1];
	snprintf(scheds[nr++], sizeof(scheds[0]), "'%s'/scx_simple.bpf.o", argv[2]);
	snprintf(scheds[nr++], sizeof(scheds[0]), "'%s'/scx_simple.bpf.o --set fifo_sched=true",
		 argv[2]);
	snprintf(scheds[nr++], sizeof(scheds[0]), "'%s'/scx_qmap.bpf.o", argv[2]);
	snprintf(simple, sizeof(simple), "%s/scx_simple.bpf.o", argv[2]);
	if (access(simple, R_OK))
		nr = 0;
	snprintf(scheds[nr++], sizeof(scheds[0]), "'%s'/fair.bpf.o", argv[3]);
	snprintf(scheds[nr++], sizeof(scheds[0]), "'%s'/fifo.bpf.o", argv[3]);
	snprintf(scheds[nr++], sizeof(scheds[0]), "'%s'/percpu.bpf.o", argv[3]);
	snprintf(scheds[nr++], sizeof(scheds[0]), "--scheduler eevdf");
	if (nr == 4)
		tap_skip(&t, "no tools/sched_ext objects", "scx_simple and scx_qmap");
	for (int w = 0; w < NR_WORKLOADS; w++) {
		snprintf(workloads[w], sizeof(workloads[w]), "%s/w%d.json", p.dir, w);
		write_workload(workloads[w], 1000 * (w + 1));
	}

	for (int i = 0; i < nr; i++)
		for (size_t s = 0; s < 2; s++)
			tap_ok(&t,
			       repeatable(&p, scheds[i], workloads[i % NR_WORKLOADS], suffixes[s]),
			       "%s, %s", strrchr(scheds[i], '/') ? strrchr(scheds[i], '/') + 1 :
								   scheds[i],
			       suffixes[s] + 1);
	tap_ok(&t, differs(&p, scheds[nr - 1], workloads[0], 1, workloads[0], 2),
	       "another seed shows");
	tap_ok(&t, differs(&p, scheds[nr - 1], workloads[0], 1, workloads[1], 1),
	       "another workload shows");

	for (int w = 0; w < NR_WORKLOADS; w++)
		unlink(workloads[w]);
	rmdir(p.dir);
	return tap_done(&t);
}
