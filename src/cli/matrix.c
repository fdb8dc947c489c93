/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/matrix.h"
#include "cli/table.h"

struct collector {
	struct matrix *m;
	char *const *names;
	u32 nr_names;
};

static bool wanted(const struct collector *c, const char *name)
{
	for (u32 i = 0; i < c->nr_names; i++)
		if (strstr(name, c->names[i]))
			return true;
	return !c->nr_names;
}

static int add_kfunc(void *priv, const struct kernel_kfunc *f)
{
	struct collector *c = priv;
	struct matrix *m = c->m;
	struct kernel_kfunc *grown;

	if (!wanted(c, f->name))
		return 0;
	grown = reallocarray(m->kfuncs, m->nr_kfuncs + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->kfuncs = grown;
	grown[m->nr_kfuncs++] = *f;
	return 0;
}

int matrix_init(struct matrix *m, struct kernel *k, char *const *names, u32 nr_names)
{
	struct collector c = { m, names, nr_names };
	int err;

	*m = (struct matrix){ .nr_callers = kernel_nr_callers(k) };
	err = kernel_for_each_kfunc(k, add_kfunc, &c);
	m->callers = calloc(m->nr_callers, sizeof(*m->callers));
	m->cells = calloc((size_t)m->nr_kfuncs * m->nr_callers + 1, sizeof(*m->cells));
	if (err || !m->callers || !m->cells) {
		matrix_fini(m);
		return -ENOMEM;
	}
	for (u32 i = 0; i < m->nr_callers; i++)
		kernel_caller(k, i, &m->callers[i]);
	for (u32 f = 0; f < m->nr_kfuncs; f++)
		for (u32 i = 0; i < m->nr_callers; i++)
			kernel_resolve_call(k, m->kfuncs[f].id, i,
					    &m->cells[(size_t)f * m->nr_callers + i]);
	return 0;
}

void matrix_fini(struct matrix *m)
{
	free(m->kfuncs);
	free(m->callers);
	free(m->cells);
	*m = (struct matrix){};
}

/* ---- as text ---- */

/* "1" for a row's first implementation; "-" for none. */
static char digit_of(const struct kernel_kfunc *f, const char *impl)
{
	for (u32 i = 0; impl && i < f->nr_cases; i++)
		if (!strcmp(f->cases[i].impl, impl))
			return '1' + i;
	return impl ? '?' : '-';
}

#define CODE_LEN 5

static void code_of(const struct kernel_kfunc *f, const struct kernel_call_verdict *v,
		    char code[CODE_LEN])
{
	char own = digit_of(f, v->impl), other = digit_of(f, v->other);

	switch (v->kind) {
	case KERNEL_CALL_REFUSED:
		snprintf(code, CODE_LEN, "-");
		break;
	case KERNEL_CALL_LEGAL:
		snprintf(code, CODE_LEN, "%c", own);
		break;
	case KERNEL_CALL_IF_SLEEPABLE:
		snprintf(code, CODE_LEN, "%cs", own);
		break;
	case KERNEL_CALL_BY_ARGUMENT:
		snprintf(code, CODE_LEN, "%c|%c", own, other);
		break;
	}
}

static bool same_column(const struct matrix *m, u32 a, u32 b)
{
	char left[CODE_LEN], right[CODE_LEN];

	for (u32 f = 0; f < m->nr_kfuncs; f++) {
		code_of(&m->kfuncs[f], &matrix_row(m, f)[a], left);
		code_of(&m->kfuncs[f], &matrix_row(m, f)[b], right);
		if (strcmp(left, right))
			return false;
	}
	return true;
}

/* first[i]: the first caller whose column is that of caller @i. Returns how many differ. */
static u32 group_columns(const struct matrix *m, u32 *first)
{
	u32 nr = 0;

	for (u32 i = 0; i < m->nr_callers; i++) {
		for (first[i] = 0; first[i] < i; first[i]++)
			if (first[first[i]] == first[i] && same_column(m, first[i], i))
				break;
		nr += first[i] == i;
	}
	return nr;
}

/* A, B ... Z, AA ... */
static const char *column_name(u32 nth, char name[4])
{
	if (nth < 26)
		snprintf(name, 4, "%c", 'A' + nth % 26);
	else
		snprintf(name, 4, "%c%c", 'A' + (nth / 26 - 1) % 26, 'A' + nth % 26);
	return name;
}

#define LEGEND_WIDTH 96

/* The callers of one column, wrapped. */
static void print_callers(const struct matrix *m, const u32 *first, u32 column, FILE *to)
{
	const char *separator = "";
	u32 at = 3;

	for (u32 i = column; i < m->nr_callers; i++) {
		const char *prefix = m->callers[i].is_op ? "ops." : "";
		u32 len = strlen(prefix) + strlen(m->callers[i].name) + 2;

		if (first[i] != column)
			continue;
		if (at + len > LEGEND_WIDTH) {
			separator = ",\n   ";
			at = 3;
		}
		fprintf(to, "%s%s%s", separator, prefix, m->callers[i].name);
		at += len;
		separator = ", ";
	}
	fputc('\n', to);
}

static void print_legend(const struct matrix *m, const u32 *first, FILE *to)
{
	u32 nth = 0;
	char name[4];

	for (u32 i = 0; i < m->nr_callers; i++) {
		if (first[i] != i)
			continue;
		fprintf(to, "%-2s ", column_name(nth++, name));
		print_callers(m, first, i, to);
	}
	fprintf(to, "\n"
		    "1 to 6: legal, and by which implementation of the row    -: refused at load\n"
		    "1s: only in a sleepable program\n"
		    "1|2: the first where the argument is the callback's own, else the second; "
		    "1|-: else refused\n\n");
}

int matrix_print(const struct matrix *m, FILE *to)
{
	u32 *first = calloc(m->nr_callers + 1, sizeof(*first)), nr, nth = 0;
	char *align = NULL, name[4], code[CODE_LEN];
	struct table t;
	int err = -ENOMEM;

	if (!first)
		return -ENOMEM;
	nr = group_columns(m, first);
	align = malloc(nr + 2);
	if (!align)
		goto out_free;
	memset(align, 'l', nr + 1);
	align[nr + 1] = '\0';
	print_legend(m, first, to);
	table_init(&t, align);
	table_cell(&t, "KFUNC");
	for (u32 i = 0; i < m->nr_callers; i++)
		if (first[i] == i)
			table_cell(&t, "%s", column_name(nth++, name));
	for (u32 f = 0; f < m->nr_kfuncs; f++) {
		table_cell(&t, "%s", m->kfuncs[f].name);
		for (u32 i = 0; i < m->nr_callers; i++) {
			if (first[i] != i)
				continue;
			code_of(&m->kfuncs[f], &matrix_row(m, f)[i], code);
			table_cell(&t, "%s", code);
		}
	}
	err = table_print(&t, to);
out_free:
	free(align);
	free(first);
	return err;
}
