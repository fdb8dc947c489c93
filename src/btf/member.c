/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whether a member fits into its struct: offset, alignment, width, by the kind of its type. */
#include "btf/impl.h"

u32 kbtf_member_bit_offset(const struct btf_type *t, const struct btf_member *m)
{
	return kbtf_kflag(t) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
}

u32 kbtf_member_bitfield_size(const struct btf_type *t, const struct btf_member *m)
{
	return kbtf_kflag(t) ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
}

struct place {
	const struct btf_type *st;
	const struct btf_member *m;
	u32 off, width; /* bits; width 0: not a bitfield */
};

static int bad(struct kbtf_check *c, const struct place *p, const char *why)
{
	return kbtf_bad_member(c, p->st, p->m, why);
}

/* @bits from bit @off on, read in whole bytes. */
static int check_bits(struct kbtf_check *c, const struct place *p, u32 off, u32 bits)
{
	u32 span = bits + off % 8;

	if (span > 128)
		return bad(c, p, "nr_copy_bits exceeds 128");
	if (p->st->size < off / 8 || p->st->size - off / 8 < DIV_ROUND_UP(span, 8))
		return bad(c, p, "Member exceeds struct_size");
	return 0;
}

static int check_int(struct kbtf_check *c, const struct place *p, const struct btf_type *t)
{
	u32 bits = BTF_INT_BITS(int_data(t)), shift = BTF_INT_OFFSET(int_data(t));

	if (!kbtf_kflag(p->st)) {
		if (UINT32_MAX - p->off < shift)
			return bad(c, p, "bits_offset exceeds U32_MAX");
		return check_bits(c, p, p->off + shift, bits);
	}
	if (!is_regular_int(t))
		return bad(c, p, "Invalid member base type");
	if (!p->width && p->off % 8)
		return bad(c, p, "Invalid member offset");
	if (p->width > bits)
		return bad(c, p, "Invalid member bitfield_size");
	return check_bits(c, p, p->off, p->width ? p->width : bits);
}

static int check_bytes(struct kbtf_check *c, const struct place *p, u32 size)
{
	if (p->off % 8)
		return bad(c, p, "Member is not byte aligned");
	if (p->st->size - p->off / 8 < size)
		return bad(c, p, "Member exceeds struct_size");
	return 0;
}

static int check_enum(struct kbtf_check *c, const struct place *p, const struct btf_type *t)
{
	u32 bits = 32;

	if (!kbtf_kflag(p->st))
		return check_bytes(c, p, t->size);
	if (!p->width && p->off % 8)
		return bad(c, p, "Member is not byte aligned");
	if (p->width > bits)
		return bad(c, p, "Invalid member bitfield_size");
	if (p->width)
		bits = p->width;
	if (p->st->size < DIV_ROUND_UP(p->off + bits, 8))
		return bad(c, p, "Member exceeds struct_size");
	return 0;
}

static int check_float(struct kbtf_check *c, const struct place *p, const struct btf_type *t)
{
	u32 align = min(8u, t->size);

	if (p->off % (align * 8))
		return bad(c, p, "Member is not properly aligned");
	if ((u64)p->off / 8 + t->size > p->st->size)
		return bad(c, p, "Member exceeds struct_size");
	return 0;
}

int kbtf_check_member(struct kbtf_check *c, const struct btf_type *st, const struct btf_member *m)
{
	struct place p = { st, m, kbtf_member_bit_offset(st, m), kbtf_member_bitfield_size(st, m) };
	u32 id = m->type, size = 0;
	const struct btf_type *t = kbtf_sized(c, &id, &size);

	if (!t)
		return bad(c, &p, "Invalid member");
	switch (kbtf_kind(t)) {
	case BTF_KIND_INT:
		return check_int(c, &p, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return check_enum(c, &p, t);
	default:
		break;
	}
	if (p.width)
		return bad(c, &p, "Invalid member bitfield_size");
	if (kbtf_kind(t) == BTF_KIND_FLOAT)
		return check_float(c, &p, t);
	return check_bytes(c, &p, size);
}
