/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The implementations that kfuncs.def names; the last argument is the set's instance. */
#ifndef SCX_KFUNCS_H
#define SCX_KFUNCS_H

#include "calls/kfunc_table.h"
#include "ktypes/scx.h"

struct scx;

/* Those that only one kernel's rows name, too. */
#define SCX_ALL_CASES
#define KFUNC_IMPLICIT struct scx *scx
#define KFUNC KFUNC_DECLARE
#include "scx/kfuncs.def"
#undef KFUNC
#undef KFUNC_IMPLICIT
#undef SCX_ALL_CASES

#endif
