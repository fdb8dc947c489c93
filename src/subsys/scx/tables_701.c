/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define SCX_KERNEL 701
#define SCX_TABLES scx_tables_701
#include "scx/tables.inc"
