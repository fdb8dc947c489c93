/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a process under `scxlab exec` says to the kernel that it runs under. The
 * preloaded shim and the server include this file and nothing of each other.
 *
 * A connection is a thread's: a SOCK_SEQPACKET socket to the abstract address
 * WIRE_ADDRESS followed by the server's pid in decimal. A message is one struct
 * wire_request and up to WIRE_DATA_MAX bytes that belong to it; the answer is one
 * struct wire_reply, also with bytes, and with one descriptor where the table says
 * so. Addresses are the caller's: the server reads and writes its memory as the
 * kernel would, so a bad one is an error and not a crash of the shim.
 *
 * A descriptor of a BPF object is one end of a socket pair whose other end the
 * server keeps: its inode names the object, and the last close of it, by whoever
 * and however, hangs up the server's end. The pair's SO_PEERCRED is the server's
 * pid, which is how the shim knows such a descriptor when it sees one.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdint.h>

#define WIRE_VERSION 1
#define WIRE_ENV "SCXLAB_EXEC" /* the server's pid; set by it, read by the shim */
#define WIRE_ADDRESS "scxlab-exec."
#define WIRE_DATA_MAX 4096
#define WIRE_MAGIC 0x6c78637362616cULL

/*
 * WIRE_OP(name, answered, what): arg[] and data are named in @what.
 */
#define WIRE_OPS(OP)                                                                               \
	/* version, tid, parent's pid, address of a u64 that holds WIRE_MAGIC -> enum wire_pace, */ \
	/* and as data a u64: the seed of this thread's random numbers */                          \
	OP(HELLO)                                                                                  \
	/* the thread ends; no answer */                                                           \
	OP(BYE)                                                                                    \
	/* a child was forked: its pid. Answered once it is a task */                              \
	OP(FORKED)                                                                                 \
	/* command, attr, size -> bpf(2)'s result, or a descriptor */                              \
	OP(BPF)                                                                                    \
	/* what was closed before has taken effect when this is answered */                        \
	OP(SYNC)                                                                                   \
	/* fd, length, prot, offset -> a descriptor to map in its place */                         \
	OP(MAP)                                                                                    \
	/* data: ints, descriptors about to be waited for -> how many of them are readable */      \
	OP(POLL)                                                                                   \
	/* fd -> data: what /proc/self/fd/N would link to */                                       \
	OP(LINK)                                                                                   \
	/* enum wire_path; data: path -> data: the path to use instead */                          \
	OP(PATH)                                                                                   \
	/* data: path, NUL, contents: write(2) to a file of the kernel's */                        \
	OP(WRITE)                                                                                  \
	/* pid, policy, priority */                                                                \
	OP(SETSCHEDULER)                                                                           \
	/* pid -> policy, and as data a u32: the priority */                                       \
	OP(GETSCHEDULER)                                                                           \
	/* pid; data: mask -> 0 */                                                                 \
	OP(SETAFFINITY)                                                                            \
	/* pid -> data: mask */                                                                    \
	OP(GETAFFINITY)                                                                            \
	/* which, who, nice */                                                                     \
	OP(SETPRIORITY)                                                                            \
	/* which, who -> 20 - nice */                                                              \
	OP(GETPRIORITY)                                                                            \
	/* the name has changed; no answer */                                                      \
	OP(COMM)                                                                                   \
	/* the thread is about to wait for something; no answer */                                 \
	OP(BLOCK)                                                                                  \
	/* it waits no more; no answer */                                                          \
	OP(WAKE)                                                                                   \
	/* the same; answered when it has a CPU */                                                 \
	OP(RESUME)                                                                                   \
	/* ns of the machine's time; answered when they are over (WIRE_PACE_MAX) */                \
	OP(SLEEP)                                                                                  \
	/* stop sleeping: SLEEP is answered now; no answer of its own */                           \
	OP(CANCEL)                                                                                 \
	/* sched_yield(); answered when it is the thread's turn again (WIRE_PACE_MAX) */           \
	OP(YIELD)                                                                                  \
	/* clock id -> as data a u64: ns that it shows */                                          \
	OP(NOW)                                                                                    \
	/* enum wire_count -> a number of CPUs */                                                  \
	OP(CPUS)                                                                                   \
	/* -> data: the release that uname(2) tells */                                            \
	OP(RELEASE)                                                                                \
	/* data: a message that the user should see; no answer */                                  \
	OP(NOTICE)

enum wire_op {
#define WIRE_ENUM(name) WIRE_##name,
	WIRE_OPS(WIRE_ENUM)
#undef WIRE_ENUM
		WIRE_NR_OPS
};

enum wire_pace { WIRE_PACE_REAL, WIRE_PACE_MAX };
enum wire_path { WIRE_PATH_READ, WIRE_PATH_WRITE, WIRE_PATH_CHANGED };
enum wire_count { WIRE_CPUS_POSSIBLE, WIRE_CPUS_ONLINE };

struct wire_request {
	uint32_t op;
	uint32_t len; /* of the data that follows */
	uint64_t arg[4];
};

struct wire_reply {
	int64_t ret; /* or a negative errno */
	uint32_t len;
	uint32_t has_fd; /* SCM_RIGHTS comes with it, and is the result */
};

/*
 * Paths that are the virtual kernel's: these, and what is below those that end
 * in a slash. The shim asks the server about them and leaves all others alone.
 */
#define WIRE_PATHS(P)                                                                              \
	P("/sys/kernel/btf/")                                                                      \
	P("/sys/kernel/sched_ext/")                                                                \
	P("/sys/devices/system/cpu/")                                                              \
	P("/sys/devices/system/node/")                                                             \
	P("/sys/fs/bpf/")                                                                          \
	P("/proc/config.gz")                                                                       \
	P("/proc/stat")                                                                            \
	P("/proc/sys/kernel/unprivileged_bpf_disabled")

#endif
