/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "shim/shim.h"

#define TEST_DATA_LEN 64
#define MAX_LINKS 8

const char *const outcome_names[NR_OUTCOMES] = {
	[OUT_OK] = "ok",	   [OUT_JITED] = "jited",     [OUT_XLATED] = "xlated",
	[OUT_RETVAL] = "retval",   [OUT_MESSAGE] = "message", [OUT_REFUSED] = "refused",
	[OUT_NOT_LOADED] = "none", [OUT_ACCEPTED] = "ACCEPTED",
};

static void say(struct tried *t, enum outcome o, const char *fmt, ...)
{
	va_list args;

	t->outcome = o;
	va_start(args, fmt);
	vsnprintf(t->words, sizeof(t->words), fmt, args);
	va_end(args);
}

/* ---- loading ---- */

/* As Linux's runner has them: without CAP_SYS_ADMIN, and for one file without CAP_PERFMON. */
static struct kernel_caps caps_of(const char *file, enum spec_mode mode)
{
	bool verifier = !strncmp(file, "verifier_", 9), mtu = !strcmp(file, "verifier_mtu");

	if (mode == SPEC_UNPRIV)
		return (struct kernel_caps){};
	return (struct kernel_caps){
		.bpf = true,
		.net_admin = true,
		.perfmon = !mtu,
		.sys_admin = !verifier,
	};
}

/* Maps that a caller without capabilities can make. */
static bool is_unpriv_map(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return !(bpf_map__map_flags(map) & BPF_F_ZERO_SEED);
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return true;
	default:
		return false;
	}
}

/* The @nth program of the object with its auxiliary ones; *obj is the caller's, even on failure. */
static int load(struct bench *b, int nth, const struct spec *s, enum spec_mode mode,
		struct bpf_object **obj, struct bpf_program **chosen)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	const char *slash = strrchr(b->path, '/');
	char btf_path[4096];
	const char *bad;
	struct bpf_program *prog;
	struct bpf_map *map;
	int i = 0;

	*chosen = NULL;
	if (s->btf_path) { /* NAME.bpf.o there is NAME.o here */
		snprintf(btf_path, sizeof(btf_path), "%.*s%.*s.o",
			 slash ? (int)(slash - b->path) + 1 : 0, b->path,
			 (int)strcspn(s->btf_path, "."), s->btf_path);
		opts.btf_custom_path = btf_path;
	}
	*obj = bpf_object__open_file(b->path, &opts);
	if (!*obj)
		return -errno;
	bpf_object__for_each_program(prog, *obj) {
		struct spec other = {};

		if (i++ == nth)
			*chosen = prog;
		spec_parse(bpf_object__btf(*obj), bpf_program__name(prog), &other, &bad);
		bpf_program__set_autoload(prog, *chosen == prog || other.auxiliary_in[mode]);
	}
	b->log[0] = '\0';
	bpf_program__set_log_buf(*chosen, b->log, LOG_SIZE);
	bpf_program__set_log_level(*chosen, s->log_level);
	bpf_program__set_flags(*chosen, bpf_program__flags(*chosen) | s->flags);
	bpf_object__for_each_map(map, *obj)
		bpf_map__set_autocreate(map, mode == SPEC_PRIV || is_unpriv_map(map));
	return bpf_object__load(*obj);
}

/* The last line before the statistics. */
static void last_words(const char *log, char *out, size_t size)
{
	const char *end = strstr(log, "\nprocessed "), *begin;

	end = end ?: log + strlen(log);
	while (end > log && end[-1] == '\n')
		end--;
	for (begin = end; begin > log && begin[-1] != '\n';)
		begin--;
	snprintf(out, size, "%.*s", (int)(end - begin), begin);
}

/* ---- running ---- */

/* Two files look at an element that Linux's runner fills in. */
static int fill_maps(const char *file, struct bpf_object *obj)
{
	struct {
		unsigned int index;
		int foo[11];
	} value = { .index = 7 * sizeof(int), .foo[6] = (int)0xabcdef12 };
	struct bpf_map *map;
	const char *name;
	int key = 0;

	if (!strcmp(file, "verifier_array_access"))
		name = "map_array_ro";
	else if (!strcmp(file, "verifier_value_ptr_arith"))
		name = "map_array_48b";
	else
		return 0;
	map = bpf_object__find_map_by_name(obj, name);
	return map ? bpf_map_update_elem(bpf_map__fd(map), &key, &value, 0) : -ENOENT;
}

static int test_run(struct bpf_program *prog, int *retval)
{
	char in[TEST_DATA_LEN] = {}, out[4 * TEST_DATA_LEN] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err;

	if (bpf_program__type(prog) != BPF_PROG_TYPE_SYSCALL) {
		opts.data_in = in;
		opts.data_size_in = sizeof(in);
		opts.data_out = out;
		opts.data_size_out = sizeof(out);
		opts.repeat = 1;
	}
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	*retval = (int)opts.retval;
	return err;
}

static void run(struct bench *b, struct bpf_object *obj, struct bpf_program *prog,
		const struct spec_view *v, struct tried *t)
{
	struct bpf_link *links[MAX_LINKS];
	struct bpf_map *map;
	int nr = 0, retval = 0, err;

	bpf_object__for_each_map(map, obj) {
		if (!bpf_map__autocreate(map) || bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS ||
		    nr == MAX_LINKS)
			continue;
		links[nr] = bpf_map__attach_struct_ops(map);
		if (!links[nr++]) {
			say(t, OUT_RETVAL, "cannot attach %s", bpf_map__name(map));
			goto out_detach;
		}
	}
	err = fill_maps(b->file, obj);
	if (!err)
		err = test_run(prog, &retval);
	if (err)
		say(t, OUT_RETVAL, "cannot be run: %s", strerror(-err));
	else if (!v->any_retval && retval != v->retval)
		say(t, OUT_RETVAL, "gives %d, not %d", retval, v->retval);
out_detach:
	while (nr)
		bpf_link__destroy(links[--nr]);
}

/* ---- what became of it ---- */

static void judge(struct bench *b, const struct spec_view *v, enum spec_mode mode, int err,
		  struct tried *t)
{
	/* Without a log, the verifier was never asked; unless the caller may not ask (so much). */
	bool refused = err && (b->log[0] || (mode == SPEC_UNPRIV && (err == -EPERM || err == -E2BIG)));
	const char *missing;

	*t = (struct tried){ .err = err };
	if (v->fails && !err) {
		t->outcome = OUT_ACCEPTED;
	} else if (err && !refused) {
		t->outcome = OUT_NOT_LOADED;
	} else if (err && !v->fails) {
		t->outcome = OUT_REFUSED;
		last_words(b->log, t->words, sizeof(t->words));
	} else if (!spec_matches(&v->msgs, b->log, &missing)) {
		say(t, OUT_MESSAGE, "lacks: %s", missing);
	} else if (v->jited) {
		t->outcome = OUT_JITED;
	} else if (v->xlated.nr && !v->fails) {
		say(t, OUT_XLATED, "nobody is given the rewritten program");
	}
}

static void try_on(struct bench *b, struct kernel *k, int nth, const struct spec *s,
		   enum spec_mode mode, struct tried *t)
{
	const struct spec_view *v = &s->views[mode];
	struct kernel_caps caps = caps_of(b->file, mode);
	struct bpf_program *prog;
	struct bpf_object *obj;

	shim_bind(k);
	kernel_set_caps(k, &caps);
	judge(b, v, mode, load(b, nth, s, mode, &obj, &prog), t);
	/* Linux's runner has its capabilities back by then, too. */
	kernel_set_caps(k, NULL);
	if (t->outcome < OUT_RETVAL && v->runs && !v->fails)
		run(b, obj, prog, v, t);
	if (obj)
		bpf_object__close(obj);
	shim_bind(NULL);
}

void case_try(struct bench *b, int nth, const struct spec *s, enum spec_mode mode,
	      struct tried *out)
{
	struct tried other;

	try_on(b, b->kernels[0], nth, s, mode, out);
	if (!s->views[mode].runs || s->views[mode].fails || out->outcome >= OUT_RETVAL)
		return;
	try_on(b, b->kernels[1], nth, s, mode, &other);
	if (other.outcome > out->outcome)
		*out = other;
}
