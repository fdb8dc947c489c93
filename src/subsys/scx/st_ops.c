/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* struct sched_ext_ops as a struct_ops type. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>

#include "scx/internal.h"

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

/* ---- members that are data, by name: their offsets are the profile's ---- */

#define DATA(member)                                                                               \
	{                                                                                          \
		#member, offsetof(struct sched_ext_ops, member),                                   \
			sizeof(((struct sched_ext_ops *)NULL)->member)                             \
	}
static const struct data_member {
	const char *name;
	u32 offset, size; /* in struct scx's copy */
} data_members[] = {
	DATA(dispatch_max_batch),
	DATA(flags),
	DATA(timeout_ms),
	DATA(exit_dump_len),
	DATA(hotplug_seq),
	DATA(sub_cgroup_id),
	DATA(name),
};
#undef DATA

/* By name or, without a kernel BTF, by its place in our own layout. */
static const struct data_member *find_data(const struct scx *scx, const struct btf_type *t,
					   const struct btf_member *m)
{
	const char *name = scx->kernel ? kbtf_name(scx->kernel, m->name_off) : NULL;
	u32 offset = kbtf_member_bit_offset(t, m) / 8;

	for (u32 i = 0; i < ARRAY_SIZE(data_members); i++) {
		const struct data_member *d = &data_members[i];

		if (name ? !strcmp(d->name, name) : d->offset == offset)
			return d;
	}
	return NULL;
}

/* What a member may be, as Linux has it. @ops holds nothing but that member. */
static int check_data(const struct scx *scx, const struct data_member *d,
		      struct sched_ext_ops *ops)
{
	char name[SCX_OPS_NAME_LEN];

	switch (d->offset) {
	case offsetof(struct sched_ext_ops, dispatch_max_batch):
		return ops->dispatch_max_batch > INT_MAX ? -E2BIG : 0;
	case offsetof(struct sched_ext_ops, flags):
		return ops->flags & ~scx->tables->ops_flags ? -EINVAL : 0;
	case offsetof(struct sched_ext_ops, timeout_ms):
		return ops->timeout_ms > SCX_WATCHDOG_MAX_TIMEOUT_MS ? -E2BIG : 0;
	case offsetof(struct sched_ext_ops, exit_dump_len):
		ops->exit_dump_len = ops->exit_dump_len ?: SCX_EXIT_DUMP_DFL_LEN;
		return 0;
	case offsetof(struct sched_ext_ops, name):
		memcpy(name, ops->name, sizeof(name));
		return copy_name(ops->name, name, sizeof(name));
	}
	return 0;
}

static void say_allowed(void *priv, const char *member, char *buf, size_t size)
{
	const struct scx *scx = priv;

	if (!strcmp(member, "name"))
		snprintf(buf, size, "1 to %d letters, digits, '_' or '.'", SCX_OPS_NAME_LEN - 1);
	else if (!strcmp(member, "flags"))
		snprintf(buf, size, "flags that this kernel knows, of 0x%llx",
			 (unsigned long long)scx->tables->ops_flags);
	else if (!strcmp(member, "timeout_ms"))
		snprintf(buf, size, "at most %d", SCX_WATCHDOG_MAX_TIMEOUT_MS);
	else if (!strcmp(member, "dispatch_max_batch"))
		snprintf(buf, size, "at most %d", INT_MAX);
}

static int init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
		       void *kdata, const void *udata)
{
	const struct scx *scx = priv;
	const struct data_member *d = find_data(scx, t, m);
	u32 offset = kbtf_member_bit_offset(t, m) / 8;
	struct sched_ext_ops ops = { 0 };
	int err;

	if (!d)
		return 0;
	memcpy((u8 *)&ops + d->offset, (const u8 *)udata + offset, d->size);
	err = check_data(scx, d, &ops);
	if (err)
		return err;
	memcpy((u8 *)kdata + offset, (const u8 *)&ops + d->offset, d->size);
	return 1;
}

/* What can be said of the whole only; 6.12 says the first when it enables the scheduler. */
static int validate(void *priv, const struct st_ops_view *v, struct err_msg *e)
{
	const struct scx *scx = priv;
	u64 flags = st_ops_u64(v, "flags");

	if (scx->resolution == KFUNC_AT_LOAD && (flags & SCX_OPS_ENQ_LAST) &&
	    !st_ops_has(v, "enqueue"))
		return err_set(e, -EINVAL,
			       "sched_ext: SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented");
	if (st_ops_has(v, "sub_attach") || st_ops_has(v, "sub_detach") ||
	    st_ops_u64(v, "sub_cgroup_id"))
		return err_set(e, -EOPNOTSUPP,
			       "sched_ext: sub-schedulers (ops.sub_attach, ops.sub_detach, "
			       "ops.sub_cgroup_id) are not built");
	return 0;
}

/* ---- from the kernel's layout to ours ---- */

static void bind_member(struct scx *scx, u32 idx, const char *name)
{
	static const char *const names[] = {
#define SCX_OP_ROW(name) [SCX_OP_##name] = #name,
#define SCX_OP0(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP1(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP2(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP3(ret, name, ...) SCX_OP_ROW(name)
#define SCX_OP4(ret, name, ...) SCX_OP_ROW(name)
#include "scx/ops.def"
#undef SCX_OP_ROW
#undef SCX_OP0
#undef SCX_OP1
#undef SCX_OP2
#undef SCX_OP3
#undef SCX_OP4
	};

	scx->op_of[idx] = SCX_NR_OPS;
	for (u32 op = 0; op < SCX_NR_OPS; op++)
		if (!strcmp(names[op], name))
			scx->op_of[idx] = op;
}

/* NULL: no kernel BTF, and so our own layout. */
static const struct btf_type *ops_type(const struct scx *scx)
{
	s32 id = scx->kernel ? kbtf_find(scx->kernel, "sched_ext_ops", BTF_KIND_STRUCT) : -ENOENT;

	return id < 0 ? NULL : kbtf_type(scx->kernel, id);
}

static void bind_members(struct scx *scx)
{
	const struct btf_type *t = ops_type(scx);

	for (u32 i = 0; i < ST_OPS_MAX_MEMBERS; i++)
		scx->op_of[i] = min(i, (u32)SCX_NR_OPS);
	for (u32 i = 0; t && i < ST_OPS_MAX_MEMBERS; i++)
		bind_member(scx, i, i < kbtf_vlen(t) ?
			    kbtf_name(scx->kernel, kbtf_members(t)[i].name_off) : "");
}

void scx_read_value(struct scx *scx, const struct st_ops_value *v)
{
	const struct btf_type *t = ops_type(scx);

	memset(scx->progs, 0, sizeof(scx->progs));
	scx->ops = (struct sched_ext_ops){ 0 };
	for (u32 i = 0; i < ST_OPS_MAX_MEMBERS; i++)
		if (v->progs[i] && scx->op_of[i] < SCX_NR_OPS)
			scx->progs[scx->op_of[i]] = v->progs[i];
	if (!t)
		scx->ops = *(const struct sched_ext_ops *)v->kdata;
	for (u32 i = 0; t && i < kbtf_vlen(t); i++) {
		const struct btf_member *m = &kbtf_members(t)[i];
		const struct data_member *d = find_data(scx, t, m);

		if (d)
			memcpy((u8 *)&scx->ops + d->offset,
			       (const u8 *)v->kdata + kbtf_member_bit_offset(t, m) / 8, d->size);
	}
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
	bind_members(scx);
	scx->type = (struct st_ops_type){
		.name = "sched_ext_ops",
		.members = scx->tables->members,
		.nr_members = scx->tables->nr_members,
		.writable = writable,
		.nr_writable = ARRAY_SIZE(writable),
		.priv = scx,
		.init_member = init_member,
		.say_allowed = say_allowed,
		.validate = validate,
		.reg = reg,
		.unreg = unreg,
	};
}
