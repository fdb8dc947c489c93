/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* struct sched_ext_ops as a struct_ops type. */
#include <ctype.h>
#include <limits.h>

#include "scx/internal.h"

static const struct st_ops_member members[] = {
#define SCX_OP_ROW(member, s, nullable) { .name = #member, .flags = s, .nullable_args = nullable },
#define SCX_OP0(ret, name, ctx, s, nullable, ...) SCX_OP_ROW(name, s, nullable)
#define SCX_OP1(ret, name, ctx, s, nullable, ...) SCX_OP_ROW(name, s, nullable)
#define SCX_OP2(ret, name, ctx, s, nullable, ...) SCX_OP_ROW(name, s, nullable)
#define SCX_OP3(ret, name, ctx, s, nullable, ...) SCX_OP_ROW(name, s, nullable)
#include "scx/ops.def"
#undef SCX_OP_ROW
#undef SCX_OP0
#undef SCX_OP1
#undef SCX_OP2
#undef SCX_OP3
};

static const struct st_ops_writable writable[] = {
	{ "task_struct", "scx.slice" },
	{ "task_struct", "scx.dsq_vtime" },
	{ "task_struct", "scx.disallow" },
};

/* A name as bpf(2) takes them: NUL-terminated, of letters, digits, '_' and '.'. */
static int copy_name(char *dst, const char *src, u32 size)
{
	u32 len = strnlen(src, size);

	if (!len || len == size)
		return -EINVAL;
	for (u32 i = 0; i < len; i++)
		if (!isalnum((unsigned char)src[i]) && src[i] != '_' && src[i] != '.')
			return -EINVAL;
	memset(dst, 0, size);
	memcpy(dst, src, len);
	return 0;
}

static int init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
		       void *kdata, const void *udata)
{
	const struct sched_ext_ops *user = udata;
	struct sched_ext_ops *ops = kdata;

	switch (kbtf_member_bit_offset(t, m) / 8) {
	case offsetof(struct sched_ext_ops, dispatch_max_batch):
		if (user->dispatch_max_batch > INT_MAX)
			return -E2BIG;
		ops->dispatch_max_batch = user->dispatch_max_batch;
		return 1;
	case offsetof(struct sched_ext_ops, flags):
		if (user->flags & ~(u64)SCX_OPS_ALL_FLAGS)
			return -EINVAL;
		ops->flags = user->flags;
		return 1;
	case offsetof(struct sched_ext_ops, name):
		return copy_name(ops->name, user->name, sizeof(ops->name)) ?: 1;
	case offsetof(struct sched_ext_ops, timeout_ms):
		if (user->timeout_ms > SCX_WATCHDOG_MAX_TIMEOUT_MS)
			return -E2BIG;
		ops->timeout_ms = user->timeout_ms;
		return 1;
	case offsetof(struct sched_ext_ops, exit_dump_len):
		ops->exit_dump_len = user->exit_dump_len ?: SCX_EXIT_DUMP_DFL_LEN;
		return 1;
	case offsetof(struct sched_ext_ops, hotplug_seq):
		ops->hotplug_seq = user->hotplug_seq;
		return 1;
	}
	return 0;
}

static int reg(void *priv, struct st_ops_value *v, struct err_msg *e)
{
	int err = scx_enable(priv, v);

	if (err == -EBUSY)
		return err_set(e, err, "sched_ext: another scheduler (%s) is attached",
			       scx_ops_name(priv));
	return err;
}

/* Nothing to do where the scheduler has ended by itself, even if another one runs by now. */
static void unreg(void *priv, struct st_ops_value *v)
{
	struct scx *scx = priv;

	if (scx->value == v)
		scx_exit_now(scx, SCX_EXIT_UNREG);
}

void scx_init_st_ops(struct scx *scx)
{
	scx->type = (struct st_ops_type){
		.name = "sched_ext_ops",
		.members = members,
		.nr_members = ARRAY_SIZE(members),
		.writable = writable,
		.nr_writable = ARRAY_SIZE(writable),
		.priv = scx,
		.init_member = init_member,
		.reg = reg,
		.unreg = unreg,
	};
}
