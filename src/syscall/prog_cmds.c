/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* PROG_BIND_MAP and PROG_TEST_RUN. */
#include <stdlib.h>

#include "syscall/impl.h"

s64 sys_prog_bind_map(struct sys_call *s)
{
	struct bpf_map **maps, *map;
	struct bpf_prog *p;
	int err = 0;

	if (s->attr->prog_bind_map.flags)
		return -EINVAL;
	p = sys_prog(s, s->attr->prog_bind_map.prog_fd, &err);
	if (!p)
		return err;
	map = sys_map(s, s->attr->prog_bind_map.map_fd, NULL, &err);
	if (!map)
		return err;
	for (u32 i = 0; i < p->nr_used_maps; i++)
		if (p->used_maps[i] == map)
			return 0;
	maps = reallocarray(p->used_maps, p->nr_used_maps + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	p->used_maps = maps;
	maps[p->nr_used_maps++] = map_get(map);
	return 0;
}

/*
 * A SYSCALL program runs on a context of the caller's, which it gets back. The
 * verifier bounds accesses by the largest size that a context can have, so that
 * is what the program runs on.
 */
static s64 run_syscall_prog(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	u32 size = a->test.ctx_size_in;
	void *ctx;
	u32 retval;
	int err;

	if (a->test.data_in || a->test.data_out || a->test.ctx_out || a->test.duration ||
	    a->test.repeat || a->test.flags || a->test.batch_size)
		return -EINVAL;
	if (size > UINT16_MAX)
		return -EINVAL;
	ctx = calloc(1, UINT16_MAX + 8);
	if (!ctx)
		return -ENOMEM;
	err = sys_read(s, ctx, a->test.ctx_in, size);
	if (!err) {
		retval = s->c->run(s->c->priv, p, ctx);
		err = sys_write(s, a->test.ctx_in, ctx, size);
		if (!err)
			err = sys_put(s, test.retval, retval);
	}
	free(ctx);
	return err;
}

s64 sys_prog_test_run(struct sys_call *s)
{
	const union bpf_attr *a = s->attr;
	struct bpf_prog *p;
	int err = 0;

	if (!a->test.ctx_size_in != !a->test.ctx_in || !a->test.ctx_size_out != !a->test.ctx_out)
		return -EINVAL;
	p = sys_prog(s, a->test.prog_fd, &err);
	if (!p)
		return err;
	if (p->type != BPF_PROG_TYPE_SYSCALL || !s->c->run)
		return -ENOTSUPP;
	return run_syscall_prog(s, p);
}
