/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <pthread.h>
#include <sys/mman.h>

#include "exec/jit/arena.h"
#include "exec/jit/unwind.h"

#define PAGE 4096u
#define GRANULE (16u << 10)
#define NR_GRANULES (16u << 10)
#define ARENA_BYTES ((size_t)GRANULE * NR_GRANULES)
#define REACH (2ULL << 30)
#define FREE_GRANULE 0 /* else: 1 + the first granule of the region */

static pthread_once_t arena_once = PTHREAD_ONCE_INIT;
static u8 *arena_base; /* written once, under arena_once */
static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static u16 first_granule[NR_GRANULES]; /* written under arena_lock, read without */

static u8 *reserve_at(u64 hint)
{
	void *p = mmap((void *)hint, ARENA_BYTES + PAGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       (hint ? MAP_FIXED_NOREPLACE : 0),
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Around the text, where nothing else is; the last resort is anywhere. */
static void reserve(void)
{
	const u64 text = (u64)arena_init & ~(u64)(GRANULE - 1), step = 128u << 20;

	for (u64 off = ARENA_BYTES + step; !arena_base && off + step < REACH; off += step) {
		if (text > off + step)
			arena_base = reserve_at(text - off);
		if (!arena_base && off + ARENA_BYTES + step < REACH)
			arena_base = reserve_at(text + off);
	}
	if (!arena_base)
		arena_base = reserve_at(0);
	if (arena_base)
		jit_describe_frames(arena_base, ARENA_BYTES);
}

int arena_init(void)
{
	pthread_once(&arena_once, reserve);
	return arena_base ? 0 : -ENOMEM;
}

bool arena_reaches(const void *target)
{
	u64 t = (u64)target, low = (u64)arena_base, high = low + ARENA_BYTES;

	return (t > high ? t - low : high - t) < REACH - PAGE;
}

static u32 granules(u32 bytes)
{
	return DIV_ROUND_UP(bytes + PAGE, GRANULE); /* with the page before it */
}

static u8 *region_start(u32 granule)
{
	return arena_base + (size_t)granule * GRANULE + PAGE;
}

/* First fit. The caller holds the lock. */
static s32 find_run(u32 n)
{
	u32 run = 0;

	for (u32 i = 0; i < NR_GRANULES; i++) {
		run = first_granule[i] == FREE_GRANULE ? run + 1 : 0;
		if (run == n)
			return (s32)(i + 1 - n);
	}
	return -1;
}

static void mark(u32 at, u32 n, u16 value)
{
	for (u32 i = 0; i < n; i++)
		__atomic_store_n(&first_granule[at + i], value, __ATOMIC_RELEASE);
}

static void give_back(u32 at, u32 n)
{
	pthread_mutex_lock(&arena_lock);
	mark(at, n, FREE_GRANULE);
	pthread_mutex_unlock(&arena_lock);
}

int arena_alloc(u32 bytes, struct jit_region **out)
{
	u32 n = granules(bytes);
	struct jit_region *r;
	s32 at;

	pthread_mutex_lock(&arena_lock);
	at = find_run(n);
	if (at >= 0)
		mark((u32)at, n, (u16)(at + 1));
	pthread_mutex_unlock(&arena_lock);
	if (at < 0)
		return -ENOMEM;
	r = (struct jit_region *)region_start((u32)at);
	if (mprotect(r, bytes, PROT_READ | PROT_WRITE)) {
		give_back((u32)at, n);
		return -ENOMEM;
	}
	r->bytes = bytes;
	*out = r;
	return 0;
}

int arena_seal(struct jit_region *r)
{
	return mprotect(r, r->bytes, PROT_READ | PROT_EXEC) ? -errno : 0;
}

void arena_free(struct jit_region *r)
{
	u32 at, n, bytes;

	if (!r)
		return;
	bytes = r->bytes;
	n = granules(bytes);
	at = (u32)(((u8 *)r - arena_base) / GRANULE);
	/* A new mapping: the pages go, and with them what was in them. */
	if (mmap(r, ALIGN_UP(bytes, PAGE), PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return; /* the range is lost, nothing else */
	give_back(at, n);
}

int arena_probe(void)
{
	struct jit_region *r;
	int err = arena_init();

	if (!err)
		err = arena_alloc(sizeof(*r), &r);
	if (err)
		return err;
	err = arena_seal(r);
	arena_free(r);
	return err;
}

const struct jit_region *arena_find(const void *addr)
{
	size_t off = (size_t)((const u8 *)addr - arena_base);
	const struct jit_region *r;
	u16 first;

	if (!arena_base || off >= ARENA_BYTES)
		return NULL;
	first = __atomic_load_n(&first_granule[off / GRANULE], __ATOMIC_ACQUIRE);
	if (first == FREE_GRANULE)
		return NULL;
	r = (const struct jit_region *)region_start(first - 1u);
	return (const u8 *)addr >= r->code && (const u8 *)addr < r->code + r->code_size ? r : NULL;
}
