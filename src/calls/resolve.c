/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The resolver: one call site, one answer. Nothing here looks at anything but
 * declarations, BTF and what the verifier knows of the site.
 *
 *   visible? -> kfunc_validate_reloc -> context -> resolve hook or table -> target
 */
#include <stdio.h>

#include "calls/form.h"
#include "calls/registry.h"

static const char *context_name(const struct kfunc_set *set, u32 bit)
{
	return bit < set->nr_contexts ? set->context_names[bit] : "?";
}

/* "a, b, c" */
static void name_contexts(const struct kfunc_set *set, u64 contexts, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (u32 b = 0; b < set->nr_contexts && len < size; b++)
		if (contexts & BIT_ULL(b))
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
					context_name(set, b));
}

static u64 legal_contexts(const struct kfunc_row *row)
{
	u64 all = 0;

	for (u32 i = 0; i < KFUNC_MAX_CASES && row->cases[i].fn; i++)
		all |= row->cases[i].contexts;
	return all;
}

static const char *place_name(enum call_place place)
{
	static const char *const names[] = {
		[CALL_IN_MAIN] = "",
		[CALL_IN_TIMER_CB] = " (timer callback)",
		[CALL_IN_WQ_CB] = " (workqueue callback)",
		[CALL_IN_EXCEPTION_CB] = " (exception callback)",
	};

	return names[place];
}

static void name_context(const struct kfunc_set *set, const struct call_site *site, u64 context,
			 char *buf, size_t size)
{
	bool foreign = site->st_ops && set->st_ops && site->st_ops != set->st_ops;
	char here[160];

	snprintf(here, sizeof(here), "%s%s%s", foreign ? site->st_ops->name : "",
		 foreign ? "." : "", site->member_name ?: "this program type");
	if (context && context != ~0ULL) {
		const char *name = context_name(set, __builtin_ctzll(context));
		bool known = !site->member_name || site->place || strstr(name, site->member_name);

		snprintf(buf, size, "%s%s%s", known ? "" : here, known ? "" : ", one of: ", name);
	} else {
		snprintf(buf, size, "%s%s", here, place_name(site->place));
	}
}

static int refuse(const struct kfunc_entry *k, const struct call_site *site, u64 context,
		  struct err_msg *e)
{
	char legal[640], from[256];

	name_context(k->set, site, context, from, sizeof(from));
	name_contexts(k->set, legal_contexts(k->row), legal, sizeof(legal));
	return err_set(e, -EACCES, "%s() may not be called from %s%s%s", k->row->name, from,
		       legal[0] ? ", only from: " : "", legal);
}

/*
 * The hook of the 2024 proposal names another kfunc. What the verifier checks
 * are the flags and the prototype of the kfunc that the program names, so the
 * other one must have the same.
 */
static int relocate(const struct calls *c, const struct call_site *site, struct bpf_prog *prog,
		    const struct kfunc_entry **k, struct err_msg *e)
{
	const struct kfunc_entry *from = *k, *to;
	const struct btf_type *t;
	s32 id;

	if (!prog || !site->st_ops || !site->st_ops->kfunc_validate_reloc)
		return 0;
	t = kbtf_type(c->kernel, calls_st_ops_id(c, site->st_ops));
	if (!t || site->member >= kbtf_vlen(t))
		return err_set(e, -EINVAL, "%s() is called from no member of %s", from->row->name,
			       site->st_ops->name);
	id = site->st_ops->kfunc_validate_reloc(t, kbtf_members(t) + site->member, prog,
						from->btf_id);
	if (id < 0)
		return err_set(e, id, "%s() is refused in %s by %s's relocation hook",
			       from->row->name, site->member_name, site->st_ops->name);
	if (!id || (u32)id == from->btf_id)
		return 0;
	to = calls_entry(c, id);
	if (!to)
		return err_set(e, -EINVAL, "%s: the relocation hook turns %s() into id %d, no kfunc",
			       site->st_ops->name, from->row->name, id);
	if (to->row->flags != from->row->flags ||
	    !kbtf_types_match(c->kernel, to->proto_id, c->kernel, from->proto_id))
		return err_set(e, -EINVAL, "%s: %s() is not of the same kind as %s()",
			       site->st_ops->name, to->row->name, from->row->name);
	*k = to;
	return 0;
}

static int choose_case(const struct kfunc_entry *k, const struct kfunc_query *q, struct err_msg *e)
{
	u32 nr = 0, i;
	int idx;

	while (nr < KFUNC_MAX_CASES && k->row->cases[nr].fn)
		nr++;
	for (i = 0; i < nr; i++)
		if (k->row->cases[i].contexts & q->context)
			break;
	if (i == nr)
		return refuse(k, q->site, q->context, e);
	if (!k->set->resolve)
		return i;
	idx = k->set->resolve(k->set->priv, q, e);
	if (idx < 0)
		return idx;
	if ((u32)idx >= nr || !(k->row->cases[idx].contexts & q->context))
		return err_set(e, -EINVAL, "%s: the resolver picks case %d of %s(), not legal here",
			       k->set->name, idx, k->row->name);
	return idx;
}

int calls_check_kfunc(const struct calls *c, const struct call_site *site, u32 btf_id,
		      struct err_msg *e)
{
	const struct kfunc_entry *k = calls_entry(c, btf_id);
	u64 context = 0;

	if (!k || (site->st_ops && site->st_ops->kfunc_validate_reloc))
		return 0; /* not ours to say: another kfunc's row may decide */
	context = k->set->context_of ? k->set->context_of(k->set->priv, site) : ~0ULL;
	for (u32 i = 0; i < KFUNC_MAX_CASES && k->row->cases[i].fn; i++)
		if (k->row->cases[i].contexts & context)
			return 0;
	return refuse(k, site, context, e);
}

/* How the result comes back from C: its width and whether it is sign-extended. */
static void return_of(const struct kbtf *b, const struct btf_type *proto, struct call_target *out)
{
	const struct btf_type *t;
	u32 size = 0;

	out->nr_args = kbtf_vlen(proto);
	out->ret_size = 0;
	out->ret_signed = false;
	if (!proto->type)
		return;
	t = kbtf_resolve_size(b, proto->type, &size, NULL);
	if (!t)
		return;
	out->ret_size = size;
	if (kbtf_kind(t) == BTF_KIND_INT)
		out->ret_signed = BTF_INT_ENCODING(*(const u32 *)(t + 1)) & BTF_INT_SIGNED;
	else if (kbtf_kind(t) == BTF_KIND_ENUM || kbtf_kind(t) == BTF_KIND_ENUM64)
		out->ret_signed = kbtf_kflag(t);
}

static const struct call_form *form_of(const struct kfunc_set *set, kfunc_fn fn)
{
	for (u32 i = 0; i < set->nr_forms; i++)
		if (set->forms[i].fn == fn)
			return &set->forms[i];
	return NULL;
}

int calls_resolve_kfunc(const struct calls *c, const struct call_site *site, u32 btf_id,
			const struct kfunc_arg *args, struct bpf_prog *prog,
			struct call_target *out, struct err_msg *e)
{
	const struct kfunc_entry *k = calls_entry(c, btf_id), *asked = k;
	struct kfunc_query q = { .site = site, .args = args };
	const struct kfunc_case *chosen;
	u64 needs = 0;
	int err;

	if (!k)
		return err_set(e, -EACCES, "%s is not a kfunc",
			       kbtf_type_name(c->kernel, btf_id) ?: "(bad BTF id)");
	if (k->set->visible && !k->set->visible(site))
		return err_set(e, -EACCES, "%s() does not exist for this type of program",
			       k->row->name);
	err = relocate(c, site, prog, &k, e);
	if (err)
		return err;
	q.context = k->set->context_of ? k->set->context_of(k->set->priv, site) : ~0ULL;
	if (!q.context)
		return refuse(k, site, 0, e);
	q.row = k->row;
	q.kfunc_id = k->btf_id;
	q.needs = &needs;
	q.nr_args = args ? min(kbtf_vlen(kbtf_type(c->kernel, k->proto_id)), 5u) : 0;
	err = choose_case(k, &q, e);
	if (err < 0)
		return err;
	chosen = &k->row->cases[err];
	*out = (struct call_target){
		.fn = chosen->fn,
		.implicit = k->set->implicit ?: k->set->priv,
		.form = form_of(k->set, chosen->fn),
		.name = asked->row->name,
		.fn_name = chosen->fn_name,
		.id = btf_id,
		.context = __builtin_ctzll(q.context),
		.row_id = k->btf_id,
		.insn = site->insn,
		.places = BIT(site->place),
		.needs = needs | k->row->needs,
		.by_value = site->st_ops && site->st_ops == k->set->st_ops &&
			    (needs | k->row->needs | k->invokes | k->not_within),
	};
	return_of(c->kernel, kbtf_type(c->kernel, k->proto_id), out);
	return 0;
}

/* ---- helpers: the same question, asked of Linux's tiers ---- */

static bool is_tracing(enum bpf_prog_type t)
{
	switch (t) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_SYSCALL:
		return true;
	default:
		return false;
	}
}

static bool is_net(enum bpf_prog_type t)
{
	switch (t) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_SOCK_OPS:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_SK_MSG:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return true;
	default:
		return false;
	}
}

static bool tier_allows(const struct helper_proto *p, const struct call_site *site)
{
	switch (p->tier) {
	case HELPER_BASE:
		return true;
	case HELPER_BPF:
		return !site->no_cap_bpf;
	case HELPER_PERFMON:
		return !site->no_cap_bpf && !site->no_cap_perfmon;
	case HELPER_TRACING:
		return is_tracing(site->prog_type);
	case HELPER_NET:
		return is_net(site->prog_type);
	case HELPER_NET_PERFMON:
		return is_net(site->prog_type) && !site->no_cap_perfmon;
	case HELPER_TYPES:
		return p->types & BIT_ULL(site->prog_type);
	case HELPER_ST_OPS:
	case HELPER_INTERNAL:
		break;
	}
	return false;
}

/* The rule that the site's struct_ops has for the helper, by any set about it. */
static const struct helper_rule *find_rule(const struct calls *c, const struct call_site *site,
					   u32 id, const struct kfunc_set **set)
{
	for (u32 i = 0; site->st_ops && i < c->nr_sets; i++) {
		const struct kfunc_set *s = c->sets[i];

		for (u32 r = 0; s->st_ops == site->st_ops && r < s->nr_helpers; r++)
			if (s->helpers[r].id == id) {
				*set = s;
				return &s->helpers[r];
			}
	}
	return NULL;
}

const struct helper_proto *calls_resolve_helper(const struct calls *c, const struct call_site *site,
						u32 id, struct err_msg *e)
{
	const struct helper_proto *p = calls_find_helper(c, id);
	const struct helper_rule *rule;
	const struct kfunc_set *set;
	char legal[640], from[256];
	u64 context;

	if (!p || !p->fn) {
		err_set(e, -EINVAL, "there is no helper #%u", id);
		return NULL;
	}
	rule = find_rule(c, site, id, &set);
	if (!rule) {
		for (u32 i = 0; i < c->helpers[id].nr; i++)
			if (tier_allows(&p[i], site))
				return &p[i];
		err_set(e, -EINVAL, "bpf_%s() is not for this type of program", p->name);
		return NULL;
	}
	context = set->context_of ? set->context_of(set->priv, site) : ~0ULL;
	if (rule->contexts & context)
		return p;
	name_context(set, site, context, from, sizeof(from));
	name_contexts(set, rule->contexts, legal, sizeof(legal));
	err_set(e, -EINVAL, "bpf_%s() may not be called from %s%s%s", p->name, from,
		legal[0] ? ", only from: " : "", legal);
	return NULL;
}
