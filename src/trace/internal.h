/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The writers' common part. How to add a format: a row in formats.def, and its ops. */
#ifndef TRACE_INTERNAL_H
#define TRACE_INTERNAL_H

#include "trace/writer.h"

#define TRACE_BUFFER_SIZE 65536

struct trace_writer_ops {
	size_t size; /* of the format's own struct, which begins with struct trace_writer */
	int (*init)(struct trace_writer *w);	/* may write a head */
	void (*emit)(struct trace_sink *s, const struct trace_event *ev);
	void (*finish)(struct trace_writer *w);
	void (*fini)(struct trace_writer *w);	/* NULL: nothing to free */
};

struct trace_writer {
	struct trace_sink sink;
	const struct trace_writer_ops *ops;
	struct trace_output out;
	u32 nr_cpus;
	int err;
	u64 written; /* handed on */
	size_t fill;
	char buf[TRACE_BUFFER_SIZE];
};

#define FORMAT(name, suffix, what) extern const struct trace_writer_ops trace_##name##_ops;
#include "trace/formats.def"
#undef FORMAT

void trace_put(struct trace_writer *w, const void *data, size_t len);
void trace_printf(struct trace_writer *w, const char *fmt, ...) __printf(2, 3);
void trace_flush(struct trace_writer *w);

/* @len bytes of the buffer, to be filled up to where trace_used() says. */
static inline char *trace_room(struct trace_writer *w, size_t len)
{
	if (w->fill + len > sizeof(w->buf))
		trace_flush(w);
	return w->buf + w->fill;
}

static inline void trace_used(struct trace_writer *w, const char *end)
{
	w->fill = (size_t)(end - w->buf);
}

extern const char *const trace_state_letters[];
extern const u32 trace_state_values[];

#endif
