/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/internal.h"

static const struct {
	const char *suffix;
	const struct trace_writer_ops *ops;
} formats[NR_TRACE_FORMATS] = {
#define FORMAT(name, suffix, what) { suffix, &trace_##name##_ops },
#include "trace/formats.def"
#undef FORMAT
};

const char *const trace_state_letters[] = {
#define STATE(state, letters, value) [TRACE_STATE_##state] = letters,
#include "trace/states.def"
#undef STATE
};

const u32 trace_state_values[] = {
#define STATE(state, letters, value) [TRACE_STATE_##state] = value,
#include "trace/states.def"
#undef STATE
};

int trace_format_of(const char *path, struct err_msg *e)
{
	size_t len = strlen(path);

	for (u32 i = 0; i < NR_TRACE_FORMATS; i++) {
		size_t n = strlen(formats[i].suffix);

		if (len > n && !strcmp(path + len - n, formats[i].suffix))
			return i;
	}
	return err_set(e, -EINVAL, "%s: a trace file's name tells its format by its end:"
#define FORMAT(name, suffix, what) " " suffix " (" what ")"
#include "trace/formats.def"
#undef FORMAT
		       , path);
}

int trace_writer_create(enum trace_format format, const struct trace_output *out, u32 nr_cpus,
			struct trace_writer **writer)
{
	const struct trace_writer_ops *ops = formats[format].ops;
	struct trace_writer *w = calloc(1, ops->size);
	int err;

	if (!w)
		return -ENOMEM;
	w->ops = ops;
	w->out = *out;
	w->nr_cpus = nr_cpus;
	w->sink.emit = ops->emit;
	err = ops->init(w);
	if (err) {
		trace_writer_destroy(w);
		return err;
	}
	*writer = w;
	return 0;
}

void trace_writer_destroy(struct trace_writer *w)
{
	if (!w)
		return;
	if (w->ops->fini)
		w->ops->fini(w);
	free(w);
}

struct trace_sink *trace_writer_sink(struct trace_writer *w)
{
	return &w->sink;
}

void trace_flush(struct trace_writer *w)
{
	if (!w->err && w->fill)
		w->err = w->out.write(w->out.priv, w->buf, w->fill);
	w->written += w->fill;
	w->fill = 0;
}

void trace_put(struct trace_writer *w, const void *data, size_t len)
{
	if (w->fill + len > sizeof(w->buf))
		trace_flush(w);
	if (w->err)
		return;
	if (len > sizeof(w->buf)) {
		w->err = w->out.write(w->out.priv, data, len);
		w->written += len;
		return;
	}
	memcpy(w->buf + w->fill, data, len);
	w->fill += len;
}

void trace_printf(struct trace_writer *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace_put(w, text, min((size_t)n, sizeof(text) - 1));
}

int trace_writer_finish(struct trace_writer *w)
{
	w->ops->finish(w);
	trace_flush(w);
	return w->err;
}
