/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Built-in idle tracking: a mask of idle CPUs and, with SMT, a mask of the CPUs
 * of wholly idle cores. A CPU is claimed by clearing its bit, before it is
 * really busy; the masks are hints that correct themselves.
 */
#include "scx/internal.h"

const struct cpumask scx_no_cpus;

static void mask_or(struct cpumask *dst, const struct cpumask *src)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		dst->bits[i] |= src->bits[i];
}

static void mask_andnot(struct cpumask *dst, const struct cpumask *src)
{
	for (u32 i = 0; i < CPUMASK_LONGS; i++)
		dst->bits[i] &= ~src->bits[i];
}

static const struct cpumask *core_of(const struct scx *scx, u32 cpu)
{
	return &scx->topo->core_masks[scx->topo->cpus[cpu].core];
}

/* With tracking per node: the part of the masks that lies in @cpu's node. */
static void mirror_node(struct scx *scx, u32 cpu)
{
	u32 node = scx->topo->cpus[cpu].node;
	const struct cpumask *in_node = &scx->topo->node_masks[node];

	if (likely(!scx->idle_per_node))
		return;
	cpumask_and(&scx->idle_nodes[node].cpus, &scx->idle_cpus, in_node);
	cpumask_and(&scx->idle_nodes[node].cores, &scx->idle_cores, in_node);
}

/*
 * All online CPUs count as idle; the busy ones correct that soon. Where nothing is
 * tracked, none does.
 */
void scx_reset_idle(struct scx *scx, bool track, bool per_node)
{
	const struct cpumask *all = track ? sched_cpu_online(scx->m) : &scx_no_cpus;

	scx->builtin_idle = track;
	scx->idle_per_node = track && per_node;
	cpumask_copy(&scx->idle_cpus, all);
	cpumask_copy(&scx->idle_cores, all);
	memset(scx->idle_nodes, 0, scx->topo->nr_nodes * sizeof(*scx->idle_nodes));
	for (u32 cpu = 0; cpu < scx->nr_cpus; cpu++)
		mirror_node(scx, cpu);
}

static void track(struct scx *scx, u32 cpu, bool idle)
{
	const struct cpumask *core = core_of(scx, cpu);

	if (idle)
		cpumask_set_cpu(cpu, &scx->idle_cpus);
	else
		cpumask_clear_cpu(cpu, &scx->idle_cpus);
	if (scx->topo->smt && !idle)
		mask_andnot(&scx->idle_cores, core);
	else if (scx->topo->smt && cpumask_subset(core, &scx->idle_cpus))
		mask_or(&scx->idle_cores, core);
	mirror_node(scx, cpu);
}

/*
 * @notify: a real change between a task and the idle task, which ops.update_idle
 * hears of. Otherwise the idle task was picked again, and only the masks are
 * refreshed: somebody may have claimed the CPU in the meantime and not used it.
 */
void scx_update_idle(void *priv, struct rq *rq, bool idle, bool notify)
{
	struct scx *scx = priv;

	if (!scx->enabled)
		return;
	if (scx_has_op(scx, SCX_OP_update_idle) && notify && !scx_bypassing(rq))
		scx_op_update_idle(scx, rq->cpu, idle);
	if (scx->builtin_idle && (notify || scx_rq_is_idle(rq)))
		track(scx, rq->cpu, idle);
}

/* Claims @cpu if it is idle; its core isn't wholly idle from now on, either way. */
bool scx_test_and_clear_idle(struct scx *scx, u32 cpu)
{
	bool was_idle = cpumask_test_cpu(cpu, &scx->idle_cpus);

	if (scx->topo->smt) {
		mask_andnot(&scx->idle_cores, core_of(scx, cpu));
		cpumask_clear_cpu(cpu, &scx->idle_cores);
	}
	cpumask_clear_cpu(cpu, &scx->idle_cpus);
	mirror_node(scx, cpu);
	return was_idle;
}

/*
 * Some CPU of both masks, or NR_CPUS. Each CPU that asks goes round: it takes
 * the first one after that which it was given before (cpumask_any_and_distribute()).
 */
static u32 any_distributed(struct scx *scx, const struct cpumask *a, const struct cpumask *b)
{
	struct scx_cpu *c = scx_this_cpu(scx);
	struct cpumask both;
	u32 cpu;

	if (!cpumask_and(&both, a, b))
		return NR_CPUS;
	cpu = cpumask_next_from(&both, c->pick_after + 1);
	if (cpu >= NR_CPUS)
		cpu = cpumask_first(&both);
	c->pick_after = cpu;
	return cpu;
}

s32 scx_pick_idle(struct scx *scx, const struct cpumask *allowed, u64 flags)
{
	for (;;) {
		u32 cpu = NR_CPUS;

		if (scx->topo->smt) {
			cpu = any_distributed(scx, &scx->idle_cores, allowed);
			if (cpu >= NR_CPUS && (flags & SCX_PICK_IDLE_CORE))
				return -EBUSY;
		}
		if (cpu >= NR_CPUS)
			cpu = any_distributed(scx, &scx->idle_cpus, allowed);
		if (cpu >= NR_CPUS)
			return -EBUSY;
		if (scx_test_and_clear_idle(scx, cpu))
			return cpu;
	}
}

/* @node's CPUs first and, unless the flags forbid it, the others after them. */
s32 scx_pick_idle_node(struct scx *scx, const struct cpumask *allowed, int node, u64 flags)
{
	struct cpumask both;
	s32 cpu = -EBUSY;

	if (cpumask_and(&both, allowed, &scx->topo->node_masks[node]))
		cpu = scx_pick_idle(scx, &both, flags);
	if (cpu < 0 && !(flags & SCX_PICK_IDLE_IN_NODE))
		cpu = scx_pick_idle(scx, allowed, flags);
	return cpu;
}

s32 scx_pick_any(struct scx *scx, const struct cpumask *allowed)
{
	u32 cpu = any_distributed(scx, allowed, allowed);

	return cpu < scx->nr_cpus ? (s32)cpu : -EBUSY;
}

/* A synchronous waker is about to sleep: the woken task may as well take its CPU. */
static bool wake_here(struct scx *scx, const struct task_struct *p, u64 wake_flags)
{
	u32 cpu = sched_this_cpu(scx->m);

	return (wake_flags & SCX_WAKE_SYNC) && !cpumask_empty(&scx->idle_cpus) &&
	       !(sched_current(scx->m)->flags & PF_EXITING) &&
	       !sched_cpu_rq(scx->m, cpu)->scx.local_dsq.nr && cpumask_test_cpu(cpu, p->cpus_ptr);
}

/* For @p, by the default policy, an idle CPU of @allowed; or -EBUSY. */
static s32 select_idle(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
		       const struct cpumask *allowed, u64 flags)
{
	/* 6.12 takes an idle @prev_cpu even where @p may not run any more. */
	bool prev_allowed = scx->profile == KERNEL_6_12 || cpumask_test_cpu(prev_cpu, allowed);
	s32 cpu;

	if (wake_here(scx, p, wake_flags) && cpumask_test_cpu(sched_this_cpu(scx->m), allowed))
		return sched_this_cpu(scx->m);
	if (scx->topo->smt) {
		if (prev_allowed && cpumask_test_cpu(prev_cpu, &scx->idle_cores) &&
		    scx_test_and_clear_idle(scx, prev_cpu))
			return prev_cpu;
		cpu = scx_pick_idle(scx, allowed, SCX_PICK_IDLE_CORE);
		if (cpu >= 0 || (flags & SCX_PICK_IDLE_CORE))
			return cpu;
	}
	if (prev_allowed && scx_test_and_clear_idle(scx, prev_cpu))
		return prev_cpu;
	return scx_pick_idle(scx, allowed, flags);
}

s32 scx_select_cpu_among(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			 const struct cpumask *allowed, u64 flags)
{
	const struct cpumask *node = &scx->topo->node_masks[scx->topo->cpus[prev_cpu].node];
	struct cpumask both;

	if (!cpumask_and(&both, allowed, p->cpus_ptr))
		return -EBUSY;
	if ((flags & SCX_PICK_IDLE_IN_NODE) && !cpumask_and(&both, &both, node))
		return -EBUSY;
	return select_idle(scx, p, prev_cpu, wake_flags, &both, flags);
}

s32 scx_select_cpu_dfl(struct scx *scx, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
		       bool *found)
{
	s32 cpu = select_idle(scx, p, prev_cpu, wake_flags, p->cpus_ptr, 0);

	*found = cpu >= 0;
	return cpu >= 0 ? cpu : prev_cpu;
}
