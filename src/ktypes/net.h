/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Types that networking programs name. As in tracing.h, no object of them exists:
 * programs run on the structs of isa/ctx_abi.h.
 */
#ifndef KTYPES_NET_H
#define KTYPES_NET_H

#include "ktypes/tracing.h"

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u32 skc_hash;
	u16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	int skc_bound_dev_if;
};

struct sock {
	struct sock_common __sk_common;
	u32 sk_priority;
	u32 sk_mark;
	u16 sk_type;
	u16 sk_protocol;
	int sk_rcvbuf;
	int sk_sndbuf;
};

struct inet_sock {
	struct sock sk;
	u16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	u8 icsk_retransmits;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 snd_cwnd;
	u32 snd_ssthresh;
	u32 srtt_us;
	u32 lsndtime;
	u64 bytes_received;
};

struct tcp6_sock {
	struct tcp_sock tcp;
};

struct udp_sock {
	struct inet_sock inet;
};

struct udp6_sock {
	struct udp_sock udp;
};

struct unix_sock {
	struct sock sk;
};

struct inet_timewait_sock {
	struct sock_common __tw_common;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

struct request_sock {
	struct sock_common __req_common;
};

struct inet_request_sock {
	struct request_sock req;
};

struct tcp_request_sock {
	struct inet_request_sock req;
};

struct net_device {
	int ifindex;
	unsigned int mtu;
	char name[16];
};

typedef struct skb_frag {
	unsigned long netmem;
	unsigned int len;
	unsigned int offset;
} skb_frag_t;

struct skb_shared_info {
	u8 flags;
	u8 nr_frags;
	unsigned short gso_size;
	unsigned short gso_segs;
	skb_frag_t frags[17];
};

struct iphdr {
	u8 ihl : 4, version : 4;
	u8 tos;
	u16 tot_len;
	u16 id;
	u16 frag_off;
	u8 ttl;
	u8 protocol;
	u16 check;
	u32 saddr;
	u32 daddr;
};

struct ipv6hdr {
	u8 priority : 4, version : 4;
	u8 flow_lbl[3];
	u16 payload_len;
	u8 nexthdr;
	u8 hop_limit;
	u32 saddr[4];
	u32 daddr[4];
};

struct tcphdr {
	u16 source;
	u16 dest;
	u32 seq;
	u32 ack_seq;
	u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1, cwr : 1;
	u16 window;
	u16 check;
	u16 urg_ptr;
};

struct udphdr {
	u16 source;
	u16 dest;
	u16 len;
	u16 check;
};

struct __kernel_sockaddr_storage {
	union {
		struct {
			unsigned short ss_family;
			char __data[126];
		};
		void *__align;
	};
};

typedef unsigned char *sk_buff_data_t;

struct sk_buff {
	union {
		struct {
			struct sk_buff *next, *prev;
			struct net_device *dev;
		};
		u64 rbnode[3];
	};
	struct sock *sk;
	char cb[48];
	unsigned int len, data_len;
	u16 mac_len, hdr_len;
	u32 priority;
	u32 hash;
	u32 mark;
	u16 protocol;
	u16 queue_mapping;
	u32 tail, end;
	unsigned char *head, *data;
};

struct xdp_buff {
	void *data, *data_end, *data_meta, *data_hard_start;
	u32 frame_sz;
	u32 flags;
};

struct nf_hook_state {
	u8 hook;
	u8 pf;
	struct net_device *in, *out;
	struct sock *sk;
};

struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};

/* ---- what the kernel's own tests of BPF use (net/bpf/) ---- */

struct prog_test_member1 {
	int a;
};

struct prog_test_member {
	struct prog_test_member1 m;
	int c;
};

struct prog_test_ref_kfunc {
	int a;
	int b;
	struct prog_test_member memb;
	struct prog_test_ref_kfunc *next;
	struct {
		struct {
			int counter;
		} refs;
	} cnt;
};

struct bpf_fentry_test_t {
	struct bpf_fentry_test_t *a;
};

struct bpf_dummy_ops_state {
	int val;
};

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *cb);
	int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, unsigned short a2, char a3,
		      unsigned long a4);
	int (*test_sleepable)(struct bpf_dummy_ops_state *cb);
	int (*test_unsupported_field_sleepable)(struct bpf_dummy_ops_state *cb);
};

/* ---- what programs return ---- */

enum xdp_action {
	XDP_ABORTED,
	XDP_DROP,
	XDP_PASS,
	XDP_TX,
	XDP_REDIRECT,
};

enum tcx_action_base {
	TCX_NEXT = -1,
	TCX_PASS = 0,
	TCX_DROP = 2,
	TCX_REDIRECT = 7,
};

enum sk_action {
	SK_DROP,
	SK_PASS,
};

struct bpf_iter__sockmap {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	struct sock *sk;
};

#endif
