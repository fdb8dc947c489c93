/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/report.h"
#include "cli/session_options.h"

enum {
	OPT_DURATION = 'd',
	OPT_JSON = 'j',
	OPT_SET = 256, /* no short form from here on */
	OPT_SCHEDULER,
	OPT_SHOW_SYSFS,
	OPT_DUMP_MAP,
};

static const struct argp_option options[] = {
	{ "duration", OPT_DURATION, "TIME", 0,
	  "simulate that long, e.g. 5s or 250ms (default: the workload's duration, else 5s)", 0 },
	{ "set", OPT_SET, "VAR=VALUE", 0, "write a global of OBJ before it is loaded", 0 },
	{ "json", OPT_JSON, NULL, 0, "print the result as JSON", 0 },
	{ "scheduler", OPT_SCHEDULER, "NAME", 0,
	  "run without OBJ, under one of the machine's own: eevdf, or cfs, which Linux had before 6.6",
	  0 },
	{ "show-sysfs", OPT_SHOW_SYSFS, NULL, 0,
	  "print /sys/kernel/sched_ext, and each task's ext.enabled, as they are at the end", 0 },
	{ "dump-map", OPT_DUMP_MAP, "NAME", 0,
	  "print the elements of that map of OBJ, as they are at the end; may be repeated", 0 },
	{ 0 },
};

struct run_options {
	struct session_config cfg;
	struct session_options session;
	const char *scheduler;
	const char **sets, **maps;
	bool json;
};

static void set_duration(struct argp_state *state, const char *arg, u64 *out)
{
	struct err_msg e = {};

	if (cli_parse_duration(arg, &e, out))
		argp_error(state, "--duration: %s", e.text);
}

static void add_set(struct argp_state *state, struct run_options *o, const char *arg)
{
	const char **sets;

	if (!strchr(arg, '=') || arg[0] == '=')
		argp_error(state, "--set: \"%s\" is not VAR=VALUE", arg);
	sets = realloc(o->sets, (o->cfg.nr_sets + 1) * sizeof(*sets));
	if (!sets)
		argp_failure(state, CLI_FAILED, ENOMEM, "--set");
	o->sets = sets;
	o->sets[o->cfg.nr_sets++] = arg;
}

static void add_map(struct argp_state *state, struct run_options *o, const char *arg)
{
	const char **maps = realloc(o->maps, (o->cfg.nr_maps + 1) * sizeof(*maps));

	if (!maps)
		argp_failure(state, CLI_FAILED, ENOMEM, "--dump-map");
	o->maps = maps;
	o->maps[o->cfg.nr_maps++] = arg;
}

/* What fits together only as a whole. */
static void check_options(struct argp_state *state, struct run_options *o)
{
	struct err_msg e = {};

	if (o->scheduler && session_parse_own(o->scheduler, &e, &o->cfg.fair))
		argp_error(state, "--scheduler: %s", e.text);
	if (o->scheduler && o->cfg.object)
		argp_error(state, "--scheduler runs without an object: drop it, or %s",
			   o->cfg.object);
	if (!o->scheduler && !o->cfg.object)
		argp_error(state, "name a scheduler's object file, or say --scheduler eevdf");
	if (o->scheduler && o->cfg.nr_maps)
		argp_error(state, "--dump-map shows maps of an object, and there is none");
	if (o->scheduler && o->cfg.nr_sets)
		argp_error(state, "--set writes globals of an object, and there is none");
	o->cfg.sets = o->sets;
	o->cfg.maps = o->maps;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		o->session.cfg = &o->cfg;
		state->child_inputs[0] = &o->session;
		return 0;
	case OPT_DURATION:
		set_duration(state, arg, &o->cfg.duration);
		return 0;
	case OPT_SET:
		add_set(state, o, arg);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_SCHEDULER:
		o->scheduler = arg;
		return 0;
	case OPT_SHOW_SYSFS:
		o->cfg.show_sysfs = true;
		return 0;
	case OPT_DUMP_MAP:
		add_map(state, o, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one object at a time: \"%s\" is too many", arg);
		o->cfg.object = arg;
		return 0;
	case ARGP_KEY_END:
		check_options(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_run(int argc, char **argv)
{
	static const struct argp_child children[] = { SESSION_OPTIONS, {} };
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.children = children,
		.args_doc = "OBJ\n--scheduler eevdf",
		.doc = "Runs the sched_ext scheduler of the object file OBJ on a simulated "
		       "machine under a workload, and reports what happened.\v"
		       "Exit status: 0 fine; 1 usage, input or output; 2 the kernel refused a "
		       "program or the scheduler; 3 the scheduler exited with an error; 4 a task "
		       "stalled.",
	};
	struct run_options o = {};
	struct session s;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	code = session_open(&s, &o.cfg);
	if (!code)
		code = session_load(&s);
	if (!code)
		code = session_run(&s);
	if (!code) {
		if ((o.json ? report_json : report_text)(&s, stdout))
			code = cli_error("out of memory: no report");
		else
			code = session_judge(&s);
	}
	session_close(&s);
	free(o.sets);
	free(o.maps);
	return code;
}
