/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/btf_image.h"

/* From scripts/kbtf; see meson.build. */
#define IMAGE_SYMBOLS(suffix, name, version) extern const u8 kbtf_##suffix[], kbtf_##suffix##_end[];
KERNEL_PROFILES(IMAGE_SYMBOLS)
#undef IMAGE_SYMBOLS

static const struct {
	const u8 *data, *end;
} images[] = {
#define IMAGE(suffix, name, version) [KERNEL_##suffix] = { kbtf_##suffix, kbtf_##suffix##_end },
	KERNEL_PROFILES(IMAGE)
#undef IMAGE
};

const void *kernel_btf_image(enum kernel_profile p, u32 *size)
{
	*size = images[p].end - images[p].data;
	return images[p].data;
}
