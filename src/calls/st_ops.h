/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A struct_ops type: what a subsystem declares once, and what the verifier,
 * the struct_ops framework, the resolver and the printed tables read.
 *
 * The value that user space writes is `struct bpf_struct_ops_<name>`: a common
 * header, then the struct itself; both must be in the kernel BTF.
 */
#ifndef CALLS_ST_OPS_H
#define CALLS_ST_OPS_H

#include "btf/btf.h"

#define ST_OPS_MAX_MEMBERS 64

struct bpf_prog;
struct st_ops_value;

/* Bits of st_ops_member.flags */
#define ST_OPS_SLEEPABLE 0x1	/* a sleepable program may implement it */
#define ST_OPS_UNSUPPORTED 0x2	/* exists in the type; no program may implement it */

/* One callback member. Data members need no row: they go through init_member. */
struct st_ops_member {
	const char *name;
	u32 flags;
	u8 nullable_args; /* bit i: argument i may be NULL */
};

/* A field that programs may write through a trusted pointer. */
struct st_ops_writable {
	const char *type;   /* "task_struct" */
	const char *member; /* path inside it: "scx.slice" */
};

/*
 * A filled-in value, read through BTF: the struct differs between profiles, so
 * nobody should cast @kdata. @implemented: bit i = a program stands for member i.
 */
struct st_ops_view {
	const struct st_ops_type *type;
	const struct kbtf *btf;
	const struct btf_type *t;
	const void *kdata;
	u64 implemented;
};
/* Does a program implement that member? False, too, where the type lacks it. */
bool st_ops_has(const struct st_ops_view *v, const char *member);
/* The integer member (1 to 8 bytes, zero-extended); 0 where the type lacks it. */
u64 st_ops_u64(const struct st_ops_view *v, const char *member);

struct st_ops_type {
	const char *name; /* "sched_ext_ops" */
	const struct st_ops_member *members;
	u32 nr_members;
	const struct st_ops_writable *writable;
	u32 nr_writable;
	void *priv; /* the subsystem's instance; passed to the hooks below */

	/*
	 * Data member @m of the value: 0 = copy nothing, the framework insists
	 * that it is zero; 1 = handled; < 0 refuses. @kdata is the kernel's copy.
	 */
	int (*init_member)(void *priv, const struct btf_type *t, const struct btf_member *m,
			   void *kdata, const void *udata);
	/* What that data member may hold, for the message of a refusal; NULL: not said. */
	void (*say_allowed)(void *priv, const char *member, char *buf, size_t size);
	/* The value as a whole; NULL: any will do. */
	int (*validate)(void *priv, const struct st_ops_view *v, struct err_msg *e);
	/* @v holds the programs and kdata; stays valid until after unreg returns. */
	int (*reg)(void *priv, struct st_ops_value *v, struct err_msg *e);
	void (*unreg)(void *priv, struct st_ops_value *v);
	/*
	 * The value that is attached now, or NULL: where a kfunc needs something of it,
	 * and who calls is a syscall program. No hook: the kfuncs see to that by themselves.
	 */
	const struct st_ops_value *(*attached)(void *priv);
	/* NULL: -EOPNOTSUPP */
	int (*update)(void *priv, struct st_ops_value *new, struct st_ops_value *old);

	/*
	 * Asked before anything else for every kfunc call, of any set, in every
	 * program of the type, as proposed for Linux (David Vernet, 2024): 0 = as it
	 * is, > 0 = the BTF id of the concrete kfunc, < 0 = refuse. The concrete one
	 * must have the flags and the prototype of the one asked for; it need not
	 * be visible to programs. Not asked where there is no program, as for a
	 * table of what may be called. Sets have a richer hook (kfunc_set.resolve); NULL:
	 * the tables decide.
	 */
	s32 (*kfunc_validate_reloc)(const struct btf_type *t, const struct btf_member *member,
				    struct bpf_prog *prog, u32 kfunc_id);
};

/*
 * A filled-in value. @progs is indexed by the member's index in the BTF struct
 * (the same index as expected_attach_type); NULL = not implemented.
 */
struct st_ops_value {
	const struct st_ops_type *type;
	void *kdata;
	struct bpf_prog *progs[ST_OPS_MAX_MEMBERS];
	/* Set by reg() where the subsystem ends the attachment by itself: told through this. */
	void (*detached)(struct st_ops_value *v);
};

#endif
