/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Linux's selftests/sched_ext, its own runner, under scxlab exec: on a machine that
 * has little else to do, as the one that they are made for, and with 6.12's own
 * checks at run time, which two of them are about.
 *
 * selftests SCXLAB RUNNER NUMBER WORKLOAD
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc.h"
#include "tap.h"

/* Children of the runner flush its output again: a result counts when it first comes. */
static int report(struct tap *t, char *text)
{
	int next = 1, nr;
	char *save, name[64];

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		bool ok = !strncmp(l, "ok ", 3);

		if (sscanf(ok ? l + 3 : strncmp(l, "not ok ", 7) ? "" : l + 7, "%d %63s", &nr,
			   name) != 2 || nr != next)
			continue;
		tap_ok(t, ok && !strstr(l, "SKIP"), "%s", name);
		next++;
	}
	return next - 1;
}

int main(int argc, char **argv)
{
	const char *const command[] = {
		argv[1], "exec", "--pace", "max", "--workload", argv[4],
		"--kfunc-resolution", "runtime", "--", argv[2], NULL,
	};
	struct proc_opts o = { .seconds = 300 };
	struct proc_result r;
	struct tap t = {};
	int failed;

	if (!proc_run(command, &o, &r))
		return 1;
	tap_ok(&t, report(&t, r.out) == atoi(argv[3]), "all %s have a result", argv[3]);
	tap_ok(&t, !r.status, "the runner ends with 0");
	failed = tap_done(&t);
	if (failed)
		tap_note_text(r.err, 40);
	proc_result_fini(&r);
	return failed;
}
