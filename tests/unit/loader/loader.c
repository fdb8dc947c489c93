/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/kernel.h"
#include "loader/loader.h"
#include "machine/topology.h"
#include "shim/shim.h"

struct scene {
	struct topology *topo;
	struct kernel *k;
};

static int setup(void **state)
{
	struct kernel_config cfg = { .seed = 1 };
	struct scene *s = calloc(1, sizeof(*s));
	struct err_msg e;

	if (!s || topology_create("2", &e, &s->topo))
		return -1;
	cfg.topology = s->topo;
	*state = s;
	return kernel_create(&cfg, &e, &s->k);
}

static int teardown(void **state)
{
	struct scene *s = *state;

	kernel_destroy(s->k);
	topology_destroy(s->topo);
	free(s);
	return 0;
}

/* An object of the build directory. */
static const char *object(const char *name)
{
	static char path[1024];

	snprintf(path, sizeof(path), "%s/%s", getenv("SCXLAB_BUILD"), name);
	return path;
}

static struct loader *open_object(struct kernel *k, const char *name)
{
	struct loader *l = NULL;
	struct err_msg e = {};

	if (loader_open(k, object(name), &e, &l))
		fail_msg("%s: %s", name, e.text);
	return l;
}

static void load_and_attach(struct loader *l)
{
	struct err_msg e = {};

	if (loader_load(l, &e) || loader_attach(l, &e))
		fail_msg("%s", e.text);
}

static void test_open_errors(void **state)
{
	struct scene *s = *state;
	struct loader *l = NULL;
	struct err_msg e = {};

	assert_int_equal(loader_open(s->k, "/tmp/no/such/file.bpf.o", &e, &l), -ENOENT);
	assert_non_null(strstr(e.text, "file.bpf.o"));
	assert_true(loader_open(s->k, "/dev/null", &e, &l) < 0);
	assert_non_null(strstr(e.text, "/dev/null"));
	assert_true(loader_open(s->k, "/tmp", &e, &l) < 0);
	/* an ELF file, but of this machine's */
	assert_true(loader_open(s->k, "/proc/self/exe", &e, &l) < 0);
	assert_null(l);
	loader_close(NULL);
}

/* ---- globals ---- */

/* The layout of tests/bpf/globals.bpf.c. */
struct inner {
	u8 bytes[4];
	u32 low : 3, high : 5;
	s32 below : 4;
};

struct globals {
	u8 u8;
	s8 s8;
	u16 u16;
	s32 s32;
	u64 u64;
	bool flag;
	int colour;
	u64 huge;
	struct inner inner[3];
	u32 grid[2][2];
	u64 pointer;
};

/* What the kernel has of the object's .rodata. */
static struct globals read_globals(struct kernel *k)
{
	union bpf_attr attr = {};
	struct globals g = {};
	u32 key = 0;
	s64 fd;

	for (;;) {
		struct bpf_map_info info = {};
		u32 id;

		assert_int_equal(kernel_bpf(k, BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)), 0);
		id = attr.next_id;
		memset(&attr, 0, sizeof(attr));
		attr.map_id = id;
		fd = kernel_bpf(k, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
		assert_true(fd >= 0);
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = fd;
		attr.info.info = (u64)&info;
		attr.info.info_len = sizeof(info);
		assert_int_equal(kernel_bpf(k, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
		if (strstr(info.name, ".rodata")) {
			assert_int_equal(info.value_size, sizeof(g));
			break;
		}
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
	}
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (u64)&key;
	attr.value = (u64)&g;
	assert_int_equal(kernel_bpf(k, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)), 0);
	return g;
}

static void test_set_globals(void **state)
{
	static const char *const sets[] = {
		"g.u8=255",	     "g.s8=-128",	     "g.u16=0xffff",
		"g.s32=-2147483648", "g.u64=18446744073709551615", "g.flag=true",
		"g.colour=BLUE",     "g.huge=HUGE_ONE",	     "g.inner[2].bytes[1]=9",
		"g.inner[1].low=5",  "g.inner[1].high=31",   "g.inner[1].below=-8",
		"g.grid[1][0]=077",
	};
	struct scene *s = *state;
	struct loader *l = open_object(s->k, "tests/bpf/globals.bpf.o");
	struct err_msg e = {};
	struct globals g;

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (loader_set_global(l, sets[i], &e))
			fail_msg("%s", e.text);
	if (loader_load(l, &e))
		fail_msg("%s", e.text);
	g = read_globals(s->k);
	assert_int_equal(g.u8, 255);
	assert_int_equal(g.s8, -128);
	assert_int_equal(g.u16, 0xffff);
	assert_int_equal(g.s32, INT32_MIN);
	assert_true(g.u64 == UINT64_MAX);
	assert_true(g.flag);
	assert_int_equal(g.colour, -2);
	assert_true(g.huge == 1ULL << 40);
	assert_int_equal(g.inner[2].bytes[1], 9);
	assert_int_equal(g.inner[2].bytes[0], 0);
	assert_int_equal(g.inner[1].low, 5);
	assert_int_equal(g.inner[1].high, 31);
	assert_int_equal(g.inner[1].below, -8);
	assert_int_equal(g.grid[1][0], 077);
	assert_int_equal(g.grid[0][1], 0);
	loader_close(l);
}

static void test_refused_globals(void **state)
{
	static const struct {
		const char *set;
		int err;
	} cases[] = {
		{ "g.u8=256", -ERANGE },
		{ "g.u8=-1", -ERANGE },
		{ "g.s8=128", -ERANGE },
		{ "g.u64=18446744073709551616", -ERANGE },
		{ "g.inner[1].low=8", -ERANGE },
		{ "g.inner[1].below=8", -ERANGE },
		{ "g.inner[3].low=1", -ERANGE },
		{ "g.grid[0][2]=1", -ERANGE },
		{ "g.flag=2", -ERANGE },
		{ "g.u8=", -EINVAL },
		{ "g.u8", -EINVAL },
		{ "=1", -EINVAL },
		{ "g.u8=1x", -EINVAL },
		{ "g.u8=x", -EINVAL },
		{ "g.colour=PURPLE", -EINVAL },
		{ "g=1", -EINVAL },
		{ "g.inner=1", -EINVAL },
		{ "g.inner[x].low=1", -EINVAL },
		{ "g.inner[0=1", -EINVAL },
		{ "g.u8.x=1", -EINVAL },
		{ "g.u8[0]=1", -EINVAL },
		{ "g.grid[0]=1", -EINVAL },
		{ "g.pointer=1", -EINVAL },
		{ "real=1", -EINVAL },
		{ "g.nothing=1", -ENOENT },
		{ "nothing=1", -ENOENT },
	};
	struct scene *s = *state;
	struct loader *l = open_object(s->k, "tests/bpf/globals.bpf.o");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err_msg e = {};
		int err = loader_set_global(l, cases[i].set, &e);

		if (err != cases[i].err)
			fail_msg("%s: %d, not %d (%s)", cases[i].set, err, cases[i].err, e.text);
		assert_true(e.text[0]);
	}
	loader_close(l);
}

/* ---- attaching ---- */

static void test_attach(void **state)
{
	struct scene *s = *state;
	struct loader *l = open_object(s->k, "examples/fifo.bpf.o"), *other;
	struct err_msg e = {};

	assert_string_equal(loader_sched_name(l), "fifo");
	assert_int_equal(loader_nr_struct_ops(l), 1);
	load_and_attach(l);
	assert_string_equal(kernel_sched_state(s->k), "enabled");
	assert_string_equal(kernel_sched_ops(s->k), "fifo");

	/* one at a time */
	other = open_object(s->k, "examples/fair.bpf.o");
	assert_int_equal(loader_load(other, &e), 0);
	assert_int_equal(loader_attach(other, &e), -EBUSY);
	assert_true(e.text[0]);
	assert_string_equal(kernel_sched_ops(s->k), "fifo");

	assert_int_equal(loader_detach(l), 0);
	assert_string_equal(kernel_sched_state(s->k), "disabled");
	assert_string_equal(kernel_sched_ops(s->k), "");
	loader_close(l);
	loader_close(other);
}

static void test_attach_again(void **state)
{
	struct scene *s = *state;
	struct kernel_sched_exit x;

	for (int i = 0; i < 3; i++) {
		struct loader *l = open_object(s->k, "examples/percpu.bpf.o");

		load_and_attach(l);
		assert_string_equal(kernel_sched_ops(s->k), "percpu");
		loader_close(l); /* detaches */
		assert_string_equal(kernel_sched_state(s->k), "disabled");
	}
	kernel_sched_exit(s->k, &x);
	assert_int_equal(x.kind, 64);
	assert_string_equal(x.kind_name, "unreg");
}

static void test_nothing_to_attach(void **state)
{
	struct scene *s = *state;
	struct loader *l = open_object(s->k, "tests/bpf/globals.bpf.o");
	struct err_msg e = {};

	assert_int_equal(loader_nr_struct_ops(l), 0);
	assert_string_equal(loader_sched_name(l), "");
	assert_int_equal(loader_load(l, &e), 0);
	assert_int_equal(loader_attach(l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "struct_ops"));
	loader_close(l);
}

static void test_thread_is_free(void **state)
{
	struct scene *s = *state;
	struct loader *l = open_object(s->k, "examples/fifo.bpf.o");

	/* Each call binds the thread for itself only. */
	assert_null(shim_bind(NULL));
	load_and_attach(l);
	assert_null(shim_bind(NULL));
	loader_close(l);
	assert_null(shim_bind(NULL));
}

/* ---- verdicts ---- */

static void test_verify(void **state)
{
	struct scene *s = *state;
	struct loader_verdicts v = {};
	struct err_msg e = {};
	bool seen = false;

	assert_int_equal(loader_verify(s->k, object("tests/bpf/refuse_null.bpf.o"), NULL, &e, &v), 0);
	assert_int_equal(v.nr_progs, 4);
	for (u32 i = 0; i < v.nr_progs; i++) {
		const struct loader_prog_verdict *p = &v.progs[i];

		if (!strcmp(p->name, "asked_about")) {
			assert_int_equal(p->err, 0);
			assert_string_equal(p->member, "tick");
			assert_string_equal(p->section, "struct_ops/asked_about");
			assert_true(p->insns_processed > 5);
			seen = true;
		} else {
			assert_int_equal(p->err, -EACCES);
			assert_non_null(strstr(p->log, "_or_null"));
		}
	}
	assert_true(seen);
	loader_verdicts_fini(&v);
	/* nothing of it stays */
	assert_string_equal(kernel_sched_state(s->k), "disabled");
}

static void test_verify_calls(void **state)
{
	struct scene *s = *state;
	struct loader_verdicts v = {};
	struct err_msg e = {};
	const char *in_select = NULL, *in_enqueue = NULL;

	assert_int_equal(loader_verify(s->k, object("examples/fifo.bpf.o"), NULL, &e, &v), 0);
	for (u32 i = 0; i < v.nr_progs; i++) {
		const struct loader_prog_verdict *p = &v.progs[i];

		assert_int_equal(p->err, 0);
		for (u32 c = 0; c < p->nr_calls; c++) {
			const struct loader_prog_call *call = &p->calls[c];

			assert_non_null(call->resolved);
			assert_non_null(strstr(call->source, "fifo.bpf.c:"));
			if (strcmp(call->kfunc, "scx_bpf_dispatch"))
				continue;
			if (!strcmp(p->member, "select_cpu"))
				in_select = call->context;
			else if (!strcmp(p->member, "enqueue"))
				in_enqueue = call->context;
		}
	}
	assert_non_null(in_select);
	assert_non_null(in_enqueue);
	assert_string_not_equal(in_select, in_enqueue);
	loader_verdicts_fini(&v);
}

static void test_verify_sets(void **state)
{
	static const char *const one[] = { "slice_ns=1" }, *const none[] = { "nothing=1" };
	static const struct loader_verify_opts good = { .sets = one, .nr_sets = 1 };
	static const struct loader_verify_opts bad = { .sets = none, .nr_sets = 1 };
	struct scene *s = *state;
	struct loader_verdicts v = {};
	struct err_msg e = {};

	assert_int_equal(loader_verify(s->k, object("examples/fifo.bpf.o"), &good, &e, &v), 0);
	loader_verdicts_fini(&v);
	assert_int_equal(loader_verify(s->k, object("examples/fifo.bpf.o"), &bad, &e, &v),
			 -ENOENT);
	assert_null(v.progs);
	assert_int_equal(loader_verify(s->k, "/tmp/no/such/file", NULL, &e, &v), -ENOENT);
}

/* ---- types ---- */

static void to_stream(void *priv, const char *text)
{
	fputs(text, priv);
}

static void test_dump(void **state)
{
	struct scene *s = *state;
	struct err_msg e = {};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(loader_dump_btf_c(s->k, to_stream, f, &e), 0);
	fclose(f);
	assert_memory_equal(text, "#ifndef __VMLINUX_H__\n", 22);
	assert_non_null(strstr(text, "\nstruct task_struct {"));
	assert_non_null(strstr(text, "\nstruct sched_ext_ops {"));
	assert_non_null(strstr(text, "SCX_SLICE_DFL = 20000000"));
	free(text);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_open_errors),	      CASE(test_set_globals),
		CASE(test_refused_globals),   CASE(test_attach),
		CASE(test_attach_again),      CASE(test_nothing_to_attach),
		CASE(test_thread_is_free),    CASE(test_verify),
		CASE(test_verify_calls),      CASE(test_verify_sets),
		CASE(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
