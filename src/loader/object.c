/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opening an object that may be anything. libbpf works with an object's types
 * before it asks the kernel whether they are sound, and trusts them; so here the
 * kernel is asked first.
 */
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/internal.h"

#define BTF_LOG_SIZE 4096

/* The last line of a log is the reason. */
static const char *last_line(char *log)
{
	size_t len = strlen(log);
	char *start;

	if (len && log[len - 1] == '\n')
		log[--len] = '\0';
	start = strrchr(log, '\n');
	return start ? start + 1 : log;
}

static int check_types(struct bpf_object *obj, const char *path, struct err_msg *e)
{
	char log[BTF_LOG_SIZE] = "";
	LIBBPF_OPTS(bpf_btf_load_opts, opts);
	const struct btf *btf = bpf_object__btf(obj);
	const void *data;
	u32 size;
	int fd;

	if (!btf)
		return 0;
	data = btf__raw_data(btf, &size);
	if (!data)
		return err_set(e, -ENOMEM, "%s: out of memory", path);
	fd = bpf_btf_load(data, size, NULL);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	/* The log keeps its end if it is too long. */
	opts.log_buf = log;
	opts.log_size = sizeof(log);
	opts.log_level = 1;
	bpf_btf_load(data, size, &opts);
	return err_set(e, fd, "%s: its BTF is broken: %s", path,
		       log[0] ? last_line(log) : strerror(-fd));
}

/* What is no BPF object at all. libbpf says of all of it that the format is invalid. */
static int check_file(const char *path, struct err_msg *e)
{
	unsigned char head[20] = "";
	size_t len = strlen(path);
	struct stat st;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
		err = err_set(e, -EISDIR, "%s: is a directory: name an object file", path);
	else if (pread(fd, head, sizeof(head), 0) < (ssize_t)sizeof(head) ||
		 memcmp(head, ELFMAG, SELFMAG))
		err = err_set(e, -ENOEXEC, "%s: is no object file%s", path,
			      len > 2 && !strcmp(path + len - 2, ".c") ?
				      ": compile it with clang --target=bpf -O2 -g -c" : "");
	else if (head[EI_DATA] != ELFDATA2LSB)
		err = err_set(e, -ENOEXEC, "%s: is big-endian: compile it with clang "
			      "--target=bpfel", path);
	else if ((head[18] | head[19] << 8) != EM_BPF)
		err = err_set(e, -ENOEXEC, "%s: is an object file, but not for BPF: compile it "
			      "with clang --target=bpf -O2 -g -c", path);
	close(fd);
	return err;
}

int loader_open_object(struct loader_scope *s, struct kernel *k, const char *path,
		       struct err_msg *e, struct bpf_object **out)
{
	int err = check_file(path, e);
	struct bpf_object *obj;

	if (err)
		return err;
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return loader_explain(s, k, path, -errno, e);
	err = check_types(obj, path, e);
	if (err) {
		bpf_object__close(obj);
		return err;
	}
	*out = obj;
	return 0;
}
