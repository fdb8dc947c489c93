/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * exits SCXLAB OBJECTS EXAMPLES: what the program's exit status says, one row per
 * way to end, with what must stand on standard error or in the report.
 *
 * In a row's command, %O is the directory of the test objects, %E that of the
 * examples, %T a scratch directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "tap.h"

struct row {
	const char *command;
	int status;
	const char *err;	/* on standard error; NULL: whatever, but something if it failed */
	const char *kind, *msg; /* in the report's "exit"; NULL: there need be no report */
};

#define RUN "run --cpus 2 --duration 2s --workload %T/load.json --json "
#define END RUN "%O/exit_error.bpf.o --set mode="

static const struct row rows[] = {
	/* fine */
	{ "--version", 0, NULL, NULL, NULL },
	{ "--help", 0, NULL, NULL, NULL },
	{ "run --help", 0, NULL, NULL, NULL },
	{ "verify --help", 0, NULL, NULL, NULL },
	{ "btf --help", 0, NULL, NULL, NULL },
	{ "btf dump --format c", 0, NULL, NULL, NULL },
	{ "btf dump --format raw", 0, NULL, NULL, NULL },
	{ "verify %E/fifo.bpf.o", 0, NULL, NULL, NULL },
	{ RUN "%E/fifo.bpf.o", 0, NULL, "unreg", "" },
	{ RUN "--scheduler eevdf", 0, NULL, "none", "" },
	{ END "MODE_NONE", 0, NULL, "unreg", "" },
	{ END "0", 0, NULL, "unreg", "" },

	/* usage, input, output */
	{ "", 1, "scxlab", NULL, NULL },
	{ "frobnicate", 1, "frobnicate", NULL, NULL },
	{ "run", 1, NULL, NULL, NULL },
	{ "verify", 1, NULL, NULL, NULL },
	{ "run --frobnicate", 1, "frobnicate", NULL, NULL },
	{ "btf dump --format x", 1, NULL, NULL, NULL },
	{ "run %T/none.bpf.o", 1, "none.bpf.o", NULL, NULL },
	{ "verify %T/none.bpf.o", 1, "none.bpf.o", NULL, NULL },
	{ "verify %T/load.json", 1, "load.json", NULL, NULL },
	{ "run %T/load.json", 1, "load.json", NULL, NULL },
	{ "run %T", 1, NULL, NULL, NULL },
	{ "run --scheduler eevdf %E/fifo.bpf.o", 1, NULL, NULL, NULL },
	{ "run --scheduler frobnicate", 1, "frobnicate", NULL, NULL },
	{ "run --scheduler eevdf --cpus 0", 1, "cpus", NULL, NULL },
	{ "run --scheduler eevdf --cpus two", 1, "two", NULL, NULL },
	{ "run --scheduler eevdf --cpus 99999", 1, "cpus", NULL, NULL },
	{ "run --scheduler eevdf --cpus 2 --topology core:2", 1, NULL, NULL, NULL },
	{ "run --scheduler eevdf --topology cheese:4", 1, "cheese", NULL, NULL },
	{ "run --scheduler eevdf --costs %T/none.json", 1, "none.json", NULL, NULL },
	{ "run --scheduler eevdf --topology %T/none.xml", 1, "none.xml", NULL, NULL },
	{ "run --scheduler eevdf --hz 1", 1, "hz", NULL, NULL },
	{ "run --scheduler eevdf --duration 5parsecs", 1, "parsecs", NULL, NULL },
	{ "run --scheduler eevdf --duration -1s", 1, NULL, NULL, NULL },
	{ "run --scheduler eevdf --seed x", 1, "seed", NULL, NULL },
	{ "run --scheduler eevdf --trace %T/trace.png", 1, "trace.png", NULL, NULL },
	{ "run --scheduler eevdf --trace %T/no/where.txt", 1, "where.txt", NULL, NULL },
	{ "run --scheduler eevdf --workload %T/none.json", 1, "none.json", NULL, NULL },
	{ "run --scheduler eevdf --workload %T/broken.json", 1, "broken.json", NULL, NULL },
	{ "run --scheduler eevdf --workload %T/unknown.json", 1, "frobnicate", NULL, NULL },
	{ "run --scheduler eevdf --workload %T/unknown.json", 1, ":3:", NULL, NULL },
	{ "run %E/fifo.bpf.o --set nothing=1", 1, "nothing", NULL, NULL },
	{ "run %E/fifo.bpf.o --set nothing=1", 1, "but slice_ns", NULL, NULL },
	{ "run --scheduler eevdf --trace %T/a.txt --trace %T/b.txt", 1, "one trace at a time",
	  NULL, NULL },
	{ "run %E/fifo.bpf.o --set slice_ns", 1, "slice_ns", NULL, NULL },
	{ "run %E/fifo.bpf.o --set slice_ns=x", 1, "'x'", NULL, NULL },
	{ "run %E/fifo.bpf.o --set slice_ns=99999999999999999999", 1, NULL, NULL, NULL },
	{ "run %O/exit_error.bpf.o --set mode=MODE_FROBNICATE", 1, "MODE_FROBNICATE", NULL, NULL },

	/* refused */
	{ "verify %O/refuse_null.bpf.o", 2, NULL, NULL, NULL },
	{ "run %O/refuse_null.bpf.o", 2, "map_value_or_null", NULL, NULL },
	{ "run %O/refuse_null.bpf.o", 2, "Permission denied: R", NULL, NULL },
	{ "run %O/refuse_kfunc.bpf.o", 2, "must be sleepable", NULL, NULL },


	/* mistakes: run and verify agree, and say what to change */
#define BOTH(object, status, err)                                                                  \
	{ "run --duration 10ms " object, status, err, NULL, NULL },                                \
		{ "verify " object, status, status == 2 ? NULL : err, NULL, NULL }
	BOTH("%O/odd_no_btf.bpf.o", 1, "has no BTF, which holds its types: compile it with -g"),
	BOTH("%O/odd_section.bpf.o", 1, "program odd_enqueue is a callback, but not in SEC(\""),
	BOTH("%T", 1, "is a directory"),
	BOTH("%T/program.bpf.c", 1, "program.bpf.c: is no object file: compile it with clang"),
	BOTH("%T/load.json", 1, "load.json: is no object file"),
	BOTH("/bin/sh", 1, "not for BPF"),
	BOTH("%O/odd_empty.bpf.o", 0, NULL),
	BOTH("%O/odd_unused.bpf.o", 2, "program odd_enqueue is a callback of no struct_ops value"),
	BOTH("%O/odd_tracing.bpf.o", 2, "nothing called no_such_tracepoint to attach to"),
	BOTH("%O/odd_cid.bpf.o", 2, "sched_ext_ops_cid, the form of sched_ext that numbers CPUs"),
	BOTH("%O/odd_type.bpf.o", 2, "kernel profile 6.12 has no struct_ops type shed_ext_ops"),
	BOTH("%O/odd_typo.bpf.o", 2,
	     "odd_typo.bpf.o: kernel profile 6.12 has no kfunc scx_bpf_dispach(), but "
	     "scx_bpf_dispatch()"),
	BOTH("--kernel 7.1 %E/fifo.bpf.o", 2,
	     "7.1 has no kfunc scx_bpf_consume(), but scx_bpf_dsq_move_to_local()"),
	BOTH("%O/odd_timeout.bpf.o", 2, "bad value of timeout_ms: it must be at most 30000"),
	BOTH("%O/odd_flags.bpf.o", 2, "bad value of flags: it must be flags that this kernel knows"),
	BOTH("%O/odd_nameless.bpf.o", 2, "bad value of name: it must be 1 to 127 letters"),
	BOTH("%O/refuse_value.bpf.o", 2, "SCX_OPS_KEEP_BUILTIN_IDLE"),
#undef BOTH
	{ "run %O/odd_two.bpf.o", 1, "has 2 struct_ops maps, and one scheduler at a time can run",
	  NULL, NULL },
	{ "verify %O/odd_two.bpf.o", 0, NULL, NULL, NULL },

	/* the scheduler ended itself, or was ended */
	{ END "MODE_EXIT", 0, NULL, "unreg_bpf", "done with 10" },
	{ END "MODE_ERROR", 3, "gave up after 100 enqueues", "error_bpf",
	  "gave up after 100 enqueues" },
	{ END "MODE_BOGUS_DSQ", 3, "0xdead", "error", "0xdead" },
	{ END "MODE_BOGUS_FLAGS", 3, "invalid enq_flags 0x1", "error", "invalid enq_flags 0x1" },
	{ END "MODE_INIT", 3, "ops.init() failed (-22)", NULL, NULL },
	{ END "MODE_INIT_TASK", 3, "ops.init_task() failed (-12)", NULL, NULL },

	/* replaced before it could do harm; by something that is no scheduler */
	{ "run --cpus 2 --json --workload %T/replace.json %O/exit_error.bpf.o "
	  "--set mode=MODE_NO_DISPATCH", 0, NULL, "unreg", "" },
	{ "run --cpus 2 --json --workload %T/replace.json --scheduler eevdf", 0, NULL, "unreg", "" },
	{ "run --cpus 2 --json --workload %T/replaced.json %E/fifo.bpf.o", 1,
	  "replaced.json:2: event \"replace\": ", NULL, NULL },

	/* a task stalled */
	{ END "MODE_NO_DISPATCH", 4, "failed to run for", "error_stall", "failed to run for" },
	{ END "MODE_NO_CONSUME", 4, "failed to run for", "error_stall", "failed to run for" },
};

struct place {
	const char *scxlab, *objects, *examples;
	char dir[64];
};

static void expand(const struct place *p, const char *command, char *out, size_t size)
{
	size_t n = snprintf(out, size, "'%s' ", p->scxlab);

	for (const char *c = command; *c && n + 1 < size; c++) {
		const char *dir = c[0] != '%' ? NULL :
				  c[1] == 'O' ? p->objects :
				  c[1] == 'E' ? p->examples :
				  c[1] == 'T' ? p->dir :
						NULL;

		if (dir) {
			n += snprintf(out + n, size - n, "'%s'", dir);
			c++;
		} else {
			out[n++] = *c;
			out[n] = '\0';
		}
	}
}

static bool check_report(const struct row *row, const struct proc_result *r)
{
	struct report rep;
	bool ok;

	if (!row->kind)
		return true;
	ok = report_parse(r->out, &rep);
	if (ok && strcmp(rep.exit_kind, row->kind)) {
		tap_note("exit kind \"%s\", expected \"%s\"", rep.exit_kind, row->kind);
		ok = false;
	}
	if (ok && !strstr(rep.exit_msg, row->msg)) {
		tap_note("exit message \"%s\", expected \"%s\"", rep.exit_msg, row->msg);
		ok = false;
	}
	report_fini(&rep);
	return ok;
}

static bool check(const struct row *row, const struct proc_result *r)
{
	bool ok = r->status == row->status;

	if (!ok)
		tap_note("exit status %d, expected %d", r->status, row->status);
	if (row->err && !strstr(r->err, row->err)) {
		tap_note("standard error lacks \"%s\"", row->err);
		ok = false;
	}
	if (row->status && row->status != 2 && !r->err[0]) {
		tap_note("nothing on standard error");
		ok = false;
	}
	if (!row->status && !r->out[0]) {
		tap_note("nothing on standard output");
		ok = false;
	}
	ok &= check_report(row, r);
	if (!ok)
		tap_note_text(r->err, 12);
	return ok;
}

static void put(const struct place *p, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

/* Another scheduler at 100 ms, of a run of 2.5 s. */
static void put_replace(const struct place *p, const char *name, const char *object)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "{ \"tasks\": { \"t\": { \"instance\": 4, \"loop\": 800, \"run\": 1000 } },\n"
		 "\"events\": [ { \"at\": 100000, \"do\": \"replace\", \"object\": \"%s/%s\" } ] }\n",
		 p->examples, object);
	put(p, name, text);
}

static const struct {
	const char *name, *text;
} files[] = {
	{ "load.json", "{ \"tasks\": { \"t\": { \"instance\": 4, \"loop\": -1, \"run\": 2000, "
		       "\"sleep\": 1000 } } }\n" },
	{ "broken.json", "{ \"tasks\": {\n" },
	{ "unknown.json", "{ \"tasks\": {\n    \"t\": { \"run\": 1000,\n"
			  "           \"frobnicate\": 1 } } }\n" },
	{ "program.bpf.c", "/* what one would compile first */\n" },
	{ "replace.json", "" },
	{ "replaced.json", "" },
};

int main(int argc, char **argv)
{
	struct place p = { .dir = "/tmp/scxlab-exits-XXXXXX" };
	struct tap t = {};
	char line[4096], path[128];

	if (argc != 4 || !mkdtemp(p.dir)) {
		fprintf(stderr, "usage: exits SCXLAB OBJECTS EXAMPLES\n");
		return 1;
	}
	p.scxlab = argv[1];
	p.objects = argv[2];
	p.examples = argv[3];
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(&p, files[i].name, files[i].text);
	put_replace(&p, "replace.json", "fifo.bpf.o");
	put_replace(&p, "replaced.json", "none.bpf.o");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proc_result r;

		expand(&p, rows[i].command, line, sizeof(line));
		tap_ok(&t, proc_run_line(line, NULL, &r) && check(&rows[i], &r), "%d: scxlab %s",
		       rows[i].status, rows[i].command);
		proc_result_fini(&r);
	}

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", p.dir, files[i].name);
		unlink(path);
	}
	rmdir(p.dir);
	return tap_done(&t);
}
