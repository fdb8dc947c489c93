/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is known of the kernel's own functions as places for a program to attach
 * to, beyond their prototype in BTF. A function without a row may have fentry and
 * fexit programs that do not sleep, and no more.
 */
#ifndef CALLS_HOOKS_H
#define CALLS_HOOKS_H

#include "base/base.h"

enum {
	HOOK_SLEEPABLE = BIT(0),  /* its programs may sleep */
	HOOK_MODIFIABLE = BIT(1), /* fmod_ret */
	/* LSM hooks: */
	HOOK_UNTRUSTED = BIT(2), /* runs while its objects are being made or freed */
	HOOK_BOOL = BIT(3),	 /* returns 0 or 1, not 0 or an error */
	HOOK_DISABLED = BIT(4),	 /* not for BPF */
	/* functions: */
	HOOK_D_PATH = BIT(5), /* holds no lock that bpf_d_path() takes */
};

struct call_hook {
	const char *name; /* of the function */
	u32 flags;
};

struct calls;

/* @rows are borrowed (static). */
void calls_register_hooks(struct calls *c, const struct call_hook *rows, size_t nr);
/* HOOK_* of the function @name. */
u32 calls_hook_flags(const struct calls *c, const char *name);

#endif
