/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Instructions, through BPF_PROG_LOAD: well-formed ones in senseless order, with
 * jumps, calls and constants that are sometimes right.
 */
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"

#define MAX_INSNS 64

static uint8_t some_code(struct choices *c)
{
	if (!choose(c, 32))
		return choose(c, 256);
	return choose_opcode(c);
}

static struct bpf_insn some_insn(struct choices *c, int at, int nr)
{
	struct bpf_insn insn = { .code = some_code(c) };

	insn.dst_reg = choose(c, choose(c, 8) ? 11 : 16);
	insn.src_reg = choose(c, choose(c, 8) ? 11 : 16);
	switch (BPF_CLASS(insn.code)) {
	case BPF_JMP:
	case BPF_JMP32:
		insn.off = (int)choose(c, nr) - at - 1;
		insn.imm = choose(c, 4) ? (int)choose_number(c) : (int)choose(c, 220);
		break;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		insn.off = 8 * ((int)choose(c, 32) - 24);
		insn.imm = choose(c, 2) ? (int)choose_number(c) : (int)choose(c, 256);
		break;
	default:
		insn.imm = (int)choose_number(c);
		if (BPF_SRC(insn.code) == BPF_K || BPF_CLASS(insn.code) == BPF_LD)
			insn.src_reg = choose(c, 8) ? 0 : choose(c, 8);
	}
	if (!choose(c, 16))
		insn.off = choose_number(c);
	return insn;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SYSCALL,
					  BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_KPROBE };
	struct choices c = { data, data + size };
	struct bpf_insn code[MAX_INSNS + 3] = {};
	union bpf_attr attr = {};
	static char log[8192];
	int nr, fd;

	nr = 3 + choose(&c, MAX_INSNS);
	/* Most registers hold something. */
	code[0] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 };
	for (int i = 1; i < nr - 1; i++)
		code[i] = some_insn(&c, i, nr);
	code[nr - 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };

	attr.prog_type = types[choose(&c, 4)];
	attr.insns = (uint64_t)code;
	attr.insn_cnt = nr;
	attr.license = (uint64_t) "GPL";
	attr.prog_flags = attr.prog_type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	if (choose(&c, 2)) {
		attr.log_level = 2;
		attr.log_buf = (uint64_t)log;
		attr.log_size = sizeof(log);
	}
	fd = (int)kernel_bpf(fuzz_kernel(), BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0) {
		kernel_fd_closed(fuzz_kernel(), fd);
		close(fd);
	}
	return 0;
}
