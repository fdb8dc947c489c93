/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Trace files. A writer is a sink that turns events into bytes of one format
 * and hands them on in large pieces; what is behind (a file, a buffer) is the
 * caller's. The first failure sticks: from then on nothing is written, and
 * trace_writer_finish() reports it.
 */
#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include "machine/trace.h"

struct trace_writer;

struct trace_output {
	/* Takes all of @len bytes: 0, or a negative errno. */
	int (*write)(void *priv, const void *data, size_t len);
	/* Overwrites bytes written before; NULL where that can't be (a pipe). */
	int (*patch)(void *priv, u64 offset, const void *data, size_t len);
	void *priv;
};

enum trace_format {
#define FORMAT(name, suffix, what) TRACE_FORMAT_##name,
#include "trace/formats.def"
#undef FORMAT
	NR_TRACE_FORMATS,
};

/* The format that @path's suffix names, or -EINVAL with *e, which lists them. */
int trace_format_of(const char *path, struct err_msg *e);

/* @out is copied. -ENOMEM. */
int trace_writer_create(enum trace_format format, const struct trace_output *out, u32 nr_cpus,
			struct trace_writer **w);
void trace_writer_destroy(struct trace_writer *w);
struct trace_sink *trace_writer_sink(struct trace_writer *w);
/* Writes what is still buffered. 0, or the first error. */
int trace_writer_finish(struct trace_writer *w);

#endif
