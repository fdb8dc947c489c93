/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The registry of everything that a BPF program may call in the kernel, and
 * the resolver that decides, once per call site and at load time, which C
 * function a call means there - or that it means nothing there.
 *
 * Vocabulary
 *   call site    one call instruction on one path: where it is (struct call_site)
 *   context      a bit that the owning subsystem gives to a class of call sites
 *                ("ops.dispatch, main body"); kfunc_set.context_of computes it
 *   row          one kfunc: its flags and its cases
 *   case         contexts -> implementation; a row with several cases is a
 *                polymorphic kfunc
 *
 * An implementation has the kfunc's own prototype with one more, implicit,
 * last argument that the BPF program does not see: the instance which
 * registered the set (kfunc_set.priv), or the running struct run_ctx * where
 * the set has no instance. So no implementation needs a global.
 *
 * What depends on the other callbacks or on the data of a struct_ops value can't
 * be known when a program is loaded; it is decided once more, for all calls of
 * all its programs, when the value is registered: calls_check_value().
 *
 * Helpers go the same way: Linux's tiers say who may call them, and a set may
 * say more about programs of its struct_ops, by context (struct helper_rule).
 *
 * How to add a kfunc: one row in the subsystem's kfuncs.def.
 */
#ifndef CALLS_CALLS_H
#define CALLS_CALLS_H

#include "btf/btf.h"
#include "base/profile.h"
#include "calls/proto.h"
#include "calls/st_ops.h"
#include "isa/abi.h"

struct calls;
struct run_ctx;

/* Where in a program the call stands. Callbacks of bpf_loop and for_each inherit. */
enum call_place {
	CALL_IN_MAIN,
	CALL_IN_TIMER_CB,
	CALL_IN_WQ_CB,
	CALL_IN_EXCEPTION_CB,
};

/* Who calls: everything that static context rules can depend on. */
struct call_site {
	enum bpf_prog_type prog_type;
	enum bpf_attach_type attach_type;
	const struct st_ops_type *st_ops; /* NULL unless prog_type is STRUCT_OPS */
	u32 member;			  /* index in the BTF struct, with st_ops */
	const char *member_name;	  /* with st_ops */
	bool sleepable;
	bool no_cap_bpf, no_cap_perfmon; /* of the loader */
	enum call_place place;
	u32 insn; /* in the program as loaded */
};

/* ---- kfuncs ---- */

#define KF_ACQUIRE (1 << 0)
#define KF_RELEASE (1 << 1)
#define KF_RET_NULL (1 << 2)
#define KF_TRUSTED_ARGS (1 << 4)
#define KF_SLEEPABLE (1 << 5)
#define KF_DESTRUCTIVE (1 << 6)
#define KF_RCU (1 << 7)
#define KF_ITER_NEW (1 << 8)
#define KF_ITER_NEXT (1 << 9)
#define KF_ITER_DESTROY (1 << 10)
#define KF_RCU_PROTECTED (1 << 11)
#define KF_FASTCALL (1 << 12)

typedef void (*kfunc_fn)(void);

struct kfunc_case {
	u64 contexts; /* of the set's context_of(); ~0 = everywhere */
	kfunc_fn fn;
	const char *fn_name;
	/* For calls whose first argument is the callback's own, as it was given. */
	bool own;
};

#define KFUNC_MAX_CASES 6

struct kfunc_row {
	const char *name;
	u32 flags;
	struct kfunc_case cases[KFUNC_MAX_CASES]; /* ends with the first fn == NULL */
	/*
	 * Nesting, as names of members of the set's struct_ops: "enqueue, dequeue".
	 * @invokes: the kfunc may call them before it returns. @not_within: it may
	 * not be called, however deep, in what one of them does.
	 */
	const char *invokes, *not_within;
	u64 needs; /* bit i: kfunc_set.needs[i] must hold for the registered value */
};

/*
 * A fact about the value of the set's struct_ops that calls may depend on.
 * @what completes "... needs": "ops.update_idle to be absent, or
 * SCX_OPS_KEEP_BUILTIN_IDLE in flags".
 */
struct kfunc_need {
	const char *what;
	bool (*holds)(void *priv, const struct kfunc_need *need, const struct st_ops_view *v);
	u64 arg; /* the declarer's: holds() may serve several needs */
};

/*
 * From where a helper may be called by programs of the set's struct_ops, in
 * place of its tier's rule. A helper without a rule has its tier's.
 */
struct helper_rule {
	u32 id;
	u64 contexts; /* 0: from nowhere */
};

/* What an argument is, as the verifier knows it at one call site. */
struct kfunc_arg {
	const struct kbtf *btf; /* NULL: not a pointer to the start of an object of known type */
	u32 btf_id;
	bool is_const; /* a scalar with one value, @value */
	u64 value;
	/* The pointer is the callback's own argument, unchanged: its index; -1 otherwise. */
	s8 ctx_arg;
};

struct kfunc_query {
	const struct call_site *site;
	const struct kfunc_row *row;
	u64 context; /* context_of(site) */
	u32 kfunc_id;
	const struct kfunc_arg *args; /* 5 */
	u32 nr_args;
	/* A hook may add what this call, with these arguments, needs beyond row->needs. */
	u64 *needs;
};

struct kfunc_set {
	const char *name; /* "scx" */
	const struct kfunc_row *rows;
	size_t nr_rows;
	/* bit i of a context is called context_names[i] in messages and tables */
	const char *const *context_names;
	u32 nr_contexts;
	void *priv;
	void *implicit; /* what implementations get, where it is not @priv; NULL: @priv */
	/* Exactly one bit, or 0: no kfunc of this set may be called from there. NULL: ~0. */
	u64 (*context_of)(void *priv, const struct call_site *site);
	/* Whose members nesting, needs and helper rules speak of; registered first. */
	const struct st_ops_type *st_ops;
	/*
	 * The declared nesting has cycles, which a value may stay clear of: they
	 * are looked for in each value instead. False: a cycle is a wrong declaration.
	 */
	bool cycles_by_value;
	const struct kfunc_need *needs;
	u32 nr_needs;
	/* Implementations that need no call: form.h. */
	const struct call_form *forms;
	u32 nr_forms;
	const struct helper_rule *helpers;
	u32 nr_helpers;
	/* Which kind of program sees the set at all (Linux's registration hooks). NULL: all. */
	bool (*visible)(const struct call_site *site);
	/*
	 * The richer hook. Returns the index of the case, or -errno with *e
	 * filled; it chooses among the cases whose contexts include the query's,
	 * which may overlap where there is a hook. NULL: the first such case.
	 */
	int (*resolve)(void *priv, const struct kfunc_query *q, struct err_msg *e);
};

/* The concrete thing that an accepted call instruction calls. */
struct call_target {
	kfunc_fn fn;
	void *implicit; /* last argument of a kfunc; NULL: pass the run_ctx */
	const struct call_form *form; /* the whole of what it does; NULL: that has to be called */
	const char *name;    /* as the program calls it */
	const char *fn_name; /* the implementation */
	u8 nr_args;	 /* without the implicit one; helpers always take 5 + run_ctx */
	u8 ret_size;	 /* bytes; 0 = void */
	bool ret_signed; /* sign-extend a narrow return value */
	bool is_helper;
	u32 id;	     /* BTF id of a kfunc, or helper id */
	u32 context; /* index of the context bit it was resolved in (kfuncs) */

	/* for calls_check_value(); the verifier adds to @places where paths agree */
	u32 row_id; /* BTF id of the kfunc whose row decided: id, but for a relocated one */
	u32 insn;   /* call_site.insn */
	u8 places;  /* bit i: enum call_place */
	u64 needs;  /* of the row, and what the hook added */
	bool by_value; /* it needs something, or its nesting is declared */
};

/*
 * @kernel: the kernel's BTF; borrowed, must outlive the registry. What is
 * registered depends on the profile and the resolution; -EINVAL where these
 * exclude each other. calls_create() is for the default of both.
 */
int calls_create(const struct kbtf *kernel, struct calls **out);
int calls_create_for(const struct kbtf *kernel, enum kernel_profile profile,
		     enum kfunc_resolution resolution, struct calls **out);
void calls_destroy(struct calls *c);
/*
 * From now on what the kernel BTF lacks is left out and no error: it is that of
 * some other kernel, which need not have all that we know of.
 */
void calls_allow_missing(struct calls *c);
enum kernel_profile calls_profile(const struct calls *c);
enum kfunc_resolution calls_resolution(const struct calls *c);

/*
 * Registers a set; rows are borrowed (static). Refuses (-EINVAL, *e names set
 * and row) a row without FUNC in the kernel BTF, with the name of another row,
 * without a case, with overlapping cases (unless the set has a resolve hook),
 * that names an unknown member or need, or whose declared nesting, with that of the
 * sets before it, has a cycle.
 */
int calls_register_kfuncs(struct calls *c, const struct kfunc_set *set, struct err_msg *e);
int calls_register_st_ops(struct calls *c, const struct st_ops_type *type, struct err_msg *e);
/* Rows with the id of the one before are its variants: other types of program see them. */
int calls_register_helpers(struct calls *c, const struct helper_proto *protos, size_t nr,
			   struct err_msg *e);

const struct kbtf *calls_kernel_btf(const struct calls *c);
const struct st_ops_type *calls_find_st_ops(const struct calls *c, u32 btf_id);
/* BTF id of the type, of its value struct; index of a member by name (-ENOENT). */
u32 calls_st_ops_id(const struct calls *c, const struct st_ops_type *t);
u32 calls_st_ops_value_id(const struct calls *c, const struct st_ops_type *t);
const struct st_ops_type *calls_find_st_ops_by_value(const struct calls *c, u32 value_btf_id);
/* The declared row of member @idx; NULL where @idx is a data member or has no row. */
const struct st_ops_member *calls_st_ops_member(const struct calls *c, const struct st_ops_type *t,
						u32 idx);

/* May it be called from @site at all, whatever its arguments? -EACCES with *e if not. */
int calls_check_kfunc(const struct calls *c, const struct call_site *site, u32 btf_id,
		      struct err_msg *e);
/* A kfunc by BTF id, as seen from @site; NULL: no such kfunc, or not visible from there. */
const struct kfunc_row *calls_find_kfunc(const struct calls *c, const struct call_site *site,
					 u32 btf_id, const struct kfunc_set **set);
/*
 * Decides one call. 0 and *out, or -EACCES with *e saying from where it would
 * be legal. Never looks at run-time state. @prog: for the relocation hook of the
 * site's struct_ops; NULL: it is not asked.
 */
int calls_resolve_kfunc(const struct calls *c, const struct call_site *site, u32 btf_id,
			const struct kfunc_arg *args, struct bpf_prog *prog,
			struct call_target *out, struct err_msg *e);
/* NULL, with *e, where the helper does not exist or may not be called from @site. */
const struct helper_proto *calls_resolve_helper(const struct calls *c, const struct call_site *site,
						u32 id, struct err_msg *e);
/* By id only, for names in messages ("unknown func %s#%d"). */
const struct helper_proto *calls_find_helper(const struct calls *c, u32 id);

/* One kfunc call in a value that is being registered. */
struct value_call {
	u32 member; /* whose program it is in */
	const char *prog;
	const struct call_target *target;
};
/*
 * Decides what only the whole value tells: does it have what its calls need, and
 * may its callbacks nest as their calls make them. -EACCES with *e naming the
 * chain or the fact, the program and the instruction.
 */
int calls_check_value(const struct calls *c, const struct st_ops_view *v,
		      const struct value_call *calls, u32 nr, struct err_msg *e);

/*
 * The same of one call in a SYSCALL program that is about to run, of the value that is
 * attached now (st_ops_type.attached); call->member means nothing.
 */
int calls_check_run(const struct calls *c, const struct value_call *call, struct err_msg *e);

/* For tables and docs: walks all rows in registration order. */
int calls_for_each_kfunc(const struct calls *c,
			 int (*cb)(void *priv, const struct kfunc_set *set,
				   const struct kfunc_row *row, u32 btf_id),
			 void *priv);

#endif
