/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sweep SCXLAB EXAMPLES OBJECTS: the same report whatever the number of workers,
 * whoever was interrupted or lost a line; cells that fail, with the command that
 * shows it again; and specs that are refused. EXAMPLES and OBJECTS are the
 * directories of the examples and of tests/bpf's objects.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "tap.h"

struct place {
	char *scxlab; /* whole: we change directory */
	const char *examples, *objects;
	char dir[64];
};

static void put(const struct place *p, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static char *get(const struct place *p, const char *name)
{
	char path[128];
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return proc_read_file(path, &len);
}

/* In the sweep's directory. @args of scxlab, separated by spaces. */
static void run(const struct place *p, struct proc_result *r, const char *args)
{
	char line[2048];

	snprintf(line, sizeof(line), "%s %s", p->scxlab, args);
	if (!proc_run_line(line, NULL, r))
		abort();
}

static bool same(const struct proc_result *a, const struct proc_result *b)
{
	if (a->status == b->status && !strcmp(a->out, b->out) && a->out_len > 500)
		return true;
	tap_note("status %d and %d", a->status, b->status);
	tap_note_text(a->out, 5);
	tap_note_text(b->out, 5);
	tap_note_text(b->err, 5);
	return false;
}

static void put_spec(const struct place *p, const char *name, const char *duration)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "{ \"schedulers\": [\"eevdf\", \"cfs\", { \"object\": \"%s/fifo.bpf.o\" },"
		 " { \"object\": \"%s/fair.bpf.o\", \"set\": { \"slice_ns\": [1000000, 5000000] } }],"
		 " \"workloads\": [\"a.json\", \"b.json\"], \"topologies\": [2, \"core:2 pu:2\"],"
		 " \"seeds\": { \"from\": 1, \"to\": 2 }, \"duration\": \"%s\" }",
		 p->examples, p->examples, duration);
	put(p, name, text);
}

/* ---- the same bytes ---- */

static void test_workers(struct tap *t, const struct place *p)
{
	static const char *const formats[] = { "table", "json", "csv" };
	struct proc_result one, three;
	char args[256];

	for (size_t i = 0; i < 3; i++) {
		unlink("one");
		unlink("three");
		snprintf(args, sizeof(args), "sweep grid.json -j 1 -r one -f %s", formats[i]);
		run(p, &one, args);
		snprintf(args, sizeof(args), "sweep grid.json -j 3 -r three -f %s", formats[i]);
		run(p, &three, args);
		tap_ok(t, same(&one, &three) && !one.status, "%s: one worker, three workers",
		       formats[i]);
		proc_result_fini(&one);
		proc_result_fini(&three);
	}
}

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_parts(struct tap *t, const struct place *p)
{
	struct proc_result whole, part;
	int lines = 0;

	run(p, &whole, "sweep grid.json -r whole -f csv");
	for (int k = 0; k < 3; k++) {
		char args[64];

		snprintf(args, sizeof(args), "sweep grid.json --part %d/3 -r parts -f csv", k);
		run(p, &part, args);
		lines += count_lines(part.out) - 1;
		proc_result_fini(&part);
	}
	tap_ok(t, lines == count_lines(whole.out) - 1 && lines == 40, "parts are all of it");
	run(p, &part, "sweep grid.json -r parts -f csv");
	tap_ok(t, same(&whole, &part), "and together the whole");
	proc_result_fini(&whole);
	proc_result_fini(&part);
}

/* ---- going on ---- */

/* What a sweep that was killed while it wrote leaves behind. */
static void test_cut(struct tap *t, const struct place *p)
{
	struct proc_result whole, again;
	char *results, *cut, *after;
	size_t len;

	run(p, &whole, "sweep grid.json -r cut -f csv");
	results = get(p, "cut");
	len = strlen(results);
	cut = strdup(results);
	cut[len / 2] = '\0';
	if (cut[len / 2 - 1] == '\n')
		cut[len / 2 - 1] = '\0';
	put(p, "cut", cut);
	run(p, &again, "sweep grid.json -r cut -f csv");
	tap_ok(t, same(&whole, &again), "half a file of results is gone on with");
	after = get(p, "cut");
	tap_ok(t, count_lines(after) == count_lines(results), "and every cell is there once");
	*strrchr(cut, '\n') = '\0';
	tap_ok(t, !strncmp(after, cut, strlen(cut)), "whole lines stay");
	proc_result_fini(&again);
	run(p, &again, "sweep grid.json -r cut -f csv");
	free(results);
	results = get(p, "cut");
	tap_ok(t, same(&whole, &again) && !strcmp(after, results), "and nothing runs twice");
	proc_result_fini(&whole);
	proc_result_fini(&again);
	free(results);
	free(after);
	free(cut);
}

static pid_t start(const struct place *p, const char *spec, const char *results)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (!freopen("/dev/null", "w", stdout) || !freopen("stopped.err", "w", stderr))
		_exit(99);
	execl(p->scxlab, "scxlab", "sweep", spec, "-j", "2", "-r", results, (char *)NULL);
	_exit(99);
}

/* Waits until something is finished, if it takes a minute. */
static bool wait_for_lines(const struct place *p, const char *name, int lines)
{
	for (int i = 0; i < 6000; i++) {
		char *text = get(p, name);
		bool there = text && count_lines(text) >= lines;

		free(text);
		if (there)
			return true;
		usleep(10000);
	}
	return false;
}

static void test_interrupt(struct tap *t, const struct place *p)
{
	struct proc_result whole, again;
	char *text, *err;
	int status = 0, lines;
	pid_t pid;

	run(p, &whole, "sweep long.json -r whole -f csv");
	pid = start(p, "long.json", "stopped");
	wait_for_lines(p, "stopped", 3);
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	text = get(p, "stopped");
	err = get(p, "stopped.err");
	lines = text ? count_lines(text) : 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		tap_skip(t, "it was over first", "an interrupted sweep says so");
		goto out;
	}
	if (!tap_ok(t,
		    WIFEXITED(status) && WEXITSTATUS(status) == 6 && err &&
			    strstr(err, "the same command goes on"),
		    "an interrupted sweep says so"))
		tap_note("status %d: %s", WEXITSTATUS(status), err);
	tap_ok(t, lines >= 3 && lines < 41, "with a part of it done");
	run(p, &again, "sweep long.json -r stopped -f csv");
	tap_ok(t, same(&whole, &again), "and the report is the same in the end");
	proc_result_fini(&again);
out:
	proc_result_fini(&whole);
	free(text);
	free(err);
}

/* ---- what is none of the sweep's ---- */

static void test_changed_object(struct tap *t, const struct place *p)
{
	static const char spec[] = "{ \"schedulers\": \"eevdf\", \"workloads\": \"c.json\","
				   " \"duration\": \"20ms\" }";
	struct proc_result first, second;
	char *text;

	put(p, "c.json", "{ \"tasks\": { \"a\": { \"run\": 1000, \"sleep\": 1000 } } }");
	put(p, "small.json", spec);
	run(p, &first, "sweep small.json -f csv");
	put(p, "c.json", "{ \"tasks\": { \"a\": { \"run\": 3000, \"sleep\": 1000 } } }");
	run(p, &second, "sweep small.json -f csv");
	text = get(p, "small.json.results");
	tap_ok(t, first.out_len && strcmp(first.out, second.out) && text && count_lines(text) == 3,
	       "another workload of the same name is another cell");
	proc_result_fini(&first);
	proc_result_fini(&second);
	free(text);
}

static void test_other_file(struct tap *t, const struct place *p)
{
	static const char *const others[] = { "precious\n", "precious",
					      "{\"tasks\": {}}\nmore\n" };

	for (size_t i = 0; i < 3; i++) {
		struct proc_result r;
		char *text;

		put(p, "other", others[i]);
		run(p, &r, "sweep grid.json -r other");
		text = get(p, "other");
		tap_ok(t, r.status == 1 && strstr(r.err, "is no file of a sweep's results") &&
				  text && !strcmp(text, others[i]),
		       "another file is left alone");
		proc_result_fini(&r);
		free(text);
	}
}

/* ---- cells that fail ---- */

static void test_failure(struct tap *t, const struct place *p)
{
	struct proc_result r, again;
	char text[1024], *command, *end;

	snprintf(text, sizeof(text),
		 "{ \"schedulers\": [\"%s/refuse_loop.bpf.o\", \"eevdf\", \"%s/odd_empty.bpf.o\"],"
		 " \"workloads\": \"a.json\", \"duration\": \"10ms\" }",
		 p->objects, p->objects);
	put(p, "fails.json", text);
	run(p, &r, "sweep fails.json");
	tap_ok(t, r.status == 5 && strstr(r.out, "eevdf"), "cells that fail: the others run");
	command = strstr(r.err, "again: scxlab ");
	if (!tap_ok(t, command && strstr(r.err, "cell 0 failed (2)"), "and it says which")) {
		tap_note_text(r.err, 10);
		return;
	}
	command += strlen("again: scxlab ");
	end = strchr(command, '\n');
	*end = '\0';
	run(p, &again, command);
	tap_ok(t, again.status == 2 && strstr(again.err, "refused"), "%s",
	       "and how to see that again");
	proc_result_fini(&r);
	proc_result_fini(&again);
	run(p, &r, "sweep fails.json");
	tap_ok(t, r.status == 5 && strstr(r.err, "cell 0 failed (2)"),
	       "which the results remember");
	proc_result_fini(&r);
}

/* ---- specs ---- */

static const struct {
	const char *text, *want;
} bad[] = {
	{ "", "at byte" },
	{ "[]", "expected an object" },
	{ "{}", "\"schedulers\" is missing" },
	{ "{ \"schedulers\": [] }", "\"schedulers\" is missing, or empty" },
	{ "{ \"schedulers\": 5 }", "expected object files or names" },
	{ "{ \"schedulers\": \"none.bpf.o\" }", "none.bpf.o: No such file" },
	{ "{ \"schedulers\": \"eevdf\", \"seed\": 1 }", "\"seed\" is no key of a sweep" },
	{ "{ \"schedulers\": \"eevdf\", \"seeds\": [1, 1] }", "this cell is there twice" },
	{ "{ \"schedulers\": \"eevdf\", \"seeds\": [] }", "\"seeds\": an empty list" },
	{ "{ \"schedulers\": \"eevdf\", \"seeds\": [-1] }", "\"-1\" is not a number" },
	{ "{ \"schedulers\": \"eevdf\", \"seeds\": { \"from\": 2, \"to\": 1 } }", "is after" },
	{ "{ \"schedulers\": \"eevdf\", \"seeds\": { \"from\": 2 } }", "expected numbers" },
	{ "{ \"schedulers\": \"eevdf\", \"seeds\": { \"from\": 1, \"to\": 999999999 } }",
	  "more than 100000" },
	{ "{ \"schedulers\": \"eevdf\", \"workloads\": [[]] }", "expected texts or numbers" },
	{ "{ \"schedulers\": \"eevdf\", \"workloads\": \"none.json\" }", "none.json: No such" },
	{ "{ \"schedulers\": { \"object\": \"eevdf\", \"set\": {} } }", "has no globals to set" },
	{ "{ \"schedulers\": { \"file\": \"eevdf\" } }", "neither \"object\" nor \"set\"" },
	{ "{ \"schedulers\": \"eevdf\", \"set\": [1] }", "expected an object of lists" },
	{ "{ \"schedulers\": \"eevdf\", \"hz\": 5 }", "\"5\" is not a number in 100..1000" },
	{ "{ \"schedulers\": \"eevdf\", \"duration\": \"long\" }", "is no duration" },
	{ "{ \"schedulers\": \"eevdf\", \"kernel\": \"5.15\" }", "5.15" },
	{ "{ \"schedulers\": \"eevdf\", \"engine\": \"steam\" }", "nor interpreter" },
	{ "{ \"schedulers\": \"eevdf\", \"duration\": {} }", "expected one text or number" },
};

static void test_specs(struct tap *t, const struct place *p)
{
	struct proc_result r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(p, "bad.json", bad[i].text);
		run(p, &r, "sweep bad.json");
		if (!tap_ok(t, r.status == 1 && strstr(r.err, bad[i].want), "%s", bad[i].want))
			tap_note("status %d: %s", r.status, r.err);
		proc_result_fini(&r);
	}
	tap_ok(t, access("bad.json.results", F_OK), "and leave no results");
}

int main(int argc, char **argv)
{
	static const char load[] =
		"{ \"tasks\": { \"a\": { \"instance\": 3, \"run\": %d, \"sleep\": 700 } } }";
	struct place p = { .dir = "/tmp/scxlab-sweep-XXXXXX" };
	struct tap t = {};
	char text[256];

	if (argc != 4 || !(p.scxlab = realpath(argv[1], NULL)) || !mkdtemp(p.dir) || chdir(p.dir)) {
		fprintf(stderr, "usage: sweep SCXLAB EXAMPLES OBJECTS\n");
		return 1;
	}
	p.examples = argv[2];
	p.objects = argv[3];
	snprintf(text, sizeof(text), load, 500);
	put(&p, "a.json", text);
	snprintf(text, sizeof(text), load, 2000);
	put(&p, "b.json", text);
	put_spec(&p, "grid.json", "20ms");
	put_spec(&p, "long.json", "4s");

	test_workers(&t, &p);
	test_parts(&t, &p);
	test_cut(&t, &p);
	test_interrupt(&t, &p);
	test_changed_object(&t, &p);
	test_other_file(&t, &p);
	test_failure(&t, &p);
	test_specs(&t, &p);

	snprintf(text, sizeof(text), "rm -r %s", p.dir);
	if (system(text))
		tap_note("%s is left", p.dir);
	free(p.scxlab);
	return tap_done(&t);
}
