/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>

#include "trace/stats.h"

#define PID_MAX (1U << 22)

static int grow_pids(struct stats *s, u32 pid)
{
	u32 nr = s->nr_pids ? s->nr_pids : 64;
	struct stats_task **by_pid;

	if (pid >= PID_MAX)
		return -EINVAL;
	while (nr <= pid)
		nr *= 2;
	by_pid = realloc(s->by_pid, nr * sizeof(*by_pid));
	if (!by_pid)
		return -ENOMEM;
	memset(by_pid + s->nr_pids, 0, (nr - s->nr_pids) * sizeof(*by_pid));
	s->by_pid = by_pid;
	s->nr_pids = nr;
	return 0;
}

static struct stats_task *add_task(struct stats *s, const struct task_struct *p)
{
	struct stats_task *t;

	if (s->nr_tasks == s->cap_tasks) {
		u32 cap = s->cap_tasks ? 2 * s->cap_tasks : 64;
		struct stats_task **tasks = realloc(s->tasks, cap * sizeof(*tasks));

		if (!tasks)
			return NULL;
		s->tasks = tasks;
		s->cap_tasks = cap;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->pid = p->pid;
	t->kthread = p->flags & PF_KTHREAD;
	s->tasks[s->nr_tasks++] = t;
	s->by_pid[p->pid] = t;
	return t;
}

/* NULL for idle tasks, and on failure (in s->err). */
static struct stats_task *find_task(struct stats *s, const struct task_struct *p)
{
	struct stats_task *t;
	int err = 0;

	if (p->pid <= 0)
		return NULL;
	if (unlikely((u32)p->pid >= s->nr_pids))
		err = grow_pids(s, p->pid);
	t = err ? NULL : s->by_pid[p->pid];
	if (unlikely(!t && !err)) {
		t = add_task(s, p);
		if (!t)
			err = -ENOMEM;
	}
	if (unlikely(err)) {
		s->err = err;
		return NULL;
	}
	t->nice = PRIO_TO_NICE(p->static_prio);
	memcpy(t->comm, p->comm, sizeof(t->comm));
	return t;
}

static void cpu_until(struct stats_cpu *c, u64 now)
{
	*(c->busy ? &c->busy_ns : &c->idle_ns) += now - c->since;
	c->since = now;
}

static void task_until(struct stats_task *t, u64 now)
{
	if (t->running)
		t->runtime_ns += now - t->since;
	t->since = now;
}

static void on_switch(struct stats *s, const struct trace_event *ev)
{
	struct stats_task *prev = find_task(s, ev->sched_switch.prev);
	struct stats_task *next = find_task(s, ev->sched_switch.next);
	struct stats_cpu *c = &s->cpus[ev->cpu];

	cpu_until(c, ev->time);
	c->busy = next;
	c->switches++;
	if (prev) {
		task_until(prev, ev->time);
		prev->running = false;
		switch (ev->sched_switch.prev_state) {
		case TRACE_STATE_RUNNING:
		case TRACE_STATE_PREEMPTED:
			prev->preemptions++;
			prev->runnable = true;
			prev->queued = ev->time;
			break;
		case TRACE_STATE_DEAD:
			prev->dead = true;
			break;
		case TRACE_STATE_SLEEPING:
		case TRACE_STATE_BLOCKED:
			break;
		}
	}
	if (!next)
		return;
	next->switches++;
	next->running = true;
	next->runnable = false;
	next->since = ev->time;
	if (!next->waiting)
		return;
	next->waiting = false;
	if (histogram_add(&next->latency, ev->time - next->woken))
		s->err = -ENOMEM;
}

static void on_wakeup(struct stats *s, const struct trace_event *ev, const struct task_struct *p)
{
	struct stats_task *t = find_task(s, p);

	if (!t)
		return;
	t->wakeups++;
	if (!t->running && !t->runnable) {
		t->runnable = true;
		t->queued = ev->time;
	}
	/* one that has not left its CPU yet does not wait for it */
	if (!t->running && !t->waiting) {
		t->waiting = true;
		t->woken = ev->time;
	}
}

static void stats_emit(struct trace_sink *sink, const struct trace_event *ev)
{
	struct stats *s = container_of(sink, struct stats, sink);
	struct stats_task *t;

	switch (ev->kind) {
	case TRACE_sched_switch:
		on_switch(s, ev);
		break;
	case TRACE_sched_wakeup:
		on_wakeup(s, ev, ev->sched_wakeup.p);
		break;
	case TRACE_sched_wakeup_new:
		on_wakeup(s, ev, ev->sched_wakeup_new.p);
		break;
	case TRACE_sched_migrate_task:
		t = find_task(s, ev->sched_migrate_task.p);
		if (t)
			t->migrations++;
		break;
	default:
		return; /* not one of those that "events" counts */
	}
	s->events++;
}

int stats_init(struct stats *s, u32 nr_cpus, u64 now)
{
	*s = (struct stats){
		.sink = {
			.emit = stats_emit,
			.wants = TRACE_BIT(sched_switch) | TRACE_BIT(sched_wakeup) |
				 TRACE_BIT(sched_wakeup_new) | TRACE_BIT(sched_migrate_task),
		},
		.nr_cpus = nr_cpus,
		.start = now,
	};
	s->cpus = calloc(nr_cpus, sizeof(*s->cpus));
	if (!s->cpus)
		return -ENOMEM;
	for (u32 i = 0; i < nr_cpus; i++)
		s->cpus[i].since = now;
	return 0;
}

void stats_fini(struct stats *s)
{
	for (u32 i = 0; i < s->nr_tasks; i++) {
		histogram_fini(&s->tasks[i]->latency);
		free(s->tasks[i]);
	}
	free(s->tasks);
	free(s->by_pid);
	free(s->cpus);
	*s = (struct stats){};
}

int stats_settle(struct stats *s, u64 now)
{
	s->end = now;
	for (u32 i = 0; i < s->nr_cpus; i++)
		cpu_until(&s->cpus[i], now);
	for (u32 i = 0; i < s->nr_tasks; i++)
		task_until(s->tasks[i], now);
	return s->err;
}

static double jain(const struct stats *s)
{
	double sum = 0, squares = 0;
	u32 n = 0;

	for (u32 i = 0; i < s->nr_tasks; i++) {
		double x = s->tasks[i]->runtime_ns;

		if (s->tasks[i]->kthread)
			continue;
		n++;
		sum += x;
		squares += x * x;
	}
	return squares > 0 ? sum * sum / (n * squares) : 1;
}

int stats_totals(const struct stats *s, struct stats_totals *out)
{
	struct stats_totals t = { .events = s->events, .jain = jain(s) };

	for (u32 i = 0; i < s->nr_cpus; i++) {
		t.busy_ns += s->cpus[i].busy_ns;
		t.idle_ns += s->cpus[i].idle_ns;
	}
	for (u32 i = 0; i < s->nr_tasks; i++) {
		const struct stats_task *task = s->tasks[i];

		t.runtime_ns += task->runtime_ns;
		t.wakeups += task->wakeups;
		t.switches += task->switches;
		t.preemptions += task->preemptions;
		t.migrations += task->migrations;
		if (task->runnable) {
			t.unfinished++;
			t.longest_unfinished = max(t.longest_unfinished, s->end - task->queued);
		}
		if (histogram_merge(&t.latency, &task->latency)) {
			histogram_fini(&t.latency);
			return -ENOMEM;
		}
	}
	*out = t;
	return 0;
}
