/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * output SCXLAB OBJECT DOCS MEANINGS REFUSED WEAK: the form of what the program
 * prints: the keys of its JSON and their order, each of them in DOCS/json.md; the
 * text report; traces; help; write errors; the progress line and an interrupt. MEANINGS, REFUSED
 * and WEAK are explain.bpf.o, refuse_value.bpf.o and weak.bpf.o of tests/bpf/.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "proc.h"
#include "tap.h"

struct place {
	const char *scxlab, *object, *docs, *meanings, *refused, *weak;
	char dir[64];
};

static bool run(const struct place *p, struct proc_result *r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool vrun(const struct place *p, const struct proc_opts *o, struct proc_result *r,
		 const char *fmt, va_list ap)
{
	char line[2048];
	int n = snprintf(line, sizeof(line), "'%s' ", p->scxlab);

	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	return proc_run_line(line, o, r);
}

static bool run(const struct place *p, struct proc_result *r, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = vrun(p, NULL, r, fmt, ap);
	va_end(ap);
	return ok;
}

__attribute__((format(printf, 3, 4))) static bool
run_confined(const struct place *p, struct proc_result *r, const char *fmt, ...)
{
	static const struct proc_opts o = { .no_exec_memory = true };
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = vrun(p, &o, r, fmt, ap);
	va_end(ap);
	return ok;
}

/* ---- JSON ---- */

static void append_key(char *keys, size_t size, const char *path, const char *key)
{
	size_t n = strlen(keys);

	snprintf(keys + n, size - n, "%s%s%s%s", n ? " " : "", path, path[0] ? "." : "", key);
}

/* "a b c.x c.y": every key in order, of arrays the first element's. */
static void list_keys(json_object *o, const char *path, char *keys, size_t size)
{
	char sub[256];

	if (json_object_is_type(o, json_type_array)) {
		if (json_object_array_length(o))
			list_keys(json_object_array_get_idx(o, 0), path, keys, size);
		return;
	}
	if (!json_object_is_type(o, json_type_object))
		return;
	json_object_object_foreach(o, key, value) {
		append_key(keys, size, path, key);
		snprintf(sub, sizeof(sub), "%s%s%s", path, path[0] ? "." : "", key);
		list_keys(value, sub, keys, size);
	}
}

static void check_documented(struct tap *t, const struct place *p, const char *keys)
{
	char path[512], quoted[128], *copy = strdup(keys), *doc;
	bool all = true;
	size_t len;

	snprintf(path, sizeof(path), "%s/json.md", p->docs);
	doc = proc_read_file(path, &len);
	for (char *key = strtok(copy, " "); doc && key; key = strtok(NULL, " ")) {
		char *last = strrchr(key, '.');

		snprintf(quoted, sizeof(quoted), "\"%s\"", last ? last + 1 : key);
		if (!strstr(doc, quoted)) {
			tap_note("%s is not in %s", quoted, path);
			all = false;
		}
	}
	tap_ok(t, doc && all, "every key is documented");
	free(copy);
	free(doc);
}

static void check_keys(struct tap *t, const struct place *p, const char *what,
		       const struct proc_result *r, const char *want)
{
	json_object *o = json_tokener_parse(r->out);
	char keys[4096] = "";

	if (o)
		list_keys(o, "", keys, sizeof(keys));
	if (!tap_ok(t, !strcmp(keys, want), "%s: keys in order", what))
		tap_note("%s", keys);
	check_documented(t, p, keys);
	json_object_put(o);
}

#define LATENCY(at)                                                                                \
	at ".wakeup_latency_ns " at ".wakeup_latency_ns.p50 " at ".wakeup_latency_ns.p90 " at      \
	   ".wakeup_latency_ns.p99 " at ".wakeup_latency_ns.p999 " at ".wakeup_latency_ns.max"

static const char run_keys[] =
	"scheduler exit exit.kind exit.code exit.reason exit.msg exit.at_ns cpus seed duration_ns wall_ns "
	"interrupted events tasks tasks.pid tasks.comm tasks.nice tasks.runtime_ns tasks.wakeups tasks.switches "
	"tasks.preemptions tasks.migrations " LATENCY("tasks")
	" cpu cpu.id cpu.busy_ns cpu.idle_ns totals totals.runtime_ns totals.busy_ns "
	"totals.idle_ns totals.wakeups totals.switches totals.preemptions totals.migrations "
	LATENCY("totals") " totals.jain totals.waiting totals.longest_waiting_ns";

static const char verify_keys[] =
	"object programs programs.name programs.section programs.member programs.verdict "
	"programs.errno programs.insns_processed programs.total_states programs.peak_states "
	"programs.stack_depth programs.insns_before programs.insns_after programs.copies programs.copy_insns "
	"programs.calls programs.calls.insn "
	"programs.calls.kfunc programs.calls.resolved programs.calls.context "
	"programs.calls.source programs.calls.place programs.calls.function "
	"programs.calls.reason programs.calls.legal programs.calls.hint programs.refusal programs.log "
	"programs.xlated programs.jited struct_ops struct_ops.map struct_ops.verdict struct_ops.errno "
	"struct_ops.reason";

static const char kfuncs_keys[] =
	"kernel kfunc_resolution kfuncs kfuncs.name kfuncs.set kfuncs.prototype kfuncs.flags "
	"kfuncs.cases kfuncs.cases.contexts kfuncs.cases.implementation "
	"kfuncs.cases.own_argument kfuncs.invokes kfuncs.not_within kfuncs.needs kfuncs.verdicts "
	"kfuncs.verdicts.caller kfuncs.verdicts.verdict kfuncs.verdicts.context "
	"kfuncs.verdicts.implementation kfuncs.verdicts.otherwise kfuncs.verdicts.why";

static void test_json(struct tap *t, const struct place *p)
{
	struct proc_result r;

	run(p, &r, "run '%s' --cpus 2 --duration 100ms --json", p->object);
	check_keys(t, p, "run --json", &r, run_keys);
	proc_result_fini(&r);
	run(p, &r, "verify '%s' --json", p->object);
	check_keys(t, p, "verify --json", &r, verify_keys);
	proc_result_fini(&r);
	run(p, &r, "kfuncs --json --matrix scx_bpf_dispatch");
	check_keys(t, p, "kfuncs --json --matrix", &r, kfuncs_keys);
	proc_result_fini(&r);
}

/* ---- text ---- */

static void has(struct tap *t, const char *what, const char *text, const char *const *words)
{
	bool all = true;

	for (; *words; words++) {
		if (strstr(text, *words))
			continue;
		tap_note("lacks \"%s\"", *words);
		all = false;
	}
	if (!tap_ok(t, all, "%s", what))
		tap_note_text(text, 60);
}

static void test_text(struct tap *t, const struct place *p)
{
	static const char *const report[] = { "Scheduler: ", "Machine:   2 CPUs", "seed 7",
					      "Simulated: 100 ms in ", "PID  COMM ", " hog ",
					      "%BUSY", "In all: ", "Jain", "Exit:   ", NULL };
	static const char *const grouped[] = { "grouped by name", "40 tasks  many", NULL };
	static const char *const many_cpus[] = { "CPUs: 64, busy between ", NULL };
	char path[128];
	struct proc_result r;
	FILE *f;

	run(p, &r, "run '%s' --cpus 2 --duration 100ms --seed 7", p->object);
	has(t, "the report", r.out, report);
	proc_result_fini(&r);

	snprintf(path, sizeof(path), "%s/many.json", p->dir);
	f = fopen(path, "w");
	if (f) {
		fputs("{ 'tasks': { 'many': { 'instance': 40, 'run': 1000, 'sleep': 500 } } }", f);
		fclose(f);
	}
	run(p, &r, "run --scheduler eevdf --cpus 64 --duration 50ms --workload %s", path);
	has(t, "many tasks are grouped", r.out, grouped);
	has(t, "many CPUs are summed up", r.out, many_cpus);
	proc_result_fini(&r);
	unlink(path);
}

static void test_help(struct tap *t, const struct place *p)
{
	static const char *const top[] = { "run ", "verify ", "btf ", "--version", NULL };
	static const char *const opts[] = { "--workload", "--cpus", "--topology", "--hz",
					    "--duration", "--seed", "--set", "--trace", "--json",
					    "--scheduler", "Exit status", NULL };
	struct proc_result r;

	run(p, &r, "--help");
	has(t, "--help names the commands", r.out, top);
	proc_result_fini(&r);
	run(p, &r, "run --help");
	has(t, "run --help names the options", r.out, opts);
	proc_result_fini(&r);
}

/* "--some-name" as man pages spell it, for an option of at most 63 letters. */
static void in_troff(const char *option, char *out)
{
	out = stpcpy(out, "\\-\\-");
	for (; *option; option++) {
		if (*option == '-')
			*out++ = '\\';
		*out++ = *option;
	}
	*out = '\0';
}

/* Every long option that a command's --help names is on its man page. */
static void test_man(struct tap *t, const struct place *p, const char *command)
{
	char path[512], option[64], troff[160], *man, *at;
	struct proc_result r;
	bool all = true;
	size_t len, n;

	snprintf(path, sizeof(path), "%s/man/scxlab-%s.1", p->docs, command);
	man = proc_read_file(path, &len);
	run(p, &r, "%s --help", command);
	for (at = strstr(r.out, "--"); man && at; at = strstr(at + 2, "--")) {
		n = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
		snprintf(option, sizeof(option), "%.*s", (int)n, at + 2);
		in_troff(option, troff);
		if (!n || !strcmp(option, "version") || strstr(man, troff))
			continue;
		tap_note("--%s is not in %s", option, path);
		all = false;
	}
	tap_ok(t, man && all, "the man page of %s has all options", command);
	proc_result_fini(&r);
	free(man);
}

static void test_verify_text(struct tap *t, const struct place *p)
{
	static const char *const table[] = { "PROGRAM", "VERDICT", "accepted",
					     "\nstruct_ops value ", NULL };
	static const char *const log[] = { "R1=ctx()", "processed ", NULL };
	static const char *const xlated[] = { "\nfair_select_cpu:\n", " @ fair.bpf.c:",
					      "call scx_bpf_dispatch -> scx_kf_dispatch_direct",
					      " = map[tasks]", NULL };
	static const char *const jited[] = { "\nfair_select_cpu:\n", " @ fair.bpf.c:",
					     ":  push rbp\n",
					     ":  call scx_kf_dispatch_direct\n", NULL };
	struct proc_result r;

	run(p, &r, "verify '%s'", p->object);
	has(t, "verify's table", r.out, table);
	tap_ok(t, !strstr(r.out, "processed "), "no logs unless asked for");
	proc_result_fini(&r);
	run(p, &r, "verify '%s' --log", p->object);
	has(t, "verify --log", r.out, log);
	proc_result_fini(&r);
	run(p, &r, "verify '%s' --dump xlated", p->object);
	has(t, "verify --dump xlated", r.out, xlated);
	proc_result_fini(&r);
	run(p, &r, "verify '%s' --dump jited", p->object);
	if (strstr(r.err, "there is no JIT") || strstr(r.err, "no disassembler"))
		tap_skip(t, "no JIT or no disassembler", "verify --dump jited");
	else
		has(t, "verify --dump jited", r.out, jited);
	proc_result_fini(&r);
	run(p, &r, "verify '%s' --kernel 6.13", p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, "\"6.13\" is no kernel profile"),
	       "a profile that there is not is refused by name");
	proc_result_fini(&r);
	run(p, &r, "verify '%s' --kernel 7.1 --kfunc-resolution runtime", p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, "in profile 6.12 only, not in 7.1"),
	       "only 6.12 resolves at run time");
	proc_result_fini(&r);
}

static void test_verify_several(struct tap *t, const struct place *p)
{
	static const char *const table[] = { "OBJECT", "fair.bpf.o", "refuse_value.bpf.o",
					     "AFTER", NULL };
	struct proc_result r;

	run(p, &r, "verify '%s' '%s'", p->object, p->refused);
	has(t, "several objects in one table", r.out, table);
	tap_ok(t, r.status == 2, "one of which is refused");
	proc_result_fini(&r);
	run(p, &r, "verify --csv '%s' '%s'", p->object, p->weak);
	tap_ok(t, !strncmp(r.out, "object,program,section,verdict,errno,", 37) &&
		       strstr(r.out, "fair.bpf.o\",\"fair_enqueue\",\"struct_ops/fair_enqueue\",accept,0,"),
	       "verify --csv");
	proc_result_fini(&r);
	run(p, &r, "verify --csv --json '%s'", p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, "not both"), "one format at a time");
	proc_result_fini(&r);
	run(p, &r, "verify --rodata '%s' '%s'", p->object, p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, ".rodata has "), ".rodata of another size");
	proc_result_fini(&r);
	run(p, &r, "verify '%s' no-such-file.o", p->object);
	tap_ok(t, r.status == 1 && strstr(r.out, "fair_enqueue"),
	       "what could be read is reported, and what could not ends it");
	proc_result_fini(&r);
}

static bool dump_btf(const struct place *p, const char *kernel)
{
	struct proc_result r;
	char path[128];
	bool ok;
	FILE *f;

	run(p, &r, "btf dump --kernel %s --format raw", kernel);
	snprintf(path, sizeof(path), "%s/btf", p->dir);
	f = fopen(path, "w");
	ok = f && fwrite(r.out, 1, r.out_len, f) == r.out_len && !fclose(f);
	proc_result_fini(&r);
	return ok;
}

static void test_explain_refusal(struct tap *t, const struct place *p)
{
	static const char *const bounds[] = {
		"unchecked_index (ops.runnable): refused\n  refuse_map_bounds.bpf.c:",
		"why:     R0 unbounded memory access",
		"assumed: R0=map_value(map=slots,",
		"it is loaded here: nothing is known of it",
		"instead: bound the value",
		NULL
	};
	static const char *const reference[] = {
		"why:     Unreleased reference id=", "the reference is acquired", "the jump is taken",
		"instead: give the object back on this path", NULL
	};
	static const char *const loop[] = { "the jump is taken, 142856 times", NULL };
	int dir = (int)(strrchr(p->weak, '/') - p->weak);
	struct proc_result r;

	run(p, &r, "verify --explain '%.*s'/refuse_map_bounds.bpf.o", dir, p->weak);
	has(t, "--explain: an access that was refused", r.out, bounds);
	proc_result_fini(&r);
	run(p, &r, "verify --explain '%.*s'/refuse_reference.bpf.o", dir, p->weak);
	has(t, "--explain: a reference that is held", r.out, reference);
	proc_result_fini(&r);
	run(p, &r, "verify --explain '%.*s'/refuse_loop.bpf.o", dir, p->weak);
	has(t, "--explain: a loop is one step", r.out, loop);
	proc_result_fini(&r);
}

/* Against other kernels' types: our own, and a real kernel's where there is one. */
static void test_verify_btf(struct tap *t, const struct place *p)
{
	const char *real = getenv("SCXLAB_VMLINUX");
	struct proc_result r;

	tap_ok(t, dump_btf(p, "7.1"), "the BTF of 7.1 in a file");
	run(p, &r, "verify --btf '%s/btf' '%s'", p->dir, p->object);
	tap_ok(t, r.status == 2 && strstr(r.out, "the kernel of that BTF has no kfunc scx_bpf_consume()"),
	       "a kfunc that it does not have");
	proc_result_fini(&r);
	tap_ok(t, dump_btf(p, "6.12"), "the BTF of 6.12 in a file");
	run(p, &r, "verify --btf '%s/btf' '%s'", p->dir, p->object);
	tap_ok(t, r.status == 0 && strstr(r.out, "accepted") && !strstr(r.out, "struct_ops value"),
	       "verify --btf");
	proc_result_fini(&r);
	run(p, &r, "verify --btf '%s/btf' --dump jited '%s'", p->dir, p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, "never run"), "nothing of it is compiled");
	proc_result_fini(&r);
	run(p, &r, "verify --btf '%s' '%s'", p->object, p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, "fair.bpf.o: no BTF of a kernel"),
	       "what is no BTF is refused by name");
	proc_result_fini(&r);
	if (!real) {
		tap_skip(t, "SCXLAB_VMLINUX names no file", "verify --btf of a real kernel");
		return;
	}
	run(p, &r, "verify --btf '%s' '%s'", real, p->object);
	tap_ok(t, r.status == 0 && strstr(r.out, "accepted"), "verify --btf of a real kernel");
	proc_result_fini(&r);
}

/* How many instructions the dump @text has of the function @label. */
static int insns_of(const char *text, const char *label)
{
	const char *at = strstr(text, label), *end = at ? strstr(at + strlen(label), "\n\n") : NULL;
	int nr = 0;

	for (at = at ? at + strlen(label) : NULL; at && at != end; at = strchr(at + 1, '\n')) {
		const char *line = at + (*at == '\n');
		size_t digits = strspn(line, " ");

		nr += strspn(line + digits, "0123456789") > 0;
		if (end && at > end)
			break;
	}
	return nr;
}

/* tests/bpf/explain.bpf.c: one name, several meanings. */
static void test_explain(struct tap *t, const struct place *p)
{
	static const char *const dump[] = {
		"\nplace:\n", "call scx_bpf_dispatch -> scx_kf_dispatch_direct\n", /* of enqueue */
		"<drain#1>\n", "\non_timer:\n", "<drain#2>\n", "\ndrain#1:\n",
		"-> scx_kf_from_dsq_in_balance\n", "\ndrain#2:\n",
		"-> scx_kf_from_dsq_unlocked\n", "-> scx_kf_dispatch_buffered\n", NULL
	};
	static const char *const one[] = { /* program, two meanings of one call */
		"\nshared_select_cpu:\n", "<place#1>\n", "<place#2>\n",
		"\nplace#1:\n", "call scx_bpf_dispatch -> scx_kf_dispatch_direct_checked\n",
		"\nplace#2:\n", "call scx_bpf_dispatch -> scx_kf_dispatch_direct\n", NULL
	};
	static const char *const text[] = {
		"shared_enqueue (ops.enqueue): accepted\n  explain.bpf.c:",
		"scx_bpf_dispatch, ops.enqueue -> scx_kf_dispatch_direct\n",
		"scx_bpf_dispatch, ops.dispatch -> scx_kf_dispatch_buffered\n",
		"-> scx_kf_from_dsq_in_balance\n    scx_bpf_dispatch_from_dsq, timer callback -> "
		"scx_kf_from_dsq_unlocked\n",
		"1 more copy of functions, ", "hang (ops.cgroup_move): refused\n",
		"(runqueue locked) -> refused\n", "why:      scx_bpf_dispatch_from_dsq() may not",
		"instead:  call it from ops.dispatch, ", "or use scx_bpf_kick_cpu here: it ",
		"instead:  make the program sleepable, ", NULL
	};
	static const char *const refusal[] = {
		"refuse_value: sched_ext_ops: program need_enqueue (enqueue), insn ",
		": scx_bpf_pick_idle_cpu() needs ops.update_idle to be absent, or "
		"SCX_OPS_KEEP_BUILTIN_IDLE", NULL
	};
	struct proc_result r;
	const char *at;

	run(p, &r, "verify --dump xlated '%s'", p->meanings);
	at = r.out;
	for (int i = 0; at && dump[i]; i++)
		at = strstr(at, dump[i]);
	tap_ok(t, at != NULL, "the dump shows what each copy calls");
	at = r.out;
	for (int i = 0; at && one[i]; i++)
		at = strstr(at, one[i]);
	tap_ok(t, at != NULL, "one program, two meanings of scx_bpf_dispatch()");
	/* three arguments that are given, the call, and the way back */
	tap_ok(t, insns_of(r.out, "\nplace:\n") == 5, "nothing around the call checks anything");
	proc_result_fini(&r);
	run(p, &r, "verify --explain '%s'", p->meanings);
	has(t, "verify --explain", r.out, text);
	tap_ok(t, r.status == 2 && !strstr(r.out, "processed "), "no logs of what is explained");
	proc_result_fini(&r);
	run(p, &r, "run '%s' --duration 10ms", p->refused);
	tap_ok(t, r.status == 2, "a scheduler that is refused when it is registered");
	has(t, "why it is refused", r.err, refusal);
	proc_result_fini(&r);
}

/* What a weak kfunc is depends on the kernel. */
static void test_weak(struct tap *t, const struct place *p)
{
	static const char *const calls[][2] = {
		{ "6.12", "call scx_bpf_dispatch -> scx_kf_dispatch_direct" },
		{ "7.1", "call scx_bpf_dsq_insert -> scx_kf_dispatch_direct" },
		{ "next", "call scx_bpf_dsq_insert -> scx_kf_dispatch_direct" },
	};
	struct proc_result r;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		run(p, &r, "verify --kernel %s --dump xlated '%s'", calls[i][0], p->weak);
		tap_ok(t, !r.status && strstr(r.out, calls[i][1]), "weak kfuncs of %s",
		       calls[i][0]);
		proc_result_fini(&r);
		run(p, &r, "run --kernel %s --duration 50ms '%s'", calls[i][0], p->weak);
		tap_ok(t, !r.status && strstr(r.out, "(unreg)"), "they run on %s", calls[i][0]);
		proc_result_fini(&r);
	}
}

static void test_provenance(struct tap *t, const struct place *p)
{
	static const char *const checked[] = {
		"ops on a task (runqueue locked) -> scx_kf_task_cgroup\n",
		"ops.enqueue -> scx_kf_task_cgroup_checked\n        note:     the text does not", NULL
	};
	static const char *const strict[] = {
		"ops on a task (runqueue locked) -> scx_kf_task_cgroup\n",
		"ops.enqueue -> refused\n        why:      scx_bpf_task_cgroup() may be called on",
		"instead:  pass what the callback was given", NULL
	};
	int dir = strrchr(p->weak, '/') - p->weak;
	struct proc_result r;
	const char *either;

	run(p, &r, "verify --explain '%.*s'/other_task.bpf.o", dir, p->weak);
	has(t, "a task of unknown origin is checked later", r.out, checked);
	either = strstr(r.out, "either_task (ops.stopping): accepted\n");
	tap_ok(t, either && strstr(either, "-> scx_kf_task_cgroup_checked\n") &&
			  !strstr(either, "-> scx_kf_task_cgroup\n"),
	       "one call, two tasks: what both paths do is told");
	proc_result_fini(&r);
	run(p, &r, "verify --kernel next --explain '%.*s'/other_task.bpf.o", dir, p->weak);
	has(t, "or never, under the strictest rules", r.out, strict);
	proc_result_fini(&r);
}

/* Which names there are, and when they are checked. */
static void test_profiles(struct tap *t, const struct place *p)
{
	static const struct {
		const char *kernel, *has, *lacks;
	} kernels[] = {
		{ "6.12", "scx_bpf_dispatch(", "scx_bpf_dsq_insert" },
		{ "7.1", "scx_bpf_dsq_insert(", "scx_bpf_dispatch(" },
		{ "next", "scx_bpf_dispatch(", "no such kfunc" },
	};
	struct proc_result r;

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		run(p, &r, "kfuncs --kernel %s", kernels[i].kernel);
		tap_ok(t, strstr(r.out, kernels[i].has) && !strstr(r.out, kernels[i].lacks),
		       "kfuncs of %s", kernels[i].kernel);
		proc_result_fini(&r);
	}
	run(p, &r, "verify --kfunc-resolution runtime --explain '%s'", p->meanings);
	tap_ok(t, strstr(r.out, "hang (ops.cgroup_move): accepted") &&
		  strstr(r.out, "scx_bpf_dispatch, ops.enqueue -> scx_rt_dispatch\n"),
	       "run-time mode loads what load-time mode refuses");
	proc_result_fini(&r);
}

static void test_kfuncs(struct tap *t, const struct place *p)
{
	static const char *const table[] = {
		"void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)\n"
		"\tKF_RCU\n"
		"\tops.select_cpu, ops.enqueue, with the callback's own argument -> ",
		"\tops.select_cpu, ops.enqueue -> ",
		"\tops.dispatch -> ", NULL
	};
	static const char *const matrix[] = { "A  ops.select_cpu, ops.enqueue\n", "ops.init,",
					      "syscall program", "  KFUNC ",
					      "  scx_bpf_dispatch_vtime           1|2  -  3  -", NULL };
	struct proc_result r;

	run(p, &r, "kfuncs scx_bpf_dispatch");
	has(t, "kfuncs", r.out, table);
	tap_ok(t, !strstr(r.out, "scx_bpf_kick_cpu"), "kfuncs by name only");
	proc_result_fini(&r);
	run(p, &r, "kfuncs --matrix scx_bpf_dispatch_vtime");
	has(t, "kfuncs --matrix", r.out, matrix);
	proc_result_fini(&r);
	run(p, &r, "kfuncs nothing_like_it");
	tap_ok(t, r.status == 1 && strstr(r.err, "nothing_like_it"), "kfuncs with no such name");
	proc_result_fini(&r);
}

/* ---- files ---- */

static void test_traces(struct tap *t, const struct place *p)
{
	char path[128], *text;
	struct proc_result r;
	size_t len;

	snprintf(path, sizeof(path), "%s/t.txt", p->dir);
	run(p, &r, "run '%s' --cpus 2 --duration 100ms --trace %s", p->object, path);
	text = proc_read_file(path, &len);
	tap_ok(t, text && !strncmp(text, "# tracer: nop\n", 14) && strstr(text, ": sched_switch: "),
	       "--trace FILE.txt");
	free(text);
	unlink(path);
	proc_result_fini(&r);

	snprintf(path, sizeof(path), "%s/t.pftrace", p->dir);
	run(p, &r, "run '%s' --cpus 2 --duration 100ms --trace %s", p->object, path);
	text = proc_read_file(path, &len);
	tap_ok(t, text && len > 1000 && text[0] == 0x0a, "--trace FILE.pftrace");
	free(text);
	unlink(path);
	proc_result_fini(&r);
}

/* A full disk is an error wherever the bytes were going. */
/* The shell's process becomes scxlab's, so its number is known. */
static void test_perf_map(struct tap *t, const struct place *p)
{
	char line[1024], path[64];
	const char *argv[] = { "/bin/sh", "-c", line, NULL };
	struct proc_result r;
	char *map;

	snprintf(line, sizeof(line),
		 "echo $$; exec '%s' run '%s' --duration 10ms --perf-map --engine jit", p->scxlab,
		 p->object);
	proc_run(argv, NULL, &r);
	if (strstr(r.err, "there is no JIT")) {
		tap_skip(t, "no JIT", "--perf-map");
		proc_result_fini(&r);
		return;
	}
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", atoi(r.out));
	map = proc_read_file(path, NULL);
	tap_ok(t, map && strstr(map, " bpf_prog_fair_select_cpu\n"), "--perf-map");
	unlink(path);
	free(map);
	proc_result_fini(&r);
}

static void test_full(struct tap *t, const struct place *p)
{
	char path[128], line[1024];
	const char *argv[] = { "/bin/sh", "-c", line, NULL };
	struct proc_result r;

	if (access("/dev/full", W_OK)) {
		tap_skip(t, "no /dev/full", "write errors");
		return;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/full%s", p->dir, i ? ".txt" : ".pftrace");
		if (symlink("/dev/full", path))
			perror(path);
		run(p, &r, "run --scheduler eevdf --duration 1s --trace %s", path);
		tap_ok(t, r.status == 1 && strstr(r.err, "No space left"), "--trace on a full disk");
		unlink(path);
		proc_result_fini(&r);
	}
	snprintf(line, sizeof(line), "exec '%s' run --scheduler eevdf --duration 1s --json > /dev/full",
		 p->scxlab);
	proc_run(argv, NULL, &r);
	tap_ok(t, r.status == 1 && strstr(r.err, "standard output"), "a report on a full disk");
	proc_result_fini(&r);
}

/* ---- the terminal ---- */

/* Waits for @word on @fd; false at the end of the output or after 60 seconds. */
static bool await(int fd, const char *word, char *seen, size_t size)
{
	size_t n = strlen(seen);

	while (!strstr(seen, word) && n + 1 < size) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&pfd, 1, 60000) <= 0)
			return false;
		got = read(fd, seen + n, size - 1 - n);
		if (got <= 0)
			return false;
		n += got;
		seen[n] = '\0';
	}
	return strstr(seen, word);
}

/* The figures of what ended early, or did not end, say so. */
static void test_early(struct tap *t, const struct place *p)
{
	static const char *const ended[] = { "Exit:   unregistered from BPF",
					     "The scheduler ended at ", "ran under eevdf", NULL };
	static const char *const starved[] = { "Machine:   1 CPU, 1 core",
					       " still waiting for a CPU at the end, longest ",
					       NULL };
	int dir = strrchr(p->weak, '/') - p->weak;
	struct proc_result r;
	json_object *o, *at = NULL, *n = NULL;

	run(p, &r, "run '%.*s'/exit_error.bpf.o --set mode=MODE_EXIT --duration 1s", dir, p->weak);
	has(t, "a scheduler that ended before the run did", r.out, ended);
	proc_result_fini(&r);
	run(p, &r, "run '%.*s'/exit_error.bpf.o --set mode=MODE_EXIT --duration 1s --json", dir,
	    p->weak);
	o = json_tokener_parse(r.out);
	if (json_object_object_get_ex(o, "exit", &at))
		json_object_object_get_ex(at, "at_ns", &at);
	tap_ok(t, json_object_get_int64(at) > 0 && json_object_get_int64(at) < 1000000000,
	       "... and the JSON has when");
	json_object_put(o);
	proc_result_fini(&r);
	run(p, &r, "run '%.*s'/exit_error.bpf.o --set mode=MODE_NO_DISPATCH --cpus 1 --duration 1s",
	    dir, p->weak);
	has(t, "tasks that starve", r.out, starved);
	proc_result_fini(&r);
	run(p, &r, "run '%.*s'/exit_error.bpf.o --set mode=MODE_NO_DISPATCH --cpus 1 --duration 1s "
	    "--json", dir, p->weak);
	o = json_tokener_parse(r.out);
	if (json_object_object_get_ex(o, "totals", &at))
		json_object_object_get_ex(at, "longest_waiting_ns", &n);
	tap_ok(t, json_object_get_int64(n) > 100000000, "... for how long");
	json_object_put(o);
	proc_result_fini(&r);
}

/* A long run shows its progress, and ends with a report when interrupted. */
static void test_terminal(struct tap *t, const struct place *p)
{
	static char seen[1 << 16];
	int fd, status = -1;
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);

	if (!pid) {
		execl(p->scxlab, "scxlab", "run", "--scheduler", "eevdf", "--duration", "100000s",
		      NULL);
		_exit(127);
	}
	if (pid < 0) {
		tap_skip(t, "no pseudo-terminal", "progress and interrupt");
		return;
	}
	tap_ok(t, await(fd, "s simulated", seen, sizeof(seen)), "progress on a terminal");
	kill(pid, SIGINT);
	tap_ok(t, await(fd, "; interrupted", seen, sizeof(seen)), "an interrupt ends the run");
	await(fd, "\1", seen, sizeof(seen)); /* the rest */
	close(fd);
	waitpid(pid, &status, 0);
	tap_ok(t, WIFEXITED(status) && !WEXITSTATUS(status), "... with a report and status 0");
}

/* Where a process may not execute what it wrote, programs are interpreted. */
static void test_confined(struct tap *t, const struct place *p)
{
	struct proc_result r;

	if (run_confined(p, &r, "run '%s' --json --duration 100ms", p->object) &&
	    r.status == PROC_NOT_HERE) {
		tap_skip(t, "no seccomp filters here", "without executable memory");
		proc_result_fini(&r);
		return;
	}
	tap_ok(t, r.status == 0 && strstr(r.out, "\"kind\": \"unreg\""),
	       "without executable memory a scheduler runs");
	tap_ok(t, strstr(r.err, "note: programs are interpreted"), "and a note says how");
	proc_result_fini(&r);
	run_confined(p, &r, "run '%s' --engine jit", p->object);
	tap_ok(t, r.status == 1 && strstr(r.err, "can only be interpreted"),
	       "a JIT that was asked for is refused");
	proc_result_fini(&r);
}

int main(int argc, char **argv)
{
	struct place p = { argv[1], argv[2], argv[3], argv[4], argv[5],
			   argv[6], "/tmp/scxlab-cli-XXXXXX" };
	struct tap t = {};

	if (argc != 7 || !mkdtemp(p.dir))
		return EXIT_FAILURE;
	test_json(&t, &p);
	test_text(&t, &p);
	test_help(&t, &p);
	test_man(&t, &p, "run");
	test_man(&t, &p, "verify");
	test_man(&t, &p, "btf");
	test_man(&t, &p, "kfuncs");
	test_verify_text(&t, &p);
	test_verify_several(&t, &p);
	test_explain_refusal(&t, &p);
	test_verify_btf(&t, &p);
	test_kfuncs(&t, &p);
	test_explain(&t, &p);
	test_weak(&t, &p);
	test_provenance(&t, &p);
	test_profiles(&t, &p);
	test_early(&t, &p);
	test_traces(&t, &p);
	test_perf_map(&t, &p);
	test_confined(&t, &p);
	test_full(&t, &p);
	test_terminal(&t, &p);
	rmdir(p.dir);
	return tap_done(&t);
}
