/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Helpers of networking programs. Packets are real: one buffer, with room in front
 * and behind. Of the rest of a network there is nothing here: no device but the
 * loopback one, no routes, no sockets to be found, and so say their helpers.
 */
#include "helpers/body.h"
#include "isa/ctx_abi.h"

#define SKB_STORE_FLAGS 3 /* BPF_F_RECOMPUTE_CSUM, BPF_F_INVALIDATE_HASH */
#define SKB_OFFSET_MAX 0xffff
#define SKF_NET_OFF (-0x100000)
#define SKF_LL_OFF (-0x200000)
#define META_MAX 32
#define ETH_HLEN 14

static u32 packet_len(const struct packet_ptrs *p)
{
	return p->data_end - p->data;
}

/* ---- bytes of a packet ---- */

static bool in_packet(const struct skb_ctx *skb, u64 off, u64 len)
{
	return off <= SKB_OFFSET_MAX && off + len <= packet_len(&skb->ptrs);
}

HELPER_BODY(skb_load_bytes)
{
	const struct skb_ctx *skb = (void *)r1;

	if (in_packet(skb, (u32)r2, (u32)r4)) {
		memcpy((void *)r3, skb->ptrs.data + (u32)r2, (u32)r4);
		return 0;
	}
	memset((void *)r3, 0, (u32)r4);
	return ret_err(-EFAULT);
}

HELPER_BODY(skb_store_bytes)
{
	struct skb_ctx *skb = (void *)r1;

	if (r5 & ~(u64)SKB_STORE_FLAGS)
		return ret_err(-EINVAL);
	if ((u32)r2 > INT32_MAX || !in_packet(skb, (u32)r2, (u32)r4))
		return ret_err(-EFAULT);
	memmove(skb->ptrs.data + (u32)r2, (void *)r3, (u32)r4);
	return 0;
}

/* Negative offsets are from a header; NULL: out of the packet. */
static const u8 *packet_bytes(const struct skb_ctx *skb, s32 off, u32 size)
{
	const u8 *at;

	if (off >= 0)
		return in_packet(skb, off, size) ? skb->ptrs.data + off : NULL;
	if (off >= SKF_NET_OFF)
		at = skb->network + (off - SKF_NET_OFF);
	else if (off >= SKF_LL_OFF)
		at = skb->mac + (off - SKF_LL_OFF);
	else
		return NULL;
	return at >= skb->head && at + size <= skb->ptrs.data_end ? at : NULL;
}

/* BPF_LD_ABS and BPF_LD_IND: a number in network byte order. */
static u64 load_number(const struct skb_ctx *skb, s32 off, u32 size)
{
	const u8 *at = packet_bytes(skb, off, size);
	u64 v = 0;

	if (!at)
		return ret_err(-EFAULT);
	for (u32 i = 0; i < size; i++)
		v = v << 8 | at[i];
	return v;
}

HELPER_BODY(skb_load_8)
{
	return load_number((void *)r1, (s32)r2, 1);
}

HELPER_BODY(skb_load_16)
{
	return load_number((void *)r1, (s32)r2, 2);
}

HELPER_BODY(skb_load_32)
{
	return load_number((void *)r1, (s32)r2, 4);
}

/* All of it is at hand. */
HELPER_BODY(skb_pull_data)
{
	const struct skb_ctx *skb = (void *)r1;

	return (u32)r2 > packet_len(&skb->ptrs) ? ret_err(-ENOMEM) : 0;
}

HELPER_BODY(skb_change_head)
{
	struct skb_ctx *skb = (void *)r1;
	u32 room = (u32)r2;

	if (r3 || room > SKB_OFFSET_MAX)
		return ret_err(-EINVAL);
	if (room > (size_t)(skb->ptrs.data - skb->head))
		return ret_err(-ENOMEM);
	skb->ptrs.data -= room;
	skb->ptrs.data_meta = skb->ptrs.data;
	skb->uapi.len += room;
	memset(skb->ptrs.data, 0, room);
	return 0;
}

HELPER_BODY(get_hash_recalc)
{
	return ((struct skb_ctx *)r1)->uapi.hash;
}

/* ---- XDP ---- */

HELPER_BODY(xdp_adjust_head)
{
	struct xdp_ctx *xdp = (void *)r1;
	u8 *data = xdp->ptrs.data + (s32)r2;
	size_t meta = xdp->ptrs.data - xdp->ptrs.data_meta;

	if (data < xdp->head + meta || data > xdp->ptrs.data_end - ETH_HLEN)
		return ret_err(-EINVAL);
	memmove(data - meta, xdp->ptrs.data_meta, meta);
	xdp->ptrs.data_meta = data - meta;
	xdp->ptrs.data = data;
	return 0;
}

HELPER_BODY(xdp_adjust_meta)
{
	struct xdp_ctx *xdp = (void *)r1;
	u8 *meta = xdp->ptrs.data_meta + (s32)r2;

	if (meta < xdp->head || meta > xdp->ptrs.data)
		return ret_err(-EINVAL);
	if ((xdp->ptrs.data - meta) % 4 || xdp->ptrs.data - meta > META_MAX)
		return ret_err(-EACCES);
	xdp->ptrs.data_meta = meta;
	return 0;
}

HELPER_BODY(xdp_adjust_tail)
{
	struct xdp_ctx *xdp = (void *)r1;
	u8 *end = xdp->ptrs.data_end + (s32)r2;

	if (end > xdp->limit || end < xdp->ptrs.data + ETH_HLEN)
		return ret_err(-EINVAL);
	if (end > xdp->ptrs.data_end)
		memset(xdp->ptrs.data_end, 0, end - xdp->ptrs.data_end);
	xdp->ptrs.data_end = end;
	return 0;
}

/* ---- check sums: of 32-bit words, in ones' complement ---- */

#define CSUM_BYTES_MAX 512

static u32 csum_words(u32 sum, const u8 *bytes, u32 size, u32 invert)
{
	for (u32 i = 0; i < size; i += 4) {
		u32 word;
		u64 s;

		memcpy(&word, bytes + i, sizeof(word)); /* a packet's need not be aligned */
		s = (u64)sum + (word ^ invert);
		sum = (u32)s + (u32)(s >> 32);
	}
	return sum;
}

HELPER_BODY(csum_diff)
{
	u32 from_size = (u32)r2, to_size = (u32)r4, sum = (u32)r5;

	if ((from_size | to_size) % 4 || from_size + to_size > CSUM_BYTES_MAX)
		return ret_err(-EINVAL);
	sum = csum_words(sum, (const u8 *)r1, from_size, ~0U);
	return csum_words(sum, (const u8 *)r3, to_size, 0);
}

/* No check sum was made by a device, so there is none to keep up to date. */
HELPER_BODY(csum_update)
{
	return ret_err(-ENOTSUPP);
}

/* ---- sockets: there is the one of the context, at most ---- */

HELPER_BODY(no_socket)
{
	return 0;
}

/* The reference that was never taken: no socket is ever found. */
HELPER_BODY(sk_release)
{
	return 0;
}

HELPER_BODY(sk_fullsock)
{
	return r1;
}

HELPER_BODY(skb_socket_cookie)
{
	return ((struct skb_ctx *)r1)->uapi.sk ? 1 : 0;
}

/* Of the initial network namespace. */
HELPER_BODY(get_netns_cookie)
{
	return 1;
}

HELPER_BODY(no_device)
{
	return ret_err(-ENODEV);
}

HELPER_BODY(not_here)
{
	return ret_err(-EOPNOTSUPP);
}
