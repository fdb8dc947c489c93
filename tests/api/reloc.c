/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The relocation hook of a struct_ops type (kfunc_validate_reloc), end to end:
 * what it answers is what a loaded program calls. Argument: the good object of
 * shop.bpf.c. The hook is no part of the public interface, so it is set behind
 * the interface's back.
 */
#include <stdio.h>

#include "api/internal.h"
#include "shop.h"
#include "tap.h"

/* A type is in the BTF of a program that uses it. */
static struct shop_ops *shop_type __attribute__((used));

static int nr_plain, nr_urgent;

static int mark(int n, void *priv)
{
	nr_plain += n;
	return 0;
}

static int mark_urgent(int n, void *priv)
{
	nr_urgent += n;
	return 0;
}

static int insert(struct item *item, unsigned int owner, void *priv)
{
	return 0;
}

static int restock(struct item *item, void *priv)
{
	return 0;
}

static int pay(int n, void *priv)
{
	return n;
}

static const struct scxlab_kfunc kfuncs[] = {
	{ .name = "shop_mark", .cases = { SCXLAB_IN(NULL, mark) } },
	{ .name = "shop_mark_urgent", .cases = { SCXLAB_IN("order", mark_urgent),
						 SCXLAB_IN(SCXLAB_TIMER, mark) } },
	{ .name = "shop_insert",
	  .cases = { SCXLAB_IN(NULL, insert) } },
	{ .name = "shop_restock",
	  .cases = { SCXLAB_IN(NULL, restock) } },
	{ .name = "shop_pay", .cases = { SCXLAB_IN(NULL, pay) } },
};

/* A hook has no instance; what it compares with are BTF ids. */
static u32 mark_id, urgent_id, insert_id;
static bool sites_are_right;

static s32 to_urgent(const struct btf_type *t, const struct btf_member *member,
		     struct bpf_prog *prog, u32 kfunc_id)
{
	u32 idx = member - kbtf_members(t);

	/* struct shop_ops: sell, order, stocked */
	sites_are_right &= kbtf_vlen(t) == 7 && idx < 3 && idx == prog->expected_attach_type;
	return kfunc_id == mark_id ? (s32)urgent_id : 0;
}

static s32 refuse(const struct btf_type *t, const struct btf_member *member, struct bpf_prog *prog,
		  u32 kfunc_id)
{
	return kfunc_id == mark_id ? -EPERM : 0;
}

static s32 to_another_kind(const struct btf_type *t, const struct btf_member *member,
			   struct bpf_prog *prog, u32 kfunc_id)
{
	return kfunc_id == mark_id ? (s32)insert_id : 0;
}

typedef s32 (*reloc_fn)(const struct btf_type *t, const struct btf_member *member,
			struct bpf_prog *prog, u32 kfunc_id);

struct lab {
	struct scxlab *k;
	struct scxlab_object *o;
	struct scxlab_error e;
};

static int find_ids(struct scxlab *k)
{
	struct kbtf *btf;
	u32 size;
	const void *data = kernel_btf_data(k->k, &size);
	int err = kbtf_parse(data, size, true, NULL, &btf);

	if (err)
		return err;
	mark_id = kbtf_find(btf, "shop_mark", BTF_KIND_FUNC);
	urgent_id = kbtf_find(btf, "shop_mark_urgent", BTF_KIND_FUNC);
	insert_id = kbtf_find(btf, "shop_insert", BTF_KIND_FUNC);
	kbtf_put(btf);
	return 0;
}

/* Loads with the hook in place; what scxlab_load() says. */
static int load(struct lab *l, const char *path, reloc_fn hook)
{
	static const struct scxlab_type type = { .name = "shop_ops", .kfuncs = kfuncs,
						 .nr_kfuncs = ARRAY_SIZE(kfuncs) };
	static const struct scxlab_type *const types[] = { &type };
	const struct scxlab_config cfg = { .types = types, .nr_types = 1 };
	int err;

	*l = (struct lab){};
	err = scxlab_create(&cfg, &l->e, &l->k);
	err = err ?: find_ids(l->k);
	if (err)
		return err;
	l->k->ops[0].type.kfunc_validate_reloc = hook;
	return scxlab_load(l->k, path, &l->e, &l->o);
}

static void unload(struct lab *l)
{
	scxlab_unload(l->o);
	scxlab_destroy(l->k);
}

/* order() calls shop_mark(2), and shop_mark(1) in a timer callback. */
static bool order(struct lab *l)
{
	struct scxlab_ops *ops = scxlab_ops(l->k, "shop_ops");
	struct item item = { .id = 1 };
	uint64_t args[] = { (uintptr_t)&item };

	nr_plain = nr_urgent = 0;
	return !scxlab_attach(l->o, &l->e) &&
	       !scxlab_call(ops, scxlab_op(ops, "order"), args, NULL) &&
	       !scxlab_advance(l->k, 5000);
}

static void check(struct tap *t, struct lab *l, bool ok, const char *what)
{
	if (!tap_ok(t, ok, "%s", what))
		tap_note_text(l->e.text, 10);
	unload(l);
}

/* Code that runs later is @timer or @workqueue, whichever program set it up. */
static bool places_are_right(const struct scxlab *k)
{
	const struct kfunc_set *set = &k->ops[0].set;
	struct call_site site = { .prog_type = BPF_PROG_TYPE_SYSCALL, .sleepable = true };
	u64 syscall = set->context_of(set->priv, &site), timer, workqueue;

	site.place = CALL_IN_TIMER_CB;
	timer = set->context_of(set->priv, &site);
	site.place = CALL_IN_WQ_CB;
	workqueue = set->context_of(set->priv, &site);
	return syscall == BIT_ULL(API_CTX_SYSCALL) && timer == BIT_ULL(API_CTX_TIMER) &&
	       workqueue == BIT_ULL(API_CTX_WORKQUEUE);
}

int main(int argc, char **argv)
{
	struct tap t = {};
	struct lab l;
	int err;

	if (argc != 2)
		return 2;
	err = load(&l, argv[1], NULL);
	check(&t, &l, !err && order(&l) && nr_plain == 3 && !nr_urgent, "without a hook");

	err = load(&l, argv[1], NULL);
	check(&t, &l, !err && places_are_right(l.k), "callbacks of syscall programs");

	sites_are_right = true;
	err = load(&l, argv[1], to_urgent);
	check(&t, &l, !err && order(&l) && nr_plain == 1 && nr_urgent == 2 && sites_are_right,
	      "another kfunc's id: its row decides, by context");

	err = load(&l, argv[1], refuse);
	check(&t, &l, err == -EPERM && strstr(l.e.text, "shop_mark() is refused in order by "
							"shop_ops's relocation hook"),
	      "a negative answer is the verifier's");

	err = load(&l, argv[1], to_another_kind);
	check(&t, &l, err == -EINVAL && strstr(l.e.text, "shop_insert() is not of the same kind as "
							 "shop_mark()"),
	      "a kfunc of another kind is refused");
	return tap_done(&t);
}
