/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a PROG_LOAD was told, for who explains it to people: each decided call with
 * its source line; and each refused one with where it would be legal and what to
 * do instead. All of it is derived from declarations and the resolver's answers.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/internal.h"
#include "kernel/kfuncs.h"

static const struct {
	const char *kfunc, *other, *text;
} suggestions[] = {
#define SUGGEST(kfunc, other, text) { kfunc, other, text },
#include "scx/suggest.def"
#undef SUGGEST
};

/* ---- where it stands ---- */

static void describe_source(const struct bpf_prog *prog, struct kernel_call *c)
{
	const struct prog_line_info *found;
	u32 at = c->insn;

	c->file = c->source = "";
	/* the lines of a verified program are those of its rewritten instructions */
	if (prog->insns)
		for (at = 0; at < prog->len && prog->orig_of[at] != c->insn; at++)
			;
	found = prog_line(prog, at);
	if (!found || !prog->btf)
		return;
	c->file = kbtf_name(prog->btf, found->file_name_off) ?: "";
	c->source = kbtf_name(prog->btf, found->line_off) ?: "";
	c->source += strspn(c->source, " \t");
	c->line = found->line_col >> 10;
}

static const char *place_text(enum call_place place)
{
	static const char *const texts[] = {
		[CALL_IN_MAIN] = "",
		[CALL_IN_TIMER_CB] = "timer callback",
		[CALL_IN_WQ_CB] = "workqueue callback",
		[CALL_IN_EXCEPTION_CB] = "exception callback",
	};

	return texts[place];
}

static void site_of(const struct kernel *k, const struct bpf_prog *prog,
		    const struct verifier_call *v, struct call_site *site)
{
	const struct btf_type *t = prog->st_ops ? kbtf_type(k->btf, prog->attach_btf_id) : NULL;
	u32 member = prog->expected_attach_type;

	*site = (struct call_site){
		.prog_type = prog->type,
		.attach_type = prog->expected_attach_type,
		.st_ops = prog->st_ops,
		/* what Linux calls a timer callback does not sleep, whatever its program does */
		.sleepable = v->place == CALL_IN_WQ_CB ||
			     (prog->sleepable && v->place != CALL_IN_TIMER_CB),
		.place = v->place,
		.insn = v->insn,
	};
	if (t && member < kbtf_vlen(t)) {
		site->member = member;
		site->member_name = kbtf_name(k->btf, kbtf_members(t)[member].name_off);
	}
}

/* ---- what to do about it ---- */

static void __printf(2, 3) add(char buf[KERNEL_TEXT_LEN], const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + len, KERNEL_TEXT_LEN - len, fmt, ap);
	va_end(ap);
}

/* A list of more callbacks than that helps nobody. */
#define MAX_CALLERS 6

/* A program that one could write, from whose body the kfunc may be called. */
static bool is_legal_op(struct kernel *k, u32 id, u32 caller, struct kernel_caller *c,
			struct kernel_call_verdict *v)
{
	kernel_caller(k, caller, c);
	kernel_resolve_call(k, id, caller, v);
	return c->is_op && !c->closed && v->kind != KERNEL_CALL_REFUSED;
}

/* "call it from ops.select_cpu or ops.enqueue" */
static void suggest_callers(struct kernel *k, u32 id, char *buf)
{
	u32 nr = kernel_nr_callers(k), ops = 0, last = 0, shown = 0;
	struct kernel_call_verdict v;
	struct kernel_caller c;

	for (u32 i = 0; i < nr; i++)
		if (is_legal_op(k, id, i, &c, &v)) {
			ops++;
			last = i;
		}
	for (u32 i = 0; ops && i <= last && shown < MAX_CALLERS; i++) {
		if (!is_legal_op(k, id, i, &c, &v))
			continue;
		if (!shown)
			add(buf, "call it from %s",
			    v.kind == KERNEL_CALL_IF_SLEEPABLE ? "a sleepable " : "");
		add(buf, "%sops.%s", !shown ? "" : i == last ? " or " : ", ", c.name);
		shown++;
	}
	if (shown < ops)
		add(buf, " ...");
}

/* "make the program sleepable": where its callback may be, and that is all that is missing. */
static void suggest_sleeping(struct kernel *k, const struct call_site *site, u32 id, char *buf)
{
	const struct st_ops_member *row = NULL;
	struct call_site sleeping = *site;
	struct kernel_call_verdict v;

	if (site->st_ops)
		row = calls_st_ops_member(k->calls, site->st_ops, site->member);
	if (!row || !(row->flags & ST_OPS_SLEEPABLE) || site->sleepable || site->place)
		return;
	sleeping.sleepable = true;
	kernel_resolve_site(k, &sleeping, id, &v);
	if (v.kind != KERNEL_CALL_REFUSED)
		add(buf, "make the program sleepable, with SEC(\"struct_ops.s/...\"), or ");
}

static void suggest_others(struct kernel *k, const struct call_site *site, const char *kfunc,
			   char *buf)
{
	for (u32 i = 0; i < ARRAY_SIZE(suggestions); i++) {
		struct kernel_call_verdict v;
		s32 id;

		if (strcmp(suggestions[i].kfunc, kfunc))
			continue;
		if (!suggestions[i].other[0]) {
			add(buf, "%s%s", buf[0] ? ", or " : "", suggestions[i].text);
			return;
		}
		id = kbtf_find(k->btf, suggestions[i].other, BTF_KIND_FUNC);
		if (id < 0)
			continue;
		kernel_resolve_site(k, site, id, &v);
		if (v.kind == KERNEL_CALL_REFUSED)
			continue;
		add(buf, "%suse %s here: it %s", buf[0] ? ", or " : "", suggestions[i].other,
		    suggestions[i].text);
		return;
	}
}

/* The rest of the program may call it: say what is different here. */
static void explain_place(struct kernel *k, const struct call_site *site, u32 id, char *buf)
{
	struct call_site body = *site;
	struct kernel_call_verdict v;

	if (!site->member_name || (site->place != CALL_IN_TIMER_CB && site->place != CALL_IN_WQ_CB))
		return;
	body.place = CALL_IN_MAIN;
	kernel_resolve_site(k, &body, id, &v);
	if (v.kind != KERNEL_CALL_REFUSED)
		add(buf, "ops.%s may call it, but its %s runs later, when nothing of that holds; ",
		    site->member_name, place_text(site->place));
}

static void explain_refusal(struct kernel *k, const struct call_site *site,
			    const struct verifier_call *v, struct kernel_call *c)
{
	s32 id = kbtf_find(k->btf, v->kfunc, BTF_KIND_FUNC);
	u64 legal = v->set ? v->legal & kernel_contexts(k, v->set) : 0;
	struct kernel_call_verdict here;

	for (u32 i = 0; legal && i < v->set->nr_contexts; i++)
		if (legal & BIT_ULL(i))
			add(c->legal, "%s%s", c->legal[0] ? ", " : "", v->set->context_names[i]);
	if (v->is_helper || id < 0)
		return;
	explain_place(k, site, id, c->hint);
	suggest_sleeping(k, site, id, c->hint);
	kernel_resolve_site(k, site, id, &here);
	if (here.kind == KERNEL_CALL_BY_ARGUMENT)
		add(c->hint, "pass what the callback was given, as it was given");
	else
		suggest_callers(k, id, c->hint);
	suggest_others(k, site, v->kfunc, c->hint);
}

/* What is decided later than at load, and when. */
static void explain_rest(struct kernel *k, const struct call_site *site,
			 const struct verifier_call *v, struct kernel_call *c)
{
	s32 id = v->is_helper ? -ENOENT : kbtf_find(k->btf, v->kfunc, BTF_KIND_FUNC);
	struct kernel_call_verdict all;

	if (id < 0 || !v->row)
		return;
	kernel_resolve_site(k, site, id, &all);
	if (all.kind == KERNEL_CALL_BY_ARGUMENT && all.other && !strcmp(all.other, v->resolved))
		add(c->hint, "the text does not say that the argument is the callback's own: "
			     "checked when it is called");
	for (u32 i = 0; i < v->set->nr_needs; i++)
		if (v->row->needs & BIT_ULL(i))
			add(c->hint, "%swhen the scheduler is registered, it needs %s",
			    c->hint[0] ? "; " : "", v->set->needs[i].what);
}

/* ---- the whole ---- */

static void describe_call(struct kernel *k, const struct bpf_prog *prog,
			  const struct verifier_call *v, struct kernel_call *c)
{
	struct call_site site;

	*c = (struct kernel_call){
		.insn = v->insn,
		.kfunc = v->kfunc,
		.is_helper = v->is_helper,
		.resolved = v->resolved,
		.context = v->context,
		.place = place_text(v->place),
		.func = v->func,
		.reason = v->reason ?: "",
	};
	describe_source(prog, c);
	site_of(k, prog, v, &site);
	if (v->resolved)
		explain_rest(k, &site, v, c);
	else
		explain_refusal(k, &site, v, c);
}

/* By instruction; the verifier lists them in the order in which it came to them. */
static int by_insn(const void *a, const void *b)
{
	const struct verifier_call *x = *(const struct verifier_call *const *)a;
	const struct verifier_call *y = *(const struct verifier_call *const *)b;

	return x->insn != y->insn ? (x->insn > y->insn) - (x->insn < y->insn) : (x > y) - (x < y);
}

static struct kernel_call *describe_calls(struct kernel *k, const struct bpf_prog *prog,
					  const struct verifier_result *r)
{
	const struct verifier_call **order = calloc(r->nr_calls + 1, sizeof(*order));
	struct kernel_call *calls = calloc(r->nr_calls + 1, sizeof(*calls));

	if (!order) {
		free(calls);
		calls = NULL;
	}
	if (calls) {
		for (u32 i = 0; i < r->nr_calls; i++)
			order[i] = &r->calls[i];
		qsort(order, r->nr_calls, sizeof(*order), by_insn);
		for (u32 i = 0; i < r->nr_calls; i++)
			describe_call(k, prog, order[i], &calls[i]);
	}
	free(order);
	return calls;
}

void kernel_hook_verdict(void *priv, const struct syscall_verdict *sv)
{
	const struct verifier_result *r = sv->result;
	struct kernel *k = priv;
	struct kernel_call *calls;
	char *refusal;

	if (!k->on_verdict)
		return;
	calls = describe_calls(k, sv->prog, r);
	refusal = kernel_refusal_text(sv->prog, r);
	if (!calls || !refusal)
		goto out;
	k->on_verdict(k->on_verdict_priv, &(struct kernel_verdict){
						  .prog = sv->prog->name,
						  .err = sv->err,
						  .insns_processed = r->insns_processed,
						  .total_states = r->total_states,
						  .peak_states = r->peak_states,
						  .stack_depth = r->stack_depth,
						  .copies = r->copies,
						  .copy_insns = r->copy_insns,
						  .calls = calls,
						  .nr_calls = r->nr_calls,
						  .refusal = refusal,
						  .insns_before = sv->prog->orig_len,
						  .insns_after = sv->err ? 0 : sv->prog->len,
						  .xlated = sv->err ? NULL : sv->prog,
					  });
out:
	free(refusal);
	free(calls);
}
