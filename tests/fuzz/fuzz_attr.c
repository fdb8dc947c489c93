/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sequences of bpf(2) calls: plausible argument blocks with some fields made
 * wrong, and blocks of noise, of every command and every size, with good and bad
 * pointers and descriptors. What calls return is used by those that follow.
 */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"

#define NR_CALLS 12
#define MAX_FDS 16
#define PAGE 4096U
#define MAX_MAP_BYTES (1 << 24) /* what one map may cost */

struct session {
	struct choices c;
	struct kernel *k;
	int fds[MAX_FDS];
	int nr_fds;
	uint8_t *page; /* one page, and none behind it */
};

struct block {
	union bpf_attr attr;
	uint8_t beyond[64];
};

/*
 * What a call writes to must be ours alone, even where some bytes of the pointer
 * were made wrong: nothing else lives in these 4 GiB.
 */
#define ISLAND ((void *)0x210000000000)

static uint8_t *two_pages(void)
{
	uint8_t *p = mmap(ISLAND, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != ISLAND || mprotect(p + PAGE, PAGE, PROT_NONE))
		abort();
	return p;
}

static uint32_t some_fd(struct session *s)
{
	uint32_t i = choose(&s->c, MAX_FDS);

	if (i < (uint32_t)s->nr_fds)
		return s->fds[i];
	if (i == MAX_FDS - 1)
		return choose_number(&s->c);
	return s->nr_fds ? s->fds[0] : -1;
}

static uint64_t some_pointer(struct session *s)
{
	switch (choose(&s->c, 8)) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)s->page + PAGE - choose(&s->c, 64); /* runs off its end */
	case 2:
		return 0xdeadbeef000 + choose(&s->c, 16);
	case 3:
		return 0x8000000000000000 + choose(&s->c, 256); /* no address at all */
	default:
		return (uint64_t)s->page + 64 * choose(&s->c, 32);
	}
}

/* ---- plausible blocks ---- */

static void map_create(struct session *s, union bpf_attr *a)
{
	static const uint32_t keys[] = { 4, 4, 4, 0, 8, 16, 1, 512 };
	static const uint32_t values[] = { 4, 8, 64, 0, 4096, 1, 24, 65536 };

	a->map_type = choose(&s->c, 36);
	a->key_size = keys[choose(&s->c, 8)];
	a->value_size = values[choose(&s->c, 8)];
	a->max_entries = choose(&s->c, 4) ? 1 + choose(&s->c, 64) : PAGE << choose(&s->c, 4);
	if (!choose(&s->c, 4))
		a->map_flags = 1U << choose(&s->c, 20);
	if (!choose(&s->c, 4))
		a->inner_map_fd = some_fd(s);
	memcpy(a->map_name, "fuzz", 4);
}

static void map_elem(struct session *s, union bpf_attr *a)
{
	a->map_fd = some_fd(s);
	a->key = some_pointer(s);
	a->value = some_pointer(s);
	if (!choose(&s->c, 3))
		a->flags = choose(&s->c, 8);
	s->page[64 * choose(&s->c, 32)] = choose(&s->c, 256); /* another key */
}

static void map_batch(struct session *s, union bpf_attr *a)
{
	a->batch.in_batch = choose(&s->c, 2) ? some_pointer(s) : 0;
	a->batch.out_batch = some_pointer(s);
	a->batch.keys = some_pointer(s);
	a->batch.values = some_pointer(s);
	a->batch.count = choose(&s->c, 4) ? choose(&s->c, 8) : (uint32_t)choose_number(&s->c);
	a->batch.map_fd = some_fd(s);
}

static void prog_load(struct session *s, union bpf_attr *a)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, /* r0 = 0 */
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const char license[] = "GPL";
	uint64_t log = (uint64_t)s->page + PAGE / 2; /* the page's end is its end */

	a->prog_type = choose(&s->c, 34);
	a->insns = choose(&s->c, 4) ? (uint64_t)code : some_pointer(s);
	a->insn_cnt = choose(&s->c, 4) ? 2 : (uint32_t)choose_number(&s->c) & 0xffff;
	a->license = choose(&s->c, 4) ? (uint64_t)license : some_pointer(s);
	if (!choose(&s->c, 2)) {
		a->log_level = choose(&s->c, 9);
		a->log_buf = choose(&s->c, 4) ? log : some_pointer(s);
		a->log_size = choose(&s->c, 4) ? PAGE / 2 : choose(&s->c, 256);
	}
	if (!choose(&s->c, 4))
		a->prog_flags = 1U << choose(&s->c, 20);
	if (!choose(&s->c, 4)) {
		a->attach_btf_id = choose(&s->c, 1000);
		a->expected_attach_type = choose(&s->c, 48);
	}
	if (!choose(&s->c, 4))
		a->prog_btf_fd = some_fd(s);
}

static void btf_load(struct session *s, union bpf_attr *a)
{
	/* "int", and nothing else */
	static const uint32_t raw[] = { 0x0001eb9f, 24, 0, 16, 16, 5, 1, 1 << 24, 4, 0x01000020,
					0x746e6900, 0 };

	a->btf = choose(&s->c, 4) ? (uint64_t)raw : some_pointer(s);
	a->btf_size = choose(&s->c, 4) ? 24 + 16 + 5 : choose(&s->c, 256);
}

static void by_fd(struct session *s, union bpf_attr *a)
{
	a->info.bpf_fd = some_fd(s);
	a->info.info = some_pointer(s);
	a->info.info_len = choose(&s->c, 2) ? 256 : choose(&s->c, 512);
}

static void by_id(struct session *s, union bpf_attr *a)
{
	a->start_id = choose(&s->c, 16);
}

static void test_run(struct session *s, union bpf_attr *a)
{
	a->test.prog_fd = some_fd(s);
	a->test.data_in = some_pointer(s);
	a->test.data_size_in = choose(&s->c, 128);
	a->test.ctx_in = some_pointer(s);
	a->test.ctx_size_in = choose(&s->c, 64);
	a->test.repeat = choose(&s->c, 4);
}

static void two_fds(struct session *s, union bpf_attr *a)
{
	a->link_create.prog_fd = some_fd(s);
	a->link_create.target_fd = some_fd(s);
	a->link_create.attach_type = choose(&s->c, 60);
}

static void noise(struct session *s, union bpf_attr *a)
{
	for (size_t i = 0; i < sizeof(*a) / 8; i++) {
		uint64_t v = choose(&s->c, 4)	? 0 :
			     choose(&s->c, 2) ? some_pointer(s) :
						some_fd(s) | choose_number(&s->c) << 32;

		memcpy((uint8_t *)a + 8 * i, &v, 8);
	}
}

static void (*plausible(int cmd))(struct session *, union bpf_attr *)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
		return map_create;
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
	case BPF_MAP_FREEZE:
		return map_elem;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		return map_batch;
	case BPF_PROG_LOAD:
		return prog_load;
	case BPF_PROG_TEST_RUN:
		return test_run;
	case BPF_BTF_LOAD:
		return btf_load;
	case BPF_OBJ_GET_INFO_BY_FD:
		return by_fd;
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_LINK_GET_NEXT_ID:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
		return by_id;
	case BPF_LINK_CREATE:
	case BPF_LINK_UPDATE:
	case BPF_LINK_DETACH:
	case BPF_PROG_BIND_MAP:
		return two_fds;
	default:
		return noise;
	}
}

/* ---- and calls ---- */

static void break_something(struct session *s, struct block *b)
{
	uint64_t v = choose(&s->c, 2) ? choose_number(&s->c) : some_pointer(s);
	uint32_t width = 1U << choose(&s->c, 4);

	memcpy((uint8_t *)b + choose(&s->c, sizeof(*b) / width) * width, &v, width);
}

/* A map may be as large as memory: not here. What must be refused is let through. */
static void keep_modest(union bpf_attr *a)
{
	uint64_t bytes = (uint64_t)a->max_entries *
			 (uint64_t)(a->value_size + a->key_size + 64ULL) * 2;

	if (bytes > MAX_MAP_BYTES && bytes < 1ULL << 40)
		a->max_entries &= 0xff;
	if (a->value_size > 1 << 20 && a->value_size < 1U << 31)
		a->value_size &= 0xffff;
	if (a->max_entries > 1 << 16 && a->max_entries < 1U << 31)
		a->max_entries &= 0xffff;
}

static bool returns_fd(int cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
		return true;
	default:
		return false;
	}
}

static uint32_t some_size(struct session *s)
{
	switch (choose(&s->c, 8)) {
	case 0:
		return choose(&s->c, sizeof(struct block) + 1);
	case 1:
		return sizeof(struct block);
	default:
		return sizeof(union bpf_attr);
	}
}

static void one_call(struct session *s)
{
	/* In three of four, something that makes descriptors comes first. */
	static const int makers[] = { BPF_MAP_CREATE, BPF_MAP_CREATE, BPF_PROG_LOAD, BPF_BTF_LOAD };
	int cmd = s->nr_fds < 3 && choose(&s->c, 4) ? makers[choose(&s->c, 4)] :
						      (int)choose(&s->c, 40) - 1;
	struct block b = {};
	void *attr = &b;
	uint32_t size;
	s64 ret;

	if (choose(&s->c, 8))
		plausible(cmd)(s, &b.attr);
	else
		noise(s, &b.attr);
	for (int i = choose(&s->c, 3); i; i--)
		break_something(s, &b);
	if (cmd == BPF_MAP_CREATE)
		keep_modest(&b.attr);
	size = some_size(s);
	if (!choose(&s->c, 16))
		attr = (void *)some_pointer(s);
	ret = kernel_bpf(s->k, cmd, attr, size);
	if (ret < -4095)
		abort(); /* no errno */
	if (ret < 0 || !returns_fd(cmd))
		return;
	if (s->nr_fds == MAX_FDS || !choose(&s->c, 8)) {
		kernel_fd_closed(s->k, (int)ret);
		close((int)ret);
	} else {
		s->fds[s->nr_fds++] = (int)ret;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session s = { .c = { data, data + size }, .k = fuzz_kernel(), .page = two_pages() };

	for (int i = 0; i < NR_CALLS && s.c.at < s.c.end; i++)
		one_call(&s);
	while (s.nr_fds) {
		kernel_fd_closed(s.k, s.fds[--s.nr_fds]);
		close(s.fds[s.nr_fds]);
	}
	munmap(s.page, 2 * PAGE);
	return 0;
}
