/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `scxlab run --json` says, as far as tests read it. */
#ifndef TESTS_REPORT_H
#define TESTS_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <json-c/json.h>

struct report_task {
	int pid;
	const char *comm;
	int64_t runtime, wakeups, switches, preemptions, migrations;
};

struct report {
	json_object *root;
	const char *scheduler, *exit_kind, *exit_reason, *exit_msg;
	int64_t duration, events, seed;
	int nr_cpus, nr_tasks;
	struct report_task *tasks;
	struct {
		int64_t busy, idle;
	} *cpus;
};

/* False, with a note, if @text is not such an object or lacks a key. */
bool report_parse(const char *text, struct report *r);
void report_fini(struct report *r);

/* json-c's own look-ups, chained: "a.b"; NULL if it is not there. */
json_object *report_get(json_object *o, const char *path);
const char *report_string(json_object *o, const char *path); /* "" if not there */
int64_t report_int(json_object *o, const char *path);	     /* -1 if not there */

#endif
