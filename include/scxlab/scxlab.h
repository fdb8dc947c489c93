/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * scxlab for embedders: policies in BPF for any C program.
 *
 * A program declares a struct of callbacks (a struct_ops type) and functions
 * that BPF may call (kfuncs), loads a .bpf.o against them through unmodified
 * libbpf and a verifier, and calls what the object implements. Which kfunc may
 * be called from which callback, and which C function it then is, is declared
 * in a table and decided when the object is loaded; nothing is checked when a
 * call is made.
 *
 *	static int promote_now(struct cache_obj *o, void *priv) { ... }
 *	static int promote_later(struct cache_obj *o, void *priv) { ... }
 *
 *	static const struct scxlab_kfunc kfuncs[] = {
 *		{ .name = "cache_promote",
 *		  .cases = { SCXLAB_IN("hit", promote_now),
 *			     SCXLAB_IN("admit", promote_later) } },
 *	};
 *	static const struct scxlab_type type = { .name = "cache_ops", .kfuncs = kfuncs, ... };
 *
 * Types. The struct, its arguments and the implementations are ordinary C; what
 * BPF sees of them is their BTF, which pahole adds to an object file:
 *
 *	cc -g -c embed.c && pahole -J embed.o
 *	cc -o embed embed.o $(pkg-config --libs scxlab)
 *
 * An executable that is linked from it has the BTF in its .BTF section, where
 * scxlab_create() looks unless it is told another file. (What nothing in the file
 * uses is not in its BTF.) A kfunc needs no C function of its own name: its
 * prototype is that of its implementations without their last parameter, which
 * is scxlab_type.priv. The kernel BTF that an object is loaded against is Linux's
 * part of it (scheduler types, generic kfuncs) and the program's.
 *
 * Errors are negative errno values, with a message in *e where one is passed.
 * A wrong declaration fails in scxlab_create() and names its row; a program
 * that breaks the rules fails in scxlab_load(), a value in scxlab_attach().
 *
 * Nothing is global; each struct scxlab belongs to one thread at a time. Time,
 * randomness and timers of BPF programs are simulated: scxlab_advance().
 *
 * The embedder's code runs inside of calls into this interface: kfuncs, attach(),
 * messages. There it may call ops and use maps; what would take the ground from under
 * the outer call - to load, unload, attach, detach, run, advance, destroy - is -EBUSY.
 */
#ifndef SCXLAB_SCXLAB_H
#define SCXLAB_SCXLAB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct scxlab;		/* a kernel with the embedder's types and kfuncs */
struct scxlab_ops;	/* one struct_ops type in it */
struct scxlab_object;	/* a loaded .bpf.o */

struct scxlab_error {
	char text[1024];
};

/* ---- declarations: borrowed until scxlab_destroy() ---- */

/* Any implementation: (the kfunc's parameters, void *priv). */
typedef void (*scxlab_fn)(void);

/*
 * Where a call may stand: names of callbacks of the type, separated by commas.
 * A callback's name means the body of its program; these stand for code that
 * runs later, from the program that set it up, and for programs of that type.
 */
#define SCXLAB_TIMER "@timer"
#define SCXLAB_WORKQUEUE "@workqueue"
#define SCXLAB_SYSCALL "@syscall"

struct scxlab_case {
	const char *in; /* NULL: everywhere */
	scxlab_fn fn;
	const char *fn_name;
	/*
	 * By argument: this case is for calls whose argument number @arg (from 0)
	 * points to this struct, and is tried before cases without a type. The struct
	 * must begin with the parameter's: it is its first member, or that one's first ...
	 */
	const char *arg_type;
	unsigned int arg;
};

#define SCXLAB_IN(in, fn) { (in), (scxlab_fn)(fn), #fn, NULL, 0 }
#define SCXLAB_IN_IF(in, arg, type, fn) { (in), (scxlab_fn)(fn), #fn, (type), (arg) }

#define SCXLAB_MAX_CASES 4

/*
 * Flags of a kfunc; values and meanings are Linux's KF_*. Pointers to structs
 * are always KF_TRUSTED_ARGS: what a callback was given or another kfunc
 * returned, unchanged and not NULL (but for parameters called ...__nullable);
 * with RCU, also what RCU protects.
 */
#define SCXLAB_KF_ACQUIRE (1u << 0)
#define SCXLAB_KF_RELEASE (1u << 1)
#define SCXLAB_KF_RET_NULL (1u << 2)
#define SCXLAB_KF_SLEEPABLE (1u << 5)
#define SCXLAB_KF_RCU (1u << 7)

struct scxlab_kfunc {
	const char *name;
	unsigned int flags;
	/* Where it may be called: each place must have a case. NULL: where cases are. */
	const char *allowed;
	struct scxlab_case cases[SCXLAB_MAX_CASES]; /* ends with the first without fn */
	/*
	 * Callbacks that it may run before it returns. Declared nesting must have
	 * no cycle. @not_within: in what these callbacks bring about, however deep,
	 * the kfunc may not be called; found out by scxlab_attach().
	 */
	const char *nests, *not_within;
	/*
	 * Callbacks that the attached value must implement: decided by scxlab_attach() for
	 * the value's own programs, by scxlab_run() for a syscall program that it runs. Code
	 * that was left to run later may find the value gone.
	 */
	const char *needs;
};

#define SCXLAB_OP_SLEEPABLE (1u << 0) /* a sleepable program may implement it */
#define SCXLAB_OP_REQUIRED (1u << 1)  /* a value without it is refused */
#define SCXLAB_OP_CLOSED (1u << 2)    /* no program may implement it */

struct scxlab_op {
	const char *name;
	unsigned int flags;
	unsigned int nullable; /* bit i: argument i may be NULL */
};

struct scxlab_type {
	const char *name; /* of the struct */
	/* Rows for callbacks that need one; a callback without a row has no flags. */
	const struct scxlab_op *ops;
	size_t nr_ops;
	const struct scxlab_kfunc *kfuncs;
	size_t nr_kfuncs;
	void *priv;
	/* May refuse (< 0) what the value's data members hold; may be NULL. */
	int (*attach)(void *priv, const void *value);
	void (*detach)(void *priv); /* may be NULL */
};

/* One kfunc call in a program, as it was decided. */
struct scxlab_decision {
	const char *program;
	unsigned int insn;
	const char *kfunc;
	const char *implementation; /* NULL: refused */
	const char *from;	    /* the callback, or SCXLAB_TIMER ... */
	const char *source;	    /* the line's text; "" without line info */
};

struct scxlab_config {
	const struct scxlab_type *const *types;
	size_t nr_types;
	const char *btf;    /* ELF file with a .BTF section, or raw BTF; NULL: this program */
	const char *kernel; /* "6.12", "7.1", "next"; NULL: the first */
	uint64_t seed;
	unsigned int nr_cpus; /* 0: 1 */
	/* Both may be NULL. Text of libbpf and the verifier; decided calls. */
	void (*message)(void *priv, const char *text);
	void (*decided)(void *priv, const struct scxlab_decision *d);
	void *priv; /* of these two */
};

/* ---- a kernel ---- */

int scxlab_create(const struct scxlab_config *cfg, struct scxlab_error *e, struct scxlab **out);
/* -EBUSY, and nothing happens, while there are objects: their owner unloads them. NULL is fine. */
int scxlab_destroy(struct scxlab *k);

/* Simulated time since boot, in ns. */
uint64_t scxlab_now(const struct scxlab *k);
/* Lets @ns go by: BPF timers and work queues run. */
int scxlab_advance(struct scxlab *k, uint64_t ns);

/* ---- objects ---- */

/* Opens, relocates, verifies. On refusal *e ends with what the verifier said. */
int scxlab_load(struct scxlab *k, const char *path, struct scxlab_error *e,
		struct scxlab_object **out);
/* Detaches first. NULL is fine. */
int scxlab_unload(struct scxlab_object *o);

/* Registers the object's struct_ops values; one value per type (-EBUSY). */
int scxlab_attach(struct scxlab_object *o, struct scxlab_error *e);
int scxlab_detach(struct scxlab_object *o);

/*
 * Runs a program of SEC("syscall"), by its name, on @size bytes at @ctx, which it may
 * change; *ret (may be NULL) is what it returned. -ENOENT: there is no such program.
 * -EACCES: its kfuncs need callbacks of a value, and none that has them is attached.
 */
int scxlab_run(struct scxlab_object *o, const char *program, void *ctx, uint32_t size, int64_t *ret,
	       struct scxlab_error *e);

/* A map's element by the map's name: @key and @value are as big as the map's. -ENOENT. */
int scxlab_map_lookup(struct scxlab_object *o, const char *map, const void *key, void *value);
int scxlab_map_update(struct scxlab_object *o, const char *map, const void *key,
		      const void *value);

/* ---- calling what was attached ---- */

/* The type of that name; NULL: not one of cfg->types. Lives as long as @k. */
struct scxlab_ops *scxlab_ops(struct scxlab *k, const char *type);
/* What scxlab_call() wants for a callback; -ENOENT. */
int scxlab_op(const struct scxlab_ops *ops, const char *name);
/* Does the attached value implement it? 0 where nothing is attached. */
int scxlab_has(const struct scxlab_ops *ops, int op);
/* The attached value as the struct itself, for its data members; NULL: none is attached. */
const void *scxlab_value(const struct scxlab_ops *ops);
/*
 * Calls an op with @args, one per parameter, pointers included; *ret (may be
 * NULL) is what it returned, in its return type's width and sign. -ENOENT where
 * no program implements it. kfuncs called meanwhile may call again.
 */
int scxlab_call(struct scxlab_ops *ops, int op, const uint64_t *args, int64_t *ret);

#ifdef __cplusplus
}
#endif

#endif
