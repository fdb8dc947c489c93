/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A link: what keeps something attached while it, or a program that holds it, is open. */
#ifndef KOBJ_LINK_H
#define KOBJ_LINK_H

#include "isa/abi.h"
#include "kobj/map.h"

struct bpf_link;

/* NULL members: -EOPNOTSUPP. */
struct link_ops {
	int (*detach)(struct bpf_link *link);
	/* STRUCT_OPS: another map takes the place of @old (NULL: whichever is attached). */
	int (*update_map)(struct bpf_link *link, struct bpf_map *new, struct bpf_map *old);
	/* The attached map; NULL: detached. For OBJ_GET_INFO_BY_FD. */
	struct bpf_map *(*map)(const struct bpf_link *link);
};

struct bpf_link {
	struct kobj obj; /* its free detaches */
	enum bpf_link_type type;
	const struct link_ops *ops;
};

#endif
