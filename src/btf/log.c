/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The validator's log: a dump of what was read, and why it was refused, as Linux prints it. */
#include <stdarg.h>
#include <stdio.h>

#include "btf/impl.h"

static const char *const kind_names[] = {
	[BTF_KIND_UNKN] = "UNKNOWN",
	[BTF_KIND_INT] = "INT",
	[BTF_KIND_PTR] = "PTR",
	[BTF_KIND_ARRAY] = "ARRAY",
	[BTF_KIND_STRUCT] = "STRUCT",
	[BTF_KIND_UNION] = "UNION",
	[BTF_KIND_ENUM] = "ENUM",
	[BTF_KIND_FWD] = "FWD",
	[BTF_KIND_TYPEDEF] = "TYPEDEF",
	[BTF_KIND_VOLATILE] = "VOLATILE",
	[BTF_KIND_CONST] = "CONST",
	[BTF_KIND_RESTRICT] = "RESTRICT",
	[BTF_KIND_FUNC] = "FUNC",
	[BTF_KIND_FUNC_PROTO] = "FUNC_PROTO",
	[BTF_KIND_VAR] = "VAR",
	[BTF_KIND_DATASEC] = "DATASEC",
	[BTF_KIND_FLOAT] = "FLOAT",
	[BTF_KIND_DECL_TAG] = "DECL_TAG",
	[BTF_KIND_TYPE_TAG] = "TYPE_TAG",
	[BTF_KIND_ENUM64] = "ENUM64",
};

const char *kbtf_kind_name(u32 kind)
{
	return kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : "UNKNOWN";
}

bool kbtf_log_wanted(const struct kbtf_check *c)
{
	return c->log && c->log->level && c->log->write;
}

static void vput(struct kbtf_check *c, const char *fmt, va_list ap)
{
	char buf[1024];

	vsnprintf(buf, sizeof(buf), fmt, ap);
	c->log->write(c->log->priv, buf);
}

static void __printf(2, 3) put(struct kbtf_check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput(c, fmt, ap);
	va_end(ap);
}

int kbtf_say(struct kbtf_check *c, const char *fmt, ...)
{
	va_list ap;

	if (kbtf_log_wanted(c)) {
		va_start(ap, fmt);
		vput(c, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

const char *kbtf_log_name(const struct kbtf *b, u32 name_off)
{
	if (!name_off)
		return "(anon)";
	return kbtf_name(b, name_off) ?: "(invalid-name-offset)";
}

static const char *encoding_name(u32 enc)
{
	switch (enc) {
	case 0:
		return "(none)";
	case BTF_INT_SIGNED:
		return "SIGNED";
	case BTF_INT_CHAR:
		return "CHAR";
	case BTF_INT_BOOL:
		return "BOOL";
	default:
		return "UNKN";
	}
}

static void put_proto(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_param *p = kbtf_params(t);
	u32 n = kbtf_vlen(t);

	put(c, "return=%u args=(", t->type);
	for (u32 i = 0; i < n; i++) {
		const char *sep = i ? ", " : "";

		if (i == n - 1 && !p[i].type)
			put(c, "%svararg", sep);
		else
			put(c, "%s%u %s", sep, p[i].type, kbtf_log_name(c->b, p[i].name_off));
	}
	put(c, n ? ")" : "void)");
}

static void put_details(struct kbtf_check *c, const struct btf_type *t)
{
	const struct btf_array *a = (const void *)(t + 1);
	const struct btf_var *var = (const void *)(t + 1);
	const struct btf_decl_tag *tag = (const void *)(t + 1);

	switch (kbtf_kind(t)) {
	case BTF_KIND_INT:
		put(c, "size=%u bits_offset=%u nr_bits=%u encoding=%s", t->size,
		    BTF_INT_OFFSET(int_data(t)), BTF_INT_BITS(int_data(t)),
		    encoding_name(BTF_INT_ENCODING(int_data(t))));
		break;
	case BTF_KIND_ARRAY:
		put(c, "type_id=%u index_type_id=%u nr_elems=%u", a->type, a->index_type,
		    a->nelems);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		put(c, "size=%u vlen=%u", t->size, kbtf_vlen(t));
		break;
	case BTF_KIND_FWD:
		put(c, "%s", kbtf_kflag(t) ? "union" : "struct");
		break;
	case BTF_KIND_FUNC_PROTO:
		put_proto(c, t);
		break;
	case BTF_KIND_VAR:
		put(c, "type_id=%u linkage=%u", t->type, var->linkage);
		break;
	case BTF_KIND_FLOAT:
		put(c, "size=%u", t->size);
		break;
	case BTF_KIND_DECL_TAG:
		put(c, "type=%u component_idx=%d", t->type, tag->component_idx);
		break;
	default:
		put(c, "type_id=%u", t->type);
	}
}

static void put_type(struct kbtf_check *c, const struct btf_type *t, bool details)
{
	put(c, "[%u] %s %s%s", c->id, kbtf_kind_name(kbtf_kind(t)),
	    kbtf_log_name(c->b, t->name_off), details ? " " : "");
	if (details)
		put_details(c, t);
}

static void put_reason(struct kbtf_check *c, const char *fmt, va_list ap)
{
	put(c, " ");
	vput(c, fmt, ap);
	put(c, "\n");
}

int kbtf_bad_type(struct kbtf_check *c, const struct btf_type *t, const char *fmt, ...)
{
	va_list ap;

	if (kbtf_log_wanted(c)) {
		put_type(c, t, true);
		va_start(ap, fmt);
		put_reason(c, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

int kbtf_bad_basic(struct kbtf_check *c, const struct btf_type *t, const char *fmt, ...)
{
	va_list ap;

	if (kbtf_log_wanted(c)) {
		put_type(c, t, false);
		va_start(ap, fmt);
		put_reason(c, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

void kbtf_log_type(struct kbtf_check *c, const struct btf_type *t)
{
	if (!kbtf_log_wanted(c))
		return;
	put_type(c, t, true);
	put(c, "\n");
}

int kbtf_bad_member(struct kbtf_check *c, const struct btf_type *st, const struct btf_member *m,
		    const char *why)
{
	if (!kbtf_log_wanted(c))
		return -EINVAL;
	if (c->resolving)
		kbtf_log_type(c, st);
	put(c, "\t%s type_id=%u", kbtf_log_name(c->b, m->name_off), m->type);
	if (kbtf_kflag(st))
		put(c, " bitfield_size=%u", kbtf_member_bitfield_size(st, m));
	put(c, " bits_offset=%u", kbtf_member_bit_offset(st, m));
	put(c, why ? " %s\n" : "%s\n", why ?: "");
	return -EINVAL;
}

int kbtf_bad_secinfo(struct kbtf_check *c, const struct btf_type *sec,
		     const struct btf_var_secinfo *v, const char *why)
{
	if (!kbtf_log_wanted(c))
		return -EINVAL;
	if (c->resolving)
		kbtf_log_type(c, sec);
	put(c, "\t type_id=%u offset=%u size=%u", v->type, v->offset, v->size);
	put(c, why ? " %s\n" : "%s\n", why ?: "");
	return -EINVAL;
}
