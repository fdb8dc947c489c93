/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * simulate BUILD: simulated events per second of wall time, for scx_simple
 * interpreted and compiled, and for eevdf, whose code is native, as their peer; on
 * 8 CPUs and on 64. And what it takes to load, verify and attach scx_simple.
 *
 * An event is what ftrace would record. Peers take turns, figures are medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "loader/loader.h"
#include "machine/machine.h"
#include "machine/topology.h"
#include "workload/workload.h"

#define NR_RUNS 5

struct counter {
	struct trace_sink sink;
	u64 events;
};

struct sample {
	double load_ms, events_per_s;
	u64 events;
};

static void count(struct trace_sink *sink, const struct trace_event *ev)
{
	struct counter *c = container_of(sink, struct counter, sink);

	switch (ev->kind) {
	case TRACE_sched_switch:
	case TRACE_sched_wakeup:
	case TRACE_sched_wakeup_new:
	case TRACE_sched_migrate_task:
		c->events++;
		break;
	default:
		break;
	}
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void must(int err, const struct err_msg *e, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", what, e->text[0] ? e->text : strerror(-err));
	exit(1);
}

/* Per CPU one that only runs, and three that run and sleep. */
static struct workload *make_workload(u32 cpus)
{
	struct workload *w;
	struct err_msg e = {};
	char text[512];

	snprintf(text, sizeof(text),
		 "{ \"tasks\": { \"hog\": { \"instance\": %u, \"loop\": -1, \"run\": 10000 },"
		 " \"io\": { \"instance\": %u, \"loop\": -1, \"run\": 100, \"sleep\": 900 },"
		 " \"job\": { \"instance\": %u, \"loop\": -1, \"run\": 700, \"sleep\": 2300 } } }",
		 cpus, 2 * cpus, cpus);
	must(workload_parse(text, strlen(text), "bench", &e, &w), &e, "workload");
	return w;
}

/* @object: NULL for eevdf. */
static struct sample run(const char *object, enum kernel_engine engine, u32 cpus, u64 duration)
{
	struct counter counter = { .sink.emit = count };
	struct kernel_config cfg = { .seed = 1, .engine = engine };
	struct workload *w = make_workload(cpus);
	struct workload_run *wr;
	struct loader *l = NULL;
	struct topology *topo;
	struct err_msg e = {};
	struct sample s = {};
	struct kernel *k;
	char spec[16];
	double start;

	snprintf(spec, sizeof(spec), "%u", cpus);
	must(topology_create(spec, &e, &topo), &e, spec);
	cfg.topology = topo;
	must(kernel_create(&cfg, &e, &k), &e, "kernel");
	if (object) {
		start = now_s();
		must(loader_open(k, object, &e, &l), &e, object);
		must(loader_load(l, &e), &e, object);
		must(loader_attach(l, &e), &e, object);
		s.load_ms = (now_s() - start) * 1000;
	}
	machine_add_sink(kernel_machine(k), &counter.sink);
	must(workload_run_create(w, kernel_machine(k), 0, &e, &wr), &e, "workload");
	must(workload_run_start(wr, &e), &e, "workload");
	start = now_s();
	must(machine_run(kernel_machine(k), duration), &e, "machine");
	s.events = counter.events;
	s.events_per_s = s.events / (now_s() - start);
	machine_remove_sink(kernel_machine(k), &counter.sink);
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

struct subject {
	const char *name;
	bool scheduled; /* by the object */
	enum kernel_engine engine;
	double events_per_s[NR_RUNS], load_ms[NR_RUNS];
	u64 events;
};

static void compare(const char *object, u32 cpus, u64 duration)
{
	struct subject subjects[] = {
		{ .name = "eevdf" },
		{ .name = "interpreter", .scheduled = true, .engine = KERNEL_ENGINE_INTERPRETER },
		{ .name = "best engine", .scheduled = true, .engine = KERNEL_ENGINE_BEST },
	};
	double peer;

	for (int i = 0; i < NR_RUNS; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(subjects); j++) {
			struct subject *s = &subjects[j];
			struct sample m =
				run(s->scheduled ? object : NULL, s->engine, cpus, duration);

			s->events_per_s[i] = m.events_per_s;
			s->load_ms[i] = m.load_ms;
			s->events = m.events;
		}
	}
	peer = median(subjects[0].events_per_s);
	for (size_t j = 0; j < ARRAY_SIZE(subjects); j++) {
		struct subject *s = &subjects[j];

		printf("%3u CPUs  %-12s %9.0f events/s  %.2f of eevdf's", cpus, s->name,
		       median(s->events_per_s), median(s->events_per_s) / peer);
		if (s->scheduled)
			printf("  %.1f ms to load, verify and attach", median(s->load_ms));
		printf("  (%llu events a run)\n", (unsigned long long)s->events);
	}
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

int main(int argc, char **argv)
{
	const char *name = "scx_simple";
	char object[1024];

	if (argc != 2) {
		fprintf(stderr, "usage: simulate BUILD\n");
		return 1;
	}
	snprintf(object, sizeof(object), "%s/schedulers/scx_simple.bpf.o", argv[1]);
	if (access(object, R_OK)) {
		name = "fair (example)";
		snprintf(object, sizeof(object), "%s/examples/fair.bpf.o", argv[1]);
	}
	print_host();
	printf("scheduler: %s\n", name);
	compare(object, 8, 60000000000ULL);
	compare(object, 64, 15000000000ULL);
	return 0;
}
