/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/kernel_options.h"
#include "cli/output.h"
#include "cli/verify_report.h"

enum {
	OPT_JSON = 'j',
	OPT_LOG = 'l',
	OPT_DUMP = 'd',
	OPT_EXPLAIN = 'e',
	OPT_SET = 256,
	OPT_CSV,
	OPT_RODATA,
	OPT_BTF,
	OPT_TIME,
};

/* BPF_LOG_LEVEL2 | BPF_LOG_STATS: level 1 forgets the paths that turned out well. */
#define FULL_LOG (2 | 4)

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print the verdicts as JSON", 0 },
	{ "csv", OPT_CSV, NULL, 0, "print the verdicts as comma-separated values", 0 },
	{ "time", OPT_TIME, NULL, 0, "with the time that each program took", 0 },
	{ "btf", OPT_BTF, "FILE", 0,
	  "check against the types and kfuncs of another kernel: its /sys/kernel/btf/vmlinux", 0 },
	{ "log", OPT_LOG, NULL, 0, "with the verifier's log of every program", 0 },
	{ "explain", OPT_EXPLAIN, NULL, 0,
	  "say of every call of a kfunc what it means there; of a refused one, what to do", 0 },
	{ "dump", OPT_DUMP, "xlated|jited", 0,
	  "with the programs as they run: BPF or machine instructions, and what each call is "
	  "bound to", 0 },
	{ "set", OPT_SET, "VAR=VALUE", 0, "write a global of OBJ before it is loaded", 0 },
	{ "rodata", OPT_RODATA, "FILE", 0, "what .rodata of OBJ holds, byte for byte", 0 },
	{ 0 },
};

struct verify_options {
	struct kernel_options kernel;
	struct verify_format format;
	const char **objects, **sets;
	u32 nr_objects, nr_sets;
	const char *rodata; /* file; NULL: none */
	bool xlated, jited;
};

static void append(struct argp_state *state, const char ***list, u32 *nr, const char *arg)
{
	const char **longer = reallocarray(*list, *nr + 1, sizeof(*longer));

	if (!longer)
		argp_failure(state, CLI_FAILED, ENOMEM, "%s", arg);
	*list = longer;
	(*list)[(*nr)++] = arg;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct verify_options *o = state->input;

	switch (key) {
	case OPT_JSON:
		o->format.json = true;
		return 0;
	case OPT_CSV:
		o->format.csv = true;
		return 0;
	case OPT_TIME:
		o->format.time = true;
		return 0;
	case OPT_RODATA:
		o->rodata = arg;
		return 0;
	case OPT_BTF:
		o->kernel.btf = arg;
		return 0;
	case OPT_LOG:
		o->format.log = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->kernel;
		return 0;
	case OPT_EXPLAIN:
		o->format.explain = true;
		return 0;
	case OPT_DUMP:
		if (!strcmp(arg, "xlated"))
			o->xlated = true;
		else if (!strcmp(arg, "jited"))
			o->jited = true;
		else
			argp_error(state, "--dump %s: there are xlated and jited", arg);
		return 0;
	case OPT_SET:
		if (!strchr(arg, '=') || arg[0] == '=')
			argp_error(state, "--set: \"%s\" is not VAR=VALUE", arg);
		append(state, &o->sets, &o->nr_sets, arg);
		return 0;
	case ARGP_KEY_ARG:
		append(state, &o->objects, &o->nr_objects, arg);
		return 0;
	case ARGP_KEY_END:
		if (o->format.json && o->format.csv)
			argp_error(state, "--json or --csv, not both");
		if (o->kernel.btf && o->jited)
			argp_error(state, "--dump jited: with --btf, programs are checked and never run");
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "name an object file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int read_rodata(const struct verify_options *o, char **data, size_t *len)
{
	struct err_msg e = {};
	int err;

	if (!o->rodata)
		return CLI_FINE;
	err = cli_read_file(o->rodata, &e, data, len);
	return err ? cli_failed(o->rodata, err, &e) : CLI_FINE;
}

static int verify_one(const struct verify_options *o, const char *rodata, size_t rodata_size,
		      struct verified *out)
{
	const struct loader_verify_opts opts = {
		.sets = o->sets,
		.nr_sets = o->nr_sets,
		.rodata = rodata,
		.rodata_size = rodata_size,
		.log_level = o->format.log ? FULL_LOG : 0,
		.clock = o->format.time ? cli_wall_ns : NULL,
		.xlated = o->xlated,
		.jited = o->jited,
	};
	struct bare_kernel b;
	struct err_msg e = {};
	int code, err;

	code = bare_kernel_open(&b, &o->kernel);
	if (code)
		return code;
	output_show_messages();
	err = loader_verify(b.k, out->object, &opts, &e, &out->v);
	if (err)
		code = cli_failed(out->object, err, &e);
	bare_kernel_close(&b);
	return code;
}

static bool is_refused(const struct loader_verdicts *v)
{
	for (u32 i = 0; i < v->nr_progs; i++)
		if (v->progs[i].err)
			return true;
	for (u32 i = 0; i < v->nr_values; i++)
		if (v->values[i].err)
			return true;
	return false;
}

/* Each on a kernel of its own. What can't be read ends it, after what came before. */
static int verify(const struct verify_options *o)
{
	struct verified *all = calloc(o->nr_objects, sizeof(*all));
	char *rodata = NULL;
	size_t rodata_size = 0;
	int code = CLI_FINE, printed;
	u32 nr = 0;

	if (!all)
		return cli_error("out of memory");
	code = read_rodata(o, &rodata, &rodata_size);
	for (; !code && nr < o->nr_objects; nr += !code) {
		all[nr].object = o->objects[nr];
		code = verify_one(o, rodata, rodata_size, &all[nr]);
	}
	if (nr) {
		printed = verify_report(&o->format, all, nr);
		code = code ?: printed;
	}
	for (u32 i = 0; i < nr; i++) {
		if (!code && is_refused(&all[i].v))
			code = CLI_REFUSED;
		loader_verdicts_fini(&all[i].v);
	}
	free(rodata);
	free(all);
	return code;
}

int cmd_verify(int argc, char **argv)
{
	static const struct argp_child children[] = { KERNEL_OPTIONS, {} };
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.children = children,
		.args_doc = "OBJ...",
		.doc = "Loads each program of the object files OBJ as the kernel would, checks their "
		       "struct_ops values, and prints the verdicts.\v"
		       "Exit status: 0 all accepted; 1 usage, input or output; 2 a program or a "
		       "struct_ops value was refused.",
	};
	struct verify_options o = {};
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	code = verify(&o);
	free(o.sets);
	free(o.objects);
	return code;
}
