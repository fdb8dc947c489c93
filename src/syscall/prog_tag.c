/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A program's tag: the first 8 bytes of the SHA-1 (RFC 3174) of its
 * instructions as loaded, with the fds of maps, which differ from load to load,
 * taken out.
 */
#include "syscall/impl.h"

struct sha1 {
	u32 h[5];
	u8 block[64];
	u64 bytes;
};

static u32 rol(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static void sha1_block(struct sha1 *s)
{
	static const u32 k[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	u32 w[80], a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];

	for (int i = 0; i < 16; i++)
		w[i] = (u32)s->block[4 * i] << 24 | s->block[4 * i + 1] << 16 |
		       s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		u32 f, t;

		if (i < 20)
			f = (b & c) | (~b & d);
		else if (i < 40 || i >= 60)
			f = b ^ c ^ d;
		else
			f = (b & c) | (b & d) | (c & d);
		t = rol(a, 5) + f + e + k[i / 20] + w[i];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = t;
	}
	s->h[0] += a;
	s->h[1] += b;
	s->h[2] += c;
	s->h[3] += d;
	s->h[4] += e;
}

static void sha1_add(struct sha1 *s, const void *data, size_t n)
{
	const u8 *p = data;

	for (; n; n--) {
		s->block[s->bytes++ % 64] = *p++;
		if (!(s->bytes % 64))
			sha1_block(s);
	}
}

static void sha1_end(struct sha1 *s, u8 out[20])
{
	u64 bits = s->bytes * 8;
	u8 len[8];

	sha1_add(s, "\x80", 1);
	while (s->bytes % 64 != 56)
		sha1_add(s, "", 1);
	for (int i = 0; i < 8; i++)
		len[i] = bits >> (56 - 8 * i);
	sha1_add(s, len, 8);
	for (int i = 0; i < 20; i++)
		out[i] = s->h[i / 4] >> (24 - 8 * (i % 4));
}

void sys_prog_tag(struct bpf_prog *p)
{
	struct sha1 s = { .h = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
	bool second = false;
	u8 sum[20];

	for (u32 i = 0; i < p->orig_len; i++) {
		struct bpf_insn in = p->orig_insns[i];
		bool map = insn_is_ldimm64(&in) && (in.src_reg == BPF_PSEUDO_MAP_FD ||
						    in.src_reg == BPF_PSEUDO_MAP_VALUE);

		if (map || second)
			in.imm = 0;
		second = map && !second;
		sha1_add(&s, &in, sizeof(in));
	}
	sha1_end(&s, sum);
	memcpy(p->tag, sum, sizeof(p->tag));
}
