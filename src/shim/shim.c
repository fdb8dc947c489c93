/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Both the plain and the large-file names are defined here; see the end. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "kernel/kernel.h"
#include "shim/shim.h"

#define KERNEL_BTF_PATH "/sys/kernel/btf/vmlinux"
#define MAX_SYSFS_FILE 4096

static _Thread_local struct kernel *bound;
static _Thread_local shim_bpf_fn intercept;
static _Thread_local void *intercept_priv;

struct kernel *shim_bind(struct kernel *k)
{
	struct kernel *prev = bound;

	bound = k;
	return prev;
}

void shim_intercept_bpf(shim_bpf_fn fn, void *priv)
{
	intercept = fn;
	intercept_priv = priv;
}

/* libc's definition of a function that this file interposes. */
#define LIBC(fn) ((__typeof__(&(fn)))dlsym(RTLD_NEXT, #fn))

static long fail(int err)
{
	errno = err;
	return -1;
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n <= 0)
			return false;
		data += n;
		size -= n;
	}
	return lseek(fd, 0, SEEK_SET) == 0;
}

static int memory_file(const char *name, const void *data, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && !write_all(fd, data, size)) {
		LIBC(close)(fd);
		return fail(EIO);
	}
	return fd;
}

static bool is_virtual_path(const char *path)
{
	return bound && path &&
	       (!strncmp(path, "/sys/kernel/", 12) ||
		!strcmp(path, "/proc/sys/kernel/unprivileged_bpf_disabled"));
}

/* A descriptor with the contents of a virtual file, or -1 with errno. */
static int open_virtual(const char *path)
{
	char text[MAX_SYSFS_FILE];
	const void *btf;
	u32 size;
	int len;

	if (!strcmp(path, KERNEL_BTF_PATH)) {
		btf = kernel_btf_data(bound, &size);
		return memory_file("vmlinux-btf", btf, size);
	}
	len = kernel_read_file(bound, path, text, sizeof(text));
	if (len < 0)
		return fail(-len);
	return memory_file("sysfs", text, len);
}

long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);

	if (bound && nr == SYS_bpf) {
		int cmd = (int)a[0];
		void *attr = (void *)a[1];
		u32 size = (u32)a[2];
		s64 ret = intercept ? intercept(intercept_priv, bound, cmd, attr, size)
				    : kernel_bpf(bound, cmd, attr, size);

		return ret < 0 ? fail((int)-ret) : ret;
	}
	if (bound && nr == SYS_dup3)
		return dup3((int)a[0], (int)a[1], (int)a[2]);
	if (bound && nr == SYS_close)
		return close((int)a[0]);
	return LIBC(syscall)(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int close(int fd)
{
	if (bound)
		kernel_fd_closed(bound, fd);
	return LIBC(close)(fd);
}

int dup3(int old_fd, int new_fd, int flags)
{
	int ret = LIBC(dup3)(old_fd, new_fd, flags);

	if (ret >= 0 && bound) {
		kernel_fd_closed(bound, ret);
		kernel_fd_dup(bound, old_fd, ret);
	}
	return ret;
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;
	int ret;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	ret = LIBC(fcntl)(fd, cmd, arg);
	if (ret >= 0 && bound && (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC))
		kernel_fd_dup(bound, fd, ret);
	return ret;
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
	int fd;

	if (!is_virtual_path(path))
		return LIBC(faccessat)(dirfd, path, mode, flags);
	if (mode & (W_OK | X_OK))
		return fail(EACCES);
	fd = open_virtual(path);
	if (fd < 0)
		return -1;
	LIBC(close)(fd);
	return 0;
}

int access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

FILE *fopen(const char *path, const char *mode)
{
	int fd;

	if (!is_virtual_path(path))
		return LIBC(fopen)(path, mode);
	if (mode[0] != 'r' || strchr(mode, '+')) {
		errno = EACCES;
		return NULL;
	}
	fd = open_virtual(path);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (!is_virtual_path(path))
		return LIBC(open)(path, flags, mode);
	if ((flags & O_ACCMODE) != O_RDONLY)
		return fail(EACCES);
	return open_virtual(path);
}

/* The large-file names that libbpf is compiled to; the same functions on a 64-bit host. */
FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int fcntl64(int fd, int cmd, ...) __attribute__((alias("fcntl")));
