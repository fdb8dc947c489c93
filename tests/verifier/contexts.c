/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verifier-contexts TYPES.o [GRAPHS [SEED]]: random programs of functions that
 * call each other, hand each other over as callbacks (bpf_loop, timers, work
 * queues, the exception callback) and call kfuncs whose meaning depends on the
 * place and on a constant argument, by random tables. For each:
 *
 *   - the verdict is that of a walk over the graph itself;
 *   - the verified program, walked call by call beside the graph, calls what the
 *     graph's walk says it should, and has no call that the walk does not reach;
 *   - whatever path one takes through the verified program's calls, no kfunc's
 *     implementation is reached from a place which its table does not give it to.
 *
 * Nothing here uses what the verifier says about its decisions.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "asm.h"
#include "graph.h"
#include "helpers/helpers.h"
#include "kernel/btf_image.h"
#include "kobj/record.h"
#include "progbtf.h"
#include "tap.h"
#include "verifier/verifier.h"

#define GRAPHS_PER_TABLE 100

struct world {
	struct kbtf *btf;
	struct calls *calls;
	struct rules rules;
	void *file, *types;
	u32 types_size;
	struct kobj_ids *ids;
	struct bpf_map *maps[2]; /* of the current program: timer, work queue */
	struct kfunc_row rows[NR_KFUNCS];
	struct kfunc_set sets[2];
	u32 accepted, refused, loops, copies, insns;
};

/* ---- the kernel ---- */

static u64 context_of(void *priv, const struct call_site *site)
{
	return BIT_ULL(site->place);
}

/* The second set's kfuncs: by the constant in R1. */
static int resolve(void *priv, const struct kfunc_query *q, struct err_msg *e)
{
	struct world *w = priv;
	u32 k = q->row - w->rows;
	enum arg arg = ARG_UNKNOWN;

	if (q->args[0].is_const)
		arg = q->args[0].value ? ARG_1 : ARG_0;
	return rules_impl(&w->rules, k, (enum call_place)q->site->place, arg);
}

static void make_row(struct world *w, u32 k)
{
	static const char *const impls[] = { "a", "b", "c" };
	struct kfunc_row *row = &w->rows[k];

	*row = (struct kfunc_row){ .name = graph_kfuncs[k].name };
	for (u32 i = 0; i < NR_IMPLS; i++) {
		struct kfunc_case *c = &row->cases[i];

		c->fn = (kfunc_fn)rules_fn(k, i);
		c->fn_name = impls[i];
		for (u32 p = 0; p < NR_PLACES; p++)
			if (rules_gives(&w->rules, k, p, i))
				c->contexts |= BIT_ULL(p);
		/* a case must have a context: one of nowhere */
		if (!c->contexts)
			c->contexts = BIT_ULL(NR_PLACES + i);
	}
}

static int make_calls(struct world *w)
{
	static const char *const contexts[] = { "main", "timer", "wq",	 "exception",
						"none", "none2", "none3" };
	const struct helper_proto *protos;
	const struct kfunc_set *sets;
	struct err_msg e = {};
	size_t nr;
	int err;

	calls_destroy(w->calls);
	w->calls = NULL;
	for (u32 k = 0; k < NR_KFUNCS; k++)
		make_row(w, k);
	for (u32 i = 0; i < 2; i++)
		w->sets[i] = (struct kfunc_set){
			.name = i ? "by argument" : "by context",
			.rows = &w->rows[i ? FIRST_BY_ARG : 0],
			.nr_rows = i ? NR_KFUNCS - FIRST_BY_ARG : FIRST_BY_ARG,
			.context_names = contexts,
			.nr_contexts = ARRAY_SIZE(contexts),
			.priv = w,
			.context_of = context_of,
			.resolve = i ? resolve : NULL,
		};
	err = calls_create(w->btf, &w->calls);
	protos = helpers_base_protos(&nr);
	err = err ?: calls_register_helpers(w->calls, protos, nr, &e);
	sets = helpers_kfunc_sets(&nr);
	for (size_t i = 0; !err && i < nr; i++)
		err = calls_register_kfuncs(w->calls, &sets[i], &e);
	for (u32 i = 0; !err && i < 2; i++)
		err = calls_register_kfuncs(w->calls, &w->sets[i], &e);
	if (err)
		tap_note("%s", e.text);
	return err;
}

static int find_types(struct world *w)
{
	const Elf64_Ehdr *eh = w->file;
	const Elf64_Shdr *sh = (const void *)((u8 *)w->file + eh->e_shoff);
	const char *names = (const char *)w->file + sh[eh->e_shstrndx].sh_offset;

	for (int i = 0; i < eh->e_shnum; i++)
		if (!strcmp(names + sh[i].sh_name, ".BTF")) {
			w->types = (u8 *)w->file + sh[i].sh_offset;
			w->types_size = sh[i].sh_size;
			return 0;
		}
	return -ENOENT;
}

static int world_init(struct world *w, const char *types)
{
	FILE *f = fopen(types, "r");
	const void *image;
	u32 size;
	int err;

	if (!f)
		return -ENOENT;
	w->file = malloc(1 << 20);
	err = w->file && fread(w->file, 1, 1 << 20, f) ? find_types(w) : -ENOMEM;
	fclose(f);
	image = kernel_btf_image(KERNEL_6_12, &size);
	err = err ?: kbtf_parse(image, size, true, NULL, &w->btf);
	return err ?: kobj_ids_create(&w->ids);
}

static void world_fini(struct world *w)
{
	kobj_ids_destroy(w->ids);
	calls_destroy(w->calls);
	kbtf_put(w->btf);
	free(w->file);
}

/* ---- one program ---- */

static s32 map_by_name(void *priv, const char *name)
{
	return strcmp(name, "t") ? 4 : 3;
}

static struct bpf_map *map_from_fd(void *priv, s32 fd)
{
	struct world *w = priv;

	return fd == 3 || fd == 4 ? w->maps[fd - 3] : NULL;
}

static s32 helper_by_name(void *priv, const char *name)
{
	struct world *w = priv;

	for (u32 id = 1; id < 212; id++) {
		const struct helper_proto *p = calls_find_helper(w->calls, id);

		if (p && !strcmp(p->name, name))
			return id;
	}
	return -ENOENT;
}

static s32 kfunc_by_name(void *priv, const char *name)
{
	return kbtf_find(((struct world *)priv)->btf, name, BTF_KIND_FUNC);
}

static s32 no_name(void *priv, const char *name)
{
	return -ENOENT;
}

static int make_map(struct world *w, struct kbtf *btf, u32 i)
{
	struct map_create_args a = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .max_entries = 1,
				     .nr_cpus = 4, .ids = w->ids, .btf = btf, .kernel = w->btf };
	struct err_msg e = {};

	a.btf_value_type_id = kbtf_find(btf, i ? "val_wq" : "val_timer", BTF_KIND_STRUCT);
	a.btf_key_type_id = kbtf_find(btf, "int", BTF_KIND_INT);
	a.value_size = kbtf_type(btf, a.btf_value_type_id)->size;
	return map_create(&a, &e, &w->maps[i]);
}

static int make_prog(const struct asm_out *code, const struct progbtf *pb, struct bpf_prog **out)
{
	struct bpf_prog *p;
	int err = prog_create(NULL, &p);

	if (err)
		return err;
	p->type = BPF_PROG_TYPE_SYSCALL;
	p->sleepable = true;
	p->gpl_compatible = true;
	p->orig_len = code->len;
	p->orig_insns = malloc(code->len * sizeof(*code->insns));
	p->func_info = calloc(code->nr_funcs + 1, sizeof(*p->func_info));
	if (!p->orig_insns || !p->func_info) {
		prog_put(p);
		return -ENOMEM;
	}
	memcpy(p->orig_insns, code->insns, code->len * sizeof(*code->insns));
	p->btf = kbtf_get(pb->btf);
	p->nr_func_info = code->nr_funcs + 1;
	p->func_info[0].type_id = pb->func_ids[0];
	for (int i = 0; i < code->nr_funcs; i++)
		p->func_info[i + 1] = (struct prog_func_info){ code->funcs[i].start,
							       pb->func_ids[i + 1] };
	*out = p;
	return 0;
}

static bool judge(struct world *w, const struct graph *g, struct bpf_prog *p)
{
	int want = graph_verdict(g, &w->rules), err;
	struct verifier_result result = {};
	struct verifier_opts opts = { .calls = w->calls, .map_from_fd = map_from_fd, .priv = w,
				      .cap_bpf = true, .cap_perfmon = true, .cap_net_admin = true,
				      .result = &result };
	struct verifier_log log;
	bool ok;

	err = verifier_log_init(&log, BPF_LOG_LEVEL1, 0);
	if (err)
		return false;
	err = verifier_check(p, &opts, &log);
	/* callbacks that arm each other from deeper frames: Linux takes some for loops, as we do */
	if (err == -EINVAL && log.buf && strstr(log.buf, "infinite loop detected")) {
		w->loops++;
		err = want = -EINVAL;
	}
	ok = err == want;
	if (!ok) {
		tap_note("verdict %d, the graph says %d", err, want);
		tap_note_text(log.buf ? log.buf + max(log.len, 600u) - 600 : "", 20);
	}
	if (ok && !err)
		ok = graph_compare(g, &w->rules, p) && graph_is_closed(&w->rules, p);
	if (ok) {
		w->accepted += !err;
		w->refused += err && err != -EINVAL;
		w->copies += result.copies;
		w->insns += result.insns_processed;
	}
	verifier_log_fini(&log);
	verifier_result_fini(&result);
	return ok;
}

static bool run(struct world *w, struct graph *g)
{
	const struct asm_names names = { w, map_by_name, helper_by_name, kfunc_by_name, no_name,
					 no_name };
	struct asm_out *code = malloc(sizeof(*code));
	struct progbtf pb = {};
	struct bpf_prog *p = NULL;
	bool ok = false;
	int err;

	if (!code)
		return false;
	asm_scan(&g->text, code);
	err = progbtf_build(w->types, w->types_size, &g->text, code, &pb);
	for (u32 i = 0; !err && i < 2; i++)
		err = make_map(w, pb.btf, i);
	if (!err && asm_program(&g->text, &names, code)) {
		tap_note("%s", code->error);
		err = -EINVAL;
	}
	err = err ?: make_prog(code, &pb, &p);
	if (err)
		tap_note("can't be set up: %d", err);
	else
		ok = judge(w, g, p);
	prog_put(p);
	for (u32 i = 0; i < 2; i++) {
		map_put(w->maps[i]);
		w->maps[i] = NULL;
	}
	kbtf_put(pb.btf);
	free(code);
	return ok;
}

static bool run_seed(struct world *w, u64 seed)
{
	struct graph *g = malloc(sizeof(*g));
	bool ok;

	if (!g)
		return false;
	graph_make(g, seed);
	ok = run(w, g);
	if (!ok) {
		tap_note("seed %llu:", (unsigned long long)seed);
		for (int i = 0; i < g->text.nr_code; i++)
			tap_note("%s", g->text.code[i]);
	}
	free(g);
	return ok;
}

int main(int argc, char **argv)
{
	u32 nr = argc > 2 ? atoi(argv[2]) : 2000;
	u64 first = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	struct world w = {};
	struct tap tap = {};
	bool ok = true;

	if (argc < 2 || world_init(&w, argv[1])) {
		fprintf(stderr, "usage: %s TYPES.o [GRAPHS [SEED]]\n", argv[0]);
		return 1;
	}
	for (u64 seed = first; ok && seed < first + nr; seed++) {
		if (!w.calls || seed % GRAPHS_PER_TABLE == 0) {
			rules_make(&w.rules, seed / GRAPHS_PER_TABLE);
			ok = !make_calls(&w);
		}
		ok = ok && run_seed(&w, seed);
	}
	tap_note("%u accepted, %u refused, %u loops; %u copies, %u instructions processed",
		 w.accepted, w.refused, w.loops, w.copies, w.insns);
	tap_ok(&tap, ok, "%u call graphs", nr);
	ok = w.accepted > nr / 4 && w.refused > nr / 10 && w.loops < nr / 20 && w.copies > nr / 10;
	tap_ok(&tap, ok || nr < 2000, "there are enough of each kind");
	world_fini(&w);
	return tap_done(&tap);
}
