/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CLI_NO_BPF_H
#define CLI_NO_BPF_H

/*
 * From now on, and in all that this process becomes or starts, bpf(2) of the host is
 * -ENOSYS: who does not call it by libc, and so not the preloaded shim, is refused
 * instead of being served by another kernel. It cannot be undone, and set-user-id
 * programs get no other user's rights any more. -errno.
 */
int no_bpf(void);

#endif
