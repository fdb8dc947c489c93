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
	OPT_EXPLAIN = 'e',
	OPT_SET = 256,
};

/* BPF_LOG_LEVEL2 | BPF_LOG_STATS: level 1 forgets the paths that turned out well. */
#define FULL_LOG (2 | 4)

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print the verdicts as JSON", 0 },
	{ "log", OPT_LOG, NULL, 0, "with the verifier's log of every program", 0 },
	{ "explain", OPT_EXPLAIN, NULL, 0,
	  "say of every call of a kfunc what it means there; of a refused one, what to do", 0 },
	{ "dump", OPT_DUMP, "xlated|jited", 0,
	  "with the programs as they run: BPF or machine instructions, and what each call is "
	  "bound to", 0 },
	{ "set", OPT_SET, "VAR=VALUE", 0, "write a global of OBJ before it is loaded", 0 },
	{ 0 },
};

struct verify_options {
	struct kernel_options kernel;
	const char *object;
	const char **sets;
	u32 nr_sets;
	bool json, log, xlated, jited, explain;
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
	case OPT_EXPLAIN:
		o->explain = true;
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
		jsonw_string(j, "place", c->place);
		jsonw_string(j, "function", c->func);
		jsonw_string(j, "reason", c->reason);
		jsonw_string(j, "legal", c->legal);
		jsonw_string(j, "hint", c->hint);
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
		jsonw_u64(&j, "copies", p->copies);
		jsonw_u64(&j, "copy_insns", p->copy_insns);
		json_calls(&j, p);
		jsonw_string(&j, "log", p->log);
		jsonw_string(&j, "xlated", p->xlated);
		jsonw_string(&j, "jited", p->jited);
		jsonw_end_object(&j);
	}
	jsonw_end_array(&j);
	jsonw_array(&j, "struct_ops", JSONW_LINES);
	for (u32 i = 0; i < v->nr_values; i++) {
		const struct loader_value_verdict *val = &v->values[i];

		jsonw_object(&j, NULL, JSONW_INLINE);
		jsonw_string(&j, "map", val->map);
		jsonw_string(&j, "verdict", val->err ? "reject" : "accept");
		jsonw_s64(&j, "errno", -val->err);
		jsonw_string(&j, "reason", val->reason);
		jsonw_end_object(&j);
	}
	jsonw_end_array(&j);
	jsonw_end_object(&j);
}

static void print_values(const struct loader_verdicts *v)
{
	if (v->nr_values && v->nr_progs)
		printf("\n");
	for (u32 i = 0; i < v->nr_values; i++) {
		const struct loader_value_verdict *val = &v->values[i];

		printf("struct_ops value %s: %s", val->map, val->err ? "refused: " : "accepted");
		if (val->err)
			printf("%s", val->reason[0] ? val->reason : strerror(-val->err));
		printf("\n");
	}
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

/* "ops.enqueue, in the timer callback, function helper()" */
static void print_site(const struct loader_prog_call *c)
{
	printf("    %s%s", c->is_helper ? "bpf_" : "", c->kfunc);
	if (c->context[0])
		printf(", %s", c->context);
	if (c->place[0] && strcmp(c->place, c->context))
		printf(", %s", c->place);
	printf(" -> %s\n", c->resolved ?: "refused");
}

/* The file's name without its folders. */
static const char *short_source(const char *source)
{
	const char *end = strchr(source, ':');

	for (const char *c = source; end && c < end; c++)
		if (*c == '/')
			source = c + 1;
	return source;
}

static void explain_call(const struct loader_prog_call *c, const struct loader_prog_call *before)
{
	if (!before || strcmp(before->source, c->source))
		printf("  %s%s%s%s\n", c->source[0] ? short_source(c->source) : "(no source)",
		       c->func[0] ? "  [" : "", c->func, c->func[0] ? "]" : "");
	print_site(c);
	if (c->reason[0])
		printf("        why:      %s\n", c->reason);
	if (c->legal[0] && !strstr(c->reason, c->legal))
		printf("        legal in: %s\n", c->legal);
	if (c->hint[0])
		printf("        %s %s\n", c->resolved ? "note:    " : "instead: ", c->hint);
}

static void explain(const struct loader_prog_verdict *p)
{
	printf("\n%s (%s%s): %s\n", p->name, p->member[0] ? "ops." : "",
	       p->member[0] ? p->member : p->section, p->err ? "refused" : "accepted");
	for (u32 i = 0; i < p->nr_calls; i++)
		explain_call(&p->calls[i], i ? &p->calls[i - 1] : NULL);
	if (p->copies)
		printf("  %u more %s of functions, %u instructions: their calls mean different "
		       "things in different contexts\n",
		       p->copies, p->copies == 1 ? "copy" : "copies", p->copy_insns);
}

/* A refusal that is one of a call: the log says no more. */
static bool is_explained(const struct loader_prog_verdict *p)
{
	for (u32 i = 0; i < p->nr_calls; i++)
		if (!p->calls[i].resolved)
			return true;
	return false;
}

static int print_text(const struct verify_options *o, const struct loader_verdicts *v)
{
	if (v->nr_progs && print_table(v))
		return cli_error("out of memory: no report");
	print_values(v);
	for (u32 i = 0; i < v->nr_progs; i++) {
		const struct loader_prog_verdict *p = &v->progs[i];

		if (o->explain)
			explain(p);
		if (p->log && p->log[0] && (o->log || (p->err && !(o->explain && is_explained(p)))))
			printf("\n%s:\n%s", p->name, p->log);
		if (p->xlated)
			printf("\n%s", p->xlated);
		if (p->jited)
			printf("\n%s", p->jited);
	}
	return CLI_FINE;
}

static int verify(const struct verify_options *o, struct kernel *k)
{
	const struct loader_verify_opts opts = {
		.sets = o->sets,
		.nr_sets = o->nr_sets,
		.log_level = o->log ? FULL_LOG : 0,
		.xlated = o->xlated,
		.jited = o->jited,
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
	for (u32 i = 0; !code && i < v.nr_values; i++)
		if (v.values[i].err)
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
		.doc = "Loads each program of the object file OBJ as the kernel would, checks its "
		       "struct_ops values, and prints the verdicts.\v"
		       "Exit status: 0 all accepted; 1 usage, input or output; 2 a program or a "
		       "struct_ops value was refused.",
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
