/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The in-process shim: while a thread is bound to a kernel, what libbpf asks of
 * the host's kernel on that thread is answered by ours. An executable's own
 * definitions of syscall(), fopen(), open(), faccessat(), close() and dup3() win
 * over libc's; unbound threads, and everything that is none of our business, go
 * straight on to libc. While a thread is bound no bpf(2) reaches the host.
 *
 * The binding is thread-local, the one piece of state that is neither passed
 * nor owned: the interposed functions have no argument to carry it.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

struct kernel;

/* Binds the calling thread to @k (NULL: unbinds); returns the previous binding. */
struct kernel *shim_bind(struct kernel *k);

/*
 * Stands between the calling thread's bpf(2) and the bound kernel: sees every
 * command, may change what is passed on, and answers as kernel_bpf() does.
 * NULL takes it away.
 */
typedef long (*shim_bpf_fn)(void *priv, struct kernel *k, int cmd, void *attr, unsigned int size);
void shim_intercept_bpf(shim_bpf_fn fn, void *priv);

#endif
