/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fidelity SCXLAB SCHEDULERS DATA: runs each scenario that was measured on a real
 * 6.12 kernel (DATA/README.md) and compares, task by task: the share of CPU time,
 * how often it was switched in, how often it was preempted, and the median time
 * from a wake-up to running. Prints TAP, with the table as comments.
 *
 * Where several runs of the real kernel are stored, what counts is their range:
 * they differ among themselves.
 *
 * The last two cases are negative controls: comparisons that must fail, so that
 * one which can't is noticed.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tolerances, written down before anything was compared. */
#define SHARE_POINTS 3.0   /* percentage points of all the tasks' CPU time */
#define COUNT_PERCENT 15.0 /* of the real kernel's count: switches, preemptions */
#define LATENCY_FACTOR 1.5 /* of the real median, where that is above ... */
#define LATENCY_FROM_US 100.0
#define FEW 20 /* fewer than that of what is counted say nothing: not measured */

#define MAX_TASKS 16
#define MAX_RUNS 9

struct scenario {
	const char *measured, *workload, *args;
	bool must_differ;
};

/* The real CPUs were virtual and shared one (README.md). */
#define TWO " --cpus 2 --cpus-in-turn"
#define ONE " --cpus 1"
#define SIMPLE "%s/scx_simple.bpf.o"
#define FIFO SIMPLE " --set fifo_sched=true"
#define QMAP "%s/scx_qmap.bpf.o"
#define FAIR "--scheduler eevdf"

static const struct scenario scenarios[] = {
	{ "simple-hogs-2cpu", "w-hogs", SIMPLE TWO, false },
	{ "simple-nice-2cpu", "w-nice", SIMPLE TWO, false },
	{ "simple-single-1cpu", "w-single-calibrated", SIMPLE ONE, false },
	{ "fifo-nice-2cpu", "w-nice", FIFO TWO, false },
	{ "qmap-hogs-2cpu", "w-hogs", QMAP TWO, false },
	{ "fair-nice-1cpu", "w-nice", FAIR ONE, false },
	{ "fair-nice-2cpu", "w-nice", FAIR TWO, false },
	{ "fair-single-1cpu", "w-single-calibrated", FAIR ONE, false },
	/* FIFO gives every hog the same; vtime does not. */
	{ "fifo-nice-2cpu", "w-nice", SIMPLE TWO, true },
	/* EEVDF's slices are 1 ms there, scx_simple's 20 ms: the shares agree, no count does. */
	{ "fair-nice-1cpu", "w-nice", SIMPLE ONE, true },
};

enum figure { SHARE, SWITCHES, PREEMPTED, LATENCY_US, NR_FIGURES };

struct task {
	char comm[32];
	double is[NR_FIGURES];
	int wakeups;
};

struct tasks {
	struct task t[MAX_TASKS];
	int nr;
};

/* The keys of one side: scxlab's report, or what was measured. */
struct keys {
	const char *runtime, *switches, *preempted, *wakeups, *latency;
	double to_us;
};

static const struct keys ours_keys = { "runtime_ns", "switches", "preemptions", "wakeups",
				       "wakeup_latency_ns", 1e-3 };
static const struct keys real_keys = { "runtime_ms", "switches_in", "preempted", "wakeups",
				       "wakeup_latency_us", 1 };

static double number(json_object *o, const char *key)
{
	json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : NAN;
}

static bool collect(json_object *root, const struct keys *k, struct tasks *out)
{
	json_object *list, *comm, *latency;
	double sum = 0;

	out->nr = 0;
	if (!json_object_object_get_ex(root, "tasks", &list))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		struct task *t = &out->t[out->nr];

		if (out->nr == MAX_TASKS || !json_object_object_get_ex(o, "comm", &comm) ||
		    !json_object_object_get_ex(o, k->latency, &latency))
			return false;
		snprintf(t->comm, sizeof(t->comm), "%s", json_object_get_string(comm));
		t->is[SHARE] = number(o, k->runtime);
		t->is[SWITCHES] = number(o, k->switches);
		t->is[PREEMPTED] = number(o, k->preempted);
		t->is[LATENCY_US] = number(latency, "p50") * k->to_us;
		t->wakeups = (int)number(o, k->wakeups);
		sum += t->is[SHARE];
		out->nr++;
	}
	for (int i = 0; i < out->nr; i++)
		out->t[i].is[SHARE] *= 100 / sum;
	return out->nr && sum > 0;
}

static json_object *run(const char *command)
{
	static const size_t max = 1 << 20;
	char *text = malloc(max);
	FILE *f = popen(command, "r");
	json_object *root = NULL;
	size_t len;

	if (!text || !f)
		abort();
	len = fread(text, 1, max - 1, f);
	text[len] = '\0';
	if (pclose(f) == 0)
		root = json_tokener_parse(text);
	free(text);
	return root;
}

/* ---- the comparison ---- */

struct range {
	double low, high;
};

static struct range range_of(const struct tasks *runs, int nr, int task, enum figure f)
{
	struct range r = { INFINITY, -INFINITY };

	for (int i = 0; i < nr; i++) {
		r.low = fmin(r.low, runs[i].t[task].is[f]);
		r.high = fmax(r.high, runs[i].t[task].is[f]);
	}
	return r;
}

static bool measured(struct range r, enum figure f, int wakeups)
{
	if (f == LATENCY_US)
		return wakeups >= FEW && r.low > LATENCY_FROM_US;
	return f == SHARE || r.low >= FEW;
}

static bool within(struct range r, enum figure f, double v)
{
	double factor = 1 + COUNT_PERCENT / 100;

	if (f == SHARE)
		return v >= r.low - SHARE_POINTS && v <= r.high + SHARE_POINTS;
	if (f == LATENCY_US)
		return v >= r.low / LATENCY_FACTOR && v <= r.high * LATENCY_FACTOR;
	return v >= r.low * (2 - factor) && v <= r.high * factor;
}

static void print_cell(struct range r, enum figure f, double v, const char *verdict)
{
	int digits = f == SHARE ? 1 : 0;
	char real[48];

	if (r.low == r.high)
		snprintf(real, sizeof(real), "%.*f", digits, r.low);
	else
		snprintf(real, sizeof(real), "%.*f-%.*f", digits, r.low, digits, r.high);
	printf(" %7.*f %-9s %-7s", digits, v, real, verdict);
}

/* A row of the table. */
static bool compare_task(const struct tasks *real, int nr, int i, const struct task *ours)
{
	const char *comm = real->t[i].comm;
	bool ok = !strncmp(ours->comm, comm, strlen(comm));

	printf("#   %-6s", ours->comm);
	for (enum figure f = 0; f < NR_FIGURES; f++) {
		struct range r = range_of(real, nr, i, f);
		bool fine = within(r, f, ours->is[f]);

		if (!measured(r, f, real->t[i].wakeups)) {
			printf(" %-25s", "not measured");
			continue;
		}
		print_cell(r, f, ours->is[f], fine ? "ok" : "TOO FAR");
		ok &= fine;
	}
	printf("\n");
	return ok;
}

static bool compare_all(const struct tasks *real, int nr, const struct tasks *ours)
{
	bool ok = real->nr == ours->nr;

	printf("#   %-6s %-25s %-25s %-25s %s\n", "task", "share %, Linux", "switches, Linux",
	       "preempted, Linux", "median latency us, Linux");
	for (int i = 0; i < real->nr && i < ours->nr; i++)
		ok &= compare_task(real, nr, i, &ours->t[i]);
	return ok;
}

/* NAME.json, then NAME.2.json and so on: as many runs as are stored. */
static int read_runs(const char *data, const char *name, struct tasks *runs)
{
	char path[512];
	int nr = 0;

	while (nr < MAX_RUNS) {
		json_object *root;
		bool ok;

		if (nr)
			snprintf(path, sizeof(path), "%s/%s.%d.json", data, name, nr + 1);
		else
			snprintf(path, sizeof(path), "%s/%s.json", data, name);
		root = json_object_from_file(path);
		if (!root)
			break;
		ok = collect(root, &real_keys, &runs[nr]) && runs[nr].nr == runs[0].nr;
		json_object_put(root);
		if (!ok)
			return 0;
		nr++;
	}
	return nr;
}

static bool compare(const struct scenario *s, const char *scxlab, const char *schedulers,
		    const char *data)
{
	static struct tasks real[MAX_RUNS];
	int nr = read_runs(data, s->measured, real);
	char args[512], command[2048];
	struct tasks ours;
	json_object *root;
	bool ok;

	if (!nr) {
		printf("#   cannot read %s/%s.json\n", data, s->measured);
		return false;
	}
	snprintf(args, sizeof(args), s->args, schedulers);
	snprintf(command, sizeof(command), "'%s' run %s --hz 1000 --workload '%s/%s.json' --json",
		 scxlab, args, data, s->workload);
	root = run(command);
	ok = root && collect(root, &ours_keys, &ours);
	json_object_put(root);
	if (!ok) {
		printf("#   no usable answer from: %s\n", command);
		return false;
	}
	return compare_all(real, nr, &ours) != s->must_differ;
}

int main(int argc, char **argv)
{
	const size_t nr = sizeof(scenarios) / sizeof(scenarios[0]);
	bool have_objects, failed = false;
	char path[512];
	FILE *f;

	if (argc != 4) {
		fprintf(stderr, "usage: fidelity SCXLAB SCHEDULERS DATA\n");
		return 1;
	}
	snprintf(path, sizeof(path), "%s/scx_simple.bpf.o", argv[2]);
	f = fopen(path, "r");
	have_objects = f;
	if (f)
		fclose(f);

	printf("1..%zu\n", nr);
	for (size_t i = 0; i < nr; i++) {
		const struct scenario *s = &scenarios[i];
		bool ok;

		if (!have_objects && strstr(s->args, "%s")) {
			printf("ok %zu - %s # SKIP no tools/sched_ext objects\n", i + 1,
			       s->measured);
			continue;
		}
		ok = compare(s, argv[1], argv[2], argv[3]);
		failed |= !ok;
		printf("%s %zu - %s%s\n", ok ? "ok" : "not ok", i + 1, s->measured,
		       s->must_differ ? " against another scheduler: must differ" : "");
		fflush(stdout);
	}
	return failed;
}
