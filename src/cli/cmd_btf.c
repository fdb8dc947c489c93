/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/kernel_options.h"
#include "kernel/kernel.h"
#include "loader/loader.h"

enum { OPT_FORMAT = 'f' };

static const struct argp_option options[] = {
	{ "format", OPT_FORMAT, "c|raw", 0,
	  "a C header, vmlinux.h (default), or the bytes of /sys/kernel/btf/vmlinux", 0 },
	{ 0 },
};

struct btf_options {
	struct kernel_options kernel;
	bool raw, dump;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct btf_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->kernel;
		return 0;
	case OPT_FORMAT:
		o->raw = !strcmp(arg, "raw");
		if (!o->raw && strcmp(arg, "c"))
			argp_error(state, "--format %s: there are c and raw", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num || strcmp(arg, "dump"))
			argp_error(state, "\"%s\": there is only dump", arg);
		o->dump = true;
		return 0;
	case ARGP_KEY_END:
		if (!o->dump)
			argp_error(state, "say what to do: dump");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void write_text(void *priv, const char *text)
{
	fputs(text, priv);
}

static int dump(const struct btf_options *o, struct kernel *k)
{
	struct err_msg e = {};
	const void *data;
	u32 size;
	int err;

	if (o->raw) {
		data = kernel_btf_data(k, &size);
		fwrite(data, 1, size, stdout);
		return CLI_FINE;
	}
	err = loader_dump_btf_c(k, write_text, stdout, &e);
	return err ? cli_failed("btf", err, &e) : CLI_FINE;
}

int cmd_btf(int argc, char **argv)
{
	static const struct argp_child children[] = { KERNEL_PROFILE_OPTION, {} };
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.children = children,
		.args_doc = "dump",
		.doc = "Prints the types that BPF programs see in the simulated kernel.",
	};
	struct btf_options o = {};
	struct bare_kernel b;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	code = bare_kernel_open(&b, &o.kernel);
	if (!code) {
		code = dump(&o, b.k);
		bare_kernel_close(&b);
	}
	return code;
}
