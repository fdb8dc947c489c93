/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Prototypes of helpers: what the verifier checks. The names and meanings are
 * those of Linux's enum bpf_arg_type and bpf_return_type (6.12, bpf.h).
 */
#ifndef CALLS_PROTO_H
#define CALLS_PROTO_H

#include "base/base.h"

struct run_ctx;

/* Modifier bits, shared by register, argument and return types. */
#define BPF_BASE_TYPE_BITS 8
#define PTR_MAYBE_NULL BIT(0 + BPF_BASE_TYPE_BITS)
#define MEM_RDONLY BIT(1 + BPF_BASE_TYPE_BITS)
#define MEM_RINGBUF BIT(2 + BPF_BASE_TYPE_BITS)
#define MEM_USER BIT(3 + BPF_BASE_TYPE_BITS)
#define MEM_PERCPU BIT(4 + BPF_BASE_TYPE_BITS)
#define OBJ_RELEASE BIT(5 + BPF_BASE_TYPE_BITS)
#define PTR_UNTRUSTED BIT(6 + BPF_BASE_TYPE_BITS)
#define MEM_UNINIT BIT(7 + BPF_BASE_TYPE_BITS)
#define DYNPTR_TYPE_LOCAL BIT(8 + BPF_BASE_TYPE_BITS)
#define DYNPTR_TYPE_RINGBUF BIT(9 + BPF_BASE_TYPE_BITS)
#define MEM_FIXED_SIZE BIT(10 + BPF_BASE_TYPE_BITS)
#define MEM_ALLOC BIT(11 + BPF_BASE_TYPE_BITS)
#define PTR_TRUSTED BIT(12 + BPF_BASE_TYPE_BITS)
#define MEM_RCU BIT(13 + BPF_BASE_TYPE_BITS)
#define NON_OWN_REF BIT(14 + BPF_BASE_TYPE_BITS)
#define DYNPTR_TYPE_SKB BIT(15 + BPF_BASE_TYPE_BITS)
#define DYNPTR_TYPE_XDP BIT(16 + BPF_BASE_TYPE_BITS)
#define MEM_WRITE BIT(18 + BPF_BASE_TYPE_BITS)
#define MEM_ALIGNED BIT(17 + BPF_BASE_TYPE_BITS)
#define DYNPTR_TYPE_FLAG_MASK                                                                      \
	(DYNPTR_TYPE_LOCAL | DYNPTR_TYPE_RINGBUF | DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP)

enum bpf_arg_type {
	ARG_DONTCARE = 0,
	ARG_CONST_MAP_PTR,
	ARG_PTR_TO_MAP_KEY,
	ARG_PTR_TO_MAP_VALUE,
	ARG_PTR_TO_MEM,
	ARG_PTR_TO_ARENA,
	ARG_CONST_SIZE,
	ARG_CONST_SIZE_OR_ZERO,
	ARG_PTR_TO_CTX,
	ARG_ANYTHING,
	ARG_PTR_TO_SPIN_LOCK,
	ARG_PTR_TO_SOCK_COMMON,
	ARG_PTR_TO_BTF_ID,
	ARG_PTR_TO_RINGBUF_MEM,
	ARG_CONST_ALLOC_SIZE_OR_ZERO,
	ARG_PTR_TO_BTF_ID_SOCK_COMMON,
	ARG_PTR_TO_PERCPU_BTF_ID,
	ARG_PTR_TO_FUNC,
	ARG_PTR_TO_STACK,
	ARG_PTR_TO_CONST_STR,
	ARG_PTR_TO_TIMER,
	ARG_KPTR_XCHG_DEST,
	ARG_PTR_TO_DYNPTR,
	NR_ARG_TYPES,

	ARG_PTR_TO_MAP_VALUE_OR_NULL = PTR_MAYBE_NULL | ARG_PTR_TO_MAP_VALUE,
	ARG_PTR_TO_MEM_OR_NULL = PTR_MAYBE_NULL | ARG_PTR_TO_MEM,
	ARG_PTR_TO_CTX_OR_NULL = PTR_MAYBE_NULL | ARG_PTR_TO_CTX,
	ARG_PTR_TO_STACK_OR_NULL = PTR_MAYBE_NULL | ARG_PTR_TO_STACK,
	ARG_PTR_TO_BTF_ID_OR_NULL = PTR_MAYBE_NULL | ARG_PTR_TO_BTF_ID,
	ARG_PTR_TO_UNINIT_MEM = MEM_UNINIT | MEM_WRITE | ARG_PTR_TO_MEM,
	ARG_PTR_TO_FIXED_SIZE_MEM = MEM_FIXED_SIZE | ARG_PTR_TO_MEM,
};

enum bpf_return_type {
	RET_INTEGER,
	RET_VOID,
	RET_PTR_TO_MAP_VALUE,
	RET_PTR_TO_SOCKET,
	RET_PTR_TO_TCP_SOCK,
	RET_PTR_TO_SOCK_COMMON,
	RET_PTR_TO_MEM,
	RET_PTR_TO_MEM_OR_BTF_ID,
	RET_PTR_TO_BTF_ID,
	NR_RET_TYPES,

	RET_PTR_TO_MAP_VALUE_OR_NULL = PTR_MAYBE_NULL | RET_PTR_TO_MAP_VALUE,
	RET_PTR_TO_SOCKET_OR_NULL = PTR_MAYBE_NULL | RET_PTR_TO_SOCKET,
	RET_PTR_TO_TCP_SOCK_OR_NULL = PTR_MAYBE_NULL | RET_PTR_TO_TCP_SOCK,
	RET_PTR_TO_SOCK_COMMON_OR_NULL = PTR_MAYBE_NULL | RET_PTR_TO_SOCK_COMMON,
	RET_PTR_TO_RINGBUF_MEM_OR_NULL = PTR_MAYBE_NULL | MEM_RINGBUF | RET_PTR_TO_MEM,
	RET_PTR_TO_DYNPTR_MEM_OR_NULL = PTR_MAYBE_NULL | RET_PTR_TO_MEM,
	RET_PTR_TO_BTF_ID_OR_NULL = PTR_MAYBE_NULL | RET_PTR_TO_BTF_ID,
	RET_PTR_TO_BTF_ID_TRUSTED = PTR_TRUSTED | RET_PTR_TO_BTF_ID,
};

/* Bodies take five registers and the running program's context. */
typedef u64 (*helper_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run_ctx *rc);

/* Which tier of bpf_base_func_proto() grants it (6.12 helpers.c). */
enum helper_tier {
	HELPER_BASE,	/* any program */
	HELPER_BPF,	/* CAP_BPF */
	HELPER_PERFMON, /* CAP_PERFMON */
	HELPER_TRACING, /* program types of the tracing family */
	HELPER_NET, /* the networking program types (bpf_sk_base_func_proto) */
	HELPER_NET_PERFMON, /* these with CAP_PERFMON */
	HELPER_ST_OPS,	/* only where the struct_ops type grants it */
	HELPER_TYPES,	/* helper_proto.types */
	HELPER_INTERNAL, /* no program: what instructions are turned into */
};

struct helper_proto {
	const char *name; /* without "bpf_" */
	u32 id;		  /* BPF_FUNC_* */
	helper_fn fn;	  /* NULL: known, with a prototype, but refused as not available */
	enum helper_tier tier;
	u64 types; /* HELPER_TYPES: a bit per enum bpf_prog_type */
	bool changes_pkt_data; /* pointers into the packet are lost */
	bool acquires;	       /* returns a reference */
	bool casts;	       /* returns its argument, as another type */
	bool gpl_only, might_sleep, pkt_access, allow_fastcall;
	u32 ret;	     /* enum bpf_return_type with modifiers */
	const char *ret_btf; /* RET_PTR_TO_BTF_ID: name of the kernel struct */
	u32 arg[5];	     /* enum bpf_arg_type with modifiers */
	const char *arg_btf[5]; /* ARG_PTR_TO_BTF_ID: name of the kernel struct */
	bool takes_path_locks; /* not in functions that may hold them: see HOOK_D_PATH */
	u32 arg_size[5];     /* ARG_PTR_TO_FIXED_SIZE_MEM */
};

#endif
