/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "tap.h"

json_object *report_get(json_object *o, const char *path)
{
	char key[64];

	while (o && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		if (!json_object_object_get_ex(o, key, &o))
			return NULL;
		path += len + (path[len] == '.');
	}
	return o;
}

const char *report_string(json_object *o, const char *path)
{
	o = report_get(o, path);
	return o ? json_object_get_string(o) : "";
}

int64_t report_int(json_object *o, const char *path)
{
	o = report_get(o, path);
	return o ? json_object_get_int64(o) : -1;
}

static bool has_all(json_object *o, const char *const *keys, int nr, const char *what)
{
	for (int i = 0; i < nr; i++) {
		if (!report_get(o, keys[i])) {
			tap_note("%s lacks \"%s\"", what, keys[i]);
			return false;
		}
	}
	return true;
}

#define HAS_ALL(o, what, ...)                                                                      \
	has_all(o, (const char *const[]){ __VA_ARGS__ },                                           \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), what)

static bool parse_tasks(struct report *r)
{
	json_object *list = report_get(r->root, "tasks");

	r->nr_tasks = json_object_array_length(list);
	r->tasks = calloc(r->nr_tasks + 1, sizeof(*r->tasks));
	for (int i = 0; i < r->nr_tasks; i++) {
		json_object *o = json_object_array_get_idx(list, i);

		if (!HAS_ALL(o, "a task", "pid", "comm", "nice", "runtime_ns", "wakeups",
			     "switches", "preemptions", "migrations", "wakeup_latency_ns.p50",
			     "wakeup_latency_ns.p90", "wakeup_latency_ns.p99",
			     "wakeup_latency_ns.p999", "wakeup_latency_ns.max"))
			return false;
		r->tasks[i] = (struct report_task){
			.pid = report_int(o, "pid"),
			.comm = report_string(o, "comm"),
			.runtime = report_int(o, "runtime_ns"),
			.wakeups = report_int(o, "wakeups"),
			.switches = report_int(o, "switches"),
			.preemptions = report_int(o, "preemptions"),
			.migrations = report_int(o, "migrations"),
		};
	}
	return true;
}

static bool parse_cpus(struct report *r)
{
	json_object *list = report_get(r->root, "cpu");
	int nr = json_object_array_length(list);

	if (nr != r->nr_cpus) {
		tap_note("\"cpus\" is %d, but \"cpu\" has %d", r->nr_cpus, nr);
		return false;
	}
	r->cpus = calloc(nr + 1, sizeof(*r->cpus));
	for (int i = 0; i < nr; i++) {
		json_object *o = json_object_array_get_idx(list, i);

		if (!HAS_ALL(o, "a CPU", "id", "busy_ns", "idle_ns"))
			return false;
		r->cpus[i].busy = report_int(o, "busy_ns");
		r->cpus[i].idle = report_int(o, "idle_ns");
	}
	return true;
}

bool report_parse(const char *text, struct report *r)
{
	*r = (struct report){ .root = json_tokener_parse(text) };
	if (!json_object_is_type(r->root, json_type_object)) {
		tap_note("not a JSON object: %.80s", text);
		return false;
	}
	if (!HAS_ALL(r->root, "the report", "scheduler", "exit.kind", "exit.code", "exit.reason",
		     "exit.msg", "cpus", "seed", "duration_ns", "wall_ns", "events", "tasks",
		     "cpu", "totals"))
		return false;
	r->scheduler = report_string(r->root, "scheduler");
	r->exit_kind = report_string(r->root, "exit.kind");
	r->exit_reason = report_string(r->root, "exit.reason");
	r->exit_msg = report_string(r->root, "exit.msg");
	r->nr_cpus = report_int(r->root, "cpus");
	r->seed = report_int(r->root, "seed");
	r->duration = report_int(r->root, "duration_ns");
	r->events = report_int(r->root, "events");
	return parse_tasks(r) && parse_cpus(r);
}

void report_fini(struct report *r)
{
	free(r->tasks);
	free(r->cpus);
	json_object_put(r->root);
	*r = (struct report){};
}
