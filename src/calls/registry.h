/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The layout of struct calls: for the files of calls/ only. */
#ifndef CALLS_REGISTRY_H
#define CALLS_REGISTRY_H

#include "calls/calls.h"
#include "calls/hooks.h"

struct kfunc_entry {
	const struct kfunc_set *set; /* the registry's copy */
	const struct kfunc_row *row;
	u32 btf_id; /* FUNC */
	u32 proto_id;
	u64 invokes, not_within; /* the row's, as bits: index in the BTF struct of set->st_ops */
};

struct st_ops_entry {
	const struct st_ops_type *type;
	u32 btf_id, value_btf_id;
	const struct st_ops_member *rows[ST_OPS_MAX_MEMBERS]; /* by index in the BTF struct */
};

struct calls {
	const struct kbtf *kernel;
	enum kernel_profile profile;
	enum kfunc_resolution resolution;
	bool partial; /* @kernel may lack what is registered: that is left out then */

	struct kfunc_set **sets; /* each allocated, so that pointers to them stay */
	u32 nr_sets;

	struct kfunc_entry *kfuncs; /* in registration order */
	u32 nr_kfuncs;
	/* open addressing by BTF id; index into kfuncs + 1, 0 = empty */
	u32 *kfunc_slots;
	u32 nr_slots; /* power of two, at most half full */

	struct st_ops_entry *st_ops;
	u32 nr_st_ops;

	struct helper_rows {
		const struct helper_proto *first;
		u32 nr; /* variants */
	} *helpers; /* by id */
	u32 nr_helpers;

	const struct call_hook *hooks;
	size_t nr_hooks;
};

const struct kfunc_entry *calls_entry(const struct calls *c, u32 btf_id);
const struct st_ops_entry *calls_st_ops_entry(const struct calls *c, const struct st_ops_type *t);

/* Name of member @idx of a registered type. */
const char *calls_member_name(const struct calls *c, const struct st_ops_type *t, u32 idx);
/* "a, b" as bits of members of @t. -EINVAL with *e: @set, @row and the unknown name. */
int calls_parse_members(const struct calls *c, const struct kfunc_set *set,
			const struct kfunc_row *row, const char *list, u64 *out, struct err_msg *e);
/* -EINVAL with the cycle in *e, where @set and those before it let a callback reach itself. */
int calls_check_nesting(const struct calls *c, const struct kfunc_set *set, struct err_msg *e);

#endif
