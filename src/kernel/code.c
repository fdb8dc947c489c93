/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where compiled programs lie, for profilers. */
#include <stdlib.h>

#include "exec/code.h"
#include "kernel/internal.h"

/* *nr of them, to be freed; NULL where there are none, or no memory. */
static struct kernel_code_line *lines_of(const struct bpf_prog *prog, u32 subprog, u32 *nr)
{
	const struct prog_subprog *s = &prog->subprogs[subprog];
	u32 start = exec_code_of_subprog(prog, subprog);
	struct kernel_code_line *lines;

	*nr = 0;
	if (!prog->btf || !prog->nr_line_info)
		return NULL;
	lines = calloc(prog->nr_line_info, sizeof(*lines));
	for (u32 i = 0; lines && i < prog->nr_line_info; i++) {
		const struct prog_line_info *l = &prog->line_info[i];

		if (l->insn_off - s->start < s->len)
			lines[(*nr)++] = (struct kernel_code_line){
				.offset = exec_code_of_insn(prog, l->insn_off) - start,
				.file = kbtf_name(prog->btf, l->file_name_off) ?: "",
				.line = l->line_col >> 10,
			};
	}
	return lines;
}

static void tell(const struct kernel *k, const struct bpf_prog *prog)
{
	const u8 *code;
	u32 size;

	code = exec_code(prog, &size);
	for (u32 i = 0; code && i < prog->nr_subprogs; i++) {
		const struct prog_subprog *s = &prog->subprogs[i];
		u32 start = exec_code_of_subprog(prog, i), end = size, nr_lines;
		struct kernel_code_line *lines = lines_of(prog, i, &nr_lines);

		if (i + 1 < prog->nr_subprogs)
			end = exec_code_of_subprog(prog, i + 1);
		k->on_code(k->on_code_priv, &(struct kernel_code){
						    .prog = prog->name,
						    .func = s->name && s->name[0] ? s->name : "",
						    .addr = code + start,
						    .size = end - start,
						    .lines = lines,
						    .nr_lines = nr_lines,
					    });
		free(lines);
	}
}

static int prepare(void *priv, struct bpf_prog *prog, struct err_msg *e)
{
	const struct kernel *k = priv;
	int err = exec_prepare(prog, k->engine, e);

	if (!err && k->on_code)
		tell(k, prog);
	return err;
}

void kernel_on_code(struct kernel *k, void (*cb)(void *priv, const struct kernel_code *c),
		    void *priv)
{
	k->on_code = cb;
	k->on_code_priv = priv;
	k->syscall.prepare = prepare;
}
