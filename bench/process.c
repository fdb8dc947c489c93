/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * process BUILD: what a user waits for, from the start of the process to its end:
 * a scheduler loaded and attached, a small machine simulated for long, and a sweep
 * with one worker and with two. In brackets, by the CPU time that was used.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR_RUNS 7

extern char **environ;

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* In seconds. */
struct took {
	double wall, cpu;
};

/* What it prints is thrown away. */
static struct took run(const char *const *argv)
{
	posix_spawn_file_actions_t fa;
	double start = now_s();
	struct rusage used;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &fa, NULL, (char **)argv, environ) ||
	    wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "%s %s: failed\n", argv[0], argv[1]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&fa);
	return (struct took){ now_s() - start, seconds(used.ru_utime) + seconds(used.ru_stime) };
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

static struct took median_of(const char *const *argv)
{
	double wall[NR_RUNS], cpu[NR_RUNS];

	run(argv);
	for (int i = 0; i < NR_RUNS; i++) {
		struct took t = run(argv);

		wall[i] = t.wall;
		cpu[i] = t.cpu;
	}
	return (struct took){ median(wall), median(cpu) };
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void start_up(const char *scxlab, const char *object)
{
	const char *argv[] = { scxlab, "run", object, "--duration", "1us", NULL };

	struct took t = median_of(argv);

	printf("load, verify, compile, attach and end: %.1f ms (%.1f), under 30 asked\n",
	       t.wall * 1000, t.cpu * 1000);
}

static void eight_tasks(const char *scxlab, const char *object)
{
	const char *argv[] = { scxlab, "run", object,	    "--cpus",	     "4", "--workload",
			       "eight.json", "--duration", "500s", NULL };

	struct took t;

	put("eight.json", "{ \"tasks\": { \"t\": { \"instance\": 8, \"loop\": -1, \"run\": 2000,"
			  " \"sleep\": 1000 } } }");
	t = median_of(argv);
	printf("8 tasks of 2 ms run, 1 ms sleep on 4 CPUs: %.0f simulated seconds in one (%.0f), "
	       "at least 500 asked\n",
	       500 / t.wall, 500 / t.cpu);
}

static void sweep(const char *scxlab, const char *object)
{
	const char *one[] = { scxlab, "sweep", "spec.json", "--jobs", "1", "--results", "one",
			      NULL };
	const char *two[] = { scxlab, "sweep", "spec.json", "--jobs", "2", "--results", "two",
			      NULL };
	double ratio[NR_RUNS], by_cpu[NR_RUNS];
	char spec[4500];

	snprintf(spec, sizeof(spec),
		 "{ \"schedulers\": [\"eevdf\", \"%s\"], \"workloads\": \"eight.json\","
		 " \"seeds\": { \"from\": 1, \"to\": 20 }, \"duration\": \"30s\" }", object);
	put("spec.json", spec);
	for (int i = 0; i < NR_RUNS; i++) {
		struct took alone, both;

		unlink("one");
		unlink("two");
		alone = run(one);
		both = run(two);
		ratio[i] = alone.wall / both.wall;
		by_cpu[i] = 2 * alone.cpu / both.cpu;
	}
	printf("a sweep of 40 cells, one worker's time over that of two: %.2f (%.2f), at least 1.9 "
	       "asked of two idle CPUs (there are %ld)\n",
	       median(ratio), median(by_cpu), sysconf(_SC_NPROCESSORS_ONLN));
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/scxlab-process-XXXXXX", *build, scxlab[4200], object[4200];

	if (argc != 2 || !(build = realpath(argv[1], NULL)) || !mkdtemp(dir) || chdir(dir)) {
		fprintf(stderr, "usage: process BUILD\n");
		return 1;
	}
	snprintf(scxlab, sizeof(scxlab), "%s/scxlab", build);
	snprintf(object, sizeof(object), "%s/schedulers/scx_simple.bpf.o", build);
	if (access(object, R_OK))
		snprintf(object, sizeof(object), "%s/examples/fair.bpf.o", build);
	printf("%s, medians of %d runs:\n", strrchr(object, '/') + 1, NR_RUNS);
	start_up(scxlab, object);
	eight_tasks(scxlab, object);
	sweep(scxlab, object);
	unlink("eight.json");
	unlink("spec.json");
	unlink("one");
	unlink("two");
	rmdir(dir);
	free(build);
	return 0;
}
