/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * --kernel and --kfunc-resolution, for every command that makes a kernel. Its
 * argp has KERNEL_OPTIONS, or KERNEL_PROFILE_OPTION for --kernel alone, as its
 * first child, and hands a struct kernel_options down in state->child_inputs[0]
 * at ARGP_KEY_INIT.
 */
#ifndef CLI_KERNEL_OPTIONS_H
#define CLI_KERNEL_OPTIONS_H

#include <argp.h>

#include "base/profile.h"

struct kernel_options {
	enum kernel_profile profile;
	enum kfunc_resolution kfunc_resolution;
	const char *btf; /* file with that of another kernel, to check against; NULL: ours */
};

extern const struct argp kernel_options_argp, kernel_profile_argp;

#define KERNEL_OPTIONS { .argp = &kernel_options_argp }
#define KERNEL_PROFILE_OPTION { .argp = &kernel_profile_argp }

struct kernel;
struct topology;

/* A kernel on one CPU, for commands that only ask it things. */
struct bare_kernel {
	struct topology *topo;
	struct kernel *k;
	char *btf;
};

/* CLI_FINE, or an exit code after a message. */
int bare_kernel_open(struct bare_kernel *b, const struct kernel_options *o);
void bare_kernel_close(struct bare_kernel *b);

#endif
