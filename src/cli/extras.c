/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/extras.h"
#include "cli/jsonw.h"
#include "cli/session.h"
#include "loader/loader.h"
#include "machine/machine.h"

#define FILE_MAX 4096

/* ---- files ---- */

static void add_file(struct extras *x, const char *path, const char *text)
{
	struct extra_file *grown = realloc(x->files, (x->nr_files + 1) * sizeof(*grown)), *f;

	if (!grown) {
		x->failed = true;
		return;
	}
	x->files = grown;
	f = &x->files[x->nr_files++];
	f->path = strdup(path);
	f->text = strdup(text);
	x->failed |= !f->path || !f->text;
}

/* Of /proc/PID/sched the line that is about sched_ext, without its padding. */
static void add_task(void *priv, struct task_struct *p)
{
	struct session *s = priv;
	char path[64], text[FILE_MAX], *line;

	if (p->flags & PF_KTHREAD)
		return;
	snprintf(path, sizeof(path), "/proc/%d/sched", p->pid);
	if (kernel_read_file(s->kernel, path, text, sizeof(text)) < 0)
		return;
	line = strstr(text, "ext.enabled");
	snprintf(text, sizeof(text), "ext.enabled %s",
		 line && strrchr(line, ' ') ? strrchr(line, ' ') + 1 : "?\n");
	add_file(&s->extras, path, text);
}

static void collect_files(struct session *s)
{
	char text[FILE_MAX];
	const char *path;

	for (u32 i = 0; (path = kernel_file_path(s->kernel, i)); i++)
		if (kernel_read_file(s->kernel, path, text, sizeof(text)) >= 0)
			add_file(&s->extras, path, text);
	machine_for_each_task(s->machine, add_task, s);
}

/* ---- maps ---- */

static void on_element(void *priv, const char *key, const char *const *values, u32 nr_values)
{
	struct extras *x = priv;
	struct extra_map *m = &x->maps[x->nr_maps - 1];
	struct extra_element *el, *grown;

	grown = realloc(m->elements, (m->nr_elements + 1) * sizeof(*grown));
	if (!grown) {
		x->failed = true;
		return;
	}
	m->elements = grown;
	el = &m->elements[m->nr_elements++];
	*el = (struct extra_element){
		.key = strdup(key), .values = calloc(nr_values, sizeof(*el->values)),
	};
	x->failed |= !el->key || !el->values;
	if (!el->values)
		return;
	el->nr_values = nr_values;
	for (u32 i = 0; i < nr_values; i++) {
		el->values[i] = strdup(values[i]);
		x->failed |= !el->values[i];
	}
}

static int collect_map(struct session *s, const char *name)
{
	struct extras *x = &s->extras;
	struct extra_map *grown = realloc(x->maps, (x->nr_maps + 1) * sizeof(*grown));
	struct err_msg e = {};
	int err;

	if (!grown)
		return cli_error("out of memory");
	x->maps = grown;
	x->maps[x->nr_maps++] = (struct extra_map){ .name = name };
	err = loader_dump_map(s->loader, name, on_element, x, &e);
	return err ? cli_failed("--dump-map", err, &e) : CLI_FINE;
}

static void ignore(void *priv, const char *key, const char *const *values, u32 nr_values)
{
}

int extras_check(struct session *s)
{
	struct err_msg e = {};

	for (u32 i = 0; i < s->cfg->nr_maps; i++) {
		int err = loader_dump_map(s->loader, s->cfg->maps[i], ignore, NULL, &e);

		if (err)
			return cli_failed("--dump-map", err, &e);
	}
	return CLI_FINE;
}

int extras_collect(struct session *s)
{
	int code = CLI_FINE;

	if (s->cfg->show_sysfs)
		collect_files(s);
	for (u32 i = 0; i < s->cfg->nr_maps && !code; i++)
		code = collect_map(s, s->cfg->maps[i]);
	return !code && s->extras.failed ? cli_error("out of memory") : code;
}

/* ---- showing ---- */

/* The lines of @text, each behind @path. */
static void put_lines(const char *path, const char *text, FILE *to)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(to, "%s: %.*s\n", path, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

void extras_text(const struct extras *x, FILE *to)
{
	if (x->nr_files)
		fputc('\n', to);
	for (u32 i = 0; i < x->nr_files; i++)
		put_lines(x->files[i].path, x->files[i].text, to);
	for (u32 i = 0; i < x->nr_maps; i++) {
		const struct extra_map *m = &x->maps[i];

		fprintf(to, "\nMap %s, %u element%s:\n", m->name, m->nr_elements,
			&"s"[m->nr_elements == 1]);
		for (u32 k = 0; k < m->nr_elements; k++) {
			fprintf(to, "  %s:", m->elements[k].key);
			for (u32 v = 0; v < m->elements[k].nr_values; v++)
				fprintf(to, "%s %s", v ? "," : "", m->elements[k].values[v]);
			fputc('\n', to);
		}
	}
}

static void put_map(struct jsonw *j, const struct extra_map *m)
{
	jsonw_array(j, m->name, JSONW_LINES);
	for (u32 k = 0; k < m->nr_elements; k++) {
		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_string(j, "key", m->elements[k].key);
		jsonw_array(j, "values", JSONW_INLINE);
		for (u32 v = 0; v < m->elements[k].nr_values; v++)
			jsonw_string(j, NULL, m->elements[k].values[v]);
		jsonw_end_array(j);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

void extras_json(const struct extras *x, struct jsonw *j)
{
	if (x->nr_files) {
		jsonw_object(j, "files", JSONW_LINES);
		for (u32 i = 0; i < x->nr_files; i++)
			jsonw_string(j, x->files[i].path, x->files[i].text);
		jsonw_end_object(j);
	}
	if (!x->nr_maps)
		return;
	jsonw_object(j, "maps", JSONW_LINES);
	for (u32 i = 0; i < x->nr_maps; i++)
		put_map(j, &x->maps[i]);
	jsonw_end_object(j);
}

void extras_fini(struct extras *x)
{
	for (u32 i = 0; i < x->nr_files; i++) {
		free(x->files[i].path);
		free(x->files[i].text);
	}
	for (u32 i = 0; i < x->nr_maps; i++) {
		for (u32 k = 0; k < x->maps[i].nr_elements; k++) {
			struct extra_element *el = &x->maps[i].elements[k];

			for (u32 v = 0; v < el->nr_values; v++)
				free(el->values[v]);
			free(el->values);
			free(el->key);
		}
		free(x->maps[i].elements);
	}
	free(x->maps);
	free(x->files);
}
