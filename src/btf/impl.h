/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The layout of struct kbtf and of its validation: for the files of btf/ only. */
#ifndef BTF_IMPL_H
#define BTF_IMPL_H

#include "btf/btf.h"

/* How deep a type may refer to types which are not yet resolved. */
#define MAX_RESOLVE_DEPTH 32

struct kbtf {
	u32 refs;
	bool kernel;
	void *data;
	u32 size;
	struct btf_header hdr;
	const char *strings;
	const struct btf_type **types; /* by id; [0] is void */
	u32 nr_types;

	/* names: bucket -> lowest id, then ascending through next[] */
	u32 *buckets, *next;
	u32 nr_buckets; /* power of two */

	u32 *decl_tags; /* ids of all DECL_TAGs, ascending */
	u32 nr_decl_tags;
};

/* One validation in progress. */
struct kbtf_check {
	struct kbtf *b;
	const struct kbtf_log *log;
	u32 id;		/* of the type that messages are about */
	bool resolving; /* second phase: member messages repeat the struct's line */
	u8 *state;	/* by id: enum resolve_state */
	u32 *end;	/* by id: what a modifier, pointer, var, func or tag comes down to */
	u32 *array_size; /* by id: bytes, of arrays */
};

/* meta.c: phase one, each type by itself. */
int kbtf_check_metas(struct kbtf_check *c);
/* resolve.c: phase two, what types refer to. */
int kbtf_check_refs(struct kbtf_check *c);
int kbtf_check_type_tags(struct kbtf_check *c);
/* member.c: whether @m, of type @type_id, fits into struct @st. */
int kbtf_check_member(struct kbtf_check *c, const struct btf_type *st, const struct btf_member *m);
/* A type with a size, as Linux sees it: *id moves to the end of (resolved) modifiers. */
const struct btf_type *kbtf_sized(const struct kbtf_check *c, u32 *id, u32 *size);

/* log.c; each returns -EINVAL, for `return kbtf_bad_type(...)`. */
int kbtf_say(struct kbtf_check *c, const char *fmt, ...) __printf(2, 3);
int kbtf_bad_type(struct kbtf_check *c, const struct btf_type *t, const char *fmt, ...)
	__printf(3, 4);
/* Without the kind's details, which may not be there yet. */
int kbtf_bad_basic(struct kbtf_check *c, const struct btf_type *t, const char *fmt, ...)
	__printf(3, 4);
int kbtf_bad_member(struct kbtf_check *c, const struct btf_type *st, const struct btf_member *m,
		    const char *why);
int kbtf_bad_secinfo(struct kbtf_check *c, const struct btf_type *sec,
		     const struct btf_var_secinfo *v, const char *why);
/* The dump of an accepted type, member or section entry (@why == NULL above). */
void kbtf_log_type(struct kbtf_check *c, const struct btf_type *t);
bool kbtf_log_wanted(const struct kbtf_check *c);
const char *kbtf_log_name(const struct kbtf *b, u32 name_off);

/* lookup.c */
int kbtf_index(struct kbtf *b);

static inline bool is_modifier(const struct btf_type *t)
{
	return BIT(kbtf_kind(t)) & (BIT(BTF_KIND_TYPEDEF) | BIT(BTF_KIND_VOLATILE) |
				    BIT(BTF_KIND_CONST) | BIT(BTF_KIND_RESTRICT) |
				    BIT(BTF_KIND_TYPE_TAG));
}

static inline bool has_size(const struct btf_type *t)
{
	return BIT(kbtf_kind(t)) &
	       (BIT(BTF_KIND_INT) | BIT(BTF_KIND_STRUCT) | BIT(BTF_KIND_UNION) |
		BIT(BTF_KIND_ENUM) | BIT(BTF_KIND_DATASEC) | BIT(BTF_KIND_FLOAT) |
		BIT(BTF_KIND_ENUM64));
}

/* void, and what is not data */
static inline bool has_no_size(const struct btf_type *t)
{
	return BIT(kbtf_kind(t)) & (BIT(BTF_KIND_UNKN) | BIT(BTF_KIND_FWD) | BIT(BTF_KIND_FUNC) |
				    BIT(BTF_KIND_FUNC_PROTO) | BIT(BTF_KIND_DECL_TAG));
}

static inline u32 int_data(const struct btf_type *t)
{
	return *(const u32 *)(t + 1);
}

/* A whole-byte int of a size that C has. */
static inline bool is_regular_int(const struct btf_type *t)
{
	u32 bits = BTF_INT_BITS(int_data(t));

	return !BTF_INT_OFFSET(int_data(t)) &&
	       (bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128);
}

#endif
