/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/jsonw.h"
#include "cli/kernel_options.h"
#include "cli/matrix.h"

enum {
	OPT_JSON = 'j',
	OPT_MATRIX = 'm',
};

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print the table as JSON", 0 },
	{ "matrix", OPT_MATRIX, NULL, 0, "with the verdict for every caller", 0 },
	{ 0 },
};

struct kfuncs_options {
	struct kernel_options kernel;
	bool json, matrix;
	char **names; /* parts of names of interest; none: all */
	int nr_names;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct kfuncs_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->kernel;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_MATRIX:
		o->matrix = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->names = state->argv + state->next;
		o->nr_names = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- one kfunc ---- */

static void print_text(const struct kernel_kfunc *f)
{
	printf("%s\n", f->prototype);
	if (f->flags[0])
		printf("\t%s\n", f->flags);
	for (u32 i = 0; i < f->nr_cases; i++)
		printf("\t%s%s -> %s\n", f->cases[i].contexts,
		       f->cases[i].own ? ", with the callback's own argument" : "",
		       f->cases[i].impl);
	if (f->invokes[0])
		printf("\tmay invoke: %s\n", f->invokes);
	if (f->not_within[0])
		printf("\tnot within: %s\n", f->not_within);
	if (f->needs[0])
		printf("\tneeds: %s\n", f->needs);
}

static const char *verdict_word(enum kernel_verdict_kind kind)
{
	static const char *const words[] = {
		[KERNEL_CALL_REFUSED] = "refused",
		[KERNEL_CALL_LEGAL] = "legal",
		[KERNEL_CALL_IF_SLEEPABLE] = "if_sleepable",
		[KERNEL_CALL_BY_ARGUMENT] = "by_argument",
	};

	return words[kind];
}

static void json_verdicts(struct jsonw *j, const struct matrix *m, u32 row)
{
	jsonw_array(j, "verdicts", JSONW_LINES);
	for (u32 i = 0; i < m->nr_callers; i++) {
		const struct kernel_call_verdict *v = &matrix_row(m, row)[i];

		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_string(j, "caller", m->callers[i].name);
		jsonw_string(j, "verdict", verdict_word(v->kind));
		jsonw_string(j, "context", v->context);
		jsonw_string(j, "implementation", v->impl);
		jsonw_string(j, "otherwise",
			     v->kind == KERNEL_CALL_BY_ARGUMENT ? v->other : v->impl);
		jsonw_string(j, "why", v->why);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

static void json_kfunc(struct jsonw *j, const struct kfuncs_options *o, const struct matrix *m,
		       u32 row)
{
	const struct kernel_kfunc *f = &m->kfuncs[row];

	jsonw_object(j, NULL, JSONW_LINES);
	jsonw_string(j, "name", f->name);
	jsonw_string(j, "set", f->set);
	jsonw_string(j, "prototype", f->prototype);
	jsonw_string(j, "flags", f->flags);
	jsonw_array(j, "cases", JSONW_LINES);
	for (u32 i = 0; i < f->nr_cases; i++) {
		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_string(j, "contexts", f->cases[i].contexts);
		jsonw_string(j, "implementation", f->cases[i].impl);
		jsonw_bool(j, "own_argument", f->cases[i].own);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_string(j, "invokes", f->invokes);
	jsonw_string(j, "not_within", f->not_within);
	jsonw_string(j, "needs", f->needs);
	if (o->matrix)
		json_verdicts(j, m, row);
	jsonw_end_object(j);
}

static void print_json(const struct kfuncs_options *o, const struct matrix *m)
{
	struct jsonw j;

	jsonw_init(&j, stdout);
	jsonw_object(&j, NULL, JSONW_LINES);
	jsonw_string(&j, "kernel", kernel_profile_name(o->kernel.profile));
	jsonw_string(&j, "kfunc_resolution", kfunc_resolution_name(o->kernel.kfunc_resolution));
	jsonw_array(&j, "kfuncs", JSONW_LINES);
	for (u32 i = 0; i < m->nr_kfuncs; i++)
		json_kfunc(&j, o, m, i);
	jsonw_end_array(&j);
	jsonw_end_object(&j);
}

/* ---- all ---- */

static int print(const struct kfuncs_options *o, struct kernel *k)
{
	struct matrix m;
	int code = CLI_FINE;

	if (matrix_init(&m, k, o->names, o->nr_names))
		return cli_error("out of memory: no table");
	if (!m.nr_kfuncs) {
		code = cli_error("no kfunc of this kernel has \"%s\" in its name", o->names[0]);
	} else if (o->json) {
		print_json(o, &m);
	} else if (o->matrix) {
		if (matrix_print(&m, stdout))
			code = cli_error("out of memory: no matrix");
	} else {
		for (u32 i = 0; i < m.nr_kfuncs; i++)
			print_text(&m.kfuncs[i]);
	}
	matrix_fini(&m);
	return code;
}

int cmd_kfuncs(int argc, char **argv)
{
	static const struct argp_child children[] = { KERNEL_OPTIONS, {} };
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.children = children,
		.args_doc = "[NAME...]",
		.doc = "Prints the kfuncs that programs may call: prototype, flags, and which "
		       "implementation a call gets in which context. With NAMEs, only those that "
		       "have one of them in their name.",
	};
	struct kfuncs_options o = {};
	struct bare_kernel b;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	code = bare_kernel_open(&b, &o.kernel);
	if (!code) {
		code = print(&o, b.k);
		bare_kernel_close(&b);
	}
	return code;
}
