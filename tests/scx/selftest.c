/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * selftest SCXLAB WORKLOAD OURS [LINUX]: enq_select_cpu_fails of
 * tools/testing/selftests/sched_ext, unmodified (LINUX), which calls
 * scx_bpf_select_cpu_dfl() from ops.enqueue: ended at run time as 6.12 ends it,
 * refused at load where that is decided at load. In 7.1 the kfunc is legal there;
 * OURS is the same for that kernel, with a call that it does refuse.
 */
#include <stdio.h>
#include <string.h>

#include "proc.h"
#include "tap.h"

static void expect(struct tap *t, const char *line, int status, const char *const *texts,
		   const char *what)
{
	struct proc_result r;
	bool ok;

	if (!proc_run_line(line, NULL, &r)) {
		tap_ok(t, false, "%s: cannot run %s", what, line);
		return;
	}
	ok = r.status == status;
	for (int i = 0; ok && texts[i]; i++) {
		ok = strstr(r.out, texts[i]) || strstr(r.err, texts[i]);
		if (!ok)
			tap_note("lacks: %s", texts[i]);
	}
	if (!tap_ok(t, ok, "%s", what)) {
		tap_note("exit status %d of: %s", r.status, line);
		tap_note_text(r.out, 60);
		tap_note_text(r.err, 20);
	}
	proc_result_fini(&r);
}

static void linux_own(struct tap *t, const char *scxlab, const char *workload, const char *object)
{
	static const char *const ended[] = {
		"kfunc with mask 0x8 called from an operation only allowing 0x4", NULL
	};
	static const char *const refused[] = {
		"enq_select_cpu_fails_enqueue (ops.enqueue): refused",
		"scx_bpf_select_cpu_dfl() may not be called from ops.enqueue, only from: ops.select_cpu",
		NULL
	};
	char line[1024];

	snprintf(line, sizeof(line),
		 "%s run %s --kfunc-resolution runtime --cpus 2 --duration 100ms --workload %s",
		 scxlab, object, workload);
	expect(t, line, 3, ended, "enq_select_cpu_fails, run time: ended in 6.12's words");
	snprintf(line, sizeof(line), "%s verify --explain %s", scxlab, object);
	expect(t, line, 2, refused, "enq_select_cpu_fails, load time: refused, and told from where");
}

static void ours(struct tap *t, const char *scxlab, const char *object)
{
	static const char *const verdicts[] = {
		"select_enqueue (ops.enqueue): accepted", "-> scx_kf_select_cpu_dfl_locked",
		"select_running (ops.running): refused",
		"scx_bpf_select_cpu_dfl() may not be called from running", NULL
	};
	char line[1024];

	snprintf(line, sizeof(line), "%s verify --kernel 7.1 --explain %s", scxlab, object);
	expect(t, line, 2, verdicts, "7.1: legal from ops.enqueue, refused at load from ops.running");
}

int main(int argc, char **argv)
{
	struct tap t = { 0 };

	if (argc < 4)
		return 2;
	ours(&t, argv[1], argv[3]);
	if (argc > 4)
		linux_own(&t, argv[1], argv[2], argv[4]);
	else
		tap_skip(&t, "linux-source-6.12 is not here", "enq_select_cpu_fails");
	return tap_done(&t);
}
