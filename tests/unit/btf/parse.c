/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the validator of BTF accepts and refuses, and how it says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../btf_bytes.h"
#include "base/rng.h"
#include "btf/btf.h"

static void keep(void *priv, const char *text)
{
	char *log = priv;
	size_t n = strlen(log);

	snprintf(log + n, 65536 - n, "%s", text);
}

static int try(const void *data, u32 size, char *text)
{
	struct kbtf_log log = { keep, text, 1 };
	struct kbtf *b = NULL;
	u8 *tight = malloc(size ? size : 1); /* so that a sanitizer sees every step beyond */
	int err;

	memcpy(tight, data, size);
	text[0] = '\0';
	err = kbtf_parse(tight, size, false, &log, &b);
	free(tight);
	if (!err)
		kbtf_put(b);
	return err;
}

#define EXPECT(b, want, words)                                                                     \
	do {                                                                                       \
		char text_[65536];                                                                 \
		u32 size_ = bb_end(b);                                                             \
		int err_ = try((b)->out, size_, text_);                                            \
		if (err_ != (want) || !strstr(text_, words))                                       \
			fail_msg("got %d, log:\n%s", err_, text_);                                 \
	} while (0)

/* struct node { struct node *next; const int v[3]; enum e e; }; and a FUNC that takes it. */
static void good(struct btf_bytes *b)
{
	u32 i, node, fn;

	memset(b, 0, sizeof(*b));
	i = bb_int(b, "int", 4, true);	    /* 1 */
	node = bb_struct(b, "node", 32, 3); /* 2 */
	bb_member(b, "next", 3, 0);
	bb_member(b, "v", 5, 8);
	bb_member(b, "e", 6, 20);
	bb_ptr(b, node);		       /* 3 */
	bb_ref(b, BTF_KIND_CONST, NULL, i);    /* 4 */
	bb_array(b, 4, i, 3);		       /* 5 */
	bb_type(b, "e", BTF_KIND_ENUM, 2, 0, 4); /* 6 */
	bb_raw(b, bb_str(b, "E_A"));
	bb_raw(b, 0);
	bb_raw(b, bb_str(b, "E_B"));
	bb_raw(b, 7);
	fn = bb_proto(b, i, 1); /* 7 */
	bb_arg(b, "n", 3);
	bb_func(b, "walk", fn); /* 8 */
	bb_decl_tag(b, "contains:node:next", node, 0); /* 9 */
	bb_ref(b, BTF_KIND_TYPEDEF, "node_t", node);   /* 10 */
}

static void accepts_and_looks_up(void **state)
{
	struct btf_bytes bb;
	struct kbtf *b;
	u32 size, id;

	good(&bb);
	assert_int_equal(kbtf_parse(bb.out, bb_end(&bb), false, NULL, &b), 0);
	assert_int_equal(kbtf_nr_types(b), 11);
	assert_int_equal(kbtf_find(b, "node", BTF_KIND_STRUCT), 2);
	assert_int_equal(kbtf_find(b, "node", BTF_KIND_UNION), -ENOENT);
	assert_int_equal(kbtf_find(b, "walk", BTF_KIND_FUNC), 8);
	assert_string_equal(kbtf_find_decl_tag(b, 2, 0, "contains:"), "node:next");
	assert_null(kbtf_find_decl_tag(b, 2, 1, "contains:"));
	assert_non_null(kbtf_resolve_size(b, 5, &size, &id));
	assert_int_equal(size, 12);
	assert_int_equal(id, 5);
	assert_ptr_equal(kbtf_resolve_ptr(b, 3, &id), kbtf_type(b, 2));
	assert_ptr_equal(kbtf_skip_modifiers(b, 10, &id), kbtf_type(b, 2));
	assert_int_equal(id, 2);
	assert_null(kbtf_type(b, 11));
	assert_null(kbtf_resolve_size(b, 7, &size, NULL));
	assert_true(kbtf_types_match(b, 10, b, 2));
	assert_false(kbtf_types_match(b, 1, b, 2));
	kbtf_put(b);
}

static void matches_across(void **state)
{
	struct btf_bytes x, y;
	struct kbtf *a, *b;

	good(&x);
	memset(&y, 0, sizeof(y));
	bb_int(&y, "long", 8, true); /* shifts the ids */
	bb_int(&y, "int", 4, true);
	bb_struct(&y, "node", 32, 3);
	bb_member(&y, "next", 4, 0);
	bb_member(&y, "v", 6, 8);
	bb_member(&y, "e", 7, 20);
	bb_ptr(&y, 3);
	bb_ref(&y, BTF_KIND_CONST, NULL, 2);
	bb_array(&y, 5, 2, 3);
	bb_type(&y, "e", BTF_KIND_ENUM, 2, 0, 4);
	bb_raw(&y, bb_str(&y, "E_A"));
	bb_raw(&y, 0);
	bb_raw(&y, bb_str(&y, "E_B"));
	bb_raw(&y, 7);
	assert_int_equal(kbtf_parse(x.out, bb_end(&x), false, NULL, &a), 0);
	assert_int_equal(kbtf_parse(y.out, bb_end(&y), false, NULL, &b), 0);
	assert_true(kbtf_types_match(a, 2, b, 3));
	assert_true(kbtf_types_match(a, 3, b, 4));
	assert_false(kbtf_types_match(a, 1, b, 1));
	kbtf_put(b);
	y.types[y.types_len - 4] = 8; /* E_B = 8 */
	assert_int_equal(kbtf_parse(y.out, bb_end(&y), false, NULL, &b), 0);
	assert_false(kbtf_types_match(a, 2, b, 3));
	kbtf_put(a);
	kbtf_put(b);
}

static void refuses_headers(void **state)
{
	struct btf_bytes b;
	struct btf_header *h = (void *)b.out;
	char text[65536];
	u32 size;

#define BAD(change, want, words)                                                                   \
	do {                                                                                       \
		good(&b);                                                                          \
		size = bb_end(&b);                                                                 \
		change;                                                                            \
		assert_int_equal(try(b.out, size, text), want);                                    \
		if (!strstr(text, words))                                                          \
			fail_msg("%s", text);                                                      \
	} while (0)
	BAD(h->magic = 0x1234, -EINVAL, "Invalid magic");
	BAD(h->version = 9, -524, "Unsupported version");
	BAD(h->flags = 1, -524, "Unsupported flags");
	BAD(h->hdr_len = size + 1, -EINVAL, "btf_header not found");
	BAD(h->hdr_len = size, -E2BIG, "Unsupported btf_header");
	BAD(h->type_off = 4, -EINVAL, "Unsupported section found");
	BAD(h->str_off -= 4, -EINVAL, "Section overlap found");
	BAD(h->str_len += 1, -EINVAL, "Total section length too long");
	BAD(h->str_len -= 1, -EINVAL, "Unsupported section found");
	BAD(h->type_off = 0xffffff00, -EINVAL, "Invalid section offset");
	BAD(b.out[size - 1] = 'x', -EINVAL, "Invalid string section");
	BAD(size = 6, -EINVAL, "hdr_len not found");
	BAD(size = 0, -EINVAL, "hdr_len not found");
#undef BAD
}

static void refuses_types(void **state)
{
	struct btf_bytes b;
	u32 id;

#define FRESH memset(&b, 0, sizeof(b))
	FRESH;
	bb_type(&b, "x", 20, 0, 0, 4);
	EXPECT(&b, -EINVAL, "[1] Invalid kind:20");
	FRESH;
	bb_type(&b, "int", BTF_KIND_INT, 0, 0, 4);
	bb_raw(&b, 64);
	EXPECT(&b, -EINVAL, "nr_bits exceeds type_size");
	FRESH;
	bb_type(&b, "int", BTF_KIND_INT, 1, 0, 4);
	bb_raw(&b, 32);
	EXPECT(&b, -EINVAL, "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=(none) vlen != 0");
	FRESH;
	bb_type(&b, "int", BTF_KIND_INT, 0, 0, 4);
	bb_raw(&b, 3u << 24 | 32);
	EXPECT(&b, -524, "Unsupported encoding");
	FRESH;
	bb_int(&b, "in t", 4, 0); /* any name will do for an int */
	bb_ref(&b, BTF_KIND_TYPEDEF, "a b", 1);
	EXPECT(&b, -EINVAL, "[2] TYPEDEF a b type_id=1 Invalid name");
	FRESH;
	bb_ref(&b, BTF_KIND_CONST, "named", 0);
	EXPECT(&b, -EINVAL, "Invalid name");
	FRESH;
	bb_ptr(&b, 7);
	EXPECT(&b, -EINVAL, "[1] PTR (anon) type_id=7 Invalid type_id");
	FRESH;
	bb_int(&b, "int", 4, 0);
	bb_struct(&b, "s", 4, 1);
	bb_member(&b, "m", 1, 4);
	EXPECT(&b, -EINVAL, "Member exceeds struct_size");
	FRESH;
	bb_int(&b, "int", 4, 0);
	bb_struct(&b, "s", 8, 2);
	bb_member(&b, "m", 1, 4);
	bb_member(&b, "n", 1, 0);
	EXPECT(&b, -EINVAL, "Invalid member bits_offset");
	FRESH;
	bb_struct(&b, "s", 8, 1);
	bb_member(&b, "m", 2, 0);
	bb_ref(&b, BTF_KIND_TYPEDEF, "v", 0);
	EXPECT(&b, -EINVAL, "Invalid member");
	FRESH;
	bb_int(&b, "int", 4, 0);
	bb_array(&b, 1, 1, 0x40000000);
	EXPECT(&b, -EINVAL, "Array size overflows U32_MAX");
	FRESH;
	bb_int(&b, "int", 4, 0);
	id = bb_proto(&b, 1, 1);
	bb_arg(&b, NULL, 1);
	bb_func(&b, "f", id);
	EXPECT(&b, -EINVAL, "Invalid arg#1");
	FRESH;
	bb_func(&b, "f", 0);
	EXPECT(&b, -EINVAL, "[1] FUNC f type_id=0 Invalid type_id");
	FRESH;
	bb_type(&b, "f", BTF_KIND_FLOAT, 0, 0, 6);
	EXPECT(&b, -EINVAL, "Invalid type_size");
	FRESH;
	bb_int(&b, "int", 4, 0);
	bb_decl_tag(&b, "t", 1, -1);
	EXPECT(&b, -EINVAL, "Invalid type_id");
	FRESH;
	bb_struct(&b, "s", 0, 0);
	bb_decl_tag(&b, "t", 1, 0);
	EXPECT(&b, -EINVAL, "Invalid component_idx");
	FRESH;
	bb_int(&b, "int", 4, 0);
	bb_ref(&b, BTF_KIND_TYPE_TAG, "kptr", 1);
	bb_ref(&b, BTF_KIND_CONST, NULL, 2);
	EXPECT(&b, -EINVAL, "Type tags don't precede modifiers");
	FRESH;
	bb_type(&b, ".data", BTF_KIND_DATASEC, 1, 0, 4);
	bb_raw(&b, 2);
	bb_raw(&b, 0);
	bb_raw(&b, 8);
	bb_int(&b, "int", 4, 0);
	EXPECT(&b, -EINVAL, "Invalid size");
	FRESH;
	EXPECT(&b, -EINVAL, "No type found");
#undef FRESH
}

static void refuses_loops(void **state)
{
	struct btf_bytes b;

	memset(&b, 0, sizeof(b));
	bb_ptr(&b, 2);
	bb_ref(&b, BTF_KIND_CONST, NULL, 1);
	EXPECT(&b, -EEXIST, "Loop detected");

	memset(&b, 0, sizeof(b));
	bb_struct(&b, "a", 8, 1);
	bb_member(&b, "b", 2, 0);
	bb_struct(&b, "b", 8, 1);
	bb_member(&b, "a", 1, 0);
	EXPECT(&b, -EEXIST, "[1] STRUCT a size=8 vlen=1 Loop detected");

	/* a chain that only goes up needs one level per type */
	memset(&b, 0, sizeof(b));
	for (u32 i = 1; i <= 40; i++)
		bb_ptr(&b, i + 1);
	bb_int(&b, "int", 4, 0);
	EXPECT(&b, -E2BIG, "Exceeded max resolving depth:32");

	/* down, each finds the next one resolved */
	memset(&b, 0, sizeof(b));
	bb_int(&b, "int", 4, 0);
	for (u32 i = 1; i <= 40; i++)
		bb_ptr(&b, i);
	EXPECT(&b, 0, "");
}

static void survives_truncation(void **state)
{
	struct btf_bytes b;
	char text[65536];
	u32 size;

	good(&b);
	size = bb_end(&b);
	for (u32 n = 0; n < size; n++)
		assert_int_not_equal(try(b.out, n, text), 0);
}

static void survives_mutation(void **state)
{
	u32 accepted = 0, size;
	struct btf_bytes b, m;
	struct rng r;
	char text[65536];

	good(&b);
	size = bb_end(&b);
	rng_init(&r, 1, 0);
	for (int round = 0; round < 30000; round++) {
		m = b;
		for (u32 n = 1 + rng_below(&r, 3); n; n--) {
			u32 at = 24 + rng_below(&r, size - 24);

			m.out[at] = rng_below(&r, 4) ? rng_below(&r, 16) : rng_u64(&r);
		}
		accepted += !try(m.out, size, text);
	}
	/* Most changes of names and numbers are harmless, most others are not. */
	assert_in_range(accepted, 300, 29000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_and_looks_up),
		cmocka_unit_test(matches_across),
		cmocka_unit_test(refuses_headers),
		cmocka_unit_test(refuses_types),
		cmocka_unit_test(refuses_loops),
		cmocka_unit_test(survives_truncation),
		cmocka_unit_test(survives_mutation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
