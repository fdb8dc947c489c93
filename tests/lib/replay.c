/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

struct line {
	char text[512];
	int cpu;
	int64_t usec;
	char event[32];
	const char *fields;
};

__attribute__((format(printf, 3, 4))) static void violation(struct replay *r, const struct line *l,
							     const char *fmt, ...)
{
	va_list ap;
	int n;

	if (r->violations++)
		return;
	n = snprintf(r->first, sizeof(r->first), "at %" PRId64 " us on CPU %d: ", l->usec, l->cpu);
	va_start(ap, fmt);
	vsnprintf(r->first + n, sizeof(r->first) - n, fmt, ap);
	va_end(ap);
}

/* ---- the text ---- */

/* "  comm-pid [cpu] flags secs.usecs: event: fields"; comm may hold anything. */
static bool parse_line(const char *text, struct line *l)
{
	long sec, usec;
	int n = 0;

	snprintf(l->text, sizeof(l->text), "%.*s", (int)strcspn(text, "\n"), text);
	for (const char *p = l->text; (p = strstr(p, " [")); p++) {
		if (sscanf(p, " [%3d] %*5s %ld.%6ld: %31[a-z_]: %n", &l->cpu, &sec, &usec,
			   l->event, &n) != 4 || !n)
			continue;
		l->usec = sec * 1000000 + usec;
		l->fields = p + n;
		return true;
	}
	return false;
}

/* The number after "KEY="; -1 if it is not there. */
static int field(const struct line *l, const char *key)
{
	char pattern[32];
	const char *at;

	snprintf(pattern, sizeof(pattern), "%s=", key);
	at = strstr(l->fields, pattern);
	return at ? atoi(at + strlen(pattern)) : -1;
}

static void field_text(const struct line *l, const char *key, char *out, size_t size)
{
	char pattern[32];
	const char *at;
	size_t len;

	snprintf(pattern, sizeof(pattern), "%s=", key);
	at = strstr(l->fields, pattern);
	at = at ? at + strlen(pattern) : "";
	len = strcspn(at, " \n");
	snprintf(out, size, "%.*s", (int)len, at);
}

/* ---- the state ---- */

struct replay_task *replay_find(const struct replay *r, int pid)
{
	for (int i = 0; i < r->nr_tasks; i++)
		if (r->tasks[i].pid == pid)
			return &r->tasks[i];
	return NULL;
}

static struct replay_task *task_of(struct replay *r, const struct replay_rules *rules,
				   const struct line *l, const char *pid_key, const char *comm_key)
{
	int pid = field(l, pid_key);
	struct replay_task *t, *grown;

	if (pid <= 0)
		return NULL;
	t = replay_find(r, pid);
	if (!t) {
		grown = realloc(r->tasks, (r->nr_tasks + 1) * sizeof(*grown));
		if (!grown)
			abort();
		r->tasks = grown;
		t = &grown[r->nr_tasks++];
		*t = (struct replay_task){ .pid = pid, .cpu = -1, .since = l->usec };
	}
	field_text(l, comm_key, t->comm, sizeof(t->comm));
	t->allowed = rules->allowed ? rules->allowed(rules->priv, t->comm) : UINT64_MAX;
	return t;
}

static void enter(struct replay_task *t, int state, int cpu, int64_t now)
{
	t->state = state;
	t->cpu = cpu;
	t->since = now;
	t->waited = 0;
	t->woken = false;
}

/* Time passes: who waits while a CPU idles that he may use? */
static void advance(struct replay *r, int64_t now)
{
	int64_t delta = now - r->now;
	uint64_t idle = 0;

	if (delta <= 0)
		return;
	for (int c = 0; c < r->nr_cpus; c++)
		if (r->cpus[c].pid == 0)
			idle |= 1ULL << c;
	for (int i = 0; i < r->nr_tasks; i++) {
		struct replay_task *t = &r->tasks[i];
		struct replay_wait *worst;

		if (t->state != TASK_WAITING)
			continue;
		t->waited = t->allowed & idle ? t->waited + delta : 0;
		worst = t->woken ? &r->after_wakeup : &r->after_preemption;
		if (t->waited > worst->usec)
			*worst = (struct replay_wait){ t->waited, t->pid, now };
	}
	r->now = now;
}

static void leave_cpu(struct replay *r, const struct line *l, struct replay_task *t)
{
	char state[8];

	field_text(l, "prev_state", state, sizeof(state));
	if (t->state == TASK_UNSEEN)
		enter(t, TASK_ON_CPU, l->cpu, l->usec);
	if (t->state != TASK_ON_CPU || t->cpu != l->cpu) {
		violation(r, l, "%s-%d is switched away from, but does not run there", t->comm,
			  t->pid);
		return;
	}
	t->runtime += l->usec - t->since;
	switch (state[0]) {
	case 'R':
		t->preemptions++;
		enter(t, TASK_WAITING, l->cpu, l->usec);
		break;
	case 'S':
	case 'D':
		enter(t, TASK_ASLEEP, l->cpu, l->usec);
		break;
	case 'X':
	case 'Z':
		enter(t, TASK_GONE, l->cpu, l->usec);
		break;
	default:
		violation(r, l, "unknown prev_state %s", state);
	}
}

static void enter_cpu(struct replay *r, const struct line *l, struct replay_task *t)
{
	/* Kernel threads exist before the first event. */
	if (t->state == TASK_UNSEEN)
		enter(t, TASK_WAITING, l->cpu, l->usec);
	if (t->state != TASK_WAITING)
		violation(r, l, "%s-%d gets the CPU, but is %s", t->comm, t->pid,
			  t->state == TASK_ON_CPU ? "on another" :
			  t->state == TASK_GONE	  ? "dead" :
						    "asleep");
	else if (t->cpu != l->cpu)
		violation(r, l, "%s-%d gets the CPU, but waits on CPU %d", t->comm, t->pid,
			  t->cpu);
	if (!(t->allowed >> l->cpu & 1))
		violation(r, l, "%s-%d must not use this CPU", t->comm, t->pid);
	t->switches++;
	enter(t, TASK_ON_CPU, l->cpu, l->usec);
}

static void on_switch(struct replay *r, const struct replay_rules *rules, const struct line *l)
{
	struct replay_task *t;
	int prev = field(l, "prev_pid"), next = field(l, "next_pid");

	if (r->cpus[l->cpu].pid >= 0 && r->cpus[l->cpu].pid != prev)
		violation(r, l, "switches away from %d, but runs %d", prev, r->cpus[l->cpu].pid);
	if (prev == next)
		violation(r, l, "switches from %d to itself", prev);
	t = task_of(r, rules, l, "prev_pid", "prev_comm");
	if (t)
		leave_cpu(r, l, t);
	else
		r->cpus[l->cpu].idle += l->usec - r->cpus[l->cpu].since;
	t = task_of(r, rules, l, "next_pid", "next_comm");
	if (t)
		enter_cpu(r, l, t);
	r->cpus[l->cpu].pid = next;
	r->cpus[l->cpu].since = l->usec;
}

static void on_wakeup(struct replay *r, const struct replay_rules *rules, const struct line *l)
{
	struct replay_task *t = task_of(r, rules, l, "pid", "comm");
	int target = field(l, "target_cpu");

	if (!t)
		return;
	t->wakeups++;
	switch (t->state) {
	case TASK_UNSEEN:
	case TASK_ASLEEP:
		enter(t, TASK_WAITING, target, l->usec);
		t->woken = true;
		break;
	case TASK_ON_CPU:
		break; /* it was about to sleep */
	case TASK_WAITING:
		/* Preempted on its way to sleep. */
		break;
	case TASK_GONE:
		violation(r, l, "%s-%d is woken up, but is dead", t->comm, t->pid);
	}
	if (target < 0 || target >= r->nr_cpus || !(t->allowed >> target & 1))
		violation(r, l, "%s-%d is woken up on CPU %d, which it must not use", t->comm,
			  t->pid, target);
}

static void on_migrate(struct replay *r, const struct replay_rules *rules, const struct line *l)
{
	struct replay_task *t = task_of(r, rules, l, "pid", "comm");
	int from = field(l, "orig_cpu"), to = field(l, "dest_cpu");

	if (!t)
		return;
	t->migrations++;
	if (t->state == TASK_GONE || t->state == TASK_ON_CPU)
		violation(r, l, "%s-%d migrates, but is %s", t->comm, t->pid,
			  t->state == TASK_GONE ? "dead" : "running");
	if (t->cpu >= 0 && t->cpu != from)
		violation(r, l, "%s-%d migrates from CPU %d, but is on %d", t->comm, t->pid, from,
			  t->cpu);
	if (to < 0 || to >= r->nr_cpus)
		violation(r, l, "%s-%d migrates to CPU %d", t->comm, t->pid, to);
	t->cpu = to;
}

static void on_line(struct replay *r, const struct replay_rules *rules, const struct line *l)
{
	if (l->usec < r->now)
		violation(r, l, "time runs backwards, from %" PRId64, r->now);
	if (l->cpu < 0 || l->cpu >= r->nr_cpus) {
		violation(r, l, "there is no such CPU");
		return;
	}
	advance(r, l->usec);
	if (!strcmp(l->event, "sched_switch"))
		on_switch(r, rules, l);
	else if (!strcmp(l->event, "sched_wakeup") || !strcmp(l->event, "sched_wakeup_new"))
		on_wakeup(r, rules, l);
	else if (!strcmp(l->event, "sched_migrate_task"))
		on_migrate(r, rules, l);
	else
		return;
	r->events++;
}

static void settle(struct replay *r, int64_t end)
{
	advance(r, end);
	for (int c = 0; c < r->nr_cpus; c++)
		if (r->cpus[c].pid <= 0)
			r->cpus[c].idle += end - r->cpus[c].since;
	for (int i = 0; i < r->nr_tasks; i++)
		if (r->tasks[i].state == TASK_ON_CPU)
			r->tasks[i].runtime += end - r->tasks[i].since;
}

bool replay_run(struct replay *r, const char *text, const struct replay_rules *rules)
{
	struct line l;

	*r = (struct replay){ .nr_cpus = rules->nr_cpus };
	for (int c = 0; c < r->nr_cpus; c++)
		r->cpus[c].pid = -1;
	while (*text) {
		if (*text != '#' && *text != '\n') {
			if (!parse_line(text, &l)) {
				snprintf(r->first, sizeof(r->first), "not a trace line: %.*s",
					 (int)strcspn(text, "\n"), text);
				r->violations++;
				return false;
			}
			on_line(r, rules, &l);
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	settle(r, rules->duration);
	return true;
}

void replay_fini(struct replay *r)
{
	free(r->tasks);
	*r = (struct replay){};
}
