/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"
#include "proc.h"

/* The next word of *at, up to a tab; NULL: none left. */
static char *word(char **at)
{
	return strsep(at, "\t");
}

static bool read_row(char *line, bool counts, struct list_row *row)
{
	char *number;

	*row = (struct list_row){ .name = word(&line) };
	if (!counts) {
		row->kind = word(&line);
	} else {
		for (int i = 0; i < NR_SPEC_MODES; i++) {
			number = word(&line);
			if (!number || sscanf(number, "%d", &row->stated[i]) != 1)
				return false;
		}
	}
	row->reason = line;
	return line && *line;
}

bool list_read(const char *path, bool counts, struct list *l)
{
	char *rest, *line;

	*l = (struct list){ .text = proc_read_file(path, NULL) };
	if (!l->text)
		return fprintf(stderr, "%s: cannot read\n", path), false;
	for (rest = l->text; (line = strsep(&rest, "\n"));) {
		struct list_row row, *rows;

		if (!*line || *line == '#')
			continue;
		if (!read_row(line, counts, &row))
			return fprintf(stderr, "%s: bad line: %s\n", path, row.name), false;
		rows = reallocarray(l->rows, l->nr + 1, sizeof(*rows));
		if (!rows)
			return false;
		l->rows = rows;
		rows[l->nr++] = row;
	}
	return true;
}

void list_free(struct list *l)
{
	free(l->rows);
	free(l->text);
	*l = (struct list){};
}

struct list_row *list_find(const struct list *l, const char *name)
{
	for (int i = 0; i < l->nr; i++) {
		const char *row = l->rows[i].name, *star = strchr(row, '*');

		if (star ? !strncmp(row, name, star - row) : !strcmp(row, name))
			return &l->rows[i];
	}
	return NULL;
}
