/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * btf2c FILE: the vmlinux.h of a real kernel, from its raw BTF, for objects that
 * are compiled against one kernel's types and loaded into another's.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

static void print(void *ctx, const char *fmt, va_list ap)
{
	vprintf(fmt, ap);
}

static int dump(const struct btf *btf)
{
	struct btf_dump *d = btf_dump__new(btf, print, NULL, NULL);
	int err = 0;

	if (!d)
		return -errno;
	for (unsigned int id = 1; id < btf__type_cnt(btf) && !err; id++)
		err = btf_dump__dump_type(d, id);
	btf_dump__free(d);
	return err;
}

int main(int argc, char **argv)
{
	struct btf *btf = argc == 2 ? btf__parse_raw(argv[1]) : NULL;
	int err;

	if (!btf) {
		fprintf(stderr, "usage: btf2c FILE\n");
		return 1;
	}
	puts("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n"
	     "#pragma clang attribute push (__attribute__((preserve_access_index)), "
	     "apply_to = record)\n");
	err = dump(btf);
	puts("#pragma clang attribute pop\n#endif");
	btf__free(btf);
	if (err)
		fprintf(stderr, "btf2c: %s: %s\n", argv[1], strerror(-err));
	return !!err;
}
