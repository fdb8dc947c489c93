/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The implementations of generic kfuncs, as their table declares them. */
#ifndef HELPERS_KFUNCS_H
#define HELPERS_KFUNCS_H

#include <stdlib.h>

#include "calls/kfunc_table.h"
#include "exec/run.h"
#include "ktypes/bpf.h"
#include "ktypes/sched.h"

struct __sk_buff;
struct file;
struct path;
struct xdp_md;

/* Contexts of the set "skb". */
enum { SKB_WRITABLE, SKB_READABLE };

#define KFUNC_IMPLICIT struct run_ctx *rc
#define KFUNC KFUNC_DECLARE
#include "helpers/kfuncs.def"
#undef KFUNC
#undef KFUNC_IMPLICIT

/* free(@p), once no program that runs now can still read it. */
static inline void free_later(struct run_env *env, void *p)
{
	if (env && env->ops->free_later)
		env->ops->free_later(env, free, p);
	else
		free(p);
}

#endif
