/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The report for people. */
#include <stdlib.h>

#include "cli/report.h"
#include "cli/table.h"
#include "machine/topology.h"

#define ROWS_MAX 32 /* more tasks than that are grouped by name */
#define CPUS_MAX 16 /* more CPUs than that are summed up */
#define BAR 40

/* A row of the table: one task, or all of a name and nice level. */
struct row {
	const struct stats_task *first;
	u32 nr;
	u64 runtime_ns, wakeups, switches, preemptions, migrations;
	struct histogram latency;
};

static int add_to_row(struct row *r, const struct stats_task *t)
{
	if (!r->nr++)
		r->first = t;
	r->runtime_ns += t->runtime_ns;
	r->wakeups += t->wakeups;
	r->switches += t->switches;
	r->preemptions += t->preemptions;
	r->migrations += t->migrations;
	return histogram_merge(&r->latency, &t->latency);
}

static bool same_group(const struct row *r, const struct stats_task *t)
{
	return r->first->nice == t->nice && !strcmp(r->first->comm, t->comm);
}

static void head_cells(struct table *t)
{
	static const char *const heads[] = { "PID", "COMM", "NICE", "RUNTIME", "%CPU", "WAKEUPS",
					     "p50", "p90", "p99", "p99.9", "max", "SWITCHES",
					     "PREEMPTED", "MIGRATED" };

	for (u32 i = 0; i < ARRAY_SIZE(heads); i++)
		table_cell(t, "%s", heads[i]);
}

static void latency_cells(struct table *t, const struct histogram *h)
{
	static const u32 permille[] = { 500, 900, 990, 999, 1000 };
	char buf[TABLE_TIME_LEN];

	for (u32 i = 0; i < ARRAY_SIZE(permille); i++) {
		if (h->count)
			table_cell(t, "%s", table_time(histogram_quantile(h, permille[i]), buf));
		else
			table_cell(t, "-");
	}
}

static void row_cells(struct table *t, const struct row *r, u64 duration)
{
	char buf[TABLE_COUNT_LEN], time[TABLE_TIME_LEN];

	if (r->nr == 1) {
		table_cell(t, "%d", r->first->pid);
		table_cell(t, "%s", r->first->comm);
	} else {
		table_cell(t, "%u tasks", r->nr);
		table_cell(t, "%s", r->first->comm);
	}
	table_cell(t, "%d", r->first->nice);
	table_cell(t, "%s", table_time(r->runtime_ns, time));
	table_cell(t, "%.1f", duration ? 100.0 * r->runtime_ns / duration : 0);
	table_cell(t, "%s", table_count(r->wakeups, buf));
	latency_cells(t, &r->latency);
	table_cell(t, "%s", table_count(r->switches, buf));
	table_cell(t, "%s", table_count(r->preemptions, buf));
	table_cell(t, "%s", table_count(r->migrations, buf));
}

static u32 find_row(const struct row *rows, u32 nr, const struct stats_task *t, bool group)
{
	for (u32 i = 0; group && i < nr; i++)
		if (same_group(&rows[i], t))
			return i;
	return nr;
}

static int task_table(const struct session *s, FILE *to)
{
	const struct stats *st = &s->stats;
	bool group = st->nr_tasks > ROWS_MAX;
	struct row *rows = calloc(st->nr_tasks + 1, sizeof(*rows));
	struct table table;
	u32 nr = 0;
	int err = 0;

	if (!rows)
		return -ENOMEM;
	for (u32 i = 0; !err && i < st->nr_tasks; i++) {
		u32 at = find_row(rows, nr, st->tasks[i], group);

		nr = max(nr, at + 1);
		err = add_to_row(&rows[at], st->tasks[i]);
	}
	table_init(&table, "rlrrrrrrrrrrrr");
	head_cells(&table);
	for (u32 i = 0; i < nr; i++) {
		row_cells(&table, &rows[i], s->duration_ns);
		histogram_fini(&rows[i].latency);
	}
	free(rows);
	if (!err)
		fputs("\nTasks, with the time from a wake-up to running", to);
	if (!err && group)
		fprintf(to, " (%u tasks, grouped by name; --json has each)", st->nr_tasks);
	if (!err)
		fputs(":\n", to);
	return table_print(&table, to) ? -ENOMEM : err;
}

static void bar(char *text, u64 part, u64 whole)
{
	u32 n = whole ? (u32)((__uint128_t)part * BAR / whole) : 0;

	memset(text, '#', n);
	memset(text + n, '.', BAR - n);
	text[BAR] = '\0';
}

static int cpu_table(const struct session *s, FILE *to)
{
	const struct stats *st = &s->stats;
	struct table table;
	char time[TABLE_TIME_LEN], text[BAR + 1];
	u64 low = UINT64_MAX, high = 0;

	if (st->nr_cpus > CPUS_MAX) {
		for (u32 i = 0; i < st->nr_cpus; i++) {
			low = min(low, st->cpus[i].busy_ns);
			high = max(high, st->cpus[i].busy_ns);
		}
		fprintf(to, "\nCPUs: %u, busy between %.1f %% and %.1f %% of the time\n",
			st->nr_cpus, 100.0 * low / max(s->duration_ns, (u64)1),
			100.0 * high / max(s->duration_ns, (u64)1));
		return 0;
	}
	fputs("\nCPUs:\n", to);
	table_init(&table, "rrrrl");
	table_cell(&table, "CPU");
	table_cell(&table, "BUSY");
	table_cell(&table, "IDLE");
	table_cell(&table, "%%BUSY");
	table_cell(&table, "%s", "");
	for (u32 i = 0; i < st->nr_cpus; i++) {
		const struct stats_cpu *c = &st->cpus[i];

		table_cell(&table, "%u", i);
		table_cell(&table, "%s", table_time(c->busy_ns, time));
		table_cell(&table, "%s", table_time(c->idle_ns, time));
		table_cell(&table, "%.1f",
			   100.0 * c->busy_ns / max(c->busy_ns + c->idle_ns, (u64)1));
		bar(text, c->busy_ns, c->busy_ns + c->idle_ns);
		table_cell(&table, "%s", text);
	}
	return table_print(&table, to);
}

static void head(const struct session *s, u64 events, FILE *to)
{
	const struct topology *t = s->topo;
	char sim[TABLE_TIME_LEN], wall[TABLE_TIME_LEN], count[TABLE_COUNT_LEN],
		rate[TABLE_COUNT_LEN];

	fprintf(to, "Scheduler: %s", s->sched_name);
	if (s->cfg->object)
		fprintf(to, " (%s)", s->cfg->object);
	fprintf(to,
		"\nMachine:   %u CPU%s, %u core%s, %u last-level cache%s, %u node%s; "
		"HZ %u, seed %llu\n",
		t->nr_cpus, &"s"[t->nr_cpus == 1], t->nr_cores, &"s"[t->nr_cores == 1], t->nr_llcs,
		&"s"[t->nr_llcs == 1], t->nr_nodes, &"s"[t->nr_nodes == 1], s->cfg->hz,
		(unsigned long long)s->cfg->seed);
	fprintf(to, "Workload:  %s\n", s->cfg->workload ? s->cfg->workload : "built in (mixed)");
	fprintf(to, "Simulated: %s in %s; %s events, %s/s%s\n", table_time(s->duration_ns, sim),
		table_time(s->wall_ns, wall), table_count(events, count),
		table_count(s->wall_ns ? events * 1e9 / s->wall_ns : 0, rate),
		s->interrupted ? "; interrupted" : "");
	if (s->blocked)
		fputs("           All tasks that are left wait for each other: stopped there.\n", to);
}

static void tail(const struct session *s, const struct stats_totals *t, FILE *to)
{
	char a[TABLE_COUNT_LEN], b[TABLE_COUNT_LEN], c[TABLE_COUNT_LEN], d[TABLE_COUNT_LEN];
	char p50[TABLE_TIME_LEN], p99[TABLE_TIME_LEN];

	fprintf(to, "\nIn all: %s switches, %s wake-ups, %s preemptions, %s migrations; ",
		table_count(t->switches, a), table_count(t->wakeups, b),
		table_count(t->preemptions, c), table_count(t->migrations, d));
	fprintf(to,
		"wake-up latency p50 %s, p99 %s;\n"
		"        CPUs %.1f %% busy; Jain's index of the runtimes %.3f\n",
		table_time(histogram_quantile(&t->latency, 500), p50),
		table_time(histogram_quantile(&t->latency, 990), p99),
		100.0 * t->busy_ns / max(t->busy_ns + t->idle_ns, (u64)1), t->jain);
	if (t->unfinished)
		fprintf(to, "        %u task%s still waiting for a CPU at the end, longest %s: not in "
			"the latencies\n",
			t->unfinished, t->unfinished == 1 ? "" : "s",
			table_time(t->longest_unfinished, p50));
	if (s->exit.kind)
		fprintf(to, "Exit:   %s (%s)%s%s\n", s->exit.reason, s->exit.kind_name,
			s->exit.msg[0] ? ": " : "", s->exit.msg);
	if (s->exit.kind && s->exit.at_ns < s->duration_ns)
		fprintf(to, "        The scheduler ended at %s; the rest, of which the figures are too, "
			"ran under eevdf.\n",
			table_time(s->exit.at_ns, p50));
}

int report_text(const struct session *s, FILE *to)
{
	struct stats_totals totals;
	int err = stats_totals(&s->stats, &totals);

	if (err)
		return err;
	head(s, totals.events, to);
	err = task_table(s, to);
	if (!err)
		err = cpu_table(s, to);
	if (!err)
		tail(s, &totals, to);
	if (!err)
		extras_text(&s->extras, to);
	histogram_fini(&totals.latency);
	return err;
}
