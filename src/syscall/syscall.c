/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The entry: the attr is copied in, checked against the table of commands, and handed on. */
#include "syscall/impl.h"

struct command {
	u32 end; /* of the last field */
	sys_handler handler;
	s64 refused;
	bool known;
};

#define END_OF(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))
static const struct command commands[__MAX_BPF_CMD] = {
#define CMD(name, last, h) [BPF_##name] = { END_OF(last), h, 0, true },
#define CMD_REFUSED(name, last, err) [BPF_##name] = { END_OF(last), NULL, err, true },
#include "syscall/cmds.def"
#undef CMD
#undef CMD_REFUSED
};

static bool all_zero(const void *p, size_t n)
{
	const u8 *b = p;

	while (n--)
		if (*b++)
			return false;
	return true;
}

/* Copies the attr in; what a newer user space says beyond our own knowledge must be nothing. */
static int read_attr(struct sys_call *s)
{
	int err;

	if (s->size > PAGE_BYTES)
		return -E2BIG;
	err = sys_check_tail(s, s->uattr, sizeof(*s->attr), s->size);
	if (err)
		return err;
	memset(s->attr, 0, sizeof(*s->attr));
	return sys_read(s, s->attr, s->uattr, min(s->size, (u32)sizeof(*s->attr)));
}

int sys_check_runs(struct sys_call *s)
{
	if (!s->c->check_only)
		return 0;
	return err_set(&s->c->err, -EOPNOTSUPP,
		       "programs are only checked against this kernel's BTF, not run");
}

s64 syscall_bpf(struct syscall_ctx *c, int cmd, void *uattr, u32 size)
{
	union bpf_attr attr;
	struct sys_call s = { .c = c, .attr = &attr, .uattr = (u64)(uintptr_t)uattr, .size = size };
	const struct command *row;
	int err;

	c->err.text[0] = '\0';
	err = read_attr(&s);
	if (err)
		return err;
	if (cmd < 0 || cmd >= __MAX_BPF_CMD || !commands[cmd].known)
		return err_set(&c->err, -EINVAL, "unknown bpf(2) command %d", cmd);
	row = &commands[cmd];
	if (!all_zero((u8 *)&attr + row->end, sizeof(attr) - row->end))
		return err_set(&c->err, -EINVAL, "bpf(2) command %d: unknown fields are not zero",
			       cmd);
	return row->handler ? row->handler(&s) : row->refused;
}

/* ---- the rest of a ctx's life ---- */

static struct bpf_prog *prog_from_fd(void *priv, s32 fd)
{
	struct syscall_ctx *c = priv;
	int err;
	struct kobj *k = c->fds->get(c->fds->priv, fd, NULL, &err);

	return k && k->kind == KOBJ_PROG ? container_of(k, struct bpf_prog, obj) : NULL;
}

int syscall_init(struct syscall_ctx *c)
{
	struct kbtf *kernel = (struct kbtf *)calls_kernel_btf(c->calls);

	c->st_ops = (struct st_ops_env){
		.calls = c->calls,
		.prog_from_fd = prog_from_fd,
		.priv = c,
		.err = &c->err,
	};
	return kobj_btf_create(kernel, "vmlinux", c->ids, &c->vmlinux);
}

void syscall_fini(struct syscall_ctx *c)
{
	u32 id = 0;

	while ((id = kobj_next_id(c->ids, KOBJ_MAP, id)))
		st_ops_detach(container_of(kobj_find(c->ids, KOBJ_MAP, id), struct bpf_map, obj));
	if (c->vmlinux)
		kobj_put(&c->vmlinux->obj);
	c->vmlinux = NULL;
}
