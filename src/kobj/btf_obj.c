/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "kobj/btf_obj.h"

static void free_btf(struct kobj *k)
{
	struct btf_obj *b = container_of(k, struct btf_obj, obj);

	kbtf_put(b->btf);
	free(b);
}

int kobj_btf_create(struct kbtf *btf, const char *name, struct kobj_ids *ids, struct btf_obj **out)
{
	struct btf_obj *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	err = kobj_init(&b->obj, KOBJ_BTF, free_btf, ids);
	if (err) {
		free(b);
		return err;
	}
	b->btf = kbtf_get(btf);
	b->name = name;
	*out = b;
	return 0;
}
