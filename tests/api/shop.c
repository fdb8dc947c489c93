/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The public interface, used as an embedder does: wrong declarations and what
 * is said of them, by-argument implementations, nesting, needs, timers, maps.
 * Arguments: the objects of shop.bpf.c, in the order of its variants.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scxlab/scxlab.h>

#include "shop.h"
#include "tap.h"

struct shop {
	struct scxlab_ops *ops;
	/* to be meddled with where that must not be, if not NULL */
	struct scxlab *k;
	struct scxlab_object *o;
	int busy, others;
	int marks[2], inserted_books, inserted_fruit, attached;
};

/* ---- implementations ---- */

/* Books belong to somebody: only the owner may put one in. */
static int insert_book(struct item *item, unsigned int owner, void *priv)
{
	((struct shop *)priv)->inserted_books++;
	return item->owner == owner ? 1 : -EPERM;
}

static int insert_fruit(struct item *item, unsigned int owner, void *priv)
{
	((struct shop *)priv)->inserted_fruit++;
	return 2;
}

static void note(struct shop *shop, int err)
{
	shop->busy += err == -EBUSY;
	shop->others += err != -EBUSY;
}

/* All that would take away what a program in progress stands on. */
static void meddle(struct shop *shop)
{
	struct scxlab_object *other = NULL;
	struct scxlab_error e;
	unsigned int ctx = 0;

	note(shop, scxlab_unload(shop->o));
	note(shop, scxlab_detach(shop->o));
	note(shop, scxlab_attach(shop->o, &e));
	note(shop, scxlab_load(shop->k, "nothing", &e, &other));
	note(shop, scxlab_run(shop->o, "ask", &ctx, sizeof(ctx), NULL, &e));
	note(shop, scxlab_advance(shop->k, 1));
	note(shop, scxlab_destroy(shop->k));
}

/* Calls back into the policy before it returns. */
static int restock(struct item *item, void *priv)
{
	struct shop *shop = priv;
	uint64_t args[] = { (uint64_t)(uintptr_t)item };
	int64_t ret = 0;

	if (shop->o)
		meddle(shop);
	scxlab_call(shop->ops, scxlab_op(shop->ops, "stocked"), args, &ret);
	return (int)ret;
}

static int pay(int n, void *priv)
{
	return n;
}

static int ring(void *priv)
{
	return 0;
}

static int mark_now(int n, void *priv)
{
	((struct shop *)priv)->marks[0] += n;
	return 0;
}

static int mark_in_timer(int n, void *priv)
{
	((struct shop *)priv)->marks[1] += n;
	return 0;
}

static int doze(void *priv)
{
	return 0;
}

/* for wrong declarations */
static int mark_long(long n, void *priv)
{
	return 0;
}

static int mark_two(int n, int m, void *priv)
{
	return 0;
}

static long mark_returns_long(int n, void *priv)
{
	return 0;
}

static int no_priv(int n)
{
	return 0;
}

static const struct scxlab_kfunc kfuncs[] = {
	{ .name = "shop_insert",
	  .cases = { SCXLAB_IN_IF(NULL, 0, "book", insert_book),
		     SCXLAB_IN_IF(NULL, 0, "fruit", insert_fruit) } },
	{ .name = "shop_restock",
	  .cases = { SCXLAB_IN("sell, order", restock) }, .nests = "stocked" },
	{ .name = "shop_pay", .cases = { SCXLAB_IN("order, stocked", pay) },
	  .not_within = "sell" },
	{ .name = "shop_ring", .cases = { SCXLAB_IN(NULL, ring) }, .needs = "tick" },
	{ .name = "shop_doze", .flags = SCXLAB_KF_SLEEPABLE, .cases = { SCXLAB_IN(NULL, doze) } },
	{ .name = "shop_mark", .allowed = "sell, order, " SCXLAB_TIMER,
	  .cases = { SCXLAB_IN("sell,order", mark_now),
		     SCXLAB_IN(SCXLAB_TIMER, mark_in_timer) } },
};
#define NR_KFUNCS (sizeof(kfuncs) / sizeof(kfuncs[0]))

static const struct scxlab_op ops[] = {
	{ .name = "order", .flags = SCXLAB_OP_REQUIRED },
	{ .name = "closed", .flags = SCXLAB_OP_CLOSED },
};

static int attach(void *priv, const void *value)
{
	const struct shop_ops *v = value;

	((struct shop *)priv)->attached++;
	return v->flags == 1 && !strcmp(v->name, "shop") ? 0 : -E2BIG;
}

static void detach(void *priv)
{
	((struct shop *)priv)->attached--;
}

static int create_for(const struct scxlab_type *type, const char *kernel, const char *btf,
		      struct scxlab_error *e, struct scxlab **out)
{
	const struct scxlab_type *types[] = { type };
	const struct scxlab_config cfg = { .types = types, .nr_types = 1, .kernel = kernel,
					   .btf = btf };

	e->text[0] = '\0';
	return scxlab_create(&cfg, e, out);
}

static int create(const struct scxlab_type *type, struct scxlab_error *e, struct scxlab **out)
{
	return create_for(type, NULL, NULL, e, out);
}

static struct scxlab_type shop_type(struct shop *shop)
{
	return (struct scxlab_type){ .name = "shop_ops", .ops = ops, .nr_ops = 2,
				     .kfuncs = kfuncs, .nr_kfuncs = NR_KFUNCS, .priv = shop,
				     .attach = attach, .detach = detach };
}

/* ---- wrong declarations ---- */

#define NAME_31 "a_name_of_thirty_one_characters"
#define LONG_NAME NAME_31 NAME_31 NAME_31 NAME_31

static const struct {
	const char *what, *words;
	struct scxlab_kfunc kfunc[2];
} wrong[] = {
	{ "unknown member in a case", "shop_ops: shop_mark: mark_now: shop_ops has no callback "
				      "\"buy\"",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell, buy", mark_now) } } } },
	{ "unknown member in nests", "shop_ops: shop_mark: shop_ops has no callback buy",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", mark_now) }, .nests = "buy" } } },
	{ "a data member in nests", "shop_ops: shop_mark: shop_ops has no callback flags",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", mark_now) }, .nests = "flags" } } },
	{ "unknown member in needs", "shop_ops: shop_mark: needs: shop_ops has no callback \"buy\"",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", mark_now) }, .needs = "buy" } } },
	{ "allowed without an implementation", "shop_ops: shop_mark: allowed in order, without an "
					       "implementation there",
	  { { .name = "shop_mark", .allowed = "sell, order",
	      .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "implemented where it is not allowed", "shop_ops: shop_mark: implemented in order, but "
						 "not allowed there",
	  { { .name = "shop_mark", .allowed = "sell",
	      .cases = { SCXLAB_IN("sell, order", mark_now) } } } },
	{ "no implementation", "shop_ops: shop_mark: no implementation", { { .name = "shop_mark" } } },
	{ "two implementations in one place", "shop_ops: shop_mark: two implementations in order",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell, order", mark_now),
					      SCXLAB_IN("order, tick", mark_in_timer) } } } },
	{ "parameter of another type", "shop_ops: shop_mark: parameter 1 (n) of mark_long() is not "
				       "that of mark_now()",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", mark_now),
					      SCXLAB_IN("order", mark_long) } } } },
	{ "another number of parameters", "shop_ops: shop_mark: mark_two() has 3 parameters, but "
					  "mark_now() has 2",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", mark_now),
					      SCXLAB_IN("order", mark_two) } } } },
	{ "another return type", "shop_ops: shop_mark: mark_returns_long() and mark_now() return "
				 "different types",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", mark_now),
					      SCXLAB_IN("order", mark_returns_long) } } } },
	{ "no place for priv", "shop_ops: shop_mark: the last parameter of no_priv() is not a "
			       "pointer, for priv",
	  { { .name = "shop_mark", .cases = { SCXLAB_IN("sell", no_priv) } } } },
	{ "a function that there is already", "shop_ops: pay: there is a function of that name "
					      "already",
	  { { .name = "pay", .cases = { SCXLAB_IN("sell", pay) } } } },
	{ "unknown type of argument", "shop_ops: shop_insert: insert_book: no argument 0 of type "
				      "struct car",
	  { { .name = "shop_insert", .cases = { SCXLAB_IN_IF("sell", 0, "car", insert_book) } } } },
	{ "two implementations for one type", "shop_ops: shop_insert: two implementations for struct "
					      "book",
	  { { .name = "shop_insert", .cases = { SCXLAB_IN_IF("sell", 0, "book", insert_book),
						SCXLAB_IN_IF(NULL, 0, "book", insert_fruit) } } } },
	{ "a type for a number", "shop_ops: shop_insert: argument 1 of insert_book() is no pointer",
	  { { .name = "shop_insert", .cases = { SCXLAB_IN_IF("sell", 1, "book", insert_book) } } } },
	{ "a type for priv", "shop_ops: shop_insert: argument 2 of insert_book() is no pointer",
	  { { .name = "shop_insert", .cases = { SCXLAB_IN_IF("sell", 2, "book", insert_book) } } } },
	{ "unknown flags", "shop_ops: shop_mark: unknown flags 0x100",
	  { { .name = "shop_mark", .flags = 0x100 | SCXLAB_KF_RCU,
	      .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "a type that is never passed", "shop_ops: shop_insert: insert_book: struct shop does not "
					 "begin with struct item, which is argument 0",
	  { { .name = "shop_insert", .cases = { SCXLAB_IN_IF("sell", 0, "shop", insert_book) } } } },
	{ "a number to acquire", "shop_ops: shop_mark: SCXLAB_KF_ACQUIRE, but it returns no pointer "
				 "to a struct",
	  { { .name = "shop_mark", .flags = SCXLAB_KF_ACQUIRE | SCXLAB_KF_RELEASE,
	      .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "a number to release", "shop_ops: shop_mark: SCXLAB_KF_RELEASE, but it takes no pointer to "
				 "a struct",
	  { { .name = "shop_mark", .flags = SCXLAB_KF_RELEASE,
	      .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "a number under RCU", "shop_ops: shop_mark: SCXLAB_KF_RCU, but it takes no pointer to a "
				"struct",
	  { { .name = "shop_mark", .flags = SCXLAB_KF_RCU,
	      .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "a number that may be NULL", "shop_ops: shop_restock: SCXLAB_KF_RET_NULL, but it returns no "
				       "pointer",
	  { { .name = "shop_restock", .flags = SCXLAB_KF_RET_NULL,
	      .cases = { SCXLAB_IN("sell", restock) } } } },
	{ "a kfunc without a name", "shop_ops: kfunc row 0 has no name",
	  { { .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "a kfunc with a name that is none", "shop_ops: kfunc row 0: \"shop mark\" is no identifier",
	  { { .name = "shop mark", .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "a name that is too long", "a name of more than 120 bytes",
	  { { .name = LONG_NAME, .cases = { SCXLAB_IN("sell", mark_now) } } } },
	{ "an implementation without a name", "shop_ops: shop_mark: case 0 has no fn_name",
	  { { .name = "shop_mark", .cases = { { .in = "sell", .fn = (scxlab_fn)mark_now } } } } },
	{ "a cycle of one", "shop_ops: callbacks may nest without end: stocked -> shop_restock -> "
			    "stocked",
	  { { .name = "shop_restock", .cases = { SCXLAB_IN(NULL, restock) }, .nests = "stocked" } } },
	{ "a cycle of two", "shop_ops: callbacks may nest without end: sell -> shop_restock -> "
			    "stocked -> shop_pay -> sell",
	  { { .name = "shop_restock", .cases = { SCXLAB_IN("sell", restock) }, .nests = "stocked" },
	    { .name = "shop_pay", .cases = { SCXLAB_IN("stocked", pay) }, .nests = "sell" } } },
};

static void check_refused(struct tap *t, const struct scxlab_type *type, const char *what,
			  const char *words)
{
	struct scxlab *k = NULL;
	struct scxlab_error e;
	int err = create(type, &e, &k);

	if (!tap_ok(t, err == -EINVAL && !k && strstr(e.text, words), "%s", what))
		tap_note("%d, %s", err, e.text);
	scxlab_destroy(k);
}

static const struct {
	const char *what, *words;
	struct scxlab_op ops[2];
} wrong_ops[] = {
	{ "unknown op", "shop_ops: op row 0: shop_ops has no callback \"buy\"", { { .name = "buy" } } },
	{ "two rows for an op", "shop_ops: op row 1: row 0 is about order, too",
	  { { .name = "order" }, { .name = "order", .flags = SCXLAB_OP_REQUIRED } } },
	{ "unknown flags of an op", "shop_ops: op row 0: order: unknown flags 0x40",
	  { { .name = "order", .flags = 0x40 } } },
	{ "an op that must be and may not be", "shop_ops: op row 0: order is required, and no program "
					       "may be it",
	  { { .name = "order", .flags = SCXLAB_OP_REQUIRED | SCXLAB_OP_CLOSED } } },
	{ "an argument that is not there", "shop_ops: op row 0: order has 1 arguments, nullable is 0x2",
	  { { .name = "order", .nullable = 2 } } },
};

static void check_declarations(struct tap *t)
{
	struct shop shop = { 0 };
	struct scxlab_type type;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		type = shop_type(&shop);
		type.kfuncs = wrong[i].kfunc;
		type.nr_kfuncs = wrong[i].kfunc[1].name ? 2 : 1;
		check_refused(t, &type, wrong[i].what, wrong[i].words);
	}
	for (size_t i = 0; i < sizeof(wrong_ops) / sizeof(wrong_ops[0]); i++) {
		type = shop_type(&shop);
		type.ops = wrong_ops[i].ops;
		type.nr_ops = wrong_ops[i].ops[1].name ? 2 : 1;
		check_refused(t, &type, wrong_ops[i].what, wrong_ops[i].words);
	}
	type = shop_type(&shop);
	type.kfuncs = NULL;
	check_refused(t, &type, "kfuncs, but no rows", "shop_ops: ");
	type = shop_type(&shop);
	type.ops = NULL;
	check_refused(t, &type, "ops, but no rows", "shop_ops: 2 ops, but no rows");
	type = shop_type(&shop);
	type.name = NULL;
	check_refused(t, &type, "a type without a name", "type 0 has no name");
	check_refused(t, NULL, "no type", "type 0 has no name");
	type = shop_type(&shop);
	type.name = "shop_floor";
	check_refused(t, &type, "unknown struct", "shop_floor: no such struct");
	type = shop_type(&shop);
	type.name = "item";
	type.nr_ops = 0;
	check_refused(t, &type, "kfuncs that speak of another type's members",
		      "item: shop_restock: restock: item has no callback \"sell\"");
}

/* ---- objects ---- */

static void check_good(struct tap *t, const char *path)
{
	struct book book = { .item = { .id = 1, .owner = 7 } };
	struct fruit fruit = { .item = { .id = 2, .owner = 9 } };
	uint64_t args[] = { (uintptr_t)&book, (uintptr_t)&fruit }, count;
	struct shop shop = { 0 };
	struct scxlab_type type = shop_type(&shop);
	struct scxlab_object *o = NULL, *second = NULL;
	struct scxlab_error e = { "" };
	struct scxlab *k = NULL;
	unsigned int one = 1;
	int64_t ret = 0;
	int err = create(&type, &e, &k);

	err = err ? err : scxlab_load(k, path, &e, &o);
	shop.ops = err ? NULL : scxlab_ops(k, "shop_ops");
	if (!tap_ok(t, !err && shop.ops && !scxlab_ops(k, "other"), "a good object loads")) {
		tap_note("%s", e.text);
		goto out;
	}
	tap_ok(t, scxlab_call(shop.ops, scxlab_op(shop.ops, "sell"), args, &ret) == -ENOENT &&
			  !scxlab_value(shop.ops), "nothing is attached yet");
	err = scxlab_attach(o, &e);
	if (!tap_ok(t, !err && shop.attached == 1, "it is attached"))
		tap_note("%s", e.text);
	tap_ok(t, scxlab_attach(o, &e) == -EALREADY && shop.attached == 1, "it is so once");
	tap_ok(t, scxlab_op(shop.ops, "flags") == -ENOENT && scxlab_op(shop.ops, "buy") == -ENOENT &&
			  scxlab_has(shop.ops, scxlab_op(shop.ops, "order")) &&
			  !scxlab_has(shop.ops, scxlab_op(shop.ops, "tick")),
	       "ops by name");
	err = scxlab_call(shop.ops, scxlab_op(shop.ops, "sell"), args, &ret);
	tap_ok(t, !err && ret == 102 && shop.inserted_books == 1 && shop.inserted_fruit == 1,
	       "one name, two argument types, two implementations; even in one subprogram");
	book.item.owner = 8;
	scxlab_call(shop.ops, scxlab_op(shop.ops, "sell"), args, &ret);
	tap_ok(t, ret == -100 * EPERM + 2, "their checks differ; a negative result is one");
	err = scxlab_call(shop.ops, scxlab_op(shop.ops, "order"), args, &ret);
	tap_ok(t, !err && ret == 300 % 256, "a callback in a callback; results in their own width");
	tap_ok(t, !scxlab_map_lookup(o, "counts", &one, &count) && count == 1, "a map is read");
	count = 40;
	tap_ok(t, !scxlab_map_update(o, "counts", &one, &count) &&
			  scxlab_map_lookup(o, "nothing", &one, &count) == -ENOENT,
	       "a map is written");
	tap_ok(t, shop.marks[0] == 2 && !shop.marks[1], "no time has gone by");
	tap_ok(t, !scxlab_advance(k, 2000) && scxlab_now(k) >= 2000 && shop.marks[0] == 2 &&
			  shop.marks[1] == 1,
	       "the timer callback's call is another function");
	err = scxlab_load(k, path, &e, &second);
	tap_ok(t, !err && scxlab_attach(second, &e) == -EBUSY &&
			  strstr(e.text, "another value is attached"),
	       "one value at a time");
	tap_ok(t, !scxlab_detach(o) && !shop.attached && !scxlab_attach(second, &e),
	       "detached, and another attached");
	shop.k = k;
	shop.o = second;
	err = scxlab_call(shop.ops, scxlab_op(shop.ops, "order"), args, &ret);
	shop.o = NULL;
	tap_ok(t, !err && ret == 300 % 256 && shop.busy == 7 && !shop.others,
	       "a kfunc can't unload the program that calls it, nor do worse");
	tap_ok(t, scxlab_destroy(k) == -EBUSY, "objects are unloaded first");
out:
	scxlab_unload(second);
	scxlab_unload(o);
	tap_ok(t, !shop.attached, "unloading detaches");
	scxlab_destroy(k);
}

/* A syscall program, whose kfunc needs a callback of the value that is attached. */
static void check_run(struct tap *t, const char *asking, const char *unheard)
{
	struct shop shop = { 0 };
	struct scxlab_type type = shop_type(&shop);
	struct scxlab_object *a = NULL, *b = NULL;
	struct scxlab_error e = { "" };
	struct scxlab *k = NULL;
	unsigned int ctx = 41;
	int64_t ret = 0;
	int err = create(&type, &e, &k);

	err = err ? err : scxlab_load(k, unheard, &e, &a);
	err = err ? err : scxlab_load(k, asking, &e, &b);
	if (!tap_ok(t, !err, "two objects with a syscall program"))
		tap_note("%s", e.text);
	err = scxlab_run(a, "ask", &ctx, sizeof(ctx), &ret, &e);
	tap_ok(t, err == -EACCES && ctx == 41 &&
			  strstr(e.text, "program ask (syscall), insn ") &&
			  strstr(e.text, "shop_ring() needs the value to implement tick, and none is "
					 "attached"),
	       "nothing is attached that it could need");
	err = scxlab_attach(a, &e);
	err = err ? err : scxlab_run(a, "ask", &ctx, sizeof(ctx), &ret, &e);
	if (!tap_ok(t, err == -EACCES && ctx == 41 &&
			       strstr(e.text, "shop_ring() needs the value to implement tick"),
		    "what is attached has no tick"))
		tap_note("%d %s", err, e.text);
	err = scxlab_detach(a) ? -1 : scxlab_attach(b, &e);
	err = err ? err : scxlab_run(a, "ask", &ctx, sizeof(ctx), &ret, &e);
	tap_ok(t, !err && ret == 41 && ctx == 42, "it is run, and has changed its context");
	tap_ok(t, scxlab_run(a, "nothing", NULL, 0, NULL, &e) == -ENOENT &&
			  scxlab_run(a, "order", NULL, 0, NULL, &e) == -EINVAL &&
			  strstr(e.text, "order is not of SEC(\"syscall\")"),
	       "only syscall programs are run so");
	scxlab_unload(a);
	scxlab_unload(b);
	scxlab_destroy(k);
}

static void check_kernels(struct tap *t, const char *path)
{
	static const char *const kernels[] = { "6.12", "7.1", "next" };
	struct shop shop = { 0 };
	struct scxlab_type type = shop_type(&shop);
	struct scxlab_error e;
	struct scxlab *k = NULL;

	for (int i = 0; i < 3; i++) {
		struct scxlab_object *o = NULL;
		int err = create_for(&type, kernels[i], NULL, &e, &k);

		err = err ? err : scxlab_load(k, path, &e, &o);
		if (!tap_ok(t, !err && !scxlab_attach(o, &e), "in kernel %s", kernels[i]))
			tap_note("%s", e.text);
		scxlab_unload(o);
		scxlab_destroy(k);
		k = NULL;
	}
	tap_ok(t, create_for(&type, "5.4", NULL, &e, &k) == -EINVAL && strstr(e.text, "5.4"),
	       "an unknown kernel");
	tap_ok(t, create_for(&type, NULL, path, &e, &k) == -EINVAL && strstr(e.text, "shop_ops"),
	       "BTF of another program");
	tap_ok(t, create_for(&type, NULL, "/no/such/file", &e, &k) < 0 &&
			  strstr(e.text, "/no/such/file"), "BTF of no program");
}

/* @pattern: of the whole message. */
static void check_bad(struct tap *t, const char *path, int at_load, int want, const char *pattern)
{
	struct shop shop = { 0 };
	struct scxlab_type type = shop_type(&shop);
	struct scxlab_object *o = NULL;
	struct scxlab_error e;
	struct scxlab *k = NULL;
	int err = create(&type, &e, &k), loaded;

	loaded = err ? err : scxlab_load(k, path, &e, &o);
	err = loaded ? loaded : scxlab_attach(o, &e);
	if (!tap_ok(t, err == want && !loaded == !at_load && !fnmatch(pattern, e.text, 0),
		    "%s: %s", strrchr(path, '/') + 1, pattern))
		tap_note("%d, %s: %s", err, loaded ? "at load" : "at attach", e.text);
	scxlab_unload(o);
	scxlab_destroy(k);
}

int main(int argc, char **argv)
{
	struct tap t = { 0 };

	if (argc != 11)
		return 2;
	check_declarations(&t);
	check_good(&t, argv[1]);
	check_run(&t, argv[7], argv[8]);
	check_kernels(&t, argv[1]);
	check_bad(&t, argv[2], 1, -EACCES,
		  "*shop_insert() has no implementation for arguments of these types");
	check_bad(&t, argv[10], 1, -EACCES,
		  "*shop_insert() has no implementation for arguments of these types");
	check_bad(&t, argv[3], 0, -EACCES,
		  "*: stocked (program stocked, insn *) may not call shop_pay() within sell: sell "
		  "(program sell, insn *) -> shop_restock() -> stocked");
	check_bad(&t, argv[4], 0, -EACCES, "*: program order (order), insn *: shop_ring() needs "
					   "the value to implement tick");
	check_bad(&t, argv[5], 1, -524, "*attach to unsupported member closed of struct shop_ops");
	check_bad(&t, argv[6], 1, -EINVAL, "*R1 must be referenced or trusted*");
	check_bad(&t, argv[9], 1, -EACCES, "*must be sleepable to call sleepable kfunc shop_doze*");
	check_bad(&t, "/no/such/file", 1, -ENOENT, "*No such file*");
	return tap_done(&t);
}
