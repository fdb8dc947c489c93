/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Accesses by field: contexts of the networking program types, and sockets. The
 * table says which view of a struct may touch which field; here is who has which.
 */
#include "isa/ctx_abi.h"
#include "verifier/mem.h"

enum {
	SKB_FILTER = BIT(0),
	SKB_CG = BIT(1),
	SKB_CG_BPF = BIT(2), /* loaded with CAP_BPF */
	SKB_TC = BIT(3),
	SKB_LWT = BIT(4),
	SKB_SK = BIT(5),
	SKB_FLOW = BIT(6), /* by itself: the flow dissector sees next to nothing */
	SKB_ANY = SKB_FILTER | SKB_CG | SKB_TC | SKB_LWT | SKB_SK,

	XDP_ANY = BIT(0),
	XDP_DEVMAP = BIT(1),

	SOCK_CREATE = BIT(0),
	SOCK_BIND4 = BIT(1),
	SOCK_BIND6 = BIT(2),
	SOCK_FULL = BIT(3),   /* PTR_TO_SOCKET */
	SOCK_COMMON = BIT(4), /* PTR_TO_SOCK_COMMON */
	SOCK_ANY = SOCK_CREATE | SOCK_BIND4 | SOCK_BIND6 | SOCK_FULL,

	ADDR_ANY = BIT(0),
	ADDR_IP4 = BIT(1),
	ADDR_IP6 = BIT(2),
	ADDR_SEND4 = BIT(3),
	ADDR_SEND6 = BIT(4),

	SOCKOPT_GET = BIT(0),
	SOCKOPT_SET = BIT(1),
	SOCKOPT_ANY = SOCKOPT_GET | SOCKOPT_SET,

	ANY_VIEW = BIT(0),
};

enum layout {
	NO_LAYOUT,
#define LAYOUT(id, type) LAYOUT_##id,
#define FIELD(...)
#define RANGE(...)
#define POINTER(...)
#define PACKET(...)
#include "verifier/ctx_fields.def"
#undef LAYOUT
#undef FIELD
#undef RANGE
#undef POINTER
#undef PACKET
};

enum rule { WHOLE, NARROW, FIRST, ANY, WIDE };

/* A row that opens a layout has no readers. */
struct field {
	u8 layout; /* of the row that opens it */
	u8 unit, rule;
	bool is_packet;
	u16 off, end;
	u16 ptr; /* where the context has a packet's address, behind the struct */
	u32 readers, writers;
	u32 type; /* of what a load gives */
};

#define PTRS(type) _Generic((type *)NULL,                                                         \
	struct __sk_buff *: offsetof(struct skb_ctx, ptrs),                                        \
	struct xdp_md *: offsetof(struct xdp_ctx, ptrs))

static const struct field fields[] = {
#define LAYOUT(id, type) { .layout = LAYOUT_##id },
#define RANGE(s, from, to, size, r, w)                                                             \
	{ .unit = size, .rule = WHOLE, .off = offsetof(s, from),                                   \
	  .end = offsetof(s, to) + size, .readers = r, .writers = w, .type = SCALAR_VALUE },
#define FIELD(s, field, size, how, r, w)                                                           \
	{ .unit = size, .rule = how, .off = offsetof(s, field),                                    \
	  .end = offsetof(s, field) + sizeof(((s *)NULL)->field), .readers = r, .writers = w,      \
	  .type = SCALAR_VALUE },
#define POINTER(s, field, what, r)                                                                 \
	{ .unit = 8, .rule = WHOLE, .off = offsetof(s, field), .end = offsetof(s, field) + 8,      \
	  .readers = r, .type = what },
#define PACKET(s, field, what, r, to)                                                              \
	{ .unit = 4, .rule = WHOLE, .is_packet = true, .off = offsetof(s, field),                  \
	  .end = offsetof(s, field) + 4, .ptr = PTRS(s) + offsetof(struct packet_ptrs, to),        \
	  .readers = r, .type = what },
#include "verifier/ctx_fields.def"
#undef LAYOUT
#undef FIELD
#undef RANGE
#undef POINTER
#undef PACKET
};

struct view {
	enum layout layout;
	u32 views;
};

/* ---- who sees what ---- */

static u32 addr_views(enum bpf_attach_type attach)
{
	switch (attach) {
	case BPF_CGROUP_UDP4_SENDMSG:
		return ADDR_ANY | ADDR_IP4 | ADDR_SEND4;
	case BPF_CGROUP_INET4_BIND:
	case BPF_CGROUP_INET4_CONNECT:
	case BPF_CGROUP_INET4_GETPEERNAME:
	case BPF_CGROUP_INET4_GETSOCKNAME:
	case BPF_CGROUP_UDP4_RECVMSG:
		return ADDR_ANY | ADDR_IP4;
	case BPF_CGROUP_UDP6_SENDMSG:
		return ADDR_ANY | ADDR_IP6 | ADDR_SEND6;
	case BPF_CGROUP_INET6_BIND:
	case BPF_CGROUP_INET6_CONNECT:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME:
	case BPF_CGROUP_UDP6_RECVMSG:
		return ADDR_ANY | ADDR_IP6;
	default:
		return ADDR_ANY;
	}
}

static u32 sock_views(enum bpf_attach_type attach)
{
	switch (attach) {
	case BPF_CGROUP_INET4_POST_BIND:
		return SOCK_BIND4;
	case BPF_CGROUP_INET6_POST_BIND:
		return SOCK_BIND6;
	default:
		return SOCK_CREATE;
	}
}

static struct view ctx_view(const struct bpf_verifier_env *env)
{
	enum bpf_attach_type attach = env->prog->expected_attach_type;

	switch (env->prog->type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
		return (struct view){ LAYOUT_SKB, SKB_FILTER };
	case BPF_PROG_TYPE_CGROUP_SKB:
		return (struct view){ LAYOUT_SKB, SKB_CG | (env->bpf_capable ? SKB_CG_BPF : 0) };
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return (struct view){ LAYOUT_SKB, SKB_TC };
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
		return (struct view){ LAYOUT_SKB, SKB_LWT };
	case BPF_PROG_TYPE_SK_SKB:
		return (struct view){ LAYOUT_SKB, SKB_SK };
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
		return (struct view){ LAYOUT_SKB, SKB_FLOW };
	case BPF_PROG_TYPE_XDP:
		return (struct view){ LAYOUT_XDP,
				      XDP_ANY | (attach == BPF_XDP_DEVMAP ? XDP_DEVMAP : 0) };
	case BPF_PROG_TYPE_CGROUP_SOCK:
		return (struct view){ LAYOUT_SOCK, sock_views(attach) };
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		return (struct view){ LAYOUT_SOCK_ADDR, addr_views(attach) };
	case BPF_PROG_TYPE_SOCK_OPS:
		return (struct view){ LAYOUT_SOCK_OPS, ANY_VIEW };
	case BPF_PROG_TYPE_SK_MSG:
		return (struct view){ LAYOUT_SK_MSG, ANY_VIEW };
	case BPF_PROG_TYPE_SK_REUSEPORT:
		return (struct view){ LAYOUT_SK_REUSEPORT, ANY_VIEW };
	case BPF_PROG_TYPE_SK_LOOKUP:
		return (struct view){ LAYOUT_SK_LOOKUP, ANY_VIEW };
	case BPF_PROG_TYPE_CGROUP_DEVICE:
		return (struct view){ LAYOUT_CGROUP_DEV, ANY_VIEW };
	case BPF_PROG_TYPE_PERF_EVENT:
		return (struct view){ LAYOUT_PERF_EVENT, ANY_VIEW };
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
		return (struct view){ LAYOUT_SYSCTL, ANY_VIEW };
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
		return (struct view){ LAYOUT_SOCKOPT,
				      attach == BPF_CGROUP_GETSOCKOPT ? SOCKOPT_GET : SOCKOPT_SET };
	default:
		return (struct view){};
	}
}

static struct view sock_view(u32 type)
{
	switch (base_type(type)) {
	case PTR_TO_SOCKET:
		return (struct view){ LAYOUT_SOCK, SOCK_FULL };
	case PTR_TO_SOCK_COMMON:
		return (struct view){ LAYOUT_SOCK, SOCK_COMMON };
	case PTR_TO_TCP_SOCK:
		return (struct view){ LAYOUT_TCP_SOCK, ANY_VIEW };
	case PTR_TO_XDP_SOCK:
		return (struct view){ LAYOUT_XDP_SOCK, ANY_VIEW };
	default:
		return (struct view){};
	}
}

/* ---- the rules ---- */

static bool size_ok(const struct field *f, int off, int size, int t)
{
	if (f->rule == ANY)
		return off + size <= f->end;
	if (f->rule == WIDE && size == 8 && off + 8 <= f->end)
		return true;
	if (size == f->unit)
		return f->rule != FIRST || off == f->off;
	return size < f->unit && t == BPF_READ &&
	       (f->rule == NARROW || f->rule == WIDE || (f->rule == FIRST && off == f->off));
}

/* The row that allows the access; NULL: none does. */
static const struct field *find_field(struct view v, int off, int size, int t)
{
	enum layout layout = NO_LAYOUT;

	if (v.layout == NO_LAYOUT || off < 0 || off % size)
		return NULL;
	for (const struct field *f = fields; f < fields + ARRAY_SIZE(fields); f++) {
		if (f->layout)
			layout = f->layout;
		else if (layout == v.layout && off >= f->off && off < f->end &&
			 ((t == BPF_READ ? f->readers : f->writers) & v.views) &&
			 size_ok(f, off, size, t))
			return f;
	}
	return NULL;
}

bool vrf_ctx_net_access(struct bpf_verifier_env *env, int off, int size, int t, bool is_ldsx,
			struct ctx_info *info)
{
	const struct field *f = find_field(ctx_view(env), off, size, t);

	if (!f || (f->is_packet && is_ldsx))
		return false;
	info->reg_type = f->type;
	return true;
}

int vrf_ctx_packet_ptr(const struct bpf_verifier_env *env, int off)
{
	const struct field *f = find_field(ctx_view(env), off, 4, BPF_READ);

	return f && f->is_packet ? f->ptr : -ENOENT;
}

/* ---- sockets ---- */

int vrf_check_sock_access(struct bpf_verifier_env *env, u32 regno, int off, int size, int t)
{
	struct bpf_reg_state *reg = reg_state(env, regno);

	if (reg->smin_value < 0) {
		verbose(env, "R%d min value is negative, either use unsigned index or do a if (index >=0) check.\n",
			regno);
		return -EACCES;
	}
	if (find_field(sock_view(reg->type), off, size, t))
		return 0;
	verbose(env, "R%d invalid %s access off=%d size=%d\n", regno,
		vrf_reg_type_str(env, reg->type), off, size);
	return -EACCES;
}
