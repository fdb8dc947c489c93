/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whose kernel this is. A profile is a set of names and rules: which kfuncs and
 * struct_ops members exist (its kernel BTF says so), and from where they may be
 * called (the subsystems' context tables say so). Names that a version lacks
 * are fenced by SCX_KERNEL in the tables; what is not the kernel BTF is compiled
 * with the superset and picks by profile.
 */
#ifndef BASE_PROFILE_H
#define BASE_PROFILE_H

#include "base/base.h"

/* X(suffix, name, SCX_KERNEL); the first is the default. */
#define KERNEL_PROFILES(X)                                                                         \
	X(6_12, "6.12", 612)                                                                       \
	X(7_1, "7.1", 701)                                                                         \
	X(NEXT, "next", 999)

enum kernel_profile {
#define KERNEL_PROFILE_ENUM(suffix, name, version) KERNEL_##suffix,
	KERNEL_PROFILES(KERNEL_PROFILE_ENUM)
#undef KERNEL_PROFILE_ENUM
	NR_KERNEL_PROFILES,
};

/*
 * When the context of a kfunc call is checked. AT_RUN is what Linux 6.12 does:
 * everything visible loads, a call in the wrong context ends the scheduler. Only
 * profile 6.12 has it.
 */
enum kfunc_resolution {
	KFUNC_AT_LOAD,
	KFUNC_AT_RUN,
	NR_KFUNC_RESOLUTIONS,
};

/* "6.12", "7.1", "next" */
const char *kernel_profile_name(enum kernel_profile p);
/* SCX_KERNEL of the profile's tables. */
u32 kernel_profile_version(enum kernel_profile p);
/* -EINVAL with *e, which lists what there is. */
int kernel_profile_parse(const char *name, struct err_msg *e, enum kernel_profile *out);

/* "load", "runtime" */
const char *kfunc_resolution_name(enum kfunc_resolution r);
int kfunc_resolution_parse(const char *name, struct err_msg *e, enum kfunc_resolution *out);
/* -EINVAL with *e where @p has no such resolution. */
int kfunc_resolution_check(enum kernel_profile p, enum kfunc_resolution r, struct err_msg *e);

#endif
