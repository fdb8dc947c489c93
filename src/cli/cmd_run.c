/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/kernel_options.h"
#include "cli/report.h"
#include "cli/session.h"
#include "machine/cpufreq.h"

enum {
	OPT_WORKLOAD = 'w',
	OPT_CPUS = 'c',
	OPT_TOPOLOGY = 'T',
	OPT_DURATION = 'd',
	OPT_SEED = 's',
	OPT_TRACE = 't',
	OPT_JSON = 'j',
	OPT_HZ = 256, /* no short form from here on */
	OPT_SET,
	OPT_SCHEDULER,
	OPT_ENGINE,
	OPT_COSTS,
	OPT_PERF_MAP,
	OPT_SHOW_SYSFS,
	OPT_DUMP_MAP,
	OPT_GDB,
	OPT_GOVERNOR,
	OPT_CPUS_IN_TURN,
};

static const struct argp_option options[] = {
	{ "workload", OPT_WORKLOAD, "FILE", 0, "an rt-app workload (default: a mixed one)", 0 },
	{ "cpus", OPT_CPUS, "N", 0, "a machine of N CPUs with one cache (default: 4)", 0 },
	{ "topology", OPT_TOPOLOGY, "SPEC", 0,
	  "a machine as an hwloc synthetic string (\"numa:2 l3:1 core:4 pu:2\") or XML file", 0 },
	{ "costs", OPT_COSTS, "FILE", 0,
	  "what switches, wake-ups and interrupts cost: a JSON object of ns", 0 },
	{ "governor", OPT_GOVERNOR, "NAME", 0,
	  "who chooses the CPUs' frequencies: cpuperf (default: the scheduler), schedutil or "
	  "performance", 0 },
	{ "cpus-in-turn", OPT_CPUS_IN_TURN, NULL, 0,
	  "the CPUs are virtual and share one real one, as under qemu -icount", 0 },
	{ "hz", OPT_HZ, "N", 0, "ticks per second, 100 to 1000 (default: 1000)", 0 },
	{ "duration", OPT_DURATION, "TIME", 0,
	  "simulate that long, e.g. 5s or 250ms (default: the workload's duration, else 5s)", 0 },
	{ "seed", OPT_SEED, "N", 0, "of all randomness (default: 1)", 0 },
	{ "set", OPT_SET, "VAR=VALUE", 0, "write a global of OBJ before it is loaded", 0 },
	{ "trace", OPT_TRACE, "FILE", 0,
	  "write a trace: FILE.pftrace for Perfetto, FILE.txt in ftrace's format", 0 },
	{ "json", OPT_JSON, NULL, 0, "print the result as JSON", 0 },
	{ "scheduler", OPT_SCHEDULER, "NAME", 0,
	  "run without OBJ, under one of the machine's own: eevdf, or cfs, which Linux had before 6.6",
	  0 },
	{ "engine", OPT_ENGINE, "NAME", 0,
	  "what runs the programs: jit (default, where the host has one), jit-barriers (with "
	  "speculation barriers) or interpreter", 0 },
	{ "gdb", OPT_GDB, NULL, 0,
	  "tell gdb, if this runs under it, the names and lines of compiled functions", 0 },
	{ "perf-map", OPT_PERF_MAP, NULL, 0,
	  "tell perf the names of compiled functions, by /tmp/perf-PID.map", 0 },
	{ "show-sysfs", OPT_SHOW_SYSFS, NULL, 0,
	  "print /sys/kernel/sched_ext, and each task's ext.enabled, as they are at the end", 0 },
	{ "dump-map", OPT_DUMP_MAP, "NAME", 0,
	  "print the elements of that map of OBJ, as they are at the end; may be repeated", 0 },
	{ 0 },
};

struct run_options {
	struct session_config cfg;
	char cpus[8]; /* --cpus N, in decimal */
	const char *scheduler;
	const char **sets, **maps;
	bool json;
};

/* A number of CPUs; anything else belongs into --topology. */
static void set_cpus(struct argp_state *state, struct run_options *o, const char *arg)
{
	struct err_msg e = {};
	u64 n;

	if (cli_parse_u64(arg, 1, 1024, &e, &n))
		argp_error(state, "--cpus: %s", e.text);
	snprintf(o->cpus, sizeof(o->cpus), "%u", (u32)n);
}

static void set_number(struct argp_state *state, const char *option, const char *arg, u64 low,
		       u64 high, u64 *out)
{
	struct err_msg e = {};

	if (cli_parse_u64(arg, low, high, &e, out))
		argp_error(state, "--%s: %s", option, e.text);
}

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

static void set_engine(struct argp_state *state, const char *arg, enum kernel_engine *out)
{
	struct err_msg e = {};

	if (session_parse_engine(arg, &e, out))
		argp_error(state, "--engine: %s", e.text);
}

static void set_governor(struct argp_state *state, const char *arg, enum cpufreq_governor *out)
{
	struct err_msg e = {};

	if (cpufreq_governor_parse(arg, &e, out))
		argp_error(state, "--governor: %s", e.text);
}

/* What fits together only as a whole. */
static void check_options(struct argp_state *state, struct run_options *o)
{
	if (o->scheduler && strcmp(o->scheduler, "eevdf") && strcmp(o->scheduler, "cfs"))
		argp_error(state, "--scheduler %s: there are eevdf and cfs", o->scheduler);
	if (o->scheduler && !strcmp(o->scheduler, "cfs"))
		o->cfg.fair = FAIR_CFS;
	if (o->scheduler && o->cfg.object)
		argp_error(state, "--scheduler runs without an object: drop it, or %s",
			   o->cfg.object);
	if (!o->scheduler && !o->cfg.object)
		argp_error(state, "name a scheduler's object file, or say --scheduler eevdf");
	if (o->scheduler && o->cfg.nr_maps)
		argp_error(state, "--dump-map shows maps of an object, and there is none");
	if (o->scheduler && o->cfg.nr_sets)
		argp_error(state, "--set writes globals of an object, and there is none");
	if (o->cpus[0] && o->cfg.topology)
		argp_error(state, "--cpus and --topology both describe the machine: choose one");
	if (!o->cfg.topology)
		o->cfg.topology = o->cpus[0] ? o->cpus : SESSION_DEFAULT_TOPOLOGY;
	o->cfg.sets = o->sets;
	o->cfg.maps = o->maps;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *o = state->input;
	u64 n;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->cfg.kernel;
		return 0;
	case OPT_WORKLOAD:
		o->cfg.workload = arg;
		return 0;
	case OPT_CPUS:
		set_cpus(state, o, arg);
		return 0;
	case OPT_TOPOLOGY:
		o->cfg.topology = arg;
		return 0;
	case OPT_COSTS:
		o->cfg.costs = arg;
		return 0;
	case OPT_HZ:
		set_number(state, "hz", arg, 100, 1000, &n);
		o->cfg.hz = n;
		return 0;
	case OPT_DURATION:
		set_duration(state, arg, &o->cfg.duration);
		return 0;
	case OPT_SEED:
		set_number(state, "seed", arg, 0, UINT64_MAX, &o->cfg.seed);
		return 0;
	case OPT_SET:
		add_set(state, o, arg);
		return 0;
	case OPT_TRACE:
		if (o->cfg.trace)
			argp_error(state, "--trace: one trace at a time: \"%s\" is too many",
				   arg);
		o->cfg.trace = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_SCHEDULER:
		o->scheduler = arg;
		return 0;
	case OPT_ENGINE:
		set_engine(state, arg, &o->cfg.engine);
		return 0;
	case OPT_GOVERNOR:
		set_governor(state, arg, &o->cfg.governor);
		return 0;
	case OPT_CPUS_IN_TURN:
		o->cfg.cpus_in_turn = true;
		return 0;
	case OPT_GDB:
		o->cfg.gdb = true;
		return 0;
	case OPT_PERF_MAP:
		o->cfg.perf_map = true;
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
	static const struct argp_child children[] = { KERNEL_OPTIONS, {} };
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
	struct run_options o = { .cfg = { .hz = SESSION_DEFAULT_HZ, .seed = SESSION_DEFAULT_SEED } };
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
