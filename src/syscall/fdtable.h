/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * File descriptors of BPF objects: struct user_fds is what bpf(2) asks of a
 * caller's descriptors, struct fdtable answers it for callers in this process.
 *
 * The table's descriptors are descriptors of this process: a memfd each, so that
 * they are numbers which nobody else has, and that mapping one just works (a
 * map's is a dup of the memfd that holds its data).
 *
 * The table learns from its owner that a descriptor was closed or duplicated.
 * Where nobody tells, it notices by the inode behind the number: a stale entry
 * is dropped, an unknown duplicate of a known descriptor is taken in.
 */
#ifndef SYSCALL_FDTABLE_H
#define SYSCALL_FDTABLE_H

#include "kobj/map.h"

struct user_fds {
	/* A new descriptor for @obj, with a user's reference. @flags: BPF_F_RDONLY, BPF_F_WRONLY. */
	int (*install)(void *priv, struct kobj *obj, u32 flags);
	/*
	 * The object behind @fd (borrowed), and in *flags (may be NULL) what it was
	 * installed with. NULL and *err: -EBADF, or -EINVAL for a file that is none of ours;
	 * else *err stays as it is.
	 */
	struct kobj *(*get)(void *priv, int fd, u32 *flags, int *err);
	void *priv;
};

struct fdtable;

int fdtable_create(struct fdtable **out);
/* Closes every descriptor that is still open, and drops the objects. NULL is fine. */
void fdtable_destroy(struct fdtable *t);
/* The table as bpf(2) wants it; lives as long as the table. */
const struct user_fds *fdtable_user(struct fdtable *t);

/* A new descriptor for @obj, with a reference of its own. @flags: BPF_F_RDONLY, BPF_F_WRONLY. */
int fdtable_install(struct fdtable *t, struct kobj *obj, u32 flags);
/* The object behind @fd (borrowed), or NULL; *flags (may be NULL) as installed. */
struct kobj *fdtable_get(struct fdtable *t, int fd, u32 *flags);

/* @fd is closed, or about to be. The last one of a map ends its user-visible life. */
void fdtable_closed(struct fdtable *t, int fd);
/* @new_fd is now a duplicate of @old_fd, whatever it was before. */
void fdtable_dup(struct fdtable *t, int old_fd, int new_fd);

#endif
