/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* bpf(2): attr checks, maps, BTF, descriptors, information. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "lab.h"

static void attr_checks(void **state)
{
	struct lab *l = *state;
	struct { union bpf_attr a; u8 more[64]; } big = { 0 };
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
			     .max_entries = 1 };
	void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	assert_int_equal(bpf(l, 37, &a), -EINVAL);
	assert_int_equal(bpf(l, -1, &a), -EINVAL);
	assert_int_equal(bpf(l, BPF_MAP_CREATE | 1 << 16, &a), -EINVAL);
	assert_int_equal(syscall_bpf(&l->c, BPF_MAP_CREATE, bad, 72), -EFAULT);
	assert_int_equal(syscall_bpf(&l->c, BPF_MAP_CREATE, &a, 5000), -E2BIG);
	/* larger than known: fine if zero */
	big.a = a;
	fd = syscall_bpf(&l->c, BPF_MAP_CREATE, &big, sizeof(big));
	assert_true(fd >= 3);
	lab_close(l, fd);
	big.more[63] = 1;
	assert_int_equal(syscall_bpf(&l->c, BPF_MAP_CREATE, &big, sizeof(big)), -E2BIG);
	/* beyond the command's last field */
	((u8 *)&a)[80] = 1;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	((u8 *)&a)[80] = 0;
	/* shorter: the rest is zero */
	fd = syscall_bpf(&l->c, BPF_MAP_CREATE, &a, 20);
	assert_true(fd >= 3);
	lab_close(l, fd);
	a.map_type = 0;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	memset(&a, 0, sizeof(a));
	assert_int_equal(bpf(l, BPF_TOKEN_CREATE, &a), -EOPNOTSUPP);
	munmap(bad, 4096);
}

static void create_flags(void **state)
{
	struct lab *l = *state;
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
			     .max_entries = 1, .map_name = "a-b" };

	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	strcpy(a.map_name, "a.b_1");
	a.map_extra = 1;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	a.map_extra = 0;
	a.map_flags = BPF_F_RDONLY | BPF_F_WRONLY;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	a.map_flags = 0;
	a.btf_key_type_id = 1;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EINVAL);
	a.btf_value_type_id = 1;
	a.btf_fd = 12345;
	assert_int_equal(bpf(l, BPF_MAP_CREATE, &a), -EBADF);
	l->c.cap_bpf = false;
	assert_int_equal(lab_map(l, BPF_MAP_TYPE_LRU_HASH, 4, 4, 1, 0), -EPERM);
}

static void elements(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	u32 key = 1, next;
	u64 v = 10;

	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, &key, &v, 0), 0);
	v = 0;
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, &key, &v, 0), 0);
	assert_int_equal(v, 10);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, &key, &v, 1), -EINVAL);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, &key, &v, BPF_F_LOCK), -EINVAL);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, (void *)8, &v, 0), -EFAULT);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, &key, (void *)8, 0), -EFAULT);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, -1, &key, &v, 0), -EBADF);
	assert_int_equal(lab_elem(l, BPF_MAP_GET_NEXT_KEY, fd, NULL, &next, 0), 0);
	assert_int_equal(next, 1);
	assert_int_equal(lab_elem(l, BPF_MAP_GET_NEXT_KEY, fd, &key, &next, 0), -ENOENT);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &key, &v, 0), 0);
	assert_int_equal(lab_elem(l, BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), -ENOENT);
	lab_close(l, fd);

	fd = lab_map(l, BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0);
	v = 5;
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, &key, &v, 0), -EINVAL);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, NULL, &v, 0), 0);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, NULL, &v, 0), 0);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, NULL, &v, 0), 0);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, NULL, &v, 0), -ENOENT);
	lab_close(l, fd);

	fd = lab_map(l, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, NULL, &v, 0), -ENOTSUPP);
	lab_close(l, fd);
}

static void permissions(void **state)
{
	struct lab *l = *state;
	int ro = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY);
	int wo = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_WRONLY);
	u32 key = 0, v = 0;

	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, ro, &key, &v, 0), -EPERM);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, ro, &key, &v, 0), 0);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, wo, &key, &v, 0), -EPERM);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, wo, &key, &v, 0), 0);
	lab_close(l, ro);
	lab_close(l, wo);
}

static void freeze(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
	union bpf_attr a = { 0 };
	u32 key = 0, v = 7, *ro;

	a.map_fd = fd;
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, &key, &v, 0), 0);
	assert_int_equal(bpf(l, BPF_MAP_FREEZE, &a), 0);
	assert_int_equal(bpf(l, BPF_MAP_FREEZE, &a), -EPERM);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, &key, &v, 0), -EPERM);
	ro = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(ro != MAP_FAILED);
	assert_int_equal(*ro, 7);
	assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	munmap(ro, 4096);
	lab_close(l, fd);
}

/* Batches of a hash are whole buckets, at least one; @command until it is at the end. */
static u32 drain(struct lab *l, union bpf_attr *a, int command, u32 count, u32 *sum)
{
	u32 pos[2] = { 0, 0x5a5a5a5a }, seen = 0;
	const u32 *values = (void *)(uintptr_t)a->batch.values;
	s64 err;

	a->batch.in_batch = 0;
	a->batch.out_batch = (u64)(uintptr_t)pos;
	do {
		a->batch.count = count;
		err = bpf(l, command, a);
		assert_true(!err || err == -ENOENT);
		assert_true(a->batch.count <= count && (err || a->batch.count));
		assert_int_equal(pos[1], 0x5a5a5a5a);
		for (u32 i = 0; i < a->batch.count; i++)
			*sum += values[2 * i];
		seen += a->batch.count;
		a->batch.in_batch = (u64)(uintptr_t)pos;
	} while (!err);
	return seen;
}

/* Keys are longer than a position, of which no more than four bytes may be written. */
static void batches(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_HASH, 8, 8, 10, 0);
	u64 keys[12], values[12];
	u32 sum = 0, pos = 16;
	union bpf_attr a = { 0 };

	for (u32 i = 0; i < 12; i++)
		keys[i] = values[i] = i;
	a.batch.map_fd = fd;
	a.batch.keys = (u64)(uintptr_t)keys;
	a.batch.values = (u64)(uintptr_t)values;
	a.batch.count = 12;
	assert_int_equal(bpf(l, BPF_MAP_UPDATE_BATCH, &a), -E2BIG);
	assert_int_equal(a.batch.count, 10);
	assert_int_equal(drain(l, &a, BPF_MAP_LOOKUP_BATCH, 6, &sum), 10);
	assert_int_equal(sum, 45);
	a.batch.in_batch = (u64)(uintptr_t)&pos; /* there are 16 buckets */
	assert_int_equal(bpf(l, BPF_MAP_LOOKUP_BATCH, &a), -ENOENT);
	a.batch.in_batch = a.batch.out_batch = 0;
	a.batch.count = 12;
	assert_int_equal(bpf(l, BPF_MAP_LOOKUP_BATCH, &a), -EFAULT);
	sum = 0;
	assert_int_equal(drain(l, &a, BPF_MAP_LOOKUP_AND_DELETE_BATCH, 6, &sum), 10);
	assert_int_equal(sum, 45);
	assert_int_equal(drain(l, &a, BPF_MAP_LOOKUP_BATCH, 6, &sum), 0);
	keys[0] = 1;
	a.batch.in_batch = a.batch.out_batch = a.batch.values = 0;
	a.batch.count = 1;
	assert_int_equal(bpf(l, BPF_MAP_DELETE_BATCH, &a), -ENOENT);
	assert_int_equal(a.batch.count, 0);
	lab_close(l, fd);
}

/* One bucket that holds more than a batch may have. */
static void small_batch(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_HASH, 4, 4, 2, 0);
	u32 keys[2], values[2], pos = 9, small = 0;
	union bpf_attr a = { 0 };

	for (u32 key = 0; key < 64; key++) {
		keys[0] = 0;
		lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, &keys[0], &key, 0);
		lab_elem(l, BPF_MAP_UPDATE_ELEM, fd, &key, &key, 0);
		a.batch.map_fd = fd;
		a.batch.keys = (u64)(uintptr_t)keys;
		a.batch.values = (u64)(uintptr_t)values;
		a.batch.out_batch = (u64)(uintptr_t)&pos;
		a.batch.count = 1;
		if (bpf(l, BPF_MAP_LOOKUP_BATCH, &a) == -ENOSPC) {
			assert_int_equal(a.batch.count, 0);
			assert_true(pos < 2);
			small++;
		}
		lab_elem(l, BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0);
	}
	assert_true(small > 8 && small < 64);
	lab_close(l, fd);
}

/* An array's position is a key. */
static void array_batches(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 10, 0);
	u32 keys[10], values[10], pos;
	union bpf_attr a = { 0 };

	a.batch.map_fd = fd;
	a.batch.keys = (u64)(uintptr_t)keys;
	a.batch.values = (u64)(uintptr_t)values;
	a.batch.out_batch = (u64)(uintptr_t)&pos;
	a.batch.count = 6;
	assert_int_equal(bpf(l, BPF_MAP_LOOKUP_BATCH, &a), 0);
	assert_int_equal(a.batch.count, 6);
	assert_int_equal(pos, 5);
	a.batch.in_batch = (u64)(uintptr_t)&pos;
	assert_int_equal(bpf(l, BPF_MAP_LOOKUP_BATCH, &a), -ENOENT);
	assert_int_equal(a.batch.count, 4);
	assert_int_equal(keys[0], 6);
	a.batch.count = 1;
	assert_int_equal(bpf(l, BPF_MAP_LOOKUP_AND_DELETE_BATCH, &a), -ENOTSUPP);
	lab_close(l, fd);
}

static void map_in_map(void **state)
{
	struct lab *l = *state;
	int inner = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4,
			     .value_size = 4, .max_entries = 2, .inner_map_fd = inner };
	int outer = bpf(l, BPF_MAP_CREATE, &a), bad = 12345;
	u32 key = 1, id = 0;

	assert_true(outer >= 3);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, outer, &key, &bad, 0), -EBADF);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, outer, &key, &inner, 0), 0);
	lab_close(l, inner);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, outer, &key, &id, 0), 0);
	memset(&a, 0, sizeof(a));
	a.map_id = id;
	inner = bpf(l, BPF_MAP_GET_FD_BY_ID, &a);
	assert_true(inner >= 3);
	lab_close(l, outer);
	lab_close(l, inner);
	assert_int_equal(bpf(l, BPF_MAP_GET_FD_BY_ID, &a), -ENOENT);
}

static void btf_log(void **state)
{
	struct lab *l = *state;
	struct btf_bytes b = { 0 };
	char log[64] = "", full[4096];
	union bpf_attr a = { 0 };

	bb_int(&b, "int", 4, true);
	bb_ptr(&b, 9);
	a.btf_size = bb_end(&b);
	a.btf = (u64)(uintptr_t)b.out;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -EINVAL);
	a.btf_log_level = 1;
	a.btf_log_size = sizeof(full);
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -EINVAL); /* size without a buffer */
	a.btf_log_buf = (u64)(uintptr_t)full;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -EINVAL);
	assert_non_null(strstr(full, "[1] INT int size=4"));
	assert_non_null(strstr(full, "[2] PTR (anon) type_id=9 Invalid type_id\n"));
	assert_int_equal(a.btf_log_true_size, strlen(full) + 1);
	/* too small: the end of it, and -ENOSPC instead of the verdict */
	a.btf_log_size = sizeof(log);
	a.btf_log_buf = (u64)(uintptr_t)log;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -ENOSPC);
	assert_string_equal(log, full + strlen(full) - 63);
	a.btf_log_level = 1 | BPF_LOG_FIXED;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -ENOSPC);
	assert_memory_equal(log, full, 63);
	a.btf_log_buf = 8;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -EFAULT);
	a.btf = 8;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -EFAULT);
	a.btf_size = 17 << 20;
	assert_int_equal(bpf(l, BPF_BTF_LOAD, &a), -E2BIG);
}

static void information(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 3, 0), btf = lab_btf_load(l);
	struct { struct bpf_map_info i; u8 more[8]; } m = { 0 };
	struct bpf_btf_info bi = { 0 };
	union bpf_attr a = { 0 };
	u8 raw[32];
	char name[4];

	a.info.bpf_fd = fd;
	a.info.info = (u64)(uintptr_t)&m;
	a.info.info_len = sizeof(m);
	assert_int_equal(bpf(l, BPF_OBJ_GET_INFO_BY_FD, &a), 0);
	assert_int_equal(a.info.info_len, sizeof(m.i));
	assert_int_equal(m.i.type, BPF_MAP_TYPE_PERCPU_ARRAY);
	assert_int_equal(m.i.value_size, 12);
	assert_int_equal(m.i.max_entries, 3);
	assert_int_not_equal(m.i.id, 0);
	m.more[0] = 1;
	a.info.info_len = sizeof(m);
	assert_int_equal(bpf(l, BPF_OBJ_GET_INFO_BY_FD, &a), -E2BIG);

	bi.btf = (u64)(uintptr_t)raw;
	bi.btf_size = sizeof(raw);
	a.info.bpf_fd = btf;
	a.info.info = (u64)(uintptr_t)&bi;
	a.info.info_len = sizeof(bi);
	assert_int_equal(bpf(l, BPF_OBJ_GET_INFO_BY_FD, &a), 0);
	assert_int_equal(bi.btf_size, 24 + 16 + 5);
	assert_int_equal(raw[0], 0x9f);
	assert_int_equal(bi.kernel_btf, 0);
	lab_close(l, btf);

	/* the kernel's own, by id */
	memset(&a, 0, sizeof(a));
	assert_int_equal(bpf(l, BPF_BTF_GET_NEXT_ID, &a), 0);
	a.btf_id = a.next_id;
	a.next_id = 0;
	btf = bpf(l, BPF_BTF_GET_FD_BY_ID, &a);
	assert_true(btf >= 3);
	memset(&bi, 0, sizeof(bi));
	bi.name = (u64)(uintptr_t)name;
	bi.name_len = sizeof(name);
	a.info.bpf_fd = btf;
	a.info.info = (u64)(uintptr_t)&bi;
	a.info.info_len = sizeof(bi);
	assert_int_equal(bpf(l, BPF_OBJ_GET_INFO_BY_FD, &a), -ENOSPC);
	assert_string_equal(name, "vml");
	assert_int_equal(bi.kernel_btf, 1);
	lab_close(l, btf);
	lab_close(l, fd);
}

static u32 nr_maps(struct lab *l)
{
	u32 n = 0;

	for (u32 id = 0; (id = kobj_next_id(l->c.ids, KOBJ_MAP, id)); n++)
		;
	return n;
}

static void descriptors(void **state)
{
	struct lab *l = *state;
	int fd = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_MMAPABLE);
	int d1 = dup(fd), d2 = dup(fd), plain;
	char path[64], link[64] = "";
	u32 key = 0, v = 3;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_true(readlink(path, link, sizeof(link) - 1) > 0);
	assert_non_null(strstr(link, "memfd:bpf-map"));
	fdtable_dup(l->fds, fd, d1);
	lab_close(l, fd);
	assert_int_equal(nr_maps(l), 1);
	assert_int_equal(lab_elem(l, BPF_MAP_UPDATE_ELEM, d1, &key, &v, 0), 0);
	/* nobody told about this one */
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, d2, &key, &v, 0), 0);
	lab_close(l, d1);
	assert_int_equal(nr_maps(l), 1);
	lab_close(l, d2);
	assert_int_equal(nr_maps(l), 0);

	/* closed behind our back, and the number in use for something else */
	fd = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	close(fd);
	plain = open("/dev/null", O_RDONLY);
	assert_int_equal(plain, fd);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, &key, &v, 0), -EINVAL);
	assert_int_equal(nr_maps(l), 0);
	close(plain);
	assert_int_equal(lab_elem(l, BPF_MAP_LOOKUP_ELEM, fd, &key, &v, 0), -EBADF);
	/* dup3() onto a descriptor of ours closes it */
	fd = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	d1 = lab_map(l, BPF_MAP_TYPE_HASH, 4, 4, 1, 0);
	dup3(fd, d1, O_CLOEXEC);
	fdtable_dup(l->fds, fd, d1);
	assert_int_equal(nr_maps(l), 1);
	lab_close(l, fd);
	lab_close(l, d1);
	assert_int_equal(nr_maps(l), 0);
}

static void programs(void **state)
{
	static const struct bpf_insn ok[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct lab *l = *state;
	int map = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), fd;
	struct bpf_prog_info pi = { 0 };
	union bpf_attr a = { 0 }, b;
	char log[4096] = "";
	u32 id;

	a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	a.insns = (u64)(uintptr_t)ok;
	a.insn_cnt = 2;
	a.license = (u64)(uintptr_t)"GPL";
	strcpy(a.prog_name, "probe");
	fd = bpf(l, BPF_PROG_LOAD, &a);
	if (fd < 0)
		fail_msg("%d", fd);
	memset(&b, 0, sizeof(b));
	b.prog_bind_map.prog_fd = fd;
	b.prog_bind_map.map_fd = map;
	assert_int_equal(bpf(l, BPF_PROG_BIND_MAP, &b), 0);
	assert_int_equal(bpf(l, BPF_PROG_BIND_MAP, &b), 0);
	lab_close(l, map);
	memset(&b, 0, sizeof(b));
	pi.map_ids = (u64)(uintptr_t)&id;
	pi.nr_map_ids = 1;
	b.info.bpf_fd = fd;
	b.info.info = (u64)(uintptr_t)&pi;
	b.info.info_len = sizeof(pi);
	assert_int_equal(bpf(l, BPF_OBJ_GET_INFO_BY_FD, &b), 0);
	assert_string_equal(pi.name, "probe");
	assert_int_equal(pi.nr_map_ids, 1);
	assert_int_equal(id, kobj_next_id(l->c.ids, KOBJ_MAP, 0));
	/* the tag that Linux and bpftool show for `r0 = 0; exit` */
	assert_memory_equal(pi.tag, "\xa0\x4f\x5e\xef\x06\xa7\xf5\x55", 8);
	assert_true(pi.gpl_compatible);
	memset(&b, 0, sizeof(b));
	b.test.prog_fd = fd;
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &b), -ENOTSUPP);
	lab_close(l, fd);
	assert_int_equal(nr_maps(l), 0);

	a.insn_cnt = 1;
	a.log_level = 1;
	a.log_buf = (u64)(uintptr_t)log;
	a.log_size = sizeof(log);
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EINVAL);
	assert_true(strlen(log) > 0);
	assert_int_equal(a.log_true_size, strlen(log) + 1);
	a.log_size = 4;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -ENOSPC);
	a.log_size = 0;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EINVAL);
	a.log_buf = a.log_level = 0;
	a.insn_cnt = 0;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -E2BIG);
	a.insn_cnt = 2;
	a.insns = 8;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EFAULT);
	a.insns = (u64)(uintptr_t)ok;
	a.attach_btf_id = 1;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EINVAL);
	a.attach_btf_id = 0;
	a.prog_flags = 1 << 20;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EINVAL);
	a.prog_flags = 0;
	a.func_info_cnt = 1;
	a.func_info_rec_size = 8;
	a.prog_btf_fd = 12345;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EBADF);
	a.func_info_cnt = 0;
	a.prog_type = 99;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EINVAL);
	l->c.cap_perfmon = false;
	a.prog_type = BPF_PROG_TYPE_KPROBE;
	assert_int_equal(bpf(l, BPF_PROG_LOAD, &a), -EPERM);
}

/* Any bytes for any command: an error or a descriptor, never more. */
static void random_attrs(void **state)
{
	struct lab *l = *state;
	u32 x = 12345;

	lab_map(l, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	lab_st_ops_map(l, BPF_F_LINK);
	for (int round = 0; round < 20000; round++) {
		union bpf_attr a = { 0 };
		s64 got;

		x = x * 1664525 + 1013904223;
		for (u32 i = 0; i < x >> 28; i++) {
			x = x * 1664525 + 1013904223;
			((u8 *)&a)[(x >> 8) % 80] = x >> 16 & (x & 0x80 ? 0xff : 7);
		}
		x = x * 1664525 + 1013904223;
		/* Descriptors that it makes go with the table at the end, or it would run out. */
		got = bpf(l, (x >> 8) % 40, &a);
		assert_true(got >= -600);
		if (got > 2)
			lab_close(l, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
		T(attr_checks), T(create_flags), T(elements), T(permissions), T(freeze),
		T(batches), T(small_batch), T(array_batches), T(map_in_map),
		T(btf_log), T(information), T(descriptors), T(programs), T(random_attrs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
