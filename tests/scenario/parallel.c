/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two kernels in threads of one process do what each does alone, to the byte;
 * and what the machine itself counted is what its events tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/kernel.h"
#include "loader/loader.h"
#include "machine/machine.h"
#include "machine/topology.h"
#include "rand_workload.h"
#include "trace/stats.h"
#include "trace/writer.h"
#include "workload/workload.h"

#define DURATION_NS 300000000ULL
#define NR_THREADS 6

struct bytes {
	char *data;
	size_t len;
	FILE *f;
};

/* One run: what to do, and all that it leaves behind. */
struct run {
	const char *object; /* in the directory of the examples; NULL: eevdf */
	u64 seed;
	struct bytes ftrace, perfetto, figures;
	const char *failed; /* where; NULL: nowhere */
	struct err_msg e;
	bool figures_differ;
};

static int to_bytes(void *priv, const void *data, size_t len)
{
	struct bytes *b = priv;

	return fwrite(data, 1, len, b->f) == len ? 0 : -ENOMEM;
}

/* What one run is made of, to be torn down in order. */
struct parts {
	struct topology *topo;
	struct kernel *k;
	struct machine *m;
	struct loader *l;
	struct workload *w;
	struct workload_run *wr;
	struct trace_writer *writers[2];
	struct stats st;
	struct run *r;
};

static bool check(struct run *r, int err, const char *what)
{
	if (err && !r->failed)
		r->failed = what;
	return !err;
}

static bool start_writers(struct parts *p, struct run *r)
{
	struct trace_output out[2] = { { .write = to_bytes, .priv = &r->ftrace },
				       { .write = to_bytes, .priv = &r->perfetto } };
	enum trace_format formats[2] = { TRACE_FORMAT_ftrace, TRACE_FORMAT_perfetto };

	for (int i = 0; i < 2; i++) {
		if (!check(r,
			   trace_writer_create(formats[i], &out[i], machine_nr_cpus(p->m),
					       &p->writers[i]),
			   "writer"))
			return false;
		machine_add_sink(p->m, trace_writer_sink(p->writers[i]));
	}
	return true;
}

static bool start_scheduler(struct parts *p, struct run *r)
{
	char path[512];

	if (!r->object)
		return true;
	snprintf(path, sizeof(path), "%s/examples/%s", getenv("SCXLAB_BUILD"), r->object);
	return check(r, loader_open(p->k, path, &r->e, &p->l), "open") &&
	       check(r, loader_load(p->l, &r->e), "load") &&
	       check(r, loader_attach(p->l, &r->e), "attach");
}

static bool start_workload(struct parts *p, struct run *r)
{
	struct rand_workload w;
	bool ok;

	rand_workload_make(&w, r->seed, RAND_PINNED | RAND_SYNC | RAND_RT);
	ok = check(r, workload_parse(w.text, strlen(w.text), "random", &r->e, &p->w), "parse") &&
	     check(r, workload_run_create(p->w, p->m, 0, &r->e, &p->wr), "run") &&
	     check(r, workload_run_start(p->wr, &r->e), "start");
	rand_workload_fini(&w);
	return ok;
}

static bool start(struct parts *p, struct run *r)
{
	struct kernel_config cfg = { .seed = r->seed };

	if (!check(r, topology_create("16", &r->e, &p->topo), "topology"))
		return false;
	cfg.topology = p->topo;
	if (!check(r, kernel_create(&cfg, &r->e, &p->k), "kernel"))
		return false;
	p->m = kernel_machine(p->k);
	if (!check(r, stats_init(&p->st, machine_nr_cpus(p->m), 0), "stats"))
		return false;
	machine_add_sink(p->m, &p->st.sink);
	return start_writers(p, r) && start_scheduler(p, r) && start_workload(p, r);
}

static void compare_task(void *priv, struct task_struct *task)
{
	struct parts *p = priv;
	u64 counted = task_runtime(p->m, task), told = 0;

	for (u32 i = 0; i < p->st.nr_tasks; i++)
		if (p->st.tasks[i]->pid == task->pid)
			told = p->st.tasks[i]->runtime_ns;
	fprintf(p->r->figures.f, "%d %llu\n", task->pid, (unsigned long long)counted);
	p->r->figures_differ |= counted != told;
}

static void collect(struct parts *p, struct run *r)
{
	u64 now = machine_now(p->m);

	check(r, stats_settle(&p->st, now), "settle");
	for (u32 cpu = 0; cpu < machine_nr_cpus(p->m); cpu++) {
		struct cpu_times t = machine_cpu_times(p->m, cpu);

		fprintf(r->figures.f, "cpu %u %llu %llu\n", cpu, (unsigned long long)t.busy_ns,
			(unsigned long long)t.idle_ns);
		r->figures_differ |= t.busy_ns + t.idle_ns != now ||
				     t.busy_ns != p->st.cpus[cpu].busy_ns;
	}
	machine_for_each_task(p->m, compare_task, p);
	fprintf(r->figures.f, "%llu events\n", (unsigned long long)p->st.events);
}

static void finish(struct parts *p)
{
	if (p->m) {
		machine_remove_sink(p->m, &p->st.sink);
		for (int i = 0; i < 2; i++) {
			if (!p->writers[i])
				continue;
			machine_remove_sink(p->m, trace_writer_sink(p->writers[i]));
			check(p->r, trace_writer_finish(p->writers[i]), "finish");
			trace_writer_destroy(p->writers[i]);
		}
	}
	loader_close(p->l);
	kernel_destroy(p->k);
	workload_run_destroy(p->wr);
	workload_destroy(p->w);
	topology_destroy(p->topo);
	stats_fini(&p->st);
}

static void *simulate(void *priv)
{
	struct run *r = priv;
	struct parts p = { .r = r };
	struct bytes *all[] = { &r->ftrace, &r->perfetto, &r->figures };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		all[i]->f = open_memstream(&all[i]->data, &all[i]->len);
	if (start(&p, r)) {
		check(r, machine_run(p.m, DURATION_NS), "run");
		collect(&p, r);
	}
	finish(&p);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		fclose(all[i]->f);
	return NULL;
}

static void run_fini(struct run *r)
{
	free(r->ftrace.data);
	free(r->perfetto.data);
	free(r->figures.data);
}

static void assert_fine(const struct run *r)
{
	if (r->failed)
		fail_msg("%s, seed %llu: %s: %s", r->object ?: "eevdf",
			 (unsigned long long)r->seed, r->failed, r->e.text);
	assert_true(r->ftrace.len > 2000);
	assert_true(r->perfetto.len > 1000);
	assert_true(r->figures.len > 100);
}

static void assert_same(const struct bytes *a, const struct bytes *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

static const char *const objects[] = { "fair.bpf.o", "percpu.bpf.o", NULL, "fifo.bpf.o" };

static void test_parallel(void **state)
{
	struct run alone[NR_THREADS] = {}, together[NR_THREADS] = {};
	pthread_t threads[NR_THREADS];

	for (int i = 0; i < NR_THREADS; i++) {
		alone[i].object = together[i].object = objects[i % ARRAY_SIZE(objects)];
		/* Some do the same at the same time. */
		alone[i].seed = together[i].seed = 70 + i / 2;
		simulate(&alone[i]);
		assert_fine(&alone[i]);
	}
	for (int i = 0; i < NR_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, simulate, &together[i]), 0);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < NR_THREADS; i++) {
		assert_fine(&together[i]);
		assert_same(&alone[i].ftrace, &together[i].ftrace);
		assert_same(&alone[i].perfetto, &together[i].perfetto);
		assert_same(&alone[i].figures, &together[i].figures);
		run_fini(&alone[i]);
		run_fini(&together[i]);
	}
}

/* Control: the comparison can fail. */
static void test_others_differ(void **state)
{
	struct run a = { .object = "fair.bpf.o", .seed = 70 }, b = { .object = "fair.bpf.o",
								     .seed = 71 };

	simulate(&a);
	simulate(&b);
	assert_fine(&a);
	assert_fine(&b);
	assert_true(a.ftrace.len != b.ftrace.len ||
		    memcmp(a.ftrace.data, b.ftrace.data, a.ftrace.len));
	run_fini(&a);
	run_fini(&b);
}

static void test_counted_as_told(void **state)
{
	for (u64 seed = 0; seed < 40; seed++) {
		struct run r = { .object = objects[seed % ARRAY_SIZE(objects)], .seed = seed };

		simulate(&r);
		if (r.failed)
			assert_fine(&r);
		if (r.figures_differ)
			fail_msg("%s, seed %llu: figures differ", r.object ?: "eevdf",
				 (unsigned long long)seed);
		run_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_others_differ),
		cmocka_unit_test(test_counted_as_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
