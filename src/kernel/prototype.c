/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>

#include "kernel/prototype.h"

struct text {
	char *buf;
	size_t size, len;
};

static void put(struct text *t, const char *fmt, ...) __printf(2, 3);
static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len += max(n, 0);
}

/* Tags are for the verifier and are not spelled in C. */
static u32 skip_tags(const struct kbtf *b, u32 id)
{
	while (id && kbtf_kind(kbtf_type(b, id)) == BTF_KIND_TYPE_TAG)
		id = kbtf_type(b, id)->type;
	return id;
}

/* What stands before the stars: "const struct cpumask". */
static void put_base(struct text *out, const struct kbtf *b, u32 id)
{
	static const char *const keywords[] = {
		[BTF_KIND_STRUCT] = "struct ", [BTF_KIND_UNION] = "union ",
		[BTF_KIND_ENUM] = "enum ",     [BTF_KIND_ENUM64] = "enum ",
		[BTF_KIND_CONST] = "const ",   [BTF_KIND_VOLATILE] = "volatile ",
	};
	const struct btf_type *t;
	u32 kind;

	for (id = skip_tags(b, id); id; id = skip_tags(b, t->type)) {
		t = kbtf_type(b, id);
		kind = kbtf_kind(t);
		if (kind < ARRAY_SIZE(keywords) && keywords[kind])
			put(out, "%s", keywords[kind]);
		if (kind == BTF_KIND_FWD)
			put(out, "struct ");
		if (kind != BTF_KIND_CONST && kind != BTF_KIND_VOLATILE) {
			put(out, "%s", kbtf_name(b, t->name_off));
			return;
		}
	}
	put(out, "void");
}

static void put_params(struct text *out, const struct kbtf *b, const struct btf_type *proto);

static void put_declaration(struct text *out, const struct kbtf *b, u32 id, const char *name)
{
	const struct btf_type *t;
	u32 stars = 0;

	for (id = skip_tags(b, id); id; id = skip_tags(b, t->type)) {
		t = kbtf_type(b, id);
		if (kbtf_kind(t) != BTF_KIND_PTR)
			break;
		stars++;
	}
	t = kbtf_type(b, id);
	if (id && kbtf_kind(t) == BTF_KIND_FUNC_PROTO) {
		put_declaration(out, b, t->type, "");
		put(out, "(%.*s%s)", (int)stars, "****", name);
		put_params(out, b, t);
		return;
	}
	put_base(out, b, id);
	if (stars || name[0])
		put(out, " %.*s%s", (int)stars, "****", name);
}

static void put_params(struct text *out, const struct kbtf *b, const struct btf_type *proto)
{
	const struct btf_param *p = kbtf_params(proto);

	put(out, "(");
	for (u32 i = 0; i < kbtf_vlen(proto); i++) {
		put(out, "%s", i ? ", " : "");
		put_declaration(out, b, p[i].type, kbtf_name(b, p[i].name_off));
	}
	put(out, "%s)", kbtf_vlen(proto) ? "" : "void");
}

void prototype_text(const struct kbtf *b, u32 id, char *buf, size_t size)
{
	struct text out = { buf, size, 0 };
	const struct btf_type *func = kbtf_type(b, id), *proto = kbtf_type(b, func->type);

	buf[0] = '\0';
	put_declaration(&out, b, proto->type, kbtf_type_name(b, id));
	put_params(&out, b, proto);
}
