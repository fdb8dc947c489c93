/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* BTF_LOAD. */
#include <stdlib.h>

#include "kobj/record.h"
#include "syscall/impl.h"

#define BTF_SIZE_MAX (16u << 20)

/* Keeps as much of the text as the caller can get: its beginning, or its end. */
struct text {
	char *buf;
	u64 len, room;
	u64 all; /* bytes written so far */
	u32 want;
	bool head, failed;
};

static void text_write(void *priv, const char *more)
{
	struct text *t = priv;
	size_t n = strlen(more);

	t->all += n;
	if (t->head && t->len >= t->want)
		return;
	if (!t->head && t->len > 2 * (u64)t->want + 65536) {
		memmove(t->buf, t->buf + t->len - t->want, t->want);
		t->len = t->want;
	}
	if (t->len + n + 1 > t->room) {
		u64 room = 2 * t->room + n + 4096;
		char *buf = realloc(t->buf, room);

		if (!buf) {
			t->failed = true;
			return;
		}
		t->buf = buf;
		t->room = room;
	}
	memcpy(t->buf + t->len, more, n + 1);
	t->len += n;
}

static int finish_log(struct sys_call *s, const struct text *t)
{
	const union bpf_attr *a = s->attr;
	u32 size = a->btf_log_level ? min(t->all + 1, (u64)UINT32_MAX) : 0;
	int err = 0;

	if (a->btf_log_level && t->all)
		err = sys_copy_log(s, a->btf_log_level, a->btf_log_buf, a->btf_log_size, t->buf,
				   t->len);
	if (!err && a->btf_log_buf && t->all + 1 > a->btf_log_size)
		err = -ENOSPC;
	if (sys_put(s, btf_log_true_size, size))
		err = -EFAULT;
	return err;
}

static int parse(struct sys_call *s, const void *data, struct kbtf **out)
{
	const union bpf_attr *a = s->attr;
	struct text t = { .want = a->btf_log_size, .head = a->btf_log_level & BPF_LOG_FIXED };
	struct kbtf_log log = { .write = text_write, .priv = &t, .level = a->btf_log_level };
	int err, log_err;

	err = kbtf_parse(data, a->btf_size, false, &log, out);
	if (!err) {
		err = record_check_btf(*out, calls_kernel_btf(s->c->calls));
		if (err)
			kbtf_put(*out);
	}
	log_err = t.failed ? -ENOMEM : finish_log(s, &t);
	free(t.buf);
	if (log_err && !err)
		kbtf_put(*out);
	return log_err ? log_err : err;
}

s64 sys_btf_load(struct sys_call *s)
{
	const union bpf_attr *a = s->attr;
	struct btf_obj *obj;
	struct kbtf *btf;
	void *data;
	s64 err;

	if (a->btf_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	if (a->btf_flags & BPF_F_TOKEN_FD)
		return -EBADF; /* no tokens, so none has that fd */
	if (!s->c->cap_bpf)
		return -EPERM;
	if (a->btf_size > BTF_SIZE_MAX)
		return -E2BIG;
	err = sys_check_log(a->btf_log_level, a->btf_log_buf, a->btf_log_size);
	if (err)
		return err;
	err = sys_dup(s, a->btf, a->btf_size, &data);
	if (err)
		return err;
	err = parse(s, data, &btf);
	free(data);
	if (err)
		return err;
	err = kobj_btf_create(btf, "", s->c->ids, &obj);
	kbtf_put(btf);
	if (err)
		return err;
	err = sys_install(s, &obj->obj, 0);
	kobj_put(&obj->obj);
	return err;
}
