/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The scheduling class: which moments of a task's and a CPU's life the machine's
 * core tells sched_ext about, and which callbacks these become. What the BPF
 * side sees of a task nests: runnable ( running stopping )* quiescent, within
 * enable and disable.
 */
#include "scx/internal.h"

bool scx_rq_online(struct scx *scx, const struct rq *rq)
{
	return likely((rq->scx.flags & SCX_RQ_ONLINE) &&
		      cpumask_test_cpu(rq->cpu, sched_cpu_online(scx->m)));
}

/* Core scheduling goes by the time since which @p waits for its turn. */
void scx_touch_core_sched(struct scx *scx, struct task_struct *p)
{
	if (unlikely(sched_core_enabled(scx->m)))
		p->scx.core_sched_at = sched_now(scx->m);
}

/* ops.core_sched_before ranks tasks of different CPUs; of one CPU, the order of dispatch does. */
void scx_touch_dispatched(struct scx *scx, struct task_struct *p)
{
	if (scx_has_op(scx, SCX_OP_core_sched_before))
		scx_touch_core_sched(scx, p);
}

bool scx_prio_less(void *priv, const struct task_struct *a, const struct task_struct *b)
{
	struct scx *scx = priv;

	if (scx_has_op(scx, SCX_OP_core_sched_before) && !scx_bypassing(scx_task_rq(scx, a)))
		return scx_op_core_sched_before(scx, (struct task_struct *)b,
						(struct task_struct *)a);
	return (s64)(a->scx.core_sched_at - b->scx.core_sched_at) > 0;
}

void scx_update_curr(struct machine *m, struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	s64 delta = sched_update_curr_common(m, rq);

	if (delta <= 0 || curr->scx.slice == (u64)SCX_SLICE_INF)
		return;
	curr->scx.slice -= min(curr->scx.slice, (u64)delta);
	if (!curr->scx.slice)
		scx_touch_core_sched(scx_of(m), curr);
}

static bool is_migrating(const struct task_struct *p)
{
	return p->on_rq == TASK_ON_RQ_MIGRATING;
}

/* The watchdog looks at the head of the list: it must stay in the order of runnable_at. */
static void set_runnable(struct scx *scx, struct rq *rq, struct task_struct *p)
{
	if (p->scx.flags & SCX_TASK_RESET_RUNNABLE_AT) {
		p->scx.runnable_at = sched_jiffies(scx->m);
		p->scx.flags &= ~SCX_TASK_RESET_RUNNABLE_AT;
	}
	list_add_tail(&p->scx.runnable_node, &rq->scx.runnable_list);
}

static void enqueue_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct scx *scx = scx_of(m);
	int sticky_cpu = p->scx.sticky_cpu;

	if (flags & ENQUEUE_WAKEUP)
		rq->scx.flags |= SCX_RQ_IN_WAKEUP;
	flags |= rq->scx.extra_enq_flags;
	p->scx.sticky_cpu = -1;
	/* A running task that is being put back must be where it can run from. */
	if ((flags & ENQUEUE_RESTORE) && task_current(rq, p))
		sticky_cpu = rq->cpu;
	if (!(p->scx.flags & SCX_TASK_QUEUED)) {
		set_runnable(scx, rq, p);
		p->scx.flags |= SCX_TASK_QUEUED;
		rq->scx.nr_running++;
		sched_add_nr_running(rq, 1);
		if (scx_has_op(scx, SCX_OP_runnable) && !is_migrating(p))
			scx_op_runnable(scx, p, flags);
		if (flags & ENQUEUE_WAKEUP)
			scx_touch_core_sched(scx, p);
		scx_enqueue(scx, rq, p, flags, sticky_cpu);
	}
	rq->scx.flags &= ~SCX_RQ_IN_WAKEUP;
}

static bool dequeue_task(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	struct scx *scx = scx_of(m);
	u64 deq_flags = flags;

	/* 7.1 says what is neither a sleep nor a pick. */
	if (scx->profile != KERNEL_6_12 && !(flags & DEQUEUE_SLEEP))
		deq_flags |= SCX_DEQ_SCHED_CHANGE;

	if (!(p->scx.flags & SCX_TASK_QUEUED))
		return true;
	scx_ops_dequeue(scx, p, deq_flags);
	/* Stops being runnable while it runs: stopping comes first, though put_prev comes later. */
	if (scx_has_op(scx, SCX_OP_stopping) && task_current(rq, p)) {
		scx_update_curr(m, rq);
		scx_op_stopping(scx, p, false);
	}
	if (scx_has_op(scx, SCX_OP_quiescent) && !is_migrating(p))
		scx_op_quiescent(scx, p, deq_flags);
	if (flags & DEQUEUE_SLEEP)
		p->scx.flags |= SCX_TASK_DEQD_FOR_SLEEP;
	else
		p->scx.flags &= ~SCX_TASK_DEQD_FOR_SLEEP;
	p->scx.flags &= ~SCX_TASK_QUEUED;
	rq->scx.nr_running--;
	sched_sub_nr_running(rq, 1);
	scx_dsq_remove(p);
	scx_clear_ddsp(p);
	return true;
}

static void yield_task(struct machine *m, struct rq *rq)
{
	struct scx *scx = scx_of(m);

	if (scx_has_op(scx, SCX_OP_yield))
		scx_op_yield(scx, rq->curr, NULL);
	else
		rq->curr->scx.slice = 0;
}

static bool yield_to_task(struct machine *m, struct rq *rq, struct task_struct *to)
{
	struct scx *scx = scx_of(m);

	return scx_has_op(scx, SCX_OP_yield) && scx_op_yield(scx, rq->curr, to);
}

/* A task does not preempt by waking up: ending the running one's slice does. */
static void wakeup_preempt(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
}

static void set_next_task(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	struct scx *scx = scx_of(m);
	bool infinite = p->scx.slice == (u64)SCX_SLICE_INF;

	if (p->scx.flags & SCX_TASK_QUEUED) {
		scx_ops_dequeue(scx, p, SCX_DEQ_CORE_SCHED_EXEC);
		scx_dsq_remove(p);
	}
	p->se.exec_start = rq->clock_task;
	if (scx_has_op(scx, SCX_OP_running) && (p->scx.flags & SCX_TASK_QUEUED))
		scx_op_running(scx, p);
	list_del_init(&p->scx.runnable_node);
	p->scx.flags |= SCX_TASK_RESET_RUNNABLE_AT;
	if (infinite)
		rq->scx.flags |= SCX_RQ_CAN_STOP_TICK;
	else
		rq->scx.flags &= ~SCX_RQ_CAN_STOP_TICK;
}

static enum scx_cpu_preempt_reason preempt_reason(const struct task_struct *next)
{
	switch (next->sched_class->rank) {
	case CLASS_STOP:
		return SCX_CPU_PREEMPT_STOP;
	case CLASS_RT:
		return SCX_CPU_PREEMPT_RT;
	default:
		return SCX_CPU_PREEMPT_UNKNOWN;
	}
}

/* The CPU goes to another class. Told once, until it comes back (see scx_balance()). */
static void leave_class(struct scx *scx, struct rq *rq, struct task_struct *next)
{
	struct scx_cpu_release_args args = { .reason = preempt_reason(next), .task = next };

	scx_count_pick(scx, rq);
	if (!scx->cpu_preempt || next->sched_class->rank > CLASS_EXT || rq->scx.cpu_released)
		return;
	if (scx_has_op(scx, SCX_OP_cpu_release))
		scx_op_cpu_release(scx, rq->cpu, &args);
	rq->scx.cpu_released = true;
}

/*
 * The queue for a task that stops running although it could go on. With slice
 * left it was preempted by a higher class: it comes first when the CPU is back.
 */
static void put_runnable(struct scx *scx, struct rq *rq, struct task_struct *p,
			 struct task_struct *next)
{
	set_runnable(scx, rq, p);
	if (p->scx.slice && !scx_bypassing(rq)) {
		if (unlikely(p->scx.flags & SCX_TASK_IMMED))
			scx_reenqueue_task(scx, rq, p, SCX_TASK_REENQ_PREEMPTED);
		else
			scx_dsq_insert(scx, &rq->scx.local_dsq, p, SCX_ENQ_HEAD);
		return;
	}
	if (!next || next->sched_class->rank <= CLASS_EXT) {
		scx_enqueue(scx, rq, p, 0, -1);
		return;
	}
	/* To idle with a runnable task: only under SCX_OPS_ENQ_LAST. */
	scx_enqueue(scx, rq, p, SCX_ENQ_LAST, -1);
	if (p->scx.dsq == &rq->scx.local_dsq)
		sched_irq_work_queue_on(scx->m, &scx->cpus[rq->cpu].resched_work, rq->cpu);
}

void scx_resched_work(struct machine *m, struct sched_irq_work *w)
{
	struct scx_cpu *c = container_of(w, struct scx_cpu, resched_work);

	sched_resched_curr(m, sched_cpu_rq(m, c->cpu));
}

static void put_prev_task(struct machine *m, struct rq *rq, struct task_struct *p,
			  struct task_struct *next)
{
	struct scx *scx = scx_of(m);

	scx_update_curr(m, rq);
	if (p->scx.flags & SCX_TASK_QUEUED) {
		if (scx_has_op(scx, SCX_OP_stopping))
			scx_op_stopping(scx, p, true);
		put_runnable(scx, rq, p, next);
	}
	if (next && !scx_on_class(next))
		leave_class(scx, rq, next);
}

static int select_task_rq(struct machine *m, struct task_struct *p, int prev_cpu, int flags)
{
	struct scx *scx = scx_of(m);
	struct scx_cpu *c = scx_this_cpu(scx);
	bool found;
	s32 cpu;

	if (flags & WF_EXEC)
		return prev_cpu;
	if (scx_has_op(scx, SCX_OP_select_cpu) && !scx_bypassing(scx_task_rq(scx, p))) {
		BUG_ON(c->ddsp_task);
		c->ddsp_task = p;
		c->ddsp_spent = false;
		cpu = scx_op_select_cpu(scx, p, prev_cpu, flags);
		c->ddsp_task = NULL;
		if (!scx_cpu_valid(scx, cpu, "from ops.select_cpu()"))
			return prev_cpu;
		if (unlikely(!cpumask_test_cpu(cpu, p->cpus_ptr)))
			scx->events.SCX_EV_SELECT_CPU_FALLBACK++;
		return cpu;
	}
	cpu = scx_select_cpu_dfl(scx, p, prev_cpu, flags, &found);
	if (found) {
		scx_refill_slice(scx, p);
		p->scx.ddsp_dsq_id = SCX_DSQ_LOCAL;
	}
	return cpu;
}

static void task_woken(struct machine *m, struct rq *rq, struct task_struct *p)
{
	scx_run_deferred(scx_of(m), rq);
}

/* The core has changed the mask already (set_cpus_allowed_common()). */
static void set_cpus_allowed(struct machine *m, struct task_struct *p, const cpumask_t *mask)
{
	struct scx *scx = scx_of(m);

	if (scx_has_op(scx, SCX_OP_set_cpumask))
		scx_op_set_cpumask(scx, p, p->cpus_ptr);
}

static void rq_online(struct machine *m, struct rq *rq)
{
	rq->scx.flags |= SCX_RQ_ONLINE;
}

/* No more ops.dispatch there: what the BPF side holds goes to the local DSQ, and is pushed away. */
static void rq_offline(struct machine *m, struct rq *rq)
{
	struct list_head *pos = rq->scx.runnable_list.prev, *prev;

	rq->scx.flags &= ~SCX_RQ_ONLINE;
	if (cpumask_test_cpu(rq->cpu, sched_cpu_online(m)))
		return;
	for (; pos != &rq->scx.runnable_list; pos = prev) {
		struct task_struct *p = list_entry(pos, struct task_struct, scx.runnable_node);
		struct sched_change c;

		prev = pos->prev;
		if (p->scx.dsq == &rq->scx.local_dsq)
			continue;
		sched_change_begin(m, p, DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK, &c);
		sched_change_end(&c);
	}
}

static void task_tick(struct machine *m, struct rq *rq, struct task_struct *curr)
{
	struct scx *scx = scx_of(m);

	scx_update_curr(m, rq);
	if (scx_bypassing(rq)) {
		curr->scx.slice = 0;
		scx_touch_core_sched(scx, curr);
	} else if (scx_has_op(scx, SCX_OP_tick)) {
		scx_op_tick(scx, curr);
	}
	if (!curr->scx.slice)
		sched_resched_curr(m, rq);
}

static void switching_to(struct machine *m, struct rq *rq, struct task_struct *p)
{
	struct scx *scx = scx_of(m);

	scx_enable_task(scx, p);
	/* Its affinity may have changed while another class had it. */
	if (scx_has_op(scx, SCX_OP_set_cpumask))
		scx_op_set_cpumask(scx, p, p->cpus_ptr);
}

static void switched_from(struct machine *m, struct rq *rq, struct task_struct *p)
{
	scx_disable_task(scx_of(m), p);
}

static void switched_to(struct machine *m, struct rq *rq, struct task_struct *p)
{
}

static void reweight_task(struct machine *m, struct rq *rq, struct task_struct *p,
			  const struct load_weight *lw)
{
	struct scx *scx = scx_of(m);

	p->scx.weight = sched_weight_to_cgroup(scale_load_down(lw->weight));
	if (scx_has_op(scx, SCX_OP_set_weight))
		scx_op_set_weight(scx, p, p->scx.weight);
}

static void prio_changed(struct machine *m, struct rq *rq, struct task_struct *p, int oldprio)
{
}

const struct sched_class scx_sched_class = {
	.name = "ext",
	.rank = CLASS_EXT,
	.enqueue_task = enqueue_task,
	.dequeue_task = dequeue_task,
	.yield_task = yield_task,
	.yield_to_task = yield_to_task,
	.wakeup_preempt = wakeup_preempt,
	.balance = scx_balance,
	.pick_task = scx_pick_task,
	.put_prev_task = put_prev_task,
	.set_next_task = set_next_task,
	.select_task_rq = select_task_rq,
	.task_woken = task_woken,
	.set_cpus_allowed = set_cpus_allowed,
	.rq_online = rq_online,
	.rq_offline = rq_offline,
	.task_tick = task_tick,
	.switching_to = switching_to,
	.switched_from = switched_from,
	.switched_to = switched_to,
	.reweight_task = reweight_task,
	.prio_changed = prio_changed,
	.update_curr = scx_update_curr,
};
