/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "kobj/prog.h"
#include "kobj/record.h"

static void prog_free(struct kobj *k)
{
	struct bpf_prog *p = container_of(k, struct bpf_prog, obj);

	if (p->exec_free)
		p->exec_free(p);
	for (u32 i = 0; i < p->nr_used_maps; i++)
		map_put(p->used_maps[i]);
	free(p->used_maps);
	for (u32 i = 0; i < p->nr_records; i++)
		record_free(p->records[i]);
	free(p->records);
	free(p->targets);
	free(p->subprogs);
	free(p->orig_of);
	free(p->insns);
	free(p->line_info);
	free(p->func_info);
	free(p->orig_insns);
	kbtf_put(p->btf);
	kobj_put(p->btf_obj);
	free(p);
}

int prog_create(struct kobj_ids *ids, struct bpf_prog **out)
{
	struct bpf_prog *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	err = kobj_init(&p->obj, KOBJ_PROG, prog_free, ids);
	if (err) {
		free(p);
		return err;
	}
	p->exception_cb = -1;
	*out = p;
	return 0;
}

const struct call_target *prog_call_by_value(const struct bpf_prog *p)
{
	for (u32 i = 0; i < p->nr_targets; i++)
		if (p->targets[i].by_value)
			return &p->targets[i];
	return NULL;
}

const struct prog_line_info *prog_line(const struct bpf_prog *p, u32 insn)
{
	u32 lo = 0, hi = p->nr_line_info;

	/* the last record at or before @insn */
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (p->line_info[mid].insn_off > insn)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo ? &p->line_info[lo - 1] : NULL;
}
