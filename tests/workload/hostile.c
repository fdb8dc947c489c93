/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * hostile FILE...: each workload truncated everywhere and mutated at random (by
 * a fixed seed) must be parsed or refused with a message; the build with
 * sanitizers checks that nothing is read out of bounds or leaked.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "workload/workload.h"

#define MUTANTS 2000

static void ignore(void *priv, const char *text)
{
	*(size_t *)priv += strlen(text);
}

/* False: neither parsed nor explained. */
static bool survives(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct err_msg e = {};
	struct workload *w;
	size_t dumped = 0;
	int err;

	if (!copy)
		abort();
	memcpy(copy, text, len);
	err = workload_parse(copy, len, "w.json", &e, &w);
	free(copy);
	if (err)
		return err == -EINVAL && e.text[0];
	workload_dump(w, ignore, &dumped);
	workload_destroy(w);
	return dumped;
}

static void mutate(struct rng *r, char *text, size_t len)
{
	static const char spice[] = "{}[]\",:'\\/*0-9eE.truefalsn\n\t \x01\xff";

	for (u64 n = 1 + rng_below(r, 4); n; n--) {
		size_t at = rng_below(r, len), from = rng_below(r, len);

		switch (rng_below(r, 3)) {
		case 0:
			text[at] = spice[rng_below(r, sizeof(spice) - 1)];
			break;
		case 1: /* a byte of the text itself: quotes and braces in new places */
			text[at] = text[from];
			break;
		default: /* a piece twice */
			memmove(text + at, text + from,
				min(rng_below(r, 32), (u64)(len - max(at, from))));
		}
	}
}

static bool attack(const char *path, u64 stream)
{
	static char text[65536];
	static char mutant[sizeof(text)];
	FILE *f = fopen(path, "r");
	struct rng r;
	size_t len;

	if (!f)
		return false;
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	rng_init(&r, 1, stream);
	for (size_t i = 0; i < len; i++)
		if (!survives(text, i))
			return false;
	for (int i = 0; i < MUTANTS; i++) {
		memcpy(mutant, text, len);
		mutate(&r, mutant, len);
		if (!survives(mutant, len)) {
			printf("# mutant %d of stream %llu\n", i, (unsigned long long)stream);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		const char *base = strrchr(argv[i], '/');
		bool ok = attack(argv[i], i);

		failed += !ok;
		printf("%sok %d - %s\n", ok ? "" : "not ", i, base ? base + 1 : argv[i]);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
