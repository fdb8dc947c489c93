/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * golden SCXLAB SCHEDULERS WORKLOADS DIRECTORY [--write]: runs that have to come out as they
 * did. Each FILE.golden of the directory is
 *
 *	run OBJECT OPTION...		the command; %S, %W: the other directories
 *	trace BYTES HASH		of the trace in ftrace's format
 *	{ ... }				the JSON report, without wall_ns
 *
 * and is compared on both engines. With --write the files are made anew from
 * their commands: for changes of behaviour that were meant, with the reason in the
 * commit message.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "tap.h"

struct place {
	const char *scxlab, *schedulers, *workloads, *dir;
	char trace[64];
};

static uint64_t hash(const char *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)data[i]) * 0x100000001b3ULL;
	return h;
}

/* The host's clock is the only thing in a report that may differ. */
static void drop_wall(char *json)
{
	char *at = strstr(json, "  \"wall_ns\":");

	if (at)
		memmove(at, strchr(at, '\n') + 1, strlen(strchr(at, '\n') + 1) + 1);
}

static void expand(const struct place *p, const char *command, FILE *to)
{
	for (; *command; command++) {
		if (*command != '%') {
			fputc(*command, to);
			continue;
		}
		command++;
		fputs(*command == 'S' ? p->schedulers : p->workloads, to);
	}
}

/* The golden's text, as it comes out now; free() it. NULL after a note. */
static char *text_of(const struct place *p, const char *command, const char *engine)
{
	char *line = NULL, *text = NULL, *trace;
	struct proc_result r;
	size_t len;
	FILE *f = open_memstream(&line, &len);

	fprintf(f, "'%s' ", p->scxlab);
	expand(p, command, f);
	fprintf(f, " --engine %s --json --trace %s", engine, p->trace);
	fclose(f);
	if (!proc_run_line(line, NULL, &r) || r.status) {
		tap_note("status %d: %s", r.status, line);
		tap_note_text(r.err, 5);
		goto out;
	}
	trace = proc_read_file(p->trace, &len);
	drop_wall(r.out);
	if (trace && asprintf(&text, "%s\ntrace %zu %016" PRIx64 "\n%s", command, len,
			      hash(trace, len), r.out) < 0)
		text = NULL;
	free(trace);
out:
	proc_result_fini(&r);
	free(line);
	return text;
}

static void note_difference(const char *want, const char *got)
{
	int line = 1;

	for (; *want && *want == *got; want++, got++)
		line += *want == '\n';
	tap_note("they part in line %d; if that was meant: golden ... --write, and say why", line);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		perror(path);
}

static void check_file(struct tap *t, const struct place *p, const char *name, bool write)
{
	static const char *const engines[] = { "jit", "interpreter" };
	char path[512], *want, *command, *got;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	want = proc_read_file(path, &len);
	command = want ? strndup(want, strcspn(want, "\n")) : strdup("");
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		got = text_of(p, command, engines[i]);
		if (write && got && !i) {
			write_file(path, got);
			free(want);
			want = strdup(got);
		}
		if (got && want && strcmp(want, got))
			note_difference(want, got);
		tap_ok(t, got && want && !strcmp(want, got), "%s, %s", name, engines[i]);
		free(got);
	}
	free(command);
	free(want);
}

static int is_golden(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && !strcmp(dot, ".golden");
}

int main(int argc, char **argv)
{
	struct place p = { .trace = "/tmp/scxlab-golden-XXXXXX.txt" };
	bool write = argc == 6 && !strcmp(argv[5], "--write");
	struct dirent **files;
	struct tap t = {};
	char probe[512];
	int nr;

	if ((argc != 5 && !write) || mkstemps(p.trace, 4) < 0) {
		fprintf(stderr, "usage: golden SCXLAB SCHEDULERS WORKLOADS DIRECTORY [--write]\n");
		return 1;
	}
	p.scxlab = argv[1];
	p.schedulers = argv[2];
	p.workloads = argv[3];
	p.dir = argv[4];
	snprintf(probe, sizeof(probe), "%s/scx_simple.bpf.o", p.schedulers);
	nr = scandir(p.dir, &files, is_golden, alphasort);
	for (int i = 0; i < nr; i++) {
		if (access(probe, R_OK))
			tap_skip(&t, "the schedulers of linux-source-6.12 are not there", "%s",
				 files[i]->d_name);
		else
			check_file(&t, &p, files[i]->d_name, write);
		free(files[i]);
	}
	if (nr > 0)
		free(files);
	else
		tap_ok(&t, false, "there are goldens in %s", p.dir);
	unlink(p.trace);
	return tap_done(&t);
}
