/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Birth, death and names of tasks. */
#include <stdio.h>
#include <stdlib.h>

#include "machine/internal.h"

#define EVENTS_PER_TASK 1
#define WEIGHT_IDLEPRIO 3

void sched_set_load_weight(struct machine *m, struct task_struct *p, bool update)
{
	u32 row = p->static_prio - MAX_RT_PRIO;
	struct load_weight lw = {
		.weight = scale_load(sched_prio_to_weight[row]),
		.inv_weight = sched_prio_to_wmult[row],
	};

	if (p->policy == SCHED_IDLE) {
		lw.weight = scale_load(WEIGHT_IDLEPRIO);
		lw.inv_weight = UINT32_MAX / WEIGHT_IDLEPRIO;
	}
	if (update && p->sched_class->reweight_task)
		p->sched_class->reweight_task(m, sched_task_rq(m, p), p, &lw);
	else
		p->se.load = lw;
}

static void timer_fire(struct machine *m, struct machine_timer *timer)
{
	struct mtask *t = container_of(timer, struct mtask, timer);

	if (t->started)
		sched_ttwu(m, &t->t, TASK_INTERRUPTIBLE, 0);
	else
		sched_wake_up_new(m, &t->t);
}

static void init_links(struct machine *m, struct mtask *t)
{
	struct task_struct *p = &t->t;

	t->m = m;
	machine_timer_init_owned(&t->timer, timer_fire, 0, EVENT_TIMER);
	INIT_LIST_HEAD(&t->migration_node);
	INIT_LIST_HEAD(&t->pushable_node);
	INIT_LIST_HEAD(&t->core_node);
	INIT_LIST_HEAD(&p->tasks);
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->thread_node);
	INIT_LIST_HEAD(&p->se.group_node);
	INIT_LIST_HEAD(&p->rt.run_list);
	INIT_LIST_HEAD(&p->scx.dsq_list.node);
	INIT_LIST_HEAD(&p->scx.runnable_node);
	INIT_LIST_HEAD(&p->scx.tasks_node);
	RB_CLEAR_NODE(&p->se.run_node);
	RB_CLEAR_NODE(&p->scx.dsq_priq);
	p->scx.sticky_cpu = p->scx.holding_cpu = -1;
	p->scx.runnable_at = sched_jiffies(m);
	p->scx.ddsp_dsq_id = 1ULL << 63; /* SCX_DSQ_INVALID */
	p->scx.slice = 20 * NSEC_PER_MSEC; /* SCX_SLICE_DFL */
}

/* A task outside of everything; policy normal, nice 0, all CPUs. */
static struct mtask *new_task(struct machine *m, s32 pid, const char *comm, u32 flags)
{
	struct mtask *t = calloc(1, sizeof(*t));
	struct task_struct *p;

	if (!t)
		return NULL;
	p = &t->t;
	init_links(m, t);
	p->pid = p->tgid = pid;
	snprintf(p->comm, sizeof(p->comm), "%s", comm);
	p->flags = flags;
	p->usage = 1;
	p->rcu_users = 1;
	p->static_prio = p->normal_prio = p->prio = DEFAULT_PRIO;
	p->policy = SCHED_NORMAL;
	p->cpus_ptr = &p->cpus_mask;
	sched_set_cpus_allowed_common(p, &m->possible);
	p->max_allowed_capacity = SCHED_CAPACITY_SCALE;
	p->group_leader = p;
	p->real_parent = p->parent = m->init ? m->init : p;
	p->signal = &t->sig;
	t->sig.nr_threads = 1;
	cgroup_join(p, &m->root_group.cgroup);
	p->start_time = p->start_boottime = m->now;
	p->sched_class = &sched_class_fair;
	if (!(flags & PF_KTHREAD)) {
		t->mm = (struct mm_struct){ .mm_users = 1, .mm_count = 1, .total_vm = 1024 };
		p->mm = p->active_mm = &t->mm;
	}
	sched_set_load_weight(m, p, false);
	fair_init_task(m, p);
	return t;
}

static int enlist(struct machine *m, struct task_struct *p)
{
	struct task_struct ***page = &m->by_pid[p->pid / PIDS_PER_PAGE];

	if (!*page)
		*page = calloc(PIDS_PER_PAGE, sizeof(**page));
	if (!*page)
		return -ENOMEM;
	(*page)[p->pid % PIDS_PER_PAGE] = p;
	list_add_tail(&p->tasks, &m->tasks);
	return 0;
}

static void link_family(struct task_struct *p)
{
	struct task_struct *leader = p->group_leader;

	if (p->real_parent != p)
		list_add_tail(&p->sibling, &p->real_parent->children);
	if (leader != p) {
		list_add_tail(&p->thread_node, &leader->thread_node);
		leader->signal->nr_threads++;
	}
	p->cgroups->nr_tasks++;
}

static int check_params(struct machine *m, const struct task_params *params, struct err_msg *e)
{
	int err = sched_check_policy(params->policy, params->rt_priority, e);

	if (err)
		return err;
	if (params->nice < -20 || params->nice > 19)
		return err_set(e, -EINVAL, "nice %d is not in -20..19", params->nice);
	if (params->start && params->start < m->now)
		return err_set(e, -EINVAL, "task \"%s\" would start in the past", params->comm);
	if (params->pid < 0 || params->pid >= MACHINE_PID_MAX)
		return err_set(e, -EINVAL, "pid %d is not in 1..%d", params->pid,
			       MACHINE_PID_MAX - 1);
	if (task_find(m, params->pid))
		return err_set(e, -EEXIST, "pid %d is taken", params->pid);
	if (params->cpus && !cpumask_intersects(params->cpus, &m->online))
		return err_set(e, -EINVAL, "task \"%s\" may use none of the machine's CPUs",
			       params->comm);
	return 0;
}

static void set_params(struct machine *m, struct mtask *t, const struct task_params *params)
{
	struct task_struct *p = &t->t;
	cpumask_t cpus;

	if (params->leader) {
		p->group_leader = params->leader->group_leader;
		p->tgid = p->group_leader->pid;
		p->signal = p->group_leader->signal;
		p->mm = p->active_mm = p->group_leader->mm;
	}
	if (params->parent)
		p->real_parent = p->parent = params->parent;
	else if (params->leader)
		p->real_parent = p->parent = params->leader->group_leader->real_parent;
	else if (params->kthread)
		p->real_parent = p->parent = m->kthreadd;
	cgroup_join(p, params->cgroup ?: p->real_parent->cgroups->dfl_cgrp);
	if (params->cpus) {
		cpumask_and(&cpus, params->cpus, &m->possible);
		sched_set_cpus_allowed_common(p, &cpus);
	}
	t->script = params->script;
	p->static_prio = NICE_TO_PRIO(params->nice);
	sched_apply_policy(m, p, params->policy, params->rt_priority);
}

/* 0: all are taken. */
static s32 next_pid(struct machine *m)
{
	while (m->next_pid < MACHINE_PID_MAX && task_find(m, m->next_pid))
		m->next_pid++;
	return m->next_pid < MACHINE_PID_MAX ? m->next_pid : 0;
}

/* The scheduler's part of fork(), up to the point of no return. */
static int fork_hooks(struct machine *m, struct task_struct *p)
{
	int err;

	p->__state = TASK_NEW;
	p->thread_info.cpu = p->wake_cpu = m->this_cpu;
	fair_set_task_rq(m, p);
	if (p->sched_class->task_fork)
		p->sched_class->task_fork(m, p);
	if (m->ext.fork) {
		err = m->ext.fork(m->ext.priv, p);
		if (err)
			return err;
	}
	return 0;
}

int task_create(struct machine *m, const struct task_params *params, struct err_msg *e,
		struct task_struct **out)
{
	struct task_struct *p;
	struct mtask *t;
	s32 pid;
	int err;

	err = check_params(m, params, e);
	if (err)
		return err;
	pid = params->pid ?: next_pid(m);
	if (!pid)
		return err_set(e, -EAGAIN, "all pids are taken");
	err = event_queue_reserve(&m->eq, EVENTS_PER_TASK);
	if (err)
		return err_set(e, err, "out of memory");
	err = -ENOMEM;
	t = new_task(m, pid, params->comm, params->kthread ? PF_KTHREAD : 0);
	if (!t)
		goto out_unreserve;
	p = &t->t;
	set_params(m, t, params);
	p->sched_class = sched_class_of(m, p);
	err = fork_hooks(m, p);
	if (err) {
		err_set(e, err, "the scheduler refuses task \"%s\"", params->comm);
		goto out_free;
	}
	err = enlist(m, p);
	if (err)
		goto out_cancel;
	if (!params->pid)
		m->next_pid++;
	link_family(p);
	core_sched_fork(m, p);
	if (params->script)
		m->nr_scripted++;
	if (sched_traces(m, TRACE_sched_process_fork))
		sched_trace(m, &(struct trace_event){
			.kind = TRACE_sched_process_fork,
			.sched_process_fork = { .parent = p->real_parent, .child = p } });
	if (m->ext.post_fork)
		m->ext.post_fork(m->ext.priv, p);
	*out = p;
	if (params->start > m->now) {
		t->timer.cpu = m->this_cpu;
		event_arm(&m->eq, &t->timer, params->start);
	} else {
		sched_wake_up_new(m, p);
	}
	return 0;

out_cancel:
	if (m->ext.cancel_fork)
		m->ext.cancel_fork(m->ext.priv, p);
out_free:
	free(t);
out_unreserve:
	event_queue_unreserve(&m->eq, EVENTS_PER_TASK);
	return err == -ENOMEM ? err_set(e, err, "out of memory") : err;
}

static void leave_family(struct machine *m, struct task_struct *p)
{
	while (!list_empty(&p->children)) {
		struct task_struct *c = list_first_entry(&p->children, struct task_struct, sibling);

		c->real_parent = c->parent = m->init;
		list_move_tail(&c->sibling, &m->init->children);
	}
	list_del_init(&p->sibling);
	list_del_init(&p->thread_node);
	p->signal->nr_threads--;
	p->cgroups->nr_tasks--;
}

/* The CPU has switched away from a dead task for the last time. */
void task_exit(struct machine *m, struct task_struct *p)
{
	struct mtask *t = to_mtask(p);

	if (p->sched_class->task_dead)
		p->sched_class->task_dead(m, p);
	core_sched_task_dead(m, p);
	p->exit_state = EXIT_DEAD;
	leave_family(m, p);
	if (t->script) {
		if (t->script->release)
			t->script->release(t->script);
		t->script = NULL;
		if (!--m->nr_scripted)
			m->all_ended = true;
	}
	task_put(m, p);
}

struct task_struct *task_find(struct machine *m, s32 pid)
{
	struct task_struct *p, **page;

	if (pid < 1 || pid >= MACHINE_PID_MAX)
		return NULL;
	page = m->by_pid[pid / PIDS_PER_PAGE];
	p = page ? page[pid % PIDS_PER_PAGE] : NULL;
	return p && !p->exit_state ? p : NULL;
}

struct task_struct *task_get(struct task_struct *p)
{
	BUG_ON(!p->usage);
	p->usage++;
	return p;
}

void task_put(struct machine *m, struct task_struct *p)
{
	BUG_ON(!p->usage);
	if (!--p->usage && m->ext.free_task)
		m->ext.free_task(m->ext.priv, p);
}

void machine_for_each_task(struct machine *m, void (*cb)(void *priv, struct task_struct *p),
			   void *priv)
{
	struct task_struct *p;

	list_for_each_entry(p, &m->tasks, tasks)
		cb(priv, p);
}

struct task_struct *machine_next_task(struct machine *m, struct task_struct *pos)
{
	struct list_head *next = pos ? pos->tasks.next : m->tasks.next;

	return next == &m->tasks ? NULL : list_entry(next, struct task_struct, tasks);
}

s32 machine_first_pid(const struct machine *m)
{
	if (m->cfg.first_pid)
		return m->cfg.first_pid + m->nr_cpus;
	return PID_STOPPER0 + m->nr_cpus <= 1000 ? 1000 : 2000;
}

/* A kernel thread that sleeps until woken: init, kthreadd, stoppers. */
static struct mtask *new_resident(struct machine *m, s32 pid, const char *comm, u32 flags, u32 cpu)
{
	struct mtask *t = new_task(m, pid, comm, flags);

	if (!t)
		return NULL;
	if (enlist(m, &t->t)) {
		free(t);
		return NULL;
	}
	t->started = true;
	t->in_step = true;
	t->step.kind = STEP_BLOCK;
	t->t.__state = TASK_INTERRUPTIBLE;
	t->t.thread_info.cpu = t->t.wake_cpu = cpu;
	fair_set_task_rq(m, &t->t);
	link_family(&t->t);
	return t;
}

static int init_cpu_tasks(struct machine *m, u32 cpu)
{
	struct mcpu *c = &m->cpus[cpu];
	char comm[TASK_COMM_LEN];
	struct task_struct *p;
	cpumask_t only = {};

	cpumask_set_cpu(cpu, &only);
	snprintf(comm, sizeof(comm), "swapper/%hu", (unsigned short)cpu);
	c->idle_task = new_task(m, 0, comm, PF_IDLE | PF_KTHREAD | PF_NO_SETAFFINITY);
	if (!c->idle_task)
		return -ENOMEM;
	p = c->rq.idle = c->rq.curr = &c->idle_task->t;
	p->sched_class = &sched_class_idle;
	p->prio = DEFAULT_PRIO; /* that is what ftrace shows */
	p->on_cpu = 1;
	p->on_rq = TASK_ON_RQ_QUEUED;
	p->thread_info.cpu = p->wake_cpu = cpu;
	fair_set_task_rq(m, p);
	sched_set_cpus_allowed_common(p, &only);

	snprintf(comm, sizeof(comm), "migration/%hu", (unsigned short)cpu);
	c->stopper = new_resident(m, (m->cfg.first_pid ?: PID_STOPPER0) + cpu, comm,
				  PF_KTHREAD | PF_NO_SETAFFINITY, cpu);
	if (!c->stopper)
		return -ENOMEM;
	p = c->rq.stop = &c->stopper->t;
	c->stopper->is_stopper = true;
	p->sched_class = &sched_class_stop;
	p->policy = SCHED_FIFO;
	p->rt_priority = 99;
	p->prio = p->normal_prio = 0;
	p->real_parent = p->parent = m->kthreadd;
	sched_set_cpus_allowed_common(p, &only);
	return 0;
}

int task_init_all(struct machine *m, struct err_msg *e)
{
	struct mtask *t;

	t = new_resident(m, PID_INIT, "init", 0, 0);
	if (!t)
		goto out_nomem;
	m->init = &t->t;
	t = new_resident(m, PID_KTHREADD, "kthreadd", PF_KTHREAD, 0);
	if (!t)
		goto out_nomem;
	m->kthreadd = &t->t;
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		if (init_cpu_tasks(m, cpu))
			goto out_nomem;
	m->next_pid = machine_first_pid(m);
	return 0;

out_nomem:
	return err_set(e, -ENOMEM, "out of memory");
}

void task_fini_all(struct machine *m)
{
	struct task_struct *p, *tmp;

	list_for_each_entry_safe(p, tmp, &m->tasks, tasks) {
		struct mtask *t = to_mtask(p);

		if (p->usage && m->ext.free_task)
			m->ext.free_task(m->ext.priv, p);
		if (t->script && t->script->release)
			t->script->release(t->script);
	}
	list_for_each_entry_safe(p, tmp, &m->tasks, tasks)
		free(to_mtask(p));
	for (u32 cpu = 0; m->cpus && cpu < m->nr_cpus; cpu++)
		free(m->cpus[cpu].idle_task);
	for (u32 i = 0; i < PID_PAGES; i++)
		free(m->by_pid[i]);
}
