/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * BPF_MAP_TYPE_RINGBUF, producer's side. User space maps, from the map's fd,
 * one page with the consumer's position (read-write), one with the producer's,
 * and twice max_entries bytes of data (read-only).
 *
 * In Linux the second half of the data is the first one again, so that a record
 * which begins near the end can be read in one piece. Records are only ever
 * reached from their header, and a header never wraps; so here the second half
 * is plain memory into which such a record runs on. Nobody can tell.
 *
 * All sizes are in bytes. One producer at a time (the machine is one thread);
 * the consumer may be another thread or process.
 */
#ifndef KOBJ_RINGBUF_H
#define KOBJ_RINGBUF_H

#include "kobj/map.h"

/* Room for @size bytes, 8-byte aligned, or NULL: full, or larger than the ring. */
void *ringbuf_reserve(struct bpf_map *map, u64 size);
/* Ends a reservation. @flags: BPF_RB_*. */
void ringbuf_commit(void *sample, u64 flags, bool discard);
/* Reserve, copy, commit: -EINVAL, -EAGAIN. */
int ringbuf_output(struct bpf_map *map, const void *data, u64 size, u64 flags);
/* @what: BPF_RB_AVAIL_DATA and the like; 0 for anything else. */
u64 ringbuf_query(const struct bpf_map *map, u64 what);
/*
 * How often the consumer was to be woken, so far: what epoll on the map's fd
 * would have reported. For whoever waits on behalf of user space.
 */
u64 ringbuf_wakeups(const struct bpf_map *map);

/*
 * BPF_MAP_TYPE_USER_RINGBUF: the same memory, but user space writes records and the
 * producer's position. The next sample, in place: -ENODATA, -EAGAIN (a discarded one
 * was skipped), -EINVAL and -E2BIG for what user space should not have written.
 */
int user_ringbuf_peek(struct bpf_map *map, void **sample, u32 *size);
void user_ringbuf_release(struct bpf_map *map, u32 size);
/* One drains at a time. @wakeup: the producer is to be told that there is room. */
bool user_ringbuf_enter(struct bpf_map *map);
void user_ringbuf_leave(struct bpf_map *map, bool wakeup);

/*
 * For clients that are not trusted: a descriptor of the consumer's page alone, which
 * the caller closes; from then on nobody can map the ring itself for writing. -errno.
 */
int ringbuf_consumer_fd(struct bpf_map *map);

#endif
