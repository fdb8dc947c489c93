/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "machine/machine.h"
#include "machine/topology.h"

static struct topology *make_topology(const char *spec)
{
	struct topology *t;
	struct err_msg e;

	assert_int_equal(topology_create(spec, &e, &t), 0);
	return t;
}

static struct kernel *make_kernel(const struct topology *t)
{
	struct kernel_config cfg = { .topology = t, .seed = 1 };
	struct kernel *k;
	struct err_msg e;

	assert_int_equal(kernel_create(&cfg, &e, &k), 0);
	return k;
}

static s64 create_map(struct kernel *k)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = 8,
				.max_entries = 2 };

	return kernel_bpf(k, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static s64 lookup(struct kernel *k, s64 fd)
{
	u32 key = 0;
	u64 value;
	union bpf_attr attr = { .map_fd = fd, .key = (u64)&key };

	attr.value = (u64)&value;
	return kernel_bpf(k, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
}

static void test_create(void **state)
{
	struct topology *t = make_topology("3");
	struct kernel_config cfg = { .topology = t, .hz = 7 };
	struct kernel *k = NULL;
	struct err_msg e = {};

	assert_int_equal(kernel_create(&cfg, &e, &k), -EINVAL);
	assert_null(k);
	assert_true(e.text[0]);

	k = make_kernel(t);
	assert_int_equal(machine_nr_cpus(kernel_machine(k)), 3);
	kernel_destroy(k);
	kernel_destroy(NULL);
	topology_destroy(t);
}

static void test_files(void **state)
{
	struct topology *t = make_topology("1");
	struct kernel *k = make_kernel(t);
	char text[64];

	assert_int_equal(kernel_read_file(k, "/sys/kernel/sched_ext/state", text, sizeof(text)),
			 strlen("disabled\n"));
	assert_string_equal(text, "disabled\n");
	assert_int_equal(kernel_read_file(k, "/sys/kernel/sched_ext/state", text, 4), -E2BIG);
	assert_int_equal(kernel_read_file(k, "/sys/kernel/sched_ext/root/ops", text, sizeof(text)),
			 -ENOENT);
	assert_int_equal(kernel_read_file(k, "/sys/kernel/no/such/file", text, sizeof(text)),
			 -ENOENT);
	assert_string_equal(kernel_sched_state(k), "disabled");
	assert_string_equal(kernel_sched_ops(k), "");
	kernel_destroy(k);
	topology_destroy(t);
}

static void test_no_exit_yet(void **state)
{
	struct topology *t = make_topology("1");
	struct kernel *k = make_kernel(t);
	struct kernel_sched_exit x;

	kernel_sched_exit(k, &x);
	assert_int_equal(x.kind, 0);
	assert_string_equal(x.kind_name, "none");
	assert_string_equal(x.msg, "");
	kernel_destroy(k);
	topology_destroy(t);
}

static void test_btf(void **state)
{
	struct topology *t = make_topology("1");
	struct kernel *k = make_kernel(t);
	const u16 *btf;
	u32 size;

	btf = kernel_btf_data(k, &size);
	assert_true(size > 10000);
	assert_int_equal(btf[0], 0xeb9f);
	kernel_destroy(k);
	topology_destroy(t);
}

/* A descriptor is one kernel's, and gone with it. */
static void test_two_kernels(void **state)
{
	struct topology *t = make_topology("2");
	struct kernel *a = make_kernel(t), *b = make_kernel(t);
	s64 fd = create_map(a);

	assert_true(fd >= 0);
	assert_int_equal(lookup(a, fd), 0);
	assert_int_equal(lookup(b, fd), -EINVAL);
	kernel_destroy(b);
	assert_int_equal(lookup(a, fd), 0);
	kernel_destroy(a);
	assert_int_equal(fcntl((int)fd, F_GETFD), -1);
	topology_destroy(t);
}

static void test_closed(void **state)
{
	struct topology *t = make_topology("1");
	struct kernel *k = make_kernel(t);
	s64 fd = create_map(k);
	int other;

	other = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
	kernel_fd_dup(k, (int)fd, other);
	kernel_fd_closed(k, (int)fd);
	close((int)fd);
	assert_int_equal(lookup(k, fd), -EBADF);
	assert_int_equal(lookup(k, other), 0);
	kernel_fd_closed(k, other);
	close(other);
	assert_int_equal(lookup(k, other), -EBADF);
	kernel_destroy(k);
	topology_destroy(t);
}

struct seen {
	int nr, err;
	u32 insns;
	char prog[32];
};

static void on_verdict(void *priv, const struct kernel_verdict *v)
{
	struct seen *s = priv;

	s->nr++;
	s->err = v->err;
	s->insns = v->insns_processed;
	strncpy(s->prog, v->prog, sizeof(s->prog) - 1);
}

static s64 load(struct kernel *k, const struct bpf_insn *code, u32 nr)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SYSCALL,
				.insns = (u64)code,
				.insn_cnt = nr,
				.license = (u64) "GPL",
				.prog_flags = BPF_F_SLEEPABLE,
				.prog_name = "two_insns" };

	return kernel_bpf(k, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void test_verdicts(void **state)
{
	static const struct bpf_insn good[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
						{ .code = BPF_JMP | BPF_EXIT } };
	struct topology *t = make_topology("1");
	struct kernel *k = make_kernel(t);
	struct seen seen = {};
	s64 fd;

	kernel_on_verdict(k, on_verdict, &seen);
	fd = load(k, good, 2);
	assert_true(fd >= 0);
	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.err, 0);
	assert_int_equal(seen.insns, 2);
	assert_string_equal(seen.prog, "two_insns");

	assert_int_equal(load(k, good + 1, 1), -EACCES); /* R0 !read_ok */
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.err, -EACCES);

	kernel_on_verdict(k, NULL, NULL);
	assert_int_equal(load(k, good + 1, 1), -EACCES);
	assert_int_equal(seen.nr, 2);
	kernel_destroy(k);
	topology_destroy(t);
}

static void test_unknown_commands(void **state)
{
	struct topology *t = make_topology("1");
	struct kernel *k = make_kernel(t);
	union bpf_attr attr = {};

	assert_int_equal(kernel_bpf(k, -1, &attr, sizeof(attr)), -EINVAL);
	assert_int_equal(kernel_bpf(k, 9999, &attr, sizeof(attr)), -EINVAL);
	assert_int_equal(kernel_bpf(k, BPF_MAP_CREATE, NULL, sizeof(attr)), -EFAULT);
	kernel_destroy(k);
	topology_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),	    cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_exit_yet), cmocka_unit_test(test_btf),
		cmocka_unit_test(test_two_kernels), cmocka_unit_test(test_closed),
		cmocka_unit_test(test_verdicts),    cmocka_unit_test(test_unknown_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
