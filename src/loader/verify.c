/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A verdict per program, as veristat gets it: the object is opened anew for each
 * program, everything else is switched off, and libbpf loads just that one. The
 * numbers and the resolved calls come from the kernel, beside bpf(2).
 */
#include <stdio.h>
#include <stdlib.h>

#include "loader/internal.h"

#define LOG_SIZE (16U << 20)

/*
 * libbpf loads every program that a struct_ops map refers to, whatever was said
 * of the program itself. So the others are loaded, but as two instructions that
 * do nothing: the chosen one is number @chosen among the struct_ops programs.
 */
struct collector {
	struct loader_prog_verdict *v;
	bool struct_ops; /* the chosen program is one */
	u32 chosen, seen;
	bool armed; /* the PROG_LOAD under way is the chosen program's */
	bool met;   /* it was, and here is its verdict */
	bool xlated, jited;
	u64 (*clock)(void);
	int err;
	struct err_msg *e; /* why, where more than errno is known */
};

static char *source_of(const struct kernel_call *c)
{
	char *text = NULL;

	if (!c->file[0])
		return strdup("");
	if (asprintf(&text, "%s:%u: %s", c->file, c->line, c->source) < 0)
		return NULL;
	return text;
}

static int copy_call(struct loader_prog_call *to, const struct kernel_call *from)
{
	to->insn = from->insn;
	to->is_helper = from->is_helper;
	to->kfunc = strdup(from->kfunc);
	to->resolved = from->resolved ? strdup(from->resolved) : NULL;
	to->context = strdup(from->context ?: "");
	to->source = source_of(from);
	to->place = strdup(from->place);
	to->func = strdup(from->func ?: "");
	to->reason = strdup(from->reason);
	to->legal = strdup(from->legal);
	to->hint = strdup(from->hint);
	if (!to->kfunc || !to->context || !to->source || (from->resolved && !to->resolved) ||
	    !to->place || !to->func || !to->reason || !to->legal || !to->hint)
		return -ENOMEM;
	return 0;
}

static void free_calls(struct loader_prog_verdict *v)
{
	for (u32 i = 0; i < v->nr_calls; i++) {
		struct loader_prog_call *c = &v->calls[i];

		free(c->kfunc);
		free(c->resolved);
		free(c->context);
		free(c->source);
		free(c->place);
		free(c->func);
		free(c->reason);
		free(c->legal);
		free(c->hint);
	}
	free(v->calls);
	v->calls = NULL;
	v->nr_calls = 0;
}

struct text {
	char *buf;
	size_t len, cap;
	int err;
};

static void append(void *priv, const char *piece)
{
	struct text *t = priv;
	size_t n = strlen(piece);

	if (t->err)
		return;
	if (t->len + n + 1 > t->cap) {
		size_t cap = max(2 * t->cap, t->len + n + 4096);
		char *buf = realloc(t->buf, cap);

		if (!buf) {
			t->err = -ENOMEM;
			return;
		}
		t->buf = buf;
		t->cap = cap;
	}
	memcpy(t->buf + t->len, piece, n + 1);
	t->len += n;
}

static int keep_jited(struct collector *c, struct loader_prog_verdict *v,
		      const struct kernel_verdict *kv)
{
	struct text t = {};
	int err;

	free(v->jited);
	v->jited = NULL;
	if (!kv->xlated)
		return 0;
	err = kernel_dump_jited(kv, append, &t, c->e);
	v->jited = t.buf;
	return err ?: t.err;
}

static int keep_xlated(struct loader_prog_verdict *v, const struct kernel_verdict *kv)
{
	struct text t = {};

	free(v->xlated);
	v->xlated = NULL;
	if (!kv->xlated)
		return 0;
	kernel_dump_xlated(kv, append, &t);
	v->xlated = t.buf;
	return t.err;
}

/* The last verdict counts: libbpf repeats a refused load to get its log. */
static void on_verdict(void *priv, const struct kernel_verdict *kv)
{
	struct collector *c = priv;
	struct loader_prog_verdict *v = c->v;

	/* A probe's verdict is not the program's, which may never have been loaded. */
	if (!c->armed || strncmp(kv->prog, v->name, BPF_OBJ_NAME_LEN - 1))
		return;
	free_calls(v);
	/* A log that is too long for its buffer does not hide what it is about. */
	if (kv->err != -ENOSPC || v->err == -ENOEXEC)
		v->err = kv->err;
	v->insns_processed = kv->insns_processed;
	v->total_states = kv->total_states;
	v->peak_states = kv->peak_states;
	v->stack_depth = kv->stack_depth;
	v->copies = kv->copies;
	v->copy_insns = kv->copy_insns;
	free(v->refusal);
	v->refusal = strdup(kv->refusal);
	if (!v->refusal)
		c->err = -ENOMEM;
	v->insns_before = kv->insns_before;
	v->insns_after = kv->insns_after;
	c->met = true;
	if (c->xlated)
		c->err = keep_xlated(v, kv);
	if (c->jited && !c->err)
		c->err = keep_jited(c, v, kv);
	if (!kv->nr_calls)
		return;
	v->calls = calloc(kv->nr_calls, sizeof(*v->calls));
	if (!v->calls) {
		c->err = -ENOMEM;
		return;
	}
	for (u32 i = 0; i < kv->nr_calls && !c->err; i++) {
		v->nr_calls++;
		c->err = copy_call(&v->calls[i], &kv->calls[i]);
	}
}

long loader_load_filler(struct kernel *k, const union bpf_attr *attr, u32 size)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr filler = {};

	memcpy(&filler, attr, min((size_t)size, sizeof(filler)));
	filler.insns = (u64)(uintptr_t)nothing;
	filler.insn_cnt = ARRAY_SIZE(nothing);
	filler.log_level = filler.log_size = 0;
	filler.log_buf = 0;
	filler.func_info = filler.func_info_cnt = filler.func_info_rec_size = 0;
	filler.line_info = filler.line_info_cnt = filler.line_info_rec_size = 0;
	return kernel_bpf(k, BPF_PROG_LOAD, &filler, min((size_t)size, sizeof(filler)));
}

static long on_bpf(void *priv, struct kernel *k, int cmd, void *uattr, unsigned int size)
{
	struct collector *c = priv;
	const union bpf_attr *attr = uattr;
	bool struct_ops;
	u64 begin;
	long ret;

	if (cmd != BPF_PROG_LOAD)
		return kernel_bpf(k, cmd, uattr, size);
	struct_ops = attr->prog_type == BPF_PROG_TYPE_STRUCT_OPS;
	if (struct_ops && !(c->struct_ops && c->seen == c->chosen)) {
		c->seen++;
		return loader_load_filler(k, attr, size);
	}
	/* What is left of another type is the chosen program or a probe of libbpf's. */
	c->armed = struct_ops == c->struct_ops;
	c->met = false;
	begin = c->clock ? c->clock() : 0;
	ret = kernel_bpf(k, cmd, uattr, size);
	if (c->met && c->clock)
		c->v->time_ns = c->clock() - begin;
	c->armed = false;
	if (struct_ops && ret >= 0)
		c->seen++;
	return ret;
}

static struct bpf_program *nth_program(struct bpf_object *obj, u32 nth)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		if (!nth--)
			return prog;
	return NULL;
}

int loader_apply_globals(struct bpf_object *obj, struct kernel *k, const char *const *sets,
			 u32 nr, struct err_msg *e)
{
	for (u32 i = 0; i < nr; i++) {
		int err = loader_apply_global(obj, k, sets[i], e);

		if (err)
			return err;
	}
	return 0;
}

static int set_rodata(struct bpf_object *obj, const struct loader_verify_opts *o,
		      struct err_msg *e)
{
	struct bpf_map *map;
	size_t size;

	bpf_object__for_each_map(map, obj) {
		const char *name = bpf_map__name(map), *dot = name ? strrchr(name, '.') : NULL;

		if (!dot || strcmp(dot, ".rodata"))
			continue;
		bpf_map__initial_value(map, &size);
		if (size != o->rodata_size)
			return err_set(e, -EINVAL, "%s: .rodata has %zu bytes, not %zu",
				       bpf_object__name(obj), size, o->rodata_size);
		if (bpf_map__set_initial_value(map, o->rodata, size))
			return err_set(e, -errno, "%s: .rodata cannot be set: %s",
				       bpf_object__name(obj), strerror(errno));
		return 0;
	}
	return err_set(e, -ENOENT, "%s: there is no .rodata in it", bpf_object__name(obj));
}

int loader_apply_constants(struct bpf_object *obj, struct kernel *k,
			   const struct loader_verify_opts *o, struct err_msg *e)
{
	int err = o->rodata ? set_rodata(obj, o, e) : 0;

	return err ?: loader_apply_globals(obj, k, o->sets, o->nr_sets, e);
}

struct verify_args {
	struct kernel *k;
	const char *path;
	const struct loader_verify_opts *opts;
};

static bool is_struct_ops(const struct bpf_program *prog)
{
	return bpf_program__type(prog) == BPF_PROG_TYPE_STRUCT_OPS;
}

static void keep_only(struct bpf_object *obj, struct bpf_program *chosen, struct collector *c)
{
	struct bpf_program *prog;
	bool before = true;

	c->struct_ops = is_struct_ops(chosen);
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_autoload(prog, prog == chosen);
		before &= prog != chosen;
		if (before && is_struct_ops(prog) && loader_member_of(obj, prog)[0])
			c->chosen++;
	}
}

/* For what the verifier was never asked. */
static char *own_words(struct loader_scope *s, const struct verify_args *a, int err)
{
	struct err_msg e = {};
	char *text;

	loader_explain(s, a->k, a->path, err ?: -ENOEXEC, &e);
	return asprintf(&text, "%s\n", e.text) < 0 ? NULL : text;
}

static int load_one(const struct verify_args *a, struct bpf_object *obj, struct bpf_program *prog,
		    struct loader_scope *s, struct loader_prog_verdict *v, struct err_msg *e)
{
	struct collector c = { .v = v, .xlated = a->opts->xlated,
			       .jited = a->opts->jited, .clock = a->opts->clock, .e = e };
	char *log = calloc(1, LOG_SIZE);
	int err;

	v->name = strdup(bpf_program__name(prog));
	v->section = strdup(bpf_program__section_name(prog));
	v->member = strdup(loader_member_of(obj, prog));
	if (!log || !v->name || !v->section || !v->member) {
		free(log);
		return err_set(e, -ENOMEM, "out of memory");
	}
	/* Stands until the kernel says otherwise; so what libbpf itself refuses is a refusal. */
	v->err = -ENOEXEC;
	keep_only(obj, prog, &c);
	bpf_program__set_log_buf(prog, log, LOG_SIZE);
	bpf_program__set_log_level(prog, a->opts->log_level);

	s->warnings[0] = '\0';
	kernel_on_verdict(a->k, on_verdict, &c);
	shim_intercept_bpf(on_bpf, &c);
	err = bpf_object__load(obj);
	shim_intercept_bpf(NULL, NULL);
	kernel_on_verdict(a->k, NULL, NULL);

	if (v->err == -ENOEXEC)
		v->err = err ?: -ENOEXEC;
	v->log = log[0] || !v->err ? strdup(log) : own_words(s, a, err);
	free(log);
	if (c.err || !v->log)
		return err_set(e, -ENOMEM, "out of memory");
	return 0;
}

/* > 0: done; 0: there is no such program. */
static int verify_nth(const struct verify_args *a, u32 nth, struct loader_scope *s,
		      struct loader_verdicts *out, struct err_msg *e)
{
	struct loader_prog_verdict *grown;
	struct bpf_object *obj;
	struct bpf_program *prog;
	int err;

	s->quiet = nth > 0; /* what is wrong with the object is said once */
	err = loader_open_object(s, a->k, a->path, e, &obj);
	s->quiet = true;
	if (err)
		return err;
	prog = nth_program(obj, nth);
	if (!prog) {
		err = 0;
		goto out_close;
	}
	err = loader_apply_constants(obj, a->k, a->opts, e);
	if (err)
		goto out_close;
	grown = realloc(out->progs, (out->nr_progs + 1) * sizeof(*grown));
	if (!grown) {
		err = err_set(e, -ENOMEM, "out of memory");
		goto out_close;
	}
	out->progs = grown;
	grown[out->nr_progs] = (struct loader_prog_verdict){};
	err = load_one(a, obj, prog, s, &grown[out->nr_progs++], e) ?: 1;
out_close:
	bpf_object__close(obj);
	return err;
}

int loader_verify(struct kernel *k, const char *path, const struct loader_verify_opts *opts,
		  struct err_msg *e, struct loader_verdicts *out)
{
	static const struct loader_verify_opts defaults;
	const struct verify_args a = { k, path, opts ?: &defaults };
	struct loader_verdicts v = {};
	struct loader_scope s;
	int ret;

	loader_enter(&s, k);
	s.quiet = true;
	for (u32 i = 0; (ret = verify_nth(&a, i, &s, &v, e)) > 0; i++)
		;
	if (!ret)
		ret = loader_verify_values(&s, k, path, a.opts, e, &v);
	loader_leave(&s);
	if (!ret && !v.nr_progs && !v.nr_values)
		ret = err_set(e, -ENOENT, "%s: no BPF programs in it", path);
	if (ret < 0)
		loader_verdicts_fini(&v);
	else
		*out = v;
	return ret < 0 ? ret : 0;
}

void loader_verdicts_fini(struct loader_verdicts *v)
{
	for (u32 i = 0; i < v->nr_progs; i++) {
		struct loader_prog_verdict *p = &v->progs[i];

		free(p->name);
		free(p->section);
		free(p->member);
		free(p->refusal);
		free(p->log);
		free(p->xlated);
		free(p->jited);
		free_calls(p);
	}
	for (u32 i = 0; i < v->nr_values; i++) {
		free(v->values[i].map);
		free(v->values[i].reason);
	}
	free(v->values);
	free(v->progs);
	*v = (struct loader_verdicts){};
}
