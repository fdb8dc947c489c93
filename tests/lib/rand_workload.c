/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "rand_workload.h"

struct gen {
	FILE *f;
	uint64_t state;
	unsigned int flags;
	struct rand_workload *w;
	int nr_keys; /* in this phase: keys of a JSON object differ */
};

/* splitmix64 */
static uint64_t next(struct gen *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static int between(struct gen *g, int lo, int hi)
{
	return lo + (int)(next(g) % (uint64_t)(hi - lo + 1));
}

static bool one_in(struct gen *g, int n)
{
	return next(g) % n == 0;
}

/* Many short times, few long ones. */
static int usec(struct gen *g)
{
	static const int limits[] = { 30, 300, 3000, 3000, 30000 };

	return between(g, 1, limits[between(g, 0, 4)]);
}

static void key(struct gen *g, const char *event)
{
	fprintf(g->f, "%s\"%s%d\": ", g->nr_keys ? ", " : "", event, g->nr_keys);
	g->nr_keys++;
}

static void event_sync(struct gen *g, int self)
{
	int other = between(g, 0, g->w->nr_tasks - 1);

	switch (between(g, 0, 5)) {
	case 0:
		key(g, "lock");
		fprintf(g->f, "\"m\"");
		key(g, "run");
		fprintf(g->f, "%d", usec(g));
		key(g, "unlock");
		fprintf(g->f, "\"m\"");
		break;
	case 1:
		key(g, "resume");
		fprintf(g->f, "\"s%d\"", other);
		break;
	case 2:
		key(g, "signal");
		fprintf(g->f, "\"c\"");
		break;
	case 3:
		key(g, "lock");
		fprintf(g->f, "\"m\"");
		key(g, "wait");
		fprintf(g->f, "{ \"ref\": \"c\", \"mutex\": \"m\" }");
		key(g, "unlock");
		fprintf(g->f, "\"m\"");
		break;
	case 4:
		key(g, "broad");
		fprintf(g->f, "\"c\"");
		break;
	case 5:
		if (one_in(g, 3)) {
			key(g, "suspend");
			fprintf(g->f, "\"s%d\"", self);
		} else {
			key(g, "resume");
			fprintf(g->f, "\"s%d\"", other);
		}
		break;
	}
}

static void event(struct gen *g, int self)
{
	switch (between(g, 0, g->flags & RAND_SYNC ? 8 : 6)) {
	case 0:
	case 1:
		key(g, "run");
		fprintf(g->f, "%d", usec(g));
		break;
	case 2:
		key(g, "runtime");
		fprintf(g->f, "%d", usec(g));
		break;
	case 3:
	case 4:
		key(g, "sleep");
		fprintf(g->f, "%d", usec(g));
		break;
	case 5:
		key(g, "timer");
		fprintf(g->f, "{ \"ref\": \"%s\", \"period\": %d, \"mode\": \"%s\" }",
			one_in(g, 2) ? "unique" : "shared", 1000 * between(g, 1, 30),
			one_in(g, 2) ? "relative" : "absolute");
		break;
	case 6:
		key(g, "yield");
		fprintf(g->f, "\"\"");
		break;
	default:
		event_sync(g, self);
	}
}

static void phase(struct gen *g, int self, int loop)
{
	g->nr_keys = 0;
	key(g, "run");
	fprintf(g->f, "%d", usec(g));
	for (int i = between(g, 0, 4); i; i--)
		event(g, self);
	fprintf(g->f, ", \"loop\": %d", loop);
}

static void policy(struct gen *g)
{
	static const char *const normal[] = { "SCHED_OTHER", "SCHED_OTHER", "SCHED_BATCH" };

	if (g->flags & RAND_RT && one_in(g, 4)) {
		fprintf(g->f, "\"policy\": \"%s\", \"priority\": %d, ",
			one_in(g, 2) ? "SCHED_FIFO" : "SCHED_RR", between(g, 1, 99));
		g->w->rt = true;
		return;
	}
	fprintf(g->f, "\"policy\": \"%s\", ", normal[between(g, 0, 2)]);
	if (one_in(g, 2))
		fprintf(g->f, "\"priority\": %d, ", between(g, -20, 19));
}

static uint64_t affinity(struct gen *g)
{
	uint64_t all = g->w->nr_cpus == 64 ? UINT64_MAX : (1ULL << g->w->nr_cpus) - 1;
	uint64_t mask = all;
	const char *comma = "";

	if (!(g->flags & RAND_PINNED) || one_in(g, 2))
		return all;
	mask &= next(g);
	if (!mask)
		mask = 1;
	fprintf(g->f, "\"cpus\": [");
	for (int c = 0; c < g->w->nr_cpus; c++) {
		if (mask >> c & 1) {
			fprintf(g->f, "%s%d", comma, c);
			comma = ", ";
		}
	}
	fprintf(g->f, "], ");
	if (mask != all)
		g->w->pinned = true;
	return mask;
}

static void task(struct gen *g, int self)
{
	fprintf(g->f, "%s    \"t%c\": { ", self ? ",\n" : "", 'a' + self);
	policy(g);
	g->w->allowed[self] = affinity(g);
	if (one_in(g, 2))
		fprintf(g->f, "\"delay\": %d, ", usec(g));
	if (one_in(g, 3))
		fprintf(g->f, "\"instance\": %d, ", between(g, 2, 4));
	fprintf(g->f, "\"loop\": %d, ", one_in(g, 3) ? between(g, 1, 5) : -1);
	if (one_in(g, 2)) {
		fprintf(g->f, "\"phases\": {\n      \"p0\": { ");
		phase(g, self, between(g, 1, 5));
		fprintf(g->f, " },\n      \"p1\": { ");
		phase(g, self, between(g, 1, 20));
		fprintf(g->f, " }\n    } }");
		return;
	}
	g->nr_keys = 0;
	key(g, "run");
	fprintf(g->f, "%d", usec(g));
	for (int i = between(g, 0, 4); i; i--)
		event(g, self);
	fprintf(g->f, " }");
}

void rand_workload_make(struct rand_workload *w, uint64_t nr, unsigned int flags)
{
	static const int cpus[] = { 1, 2, 2, 3, 4, 4, 8, 16 };
	struct gen g = { .state = nr * 1000003 + flags, .flags = flags, .w = w };
	size_t size;

	*w = (struct rand_workload){};
	w->nr_cpus = cpus[between(&g, 0, 7)];
	w->duration_ms = between(&g, 100, 400);
	w->nr_tasks = between(&g, 1, 8);
	g.f = open_memstream(&w->text, &size);
	if (!g.f)
		abort();
	fprintf(g.f, "{ \"tasks\": {\n");
	for (int i = 0; i < w->nr_tasks; i++)
		task(&g, i);
	fprintf(g.f, "\n  },\n  \"global\": { \"default_policy\": \"SCHED_OTHER\" } }\n");
	if (fclose(g.f))
		abort();
}

void rand_workload_fini(struct rand_workload *w)
{
	free(w->text);
	*w = (struct rand_workload){};
}

uint64_t rand_workload_allowed(void *priv, const char *comm)
{
	const struct rand_workload *w = priv;
	int i = comm[0] == 't' ? comm[1] - 'a' : -1;

	/* "ta-0" */
	if (i < 0 || i >= w->nr_tasks || (comm[2] && comm[2] != '-'))
		return UINT64_MAX;
	return w->allowed[i];
}
