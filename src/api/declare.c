/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From an embedder's declarations to the tables that the lower layers read: a
 * struct st_ops_type with a row per callback, a struct kfunc_set whose contexts
 * are the callbacks, and the checks that only names allow.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"

/* ---- names ---- */

static int find_name(const struct scxlab_ops *ops, const char *name, size_t len)
{
	for (u32 i = 0; i < API_NR_CONTEXTS; i++) {
		const char *have = ops->context_names[i];

		if (have && strlen(have) == len && !memcmp(have, name, len))
			return i;
	}
	return -ENOENT;
}

/* "a, b" as bits of contexts. @row and @what are for the message. */
static int parse_places(const struct scxlab_ops *ops, const char *row, const char *what,
			const char *list, u64 *out, struct err_msg *e)
{
	u64 bits = 0;

	while (*list) {
		size_t len = strcspn(list, ", ");
		int i = find_name(ops, list, len);

		if (i < 0)
			return err_set(e, -EINVAL, "%s: %s: %s: %s has no callback \"%.*s\"",
				       ops->decl->name, row, what, ops->decl->name, (int)len, list);
		bits |= BIT_ULL(i);
		list += len;
		list += strspn(list, ", ");
	}
	*out = bits;
	return 0;
}

/* The names of @bits, for messages. */
static const char *name_places(const struct scxlab_ops *ops, u64 bits, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (; bits && len < size; bits &= bits - 1)
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
				ops->context_names[__builtin_ctzll(bits)]);
	return buf;
}

static u64 everywhere(const struct scxlab_ops *ops)
{
	return ops->callbacks | BIT_ULL(API_CTX_TIMER) | BIT_ULL(API_CTX_WORKQUEUE) |
	       BIT_ULL(API_CTX_SYSCALL);
}

/* ---- hooks ---- */

static u64 context_of(void *priv, const struct call_site *site)
{
	const struct scxlab_ops *ops = priv;

	if (site->prog_type != BPF_PROG_TYPE_SYSCALL && site->st_ops != &ops->type)
		return 0;
	if (site->place == CALL_IN_TIMER_CB)
		return BIT_ULL(API_CTX_TIMER);
	if (site->place == CALL_IN_WQ_CB)
		return BIT_ULL(API_CTX_WORKQUEUE);
	if (site->prog_type == BPF_PROG_TYPE_SYSCALL)
		return BIT_ULL(API_CTX_SYSCALL);
	return site->member < ops->nr_members ? BIT_ULL(site->member) : 0;
}

/* A case for this type of argument, else the case for any. */
static int resolve(void *priv, const struct kfunc_query *q, struct err_msg *e)
{
	const struct scxlab_ops *ops = priv;
	const struct api_arg_rule *rules = ops->arg_rules[q->row - ops->rows];
	int any = -1;

	for (int i = 0; i < KFUNC_MAX_CASES && q->row->cases[i].fn; i++) {
		const struct api_arg_rule *r = &rules[i];

		if (!(q->row->cases[i].contexts & q->context))
			continue;
		if (!r->btf_id)
			any = any < 0 ? i : any;
		else if (r->arg < q->nr_args && q->args[r->arg].btf &&
			 kbtf_is_kernel(q->args[r->arg].btf) &&
			 q->args[r->arg].btf_id == r->btf_id)
			return i;
	}
	if (any >= 0)
		return any;
	return err_set(e, -EACCES, "%s() has no implementation for arguments of these types",
		       q->row->name);
}

static bool member_is_implemented(void *priv, const struct kfunc_need *need,
				  const struct st_ops_view *v)
{
	return v->implemented & BIT_ULL(need->arg);
}

static int init_member(void *priv, const struct btf_type *t, const struct btf_member *m,
		       void *kdata, const void *udata)
{
	const struct scxlab_ops *ops = priv;
	u32 off = kbtf_member_bit_offset(t, m) / 8, idx = m - kbtf_members(t), end;

	if (ops->callbacks & BIT_ULL(idx))
		return 0;
	end = idx + 1 < kbtf_vlen(t) ? kbtf_member_bit_offset(t, m + 1) / 8 : t->size;
	memcpy((u8 *)kdata + off, (const u8 *)udata + off, end - off);
	return 1;
}

static int validate(void *priv, const struct st_ops_view *v, struct err_msg *e)
{
	const struct scxlab_ops *ops = priv;

	for (u32 i = 0; i < ops->nr_members; i++)
		if ((ops->member_flags[i] & SCXLAB_OP_REQUIRED) && !(v->implemented & BIT_ULL(i)))
			return err_set(e, -EINVAL, "%s: %s must be implemented", ops->decl->name,
				       ops->member_names[i]);
	return 0;
}

static int reg(void *priv, struct st_ops_value *v, struct err_msg *e)
{
	struct scxlab_ops *ops = priv;
	int err;

	if (ops->value)
		return err_set(e, -EBUSY, "%s: another value is attached", ops->decl->name);
	err = ops->decl->attach ? ops->decl->attach(ops->decl->priv, v->kdata) : 0;
	if (err)
		return err_set(e, err, "%s: the value is refused", ops->decl->name);
	ops->value = v;
	return 0;
}

static const struct st_ops_value *attached(void *priv)
{
	return ((const struct scxlab_ops *)priv)->value;
}

static void unreg(void *priv, struct st_ops_value *v)
{
	struct scxlab_ops *ops = priv;

	ops->value = NULL;
	if (ops->decl->detach)
		ops->decl->detach(ops->decl->priv);
}

/* ---- the struct ---- */

static void read_return(const struct kbtf *btf, u32 id, struct api_ret *out)
{
	const struct btf_type *t = id ? kbtf_resolve_size(btf, id, &out->size, NULL) : NULL;

	if (!t)
		*out = (struct api_ret){};
	else if (kbtf_kind(t) == BTF_KIND_INT)
		out->is_signed = BTF_INT_ENCODING(*(const u32 *)(t + 1)) & BTF_INT_SIGNED;
	else if (kbtf_kind(t) == BTF_KIND_ENUM || kbtf_kind(t) == BTF_KIND_ENUM64)
		out->is_signed = kbtf_kflag(t);
}

static int read_struct(struct scxlab_ops *ops, const struct kbtf *btf, struct err_msg *e)
{
	s32 id = kbtf_find(btf, ops->decl->name, BTF_KIND_STRUCT);
	const struct btf_type *t = id < 0 ? NULL : kbtf_type(btf, id);
	const struct btf_member *m;

	if (!t)
		return err_set(e, -EINVAL, "%s: no such struct in the BTF", ops->decl->name);
	if (kbtf_vlen(t) > API_MAX_MEMBERS)
		return err_set(e, -EINVAL, "%s: more than %d members", ops->decl->name,
			       API_MAX_MEMBERS);
	m = kbtf_members(t);
	ops->nr_members = kbtf_vlen(t);
	for (u32 i = 0; i < ops->nr_members; i++) {
		const struct btf_type *proto = kbtf_resolve_func_ptr(btf, m[i].type, NULL);

		ops->member_names[i] = kbtf_name(btf, m[i].name_off);
		if (!proto)
			continue;
		ops->callbacks |= BIT_ULL(i);
		ops->context_names[i] = ops->member_names[i];
		ops->nr_args[i] = kbtf_vlen(proto);
		read_return(btf, proto->type, &ops->rets[i]);
	}
	ops->context_names[API_CTX_TIMER] = SCXLAB_TIMER;
	ops->context_names[API_CTX_WORKQUEUE] = SCXLAB_WORKQUEUE;
	ops->context_names[API_CTX_SYSCALL] = SCXLAB_SYSCALL;
	return 0;
}

#define OP_FLAGS (SCXLAB_OP_SLEEPABLE | SCXLAB_OP_REQUIRED | SCXLAB_OP_CLOSED)

static int read_op(struct scxlab_ops *ops, size_t i, struct err_msg *e)
{
	const struct scxlab_op *op = &ops->decl->ops[i];
	const char *name = op->name ? op->name : "";
	int idx = find_name(ops, name, strlen(name));

	if (idx < 0 || idx >= (int)ops->nr_members)
		return err_set(e, -EINVAL, "%s: op row %zu: %s has no callback \"%s\"",
			       ops->decl->name, i, ops->decl->name, name);
	for (size_t k = 0; k < i; k++)
		if (!strcmp(ops->decl->ops[k].name, name))
			return err_set(e, -EINVAL, "%s: op row %zu: row %zu is about %s, too",
				       ops->decl->name, i, k, name);
	if (op->flags & ~OP_FLAGS)
		return err_set(e, -EINVAL, "%s: op row %zu: %s: unknown flags 0x%x", ops->decl->name,
			       i, name, op->flags & ~OP_FLAGS);
	if ((op->flags & SCXLAB_OP_REQUIRED) && (op->flags & SCXLAB_OP_CLOSED))
		return err_set(e, -EINVAL, "%s: op row %zu: %s is required, and no program may be it",
			       ops->decl->name, i, name);
	if (op->nullable >> ops->nr_args[idx])
		return err_set(e, -EINVAL, "%s: op row %zu: %s has %u arguments, nullable is 0x%x",
			       ops->decl->name, i, name, ops->nr_args[idx], op->nullable);
	ops->member_flags[idx] = op->flags;
	return 0;
}

/* A row for every callback; the declared ones say more about theirs. */
static int fill_members(struct scxlab_ops *ops, struct err_msg *e)
{
	const struct scxlab_type *decl = ops->decl;
	struct st_ops_member *row = ops->members;

	for (size_t i = 0; i < decl->nr_ops; i++) {
		int err = read_op(ops, i, e);

		if (err)
			return err;
	}
	for (u32 m = 0; m < ops->nr_members; m++) {
		if (!(ops->callbacks & BIT_ULL(m)))
			continue;
		row->name = ops->member_names[m];
		if (ops->member_flags[m] & SCXLAB_OP_SLEEPABLE)
			row->flags |= ST_OPS_SLEEPABLE;
		if (ops->member_flags[m] & SCXLAB_OP_CLOSED)
			row->flags |= ST_OPS_UNSUPPORTED;
		for (size_t i = 0; i < decl->nr_ops; i++)
			if (!strcmp(decl->ops[i].name, row->name))
				row->nullable_args = decl->ops[i].nullable;
		row++;
	}
	ops->type = (struct st_ops_type){
		.name = decl->name,
		.members = ops->members,
		.nr_members = row - ops->members,
		.priv = ops,
		.init_member = init_member,
		.validate = validate,
		.reg = reg,
		.unreg = unreg,
		.attached = attached,
	};
	return 0;
}

/* ---- kfuncs ---- */

#define KFUNC_FLAGS                                                                                \
	(SCXLAB_KF_ACQUIRE | SCXLAB_KF_RELEASE | SCXLAB_KF_RET_NULL | SCXLAB_KF_SLEEPABLE |        \
	 SCXLAB_KF_RCU)

/* The struct that @id points to, or 0. */
static u32 pointed_struct(const struct kbtf *btf, u32 id)
{
	u32 to = 0;
	const struct btf_type *t = kbtf_resolve_ptr(btf, id, &to);

	return t && kbtf_kind(t) == BTF_KIND_STRUCT ? to : 0;
}

/* Is @base what a struct @id begins with: itself, its first member, that one's first ... */
static bool begins_with(const struct kbtf *btf, u32 id, u32 base)
{
	const struct btf_type *t = kbtf_type(btf, id);

	while (id != base) {
		if (!t || kbtf_kind(t) != BTF_KIND_STRUCT || !kbtf_vlen(t))
			return false;
		t = kbtf_skip_modifiers(btf, kbtf_members(t)->type, &id);
	}
	return true;
}

static const struct btf_type *proto_of(const struct kbtf *btf, const char *fn)
{
	s32 id = kbtf_find(btf, fn, BTF_KIND_FUNC);

	return id < 0 ? NULL : kbtf_type(btf, kbtf_type(btf, id)->type);
}

/* Only what can be passed as the parameter can be told from it. */
static int check_arg_type(const struct scxlab_ops *ops, const struct scxlab_kfunc *kf,
			  const struct scxlab_case *c, u32 id, const struct kbtf *btf,
			  struct err_msg *e)
{
	const struct btf_type *proto = proto_of(btf, c->fn_name);
	u32 param = proto && c->arg < kbtf_vlen(proto) ?
			    pointed_struct(btf, kbtf_params(proto)[c->arg].type) : 0;

	if (param && begins_with(btf, id, param))
		return 0;
	return err_set(e, -EINVAL,
		       "%s: %s: %s: struct %s does not begin with struct %s, which is argument %u",
		       ops->decl->name, kf->name, c->fn_name, c->arg_type,
		       param ? kbtf_type_name(btf, param) : "(none)", c->arg);
}

/* What flags say of results and arguments must be said of what there is. */
static int check_flags(const struct scxlab_ops *ops, const struct scxlab_kfunc *kf,
		       const struct kbtf *btf, struct err_msg *e)
{
	const struct btf_type *proto = proto_of(btf, kf->name);
	const char *flag = NULL, *what = NULL;
	bool returns_ptr, returns_struct, takes_struct = false;
	u32 unused;

	if (kf->flags & ~KFUNC_FLAGS)
		return err_set(e, -EINVAL, "%s: %s: unknown flags 0x%x", ops->decl->name, kf->name,
			       kf->flags & ~KFUNC_FLAGS);
	if (!proto)
		return 0; /* the registry says what is wrong */
	returns_ptr = kbtf_resolve_ptr(btf, proto->type, &unused);
	returns_struct = pointed_struct(btf, proto->type);
	for (u32 i = 0; i < kbtf_vlen(proto); i++)
		takes_struct |= pointed_struct(btf, kbtf_params(proto)[i].type) != 0;
	if ((kf->flags & SCXLAB_KF_ACQUIRE) && !returns_struct) {
		flag = "ACQUIRE";
		what = "returns no pointer to a struct";
	} else if ((kf->flags & SCXLAB_KF_RELEASE) && !takes_struct) {
		flag = "RELEASE";
		what = "takes no pointer to a struct";
	} else if ((kf->flags & SCXLAB_KF_RCU) && !takes_struct) {
		flag = "RCU";
		what = "takes no pointer to a struct";
	} else if ((kf->flags & SCXLAB_KF_RET_NULL) && !returns_ptr) {
		flag = "RET_NULL";
		what = "returns no pointer";
	}
	return flag ? err_set(e, -EINVAL, "%s: %s: SCXLAB_KF_%s, but it %s", ops->decl->name,
			      kf->name, flag, what) : 0;
}

static int fill_case(struct scxlab_ops *ops, const struct scxlab_kfunc *kf, u32 c, u64 *any,
		     struct kfunc_case *out, struct api_arg_rule *rule, const struct kbtf *btf,
		     struct err_msg *e)
{
	const struct scxlab_case *decl = &kf->cases[c];
	char text[200];
	s32 id;
	int err;

	*out = (struct kfunc_case){ .contexts = everywhere(ops), .fn = decl->fn,
				    .fn_name = decl->fn_name };
	if (decl->in) {
		err = parse_places(ops, kf->name, decl->fn_name, decl->in, &out->contexts, e);
		if (err)
			return err;
	}
	if (!decl->arg_type) {
		if (*any & out->contexts)
			return err_set(e, -EINVAL, "%s: %s: two implementations in %s",
				       ops->decl->name, kf->name,
				       name_places(ops, *any & out->contexts, text, sizeof(text)));
		*any |= out->contexts;
		return 0;
	}
	for (u32 i = 0; i < c; i++)
		if (kf->cases[i].arg_type && kf->cases[i].arg == decl->arg &&
		    !strcmp(kf->cases[i].arg_type, decl->arg_type) &&
		    (ops->rows[kf - ops->decl->kfuncs].cases[i].contexts & out->contexts))
			return err_set(e, -EINVAL, "%s: %s: two implementations for struct %s",
				       ops->decl->name, kf->name, decl->arg_type);
	id = kbtf_find(btf, decl->arg_type, BTF_KIND_STRUCT);
	if (id < 0 || decl->arg > 4)
		return err_set(e, -EINVAL, "%s: %s: %s: no argument %u of type struct %s",
			       ops->decl->name, kf->name, decl->fn_name, decl->arg, decl->arg_type);
	err = check_arg_type(ops, kf, decl, id, btf, e);
	if (err)
		return err;
	*rule = (struct api_arg_rule){ id, decl->arg };
	ops->set.resolve = resolve;
	return 0;
}

static int fill_row(struct scxlab_ops *ops, u32 r, const struct kbtf *btf, struct err_msg *e)
{
	const struct scxlab_kfunc *kf = &ops->decl->kfuncs[r];
	struct kfunc_row *row = &ops->rows[r];
	u64 any = 0, all = 0, allowed;
	char text[200];
	int err;

	*row = (struct kfunc_row){ .name = kf->name, .flags = kf->flags | KF_TRUSTED_ARGS,
				   .invokes = kf->nests, .not_within = kf->not_within };
	err = check_flags(ops, kf, btf, e);
	if (err)
		return err;
	for (u32 c = 0; c < SCXLAB_MAX_CASES && kf->cases[c].fn; c++) {
		err = fill_case(ops, kf, c, &any, &row->cases[c], &ops->arg_rules[r][c], btf, e);
		if (err)
			return err;
		all |= row->cases[c].contexts;
	}
	if (kf->needs) {
		err = parse_places(ops, kf->name, "needs", kf->needs, &row->needs, e);
		if (err)
			return err;
		if (row->needs & ~ops->callbacks)
			return err_set(e, -EINVAL, "%s: %s: needs what is no callback",
				       ops->decl->name, kf->name);
	}
	if (!kf->allowed)
		return 0;
	err = parse_places(ops, kf->name, "allowed", kf->allowed, &allowed, e);
	if (err)
		return err;
	if (allowed & ~all)
		return err_set(e, -EINVAL, "%s: %s: allowed in %s, without an implementation there",
			       ops->decl->name, kf->name,
			       name_places(ops, allowed & ~all, text, sizeof(text)));
	if (all & ~allowed)
		return err_set(e, -EINVAL, "%s: %s: implemented in %s, but not allowed there",
			       ops->decl->name, kf->name,
			       name_places(ops, all & ~allowed, text, sizeof(text)));
	return 0;
}

static void fill_needs(struct scxlab_ops *ops)
{
	for (u32 i = 0; i < ops->nr_members; i++) {
		snprintf(ops->need_texts[i], sizeof(ops->need_texts[i]),
			 "the value to implement %s", ops->member_names[i]);
		ops->needs[i] = (struct kfunc_need){ ops->need_texts[i], member_is_implemented, i };
	}
}

int api_ops_init(struct scxlab_ops *ops, const struct kbtf *btf, struct err_msg *e)
{
	const struct scxlab_type *decl = ops->decl;
	int err = read_struct(ops, btf, e);

	if (err)
		return err;
	ops->members = calloc(ops->nr_members + 1, sizeof(*ops->members));
	ops->needs = calloc(ops->nr_members + 1, sizeof(*ops->needs));
	ops->need_texts = calloc(ops->nr_members + 1, sizeof(*ops->need_texts));
	ops->rows = calloc(decl->nr_kfuncs + 1, sizeof(*ops->rows));
	ops->arg_rules = calloc(decl->nr_kfuncs + 1, sizeof(*ops->arg_rules));
	if (!ops->members || !ops->needs || !ops->need_texts || !ops->rows || !ops->arg_rules)
		return err_set(e, -ENOMEM, "out of memory");
	ops->set = (struct kfunc_set){
		.name = decl->name,
		.rows = ops->rows,
		.nr_rows = decl->nr_kfuncs,
		.context_names = ops->context_names,
		.nr_contexts = API_NR_CONTEXTS,
		.priv = ops,
		.implicit = decl->priv,
		.context_of = context_of,
		.st_ops = &ops->type,
		.needs = ops->needs,
		.nr_needs = ops->nr_members,
	};
	fill_needs(ops);
	err = fill_members(ops, e);
	for (u32 r = 0; r < decl->nr_kfuncs && !err; r++)
		err = fill_row(ops, r, btf, e);
	return err;
}

void api_ops_fini(struct scxlab_ops *ops)
{
	free(ops->members);
	free(ops->needs);
	free(ops->need_texts);
	free(ops->rows);
	free(ops->arg_rules);
}

int api_ops_register(struct scxlab_ops *ops, struct calls *calls, struct err_msg *e)
{
	int err = calls_register_st_ops(calls, &ops->type, e);

	return err ?: calls_register_kfuncs(calls, &ops->set, e);
}
