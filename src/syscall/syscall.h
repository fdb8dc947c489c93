/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bpf(2): checks what user space says, and turns it into calls of the layers
 * below. struct syscall_ctx is one kernel's; the composition root fills it, and
 * everything in it is borrowed unless it says otherwise.
 */
#ifndef SYSCALL_SYSCALL_H
#define SYSCALL_SYSCALL_H

#include "calls/calls.h"
#include "kobj/btf_obj.h"
#include "kobj/prog.h"
#include "kobj/record.h"
#include "struct_ops/struct_ops.h"
#include "syscall/fdtable.h"
#include "verifier/verifier.h"

/* The caller's memory. Each returns 0, or -EFAULT with nothing promised about the target. */
struct user_mem {
	int (*read)(void *priv, void *dst, u64 src, size_t size);
	int (*write)(void *priv, u64 dst, const void *src, size_t size);
	void *priv;
};
/* The caller is this process; a bad address is -EFAULT, not a crash. */
extern const struct user_mem user_mem_self;

/* One PROG_LOAD, as the verifier left it. */
struct syscall_verdict {
	const struct bpf_prog *prog;
	int err;
	const struct verifier_result *result;
	const struct verifier_log *log;
};

struct syscall_ctx {
	const struct calls *calls;
	struct kobj_ids *ids;
	const struct user_fds *fds;
	const struct user_mem *mem;
	u32 nr_cpus;
	bool cap_bpf, cap_perfmon, cap_net_admin, cap_sys_admin; /* of the caller */
	bool unprivileged_bpf; /* callers without CAP_BPF are not turned away */
	u32 insn_limit; /* 0: the verifier's default */
	bool check_only; /* programs are verified, but nothing runs or is attached */

	void *priv; /* of the hooks below; each may be NULL */
	/* Makes a verified program runnable (exec_prepare). NULL: it stays as it is. */
	int (*prepare)(void *priv, struct bpf_prog *prog, struct err_msg *e);
	/* Formats of bpf_snprintf(), at load: verifier_opts.check_format. */
	int (*check_format)(const char *fmt, u32 fmt_size, u32 nr_args);
	const struct verifier_observer *observer; /* verifier_opts.observer */
	/* Time since boot, for prog_info.load_time. */
	u64 (*boot_ns)(void *priv);
	/* PROG_TEST_RUN of a SYSCALL program. NULL: -ENOTSUPP. */
	u64 (*run)(void *priv, struct bpf_prog *prog, void *ctx);
	void (*on_verdict)(void *priv, const struct syscall_verdict *v);

	const struct map_owner_hooks *owners; /* of local storage */
	const struct record_dtors *dtors;     /* of kptrs in maps */

	/* Why the last call failed, where more is known than an errno. */
	struct err_msg err;

	/* syscall_init() fills these. */
	struct btf_obj *vmlinux; /* the kernel's BTF, under its id */
	struct st_ops_env st_ops;
};

/* After the fields above `err` are set: makes the kernel's BTF known by id. */
int syscall_init(struct syscall_ctx *c);
/* Detaches what is attached without a link, and gives back what init took. fds come first. */
void syscall_fini(struct syscall_ctx *c);

/* One system call: >= 0, or a negative errno. @uattr: address in the caller's memory. */
s64 syscall_bpf(struct syscall_ctx *c, int cmd, void *uattr, u32 size);

#endif
