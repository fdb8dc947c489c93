/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * backtrace SCXLAB OBJECTS ROOT: the debug dump says where in the BPF programs an error
 * was found: each call on the way, innermost first, with its line of source, through
 * functions, a callback and a nested op; from both engines the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "tap.h"

static const char *const functions[] = { "give_up", "each", "walk", "bt_enqueue",
					 "bt_cpu_release" };
#define NR_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static const char workload[] =
	"{ \"tasks\": { \"hog\": { \"loop\": -1, \"run\": 5000 } },"
	"  \"events\": [ { \"at\": 20000, \"do\": \"rt_burst\", \"us\": 1000 } ] }\n";

/* The line of the source which says "here: @function"; 0: none. */
static int line_of(const char *source, const char *function)
{
	char mark[64];
	const char *at;
	int line = 1;

	snprintf(mark, sizeof(mark), "here: %s */", function);
	at = strstr(source, mark);
	for (const char *c = source; at && c < at; c++)
		line += *c == '\n';
	return at ? line : 0;
}

static char *run(const char *scxlab, const char *objects, const char *path, const char *engine)
{
	struct proc_result r = {};
	char command[1024], *begin, *end, *trace = NULL;

	snprintf(command, sizeof(command),
		 "'%s' run '%s/backtrace.bpf.o' --cpus 1 --duration 50ms --engine %s --workload %s",
		 scxlab, objects, engine, path);
	if (proc_run_line(command, NULL, &r) && r.status == 3) {
		begin = strstr(r.err, "\nBacktrace:\n");
		end = begin ? strstr(begin, "\n\n") : NULL;
		if (end)
			trace = strndup(begin + strlen("\nBacktrace:\n"),
					end + 1 - begin - strlen("\nBacktrace:\n"));
	}
	if (!trace)
		tap_note_text(r.err, 20);
	proc_result_fini(&r);
	return trace;
}

/* "  bpf_prog_TAG_give_up+0x.../0x...  backtrace.bpf.c:18: source" for each of them. */
static bool check(const char *trace, const char *source)
{
	const char *line = trace;

	for (size_t i = 0; i < NR_FUNCTIONS; i++) {
		const char *next = line ? strchr(line, '\n') : NULL;
		char name[64], where[64], *found;

		if (!next)
			return false;
		snprintf(name, sizeof(name), "_%s+0x", functions[i]);
		snprintf(where, sizeof(where), "  backtrace.bpf.c:%d: ",
			 line_of(source, functions[i]));
		found = strstr(line, name);
		if (strncmp(line, "  bpf_prog_", strlen("  bpf_prog_")) || !found || found > next ||
		    !(found = strstr(line, where)) || found > next) {
			tap_note("expected %s and %s, found %.*s", name, where, (int)(next - line),
				 line);
			return false;
		}
		line = next + 1;
	}
	return !*line;
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/scxlab-backtrace-XXXXXX", file[512];
	char *source, *jit, *interpreter;
	struct tap t = {};
	FILE *f;

	if (argc != 4) {
		fprintf(stderr, "usage: backtrace SCXLAB OBJECTS ROOT\n");
		return 1;
	}
	snprintf(file, sizeof(file), "%s/tests/bpf/backtrace.bpf.c", argv[3]);
	source = proc_read_file(file, NULL);
	f = fdopen(mkstemp(path), "w");
	if (!source || !f || fputs(workload, f) < 0 || fclose(f))
		abort();
	interpreter = run(argv[1], argv[2], path, "interpreter");
	tap_ok(&t, interpreter && check(interpreter, source), "interpreter: each call is there");
	jit = run(argv[1], argv[2], path, "jit");
	if (jit)
		tap_ok(&t, interpreter && !strcmp(jit, interpreter), "jit: the same");
	else
		tap_skip(&t, "this host has no JIT", "jit: the same");
	free(jit);
	free(interpreter);
	free(source);
	unlink(path);
	return tap_done(&t);
}
