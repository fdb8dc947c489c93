/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>

#include "loader/internal.h"

struct dump {
	void (*write)(void *priv, const char *text);
	void *priv;
};

static void on_text(void *ctx, const char *fmt, va_list ap)
{
	struct dump *d = ctx;
	char text[4096];

	vsnprintf(text, sizeof(text), fmt, ap);
	d->write(d->priv, text);
}

/*
 * The shape is that of every vmlinux.h: no include guard but the usual one, and
 * preserve_access_index on every record, so that accesses are relocated.
 */
static const char prologue[] = "#ifndef __VMLINUX_H__\n"
			       "#define __VMLINUX_H__\n\n"
			       "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
			       "#pragma clang attribute push "
			       "(__attribute__((preserve_access_index)), apply_to = record)\n"
			       "#endif\n\n";
static const char epilogue[] = "\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
			       "#pragma clang attribute pop\n"
			       "#endif\n\n"
			       "#endif /* __VMLINUX_H__ */\n";

static int dump_types(struct loader_scope *s, struct btf *btf, struct dump *d, struct err_msg *e)
{
	struct btf_dump *dumper = btf_dump__new(btf, on_text, d, NULL);
	int err = 0;

	if (!dumper)
		return loader_error(s, e, -errno, "kernel BTF");
	d->write(d->priv, prologue);
	for (u32 id = 1; !err && id < btf__type_cnt(btf); id++)
		err = btf_dump__dump_type(dumper, id);
	if (err)
		loader_error(s, e, err, "kernel BTF");
	else
		d->write(d->priv, epilogue);
	btf_dump__free(dumper);
	return err;
}

int loader_dump_btf_c(struct kernel *k, void (*write)(void *priv, const char *text), void *priv,
		      struct err_msg *e)
{
	struct dump d = { .write = write, .priv = priv };
	struct loader_scope s;
	const void *data;
	struct btf *btf;
	u32 size;
	int err;

	loader_enter(&s, k);
	data = kernel_btf_data(k, &size);
	btf = btf__new(data, size);
	if (!btf)
		err = loader_error(&s, e, -errno, "kernel BTF");
	else
		err = dump_types(&s, btf, &d, e);
	btf__free(btf);
	loader_leave(&s);
	return err;
}
