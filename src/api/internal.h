/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The layouts behind include/scxlab/: for the files of api/ only. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "calls/calls.h"
#include "kernel/kernel.h"
#include "kobj/prog.h"
#include "loader/loader.h"
#include "scxlab/scxlab.h"

struct topology;

/*
 * Contexts of an embedder's set: bit i is the body of the program of member i of
 * the struct, the last three are places that no member names.
 */
enum {
	API_CTX_TIMER = 61,
	API_CTX_WORKQUEUE = 62,
	API_CTX_SYSCALL = 63,
	API_NR_CONTEXTS = 64,
	API_MAX_MEMBERS = API_CTX_TIMER,
};

/* Which argument decides whether a case is meant. */
struct api_arg_rule {
	u32 btf_id; /* 0: any argument will do */
	u32 arg;
};

struct api_ret {
	u32 size; /* bytes; 0: void */
	bool is_signed;
};

/* One declared type: what the lower layers want to see of it. */
struct scxlab_ops {
	struct scxlab *owner;
	const struct scxlab_type *decl;
	u32 nr_members; /* of the struct, in BTF order */
	const char *member_names[API_MAX_MEMBERS];
	u32 member_flags[API_MAX_MEMBERS]; /* SCXLAB_OP_* */
	u8 nr_args[API_MAX_MEMBERS];
	struct api_ret rets[API_MAX_MEMBERS];
	u64 callbacks; /* which members are function pointers */

	struct st_ops_type type;
	struct st_ops_member *members;
	struct kfunc_set set;
	struct kfunc_row *rows;
	struct api_arg_rule (*arg_rules)[KFUNC_MAX_CASES]; /* by row */
	struct kfunc_need *needs;			   /* one per member */
	char (*need_texts)[96];
	const char *context_names[API_NR_CONTEXTS];

	struct st_ops_value *value; /* attached; NULL: none */
};

struct scxlab {
	struct kernel *k;
	struct topology *topology;
	struct scxlab_ops *ops;
	u32 nr_ops;
	void (*message)(void *priv, const char *text);
	void (*decided)(void *priv, const struct scxlab_decision *d);
	void *priv;
	const struct loader *loading; /* during scxlab_load() */
	u32 busy;		      /* calls of ours in progress: the embedder's code runs inside */
	u32 nr_objects;
	char refused[16];	      /* whose refusal was told of: libbpf loads it again for its log */
};

struct scxlab_object {
	struct scxlab *owner;
	struct loader *l;
};

/* declare.c: fills @ops, and registers it. */
int api_ops_init(struct scxlab_ops *ops, const struct kbtf *btf, struct err_msg *e);
void api_ops_fini(struct scxlab_ops *ops);
int api_ops_register(struct scxlab_ops *ops, struct calls *calls, struct err_msg *e);

/* -EBUSY in the course of another call: what that one stands on must not go away. */
int api_enter(struct scxlab *k, const char *what, struct scxlab_error *e);

/* Copies @e's text out; returns @err. */
int api_error(struct scxlab_error *out, const struct err_msg *e, int err);

#endif
