/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static const struct {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, what) { #name, what, cmd_##name },
#include "cli/commands.def"
#undef COMMAND
};

static void print_help(FILE *to)
{
	fprintf(to, "Usage: scxlab COMMAND [ARGUMENT...]\n"
		    "The kernel's half of sched_ext, in user space, on a simulated machine.\n\n");
	for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	fprintf(to, "\n  scxlab COMMAND --help   what a command takes\n"
		    "  scxlab --version        the version\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	argp_err_exit_status = CLI_FAILED;
	argp_program_version = "scxlab " SCXLAB_VERSION;
	if (!name) {
		print_help(stderr);
		return CLI_FAILED;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return cli_finish(CLI_FINE);
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts(argp_program_version);
		return cli_finish(CLI_FINE);
	}
	for (u32 i = 0; i < ARRAY_SIZE(commands); i++) {
		char title[32];

		if (strcmp(commands[i].name, name))
			continue;
		/* argp names the program by argv[0] */
		snprintf(title, sizeof(title), "scxlab %s", name);
		argv[1] = title;
		return cli_finish(commands[i].run(argc - 1, argv + 1));
	}
	return cli_error("no command \"%s\"; see scxlab --help", name);
}
