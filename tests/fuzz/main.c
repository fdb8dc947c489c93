/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_FILES 64
#define MAX_SIZE (1 << 20)
#define CASE_SECONDS 60

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* What asks for more memory than there is gets NULL, as without a sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

struct input {
	uint8_t *data;
	size_t size;
};

/* What the handlers of a dying process need to know. */
static struct {
	struct input input;
	const char *target;
	unsigned long nr;
} current;

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* ---- a case that fails is kept ---- */

static void keep(void)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/%s-%lu.crash", current.target, current.nr);
	f = fopen(path, "w");
	if (f) {
		fwrite(current.input.data, 1, current.input.size, f);
		fclose(f);
	}
	fprintf(stderr, "case %lu of %s, kept in %s\n", current.nr, current.target, path);
}

static void on_signal(int sig)
{
	keep();
	fprintf(stderr, "ended by %s\n", strsignal(sig));
	_exit(1);
}

static void watch(void)
{
	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(keep);
	} else {
		/* SIGSEGV is the loads' of BPF programs: the stubs hand ours on. */
		signal(SIGSEGV, on_signal);
		signal(SIGBUS, on_signal);
		signal(SIGFPE, on_signal);
		signal(SIGABRT, on_signal);
	}
	signal(SIGALRM, on_signal);
}

static void run(const struct input *in)
{
	/* On the heap, and no byte more: so that what reads beyond is caught. */
	current.input = (struct input){ malloc(in->size ? in->size : 1), in->size };
	memcpy(current.input.data, in->data, in->size);
	alarm(CASE_SECONDS);
	LLVMFuzzerTestOneInput(current.input.data, current.input.size);
	alarm(0);
	free(current.input.data);
	current.nr++;
}

/* ---- mutants ---- */

static void overwrite(struct input *m, uint64_t *rng, size_t width)
{
	static const uint64_t numbers[] = { 0,	    1,		 2,	     0x7f,
					    0x80,   0xff,	 0x7fff,     0xffff,
					    0x10000, 0x7fffffff, 0x80000000, UINT64_MAX };
	uint64_t v = next(rng) % 2 ? next(rng) : numbers[next(rng) % 12];

	if (m->size >= width)
		memcpy(m->data + next(rng) % (m->size - width + 1), &v, width);
}

static void delete(struct input *m, uint64_t *rng)
{
	size_t at = next(rng) % m->size, len = 1 + next(rng) % 64;

	if (len > m->size - at)
		len = m->size - at;
	memmove(m->data + at, m->data + at + len, m->size - at - len);
	m->size -= len;
}

static void duplicate(struct input *m, uint64_t *rng)
{
	size_t from = next(rng) % m->size, len = 1 + next(rng) % 64, at = next(rng) % m->size;

	if (len > m->size - from)
		len = m->size - from;
	if (m->size + len > MAX_SIZE)
		return;
	memmove(m->data + at + len, m->data + at, m->size - at);
	memmove(m->data + at, m->data + from + (from >= at ? len : 0), len);
	m->size += len;
}

static void mutate_once(struct input *m, uint64_t *rng)
{
	static const size_t widths[] = { 1, 2, 4, 8 };

	if (!m->size)
		return;
	switch (next(rng) % 16) {
	case 0:
		m->size = next(rng) % m->size;
		break;
	case 1:
		delete(m, rng);
		break;
	case 2:
		duplicate(m, rng);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		m->data[next(rng) % m->size] ^= 1 << next(rng) % 8;
		break;
	default:
		overwrite(m, rng, widths[next(rng) % 4]);
	}
}

static void make_mutant(struct input *m, const struct input *parents, int nr, uint64_t *rng,
			size_t len)
{
	const struct input *parent = nr ? &parents[next(rng) % nr] : NULL;

	if (!parent || next(rng) % 32 == 0) {
		m->size = next(rng) % len;
		for (size_t i = 0; i < m->size; i++)
			m->data[i] = next(rng);
		return;
	}
	memcpy(m->data, parent->data, parent->size);
	m->size = parent->size;
	for (int i = 1 + next(rng) % 4; i; i--)
		mutate_once(m, rng);
}

/* ---- the command line ---- */

static void read_input(const char *path, struct input *in)
{
	FILE *f = fopen(path, "r");

	in->data = malloc(MAX_SIZE);
	if (!f || !in->data) {
		perror(path);
		exit(1);
	}
	in->size = fread(in->data, 1, MAX_SIZE, f);
	fclose(f);
}

int main(int argc, char **argv)
{
	struct input parents[MAX_FILES], mutant = { .data = malloc(2 * MAX_SIZE) };
	unsigned long runs = 0, seed = 1, len = 512;
	uint64_t rng;
	int nr = 0;

	current.target = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "-runs=%lu", &runs) == 1 ||
		    sscanf(argv[i], "-seed=%lu", &seed) == 1 ||
		    sscanf(argv[i], "-len=%lu", &len) == 1)
			continue;
		if (argv[i][0] == '-' || nr == MAX_FILES) {
			fprintf(stderr, "usage: %s [-runs=N] [-seed=N] [-len=N] [FILE]...\n",
				argv[0]);
			return 1;
		}
		read_input(argv[i], &parents[nr++]);
	}
	watch();
	run(&(struct input){ .data = (uint8_t *)"" });
	for (int i = 0; i < nr; i++)
		run(&parents[i]);
	rng = seed;
	for (unsigned long i = 0; i < runs; i++) {
		make_mutant(&mutant, parents, nr, &rng, len);
		run(&mutant);
	}
	printf("%lu cases of %s\n", current.nr, current.target);
	for (int i = 0; i < nr; i++)
		free(parents[i].data);
	free(mutant.data);
	return 0;
}
