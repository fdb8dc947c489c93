/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tree of files that stands, in a directory of the host's, for those of the
 * virtual kernel. Its shape is made at the start, from the kernel's own list; a
 * file's contents are made when somebody asks for its path.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "server/internal.h"

#define MAX_FILE 65536
#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define CONFIG_PATH "/proc/config.gz"

static int tree_path(struct server *s, const char *path, char *out, u32 size)
{
	int n = snprintf(out, size, "%s%s", s->cfg.dir, path);

	return n < (int)size ? n : -ENAMETOOLONG;
}

static int make_parents(struct server *s, char *real)
{
	for (char *p = real + strlen(s->cfg.dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(real, 0755) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

static int write_file(const char *real, const void *data, size_t size, mode_t mode)
{
	int fd, err = 0;

	/* A new one each time: who reads the old one sees it whole, and its mode does not matter. */
	unlink(real);
	fd = open(real, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, data, size) != (ssize_t)size || fchmod(fd, mode))
		err = -EIO;
	close(fd);
	return err;
}

static int put(struct server *s, const char *path, const void *data, size_t size, mode_t mode)
{
	char real[PATH_MAX];
	int err = tree_path(s, path, real, sizeof(real));

	if (err > 0)
		err = make_parents(s, real);
	if (!err)
		err = write_file(real, data, size, mode);
	return err;
}

static int put_dir(struct server *s, const char *path)
{
	char real[PATH_MAX];
	int err = tree_path(s, path, real, sizeof(real));

	return err < 0 ? err : make_parents(s, real);
}

static int put_file(void *priv, const char *path, bool writable)
{
	return put(priv, path, "", 0, writable ? 0644 : 0444);
}

/* What loaders and their kconfig externs ask about. */
static const char config_fmt[] =
	"CONFIG_BPF=y\nCONFIG_BPF_SYSCALL=y\nCONFIG_BPF_JIT=y\nCONFIG_BPF_JIT_ALWAYS_ON=y\n"
	"CONFIG_BPF_UNPRIV_DEFAULT_OFF=y\nCONFIG_DEBUG_INFO_BTF=y\nCONFIG_SCHED_CLASS_EXT=y\n"
	"CONFIG_EXT_GROUP_SCHED=y\nCONFIG_CGROUPS=y\nCONFIG_CGROUP_SCHED=y\nCONFIG_SMP=y\n"
	"CONFIG_HOTPLUG_CPU=y\nCONFIG_HIGH_RES_TIMERS=y\nCONFIG_NR_CPUS=%u\n";

static int put_config(struct server *s)
{
	char text[1024], gz[1024];
	z_stream z = { .next_in = (u8 *)text, .next_out = (u8 *)gz, .avail_out = sizeof(gz) };
	int err = -ENOMEM;

	z.avail_in = snprintf(text, sizeof(text), config_fmt, NR_CPUS);
	/* 16 + 15: with gzip's head around it */
	if (deflateInit2(&z, 9, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return err;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		err = put(s, CONFIG_PATH, gz, z.total_out, 0444);
	deflateEnd(&z);
	return err;
}

int files_create(struct server *s, struct err_msg *e)
{
	const void *btf;
	u32 size;
	int err;

	btf = kernel_btf_data(s->k, &size);
	err = put(s, BTF_PATH, btf, size, 0444);
	if (!err)
		err = put_config(s);
	if (!err)
		err = kernel_for_each_file(s->k, put_file, s);
	if (!err)
		err = put_dir(s, "/sys/fs/bpf/");
	return err ? err_set(e, err, "%s: cannot make the kernel's files there: %s", s->cfg.dir,
			     strerror(-err)) : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (ftw->level)
		remove(path);
	return 0;
}

void files_destroy(struct server *s)
{
	nftw(s->cfg.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Up to date is what was made at the start and does not change. */
static bool is_constant(const char *path)
{
	return !strcmp(path, BTF_PATH) || !strcmp(path, CONFIG_PATH);
}

static int refresh(struct server *s, const char *path, const char *real)
{
	char *text = malloc(MAX_FILE);
	struct stat st;
	int len;

	if (!text)
		return -ENOMEM;
	len = kernel_read_file(s->k, path, text, MAX_FILE);
	if (len >= 0 && !stat(real, &st))
		len = write_file(real, text, len, st.st_mode & 07777);
	else if (len >= 0)
		len = put(s, path, text, len, 0444);
	free(text);
	return len;
}

int files_path(struct server *s, const char *path, enum wire_path what, char *out, u32 size)
{
	int len = tree_path(s, path, out, size), err;
	struct stat st;

	if (len < 0)
		return len;
	if (strstr(path, "/../") || path[0] != '/')
		return -ENOENT;
	if (is_constant(path))
		return what == WIRE_PATH_WRITE ? -EACCES : len;
	err = refresh(s, path, out);
	/* Directories and what others have put there; but not a file whose object is gone. */
	if (err == -ENOENT && (lstat(out, &st) || S_ISREG(st.st_mode)))
		return -ENOENT;
	if (err && err != -ENOENT)
		return err;
	if (what == WIRE_PATH_WRITE && !err && (stat(out, &st) || !(st.st_mode & 0200)))
		return -EACCES;
	return len;
}
