/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The preloaded shim of `scxlab exec`: libscxlab-preload.so stands, by
 * LD_PRELOAD, between a program and libc, and sends what belongs to the kernel
 * under test to the server that scxlab exec is. It links nothing of scxlab; it
 * knows wire/wire.h. Without WIRE_ENV in the environment it does nothing.
 *
 * It lives in strangers' processes: no allocation, no stdio, no locks; errno is
 * kept where libc keeps it; every function may be called before the constructor
 * has run, in a signal handler, and after fork().
 */
#ifndef PRELOAD_PRELOAD_H
#define PRELOAD_PRELOAD_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/wire.h"

#define EXPORT __attribute__((visibility("default")))

/* libc's definition of a function that this library interposes. */
#define LIBC(fn)                                                                                   \
	({                                                                                         \
		static __typeof__(&(fn)) _fn;                                                      \
		if (!_fn)                                                                          \
			_fn = (__typeof__(&(fn)))dlsym(RTLD_NEXT, #fn);                            \
		_fn;                                                                               \
	})

/* ---- conn.c ---- */

/* The server's pid; 0: this process does not run under scxlab exec. */
pid_t preload_server(void);
/* WIRE_PACE_MAX: the thread's sleeps are the machine's. */
bool preload_paced(void);

/* Of this thread's own stream, which the machine's seed begins. */
void preload_random(void *out, size_t len);

/* One message and its answer. Each field may be left out. */
struct call {
	enum wire_op op;
	uint64_t arg[4];
	const void *data;
	size_t len;
	void *out; /* data of the answer */
	size_t out_size, out_len;
	int fd; /* the descriptor that came with the answer; -1: none */
};
/* The answer's ret, or -EIO if there is no server any more. */
int64_t preload_call(struct call *c);
/* A message without an answer. */
void preload_tell(enum wire_op op, uint64_t arg);
/* Around a call that waits on the host. @ordered: what was waited for shows on the machine, too. */
void preload_block(void);
void preload_unblock(bool ordered);
/* For waiting beside other descriptors: SLEEP is sent here and answered at preload_slept(). */
int preload_sleep_begin(uint64_t ns);
int64_t preload_sleep_end(bool cancel);

/* libc's way: -1 and errno, or the result. */
static inline long preload_result(int64_t ret)
{
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}

/* Is @fd a BPF object's? One system call; errno stays. */
bool preload_is_object(int fd);

/* ---- files.c ---- */

/* @path, or, in @buf, what to use in its place if it is the virtual kernel's; NULL and errno. */
const char *preload_path(const char *path, enum wire_path what, char *buf);
/* Is it one? */
bool preload_path_is_virtual(const char *path);
/* Descriptor @fd is not a file of the kernel's any more. */
void preload_forget_file(int fd);

#endif
