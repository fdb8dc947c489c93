/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Linux's own loaders, as they are, under scxlab exec.
 *
 * loaders SCXLAB DIRECTORY
 */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "proc.h"
#include "tap.h"

struct loader_case {
	const char *command;
	const char *until; /* SIGINT after the third of these; NULL: it ends by itself */
	const char *out, *err; /* extended regular expressions that match */
};

static const struct loader_case cases[] = {
	{ "scx_simple", "global=", "local=[0-9]+ global=[1-9]", "^EXIT: unregistered from user space$" },
	{ "scx_simple -f", "global=", "global=[1-9]", "^EXIT: unregistered from user space$" },
	{ "scx_qmap -s 5000", "enq=", "enq=[1-9][0-9]* dsp=[1-9]",
	  "^EXIT: unregistered from user space$" },
	{ "scx_qmap -b 4", "enq=", "enq=[1-9][0-9]* dsp=[1-9]",
	  "^EXIT: unregistered from user space$" },
	/* Only tasks of the policy SCHED_EXT, and there are none. */
	{ "scx_qmap -p", "enq=", "enq=0 dsp=0", "^EXIT: unregistered from user space$" },
	{ "scx_qmap -d -1", "enq=", "enq=[1-9]", "^EXIT: unregistered from user space$" },
	{ "scx_qmap -e 500", NULL, "enq=",
	  "DEBUG DUMP.*scx_bpf_error.*^EXIT: scx_bpf_error \\(test triggering error\\)$" },
	{ "scx_qmap -t 50", NULL, "enq=",
	  "DEBUG DUMP.*triggered exit kind 1026:.*^QMAP FIFO\\[0\\]:.*^CPU states.*"
	  "^EXIT: runnable task stall \\(.*failed to run for [0-9.]+s\\)$" },
	{ "scx_qmap -l 500", NULL, "enq=",
	  "DEBUG DUMP.*^EXIT: runnable task stall \\(.*failed to run for [0-9.]+s\\)$" },
	{ "scx_central", "overflow:", "total   : *[1-9].*timer   : *[1-9]",
	  "^EXIT: unregistered from user space$" },
	{ "scx_central -c 2", "overflow:", "total   : *[1-9]",
	  "^EXIT: unregistered from user space$" },
	{ "scx_flatcg", "SEQ", "SEQ .*cpu= *[1-9].*CNS   keep: *[1-9].*PNC   next: *[1-9]",
	  "^EXIT: unregistered from user space$" },
};

/* As if '.' did not stop at line ends while '^' and '$' stand for them. */
static bool matches(const char *pattern, char *text)
{
	bool ok = true;
	char copy[256], *part = copy, *save;
	regmatch_t m;
	regex_t re;

	snprintf(copy, sizeof(copy), "%s", pattern);
	for (char *p = copy; (p = strstr(p, ".*")); p += 2)
		if (p == copy || p[-1] != '(')
			p[0] = p[1] = '\n';
	for (part = strtok_r(copy, "\n", &save); ok && part; part = strtok_r(NULL, "\n", &save)) {
		if (regcomp(&re, part, REG_EXTENDED | REG_NEWLINE))
			return false;
		ok = !regexec(&re, text, 1, &m, 0);
		if (ok)
			text += m.rm_eo;
		regfree(&re);
	}
	return ok;
}

static void run_case(struct tap *t, const char *scxlab, const char *dir,
		     const struct loader_case *c)
{
	struct proc_opts o = { .until = c->until, .times = 3 };
	struct proc_result r;
	char line[512];
	bool ok;

	snprintf(line, sizeof(line), "%s exec --pace max -- %s/%s", scxlab, dir, c->command);
	ok = proc_run_line(line, &o, &r) && !r.status && matches(c->out, r.out) &&
	     matches(c->err, r.err);
	if (!ok) {
		tap_note("status %d", r.status);
		tap_note_text(r.out, 20);
		tap_note_text(r.err, 20);
	}
	tap_ok(t, ok, "%s", c->command);
	proc_result_fini(&r);
}

/* The same loader sees the same figures, as far as both have come. */
static void run_twice(struct tap *t, const char *scxlab, const char *dir)
{
	struct proc_opts o = { .until = "cpuperf", .times = 5 };
	struct proc_result r[2] = {};
	char line[512];
	size_t len;
	bool ok;

	snprintf(line, sizeof(line), "%s exec --pace max -- %s/scx_qmap", scxlab, dir);
	ok = proc_run_line(line, &o, &r[0]) && proc_run_line(line, &o, &r[1]);
	len = r[0].out_len < r[1].out_len ? r[0].out_len : r[1].out_len;
	tap_ok(t, ok && len > 500 && !memcmp(r[0].out, r[1].out, len),
	       "scx_qmap, twice: the same %zu bytes of statistics", len);
	proc_result_fini(&r[0]);
	proc_result_fini(&r[1]);
}

int main(int argc, char **argv)
{
	struct tap t = {};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&t, argv[1], argv[2], &cases[i]);
	run_twice(&t, argv[1], argv[2]);
	return tap_done(&t);
}
