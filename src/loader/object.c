/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opening an object that may be anything. libbpf works with an object's types
 * before it asks the kernel whether they are sound, and trusts them; so here the
 * kernel is asked first.
 */
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

int loader_open_object(struct loader_scope *s, const char *path, struct err_msg *e,
		       struct bpf_object **out)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	int err;

	if (!obj)
		return loader_error(s, e, -errno, path);
	err = check_types(obj, path, e);
	if (err) {
		bpf_object__close(obj);
		return err;
	}
	*out = obj;
	return 0;
}
