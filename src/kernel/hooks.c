/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "calls/hooks.h"
#include "kernel/internal.h"

#define TRACEPOINT(name, params)
#define ITERATOR(iter, params) { "bpf_iter_" #iter, HOOK_SLEEPABLE },
#define FUNCTION(ret, func, params, hook_flags) { #func, hook_flags },
#define LSM(ret, hook, params, hook_flags) { "bpf_lsm_" #hook, hook_flags },
#define LSM_FLAGS(hook, hook_flags) { "bpf_lsm_" #hook, hook_flags },

static const struct call_hook hooks[] = {
#include "kernel/hooks.def"
};

void kernel_register_hooks(struct calls *c)
{
	calls_register_hooks(c, hooks, ARRAY_SIZE(hooks));
}
