/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * checked [FIRST [COUNT]] | --log NUMBER: random programs that our verifier accepts run in the
 * checked interpreter (checked.h), each several times with other random numbers.
 * A value outside of what the verifier said is a failure. --log prints what the
 * verifier says of one of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checked.h"
#include "gen.h"
#include "kernel/kernel.h"
#include "machine/topology.h"
#include "syscall/attr.h"

#define RUNS 12
#define LOG_SIZE (16U << 20)

struct check {
	struct verifier_observer observer;
	struct run_watch watch;
	struct run_env env;
	struct kernel *k;
	int map_fd;

	struct rng rng; /* of the numbers that programs get */
	struct record record;
	struct bpf_prog *prog; /* the one that was loaded last; NULL: refused */
	u64 number;
	char *log; /* NULL: none is wanted */

	u64 insns, programs[2], refused, too_long;
	u32 violations;
};

/* ---- what the verifier says ---- */

static void at_insn(void *priv, const struct bpf_prog *prog, u32 insn,
		    const struct bpf_verifier_state *st)
{
	struct check *c = priv;

	if (c->record.claim == CLAIM_ALL)
		record_add(&c->record, insn, st);
}

static void kept(void *priv, const struct bpf_prog *prog, u32 insn,
		 const struct bpf_verifier_state *st)
{
	struct check *c = priv;

	if (c->record.claim == CLAIM_KEPT)
		record_add(&c->record, insn, st);
}

static void on_verdict(void *priv, const struct kernel_verdict *v)
{
	struct check *c = priv;

	c->prog = v->xlated ? prog_get((struct bpf_prog *)v->xlated) : NULL;
}

/* ---- what the program does ---- */

static void on_insn(struct run_watch *w, const struct bpf_prog *prog,
		    const struct run_frame *frames, u32 nr_frames)
{
	struct check *c = container_of(w, struct check, watch);
	char why[160];

	c->insns++;
	if (record_covers(&c->record, prog, frames, nr_frames, why))
		return;
	if (c->violations++ >= 20)
		return;
	printf("VIOLATION: program %llu (%s), insn %u: %s\n", (unsigned long long)c->number,
	       c->record.claim == CLAIM_ALL ? "all" : "kept", prog->orig_of[frames[0].insn], why);
	/* the next access may be the end of this process */
	fflush(stdout);
}

/* Numbers at which programs turn: what they compare with is mostly small or at an edge. */
static u64 edgy(struct rng *rng)
{
	static const u64 edges[] = { 0, 1, 2, 7, 8, 31, 32, 63, 64, 255, 256, 0x7fffffff,
				     0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
				     0x8000000000000000, 0xffffffffffffffff, 0xffffffff80000000 };
	u64 v = rng_u64(rng);

	switch (rng_below(rng, 4)) {
	case 0:
		return edges[rng_below(rng, ARRAY_SIZE(edges))] + rng_below(rng, 3) - 1;
	case 1:
		return v & 127;
	case 2:
		return v >> rng_below(rng, 64);
	default:
		return v;
	}
}

static u64 now(struct run_env *env)
{
	return edgy(&((struct check *)env->priv)->rng);
}

static u32 prandom(struct run_env *env, u32 cpu)
{
	return (u32)now(env);
}

static u32 nr_cpus(struct run_env *env)
{
	return 2;
}

static void no_printk(struct run_env *env, u32 cpu, const char *text)
{
}

static const struct run_env_ops env_ops = {
	.ktime_get_ns = now,
	.ktime_get_boot_ns = now,
	.jiffies = now,
	.prandom_u32 = prandom,
	.printk = no_printk,
	.nr_cpus = nr_cpus,
};

/* ---- one program ---- */

static void load(struct check *c, struct gen *g)
{
	union bpf_attr attr = {};
	s64 fd;

	for (u32 i = 0; i < g->nr; i++)
		if (g->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			g->insns[i].imm = c->map_fd;
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (u64)g->insns;
	attr.insn_cnt = g->nr;
	attr.license = (u64) "GPL";
	if (c->log) {
		attr.log_level = 2;
		attr.log_buf = (u64)c->log;
		attr.log_size = LOG_SIZE;
	}
	attr.prog_flags = c->record.claim == CLAIM_KEPT ? BPF_F_TEST_STATE_FREQ : 0;
	c->prog = NULL;
	fd = kernel_bpf(c->k, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0) {
		kernel_fd_closed(c->k, (int)fd);
		close((int)fd);
	}
}

static void check_one(struct check *c, u64 number, enum claim claim)
{
	struct gen g;

	gen_program(&g, number);
	c->number = number;
	c->observer.whole = claim == CLAIM_ALL;
	record_init(&c->record, claim, g.nr);
	load(c, &g);
	if (!c->prog) {
		c->refused++;
	} else if (c->record.full) {
		c->too_long++;
	} else {
		c->programs[claim]++;
		rng_init(&c->rng, number, 2);
		for (int i = 0; i < RUNS; i++) {
			struct run_ctx rc = { .env = &c->env };
			u64 ctx[32] = {};

			run_prog(c->prog, ctx, &rc);
		}
	}
	prog_put(c->prog);
	record_fini(&c->record);
}

/* ---- all ---- */

static int init(struct check *c, const struct topology *topology)
{
	union bpf_attr attr = {};
	struct kernel_config cfg = {
		.topology = topology,
		.seed = 1,
		.engine = KERNEL_ENGINE_WATCHED,
		.observer = &c->observer,
	};
	struct err_msg e;

	c->observer = (struct verifier_observer){ .priv = c, .at_insn = at_insn, .kept = kept };
	c->watch.insn = on_insn;
	c->env = (struct run_env){ .ops = &env_ops, .priv = c, .watch = &c->watch };
	if (kernel_create(&cfg, &e, &c->k))
		return -1;
	kernel_on_verdict(c->k, on_verdict, c);
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = GEN_MAP_VALUE;
	attr.max_entries = 2;
	c->map_fd = (int)kernel_bpf(c->k, BPF_MAP_CREATE, &attr, sizeof(attr));
	return c->map_fd < 0 ? -1 : 0;
}

static int show(struct check *c, u64 number)
{
	c->log = calloc(1, LOG_SIZE);
	BUG_ON(!c->log);
	check_one(c, number, CLAIM_ALL);
	puts(c->log);
	free(c->log);
	return c->violations ? 1 : 0;
}

static bool enough(const struct check *c, u32 want)
{
	return c->programs[CLAIM_ALL] >= want && c->programs[CLAIM_KEPT] >= want;
}

static int report(const struct check *c, u32 want)
{
	bool ok = !c->violations && enough(c, want);

	printf("%llu programs accepted and run %d times each (%llu with states kept); "
	       "%llu refused, %llu too long; %llu instructions checked, %u violations\n",
	       (unsigned long long)c->programs[CLAIM_ALL], RUNS,
	       (unsigned long long)c->programs[CLAIM_KEPT], (unsigned long long)c->refused,
	       (unsigned long long)c->too_long, (unsigned long long)c->insns, c->violations);
	puts(ok ? "ok" : "FAILED");
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool log = argc > 2 && !strcmp(argv[1], "--log");
	u64 number = argc > 1 ? strtoull(argv[1 + log], NULL, 0) : 0;
	u32 want = argc > 2 ? (u32)strtoul(argv[2], NULL, 0) : 500;
	struct topology *topology = NULL;
	struct check *c = calloc(1, sizeof(*c));
	struct err_msg e;
	int ret = 1;

	if (!c || topology_create("2", &e, &topology) || init(c, topology)) {
		fprintf(stderr, "no kernel\n");
		goto out;
	}
	if (log) {
		ret = show(c, number);
		goto out;
	}
	/* a tenth of them at least is accepted, or this ends */
	for (u32 i = 0; !enough(c, want) && i < 10 * want; i++, number++) {
		check_one(c, number, CLAIM_ALL);
		check_one(c, number, CLAIM_KEPT);
	}
	ret = report(c, want);
out:
	if (c)
		kernel_destroy(c->k);
	topology_destroy(topology);
	free(c);
	return ret;
}
