/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef LOADER_INTERNAL_H
#define LOADER_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel/kernel.h"
#include "loader/loader.h"
#include "shim/shim.h"

struct loader {
	struct kernel *k;
	struct bpf_object *obj;
	char *path;
	char refusal[300]; /* as in loader_scope, of loader_load() */
	struct bpf_link **links;
	u32 nr_links;
};

/*
 * One call into libbpf: the thread is bound to the kernel and libbpf's warnings
 * are kept, so that the error which the caller sees says what libbpf said.
 */
struct loader_scope {
	struct kernel *prev;
	struct loader_scope *outer;
	bool quiet;	    /* nothing goes to loader_set_messages() */
	char warnings[400]; /* the last ones, newest at the end */
	char refusal[300];  /* the verifier's last words of the last log, and where it stood */
};
void loader_enter(struct loader_scope *s, struct kernel *k);
void loader_leave(struct loader_scope *s);
/* Fills *e with @what, strerror(@err) and the warnings of the scope; returns @err. */
int loader_error(struct loader_scope *s, struct err_msg *e, int err, const char *what);

/*
 * The same for an object that libbpf did not open or load, in words of ours where
 * the fault is a known one. -ESRCH: it needs a name that the kernel lacks.
 */
int loader_explain(struct loader_scope *s, struct kernel *k, const char *path, int err,
		   struct err_msg *e);

/* The candidate that is most like a name, if any is; starts zeroed. */
struct loader_near {
	const char *name;
	u32 distance;
};
void loader_nearer(const char *name, const char *candidate, struct loader_near *best);

/* bpf_object__open_file(), and a check of the types that libbpf would trust. */
int loader_open_object(struct loader_scope *s, struct kernel *k, const char *path,
		       struct err_msg *e, struct bpf_object **out);
/* Name of the struct_ops member that @prog implements in some map of @obj; "" if none. */
const char *loader_member_of(struct bpf_object *obj, const struct bpf_program *prog);
/* Adds the verdicts on the object's struct_ops values to those on its programs. */
int loader_verify_values(struct loader_scope *s, struct kernel *k, const char *path,
			 const struct loader_verify_opts *opts, struct err_msg *e,
			 struct loader_verdicts *v);
/* PROG_LOAD of @attr, but with a body that does nothing. */
long loader_load_filler(struct kernel *k, const union bpf_attr *attr, u32 size);
int loader_apply_globals(struct bpf_object *obj, struct kernel *k, const char *const *sets,
			 u32 nr, struct err_msg *e);
int loader_apply_global(struct bpf_object *obj, struct kernel *k, const char *assignment,
			struct err_msg *e);
/* .rodata and globals, as @o has them. */
int loader_apply_constants(struct bpf_object *obj, struct kernel *k,
			   const struct loader_verify_opts *o, struct err_msg *e);

#endif
