/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The RT class: FIFO and RR. Per CPU a list for each priority; the spreading of
 * RT tasks over CPUs is in rt_push.c. An RT task that never sleeps keeps its CPU
 * from everything below it, but for what fair_server.c takes for fair tasks.
 */
#include "machine/rt.h"

#define RR_TIMESLICE_MS 100

static u32 rr_ticks(const struct machine *m)
{
	return RR_TIMESLICE_MS * m->cfg.hz / 1000;
}

static void set_prio_bit(struct rt_rq *rt, u32 prio, bool on)
{
	unsigned long bit = 1UL << (prio % 64);

	if (on)
		rt->active.bitmap[prio / 64] |= bit;
	else
		rt->active.bitmap[prio / 64] &= ~bit;
}

u32 rt_highest_prio(const struct rt_rq *rt)
{
	for (u32 i = 0; i < RT_BITMAP_LONGS; i++)
		if (rt->active.bitmap[i])
			return i * 64 + __builtin_ctzl(rt->active.bitmap[i]);
	return MAX_RT_PRIO;
}

static void list_task(struct rt_rq *rt, struct task_struct *p, bool head)
{
	struct list_head *q = &rt->active.queue[p->prio];

	if (head)
		list_add(&p->rt.run_list, q);
	else
		list_add_tail(&p->rt.run_list, q);
	set_prio_bit(rt, p->prio, true);
	p->rt.on_list = 1;
}

static void unlist_task(struct rt_rq *rt, struct task_struct *p)
{
	list_del_init(&p->rt.run_list);
	if (list_empty(&rt->active.queue[p->prio]))
		set_prio_bit(rt, p->prio, false);
	p->rt.on_list = 0;
}

void rt_requeue(struct rq *rq, struct task_struct *p, bool head)
{
	unlist_task(&rq->rt, p);
	list_task(&rq->rt, p, head);
}

static void enqueue_task_rt(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (!p->rt.time_slice)
		p->rt.time_slice = rr_ticks(m);
	p->rt.timeout = flags & ENQUEUE_WAKEUP ? 0 : p->rt.timeout;
	list_task(&rq->rt, p, flags & ENQUEUE_HEAD);
	p->rt.on_rq = 1;
	rq->rt.rt_nr_running++;
	rq->rt.rr_nr_running += p->policy == SCHED_RR;
	sched_add_nr_running(rq, 1);
	if (!task_current(rq, p) && p->nr_cpus_allowed > 1)
		rt_pushable_add(m, rq, p);
	rt_update_level(m, rq);
}

static void update_curr_rt(struct machine *m, struct rq *rq)
{
	if (rq->curr->sched_class == &sched_class_rt)
		sched_update_curr_common(m, rq);
}

static bool dequeue_task_rt(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	update_curr_rt(m, rq);
	unlist_task(&rq->rt, p);
	p->rt.on_rq = 0;
	rq->rt.rt_nr_running--;
	rq->rt.rr_nr_running -= p->policy == SCHED_RR;
	sched_sub_nr_running(rq, 1);
	rt_pushable_del(m, rq, p);
	rt_update_level(m, rq);
	return true;
}

static void yield_task_rt(struct machine *m, struct rq *rq)
{
	rt_requeue(rq, rq->curr, false);
}

static void wakeup_preempt_rt(struct machine *m, struct rq *rq, struct task_struct *p, int flags)
{
	if (p->prio < rq->curr->prio)
		sched_resched_curr(m, rq);
	else if (p->prio == rq->curr->prio && !sched_need_resched(rq->curr))
		rt_preempt_equal(m, rq, p);
}

static struct task_struct *pick_task_rt(struct machine *m, struct rq *rq)
{
	u32 prio = rt_highest_prio(&rq->rt);

	if (prio == MAX_RT_PRIO)
		return NULL;
	return list_first_entry(&rq->rt.active.queue[prio], struct task_struct, rt.run_list);
}

static void put_prev_task_rt(struct machine *m, struct rq *rq, struct task_struct *p,
			     struct task_struct *next)
{
	update_curr_rt(m, rq);
	pelt_update_rt(rq, true);
	if (p->rt.on_rq && p->nr_cpus_allowed > 1)
		rt_pushable_add(m, rq, p);
}

static void set_next_task_rt(struct machine *m, struct rq *rq, struct task_struct *p, bool first)
{
	p->se.exec_start = rq->clock_task;
	pelt_update_rt(rq, false);
	rt_pushable_del(m, rq, p);
	if (first)
		rt_queue_push(m, rq);
}

static void task_tick_rt(struct machine *m, struct rq *rq, struct task_struct *p)
{
	update_curr_rt(m, rq);
	pelt_update_rt(rq, true);
	if (p->policy != SCHED_RR || --p->rt.time_slice)
		return;
	p->rt.time_slice = rr_ticks(m);
	if (p->rt.run_list.next == p->rt.run_list.prev)
		return;
	rt_requeue(rq, p, false);
	sched_resched_curr(m, rq);
}

static void switched_to_rt(struct machine *m, struct rq *rq, struct task_struct *p)
{
	if (task_current(rq, p) || !task_on_rq_queued(p))
		return;
	if (p->nr_cpus_allowed > 1)
		rt_queue_push(m, rq);
	if (p->prio < rq->curr->prio)
		sched_resched_curr(m, rq);
}

static void switched_from_rt(struct machine *m, struct rq *rq, struct task_struct *p)
{
	if (task_on_rq_queued(p) && !rq->rt.rt_nr_running)
		rt_queue_pull(m, rq);
}

static void prio_changed_rt(struct machine *m, struct rq *rq, struct task_struct *p, int oldprio)
{
	if (!task_on_rq_queued(p))
		return;
	if (task_current(rq, p)) {
		if (oldprio < p->prio)
			rt_queue_pull(m, rq);
		if (p->prio > (int)rt_highest_prio(&rq->rt))
			sched_resched_curr(m, rq);
	} else if (p->prio < rq->curr->prio) {
		sched_resched_curr(m, rq);
	}
}


void rt_init_rq(struct mcpu *c)
{
	for (u32 i = 0; i < MAX_RT_PRIO; i++)
		INIT_LIST_HEAD(&c->rq.rt.active.queue[i]);
	INIT_LIST_HEAD(&c->pushable);
	c->rq.rt.rt_runtime = NSEC_PER_SEC;
}

const struct sched_class sched_class_rt = {
	.name = "rt",
	.rank = CLASS_RT,
	.enqueue_task = enqueue_task_rt,
	.dequeue_task = dequeue_task_rt,
	.yield_task = yield_task_rt,
	.wakeup_preempt = wakeup_preempt_rt,
	.balance = rt_balance,
	.pick_task = pick_task_rt,
	.put_prev_task = put_prev_task_rt,
	.set_next_task = set_next_task_rt,
	.select_task_rq = rt_select_task_rq,
	.task_woken = rt_task_woken,
	.task_tick = task_tick_rt,
	.switched_from = switched_from_rt,
	.switched_to = switched_to_rt,
	.prio_changed = prio_changed_rt,
	.update_curr = update_curr_rt,
};
