/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/jsonw.h"
#include "cli/report.h"
#include "machine/machine.h"

static void put_latency(struct jsonw *j, const struct histogram *h)
{
	jsonw_object(j, "wakeup_latency_ns", JSONW_INLINE);
	jsonw_u64(j, "p50", histogram_quantile(h, 500));
	jsonw_u64(j, "p90", histogram_quantile(h, 900));
	jsonw_u64(j, "p99", histogram_quantile(h, 990));
	jsonw_u64(j, "p999", histogram_quantile(h, 999));
	jsonw_u64(j, "max", h->max);
	jsonw_end_object(j);
}

static void put_exit(struct jsonw *j, const struct kernel_sched_exit *x)
{
	jsonw_object(j, "exit", JSONW_INLINE);
	jsonw_string(j, "kind", x->kind_name ? x->kind_name : "none");
	jsonw_s64(j, "code", x->code);
	jsonw_string(j, "reason", x->reason ? x->reason : "");
	jsonw_string(j, "msg", x->msg ? x->msg : "");
	jsonw_u64(j, "at_ns", x->at_ns);
	jsonw_end_object(j);
}

static void put_tasks(struct jsonw *j, const struct stats *st)
{
	jsonw_array(j, "tasks", JSONW_LINES);
	for (u32 i = 0; i < st->nr_tasks; i++) {
		const struct stats_task *t = st->tasks[i];

		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_s64(j, "pid", t->pid);
		jsonw_string(j, "comm", t->comm);
		jsonw_s64(j, "nice", t->nice);
		jsonw_u64(j, "runtime_ns", t->runtime_ns);
		jsonw_u64(j, "wakeups", t->wakeups);
		jsonw_u64(j, "switches", t->switches);
		jsonw_u64(j, "preemptions", t->preemptions);
		jsonw_u64(j, "migrations", t->migrations);
		put_latency(j, &t->latency);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

static void put_cpus(struct jsonw *j, const struct stats *st)
{
	jsonw_array(j, "cpu", JSONW_LINES);
	for (u32 i = 0; i < st->nr_cpus; i++) {
		jsonw_object(j, NULL, JSONW_INLINE);
		jsonw_u64(j, "id", i);
		jsonw_u64(j, "busy_ns", st->cpus[i].busy_ns);
		jsonw_u64(j, "idle_ns", st->cpus[i].idle_ns);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

static void put_totals(struct jsonw *j, const struct stats_totals *t)
{
	jsonw_object(j, "totals", JSONW_INLINE);
	jsonw_u64(j, "runtime_ns", t->runtime_ns);
	jsonw_u64(j, "busy_ns", t->busy_ns);
	jsonw_u64(j, "idle_ns", t->idle_ns);
	jsonw_u64(j, "wakeups", t->wakeups);
	jsonw_u64(j, "switches", t->switches);
	jsonw_u64(j, "preemptions", t->preemptions);
	jsonw_u64(j, "migrations", t->migrations);
	put_latency(j, &t->latency);
	jsonw_double(j, "jain", t->jain);
	jsonw_u64(j, "waiting", t->unfinished);
	jsonw_u64(j, "longest_waiting_ns", t->longest_unfinished);
	jsonw_end_object(j);
}

int report_json(const struct session *s, FILE *to)
{
	struct stats_totals totals;
	struct jsonw j;
	int err = stats_totals(&s->stats, &totals);

	if (err)
		return err;
	jsonw_init(&j, to);
	jsonw_object(&j, NULL, JSONW_LINES);
	jsonw_string(&j, "scheduler", s->sched_name);
	put_exit(&j, &s->exit);
	jsonw_u64(&j, "cpus", s->stats.nr_cpus);
	jsonw_u64(&j, "seed", s->cfg->seed);
	jsonw_u64(&j, "duration_ns", s->duration_ns);
	jsonw_u64(&j, "wall_ns", s->wall_ns);
	jsonw_bool(&j, "interrupted", s->interrupted);
	jsonw_u64(&j, "events", totals.events);
	put_tasks(&j, &s->stats);
	put_cpus(&j, &s->stats);
	put_totals(&j, &totals);
	extras_json(&s->extras, &j);
	jsonw_end_object(&j);
	histogram_fini(&totals.latency);
	return 0;
}
