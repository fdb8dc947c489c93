/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * driver ENGINE FILE...: runs the cases of the files on an engine, prints TAP,
 * and fails where an opcode row has no case.
 *
 *	== ROW what the case shows
 *	mem 00 01 ...	(the memory at r1, 64 bytes; zeroes where not given)
 *	program, in the language of asm.h
 *	-> r0, or "refused" and a part of the message
 */
#include <stdio.h>
#include <stdlib.h>

#include "asm.h"
#include "exec/run.h"

struct test_case {
	char name[128];
	const struct isa_op *row;
	struct asm_prog prog;
	u8 mem[64];
	struct err_msg wrong;
	bool is_wrong;
};

struct session {
	enum exec_engine engine;
	bool covered[NR_ISA_OPCODES];
	u32 nr_cases, nr_failed;
};

/* ---- what programs may call ---- */

static u64 h_weigh(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return a + 10 * b + 100 * c + 1000 * d + 10000 * e;
}

static u64 h_cpu(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return rc->cpu;
}

/* Calls a(i, c, 3, 4, 5) for i < b; the sum of the answers. */
static u64 h_call_back(u64 cb, u64 n, u64 ctx, u64 d, u64 e, struct run_ctx *rc)
{
	u64 sum = 0;

	for (u64 i = 0; i < n; i++)
		sum += run_callback(rc->prog, cb, rc, i, ctx, 3, 4, 5);
	return sum;
}

/* Those with an id are what the JIT may put code in the place of. */
static u64 h_loop(u64 n, u64 cb, u64 ctx, u64 flags, u64 e, struct run_ctx *rc)
{
	if (flags)
		return (u64)-EINVAL;
	if ((u32)n > BPF_MAX_LOOPS)
		return (u64)-E2BIG;
	for (u32 i = 0; i < (u32)n; i++)
		if (run_callback(rc->prog, cb, rc, i, ctx, 0, 0, 0))
			return i + 1;
	return (u32)n;
}

static u64 h_kptr_xchg(u64 at, u64 value, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return __atomic_exchange_n((u64 *)at, value, __ATOMIC_SEQ_CST);
}

static u64 h_spin_lock(u64 at, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	*(u32 *)at = 1;
	return 0;
}

static u64 h_spin_unlock(u64 at, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	*(u32 *)at = 0;
	return 0;
}

static u64 h_current(u64 a, u64 b, u64 c, u64 d, u64 e, struct run_ctx *rc)
{
	return (u64)rc->current;
}

static u32 k_sub(u32 a, s32 b, struct run_ctx *rc)
{
	return rc->cpu == 3 ? a - (u32)b : 0;
}

static u64 k_five(u64 a, u64 b, u64 c, u64 d, u64 e, const u64 *implicit)
{
	return *implicit + h_weigh(a, b, c, d, e, NULL);
}

/* A narrow return value leaves rubbish in the rest of the register. */
static u64 k_rubbish(struct run_ctx *rc)
{
	return 0x1122334488998a85;
}

static void k_throw(u64 cookie, struct run_ctx *rc)
{
	run_throw(rc, cookie);
}

static const u64 hidden = 7000000;

#define HELPER(n) { .fn = (kfunc_fn)h_##n, .name = #n, .is_helper = true }
#define KNOWN(n, nr) { .fn = (kfunc_fn)h_##n, .name = #n, .is_helper = true, .id = nr }
#define RUBBISH(n, size, sign)                                                                     \
	{ .fn = (kfunc_fn)k_rubbish, .name = #n, .ret_size = size, .ret_signed = sign }

static const struct call_target targets[] = {
	HELPER(weigh),
	HELPER(cpu),
	HELPER(call_back),
	{ .fn = (kfunc_fn)k_sub, .name = "sub", .nr_args = 2, .ret_size = 4 },
	{ .fn = (kfunc_fn)k_five, .implicit = (void *)&hidden, .name = "five", .nr_args = 5,
	  .ret_size = 8 },
	{ .fn = (kfunc_fn)k_throw, .name = "bpf_throw", .nr_args = 1 },
	RUBBISH(k_void, 0, false),
	RUBBISH(k_u8, 1, false),
	RUBBISH(k_s8, 1, true),
	RUBBISH(k_u16, 2, false),
	RUBBISH(k_s16, 2, true),
	RUBBISH(k_u32, 4, false),
	RUBBISH(k_s32, 4, true),
	RUBBISH(k_u64, 8, false),
	KNOWN(loop, 181),
	KNOWN(kptr_xchg, 194),
	KNOWN(spin_lock, 93),
	KNOWN(spin_unlock, 94),
	KNOWN(current, 35),
	{ .fn = (kfunc_fn)h_cpu, .name = "this_cpu", .is_helper = true, .id = 8 },
	{ .fn = (kfunc_fn)h_weigh, .name = "tail_call", .is_helper = true, .id = 12 },
};

/* ---- a PROG_ARRAY: slot 0 empty, 1 returns its context plus 5, 2 throws its context ---- */

enum { TAIL_EMPTY, TAIL_ADDS, TAIL_THROWS, NR_TAILS };

static struct bpf_prog tail_progs[NR_TAILS];

static void *tail_lookup(struct bpf_map *map, const void *key, u32 cpu)
{
	u32 slot = *(const u32 *)key;

	return slot == TAIL_EMPTY ? NULL : &tail_progs[slot];
}

static const struct map_ops tail_ops = { .lookup = tail_lookup };
static struct bpf_map prog_array = { .ops = &tail_ops, .max_entries = NR_TAILS };
static u64 cell;

static u64 address(const char *name)
{
	if (!strcmp(name, "prog_array"))
		return (u64)&prog_array;
	return strcmp(name, "cell") ? 0 : (u64)&cell;
}

static const struct asm_symbols symbols = { targets, ARRAY_SIZE(targets), address };

/* ---- running one ---- */

static void to_prog(struct asm_prog *a, struct bpf_prog *prog)
{
	*prog = (struct bpf_prog){
		.name = "case",
		.insns = a->insns,
		.len = a->len,
		.subprogs = a->subprogs,
		.nr_subprogs = a->nr_subprogs,
		.targets = (struct call_target *)targets,
		.nr_targets = ARRAY_SIZE(targets),
		.exception_cb = a->exception_cb,
	};
}

static bool run_ok(struct session *s, struct test_case *c, u64 want, struct err_msg *why)
{
	struct run_ctx rc = { .cpu = 3, .current = (void *)0x1234567890 };
	struct bpf_prog prog;
	u64 got;
	int err;

	to_prog(&c->prog, &prog);
	err = exec_prepare(&prog, s->engine, why);
	if (err)
		return false;
	got = run_prog(&prog, c->mem, &rc);
	prog.exec_free(&prog);
	if (got != want)
		err_set(why, 0, "r0 = 0x%llx, not 0x%llx", (unsigned long long)got,
			(unsigned long long)want);
	return got == want;
}

static bool refused_ok(struct session *s, struct test_case *c, const char *part,
		       struct err_msg *why)
{
	struct bpf_prog prog;
	int err;

	to_prog(&c->prog, &prog);
	err = exec_prepare(&prog, s->engine, why);
	if (!err) {
		prog.exec_free(&prog);
		err_set(why, 0, "accepted");
		return false;
	}
	return strstr(why->text, part);
}

static void end_case(struct session *s, struct test_case *c, const char *want)
{
	struct err_msg why = c->wrong;
	bool ok = !c->is_wrong && asm_finish(&c->prog, &why);

	if (ok && (!c->row || !c->prog.uses[isa_index(c->row)])) {
		err_set(&why, 0, "the program does not use the row that it is about");
		ok = false;
	}
	if (ok && !strncmp(want, "refused ", 8))
		ok = refused_ok(s, c, want + 8, &why);
	else if (ok)
		ok = run_ok(s, c, strtoull(want, NULL, 0), &why);
	if (c->row)
		s->covered[isa_index(c->row)] = true;
	printf("%sok %u - %s\n", ok ? "" : "not ", ++s->nr_cases, c->name);
	if (!ok) {
		printf("# %s\n", why.text);
		s->nr_failed++;
	}
	c->name[0] = '\0';
}

static void begin_case(struct test_case *c, const char *name)
{
	size_t n = strcspn(name, " ");

	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", name);
	asm_init(&c->prog);
	for (u32 i = 0; i < NR_ISA_OPCODES; i++)
		if (strlen(isa_ops[i].name) == n && !strncmp(isa_ops[i].name, name, n))
			c->row = &isa_ops[i];
}

static void read_mem(struct test_case *c, const char *text)
{
	char *end;

	for (u32 i = 0; i < sizeof(c->mem); i++, text = end) {
		unsigned long v = strtoul(text, &end, 16);

		if (end == text)
			break;
		c->mem[i] = (u8)v;
	}
}

static void line_of_case(struct session *s, struct test_case *c, char *line)
{
	if (!strncmp(line, "== ", 3)) {
		if (c->name[0])
			end_case(s, c, "refused (no expectation)");
		begin_case(c, line + 3);
	} else if (!strncmp(line, "mem ", 4)) {
		read_mem(c, line + 4);
	} else if (!strncmp(line, "-> ", 3)) {
		end_case(s, c, line + 3);
	} else if (!c->is_wrong && !asm_line(&c->prog, line, &symbols, &c->wrong)) {
		c->is_wrong = true;
	}
}

static int run_file(struct session *s, const char *path)
{
	FILE *f = fopen(path, "r");
	struct test_case c = { 0 };
	char line[256];

	if (!f) {
		printf("Bail out! %s\n", path);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		char *text = line + strspn(line, " \t");

		text[strcspn(text, "\n")] = '\0';
		if (*text && *text != '#')
			line_of_case(s, &c, text);
	}
	fclose(f);
	return 0;
}

static void prepare_tails(struct session *s)
{
	static const char *const lines[NR_TAILS][4] = {
		[TAIL_ADDS] = { "r0 = *(u8 *)(r1 +0)", "r0 += 5", "exit" },
		[TAIL_THROWS] = { "r1 = *(u8 *)(r1 +0)", "call bpf_throw#0", "exit" },
	};
	static struct asm_prog progs[NR_TAILS];

	for (u32 i = TAIL_ADDS; i < NR_TAILS; i++) {
		asm_init(&progs[i]);
		for (const char *const *line = lines[i]; *line; line++)
			asm_line(&progs[i], *line, &symbols, NULL);
		asm_finish(&progs[i], NULL);
		to_prog(&progs[i], &tail_progs[i]);
		BUG_ON(exec_prepare(&tail_progs[i], s->engine, NULL));
	}
}

static void free_tails(void)
{
	for (u32 i = TAIL_ADDS; i < NR_TAILS; i++)
		tail_progs[i].exec_free(&tail_progs[i]);
}

int main(int argc, char **argv)
{
	struct session s = { .engine = EXEC_INTERPRETER };
	bool complete = true;

	if (argc < 3)
		return 1;
	if (!strcmp(argv[1], "jit"))
		s.engine = EXEC_JIT;
	if (!strcmp(argv[1], "jit-barriers"))
		s.engine = EXEC_JIT_BARRIERS;
	if (!strcmp(argv[1], "jit-plain"))
		s.engine = EXEC_JIT_PLAIN;
	prepare_tails(&s);
	for (int i = 2; i < argc; i++)
		if (run_file(&s, argv[i]))
			return 1;
	for (u32 i = 0; i < NR_ISA_OPCODES; i++) {
		if (s.covered[i])
			continue;
		printf("# no case for %s\n", isa_ops[i].name);
		complete = false;
	}
	printf("%sok %u - every row has a case\n1..%u\n", complete ? "" : "not ", s.nr_cases + 1,
	       s.nr_cases + 1);
	free_tails();
	return s.nr_failed || !complete;
}
