/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The kernel BTF of each profile: kbtf.c, compiled once per profile and linked in as bytes. */
#ifndef KERNEL_BTF_IMAGE_H
#define KERNEL_BTF_IMAGE_H

#include "base/profile.h"

const void *kernel_btf_image(enum kernel_profile p, u32 *size);

#endif
