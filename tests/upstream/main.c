/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * upstream [--list | --part | --log CASE] LISTS OBJECT...: loads each annotated program of
 * Linux's selftests into a kernel of ours and compares with what its source says:
 * the verdict, the messages of the log in order, and on both engines the result
 * of running it; where the source says so, once more without capabilities.
 *
 * LISTS is the directory of the lists (lists.h). A case in scope that is not as its
 * source says and not `known` to be so is a failure, and so is a case that must be
 * refused and is not. What is out of scope is loaded all the same: that must not
 * crash, nor be accepted against the source. --list prints what `known` should
 * be; --part says that not all objects are there, so that nothing is counted; --log is
 * that with what libbpf says, and the verifier's log of one case.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "lists.h"
#include "machine/machine.h"
#include "machine/topology.h"

struct score {
	int cases, verdicts, messages; /* messages: of those with the right verdict */
	int must_fail, refused;
	int must_run, loaded, results;
};

struct run {
	struct topology *topology;
	struct list out_of_scope, known, uncompiled;
	struct bench bench;
	struct score score[NR_SPEC_MODES];
	bool list, part;
	const char *log_of; /* NULL: of none */
	int failures;
};

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static void count(struct score *s, const struct spec_view *v, enum outcome o)
{
	bool right = outcome_verdict_ok(o);

	s->cases++;
	s->verdicts += right;
	s->messages += right && o != OUT_MESSAGE;
	s->must_fail += v->fails;
	s->refused += v->fails && right;
	if (v->runs && !v->fails) {
		s->must_run++;
		s->loaded += right;
		s->results += o < OUT_RETVAL;
	}
}

static void report(struct run *r, const char *name, const struct spec_view *v, enum spec_mode mode,
		   const struct tried *t)
{
	struct list_row *out = list_find(&r->out_of_scope, name);
	struct list_row *known = list_find(&r->known, name);
	bool as_known = known && !strcmp(known->kind, outcome_names[t->outcome]);

	if (out)
		out->seen[mode]++;
	else
		count(&r->score[mode], v, t->outcome);
	if (r->list) {
		if (!out && t->outcome != OUT_OK)
			printf("%s\t%s\t%s\n", name, outcome_names[t->outcome],
			       as_known ? known->reason : t->words[0] ? t->words : "?");
		return;
	}
	printf("%s%-8s %s (%d) %s\n", out ? "out: " : "", outcome_names[t->outcome], name, t->err,
	       t->words);
	if (known && (out || t->outcome == OUT_OK))
		printf("note: %s: its line in `known` is not needed any more\n", name);
	if (t->outcome == OUT_ACCEPTED || (!out && t->outcome != OUT_OK && !as_known)) {
		printf("FAILED: %s: %s\n", name, outcome_names[t->outcome]);
		r->failures++;
	}
}

static void check_program(struct run *r, int nth, const char *prog, const struct spec *s)
{
	static const char *const suffix[NR_SPEC_MODES] = { "", "@unpriv" };
	char name[300];
	struct tried t;

	for (int mode = 0; mode < NR_SPEC_MODES; mode++) {
		if (!s->views[mode].is_case)
			continue;
		snprintf(name, sizeof(name), "%s/%s%s", r->bench.file, prog, suffix[mode]);
		case_try(&r->bench, nth, s, mode, &t);
		if (r->log_of && !strcmp(r->log_of, name))
			printf("%s", r->bench.log);
		report(r, name, &s->views[mode], mode, &t);
	}
}

static bool create_kernels(struct run *r)
{
	struct kernel_config cfg = {
		.topology = r->topology, .seed = 1, .unprivileged_bpf = true,
	};
	struct err_msg e;

	for (int i = 0; i < NR_ENGINES; i++) {
		cfg.engine = i ? KERNEL_ENGINE_INTERPRETER : KERNEL_ENGINE_BEST;
		if (kernel_create(&cfg, &e, &r->bench.kernels[i])) {
			fprintf(stderr, "cannot make a kernel: %s\n", e.text);
			return false;
		}
		/* a machine whose clock is not at 0 */
		if (machine_run(kernel_machine(r->bench.kernels[i]), 1000000))
			return false;
	}
	return true;
}

static void destroy_kernels(struct run *r)
{
	for (int i = 0; i < NR_ENGINES; i++) {
		kernel_destroy(r->bench.kernels[i]);
		r->bench.kernels[i] = NULL;
	}
}

static void check_object(struct run *r, const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *bad;
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;
	struct spec s;
	int nth = 0;

	r->bench.path = path;
	snprintf(r->bench.file, sizeof(r->bench.file), "%.*s", (int)strcspn(base, "."), base);
	if (!obj || !create_kernels(r)) {
		printf("FAILED: %s: cannot be opened\n", path);
		r->failures++;
		goto out_close;
	}
	bpf_object__for_each_program(prog, obj) {
		if (spec_parse(bpf_object__btf(obj), bpf_program__name(prog), &s, &bad)) {
			printf("FAILED: %s: cannot read: %s\n", bpf_program__name(prog), bad);
			r->failures++;
		} else if (!s.auxiliary && !s.elsewhere) {
			check_program(r, nth, bpf_program__name(prog), &s);
		}
		nth++;
	}
out_close:
	destroy_kernels(r);
	bpf_object__close(obj);
}

/* Files without an object: their cases are in scope, unless the list says otherwise. */
static void count_uncompiled(struct run *r)
{
	static const struct spec_view none = { .is_case = true };
	char name[300];

	for (int i = 0; i < r->uncompiled.nr; i++) {
		struct list_row *row = &r->uncompiled.rows[i], *out;

		snprintf(name, sizeof(name), "%s/*", row->name);
		out = list_find(&r->out_of_scope, name);
		for (int mode = 0; mode < NR_SPEC_MODES; mode++) {
			if (out)
				out->seen[mode] += row->stated[mode];
			for (int n = 0; !out && n < row->stated[mode]; n++)
				count(&r->score[mode], &none, OUT_NOT_LOADED);
		}
		if (!r->list)
			printf("%snot compiled %s: %s\n", out ? "out: " : "", row->name, row->reason);
	}
}

/* The list of what is out of scope takes out as many cases as it says, and leaves as many. */
static void check_scope(struct run *r)
{
	for (int i = 0; i < r->out_of_scope.nr; i++) {
		struct list_row *row = &r->out_of_scope.rows[i];

		for (int mode = 0; mode < NR_SPEC_MODES; mode++) {
			if (!strcmp(row->name, "in-scope"))
				row->seen[mode] = r->score[mode].cases;
			if (row->seen[mode] == row->stated[mode])
				continue;
			printf("FAILED: out-of-scope: %s: %d %s cases, where it says %d\n", row->name,
			       row->seen[mode], mode ? "unprivileged" : "privileged",
			       row->stated[mode]);
			r->failures++;
		}
	}
}

static void print_score(const char *what, const struct score *s)
{
	printf("%s: %d cases in scope: %d verdicts (%.1f %%), %d with all messages (%.1f %%); "
	       "%d of %d refused that must be; %d of %d that run load, %d with the right result\n",
	       what, s->cases, s->verdicts, 100.0 * s->verdicts / (s->cases ?: 1), s->messages,
	       100.0 * s->messages / (s->cases ?: 1), s->refused, s->must_fail, s->loaded,
	       s->must_run, s->results);
}

static struct score sum(const struct score *s)
{
	struct score total;
	int *to = (int *)&total;

	for (size_t i = 0; i < sizeof(total) / sizeof(int); i++)
		to[i] = ((const int *)&s[SPEC_PRIV])[i] + ((const int *)&s[SPEC_UNPRIV])[i];
	return total;
}

static bool begin(struct run *r, const char *lists)
{
	char path[4096];
	struct err_msg e;
	const struct {
		const char *name;
		bool counts;
		struct list *list;
	} files[] = {
		{ "out-of-scope", true, &r->out_of_scope },
		{ "known", false, &r->known },
		{ "uncompiled", true, &r->uncompiled },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", lists, files[i].name);
		if (!list_read(path, files[i].counts, files[i].list))
			return false;
	}
	r->bench.log = malloc(LOG_SIZE);
	return r->bench.log && !topology_create("2", &e, &r->topology);
}

static void end(struct run *r)
{
	topology_destroy(r->topology);
	free(r->bench.log);
	list_free(&r->out_of_scope);
	list_free(&r->known);
	list_free(&r->uncompiled);
}

int main(int argc, char **argv)
{
	struct run r = {};
	struct score total;

	argv++;
	argc--;
	if (argc && !strcmp(argv[0], "--list")) {
		r.list = true;
	} else if (argc && !strcmp(argv[0], "--part")) {
		r.part = true;
	} else if (argc > 1 && !strcmp(argv[0], "--log")) {
		r.part = true;
		r.log_of = argv[1];
		argv++;
		argc--;
	}
	argv += r.list || r.part;
	argc -= r.list || r.part;
	if (argc < 2)
		return 2;
	if (!begin(&r, argv[0])) {
		fprintf(stderr, "cannot begin\n");
		r.failures++;
		argc = 0;
	}
	if (!r.log_of)
		libbpf_set_print(no_print);
	for (int i = 1; i < argc; i++)
		check_object(&r, argv[i]);
	if (!r.part)
		count_uncompiled(&r);
	if (!r.list && !r.part) {
		check_scope(&r);
		total = sum(r.score);
		print_score("privileged", &r.score[SPEC_PRIV]);
		print_score("unprivileged", &r.score[SPEC_UNPRIV]);
		print_score("total", &total);
	}
	if (!r.list)
		printf("failures: %d\n", r.failures);
	end(&r);
	return r.failures ? 1 : 0;
}
