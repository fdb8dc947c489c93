/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* scx_bpf_exit(), scx_bpf_error(), scx_bpf_dump(): formatted text from BPF. */
#include "helpers/helpers.h"
#include "scx/internal.h"
#include "scx/kfuncs.h"

/* Addresses would differ from run to run. */
#define PTR "(____ptrval____)"
#define FMT_MAX 4096

/*
 * The verifier has seen one byte of a format: its end may lie outside of the
 * program's memory, or nowhere. Bytes read, the NUL among them if there is one.
 */
static u32 read_format(char *text, const char *fmt)
{
	u32 n = 0;

	while (n < FMT_MAX && !probe_read(&text[n], 1, fmt + n))
		if (!text[n++])
			break;
	return n;
}

/* Length of the text, NUL not counted and not limited by @size; or an errno, the error raised. */
static s32 format(struct scx *scx, char *out, size_t size, const char *fmt,
		  const unsigned long long *data, u32 data_size)
{
	u64 args[HELPERS_BSTR_ARGS];
	char text[FMT_MAX];
	int ret;

	if (data_size % 8 || data_size > sizeof(args) || (data_size && !data)) {
		scx_error(scx, bad_data, data_size);
		return -EINVAL;
	}
	if (data_size && (ret = probe_read(args, data_size, data)) < 0) {
		scx_error(scx, read_data, ret);
		return ret;
	}
	ret = helpers_bstr_format(out, size, text, read_format(text, fmt), args, data_size / 8);
	if (ret < 0) {
		scx_error(scx, format, ret);
		return ret;
	}
	return ret - 1;
}

void scx_kf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data_size,
		      struct scx *scx)
{
	char line[SCX_EXIT_MSG_LEN];

	if (format(scx, line, sizeof(line), fmt, data, data_size) >= 0)
		scx_exit_kind(scx, SCX_EXIT_UNREG_BPF, exit_code, bpf_text, line);
}

void scx_kf_error_bstr(char *fmt, unsigned long long *data, u32 data_size, struct scx *scx)
{
	char line[SCX_EXIT_MSG_LEN];

	if (format(scx, line, sizeof(line), fmt, data, data_size) >= 0)
		scx_exit_kind(scx, SCX_EXIT_ERROR_BPF, 0, bpf_text, line);
}

/* A line may be built by several calls; it is written out with its newline. */
void scx_kf_dump_bstr(char *fmt, unsigned long long *data, u32 data_size, struct scx *scx)
{
	struct scx_dump *d = &scx->dump;
	u32 room = sizeof(d->line) - d->cursor, n;
	char text[FMT_MAX];
	s32 len;

	len = format(scx, d->line + d->cursor, room, fmt, data, data_size);
	if (len < 0) {
		n = read_format(text, fmt);
		scx_dump_line(scx, d->out, "%s[!] (\"%.*s\", " PTR ", %u) failed to format (%d)",
			      d->prefix, (int)n, text, data_size, len);
		return;
	}
	d->cursor = min(d->cursor + len, (u32)sizeof(d->line));
	if (!d->cursor)
		return;
	if (d->cursor >= sizeof(d->line) || d->line[d->cursor - 1] == '\n')
		scx_dump_flush(scx);
}

/* Not one of ops.dump*(), but what runs on the CPU of a dump may be part of it. */
void scx_kf_dump_bstr_checked(char *fmt, unsigned long long *data, u32 data_size, struct scx *scx)
{
	if (scx->dump.cpu == (s32)sched_this_cpu(scx->m))
		scx_kf_dump_bstr(fmt, data, data_size, scx);
	else
		scx_error(scx, dump_where);
}
