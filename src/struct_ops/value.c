/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The value that user space writes: what it may hold, and the kernel's copy of it. */
#include <stdlib.h>

#include "struct_ops/impl.h"

static bool all_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* Bytes that belong to no member are zero. */
static int check_padding(const struct kbtf *b, const struct btf_type *t, const u8 *data)
{
	const struct btf_member *m = kbtf_members(t);
	u32 end = 0;

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		u32 off = kbtf_member_bit_offset(t, &m[i]) / 8, size;

		if (off > end && !all_zero(data + end, off - end))
			return -EINVAL;
		if (!kbtf_resolve_size(b, m[i].type, &size, NULL))
			return -EINVAL;
		end = off + size;
	}
	return t->size <= end || all_zero(data + end, t->size - end) ? 0 : -EINVAL;
}

int st_ops_check_value(const struct st_ops_map *m, const void *value)
{
	const struct kbtf *b = calls_kernel_btf(m->env->calls);
	const struct common_value *common = value;
	int err = check_padding(b, m->value_type, value);

	if (!err)
		err = check_padding(b, m->type, (const u8 *)value + m->data_off);
	if (err)
		return err_set(m->env->err, err, "struct_ops %s: padding of the value is not zero",
			       m->value.type->name);
	return common->state || common->refcnt ? -EINVAL : 0;
}

static int fill_prog(struct st_ops_map *m, u32 idx, const char *name, u32 off, s32 fd)
{
	u8 *udata = m->uvalue + m->data_off;
	u8 *kdata = m->value.kdata;
	struct bpf_prog *p = m->env->prog_from_fd(m->env->priv, fd);
	u64 id;

	if (!p)
		return err_set(m->env->err, -EBADF, "struct_ops %s: %s: fd %d is no program",
			       m->value.type->name, name, fd);
	if (p->type != BPF_PROG_TYPE_STRUCT_OPS || p->attach_btf_id != m->type_id ||
	    p->expected_attach_type != idx)
		return err_set(m->env->err, -EINVAL,
			       "struct_ops %s: program %s was not loaded for member %s",
			       m->value.type->name, p->name, name);
	m->value.progs[idx] = prog_get(p);
	memcpy(kdata + off, &p, sizeof(p));
	id = p->obj.id;
	memcpy(udata + off, &id, sizeof(id));
	return 0;
}

/* "bad value of timeout_ms: it may be at most 30000" */
static int refuse_member(struct st_ops_map *m, const char *name, int err)
{
	const struct st_ops_type *type = m->value.type;
	char allowed[160] = "";

	if (type->say_allowed)
		type->say_allowed(type->priv, name, allowed, sizeof(allowed));
	return err_set(m->env->err, err, "struct_ops %s: bad value of %s%s%s", type->name, name,
		       allowed[0] ? ": it must be " : "", allowed);
}

static int fill_member(struct st_ops_map *m, u32 idx)
{
	const struct kbtf *b = calls_kernel_btf(m->env->calls);
	const struct st_ops_type *type = m->value.type;
	const struct btf_member *bm = &kbtf_members(m->type)[idx];
	u32 off = kbtf_member_bit_offset(m->type, bm) / 8, size;
	const char *name = kbtf_name(b, bm->name_off);
	const u8 *udata = m->uvalue + m->data_off;
	u64 fd;
	int err = type->init_member(type->priv, m->type, bm, m->value.kdata, udata);

	if (err < 0)
		return refuse_member(m, name, err);
	if (err > 0)
		return 0;
	if (kbtf_resolve_func_ptr(b, bm->type, NULL)) {
		memcpy(&fd, udata + off, sizeof(fd));
		return (s32)fd ? fill_prog(m, idx, name, off, fd) : 0;
	}
	if (!kbtf_resolve_size(b, bm->type, &size, NULL))
		return -EINVAL;
	if (!all_zero(udata + off, size))
		return err_set(m->env->err, -EINVAL, "struct_ops %s: %s must be zero", type->name,
			       name);
	return 0;
}

/* Every kfunc call of every program, for the checks that need all of them. */
static int check_calls(const struct st_ops_map *m, const struct st_ops_view *view)
{
	struct value_call *calls;
	u32 nr = 0;
	int err;

	for (u32 i = 0; i < ST_OPS_MAX_MEMBERS; i++)
		nr += m->value.progs[i] ? m->value.progs[i]->nr_targets : 0;
	calls = calloc(nr + 1, sizeof(*calls));
	if (!calls)
		return -ENOMEM;
	nr = 0;
	for (u32 i = 0; i < ST_OPS_MAX_MEMBERS; i++) {
		const struct bpf_prog *p = m->value.progs[i];

		for (u32 t = 0; p && t < p->nr_targets; t++)
			if (!p->targets[t].is_helper)
				calls[nr++] = (struct value_call){ i, p->name, &p->targets[t] };
	}
	err = calls_check_value(m->env->calls, view, calls, nr, m->env->err);
	free(calls);
	return err;
}

int st_ops_fill(struct st_ops_map *m)
{
	const struct st_ops_type *type = m->value.type;
	struct st_ops_view view = {
		.type = type,
		.btf = calls_kernel_btf(m->env->calls),
		.t = m->type,
		.kdata = m->value.kdata,
	};
	int err;

	for (u32 i = 0; i < kbtf_vlen(m->type); i++) {
		err = fill_member(m, i);
		if (err)
			return err;
		if (m->value.progs[i])
			view.implemented |= BIT_ULL(i);
	}
	err = type->validate ? type->validate(type->priv, &view, m->env->err) : 0;
	return err ?: check_calls(m, &view);
}
