/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * upstream [--list] EXPECTED ACCEPTED OBJECT...: loads each annotated program of
 * Linux's selftests into a kernel of ours and compares with what its source says:
 * the verdict, and the messages of the log in order.
 *
 * EXPECTED holds a line per object: its name, how many cases it has, in how many
 * the verdict is right, in how many the messages as well. Fewer is a failure, and
 * so is an object without a line. ACCEPTED names the cases that must be refused
 * and are not, each with its reason; any other of that kind is a failure.
 * --list prints what EXPECTED should be. Programs are not run (test_retval).
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "machine/topology.h"
#include "proc.h"
#include "shim/shim.h"
#include "spec.h"

#define LOG_SIZE (4U << 20)

struct score {
	int cases, verdicts, messages;
};

struct run {
	struct topology *topology;
	char *log;
	char *expected, *accepted; /* the files */
	bool list;
	int failures;
	int nr_unsafe; /* of which so many are in @accepted */
};

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* The line of @text whose first word is @name, after that word; or NULL. */
static const char *line_of(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = text; at && *at; at = strchr(at, '\n'), at += at != NULL)
		if (!strncmp(at, name, n) && (at[n] == '\t' || at[n] == ' '))
			return at + n + 1;
	return NULL;
}

/* ---- a case ---- */

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

/* Loads the @nth program of the object with its auxiliary ones */
static int load_nth(struct run *r, const char *path, int nth, struct spec *s,
		    struct bpf_object **obj, struct bpf_program **chosen)
{
	struct bpf_program *prog;
	const char *bad = NULL;
	int i = 0;

	*chosen = NULL;
	*obj = bpf_object__open_file(path, NULL);
	if (!*obj)
		return -errno;
	bpf_object__for_each_program(prog, *obj) {
		struct spec other;

		if (i++ == nth)
			*chosen = prog;
		if (spec_parse(bpf_object__btf(*obj), bpf_program__name(prog), &other, &bad)) {
			printf("# %s: cannot read: %s\n", bpf_program__name(prog), bad);
			r->failures++;
		}
		if (*chosen == prog)
			*s = other;
		bpf_program__set_autoload(prog, *chosen == prog || other.auxiliary);
	}
	if (!*chosen || !s->is_case || s->auxiliary || s->elsewhere)
		return 0;
	memset(r->log, 0, 64);
	bpf_program__set_log_buf(*chosen, r->log, LOG_SIZE);
	bpf_program__set_log_level(*chosen, s->log_level);
	bpf_program__set_flags(*chosen, bpf_program__flags(*chosen) | s->flags);
	return bpf_object__load(*obj);
}

static void judge(struct run *r, const char *file, const char *prog, const struct spec *s, int err,
		  struct score *score)
{
	const char *missing = NULL, *result = "ok";
	char name[300], words[160] = "";
	/* Without a log, the verifier was never asked. */
	bool refused = err && r->log[0], verdict = s->fails ? refused : !err;

	score->cases++;
	score->verdicts += verdict;
	snprintf(name, sizeof(name), "%s/%s", file, prog);
	if (!verdict) {
		result = s->fails && !err ? "ACCEPTED" : !refused ? "not loaded" : "refused";
		last_words(r->log, words, sizeof(words));
	} else if (!spec_matches(s, r->log, &missing)) {
		result = "message";
		snprintf(words, sizeof(words), "lacks: %s", missing);
	} else {
		score->messages++;
	}
	if (!r->list)
		printf("%-10s %s (%d) %s\n", result, name, err, words);
	if (s->fails && !err) {
		r->nr_unsafe++;
		if (!line_of(r->accepted, name)) {
			printf("FAILED: %s must be refused\n", name);
			r->failures++;
		}
	}
}

/* ---- an object ---- */

static void check_score(struct run *r, const char *file, const struct score *score)
{
	const char *line = line_of(r->expected, file);
	struct score e;

	if (r->list) {
		printf("%s\t%d\t%d\t%d\n", file, score->cases, score->verdicts, score->messages);
		return;
	}
	if (!line || sscanf(line, "%d %d %d", &e.cases, &e.verdicts, &e.messages) != 3) {
		printf("FAILED: nothing is expected of %s\n", file);
		r->failures++;
	} else if (score->cases != e.cases || score->verdicts < e.verdicts ||
		   score->messages < e.messages) {
		printf("FAILED: %s: %d cases, %d verdicts, %d with messages; expected %d, %d, %d\n",
		       file, score->cases, score->verdicts, score->messages, e.cases, e.verdicts,
		       e.messages);
		r->failures++;
	}
}

static int check_object(struct run *r, const char *path, struct score *total)
{
	struct kernel_config cfg = { .topology = r->topology, .seed = 1 };
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct bpf_program *prog;
	struct bpf_object *obj;
	struct score score = {};
	struct kernel *k;
	struct err_msg e;
	char file[128];
	int err;

	err = kernel_create(&cfg, &e, &k);
	if (err)
		return err;
	snprintf(file, sizeof(file), "%.*s", (int)strcspn(base, "."), base);
	shim_bind(k);
	for (int nth = 0; ; nth++) {
		struct spec s = {};

		err = load_nth(r, path, nth, &s, &obj, &prog);
		if (prog && s.is_case && !s.auxiliary && !s.elsewhere)
			judge(r, file, bpf_program__name(prog), &s, err, &score);
		if (obj)
			bpf_object__close(obj);
		if (!prog)
			break;
	}
	shim_bind(NULL);
	kernel_destroy(k);
	check_score(r, file, &score);
	total->cases += score.cases;
	total->verdicts += score.verdicts;
	total->messages += score.messages;
	return 0;
}

int main(int argc, char **argv)
{
	struct run r = { .list = argc > 1 && !strcmp(argv[1], "--list") };
	struct score total = {};
	struct err_msg e;

	argv += 1 + r.list;
	argc -= 1 + r.list;
	if (argc < 3)
		return 2;
	r.expected = proc_read_file(argv[0], NULL);
	r.accepted = proc_read_file(argv[1], NULL);
	r.log = malloc(LOG_SIZE);
	if (!r.expected || !r.accepted || !r.log || topology_create("2", &e, &r.topology)) {
		fprintf(stderr, "cannot begin\n");
		r.failures++;
	}
	libbpf_set_print(no_print);
	for (int i = 2; i < argc && r.topology; i++)
		r.failures += check_object(&r, argv[i], &total) != 0;
	if (!r.list)
		printf("%d cases: verdict %d, and messages %d; accepted against the source %d; failures %d\n",
		       total.cases, total.verdicts, total.messages, r.nr_unsafe, r.failures);
	topology_destroy(r.topology);
	free(r.expected);
	free(r.accepted);
	free(r.log);
	return r.failures ? 1 : 0;
}
