/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * kfuncs.def and ops.def as one kernel knows them. tables.inc is compiled once
 * per kernel (tables_*.c), with its SCX_KERNEL; the rest of sched_ext once, with
 * every name.
 */
#ifndef SCX_TABLES_H
#define SCX_TABLES_H

#include "calls/calls.h"

struct scx;

struct scx_tables {
	const struct kfunc_row *rows;
	u32 nr_rows;
	const struct st_ops_member *members;
	u32 nr_members;
	u64 ops_flags; /* that sched_ext_ops.flags may have */
};

extern const struct scx_tables scx_tables_612, scx_tables_701, scx_tables_next;

#endif
