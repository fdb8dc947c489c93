/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#define SCX_KERNEL 999
#define SCX_TABLES scx_tables_next
#include "scx/tables.inc"
