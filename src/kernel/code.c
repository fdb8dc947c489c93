/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where compiled programs lie, for profilers. */
#include "exec/code.h"
#include "kernel/internal.h"

static void tell(const struct kernel *k, const struct bpf_prog *prog)
{
	const u8 *code;
	u32 size;

	code = exec_code(prog, &size);
	for (u32 i = 0; code && i < prog->nr_subprogs; i++) {
		const struct prog_subprog *s = &prog->subprogs[i];
		u32 start = exec_code_of_subprog(prog, i), end = size;

		if (i + 1 < prog->nr_subprogs)
			end = exec_code_of_subprog(prog, i + 1);
		k->on_code(k->on_code_priv, &(struct kernel_code){
						    .prog = prog->name,
						    .func = s->name && s->name[0] ? s->name : "",
						    .addr = code + start,
						    .size = end - start,
					    });
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
