/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * calls BUILD: what a call of a kfunc costs, resolved when the program was loaded
 * and checked when it is reached, as Linux 6.12 does it; in one run, and its ratio.
 * The same object, machine and workload; what an empty loop costs is taken off.
 *
 *	nr_slots	  one implementation; at run time, a mask is checked first
 *	dispatch, cancel  two calls; at run time, two masks, and a per-CPU variable
 *			  decides which dispatch is meant
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/kernel.h"
#include "loader/loader.h"
#include "machine/machine.h"
#include "machine/topology.h"
#include "workload/workload.h"

#define NR_RUNS 9
#define CALLS_IN_ROUND 1000 /* of calls.bpf.c */
#define ROUNDS 5000

static const char hogs[] =
	"{ \"tasks\": { \"hog\": { \"instance\": 2, \"loop\": -1, \"run\": 1000 } } }";

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void must(int err, const struct err_msg *e, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", what, e->text[0] ? e->text : strerror(-err));
	exit(1);
}

static struct loader *load(struct kernel *k, const char *object, unsigned int what)
{
	struct err_msg e = {};
	struct loader *l;
	char set[64];

	must(loader_open(k, object, &e, &l), &e, object);
	snprintf(set, sizeof(set), "what=%u", what);
	must(loader_set_global(l, set, &e), &e, set);
	snprintf(set, sizeof(set), "rounds=%u", ROUNDS);
	must(loader_set_global(l, set, &e), &e, set);
	must(loader_load(l, &e), &e, object);
	must(loader_attach(l, &e), &e, object);
	return l;
}

/* Simulates until the scheduler has done its rounds; -> seconds of CPU time. */
static double run(const char *object, enum kernel_engine engine, enum kfunc_resolution when,
		  unsigned int what)
{
	struct kernel_config cfg = { .seed = 1, .engine = engine, .kfunc_resolution = when };
	struct kernel_sched_exit x = {};
	struct workload_run *wr;
	struct workload *w;
	struct topology *topo;
	struct err_msg e = {};
	struct loader *l;
	struct kernel *k;
	double start, took;

	must(topology_create("1", &e, &topo), &e, "1");
	cfg.topology = topo;
	must(kernel_create(&cfg, &e, &k), &e, "kernel");
	l = load(k, object, what);
	must(workload_parse(hogs, strlen(hogs), "bench", &e, &w), &e, "workload");
	must(workload_run_create(w, kernel_machine(k), 0, &e, &wr), &e, "workload");
	must(workload_run_start(wr, &e), &e, "workload");
	start = now_s();
	while (!strcmp(kernel_sched_state(k), "enabled"))
		must(machine_run(kernel_machine(k), machine_now(kernel_machine(k)) + 1000000), &e,
		     "machine");
	took = now_s() - start;
	kernel_sched_exit(k, &x);
	if (x.code != 1) {
		fprintf(stderr, "%s: %s: %s\n", object, x.reason, x.msg);
		exit(1);
	}
	loader_close(l);
	kernel_destroy(k);
	workload_run_destroy(wr);
	workload_destroy(w);
	topology_destroy(topo);
	return took;
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

/* Rounds of both ways take turns, each with an empty one beside it. */
static void compare(const char *object, const char *engine_name, enum kernel_engine engine,
		    const char *name, unsigned int what)
{
	double ns[NR_KFUNC_RESOLUTIONS][NR_RUNS], load, runtime;

	for (int i = 0; i < NR_RUNS; i++)
		for (int when = 0; when < NR_KFUNC_RESOLUTIONS; when++) {
			double empty = run(object, engine, when, 0);

			ns[when][i] = (run(object, engine, when, what) - empty) * 1e9 /
				      (CALLS_IN_ROUND * ROUNDS);
		}
	load = median(ns[KFUNC_AT_LOAD]);
	runtime = median(ns[KFUNC_AT_RUN]);
	printf("%-12s %-17s %7.2f ns resolved at load  %7.2f ns checked at run time  ratio %.2f\n",
	       engine_name, name, load, runtime, runtime / load);
}

int main(int argc, char **argv)
{
	char object[1024];

	if (argc != 2) {
		fprintf(stderr, "usage: calls BUILD\n");
		return 1;
	}
	snprintf(object, sizeof(object), "%s/bench/calls.bpf.o", argv[1]);
	printf("per call (pair), median of %d runs of %d calls\n", NR_RUNS,
	       CALLS_IN_ROUND * ROUNDS);
	compare(object, "best engine", KERNEL_ENGINE_BEST, "nr_slots", 1);
	compare(object, "best engine", KERNEL_ENGINE_BEST, "dispatch, cancel", 2);
	compare(object, "interpreter", KERNEL_ENGINE_INTERPRETER, "nr_slots", 1);
	compare(object, "interpreter", KERNEL_ENGINE_INTERPRETER, "dispatch, cancel", 2);
	return 0;
}
