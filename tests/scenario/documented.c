/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * documented SCXLAB ROOT SCHEDULERS: runs each command of docs/schedulers.md, that is,
 * each indented line that begins with "scxlab run". It ends with status 0, or with
 * what a comment at its end says; and what the text around it claims is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "tap.h"

struct place {
	const char *scxlab;
	char schedulers[512], workloads[512], scratch[64]; /* what paths begin with */
};

/* The command of @line, with the paths of this build in place of those of the reader. */
static void expand(const struct place *p, const char *line, char *out, size_t size)
{
	const struct {
		const char *theirs, *ours;
	} paths[] = {
		{ "build/schedulers/", p->schedulers },
		{ "workloads/", p->workloads },
		{ "/tmp/", p->scratch },
	};
	size_t n = snprintf(out, size, "'%s' run --json", p->scxlab);

	for (const char *c = line + strlen("scxlab run"); *c && n + 1 < size;) {
		size_t i = 0;

		while (i < 3 && strncmp(c, paths[i].theirs, strlen(paths[i].theirs)))
			i++;
		if (i < 3) {
			n += snprintf(out + n, size - n, "'%s'", paths[i].ours);
			c += strlen(paths[i].theirs);
		} else {
			out[n++] = *c++;
			out[n] = '\0';
		}
	}
}

static double share(const struct report *r, const char *comm)
{
	double part = 0, all = 0;

	for (int i = 0; i < r->nr_tasks; i++) {
		all += r->tasks[i].runtime;
		if (!strcmp(r->tasks[i].comm, comm))
			part += r->tasks[i].runtime;
	}
	return all ? part / all : 0;
}

/* What the text says of the command. */
static bool claims_hold(const char *line, const char *out)
{
	bool ok = true;
	struct report r;
	double x;

	if (strstr(line, "--dump-map stats"))
		ok &= !!strstr(out, "\"stats\"");
	if (strstr(line, "--dump-map .bss"))
		ok &= !!strstr(out, "SEC(\\\".bss\\\")");
	if (strstr(line, "--show-sysfs"))
		ok &= strstr(out, "\"/sys/kernel/sched_ext/switch_all\": \"0\\n\"") &&
		      strstr(out, "\"/proc/1000/sched\": \"ext.enabled 1\\n\"") &&
		      strstr(out, "\"/proc/1002/sched\": \"ext.enabled 0\\n\"");
	if (!strstr(line, "cgroups.json") && !strstr(line, "--show-sysfs"))
		return ok;
	if (!report_parse(out, &r))
		return false;
	x = strstr(line, "cgroups.json") ? share(&r, "gold") - 0.75 : share(&r, "ext") - 0.093;
	if (x < -0.02 || x > 0.02) {
		tap_note("the share is off by %.3f", x);
		ok = false;
	}
	report_fini(&r);
	return ok;
}

static void run(struct tap *t, const struct place *p, const char *text)
{
	const char *comment = strstr(text, "  # status ");
	int status = comment ? atoi(comment + strlen("  # status ")) : 0;
	char line[1024], command[2048], object[600];
	struct proc_result r;

	snprintf(line, sizeof(line), "%.*s",
		 (int)(comment ? comment - text : (long)strlen(text)), text);
	expand(p, line, command, sizeof(command));
	snprintf(object, sizeof(object), "%sscx_simple.bpf.o", p->schedulers);
	if (access(object, R_OK)) {
		tap_skip(t, "Linux's schedulers are not there", "%s", line);
		return;
	}
	if (!tap_ok(t, proc_run_line(command, NULL, &r) && r.status == status &&
		       claims_hold(line, r.out), "%s", line)) {
		tap_note("status %d, expected %d", r.status, status);
		tap_note_text(r.err, 10);
	}
	proc_result_fini(&r);
}

int main(int argc, char **argv)
{
	char path[512], trace[128], *doc, *line, *next;
	struct tap t = {};
	struct place p;
	int nr = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: documented SCXLAB ROOT SCHEDULERS\n");
		return 1;
	}
	p.scxlab = argv[1];
	snprintf(path, sizeof(path), "%s/docs/schedulers.md", argv[2]);
	snprintf(p.workloads, sizeof(p.workloads), "%s/workloads/", argv[2]);
	snprintf(p.schedulers, sizeof(p.schedulers), "%s/", argv[3]);
	snprintf(p.scratch, sizeof(p.scratch), "/tmp/scxlab-%d-", (int)getpid());
	doc = proc_read_file(path, NULL);
	if (!doc)
		return 1;
	for (line = doc; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strncmp(line, "    scxlab run ", strlen("    scxlab run ")))
			continue;
		run(&t, &p, line + 4);
		nr++;
	}
	tap_ok(&t, nr >= 10, "the document has %d commands", nr);
	snprintf(trace, sizeof(trace), "%sqmap.txt", p.scratch);
	unlink(trace);
	free(doc);
	return tap_done(&t);
}
