/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The contexts of programs that look at packets, sockets and the like: structs of
 * Linux's user API, whose layout programs are compiled against. In Linux these are
 * views: the verifier turns accesses to them into accesses to the kernel's own
 * structs. Here they are what a program gets, and only pointers, for which the API
 * has 32 bits, lie elsewhere: behind the struct (struct skb_ctx, struct xdp_ctx).
 */
#ifndef ISA_CTX_ABI_H
#define ISA_CTX_ABI_H

#include "base/base.h"

struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority;
	u32 src_ip4, src_ip6[4], src_port;
	u16 dst_port, unused; /* network byte order */
	u32 dst_ip4, dst_ip6[4];
	u32 state;
	s32 rx_queue_mapping;
};

struct bpf_tcp_sock {
	u32 snd_cwnd, srtt_us, rtt_min, snd_ssthresh, rcv_nxt, snd_nxt, snd_una, mss_cache;
	u32 ecn_flags, rate_delivered, rate_interval_us, packets_out, retrans_out;
	u32 total_retrans, segs_in, data_segs_in, segs_out, data_segs_out, lost_out, sacked_out;
	u64 bytes_received, bytes_acked;
	u32 dsack_dups, delivered, delivered_ce, icsk_retransmits;
};

struct bpf_xdp_sock {
	u32 queue_id;
};

struct bpf_flow_keys {
	u16 nhoff, thoff, addr_proto;
	u8 is_frag, is_first_frag, is_encap, ip_proto;
	u16 n_proto, sport, dport;
	union {
		struct {
			u32 ipv4_src, ipv4_dst;
		};
		struct {
			u32 ipv6_src[4], ipv6_dst[4];
		};
	};
	u32 flags;
	u32 flow_label;
};

struct __sk_buff {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto;
	u32 priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid;
	u32 data, data_end;
	u32 napi_id, family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4];
	u32 remote_port, local_port;
	u32 data_meta;
	struct bpf_flow_keys *flow_keys;
	u64 tstamp;
	u32 wire_len, gso_segs;
	struct bpf_sock *sk;
	u32 gso_size;
	u8 tstamp_type;
	u8 unused[3];
	u64 hwtstamp;
};

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol;
	u32 msg_src_ip4, msg_src_ip6[4];
	struct bpf_sock *sk;
};

struct bpf_sock_ops {
	u32 op;
	union {
		u32 args[4];
		u32 reply;
		u32 replylong[4];
	};
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 is_fullsock, snd_cwnd, srtt_us, bpf_sock_ops_cb_flags, state, rtt_min, snd_ssthresh;
	u32 rcv_nxt, snd_nxt, snd_una, mss_cache, ecn_flags, rate_delivered, rate_interval_us;
	u32 packets_out, retrans_out, total_retrans, segs_in, data_segs_in, segs_out;
	u32 data_segs_out, lost_out, sacked_out, sk_txhash;
	u64 bytes_received, bytes_acked;
	struct bpf_sock *sk;
	void *skb_data, *skb_data_end;
	u32 skb_len, skb_tcp_flags;
	u64 skb_hwtstamp;
};

struct sk_msg_md {
	void *data, *data_end;
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 size;
	struct bpf_sock *sk;
};

struct sk_reuseport_md {
	void *data, *data_end;
	u32 len, eth_protocol, ip_protocol, bind_inany, hash;
	struct bpf_sock *sk, *migrating_sk;
};

struct bpf_sk_lookup {
	union {
		struct bpf_sock *sk;
		u64 cookie;
	};
	u32 family, protocol, remote_ip4, remote_ip6[4];
	u16 remote_port, unused; /* network byte order */
	u32 local_ip4, local_ip6[4], local_port, ingress_ifindex;
};

struct bpf_cgroup_dev_ctx {
	u32 access_type, major, minor;
};

struct bpf_sysctl {
	u32 write, file_pos;
};

struct bpf_sockopt {
	struct bpf_sock *sk;
	void *optval, *optval_end;
	s32 level, optname, optlen, retval;
};

/* struct bpf_perf_event_data, whose registers are the machine's. */
struct perf_event_ctx {
	u64 regs[21];
	u64 sample_period, addr;
};

/* ---- what programs run on ---- */

/* The real addresses of a packet, for a context that has room for their lower halves. */
struct packet_ptrs {
	u8 *data, *data_end, *data_meta;
};

/* @uapi.data and its like are not used. The buffer, and @sk, are the runner's. */
struct skb_ctx {
	struct __sk_buff uapi;
	struct packet_ptrs ptrs;
	u8 *mac, *network; /* where these headers begin */
	u8 *head, *limit; /* [head, limit) is the whole buffer */
};

struct xdp_ctx {
	struct xdp_md uapi;
	struct packet_ptrs ptrs;
	u8 *head, *limit;
};

#endif
