/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cases FILE...: each FILE holds a workload, a line "----", and either the dump
 * of what it means or the one line of error that it must be refused with.
 */
#include <stdio.h>
#include <stdlib.h>

#include "workload/workload.h"

struct text {
	char *data;
	size_t len;
};

static void append(void *priv, const char *s)
{
	struct text *t = priv;
	size_t n = strlen(s);

	t->data = realloc(t->data, t->len + n + 1);
	if (!t->data)
		abort();
	memcpy(t->data + t->len, s, n + 1);
	t->len += n;
}

static bool read_file(const char *path, struct text *t)
{
	FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(buf, 1, sizeof(buf) - 1, f)) > 0) {
		buf[n] = '\0';
		append(t, buf);
	}
	fclose(f);
	return t->data;
}

/* What the parser makes of it, as text. */
static struct text outcome(const char *json, size_t len)
{
	struct text t = {};
	struct err_msg e = {};
	struct workload *w;
	/* a copy of the exact size: a read beyond it is an error under ASan */
	char *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, json, len);
	if (workload_parse(copy, len, "w.json", &e, &w)) {
		append(&t, e.text);
		append(&t, "\n");
	} else {
		workload_dump(w, append, &t);
		workload_destroy(w);
	}
	free(copy);
	return t;
}

static bool check(const char *path)
{
	static const char rule[] = "----\n";
	struct text file = {}, got;
	char *split;
	bool ok;

	if (!read_file(path, &file)) {
		printf("# cannot read %s\n", path);
		return false;
	}
	split = strncmp(file.data, rule, strlen(rule)) ? strstr(file.data, "\n----\n") : file.data;
	if (!split) {
		printf("# %s: no line \"----\"\n", path);
		free(file.data);
		return false;
	}
	split += *split == '\n';
	got = outcome(file.data, split - file.data);
	ok = !strcmp(split + strlen(rule), got.data);
	if (!ok) {
		printf("# got:\n");
		for (char *line = strtok(got.data, "\n"); line; line = strtok(NULL, "\n"))
			printf("# %s\n", line);
	}
	free(got.data);
	free(file.data);
	return ok;
}

int main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		const char *base = strrchr(argv[i], '/');
		bool ok = check(argv[i]);

		failed += !ok;
		printf("%sok %d - %s\n", ok ? "" : "not ", i, base ? base + 1 : argv[i]);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
