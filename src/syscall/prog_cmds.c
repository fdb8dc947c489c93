/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* PROG_BIND_MAP. */
#include <stdlib.h>

#include "syscall/impl.h"

s64 sys_prog_bind_map(struct sys_call *s)
{
	struct bpf_map **maps, *map;
	struct bpf_prog *p;
	int err = 0;

	if (s->attr->prog_bind_map.flags)
		return -EINVAL;
	p = sys_prog(s, s->attr->prog_bind_map.prog_fd, &err);
	if (!p)
		return err;
	map = sys_map(s, s->attr->prog_bind_map.map_fd, NULL, &err);
	if (!map)
		return err;
	for (u32 i = 0; i < p->nr_used_maps; i++)
		if (p->used_maps[i] == map)
			return 0;
	maps = reallocarray(p->used_maps, p->nr_used_maps + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	p->used_maps = maps;
	maps[p->nr_used_maps++] = map_get(map);
	return 0;
}
