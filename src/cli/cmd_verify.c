/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/jsonw.h"
#include "cli/kernel_options.h"
#include "cli/output.h"
#include "cli/table.h"
#include "loader/loader.h"

enum {
	OPT_JSON = 'j',
	OPT_LOG = 'l',
	OPT_DUMP = 'd',
	OPT_SET = 256,
};

/* BPF_LOG_LEVEL2 | BPF_LOG_STATS: level 1 forgets the paths that turned out well. */
#define FULL_LOG (2 | 4)

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print the verdicts as JSON", 0 },
	{ "log", OPT_LOG, NULL, 0, "with the verifier's log of every program", 0 },
	{ "dump", OPT_DUMP, "xlated", 0,
	  "with the programs as they run: instructions, and what each call is bound to", 0 },
	{ "set", OPT_SET, "VAR=VALUE", 0, "write a global of OBJ before it is loaded", 0 },
	{ 0 },
};

struct verify_options {
	struct kernel_options kernel;
	const char *object;
	const char **sets;
	u32 nr_sets;
	bool json, log, dump;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct verify_options *o = state->input;
	const char **sets;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_LOG:
		o->log = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->kernel;
		return 0;
	case OPT_DUMP:
		if (strcmp(arg, "xlated"))
			argp_error(state, "--dump %s: there is only xlated", arg);
		o->dump = true;
		return 0;
	case OPT_SET:
		if (!strchr(arg, '=') || arg[0] == '=')
			argp_error(state, "--set: \"%s\" is not VAR=VALUE", arg);
		sets = realloc(o->sets, (o->nr_sets + 1) * sizeof(*sets));
		if (!sets)
			argp_failure(state, CLI_FAILED, ENOMEM, "--set");
		o->sets = sets;
		o->sets[o->nr_sets++] = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one object at a time: \"%s\" is too many", arg);
		o->object = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "name an object file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void json_calls(struct jsonw *j, const struct loader_prog_verdict *p)
{
	jsonw_array(j, "calls", JSONW_LINES);
	for (u32 i = 0; i < p->nr_calls; i++) {
		const struct loader_prog_call *c = &p->calls[i];

		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_u64(j, "insn", c->insn);
		jsonw_string(j, "kfunc", c->kfunc);
		jsonw_string(j, "resolved", c->resolved);
		jsonw_string(j, "context", c->context);
		jsonw_string(j, "source", c->source);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

static void print_json(const struct verify_options *o, const struct loader_verdicts *v)
{
	struct jsonw j;

	jsonw_init(&j, stdout);
	jsonw_object(&j, NULL, JSONW_LINES);
	jsonw_string(&j, "object", o->object);
	jsonw_array(&j, "programs", JSONW_LINES);
	for (u32 i = 0; i < v->nr_progs; i++) {
		const struct loader_prog_verdict *p = &v->progs[i];

		jsonw_object(&j, NULL, JSONW_LINES);
		jsonw_string(&j, "name", p->name);
		jsonw_string(&j, "section", p->section);
		jsonw_string(&j, "member", p->member);
		jsonw_string(&j, "verdict", p->err ? "reject" : "accept");
		jsonw_s64(&j, "errno", -p->err);
		jsonw_u64(&j, "insns_processed", p->insns_processed);
		json_calls(&j, p);
		jsonw_string(&j, "log", p->log);
		jsonw_string(&j, "xlated", p->xlated);
		jsonw_end_object(&j);
	}
	jsonw_end_array(&j);
	jsonw_end_object(&j);
}

static int print_table(const struct loader_verdicts *v)
{
	static const char *const heads[] = { "PROGRAM", "SECTION", "VERDICT", "INSNS", "STATES",
					     "PEAK", "STACK", "KFUNC CALLS" };
	struct table t;

	table_init(&t, "lllrrrrr");
	for (u32 i = 0; i < ARRAY_SIZE(heads); i++)
		table_cell(&t, "%s", heads[i]);
	for (u32 i = 0; i < v->nr_progs; i++) {
		const struct loader_prog_verdict *p = &v->progs[i];

		table_cell(&t, "%s", p->name);
		table_cell(&t, "%s", p->section);
		if (p->err)
			table_cell(&t, "refused: %s", strerror(-p->err));
		else
			table_cell(&t, "accepted");
		table_cell(&t, "%u", p->insns_processed);
		table_cell(&t, "%u", p->total_states);
		table_cell(&t, "%u", p->peak_states);
		table_cell(&t, "%u", p->stack_depth);
		table_cell(&t, "%u", p->nr_calls);
	}
	return table_print(&t, stdout);
}

static int print_text(const struct verify_options *o, const struct loader_verdicts *v)
{
	if (print_table(v))
		return cli_error("out of memory: no report");
	for (u32 i = 0; i < v->nr_progs; i++) {
		const struct loader_prog_verdict *p = &v->progs[i];

		if (p->log && p->log[0] && (o->log || p->err))
			printf("\n%s:\n%s", p->name, p->log);
		if (p->xlated)
			printf("\n%s", p->xlated);
	}
	return CLI_FINE;
}

static int verify(const struct verify_options *o, struct kernel *k)
{
	const struct loader_verify_opts opts = {
		.sets = o->sets,
		.nr_sets = o->nr_sets,
		.log_level = o->log ? FULL_LOG : 0,
		.xlated = o->dump,
	};
	struct loader_verdicts v;
	struct err_msg e = {};
	int code = CLI_FINE, err;

	output_show_messages();
	err = loader_verify(k, o->object, &opts, &e, &v);
	if (err)
		return cli_failed(o->object, err, &e);
	if (o->json)
		print_json(o, &v);
	else
		code = print_text(o, &v);
	for (u32 i = 0; !code && i < v.nr_progs; i++)
		if (v.progs[i].err)
			code = CLI_REFUSED;
	loader_verdicts_fini(&v);
	return code;
}

int cmd_verify(int argc, char **argv)
{
	static const struct argp_child children[] = { KERNEL_OPTIONS, {} };
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.children = children,
		.args_doc = "OBJ",
		.doc = "Loads each program of the object file OBJ as the kernel would, and prints "
		       "the verdicts.\v"
		       "Exit status: 0 all accepted; 1 usage, input or output; 2 some refused.",
	};
	struct verify_options o = {};
	struct bare_kernel b;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	code = bare_kernel_open(&b, &o.kernel);
	if (!code) {
		code = verify(&o, b.k);
		bare_kernel_close(&b);
	}
	free(o.sets);
	return code;
}
