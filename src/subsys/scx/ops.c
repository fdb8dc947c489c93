/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Entering the scheduler's callbacks, and judging what it hands back. */
#include "scx/internal.h"

/*
 * What is being operated on is known per CPU, and saved around nested ops
 * (ops.cpu_release -> scx_bpf_reenqueue_local() -> ops.enqueue).
 */
u64 scx_call_op(struct scx *scx, enum scx_op op, u64 *args, u32 subjects)
{
	const struct bpf_prog *prog = scx->progs[op];
	struct scx_cpu *c = scx_this_cpu(scx);
	const struct task_struct *saved[2] = { c->subjects[0], c->subjects[1] };
	struct run_ctx rc = {
		.env = scx->env,
		.cpu = c->cpu,
		.current = sched_current(scx->m),
	};
	u64 ret;
	u32 mask = scx->resolution == KFUNC_AT_RUN ? scx_kf_mask_of(scx_op_context(op)) : 0;

	c->kf_mask |= mask;
	for (u32 i = 0; i < 2; i++)
		c->subjects[i] = i < subjects ? (const struct task_struct *)args[i] : NULL;
	ret = run_prog(prog, args, &rc);
	c->kf_mask &= ~mask;
	c->subjects[0] = saved[0];
	c->subjects[1] = saved[1];
	return ret;
}

int scx_sanitize_err(struct scx *scx, const char *op, s32 err)
{
	if (err < 0 && err >= -4095)
		return err;
	scx_error(scx, bad_errno, op, err);
	return -EPROTO;
}

bool scx_cpu_valid(struct scx *scx, s32 cpu, const char *where)
{
	if (likely(cpu >= 0 && (u32)cpu < scx->nr_cpus &&
		   cpumask_test_cpu(cpu, sched_cpu_possible(scx->m))))
		return true;
	scx_error(scx, bad_cpu, cpu, where ? " " : "", where ?: "");
	return false;
}
