/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <argp.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/sweep.h"

#define MAX_WORKERS 4096
#define MAX_PARTS 1000

enum {
	OPT_JOBS = 'j',
	OPT_RESULTS = 'r',
	OPT_FORMAT = 'f',
	OPT_PART = 256, /* no short form from here on */
	OPT_SLURM,
	OPT_PARTS,
};

static const struct argp_option options[] = {
	{ "jobs", OPT_JOBS, "N", 0, "so many runs at a time (default: one per CPU)", 0 },
	{ "results", OPT_RESULTS, "FILE", 0,
	  "keep finished cells there, and do not run those again that it has (default: "
	  "SPEC.results)", 0 },
	{ "format", OPT_FORMAT, "NAME", 0, "table (default), json or csv", 0 },
	{ "part", OPT_PART, "K/N", 0, "run only every Nth cell, from the Kth (0 to N - 1) on", 0 },
	{ "slurm", OPT_SLURM, NULL, 0,
	  "run as an array job of Slurm: submit it, wait for it, gather the parts", 0 },
	{ "parts", OPT_PARTS, "N", 0, "of that job (default: 16, or one per cell if there are "
				      "fewer)", 0 },
	{ 0 },
};

struct sweep_options {
	const char *spec, *results;
	u64 jobs, parts;
	struct sweep_part part;
	enum sweep_format format;
	bool slurm;
};

static void set_format(struct argp_state *state, const char *arg, enum sweep_format *out)
{
	static const char *const names[] = {
		[SWEEP_TABLE] = "table", [SWEEP_JSON] = "json", [SWEEP_CSV] = "csv",
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(arg, names[i]))
			continue;
		*out = i;
		return;
	}
	argp_error(state, "--format: \"%s\" is neither table, json nor csv", arg);
}

static void set_number(struct argp_state *state, const char *option, const char *arg, u64 high,
		       u64 *out)
{
	struct err_msg e = {};

	if (cli_parse_u64(arg, 1, high, &e, out))
		argp_error(state, "--%s: %s", option, e.text);
}

static void set_part(struct argp_state *state, const char *arg, struct sweep_part *out)
{
	char end;

	if (sscanf(arg, "%u/%u%c", &out->k, &out->n, &end) != 2 || !out->n || out->k >= out->n)
		argp_error(state, "--part: \"%s\" is not K/N with K below N", arg);
}

static void check_options(struct argp_state *state, struct sweep_options *o)
{
	if (!o->spec)
		argp_error(state, "name the file that says what to sweep over");
	if (o->slurm && !strcmp(o->spec, "-"))
		argp_error(state, "--slurm: the nodes need a file, and can't read standard input");
	if (o->slurm && o->part.n != 1)
		argp_error(state, "--slurm makes the parts itself: drop --part");
	if (o->parts && !o->slurm)
		argp_error(state, "--parts is of --slurm");
	if (o->slurm && o->jobs)
		argp_error(state, "--slurm: the nodes say how many at a time: drop --jobs");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct sweep_options *o = state->input;

	switch (key) {
	case OPT_JOBS:
		set_number(state, "jobs", arg, MAX_WORKERS, &o->jobs);
		return 0;
	case OPT_RESULTS:
		o->results = arg;
		return 0;
	case OPT_FORMAT:
		set_format(state, arg, &o->format);
		return 0;
	case OPT_PART:
		set_part(state, arg, &o->part);
		return 0;
	case OPT_SLURM:
		o->slurm = true;
		return 0;
	case OPT_PARTS:
		set_number(state, "parts", arg, MAX_PARTS, &o->parts);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one sweep at a time: \"%s\" is too many", arg);
		o->spec = arg;
		return 0;
	case ARGP_KEY_END:
		check_options(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* 0; 1: interrupted; -errno with *e. */
static int run_here(struct sweep *sw, const struct sweep_options *o, const char *results,
		    struct err_msg *e)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sweep_results r;
	int ret = sweep_results_open(&r, results, sw, e);

	if (ret)
		return ret;
	ret = sweep_run(sw, o->part, o->jobs ? (u32)o->jobs : cpus > 0 ? (u32)cpus : 1, &r, e);
	sweep_results_close(&r);
	return ret;
}

static int sweep(struct sweep *sw, const struct sweep_options *o, const char *results)
{
	struct err_msg e = {};
	int ret;

	if (o->slurm)
		ret = sweep_slurm(sw, o->spec, results,
				  o->parts ? (u32)o->parts : min(sw->nr_cells, 16U), &e);
	else
		ret = run_here(sw, o, results, &e);
	if (ret < 0)
		return cli_failed(o->spec, ret, &e);
	if (ret) {
		cli_error("interrupted: what is finished is in %s, and the same command goes on",
			  results);
		return CLI_INTERRUPTED;
	}
	if (sweep_report(sw, o->part, o->format, stdout))
		return cli_error("out of memory: no report");
	fflush(stdout);
	return sweep_report_failures(sw, o->part, stderr) ? CLI_CELL_FAILED : CLI_FINE;
}

int cmd_sweep(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "SPEC",
		.doc = "Runs every combination of the schedulers, globals, workloads, topologies "
		       "and seeds that the JSON file SPEC names, each on a kernel and a machine of "
		       "its own, and prints a row for each.\v"
		       "Exit status: 0 fine; 1 usage, input or output; 5 a cell failed; 6 "
		       "interrupted.",
	};
	struct sweep_options o = { .part = { 0, 1 } };
	struct err_msg e = {};
	struct sweep sw;
	char *results = NULL;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (sweep_open(&sw, o.spec, &e))
		code = cli_failed(o.spec, -EINVAL, &e);
	else if (!o.results && !strcmp(o.spec, "-"))
		code = cli_error("a sweep from standard input needs --results");
	else if (asprintf(&results, "%s%s", o.results ?: o.spec, o.results ? "" : ".results") < 0)
		code = cli_failed(o.spec, -ENOMEM, NULL);
	else
		code = sweep(&sw, &o, results);
	free(results);
	sweep_close(&sw);
	return code;
}
