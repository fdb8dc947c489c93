/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdlib.h>

#include "cli/table.h"

#define GAP "  "

void table_init(struct table *t, const char *align)
{
	*t = (struct table){ .align = align };
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->nr_cells == t->cap_cells) {
		u32 cap = t->cap_cells ? 2 * t->cap_cells : 128;
		char **cells = realloc(t->cells, cap * sizeof(*cells));

		if (!cells) {
			t->err = -ENOMEM;
			return;
		}
		t->cells = cells;
		t->cap_cells = cap;
	}
	va_start(ap, fmt);
	n = vasprintf(&t->cells[t->nr_cells], fmt, ap);
	va_end(ap);
	if (n < 0)
		t->err = -ENOMEM;
	else
		t->nr_cells++;
}

static int width_of(const struct table *t, u32 col, u32 nr_cols)
{
	size_t width = 0;

	for (u32 i = col; i < t->nr_cells; i += nr_cols)
		width = max(width, strlen(t->cells[i]));
	return width;
}

int table_print(struct table *t, FILE *to)
{
	u32 nr_cols = strlen(t->align), col;
	int widths[nr_cols], err = t->err;

	for (col = 0; col < nr_cols; col++)
		widths[col] = width_of(t, col, nr_cols);
	for (u32 i = 0; !err && i < t->nr_cells; i++) {
		bool last;

		col = i % nr_cols;
		last = col == nr_cols - 1;
		if (t->align[col] == 'r')
			fprintf(to, GAP "%*s", widths[col], t->cells[i]);
		else
			fprintf(to, GAP "%-*s", last ? 0 : widths[col], t->cells[i]);
		if (last)
			fputc('\n', to);
	}
	for (u32 i = 0; i < t->nr_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	return err;
}

const char *table_time(u64 ns, char *buf)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	u32 u = 0;
	double v;

	/* 999.5 would be shown as 1000 */
	while (u + 1 < ARRAY_SIZE(units) && ns / units[u].ns >= 999.5)
		u++;
	v = ns / units[u].ns;
	snprintf(buf, TABLE_TIME_LEN, "%.*f %s", u == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v,
		 units[u].name);
	return buf;
}

const char *table_count(u64 n, char *buf)
{
	char digits[24];
	u32 len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), out = 0;

	for (u32 i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}
