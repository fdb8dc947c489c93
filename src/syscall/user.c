/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The caller's memory, its descriptors, and the small checks that many commands share. */
#include <ctype.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "syscall/impl.h"

/* ---- this process as the caller ---- */

/* The kernel copies, and so finds out about bad addresses for us. */
static int self_read(void *priv, void *dst, u64 src, size_t size)
{
	struct iovec to = { dst, size }, from = { (void *)(uintptr_t)src, size };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static int self_write(void *priv, u64 dst, const void *src, size_t size)
{
	struct iovec from = { (void *)(uintptr_t)src, size }, to = { (void *)(uintptr_t)dst, size };

	return process_vm_writev(getpid(), &from, 1, &to, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

const struct user_mem user_mem_self = { .read = self_read, .write = self_write };

/* ---- copies ---- */

int sys_read(struct sys_call *s, void *dst, u64 src, size_t size)
{
	return size ? s->c->mem->read(s->c->mem->priv, dst, src, size) : 0;
}

int sys_write(struct sys_call *s, u64 dst, const void *src, size_t size)
{
	return size ? s->c->mem->write(s->c->mem->priv, dst, src, size) : 0;
}

int sys_dup(struct sys_call *s, u64 src, size_t size, void **out)
{
	void *p = malloc(size ? size : 1);
	int err;

	if (!p)
		return -ENOMEM;
	err = sys_read(s, p, src, size);
	if (err) {
		free(p);
		return err;
	}
	*out = p;
	return 0;
}

/* In pieces that end at page boundaries: what follows the string may be unmapped. */
int sys_read_string(struct sys_call *s, char *dst, u64 src, size_t size)
{
	size_t done = 0;

	while (done + 1 < size) {
		size_t n = min(size - 1 - done, (size_t)(PAGE_BYTES - (src + done) % PAGE_BYTES));
		int err = sys_read(s, dst + done, src + done, n);

		if (err)
			return err;
		if (memchr(dst + done, '\0', n))
			return 0;
		done += n;
	}
	dst[size - 1] = '\0';
	return 0;
}

int sys_check_tail(struct sys_call *s, u64 src, u32 known, u32 given)
{
	u8 buf[256];

	while (known < given) {
		u32 n = min(given - known, (u32)sizeof(buf));
		int err = sys_read(s, buf, src + known, n);

		if (err)
			return err;
		for (u32 i = 0; i < n; i++)
			if (buf[i])
				return -E2BIG;
		known += n;
	}
	return 0;
}

int sys_write_back(struct sys_call *s, size_t offset, u32 value)
{
	if (s->size < offset + sizeof(value))
		return 0;
	return sys_write(s, s->uattr + offset, &value, sizeof(value));
}

/* ---- descriptors ---- */

static struct kobj *get(struct sys_call *s, u32 fd, enum kobj_kind kind, u32 *flags, int *err)
{
	struct kobj *k = s->c->fds->get(s->c->fds->priv, fd, flags, err);

	if (!k || k->kind == kind)
		return k;
	*err = -EINVAL;
	return NULL;
}

struct kobj *sys_obj(struct sys_call *s, u32 fd, int *err)
{
	return s->c->fds->get(s->c->fds->priv, fd, NULL, err);
}

int sys_install(struct sys_call *s, struct kobj *obj, u32 flags)
{
	return s->c->fds->install(s->c->fds->priv, obj, flags);
}

struct bpf_map *sys_map(struct sys_call *s, u32 fd, u32 *flags, int *err)
{
	struct kobj *k = get(s, fd, KOBJ_MAP, flags, err);

	return k ? container_of(k, struct bpf_map, obj) : NULL;
}

struct bpf_prog *sys_prog(struct sys_call *s, u32 fd, int *err)
{
	struct kobj *k = get(s, fd, KOBJ_PROG, NULL, err);

	return k ? container_of(k, struct bpf_prog, obj) : NULL;
}

struct bpf_link *sys_link(struct sys_call *s, u32 fd, int *err)
{
	struct kobj *k = get(s, fd, KOBJ_LINK, NULL, err);

	return k ? container_of(k, struct bpf_link, obj) : NULL;
}

struct btf_obj *sys_btf(struct sys_call *s, u32 fd, int *err)
{
	struct kobj *k = get(s, fd, KOBJ_BTF, NULL, err);

	return k ? container_of(k, struct btf_obj, obj) : NULL;
}

/* ---- names ---- */

int sys_copy_name(char *dst, const char *src)
{
	u32 n = 0;

	while (n < BPF_OBJ_NAME_LEN && src[n]) {
		if (!isalnum((u8)src[n]) && src[n] != '_' && src[n] != '.')
			return -EINVAL;
		n++;
	}
	if (n == BPF_OBJ_NAME_LEN)
		return -EINVAL;
	memset(dst, 0, BPF_OBJ_NAME_LEN);
	memcpy(dst, src, n);
	return 0;
}
