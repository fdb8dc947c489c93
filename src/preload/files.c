/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files of the virtual kernel: a path below one of WIRE_PATHS is replaced, before
 * libc sees it, by a path in the tree of files that the server keeps up to date.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/preload.h"

static const char *const prefixes[] = {
#define P(path) path,
	WIRE_PATHS(P)
#undef P
};

/* "/a/b/" has "/a/b" and all below it; "/a/b" is itself only. */
static bool has_prefix(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	if (prefix[n - 1] != '/')
		return !strcmp(path, prefix);
	return !strncmp(path, prefix, n - 1) && (path[n - 1] == '/' || !path[n - 1]);
}

bool preload_path_is_virtual(const char *path)
{
	if (!path || path[0] != '/' || !preload_server())
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (has_prefix(path, prefixes[i]))
			return true;
	return false;
}

const char *preload_path(const char *path, enum wire_path what, char *buf)
{
	struct call c = { .op = WIRE_PATH, .arg = { what }, .data = path,
			  .out = buf, .out_size = PATH_MAX };
	int64_t ret;

	if (!preload_path_is_virtual(path))
		return path;
	c.len = strlen(path) + 1;
	if (c.len > PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	ret = preload_call(&c);
	if (ret < 0) {
		errno = (int)-ret;
		return NULL;
	}
	return buf;
}

/* ---- files that are open for writing: write(2) is the server's ---- */

#define MAX_WRITABLE 16
static struct {
	int fd; /* 0: free */
	char path[128];
} writable[MAX_WRITABLE];
static int nr_writable;

void preload_forget_file(int fd)
{
	for (int i = 0; nr_writable && i < MAX_WRITABLE; i++) {
		if (writable[i].fd != fd || !fd)
			continue;
		writable[i].fd = 0;
		nr_writable--;
	}
}

static int remember_file(int fd, const char *path)
{
	if (fd <= 0)
		return fd;
	for (int i = 0; i < MAX_WRITABLE && strlen(path) < sizeof(writable[i].path); i++) {
		if (writable[i].fd)
			continue;
		strcpy(writable[i].path, path);
		writable[i].fd = fd;
		nr_writable++;
		return fd;
	}
	LIBC(close)(fd);
	errno = EMFILE;
	return -1;
}

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
	char msg[WIRE_DATA_MAX];
	struct call c = { .op = WIRE_WRITE, .data = msg };

	for (int i = 0; nr_writable && i < MAX_WRITABLE; i++) {
		size_t n;

		if (writable[i].fd != fd || !fd)
			continue;
		n = strlen(writable[i].path) + 1;
		memcpy(msg, writable[i].path, n);
		c.len = len < sizeof(msg) - n ? len : sizeof(msg) - n;
		memcpy(msg + n, data, c.len);
		c.len += n;
		return preload_result(preload_call(&c));
	}
	return LIBC(write)(fd, data, len);
}

/* ---- what takes a path ---- */

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

static int open_virtual(const char *path, int flags)
{
	char buf[PATH_MAX];
	const char *real = preload_path(path, writes(flags) ? WIRE_PATH_WRITE : WIRE_PATH_READ,
					buf);
	int fd;

	if (!real)
		return -1;
	fd = LIBC(openat)(AT_FDCWD, real, flags & ~(O_CREAT | O_TRUNC | O_EXCL));
	return writes(flags) ? remember_file(fd, path) : fd;
}

static bool takes_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

EXPORT int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (takes_mode(flags)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (preload_path_is_virtual(path))
		return open_virtual(path, flags);
	return LIBC(openat)(dirfd, path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (takes_mode(flags)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return openat(AT_FDCWD, path, flags, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	char buf[PATH_MAX];
	const char *real;

	if (!preload_path_is_virtual(path))
		return LIBC(fopen)(path, mode);
	if (mode[0] != 'r' || strchr(mode, '+')) {
		errno = EACCES;
		return NULL;
	}
	real = preload_path(path, WIRE_PATH_READ, buf);
	return real ? LIBC(fopen)(real, mode) : NULL;
}

EXPORT int faccessat(int dirfd, const char *path, int mode, int flags)
{
	char buf[PATH_MAX];

	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(faccessat)(dirfd, path, mode, flags) : -1;
}

EXPORT int access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

EXPORT int stat(const char *path, struct stat *st)
{
	char buf[PATH_MAX];

	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(stat)(path, st) : -1;
}

EXPORT int lstat(const char *path, struct stat *st)
{
	char buf[PATH_MAX];

	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(lstat)(path, st) : -1;
}

EXPORT int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	char buf[PATH_MAX];

	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(fstatat)(dirfd, path, st, flags) : -1;
}

EXPORT int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *st)
{
	char buf[PATH_MAX];

	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(statx)(dirfd, path, flags, mask, st) : -1;
}

EXPORT DIR *opendir(const char *path)
{
	char buf[PATH_MAX];

	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(opendir)(path) : NULL;
}

/* What a descriptor is called: tools look at /proc/self/fd to tell a map from a program. */
EXPORT ssize_t readlink(const char *path, char *out, size_t size)
{
	static const char self[] = "/proc/self/fd/";
	struct call c = { .op = WIRE_LINK, .out = out, .out_size = size };
	char buf[PATH_MAX];
	int fd = 0;

	if (!strncmp(path, self, strlen(self)) && preload_server()) {
		for (const char *d = path + strlen(self); *d >= '0' && *d <= '9'; d++)
			fd = 10 * fd + *d - '0';
		c.arg[0] = fd;
		if (preload_is_object(fd) && preload_call(&c) >= 0)
			return c.out_len;
	}
	path = preload_path(path, WIRE_PATH_READ, buf);
	return path ? LIBC(readlink)(path, out, size) : -1;
}

/* The large-file names; the same functions on a 64-bit host. */
EXPORT int openat64(int dirfd, const char *path, int flags, ...) __attribute__((alias("openat")));
EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
EXPORT FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));
EXPORT int stat64(const char *path, struct stat64 *st) __attribute__((alias("stat")));
EXPORT int lstat64(const char *path, struct stat64 *st) __attribute__((alias("lstat")));
EXPORT int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
	__attribute__((alias("fstatat")));
