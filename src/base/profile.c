/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "base/profile.h"

static const struct {
	const char *name;
	u32 version;
} profiles[] = {
#define KERNEL_PROFILE_ROW(suffix, name, version) [KERNEL_##suffix] = { name, version },
	KERNEL_PROFILES(KERNEL_PROFILE_ROW)
#undef KERNEL_PROFILE_ROW
};

static const char *const resolutions[] = {
	[KFUNC_AT_LOAD] = "load",
	[KFUNC_AT_RUN] = "runtime",
};

const char *kernel_profile_name(enum kernel_profile p)
{
	return profiles[p].name;
}

u32 kernel_profile_version(enum kernel_profile p)
{
	return profiles[p].version;
}

int kernel_profile_parse(const char *name, struct err_msg *e, enum kernel_profile *out)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++)
		if (!strcmp(profiles[i].name, name)) {
			*out = i;
			return 0;
		}
#define KERNEL_PROFILE_WORD(suffix, name, version) " " name
	return err_set(e, -EINVAL,
		       "\"%s\" is no kernel profile; there are:" KERNEL_PROFILES(KERNEL_PROFILE_WORD),
		       name);
#undef KERNEL_PROFILE_WORD
}

const char *kfunc_resolution_name(enum kfunc_resolution r)
{
	return resolutions[r];
}

int kfunc_resolution_parse(const char *name, struct err_msg *e, enum kfunc_resolution *out)
{
	for (u32 i = 0; i < ARRAY_SIZE(resolutions); i++)
		if (!strcmp(resolutions[i], name)) {
			*out = i;
			return 0;
		}
	return err_set(e, -EINVAL, "\"%s\" is no kfunc resolution: there are load and runtime",
		       name);
}

int kfunc_resolution_check(enum kernel_profile p, enum kfunc_resolution r, struct err_msg *e)
{
	if (r == KFUNC_AT_RUN && p != KERNEL_6_12)
		return err_set(e, -EINVAL,
			       "kfuncs are resolved at run time in profile 6.12 only, not in %s",
			       kernel_profile_name(p));
	return 0;
}
