/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "matrix.h"

static void field(char *out, size_t size, char **line)
{
	char *f = strsep(line, "\t\n");

	snprintf(out, size, "%s", f ?: "");
}

void matrix_read(struct matrix *m, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	*m = (struct matrix){ 0 };
	if (!f)
		lab_fail("cannot read %s", path);
	while (getline(&line, &size, f) > 0) {
		struct verdict v;
		char *at = line;

		field(v.kfunc, sizeof(v.kfunc), &at);
		field(v.set, sizeof(v.set), &at);
		field(v.caller, sizeof(v.caller), &at);
		field(v.verdict, sizeof(v.verdict), &at);
		field(v.layer, sizeof(v.layer), &at);
		field(v.text, sizeof(v.text), &at);
		if (!strcmp(v.kfunc, "kfunc"))
			continue;
		m->rows = reallocarray(m->rows, m->nr + 1, sizeof(v));
		if (!m->rows)
			lab_fail("out of memory");
		m->rows[m->nr++] = v;
	}
	free(line);
	fclose(f);
}

bool matrix_is_syscall(const struct verdict *v)
{
	return !strcmp(v->caller, "<SYSCALL prog>");
}

bool matrix_is_tracing(const struct verdict *v)
{
	return !strcmp(v->caller, "<TRACING-hook prog>");
}

bool matrix_is_foreign(const struct verdict *v)
{
	return !strcmp(v->caller, "<other struct_ops>");
}

struct cell matrix_cell(const struct verdict *v, const char *foreign)
{
	struct cell c = { .kfunc = v->kfunc, .type = BPF_PROG_TYPE_STRUCT_OPS,
			  .member = v->caller };

	if (matrix_is_syscall(v))
		c.type = BPF_PROG_TYPE_SYSCALL;
	else if (matrix_is_tracing(v))
		c.type = BPF_PROG_TYPE_TRACEPOINT;
	if (matrix_is_foreign(v))
		c.foreign = foreign;
	if (c.foreign || c.type != BPF_PROG_TYPE_STRUCT_OPS)
		c.member = NULL;
	return c;
}
