/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * hostile SCXLAB OBJECT WORKLOAD: damaged files given to the program itself. What
 * is cut off, empty or noise ends in a message and exit status 1; what has some
 * bits wrong may even be fine, but never ends in a crash or without a word.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "tap.h"

#define NR_FLIPPED 30

struct file {
	char *data;
	size_t size;
};

struct place {
	const char *scxlab;
	char path[64];
};

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void put(const struct place *p, const char *data, size_t size)
{
	FILE *f = fopen(p->path, "w");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		abort();
}

/* @must_fail: with 1, and nothing else. */
static void give(struct tap *t, const struct place *p, const char *command, bool must_fail,
		 const char *what, size_t nr)
{
	struct proc_result r;
	char line[512];
	bool ok;

	snprintf(line, sizeof(line), "'%s' %s %s", p->scxlab, command, p->path);
	ok = proc_run_line(line, NULL, &r);
	if (must_fail && r.status != 1) {
		tap_note("exit status %d", r.status);
		ok = false;
	} else if (r.status > 4) {
		tap_note("exit status %d", r.status);
		ok = false;
	} else if (r.status == 1 && !r.err[0]) {
		tap_note("it failed without a word");
		ok = false;
	}
	if (!ok)
		tap_note_text(r.err, 20);
	tap_ok(t, ok, "%s: %s %zu", command, what, nr);
	proc_result_fini(&r);
}

static void damage(struct tap *t, const struct place *p, const char *command,
		   const struct file *good)
{
	char *copy = malloc(good->size);
	uint64_t rng = 1;

	put(p, "", 0);
	give(t, p, command, true, "empty", 0);
	for (size_t part = 1; part < 12; part++) {
		put(p, good->data, good->size * part / 12);
		give(t, p, command, true, "cut off at 1/12 times", part);
	}
	for (size_t size = 1; size < 100000; size *= 8) {
		char *noise = malloc(size);

		for (size_t i = 0; i < size; i++)
			noise[i] = next(&rng);
		put(p, noise, size);
		give(t, p, command, true, "noise, bytes:", size);
		free(noise);
	}
	for (size_t i = 0; i < NR_FLIPPED; i++) {
		memcpy(copy, good->data, good->size);
		for (size_t n = 1 + i % 8; n; n--)
			copy[next(&rng) % good->size] ^= 1 << next(&rng) % 8;
		put(p, copy, good->size);
		give(t, p, command, false, "flipped bits, number", i);
	}
	free(copy);
}

int main(int argc, char **argv)
{
	struct place p = { .path = "/tmp/scxlab-hostile-XXXXXX" };
	struct file object = {}, workload = {};
	struct tap t = {};
	int fd;

	if (argc == 4) {
		object.data = proc_read_file(argv[2], &object.size);
		workload.data = proc_read_file(argv[3], &workload.size);
	}
	if (!object.data || !workload.data) {
		fprintf(stderr, "usage: hostile SCXLAB OBJECT WORKLOAD\n");
		return 1;
	}
	fd = mkstemp(p.path);
	close(fd);
	p.scxlab = argv[1];

	damage(&t, &p, "verify", &object);
	damage(&t, &p, "run --duration 20ms", &object);
	damage(&t, &p, "run --scheduler eevdf --duration 20ms --workload", &workload);

	unlink(p.path);
	free(object.data);
	free(workload.data);
	return tap_done(&t);
}
