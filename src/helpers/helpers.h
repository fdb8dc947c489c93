/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Helpers and kfuncs that belong to no subsystem: what the composition root
 * registers, and the formatter that the kfuncs of subsystems share.
 */
#ifndef HELPERS_HELPERS_H
#define HELPERS_HELPERS_H

#include "exec/run.h"

/* Every helper of Linux 6.12 by name and id; fn NULL: known, but not available. */
const struct helper_proto *helpers_base_protos(size_t *nr);

/* The sets of generic kfuncs: "generic", "common", "cpumask". */
const struct kfunc_set *helpers_kfunc_sets(size_t *nr);

/*
 * How to drop a referenced kptr to a kernel object of that struct type, with
 * the struct run_env * as @priv; NULL: such a type can't be held (-> -EINVAL).
 */
typedef void (*helpers_kptr_dtor_fn)(void *obj, void *priv);
helpers_kptr_dtor_fn helpers_kptr_dtor(const char *type);

#define HELPERS_BSTR_ARGS 12

/*
 * Formats as bpf_trace_printk(), bpf_snprintf() and the *_bstr kfuncs do: fewer
 * conversions than printf(), arguments as u64s, strings read safely. @fmt_size
 * counts the NUL. Writes at most @size bytes, NUL included (@out may be NULL if
 * @size is 0), and returns the full length with its NUL, as Linux's
 * bpf_snprintf() does; -EINVAL for a format that Linux refuses, or too few @data.
 */
int helpers_bstr_format(char *out, size_t size, const char *fmt, u32 fmt_size, const u64 *data,
			u32 nr_args);
/* Whether the format is legal for @nr_args arguments: 0 or -EINVAL. For load time. */
int helpers_bstr_check(const char *fmt, u32 fmt_size, u32 nr_args);

#endif
