/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The command line: the only layer that prints, exits, and reads arguments,
 * the environment, clocks and files. One file per command, in commands.def;
 * to add a command, add its row and its cmd_NAME.c.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

enum exit_code {
	CLI_FINE = 0,
	CLI_FAILED = 1,	     /* usage, input or output */
	CLI_REFUSED = 2,     /* a program, or a scheduler for what its programs call */
	CLI_SCHED_ERROR = 3, /* the scheduler exited with an error */
	CLI_STALLED = 4,     /* it let a task stall */
	CLI_CELL_FAILED = 5, /* of a sweep */
	CLI_INTERRUPTED = 6, /* a sweep, which can be gone on with */
};

#define COMMAND(name, what) int cmd_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* A line to @to, or "scxlab: ..." on standard error. */
void cli_verror(FILE *to, const char *fmt, va_list ap);
/* "scxlab: ..." on standard error; returns CLI_FAILED. */
int cli_error(const char *fmt, ...) __printf(1, 2);
/*
 * The same for an error that a layer below reported: the first line of @e's text
 * (what follows are libbpf's warnings, which have been shown when they came), or,
 * without one, @what and the errno.
 */
int cli_failed(const char *what, int err, const struct err_msg *e);
/* Flushes standard output: @code, or CLI_FAILED if it could not be written. */
int cli_finish(int code);

/* "5s", "250ms", "1.5 s": a positive time in ns. -EINVAL with *e. */
int cli_parse_duration(const char *text, struct err_msg *e, u64 *ns);
int cli_parse_u64(const char *text, u64 min, u64 max, struct err_msg *e, u64 *out);

/* The whole of @path ("-": standard input), NUL-terminated; free() it. -errno with *e. */
int cli_read_file(const char *path, struct err_msg *e, char **data, size_t *len);

/* The host's monotonic clock. */
u64 cli_wall_ns(void);

/* The workload of a run that names none: workloads/mixed.json. */
extern const unsigned char cli_builtin_workload[];
extern const unsigned int cli_builtin_workload_len;


#endif
