/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A cell from loading to the scheduler's end. */
#ifndef TESTS_SCX_CELL_H
#define TESTS_SCX_CELL_H

#include "fire.h"

enum outcome { LOAD_REFUSED, ATTACH_REFUSED, NOT_CALLED, LIVES, ENDED };

struct result {
	enum outcome outcome;
	char text[16384]; /* the verifier's log, or why it could not be attached, or ended */
};

/*
 * SYSCALL programs are called by PROG_TEST_RUN while a scheduler is attached, those of
 * the other struct_ops by their subsystem.
 */
void run_cell(enum kernel_profile p, enum kfunc_resolution res, const struct cell *c,
	      struct result *r);

#endif
