/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Never linked: for the BTF of what foreign.h declares. */
#include "foreign.h"

struct foreign_ops foreign_ops;
