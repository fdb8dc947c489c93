/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "progbtf.h"

#include <stdio.h>
#include <stdlib.h>

struct builder {
	u8 *types, *strs;
	u32 type_len, str_len, nr_types;
};

static u32 add_str(struct builder *b, const char *s)
{
	u32 off = b->str_len;

	memcpy(b->strs + off, s, strlen(s) + 1);
	b->str_len += strlen(s) + 1;
	return off;
}

static u32 add_type(struct builder *b, u32 name, u32 info, u32 size_or_type, const void *tail,
		    u32 tail_len)
{
	struct btf_type t = { .name_off = name, .info = info, .size = size_or_type };

	memcpy(b->types + b->type_len, &t, sizeof(t));
	if (tail_len)
		memcpy(b->types + b->type_len + sizeof(t), tail, tail_len);
	b->type_len += sizeof(t) + tail_len;
	return b->nr_types++;
}

static u32 add_func(struct builder *b, u32 int_id, const char *name, int nr_args, bool global)
{
	struct btf_param params[8];
	u32 proto;

	for (int i = 0; i < nr_args; i++)
		params[i] = (struct btf_param){ .name_off = add_str(b, "a"), .type = int_id };
	proto = add_type(b, 0, BTF_KIND_FUNC_PROTO << 24 | nr_args, int_id, params,
			 nr_args * sizeof(*params));
	return add_type(b, add_str(b, name), BTF_KIND_FUNC << 24 | (global ? 1 : 0), proto, NULL, 0);
}

/* On the main function: who handles what it throws. */
static void add_exception_tag(struct builder *b, const char *handler, u32 main_id)
{
	char tag[96];
	s32 whole = -1;

	snprintf(tag, sizeof(tag), "exception_callback:%s", handler);
	add_type(b, add_str(b, tag), BTF_KIND_DECL_TAG << 24, main_id, &whole, sizeof(whole));
}

static int parse(const struct btf_header *from, const struct builder *b, struct kbtf **out)
{
	u32 size = sizeof(*from) + b->type_len + b->str_len;
	struct btf_header *h = malloc(size);
	int err;

	if (!h)
		return -ENOMEM;
	*h = *from;
	h->hdr_len = sizeof(*h);
	h->type_off = 0;
	h->type_len = b->type_len;
	h->str_off = b->type_len;
	h->str_len = b->str_len;
	memcpy(h + 1, b->types, b->type_len);
	memcpy((u8 *)(h + 1) + b->type_len, b->strs, b->str_len);
	err = kbtf_parse(h, size, false, NULL, out);
	free(h);
	return err;
}

int progbtf_build(const void *types, u32 size, const struct tcase *c, const struct asm_out *code,
		  struct progbtf *out)
{
	const struct btf_header *h = types;
	const u8 *body = (const u8 *)types + h->hdr_len;
	u32 signed_int = BTF_INT_SIGNED << 24 | 32, int_id;
	struct builder b = {};
	struct kbtf *plain;
	int err;

	err = kbtf_parse(types, size, false, NULL, &plain);
	if (err)
		return err;
	b.nr_types = kbtf_nr_types(plain);
	kbtf_put(plain);
	b.types = malloc(h->type_len + 65536);
	b.strs = malloc(h->str_len + 262144);
	if (!b.types || !b.strs) {
		err = -ENOMEM;
		goto out_free;
	}
	memcpy(b.types, body + h->type_off, b.type_len = h->type_len);
	memcpy(b.strs, body + h->str_off, b.str_len = h->str_len);

	out->file_off = add_str(&b, "case.c");
	for (int i = 0; i < code->nr_lines; i++)
		out->line_offs[i] = add_str(&b, code->lines[i]);
	int_id = add_type(&b, add_str(&b, "int"), BTF_KIND_INT << 24, 4, &signed_int, 4);
	out->func_ids[0] = add_func(&b, int_id, "main_prog", 1, true);
	for (int i = 0; i < code->nr_funcs; i++)
		out->func_ids[i + 1] = add_func(&b, int_id, code->funcs[i].name,
						code->funcs[i].nr_args, code->funcs[i].global);
	for (int i = 0; i < code->nr_funcs; i++)
		if (code->funcs[i].exception)
			add_exception_tag(&b, code->funcs[i].name, out->func_ids[0]);
	err = parse(h, &b, &out->btf);
out_free:
	free(b.types);
	free(b.strs);
	return err;
}
