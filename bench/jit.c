/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * jit BUILD: what an iteration of a small loop costs on the JIT, on the running
 * kernel's JIT, on the interpreter, and natively. Both JITs get the same
 * instructions: the kernel by bpf(2), if it lets us, as a socket filter that it
 * repeats by itself; we as a SYSCALL program.
 *
 * Peers take turns; a figure is the median of NR_RUNS, without what it takes to
 * enter a program (measured with an empty one). Ratios are jit / kernel.
 */
#include <linux/bpf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "machine/topology.h"

#define NR_RUNS 7
#define ITERATIONS 8000
#define REPEAT 40
#define MAX_INSNS 64

enum { KERNEL, JIT, INTERPRETER, NATIVE, NR_PEERS };
enum { ARRAY, HASH, NR_MAPS };

#define MOV64_IMM(d, v) { BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, v }
#define MOV64(d, s) { BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0 }
#define ALU64(op, d, s) { BPF_ALU64 | op | BPF_X, d, s, 0, 0 }
#define ALU64_IMM(op, d, v) { BPF_ALU64 | op | BPF_K, d, 0, 0, v }
#define ALU32(op, d, s) { BPF_ALU | op | BPF_X, d, s, 0, 0 }
#define JMP_IMM(op, d, v, o) { BPF_JMP | op | BPF_K, d, 0, o, v }
#define LOAD(size, d, s, o) { BPF_LDX | BPF_MEM | size, d, s, o, 0 }
#define STORE(size, d, s, o) { BPF_STX | BPF_MEM | size, d, s, o, 0 }
#define STORE_IMM(size, d, o, v) { BPF_ST | BPF_MEM | size, d, 0, o, v }
#define HELPER(id) { BPF_JMP | BPF_CALL, 0, 0, 0, id }
#define EXIT { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 }
/* replaced when the program is put together */
#define MAP(d, map) { BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, map }, { 0, 0, 0, 0, 0 }
#define CALL_SUB { BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0 }
#define LOAD_SUB(d) { BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_FUNC, 0, 0 }, { 0, 0, 0, 0, 0 }

/*
 * r6 counts; r7 is 1, r8 points to a key on the stack, r9 is the body's to use.
 * A body that has the loop in itself (bpf_loop) runs once.
 */
struct bench {
	const char *name;
	bool loops_itself;
	double target; /* of the ratio; NAN: none, and it does not count */
	struct bpf_insn body[24];
	struct bpf_insn sub[8];
	u64 (*native)(u64 n);
};

/* ---- natively ---- */

/* The compiler must not see through @x. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x))

static u64 native_alu(u64 n)
{
	u64 a = 1, b = 2, c;

	for (; n; n--) {
		a += b;
		a ^= 1234567;
		c = a;
		c >>= 7;
		b += 3;
		c &= 4095;
		a = (u32)a - (u32)c;
		b |= c;
		OPAQUE(a);
	}
	return a + b;
}

static u64 native_stack(u64 n)
{
	volatile u64 wide = 0;
	volatile u32 narrow = 0;
	u64 a = 1;

	for (; n; n--) {
		wide = a;
		a = wide;
		narrow = (u32)a;
		a = narrow;
	}
	return a;
}

static u64 native_branches(u64 n)
{
	u64 a = 1;

	for (; n; n--) {
		OPAQUE(a);
		if (a <= 5)
			a += 1;
		if ((s64)a >= 5)
			a ^= 3;
		if (n != 0xffffff)
			a &= 7;
	}
	return a;
}

static u64 native_values[4];

static u64 native_array(u64 n)
{
	u64 sum = 0;
	u32 key = 1;

	for (; n; n--) {
		OPAQUE(key);
		if (key < 4)
			sum += native_values[key];
	}
	return sum;
}

static __attribute__((noinline)) u64 native_callee(u64 a)
{
	OPAQUE(a);
	return a;
}

static u64 native_call(u64 n)
{
	u64 a = 1;

	for (; n; n--)
		a = native_callee(a);
	return a;
}

/* ---- the loops ---- */

static const struct bench benches[] = {
	{ "ALU", false, 1.05,
	  { ALU64(BPF_ADD, 1, 2), ALU64_IMM(BPF_XOR, 1, 1234567), MOV64(3, 1),
	    ALU64_IMM(BPF_RSH, 3, 7), ALU64_IMM(BPF_ADD, 2, 3), ALU64_IMM(BPF_AND, 3, 4095),
	    ALU32(BPF_SUB, 1, 3), ALU64(BPF_OR, 2, 3) },
	  {}, native_alu },
	{ "stack load/store", false, 1.05,
	  { STORE(BPF_DW, 10, 1, -16), LOAD(BPF_DW, 1, 10, -16), STORE(BPF_W, 10, 1, -24),
	    LOAD(BPF_W, 1, 10, -24) },
	  {}, native_stack },
	{ "branches", false, 1.05,
	  { JMP_IMM(BPF_JGT, 1, 5, 1), ALU64_IMM(BPF_ADD, 1, 1), JMP_IMM(BPF_JSLT, 1, 5, 1),
	    ALU64_IMM(BPF_XOR, 1, 3), JMP_IMM(BPF_JEQ, 6, 0xffffff, 1), ALU64_IMM(BPF_AND, 1, 7) },
	  {}, native_branches },
	{ "array look-up", false, 1.05,
	  { STORE(BPF_W, 10, 7, -4), MOV64(2, 10), ALU64_IMM(BPF_ADD, 2, -4), MAP(1, ARRAY),
	    HELPER(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, 0, 0, 2), LOAD(BPF_DW, 0, 0, 0),
	    ALU64(BPF_ADD, 9, 0) },
	  {}, native_array },
	/* a helper that only says no; and one that has to look something up */
	{ "helper call", false, 0.3,
	  { MOV64(2, 8), MAP(1, ARRAY), HELPER(BPF_FUNC_map_delete_elem) },
	  {}, native_call },
	{ "numa_node_id", false, NAN, { HELPER(BPF_FUNC_get_numa_node_id) }, {}, NULL },
	{ "BPF-to-BPF call", false, 0.3,
	  { MOV64(1, 7), CALL_SUB },
	  { MOV64(0, 1), EXIT }, native_call },
	{ "bpf_loop callback", true, 0.3,
	  { MOV64_IMM(1, ITERATIONS), LOAD_SUB(2), MOV64_IMM(3, 0), MOV64_IMM(4, 0),
	    HELPER(BPF_FUNC_loop) },
	  { MOV64_IMM(0, 0), EXIT }, native_call },
	{ "hash look-up", false, 0.3,
	  { STORE(BPF_W, 10, 7, -4), MOV64(2, 10), ALU64_IMM(BPF_ADD, 2, -4), MAP(1, HASH),
	    HELPER(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, 0, 0, 2), LOAD(BPF_DW, 0, 0, 0),
	    ALU64(BPF_ADD, 9, 0) },
	  {}, NULL },
};

/* ---- bpf(2), of the host and of ours ---- */

struct peer {
	struct kernel *kernel; /* NULL: the host's */
	bool absent;
	int maps[NR_MAPS], btf;
	int empty, prog;
};

/* The host's own: libc's is ours in this process. */
static long host_bpf(long cmd, union bpf_attr *attr)
{
	long ret;
#ifdef __x86_64__
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(321L), "D"(cmd), "S"(attr), "d"(sizeof(*attr))
			 : "rcx", "r11", "memory");
#else
	ret = -ENOSYS;
#endif
	return ret;
}

static long peer_bpf(const struct peer *p, int cmd, union bpf_attr *attr)
{
	return p->kernel ? kernel_bpf(p->kernel, cmd, attr, sizeof(*attr)) : host_bpf(cmd, attr);
}

static void die(const char *what, long err)
{
	fprintf(stderr, "%s: %s\n", what, strerror((int)-err));
	exit(1);
}

/* A program's functions need types: int f(), static. */
static long load_btf(const struct peer *p)
{
	static const char strings[] = "\0int\0main\0sub";
	static const struct {
		struct {
			u16 magic;
			u8 version, flags;
			u32 hdr_len, type_off, type_len, str_off, str_len;
		} header;
		u32 types[4 + 3 + 3 + 3];
		char strings[sizeof(strings)];
	} btf = {
		{ 0xeb9f, 1, 0, 24, 0, 52, 52, sizeof(strings) },
		{ 1, 1 << 24, 4, 32 | 1 << 24,	       /* [1] int */
		  0, 13 << 24, 1,		       /* [2] int () */
		  5, 12 << 24, 2, 10, 12 << 24, 2 },   /* [3] main, [4] sub */
		"\0int\0main\0sub",
	};
	union bpf_attr attr = { .btf = (u64)&btf,
				.btf_size = offsetof(__typeof__(btf), strings) + sizeof(strings) };

	return peer_bpf(p, BPF_BTF_LOAD, &attr);
}

static void make_maps(struct peer *p)
{
	static const u32 types[NR_MAPS] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };

	for (int i = 0; i < NR_MAPS; i++) {
		union bpf_attr attr = { .map_type = types[i], .key_size = 4, .value_size = 8,
					.max_entries = 4 };
		u32 key = 1;
		u64 value = 5;

		p->maps[i] = (int)peer_bpf(p, BPF_MAP_CREATE, &attr);
		if (p->maps[i] < 0) {
			p->absent = true;
			if (p->kernel)
				die("map", p->maps[i]);
			printf("the running kernel's bpf(2) is not for us (%s): no ratios\n",
			       strerror(-p->maps[i]));
			return;
		}
		attr = (union bpf_attr){ .map_fd = p->maps[i], .key = (u64)&key };
		attr.value = (u64)&value;
		peer_bpf(p, BPF_MAP_UPDATE_ELEM, &attr);
	}
	p->btf = (int)load_btf(p);
	if (p->btf < 0)
		die("BTF", p->btf);
}

/* ---- programs ---- */

struct program {
	struct bpf_insn insns[MAX_INSNS];
	u32 len, sub; /* where the subprog begins; 0: none */
};

static void add(struct program *p, struct bpf_insn insn)
{
	p->insns[p->len++] = insn;
}

static bool is_end(const struct bpf_insn *i)
{
	static const struct bpf_insn nothing[2];

	return !memcmp(i, nothing, sizeof(*i)) && (i[-1].code != (BPF_LD | BPF_IMM | BPF_DW));
}

static void add_some(struct program *p, const struct bpf_insn *insns, u32 max)
{
	for (u32 i = 0; i < max && (!i || !is_end(&insns[i])); i++)
		add(p, insns[i]);
}

static void put_sub(struct program *p)
{
	for (u32 i = 0; i < p->sub; i++) {
		struct bpf_insn *insn = &p->insns[i];

		if ((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
		    (insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
		     insn->src_reg == BPF_PSEUDO_FUNC))
			insn->imm = (s32)(p->sub - i - 1);
	}
}

/* @b NULL: a program that does nothing. */
static void put_together(struct program *p, const struct bench *b, const struct peer *peer)
{
	u32 top;

	p->len = p->sub = 0;
	for (int r = 0; r < 10; r++)
		add(p, (struct bpf_insn)MOV64_IMM(r, r == 6 ? ITERATIONS : r));
	add(p, (struct bpf_insn)STORE(BPF_DW, 10, 7, -8));
	add(p, (struct bpf_insn)MOV64(8, 10));
	add(p, (struct bpf_insn)ALU64_IMM(BPF_ADD, 8, -8));
	add(p, (struct bpf_insn)MOV64_IMM(7, 1));
	top = p->len;
	if (b)
		add_some(p, b->body, ARRAY_SIZE(b->body));
	if (b && !b->loops_itself) {
		add(p, (struct bpf_insn)ALU64_IMM(BPF_ADD, 6, -1));
		add(p, (struct bpf_insn)JMP_IMM(BPF_JNE, 6, 0, 0));
		p->insns[p->len - 1].off = (s16)(top - p->len);
	}
	add(p, (struct bpf_insn)MOV64_IMM(0, 0));
	add(p, (struct bpf_insn)EXIT);
	for (u32 i = 0; i < p->len; i++)
		if (p->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    p->insns[i].src_reg == BPF_PSEUDO_MAP_FD)
			p->insns[i].imm = peer->maps[p->insns[i].imm];
	if (b && b->sub[0].code) {
		p->sub = p->len;
		add_some(p, b->sub, ARRAY_SIZE(b->sub));
		put_sub(p);
	}
}

static int load(const struct peer *peer, const struct bench *b)
{
	struct bpf_func_info funcs[2] = { { 0, 3 }, { 0, 4 } };
	static char log[1 << 16];
	union bpf_attr attr = {};
	struct program p;
	long fd;

	put_together(&p, b, peer);
	funcs[1].insn_off = p.sub;
	attr.prog_type = peer->kernel ? BPF_PROG_TYPE_SYSCALL : BPF_PROG_TYPE_SOCKET_FILTER;
	attr.prog_flags = peer->kernel ? BPF_F_SLEEPABLE : 0;
	attr.insns = (u64)p.insns;
	attr.insn_cnt = p.len;
	attr.license = (u64) "GPL";
	attr.prog_btf_fd = (u32)peer->btf;
	attr.func_info = (u64)funcs;
	attr.func_info_cnt = p.sub ? 2 : 1;
	attr.func_info_rec_size = sizeof(funcs[0]);
	fd = peer_bpf(peer, BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		attr.log_level = 1;
		attr.log_buf = (u64)log;
		attr.log_size = sizeof(log);
		peer_bpf(peer, BPF_PROG_LOAD, &attr);
		fprintf(stderr, "%s\n", log);
		die(b ? b->name : "the empty program", fd);
	}
	return (int)fd;
}

/* ---- measuring ---- */

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* ns of one run: the kernel repeats, and divides, by itself. */
static double run_host(int fd)
{
	char packet[64] = {};
	union bpf_attr attr = { .test = { .prog_fd = (u32)fd, .data_in = (u64)packet,
					  .data_size_in = sizeof(packet), .repeat = REPEAT } };
	long err = host_bpf(BPF_PROG_TEST_RUN, &attr);

	if (err)
		die("BPF_PROG_TEST_RUN", err);
	return attr.test.duration;
}

static double run_ours(struct kernel *k, int fd)
{
	union bpf_attr attr = { .test = { .prog_fd = (u32)fd } };
	double start = now_ns();

	for (int i = 0; i < REPEAT; i++)
		if (kernel_bpf(k, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
			die("BPF_PROG_TEST_RUN", -EINVAL);
	return (now_ns() - start) / REPEAT;
}

static double measure(const struct peer *p, int fd)
{
	return p->kernel ? run_ours(p->kernel, fd) : run_host(fd);
}

static double run_native(const struct bench *b)
{
	double start = now_ns();

	for (int i = 0; i < REPEAT; i++)
		b->native(ITERATIONS);
	return (now_ns() - start) / REPEAT;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, NR_RUNS, sizeof(*v), compare);
	return v[NR_RUNS / 2];
}

/* ns per iteration of each peer; NAN: it can't. */
static void bench_one(const struct bench *b, struct peer *peers, double *ns)
{
	double v[NR_PEERS][NR_RUNS];

	for (int i = 0; i < NATIVE; i++)
		if (!peers[i].absent)
			peers[i].prog = load(&peers[i], b);
	for (int run = 0; run < NR_RUNS; run++) {
		for (int i = 0; i < NATIVE; i++)
			if (!peers[i].absent)
				v[i][run] = measure(&peers[i], peers[i].prog) -
					    measure(&peers[i], peers[i].empty);
		if (b->native)
			v[NATIVE][run] = run_native(b);
	}
	for (int i = 0; i < NR_PEERS; i++)
		ns[i] = (i == NATIVE ? !b->native : peers[i].absent) ? NAN :
									median(v[i]) / ITERATIONS;
	for (int i = 0; i < NATIVE; i++)
		if (!peers[i].absent) {
			if (peers[i].kernel)
				kernel_fd_closed(peers[i].kernel, peers[i].prog);
			close(peers[i].prog);
		}
}

static void print_ns(double v)
{
	if (isnan(v))
		printf(" %11s", "-");
	else
		printf(" %11.2f", v);
}

static void print_ratio(double v)
{
	if (isnan(v))
		printf(" %7s", "-");
	else
		printf(" %7.2f", v);
}

static u32 insns_of(const struct bench *b)
{
	u32 n = 2;

	for (u32 i = 0; i < ARRAY_SIZE(b->body) && (!i || !is_end(&b->body[i])); i++)
		n++;
	return n;
}

/* ---- */

static void print_machine(void)
{
	char line[256], *model = NULL;
	FILE *f = fopen("/proc/cpuinfo", "r");
	struct utsname u;

	uname(&u);
	while (f && !model && fgets(line, sizeof(line), f))
		if (!strncmp(line, "model name", 10))
			model = strchr(line, ':');
	if (model)
		model[strcspn(model, "\n")] = '\0';
	printf("%s, %s %s%s; medians of %d, ns per iteration\n", u.nodename, u.sysname, u.release,
	       model ? model : "", NR_RUNS);
	if (f)
		fclose(f);
}

static struct kernel *make_kernel(const struct topology *topo, enum kernel_engine engine)
{
	struct kernel_config cfg = { .topology = topo, .seed = 1, .engine = engine };
	struct err_msg e = {};
	struct kernel *k;

	if (kernel_create(&cfg, &e, &k)) {
		fprintf(stderr, "kernel: %s\n", e.text);
		exit(1);
	}
	return k;
}

static void bench_all(struct peer *peers)
{
	double ns[NR_PEERS], log_sum = 0, per_insn = 0;
	u32 missed = 0, counted = 0;

	printf("%-18s %11s %11s %7s %7s %11s %11s\n", "", "kernel", "jit", "ratio", "target",
	       "interpreter", "gcc -O2");
	for (u32 i = 0; i < ARRAY_SIZE(benches); i++) {
		const struct bench *b = &benches[i];
		double ratio;

		bench_one(b, peers, ns);
		ratio = ns[JIT] / ns[KERNEL];
		printf("%-18s", b->name);
		print_ns(ns[KERNEL]);
		print_ns(ns[JIT]);
		print_ratio(ratio);
		print_ratio(b->target);
		print_ns(ns[INTERPRETER]);
		print_ns(ns[NATIVE]);
		printf("\n");
		if (!isnan(b->target)) {
			log_sum += log(ratio);
			missed += ratio > b->target;
			counted++;
		}
		if (!i)
			per_insn = ns[INTERPRETER] / insns_of(b);
	}
	if (!isnan(log_sum))
		printf("geometric mean of the ratios: %.2f (target 0.50); "
		       "%u of %u above their target\n",
		       exp(log_sum / counted), missed, counted);
	printf("interpreter, ALU: %.2f ns per instruction (target 1.50)\n", per_insn);
}

int main(int argc, char **argv)
{
	struct peer peers[NATIVE] = {};
	struct topology *topo;
	struct err_msg e = {};

	if (topology_create("1", &e, &topo)) {
		fprintf(stderr, "topology: %s\n", e.text);
		return 1;
	}
	print_machine();
	peers[JIT].kernel = make_kernel(topo, KERNEL_ENGINE_BEST);
	peers[INTERPRETER].kernel = make_kernel(topo, KERNEL_ENGINE_INTERPRETER);
	for (int i = 0; i < NATIVE; i++) {
		make_maps(&peers[i]);
		if (!peers[i].absent)
			peers[i].empty = load(&peers[i], NULL);
	}
	bench_all(peers);
	kernel_destroy(peers[JIT].kernel);
	kernel_destroy(peers[INTERPRETER].kernel);
	topology_destroy(topo);
	return 0;
}
