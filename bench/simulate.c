/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * simulate BUILD: simulated events per second of wall time.
 *
 *	bars	schedulers and machines, each with what is asked of it
 *	peers	scx_simple interpreted and compiled beside eevdf, whose code is native,
 *		where all CPUs are busy all the time, and ticks are most of the work
 *	growth	time per event on 16 to 1024 CPUs, two tasks for each
 *	trace	what it costs to emit an event, and to write it
 *
 * An event is what ftrace would record. Peers take turns, figures are medians; in
 * brackets, by the CPU time that was used, which other load disturbs less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "loader/loader.h"
#include "machine/machine.h"
#include "machine/topology.h"
#include "trace/writer.h"
#include "workload/workload.h"

#define NR_RUNS 5
#define SEC 1000000000ULL
#define COUNTED                                                                                    \
	(TRACE_BIT(sched_switch) | TRACE_BIT(sched_wakeup) | TRACE_BIT(sched_wakeup_new) |         \
	 TRACE_BIT(sched_migrate_task))

struct counter {
	struct trace_sink sink;
	u64 events;
};

struct sample {
	double load_ms, wall_s, cpu_s;
	u64 events;
};

enum load {
	LOAD_TWO,  /* per CPU two that run and sleep */
	LOAD_BUSY, /* and more: one that only runs, and three that run and sleep */
	LOAD_CROWD, /* ten: one that only runs, and nine that run and sleep; 80 or 4,000 in all */
};

struct subject {
	const char *name;
	const char *object; /* NULL: eevdf */
	enum kernel_engine engine;
	u32 cpus;
	enum load load;
	u64 duration;
	const struct trace_output *text; /* ftrace's, written there */
	bool counted; /* by a sink */
	double bar; /* million events per second; 0: none */

	double rate[NR_RUNS], cpu_rate[NR_RUNS], load_ms[NR_RUNS];
	u64 events;
};

static void count(struct trace_sink *sink, const struct trace_event *ev)
{
	struct counter *c = container_of(sink, struct counter, sink);

	c->events += COUNTED >> ev->kind & 1;
}

static double clock_s(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double now_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

static void must(int err, const struct err_msg *e, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", what, e->text[0] ? e->text : strerror(-err));
	exit(1);
}

static struct workload *make_workload(u32 cpus, enum load load)
{
	u32 tenth = cpus + cpus / 24; /* 384 CPUs have 4,000 tasks: ten each, and some more */
	struct workload *w;
	struct err_msg e = {};
	char text[512];

	if (load == LOAD_CROWD)
		snprintf(text, sizeof(text),
			 "{ \"tasks\": { \"hog\": { \"instance\": %u, \"loop\": -1, \"run\": 10000 },"
			 " \"io\": { \"instance\": %u, \"loop\": -1, \"run\": 100, \"sleep\": 900 },"
			 " \"job\": { \"instance\": %u, \"loop\": -1, \"run\": 700, \"sleep\": 2300 }"
			 " } }", tenth, 6 * tenth, 3 * tenth);
	else if (load == LOAD_BUSY)
		snprintf(text, sizeof(text),
			 "{ \"tasks\": { \"hog\": { \"instance\": %u, \"loop\": -1, \"run\": 10000 },"
			 " \"io\": { \"instance\": %u, \"loop\": -1, \"run\": 100, \"sleep\": 900 },"
			 " \"job\": { \"instance\": %u, \"loop\": -1, \"run\": 700, \"sleep\": 2300 }"
			 " } }", cpus, 2 * cpus, cpus);
	else
		snprintf(text, sizeof(text),
			 "{ \"tasks\": {"
			 " \"io\": { \"instance\": %u, \"loop\": -1, \"run\": 100, \"sleep\": 900 },"
			 " \"job\": { \"instance\": %u, \"loop\": -1, \"run\": 700, \"sleep\": 2300 }"
			 " } }", cpus, cpus);
	must(workload_parse(text, strlen(text), "bench", &e, &w), &e, "workload");
	return w;
}

static void start_sinks(struct machine *m, const struct subject *s, struct counter *counter,
			struct trace_writer **w)
{
	*w = NULL;
	if (s->text) {
		must(trace_writer_create(TRACE_FORMAT_ftrace, s->text, s->cpus, w), NULL, "trace");
		machine_add_sink(m, trace_writer_sink(*w));
	}
	if (s->counted)
		machine_add_sink(m, &counter->sink);
}

static void stop_sinks(struct machine *m, const struct subject *s, struct counter *counter,
		       struct trace_writer *w)
{
	if (s->counted)
		machine_remove_sink(m, &counter->sink);
	if (w)
		machine_remove_sink(m, trace_writer_sink(w));
	trace_writer_destroy(w);
}

static struct sample run(const struct subject *subject)
{
	struct counter counter = { .sink = { .emit = count, .wants = COUNTED } };
	struct kernel_config cfg = { .seed = 1, .engine = subject->engine };
	struct workload *w = make_workload(subject->cpus, subject->load);
	struct trace_writer *writer;
	struct workload_run *wr;
	struct loader *l = NULL;
	struct topology *topo;
	struct err_msg e = {};
	struct sample s = {};
	struct kernel *k;
	char spec[16];
	double start;

	snprintf(spec, sizeof(spec), "%u", subject->cpus);
	must(topology_create(spec, &e, &topo), &e, spec);
	cfg.topology = topo;
	must(kernel_create(&cfg, &e, &k), &e, "kernel");
	if (subject->object) {
		start = now_s();
		must(loader_open(k, subject->object, &e, &l), &e, subject->object);
		must(loader_load(l, &e), &e, subject->object);
		must(loader_attach(l, &e), &e, subject->object);
		s.load_ms = (now_s() - start) * 1000;
	}
	start_sinks(kernel_machine(k), subject, &counter, &writer);
	must(workload_run_create(w, kernel_machine(k), 0, &e, &wr), &e, "workload");
	must(workload_run_start(wr, &e), &e, "workload");
	s.cpu_s = -clock_s(CLOCK_THREAD_CPUTIME_ID);
	s.wall_s = -now_s();
	must(machine_run(kernel_machine(k), subject->duration), &e, "machine");
	s.wall_s += now_s();
	s.cpu_s += clock_s(CLOCK_THREAD_CPUTIME_ID);
	s.events = counter.events;
	stop_sinks(kernel_machine(k), subject, &counter, writer);
	loader_close(l);
	kernel_destroy(k);
	workload_run_destroy(wr);
	workload_destroy(w);
	topology_destroy(topo);
	return s;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, NR_RUNS, sizeof(*v), by_value);
	return v[NR_RUNS / 2];
}

/* All of them by turns; those that don't count have as many events as the last that did. */
static void run_all(struct subject *subjects, size_t nr)
{
	for (int i = 0; i < NR_RUNS; i++) {
		u64 events = 0;

		for (size_t j = 0; j < nr; j++) {
			struct subject *s = &subjects[j];
			struct sample m = run(s);

			events = s->events = m.events ?: events;
			s->rate[i] = events / m.wall_s;
			s->cpu_rate[i] = events / m.cpu_s;
			s->load_ms[i] = m.load_ms;
		}
	}
}

static void print_rate(struct subject *s)
{
	printf("%4u CPUs  %-22s %6.2f M events/s (%.2f)", s->cpus, s->name,
	       median(s->rate) / 1e6, median(s->cpu_rate) / 1e6);
}

/* ---- bars ---- */

static void bars(const char *simple, const char *qmap, const char *central)
{
	struct subject subjects[] = {
		{ .name = "scx_simple", .object = simple, .cpus = 8, .duration = 60 * SEC, .bar = 4 },
		{ .name = "scx_qmap", .object = qmap, .cpus = 8, .duration = 60 * SEC, .bar = 2.5 },
		{ .name = "eevdf", .cpus = 8, .duration = 60 * SEC, .bar = 3 },
		{ .name = "scx_simple, 768 tasks", .object = simple, .cpus = 384, .duration = SEC, .bar = 2 },
		{ .name = "scx_central", .object = central, .cpus = 8, .duration = 60 * SEC },
		{ .name = "scx_central", .object = central, .cpus = 64, .duration = 5 * SEC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		subjects[i].counted = true;
	printf("two tasks per CPU, which run and sleep:\n");
	run_all(subjects, ARRAY_SIZE(subjects));
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		print_rate(&subjects[i]);
		if (subjects[i].bar)
			printf("  at least %.1f asked", subjects[i].bar);
		putchar('\n');
	}
}

/* ---- peers ---- */

static void peers(const char *object, u32 cpus, u64 duration)
{
	struct subject subjects[] = {
		{ .name = "eevdf" },
		{ .name = "scx_simple interpreted", .object = object,
		  .engine = KERNEL_ENGINE_INTERPRETER },
		{ .name = "scx_simple compiled", .object = object,
		  .engine = KERNEL_ENGINE_BEST },
	};
	double peer;

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		subjects[i].cpus = cpus;
		subjects[i].duration = duration;
		subjects[i].load = LOAD_BUSY;
		subjects[i].counted = true;
	}
	run_all(subjects, ARRAY_SIZE(subjects));
	peer = median(subjects[0].rate);
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		print_rate(&subjects[i]);
		printf("  %.2f of eevdf's", median(subjects[i].rate) / peer);
		if (subjects[i].object)
			printf("  %.1f ms to load, verify and attach",
			       median(subjects[i].load_ms));
		putchar('\n');
	}
}

/* ---- ten tasks per CPU ---- */

static void crowd(const char *object)
{
	struct subject subjects[] = {
		{ .name = "scx_simple, 80 tasks", .object = object, .cpus = 8, .duration = 20 * SEC },
		{ .name = "scx_simple, 4000 tasks", .object = object, .cpus = 384, .duration = SEC / 2 },
		{ .name = "eevdf, 80 tasks", .cpus = 8, .duration = 20 * SEC },
		{ .name = "eevdf, 4000 tasks", .cpus = 384, .duration = SEC / 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		subjects[i].load = LOAD_CROWD;
		subjects[i].counted = true;
	}
	run_all(subjects, ARRAY_SIZE(subjects));
	printf("ten tasks per CPU, by CPU time; at most twice the cost of an event asked:\n");
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		double ns = 1e9 / median(subjects[i].cpu_rate);

		printf("%4u CPUs  %-22s %4.0f ns/event", subjects[i].cpus, subjects[i].name, ns);
		if (i % 2)
			printf("  x %.2f", ns * median(subjects[i - 1].cpu_rate) / 1e9);
		putchar('\n');
	}
}

/* ---- growth ---- */

#define GROWTH_SCALE 50 /* columns per microsecond */

static void growth(const char *object)
{
	struct subject subjects[] = {
		{ .name = "scx_simple", .object = object, .cpus = 16 },
		{ .name = "scx_simple", .object = object, .cpus = 64 },
		{ .name = "scx_simple", .object = object, .cpus = 256 },
		{ .name = "scx_simple", .object = object, .cpus = 1024 },
	};
	double first;

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		subjects[i].duration = 320 * SEC / subjects[i].cpus;
		subjects[i].counted = true;
	}
	run_all(subjects, ARRAY_SIZE(subjects));
	first = 1e9 / median(subjects[0].cpu_rate);
	printf("growth, by CPU time; as the logarithm of the CPUs, it would be what stands last:\n");
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		double ns = 1e9 / median(subjects[i].cpu_rate);

		printf("%4u CPUs  %4.0f ns/event  x %.2f  (%.2f)  ", subjects[i].cpus, ns,
		       ns / first, __builtin_ctz(subjects[i].cpus) / 4.0);
		for (int c = 0; c < (int)(ns * GROWTH_SCALE / 1000); c++)
			putchar('#');
		putchar('\n');
	}
}

/* ---- traces ---- */

static int discard(void *priv, const void *data, size_t len)
{
	return 0;
}

static void trace(const char *object)
{
	static const struct trace_output nowhere = { .write = discard };
	struct subject subjects[] = {
		{ .name = "counted", .object = object, .counted = true },
		{ .name = "not seen", .object = object },
		{ .name = "as text", .object = object, .text = &nowhere },
	};
	double ns[ARRAY_SIZE(subjects)];

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		subjects[i].cpus = 8;
		subjects[i].duration = 30 * SEC;
	}
	run_all(subjects, ARRAY_SIZE(subjects));
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		ns[i] = 1e9 / median(subjects[i].cpu_rate);
	printf("an event: %.0f ns where nobody sees it, %.0f more to be emitted and counted, %.0f "
	       "more to be written as text, by CPU time; under 100 asked\n",
	       ns[1], ns[0] - ns[1], ns[2] - ns[1]);
}

static void print_host(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256], *model = NULL;

	while (f && !model && fgets(line, sizeof(line), f))
		if (!strncmp(line, "model name", 10) && strchr(line, ':'))
			model = strchr(line, ':') + 2;
	if (model)
		model[strcspn(model, "\n")] = '\0';
	printf("on %s, %ld CPUs; median of %d runs each\n", model ? model : "an unknown CPU",
	       sysconf(_SC_NPROCESSORS_ONLN), NR_RUNS);
	if (f)
		fclose(f);
}

static char *path_in(const char *build, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", build, name) < 0)
		exit(1);
	return path;
}

int main(int argc, char **argv)
{
	char *simple, *qmap, *central;

	if (argc != 2) {
		fprintf(stderr, "usage: simulate BUILD\n");
		return 1;
	}
	simple = path_in(argv[1], "schedulers/scx_simple.bpf.o");
	qmap = path_in(argv[1], "schedulers/scx_qmap.bpf.o");
	central = path_in(argv[1], "schedulers/scx_central.bpf.o");
	print_host();
	if (access(simple, R_OK) || access(qmap, R_OK) || access(central, R_OK)) {
		printf("%s is missing: install linux-source-6.12, and build again\n", simple);
		return 0;
	}
	bars(simple, qmap, central);
	printf("all CPUs busy:\n");
	peers(simple, 8, 60 * SEC);
	peers(simple, 64, 15 * SEC);
	crowd(simple);
	growth(simple);
	trace(simple);
	free(simple);
	free(qmap);
	free(central);
	return 0;
}
