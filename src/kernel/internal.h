/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef KERNEL_INTERNAL_H
#define KERNEL_INTERNAL_H

#include "btf/btf.h"
#include "calls/calls.h"
#include "exec/run.h"
#include "kernel/env.h"
#include "kernel/kernel.h"
#include "scx/scx.h"
#include "syscall/syscall.h"

struct kernel {
	enum kernel_profile profile;
	enum exec_engine engine;
	bool check_only; /* nothing runs: layouts are not those of our own structs */
	const char *no_jit; /* why engine isn't the JIT, where that was wanted */
	struct kbtf *btf;
	struct calls *calls;
	struct machine *m;
	struct kernel_env env;
	struct scx *scx;
	struct kobj_ids *ids;
	struct fdtable *fds;
	struct map_owner_hooks owners;
	struct record_dtors dtors;
	struct syscall_ctx syscall;
	bool syscall_ready; /* syscall_init() succeeded */

	void (*on_verdict)(void *priv, const struct kernel_verdict *v);
	void *on_verdict_priv;
	void (*on_code)(void *priv, const struct kernel_code *c);
	void *on_code_priv;
};

/* hooks.c */
void kernel_register_hooks(struct calls *c);

struct call_site;
struct kernel_call_verdict;

/* kfuncs.c: the contexts of @set that some call site of this kernel can be in. */
u64 kernel_contexts(const struct kernel *k, const struct kfunc_set *set);
/* kfuncs.c: the resolver's answers for one site, whatever the arguments are. */
void kernel_resolve_site(struct kernel *k, const struct call_site *site, u32 id,
			 struct kernel_call_verdict *out);
/* refusal.c: why it was refused, and how it came to that; "": not known. NULL: -ENOMEM. */
char *kernel_refusal_text(const struct bpf_prog *prog, const struct verifier_result *result);
/* dummy_ops.c */
int kernel_register_dummy_ops(struct calls *c, struct err_msg *e);
/* verdict.c: tells k->on_verdict. */
void kernel_hook_verdict(void *priv, const struct syscall_verdict *sv);

#endif
