/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Runs a program to its end and keeps what it wrote. */
#ifndef TESTS_PROC_H
#define TESTS_PROC_H

#include <stdbool.h>
#include <stddef.h>

struct proc_result {
	int status; /* exit status; 128 + N: ended by signal N */
	char *out, *err; /* NUL-terminated */
	size_t out_len, err_len;
};

struct proc_opts {
	bool no_aslr;	      /* as setarch -R does */
	bool no_exec_memory;  /* as systemd's MemoryDenyWriteExecute=: mprotect() may not */
	const char *extra_env; /* "NAME=VALUE" on top of this process's */
	unsigned int seconds; /* ended by SIGALRM after that; 0: 60 */
	const char *until;    /* gets SIGINT when this has come out @times times; NULL: never */
	unsigned int times;
};

#define PROC_NOT_HERE 126 /* status where the host lacks what @o asks for */

/* False if it could not even be started. @argv ends with NULL; @o may be NULL. */
bool proc_run(const char *const *argv, const struct proc_opts *o, struct proc_result *out);
/*
 * The words of a command line, split at spaces outside of single quotes. If
 * SCXLAB_TEST_ENGINE is in the environment, `scxlab run` gets it as its --engine.
 */
bool proc_run_line(const char *line, const struct proc_opts *o, struct proc_result *out);
void proc_result_fini(struct proc_result *r);

/* The contents of a file, NUL-terminated; NULL if it can't be read. */
char *proc_read_file(const char *path, size_t *len);

#endif
