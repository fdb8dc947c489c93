/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "syscall/fdtable.h"

struct entry {
	struct kobj *obj; /* NULL: not ours; else a reference */
	u32 flags;
	dev_t dev;
	ino_t ino;
};

struct fdtable {
	struct user_fds user;
	struct entry *entries; /* by fd */
	int nr;
};

static int reserve(struct fdtable *t, int fd)
{
	int nr = t->nr ? t->nr : 64;
	struct entry *e;

	if (fd < t->nr)
		return 0;
	while (nr <= fd)
		nr *= 2;
	e = reallocarray(t->entries, nr, sizeof(*e));
	if (!e)
		return -ENOMEM;
	memset(e + t->nr, 0, (nr - t->nr) * sizeof(*e));
	t->entries = e;
	t->nr = nr;
	return 0;
}

static int put_entry(struct fdtable *t, int fd, struct kobj *obj, u32 flags)
{
	struct stat st;
	int err = reserve(t, fd);

	if (err)
		return err;
	if (fstat(fd, &st))
		return -errno;
	kobj_get_user(obj);
	t->entries[fd] = (struct entry){ obj, flags, st.st_dev, st.st_ino };
	return 0;
}

static const char *const names[NR_KOBJ_KINDS] = {
	[KOBJ_MAP] = "bpf-map",
	[KOBJ_PROG] = "bpf-prog",
	[KOBJ_LINK] = "bpf_link",
	[KOBJ_BTF] = "btf",
};

static int new_fd(struct kobj *obj)
{
	int fd = -1;

	if (obj->kind == KOBJ_MAP)
		fd = container_of(obj, struct bpf_map, obj)->memfd;
	/* Never 0, 1 or 2, which mean other things to many programs. */
	if (fd >= 0) {
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	} else {
		fd = memfd_create(names[obj->kind], MFD_CLOEXEC);
		if (fd >= 0 && fd < 3) {
			int up = fcntl(fd, F_DUPFD_CLOEXEC, 3), err = errno;

			close(fd);
			errno = err;
			fd = up;
		}
	}
	return fd < 0 ? -errno : fd;
}

int fdtable_install(struct fdtable *t, struct kobj *obj, u32 flags)
{
	int fd = new_fd(obj), err;

	if (fd < 0)
		return fd;
	fdtable_closed(t, fd); /* a number that was closed behind our back */
	err = put_entry(t, fd, obj, flags);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* A descriptor that we were not told of, if it is a duplicate of one of ours. */
static struct entry *adopt(struct fdtable *t, int fd, const struct stat *st)
{
	for (int i = 0; i < t->nr; i++) {
		struct entry e = t->entries[i];

		if (!e.obj || e.dev != st->st_dev || e.ino != st->st_ino)
			continue;
		return put_entry(t, fd, e.obj, e.flags) ? NULL : &t->entries[fd];
	}
	return NULL;
}

struct kobj *fdtable_get(struct fdtable *t, int fd, u32 *flags)
{
	struct entry *e = fd >= 0 && fd < t->nr ? &t->entries[fd] : NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		fdtable_closed(t, fd);
		return NULL;
	}
	if (e && e->obj && (e->dev != st.st_dev || e->ino != st.st_ino))
		fdtable_closed(t, fd);
	if (!e || !e->obj)
		e = adopt(t, fd, &st);
	if (!e)
		return NULL;
	if (flags)
		*flags = e->flags;
	return e->obj;
}

void fdtable_closed(struct fdtable *t, int fd)
{
	struct kobj *obj;

	if (fd < 0 || fd >= t->nr || !t->entries[fd].obj)
		return;
	obj = t->entries[fd].obj;
	t->entries[fd].obj = NULL;
	kobj_put_user(obj);
}

void fdtable_dup(struct fdtable *t, int old_fd, int new_fd)
{
	struct entry old;

	if (old_fd == new_fd)
		return;
	fdtable_closed(t, new_fd);
	if (new_fd < 0 || old_fd < 0 || old_fd >= t->nr || !t->entries[old_fd].obj)
		return;
	old = t->entries[old_fd];
	/* Without memory the duplicate is taken in when it is first used. */
	put_entry(t, new_fd, old.obj, old.flags);
}

void fdtable_destroy(struct fdtable *t)
{
	if (!t)
		return;
	/* Links first: what they detach may still want its maps and programs. */
	for (int pass = 0; pass < 2; pass++) {
		for (int fd = 0; fd < t->nr; fd++) {
			struct entry e = t->entries[fd];
			struct stat st;

			if (!e.obj || (!pass && e.obj->kind != KOBJ_LINK))
				continue;
			t->entries[fd].obj = NULL;
			if (!fstat(fd, &st) && st.st_dev == e.dev && st.st_ino == e.ino)
				close(fd);
			kobj_put_user(e.obj);
		}
	}
	free(t->entries);
	free(t);
}

/* ---- as bpf(2) sees it ---- */

static int user_install(void *priv, struct kobj *obj, u32 flags)
{
	return fdtable_install(priv, obj, flags);
}

static struct kobj *user_get(void *priv, int fd, u32 *flags, int *err)
{
	struct kobj *k = fdtable_get(priv, fd, flags);

	if (!k)
		*err = fcntl(fd, F_GETFD) < 0 ? -EBADF : -EINVAL;
	return k;
}

const struct user_fds *fdtable_user(struct fdtable *t)
{
	return &t->user;
}

int fdtable_create(struct fdtable **out)
{
	struct fdtable *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->user = (struct user_fds){ .install = user_install, .get = user_get, .priv = t };
	*out = t;
	return 0;
}
