/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>

#include "cli/session_options.h"
#include "machine/cpufreq.h"

enum {
	OPT_WORKLOAD = 'w',
	OPT_CPUS = 'c',
	OPT_TOPOLOGY = 'T',
	OPT_SEED = 's',
	OPT_TRACE = 't',
	OPT_HZ = 0x5e00, /* no short form, and no command's own number */
	OPT_ENGINE,
	OPT_COSTS,
	OPT_GDB,
	OPT_PERF_MAP,
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
	{ "seed", OPT_SEED, "N", 0, "of all randomness (default: 1)", 0 },
	{ "trace", OPT_TRACE, "FILE", 0,
	  "write a trace: FILE.pftrace for Perfetto, FILE.txt in ftrace's format", 0 },
	{ "engine", OPT_ENGINE, "NAME", 0,
	  "what runs the programs: jit (default, where the host has one), jit-barriers (with "
	  "speculation barriers) or interpreter", 0 },
	{ "gdb", OPT_GDB, NULL, 0,
	  "tell gdb, if this runs under it, the names and lines of compiled functions", 0 },
	{ "perf-map", OPT_PERF_MAP, NULL, 0,
	  "tell perf the names of compiled functions, by /tmp/perf-PID.map", 0 },
	{ 0 },
};

/* A number of CPUs; anything else belongs into --topology. */
static void set_cpus(struct argp_state *state, struct session_options *o, const char *arg)
{
	struct err_msg e = {};
	u64 n;

	if (cli_parse_u64(arg, 1, 1024, &e, &n))
		argp_error(state, "--cpus: %s", e.text);
	snprintf(o->cpus, sizeof(o->cpus), "%u", (u32)n);
}

static u64 number(struct argp_state *state, const char *option, const char *arg, u64 low, u64 high)
{
	struct err_msg e = {};
	u64 n = low;

	if (cli_parse_u64(arg, low, high, &e, &n))
		argp_error(state, "--%s: %s", option, e.text);
	return n;
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

static void set_trace(struct argp_state *state, const char *arg, struct session_config *cfg)
{
	if (cfg->trace)
		argp_error(state, "--trace: one trace at a time: \"%s\" is too many", arg);
	cfg->trace = arg;
}

static void begin(struct argp_state *state, struct session_options *o)
{
	state->child_inputs[0] = &o->cfg->kernel;
	o->cfg->hz = SESSION_DEFAULT_HZ;
	o->cfg->seed = SESSION_DEFAULT_SEED;
}

static void end(struct argp_state *state, struct session_options *o)
{
	if (o->cpus[0] && o->cfg->topology)
		argp_error(state, "--cpus and --topology both describe the machine: choose one");
	if (!o->cfg->topology)
		o->cfg->topology = o->cpus[0] ? o->cpus : SESSION_DEFAULT_TOPOLOGY;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct session_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		begin(state, o);
		return 0;
	case OPT_WORKLOAD:
		o->cfg->workload = arg;
		return 0;
	case OPT_CPUS:
		set_cpus(state, o, arg);
		return 0;
	case OPT_TOPOLOGY:
		o->cfg->topology = arg;
		return 0;
	case OPT_COSTS:
		o->cfg->costs = arg;
		return 0;
	case OPT_HZ:
		o->cfg->hz = number(state, "hz", arg, 100, 1000);
		return 0;
	case OPT_SEED:
		o->cfg->seed = number(state, "seed", arg, 0, UINT64_MAX);
		return 0;
	case OPT_TRACE:
		set_trace(state, arg, o->cfg);
		return 0;
	case OPT_ENGINE:
		set_engine(state, arg, &o->cfg->engine);
		return 0;
	case OPT_GOVERNOR:
		set_governor(state, arg, &o->cfg->governor);
		return 0;
	case OPT_CPUS_IN_TURN:
		o->cfg->cpus_in_turn = true;
		return 0;
	case OPT_GDB:
		o->cfg->gdb = true;
		return 0;
	case OPT_PERF_MAP:
		o->cfg->perf_map = true;
		return 0;
	case ARGP_KEY_END:
		end(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { KERNEL_OPTIONS, {} };
const struct argp session_options_argp = {
	.options = options, .parser = parse_option, .children = children
};
