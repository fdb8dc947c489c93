/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verifier BUILD: large programs of Linux's selftests (bench/verifier-objects)
 * through our verifier and through that of the kernel that runs here, where
 * bpf(2) may be used: instructions processed, and time for each.
 *
 * Ours is CPU time of PROG_LOAD for the interpreter; the other's is what it says
 * of itself ("verification time"), which a busy machine makes longer. The least of
 * NR_RUNS counts.
 */
#include <bpf/libbpf.h>
#include <glob.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "kernel/kernel.h"
#include "machine/topology.h"
#include "shim/shim.h"

#define NR_RUNS 3
#define LOG_SIZE (1U << 20)

struct cost {
	int err;
	u32 insns;
	double ns; /* of all */
};

static char *log_buf;
static double load_ns; /* of the PROG_LOAD that came last */

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static long timed_bpf(void *priv, struct kernel *k, int cmd, void *attr, unsigned int size)
{
	double begin = now_ns();
	long ret = kernel_bpf(k, cmd, attr, size);

	if (cmd == BPF_PROG_LOAD)
		load_ns = now_ns() - begin;
	return ret;
}

/* The number after @text in the log, which is its statistics alone. */
static double after(const char *text)
{
	const char *at = strstr(log_buf, text);

	return at ? strtod(at + strlen(text), NULL) : 0;
}

static void load_once(const char *path, struct kernel *k, struct cost *c)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog = obj ? bpf_object__next_program(obj, NULL) : NULL;
	double ns;

	if (!prog) {
		c->err = -ENOENT;
		return;
	}
	log_buf[0] = '\0';
	bpf_program__set_log_buf(prog, log_buf, LOG_SIZE);
	bpf_program__set_log_level(prog, 4);
	c->err = bpf_object__load(obj);
	c->insns = (u32)after("processed ");
	ns = k ? load_ns : after("verification time ") * 1000;
	if (!c->ns || ns < c->ns)
		c->ns = ns;
	bpf_object__close(obj);
}

static void measure(const char *path, struct kernel *k, struct cost *c)
{
	*c = (struct cost){};
	shim_bind(k);
	if (k)
		shim_intercept_bpf(timed_bpf, NULL);
	for (int i = 0; i < NR_RUNS; i++)
		load_once(path, k, c);
	if (k)
		shim_intercept_bpf(NULL, NULL);
	shim_bind(NULL);
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static void print_row(const char *name, const struct cost *a, const struct cost *b)
{
	printf("%-24s %9u %7.0f", name, a->insns, a->insns ? a->ns / a->insns : 0);
	if (b->insns)
		printf(" %9u %7.0f   %5.2f %5.2f", b->insns, b->ns / b->insns,
		       (double)a->insns / b->insns, a->ns / a->insns / (b->ns / b->insns));
	printf("%s\n", !a->err == !b->err || !b->insns ? "" :
		       a->err ? "  refused, Linux accepts" : "  accepted, Linux refuses");
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void run(const glob_t *objects, struct kernel *k)
{
	struct cost sum_a = {}, sum_b = {};
	struct rusage usage;

	printf("%-24s %9s %7s %9s %7s   %s\n", "", "ours", "ns each", "Linux's", "ns each",
	       "ratios: insns, ns each");
	for (size_t i = 0; i < objects->gl_pathc; i++) {
		struct cost a, b;

		measure(objects->gl_pathv[i], k, &a);
		measure(objects->gl_pathv[i], NULL, &b);
		print_row(base_name(objects->gl_pathv[i]), &a, &b);
		if (!b.insns || a.err || b.err)
			continue;
		sum_a.insns += a.insns;
		sum_a.ns += a.ns;
		sum_b.insns += b.insns;
		sum_b.ns += b.ns;
	}
	print_row("accepted by both", &sum_a, &sum_b);
	getrusage(RUSAGE_SELF, &usage);
	printf("memory: %ld MiB at most\n", usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
	struct kernel_config cfg = { .seed = 1, .engine = KERNEL_ENGINE_INTERPRETER };
	struct topology *topology;
	struct kernel *k;
	struct err_msg e;
	char pattern[4096];
	glob_t objects;

	snprintf(pattern, sizeof(pattern), "%s/bench/large/*.o", argc > 1 ? argv[1] : ".");
	if (glob(pattern, 0, NULL, &objects)) {
		printf("skipped: no objects, see bench/verifier-objects\n");
		return 0;
	}
	log_buf = malloc(LOG_SIZE);
	libbpf_set_print(no_print);
	if (!log_buf || topology_create("1", &e, &topology))
		return 1;
	cfg.topology = topology;
	if (kernel_create(&cfg, &e, &k))
		return 1;
	run(&objects, k);
	kernel_destroy(k);
	topology_destroy(topology);
	globfree(&objects);
	free(log_buf);
	return 0;
}
