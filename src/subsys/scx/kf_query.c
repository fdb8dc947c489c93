/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What 6.14 to 7.1 added to ask with, and to set: small bodies. */
#include "scx/internal.h"
#include "scx/kfuncs.h"

/* The runqueue's clock stands still while a callback runs, as the machine's does. */
u64 scx_kf_now(struct scx *scx)
{
	return sched_now(scx->m);
}

void scx_kf_events(struct scx_event_stats *events, size_t size, struct scx *scx)
{
	memset(events, 0, size);
	memcpy(events, &scx->events, min(size, sizeof(scx->events)));
}

/* ---- runqueues and tasks ---- */

struct task_struct *scx_kf_cpu_curr(s32 cpu, struct scx *scx)
{
	return scx_cpu_valid(scx, cpu, NULL) ? sched_cpu_rq(scx->m, cpu)->curr : NULL;
}

static struct rq *task_rq_locked(struct scx *scx)
{
	return scx_task_rq(scx, scx_this_cpu(scx)->subjects[0]);
}

/* Such ops run on the CPU that they are about. */
static struct rq *cpu_rq_locked(struct scx *scx)
{
	return sched_cpu_rq(scx->m, sched_this_cpu(scx->m));
}

struct rq *scx_kf_locked_rq_of_task(struct scx *scx)
{
	return task_rq_locked(scx);
}

struct rq *scx_kf_locked_rq_of_cpu(struct scx *scx)
{
	return cpu_rq_locked(scx);
}

/* With one runqueue locked, no other one may be. */
static void cpuperf_set_locked(struct scx *scx, s32 cpu, u32 perf, const struct rq *locked)
{
	if (scx_cpu_valid(scx, cpu, NULL) && cpu != (s32)locked->cpu)
		scx_error(scx, bad_target_cpu, cpu);
	else
		scx_kf_cpuperf_set(cpu, perf, scx);
}

void scx_kf_cpuperf_set_task_rq(s32 cpu, u32 perf, struct scx *scx)
{
	cpuperf_set_locked(scx, cpu, perf, task_rq_locked(scx));
}

void scx_kf_cpuperf_set_cpu_rq(s32 cpu, u32 perf, struct scx *scx)
{
	cpuperf_set_locked(scx, cpu, perf, cpu_rq_locked(scx));
}

/* Whatever is locked: an interrupt on @cpu does it. The last one who asks wins. */
void scx_kf_cpuperf_set_later(s32 cpu, u32 perf, struct scx *scx)
{
	struct scx_cpu *c;

	if (!scx_cpuperf_valid(scx, cpu, perf))
		return;
	c = &scx->cpus[cpu];
	c->perf_target = perf;
	c->perf_due = true;
	sched_irq_work_queue_on(scx->m, &c->perf_work, cpu);
}

void scx_perf_work(struct machine *m, struct sched_irq_work *w)
{
	struct scx_cpu *c = container_of(w, struct scx_cpu, perf_work);

	if (c->perf_due)
		scx_kf_cpuperf_set(c->cpu, c->perf_target, c->scx);
	c->perf_due = false;
}

bool scx_kf_task_set_slice(struct task_struct *p, u64 slice, struct scx *scx)
{
	p->scx.slice = slice;
	return true;
}

bool scx_kf_task_set_dsq_vtime(struct task_struct *p, u64 vtime, struct scx *scx)
{
	p->scx.dsq_vtime = vtime;
	return true;
}

/* ---- DSQs ---- */

struct task_struct *scx_kf_dsq_peek(u64 dsq_id, struct scx *scx)
{
	struct scx_dispatch_q *dsq;

	if (dsq_id & SCX_DSQ_FLAG_BUILTIN) {
		scx_error(scx, peek_builtin, (unsigned long long)dsq_id);
		return NULL;
	}
	dsq = scx_find_user_dsq(scx, dsq_id);
	if (!dsq) {
		scx_error(scx, peek_no_dsq, (unsigned long long)dsq_id);
		return NULL;
	}
	return scx_dsq_next(dsq, NULL, false);
}

/* No scheduler that calls it can be registered: SCX_NEED_SUB_SCHEDS. */
bool scx_kf_sub_dispatch(u64 cgroup_id, struct scx *scx)
{
	BUG_ON(true);
	return false;
}

/* ---- NUMA nodes ---- */

u32 scx_kf_nr_node_ids(struct scx *scx)
{
	return scx->topo->nr_nodes;
}

int scx_kf_cpu_node(s32 cpu, struct scx *scx)
{
	return scx_cpu_valid(scx, cpu, NULL) ? (int)scx->topo->cpus[cpu].node : -1;
}

/* -1, no node at all, is no error; it is just not there. */
static int check_node(struct scx *scx, int node)
{
	if (node == -1)
		return -ENOENT;
	if (node < 0 || (u32)node >= scx->topo->nr_nodes) {
		scx_error(scx, bad_node, node);
		return -EINVAL;
	}
	return 0;
}

const struct cpumask *scx_kf_get_idle_cpumask_node(int node, struct scx *scx)
{
	return check_node(scx, node) ? &scx_no_cpus : &scx->idle_nodes[node].cpus;
}

const struct cpumask *scx_kf_get_idle_smtmask_node(int node, struct scx *scx)
{
	if (check_node(scx, node))
		return &scx_no_cpus;
	return scx->topo->smt ? &scx->idle_nodes[node].cores : &scx->idle_nodes[node].cpus;
}

s32 scx_kf_pick_idle_cpu_node(const struct cpumask *cpus_allowed, int node, u64 flags,
			      struct scx *scx)
{
	int err = check_node(scx, node);

	return err ?: scx_pick_idle_node(scx, cpus_allowed, node, flags);
}

s32 scx_kf_pick_any_cpu_node(const struct cpumask *cpus_allowed, int node, u64 flags,
			     struct scx *scx)
{
	int err = check_node(scx, node);
	struct cpumask both;
	s32 cpu;

	if (err)
		return err;
	cpu = scx_pick_idle_node(scx, cpus_allowed, node, flags);
	if (cpu >= 0)
		return cpu;
	if (!(flags & SCX_PICK_IDLE_IN_NODE))
		return scx_pick_any(scx, cpus_allowed);
	cpumask_and(&both, cpus_allowed, &scx->topo->node_masks[node]);
	return scx_pick_any(scx, &both);
}
