/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stories MATRIX: what a verdict matrix does not show. What the refusals say; nested
 * contexts in run-time mode; what depends on the whole struct sched_ext_ops; and that
 * whatever 7.1 lets load does something sensible when it is called (MATRIX is 7.1's).
 */
#include <stdio.h>
#include <stdlib.h>

#include "cell.h"
#include "matrix.h"
#include "tap.h"

static bool refused(struct tap *t, enum kernel_profile p, const char *kfunc, const char *member,
		    const char *text)
{
	struct cell c = { .kfunc = kfunc, .member = member, .type = BPF_PROG_TYPE_STRUCT_OPS };
	struct lab l;
	bool ok;
	int fd;

	lab_create(&l, p, KFUNC_AT_LOAD);
	fd = lab_load(&l, &c);
	ok = tap_ok(t, fd < 0 && strstr(l.log, text), "%s: %s in ops.%s is refused: %s",
		    kernel_profile_name(p), kfunc, member, text);
	if (!ok)
		tap_note_text(l.log, 100);
	lab_close(&l, fd);
	lab_destroy(&l);
	return ok;
}

static void refusals(struct tap *t)
{
	static const char locked[] = "ops.cgroup_move (runqueue locked)";

	refused(t, KERNEL_6_12, "scx_bpf_dispatch_from_dsq", "cgroup_move", locked);
	refused(t, KERNEL_6_12, "scx_bpf_dispatch_vtime_from_dsq", "cgroup_move", locked);
	refused(t, KERNEL_7_1, "scx_bpf_dsq_move", "cgroup_move", locked);
	refused(t, KERNEL_NEXT, "scx_bpf_dispatch_from_dsq", "cgroup_move", locked);
	refused(t, KERNEL_NEXT, "scx_bpf_dsq_move", "cgroup_move", locked);
	refused(t, KERNEL_6_12, "scx_bpf_select_cpu_dfl", "enqueue", "only from: ops.select_cpu");
	refused(t, KERNEL_7_1, "scx_bpf_select_cpu_dfl", "running", "is not allowed");
}

/* ---- timer callbacks: 7.1 lets them inherit, "next" has them unlocked ---- */

static void timer(struct tap *t, enum kernel_profile p, const char *member, const char *kfunc,
		  const char *fn)
{
	struct call_target target = { .fn_name = "refused" };
	struct call_site site = { .prog_type = BPF_PROG_TYPE_STRUCT_OPS, .member_name = member,
				  .place = CALL_IN_TIMER_CB };
	struct err_msg e = {};
	struct lab l;

	lab_create(&l, p, KFUNC_AT_LOAD);
	site.st_ops = &l.scx->type;
	site.member = lab_member(&l, member);
	calls_resolve_kfunc(l.k->calls, &site, kbtf_find(l.btf, kfunc, BTF_KIND_FUNC), NULL, NULL,
			    &target, &e);
	if (!tap_ok(t, !strcmp(target.fn_name, fn), "%s: %s in a timer armed by ops.%s: %s",
		    kernel_profile_name(p), kfunc, member, fn))
		tap_note("%s %s", target.fn_name, e.text);
	lab_destroy(&l);
}

static void timers(struct tap *t)
{
	timer(t, KERNEL_7_1, "dispatch", "scx_bpf_dsq_insert", "scx_kf_stray_insert");
	timer(t, KERNEL_NEXT, "dispatch", "scx_bpf_dsq_insert", "refused");
	timer(t, KERNEL_7_1, "dispatch", "scx_bpf_dsq_move_to_local", "scx_kf_stray_move_to_local");
	timer(t, KERNEL_NEXT, "dispatch", "scx_bpf_dsq_move_to_local", "refused");
	timer(t, KERNEL_7_1, "dispatch", "scx_bpf_dsq_move", "scx_kf_from_dsq_unlocked");
	timer(t, KERNEL_NEXT, "dispatch", "scx_bpf_dsq_move", "scx_kf_from_dsq_unlocked");
	timer(t, KERNEL_7_1, "running", "scx_bpf_dsq_move", "refused");
	timer(t, KERNEL_NEXT, "running", "scx_bpf_dsq_move", "scx_kf_from_dsq_unlocked");
	timer(t, KERNEL_6_12, "running", "scx_bpf_dispatch_from_dsq", "scx_kf_from_dsq_unlocked");
	timer(t, KERNEL_7_1, "enqueue", "scx_bpf_select_cpu_and",
	      "scx_kf_select_cpu_and_unlocked_if_tracked");
	timer(t, KERNEL_7_1, "running", "scx_bpf_cpuperf_set", "scx_kf_cpuperf_set");
}

/* Timer callbacks of programs that are not sched_ext's. */
static void other_timer(struct tap *t, enum kernel_profile p, enum bpf_prog_type type,
			const char *kfunc, const char *fn)
{
	static const struct st_ops_type other = { .name = "tcp_congestion_ops" };
	struct call_target target = { .fn_name = "refused" };
	struct call_site site = { .prog_type = type, .place = CALL_IN_TIMER_CB, .sleepable = true };
	struct err_msg e = {};
	struct lab l;

	if (type == BPF_PROG_TYPE_STRUCT_OPS)
		site.st_ops = &other;
	lab_create(&l, p, KFUNC_AT_LOAD);
	calls_resolve_kfunc(l.k->calls, &site, kbtf_find(l.btf, kfunc, BTF_KIND_FUNC), NULL, NULL,
			    &target, &e);
	if (!tap_ok(t, !strcmp(target.fn_name, fn), "%s: %s in a timer armed by %s: %s",
		    kernel_profile_name(p), kfunc, site.st_ops ? other.name : "a syscall program",
		    fn))
		tap_note("%s %s", target.fn_name, e.text);
	lab_destroy(&l);
}

static void other_timers(struct tap *t)
{
	other_timer(t, KERNEL_6_12, BPF_PROG_TYPE_STRUCT_OPS, "scx_bpf_dispatch_from_dsq",
		    "scx_kf_from_dsq_unlocked");
	other_timer(t, KERNEL_7_1, BPF_PROG_TYPE_STRUCT_OPS, "scx_bpf_dsq_move", "refused");
	other_timer(t, KERNEL_NEXT, BPF_PROG_TYPE_STRUCT_OPS, "scx_bpf_dsq_move", "refused");
	other_timer(t, KERNEL_6_12, BPF_PROG_TYPE_SYSCALL, "scx_bpf_create_dsq", "refused");
	other_timer(t, KERNEL_7_1, BPF_PROG_TYPE_SYSCALL, "scx_bpf_create_dsq",
		    "scx_kf_create_dsq");
	other_timer(t, KERNEL_NEXT, BPF_PROG_TYPE_SYSCALL, "scx_bpf_create_dsq", "refused");
	other_timer(t, KERNEL_NEXT, BPF_PROG_TYPE_SYSCALL, "scx_bpf_dsq_move",
		    "scx_kf_from_dsq_unlocked");
}

/* ---- run time ---- */

static void ends(struct tap *t, const struct cell *c, const char *text)
{
	struct result r;

	run_cell(KERNEL_6_12, KFUNC_AT_RUN, c, &r);
	if (!tap_ok(t, r.outcome == ENDED && !strcmp(r.text, text), "run time: %s in ops.%s: %s",
		    c->kfunc, c->member, text))
		tap_note("%u %s", r.outcome, r.text);
}

/* ops.cpu_release -> scx_bpf_reenqueue_local() -> ops.enqueue, which calls @kfunc. NULL: lives. */
static void nested(struct tap *t, const char *kfunc, const char *text)
{
	struct cell c = { .kfunc = kfunc, .member = "enqueue", .reenq = true,
			  .type = BPF_PROG_TYPE_STRUCT_OPS };
	struct cell release = { .kfunc = "scx_bpf_reenqueue_local", .member = "cpu_release",
				.type = BPF_PROG_TYPE_STRUCT_OPS };
	const struct scx_exit_info *ei;
	struct fire f;
	struct lab l;
	bool called;

	lab_create(&l, KERNEL_6_12, KFUNC_AT_RUN);
	fire_populate(&f, &l);
	if (scx_create_dsq(l.scx, LAB_DSQ))
		lab_fail("no DSQ");
	f.more_member = "enqueue";
	f.more_fd = lab_load(&l, &c);
	if (fire_attach(&f, "cpu_release", lab_load(&l, &release)))
		lab_fail("cannot attach: %s", kernel_bpf_error(l.k));
	fire(&f);
	called = lab_count(&l, 1) > 1; /* by both programs */
	fire_detach(&f);
	ei = scx_exit_info(l.scx);
	if (!tap_ok(t, called && (text ? !strcmp(ei->msg, text) : ei->kind == SCX_EXIT_UNREG),
		    "nested: %s: %s", kfunc, text ?: "fine"))
		tap_note("called %u kind %d %s", called, ei->kind, ei->msg);
	lab_destroy(&l);
}

static void at_run_time(struct tap *t)
{
	ends(t, &(struct cell){ .kfunc = "scx_bpf_select_cpu_dfl", .member = "enqueue",
				.type = BPF_PROG_TYPE_STRUCT_OPS },
	     "kfunc with mask 0x8 called from an operation only allowing 0x4");
	nested(t, "scx_bpf_dispatch", NULL);
	nested(t, "scx_bpf_task_cgroup", NULL);
	nested(t, "scx_bpf_select_cpu_dfl",
	       "kfunc with mask 0x8 called from an operation only allowing 0x5");
	nested(t, "scx_bpf_dispatch_nr_slots",
	       "kfunc with mask 0x2 called from an operation only allowing 0x5");
	nested(t, "scx_bpf_dispatch_cancel",
	       "kfunc with mask 0x2 called from an operation only allowing 0x5");
	nested(t, "scx_bpf_consume",
	       "kfunc with mask 0x2 called from an operation only allowing 0x5");
	nested(t, "scx_bpf_dispatch_from_dsq",
	       "kfunc with mask 0x2 called from an operation only allowing 0x5");
	nested(t, "scx_bpf_reenqueue_local", "cpu_release kfunc called from a nested operation");
}

/* ---- what depends on the whole value ---- */

static void value_refused(struct tap *t, enum kernel_profile p, const char *kfunc,
			  const char *member, u64 flags, const char *text)
{
	struct cell c = { .kfunc = kfunc, .member = member, .type = BPF_PROG_TYPE_STRUCT_OPS };
	struct fire f;
	struct lab l;
	int err;

	lab_create(&l, p, KFUNC_AT_LOAD);
	fire_populate(&f, &l);
	f.flags = flags;
	err = fire_attach(&f, member, lab_load(&l, &c));
	if (!tap_ok(t, err < 0 && strstr(kernel_bpf_error(l.k), text),
		    "%s: ops.%s with %s, flags 0x%llx: %s", kernel_profile_name(p), member, kfunc,
		    (unsigned long long)flags, text))
		tap_note("%d %s", err, kernel_bpf_error(l.k));
	tap_note("%s", kernel_bpf_error(l.k));
	fire_detach(&f);
	lab_destroy(&l);
}

static void facts(struct tap *t)
{
	static const char idle[] = "SCX_OPS_KEEP_BUILTIN_IDLE";

	value_refused(t, KERNEL_6_12, "scx_bpf_pick_idle_cpu", "update_idle", 0, idle);
	value_refused(t, KERNEL_7_1, "scx_bpf_get_idle_cpumask", "update_idle", 0, idle);
	value_refused(t, KERNEL_6_12, "scx_bpf_kick_cpu", "running", SCX_OPS_ENQ_LAST,
		      "SCX_OPS_ENQ_LAST");
	value_refused(t, KERNEL_6_12, "scx_bpf_reenqueue_local", "cpu_release", 0, "ops.enqueue");
	value_refused(t, KERNEL_7_1, "scx_bpf_pick_idle_cpu_node", "running", 0,
		      "SCX_OPS_BUILTIN_IDLE_PER_NODE");
	value_refused(t, KERNEL_7_1, "scx_bpf_kick_cpu", "sub_attach", 0, "sub-schedulers");
	value_refused(t, KERNEL_7_1, "scx_bpf_kick_cpu", "sub_detach", 0, "sub-schedulers");
}

/* ---- 7.1's, called ---- */

/* What 7.1 itself still decides when the call is made, and what is not built. */
static const char *const known_ends[] = {
	"x", /* exit and error */
	"scx_bpf_dump() must only be called from ops.dump() and friends",
	"called on a task not being operated on",
	"scx_bpf_locked_rq() called outside of the operation that it belongs to",
	"Invalid target CPU 0",
};

static bool is_known(const char *text)
{
	for (u32 i = 0; i < ARRAY_SIZE(known_ends); i++)
		if (!strcmp(known_ends[i], text))
			return true;
	return false;
}

/* Two callbacks and a kfunc that no scheduler may have yet. */
static bool needs_more(const struct result *r)
{
	return r->outcome == ATTACH_REFUSED &&
	       strstr(r->text, "sub-schedulers");
}

static struct cell allowed_cell(const struct verdict *v)
{
	struct cell c = matrix_cell(v, NULL);

	c.sleepable = !strcmp(v->verdict, "allow-if-sleepable-prog");
	if (strstr(v->kfunc, "mask_node") || strstr(v->kfunc, "_cpu_node"))
		c.flags = SCX_OPS_BUILTIN_IDLE_PER_NODE;
	if (!strcmp(v->kfunc, "scx_bpf_dispatch_cancel"))
		c.before = "scx_bpf_dsq_insert"; /* something to cancel */
	return c;
}

static bool is_called(const struct verdict *v)
{
	return !strncmp(v->verdict, "allow", 5) && !matrix_is_tracing(v);
}

static void all_called(struct tap *t, const char *path)
{
	u32 called = 0, ended = 0, more = 0, bad = 0;
	struct matrix m;

	matrix_read(&m, path);
	for (u32 i = 0; i < m.nr; i++) {
		const struct verdict *v = &m.rows[i];
		struct cell c = allowed_cell(v);
		struct result r;

		if (!is_called(v))
			continue;
		run_cell(KERNEL_7_1, KFUNC_AT_LOAD, &c, &r);
		if (needs_more(&r)) {
			more++;
		} else if (r.outcome == LIVES) {
			called++;
		} else if (r.outcome == ENDED && is_known(r.text)) {
			ended++;
		} else {
			bad++;
			tap_note("%s from %s: %u %s", v->kfunc, v->caller, r.outcome, r.text);
		}
	}
	tap_ok(t, !bad, "7.1, called: %u fine, %u ended as 7.1 would, %u with sub-schedulers, %u bad",
	       called, ended, more, bad);
	free(m.rows);
}

/* ---- "next" decides nothing when a call is made ---- */

enum twist { PLAIN, OTHER_TASK, OTHER_CPU, NO_IDLE, NO_NODES, NR_TWISTS };

static const char *const twists[] = {
	[PLAIN] = "as it should be",
	[OTHER_TASK] = "with a task that the text does not know",
	[OTHER_CPU] = "with another CPU",
	[NO_IDLE] = "without built-in idle tracking",
	[NO_NODES] = "with idle tracking of the other kind",
};

static struct cell twisted_cell(const struct verdict *v, enum twist twist)
{
	struct cell c = allowed_cell(v);

	c.other_task = twist == OTHER_TASK;
	c.cpu = twist == OTHER_CPU;
	c.no_idle = twist == NO_IDLE;
	if (twist == NO_NODES)
		c.flags ^= SCX_OPS_BUILTIN_IDLE_PER_NODE;
	return c;
}

/* Does it make another program of the cell? */
static bool is_twist(const struct verdict *v, enum twist twist)
{
	switch (twist) {
	case OTHER_TASK:
		return lab_takes_task(v->kfunc);
	case OTHER_CPU:
		return lab_takes_cpu(v->kfunc);
	case NO_IDLE:
	case NO_NODES:
		return !strcmp(v->set, "idle") || strstr(v->kfunc, "select_cpu");
	default:
		return true;
	}
}

/* It is for ending the scheduler. */
static bool is_exit(const struct verdict *v, const struct result *r)
{
	return (!strcmp(v->kfunc, "scx_bpf_exit_bstr") || !strcmp(v->kfunc, "scx_bpf_error_bstr")) &&
	       r->outcome == ENDED && !strcmp(r->text, "x");
}

/* Either refused, and told why, or called, and nothing came of it but what was asked for. */
static bool is_decided(const struct verdict *v, const struct result *r, u32 counts[3])
{
	switch (r->outcome) {
	case LOAD_REFUSED:
		counts[0]++;
		return strstr(r->text, "may not be called from") ||
		       strstr(r->text, "on the callback's own task only");
	case ATTACH_REFUSED:
		counts[1]++;
		return strstr(r->text, " needs ") || strstr(r->text, "sub-schedulers");
	default:
		counts[2]++;
		return r->outcome == LIVES || is_exit(v, r);
	}
}

static void decided(struct tap *t, const struct matrix *m, enum twist twist)
{
	u32 counts[3] = { 0 }, bad = 0;

	for (u32 i = 0; i < m->nr; i++) {
		const struct verdict *v = &m->rows[i];
		struct cell c = twisted_cell(v, twist);
		struct result r;

		if (!is_called(v) || !is_twist(v, twist))
			continue;
		run_cell(KERNEL_NEXT, KFUNC_AT_LOAD, &c, &r);
		if (is_decided(v, &r, counts))
			continue;
		bad++;
		tap_note("%s from %s: %u", v->kfunc, v->caller, r.outcome);
		tap_note_text(r.text, 100);
	}
	tap_ok(t, !bad && counts[2],
	       "next, %s: %u refused at load, %u when registered, %u called and fine, %u bad",
	       twists[twist], counts[0], counts[1], counts[2] - bad, bad);
}

static void all_decided(struct tap *t, const char *path)
{
	struct matrix m;

	matrix_read(&m, path);
	for (enum twist twist = 0; twist < NR_TWISTS; twist++)
		decided(t, &m, twist);
	free(m.rows);
}

int main(int argc, char **argv)
{
	struct tap tap = {};

	if (argc != 3)
		lab_fail("usage: stories MATRIX FOREIGN");
	refusals(&tap);
	timers(&tap);
	other_timers(&tap);
	at_run_time(&tap);
	facts(&tap);
	all_called(&tap, argv[1]);
	all_decided(&tap, argv[1]);
	return tap_done(&tap);
}
