/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * misdeeds SCXLAB OBJECTS SCHEDULERS: what becomes of a scheduler that misbehaves. It
 * is ended with the right kind, in Linux's words, and every task does all of its work
 * under the fair class.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "tap.h"

/* Each instance works for 100 ms; one may use CPU 0 only. */
#define WORK_NS 100000000
static const char workload[] =
	"{ \"tasks\": {"
	"  \"t\": { \"instance\": 3, \"loop\": 100, \"run\": 1000, \"sleep\": 300 },"
	"  \"pinned\": { \"cpus\": [ 0 ], \"loop\": 100, \"run\": 1000, \"sleep\": 300 } }%s }\n";
/* Taken away and attached again: it must find no trace of itself. */
static const char again[] = ", \"events\": [ { \"at\": 50000, \"do\": \"detach\" },"
			    "{ \"at\": 60000, \"do\": \"attach\" } ]";

struct row {
	const char *what, *object, *sets;
	int status;
	const char *kind, *msg;
	const char *events;
};

#define MODE(name) "%O/exit_error.bpf.o", "--set mode=MODE_" #name
#define QMAP "%S/scx_qmap.bpf.o"

static const struct row rows[] = {
	{ "never dispatches", MODE(NO_DISPATCH), 4, "error_stall", "failed to run for", NULL },
	{ "never looks into its queue", MODE(NO_CONSUME), 4, "error_stall", "failed to run for",
	  NULL },
	{ "dispatches to a bogus DSQ", MODE(BOGUS_DSQ), 3, "error", "non-existent DSQ 0xdead for",
	  NULL },
	{ "dispatches twice", MODE(TWICE), 3, "error", "already direct-dispatched", NULL },
	{ "selects a CPU that is not there", MODE(BAD_CPU), 3, "error",
	  "invalid CPU 999 from ops.select_cpu()", NULL },
	{ "dispatches to a wrong CPU", MODE(WRONG_CPU), 3, "error",
	  "SCX_DSQ_LOCAL[_ON] target CPU 1 not allowed for pinned[", NULL },
	{ "vtime on a local DSQ", MODE(VTIME_LOCAL), 3, "error",
	  "cannot use vtime ordering for built-in DSQs", NULL },
	{ "infinite dispatch loop", MODE(LOOP), 4, "error_stall", "failed to run for", NULL },
	{ "overflows the dispatch buffer", MODE(OVERFLOW), 3, "error", "dispatch buffer overflow",
	  NULL },
	{ "destroys a DSQ with tasks", MODE(DESTROY_USED), 3, "error",
	  "attempting to destroy in-use dsq 0x0000000000000007 (nr=1)", NULL },
	{ "leaks DSQs", MODE(LEAK), 0, "unreg", "", again },
	{ "stalls one task", MODE(STALL_ONE), 4, "error_stall", "failed to run for", NULL },
	{ "exits by itself", MODE(EXIT), 0, "unreg_bpf", "done with 10", NULL },
	{ "gives up", MODE(ERROR), 3, "error_bpf", "gave up after 10", NULL },
	{ "fails in init", MODE(INIT), 3, NULL, "ops.init() failed (-22)", NULL },
	{ "fails in init_task", MODE(INIT_TASK), 3, NULL, "ops.init_task() failed (-12) for", NULL },
	{ "fails in cgroup_init", MODE(CGROUP_INIT), 3, NULL, "ops.cgroup_init() failed (-1)",
	  NULL },

	{ "scx_qmap -e 50", QMAP, "--set test_error_cnt=50", 3, "error_bpf", "test triggering error",
	  NULL },
	{ "scx_qmap -t 10", QMAP, "--set stall_user_nth=10", 4, "error_stall", "failed to run for",
	  NULL },
	{ "scx_qmap -l 100", QMAP, "--set dsp_inf_loop_after=100", 4, "error_stall",
	  "failed to run for", NULL },
};

struct place {
	const char *scxlab, *objects, *schedulers;
	char path[64];
};

static bool all_done(const struct report *r)
{
	int done = 0;

	for (int i = 0; i < r->nr_tasks; i++) {
		const struct report_task *t = &r->tasks[i];

		if (strcmp(t->comm, "t") && strcmp(t->comm, "pinned"))
			continue;
		if (t->runtime < WORK_NS)
			tap_note("%s[%d] has run for %lld ns", t->comm, t->pid,
				 (long long)t->runtime);
		done += t->runtime >= WORK_NS;
	}
	return done == 4;
}

static bool check(const struct row *row, const struct proc_result *pr)
{
	struct report r;
	bool ok;

	if (pr->status != row->status) {
		tap_note("exit status %d, expected %d", pr->status, row->status);
		return false;
	}
	if (!row->kind) /* it never ran: the reason is all there is */
		return strstr(pr->err, row->msg);
	if (!report_parse(pr->out, &r))
		return false;
	ok = !strcmp(r.exit_kind, row->kind) && strstr(r.exit_msg, row->msg);
	if (!ok)
		tap_note("%s: %s", r.exit_kind, r.exit_msg);
	ok &= all_done(&r);
	report_fini(&r);
	return ok;
}

static const char *object_of(const struct row *row, const struct place *p, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", row->object[1] == 'O' ? p->objects : p->schedulers,
		 row->object + 2);
	return buf;
}

static void run(struct tap *t, const struct place *p, const struct row *row)
{
	char line[1024], object[512];
	struct proc_result r;
	FILE *f = fopen(p->path, "w");

	if (!f || fprintf(f, workload, row->events ? row->events : "") < 0 || fclose(f))
		abort();
	object_of(row, p, object, sizeof(object));
	if (access(object, R_OK)) {
		tap_skip(t, "its object is not there", "%s", row->what);
		return;
	}
	snprintf(line, sizeof(line), "'%s' run '%s' %s --cpus 2 --duration 30s --json --workload %s",
		 p->scxlab, object, row->sets, p->path);
	if (!tap_ok(t, proc_run_line(line, NULL, &r) && check(row, &r), "%s", row->what))
		tap_note_text(r.err, 10);
	proc_result_fini(&r);
}

int main(int argc, char **argv)
{
	struct place p = { .path = "/tmp/scxlab-misdeeds-XXXXXX" };
	struct tap t = {};

	if (argc != 4) {
		fprintf(stderr, "usage: misdeeds SCXLAB OBJECTS SCHEDULERS\n");
		return 1;
	}
	p.scxlab = argv[1];
	p.objects = argv[2];
	p.schedulers = argv[3];
	close(mkstemp(p.path));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&t, &p, &rows[i]);
	unlink(p.path);
	return tap_done(&t);
}
