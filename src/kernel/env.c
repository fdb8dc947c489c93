/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "kernel/env.h"
#include "machine/sched.h"
#include "machine/topology.h"

/* The stream of the kernel's seed that bpf_get_prandom_u32() draws from. */
#define PRANDOM_STREAM 0x62706600

static struct kernel_env *env_of(struct run_env *env)
{
	return container_of(env, struct kernel_env, env);
}

static struct machine *machine_of(struct run_env *env)
{
	return env_of(env)->m;
}

static u64 env_ktime(struct run_env *env)
{
	return machine_now(machine_of(env));
}

static u64 env_jiffies(struct run_env *env)
{
	return sched_jiffies(machine_of(env));
}

static u32 env_prandom(struct run_env *env, u32 cpu)
{
	return (u32)rng_u64(&env_of(env)->prandom);
}

static void env_printk(struct run_env *env, u32 cpu, const char *text)
{
	struct machine *m = machine_of(env);

	if (sched_traces(m, TRACE_bpf_trace_printk))
		sched_trace(m, &(struct trace_event){ .kind = TRACE_bpf_trace_printk,
						      .bpf_trace_printk = { .text = text } });
}

static u32 env_nr_cpus(struct run_env *env)
{
	return machine_nr_cpus(machine_of(env));
}

static u32 env_numa_node(struct run_env *env, u32 cpu)
{
	return machine_topology(machine_of(env))->cpus[cpu].node;
}

/* ---- timers ---- */

struct env_timer {
	struct machine_timer timer;
	struct run_timer *t;
};

static void env_timer_fire(struct machine *m, struct machine_timer *timer)
{
	struct env_timer *et = container_of(timer, struct env_timer, timer);

	et->t->fire(et->t, sched_this_cpu(m), sched_current(m));
}

static struct env_timer *env_timer_of(struct run_timer *t)
{
	struct env_timer *et = t->handle;

	if (!et) {
		et = calloc(1, sizeof(*et));
		if (!et)
			return NULL;
		machine_timer_init(&et->timer, env_timer_fire);
		et->t = t;
		t->handle = et;
	}
	return et;
}

static int env_timer_start(struct run_env *env, struct run_timer *t, u64 expires_ns, s32 pin_cpu)
{
	struct machine *m = machine_of(env);
	struct env_timer *et = env_timer_of(t);
	u32 cpu = pin_cpu < 0 ? sched_this_cpu(m) : (u32)pin_cpu;

	if (!et)
		return -ENOMEM;
	return machine_timer_start(m, &et->timer, max(expires_ns, machine_now(m)), cpu);
}

static int env_timer_cancel(struct run_env *env, struct run_timer *t)
{
	struct env_timer *et = t->handle;

	return et && machine_timer_cancel(machine_of(env), &et->timer);
}

static void env_timer_fini(struct run_env *env, struct run_timer *t)
{
	env_timer_cancel(env, t);
	free(t->handle);
	t->handle = NULL;
}

/* Work runs as soon as the current event is over: the latency of a kworker is not modelled. */
static int env_work_queue(struct run_env *env, struct run_timer *t)
{
	struct machine *m = machine_of(env);
	struct env_timer *et = env_timer_of(t);

	if (!et)
		return -ENOMEM;
	if (et->timer.heap_index >= 0)
		return -EBUSY;
	return machine_timer_start(m, &et->timer, machine_now(m), sched_this_cpu(m));
}

/* ---- tasks and cgroups ---- */

static void *env_task_get(struct run_env *env, void *task)
{
	struct task_struct *p = task;

	return p->usage ? task_get(p) : NULL;
}

static void *env_task_from_pid(struct run_env *env, s32 pid)
{
	struct task_struct *p = task_find(machine_of(env), pid);

	return p ? env_task_get(env, p) : NULL;
}

static void env_task_put(struct run_env *env, void *task)
{
	task_put(machine_of(env), task);
}

static void *env_task_next(struct run_env *env, void *pos)
{
	struct task_struct *p = pos;

	do
		p = machine_next_task(machine_of(env), p);
	while (p && p->__state == TASK_DEAD);
	return p;
}

static struct cgroup_subsys_state *next_css(struct cgroup_subsys_state *pos)
{
	if (!list_empty(&pos->children))
		return list_first_entry(&pos->children, struct cgroup_subsys_state, sibling);
	for (; pos->parent; pos = pos->parent)
		if (pos->sibling.next != &pos->parent->children)
			return list_entry(pos->sibling.next, struct cgroup_subsys_state, sibling);
	return NULL;
}

/* Cgroups live as long as the machine: there are no references to take. */
static void *env_cgroup_from_id(struct run_env *env, u64 id)
{
	const struct task_struct *curr = sched_current(machine_of(env));
	struct cgroup_subsys_state *css = &curr->cgroups->dfl_cgrp->ancestors[0]->self;

	while (css && css->cgroup->kn->id != id)
		css = next_css(css);
	return css ? css->cgroup : NULL;
}

/* ---- memory that running programs may still read ---- */

struct deferred_free {
	struct deferred_free *next;
	void (*fn)(void *p);
	void *p;
};

static void reclaim(struct kernel_env *e)
{
	while (e->deferred) {
		struct deferred_free *d = e->deferred;

		e->deferred = d->next;
		d->fn(d->p);
		free(d);
	}
}

/* Programs run to their end inside one event, so the next event is a grace period later. */
static void reclaim_fire(struct machine *m, struct machine_timer *t)
{
	reclaim(container_of(t, struct kernel_env, reclaim));
}

static void env_free_later(struct run_env *env, void (*free_fn)(void *p), void *p)
{
	struct kernel_env *e = env_of(env);
	struct deferred_free *d = malloc(sizeof(*d));

	/* Leaked until the process ends, rather than freed under a reader. */
	if (!d)
		return;
	*d = (struct deferred_free){ .next = e->deferred, .fn = free_fn, .p = p };
	e->deferred = d;
	if (e->reclaim.heap_index < 0)
		machine_timer_start(e->m, &e->reclaim, machine_now(e->m), sched_this_cpu(e->m));
}

static const struct run_env_ops env_ops = {
	.ktime_get_ns = env_ktime,
	.ktime_get_boot_ns = env_ktime,
	.jiffies = env_jiffies,
	.prandom_u32 = env_prandom,
	.printk = env_printk,
	.timer_start = env_timer_start,
	.timer_cancel = env_timer_cancel,
	.timer_fini = env_timer_fini,
	.work_queue = env_work_queue,
	.task_from_pid = env_task_from_pid,
	.task_get = env_task_get,
	.task_put = env_task_put,
	.task_next = env_task_next,
	.cgroup_from_id = env_cgroup_from_id,
	.nr_cpus = env_nr_cpus,
	.numa_node = env_numa_node,
	.free_later = env_free_later,
};

void kernel_env_init(struct kernel_env *e, struct machine *m, u64 seed)
{
	*e = (struct kernel_env){ .env = { .ops = &env_ops, .priv = e }, .m = m };
	rng_init(&e->prandom, seed, PRANDOM_STREAM);
	machine_timer_init(&e->reclaim, reclaim_fire);
}

void kernel_env_fini(struct kernel_env *e)
{
	machine_timer_cancel(e->m, &e->reclaim);
	reclaim(e);
}
