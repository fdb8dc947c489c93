/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * struct bpf_dummy_ops: what Linux tests struct_ops with (net/bpf). Programs for it
 * are checked; a value of it cannot be attached to anything.
 */
#include "calls/st_ops.h"
#include "kernel/internal.h"

static const struct st_ops_member members[] = {
	{ "test_1", 0, BIT(0) },
	{ "test_2", 0, 0 },
	{ "test_sleepable", ST_OPS_SLEEPABLE, 0 },
	{ "test_unsupported_field_sleepable", ST_OPS_UNSUPPORTED, 0 },
};

static const struct st_ops_writable writable[] = {
	{ "bpf_dummy_ops_state", "val" },
};

/* It has no data. */
static int init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
		       void *kdata, const void *udata)
{
	return 0;
}

static int refuse(void *priv, struct st_ops_value *v, struct err_msg *e)
{
	return err_set(e, -EOPNOTSUPP, "bpf_dummy_ops cannot be attached");
}

static void nothing(void *priv, struct st_ops_value *v)
{
}

static const struct st_ops_type dummy_ops = {
	.name = "bpf_dummy_ops",
	.members = members,
	.nr_members = ARRAY_SIZE(members),
	.writable = writable,
	.nr_writable = ARRAY_SIZE(writable),
	.init_member = init_member,
	.reg = refuse,
	.unreg = nothing,
};

int kernel_register_dummy_ops(struct calls *c, struct err_msg *e)
{
	return calls_register_st_ops(c, &dummy_ops, e);
}
