/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verdicts SCXLAB OBJECTS SOURCE...: verifies the object of each source file and
 * compares with what the source expects (test.bpf.h says how it is written).
 * A program without an expectation, and an expectation without a program, fail.
 *
 * verdicts SCXLAB --accept OBJECT...: every program of every object is accepted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "tap.h"

#define MAX_EXPECT 64
#define MAX_LOGS 8

struct expect {
	char prog[64];
	bool accept, seen;
	int err;
	char *logs[MAX_LOGS];
	int nr_logs;
};

struct expects {
	struct expect e[MAX_EXPECT];
	int nr;
};

static const struct {
	const char *name;
	int err;
} errnos[] = {
	{ "EACCES", EACCES }, { "EINVAL", EINVAL }, { "E2BIG", E2BIG },
	{ "EPERM", EPERM },   { "ENOMEM", ENOMEM }, { "EFAULT", EFAULT },
};

static int errno_of(const char *name)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (!strcmp(errnos[i].name, name))
			return errnos[i].err;
	return 0;
}

/* ---- what the source says ---- */

static bool parse_expect(const char *line, struct expects *x)
{
	struct expect *e = &x->e[x->nr];
	char verdict[16] = "", err[16] = "";

	if (x->nr == MAX_EXPECT ||
	    sscanf(line, "EXPECT %63[^:]: %15s %15s", e->prog, verdict, err) < 2)
		return false;
	e->accept = !strcmp(verdict, "accept");
	e->err = errno_of(err);
	x->nr++;
	return e->accept || (!strcmp(verdict, "reject") && e->err);
}

static bool parse_source(const char *path, struct expects *x)
{
	char *text = proc_read_file(path, NULL), *save = NULL;
	bool ok = text;

	*x = (struct expects){};
	for (char *line = ok ? strtok_r(text, "\n", &save) : NULL; line && ok;
	     line = strtok_r(NULL, "\n", &save)) {
		struct expect *last = x->nr ? &x->e[x->nr - 1] : NULL;
		char *at = line + strspn(line, "/* ");

		if (at == line)
			continue;
		if (!strncmp(at, "EXPECT ", 7)) {
			at[strcspn(at, "*")] = '\0';
			ok = parse_expect(at, x);
		} else if (!strncmp(at, "LOG ", 4)) {
			ok = last && !last->accept && last->nr_logs < MAX_LOGS;
			if (ok)
				last->logs[last->nr_logs++] = strdup(at + 4);
		}
		if (!ok)
			tap_note("%s: cannot read: %s", path, line);
	}
	free(text);
	return ok && x->nr;
}

static void expects_fini(struct expects *x)
{
	for (int i = 0; i < x->nr; i++)
		for (int j = 0; j < x->e[i].nr_logs; j++)
			free(x->e[i].logs[j]);
}

/* ---- what the program says ---- */

static json_object *verify(const char *scxlab, const char *object, int *status)
{
	const char *argv[] = { scxlab, "verify", object, "--json", NULL };
	json_object *root = NULL;
	struct proc_result r;

	if (proc_run(argv, NULL, &r))
		root = json_tokener_parse(r.out);
	*status = r.status;
	if (!report_get(root, "programs")) {
		tap_note("exit status %d, no verdicts from: verify %s", r.status, object);
		tap_note_text(r.err, 10);
		json_object_put(root);
		root = NULL;
	}
	proc_result_fini(&r);
	return root;
}

static bool log_has(json_object *prog, const struct expect *e)
{
	const char *log = report_string(prog, "log"), *at = log;

	for (int i = 0; i < e->nr_logs; i++) {
		at = strstr(at, e->logs[i]);
		if (!at) {
			tap_note("the log lacks: %s", e->logs[i]);
			tap_note_text(strlen(log) > 1500 ? log + strlen(log) - 1500 : log, 40);
			return false;
		}
		at += strlen(e->logs[i]);
	}
	return true;
}

static bool reason_has(json_object *value, const struct expect *e)
{
	const char *reason = report_string(value, "reason");

	for (int i = 0; i < e->nr_logs; i++)
		if (!strstr(reason, e->logs[i])) {
			tap_note("the reason is: %s", reason);
			return false;
		}
	return true;
}

static bool as_expected(json_object *prog, const struct expect *e)
{
	const char *verdict = report_string(prog, "verdict");
	int err = abs((int)report_int(prog, "errno"));
	const char *log = report_string(prog, "log");

	if (strcmp(verdict, e->accept ? "accept" : "reject")) {
		tap_note("verdict: %s", verdict);
		if (e->accept)
			tap_note_text(strlen(log) > 1500 ? log + strlen(log) - 1500 : log, 40);
		return false;
	}
	if (!e->accept && err != e->err) {
		tap_note("errno %d (%s), expected %d", err, strerror(err), e->err);
		tap_note_text(strlen(log) > 800 ? log + strlen(log) - 800 : log, 20);
		return false;
	}
	return e->accept || (report_get(prog, "map") ? reason_has(prog, e) : log_has(prog, e));
}

static struct expect *expect_of(struct expects *x, const char *prog)
{
	for (int i = 0; i < x->nr; i++)
		if (!strcmp(x->e[i].prog, prog))
			return &x->e[i];
	return NULL;
}

static void check_source(struct tap *t, const char *scxlab, const char *objects,
			 const char *source)
{
	const char *base = strrchr(source, '/') ? strrchr(source, '/') + 1 : source;
	char stem[256], path[1024];
	bool refused = false;
	json_object *root, *list;
	struct expects x;
	int status;

	snprintf(stem, sizeof(stem), "%.*s", (int)strlen(base) - 2, base);
	if (!parse_source(source, &x)) {
		tap_ok(t, false, "%s: expectations", stem);
		goto out;
	}
	snprintf(path, sizeof(path), "%s/%s.o", objects, stem);
	root = verify(scxlab, path, &status);
	list = report_get(root, "programs");
	for (size_t i = 0; root && i < json_object_array_length(list); i++) {
		json_object *prog = json_object_array_get_idx(list, i);
		struct expect *e = expect_of(&x, report_string(prog, "name"));

		tap_ok(t, e && as_expected(prog, e), "%s: %s is %s", stem,
		       report_string(prog, "name"),
		       !e	   ? "expected" :
		       e->accept ? "accepted" :
				     "refused");
		if (e) {
			e->seen = true;
			refused |= !e->accept;
		}
	}
	/* Values are expected to be accepted, unless the source says otherwise. */
	list = report_get(root, "struct_ops");
	for (size_t i = 0; root && i < json_object_array_length(list); i++) {
		static const struct expect accept = { .accept = true };
		json_object *value = json_object_array_get_idx(list, i);
		const char *map = report_string(value, "map");
		struct expect *e = expect_of(&x, map);

		tap_ok(t, as_expected(value, e ?: &accept), "%s: value %s is %s", stem, map,
		       !e || e->accept ? "accepted" : "refused");
		if (e) {
			e->seen = true;
			refused |= !e->accept;
		}
	}
	for (int i = 0; i < x.nr; i++)
		if (!x.e[i].seen)
			tap_ok(t, false, "%s: %s: there is no such verdict", stem, x.e[i].prog);
	tap_ok(t, root && status == (refused ? 2 : 0), "%s: exit status %d", stem, status);
	json_object_put(root);
out:
	expects_fini(&x);
}

/* ---- objects that are accepted as a whole ---- */

static void check_accepted(struct tap *t, const char *scxlab, const char *object)
{
	const char *base = strrchr(object, '/') ? strrchr(object, '/') + 1 : object;
	static const struct expect accept = { .accept = true };
	json_object *root, *list;
	int status;

	if (access(object, R_OK)) {
		tap_skip(t, "no tools/sched_ext objects", "%s", base);
		return;
	}
	root = verify(scxlab, object, &status);
	list = report_get(root, "programs");
	for (size_t i = 0; root && i < json_object_array_length(list); i++) {
		json_object *prog = json_object_array_get_idx(list, i);

		tap_ok(t, as_expected(prog, &accept), "%s: %s is accepted", base,
		       report_string(prog, "name"));
	}
	tap_ok(t, root && json_object_array_length(list) && status == 0, "%s: exit status %d", base,
	       status);
	json_object_put(root);
}

int main(int argc, char **argv)
{
	struct tap t = {};

	if (argc < 4) {
		fprintf(stderr, "usage: verdicts SCXLAB OBJECTS|--accept FILE...\n");
		return 1;
	}
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[2], "--accept"))
			check_accepted(&t, argv[1], argv[i]);
		else
			check_source(&t, argv[1], argv[2], argv[i]);
	}
	return tap_done(&t);
}
