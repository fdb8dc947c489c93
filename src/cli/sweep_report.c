/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/jsonw.h"
#include "cli/sweep.h"
#include "cli/table.h"

#define for_each_done(c, sw, part)                                                                 \
	for (u32 _i = (part).k; _i < (sw)->nr_cells; _i += (part).n)                               \
		if (((c) = &(sw)->cells[_i])->result.done)

/* ---- for people ---- */

/* "scx_simple" of "build/scx_simple.bpf.o": the directory and the first dot's rest go. */
static void put_stem(struct table *t, const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	table_cell(t, "%.*s", (int)strcspn(name, "."), name);
}

static void put_sets(struct table *t, const struct sweep_cell *c)
{
	char text[256] = "";
	size_t n = 0;

	for (u32 i = 0; i < c->nr_sets && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "", c->sets[i]);
	table_cell(t, "%s", text);
}

static void put_row(struct table *t, const struct sweep_cell *c)
{
	const struct sweep_result *r = &c->result;
	u64 all = r->busy_ns + r->idle_ns;
	char buf[TABLE_TIME_LEN];

	if (c->sched->path)
		put_stem(t, c->sched->path);
	else
		table_cell(t, "%s", c->sched->name);
	put_sets(t, c);
	put_stem(t, c->workload ?: "built-in");
	table_cell(t, "%s", c->topology ?: SESSION_DEFAULT_TOPOLOGY);
	table_cell(t, "%llu", (unsigned long long)c->seed);
	if (r->status != CLI_FINE)
		table_cell(t, "failed (%d)", r->status);
	else
		table_cell(t, "fine");
	table_cell(t, "%.1f", all ? 100.0 * (double)r->busy_ns / (double)all : 0);
	table_cell(t, "%s", table_time(r->latency_p50_ns, buf));
	table_cell(t, "%s", table_time(r->latency_p99_ns, buf));
	table_cell(t, "%s", table_time(r->latency_max_ns, buf));
	table_cell(t, "%llu", (unsigned long long)r->switches);
	table_cell(t, "%llu", (unsigned long long)r->migrations);
	table_cell(t, "%.3f", (double)r->jain_ppm / 1e6);
}

static int report_table(const struct sweep *sw, struct sweep_part part, FILE *to)
{
	static const char *const columns[] = { "SCHEDULER", "SET", "WORKLOAD", "TOPOLOGY", "SEED",
					       "RUN", "%BUSY", "P50", "P99", "MAX", "SWITCHES",
					       "MIGRATIONS", "JAIN" };
	const struct sweep_cell *c;
	struct table t;

	table_init(&t, "llllrlrrrrrrr");
	for (u32 i = 0; i < ARRAY_SIZE(columns); i++)
		table_cell(&t, "%s", columns[i]);
	for_each_done(c, sw, part)
		put_row(&t, c);
	return table_print(&t, to);
}

/* ---- for programs ---- */

static void put_cell_json(struct jsonw *j, const struct sweep_cell *c)
{
	jsonw_object(j, NULL, JSONW_INLINE);
	jsonw_string(j, "scheduler", c->sched->path ?: c->sched->name);
	jsonw_array(j, "set", JSONW_INLINE);
	for (u32 i = 0; i < c->nr_sets; i++)
		jsonw_string(j, NULL, c->sets[i]);
	jsonw_end_array(j);
	jsonw_string(j, "workload", c->workload);
	jsonw_string(j, "topology", c->topology ?: SESSION_DEFAULT_TOPOLOGY);
	jsonw_u64(j, "seed", c->seed);
	jsonw_string(j, "command", c->command);
	jsonw_s64(j, "status", c->result.status);
	jsonw_string(j, "exit", c->result.exit);
	jsonw_string(j, "message", c->result.message);
#define FIGURE(name, value) jsonw_u64(j, #name, c->result.name);
#include "cli/sweep_figures.def"
#undef FIGURE
	jsonw_end_object(j);
}

static int report_json_cells(const struct sweep *sw, struct sweep_part part, FILE *to)
{
	const struct sweep_cell *c;
	struct jsonw j;

	jsonw_init(&j, to);
	jsonw_object(&j, NULL, JSONW_LINES);
	jsonw_u64(&j, "nr_cells", sw->nr_cells);
	jsonw_array(&j, "cells", JSONW_LINES);
	for_each_done(c, sw, part)
		put_cell_json(&j, c);
	jsonw_end_array(&j);
	jsonw_end_object(&j);
	return 0;
}

/* RFC 4180: quoted, with quotes doubled. */
static void put_csv(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static void put_cell_csv(FILE *to, const struct sweep_cell *c)
{
	const char *const texts[] = { c->sched->path ?: c->sched->name, c->workload ?: "",
				      c->topology ?: SESSION_DEFAULT_TOPOLOGY, c->result.exit,
				      c->result.message, c->command };
	char *sets = NULL;
	size_t len;
	FILE *f = open_memstream(&sets, &len);

	for (u32 i = 0; f && i < c->nr_sets; i++)
		fprintf(f, "%s%s", i ? " " : "", c->sets[i]);
	if (f)
		fclose(f);
	for (u32 i = 0; i < 3; i++) {
		put_csv(to, texts[i]);
		fputc(',', to);
	}
	put_csv(to, sets ?: "");
	fprintf(to, ",%llu,%d,", (unsigned long long)c->seed, c->result.status);
	for (u32 i = 3; i < ARRAY_SIZE(texts); i++) {
		put_csv(to, texts[i]);
		if (i + 1 < ARRAY_SIZE(texts))
			fputc(',', to);
	}
#define FIGURE(name, value) fprintf(to, ",%llu", (unsigned long long)c->result.name);
#include "cli/sweep_figures.def"
#undef FIGURE
	fputs("\r\n", to);
	free(sets);
}

static int report_csv(const struct sweep *sw, struct sweep_part part, FILE *to)
{
	const struct sweep_cell *c;

	fputs("scheduler,workload,topology,set,seed,status,exit,message,command"
#define FIGURE(name, value) "," #name
#include "cli/sweep_figures.def"
#undef FIGURE
	      "\r\n", to);
	for_each_done(c, sw, part)
		put_cell_csv(to, c);
	return 0;
}

int sweep_report(const struct sweep *sw, struct sweep_part part, enum sweep_format format, FILE *to)
{
	switch (format) {
	case SWEEP_JSON:
		return report_json_cells(sw, part, to);
	case SWEEP_CSV:
		return report_csv(sw, part, to);
	default:
		return report_table(sw, part, to);
	}
}

u32 sweep_report_failures(const struct sweep *sw, struct sweep_part part, FILE *to)
{
	const struct sweep_cell *c;
	u32 n = 0;

	for_each_done(c, sw, part) {
		if (c->result.status == CLI_FINE)
			continue;
		n++;
		fprintf(to, "cell %u failed (%d): %s\n  again: %s\n", (u32)(c - sw->cells),
			c->result.status, c->result.message, c->command);
	}
	return n;
}
