/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* BTF by hand, for tests: types are appended and numbered from 1, as the format does. */
#ifndef TESTS_BTF_BYTES_H
#define TESTS_BTF_BYTES_H

#include <linux/btf.h>

#include "base/base.h"

struct btf_bytes {
	u8 types[8192];
	char strs[8192];
	u32 types_len, strs_len, nr;
	u8 out[17000];
};

static inline u32 bb_str(struct btf_bytes *b, const char *s)
{
	u32 off = b->strs_len ? b->strs_len : 1;

	if (!s || !*s)
		return 0;
	strcpy(b->strs + off, s);
	b->strs_len = off + strlen(s) + 1;
	return off;
}

static inline void bb_raw(struct btf_bytes *b, u32 word)
{
	memcpy(b->types + b->types_len, &word, 4);
	b->types_len += 4;
}

/* Begins a type; its parts follow with bb_raw(). */
static inline u32 bb_type(struct btf_bytes *b, const char *name, u32 kind, u32 vlen, bool kflag,
			  u32 size_or_type)
{
	bb_raw(b, bb_str(b, name));
	bb_raw(b, (u32)kflag << 31 | kind << 24 | vlen);
	bb_raw(b, size_or_type);
	return ++b->nr;
}

static inline u32 bb_int(struct btf_bytes *b, const char *name, u32 size, bool is_signed)
{
	u32 id = bb_type(b, name, BTF_KIND_INT, 0, 0, size);

	bb_raw(b, (u32)is_signed << 24 | size * 8);
	return id;
}

static inline u32 bb_ref(struct btf_bytes *b, u32 kind, const char *name, u32 to)
{
	return bb_type(b, name, kind, 0, 0, to);
}

static inline u32 bb_ptr(struct btf_bytes *b, u32 to)
{
	return bb_ref(b, BTF_KIND_PTR, NULL, to);
}

static inline u32 bb_struct(struct btf_bytes *b, const char *name, u32 size, u32 nr_members)
{
	return bb_type(b, name, BTF_KIND_STRUCT, nr_members, 0, size);
}

static inline void bb_member(struct btf_bytes *b, const char *name, u32 type, u32 byte_off)
{
	bb_raw(b, bb_str(b, name));
	bb_raw(b, type);
	bb_raw(b, byte_off * 8);
}

static inline u32 bb_array(struct btf_bytes *b, u32 elem, u32 index, u32 n)
{
	u32 id = bb_type(b, NULL, BTF_KIND_ARRAY, 0, 0, 0);

	bb_raw(b, elem);
	bb_raw(b, index);
	bb_raw(b, n);
	return id;
}

static inline u32 bb_proto(struct btf_bytes *b, u32 ret, u32 nr_args)
{
	return bb_type(b, NULL, BTF_KIND_FUNC_PROTO, nr_args, 0, ret);
}

static inline void bb_arg(struct btf_bytes *b, const char *name, u32 type)
{
	bb_raw(b, bb_str(b, name));
	bb_raw(b, type);
}

static inline u32 bb_func(struct btf_bytes *b, const char *name, u32 proto)
{
	return bb_type(b, name, BTF_KIND_FUNC, BTF_FUNC_GLOBAL, 0, proto);
}

static inline u32 bb_decl_tag(struct btf_bytes *b, const char *text, u32 on, s32 idx)
{
	u32 id = bb_type(b, text, BTF_KIND_DECL_TAG, 0, 0, on);

	bb_raw(b, idx);
	return id;
}

/* The whole, in b->out; returns its size. */
static inline u32 bb_end(struct btf_bytes *b)
{
	u32 strs = b->strs_len ? b->strs_len : 1;
	struct btf_header h = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h),
		.type_len = b->types_len, .str_off = b->types_len, .str_len = strs,
	};

	memcpy(b->out, &h, sizeof(h));
	memcpy(b->out + sizeof(h), b->types, b->types_len);
	memcpy(b->out + sizeof(h) + b->types_len, b->strs, strs);
	return sizeof(h) + b->types_len + strs;
}

#endif
