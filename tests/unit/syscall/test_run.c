/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* PROG_TEST_RUN on packets, and what callers without capabilities may do. */
#include "lab.h"

#include "isa/ctx_abi.h"

static int load(struct lab *l, u32 type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = type;
	a.insns = (u64)(uintptr_t)insns;
	a.insn_cnt = 2;
	a.license = (u64)(uintptr_t)"GPL";
	return bpf(l, BPF_PROG_LOAD, &a);
}

/* In place of the program: looks at its context, and changes the packet. */
static u64 run(void *priv, struct bpf_prog *prog, void *ctx)
{
	struct skb_ctx *skb = ctx;
	struct xdp_ctx *xdp = ctx;

	if (prog->type == BPF_PROG_TYPE_XDP) {
		assert_int_equal(xdp->ptrs.data_end - xdp->ptrs.data, 64);
		assert_ptr_equal(xdp->ptrs.data_meta, xdp->ptrs.data);
		xdp->ptrs.data += 4;
		return xdp->ptrs.data[0];
	}
	skb->ptrs.data[0]++;
	skb->uapi.cb[0]++;
	assert_non_null(skb->uapi.sk);
	assert_int_equal(skb->ptrs.data_end - skb->ptrs.data, skb->uapi.len);
	return skb->uapi.len;
}

struct io {
	u8 in[64], out[64];
	union bpf_attr a;
};

static void prepare(struct io *io, int fd)
{
	memset(io, 0, sizeof(*io));
	for (u32 i = 0; i < sizeof(io->in); i++)
		io->in[i] = i;
	io->a.test.prog_fd = fd;
	io->a.test.data_in = (u64)(uintptr_t)io->in;
	io->a.test.data_size_in = sizeof(io->in);
	io->a.test.data_out = (u64)(uintptr_t)io->out;
	io->a.test.data_size_out = sizeof(io->out);
}

static void test_skb(void **state)
{
	struct lab *l = *state;
	struct __sk_buff in = { .mark = 7, .cb = { 40 } }, out;
	struct io io;
	int fd;

	l->c.run = run;
	fd = load(l, BPF_PROG_TYPE_SCHED_CLS);
	prepare(&io, fd);
	io.a.test.repeat = 2;
	io.a.test.ctx_in = (u64)(uintptr_t)&in;
	io.a.test.ctx_size_in = sizeof(in);
	io.a.test.ctx_out = (u64)(uintptr_t)&out;
	io.a.test.ctx_size_out = sizeof(out);
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), 0);
	assert_int_equal(io.a.test.retval, 64); /* tc sees the Ethernet header */
	assert_int_equal(io.a.test.data_size_out, 64);
	assert_int_equal(io.out[0], 2);
	assert_int_equal(io.out[63], 63);
	assert_int_equal(out.cb[0], 42);
	assert_int_equal(out.mark, 7);
	assert_null(out.sk); /* no address of ours */

	/* a field that nobody may set */
	in.len = 1;
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), -EINVAL);
	in.len = 0;
	in.ifindex = 2;
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), -ENODEV);
	prepare(&io, fd);
	io.a.test.data_size_out = 10;
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), -ENOSPC);
	assert_int_equal(io.a.test.data_size_out, 64);
	assert_int_equal(io.out[9], 9);
	assert_int_equal(io.out[10], 0);
	prepare(&io, fd);
	io.a.test.data_size_in = 13; /* no Ethernet header */
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), -EINVAL);
	prepare(&io, fd);
	io.a.test.data_size_in = 4096;
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), -EINVAL);
	prepare(&io, fd);
	io.a.test.cpu = 1;
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), -EINVAL);
	lab_close(l, fd);

	fd = load(l, BPF_PROG_TYPE_SOCKET_FILTER);
	prepare(&io, fd);
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), 0);
	assert_int_equal(io.a.test.retval, 50); /* others do not see it, and get it back as zeroes */
	assert_int_equal(io.out[13], 0);
	assert_int_equal(io.out[14], 15);
	lab_close(l, fd);
}

static void test_xdp(void **state)
{
	struct lab *l = *state;
	struct io io;
	int fd;

	l->c.run = run;
	fd = load(l, BPF_PROG_TYPE_XDP);
	prepare(&io, fd);
	assert_int_equal(bpf(l, BPF_PROG_TEST_RUN, &io.a), 0);
	assert_int_equal(io.a.test.retval, 4);
	assert_int_equal(io.a.test.data_size_out, 60); /* the head went */
	assert_int_equal(io.out[0], 4);
	lab_close(l, fd);
}

static void test_caps(void **state)
{
	struct lab *l = *state;
	int fd;

	l->c.cap_bpf = l->c.cap_perfmon = l->c.cap_net_admin = l->c.cap_sys_admin = false;
	assert_int_equal(load(l, BPF_PROG_TYPE_SOCKET_FILTER), -EPERM);
	assert_int_equal(lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), -EPERM);
	l->c.unprivileged_bpf = true;
	fd = load(l, BPF_PROG_TYPE_SOCKET_FILTER);
	assert_true(fd >= 0);
	lab_close(l, fd);
	assert_int_equal(load(l, BPF_PROG_TYPE_XDP), -EPERM);
	fd = lab_map(l, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	assert_true(fd >= 0);
	lab_close(l, fd);
	assert_int_equal(lab_map(l, BPF_MAP_TYPE_LRU_HASH, 4, 4, 1, 0), -EPERM);
	l->c.cap_bpf = true;
	assert_int_equal(load(l, BPF_PROG_TYPE_XDP), -EPERM);
	l->c.cap_net_admin = true;
	fd = load(l, BPF_PROG_TYPE_XDP);
	assert_true(fd >= 0);
	lab_close(l, fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_skb, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(test_xdp, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(test_caps, lab_setup, lab_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
