/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Timers, reschedule interrupts and irq work: what interrupts a CPU. */
#include "machine/internal.h"

void machine_timer_init(struct machine_timer *t,
			void (*fire)(struct machine *, struct machine_timer *))
{
	*t = (struct machine_timer){ .fire = fire, .heap_index = -1, .class = EVENT_TIMER };
}

void machine_timer_init_owned(struct machine_timer *t,
			      void (*fire)(struct machine *, struct machine_timer *), u32 cpu,
			      enum event_class class)
{
	*t = (struct machine_timer){
		.fire = fire, .cpu = cpu, .heap_index = -1, .class = class, .owned = true,
	};
}

/* Timers of a CPU that is offline fire on the first one that is not. */
u32 sched_timer_cpu(const struct machine *m, u32 cpu)
{
	return likely(cpumask_test_cpu(cpu, &m->online)) ? cpu : cpumask_first(&m->online);
}

int machine_timer_start(struct machine *m, struct machine_timer *t, u64 when, u32 cpu)
{
	if (when < m->now || cpu >= m->nr_cpus)
		return -EINVAL;
	t->cpu = sched_timer_cpu(m, cpu);
	return event_arm_borrowed(&m->eq, t, when);
}

bool machine_timer_cancel(struct machine *m, struct machine_timer *t)
{
	return event_cancel(&m->eq, t);
}

void sched_resched_curr(struct machine *m, struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	struct mcpu *c = rq_mcpu(rq);

	if (sched_need_resched(curr))
		return;
	curr->thread_info.flags |= TIF_NEED_RESCHED;
	if ((u32)rq->cpu != m->this_cpu && !event_queued(&c->resched_ev))
		event_arm(&m->eq, &c->resched_ev, m->now + m->cfg.costs.ipi_latency);
}

void sched_resched_cpu(struct machine *m, u32 cpu)
{
	if (cpumask_test_cpu(cpu, &m->online))
		sched_resched_curr(m, sched_cpu_rq(m, cpu));
}

/* The interrupt itself does nothing: its return path looks at the flag. */
void irq_resched_fire(struct machine *m, struct machine_timer *t)
{
}

void sched_irq_work_init(struct sched_irq_work *w,
			 void (*fn)(struct machine *, struct sched_irq_work *))
{
	*w = (struct sched_irq_work){ .fn = fn };
}

void sched_irq_work_queue_on(struct machine *m, struct sched_irq_work *w, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	struct list_head *at;

	if (w->pending)
		return;
	w->pending = true;
	w->due = m->now + (cpu == m->this_cpu ? 0 : m->cfg.costs.ipi_latency);
	for (at = c->irq_works.prev; at != &c->irq_works; at = at->prev)
		if (list_entry(at, struct sched_irq_work, node)->due <= w->due)
			break;
	list_add(&w->node, at);
	if (at == &c->irq_works)
		event_arm(&m->eq, &c->irq_ev, w->due);
}

void irq_work_fire(struct machine *m, struct machine_timer *t)
{
	struct mcpu *c = container_of(t, struct mcpu, irq_ev);
	struct sched_irq_work *w;

	while (!list_empty(&c->irq_works)) {
		w = list_first_entry(&c->irq_works, struct sched_irq_work, node);
		if (w->due > m->now) {
			event_arm(&m->eq, &c->irq_ev, w->due);
			return;
		}
		list_del_init(&w->node);
		w->pending = false;
		w->fn(m, w);
	}
}

void machine_charge(struct machine *m, u64 ns)
{
	exec_charge(m, this_mcpu(m), ns);
}
