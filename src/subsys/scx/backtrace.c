/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where in the BPF programs an error was found. Linux has a stack trace of the
 * kernel, in which they are bpf_prog_TAG_NAME+offset/size; here there is no kernel
 * around them, but the line of source that each call is from. Offsets are those of
 * instructions as they run ("verify --dump xlated"), whatever runs them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scx/internal.h"

static const struct prog_subprog *subprog_of(const struct bpf_prog *prog, u32 insn)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++) {
		const struct prog_subprog *s = &prog->subprogs[i];

		if (insn >= s->start && insn < s->start + s->len)
			return s;
	}
	return NULL;
}

static u32 put_symbol(const struct run_pos *pos, char *out, u32 size)
{
	const struct prog_subprog *s = subprog_of(pos->prog, pos->insn);
	u32 start = s ? s->start : 0, len = s ? s->len : pos->prog->len, n = 0;

	n += snprintf(out + n, size - n, "bpf_prog_");
	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		n += snprintf(out + n, size - n, "%02x", pos->prog->tag[i]);
	return n + snprintf(out + n, size - n, "_%.64s+0x%x/0x%x",
			    s && s->name[0] ? s->name : pos->prog->name, 8 * (pos->insn - start),
			    8 * len);
}

static void put_source(const struct run_pos *pos, char *out, u32 size)
{
	const struct prog_line_info *line = prog_line(pos->prog, pos->insn);
	const char *file, *text;

	if (!line || !pos->prog->btf)
		return;
	file = kbtf_name(pos->prog->btf, line->file_name_off) ?: "";
	text = kbtf_name(pos->prog->btf, line->line_off) ?: "";
	file = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	snprintf(out, size, "  %s:%u: %s", file, line->line_col >> 10,
		 text + strspn(text, " \t"));
}

void scx_backtrace_take(struct scx *scx, struct scx_exit_info *ei)
{
	struct scx_backtrace *bt = calloc(1, sizeof(*bt));
	struct run_pos pos[SCX_EXIT_BT_LEN];
	u32 n;

	if (!bt)
		return;
	bt->nr = ei->bt_len = run_backtrace(scx->env, pos, SCX_EXIT_BT_LEN);
	for (u32 i = 0; i < bt->nr; i++) {
		n = put_symbol(&pos[i], bt->line[i], sizeof(bt->line[i]));
		put_source(&pos[i], bt->line[i] + n, sizeof(bt->line[i]) - n);
		/* a number that is the same in each run, unlike the address */
		ei->bt[i] = (unsigned long)pos[i].prog->obj.id << 32 | pos[i].insn;
	}
	free(scx->backtrace);
	scx->backtrace = bt;
}
