/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CLI_COSTS_FILE_H
#define CLI_COSTS_FILE_H

#include "machine/machine.h"

/* The machine's defaults, changed by what the file says. -EINVAL with *e. */
int costs_read(const char *path, struct machine_costs *costs, struct err_msg *e);

#endif
