/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/cli.h"
#include "cli/output.h"
#include "loader/loader.h"

static int write_file(void *priv, const void *data, size_t len)
{
	return fwrite(data, 1, len, priv) == len ? 0 : -errno;
}

static int patch_file(void *priv, u64 offset, const void *data, size_t len)
{
	FILE *f = priv;

	if (fseeko(f, offset, SEEK_SET) || fwrite(data, 1, len, f) != len ||
	    fseeko(f, 0, SEEK_END))
		return -errno;
	return 0;
}

int output_open_trace(const char *path, u32 nr_cpus, struct err_msg *e, FILE **file,
		      struct trace_writer **w)
{
	struct trace_output out = { .write = write_file };
	int format = trace_format_of(path, e), err;
	FILE *f;

	if (format < 0)
		return format;
	f = fopen(path, "w");
	if (!f)
		return err_set(e, -errno, "%s: %m", path);
	out.priv = f;
	if (!fseeko(f, 0, SEEK_SET))
		out.patch = patch_file;
	setvbuf(f, NULL, _IONBF, 0); /* the writer's buffer is enough */
	err = trace_writer_create(format, &out, nr_cpus, w);
	if (err) {
		fclose(f);
		return err_set(e, err, "%s: out of memory", path);
	}
	*file = f;
	return 0;
}

int output_close_trace(const char *path, struct err_msg *e, FILE **file, struct trace_writer **w)
{
	int err = trace_writer_finish(*w);

	if (fclose(*file) && !err)
		err = -errno;
	trace_writer_destroy(*w);
	*file = NULL;
	*w = NULL;
	return err ? err_set(e, err, "%s: %s", path, strerror(-err)) : 0;
}

static void print_message(void *priv, int level, const char *text)
{
	if (level == 0)
		fputs(text, stderr);
}

void output_show_messages(void)
{
	static const struct loader_messages msgs = { .print = print_message };

	loader_set_messages(&msgs);
}
