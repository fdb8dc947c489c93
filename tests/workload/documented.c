/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* documented FILE: every key and event that the parser knows stands in FILE, as `key`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define EVENT(name, value, meaning) #name,
#include "workload/events.def"
#undef EVENT
#define KEY(scope, name, status, text) name,
#include "workload/keys.def"
#undef KEY
#define POLICY(name, number, def, min, max) name,
#include "workload/policy.def"
#undef POLICY
};

int main(int argc, char **argv)
{
	static char text[1 << 17];
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	size_t nr = sizeof(names) / sizeof(names[0]);
	int failed = 0;

	if (!f)
		return EXIT_FAILURE;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	printf("1..%zu\n", nr);
	for (size_t i = 0; i < nr; i++) {
		char quoted[64];
		int ok;

		snprintf(quoted, sizeof(quoted), "`%s`", names[i]);
		ok = !!strstr(text, quoted);
		failed += !ok;
		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1, names[i]);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
