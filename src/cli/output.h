/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where output goes: trace files, and libbpf's messages. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include "trace/writer.h"

/* Creates the file; the format follows from its name. -errno with *e. */
int output_open_trace(const char *path, u32 nr_cpus, struct err_msg *e, FILE **file,
		      struct trace_writer **w);
/* Completes and closes it; sets both to NULL. The first error, with *e. */
int output_close_trace(const char *path, struct err_msg *e, FILE **file, struct trace_writer **w);

/* libbpf's warnings to standard error from now on. */
void output_show_messages(void);

#endif
