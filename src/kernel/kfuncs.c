/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>

#include "kernel/internal.h"
#include "kernel/kfuncs.h"
#include "kernel/prototype.h"

/* ---- the declarations ---- */

static void append(char *buf, size_t size, const char *separator, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s%s", len ? separator : "", text);
}

static void name_flags(u32 flags, char *buf, size_t size)
{
	static const struct {
		u32 flag;
		const char *name;
	} names[] = {
		{ KF_ACQUIRE, "KF_ACQUIRE" },
		{ KF_RELEASE, "KF_RELEASE" },
		{ KF_RET_NULL, "KF_RET_NULL" },
		{ KF_TRUSTED_ARGS, "KF_TRUSTED_ARGS" },
		{ KF_SLEEPABLE, "KF_SLEEPABLE" },
		{ KF_DESTRUCTIVE, "KF_DESTRUCTIVE" },
		{ KF_RCU, "KF_RCU" },
		{ KF_ITER_NEW, "KF_ITER_NEW" },
		{ KF_ITER_NEXT, "KF_ITER_NEXT" },
		{ KF_ITER_DESTROY, "KF_ITER_DESTROY" },
		{ KF_RCU_PROTECTED, "KF_RCU_PROTECTED" },
		{ KF_FASTCALL, "KF_FASTCALL" },
	};

	buf[0] = '\0';
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			append(buf, size, " | ", names[i].name);
}

/* @all: the contexts that this kernel has. */
static void name_contexts(const struct kfunc_set *set, u64 contexts, u64 all, char *buf,
			  size_t size)
{
	u64 rest = all & ~contexts;
	const char *separator = ", ";

	buf[0] = '\0';
	if (!rest) {
		append(buf, size, "", "everywhere");
		return;
	}
	if (__builtin_popcountll(rest) < __builtin_popcountll(contexts & all)) {
		append(buf, size, "", "everywhere but: ");
		contexts = rest;
		separator = "";
	}
	for (u32 i = 0; i < set->nr_contexts; i++)
		if (contexts & all & BIT_ULL(i)) {
			append(buf, size, separator, set->context_names[i]);
			separator = ", ";
		}
}

struct walk {
	struct kernel *k;
	int (*cb)(void *priv, const struct kernel_kfunc *f);
	void *priv;
};

static int describe(void *priv, const struct kfunc_set *set, const struct kfunc_row *row, u32 id)
{
	struct walk *w = priv;
	struct kernel_kfunc f = {
		.id = id,
		.set = set->name,
		.name = row->name,
		.invokes = row->invokes ?: "",
		.not_within = row->not_within ?: "",
	};

	u64 all = kernel_contexts(w->k, set);

	prototype_text(w->k->btf, id, f.prototype, sizeof(f.prototype));
	name_flags(row->flags, f.flags, sizeof(f.flags));
	for (u32 i = 0; i < KFUNC_MAX_CASES && row->cases[i].fn; i++) {
		struct kernel_kfunc_case *c = &f.cases[f.nr_cases++];

		name_contexts(set, row->cases[i].contexts, all, c->contexts, sizeof(c->contexts));
		c->own = row->cases[i].own;
		c->impl = row->cases[i].fn_name;
	}
	for (u32 i = 0; i < set->nr_needs; i++)
		if (row->needs & BIT_ULL(i))
			append(f.needs, sizeof(f.needs), "; ", set->needs[i].what);
	return w->cb(w->priv, &f);
}

int kernel_for_each_kfunc(struct kernel *k, int (*cb)(void *priv, const struct kernel_kfunc *f),
			  void *priv)
{
	struct walk w = { k, cb, priv };

	_Static_assert(KERNEL_MAX_CASES >= KFUNC_MAX_CASES, "a row's cases fit");
	return calls_for_each_kfunc(k->calls, describe, &w);
}

/* ---- callers ---- */

enum other_caller {
	IN_TIMER,
	IN_WORKQUEUE,
	IN_SYSCALL,
	IN_TRACING,
	IN_FOREIGN,
	NR_OTHER_CALLERS,
};

/* Timer and workqueue callbacks are those of ops.init, where rules look at their program. */
static const struct kernel_caller others[] = {
	[IN_TIMER] = { "timer callback (of init)", .is_op = false },
	[IN_WORKQUEUE] = { "workqueue callback (of init)", .always_sleepable = true },
	[IN_SYSCALL] = { "syscall program", .always_sleepable = true },
	[IN_TRACING] = { "tracing program", .is_op = false },
	[IN_FOREIGN] = { "another struct_ops", .may_sleep = true },
};

static const struct st_ops_type foreign = { .name = "(another struct_ops)" };

static const struct btf_type *ops_struct(const struct kernel *k, const struct st_ops_type **type)
{
	s32 id = kbtf_find(k->btf, "sched_ext_ops", BTF_KIND_STRUCT);

	*type = id < 0 ? NULL : calls_find_st_ops(k->calls, id);
	return *type ? kbtf_type(k->btf, id) : NULL;
}

/* Index in the struct of callback number @nth, or of the one called @name; < 0 if there is none. */
static int find_op(const struct kernel *k, u32 nth, const char *name)
{
	const struct st_ops_type *type;
	const struct btf_type *t = ops_struct(k, &type);

	for (u32 i = 0; t && i < kbtf_vlen(t); i++) {
		const struct btf_member *m = &kbtf_members(t)[i];

		if (!kbtf_resolve_func_ptr(k->btf, m->type, NULL))
			continue;
		if (name ? !strcmp(kbtf_name(k->btf, m->name_off), name) : !nth--)
			return i;
	}
	return -ENOENT;
}

static u32 nr_ops(const struct kernel *k)
{
	u32 nr = 0;

	while (find_op(k, nr, NULL) >= 0)
		nr++;
	return nr;
}

u32 kernel_nr_callers(const struct kernel *k)
{
	return nr_ops(k) + NR_OTHER_CALLERS;
}

static const char *member_name(const struct kernel *k, u32 member)
{
	const struct st_ops_type *type;
	const struct btf_type *t = ops_struct(k, &type);

	return kbtf_name(k->btf, kbtf_members(t)[member].name_off);
}

void kernel_caller(const struct kernel *k, u32 caller, struct kernel_caller *out)
{
	const struct st_ops_type *type;
	const struct st_ops_member *row;
	int member = find_op(k, caller, NULL);

	if (member < 0) {
		*out = others[caller - nr_ops(k)];
		return;
	}
	ops_struct(k, &type);
	row = calls_st_ops_member(k->calls, type, member);
	*out = (struct kernel_caller){
		.name = member_name(k, member),
		.is_op = true,
		.may_sleep = row && row->flags & ST_OPS_SLEEPABLE,
		.closed = row && row->flags & ST_OPS_UNSUPPORTED,
	};
}

static void site_of_op(const struct kernel *k, u32 member, bool sleepable, struct call_site *site)
{
	const struct st_ops_type *type;

	ops_struct(k, &type);
	*site = (struct call_site){
		.prog_type = BPF_PROG_TYPE_STRUCT_OPS,
		.attach_type = member,
		.st_ops = type,
		.member = member,
		.member_name = member_name(k, member),
		.sleepable = sleepable,
	};
}

static void site_of_other(const struct kernel *k, enum other_caller which, bool sleepable,
			  struct call_site *site)
{
	int init = find_op(k, 0, "init");

	*site = (struct call_site){ .sleepable = sleepable };
	switch (which) {
	case IN_TIMER:
	case IN_WORKQUEUE:
		if (init >= 0)
			site_of_op(k, init, sleepable, site);
		site->place = which == IN_TIMER ? CALL_IN_TIMER_CB : CALL_IN_WQ_CB;
		return;
	case IN_SYSCALL:
		site->prog_type = BPF_PROG_TYPE_SYSCALL;
		return;
	case IN_TRACING:
		site->prog_type = BPF_PROG_TYPE_TRACING;
		site->attach_type = BPF_TRACE_FENTRY;
		return;
	default:
		site->prog_type = BPF_PROG_TYPE_STRUCT_OPS;
		site->st_ops = &foreign;
		site->member_name = "member";
	}
}

/* A table may have contexts that another profile tells apart. */
u64 kernel_contexts(const struct kernel *k, const struct kfunc_set *set)
{
	u32 ops = nr_ops(k);
	u64 all = 0;

	if (!set->context_of)
		return BIT_ULL(set->nr_contexts) - 1;
	for (u32 i = 0; i < 2 * (ops + NR_OTHER_CALLERS); i++) {
		u32 caller = i / 2;
		struct call_site site;

		if (caller >= ops) {
			site_of_other(k, caller - ops, i & 1, &site);
			all |= set->context_of(set->priv, &site);
			continue;
		}
		site_of_op(k, find_op(k, caller, NULL), i & 1, &site);
		for (site.place = 0; site.place <= CALL_IN_EXCEPTION_CB; site.place++)
			all |= set->context_of(set->priv, &site);
	}
	return all;
}

/* ---- verdicts ---- */

/* Which argument of callback @member points to a struct @id; -1: none. */
static int own_argument(const struct kernel *k, const struct call_site *site, u32 id)
{
	const struct st_ops_type *type;
	const struct btf_type *t = ops_struct(k, &type), *proto;
	u32 arg_id;

	if (!t || site->st_ops != type || site->place != CALL_IN_MAIN)
		return -1;
	proto = kbtf_resolve_func_ptr(k->btf, kbtf_members(t)[site->member].type, NULL);
	for (u32 i = 0; proto && i < kbtf_vlen(proto); i++)
		if (kbtf_resolve_ptr(k->btf, kbtf_params(proto)[i].type, &arg_id) && arg_id == id)
			return i;
	return -1;
}

/* As the verifier would describe them: @own = the callback's own, where it has such a one. */
static bool describe_args(const struct kernel *k, const struct call_site *site, u32 id, bool own,
			  struct kfunc_arg args[5])
{
	const struct btf_type *proto = kbtf_type(k->btf, kbtf_type(k->btf, id)->type);
	bool any = false;

	for (u32 i = 0; i < 5; i++) {
		const struct btf_type *t = NULL;
		u32 arg_id = 0;

		if (i < kbtf_vlen(proto))
			t = kbtf_resolve_ptr(k->btf, kbtf_params(proto)[i].type, &arg_id);
		args[i] = (struct kfunc_arg){ .ctx_arg = -1 };
		if (!t || kbtf_kind(t) != BTF_KIND_STRUCT)
			continue;
		args[i].btf = k->btf;
		args[i].btf_id = arg_id;
		if (own)
			args[i].ctx_arg = own_argument(k, site, arg_id);
		any |= args[i].ctx_arg >= 0;
	}
	return any;
}

static int resolve(struct kernel *k, const struct call_site *site, u32 id, bool own,
		   struct kernel_call_verdict *v, const char **impl)
{
	const struct kfunc_set *set;
	const struct kfunc_row *row = calls_find_kfunc(k->calls, site, id, &set);
	struct call_target target;
	struct kfunc_arg args[5];
	struct err_msg e = {};
	int err;

	*impl = NULL;
	if (!describe_args(k, site, id, own, args) && own)
		return -ENOENT;
	if (row && row->flags & KF_SLEEPABLE && !site->sleepable)
		err = err_set(&e, -EACCES, "program must be sleepable to call sleepable kfunc %s",
			      row->name);
	else
		err = calls_resolve_kfunc(k->calls, site, id, args, NULL, &target, &e);
	if (err) {
		if (!v->why[0])
			snprintf(v->why, sizeof(v->why), "%.*s", (int)sizeof(v->why) - 1, e.text);
		return err;
	}
	if (set && target.context < set->nr_contexts)
		v->context = set->context_names[target.context];
	*impl = target.fn_name;
	return 0;
}

void kernel_resolve_site(struct kernel *k, const struct call_site *site, u32 id,
			 struct kernel_call_verdict *v)
{
	const char *own, *other;

	*v = (struct kernel_call_verdict){ .context = "" };
	resolve(k, site, id, false, v, &other);
	if (resolve(k, site, id, true, v, &own) == -ENOENT)
		own = other;
	v->impl = own ?: other;
	v->other = other;
	v->kind = !v->impl ? KERNEL_CALL_REFUSED :
		  own == other ? KERNEL_CALL_LEGAL : KERNEL_CALL_BY_ARGUMENT;
}

void kernel_resolve_call(struct kernel *k, u32 id, u32 caller, struct kernel_call_verdict *out)
{
	struct kernel_call_verdict sleeping;
	struct kernel_caller c;
	struct call_site site;
	int member = find_op(k, caller, NULL);
	u32 other = member < 0 ? caller - nr_ops(k) : 0;

	kernel_caller(k, caller, &c);
	if (member >= 0)
		site_of_op(k, member, false, &site);
	else
		site_of_other(k, other, c.always_sleepable, &site);
	kernel_resolve_site(k, &site, id, out);
	if (!c.may_sleep || out->kind != KERNEL_CALL_REFUSED)
		return;
	site.sleepable = true;
	kernel_resolve_site(k, &site, id, &sleeping);
	if (sleeping.kind == KERNEL_CALL_REFUSED)
		return;
	memcpy(sleeping.why, out->why, sizeof(sleeping.why));
	*out = sleeping;
	out->kind = KERNEL_CALL_IF_SLEEPABLE;
}
