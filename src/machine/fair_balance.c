/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "machine/fair.h"

int fair_init(struct machine *m)
{
	u32 n = min(m->nr_cpus, 8U);

	m->base_slice = 750000ULL * (1 + (31 - __builtin_clz(n)));
	return 0;
}

void fair_fini(struct machine *m)
{
}

int fair_newidle_balance(struct machine *m, struct rq *rq)
{
	u32 cpu;

	for_each_cpu(cpu, &m->online) {
		struct mcpu *c = &m->cpus[cpu];
		struct task_struct *p;

		if (c->rq.cfs.nr_running < 2 || &c->rq == rq)
			continue;
		list_for_each_entry(p, &c->cfs_tasks, se.group_node) {
			if (p->on_cpu || !sched_cpu_allowed(m, p, rq->cpu))
				continue;
			sched_move_queued(m, &c->rq, p, rq->cpu);
			return 1;
		}
	}
	return 0;
}

void fair_balance_tick(struct machine *m, struct rq *rq)
{
}

void fair_active_balance(struct machine *m, u32 cpu)
{
}
