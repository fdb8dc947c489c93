/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The options that say what machine a session is on, and under what: for run and exec. */
#ifndef CLI_SESSION_OPTIONS_H
#define CLI_SESSION_OPTIONS_H

#include <argp.h>

#include "cli/session.h"

/*
 * As a child: SESSION_OPTIONS in its list of children, and a struct session_options,
 * with a config of zeroes, as the child's input.
 */
struct session_options {
	struct session_config *cfg;
	char cpus[8]; /* --cpus N, in decimal */
};
extern const struct argp session_options_argp;
#define SESSION_OPTIONS { &session_options_argp, 0, NULL, 0 }

#endif
