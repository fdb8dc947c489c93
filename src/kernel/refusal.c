/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the verifier knows of a refusal, as text with source lines. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/internal.h"

static const char *const step_texts[] = {
	[VERIFIER_STEP_MADE] = "it is set here",
	[VERIFIER_STEP_LOADED] = "it is loaded here: nothing is known of it",
	[VERIFIER_STEP_RETURNED] = "the call returns it",
	[VERIFIER_STEP_ARGUMENT] = "it is there from the start of the function",
	[VERIFIER_STEP_CHANGED] = "it is changed",
	[VERIFIER_STEP_PASSED] = "it is passed to the function",
	[VERIFIER_STEP_TAKEN] = "the jump is taken",
	[VERIFIER_STEP_NOT_TAKEN] = "the jump is not taken",
	[VERIFIER_STEP_ACQUIRED] = "the reference is acquired",
};

static void add(FILE *f, const char *fmt, ...) __printf(2, 3);
static void add(FILE *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(f, fmt, args);
	va_end(args);
}

static void add_place(FILE *f, const struct bpf_prog *prog, u32 insn)
{
	const struct prog_line_info *line = prog_line(prog, insn);
	const char *file = line ? kbtf_name(prog->btf, line->file_name_off) : NULL;
	const char *text = line ? kbtf_name(prog->btf, line->line_off) : NULL, *slash;

	if (!file || !text) {
		add(f, "instruction %u", insn);
		return;
	}
	slash = strrchr(file, '/');
	while (isspace((unsigned char)*text))
		text++;
	add(f, "%s:%u: %s", slash ? slash + 1 : file, line->line_col >> 10, text);
}

static void add_steps(FILE *f, const struct bpf_prog *prog, const struct verifier_refusal *r)
{
	if (!r->nr_steps)
		return;
	add(f, "    how it came to that:\n");
	if (r->left_out)
		add(f, "      (%u earlier steps)\n", r->left_out);
	for (u32 i = 0; i < r->nr_steps; i++) {
		const struct verifier_step *s = &r->steps[i];

		add(f, "      ");
		add_place(f, prog, s->insn);
		add(f, "\n          %s", step_texts[s->kind]);
		if (s->times > 1)
			add(f, ", %u times", s->times);
		add(f, " (insn %u)\n", s->insn);
	}
}

char *kernel_refusal_text(const struct bpf_prog *prog, const struct verifier_result *result)
{
	const struct verifier_refusal *r = &result->refusal;
	char *text = NULL;
	size_t size;
	FILE *f;

	if (!r->reason)
		return strdup("");
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	add(f, "  ");
	add_place(f, prog, result->fail_insn);
	add(f, "  (insn %d)\n    why:     %s\n", result->fail_insn, r->reason);
	if (r->assumed)
		add(f, "    assumed: %s\n", r->assumed);
	add_steps(f, prog, r);
	if (r->advice[0])
		add(f, "    instead: %s\n", r->advice);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
