/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the handlers of bpf(2) share. */
#ifndef SYSCALL_IMPL_H
#define SYSCALL_IMPL_H

#include "kobj/link.h"
#include "syscall/attr.h"
#include "syscall/syscall.h"

#define PAGE_BYTES 4096u

/* One call in progress. */
struct sys_call {
	struct syscall_ctx *c;
	union bpf_attr *attr; /* a zero-extended copy */
	u64 uattr;	      /* where it came from, for results */
	u32 size;	      /* as the caller gave it */
};

typedef s64 (*sys_handler)(struct sys_call *s);

#define CMD(name, last, handler) s64 handler(struct sys_call *s);
#define CMD_REFUSED(name, last, err)
#include "syscall/cmds.def"
#undef CMD
#undef CMD_REFUSED

/* ---- memory of the caller ---- */
int sys_read(struct sys_call *s, void *dst, u64 src, size_t size);
int sys_write(struct sys_call *s, u64 dst, const void *src, size_t size);
/* A malloc()ed copy; -EFAULT, -ENOMEM. @size 0 gives a block of at least one byte. */
int sys_dup(struct sys_call *s, u64 src, size_t size, void **out);
/* A string of at most @size - 1 characters; longer ones are cut. -EFAULT. */
int sys_read_string(struct sys_call *s, char *dst, u64 src, size_t size);
/* Bytes [known, given) at @src must be zero: -E2BIG, -EFAULT. */
int sys_check_tail(struct sys_call *s, u64 src, u32 known, u32 given);
/* Writes one u32 of the caller's attr, if the caller's attr is long enough to have it. */
int sys_write_back(struct sys_call *s, size_t offset, u32 value);
#define sys_put(s, field, v) sys_write_back(s, offsetof(union bpf_attr, field), v)

/* -EOPNOTSUPP where programs are only checked: they must not come to run. */
int sys_check_runs(struct sys_call *s);

/* Linux's kernel.unprivileged_bpf_disabled: -EPERM without CAP_BPF. */
static inline int sys_check_unprivileged(const struct syscall_ctx *c)
{
	return c->cap_bpf || c->unprivileged_bpf ? 0 : -EPERM;
}

/* ---- objects by fd: borrowed; NULL and *err: -EBADF, or -EINVAL for another kind ---- */
struct kobj *sys_obj(struct sys_call *s, u32 fd, int *err);
struct bpf_map *sys_map(struct sys_call *s, u32 fd, u32 *flags, int *err);
struct bpf_prog *sys_prog(struct sys_call *s, u32 fd, int *err);
struct bpf_link *sys_link(struct sys_call *s, u32 fd, int *err);
struct btf_obj *sys_btf(struct sys_call *s, u32 fd, int *err);

/* A new descriptor for @obj, with a reference of its own; or a negative errno. */
int sys_install(struct sys_call *s, struct kobj *obj, u32 flags);

/* A name: letters, digits, '_' and '.', NUL-terminated within BPF_OBJ_NAME_LEN; -EINVAL. */
int sys_copy_name(char *dst, const char *src);

/* Fills p->tag from the instructions as loaded. */
void sys_prog_tag(struct bpf_prog *p);

/* ---- log.c: text that goes to a buffer of the caller ---- */
int sys_check_log(u32 level, u64 buf, u32 size);
/*
 * Gives @text of @len bytes to the caller: its end where it does not fit, its
 * beginning with BPF_LOG_FIXED. -ENOSPC, -EFAULT.
 */
int sys_copy_log(struct sys_call *s, u32 level, u64 buf, u32 size, const char *text, u64 len);

/* ---- map_value.c: values between the caller and a map ---- */
int sys_value_out(struct bpf_map *map, const void *key, void *value, u64 flags);
int sys_value_in(struct sys_call *s, struct bpf_map *map, const void *key, void *value, u64 flags);
int sys_value_delete(struct bpf_map *map, const void *key);
/* BPF_F_LOCK only, and only where the value has a lock; -EINVAL. */
int sys_check_lock_flag(const struct bpf_map *map, u64 flags);

#endif
