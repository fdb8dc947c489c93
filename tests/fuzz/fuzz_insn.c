/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Programs, through BPF_PROG_LOAD: well-formed instructions in senseless order,
 * most of which the verifier has to think about, and now and then one that is
 * not. What is accepted is run, interpreted and compiled: it must be harmless, and
 * without pointers in it, it must have the same result.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"

#define MAX_INSNS 96
#define MAP_VALUE 64

struct program {
	struct choices c;
	struct bpf_insn insns[MAX_INSNS + 48];
	int nr, end; /* so many so far; jumps lead to `end` at most */
	int map_fd;
	bool pure; /* numbers only */
};

static void add(struct program *p, uint8_t code, int dst, int src, int off, int imm)
{
	p->insns[p->nr++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static int some_reg(struct program *p)
{
	return choose(&p->c, 10);
}

static int some_imm(struct program *p)
{
	return (int)choose_number(&p->c);
}

static void alu(struct program *p)
{
	static const uint8_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
				       BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH };
	uint8_t op = ops[choose(&p->c, 12)], class = choose(&p->c, 3) ? BPF_ALU64 : BPF_ALU;
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	bool divides = op == BPF_DIV || op == BPF_MOD;
	int imm = some_imm(p);

	if (shift)
		imm &= class == BPF_ALU64 ? 63 : 31;
	if (divides && !imm)
		imm = 3;
	if (choose(&p->c, 2))
		add(p, class | op | BPF_K, some_reg(p), 0, 0, imm);
	else
		add(p, class | op | BPF_X, some_reg(p), some_reg(p), 0, 0);
}

static void jump(struct program *p)
{
	static const uint8_t ops[] = { BPF_JEQ,	 BPF_JGT,  BPF_JGE,  BPF_JSET, BPF_JNE, BPF_JSGT,
				       BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	uint8_t class = choose(&p->c, 3) ? BPF_JMP : BPF_JMP32;
	int room = p->end - p->nr - 1, off = room > 0 ? (int)choose(&p->c, room) : 0;

	if (!choose(&p->c, 64))
		off = -(int)choose(&p->c, p->nr); /* a loop */
	if (choose(&p->c, 2))
		add(p, class | ops[choose(&p->c, 11)] | BPF_K, some_reg(p), 0, off, some_imm(p));
	else
		add(p, class | ops[choose(&p->c, 11)] | BPF_X, some_reg(p), some_reg(p), off, 0);
}

static void memory(struct program *p)
{
	static const uint8_t sizes[] = { BPF_DW, BPF_DW, BPF_W, BPF_H, BPF_B };
	static const int bytes[] = { 8, 8, 4, 2, 1 };
	int i = choose(&p->c, 5), off = -bytes[i] * (1 + (int)choose(&p->c, 64 / bytes[i]));
	int base = 10;

	if (!choose(&p->c, 3)) { /* perhaps a map's value */
		base = some_reg(p);
		off = bytes[i] * (int)choose(&p->c, MAP_VALUE / bytes[i]);
	}
	switch (choose(&p->c, 4)) {
	case 0:
		add(p, BPF_ST | BPF_MEM | sizes[i], base, 0, off, some_imm(p));
		break;
	case 1:
		add(p, BPF_STX | BPF_MEM | sizes[i], base, some_reg(p), off, 0);
		break;
	case 2:
		if (bytes[i] >= 4 && !choose(&p->c, 4))
			add(p, BPF_STX | BPF_ATOMIC | sizes[i], base, some_reg(p), off,
			    (int)choose(&p->c, 2));
		break;
	default:
		add(p, BPF_LDX | BPF_MEM | sizes[i], some_reg(p), base, off, 0);
	}
}

static void unknown_number(struct program *p)
{
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32);
	/* Calls take r1 to r5. */
	for (int r = 1; r <= 5; r++)
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, r, choose(&p->c, 3) ? 0 : 6, 0, 0);
}

/* r0 = a map's value; the program ends where there is none. */
static void map_value(struct program *p)
{
	add(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, choose(&p->c, 2));
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	add(p, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	add(p, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, p->map_fd);
	add(p, 0, 0, 0, 0, 0);
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	add(p, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 1, 0);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (int r = 1; r <= 5; r++)
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, r, r == 1 ? 0 : 7, 0, 0);
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, 6 + choose(&p->c, 4), 0, 0, 0);
}

static void noise(struct program *p)
{
	add(p, choose(&p->c, 4) ? choose_opcode(&p->c) : choose(&p->c, 256),
	    choose(&p->c, 16), choose(&p->c, 16), choose_number(&p->c), choose_number(&p->c));
}

static void make(struct program *p)
{
	int nr = 8 + choose(&p->c, MAX_INSNS - 32);

	/* Everything holds something, and so does the stack. */
	if (!p->pure)
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, 9, 1, 0, 0);
	for (int r = 0; r < (p->pure ? 10 : 9); r++)
		add(p, BPF_ALU64 | BPF_MOV | BPF_K, r, 0, 0, some_imm(p));
	for (int off = -64; off < 0; off += 8)
		add(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, some_imm(p));
	p->end = p->nr + nr;
	while (p->nr < p->end && p->nr < MAX_INSNS) {
		switch (choose(&p->c, 16)) {
		case 0:
			if (p->c.at < p->c.end && !choose(&p->c, 8))
				noise(p);
			break;
		case 1:
			unknown_number(p);
			break;
		case 2:
			if (!p->pure)
				map_value(p);
			break;
		case 3:
		case 4:
		case 5:
			jump(p);
			break;
		case 6:
		case 7:
		case 8:
		case 9:
			memory(p);
			break;
		default:
			alu(p);
		}
		if (p->c.at >= p->c.end)
			break;
	}
	/* Where jumps may lead beyond. */
	while (p->nr < p->end && p->nr < MAX_INSNS + 12)
		add(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	if (!p->pure)
		add(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	/* All that it has computed, in 32 bits. */
	for (int r = 1; p->pure && r < 10; r++) {
		add(p, BPF_ALU64 | BPF_MUL | BPF_K, 0, 0, 0, 31);
		add(p, BPF_ALU64 | BPF_XOR | BPF_X, 0, r, 0, 0);
	}
	if (p->pure) {
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
		add(p, BPF_ALU64 | BPF_RSH | BPF_K, 1, 0, 0, 32);
		add(p, BPF_ALU64 | BPF_XOR | BPF_X, 0, 1, 0, 0);
	}
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The descriptors live as long as the kernels. */
static int create_map(struct kernel *k)
{
	union bpf_attr attr = {};
	int fd;

	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = 4;
	attr.value_size = MAP_VALUE;
	attr.max_entries = 4;
	fd = (int)kernel_bpf(k, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		abort();
	return fd;
}

/* In half of the cases the map has an element. */
static void prepare_map(struct program *p, struct kernel *k, bool has_element)
{
	static uint8_t value[MAP_VALUE];
	union bpf_attr attr = {};
	uint32_t key = 0;

	attr.map_fd = p->map_fd;
	attr.key = (uint64_t)&key;
	if (has_element)
		attr.value = (uint64_t)value;
	kernel_bpf(k, has_element ? BPF_MAP_UPDATE_ELEM : BPF_MAP_DELETE_ELEM, &attr,
		   sizeof(attr));
}

struct outcome {
	int64_t loaded, ran;
	uint32_t ret;
};

static struct outcome load_and_run(const struct program *p, struct kernel *k, int type, bool log)
{
	static char text[8192];
	union bpf_attr attr = {};
	struct outcome o = {};

	attr.prog_type = type;
	attr.insns = (uint64_t)p->insns;
	attr.insn_cnt = p->nr;
	attr.license = (uint64_t) "GPL";
	attr.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	if (log) {
		attr.log_level = 2;
		attr.log_buf = (uint64_t)text;
		attr.log_size = sizeof(text);
	}
	o.loaded = kernel_bpf(k, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (o.loaded < 0)
		return o;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = o.loaded;
	o.ran = kernel_bpf(k, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	o.ret = attr.test.retval;
	kernel_fd_closed(k, (int)o.loaded);
	close((int)o.loaded);
	o.loaded = 0;
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int maps[2];
	struct kernel *kernels[2] = { fuzz_kernel(), fuzz_kernel_jit() };
	struct choices c = { data, data + size };
	int type = choose(&c, 8) ? BPF_PROG_TYPE_SYSCALL : BPF_PROG_TYPE_RAW_TRACEPOINT;
	bool has_element = choose(&c, 2), log = choose(&c, 2), pure = choose(&c, 2);
	struct outcome o[2];

	for (int i = 0; i < 2; i++) {
		struct program p = { .c = c, .pure = pure };

		if (!maps[i])
			maps[i] = create_map(kernels[i]);
		p.map_fd = maps[i];
		prepare_map(&p, kernels[i], has_element);
		make(&p);
		o[i] = load_and_run(&p, kernels[i], type, log);
	}
	if (o[0].loaded != o[1].loaded || o[0].ran != o[1].ran || (pure && o[0].ret != o[1].ret)) {
		fprintf(stderr, "interpreted: %ld, %ld, 0x%x; compiled: %ld, %ld, 0x%x\n",
			(long)o[0].loaded, (long)o[0].ran, o[0].ret, (long)o[1].loaded,
			(long)o[1].ran, o[1].ret);
		abort();
	}
	return 0;
}
