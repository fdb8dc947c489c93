/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What an open object has: programs, by name; elements of its maps, as user space sees them. */
#include <string.h>

#include "loader/internal.h"

bool loader_has_program(const struct loader *l, const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, l->obj)
		if (!strncmp(bpf_program__name(prog), name, BPF_OBJ_NAME_LEN - 1))
			return true;
	return false;
}

static struct bpf_map *find(const struct loader *l, const char *name)
{
	return bpf_object__find_map_by_name(l->obj, name);
}

int loader_map_lookup(struct loader *l, const char *name, const void *key, void *value)
{
	const struct bpf_map *map = find(l, name);
	struct loader_scope s;
	int err;

	if (!map)
		return -ENOENT;
	loader_enter(&s, l->k);
	err = bpf_map__lookup_elem(map, key, bpf_map__key_size(map), value,
				   bpf_map__value_size(map), 0);
	loader_leave(&s);
	return err;
}

int loader_map_update(struct loader *l, const char *name, const void *key, const void *value)
{
	const struct bpf_map *map = find(l, name);
	struct loader_scope s;
	int err;

	if (!map)
		return -ENOENT;
	loader_enter(&s, l->k);
	err = bpf_map__update_elem(map, key, bpf_map__key_size(map), value,
				   bpf_map__value_size(map), 0);
	loader_leave(&s);
	return err;
}

int loader_run(struct loader *l, const char *prog, void *ctx, u32 size, u32 *ret,
	       struct err_msg *e)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(l->obj, prog);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = size ? ctx : NULL, .ctx_size_in = size);
	struct loader_scope s;
	int err;

	if (!p)
		return err_set(e, -ENOENT, "the object has no program %s", prog);
	if (bpf_program__type(p) != BPF_PROG_TYPE_SYSCALL)
		return err_set(e, -EINVAL, "program %s is not of SEC(\"syscall\")", prog);
	loader_enter(&s, l->k);
	err = bpf_prog_test_run_opts(bpf_program__fd(p), &opts);
	loader_leave(&s);
	if (err)
		return err_set(e, err, "program %s: %s", prog,
			       *kernel_bpf_error(l->k) ? kernel_bpf_error(l->k) : strerror(-err));
	*ret = opts.retval;
	return 0;
}
