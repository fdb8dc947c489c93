/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * BTF: the types of the kernel (trusted, built with the program) and of BPF
 * programs (handed in by a user, hostile until kbtf_parse() has accepted it).
 *
 * A struct kbtf is immutable after kbtf_parse() and reference-counted; every
 * pointer that a look-up returns lives as long as the kbtf. Type ids are those
 * of the BTF data itself; 0 is void. Functions that return an id return it
 * > 0, or a negative errno.
 *
 * Symbols are called kbtf_*: btf_* is libbpf's, in the same process.
 */
#ifndef BTF_BTF_H
#define BTF_BTF_H

#include <linux/btf.h>

#include "base/base.h"

struct kbtf;

/* Messages of the validator, in Linux's wording (kernel/bpf/btf.c, 6.12). */
struct kbtf_log {
	void (*write)(void *priv, const char *text);
	void *priv;
	u32 level;
};

/*
 * Validates @size bytes at @data (copied) as stand-alone BTF, like
 * btf_parse() in Linux 6.12: header, sections, every type, its references and
 * sizes, cycles. -EINVAL, -E2BIG, -ENOMEM; the reason goes to @log.
 * @kernel: the program's own kernel BTF; FUNC linkage rules differ.
 */
int kbtf_parse(const void *data, u32 size, bool kernel, const struct kbtf_log *log,
	       struct kbtf **out);
struct kbtf *kbtf_get(struct kbtf *b);
void kbtf_put(struct kbtf *b);

bool kbtf_is_kernel(const struct kbtf *b);
const void *kbtf_raw(const struct kbtf *b, u32 *size);
u32 kbtf_nr_types(const struct kbtf *b); /* with void: valid ids are < this */

/* NULL where @id is out of range. Id 0 gives the void type. */
const struct btf_type *kbtf_type(const struct kbtf *b, u32 id);
/* "" for anonymous; NULL for a bad offset. */
const char *kbtf_name(const struct kbtf *b, u32 name_off);
const char *kbtf_type_name(const struct kbtf *b, u32 id);
/* First type of that name and kind, in O(1); -ENOENT. */
s32 kbtf_find(const struct kbtf *b, const char *name, u32 kind);
/* Follows typedef, const, volatile, restrict and type tags; *id (may be NULL) is the end's id. */
const struct btf_type *kbtf_skip_modifiers(const struct kbtf *b, u32 id, u32 *out_id);
/* What @id (a pointer, after modifiers) points at; NULL if it is no pointer. */
const struct btf_type *kbtf_resolve_ptr(const struct kbtf *b, u32 id, u32 *out_id);
const struct btf_type *kbtf_resolve_func_ptr(const struct kbtf *b, u32 id, u32 *out_id);
/* Size in bytes, through modifiers and arrays; *out_id (may be NULL): what was sized. NULL: none. */
const struct btf_type *kbtf_resolve_size(const struct kbtf *b, u32 id, u32 *size, u32 *out_id);

static inline u32 kbtf_kind(const struct btf_type *t) { return BTF_INFO_KIND(t->info); }
static inline u32 kbtf_vlen(const struct btf_type *t) { return BTF_INFO_VLEN(t->info); }
static inline bool kbtf_kflag(const struct btf_type *t) { return BTF_INFO_KFLAG(t->info); }

static inline const struct btf_member *kbtf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}

static inline const struct btf_param *kbtf_params(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}

static inline bool kbtf_is_composite(const struct btf_type *t)
{
	return kbtf_kind(t) == BTF_KIND_STRUCT || kbtf_kind(t) == BTF_KIND_UNION;
}

/* Bit offset and bitfield size (0: not a bitfield) of member @i. */
u32 kbtf_member_bit_offset(const struct btf_type *t, const struct btf_member *m);
u32 kbtf_member_bitfield_size(const struct btf_type *t, const struct btf_member *m);

/* Decl tag "@tag..." on (@id, component @idx; -1: the type): what follows @tag. NULL: not one. */
const char *kbtf_find_decl_tag(const struct kbtf *b, u32 id, s32 idx, const char *tag);

/*
 * The next decl tag on (@id, component @idx) that begins with @tag, after type
 * @last (0: the first): its id, or -ENOENT.
 */
s32 kbtf_next_decl_tag(const struct kbtf *b, u32 id, s32 idx, const char *tag, u32 last);
/* "STRUCT", "FUNC_PROTO", ...: as Linux's messages name kinds. */
const char *kbtf_kind_name(u32 kind);

/* Same type by name, kind, size and (recursively) members: for types of two kbtfs. */
bool kbtf_types_match(const struct kbtf *a, u32 a_id, const struct kbtf *b, u32 b_id);

#endif
