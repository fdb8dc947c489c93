/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel BTF: every type and every kfunc that a BPF program can name. This
 * file is compiled for its debug info alone; nothing in it is linked or run.
 *
 * A subsystem adds its types and its kfunc table here, below.
 */
#define BASE_KERNEL_TYPES

#include <linux/types.h>

#include "base/base.h"
#include "calls/kfunc_table.h"
#include "isa/abi.h"
#include "isa/ctx_abi.h"
#include "ktypes/bpf.h"
#include "ktypes/cpumask.h"
#include "ktypes/net.h"
#include "ktypes/sched.h"
#include "ktypes/scx.h"
#include "ktypes/tracing.h"

/* Typedefs that programs take for granted in a vmlinux.h. */
#undef bool
#undef true
#undef false
typedef _Bool bool;
enum {
	false = 0,
	true = 1,
};
typedef s32 pid_t;
typedef unsigned int gfp_t;
typedef u64 sector_t;

/* struct_ops: what user space fills in is bpf_struct_ops_TYPE (bpf_struct_ops.c, 6.12). */
enum bpf_struct_ops_state {
	BPF_STRUCT_OPS_STATE_INIT,
	BPF_STRUCT_OPS_STATE_INUSE,
	BPF_STRUCT_OPS_STATE_TOBEFREE,
	BPF_STRUCT_OPS_STATE_READY,
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct bpf_struct_ops_common_value {
	refcount_t refcnt;
	enum bpf_struct_ops_state state;
};

#define STRUCT_OPS_VALUE(type)                                                                     \
	struct bpf_struct_ops_##type {                                                             \
		struct bpf_struct_ops_common_value common;                                         \
		struct type data __attribute__((aligned(64)));                                     \
	};

/* The calling convention of programs that are attached by nothing but a test run. */
struct bpf_raw_tracepoint_args {
	u64 args[0];
};

/* ---- generic kfuncs ---- */

#define KFUNC KFUNC_DEFINE
#include "helpers/kfuncs.def"
#undef KFUNC

/* ---- where tracing programs attach ---- */

#define HOOK_PARAMS(...) __VA_ARGS__
#define HOOK_FUNCTION(ret, name, ...)                                                              \
	ret name(__VA_ARGS__);                                                                     \
	ret name(__VA_ARGS__)                                                                      \
	{                                                                                          \
		__builtin_trap();                                                                  \
	}

#define TRACEPOINT(name, params) typedef void (*btf_trace_##name)(void *, HOOK_PARAMS params);
#define ITERATOR(name, params) HOOK_FUNCTION(int, bpf_iter_##name, HOOK_PARAMS params)
#define FUNCTION(ret, name, params, flags) HOOK_FUNCTION(ret, name, HOOK_PARAMS params)
#define LSM(ret, name, params, flags) HOOK_FUNCTION(ret, bpf_lsm_##name, HOOK_PARAMS params)
#define LSM_FLAGS(name, flags)
#include "kernel/hooks.def"

/* ---- sched_ext ---- */

STRUCT_OPS_VALUE(sched_ext_ops)
STRUCT_OPS_VALUE(bpf_dummy_ops)

#define KFUNC KFUNC_DEFINE
#include "scx/kfuncs.def"
#undef KFUNC
