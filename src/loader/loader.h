/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A libbpf client in this process: opens an unmodified BPF object, writes its
 * globals, loads it into a struct kernel through the interposed bpf(2), attaches
 * its struct_ops maps. This and shim/ are the only code that knows libbpf.
 *
 * Every call binds the calling thread to the kernel for its duration.
 */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include "base/profile.h"

struct kernel;
struct loader;
struct scxlab_config;

/* -ENOENT, -EINVAL, ... with *e saying what is wrong with the file. */
int loader_open(struct kernel *k, const char *path, struct err_msg *e, struct loader **out);
void loader_close(struct loader *l); /* detaches; NULL is fine */

/*
 * "VAR=VALUE": a global of .rodata, .data or .bss, before loader_load(). Integers,
 * booleans, enumerators by name, floating point refused; VAR may be "a.b[2].c".
 * -EINVAL, -ENOENT, -ERANGE with *e.
 */
int loader_set_global(struct loader *l, const char *assignment, struct err_msg *e);

/*
 * bpf_object__load(): creates maps, loads programs. What libbpf warned of is in *e
 * from its second line on. -ESRCH: it needs a kfunc that the kernel lacks.
 */
int loader_load(struct loader *l, struct err_msg *e);
/* If the verifier refused a program there: its reason and the source line; else "". */
const char *loader_refusal(const struct loader *l);
/* Registers every struct_ops map of the object (bpf_map__attach_struct_ops). */
int loader_attach(struct loader *l, struct err_msg *e);
int loader_detach(struct loader *l);
const char *loader_object_name(const struct loader *l);
/* Name of the struct_ops value's "name" member, or the map's name; "" if the object has none. */
const char *loader_sched_name(const struct loader *l);
u32 loader_nr_struct_ops(const struct loader *l);

/* Has the object a program that bpf(2) knows by that (cut off) name? */
bool loader_has_program(const struct loader *l, const char *name);
/* After loader_load(): an element of the map of that name; sizes are the map's. -ENOENT, ... */
int loader_map_lookup(struct loader *l, const char *name, const void *key, void *value);
int loader_map_update(struct loader *l, const char *name, const void *key, const void *value);
/*
 * All elements of that map, as text: @nr_values is the number of CPUs where each has
 * a value of its own, else 1. -ENOENT, -EOPNOTSUPP (its kind cannot be listed), with *e.
 */
typedef void (*loader_map_element_fn)(void *priv, const char *key, const char *const *values,
				      u32 nr_values);
int loader_dump_map(struct loader *l, const char *name, loader_map_element_fn fn, void *priv,
		    struct err_msg *e);

/* Runs a SYSCALL program on @ctx. -ENOENT, -EINVAL (of another type), or what bpf(2) says. */
int loader_run(struct loader *l, const char *prog, void *ctx, u32 size, u32 *ret,
	       struct err_msg *e);

/* ---- verify ---- */

struct loader_prog_call {
	u32 insn;
	bool is_helper;
	char *kfunc, *resolved, *context; /* resolved NULL: refused */
	char *source;			  /* "file:line: text" */
	char *place, *func, *reason, *legal, *hint; /* as in struct kernel_call; "" = nothing */
};

struct loader_prog_verdict {
	char *name, *section, *member; /* member: "" unless struct_ops */
	int err;			/* 0: accepted */
	u32 insns_processed, total_states, peak_states, stack_depth;
	u32 copies, copy_insns; /* made of functions whose calls mean several things */
	u32 insns_before, insns_after; /* as loaded, as it runs; 0: not loaded, not accepted */
	u64 time_ns; /* that PROG_LOAD took, by opts->clock; 0 without */
	struct loader_prog_call *calls;
	u32 nr_calls;
	char *refusal; /* lines: why, and how it came to that; "": see the log */
	char *log; /* the verifier's; "" if log_level was 0 and it was accepted */
	/* The program as it runs, as text; NULL unless asked for and accepted. */
	char *xlated, *jited;
};

/* What registering a struct_ops value would say of it, its callbacks included. */
struct loader_value_verdict {
	char *map;
	int err; /* 0: accepted */
	char *reason; /* "" if accepted */
};

struct loader_verdicts {
	struct loader_prog_verdict *progs;
	u32 nr_progs;
	struct loader_value_verdict *values;
	u32 nr_values;
};

struct loader_verify_opts {
	const char *const *sets; /* globals, as for loader_set_global() */
	u32 nr_sets;
	u32 log_level; /* BPF_LOG_*; 0: the reason of refusals only */
	const void *rodata; /* what .rodata holds at first, of that very size; NULL: the object's */
	size_t rodata_size;
	u64 (*clock)(void); /* in ns; NULL: nobody wants to know how long it took */
	bool xlated, jited; /* fill loader_prog_verdict.xlated, .jited */
};

/*
 * Loads each program of the object on its own, as veristat does, into @k; then
 * has its struct_ops values checked as for registering, which they are not. A
 * refused program or value is not an error of this function. @opts may be NULL.
 */
int loader_verify(struct kernel *k, const char *path, const struct loader_verify_opts *opts,
		  struct err_msg *e, struct loader_verdicts *out);
void loader_verdicts_fini(struct loader_verdicts *v);

/* C header or raw bytes of the kernel's BTF ("btf dump"): written through @write. */
int loader_dump_btf_c(struct kernel *k, void (*write)(void *priv, const char *text), void *priv,
		      struct err_msg *e);

/*
 * The kernel BTF of an embedder (scxlab/scxlab.h): the profile's, with the BTF of
 * @cfg->btf and what the declarations add. free() *data. -EINVAL with *e naming
 * the row that is wrong.
 */
int loader_embedder_btf(const struct scxlab_config *cfg, enum kernel_profile profile,
			struct err_msg *e, void **data, u32 *size);

/* The text of libbpf's messages of this thread while a loader call runs; NULL: dropped. */
struct loader_messages {
	void (*print)(void *priv, int level, const char *text); /* level: 0 warn, 1 info, 2 debug */
	void *priv;
};
void loader_set_messages(const struct loader_messages *msgs);

#endif
