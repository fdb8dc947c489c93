/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verifier-cases TYPES.o FILE.t...: runs each case through verifier_check(),
 * with the kernel BTF, helpers and kfuncs of the program. One TAP result per
 * case. With VERIFIER_CASE=TEXT only titles that contain TEXT, and their logs.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "asm.h"
#include "helpers/helpers.h"
#include "kernel/btf_image.h"
#include "kobj/record.h"
#include "machine/machine.h"
#include "machine/topology.h"
#include "progbtf.h"
#include "scx/scx.h"
#include "tap.h"
#include "verifier/verifier.h"

struct world {
	struct kbtf *btf;
	struct topology *topo;
	struct machine *m;
	struct scx *scx;
	struct calls *calls;
	void *file, *types;
	u32 types_size;
	struct tap tap;
	const char *only;
	/* of the current case */
	struct tcase *c;
	struct kbtf *prog_btf;
};

/* ---- the world ---- */

/* Section .BTF of an object file, in place. */
static int find_btf(struct world *w)
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

static int register_calls(struct world *w, struct err_msg *e)
{
	const struct helper_proto *protos;
	const struct kfunc_set *sets;
	size_t nr;
	int err;

	protos = helpers_base_protos(&nr);
	err = calls_register_helpers(w->calls, protos, nr, e);
	sets = helpers_kfunc_sets(&nr);
	for (size_t i = 0; !err && i < nr; i++)
		err = calls_register_kfuncs(w->calls, &sets[i], e);
	return err ?: scx_register(w->scx, w->calls, e);
}

static int world_init(struct world *w, const char *types, enum kernel_profile profile)
{
	struct machine_config cfg;
	struct err_msg e = {};
	FILE *f = fopen(types, "r");
	const void *image;
	u32 size;
	int err;

	if (!f)
		return -ENOENT;
	w->file = malloc(1 << 20);
	err = w->file && fread(w->file, 1, 1 << 20, f) ? find_btf(w) : -ENOMEM;
	fclose(f);
	image = kernel_btf_image(profile, &size);
	err = err ?: kbtf_parse(image, size, true, NULL, &w->btf);
	if (err)
		return err;
	machine_config_init(&cfg);
	err = topology_create("4", &e, &w->topo);
	cfg.topology = w->topo;
	err = err ?: machine_create(&cfg, &e, &w->m);
	err = err ?: scx_create(w->m, NULL, w->btf, &w->scx);
	err = err ?: calls_create_for(w->btf, profile, KFUNC_AT_LOAD, &w->calls);
	err = err ?: register_calls(w, &e);
	if (err)
		fprintf(stderr, "%s\n", e.text);
	return err;
}

static void world_fini(struct world *w)
{
	calls_destroy(w->calls);
	scx_destroy(w->scx);
	machine_destroy(w->m);
	topology_destroy(w->topo);
	kbtf_put(w->btf);
	free(w->file);
}

/* ---- names in programs ---- */

static s32 map_by_name(void *priv, const char *name)
{
	struct world *w = priv;

	for (int i = 0; i < w->c->nr_maps; i++)
		if (!strcmp(w->c->maps[i].name, name))
			return i + 3;
	return -ENOENT;
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

static s32 type_by_name(void *priv, const char *name)
{
	return kbtf_find(((struct world *)priv)->prog_btf, name, BTF_KIND_STRUCT);
}

static s32 member_by_path(void *priv, const char *path)
{
	const struct kbtf *btf = ((struct world *)priv)->btf;
	char copy[128], *save, *w;
	const struct btf_type *t;
	s32 id, off = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	w = strtok_r(copy, ".", &save);
	id = w ? kbtf_find(btf, w, BTF_KIND_STRUCT) : -ENOENT;
	t = id > 0 ? kbtf_type(btf, id) : NULL;
	while (t && (w = strtok_r(NULL, ".", &save))) {
		const struct btf_member *m = kbtf_members(t);
		u32 i;

		if (!kbtf_is_composite(t))
			return -ENOENT;
		for (i = 0; i < kbtf_vlen(t); i++, m++)
			if (!strcmp(kbtf_name(btf, m->name_off), w))
				break;
		if (i == kbtf_vlen(t))
			return -ENOENT;
		off += kbtf_member_bit_offset(t, m) / 8;
		t = kbtf_skip_modifiers(btf, m->type, NULL);
	}
	return t ? off : -ENOENT;
}

static struct bpf_map *map_from_fd(void *priv, s32 fd)
{
	struct world *w = priv;

	return fd >= 3 && fd < 3 + w->c->nr_maps ? w->c->maps[fd - 3].map : NULL;
}

/* ---- maps ---- */

static void drop_nothing(void *obj, void *priv)
{
}

static int find_dtor(void *priv, u32 btf_id, void (**dtor)(void *obj, void *priv), void **dtor_priv)
{
	if (!helpers_kptr_dtor(kbtf_type_name(((struct world *)priv)->btf, btf_id)))
		return -ENOENT;
	*dtor = drop_nothing;
	*dtor_priv = NULL;
	return 0;
}

static const struct {
	const char *name;
	enum bpf_map_type type;
} map_types[] = {
	{ "array", BPF_MAP_TYPE_ARRAY },
	{ "hash", BPF_MAP_TYPE_HASH },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH },
	{ "queue", BPF_MAP_TYPE_QUEUE },
	{ "stack", BPF_MAP_TYPE_STACK },
	{ "ringbuf", BPF_MAP_TYPE_RINGBUF },
	{ "task_storage", BPF_MAP_TYPE_TASK_STORAGE },
	{ "array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS },
	{ "hash_of_maps", BPF_MAP_TYPE_HASH_OF_MAPS },
};

static int make_map(struct world *w, struct tmap *t, struct kobj_ids *ids)
{
	struct map_create_args a = { .key_size = t->key_size, .max_entries = t->max_entries,
				     .nr_cpus = 4, .ids = ids };
	const struct record_dtors dtors = { .find = find_dtor, .priv = w };
	struct err_msg e = {};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(map_types); i++)
		if (!strcmp(map_types[i].name, t->type))
			a.type = map_types[i].type;
	snprintf(a.name, sizeof(a.name), "%s", t->name);
	a.value_size = atoi(t->value);
	if (!a.value_size && strcmp(t->value, "0")) {
		s32 id = kbtf_find(w->prog_btf, t->value, BTF_KIND_STRUCT);

		if (id < 0) {
			tap_note("no struct %s", t->value);
			return id;
		}
		a.btf = w->prog_btf;
		a.btf_value_type_id = id;
		a.btf_key_type_id = kbtf_find(w->prog_btf, "int", BTF_KIND_INT);
		a.value_size = kbtf_type(w->prog_btf, id)->size;
	}
	if (a.type == BPF_MAP_TYPE_TASK_STORAGE)
		a.flags |= BPF_F_NO_PREALLOC;
	if (t->rdonly)
		a.flags |= BPF_F_RDONLY_PROG;
	for (int i = 0; t->inner && i < w->c->nr_maps; i++)
		if (!strcmp(w->c->maps[i].name, t->inner))
			a.inner = w->c->maps[i].map;
	a.kernel = w->btf;
	a.dtors = &dtors;
	err = map_create(&a, &e, &t->map);
	if (err) {
		tap_note("map %s: %d %s", t->name, err, e.text);
		return err;
	}
	if (t->fill >= 0) {
		u64 addr;

		err = t->map->ops->direct_value_addr(t->map, &addr, 0);
		if (!err)
			memset((void *)(uintptr_t)addr, t->fill, t->map->value_size);
	}
	if (t->text) {
		u64 addr;

		err = t->map->ops->direct_value_addr(t->map, &addr, 0);
		if (!err)
			strncpy((char *)(uintptr_t)addr, t->text, t->map->value_size - 1);
	}
	t->map->frozen = t->frozen;
	return err;
}

/* ---- the program ---- */

static const struct {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
} prog_types[] = {
	{ "struct_ops", BPF_PROG_TYPE_STRUCT_OPS, 0 },
	{ "syscall", BPF_PROG_TYPE_SYSCALL, 0 },
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER, 0 },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0 },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
	{ "tp", BPF_PROG_TYPE_TRACEPOINT, 0 },
	{ "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY },
};

static int set_type(struct world *w, struct bpf_prog *p)
{
	const struct tcase *c = w->c;
	const struct btf_type *t;

	for (size_t i = 0; i < ARRAY_SIZE(prog_types); i++)
		if (!strcmp(prog_types[i].name, c->prog_type)) {
			p->type = prog_types[i].type;
			p->expected_attach_type = prog_types[i].attach;
		}
	p->sleepable = c->sleepable || p->type == BPF_PROG_TYPE_SYSCALL;
	p->gpl_compatible = !c->no_gpl;
	if (c->strict)
		p->prog_flags |= BPF_F_STRICT_ALIGNMENT;
	if (p->type == BPF_PROG_TYPE_TRACING) {
		p->attach_btf_id = kbtf_find(w->btf, c->member, BTF_KIND_FUNC);
		return 0;
	}
	if (p->type != BPF_PROG_TYPE_STRUCT_OPS)
		return p->type ? 0 : -EINVAL;
	p->attach_btf_id = kbtf_find(w->btf, "sched_ext_ops", BTF_KIND_STRUCT);
	p->st_ops = calls_find_st_ops(w->calls, p->attach_btf_id);
	t = kbtf_type(w->btf, p->attach_btf_id);
	for (u32 i = 0; c->member && i < kbtf_vlen(t); i++)
		if (!strcmp(kbtf_name(w->btf, kbtf_members(t)[i].name_off), c->member)) {
			p->expected_attach_type = i;
			return 0;
		}
	return -ENOENT;
}

static int fill_info(struct bpf_prog *p, const struct asm_out *code, const struct progbtf *pb)
{
	u32 n = 0;

	p->btf = kbtf_get(pb->btf);
	p->func_info = calloc(code->nr_funcs + 1, sizeof(*p->func_info));
	p->line_info = calloc(code->len, sizeof(*p->line_info));
	if (!p->func_info || !p->line_info)
		return -ENOMEM;
	p->nr_func_info = code->nr_funcs + 1;
	p->func_info[0].type_id = pb->func_ids[0];
	for (int i = 0; i < code->nr_funcs; i++)
		p->func_info[i + 1] = (struct prog_func_info){ code->funcs[i].start,
							       pb->func_ids[i + 1] };
	for (u32 i = 0; code->nr_lines && i < code->len; i++) {
		bool starts = !i || code->line_of[i] != code->line_of[i - 1];
		int line = code->line_of[i] < 0 ? 0 : code->line_of[i];

		for (int f = 0; f < code->nr_funcs; f++)
			starts |= code->funcs[f].start == i;
		if (starts && code->insns[i].code)
			p->line_info[n++] = (struct prog_line_info){ i, pb->file_off,
								     pb->line_offs[line],
								     (line + 1) << 10 };
	}
	p->nr_line_info = n;
	return 0;
}

static int make_prog(struct world *w, const struct asm_out *code, const struct progbtf *pb,
		     struct bpf_prog **out)
{
	struct bpf_prog *p;
	int err = prog_create(NULL, &p);

	if (err)
		return err;
	err = set_type(w, p);
	p->orig_len = code->len;
	p->orig_insns = malloc(code->len * sizeof(*code->insns) + 1);
	memcpy(p->orig_insns, code->insns, code->len * sizeof(*code->insns));
	if (!err && (code->nr_funcs || code->nr_lines))
		err = fill_info(p, code, pb);
	else if (!err)
		p->btf = kbtf_get(pb->btf);
	if (err)
		prog_put(p);
	else
		*out = p;
	return err;
}

/* ---- judging ---- */

static bool check_calls(const struct tcase *c, const struct verifier_result *r)
{
	for (int i = 0; i < c->nr_calls; i++) {
		bool found = false;

		for (u32 j = 0; j < r->nr_calls; j++)
			found |= !strcmp(r->calls[j].kfunc, c->call_kfunc[i]) &&
				 r->calls[j].resolved &&
				 !strcmp(r->calls[j].resolved, c->call_fn[i]);
		if (!found) {
			tap_note("%s is not resolved to %s", c->call_kfunc[i], c->call_fn[i]);
			return false;
		}
	}
	if (c->copies >= 0 && r->copies != (u32)c->copies) {
		tap_note("%u copies, expected %d", r->copies, c->copies);
		return false;
	}
	return true;
}

static bool check_log(const struct tcase *c, const char *log)
{
	const char *pos = log;

	for (int i = 0; i < c->nr_msgs; i++) {
		const char *hit = strstr(pos, c->msgs[i]);

		if (!hit) {
			tap_note("not in the log%s: %s", i ? " after the one before" : "",
				 c->msgs[i]);
			return false;
		}
		pos = hit + strlen(c->msgs[i]);
	}
	for (int i = 0; i < c->nr_nots; i++)
		if (strstr(log, c->nots[i])) {
			tap_note("in the log: %s", c->nots[i]);
			return false;
		}
	return true;
}

static bool judge(const struct tcase *c, int err, const struct verifier_log *log,
		  const struct verifier_result *r)
{
	int want = c->accept ? 0 : -c->err;
	bool ok = err == want;

	if (!ok)
		tap_note("verdict %d, expected %d", err, want);
	ok = check_log(c, log->buf ? log->buf : "") && ok;
	ok = check_calls(c, r) && ok;
	return ok;
}

static bool verify(struct world *w, struct bpf_prog *p)
{
	struct verifier_result result = {};
	struct verifier_opts opts = {
		.calls = w->calls,
		.map_from_fd = map_from_fd,
		.priv = w,
		.cap_bpf = !w->c->unpriv,
		.cap_perfmon = !w->c->unpriv,
		.cap_net_admin = !w->c->unpriv,
		.insn_limit = w->c->insn_limit,
		.nr_cpus = 4,
		.check_format = helpers_bstr_check,
		.result = &result,
	};
	struct verifier_log log;
	bool ok;
	int err;

	err = verifier_log_init(&log, w->only || w->c->accept ? BPF_LOG_LEVEL2 : BPF_LOG_LEVEL1,
				0);
	if (err)
		return false;
	err = verifier_check(p, &opts, &log);
	ok = judge(w->c, err, &log, &result);
	if ((!ok || w->only) && log.buf)
		tap_note_text(log.buf, w->only ? 2000 : 60);
	verifier_log_fini(&log);
	verifier_result_fini(&result);
	return ok;
}

static bool run(struct world *w, struct asm_out *code)
{
	const struct asm_names names = { w, map_by_name, helper_by_name, kfunc_by_name,
					 type_by_name, member_by_path };
	struct progbtf pb = {};
	struct bpf_prog *p = NULL;
	struct kobj_ids *ids;
	bool ok = false;
	int err;

	if (kobj_ids_create(&ids))
		return false;
	asm_scan(w->c, code);
	err = progbtf_build(w->types, w->types_size, w->c, code, &pb);
	w->prog_btf = pb.btf;
	for (int i = 0; !err && i < w->c->nr_maps; i++)
		err = make_map(w, &w->c->maps[i], ids);
	if (!err && asm_program(w->c, &names, code)) {
		tap_note("%s", code->error);
		err = -EINVAL;
	}
	err = err ?: make_prog(w, code, &pb, &p);
	if (err)
		tap_note("can't be set up: %d", err);
	else
		ok = verify(w, p);
	prog_put(p);
	for (int i = w->c->nr_maps - 1; i >= 0; i--)
		map_put(w->c->maps[i].map);
	kbtf_put(pb.btf);
	kobj_ids_destroy(ids);
	return ok;
}

static int run_case(void *priv, struct tcase *c)
{
	struct asm_out *code;
	struct world *w = priv;
	const char *base = strrchr(c->file, '/');

	if (w->only && !strstr(c->title, w->only))
		return 0;
	code = malloc(sizeof(*code));
	if (!code)
		return -ENOMEM;
	w->c = c;
	tap_ok(&w->tap, run(w, code), "%s:%d %s", base ? base + 1 : c->file, c->line, c->title);
	free(code);
	return 0;
}

int main(int argc, char **argv)
{
	struct world w = { .only = getenv("VERIFIER_CASE") };
	enum kernel_profile profile;
	struct err_msg e = {};
	int err;

	if (argc < 4) {
		fprintf(stderr, "usage: %s TYPES.o PROFILE FILE.t...\n", argv[0]);
		return 1;
	}
	err = kernel_profile_parse(argv[2], &e, &profile);
	if (err) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	err = world_init(&w, argv[1], profile);
	if (err) {
		fprintf(stderr, "no kernel to verify against: %d\n", err);
		return 1;
	}
	for (int i = 3; i < argc && !err; i++)
		err = case_read(argv[i], run_case, &w);
	world_fini(&w);
	return err ? 1 : tap_done(&w.tap);
}
