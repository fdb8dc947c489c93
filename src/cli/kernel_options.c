/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/kernel_options.h"
#include "kernel/kernel.h"
#include "machine/topology.h"

enum {
	OPT_KERNEL = 'k',
	OPT_KFUNC_RESOLUTION = 0x4b00, /* no short form, and no command's own number */
};

#define PROFILE_OPTION                                                                             \
	{                                                                                          \
		"kernel", OPT_KERNEL, "PROFILE", 0,                                                \
			"whose names and rules apply: 6.12 (default), 7.1, or next", 0             \
	}

static const struct argp_option profile_options[] = { PROFILE_OPTION, { 0 } };

static const struct argp_option options[] = {
	PROFILE_OPTION,
	{ "kfunc-resolution", OPT_KFUNC_RESOLUTION, "WHEN", 0,
	  "check from where kfuncs are called at load (default), or at runtime, as 6.12 does", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct kernel_options *o = state->input;
	struct err_msg e = {};

	switch (key) {
	case OPT_KERNEL:
		if (kernel_profile_parse(arg, &e, &o->profile))
			argp_error(state, "--kernel: %s", e.text);
		return 0;
	case OPT_KFUNC_RESOLUTION:
		if (kfunc_resolution_parse(arg, &e, &o->kfunc_resolution))
			argp_error(state, "--kfunc-resolution: %s", e.text);
		return 0;
	case ARGP_KEY_END:
		if (kfunc_resolution_check(o->profile, o->kfunc_resolution, &e))
			argp_error(state, "--kfunc-resolution runtime: %s", e.text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp kernel_profile_argp = { .options = profile_options, .parser = parse_option };
const struct argp kernel_options_argp = { .options = options, .parser = parse_option };

static int read_btf(const char *path, struct err_msg *e, struct bare_kernel *b,
		    struct kernel_config *cfg)
{
	size_t len;
	int err = cli_read_file(path, e, &b->btf, &len);

	if (err)
		return err;
	if (len > INT32_MAX)
		return err_set(e, -EFBIG, "too big to be BTF");
	cfg->btf = b->btf;
	cfg->btf_size = (u32)len;
	cfg->check_only = true;
	return 0;
}

int bare_kernel_open(struct bare_kernel *b, const struct kernel_options *o)
{
	struct kernel_config cfg = {
		.profile = o->profile,
		.kfunc_resolution = o->kfunc_resolution,
	};
	struct err_msg e = {};
	int err;

	*b = (struct bare_kernel){};
	err = topology_create("1", &e, &b->topo);
	if (err)
		return cli_failed("topology", err, &e);
	cfg.topology = b->topo;
	if (o->btf) {
		err = read_btf(o->btf, &e, b, &cfg);
		if (err) {
			bare_kernel_close(b);
			return cli_failed(o->btf, err, &e);
		}
	}
	err = kernel_create(&cfg, &e, &b->k);
	if (!err)
		return CLI_FINE;
	bare_kernel_close(b);
	if (o->btf)
		return cli_error("%s: %s", o->btf, e.text);
	return cli_failed("kernel", err, &e);
}

void bare_kernel_close(struct bare_kernel *b)
{
	kernel_destroy(b->k);
	topology_destroy(b->topo);
	free(b->btf);
	*b = (struct bare_kernel){};
}
