/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kobj/impl.h"
#include "kobj/ringbuf.h"

#define RINGBUF_SAMPLE_MAX ((1u << 24) - 1) /* what a dynptr can hold */

struct record_head {
	u32 len;
	u32 pages; /* from the start of struct region */
};

/*
 * What is mapped in this process: a page of our own, then the map's file. A
 * record's head tells how far it is from the region's start, which is how a
 * commit finds its ring.
 */
struct region {
	union {
		struct ringbuf_map *ring;
		u8 own_page[PAGE_BYTES];
	};
	union {
		u64 consumer_pos;
		u8 consumer_page[PAGE_BYTES];
	};
	union {
		u64 producer_pos;
		u8 producer_page[PAGE_BYTES];
	};
	u8 data[];
};

struct ringbuf_map {
	struct bpf_map map;
	struct region *r;
	u64 producer_pos, pending_pos; /* the file's copy is for reading only */
	u64 mask;
	u64 wakeups;
	bool busy; /* being drained, by a program that a callback of it interrupts */
	int consumer_fd; /* of the consumer's page, if it is a file of its own; else -1 */
};

static struct ringbuf_map *to_ring(const struct bpf_map *map)
{
	return container_of(map, struct ringbuf_map, map);
}

static int ringbuf_alloc_check(const struct map_create_args *a)
{
	if ((a->flags & ~(u32)BPF_F_NUMA_NODE) || a->key_size || a->value_size ||
	    !is_power_of_2(a->max_entries) || a->max_entries % PAGE_BYTES)
		return -EINVAL;
	return 0;
}

static size_t file_size(const struct bpf_map *map)
{
	return 2 * (size_t)PAGE_BYTES + 2 * (size_t)map->max_entries;
}

static int ringbuf_init(struct bpf_map *map, const struct map_create_args *a)
{
	struct ringbuf_map *ring = to_ring(map);
	size_t size = file_size(map);
	void *mem, *at;
	int err;

	err = map_memfd(map, "bpf-map", size, &mem);
	if (err)
		return err;
	munmap(mem, size);
	mem = mmap(NULL, PAGE_BYTES + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (mem == MAP_FAILED)
		goto out_close;
	at = mmap((u8 *)mem + PAGE_BYTES, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		  map->memfd, 0);
	if (at == MAP_FAILED)
		goto out_unmap;
	ring->r = mem;
	ring->consumer_fd = -1;
	ring->r->ring = ring;
	ring->mask = map->max_entries - 1;
	return 0;

out_unmap:
	munmap(mem, PAGE_BYTES + size);
out_close:
	close(map->memfd);
	return -ENOMEM;
}

static void ringbuf_fini(struct bpf_map *map)
{
	struct ringbuf_map *ring = to_ring(map);

	munmap(ring->r, PAGE_BYTES + file_size(map));
	if (ring->consumer_fd >= 0)
		close(ring->consumer_fd);
}

static struct record_head *head_at(const struct ringbuf_map *ring, u64 pos)
{
	return (struct record_head *)(ring->r->data + (pos & ring->mask));
}

static u32 record_bytes(u32 len)
{
	len &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	return ALIGN_UP(len + (u32)BPF_RINGBUF_HDR_SZ, 8u);
}

void *ringbuf_reserve(struct bpf_map *map, u64 size)
{
	struct ringbuf_map *ring = to_ring(map);
	struct record_head *h;
	u64 consumer, end;

	if (size > UINT32_MAX / 4 || record_bytes(size) > ring->mask + 1)
		return NULL;
	consumer = __atomic_load_n(&ring->r->consumer_pos, __ATOMIC_ACQUIRE);
	end = ring->producer_pos + record_bytes(size);
	/* What lies before the oldest busy record need not be kept from the producer. */
	while (ring->pending_pos != ring->producer_pos &&
	       !(head_at(ring, ring->pending_pos)->len & BPF_RINGBUF_BUSY_BIT))
		ring->pending_pos += record_bytes(head_at(ring, ring->pending_pos)->len);
	if (end - consumer > ring->mask || end - ring->pending_pos > ring->mask)
		return NULL;

	h = head_at(ring, ring->producer_pos);
	h->len = size | BPF_RINGBUF_BUSY_BIT;
	h->pages = ((u8 *)h - (u8 *)ring->r) / PAGE_BYTES;
	ring->producer_pos = end;
	__atomic_store_n(&ring->r->producer_pos, end, __ATOMIC_RELEASE);
	return h + 1;
}

void ringbuf_commit(void *sample, u64 flags, bool discard)
{
	struct record_head *h = (struct record_head *)sample - 1;
	uintptr_t page = (uintptr_t)h & ~(uintptr_t)(PAGE_BYTES - 1);
	struct region *r = (struct region *)(page - (uintptr_t)h->pages * PAGE_BYTES);
	struct ringbuf_map *ring = r->ring;
	u32 len = h->len & ~BPF_RINGBUF_BUSY_BIT;
	u64 consumer;

	if (discard)
		len |= BPF_RINGBUF_DISCARD_BIT;
	__atomic_store_n(&h->len, len, __ATOMIC_SEQ_CST);
	consumer = __atomic_load_n(&r->consumer_pos, __ATOMIC_ACQUIRE) & ring->mask;
	if ((flags & BPF_RB_FORCE_WAKEUP) ||
	    (!(flags & BPF_RB_NO_WAKEUP) && (u8 *)h == r->data + consumer))
		ring->wakeups++;
}

int ringbuf_output(struct bpf_map *map, const void *data, u64 size, u64 flags)
{
	void *sample;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	sample = ringbuf_reserve(map, size);
	if (!sample)
		return -EAGAIN;
	memcpy(sample, data, size);
	ringbuf_commit(sample, flags, false);
	return 0;
}

u64 ringbuf_query(const struct bpf_map *map, u64 what)
{
	const struct ringbuf_map *ring = to_ring(map);
	u64 consumer = __atomic_load_n(&ring->r->consumer_pos, __ATOMIC_ACQUIRE);

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return ring->producer_pos - consumer;
	case BPF_RB_RING_SIZE:
		return ring->mask + 1;
	case BPF_RB_CONS_POS:
		return consumer;
	case BPF_RB_PROD_POS:
		return ring->producer_pos;
	default:
		return 0;
	}
}

u64 ringbuf_wakeups(const struct bpf_map *map)
{
	return to_ring(map)->wakeups;
}

static int split_consumer(struct ringbuf_map *ring)
{
	int fd = memfd_create("bpf-ringbuf", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (write(fd, ring->r->consumer_page, PAGE_BYTES) != PAGE_BYTES ||
	    fcntl(ring->map.memfd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) ||
	    mmap(ring->r->consumer_page, PAGE_BYTES, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	ring->consumer_fd = fd;
	return 0;
}

int ringbuf_consumer_fd(struct bpf_map *map)
{
	struct ringbuf_map *ring = to_ring(map);
	int err = ring->consumer_fd < 0 ? split_consumer(ring) : 0, fd;

	if (err)
		return err;
	fd = fcntl(ring->consumer_fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

const struct map_ops map_ringbuf_ops = {
	.struct_size = sizeof(struct ringbuf_map),
	.alloc_check = ringbuf_alloc_check,
	.init = ringbuf_init,
	.fini = ringbuf_fini,
	.meta_equal = map_same_shape,
};

/* ---- the other way round: user space produces ---- */

int user_ringbuf_peek(struct bpf_map *map, void **sample, u32 *size)
{
	struct ringbuf_map *ring = to_ring(map);
	u64 produced = __atomic_load_n(&ring->r->producer_pos, __ATOMIC_ACQUIRE);
	u64 at = __atomic_load_n(&ring->r->consumer_pos, __ATOMIC_ACQUIRE);
	u32 len, total;

	if (produced % 8)
		return -EINVAL;
	if (at >= produced)
		return -ENODATA;
	len = __atomic_load_n(&head_at(ring, at)->len, __ATOMIC_ACQUIRE);
	total = record_bytes(len);
	if (total > produced - at)
		return -EINVAL;
	if (total > ring->mask + 1 || total > RINGBUF_SAMPLE_MAX)
		return -E2BIG;
	if (len & BPF_RINGBUF_DISCARD_BIT) {
		user_ringbuf_release(map, total - BPF_RINGBUF_HDR_SZ);
		return -EAGAIN;
	}
	if (len & BPF_RINGBUF_BUSY_BIT)
		return -ENODATA;
	*sample = head_at(ring, at) + 1;
	*size = len;
	return 0;
}

void user_ringbuf_release(struct bpf_map *map, u32 size)
{
	struct region *r = to_ring(map)->r;

	__atomic_store_n(&r->consumer_pos, r->consumer_pos + record_bytes(size), __ATOMIC_RELEASE);
}

bool user_ringbuf_enter(struct bpf_map *map)
{
	struct ringbuf_map *ring = to_ring(map);

	if (ring->busy)
		return false;
	ring->busy = true;
	return true;
}

void user_ringbuf_leave(struct bpf_map *map, bool wakeup)
{
	struct ringbuf_map *ring = to_ring(map);

	ring->busy = false;
	ring->wakeups += wakeup;
}

const struct map_ops map_user_ringbuf_ops = {
	.struct_size = sizeof(struct ringbuf_map),
	.alloc_check = ringbuf_alloc_check,
	.init = ringbuf_init,
	.fini = ringbuf_fini,
	.meta_equal = map_same_shape,
};
