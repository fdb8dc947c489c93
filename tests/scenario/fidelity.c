/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fidelity SCXLAB SCHEDULERS DATA: runs each scenario that was measured on a real
 * 6.12 kernel (DATA/README.md), compares each task's share of CPU time and its
 * number of switches, and prints TAP with the figures as comments.
 *
 * The last case is a negative control: a comparison that must fail, so that a
 * comparison which can't is noticed.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARE_POINTS 3.0     /* percentage points of all the tasks' CPU time */
#define SWITCHES_PERCENT 15.0 /* of the real kernel's count */
#define MAX_TASKS 16

struct scenario {
	const char *measured, *workload, *args;
	bool switches; /* compared, too; for fair only the shares are wanted */
	bool must_differ;
};

static const struct scenario scenarios[] = {
	{ "simple-hogs-2cpu", "w-hogs", "'%s'/scx_simple.bpf.o --cpus 2", true, false },
	{ "simple-nice-2cpu", "w-nice", "'%s'/scx_simple.bpf.o --cpus 2", true, false },
	{ "simple-single-1cpu", "w-single", "'%s'/scx_simple.bpf.o --cpus 1", true, false },
	{ "fifo-nice-2cpu", "w-nice", "'%s'/scx_simple.bpf.o --set fifo_sched=true --cpus 2", true,
	  false },
	{ "qmap-hogs-2cpu", "w-hogs", "'%s'/scx_qmap.bpf.o --cpus 2", true, false },
	{ "fair-nice-1cpu", "w-nice", "--scheduler eevdf --cpus 1", false, false },
	{ "fair-nice-2cpu", "w-nice", "--scheduler eevdf --cpus 2", false, false },
	{ "fair-single-1cpu", "w-single", "--scheduler eevdf --cpus 1", false, false },
	/* FIFO gives every hog the same; vtime does not. */
	{ "fifo-nice-2cpu", "w-nice", "'%s'/scx_simple.bpf.o --cpus 2", true, true },
};

struct task {
	char comm[32];
	double runtime, share;
	int switches;
};

struct tasks {
	struct task t[MAX_TASKS];
	int nr;
};

static double number(json_object *o, const char *key)
{
	json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : NAN;
}

static bool collect(json_object *root, const char *runtime_key, const char *switches_key,
		    struct tasks *out)
{
	json_object *list, *comm;
	double sum = 0;

	out->nr = 0;
	if (!json_object_object_get_ex(root, "tasks", &list))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		struct task *t = &out->t[out->nr];

		if (out->nr == MAX_TASKS || !json_object_object_get_ex(o, "comm", &comm))
			return false;
		snprintf(t->comm, sizeof(t->comm), "%s", json_object_get_string(comm));
		t->runtime = number(o, runtime_key);
		t->switches = (int)number(o, switches_key);
		sum += t->runtime;
		out->nr++;
	}
	for (int i = 0; i < out->nr; i++)
		out->t[i].share = 100 * out->t[i].runtime / sum;
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

/* How far apart the two are; prints a row for each task. */
static bool close_enough(const struct scenario *s, const struct tasks *real,
			 const struct tasks *ours)
{
	bool ok = real->nr == ours->nr;

	for (int i = 0; i < real->nr && i < ours->nr; i++) {
		const struct task *a = &real->t[i], *b = &ours->t[i];
		double points = fabs(a->share - b->share);
		double percent = 100.0 * abs(a->switches - b->switches) / a->switches;
		bool share_ok = points <= SHARE_POINTS;
		bool switches_ok = !s->switches || percent <= SWITCHES_PERCENT;

		printf("#   %-8s share %5.2f%% (Linux %5.2f%%)%s  switches %5d (Linux %5d)%s\n",
		       b->comm, b->share, a->share, share_ok ? "" : " TOO FAR", b->switches,
		       a->switches, switches_ok ? "" : " TOO FAR");
		ok &= share_ok && switches_ok;
		if (strncmp(b->comm, a->comm, strlen(a->comm))) {
			printf("#   %s stands where Linux has %s\n", b->comm, a->comm);
			ok = false;
		}
	}
	return ok;
}

static bool compare(const struct scenario *s, const char *scxlab, const char *schedulers,
		    const char *data)
{
	char path[512], args[512], command[2048];
	struct tasks real, ours;
	json_object *root;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s.json", data, s->measured);
	root = json_object_from_file(path);
	ok = root && collect(root, "runtime_ms", "switches_in", &real);
	json_object_put(root);
	if (!ok) {
		printf("#   cannot read %s\n", path);
		return false;
	}
	snprintf(args, sizeof(args), s->args, schedulers);
	snprintf(command, sizeof(command), "'%s' run %s --hz 1000 --workload '%s/%s.json' --json",
		 scxlab, args, data, s->workload);
	root = run(command);
	ok = root && collect(root, "runtime_ns", "switches", &ours);
	json_object_put(root);
	if (!ok) {
		printf("#   no usable answer from: %s\n", command);
		return false;
	}
	return close_enough(s, &real, &ours) != s->must_differ;
}

int main(int argc, char **argv)
{
	const size_t nr = sizeof(scenarios) / sizeof(scenarios[0]);
	bool have_objects;
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

		if (!have_objects && strstr(s->args, "%s")) {
			printf("ok %zu - %s # SKIP no tools/sched_ext objects\n", i + 1,
			       s->measured);
			continue;
		}
		printf("%s %zu - %s%s\n", compare(s, argv[1], argv[2], argv[3]) ? "ok" : "not ok",
		       i + 1, s->measured, s->must_differ ? " against vtime: must differ" : "");
		fflush(stdout);
	}
	return 0;
}
