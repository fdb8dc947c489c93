/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What libbpf asks of libc, asked as libbpf asks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "machine/topology.h"
#include "shim/shim.h"

#define BTF "/sys/kernel/btf/vmlinux"
#define STATE "/sys/kernel/sched_ext/state"

struct scene {
	struct topology *topo;
	struct kernel *k;
};

static int setup(void **state)
{
	struct kernel_config cfg = { .seed = 1 };
	struct scene *s = calloc(1, sizeof(*s));
	struct err_msg e;

	if (!s || topology_create("2", &e, &s->topo))
		return -1;
	cfg.topology = s->topo;
	if (kernel_create(&cfg, &e, &s->k))
		return -1;
	shim_bind(s->k);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	shim_bind(NULL);
	kernel_destroy(s->k);
	topology_destroy(s->topo);
	free(s);
	return 0;
}

static int create_map(u32 flags)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = 8,
				.max_entries = 2,
				.map_flags = flags };

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long access_elem(int cmd, int fd, u32 key, u64 *value)
{
	union bpf_attr attr = { .map_fd = fd, .key = (u64)&key };

	attr.value = (u64)value;
	return syscall(SYS_bpf, cmd, &attr, sizeof(attr));
}

static long lookup(int fd, u32 key, u64 *value)
{
	return access_elem(BPF_MAP_LOOKUP_ELEM, fd, key, value);
}

static void test_syscalls(void **state)
{
	u64 value = 42, got = 0;
	int fd = create_map(0);

	assert_true(fd >= 0);
	assert_int_equal(access_elem(BPF_MAP_UPDATE_ELEM, fd, 1, &value), 0);
	assert_int_equal(lookup(fd, 1, &got), 0);
	assert_int_equal(got, 42);
	errno = 0;
	assert_int_equal(lookup(fd, 2, &got), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(syscall(SYS_bpf, 9999, &value, 8), -1);
	assert_int_equal(errno, EINVAL);
	/* anybody else's are libc's */
	assert_int_equal(syscall(SYS_getpid), getpid());
	close(fd);
	assert_int_equal(lookup(fd, 1, &got), -1);
	assert_int_equal(errno, EBADF);
}

static void test_binding(void **state)
{
	struct scene *s = *state;

	assert_ptr_equal(shim_bind(NULL), s->k);
	assert_null(shim_bind(s->k));
	assert_ptr_equal(shim_bind(s->k), s->k);
}

/* Reads the file with open(), and returns how much there is. */
static size_t read_all(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, buf, size);
	assert_true(n >= 0);
	close(fd);
	return n;
}

static void test_kernel_btf(void **state)
{
	struct scene *s = *state;
	const void *btf;
	struct stat st;
	char *buf;
	FILE *f;
	u32 size;
	int fd;

	btf = kernel_btf_data(s->k, &size);
	buf = malloc(size + 1);
	assert_int_equal(read_all(BTF, buf, size + 1), size);
	assert_memory_equal(buf, btf, size);

	f = fopen(BTF, "re");
	assert_non_null(f);
	memset(buf, 0, size);
	assert_int_equal(fread(buf, 1, size + 1, f), size);
	assert_memory_equal(buf, btf, size);
	fclose(f);

	fd = open(BTF, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, size);
	close(fd);
	free(buf);
}

static void test_virtual_files(void **state)
{
	char text[64] = "";

	assert_int_equal(access(BTF, R_OK), 0);
	assert_int_equal(faccessat(AT_FDCWD, BTF, R_OK, AT_EACCESS), 0);
	assert_int_equal(access(BTF, W_OK), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(access("/sys/kernel/no/such/file", R_OK), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(open("/sys/kernel/no/such/file", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(fopen("/sys/kernel/no/such/file", "r"));
	assert_int_equal(open(STATE, O_RDWR), -1);
	assert_int_equal(errno, EACCES);
	assert_null(fopen(STATE, "w"));
	assert_int_equal(read_all(STATE, text, sizeof(text)), strlen("disabled\n"));
	assert_string_equal(text, "disabled\n");
}

static void test_other_files(void **state)
{
	char dir[] = "/tmp/scxlab-shim-XXXXXX", path[64];
	struct stat st;
	FILE *f;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	umask(0);
	fd = open(path, O_CREAT | O_WRONLY, 0640);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	close(fd);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(access(path, W_OK), 0);
	unlink(path);
	assert_int_equal(access(path, R_OK), -1);
	rmdir(dir);
}

/* libbpf moves descriptors about; the map goes with them. */
static void test_duplicates(void **state)
{
	int fd = create_map(0), by_fcntl, by_dup3 = open("/dev/null", O_RDONLY);
	u64 value = 7, got = 0;

	access_elem(BPF_MAP_UPDATE_ELEM, fd, 0, &value);
	by_fcntl = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	assert_true(by_fcntl >= 0);
	assert_int_equal(dup3(fd, by_dup3, O_CLOEXEC), by_dup3);
	close(fd);
	assert_int_equal(lookup(fd, 0, &got), -1);
	assert_int_equal(lookup(by_fcntl, 0, &got), 0);
	assert_int_equal(got, 7);
	close(by_fcntl);
	got = 0;
	assert_int_equal(lookup(by_dup3, 0, &got), 0);
	assert_int_equal(got, 7);
	/* Something else takes its place: an open file, but no map. */
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(dup3(fd, by_dup3, O_CLOEXEC), by_dup3);
	assert_int_equal(lookup(by_dup3, 0, &got), -1);
	assert_int_equal(errno, EINVAL);
	close(fd);
	close(by_dup3);
	assert_int_equal(lookup(by_dup3, 0, &got), -1);
	assert_int_equal(errno, EBADF);
}

static void test_mmap(void **state)
{
	int fd = create_map(BPF_F_MMAPABLE);
	u64 value = 11, got = 0, *map;

	assert_true(fd >= 0);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	access_elem(BPF_MAP_UPDATE_ELEM, fd, 1, &value);
	assert_int_equal(map[1], 11);
	map[0] = 5;
	assert_int_equal(lookup(fd, 0, &got), 0);
	assert_int_equal(got, 5);
	munmap(map, 4096);
	close(fd);
}

/* What a thread with a kernel of its own, and one without, make of this one's map. */
struct other {
	struct kernel *k;
	int fd;
	long ret;
	int err;
};

static void *other_thread(void *priv)
{
	struct other *o = priv;
	u64 value;

	shim_bind(o->k);
	o->ret = lookup(o->fd, 0, &value);
	o->err = errno;
	shim_bind(NULL);
	return NULL;
}

static void test_threads(void **state)
{
	struct scene *s = *state;
	struct kernel_config cfg = { .topology = s->topo };
	struct other others[2] = { { .fd = create_map(0) } };
	struct err_msg e;
	pthread_t thread;
	u64 value;

	others[1].fd = others[0].fd;
	assert_int_equal(kernel_create(&cfg, &e, &others[0].k), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&thread, NULL, other_thread, &others[i]), 0);
		pthread_join(thread, NULL);
		assert_int_equal(others[i].ret, -1);
	}
	assert_int_equal(others[0].err, EINVAL);
	/* The host says what it says, but it does not know our map. */
	assert_int_equal(lookup(others[0].fd, 0, &value), 0);
	close(others[0].fd);
	kernel_destroy(others[0].k);
}

static long refuse_maps(void *priv, struct kernel *k, int cmd, void *attr, unsigned int size)
{
	++*(int *)priv;
	return cmd == BPF_MAP_CREATE ? -EPERM : kernel_bpf(k, cmd, attr, size);
}

static void test_intercept(void **state)
{
	int calls = 0;

	shim_intercept_bpf(refuse_maps, &calls);
	assert_int_equal(create_map(0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(calls, 1);
	shim_intercept_bpf(NULL, NULL);
	assert_true(create_map(0) >= 0);
	assert_int_equal(calls, 1);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_syscalls),	  CASE(test_binding),	  CASE(test_kernel_btf),
		CASE(test_virtual_files), CASE(test_other_files), CASE(test_duplicates),
		CASE(test_mmap),	  CASE(test_threads),	  CASE(test_intercept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
