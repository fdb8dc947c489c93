/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * PROG_TEST_RUN. Programs of SYSCALL run on a context of the caller's, networking
 * programs on a packet: the caller's bytes, as if the loopback device had received
 * them, with a socket that is connected to nothing.
 */
#include <stdlib.h>

#include "isa/ctx_abi.h"
#include "kobj/cgroup_storage.h"
#include "syscall/impl.h"

#define ETH_HLEN 14
#define PACKET_MAX 4096
#define SKB_HEADROOM 66 /* NET_SKB_PAD, NET_IP_ALIGN */
#define SKB_TAILROOM 320 /* struct skb_shared_info */
#define XDP_HEADROOM 256
#define LOOPBACK_IFINDEX 1
#define TCP_CLOSE 7
#define GSO_MAX_SEGS 65535

enum {
	ETH_P_802_3 = 1,
	ETH_P_802_2 = 4,
	ETH_P_802_3_MIN = 0x600,
};

#define BPF_F_TEST_SKB_CHECKSUM_COMPLETE (1U << 2)

/* A packet and what is around it. */
struct packet {
	u8 *buf; /* of @headroom bytes, the packet, and the rest up to PACKET_MAX */
	u32 headroom, size;
};

static int read_packet(struct sys_call *s, u32 headroom, u32 tailroom, struct packet *p)
{
	u32 size = s->attr->test.data_size_in;
	int err;

	if (size < ETH_HLEN || size > PACKET_MAX - headroom - tailroom)
		return -EINVAL;
	*p = (struct packet){ .buf = calloc(1, PACKET_MAX), .headroom = headroom, .size = size };
	if (!p->buf)
		return -ENOMEM;
	err = sys_read(s, p->buf + headroom, s->attr->test.data_in, size);
	if (err)
		free(p->buf);
	return err;
}

/* The results; -ENOSPC, and as much as there is room for, where the packet is too long. */
static int finish(struct sys_call *s, const u8 *data, u32 size, u32 retval)
{
	const union bpf_attr *a = s->attr;
	u32 room = a->test.data_size_out, n = a->test.data_out ? size : 0;
	int short_room = 0, err;

	if (n && room && n > room) {
		n = room;
		short_room = -ENOSPC;
	}
	err = sys_write(s, a->test.data_out, data, n);
	if (!err)
		err = sys_put(s, test.data_size_out, size);
	if (!err)
		err = sys_put(s, test.retval, retval);
	if (!err)
		err = sys_put(s, test.duration, 0); /* the machine's clock stands still */
	return err ? err : short_room;
}

/* The caller's context, cut to or extended to @size; what is beyond must be zero. */
static int read_ctx(struct sys_call *s, void *ctx, u32 size)
{
	const union bpf_attr *a = s->attr;
	int err;

	if (!a->test.ctx_in)
		return 0;
	err = sys_check_tail(s, a->test.ctx_in, size, a->test.ctx_size_in);
	return err ? err : sys_read(s, ctx, a->test.ctx_in, min(size, a->test.ctx_size_in));
}

static int write_ctx(struct sys_call *s, const void *ctx, u32 size)
{
	const union bpf_attr *a = s->attr;
	u32 n = min(size, a->test.ctx_size_out);
	int err;

	if (!a->test.ctx_out)
		return 0;
	err = sys_write(s, a->test.ctx_out, ctx, n);
	if (!err)
		err = sys_put(s, test.ctx_size_out, size);
	return err ? err : n < size ? -ENOSPC : 0;
}

static u32 run_repeatedly(struct sys_call *s, struct bpf_prog *p, void *ctx)
{
	u32 n = s->attr->test.repeat ?: 1, retval = 0;

	for (u32 i = 0; i < p->nr_used_maps; i++)
		if (map_is_cgroup_storage(p->used_maps[i]))
			cgroup_storage_clear(p->used_maps[i]);
	while (n--)
		retval = s->c->run(s->c->priv, p, ctx);
	return retval;
}

/* ---- skb ---- */

/* In network byte order, as the device's driver finds it. */
static u16 eth_protocol(const u8 *frame)
{
	u16 proto = frame[12] << 8 | frame[13];

	if (proto < ETH_P_802_3_MIN)
		proto = frame[14] == 0xff && frame[15] == 0xff ? ETH_P_802_3 : ETH_P_802_2;
	return __builtin_bswap16(proto);
}

/* Fields that the caller may set; all others must be zero. */
static int set_fields(struct __sk_buff *skb, const struct __sk_buff *in)
{
	struct __sk_buff rest = *in;

	skb->mark = in->mark;
	skb->priority = in->priority;
	skb->ingress_ifindex = in->ingress_ifindex;
	skb->tstamp = in->tstamp;
	skb->gso_segs = in->gso_segs;
	skb->gso_size = in->gso_size;
	skb->hwtstamp = in->hwtstamp;
	memcpy(skb->cb, in->cb, sizeof(skb->cb));
	skb->wire_len = in->wire_len ?: skb->len;
	rest.mark = rest.priority = rest.ingress_ifindex = rest.ifindex = 0;
	rest.wire_len = rest.gso_segs = rest.gso_size = 0;
	rest.tstamp = rest.hwtstamp = 0;
	memset(rest.cb, 0, sizeof(rest.cb));
	for (size_t i = 0; i < sizeof(rest); i++)
		if (((const u8 *)&rest)[i])
			return -EINVAL;
	if (skb->wire_len < skb->len || in->gso_segs > GSO_MAX_SEGS)
		return -EINVAL;
	return in->ifindex > LOOPBACK_IFINDEX ? -ENODEV : 0;
}

static bool sees_link_layer(const struct bpf_prog *p)
{
	return p->type == BPF_PROG_TYPE_SCHED_CLS || p->type == BPF_PROG_TYPE_SCHED_ACT;
}

static s64 run_skb(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	struct bpf_sock sock = { .state = TCP_CLOSE, .rx_queue_mapping = -1 };
	struct __sk_buff in = {};
	struct skb_ctx ctx = {};
	struct packet pkt;
	u32 skip = sees_link_layer(p) ? 0 : ETH_HLEN, retval;
	u8 *data;
	int err;

	if ((a->test.flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE) || a->test.cpu ||
	    a->test.batch_size)
		return -EINVAL;
	err = read_packet(s, SKB_HEADROOM, SKB_TAILROOM, &pkt);
	if (err)
		return err;
	data = pkt.buf + pkt.headroom;
	ctx.head = pkt.buf;
	ctx.limit = pkt.buf + PACKET_MAX - SKB_TAILROOM;
	ctx.ptrs = (struct packet_ptrs){ data + skip, data + pkt.size, data + skip };
	ctx.mac = data;
	ctx.network = data + ETH_HLEN;
	ctx.uapi.len = pkt.size - skip;
	ctx.uapi.protocol = eth_protocol(data);
	ctx.uapi.ifindex = LOOPBACK_IFINDEX;
	ctx.uapi.sk = &sock;
	err = read_ctx(s, &in, sizeof(in));
	if (!err)
		err = set_fields(&ctx.uapi, &in);
	if (!err) {
		retval = run_repeatedly(s, p, &ctx);
		/* whatever became of it, there is room for a header that nobody saw */
		data = max(ctx.ptrs.data - skip, pkt.buf);
		memset(data, 0, skip);
		in = ctx.uapi;
		in.sk = NULL;
		err = write_ctx(s, &in, sizeof(in));
		if (!err)
			err = finish(s, data, ctx.ptrs.data_end - data, retval);
	}
	free(pkt.buf);
	return err;
}

/* ---- XDP ---- */

static s64 run_xdp(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	struct xdp_md in = {};
	struct xdp_ctx ctx = {};
	struct packet pkt;
	u32 retval;
	u8 *data;
	int err;

	if (a->test.flags || a->test.batch_size || a->test.cpu)
		return -EINVAL;
	if (a->test.ctx_in || a->test.ctx_out)
		return err_set(&s->c->err, -ENOTSUPP,
			       "a context for a test run of XDP is not built yet");
	err = read_packet(s, XDP_HEADROOM, SKB_TAILROOM, &pkt);
	if (err)
		return err;
	data = pkt.buf + pkt.headroom;
	ctx.uapi = in;
	ctx.uapi.ingress_ifindex = LOOPBACK_IFINDEX;
	ctx.head = pkt.buf;
	ctx.limit = pkt.buf + PACKET_MAX - SKB_TAILROOM;
	ctx.ptrs = (struct packet_ptrs){ data, data + pkt.size, data };
	retval = run_repeatedly(s, p, &ctx);
	err = finish(s, ctx.ptrs.data, ctx.ptrs.data_end - ctx.ptrs.data, retval);
	free(pkt.buf);
	return err;
}

/* ---- the rest ---- */

/*
 * A SYSCALL program runs on a context of the caller's, which it gets back. The
 * verifier bounds accesses by the largest size that a context can have, so that
 * is what the program runs on.
 */
/* Of a struct_ops value that its kfuncs speak of; nobody else registers this program. */
static int check_needs(struct sys_call *s, const struct bpf_prog *p)
{
	for (u32 i = 0; i < p->nr_targets; i++) {
		const struct value_call call = { .prog = p->name, .target = &p->targets[i] };
		int err = call.target->is_helper ? 0 : calls_check_run(s->c->calls, &call, &s->c->err);

		if (err)
			return err;
	}
	return 0;
}

static s64 run_syscall(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;
	u32 size = a->test.ctx_size_in;
	void *ctx;
	u32 retval;
	int err;

	if (a->test.data_in || a->test.data_out || a->test.ctx_out || a->test.duration ||
	    a->test.repeat || a->test.flags || a->test.batch_size)
		return -EINVAL;
	if (size > UINT16_MAX)
		return -EINVAL;
	err = check_needs(s, p);
	if (err)
		return err;
	ctx = calloc(1, UINT16_MAX + 8);
	if (!ctx)
		return -ENOMEM;
	err = sys_read(s, ctx, a->test.ctx_in, size);
	if (!err) {
		retval = s->c->run(s->c->priv, p, ctx);
		err = sys_write(s, a->test.ctx_in, ctx, size);
		if (!err)
			err = sys_put(s, test.retval, retval);
	}
	free(ctx);
	return err;
}

/*
 * Linux calls functions that fentry and fexit programs can be attached to, and says
 * whether these work. Here nothing is ever attached to a function: they do.
 */
static s64 run_tracing(struct sys_call *s, struct bpf_prog *p)
{
	const union bpf_attr *a = s->attr;

	if (a->test.flags || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	if (p->expected_attach_type != BPF_TRACE_FENTRY && p->expected_attach_type != BPF_TRACE_FEXIT)
		return -EFAULT;
	return sys_put(s, test.retval, 0);
}

s64 sys_prog_test_run(struct sys_call *s)
{
	const union bpf_attr *a = s->attr;
	struct bpf_prog *p;
	int err = 0;

	if (!a->test.ctx_size_in != !a->test.ctx_in || !a->test.ctx_size_out != !a->test.ctx_out)
		return -EINVAL;
	p = sys_prog(s, a->test.prog_fd, &err);
	if (!p)
		return err;
	err = sys_check_runs(s);
	if (err)
		return err;
	if (!s->c->run)
		return -ENOTSUPP;
	switch (p->type) {
	case BPF_PROG_TYPE_SYSCALL:
		return run_syscall(s, p);
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
		return run_skb(s, p);
	case BPF_PROG_TYPE_XDP:
		return run_xdp(s, p);
	case BPF_PROG_TYPE_TRACING:
		return run_tracing(s, p);
	default:
		return -ENOTSUPP;
	}
}
