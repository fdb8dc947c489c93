/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A BTF handle: what BTF_LOAD returns, and the kernel's own BTF under its id. */
#ifndef KOBJ_BTF_OBJ_H
#define KOBJ_BTF_OBJ_H

#include "btf/btf.h"
#include "kobj/kobj.h"

struct btf_obj {
	struct kobj obj;
	struct kbtf *btf; /* a reference */
	const char *name; /* "vmlinux", or "" of a program's */
};

/* Takes a reference of @btf; @name is borrowed. */
int kobj_btf_create(struct kbtf *btf, const char *name, struct kobj_ids *ids, struct btf_obj **out);

#endif
