/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/verify_report.h"

#include "cli/cli.h"
#include "cli/jsonw.h"
#include "cli/table.h"

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

static void json_object(struct jsonw *j, const struct verify_format *f, const struct verified *o)
{
	const struct loader_verdicts *v = &o->v;

	jsonw_object(j, NULL, JSONW_LINES);
	jsonw_string(j, "object", o->object);
	jsonw_array(j, "programs", JSONW_LINES);
	for (u32 i = 0; i < v->nr_progs; i++) {
		const struct loader_prog_verdict *p = &v->progs[i];

		jsonw_object(j, NULL, JSONW_LINES);
		jsonw_string(j, "name", p->name);
		jsonw_string(j, "section", p->section);
		jsonw_string(j, "member", p->member);
		jsonw_string(j, "verdict", p->err ? "reject" : "accept");
		jsonw_s64(j, "errno", -p->err);
		jsonw_u64(j, "insns_processed", p->insns_processed);
		jsonw_u64(j, "total_states", p->total_states);
		jsonw_u64(j, "peak_states", p->peak_states);
		jsonw_u64(j, "stack_depth", p->stack_depth);
		jsonw_u64(j, "insns_before", p->insns_before);
		jsonw_u64(j, "insns_after", p->insns_after);
		if (f->time)
			jsonw_u64(j, "time_ns", p->time_ns);
		jsonw_u64(j, "copies", p->copies);
		jsonw_u64(j, "copy_insns", p->copy_insns);
		json_calls(j, p);
		jsonw_string(j, "refusal", p->refusal ?: "");
		jsonw_string(j, "log", p->log);
		jsonw_string(j, "xlated", p->xlated);
		jsonw_string(j, "jited", p->jited);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_array(j, "struct_ops", JSONW_LINES);
	for (u32 i = 0; i < v->nr_values; i++) {
		const struct loader_value_verdict *val = &v->values[i];

		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_string(j, "map", val->map);
		jsonw_string(j, "verdict", val->err ? "reject" : "accept");
		jsonw_s64(j, "errno", -val->err);
		jsonw_string(j, "reason", val->reason);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_end_object(j);
}

/* One object is what it is; several are an array of them. */
static void print_json(const struct verify_format *f, const struct verified *objects, u32 nr)
{
	struct jsonw j;

	jsonw_init(&j, stdout);
	if (nr > 1)
		jsonw_array(&j, NULL, JSONW_LINES);
	for (u32 i = 0; i < nr; i++)
		json_object(&j, f, &objects[i]);
	if (nr > 1)
		jsonw_end_array(&j);
}

/* Names are libbpf's: of files and C functions. A quote in one is doubled. */
static void csv_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void csv_program(const struct verify_format *f, const char *object,
			const struct loader_prog_verdict *p)
{
	csv_text(object);
	putchar(',');
	csv_text(p->name);
	putchar(',');
	csv_text(p->section);
	printf(",%s,%d,%u,%u,%u,%u,%u,%u", p->err ? "reject" : "accept", -p->err,
	       p->insns_processed, p->total_states, p->peak_states, p->stack_depth,
	       p->insns_before, p->insns_after);
	if (f->time)
		printf(",%llu", (unsigned long long)p->time_ns / 1000);
	putchar('\n');
}

static void print_csv(const struct verify_format *f, const struct verified *objects, u32 nr)
{
	printf("object,program,section,verdict,errno,insns_processed,total_states,peak_states,"
	       "stack_depth,insns_before,insns_after%s\n", f->time ? ",time_us" : "");
	for (u32 i = 0; i < nr; i++)
		for (u32 n = 0; n < objects[i].v.nr_progs; n++)
			csv_program(f, objects[i].object, &objects[i].v.progs[n]);
}

static bool any_refused(const struct loader_verdicts *v)
{
	for (u32 i = 0; i < v->nr_progs; i++)
		if (v->progs[i].err)
			return true;
	return false;
}

static void print_values(const struct loader_verdicts *v)
{
	/* what depends on the calls of all its programs is not decided then */
	const char *accepted = any_refused(v) ? "accepted, but for the programs" : "accepted";

	if (v->nr_values && v->nr_progs)
		printf("\n");
	for (u32 i = 0; i < v->nr_values; i++) {
		const struct loader_value_verdict *val = &v->values[i];

		printf("struct_ops value %s: %s", val->map, val->err ? "refused: " : accepted);
		if (val->err)
			printf("%s", val->reason[0] ? val->reason : strerror(-val->err));
		printf("\n");
	}
}

/* The file's name without its folders. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void table_program(struct table *t, const struct verify_format *f,
			  const struct loader_prog_verdict *p)
{
	table_cell(t, "%s", p->name);
	table_cell(t, "%s", p->section);
	if (p->err)
		table_cell(t, "refused: %s", strerror(-p->err));
	else
		table_cell(t, "accepted");
	table_cell(t, "%u", p->insns_processed);
	table_cell(t, "%u", p->total_states);
	table_cell(t, "%u", p->peak_states);
	table_cell(t, "%u", p->stack_depth);
	table_cell(t, "%u", p->insns_before);
	if (p->err)
		table_cell(t, "-");
	else
		table_cell(t, "%u", p->insns_after);
	table_cell(t, "%u", p->nr_calls);
	if (f->time)
		table_cell(t, "%llu us", (unsigned long long)p->time_ns / 1000);
}

static int print_table(const struct verify_format *f, const struct verified *objects, u32 nr)
{
	static const char *const heads[] = { "PROGRAM", "SECTION", "VERDICT", "INSNS", "STATES",
					     "PEAK", "STACK", "SIZE", "AFTER", "KFUNC CALLS" };
	struct table t;
	char align[16] = "";

	snprintf(align, sizeof(align), "%slllrrrrrrr%s", nr > 1 ? "l" : "", f->time ? "r" : "");
	table_init(&t, align);
	if (nr > 1)
		table_cell(&t, "OBJECT");
	for (u32 i = 0; i < ARRAY_SIZE(heads); i++)
		table_cell(&t, "%s", heads[i]);
	if (f->time)
		table_cell(&t, "TIME");
	for (u32 i = 0; i < nr; i++)
		for (u32 n = 0; n < objects[i].v.nr_progs; n++) {
			if (nr > 1)
				table_cell(&t, "%s", base_name(objects[i].object));
			table_program(&t, f, &objects[i].v.progs[n]);
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

/* A refusal that is one of a call: the log says no more. */
static bool is_explained(const struct loader_prog_verdict *p)
{
	for (u32 i = 0; i < p->nr_calls; i++)
		if (!p->calls[i].resolved)
			return true;
	return false;
}

static void explain(const struct loader_prog_verdict *p)
{
	printf("\n%s (%s%s): %s\n", p->name, p->member[0] ? "ops." : "",
	       p->member[0] ? p->member : p->section, p->err ? "refused" : "accepted");
	if (p->refusal && !is_explained(p))
		fputs(p->refusal, stdout);
	for (u32 i = 0; i < p->nr_calls; i++)
		explain_call(&p->calls[i], i ? &p->calls[i - 1] : NULL);
	if (p->copies)
		printf("  %u more %s of functions, %u instructions: their calls mean different "
		       "things by where they stand or what they pass\n",
		       p->copies, p->copies == 1 ? "copy" : "copies", p->copy_insns);
}

/* Has explain() said why? */
static bool is_told(const struct loader_prog_verdict *p)
{
	return is_explained(p) || (p->refusal && p->refusal[0]);
}

static void print_details(const struct verify_format *f, const struct loader_verdicts *v)
{
	print_values(v);
	for (u32 i = 0; i < v->nr_progs; i++) {
		const struct loader_prog_verdict *p = &v->progs[i];

		if (f->explain)
			explain(p);
		if (p->log && p->log[0] && (f->log || (p->err && !(f->explain && is_told(p)))))
			printf("\n%s:\n%s", p->name, p->log);
		if (p->xlated)
			printf("\n%s", p->xlated);
		if (p->jited)
			printf("\n%s", p->jited);
	}
}

static int print_text(const struct verify_format *f, const struct verified *objects, u32 nr)
{
	u32 progs = 0;

	for (u32 i = 0; i < nr; i++)
		progs += objects[i].v.nr_progs;
	if (progs && print_table(f, objects, nr))
		return cli_error("out of memory: no report");
	for (u32 i = 0; i < nr; i++)
		print_details(f, &objects[i].v);
	return CLI_FINE;
}

int verify_report(const struct verify_format *f, const struct verified *objects, u32 nr)
{
	if (f->json)
		print_json(f, objects, nr);
	else if (f->csv)
		print_csv(f, objects, nr);
	else
		return print_text(f, objects, nr);
	return CLI_FINE;
}
