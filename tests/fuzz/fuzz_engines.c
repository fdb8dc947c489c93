/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The interpreter and the JIT against each other: random programs, which the
 * verifier accepts, run on two kernels that differ in nothing else. Verdict,
 * result, and what is in the maps afterwards (the program leaves its registers
 * and its stack there) have to be the same.
 *
 * Addresses differ between two kernels, so pointers stay where they are: in r8
 * (a map's value), r9 (the context) and r10. r0 to r7 are numbers at all times.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"
#include "ktypes/sched.h"
#include "machine/topology.h"

#define MAX_INSNS 192
#define STACK 256
#define VALUE (STACK + 256) /* stack and registers; then what programs work on */
#define WORK (VALUE - 192)
#define MEMSX 0x80

enum { INTERPRETER, JIT, NR_ENGINES };
enum { ARRAY, PERCPU, HASH, LRU, NR_MAPS };

struct program {
	struct choices c;
	struct bpf_insn insns[MAX_INSNS + 128];
	int nr, end;
	int fds[NR_MAPS]; /* -1 - the map's number: replaced for each kernel */
	int calls[8], nr_calls;
	bool in_loop;
};

static struct {
	struct topology *topology;
	struct kernel *kernels[NR_ENGINES];
	int fds[NR_ENGINES][NR_MAPS];
	unsigned long made, accepted;
} both;

/* ---- two kernels ---- */

static void failed(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static int64_t sys(int engine, int cmd, union bpf_attr *attr)
{
	return kernel_bpf(both.kernels[engine], cmd, attr, sizeof(*attr));
}

static void make_maps(int engine)
{
	static const struct {
		uint32_t type, value, entries;
	} maps[NR_MAPS] = {
		[ARRAY] = { BPF_MAP_TYPE_ARRAY, VALUE, 3 },
		[PERCPU] = { BPF_MAP_TYPE_PERCPU_ARRAY, 24, 5 },
		[HASH] = { BPF_MAP_TYPE_HASH, 16, 4 },
		[LRU] = { BPF_MAP_TYPE_LRU_HASH, 8, 3 },
	};

	for (int i = 0; i < NR_MAPS; i++) {
		union bpf_attr attr = { .map_type = maps[i].type,
					.key_size = 4,
					.value_size = maps[i].value,
					.max_entries = maps[i].entries };

		both.fds[engine][i] = (int)sys(engine, BPF_MAP_CREATE, &attr);
		if (both.fds[engine][i] < 0)
			failed("no map");
	}
}

static void finish(void)
{
	for (int i = 0; i < NR_ENGINES; i++)
		kernel_destroy(both.kernels[i]);
	topology_destroy(both.topology);
	if (both.made > 100 && both.accepted < both.made / 2) {
		fprintf(stderr, "only %lu of %lu programs were accepted\n", both.accepted,
			both.made);
		_exit(1);
	}
}

static void start(void)
{
	struct kernel_config cfg = { .seed = 1 };
	struct err_msg e;

	if (both.topology)
		return;
	if (topology_create("2", &e, &both.topology))
		failed(e.text);
	cfg.topology = both.topology;
	for (int i = 0; i < NR_ENGINES; i++) {
		cfg.engine = i == JIT ? KERNEL_ENGINE_JIT : KERNEL_ENGINE_INTERPRETER;
		if (kernel_create(&cfg, &e, &both.kernels[i]))
			failed(e.text);
		make_maps(i);
	}
	atexit(finish);
}

/* ---- a program ---- */

static void add(struct program *p, uint8_t code, int dst, int src, int off, int imm)
{
	p->insns[p->nr++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static void mov_imm(struct program *p, int dst, int imm)
{
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void mov(struct program *p, int dst, int src)
{
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static int number(struct program *p)
{
	return (int)choose_number(&p->c);
}

static int any_reg(struct program *p)
{
	return choose(&p->c, 8);
}

/* r7 counts inside a loop */
static int free_reg(struct program *p)
{
	return choose(&p->c, p->in_loop ? 7 : 8);
}

static void big_number(struct program *p)
{
	uint64_t v = choose_number(&p->c);

	add(p, BPF_LD | BPF_IMM | BPF_DW, free_reg(p), 0, 0, (int)v);
	add(p, 0, 0, 0, 0, (int)(v >> 32));
}

static void byte_order(struct program *p)
{
	static const uint8_t codes[] = { BPF_ALU | BPF_END | BPF_TO_LE, BPF_ALU | BPF_END | BPF_TO_BE,
					 BPF_ALU64 | BPF_END };

	add(p, codes[choose(&p->c, 3)], free_reg(p), 0, 0, 16 << choose(&p->c, 3));
}

static void move(struct program *p)
{
	static const uint8_t widths[] = { 0, 8, 16, 32 };
	int class = choose(&p->c, 2) ? BPF_ALU64 : BPF_ALU;

	add(p, class | BPF_MOV | BPF_X, free_reg(p), any_reg(p),
	    widths[choose(&p->c, class == BPF_ALU64 ? 4 : 3)], 0);
}

static void alu(struct program *p)
{
	static const uint8_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
				       BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH, BPF_NEG };
	uint8_t op = ops[choose(&p->c, 12)], class = choose(&p->c, 2) ? BPF_ALU64 : BPF_ALU;
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	bool divides = op == BPF_DIV || op == BPF_MOD;
	int off = divides ? (int)choose(&p->c, 2) : 0, imm = number(p);

	if (op == BPF_NEG) {
		add(p, class | op, free_reg(p), 0, 0, 0);
		return;
	}
	if (shift)
		imm &= class == BPF_ALU64 ? 63 : 31;
	if (divides && !imm)
		imm = -1;
	if (choose(&p->c, 2))
		add(p, class | op | BPF_K, free_reg(p), 0, off, imm);
	else
		add(p, class | op | BPF_X, free_reg(p), any_reg(p), off, 0);
}

static void jump(struct program *p)
{
	static const uint8_t ops[] = { BPF_JEQ,	 BPF_JGT,  BPF_JGE,  BPF_JSET, BPF_JNE, BPF_JSGT,
				       BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	uint8_t class = choose(&p->c, 2) ? BPF_JMP : BPF_JMP32;
	int at = p->nr, n;

	add(p, class | ops[choose(&p->c, 11)] | (choose(&p->c, 2) ? BPF_K : BPF_X), any_reg(p), 0, 0,
	    0);
	if (BPF_SRC(p->insns[at].code) == BPF_K)
		p->insns[at].imm = number(p);
	else
		p->insns[at].src_reg = any_reg(p);
	/* over arithmetic, a lot of it now and then: jumps come in two lengths */
	n = choose(&p->c, 8) ? 1 + (int)choose(&p->c, 4) : 20;
	while (n-- && p->nr < p->end)
		alu(p);
	p->insns[at].off = p->nr - at - 1;
}

static void memory(struct program *p)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	int i = choose(&p->c, 4), bytes = 1 << i, base = 10, off;

	if (choose(&p->c, 2)) {
		base = 8;
		off = WORK + bytes * (int)choose(&p->c, (VALUE - WORK) / bytes);
	} else {
		off = -bytes * (1 + (int)choose(&p->c, STACK / bytes));
	}
	switch (choose(&p->c, 4)) {
	case 0:
		add(p, BPF_ST | BPF_MEM | sizes[i], base, 0, off, number(p));
		break;
	case 1:
		add(p, BPF_STX | BPF_MEM | sizes[i], base, any_reg(p), off, 0);
		break;
	case 2:
		add(p, BPF_LDX | (i < 3 ? MEMSX : BPF_MEM) | sizes[i], free_reg(p), base, off, 0);
		break;
	default:
		add(p, BPF_LDX | BPF_MEM | sizes[i], free_reg(p), base, off, 0);
	}
}

/* r0 = what is there, below bits that a comparison of 32 does not see */
static void expect(struct program *p, bool wide, int base, int off)
{
	add(p, BPF_LDX | BPF_MEM | (wide ? BPF_DW : BPF_W), 0, base, off, 0);
	if (wide)
		return;
	add(p, BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0);
	add(p, 0, 0, 0, 0, number(p));
	add(p, BPF_ALU64 | BPF_OR | BPF_X, 0, 2, 0, 0);
}

static void atomic(struct program *p)
{
	static const int ops[] = { BPF_ADD, BPF_OR, BPF_AND, BPF_XOR };
	int wide = choose(&p->c, 2), bytes = wide ? 8 : 4, src = free_reg(p), imm;
	int base = choose(&p->c, 2) ? 8 : 10;
	int off = base == 8 ? WORK + bytes * (int)choose(&p->c, (VALUE - WORK) / bytes) :
			      -bytes * (1 + (int)choose(&p->c, STACK / bytes));

	switch (choose(&p->c, 4)) {
	case 0:
		imm = BPF_XCHG;
		break;
	case 1:
		imm = BPF_CMPXCHG;
		if (choose(&p->c, 2)) /* with the value that is there */
			expect(p, wide, base, off);
		break;
	default:
		imm = ops[choose(&p->c, 4)] | (choose(&p->c, 2) ? BPF_FETCH : 0);
	}
	add(p, BPF_STX | BPF_ATOMIC | (wide ? BPF_DW : BPF_W), base, src, off, imm);
}

/* Calls take r1 to r5. */
static void refill(struct program *p, int from)
{
	for (int r = from; r <= 5; r++)
		if (choose(&p->c, 2))
			mov(p, r, 6);
		else
			mov_imm(p, r, number(p));
}

static void call(struct program *p, int helper)
{
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
	refill(p, 1);
}

static void ask_world(struct program *p)
{
	static const int helpers[] = { BPF_FUNC_get_prandom_u32, BPF_FUNC_ktime_get_ns,
				       BPF_FUNC_get_smp_processor_id, BPF_FUNC_jiffies64,
				       BPF_FUNC_ktime_get_boot_ns };

	call(p, helpers[choose(&p->c, 5)]);
}

static void map_and_key(struct program *p, int map)
{
	add(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, choose(&p->c, 7) - 1);
	mov(p, 2, 10);
	add(p, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	add(p, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, p->fds[map]);
	add(p, 0, 0, 0, 0, 0);
}

/* r0 = the beginning of a value, or 0 */
static void lookup(struct program *p)
{
	map_and_key(p, choose(&p->c, NR_MAPS));
	if (choose(&p->c, 4)) {
		add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	} else {
		add(p, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, p->fds[PERCPU]);
		add(p, 0, 0, 0, 0, 0);
		mov_imm(p, 3, choose(&p->c, 4));
		add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_percpu_elem);
	}
	add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0);
	add(p, BPF_STX | BPF_ATOMIC | BPF_DW, 0, 6, 0, BPF_ADD);
	add(p, BPF_LDX | BPF_MEM | BPF_DW, 0, 0, 0, 0);
	refill(p, 1);
}

static void change(struct program *p)
{
	map_and_key(p, HASH + choose(&p->c, 2));
	if (choose(&p->c, 3)) {
		mov(p, 3, 10);
		add(p, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -32);
		mov_imm(p, 4, choose(&p->c, 4));
		call(p, BPF_FUNC_map_update_elem);
	} else {
		call(p, BPF_FUNC_map_delete_elem);
	}
}

/* Through a pointer that may be NULL: such loads read 0 where they fault. */
static void probe(struct program *p)
{
	static const int pointers[] = { offsetof(struct task_struct, mm),
					offsetof(struct task_struct, active_mm),
					offsetof(struct task_struct, cgroups) };
	static const int fields[] = { offsetof(struct mm_struct, mm_users),
				      offsetof(struct mm_struct, mm_users),
				      offsetof(struct css_set, nr_tasks) };
	int i = choose(&p->c, 3), sx = choose(&p->c, 2) ? MEMSX : BPF_MEM;

	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task_btf);
	if (choose(&p->c, 3)) {
		add(p, BPF_LDX | BPF_MEM | BPF_DW, 0, 0, pointers[i], 0);
		add(p, BPF_LDX | sx | BPF_W, 6, 0, fields[i], 0);
		mov(p, 0, 6);
	} else {
		add(p, BPF_LDX | sx | BPF_W, 0, 0, offsetof(struct task_struct, prio), 0);
	}
	refill(p, 1);
}

static void call_subprog(struct program *p)
{
	if (p->nr_calls == 8)
		return;
	p->calls[p->nr_calls++] = p->nr;
	add(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	refill(p, 1);
}

static void something(struct program *p);

static void loop(struct program *p)
{
	int n = 1 + choose(&p->c, 4), top;

	if (p->in_loop)
		return;
	mov_imm(p, 7, 1 + choose(&p->c, 6));
	p->in_loop = true;
	top = p->nr;
	while (n--)
		something(p);
	p->in_loop = false;
	add(p, BPF_ALU64 | BPF_ADD | BPF_K, 7, 0, 0, -1);
	add(p, BPF_JMP | BPF_JNE | BPF_K, 7, 0, top - p->nr - 1, 0);
}

static void something(struct program *p)
{
	static void (*const makers[])(struct program *p) = {
		alu,	alu,   alu,    move,   big_number, byte_order, jump,
		memory, memory, atomic, jump,	ask_world,  lookup,	change,
		probe,	call_subprog, loop, alu,
	};

	if (p->nr < p->end)
		makers[choose(&p->c, sizeof(makers) / sizeof(makers[0]))](p);
}

/* Numbers everywhere, and in r8 the value of the array's first element. */
static void prologue(struct program *p)
{
	mov(p, 9, 1);
	add(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0);
	mov(p, 2, 10);
	add(p, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	add(p, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, p->fds[ARRAY]);
	add(p, 0, 0, 0, 0, 0);
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	add(p, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 1, 0);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	mov(p, 8, 0);
	for (int r = 0; r < 8; r++)
		mov_imm(p, r, number(p));
}

static void epilogue(struct program *p)
{
	for (int r = 0; r < 8; r++)
		add(p, BPF_STX | BPF_MEM | BPF_DW, 8, r, STACK + 8 * r, 0);
	/* every other word will do */
	for (int off = 0; off < STACK; off += 16) {
		add(p, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, off - STACK, 0);
		add(p, BPF_STX | BPF_MEM | BPF_DW, 8, 1, off, 0);
	}
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* A function of five numbers with a stack and callee-saved registers of its own. */
static void subprog(struct program *p)
{
	int start = p->nr;

	for (int i = 0; i < p->nr_calls; i++)
		p->insns[p->calls[i]].imm = start - p->calls[i] - 1;
	if (!p->nr_calls)
		return;
	mov(p, 0, 1);
	add(p, BPF_LDX | BPF_MEM | BPF_DW, 6, 10, -16, 0);
	add(p, BPF_STX | BPF_MEM | BPF_DW, 10, 2, -16, 0);
	mov(p, 7, 3);
	p->end = p->nr + 12;
	while (p->nr < p->end)
		choose(&p->c, 3) ? alu(p) : jump(p);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void make(struct program *p)
{
	prologue(p);
	p->end = p->nr + 8 + choose(&p->c, 100);
	while (p->nr < p->end && p->c.at < p->c.end)
		something(p);
	p->in_loop = false;
	epilogue(p);
	subprog(p);
}

/* ---- both ---- */

struct outcome {
	int64_t loaded, ran;
	uint32_t retval;
	uint8_t values[NR_MAPS][8][VALUE];
};

static void look(int engine, struct outcome *o)
{
	for (int i = 0; i < NR_MAPS; i++)
		for (uint32_t key = 0; key < 8; key++) {
			uint32_t k = key - 1;
			union bpf_attr attr = { .map_fd = both.fds[engine][i],
						.key = (uint64_t)&k,
						.value = (uint64_t)o->values[i][key] };

			if (sys(engine, BPF_MAP_LOOKUP_ELEM, &attr) < 0)
				o->values[i][key][0] = 0xee;
		}
}

static void run(int engine, const struct program *made, struct outcome *o)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SYSCALL };
	struct program p = *made;
	int fd;

	for (int i = 0; i < p.nr; i++)
		if (p.insns[i].src_reg == BPF_PSEUDO_MAP_FD &&
		    p.insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			p.insns[i].imm = both.fds[engine][-1 - p.insns[i].imm];
	attr.insns = (uint64_t)p.insns;
	attr.insn_cnt = p.nr;
	attr.license = (uint64_t) "GPL";
	attr.prog_flags = BPF_F_SLEEPABLE;
	o->loaded = sys(engine, BPF_PROG_LOAD, &attr);
	if (o->loaded < 0)
		return;
	fd = (int)o->loaded;
	o->loaded = 0;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	o->ran = sys(engine, BPF_PROG_TEST_RUN, &attr);
	o->retval = attr.test.retval;
	look(engine, o);
	kernel_fd_closed(both.kernels[engine], fd);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = { .c = { data, data + size }, .fds = { -1, -2, -3, -4 } };
	static struct outcome o[NR_ENGINES];

	start();
	make(&p);
	memset(o, 0, sizeof(o));
	for (int i = 0; i < NR_ENGINES; i++)
		run(i, &p, &o[i]);
	both.made++;
	both.accepted += !o[0].loaded;
	if (o[0].loaded != o[1].loaded)
		failed("verdicts differ");
	if (o[0].ran != o[1].ran || o[0].retval != o[1].retval)
		failed("results differ");
	if (memcmp(o[0].values, o[1].values, sizeof(o[0].values)))
		failed("maps differ");
	return 0;
}
