/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The framework of struct_ops: a map of one element whose value is the struct,
 * with program fds where the struct has function pointers. Writing the value
 * checks it, member by member, and makes the kernel's copy and the table of
 * programs (struct st_ops_value), which is what a subsystem gets to see.
 *
 *	INIT --update--> INUSE --delete--> TOBEFREE	without BPF_F_LINK
 *	INIT --update--> READY				with it; a link attaches it
 *
 * In the kernel's copy a function pointer that a program implements is the
 * address of its struct bpf_prog: good for testing, not for calling.
 *
 * A subsystem that ends an attachment by itself calls value->detached(value);
 * unreg() is not called after that. The value stays as it is until user space
 * closes the link or deletes the element.
 */
#ifndef STRUCT_OPS_STRUCT_OPS_H
#define STRUCT_OPS_STRUCT_OPS_H

#include "calls/calls.h"
#include "kobj/link.h"
#include "kobj/map.h"
#include "kobj/prog.h"

/* Passed as map_create_args.st_ops_priv; outlives the maps. */
struct st_ops_env {
	const struct calls *calls;
	/* A program by fd: borrowed, NULL for a bad fd. */
	struct bpf_prog *(*prog_from_fd)(void *priv, s32 fd);
	void *priv;
	struct err_msg *err; /* why the last operation was refused; NULL: nobody asks */
};

/* For map_create_args.st_ops_ops. */
extern const struct map_ops st_ops_map_ops;

/* LINK_CREATE on a READY map. -EINVAL, or what reg() says. */
int st_ops_link_create(struct bpf_map *map, struct kobj_ids *ids, struct bpf_link **out);
/* Ends an attachment without a link, if there is one: for the end of a kernel. */
void st_ops_detach(struct bpf_map *map);

#endif
