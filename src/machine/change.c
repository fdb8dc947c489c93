/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Changes of a live task: class, policy, priority, weight, affinity. */
#include "machine/internal.h"

void sched_change_begin(struct machine *m, struct task_struct *p, int flags,
			struct sched_change *c)
{
	struct rq *rq = sched_task_rq(m, p);

	if (!(flags & DEQUEUE_NOCLOCK))
		sched_update_rq_clock(m, rq);
	*c = (struct sched_change){
		.m = m, .rq = rq, .p = p, .flags = flags | DEQUEUE_NOCLOCK,
		.queued = task_on_rq_queued(p), .running = task_current(rq, p),
	};
	if (c->queued)
		sched_dequeue_task(m, rq, p, c->flags);
	if (c->running && p->sched_class->put_prev_task)
		p->sched_class->put_prev_task(m, rq, p, NULL);
}

void sched_change_end(struct sched_change *c)
{
	struct task_struct *p = c->p;

	/* The DEQUEUE_ and ENQUEUE_ values of SAVE, MOVE and NOCLOCK agree. */
	if (c->queued)
		sched_enqueue_task(c->m, c->rq, p, c->flags);
	if (c->running && p->sched_class->set_next_task)
		p->sched_class->set_next_task(c->m, c->rq, p, false);
}

static const struct sched_class *class_for(struct machine *m, u32 policy, int prio)
{
	if (rt_prio(prio))
		return &sched_class_rt;
	if (m->classes[CLASS_EXT] && m->ext.task_should_scx &&
	    m->ext.task_should_scx(m->ext.priv, policy))
		return m->classes[CLASS_EXT];
	return &sched_class_fair;
}

const struct sched_class *sched_class_of(struct machine *m, const struct task_struct *p)
{
	if (to_mtask(p)->is_stopper)
		return &sched_class_stop;
	if (is_idle_task(p))
		return &sched_class_idle;
	return class_for(m, p->policy, p->prio);
}

/* A delayed task is not really there: take it off before its class changes. */
static void drop_delayed(struct machine *m, struct task_struct *p)
{
	if (p->se.sched_delayed)
		sched_dequeue_task(m, sched_task_rq(m, p), p, DEQUEUE_SLEEP | DEQUEUE_DELAYED);
}

static void class_changed(struct machine *m, struct rq *rq, struct task_struct *p,
			  const struct sched_class *prev_class, int oldprio)
{
	if (prev_class != p->sched_class) {
		if (prev_class->switched_from)
			prev_class->switched_from(m, rq, p);
		if (p->sched_class->switched_to)
			p->sched_class->switched_to(m, rq, p);
	} else if (oldprio != p->prio && p->sched_class->prio_changed) {
		p->sched_class->prio_changed(m, rq, p, oldprio);
	}
}

void sched_switch_class(struct machine *m, struct task_struct *p, const struct sched_class *next)
{
	const struct sched_class *old = p->sched_class;
	struct rq *rq = sched_task_rq(m, p);
	struct sched_change c;

	sched_update_rq_clock(m, rq);
	if (old != next)
		drop_delayed(m, p);
	sched_change_begin(m, p, DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK, &c);
	p->sched_class = next;
	if (old != next && next->switching_to)
		next->switching_to(m, rq, p);
	sched_change_end(&c);
	class_changed(m, rq, p, old, p->prio);
	sched_run_balance_callbacks(m, rq);
}

static int effective_prio(u32 policy, u32 rt_priority, int static_prio)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return MAX_RT_PRIO - 1 - (int)rt_priority;
	return static_prio;
}

int task_set_nice(struct machine *m, struct task_struct *p, s32 nice)
{
	struct rq *rq = sched_task_rq(m, p);
	struct sched_change c;
	int oldprio = p->prio;

	if (nice < -20 || nice > 19)
		return -EINVAL;
	if (NICE_TO_PRIO(nice) == p->static_prio)
		return 0;
	if (rt_prio(p->prio)) {
		p->static_prio = NICE_TO_PRIO(nice);
		return 0;
	}
	sched_change_begin(m, p, DEQUEUE_SAVE, &c);
	p->static_prio = NICE_TO_PRIO(nice);
	sched_set_load_weight(m, p, true);
	p->prio = p->normal_prio = p->static_prio;
	sched_change_end(&c);
	if (p->sched_class->prio_changed)
		p->sched_class->prio_changed(m, rq, p, oldprio);
	sched_run_balance_callbacks(m, rq);
	return 0;
}

static int check_policy(u32 policy, u32 rt_priority)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return rt_priority >= 1 && rt_priority <= 99 ? 0 : -EINVAL;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_EXT:
		return rt_priority ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

int sched_check_policy(u32 policy, u32 rt_priority, struct err_msg *e)
{
	if (policy == SCHED_DEADLINE)
		return err_set(e, -EINVAL, "SCHED_DEADLINE is not built");
	if (check_policy(policy, rt_priority))
		return err_set(e, -EINVAL, "policy %u with RT priority %u", policy, rt_priority);
	return 0;
}

void sched_apply_policy(struct machine *m, struct task_struct *p, u32 policy, u32 rt_priority)
{
	p->policy = policy;
	p->rt_priority = rt_priority;
	p->normal_prio = p->prio = effective_prio(policy, rt_priority, p->static_prio);
	sched_set_load_weight(m, p, true);
}

int task_set_policy(struct machine *m, struct task_struct *p, u32 policy, u32 rt_priority)
{
	const struct sched_class *old = p->sched_class, *next;
	struct rq *rq = sched_task_rq(m, p);
	int oldprio = p->prio, err;
	struct sched_change c;

	err = check_policy(policy, rt_priority);
	if (!err && m->ext.check_setscheduler)
		err = m->ext.check_setscheduler(m->ext.priv, p, policy);
	if (err)
		return err;
	if (policy == p->policy && rt_priority == p->rt_priority)
		return 0;
	next = class_for(m, policy, effective_prio(policy, rt_priority, p->static_prio));
	sched_update_rq_clock(m, rq);
	if (next != old)
		drop_delayed(m, p);
	sched_change_begin(m, p, DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK, &c);
	sched_apply_policy(m, p, policy, rt_priority);
	p->sched_class = next;
	if (old != next && next->switching_to)
		next->switching_to(m, rq, p);
	/* A task whose priority falls goes to the end of its new list, else to its head. */
	if (c.queued && oldprio < p->prio)
		c.flags |= ENQUEUE_HEAD;
	sched_change_end(&c);
	class_changed(m, rq, p, old, oldprio);
	sched_run_balance_callbacks(m, rq);
	return 0;
}

void sched_set_cpus_allowed_common(struct task_struct *p, const cpumask_t *mask)
{
	cpumask_copy(&p->cpus_mask, mask);
	p->nr_cpus_allowed = cpumask_weight(mask);
}

void sched_set_cpus_allowed(struct machine *m, struct task_struct *p, const cpumask_t *mask)
{
	struct sched_change c;

	sched_change_begin(m, p, DEQUEUE_SAVE, &c);
	sched_set_cpus_allowed_common(p, mask);
	if (p->sched_class->set_cpus_allowed)
		p->sched_class->set_cpus_allowed(m, p, mask);
	sched_change_end(&c);
}

int task_set_affinity(struct machine *m, struct task_struct *p, const cpumask_t *mask)
{
	struct rq *rq = sched_task_rq(m, p);
	cpumask_t usable;

	cpumask_and(&usable, mask, &m->possible);
	if (!cpumask_intersects(&usable, &m->online) || p->flags & PF_NO_SETAFFINITY)
		return -EINVAL;
	if (cpumask_equal(&usable, &p->cpus_mask))
		return 0;
	sched_set_cpus_allowed(m, p, &usable);
	if (!sched_cpu_allowed(m, p, task_cpu(p)) && !is_migration_disabled(p)) {
		if (task_current(rq, p))
			stop_queue_migration(m, p);
		else if (task_on_rq_queued(p))
			sched_move_queued(m, rq, p, sched_any_allowed_cpu(m, p));
	}
	sched_run_balance_callbacks(m, rq);
	return 0;
}
