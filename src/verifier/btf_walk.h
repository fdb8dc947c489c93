/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finding what a byte range of a BTF struct is: the base of loads through
 * PTR_TO_BTF_ID and of matching one pointer type against another.
 *
 * A walk starts at a struct and an offset and goes down through embedded
 * structs, unions and arrays until the range is a scalar, a pointer to a
 * struct, or the beginning of an embedded struct.
 */
#ifndef VERIFIER_BTF_WALK_H
#define VERIFIER_BTF_WALK_H

#include "btf/btf.h"

struct bpf_verifier_env;
struct bpf_reg_state;

enum walk_result {
	WALK_SCALAR, /* data that may be loaded as a number */
	WALK_PTR,    /* a pointer to struct walk.id */
	WALK_STRUCT, /* the first byte of an embedded struct walk.id */
};

struct walk {
	struct bpf_verifier_env *env; /* for messages; NULL: silent */
	const struct kbtf *btf;
	u32 id; /* in: the struct; out: see enum walk_result */
	int off, size;
	bool flex_arrays; /* ranges behind a trailing [0] array may be walked */
	u32 flag;	  /* out: MEM_*, PTR_UNTRUSTED gathered on the way */
	const char *field; /* out, WALK_PTR: name of the member */
};

/* enum walk_result, or -EACCES, -EINVAL, -EFAULT with the message in the log. */
int btfw_walk(struct walk *w);

/*
 * What an access through @reg gives: SCALAR_VALUE, or PTR_TO_BTF_ID with
 * *next_id, *flag and *field filled, or a negative errno.
 */
int btfw_struct_access(struct bpf_verifier_env *env, const struct bpf_reg_state *reg, int off,
		       int size, u32 *next_id, u32 *flag, const char **field);

/*
 * Whether a pointer to byte @off of (@btf, @id) may stand for a pointer to
 * (@need_btf, @need_id): the same struct, or, unless @strict, one embedded there.
 */
bool btfw_ids_match(struct bpf_verifier_env *env, const struct kbtf *btf, u32 id, int off,
		    const struct kbtf *need_btf, u32 need_id, bool strict, bool flex_arrays);

/* "INT", "STRUCT", ... as Linux prints kinds. */
const char *btfw_kind_str(const struct btf_type *t);
bool btfw_is_scalar(const struct btf_type *t); /* int or enum */
bool btfw_is_small_int(const struct btf_type *t); /* a plain 1, 2, 4 or 8-byte int */
/* A struct of scalars and arrays of scalars, at most four structs deep. */
bool btfw_is_scalar_struct(struct bpf_verifier_env *env, const struct kbtf *btf,
			   const struct btf_type *t);
/* Whether the name of @p ends in @suffix. */
bool btfw_param_suffix(const struct kbtf *btf, const struct btf_param *p, const char *suffix);

/* Lists of members whose pointers keep their parent's trust (btf_safe.def). */
enum btfw_safe {
	SAFE_RCU,
	SAFE_RCU_OR_NULL,
	SAFE_TRUSTED,
	SAFE_TRUSTED_OR_NULL,
};
bool btfw_is_safe_member(const struct kbtf *btf, u32 struct_id, const char *field, u32 field_id,
			 enum btfw_safe list);

#endif
