/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From bytes to a struct kbtf: the header, the two sections, then the phases of validation. */
#include <stdlib.h>

#include "btf/impl.h"

#define BTF_SIZE_MAX (16u << 20) /* of a program's BTF */

static void log_header(struct kbtf_check *c)
{
	const struct btf_header *h = &c->b->hdr;

	kbtf_say(c, "magic: 0x%x\n", h->magic);
	kbtf_say(c, "version: %u\n", h->version);
	kbtf_say(c, "flags: 0x%x\n", h->flags);
	kbtf_say(c, "hdr_len: %u\n", h->hdr_len);
	kbtf_say(c, "type_off: %u\n", h->type_off);
	kbtf_say(c, "type_len: %u\n", h->type_len);
	kbtf_say(c, "str_off: %u\n", h->str_off);
	kbtf_say(c, "str_len: %u\n", h->str_len);
	kbtf_say(c, "btf_total_size: %u\n", c->b->size);
}

/* The sections fill the room behind the header, without gap and overlap, in either order. */
static int check_sections(struct kbtf_check *c)
{
	const struct btf_header *h = &c->b->hdr;
	struct { u32 off, len; } s[2] = { { h->type_off, h->type_len },
					  { h->str_off, h->str_len } };
	u32 room = c->b->size - h->hdr_len, used = 0;
	s32 order = s[1].off - s[0].off; /* huge offsets come first, as in Linux */
	bool swap = order ? order < 0 : (s32)(s[1].len - s[0].len) < 0;

	for (int i = 0; i < 2; i++) {
		u32 off = s[i ^ swap].off, len = s[i ^ swap].len;

		if (off > room)
			return kbtf_say(c, "Invalid section offset");
		if (used < off)
			return kbtf_say(c, "Unsupported section found");
		if (used > off)
			return kbtf_say(c, "Section overlap found");
		if (len > room - used)
			return kbtf_say(c, "Total section length too long");
		used += len;
	}
	if (used != room)
		return kbtf_say(c, "Unsupported section found");
	return 0;
}

static int check_header(struct kbtf_check *c)
{
	struct kbtf *b = c->b;
	const u8 *bytes = b->data;
	u32 len;

	if (b->size < offsetof(struct btf_header, hdr_len) + sizeof(len))
		return kbtf_say(c, "hdr_len not found");
	memcpy(&len, bytes + offsetof(struct btf_header, hdr_len), sizeof(len));
	if (b->size < len)
		return kbtf_say(c, "btf_header not found");
	for (u32 i = sizeof(b->hdr); i < len; i++) {
		if (!bytes[i])
			continue;
		kbtf_say(c, "Unsupported btf_header");
		return -E2BIG;
	}
	memcpy(&b->hdr, bytes, min(len, (u32)sizeof(b->hdr)));
	/* A header that is cut off below hdr_len's end would not hold hdr_len itself. */
	b->hdr.hdr_len = len;
	log_header(c);
	if (b->hdr.magic != BTF_MAGIC)
		return kbtf_say(c, "Invalid magic");
	if (b->hdr.version != BTF_VERSION || b->hdr.flags) {
		kbtf_say(c, b->hdr.version != BTF_VERSION ? "Unsupported version" :
							    "Unsupported flags");
		return -ENOTSUPP;
	}
	if (b->size == len)
		return kbtf_say(c, "No data");
	return check_sections(c);
}

static int check_strings(struct kbtf_check *c)
{
	struct kbtf *b = c->b;
	const char *start = (const char *)b->data + b->hdr.hdr_len + b->hdr.str_off;
	u32 len = b->hdr.str_len;

	if (start + len != (const char *)b->data + b->size)
		return kbtf_say(c, "String section is not at the end");
	if (!len || len - 1 > BTF_MAX_NAME_OFFSET || start[len - 1] || start[0])
		return kbtf_say(c, "Invalid string section");
	b->strings = start;
	return 0;
}

static int check_types(struct kbtf_check *c)
{
	int err;

	if ((c->b->hdr.type_off | c->b->hdr.hdr_len) % 4)
		return kbtf_say(c, "Unaligned type_off");
	if (!c->b->hdr.type_len)
		return kbtf_say(c, "No type found");
	err = kbtf_check_metas(c);
	if (!err)
		err = kbtf_check_refs(c);
	if (!err)
		err = kbtf_check_type_tags(c);
	return err;
}

static int validate(struct kbtf *b, const struct kbtf_log *log)
{
	struct kbtf_check c = { .b = b, .log = log };
	int err = check_header(&c);

	if (!err)
		err = check_strings(&c);
	if (!err)
		err = check_types(&c);
	free(c.state);
	free(c.end);
	free(c.array_size);
	return err;
}

int kbtf_parse(const void *data, u32 size, bool kernel, const struct kbtf_log *log,
	       struct kbtf **out)
{
	struct kbtf *b;
	int err = -ENOMEM;

	if (size > BTF_SIZE_MAX && !kernel)
		return -E2BIG;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->refs = 1;
	b->kernel = kernel;
	b->size = size;
	b->data = malloc(size ? size : 1);
	if (!b->data)
		goto out_put;
	memcpy(b->data, data, size);
	err = validate(b, log);
	if (!err)
		err = kbtf_index(b);
	if (err)
		goto out_put;
	*out = b;
	return 0;

out_put:
	kbtf_put(b);
	return err;
}

struct kbtf *kbtf_get(struct kbtf *b)
{
	b->refs++;
	return b;
}

void kbtf_put(struct kbtf *b)
{
	if (!b || --b->refs)
		return;
	free(b->data);
	free(b->types);
	free(b->buckets);
	free(b->next);
	free(b->decl_tags);
	free(b);
}
