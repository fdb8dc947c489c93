/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One case: an annotated program, loaded (and run) in one mode, compared with its spec. */
#ifndef UPSTREAM_CASE_H
#define UPSTREAM_CASE_H

#include "kernel/kernel.h"
#include "spec.h"

/* From best to worst; what `known` calls a kind. */
enum outcome {
	OUT_OK,
	OUT_JITED,	/* expectations of Linux's machine code are not compared with ours */
	OUT_XLATED,	/* the rewritten program is another one */
	OUT_RETVAL,	/* cannot be run, or gives another result */
	OUT_MESSAGE,	/* the log lacks one */
	OUT_REFUSED,	/* must be accepted */
	OUT_NOT_LOADED, /* the verifier was not even asked */
	OUT_ACCEPTED,	/* must be refused */
	NR_OUTCOMES,
};

extern const char *const outcome_names[NR_OUTCOMES];

static inline bool outcome_verdict_ok(enum outcome o)
{
	return o < OUT_REFUSED;
}

struct tried {
	enum outcome outcome;
	int err;	 /* of the load */
	char words[200]; /* about it */
};

/* A kernel per engine; a case that runs is run on both. */
#define NR_ENGINES 2

struct bench {
	struct kernel *kernels[NR_ENGINES];
	char *log; /* LOG_SIZE bytes */
	char file[128];
	const char *path;
};

#define LOG_SIZE (4U << 20)

/* Tries the @nth program of the object, @s its spec. */
void case_try(struct bench *b, int nth, const struct spec *s, enum spec_mode mode,
	      struct tried *out);

#endif
