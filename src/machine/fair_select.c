/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "machine/fair.h"

int fair_select_task_rq(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	u32 cpu;

	if (cpu_available(m, prev_cpu) && sched_cpu_allowed(m, p, prev_cpu))
		return prev_cpu;
	for_each_cpu(cpu, &m->idle)
		if (cpu_available(m, cpu) && sched_cpu_allowed(m, p, cpu))
			return cpu;
	return prev_cpu;
}
